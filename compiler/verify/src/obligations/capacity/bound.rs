//! The most room that each copy can take on a day.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_model::{
    AgeClock, CaptureParts, Class, ClassId, ClassKind, RunnerKind, Source, StepId, StepTarget, Verb,
};
use thrice_plan::{Copy, CopyId, CopyKind, FOR_EVER, Leave};
use thrice_quantity::{Bytes, BytesPerDay, Ratio, Seconds};
use thrice_retention::{PeakAssumptions, peak};

use super::super::lateness::last_day;
use super::apart::{Apart, churn, counts, is_stated};
use super::days::{days_between, since};
use super::piled::{Deleted, aside, gaps, plain, repository, times, window};
use crate::context::Context;
use crate::faults;

/// Bounds on a plan's copies in one period.
#[derive(Clone, Copy)]
pub(in crate::obligations) struct Bounds<'c, 'p> {
    context: &'c Context<'p>,
    /// The period's first day: what deletes and prunes on it does so until the period ends, late as that may be.
    in_force: Date,
    /// A class that is taken to be otherwise.
    instead: Option<(ClassId, &'c Class)>,
    /// Whether what a repository refers to is meant, and not what lies there besides while a prune writes it anew or
    /// because its store keeps what was deleted.
    to_be_read: bool,
    /// Whether only those prune and clean up of whom somebody hears if they stop.
    watched: bool,
}

/// The greatest size of a class on a day: its upper end, grown since its beginning. Of one whose size nobody states, what
/// it has grown by since is known nevertheless.
pub(in crate::obligations) fn size_on(context: &Context<'_>, class: &Class, day: Date) -> Bytes {
    let size = class.size.map(|(size, _)| size.high());
    let days = || days_between(class.lifetime.from, day);
    match (class.growth_volume, size) {
        (Some(volume), size) => {
            let grown = volume.high().over(Seconds::days(i64::from(days())));
            size.unwrap_or(Bytes::ZERO).saturating_add(grown)
        }
        (None, Some(size)) => context.grown.factor(class.growth.high(), days()).of(size),
        (None, None) => Bytes::ZERO,
    }
}

/// What makes up the room that a copy takes.
#[derive(Clone, Copy)]
pub(super) struct How {
    what: What,
    /// What its store keeps of what was deleted in it, and from within which time.
    deleted: Option<(Bytes, Seconds)>,
}

#[derive(Clone, Copy)]
enum What {
    Live,
    Dump,
    /// The latest dump and the one being written.
    LatestDumps,
    /// So many dumps, side by side.
    Dumps(u64),
    Whole,
    /// A copy, and the one that takes its place, until that is whole.
    Replaced,
    /// A copy that only adds.
    Growing,
    CarriedDumps(u64),
    /// Versions that nothing forgets.
    NeverForgotten,
    NeverPruned,
    Versions(usize),
}

impl What {
    /// This, and what its store keeps of what was deleted.
    const fn with(self, deleted: Bytes, window: Seconds) -> How {
        How {
            what: self,
            deleted: Some((deleted, window)),
        }
    }
}

impl From<What> for How {
    fn from(what: What) -> Self {
        Self {
            what,
            deleted: None,
        }
    }
}

impl Display for How {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Live => f.write_str("the data itself"),
            What::Dump => f.write_str("a dump"),
            What::LatestDumps => f.write_str("the latest dump and the one being written"),
            What::Dumps(count) => write!(f, "{count} dumps, clean-up and writing included"),
            What::Whole => f.write_str("a copy of all of it"),
            What::Replaced => f.write_str("a copy of all of it and the one being brought"),
            What::Growing => f.write_str("a copy that keeps what was deleted"),
            What::CarriedDumps(count) => write!(f, "a copy of {count} dumps"),
            What::NeverForgotten => f.write_str("all its versions: nothing is ever forgotten"),
            What::NeverPruned => f.write_str("all its versions: nothing is ever pruned"),
            What::Versions(count) => write!(f, "{count} versions, pruning included"),
        }?;
        match self.deleted {
            Some((bytes, window)) => {
                write!(f, ", and {} deleted within {window}", bytes.rounded())
            }
            None => Ok(()),
        }
    }
}

impl<'c, 'p> Bounds<'c, 'p> {
    /// In the period that begins on a day.
    pub(in crate::obligations) fn new(context: &'c Context<'p>, in_force: Date) -> Self {
        Self {
            context,
            in_force,
            instead: None,
            to_be_read: false,
            watched: false,
        }
    }

    /// The same if whoever reports to no monitor neither prunes nor cleans up.
    pub(super) fn watched(self) -> Self {
        Self {
            watched: true,
            ..self
        }
    }

    /// Of repositories, the same of what a check reads.
    pub(super) fn to_be_read(self) -> Self {
        Self {
            to_be_read: true,
            ..self
        }
    }

    /// The same if a class were otherwise.
    pub(in crate::obligations) fn with(self, id: ClassId, class: &'c Class) -> Self {
        Self {
            instead: Some((id, class)),
            ..self
        }
    }

    pub(super) fn class(&self, id: ClassId) -> &Class {
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

    /// Each copy's part, in words; the largest first.
    pub(super) fn parts(&self, copies: &[CopyId], day: Date) -> Vec<(Bytes, String, ClassId)> {
        let parts = copies.iter().map(|id| {
            let copy = &self.context.plan.copies[*id];
            let (bytes, how) = self.bound(copy, day);
            let name = self.context.class_name(copy.class);
            (bytes, format!("`{name}`, {how}"), copy.class)
        });
        let mut out: Vec<(Bytes, String, ClassId)> = parts.collect();
        out.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        out
    }

    pub(super) const fn context(&self) -> &'c Context<'p> {
        self.context
    }

    /// The most that a copy takes, with what its store keeps of what was deleted; what is left of one that nobody fills any
    /// more takes no more than it did when that ended, however late that was.
    pub(super) fn bound(&self, copy: &Copy, day: Date) -> (Bytes, How) {
        let ended = copy.lifetime.until.filter(|until| *until <= self.in_force);
        let mut periods = self.context.plan.periods.iter();
        let filled = ended.and_then(|until| periods.rfind(|period| period.from < until));
        let Some(filled) = filled else {
            return self.filled(copy, day);
        };
        let then = Self {
            in_force: filled.from,
            ..*self
        };
        then.filled(copy, last_day(filled, filled.slip_days).min(day))
    }

    /// The same of a copy that is filled.
    fn filled(&self, copy: &Copy, day: Date) -> (Bytes, How) {
        let class = self.class(copy.class);
        let size = size_on(self.context, class, day);
        let (bytes, what) = match copy.kind {
            CopyKind::Versions => return self.versions(copy, class, size, day),
            CopyKind::Live => (size, What::Live),
            CopyKind::Dump => self.dumps(copy, size),
            CopyKind::Mirror | CopyKind::Transit | CopyKind::Seed | CopyKind::Files => {
                match self.context.plan.replaces(copy) {
                    true => (size.saturating_mul(2), What::Replaced),
                    false => self.files(copy, class, size, day),
                }
            }
        };
        let window = window(self.context, copy, self.in_force, day);
        let dumps = self.dated(copy).and_then(|dumps| self.capture(dumps));
        let deleted = |window: Seconds| Deleted {
            // What people deleted lies there as well until it is cleared.
            size: match what {
                What::Growing => bytes,
                _ => size,
            },
            churn: churn(class, size),
            window,
            dumps: dumps.map(|(capture, _)| {
                let again = self.again(copy, capture, day);
                (capture, again)
            }),
            in_force: self.in_force,
        };
        let kept = plain(self.context, copy, deleted(window));
        let lies = aside(self.context, copy, (self.in_force, day), window);
        let beside = lies.map(|lies| plain(self.context, copy, deleted(lies)));
        let more = kept.saturating_add(beside.unwrap_or(Bytes::ZERO));
        match more {
            Bytes::ZERO => (bytes, what.into()),
            more => {
                let within = window.max(lies.unwrap_or_default());
                (bytes.saturating_add(more), what.with(more, within))
            }
        }
    }

    /// What a version holds, file by file: all that lay side by side where its backup read it.
    pub(super) fn restored(&self, version: &Copy, day: Date) -> Bytes {
        let class = self.class(version.class);
        let size = size_on(self.context, class, day);
        let Some(read) = self.read_by_backup(version) else {
            return size;
        };
        match (read.kind, self.capture(read)) {
            (CopyKind::Dump, Some((_, parts))) if parts.keeps.is_none() => size,
            (CopyKind::Dump, _) => self.dumps(read, size).0,
            (CopyKind::Live | CopyKind::Versions, _) => size,
            _ => self.files(read, class, size, day).0,
        }
    }

    /// How much comes back from a copy on a day: what people deleted, and a step on its way has not, comes as well, for nothing
    /// tells it apart. Of dumps that lie side by side one is enough.
    pub(in crate::obligations) fn comes_back(&self, id: CopyId, day: Date) -> Bytes {
        let copy = &self.context.plan.copies[id];
        let class = self.class(copy.class);
        let size = size_on(self.context, class, day);
        let read = self.read_by_backup(copy).unwrap_or(copy);
        let kept = self.kept_on_the_way(read, class, size, day);
        size.saturating_add(kept.unwrap_or(Bytes::ZERO))
    }

    /// Files as they are in the source, or as all runs so far have put them there.
    fn files(&self, copy: &Copy, class: &Class, size: Bytes, day: Date) -> (Bytes, What) {
        if self.dated(copy).is_some() {
            return self.carried(copy, size, day);
        }
        // What is overwritten or written once takes its size; a copy of a tree that people change keeps what they deleted,
        // and so does what is made of it.
        match self.kept_on_the_way(copy, class, size, day) {
            Some(kept) => (size.saturating_add(kept), What::Growing),
            None => (size, What::Whole),
        }
    }

    /// How much of what people change and delete where they work lies in a copy, because steps on its way add what is
    /// new and delete nothing, until somebody clears it there; `None` where none of them does.
    fn kept_on_the_way(&self, copy: &Copy, class: &Class, size: Bytes, day: Date) -> Option<Bytes> {
        if class.kind == ClassKind::State || class.churn.is_none() {
            return None;
        }
        let plan = self.context.plan;
        let adding = plan.way_of(copy);
        let mut adding = adding
            .filter(|here| here.kind == CopyKind::Files)
            .peekable();
        adding.peek()?;
        let (mut kept, mut oldest) = (Seconds::ZERO, Seconds::ZERO);
        for here in adding {
            let cleared = self.cleared(here).map(|it| it.kept).min();
            kept = kept.saturating_add(cleared.unwrap_or(FOR_EVER));
            oldest = oldest.max(since(self.context, here, day));
        }
        // What follows its source has it until its own next run.
        let late = match copy.kind {
            CopyKind::Files => copy.source.map(|id| &plan.copies[id]),
            _ => Some(copy),
        };
        kept = kept.saturating_add(late.map_or(Seconds::ZERO, |late| gaps(self.context, late)));
        Some(churn(class, size).over(kept.min(oldest)))
    }

    /// Dumps pile up until the clean-up takes them; one is always being written.
    fn dumps(&self, copy: &Copy, size: Bytes) -> (Bytes, What) {
        let Some((id, parts)) = self.capture(copy) else {
            return (size, What::Dump);
        };
        let Some((keeps, _)) = &parts.keeps else {
            return (size.saturating_mul(2), What::LatestDumps);
        };
        let count = self.pile(id, keeps.high());
        (size.saturating_mul(count), What::Dumps(count))
    }

    /// Dumps that lie side by side are carried on side by side. What only adds keeps them for ever, or until
    /// they are deleted there.
    fn carried(&self, copy: &Copy, size: Bytes, day: Date) -> (Bytes, What) {
        let capture = self.dated(copy).and_then(|dumps| self.capture(dumps));
        let Some((id, _)) = capture else {
            return (size, What::Whole);
        };
        let count = self.count(copy, id, day);
        (size.saturating_mul(count), What::CarriedDumps(count))
    }

    /// What the dumps beside the newest one in a copy add to a version of them all: what changed between the oldest and
    /// that one, and no more than each of them by itself. `None` where there is but one.
    fn side_by_side(
        &self,
        copy: &Copy,
        size: Bytes,
        churn: BytesPerDay,
        day: Date,
    ) -> Option<Bytes> {
        let dumps = self.dated(copy)?;
        let (id, _) = self.capture(dumps)?;
        let others = self.count(copy, id, day).saturating_sub(1);
        let apart = self
            .stay(copy, day)
            .saturating_add(gaps(self.context, copy));
        let changed = churn.over(apart.min(since(self.context, dumps, day)));
        Some(changed.min(size.saturating_mul(others)))
    }

    /// How many dumps lie side by side in a copy. A mirror has what was in its source at one moment.
    fn count(&self, copy: &Copy, capture: StepId, day: Date) -> u64 {
        let plan = self.context.plan;
        let by = copy.made_by.map(|by| &plan.model.steps[by].verb);
        match (by, copy.source) {
            (Some(Verb::Sync { .. }), Some(source)) => {
                self.count(&plan.copies[source], capture, day)
            }
            _ => self.pile(capture, self.stay(copy, day)),
        }
    }

    /// How long a dump is in a copy at most, counted from when it was made. What is deleted where it is still in the source
    /// comes anew, and stays as long again.
    fn stay(&self, copy: &Copy, day: Date) -> Seconds {
        let plan = self.context.plan;
        let (Some(by), Some(source)) = (copy.made_by, copy.source) else {
            return Seconds::ZERO;
        };
        let before = self.stay(&plan.copies[source], day);
        let late = |step: StepId| plan.cadences[step].worst_delay();
        match &plan.model.steps[by].verb {
            Verb::Capture(parts) => parts
                .keeps
                .as_ref()
                .map_or(Seconds::ZERO, |(k, _)| k.high()),
            Verb::Sync { .. } => before.saturating_add(late(by).unwrap_or(FOR_EVER)),
            _ => {
                let since = since(self.context, copy, day);
                // What goes by its own age comes anew until its source has let it go.
                let gone = self.cleared(copy).map(|it| match it.since_it_came {
                    true => before.saturating_add(it.kept.min(since)),
                    false => it
                        .kept
                        .saturating_add(self.dumping(copy))
                        .max(before.saturating_add(it.late)),
                });
                let most = before.saturating_add(since);
                gone.min().unwrap_or(most).min(most)
            }
        }
    }

    /// How many dumps one run brings again, though they have been cleared where it brings them: their source keeps them for longer.
    fn again(&self, copy: &Copy, capture: StepId, day: Date) -> u64 {
        let plan = self.context.plan;
        let (Some(by), Some(source)) = (copy.made_by, copy.source) else {
            return 0;
        };
        let source = &plan.copies[source];
        let before = match &plan.model.steps[by].verb {
            Verb::Sync { .. } => self.again(source, capture, day),
            Verb::Copy { latest_only, .. } if !latest_only => 0,
            _ => return 0,
        };
        let letting_go = faults::letting_go(self.context, copy);
        let there = |by: &StepId| plan.model.steps[*by].lifetime.contains(self.in_force);
        let ages = letting_go.filter(|(by, _)| there(by)).map(|(_, age)| age);
        let lies = self.stay(source, day);
        let own = ages.min().filter(|age| *age < lies);
        let own = own.map_or(0, |age| self.pile(capture, lies.saturating_sub(age)));
        own.max(before)
    }

    /// How long the dumps that are carried to a copy take until they are done, from which on they age.
    fn dumping(&self, copy: &Copy) -> Seconds {
        let capture = self.dated(copy).and_then(|dumps| self.capture(dumps));
        capture.map_or(Seconds::ZERO, |(id, _)| {
            self.context.plan.cadences[id].duration.high()
        })
    }

    /// Who clears all of a copy by age, by which clock, and how long something stays there until then.
    fn cleared<'a>(&'a self, copy: &'a Copy) -> impl Iterator<Item = Clearing> + 'a {
        let plan = self.context.plan;
        let leaves = self.context.leaves(copy, self.in_force);
        let leaves = leaves.filter_map(|leave| match leave {
            Leave::AfterEntering { by, .. } | Leave::AtAge { by, .. } => Some(*by),
            _ => None,
        });
        let steps = leaves.chain(copy.older_by.iter().copied());
        steps.filter_map(|by| {
            let step = &plan.model.steps[by];
            let Verb::Expire { after, clock, .. } = &step.verb else {
                return None;
            };
            // Who clears a part leaves the rest.
            if !step.lifetime.contains(self.in_force)
                || !plan.clears_all(by, copy)
                || !self.is_counted_on(by)
            {
                return None;
            }
            let late = match clock {
                AgeClock::Use => Seconds::ZERO,
                _ => plan.cadences.clears_within(by, step)?,
            };
            Some(Clearing {
                since_it_came: matches!(clock, AgeClock::Upload | AgeClock::Snapshot),
                late,
                // What brings it may be at work when it is due.
                kept: after.high().saturating_add(late.saturating_mul(2)),
            })
        })
    }

    /// How many dumps lie side by side that stay so long: one has just come, and one is to go.
    fn pile(&self, capture: StepId, stays: Seconds) -> u64 {
        let narrowest = self.context.plan.cadences[capture].narrowest;
        let seconds = |time: Seconds| u64::try_from(time.0).unwrap_or(1).max(1);
        seconds(stays)
            .div_ceil(seconds(narrowest.unwrap_or(Seconds::DAY)))
            .saturating_add(2)
    }

    fn capture(&self, copy: &Copy) -> Option<(StepId, &'c CaptureParts)> {
        let id = copy.made_by?;
        match &self.context.plan.model.steps[id].verb {
            Verb::Capture(parts) => Some((id, parts)),
            _ => None,
        }
    }

    /// The dumps that lie side by side where a copy comes from.
    fn dated(&self, copy: &'c Copy) -> Option<&'c Copy> {
        for here in self.context.plan.way_of(copy) {
            match &self.context.plan.model.steps[here.made_by?].verb {
                Verb::Capture(parts) => return parts.keeps.is_some().then_some(here),
                Verb::Sync { .. } | Verb::Move { .. } => {}
                Verb::Copy { latest_only, .. } if !latest_only => {}
                _ => return None,
            }
        }
        None
    }

    fn versions(&self, copy: &Copy, class: &Class, size: Bytes, day: Date) -> (Bytes, How) {
        let churn = churn(class, size);
        let kept = self.read_by_backup(copy).and_then(|read| {
            let kept = self.kept_on_the_way(read, class, size, day);
            kept.or_else(|| self.side_by_side(read, size, churn, day))
        });
        let size = size.saturating_add(kept.unwrap_or(Bytes::ZERO));
        let since = since(self.context, copy, day);
        let is_stated = is_stated(class);
        let plan = self.context.plan;
        let default = PeakAssumptions::default();
        // All that was ever written, and its index: what has changed, and no more than the whole at each run.
        let all = || {
            // There is something new when the rarest of the steps on its way has run.
            let way = self.backup(copy).map(|backup| plan.way_of(backup));
            let steps = way.into_iter().flatten().filter_map(|here| here.made_by);
            let narrowest = steps.filter_map(|by| plan.cadences[by].narrowest).max();
            let changed = match is_stated {
                true => churn.over(since),
                false => self.all_new(class, day, since),
            };
            let changed = size.saturating_add(changed);
            let written = narrowest.map_or(changed, |apart| {
                changed.min(size.saturating_mul(times(since, apart)))
            });
            with_overhead(written, default.overhead)
        };
        let thinned = self.backup(copy).and_then(|backup| {
            let step = backup.made_by?;
            let (Verb::Backup { keep, .. }, kept) =
                (&plan.model.steps[step].verb, plan.kept[step].as_ref()?)
            else {
                return None;
            };
            Some((backup, step, kept, &keep.as_ref()?.0))
        });
        let Some((backup, step, kept, rules)) = thinned else {
            return (all(), What::NeverForgotten.into());
        };
        let Some((between_prunes, least_between)) = self.between_prunes(step) else {
            return (all(), What::NeverPruned.into());
        };
        let cadence = plan.cadences[step];
        let apart = Apart {
            daily: !is_stated,
            // Who reads something that is made rarely finds all its changes at once.
            stale: backup
                .source
                .map_or(Seconds::ZERO, |id| gaps(self.context, &plan.copies[id])),
            missed: cadence.outage(),
            counts: counts(rules),
        };
        let bounds = kept
            .fullest()
            .iter()
            .map(|ages| (apart.content(ages, size, churn), ages.len()));
        let (content, versions) = bounds.max().unwrap_or((size, 1));
        let changing = |time: Seconds| apart.changing(time.saturating_add(apart.stale));
        let written = self.written(step, between_prunes);
        let adds = self.adds(copy);
        // What only adds keeps all that it had anyway.
        let mirrored = self.mirrored(copy).filter(|_| adds.is_none());
        let anew = mirrored.map_or(Seconds::ZERO, |apart| {
            changing(written.min(apart.saturating_add(cadence.outage())))
        });
        let written = changing(written);
        let assumed = PeakAssumptions {
            max_unused: copy.repository.map_or(default.max_unused, |r| {
                plan.model.repositories[r].max_unused
            }),
            prune_period: written.min(since).saturating_add(anew.min(since)),
            repack: match self.to_be_read {
                true => Some(Bytes::ZERO),
                false => default.repack,
            },
            ..default
        };
        // Where nothing is ever unneeded, a prune writes nothing anew but what says which versions there are.
        let grows = self.only_grows(backup);
        let anew = if grows {
            default.overhead.of(content)
        } else {
            content
        };
        let assumed = if grows {
            PeakAssumptions {
                max_unused: Ratio(0),
                repack: assumed.repack.or(Some(anew)),
                ..assumed
            }
        } else {
            assumed
        };
        let most = peak(content, churn, &assumed);
        let how = What::Versions(versions);
        if self.to_be_read {
            return (most, how.into());
        }
        let (window, between) = match adds {
            // What prunes deleted in the source stays here, as it was at each run.
            Some(runs) => (since, runs.max(least_between)),
            None => {
                let window = window(self.context, copy, self.in_force, day);
                // What a mirror takes away it may put aside.
                let lies = aside(self.context, copy, (self.in_force, day), window);
                // It does so no more often than it runs.
                let runs = copy.made_by.and_then(|by| plan.cadences[by].narrowest);
                let runs = runs.unwrap_or_default();
                (lies.unwrap_or(window), runs.max(least_between))
            }
        };
        let before = if grows { anew } else { most };
        match repository((anew, before), churn, (window, between)) {
            Bytes::ZERO => (most, how.into()),
            more => (most.saturating_add(more), how.with(more, window)),
        }
    }

    /// Whether all that ever comes into a backup's repository is needed for ever: what is written once, and nobody takes away
    /// where it is read.
    fn only_grows(&self, backup: &Copy) -> bool {
        let plan = self.context.plan;
        let stays = |copy: &Copy| {
            let with = |leave: &Leave| matches!(leave, Leave::With { .. });
            copy.kind != CopyKind::Dump && copy.older_by.is_empty() && copy.leaves.iter().all(with)
        };
        let mut beside = plan.copies.iter().filter(|(_, copy)| {
            copy.kind == CopyKind::Versions && copy.repository == backup.repository
        });
        beside.all(|(_, copy)| {
            let class = self.class(copy.class);
            let read = self.backup(copy).and_then(|backup| backup.source);
            class.kind == ClassKind::Items
                && churn(class, Bytes::ZERO).bytes_per_day() == 0
                && class.lifetime.until.is_none()
                && read.is_some_and(|id| plan.way(id).all(|id| stays(&plan.copies[id])))
        })
    }

    /// How much a class is in all that is new in it until a day, if that is all of it each day: for stretches of that time as much as
    /// at the end of each.
    fn all_new(&self, class: &Class, day: Date, time: Seconds) -> Bytes {
        const STRETCHES: i64 = 16;
        let until = |stretch: i64| {
            Seconds(time.0 / STRETCHES * stretch + time.0 % STRETCHES * stretch / STRETCHES)
        };
        (0..STRETCHES).fold(Bytes::ZERO, |sum, stretch| {
            let (from, to) = (until(stretch), until(stretch + 1));
            let ends = day.saturating_sub(time.saturating_sub(to).whole_days().days());
            let daily = BytesPerDay::new(size_on(self.context, class, ends).0);
            sum.saturating_add(daily.over(to.saturating_sub(from)))
        })
    }

    /// How long lies at most between two runs of the syncs on the way from a repository to a mirror, a prune between them. Before
    /// such a one deletes what it had, it brings not only what the prune has written anew, but also what has come since; `None`
    /// of what is no mirror.
    fn mirrored(&self, copy: &Copy) -> Option<Seconds> {
        let plan = self.context.plan;
        let way = plan.way_of(copy);
        let syncs = way.map_while(|here| {
            let by = here.made_by?;
            let carries = !matches!(plan.model.steps[by].verb, Verb::Backup { .. });
            carries.then(|| plan.cadences[by].widest_missed.unwrap_or(FOR_EVER))
        });
        syncs.reduce(Seconds::saturating_add)
    }

    /// Of how long a time runs of a backup store at most what has changed, between two prunes: from the last run before the first of
    /// them on.
    fn written(&self, backup: StepId, between_prunes: Seconds) -> Seconds {
        let cadence = &self.context.plan.cadences[backup];
        let (Some(narrowest), Some(widest)) = (cadence.narrowest, cadence.widest) else {
            return between_prunes;
        };
        let runs = between_prunes.0.max(0).unsigned_abs();
        let runs = runs.div_ceil(narrowest.0.max(1).unsigned_abs());
        let regular = widest.saturating_mul(i64::try_from(runs).unwrap_or(i64::MAX));
        let longest = between_prunes.saturating_add(widest);
        regular.min(longest).saturating_add(cadence.outage())
    }

    /// The longest and the shortest time between two prunes of what a backup forgets; `None` if nothing
    /// prunes.
    fn between_prunes(&self, backup: StepId) -> Option<(Seconds, Seconds)> {
        let plan = self.context.plan;
        let step = &plan.model.steps[backup];
        let between = |id: StepId| {
            let cadence = &plan.cadences[id];
            Some((cadence.widest_missed?, cadence.narrowest?))
        };
        if matches!(step.verb, Verb::Backup { prune: true, .. }) {
            return between(backup);
        }
        let StepTarget::Repository(of, _) = &step.target else {
            return None;
        };
        let prunes = self.context.prunes().iter().filter(|id| {
            let step = &plan.model.steps[**id];
            let mine =
                matches!(&step.source, Source::Repository(repository, _) if repository == of);
            mine && step.lifetime.contains(self.in_force)
        });
        let prunes = prunes.filter(|id| self.is_counted_on(**id));
        let all = prunes.filter_map(|id| between(*id));
        all.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)))
    }

    /// Whether a prune or a clean-up is taken to run.
    fn is_counted_on(&self, step: StepId) -> bool {
        let step = &self.context.plan.model.steps[step];
        !self.watched || step.monitor.is_some() || step.runner.kind == RunnerKind::Lifecycle
    }

    /// The prunes and clean-ups without which a copy would take more, and that report to no monitor.
    pub(super) fn unwatched(&self, copy: &Copy) -> BTreeSet<StepId> {
        let plan = self.context.plan;
        let backup = self.backup(copy).and_then(|it| it.repository);
        let prunes = self.context.prunes().iter().copied().filter(|id| {
            let of = &plan.model.steps[*id].source;
            matches!(of, Source::Repository(repository, _) if Some(*repository) == backup)
        });
        let cleared = plan.way_of(copy).flat_map(Copy::cleared_by);
        let cleared =
            cleared.filter(|by| matches!(plan.model.steps[*by].verb, Verb::Expire { .. }));
        let there = |by: &StepId| plan.model.steps[*by].lifetime.contains(self.in_force);
        let watched = self.watched();
        let all = prunes.chain(cleared).filter(there);
        all.filter(|by| !watched.is_counted_on(*by)).collect()
    }

    /// Whether what is forgotten of a copy is removed.
    pub(super) fn is_pruned(&self, copy: &Copy) -> bool {
        let backup = self.backup(copy).and_then(|backup| backup.made_by);
        backup.is_some_and(|step| self.between_prunes(step).is_some())
    }

    /// How far apart the runs are of a step on the way of a repository that adds what is new and deletes
    /// nothing; `None` if there is none.
    fn adds(&self, copy: &Copy) -> Option<Seconds> {
        let plan = self.context.plan;
        for here in plan.way_of(copy) {
            let by = here.made_by?;
            match plan.model.steps[by].verb {
                Verb::Copy {
                    latest_only: false, ..
                } => return Some(plan.cadences[by].narrowest.unwrap_or(Seconds::DAY)),
                Verb::Backup { .. } => return None,
                _ => {}
            }
        }
        None
    }

    /// What the versions in a copy were read from; `None` of what has none.
    fn read_by_backup(&self, copy: &Copy) -> Option<&'c Copy> {
        let source = self.backup(copy)?.source?;
        Some(&self.context.plan.copies[source])
    }

    /// The copy that a backup makes of which another one has the versions: itself, or that in the repository it mirrors.
    fn backup<'a>(&'a self, copy: &'a Copy) -> Option<&'a Copy> {
        let plan = self.context.plan;
        plan.way_of(copy).find(|here| {
            let verb = here.made_by.map(|by| &plan.model.steps[by].verb);
            matches!(verb, Some(Verb::Backup { .. }))
        })
    }
}

/// What deletes by age.
#[derive(Clone, Copy)]
struct Clearing {
    /// Whether that is counted from when something came, and not from when it was written.
    since_it_came: bool,
    /// How late it may be.
    late: Seconds,
    /// How long something stays, late as that may be.
    kept: Seconds,
}

fn with_overhead(bytes: Bytes, overhead: Ratio) -> Bytes {
    bytes.saturating_add(overhead.of(bytes))
}
