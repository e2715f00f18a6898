//! The most room that each copy can take on a day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use thrice_model::{Class, ClassId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind};
use thrice_quantity::{Bytes, BytesPerDay, Seconds};
use thrice_retention::{KeepRules, PeakAssumptions, Regular, peak, repository_bound, steady_history};

use crate::context::Context;

/// Bounds, with the ages of kept versions that were already worked out.
pub(super) struct Bounds<'c, 'p> {
    context: &'c Context<'p>,
    ages: BTreeMap<String, Vec<Seconds>>,
}

/// The greatest size of a class on a day: its upper end, grown since its beginning.
fn size_on(class: &Class, day: Date) -> Bytes {
    let Some((size, _)) = &class.size else { return Bytes::ZERO };
    let days = days_between(class.lifetime.from, day);
    match class.growth_volume {
        Some(volume) => size.high().saturating_add(volume.high().over(Seconds::days(i64::from(days)))),
        None => class.growth.high().grown_at_most(size.high(), days),
    }
}

fn days_between(from: Date, to: Date) -> u32 {
    from.until(to).map_or(0, |span| u32::try_from(span.get_days()).unwrap_or(0))
}

impl<'c, 'p> Bounds<'c, 'p> {
    pub(super) fn new(context: &'c Context<'p>) -> Self {
        Self { context, ages: BTreeMap::new() }
    }

    /// The most that these copies take together on a day.
    pub(super) fn total(&mut self, copies: &[CopyId], day: Date) -> Bytes {
        copies.iter().fold(Bytes::ZERO, |sum, id| {
            let copy = &self.context.plan.copies[*id];
            sum.saturating_add(self.bound(copy, day).0)
        })
    }

    /// Each copy's part, in words.
    pub(super) fn parts(&mut self, copies: &[CopyId], day: Date) -> Vec<(Bytes, String, ClassId)> {
        copies
            .iter()
            .map(|id| {
                let copy = &self.context.plan.copies[*id];
                let (bytes, how) = self.bound(copy, day);
                let name = self.context.class_name(copy.class);
                (bytes, format!("`{name}`, {how}"), copy.class)
            })
            .collect()
    }

    fn bound(&mut self, copy: &Copy, day: Date) -> (Bytes, String) {
        let class = &self.context.plan.model.classes[copy.class];
        let size = size_on(class, day);
        match copy.kind {
            CopyKind::Live => (size, "the data itself".to_owned()),
            CopyKind::Versions => self.versions(copy, class, size, day),
            CopyKind::Dump => self.dumps(copy, size),
            CopyKind::Mirror | CopyKind::Transit | CopyKind::Seed => (size, "a copy of all of it".to_owned()),
            CopyKind::Files => {
                let churned = churn(class, size).over(Seconds::days(i64::from(days_between(copy.lifetime.from, day))));
                match class.kind {
                    // What is overwritten or written once takes its size; a copy of a tree that
                    // people change keeps what they deleted.
                    thrice_model::ClassKind::Files if copy.leaves.is_empty() && class.churn.is_some() => {
                        (size.saturating_add(churned), "a copy that keeps what was deleted".to_owned())
                    }
                    _ => (size, "a copy of all of it".to_owned()),
                }
            }
        }
    }

    /// Dumps pile up until the clean-up takes them; one is always being written.
    fn dumps(&self, copy: &Copy, size: Bytes) -> (Bytes, String) {
        let step = copy.made_by.map(|s| (s, &self.context.plan.model.steps[s].verb));
        let Some((id, Verb::Capture(parts))) = step else { return (size, "a dump".to_owned()) };
        let Some((keeps, _)) = &parts.keeps else {
            return (size.saturating_mul(2), "the latest dump and the one being written".to_owned());
        };
        let narrowest = self.context.plan.cadences[id].narrowest.unwrap_or(Seconds::DAY);
        let seconds = |time: Seconds| u64::try_from(time.0).unwrap_or(1).max(1);
        let count = seconds(keeps.high()).div_ceil(seconds(narrowest)).saturating_add(2);
        (size.saturating_mul(count), format!("{count} dumps, clean-up and writing included"))
    }

    fn versions(&mut self, copy: &Copy, class: &Class, size: Bytes, day: Date) -> (Bytes, String) {
        let churn = churn(class, size);
        let since = Seconds::days(i64::from(days_between(copy.lifetime.from, day)));
        let plan = self.context.plan;
        let Some((rules, step)) = self.rules(copy) else {
            let all = size.saturating_add(churn.over(since));
            return (all, "all its versions: nothing is ever forgotten".to_owned());
        };
        let mut ages = self.ages(&rules, step);
        ages.retain(|age| *age <= since);
        let content = repository_bound(&ages, std::iter::repeat_n(size, ages.len()), churn);
        let max_unused = copy.repository.map(|r| plan.model.repositories[r].max_unused);
        let prune_period = plan.cadences[step].widest.unwrap_or(Seconds::days(7));
        let assumed = PeakAssumptions {
            max_unused: max_unused.unwrap_or(PeakAssumptions::default().max_unused),
            prune_period,
            ..PeakAssumptions::default()
        };
        let most = peak(content, churn, &assumed);
        (most, format!("{} versions, pruning included", ages.len()))
    }

    /// The keep rules that thin a copy's versions, and the step that applies them: its own, or those
    /// of the backup that it mirrors.
    fn rules(&self, copy: &Copy) -> Option<(KeepRules, thrice_model::StepId)> {
        let mut at = Some(copy);
        while let Some(here) = at {
            let step = here.made_by?;
            if let Verb::Backup { keep, .. } = &self.context.plan.model.steps[step].verb {
                return keep.as_ref().map(|(rules, _)| (rules.clone(), step));
            }
            at = here.source.map(|s| &self.context.plan.copies[s]);
        }
        None
    }

    /// Ages of the versions kept when the most is kept, by the real, iterated algorithm.
    fn ages(&mut self, rules: &KeepRules, id: thrice_model::StepId) -> Vec<Seconds> {
        let plan = self.context.plan;
        let step = &plan.model.steps[id];
        let (Some((schedule, _)), thrice_model::StepTarget::Repository(repository, _)) =
            (&step.timing.schedule, &step.target)
        else {
            return vec![Seconds::ZERO];
        };
        let version = plan.model.repositories[*repository].restic;
        let key = format!("{version} {rules:?} {schedule:?}");
        if let Some(known) = self.ages.get(&key) {
            return known.clone();
        }
        let zone = schedule.zone.time_zone(&TimeZone::UTC).unwrap_or(TimeZone::UTC);
        let regular = Regular { schedule, zone: &zone, stored: &zone };
        let day = BytesPerDay::new(1);
        let found = steady_history(rules, version, regular)
            .ok()
            .flatten()
            .and_then(|steady| steady.worst_ages(Bytes(u64::from(u32::MAX)), day))
            .map_or_else(|| vec![Seconds::ZERO], |(ages, _)| ages);
        self.ages.insert(key, found.clone());
        found
    }
}

/// Bytes a day that a backup stores anew: what is stated, else all of it (a compressed dump changes
/// whole).
fn churn(class: &Class, size: Bytes) -> BytesPerDay {
    class.churn.map_or_else(|| BytesPerDay::new(size.0), |(churn, _)| churn.high())
}
