//! What a step has left stays when the step ends, until somebody clears its place or its store goes.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_model::{ClassId, Lifetime, Location, Source, Step, StepId, StepTarget, StoreId, Verb};
use thrice_plan::{CopyId, FOR_EVER, Leave, Plan};
use thrice_presence::DAY;
use thrice_quantity::Seconds;

use super::Indexed;

/// What may lie longer in some places than they are filled.
#[derive(Default)]
pub(crate) struct Left {
    /// For each copy in which something may lie when its step or that of its source has ended: from when on, and until
    /// when at most.
    pub stays: BTreeMap<CopyId, Lifetime>,
    /// The steps that clear places, by store.
    clearing: BTreeMap<StoreId, Vec<StepId>>,
}

impl Left {
    pub(super) fn of(indexed: &Indexed<'_>) -> Self {
        let plan = indexed.plan;
        let mut out = Self::default();
        let mut steps = plan.model.steps.iter();
        let mut copies = plan.copies.iter();
        if !steps.any(|(_, step)| step.lifetime.until.is_some())
            && !copies.any(|(_, copy)| copy.lifetime.until.is_some())
        {
            return out;
        }
        for (id, step) in plan.model.steps.iter() {
            if let Some(place) = cleared(step) {
                out.clearing.entry(place.store).or_default().push(id);
            }
        }
        for (id, copy) in plan.copies.iter() {
            let made = copy.made_by.zip(copy.source);
            // What goes on being filled for ever stays as long.
            let Some((step, source)) = made.filter(|_| copy.lifetime.until.is_some()) else {
                continue;
            };
            let source = match out.stays.get(&source) {
                Some(stay) => *stay,
                None => plan.copies[source].lifetime,
            };
            let Some(fed) = plan.model.steps[step].lifetime.meet(source) else {
                continue;
            };
            let store = plan.model.stores[copy.location.store].lifetime.until;
            let until = match fed.until {
                Some(ends) => [store, out.cleared(indexed, id, ends)]
                    .into_iter()
                    .flatten()
                    .min(),
                None => store,
            };
            out.stays.insert(id, Lifetime { until, ..fed });
        }
        out
    }

    /// From when on something may lie in a copy, and until when at most.
    pub(crate) fn stay(&self, plan: &Plan, id: CopyId) -> Lifetime {
        let stay = self.stays.get(&id).copied();
        stay.unwrap_or(plan.copies[id].lifetime)
    }

    /// The steps that clear places in a store.
    pub(crate) fn clearing(&self, store: StoreId) -> impl Iterator<Item = StepId> {
        self.clearing.get(&store).into_iter().flatten().copied()
    }

    /// Whether anybody may take away what lies in a copy, if perhaps not all of it or not for good.
    pub(crate) fn may_be_cleared(&self, plan: &Plan, id: CopyId) -> bool {
        let copy = &plan.copies[id];
        let clearing = self.clearing(copy.location.store);
        let mut places = clearing.filter_map(|step| cleared(&plan.model.steps[step]));
        let moved = |leave: &Leave| matches!(leave, Leave::Into { .. });
        places.any(|place| place.meets(&copy.location)) || copy.leaves.iter().any(moved)
    }

    /// The day from which on nothing lies in a copy any more that is not filled from a day on: its place is swept, or a
    /// step has moved it away.
    fn cleared(&self, indexed: &Indexed<'_>, id: CopyId, ends: Date) -> Option<Date> {
        let plan = indexed.plan;
        let copy = &plan.copies[id];
        let of = (copy.made_by, Some(copy.class));
        let swept = self.swept(indexed, &copy.location, of, ends);
        let moved = copy.leaves.iter().filter_map(|leave| {
            let Leave::Into { copy, by } = leave else {
                return None;
            };
            let enter = &plan.copies[*copy].enter;
            let age = enter.older_than.as_ref();
            let age = age.map_or(Seconds::ZERO, |age| age.high());
            done(plan, *by, ends, age.saturating_add(enter.delay.high()))
        });
        swept.into_iter().chain(moved).min()
    }

    /// The day from which on nothing lies in a place any more of what a step has brought there of a class until a day: a
    /// clean-up has taken all that is that old, or a sync has made it equal to something else. Who ends before that
    /// is counted on for nothing.
    pub(super) fn swept(
        &self,
        indexed: &Indexed<'_>,
        of: &Location,
        (by, class): (Option<StepId>, Option<ClassId>),
        ends: Date,
    ) -> Option<Date> {
        let plan = indexed.plan;
        let steps = self.clearing(of.store).filter(|step| Some(*step) != by);
        let swept = steps.filter_map(|step| {
            let all = cleared(&plan.model.steps[step])?.contains(of);
            let same = class.is_some_and(|class| brings(indexed, step, class, of));
            let takes = takes(plan, step).filter(|_| all && !same)?;
            done(plan, step, ends, takes)
        });
        swept.min()
    }
}

/// The place in which a step deletes what is not its own: by age, or by making it equal to something else.
pub(super) fn cleared(step: &Step) -> Option<&Location> {
    match (&step.verb, &step.source, &step.target) {
        (
            Verb::Expire {
                noncurrent: false, ..
            },
            Source::Location(place, _),
            _,
        )
        | (Verb::Sync { .. }, _, StepTarget::Location(place, _)) => Some(place),
        _ => None,
    }
}

/// How long it takes at most until a step that clears its place has cleared it of what nobody adds to any more; `None` for one that
/// runs when somebody thinks of it.
fn takes(plan: &Plan, id: StepId) -> Option<Seconds> {
    let step = &plan.model.steps[id];
    match &step.verb {
        Verb::Expire { after, .. } => {
            let late = plan.cadences.clears_within(id, step)?;
            Some(after.high().saturating_add(late))
        }
        // It is still there, beside the destination.
        Verb::Sync {
            backup_dir: Some(_),
            ..
        } => None,
        _ => plan.cadences[id].worst_delay(),
    }
}

/// The day on which a step has surely done what takes so long from when it is there, and something else has ended.
fn done(plan: &Plan, id: StepId, ends: Date, takes: Seconds) -> Option<Date> {
    let lifetime = plan.model.steps[id].lifetime;
    if takes >= FOR_EVER {
        return None;
    }
    let days = takes.0.div_euclid(DAY) + 1;
    let day = ends.max(lifetime.from).checked_add(days.days()).ok()?;
    lifetime
        .until
        .is_none_or(|until| day <= until)
        .then_some(day)
}

/// Whether a sync brings a class to a place: then it is there as before.
fn brings(indexed: &Indexed<'_>, id: StepId, class: ClassId, place: &Location) -> bool {
    indexed.made_by(id).iter().any(|other| {
        let other = &indexed.plan.copies[*other];
        other.class == class && other.location.meets(place)
    })
}
