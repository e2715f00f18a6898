//! What stores keep of what was deleted in them.

use jiff::civil::Date;
use thrice_model::{Location, Source, Verb};
use thrice_plan::{LIFECYCLE_LATE, Plan};

use crate::calendar::snapshots;

/// It never goes.
pub(super) const EVER: i64 = i64::MAX;

/// What a store does with what is deleted in one place.
pub(super) struct Keeps {
    /// When it takes snapshots of its own, and how many it keeps.
    snapshots: (Vec<i64>, usize),
    /// How long an old version stays, in seconds; `None`: there are none.
    version: Option<i64>,
    /// How long after it was written nothing is deleted, in seconds.
    lock: i64,
}

impl Keeps {
    pub(super) fn of(
        plan: &Plan,
        location: &Location,
        on: Date,
        (from, until): (i64, i64),
    ) -> Self {
        let store = &plan.model.stores[location.store];
        // Of several rules the first to act counts.
        let rules = plan.model.steps.iter().filter_map(|(_, step)| {
            let (
                Verb::Expire {
                    after,
                    noncurrent: true,
                    ..
                },
                Source::Location(place, _),
            ) = (&step.verb, &step.source)
            else {
                return None;
            };
            let acts = step.lifetime.contains(on) && place.contains(location);
            acts.then(|| after.high().0)
        });
        Self {
            snapshots: snapshots(plan, store, from, until),
            version: store.keeps_versions().then(|| rules.min().unwrap_or(EVER)),
            lock: store
                .lock
                .map_or(0, |lock| lock.days.saturating_mul(86_400)),
        }
    }

    /// Until when there is still something of what was written at an instant and is deleted now; `now` where nothing
    /// is kept.
    pub(super) fn until(&self, written: i64, now: i64) -> i64 {
        let (taken, keep) = &self.snapshots;
        let so_far = taken.partition_point(|at| *at <= now);
        let last = so_far.checked_sub(1).and_then(|at| taken.get(at));
        let shot = last.filter(|at| **at >= written).map(|_| {
            // The last one that has it goes when so many newer ones are there.
            let replaced = so_far.saturating_sub(1).saturating_add(*keep);
            taken.get(replaced).copied().unwrap_or(EVER)
        });
        let version = self.version.map(|after| {
            // A rule passes over what is locked and looks at it anew, as late as ever.
            let due = now
                .saturating_add(after)
                .max(written.saturating_add(self.lock));
            due.saturating_add(LIFECYCLE_LATE.0)
        });
        now.max(shot.unwrap_or(now)).max(version.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    /// Both clocks run at once: the longer one decides, never their sum.
    #[test]
    fn old_versions_and_locks() {
        let kept = |version, lock: i64| {
            let lock = lock * DAY;
            let snapshots = (Vec::new(), 0);
            let keeps = Keeps {
                snapshots,
                version,
                lock,
            };
            keeps.until(3 * DAY, 5 * DAY) / DAY
        };
        assert_eq!(kept(None, 0), 5);
        assert_eq!(kept(Some(20 * DAY), 0), 27);
        assert_eq!(kept(Some(20 * DAY), 22), 27);
        assert_eq!(kept(Some(20 * DAY), 23), 28, "locked since it was written");
        assert_eq!(kept(Some(EVER), 23), EVER / DAY, "no rule takes it away");
    }

    #[test]
    fn snapshots() {
        let keeps = Keeps {
            snapshots: (vec![10, 20, 30, 40], 2),
            version: None,
            lock: 0,
        };
        assert_eq!(keeps.until(5, 15), 30);
        assert_eq!(
            keeps.until(5, 20),
            40,
            "it is still in the one of this moment"
        );
        assert_eq!(keeps.until(11, 15), 15, "it came and went between two");
        assert_eq!(
            keeps.until(5, 35),
            EVER,
            "nothing is played that replaces it"
        );
    }
}
