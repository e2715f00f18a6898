//! How long locks hold on to what was written.

use jiff::civil::Date;
use thrice_model::{ClassKind, Lock};
use thrice_plan::{Copy, CopyKind, FOR_EVER, Plan};
use thrice_quantity::Seconds;

/// For how long a lock surely still holds on to all that a copy needs, whenever that is deleted or overwritten: what is
/// made anew is then no older than the copy gets, what is written once no older than anybody asks for. A file may have
/// lain there unchanged for longer than any lock.
pub(super) fn held(plan: &Plan, copy: &Copy, asked: Seconds) -> Option<Seconds> {
    let model = &plan.model;
    let lock = model.stores[copy.location.store].lock?;
    if outlasts(plan, copy, lock) {
        return Some(FOR_EVER);
    }
    let age = match (copy.kind, model.classes[copy.class].kind) {
        (CopyKind::Versions, _) | (_, ClassKind::Files) | (CopyKind::Live, ClassKind::State) => {
            None
        }
        (_, ClassKind::State) => Some(copy.staleness),
        (_, ClassKind::Items) => Some(copy.staleness.max(asked)),
    }?;
    let left = Seconds::days(lock.days).saturating_sub(age);
    Some(left).filter(|left| *left > Seconds::ZERO)
}

/// The day of the first write that a copy's versions may still need.
pub(crate) fn first_write(plan: &Plan, copy: &Copy) -> Date {
    let store = plan.model.stores[copy.location.store].lifetime.from;
    copy.lifetime.from.max(store)
}

/// Whether a lock holds on to versions until the policy ends. A snapshot is whole only with the oldest pack it needs,
/// and restic extends no lock: after the first window nothing is certain to be locked.
pub(crate) fn outlasts(plan: &Plan, copy: &Copy, lock: Lock) -> bool {
    let policy = &plan.model.policy;
    let days = |day: Date| {
        day.since(policy.start)
            .map_or(0, |span| i64::from(span.get_days()))
    };
    let unlocked = unlock(&[days(first_write(plan, copy))], lock.days);
    unlocked.is_some_and(|at| at >= days(policy.end))
}

/// The day on which the first of some packs is unlocked: from then on the version that needs them all
/// is protected no longer. `written` are the days on which they were written, `window` is the lock's.
fn unlock(written: &[i64], window: i64) -> Option<i64> {
    written.iter().min().map(|first| first + window)
}

#[cfg(test)]
mod tests {
    use super::unlock;

    #[test]
    fn a_version_is_locked_as_long_as_the_oldest_pack_it_needs() {
        assert_eq!(unlock(&[0, 44], 30), Some(30));
        assert_eq!(unlock(&[44], 30), Some(74), "a fresh full chain is its own");
    }
}
