//! Obligation 4: what is lost is back in use within its `rto`, under every set of faults that must be
//! survived and, whatever is required, under the loss of its own store, and of its own host.
//!
//! The clock starts with the fault. Setup comes first, then the bytes over the links, then what it takes
//! until the data is in use again. Classes that the same faults hit share the links; the most urgent goes
//! first ([`urgency`]), and what states no `rto` waits. Setup may take less than it may at most: a class is ready as late
//! as can be, and all else begins when that keeps it waiting for longest. Where several links are on the ways, the slowest
//! counts for all that share one: that is safe. Sizes count with their upper ends at the end of a phase,
//! late as it may be: what comes too late only then is a warning. What is new in a phase is not there yet when it begins: until
//! it has been filled, what had to be back in time before must be so from what there was before. Of a repository the whole of the newest version comes back, however little of it is
//! stored. What replaces a lost machine is taken to have its link.
//!
//! A link or a size that is not stated is not checked, and never called fine.

mod asked;
mod jobs;
mod keys;
mod played;
mod shared;
mod tell;
mod together;
mod urgency;
mod waiting;

pub(super) use tell::IF_LATE;

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_model::{Class, ClassId, Demand, Obligation};
use thrice_plan::{FOR_EVER, Period};
use thrice_quantity::Seconds;

use super::lateness::last_day;
use super::playing::may_be_told;
use crate::acceptance::{self, Covered};
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{Struck, Useless, strike};
use crate::replay::ABOUT_CLASS;
use crate::verdicts::Said;
use crate::verification::{Engine, Verification};
use asked::Of;
pub(crate) use jobs::Restore;
use jobs::{From, Missing, Scope};
pub(crate) use keys::Waiting;
use shared::{Shared, shared};
use urgency::Job;

/// How soon a class must be back, and who says so.
type Due = (Seconds, Span);

/// Restores that come too late together.
#[derive(Clone, Debug)]
struct Late {
    faults: BTreeSet<FaultSet>,
    periods: BTreeSet<usize>,
    /// The first of them, after which faults, and in which period.
    shared: Shared,
    case: (FaultSet, usize),
    classes: BTreeSet<ClassId>,
    /// Of whom it is asked: these need them, or are among them.
    asking: BTreeSet<ClassId>,
    when: When,
}

/// A restore that comes too late, and for whom.
type TooLate = (ClassId, BTreeSet<ClassId>);

/// When restores come too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// By the end of a period, if not before.
    InTheEnd,
    /// Until what is new in a period has been filled.
    AtFirst,
    /// Only if the period lasts longer: the day after which it ends, and by how many days it must.
    Overtime(Date, i64),
}

/// What came out for a class in a period.
#[derive(Clone, Default)]
struct Attained {
    back: Option<Seconds>,
    note: EcoString,
    fails: bool,
    /// Only if the next phase is late.
    if_late: bool,
    unknown: bool,
}

/// What makes restores one finding: when it is, their classes, and where they and the keys to them come from.
type Cause = (When, Vec<ClassId>, Vec<(String, Option<ClassId>)>);

#[derive(Default)]
struct Decided {
    late: BTreeMap<Cause, Late>,
    missing: BTreeMap<Missing, BTreeSet<ClassId>>,
    attained: BTreeMap<(ClassId, usize), Attained>,
    accepted: Covered,
    /// For each class those of which something is asked and that need it, itself among them, with how soon they must be
    /// back in the period at hand.
    asking: BTreeMap<ClassId, BTreeMap<ClassId, Seconds>>,
    /// All restores that were looked at together, if somebody wants to know.
    looked_at: Option<BTreeMap<Together, LookedAt>>,
}

/// Restores that share links, and the classes of which something was asked of them.
type LookedAt = (Shared, BTreeSet<ClassId>);

/// The period, what there is to restore from, and what comes over one link.
type Together = (usize, From, Vec<(ClassId, Job)>);

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    decided(context, None).finish(context, out);
}

fn decided(context: &Context<'_>, looked_at: Option<BTreeMap<Together, LookedAt>>) -> Decided {
    let mut decided = Decided {
        looked_at,
        ..Decided::default()
    };
    for (index, period) in context.plan.periods.iter().enumerate() {
        let due: BTreeMap<ClassId, Due> = context
            .living_in(period)
            .filter_map(|class| Some((class, due(context, class, period)?)))
            .collect();
        if due.is_empty() {
            continue;
        }
        decided.ask_all(context, &due, (index, period), From::All);
        // What is asked for anew has as long as new copies take.
        let before = index.checked_sub(1);
        let Some(before) = before.and_then(|before| context.plan.periods.get(before)) else {
            continue;
        };
        let lived: BTreeSet<ClassId> = context.living_in(before).collect();
        let still: BTreeMap<ClassId, Due> = due
            .into_iter()
            .filter(|(class, _)| {
                lived.contains(class) && self::due(context, *class, before).is_some()
            })
            .collect();
        if !still.is_empty() {
            decided.ask_all(context, &still, (index, period), From::Old);
        }
    }
    decided
}

/// Restores that share links, and those of them that come in time whatever the faults are.
pub(crate) struct Holding {
    shared: Shared,
    /// By their place.
    in_time: Vec<usize>,
}

/// The restores that verdicts of this obligation which hold rest on.
pub(crate) fn holding(context: &Context<'_>) -> Vec<Holding> {
    let decided = decided(context, Some(BTreeMap::new()));
    let looked_at = decided.looked_at.into_iter().flatten();
    looked_at
        .map(|((index, ..), (shared, asked))| {
            let holds = |class: ClassId| {
                let attained = decided.attained.get(&(class, index));
                let attained = attained.filter(|_| asked.contains(&class));
                attained.is_some_and(|a| !a.fails && !a.if_late && !a.unknown)
            };
            let restores = shared.restores.iter().enumerate();
            let in_time = restores.filter(|(_, restore)| holds(restore.class));
            Holding {
                in_time: in_time.map(|(place, _)| place).collect(),
                shared,
            }
        })
        .collect()
}

impl Holding {
    /// Whether a class is among them.
    pub(crate) fn concerns(&self, id: ClassId) -> bool {
        let all = self.shared.with_all_before();
        all.iter().any(|restore| restore.class == id)
    }

    /// The classes that come too late if one of them is otherwise.
    pub(crate) fn late_with(
        &self,
        context: &Context<'_>,
        id: ClassId,
        class: &Class,
    ) -> Vec<ClassId> {
        let otherwise = self
            .shared
            .of_other_size(|restore| match restore.class == id {
                true => restore.if_it_is(context, class),
                false => restore.clone(),
            });
        let late = |place: &&usize| otherwise.is_late(**place, otherwise.done(**place));
        let late = self.in_time.iter().filter(late);
        late.filter_map(|place| Some(self.shared.restores.get(*place)?.class))
            .collect()
    }
}

/// By how many days a period must last longer than it is written to for a restore to come too late: the fewest, by
/// halving, for data only grows.
fn longer(context: &Context<'_>, shared: &Shared, which: usize, period: &Period) -> i64 {
    let (mut low, mut high) = (0, period.slip_days);
    while low < high {
        let middle = low + (high - low) / 2;
        let then = shared.on(context, last_day(period, middle));
        match then.is_late(which, then.done(which)) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    high
}

/// The least time that a class may take, by its own clause and by requirements.
fn due(context: &Context<'_>, class: ClassId, period: &Period) -> Option<Due> {
    let model = &context.plan.model;
    let required = model.requirements.iter().filter_map(|r| match r.demand {
        Demand::RecoveryTime(time)
            if Context::in_force(r.lifetime, period) && r.selection.contains(class) =>
        {
            Some((time, r.span))
        }
        _ => None,
    });
    required
        .chain(model.classes[class].asked().rto)
        .min_by_key(|(time, _)| *time)
}

/// How the classes of a period come back, whatever the faults take. Those of which nothing is asked come last.
pub(crate) struct Restores<'c, 'p> {
    context: &'c Context<'p>,
    period: &'c Period,
    /// How soon each must be back, those among them that others need.
    wanted: BTreeMap<ClassId, Due>,
}

impl<'c, 'p> Restores<'c, 'p> {
    pub(crate) fn new(context: &'c Context<'p>, period: &'c Period) -> Self {
        let classes = context.living_in(period);
        let never = |class: ClassId| (FOR_EVER, context.plan.model.classes[class].named.span);
        let dues = classes.map(|class| {
            let due = due(context, class, period);
            (class, due.unwrap_or_else(|| never(class)))
        });
        Self {
            context,
            period,
            wanted: jobs::wanted(context, &dues.collect()),
        }
    }

    /// All classes that may have to come back, in order.
    pub(crate) fn classes(&self) -> Vec<ClassId> {
        self.wanted.keys().copied().collect()
    }

    const fn scope(&self) -> Scope<'_, 'p> {
        Scope {
            context: self.context,
            period: self.period,
            from: From::All,
            wanted: &self.wanted,
        }
    }

    /// The keys that come back with vaults only.
    pub(crate) fn waiting(&self, struck: &Struck) -> Waiting {
        Waiting::after(&self.scope(), struck)
    }

    /// The restore of a class, of whose copies some are of no use; `None` where its data is still there, or
    /// nothing is left.
    pub(crate) fn of(
        &self,
        class: ClassId,
        useless: &Useless,
        waiting: &Waiting,
    ) -> Option<Restore> {
        self.scope().of_lost(class, useless, waiting)
    }

    /// How long restores at once take, from the fault to being in use again: those that can be timed.
    pub(crate) fn times(
        &self,
        struck: &Struck,
        waiting: &Waiting,
        mut restores: Vec<Restore>,
    ) -> BTreeMap<ClassId, Seconds> {
        waiting.complete(&self.scope(), struck, &mut restores);
        times(restores)
    }

    /// How soon a class must be back, if somebody asks for that.
    pub(crate) fn due(&self, class: ClassId) -> Option<Seconds> {
        due(self.context, class, self.period).map(|(due, _)| due)
    }
}

fn times(restores: Vec<Restore>) -> BTreeMap<ClassId, Seconds> {
    let mut out = BTreeMap::new();
    for shared in shared(restores) {
        for (which, restore) in shared.restores.iter().enumerate() {
            let done = shared.done(which);
            let time = done.map(|done| done.saturating_add(restore.finish));
            out.extend(time.map(|time| (restore.class, time)));
        }
    }
    out
}

impl Decided {
    /// Asks about all there is to ask about in a period, from all there is in it, or until what is new in it has been filled.
    fn ask_all(
        &mut self,
        context: &Context<'_>,
        due: &BTreeMap<ClassId, Due>,
        (index, period): (usize, &Period),
        from: From,
    ) {
        let wanted = jobs::wanted(context, due);
        self.asking = jobs::asking(context, due);
        let scope = Scope {
            context,
            period,
            from,
            wanted: &wanted,
        };
        if from == From::Old && !scope.has_new() {
            return;
        }
        for (faults, of) in asked::sets(&scope, due, self.looked_at.is_some()) {
            self.ask(&scope, index, &faults, &of);
        }
    }

    /// Asks how long restores take after some faults.
    fn ask(&mut self, scope: &Scope<'_, '_>, index: usize, faults: &FaultSet, of: &Of) {
        let struck = strike(scope.context, faults, scope.period.from);
        let left_too = *of == Of::All;
        let restores = scope.restores(&struck, left_too);
        if scope.from == From::Old {
            // What comes from where it comes later on as well is asked about there.
            let then = Scope {
                from: From::All,
                ..*scope
            };
            let then = then.restores(&struck, left_too);
            let then: BTreeSet<_> = then.iter().map(|restore| restore.copy).collect();
            if restores.iter().all(|restore| then.contains(&restore.copy)) {
                return;
            }
        }
        self.note_missing(scope, &restores, index, of);
        for shared in shared(restores) {
            self.judge(scope, shared, (faults, of), index);
        }
    }

    /// What of restores is not stated, so that they cannot be timed.
    fn note_missing(&mut self, scope: &Scope<'_, '_>, restores: &[Restore], index: usize, of: &Of) {
        let asked = restores.iter().filter(|own| of.asks(scope, own.class));
        for restore in asked {
            if let Err(missing) = &restore.speed {
                let asking: Vec<ClassId> = self.needing(restore.class).map(|(of, _)| of).collect();
                for missing in missing {
                    let classes = self.missing.entry(*missing).or_default();
                    classes.insert(restore.class);
                    classes.extend(&asking);
                }
                for class in asking.into_iter().chain([restore.class]) {
                    let attained = self.attained.entry((class, index)).or_default();
                    attained.unknown = true;
                }
            }
        }
    }

    fn judge(
        &mut self,
        scope: &Scope<'_, '_>,
        shared: Shared,
        (faults, of): (&FaultSet, &Of),
        index: usize,
    ) {
        let &Scope {
            context,
            period,
            from,
            ..
        } = scope;
        if let Some(looked_at) = &mut self.looked_at {
            let classes = shared.restores.iter().map(|restore| restore.class);
            let asked = classes
                .clone()
                .filter(|class| of.asks(scope, *class))
                .collect();
            let together = classes.zip(shared.jobs.iter().copied()).collect();
            let known = looked_at.entry((index, from, together));
            let (_, known) = known.or_insert_with(|| (shared.clone(), BTreeSet::new()));
            known.append(&mut { asked });
        }
        let mut late: Vec<TooLate> = Vec::new();
        let mut if_late: Vec<(usize, TooLate)> = Vec::new();
        let on_time = LazyCell::new(|| shared.on(context, last_day(period, 0)));
        let asked = shared.restores.iter().enumerate();
        for (which, restore) in asked.filter(|(_, own)| of.asks(scope, own.class)) {
            let done = shared.done(which);
            let back = done.map(|done| done.saturating_add(restore.finish));
            let is_late = shared.is_late(which, done);
            let fails = is_late
                && (from == From::Old
                    || period.slip_days == 0
                    || on_time.is_late(which, on_time.done(which)));
            let asking = match is_late {
                true => self.kept_waiting(restore.class, back),
                false => BTreeSet::new(),
            };
            for class in asking.iter().chain([&restore.class]) {
                let attained = self.attained.entry((*class, index)).or_default();
                attained.fails |= fails;
                attained.if_late |= is_late && !fails;
                if attained.back <= back {
                    attained.back = back;
                    attained.note = tell::attained(context, restore, &shared, back).into();
                }
            }
            match (is_late, fails) {
                (_, true) => late.push((restore.class, asking)),
                (true, false) => if_late.push((which, (restore.class, asking))),
                (false, false) => {}
            }
        }
        // So late that all of them are.
        let days = if_late.iter();
        let days = days.map(|(which, _)| longer(context, &shared, *which, period));
        if let Some(longer) = days.max() {
            let then = shared.on(context, last_day(period, longer));
            let classes = if_late.into_iter().map(|(_, late)| late).collect();
            let overtime = When::Overtime(period.until, longer);
            self.file(context, (classes, overtime), &then, faults, index);
        }
        let when = match from {
            From::All => When::InTheEnd,
            From::Old => When::AtFirst,
        };
        self.file(context, (late, when), &shared, faults, index);
    }

    /// Puts restores that come too late to those of the same cause.
    fn file(
        &mut self,
        context: &Context<'_>,
        (late, when): (Vec<TooLate>, When),
        shared: &Shared,
        faults: &FaultSet,
        index: usize,
    ) {
        let mut all: BTreeSet<ClassId> = BTreeSet::new();
        let mut asking: BTreeSet<ClassId> = BTreeSet::new();
        for (class, of) in late {
            let of = of.into_iter();
            let left: Vec<ClassId> = of
                .filter(|class| !self.is_accepted(context, faults, *class))
                .collect();
            all.extend((!left.is_empty()).then_some(class));
            asking.extend(left);
        }
        let late = all;
        if late.is_empty() {
            return;
        }
        let from: BTreeSet<(String, Option<ClassId>)> = shared
            .restores
            .iter()
            .filter(|restore| late.contains(&restore.class))
            .map(|restore| {
                let vault = restore.before.key.map(|(_, content)| content);
                (restore.from(context).to_owned(), vault)
            })
            .collect();
        let classes = late.iter().copied().collect();
        let key = (when, classes, from.into_iter().collect());
        let entry = self.late.entry(key).or_insert_with(|| Late {
            faults: BTreeSet::new(),
            periods: BTreeSet::new(),
            shared: shared.clone(),
            case: (faults.clone(), index),
            classes: late,
            asking: BTreeSet::new(),
            when,
        });
        entry.asking.append(&mut asking);
        entry.faults.insert(faults.clone());
        entry.periods.insert(index);
    }

    /// Those of which something is asked and that need a class, itself among them.
    fn needing(&self, class: ClassId) -> impl Iterator<Item = (ClassId, Seconds)> {
        let asking = self.asking.get(&class).into_iter().flatten();
        asking.map(|(class, due)| (*class, *due))
    }

    /// Those of them that must be back sooner than it is; all, where that is never.
    fn kept_waiting(&self, class: ClassId, back: Option<Seconds>) -> BTreeSet<ClassId> {
        let late = self
            .needing(class)
            .filter(|(_, due)| back.is_none_or(|back| *due < back));
        late.map(|(class, _)| class).collect()
    }

    fn is_accepted(&mut self, context: &Context<'_>, faults: &FaultSet, class: ClassId) -> bool {
        let [Fault::Loss(target)] = faults.as_slice() else {
            return false;
        };
        let of = Obligation::RecoveryTime;
        acceptance::of_single_fault(context.plan, of, *target, class, &mut self.accepted)
    }

    fn finish(self, context: &Context<'_>, out: &mut Verification) {
        let of = Obligation::RecoveryTime;
        let mut unknown: BTreeSet<(ClassId, usize)> = BTreeSet::new();
        for late in self.late.values() {
            let classes = &context.plan.model.classes;
            let subject = late.classes.first().map(|class| &classes[*class].named);
            let confirm = || played::confirm(context, late);
            if may_be_told(context, out, of, (subject, ABOUT_CLASS), confirm) {
                out.findings.push(tell::late(context, late));
            } else {
                let each = |class: &ClassId| late.periods.iter().map(|p| (*class, *p)).collect();
                unknown.extend(late.classes.iter().flat_map::<Vec<_>, _>(each));
            }
        }
        for ((class, index), attained) in &self.attained {
            // What is partly unknown is called bad where it surely is, and never good.
            if attained.unknown && !attained.fails {
                continue;
            }
            let said = Said {
                obligation: of,
                engine: Engine::Evaluated,
                holds: !attained.fails,
                note: attained.note.clone(),
            };
            let said = said.if_borne_out(!unknown.contains(&(*class, *index)));
            out.verdicts.push([*class], *index, said);
        }
        for (missing, classes) in &self.missing {
            out.findings.push(tell::missing(context, *missing, classes));
        }
        acceptance::count(&self.accepted, out);
    }
}
