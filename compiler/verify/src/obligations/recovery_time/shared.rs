//! What comes back at once, over lines that some of it shares.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;
use thrice_model::{ClassId, HostId};
use thrice_plan::FOR_EVER;
use thrice_quantity::{BytesPerSecond, Seconds};

use super::jobs::{Restore, Ways};
use super::urgency::{self, Job};
use crate::context::Context;

/// Restores that share links.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub restores: Vec<Restore>,
    /// In the order of the restores.
    pub jobs: Vec<Job>,
    pub speed: BytesPerSecond,
    pub slowest: HostId,
    /// All that comes at once, over whichever lines, where some of it may wait for the key to it.
    all: Option<Rc<[Restore]>>,
}

impl Shared {
    /// The same with as much as there is on a day.
    pub(super) fn on(&self, context: &Context<'_>, day: Date) -> Self {
        self.of_other_size(|restore| restore.on(context, day))
    }

    /// The same where what comes back is larger or smaller.
    pub(super) fn of_other_size(&self, size: impl Fn(&Restore) -> Restore) -> Self {
        if let Some(all) = &self.all {
            let mut all = shared(all.iter().map(size).collect()).into_iter();
            let class = self.restores.first().map(|own| own.class);
            let found = all.find(|one| one.restores.iter().any(|own| Some(own.class) == class));
            return found.unwrap_or_else(|| self.clone());
        }
        let mut out = self.clone();
        for (restore, job) in out.restores.iter_mut().zip(&mut out.jobs) {
            *restore = size(restore);
            job.bytes = restore.bytes;
        }
        out
    }

    /// All that matters to when these are back.
    pub(super) fn with_all_before(&self) -> &[Restore] {
        self.all.as_deref().unwrap_or(&self.restores)
    }

    /// When the first byte of one of these, or of what comes before them over other lines, can come if nothing keeps it waiting.
    pub(super) fn arrival(&self, of: &Restore) -> Seconds {
        let place = self.restores.iter().position(|own| own.class == of.class);
        let job = place.and_then(|place| self.jobs.get(place));
        job.map_or_else(|| of.job().arrival, |job| job.arrival)
    }

    /// Whether some of it may wait for the key to it.
    pub(super) const fn may_wait(&self) -> bool {
        self.all.is_some()
    }

    /// When a restore, by its place, is done at the latest; `None`: never.
    pub(super) fn done(&self, place: usize) -> Option<Seconds> {
        urgency::done(&self.jobs, place, self.speed)
    }

    /// Whether a restore, by its place, comes too late if it is done by then.
    pub(super) fn is_late(&self, place: usize, done: Option<Seconds>) -> bool {
        let deadline = self.restores.get(place).map(Restore::deadline);
        deadline.is_some_and(|deadline| done.is_none_or(|done| done > deadline))
    }
}

/// Those that can be timed, in groups that share something; the slowest link of a group counts for all.
pub(super) fn shared(restores: Vec<Restore>) -> Vec<Shared> {
    let all = restores.iter().any(|own| own.may_wait);
    let all = all.then(|| Rc::from(restores.as_slice()));
    let mut groups: Vec<(Ways, Vec<Restore>)> = Vec::new();
    for restore in restores.into_iter().filter(|r| r.speed.is_ok()) {
        let (mut ways, mut members) = (restore.ways.clone(), vec![restore]);
        let mut rest = Vec::new();
        for (other, theirs) in groups {
            if other.is_disjoint(&ways) {
                rest.push((other, theirs));
            } else {
                ways.extend(other);
                members.splice(0..0, theirs);
            }
        }
        rest.push((ways, members));
        groups = rest;
    }
    let mut out: Vec<Shared> = groups
        .into_iter()
        .filter_map(|(_, mut restores)| {
            restores.sort_by_key(|restore| (restore.due.0, restore.class));
            let slowest = restores
                .iter()
                .filter_map(|r| Some((*r.speed.as_ref().ok()?, r.slowest)))
                .min()?;
            Some(Shared {
                jobs: restores.iter().map(Restore::job).collect(),
                restores,
                speed: slowest.0,
                slowest: slowest.1,
                all: all.clone(),
            })
        })
        .collect();
    if all.is_some() {
        wait(&mut out);
    }
    out
}

/// What others wait for is more urgent than these, and they begin when it is in use.
fn wait(groups: &mut [Shared]) {
    let latest = hurry(groups);
    let mut order: BTreeSet<Seconds> = BTreeSet::new();
    for group in groups.iter_mut() {
        for (own, job) in group.restores.iter().zip(&mut group.jobs) {
            let latest = latest.get(&own.class).copied();
            job.deadline = latest.map_or(job.deadline, |latest| job.deadline.min(latest));
            order.insert(job.deadline);
        }
    }
    // When something is in use hangs on what is as urgent or more so alone, and so never on what waits for it.
    let mut in_use: BTreeMap<ClassId, Seconds> = BTreeMap::new();
    for deadline in order {
        for group in groups.iter_mut() {
            for (own, job) in group.restores.iter().zip(&mut group.jobs) {
                if job.deadline == deadline {
                    let before = own.before.classes.iter();
                    let before = before.map(|class| in_use.get(class).copied().unwrap_or(FOR_EVER));
                    job.arrival = before.fold(job.arrival, Seconds::max);
                }
            }
        }
        for group in groups.iter() {
            for (place, (own, job)) in group.restores.iter().zip(&group.jobs).enumerate() {
                if job.deadline == deadline && latest.contains_key(&own.class) {
                    let done = group.done(place).unwrap_or(FOR_EVER);
                    in_use.insert(own.class, done.saturating_add(own.finish));
                }
            }
        }
    }
}

/// When the last byte of what others wait for must be there for these: a second before theirs.
fn hurry(groups: &[Shared]) -> BTreeMap<ClassId, Seconds> {
    let all = || groups.iter().flat_map(|group| &group.restores);
    let mut latest: BTreeMap<ClassId, Seconds> = BTreeMap::new();
    // So often as one may wait for another at most.
    for _ in all() {
        let known = latest.clone();
        for own in all() {
            let deadline = known.get(&own.class).copied();
            let deadline = deadline.map_or(own.deadline(), |latest| latest.min(own.deadline()));
            for class in &own.before.classes {
                let before = latest.entry(*class).or_insert(FOR_EVER);
                *before = deadline.saturating_sub(Seconds(1)).min(*before);
            }
        }
        if latest == known {
            break;
        }
    }
    latest
}
