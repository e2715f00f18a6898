//! Obligation 6: under every set of faults that the policy asks to survive, and under none, for every
//! age up to the asked reach, the next older restore point is no further away than the asked gap.
//!
//! Decided in the long run, when what is kept no longer shows when it began: a copy of course reaches
//! back no further than to its own beginning. What keep rules leave is what the real, iterated forget
//! of the named version leaves ([`thrice_retention::Profile`]); nothing in it is unknown, and delays
//! count with their upper ends, so evaluation is exact. While runs succeed a shortfall is an error; what
//! only shows when as many runs in a row are missed as can be before somebody has acted is a warning.
//!
//! Copies are judged one by one: what one lacks another does not fill, which is safe. Items are written
//! once: whether each stays is decided by copies and survival.

mod played;
mod points;
mod propose;
mod tell;

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use thrice_diagnostics::Span;
use thrice_model::{ClassId, Demand, Obligation, Selection};
use thrice_plan::{CopyId, FOR_EVER, Period};
use thrice_quantity::Seconds;

use super::playing;
use crate::acceptance::{self, Covered};
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{self, Struck, Useless, Why, strike};
use crate::indexed::Wanted;
use crate::replay::ABOUT_CLASS;
use crate::verdicts::Said;
use crate::verification::{Engine, Verification};
use points::{Keeping, Points};
pub(super) use points::{Past, Runs, has_versions, pasts};

/// A history that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ask {
    reach: Seconds,
    /// `None`: versions may lie as far apart as they like.
    gap: Option<Seconds>,
    /// The words.
    span: Span,
}

impl Ask {
    fn gap(&self) -> Seconds {
        self.gap.unwrap_or(FOR_EVER)
    }
}

/// What keeps a class from having the history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// No copy has any earlier version.
    NoVersions,
    /// The newest version of the best copy is too old; how old it can be.
    Stale(Seconds),
    /// The best copy's versions are too few or too far apart: the backup whose rules decide, or none.
    Rules,
    /// Only after some faults; what they do to the copies that have a history.
    Faults(BTreeSet<String>),
    /// Only while runs fail.
    Missed,
    /// What it must be restored with reaches less far back.
    Needed(ClassId),
    /// Only after some faults it does.
    NeededAfter(ClassId),
}

/// Something with versions that a class must be restored with.
struct Need {
    class: ClassId,
    within: Option<Seconds>,
    copies: Vec<CopyId>,
    pasts: BTreeMap<CopyId, Past>,
}

impl Need {
    /// The copies that count, of those that are of use.
    fn counting(&self, context: &Context<'_>, useless: &Useless) -> Vec<CopyId> {
        let copies = self.copies.iter().copied();
        let counts = |id: &CopyId| context.plan.copies[*id].counts && !useless.contains(*id);
        copies.filter(counts).collect()
    }

    /// The one of some copies that reaches back furthest, how far, and with which gap.
    fn best(
        &self,
        context: &Context<'_>,
        group: &Group,
        left: &[CopyId],
    ) -> (Option<(CopyId, Past)>, Seconds, Seconds) {
        // Thinned by the same rules in the same rhythm, versions of both stay on the same days.
        // A mirror has those of the backup that it is a mirror of.
        let plan = context.plan;
        let same = left
            .iter()
            .flat_map(|id| plan.way(*id))
            .filter_map(|id| plan.copies[id].made_by)
            .filter_map(|by| Keeping::of(context, &plan.model.steps[by]))
            .any(|keeping| group.keeping.split("; ").any(|own| own == keeping.key()));
        let gap = self.within.filter(|_| !same).unwrap_or(FOR_EVER);
        let found = best(&self.pasts, left, gap);
        let attained = found.as_ref().map_or(Seconds::ZERO, |(_, _, reach)| *reach);
        (found.map(|(id, past, _)| (id, past.clone())), attained, gap)
    }
}

/// Shortfalls of one cause.
#[derive(Clone, Default)]
struct Shortfall {
    asks: BTreeSet<Ask>,
    classes: BTreeSet<ClassId>,
    periods: BTreeSet<usize>,
    /// The class and period that were found first: what is told and played is of these.
    first: Option<(ClassId, usize)>,
    /// Fault sets that bring it about; empty: none is needed.
    faults: BTreeSet<FaultSet>,
    /// The best copy that is left, and what it gives back of the past.
    best: Option<(CopyId, Past)>,
    /// What is attained of the reach, with versions no further apart than `gap`.
    attained: Seconds,
    gap: Seconds,
}

/// What is asked for (of faults it makes no difference), why it is not there, and by which rules.
type Key = (Option<Ask>, Cause, String);

/// Classes of one period that are decided alike.
struct Group {
    classes: Vec<ClassId>,
    copies: Vec<CopyId>,
    asks: Vec<Ask>,
    /// What was said of how they are kept.
    keeping: String,
}

struct Decider<'c, 'p> {
    context: &'c Context<'p>,
    shortfalls: BTreeMap<Key, Shortfall>,
    /// Which acceptances of single faults were needed for which classes.
    accepted: Covered,
}

/// A set of faults with what it destroys, and for which classes it must be survived; `None`: for all.
struct Asked<'p> {
    faults: FaultSet,
    struck: Struck,
    classes: Option<&'p Selection>,
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let (shortfalls, decided) = shortfalls(context, out);
    let mut unknown: BTreeSet<(ClassId, usize)> = BTreeSet::new();
    for (key, shortfall) in &shortfalls {
        let (_, cause, _) = key;
        let class = shortfall.classes.first();
        let class = class.map(|class| &context.plan.model.classes[*class].named);
        let confirm = || played::confirm(context, cause, shortfall);
        let of = Obligation::History;
        if playing::may_be_told(context, out, of, (class, ABOUT_CLASS), confirm) {
            out.findings.extend(tell::tell(context, key, shortfall));
        } else {
            let classes = shortfall.classes.iter();
            let of_class =
                |class: &ClassId| shortfall.periods.iter().map(|p| (*class, *p)).collect();
            unknown.extend(classes.flat_map::<Vec<_>, _>(of_class));
        }
    }
    for (classes, index, said) in decided {
        for class in classes {
            let borne_out = !unknown.contains(&(class, index));
            let said = said.clone().if_borne_out(borne_out);
            out.verdicts.push([class], index, said);
        }
    }
}

/// Classes that are decided alike in a period, and what is said of them.
type Decided = (Vec<ClassId>, usize, Said);

/// What is too short, by cause, and what is said of all classes in each period.
fn shortfalls(
    context: &Context<'_>,
    out: &mut Verification,
) -> (BTreeMap<Key, Shortfall>, Vec<Decided>) {
    let mut state = Decider {
        context,
        shortfalls: BTreeMap::new(),
        accepted: Covered::new(),
    };
    let mut decided: Vec<Decided> = Vec::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        let groups = groups(context, period);
        if groups.is_empty() {
            continue;
        }
        let sets = sets(context, period);
        for group in groups {
            let parts = state.group(&group, &sets, index);
            decided.extend(parts.map(|(classes, said)| (classes, index, said)));
        }
    }
    acceptance::count(&state.accepted, out);
    (state.shortfalls, decided)
}

/// The histories that a class is asked for in a period.
fn asks(context: &Context<'_>, class: ClassId, period: &Period) -> Vec<Ask> {
    let model = &context.plan.model;
    let mut out: Vec<Ask> = model
        .requirements
        .iter()
        .filter_map(|r| match r.demand {
            Demand::History { reach, gap }
                if Context::in_force(r.lifetime, period) && r.selection.contains(class) =>
            {
                Some(Ask {
                    reach,
                    gap: Some(gap),
                    span: r.span,
                })
            }
            _ => None,
        })
        .collect();
    out.extend(
        model.classes[class]
            .asked()
            .retain_at_least
            .map(|(reach, span)| Ask {
                reach,
                gap: None,
                span,
            }),
    );
    out
}

/// Classes of which some history is asked, those together that are kept alike.
fn groups(context: &Context<'_>, period: &Period) -> Vec<Group> {
    let model = &context.plan.model;
    let asked = |class: ClassId| {
        has_versions(model.classes[class].kind) && !asks(context, class, period).is_empty()
    };
    let mut out: Vec<Group> = Vec::new();
    for alike in context.kinds_among(period, asked) {
        let mut known: BTreeMap<(Vec<Ask>, String), usize> = BTreeMap::new();
        for class in alike {
            let copies = context.copies_in(class, period);
            let keeping: Vec<String> = copies
                .iter()
                .filter_map(|id| context.plan.copies[*id].made_by)
                .filter_map(|by| Keeping::of(context, &model.steps[by]))
                .map(|keeping| keeping.key())
                .collect();
            let (asks, keeping) = (asks(context, class, period), keeping.join("; "));
            let at = *known
                .entry((asks.clone(), keeping.clone()))
                .or_insert(out.len());
            match out.get_mut(at) {
                Some(group) => group.classes.push(class),
                None => out.push(Group {
                    classes: vec![class],
                    copies,
                    asks,
                    keeping,
                }),
            }
        }
    }
    out
}

/// The fault sets that the policy asks to survive in a period.
fn sets<'p>(context: &Context<'p>, period: &Period) -> Vec<Asked<'p>> {
    if let Some(chosen) = context.chosen() {
        return vec![Asked {
            struck: strike(context, chosen, period.from),
            faults: chosen.clone(),
            classes: None,
        }];
    }
    let mut out = Vec::new();
    for requirement in &context.plan.model.requirements {
        let Demand::Survive(survive) = &requirement.demand else {
            continue;
        };
        if Context::in_force(requirement.lifetime, period) {
            out.extend(
                faults::sets(context, survive, &requirement.selection.classes, period)
                    .into_iter()
                    .map(|faults| Asked {
                        struck: strike(context, &faults, period.from),
                        faults,
                        classes: Some(&requirement.selection),
                    }),
            );
        }
    }
    out
}

/// The copy that reaches back furthest with a gap, and how far.
fn best<'b>(
    pasts: &'b BTreeMap<CopyId, Past>,
    usable: &[CopyId],
    gap: Seconds,
) -> Option<(CopyId, &'b Past, Seconds)> {
    usable
        .iter()
        .filter_map(|id| Some((*id, pasts.get(id)?)))
        .filter(|(_, past)| !past.points.is_empty())
        .map(|(id, past)| (id, past, past.reach_with(gap)))
        .max_by_key(|(id, past, reach)| {
            let whole = past.reach_with(FOR_EVER);
            (*reach, whole, std::cmp::Reverse(*id))
        })
        .map(|(id, past, reach)| (id, past, reach.unwrap_or(Seconds::ZERO)))
}

impl Group {
    /// Some of its classes.
    fn of(&self, classes: Vec<ClassId>) -> Self {
        Self {
            classes,
            copies: Vec::new(),
            asks: Vec::new(),
            keeping: self.keeping.clone(),
        }
    }
}

impl Decider<'_, '_> {
    /// What is said of its classes: of those that have it, and of the others. Not all of them need be asked to survive
    /// the same.
    fn group(
        &mut self,
        group: &Group,
        sets: &[Asked<'_>],
        index: usize,
    ) -> impl Iterator<Item = (Vec<ClassId>, Said)> {
        let context = self.context;
        let wanted = self.wanted(index);
        let nominal = pasts(context, &group.copies, (Runs::Succeed, wanted));
        let missed = pasts(context, &group.copies, (Runs::MayFail, wanted));
        let counting: Vec<CopyId> = group
            .copies
            .iter()
            .copied()
            .filter(|id| context.plan.copies[*id].counts)
            .collect();
        let needs = self.needs(group, index);
        let mut failed: BTreeSet<ClassId> = BTreeSet::new();
        for ask in &group.asks {
            let after = (sets, &*needs);
            let own = self.plain(group, ask, &nominal, &counting, index)
                && self.needed(group, ask, &needs, index);
            if !own {
                failed.extend(&group.classes);
                continue;
            }
            let hit = self.after_faults(group, ask, &nominal, &counting, after, index);
            let mut rest = group.classes.clone();
            rest.retain(|class| !hit.contains(class));
            if !rest.is_empty() {
                self.while_runs_fail(&group.of(rest), ask, &missed, &counting, index);
            }
            failed.extend(hit);
        }
        let attained = best(&nominal, &counting, FOR_EVER);
        let note: EcoString = attained.map_or_else(
            || "no earlier versions".into(),
            |(_, past, _)| tell::attained(past).into(),
        );
        let (without, with): (Vec<ClassId>, Vec<ClassId>) = group
            .classes
            .iter()
            .partition(|class| failed.contains(*class));
        let parts = [(with, true), (without, false)].into_iter();
        let parts = parts.filter(|(classes, _)| !classes.is_empty());
        parts.map(move |(classes, holds)| {
            let said = Said {
                obligation: Obligation::History,
                engine: Engine::Evaluated,
                holds,
                note: note.clone(),
            };
            (classes, said)
        })
    }

    /// What was there before, at any moment of a period.
    fn wanted(&self, index: usize) -> Wanted {
        Wanted::Before(self.context.first_day(index))
    }

    /// With nothing going wrong.
    fn plain(
        &mut self,
        group: &Group,
        ask: &Ask,
        pasts: &BTreeMap<CopyId, Past>,
        usable: &[CopyId],
        index: usize,
    ) -> bool {
        let attained = best(pasts, usable, ask.gap()).map_or(Seconds::ZERO, |(.., reach)| reach);
        if attained >= ask.reach {
            return true;
        }
        // Told of the copy that reaches back furthest: it is the one to mend.
        let fullest = best(pasts, usable, FOR_EVER).map(|(id, past, _)| (id, past.clone()));
        let cause = match &fullest {
            None => Cause::NoVersions,
            Some((_, past)) if past.head > ask.gap() => Cause::Stale(past.head),
            Some(_) => Cause::Rules,
        };
        self.file(group, *ask, cause, index, (fullest, attained, ask.gap()));
        false
    }

    /// What the classes must be restored with, closed over what that needs in turn, of that what has versions.
    fn needs(&self, group: &Group, index: usize) -> Vec<Need> {
        let context = self.context;
        let first = group.classes.first();
        let all = first.map_or_else(Vec::new, |class| context.with_needs(*class));
        let classes = &context.plan.model.classes;
        let Some(period) = context.plan.periods.get(index) else {
            return Vec::new();
        };
        let needs = all.iter().flat_map(|class| &classes[*class].needs);
        let needs = needs.filter(|need| has_versions(classes[need.class].kind));
        let needs = needs.map(|need| {
            let copies = context.copies_in(need.class, period);
            let pasts = pasts(
                context,
                &copies,
                (Runs::Succeed, Wanted::Before(period.from)),
            );
            Need {
                class: need.class,
                within: need.within,
                copies,
                pasts,
            }
        });
        needs.collect()
    }

    /// What the class must be restored with reaches back as far, and has a version near each of its own.
    fn needed(&mut self, group: &Group, ask: &Ask, needs: &[Need], index: usize) -> bool {
        for need in needs {
            let all = need.counting(self.context, &Useless::default());
            let (past, attained, gap) = need.best(self.context, group, &all);
            if attained < ask.reach {
                let cause = Cause::Needed(need.class);
                self.file(group, *ask, cause, index, (past, attained, gap));
                return false;
            }
        }
        true
    }

    /// The same with some faults; the classes of which it does not hold. Where nothing at all is left, that is what
    /// survival finds.
    fn needed_after(
        &mut self,
        hit: &Group,
        ask: &Ask,
        needs: &[Need],
        set: &Asked<'_>,
        index: usize,
    ) -> Vec<ClassId> {
        for need in needs {
            let useless = set.struck.useless(self.context, &need.copies);
            let left = need.counting(self.context, &useless);
            let (past, attained, gap) = need.best(self.context, hit, &left);
            if left.is_empty() || attained >= ask.reach {
                continue;
            }
            let classes = self.not_accepted(hit.classes.clone(), &set.faults);
            if classes.is_empty() {
                continue;
            }
            let hit = hit.of(classes);
            let cause = Cause::NeededAfter(need.class);
            let entry = self.file(&hit, *ask, cause, index, (past, attained, gap));
            entry.faults.insert(set.faults.clone());
            return hit.classes;
        }
        Vec::new()
    }

    /// With each set of faults; the classes of which it does not hold. Where nothing at all is left, that is what
    /// survival finds.
    fn after_faults(
        &mut self,
        group: &Group,
        ask: &Ask,
        pasts: &BTreeMap<CopyId, Past>,
        counting: &[CopyId],
        (sets, needs): (&[Asked<'_>], &[Need]),
        index: usize,
    ) -> BTreeSet<ClassId> {
        let context = self.context;
        let mut failed = BTreeSet::new();
        for set in sets {
            let hit: Vec<ClassId> = group
                .classes
                .iter()
                .copied()
                .filter(|class| set.classes.is_none_or(|asked| asked.contains(*class)))
                .collect();
            if hit.is_empty() {
                continue;
            }
            let useless = set.struck.useless(context, &group.copies);
            let left: Vec<CopyId> = counting
                .iter()
                .copied()
                .filter(|id| !useless.contains(*id))
                .collect();
            let found = best(pasts, &left, ask.gap());
            let attained = found.as_ref().map_or(Seconds::ZERO, |(_, _, reach)| *reach);
            if left.is_empty() || attained >= ask.reach {
                if !left.is_empty() {
                    failed.extend(self.needed_after(&group.of(hit), ask, needs, set, index));
                }
                continue;
            }
            let hit = self.not_accepted(hit, &set.faults);
            if hit.is_empty() {
                continue;
            }
            failed.extend(&hit);
            let done: BTreeSet<String> = useless
                .iter()
                .filter(|(id, _)| context.plan.copies[*id].history)
                .map(|(id, why)| match why {
                    Why::KeyLost(_) => format!("{why:?}"),
                    _ => {
                        let store = context.plan.copies[id].location.store;
                        format!("{why:?} {}", context.store_name(store))
                    }
                })
                .collect();
            let past = found.map(|(id, past, _)| (id, past.clone()));
            let hit = group.of(hit);
            let entry = self.file(
                &hit,
                *ask,
                Cause::Faults(done),
                index,
                (past, attained, ask.gap()),
            );
            entry.faults.insert(set.faults.clone());
        }
        failed
    }

    /// The classes for which no single accepted fault brings it about.
    fn not_accepted(&mut self, mut classes: Vec<ClassId>, faults: &FaultSet) -> Vec<ClassId> {
        let [Fault::Loss(target)] = faults.as_slice() else {
            return classes;
        };
        classes.retain(|class| {
            let (plan, of) = (self.context.plan, Obligation::History);
            !acceptance::of_single_fault(plan, of, *target, *class, &mut self.accepted)
        });
        classes
    }

    /// With as many runs missed as can be before somebody has acted, and no fault besides.
    fn while_runs_fail(
        &mut self,
        group: &Group,
        ask: &Ask,
        pasts: &BTreeMap<CopyId, Past>,
        usable: &[CopyId],
        index: usize,
    ) {
        let attained = best(pasts, usable, ask.gap()).map_or(Seconds::ZERO, |(.., reach)| reach);
        if attained >= ask.reach {
            return;
        }
        let fullest = best(pasts, usable, FOR_EVER).map(|(id, past, _)| (id, past.clone()));
        self.file(
            group,
            *ask,
            Cause::Missed,
            index,
            (fullest, attained, ask.gap()),
        );
    }

    /// Puts a shortfall to those of its cause: the same rules, the same faults. What is told of is the
    /// first.
    fn file(
        &mut self,
        group: &Group,
        ask: Ask,
        cause: Cause,
        index: usize,
        (best, attained, gap): (Option<(CopyId, Past)>, Seconds, Seconds),
    ) -> &mut Shortfall {
        let keeping = match cause {
            Cause::Rules => group.keeping.clone(),
            _ => String::new(),
        };
        let of = Some(ask).filter(|_| !matches!(cause, Cause::Faults(_)));
        let entry = self.shortfalls.entry((of, cause, keeping)).or_default();
        if entry.classes.is_empty() {
            entry.first = group.classes.first().map(|class| (*class, index));
            entry.best = best;
            entry.gap = gap;
        }
        entry.attained = entry.attained.max(attained);
        entry.asks.insert(ask);
        entry.classes.extend(&group.classes);
        entry.periods.insert(index);
        entry
    }
}

/// The backup whose keep rules thin what a copy holds.
fn thinning(past: &Past) -> Option<&points::Thinned> {
    past.points.iter().find_map(|points| match points {
        Points::Thinned(thinned) => Some(thinned),
        Points::Even { .. } => None,
    })
}
