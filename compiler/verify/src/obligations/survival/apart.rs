//! Whether what faults leave of a class finds what it is restored with: of matching age, and no older than the class may be.
//!
//! What is made close together while nothing is wrong need not be so of what is left: the one may have lost all copies but
//! those that are made once a month. Asked about are the faults that the class, and whatever needs it, must survive, the
//! loss of its host, and that of the data itself.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use thrice_model::{ClassId, Demand, NeededWith, Target};
use thrice_plan::{Copy, CopyId, CopyKind, Period};
use thrice_quantity::Seconds;

use super::matching::{Mismatch, together, widest, widest_missed};
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{self, Struck, Useless, strike};
use crate::obligations::recovery_point::{Ages, asked_of};

/// Who needs a class, itself among them, and how far apart in time the two may be, if that is said all the way.
type Needing = Vec<(ClassId, Option<Seconds>)>;

/// Asks about one period after the other.
pub(super) struct Apart<'c, 'p> {
    context: &'c Context<'p>,
    /// By class, as far as something that it needs must match.
    needing: BTreeMap<ClassId, Needing>,
}

/// One period, and what faults do in it.
pub(super) struct Asking<'a, 'c, 'p> {
    all: &'a Apart<'c, 'p>,
    period: &'c Period,
    ages: Ages<'c, 'p>,
    sets: BTreeMap<ClassId, Rc<BTreeSet<FaultSet>>>,
    struck: BTreeMap<FaultSet, Rc<Struck>>,
}

impl<'c, 'p> Apart<'c, 'p> {
    pub(super) fn new(context: &'c Context<'p>) -> Self {
        let mut needing: BTreeMap<ClassId, Needing> = BTreeMap::new();
        let classes = &context.plan.model.classes;
        let matched = |class: &ClassId| {
            let mut needs = classes[*class].needs.iter();
            needs.any(|needed| needed.within.is_some())
        };
        for class in classes.ids() {
            if classes[class].needs.is_empty() {
                continue;
            }
            for (needed, apart) in slack(context, class) {
                if matched(&needed) {
                    needing.entry(needed).or_default().push((class, apart));
                }
            }
        }
        Self { context, needing }
    }

    pub(super) fn asking(&self, period: &'c Period) -> Asking<'_, 'c, 'p> {
        Asking {
            all: self,
            period,
            ages: Ages::new(self.context, period),
            sets: BTreeMap::new(),
            struck: BTreeMap::new(),
        }
    }
}

/// A class and all that it is restored with, each with how far apart in time the two may be at most, by the narrowest
/// way; `None` where no way says it.
fn slack(context: &Context<'_>, class: ClassId) -> BTreeMap<ClassId, Option<Seconds>> {
    let mut out = BTreeMap::from([(class, Some(Seconds::ZERO))]);
    let mut waiting = vec![(class, Some(Seconds::ZERO))];
    while let Some((at, so_far)) = waiting.pop() {
        for needed in &context.plan.model.classes[at].needs {
            let apart = so_far
                .zip(needed.within)
                .map(|(one, other)| one.saturating_add(other));
            let known = out.get(&needed.class).copied();
            let narrower = match (known, apart) {
                (None, _) | (Some(None), Some(_)) => true,
                (Some(Some(known)), Some(apart)) => apart < known,
                (Some(_), None) => false,
            };
            if narrower {
                out.insert(needed.class, apart);
                waiting.push((needed.class, apart));
            }
        }
    }
    out
}

impl<'c> Asking<'_, 'c, '_> {
    /// What does not fit of a class and what it needs, and after which faults: the worst of it.
    pub(super) fn worst(
        &mut self,
        id: ClassId,
        needed: &NeededWith,
    ) -> Option<(Mismatch, FaultSet)> {
        let within = needed.within?;
        let all = self.all;
        let context = all.context;
        let mine = context.copies_in(id, self.period);
        let theirs = context.copies_in(needed.class, self.period);
        let mut known: BTreeSet<(ClassId, Useless, Useless)> = BTreeSet::new();
        let mut worst: Option<(Mismatch, FaultSet)> = None;
        for (class, apart) in all.needing.get(&id).into_iter().flatten() {
            let asks = asked_of(context, *class, self.period);
            for set in self.sets(*class).iter() {
                let struck = self.struck(set);
                let left = (
                    struck.useless(context, &mine),
                    struck.useless(context, &theirs),
                );
                if !known.insert((*class, left.0.clone(), left.1.clone())) {
                    continue;
                }
                let mine = Left::of(context, &mine, &left.0);
                let other = Left::of(context, &theirs, &left.1);
                // What is not lost is not restored, and that nothing is left is told elsewhere.
                if mine.live || mine.is_nothing() || other.is_nothing() {
                    continue;
                }
                let mut found = other.apart(context, &mine, within, widest);
                let missed = other.failing(context, &mine, within);
                found = found.or(missed);
                if !other.live {
                    let newest = self.ages.newest(&theirs, &left.1);
                    let ages = newest.map(|newest| [newest.nominal, newest.guaranteed]);
                    let reaches = apart.map(|apart| apart.saturating_add(within));
                    found = found.max(too_old(ages, asks, reaches));
                }
                if let Some(found) = found.filter(|f| worst.as_ref().is_none_or(|(w, _)| f > w)) {
                    worst = Some((found, set.clone()));
                }
            }
        }
        worst
    }

    /// What a class is asked to survive, and what need not be asked for.
    fn sets(&mut self, class: ClassId) -> Rc<BTreeSet<FaultSet>> {
        let context = self.all.context;
        let period = self.period;
        let known = self.sets.entry(class).or_insert_with(|| {
            let home = context.plan.model.classes[class].home.store;
            let host = Target::Host(context.plan.host_of(home));
            let mut out = BTreeSet::from([vec![Fault::LiveData], vec![Fault::Loss(host)]]);
            for requirement in &context.plan.model.requirements {
                let Demand::Survive(survive) = &requirement.demand else {
                    continue;
                };
                if Context::in_force(requirement.lifetime, period)
                    && requirement.selection.contains(class)
                {
                    out.extend(faults::sets(context, survive, &[class], period));
                }
            }
            Rc::new(out)
        });
        Rc::clone(known)
    }

    fn struck(&mut self, set: &FaultSet) -> Rc<Struck> {
        let (context, period) = (self.all.context, self.period);
        let known = self.struck.entry(set.clone());
        let struck = known.or_insert_with(|| Rc::new(strike(context, set, period.from)));
        Rc::clone(struck)
    }
}

/// How far apart the data of a copy is at most.
type Far = fn(&Context<'_>, &Copy) -> Option<Seconds>;

/// What is left of a class.
struct Left<'c> {
    /// Whether the data itself is.
    live: bool,
    /// What counts besides.
    copies: Vec<&'c Copy>,
}

impl<'c> Left<'c> {
    fn of(context: &'c Context<'_>, copies: &[CopyId], useless: &Useless) -> Self {
        let left = copies.iter().filter(|id| !useless.contains(**id));
        let left = left.map(|id| &context.plan.copies[*id]);
        let (live, copies): (Vec<&Copy>, Vec<&Copy>) = left
            .filter(|copy| copy.counts)
            .partition(|copy| copy.kind == CopyKind::Live);
        Self {
            live: !live.is_empty(),
            copies,
        }
    }

    fn is_nothing(&self) -> bool {
        !self.live && self.copies.is_empty()
    }

    fn has_versions(&self) -> bool {
        self.copies
            .iter()
            .any(|copy| copy.kind == CopyKind::Versions)
    }

    /// How far apart the data of those copies is that are made most often.
    fn least_apart(&self, context: &Context<'_>, versions: bool, far: Far) -> Option<Seconds> {
        let copies = self.copies.iter();
        let copies = copies.filter(|copy| !versions || copy.kind == CopyKind::Versions);
        copies.filter_map(|copy| far(context, copy)).min()
    }

    /// Whether this, which something else needs, is made often enough to match that; or where only its newest is
    /// kept, whether the other one is.
    fn apart(
        &self,
        context: &Context<'_>,
        other: &Self,
        within: Seconds,
        far: Far,
    ) -> Option<Mismatch> {
        if together(context, &self.copies, &other.copies) {
            return None;
        }
        let is_more = |apart: &Seconds| *apart > within;
        let versions = self.has_versions();
        let mine = match self.live {
            true => None,
            false => self.least_apart(context, versions && other.has_versions(), far),
        };
        let mine = mine.filter(is_more);
        let mine = mine.map(|apart| Mismatch::Apart(apart, within));
        let theirs = match versions {
            true => None,
            false => other.least_apart(context, false, far).filter(is_more),
        };
        mine.max(theirs.map(|apart| Mismatch::Behind(apart, within)))
    }

    /// Whether the newest of both still match while runs fail. Where both have versions, older ones do.
    fn failing(&self, context: &Context<'_>, other: &Self, within: Seconds) -> Option<Mismatch> {
        if self.has_versions() && other.has_versions() {
            return None;
        }
        match self.apart(context, other, within, widest_missed)? {
            Mismatch::Apart(apart, within) | Mismatch::Behind(apart, within) => {
                Some(Mismatch::Failing(apart, within))
            }
            other => Some(other),
        }
    }
}

/// Whether what is needed is older than all that matches what may be restored at most. Ages and bounds are nominal,
/// then guaranteed.
fn too_old(
    ages: Option<[Option<Seconds>; 2]>,
    asks: [Option<Seconds>; 2],
    reaches: Option<Seconds>,
) -> Option<Mismatch> {
    let (ages, reaches) = ages.zip(reaches)?;
    let pairs = ages.into_iter().zip(asks);
    let found = pairs.filter_map(|(age, asked)| {
        let asked = asked?;
        let too_old = age.is_none_or(|age| age > asked.saturating_add(reaches));
        too_old.then_some(Mismatch::Old(age, reaches, asked))
    });
    found.max()
}
