//! The most room that each copy can take on a day.

use jiff::civil::Date;
use thrice_model::{Class, ClassId, Source, StepId, StepTarget, Verb};
use thrice_plan::{Copy, CopyId, CopyKind};
use thrice_quantity::{Bytes, BytesPerDay, Seconds};
use thrice_retention::{PeakAssumptions, peak, repository_bound};

use super::piled::{plain, repository, window};
use crate::context::Context;

/// Bounds on a plan's copies.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'c, 'p> {
    context: &'c Context<'p>,
    /// A class that is taken to be otherwise.
    instead: Option<(ClassId, &'c Class)>,
}

/// The greatest size of a class on a day: its upper end, grown since its beginning.
pub(in crate::obligations) fn size_on(class: &Class, day: Date) -> Bytes {
    let Some((size, _)) = &class.size else {
        return Bytes::ZERO;
    };
    let days = days_between(class.lifetime.from, day);
    match class.growth_volume {
        Some(volume) => size
            .high()
            .saturating_add(volume.high().over(Seconds::days(i64::from(days)))),
        None => class.growth.high().grown_at_most(size.high(), days),
    }
}

pub(super) fn days_between(from: Date, to: Date) -> u32 {
    from.until(to)
        .map_or(0, |span| u32::try_from(span.get_days()).unwrap_or(0))
}

impl<'c, 'p> Bounds<'c, 'p> {
    pub(super) fn new(context: &'c Context<'p>) -> Self {
        Self {
            context,
            instead: None,
        }
    }

    /// The same if a class were otherwise.
    pub(super) fn with(self, id: ClassId, class: &'c Class) -> Self {
        Self {
            instead: Some((id, class)),
            ..self
        }
    }

    fn class(&self, id: ClassId) -> &Class {
        match self.instead {
            Some((other, class)) if other == id => class,
            _ => &self.context.plan.model.classes[id],
        }
    }

    /// The most that these copies take together on a day.
    pub(super) fn total(&self, copies: &[CopyId], day: Date) -> Bytes {
        copies.iter().fold(Bytes::ZERO, |sum, id| {
            let copy = &self.context.plan.copies[*id];
            sum.saturating_add(self.bound(copy, day).0)
        })
    }

    /// Each copy's part, in words.
    pub(super) fn parts(&self, copies: &[CopyId], day: Date) -> Vec<(Bytes, String, ClassId)> {
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

    /// The most that a copy takes, with what its store keeps of what was deleted.
    fn bound(&self, copy: &Copy, day: Date) -> (Bytes, String) {
        let class = self.class(copy.class);
        let size = size_on(class, day);
        if copy.kind == CopyKind::Versions {
            return self.versions(copy, class, size, day);
        }
        let (bytes, how) = self.current(copy, class, size, day);
        let window = window(self.context, copy, day);
        match plain(self.context, copy, (size, churn(class, size)), window) {
            Bytes::ZERO => (bytes, how),
            more => (bytes.saturating_add(more), old(&how, more, window)),
        }
    }

    fn current(&self, copy: &Copy, class: &Class, size: Bytes, day: Date) -> (Bytes, String) {
        match copy.kind {
            CopyKind::Live => (size, "the data itself".to_owned()),
            CopyKind::Versions => self.versions(copy, class, size, day),
            CopyKind::Dump => self.dumps(copy, size),
            CopyKind::Mirror | CopyKind::Transit | CopyKind::Seed => {
                (size, "a copy of all of it".to_owned())
            }
            CopyKind::Files => {
                let churned = churn(class, size).over(Seconds::days(i64::from(days_between(
                    copy.lifetime.from,
                    day,
                ))));
                match class.kind {
                    // What is overwritten or written once takes its size; a copy of a tree that
                    // people change keeps what they deleted.
                    thrice_model::ClassKind::Files
                        if self.context.leaves(copy, day).next().is_none()
                            && class.churn.is_some() =>
                    {
                        (
                            size.saturating_add(churned),
                            "a copy that keeps what was deleted".to_owned(),
                        )
                    }
                    _ => (size, "a copy of all of it".to_owned()),
                }
            }
        }
    }

    /// Dumps pile up until the clean-up takes them; one is always being written.
    fn dumps(&self, copy: &Copy, size: Bytes) -> (Bytes, String) {
        let step = copy
            .made_by
            .map(|s| (s, &self.context.plan.model.steps[s].verb));
        let Some((id, Verb::Capture(parts))) = step else {
            return (size, "a dump".to_owned());
        };
        let Some((keeps, _)) = &parts.keeps else {
            return (
                size.saturating_mul(2),
                "the latest dump and the one being written".to_owned(),
            );
        };
        let narrowest = self.context.plan.cadences[id]
            .narrowest
            .unwrap_or(Seconds::DAY);
        let seconds = |time: Seconds| u64::try_from(time.0).unwrap_or(1).max(1);
        let count = seconds(keeps.high())
            .div_ceil(seconds(narrowest))
            .saturating_add(2);
        (
            size.saturating_mul(count),
            format!("{count} dumps, clean-up and writing included"),
        )
    }

    fn versions(&self, copy: &Copy, class: &Class, size: Bytes, day: Date) -> (Bytes, String) {
        let churn = churn(class, size);
        let since = Seconds::days(i64::from(days_between(copy.lifetime.from, day)));
        let plan = self.context.plan;
        let thinned = self
            .backup(copy)
            .and_then(|step| Some((step, plan.kept[step].as_ref()?)));
        let Some((step, kept)) = thinned else {
            let all = size.saturating_add(churn.over(since));
            return (
                all,
                "all its versions: nothing is ever forgotten".to_owned(),
            );
        };
        let Some(between_prunes) = self.between_prunes(step) else {
            let all = size.saturating_add(churn.over(since));
            return (all, "all its versions: nothing is ever pruned".to_owned());
        };
        let bounds = kept.fullest().iter().map(|ages| {
            (
                repository_bound(ages, std::iter::repeat_n(size, ages.len()), churn),
                ages.len(),
            )
        });
        let (content, versions) = bounds.max().unwrap_or((size, 1));
        let default = PeakAssumptions::default();
        let assumed = PeakAssumptions {
            max_unused: copy.repository.map_or(default.max_unused, |r| {
                plan.model.repositories[r].max_unused
            }),
            prune_period: between_prunes.min(since),
            ..default
        };
        let most = peak(content, churn, &assumed);
        let how = format!("{versions} versions, pruning included");
        let window = window(self.context, copy, day);
        match repository((content, most), churn, (window, between_prunes)) {
            Bytes::ZERO => (most, how),
            more => (most.saturating_add(more), old(&how, more, window)),
        }
    }

    /// The longest time between two prunes of what a backup forgets; `None` if nothing prunes.
    fn between_prunes(&self, backup: StepId) -> Option<Seconds> {
        let plan = self.context.plan;
        let step = &plan.model.steps[backup];
        if matches!(step.verb, Verb::Backup { prune: true, .. }) {
            return plan.cadences[backup].widest_missed;
        }
        let StepTarget::Repository(of, _) = &step.target else {
            return None;
        };
        let prunes = self.context.prunes.iter().filter(|id| {
            matches!(&plan.model.steps[**id].source, Source::Repository(repository, _) if repository == of)
        });
        prunes
            .filter_map(|id| plan.cadences[*id].widest_missed)
            .min()
    }

    /// The backup that made a copy's versions: its own step, or that of the repository it mirrors.
    fn backup(&self, copy: &Copy) -> Option<StepId> {
        let mut at = Some(copy);
        while let Some(here) = at {
            let step = here.made_by?;
            if matches!(
                self.context.plan.model.steps[step].verb,
                Verb::Backup { .. }
            ) {
                return Some(step);
            }
            at = here.source.map(|s| &self.context.plan.copies[s]);
        }
        None
    }
}

/// What is there, and what its store keeps besides.
fn old(how: &str, more: Bytes, window: Seconds) -> String {
    format!("{how}, and {} deleted within {window}", more.rounded())
}

/// Bytes a day that a backup stores anew: what is stated, else all of it (a compressed dump changes
/// whole).
fn churn(class: &Class, size: Bytes) -> BytesPerDay {
    class
        .churn
        .map_or_else(|| BytesPerDay::new(size.0), |(churn, _)| churn.high())
}
