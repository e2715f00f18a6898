//! What steps have left where they brought it, once they have ended.
//!
//! It lies there until somebody clears the place, moves it on or the place goes. What was deleted at home just before the
//! end may still be in the copy then, as long as it had stayed while the step ran.

use std::collections::BTreeMap;

use jiff::civil::Date;
use thrice_model::{ClassId, Lifetime, Source, StepId, StepTarget, Verb};
use thrice_plan::calendar::days_between;
use thrice_plan::{Copy, CopyId, CopyKind, FOR_EVER};
use thrice_presence::DAY;
use thrice_quantity::Seconds;

use super::path::{Death, Path};
use crate::context::Context;

/// The deaths in a class's copies, by class and period, in each with as many missed runs as can be or with none.
#[derive(Default)]
pub(super) struct Deaths {
    known: BTreeMap<(ClassId, usize, bool), BTreeMap<CopyId, Death>>,
}

impl Deaths {
    /// Those in the copies of a period, and in what ended steps have left of it by then; sources first.
    pub(super) fn in_period(
        &mut self,
        context: &Context<'_>,
        class: ClassId,
        (index, with_missed): (usize, bool),
    ) -> BTreeMap<CopyId, Death> {
        let key = (class, index, with_missed);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let plan = context.plan;
        let Some(period) = plan.periods.get(index) else {
            return BTreeMap::new();
        };
        let mut ids = context.copies_in(class, period);
        let stays = context.left().stays.iter();
        let left = stays.filter(|(id, stay)| {
            let copy = &plan.copies[**id];
            let ended = copy
                .lifetime
                .until
                .is_some_and(|until| until <= period.from);
            let lies = stay.until.is_none_or(|until| until > period.from);
            copy.class == class && ended && lies
        });
        ids.extend(left.map(|(id, _)| *id));
        if ids.is_empty() {
            return BTreeMap::new();
        }
        if !plan.model.classes[class].lifetime.contains(period.from) {
            // What is read no more was as new as it could be.
            let all = context.copies_of(class).iter().copied();
            ids.extend(all.filter(|id| plan.copies[*id].made_by.is_none()));
        }
        ids.sort_unstable();
        let path = Path {
            context,
            day: period.from,
            with_missed,
        };
        let mut out: BTreeMap<CopyId, Death> = BTreeMap::new();
        for id in ids {
            let copy = &plan.copies[id];
            let Some((by, ends)) = ended(context, copy, period.from) else {
                let before = self.before(context, (class, id), (index, with_missed));
                let death = path.of(copy, &out, before);
                out.insert(id, death);
                continue;
            };
            // The last period in which its step ran.
            let before = plan.periods.iter().rposition(|period| period.from < ends);
            let before = before.filter(|before| *before < index);
            let before = before.map(|before| self.in_period(context, class, (before, with_missed)));
            let Some(death) = before.and_then(|mut before| before.remove(&id)) else {
                continue;
            };
            // A step that goes on after its class takes the last of it away as it took all before.
            let lived = plan.model.classes[class].lifetime.until;
            let after = lived.map_or(Seconds::ZERO, |until| {
                Seconds::days(days_between(until, ends))
            });
            let death = match death.read {
                Some(read) if read < after => death,
                _ => path.left(copy, (by, ends), death),
            };
            out.insert(id, death);
        }
        self.known.insert(key, out.clone());
        out
    }

    /// For how long something was in a copy at most in the period before one with which somebody begins who may clear it.
    fn before(
        &mut self,
        context: &Context<'_>,
        (class, id): (ClassId, CopyId),
        (index, with_missed): (usize, bool),
    ) -> Option<Seconds> {
        let plan = context.plan;
        let copy = &plan.copies[id];
        let day = plan.periods.get(index)?.from;
        let begins = |step: StepId| plan.model.steps[step].lifetime.from == day;
        let clears = copy.leaves.iter().any(|leave| begins(leave.by()));
        let prunes = plan.model.steps.iter().any(|(step, of)| {
            matches!(&of.source, Source::Repository(of, _) if Some(*of) == copy.repository)
                && begins(step)
        });
        let before = index.checked_sub(1).filter(|_| copy.lifetime.from < day)?;
        if !clears && !prunes {
            return None;
        }
        let mut deaths = self.in_period(context, class, (before, with_missed));
        deaths.remove(&id)?.read
    }
}

/// The step that had brought what is in a copy, and the day on which it ended, if it had by then: itself, or the last of the
/// classes that it reads where they live.
fn ended(context: &Context<'_>, copy: &Copy, day: Date) -> Option<(StepId, Date)> {
    let plan = context.plan;
    let by = copy.made_by?;
    let read = context.made_by(by).iter().map(|id| {
        let source = plan.copies[*id].source.map(|id| &plan.copies[id]);
        let live = source.filter(|source| source.kind == CopyKind::Live);
        live.and_then(|live| live.lifetime.until)
    });
    // None of them is the latest where one never ends.
    let read: Option<Vec<Date>> = read.collect();
    let last = read.and_then(|read| read.into_iter().max());
    let until = plan.model.steps[by].lifetime.until;
    let until = until.into_iter().chain(last).min()?;
    (until <= day).then_some((by, until))
}

impl Path<'_, '_> {
    /// When all is gone that a step has left in a copy when it ended; `before` it went in such a way.
    fn left(&self, copy: &Copy, (by, ends): (StepId, Date), before: Death) -> Death {
        let plan = self.context.plan;
        let name = &plan.model.steps[by].named.name;
        let Some(held) = before.read else {
            return before;
        };
        let since = |day: Date| Seconds(days_between(ends, day).max(0).saturating_mul(DAY));
        // Who begins later finds it then.
        let begins = |step: StepId, at: Seconds| {
            let lifetime = plan.model.steps[step].lifetime;
            let delay = self.delay(step).unwrap_or_default();
            let found = held
                .saturating_add(since(lifetime.from))
                .saturating_add(delay);
            if lifetime.from <= ends {
                at
            } else {
                at.max(found)
            }
        };
        let cleared = copy.leaves.iter().filter_map(|leave| {
            let at = self.way(copy, leave, (before.entered, before.bears))?;
            let takes = at.saturating_sub(before.entered.min(before.bears));
            lasts(plan.model.steps[leave.by()].lifetime, ends, takes)
                .then(|| (begins(leave.by(), at), leave.by()))
        });
        let synced = self.syncs_over(copy, by).filter_map(|step| {
            let delay = self.delay(step)?;
            let at = begins(step, held.saturating_add(delay));
            lasts(plan.model.steps[step].lifetime, ends, delay).then_some((at, step))
        });
        let mut relies = before.relies;
        let (at, why) = match cleared.chain(synced).min() {
            Some((at, step)) => {
                self.relies(step, &mut relies);
                let step = &plan.model.steps[step].named.name;
                let why = format!("`{name}` has left it, and `{step}` takes it away");
                (Some(at), why)
            }
            None => {
                let nothing = || "nothing takes it away".to_owned();
                let gone = self.asked_for(copy).unwrap_or_else(nothing);
                let why = format!("`{name}` has left it when it ended, and {gone}");
                (None, why)
            }
        };
        let (read, (at, why)) = match at {
            Some(at) => (Some(at), self.kept_by_store(&copy.location, at, why)),
            None => (None, (None, why)),
        };
        let store = &plan.model.stores[copy.location.store];
        let gone = store
            .lifetime
            .until
            .map(|gone| held.saturating_add(since(gone)));
        let sooner = gone.filter(|gone| at.is_none_or(|at| *gone < at));
        let (at, read, why) = match sooner {
            Some(gone) => {
                let why = format!("`{name}` has left it, and `{}` goes", store.named.name);
                (Some(gone), Some(gone), why)
            }
            None => (at, read, why),
        };
        Death {
            at,
            read,
            why,
            relies,
            ..before
        }
    }

    /// The syncs of other steps that make all of a copy's place equal to something else.
    fn syncs_over(&self, copy: &Copy, by: StepId) -> impl Iterator<Item = StepId> {
        let steps = self.context.plan.model.steps.iter();
        steps.filter_map(move |(id, step)| match (&step.verb, &step.target) {
            (
                Verb::Sync {
                    backup_dir: None, ..
                },
                StepTarget::Location(place, _),
            ) if id != by && place.contains(&copy.location) => Some(id),
            _ => None,
        })
    }
}

/// Whether a step that takes so long for it is there for so long, after another one has ended.
fn lasts(lifetime: Lifetime, ends: Date, takes: Seconds) -> bool {
    let from = lifetime.from.max(ends);
    takes < FOR_EVER
        && lifetime
            .until
            .is_none_or(|until| takes.0 < days_between(from, until).saturating_mul(DAY))
}

/// Whether it is what some step has left that is in a copy on a day.
pub(super) fn is_left(context: &Context<'_>, id: CopyId, day: Date) -> bool {
    let until = context.plan.copies[id].lifetime.until;
    until.is_some_and(|until| until <= day)
}

/// Whether a sync of another step deletes what is left in a copy.
pub(super) fn is_synced_over(context: &Context<'_>, copy: &Copy) -> bool {
    let path = Path {
        context,
        day: copy.lifetime.from,
        with_missed: false,
    };
    copy.made_by
        .is_some_and(|by| path.syncs_over(copy, by).next().is_some())
}
