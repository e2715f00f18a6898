//! What comes over lines, the most urgent first.
//!
//! Whoever is more urgent takes all that the lines on the way carry; what that leaves on a line the others may
//! have, in the order of their urgency. It is played from event to event: something can begin, or the last byte of
//! something is there.
//!
//! Time is counted in parts of a second in which each line alone carries whole numbers of bytes, so that what follows
//! on each other over one line is there to the second. Where a line has only what others leave of it, something may
//! be there up to one such part earlier.

use std::collections::{BTreeMap, BTreeSet};

/// What is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// The second at which its first byte can come.
    pub begins: i64,
    pub bytes: u64,
    /// The lines on its way, by their place; none: it never comes.
    pub way: Vec<usize>,
    /// What must be there before it can begin, by its place, and how many seconds before.
    pub after: Vec<(usize, i64)>,
}

/// No line is counted in finer parts of a second than this.
const FINEST: u128 = 1 << 60;

/// The second by which the last byte of each transfer is there, for lines that carry so many bytes a second. Those
/// that stand first are more urgent.
pub(crate) fn carry(lines: &[u64], transfers: &[Transfer]) -> Vec<Option<i64>> {
    let parts = parts(lines);
    let mut left: Vec<u128> = transfers
        .iter()
        .map(|transfer| u128::from(transfer.bytes) * parts)
        .collect();
    let mut there: Vec<Option<u128>> = vec![None; transfers.len()];
    let mut waiting: BTreeSet<(u128, usize)> = (0..transfers.len())
        .filter_map(|place| Some((can_begin(transfers, place, &there, parts)?, place)))
        .collect();
    // Those that have begun, by their way: of one way only the first moves, for it leaves nothing to the others.
    let mut begun: BTreeMap<&[usize], BTreeSet<usize>> = BTreeMap::new();
    let mut now = 0;
    loop {
        while let Some((_, place)) = waiting.first().copied().filter(|(at, _)| *at <= now) {
            waiting.pop_first();
            if let Some(transfer) = transfers.get(place) {
                begun.entry(&transfer.way).or_default().insert(place);
            }
        }
        let firsts = begun
            .iter()
            .filter_map(|(way, of)| Some((*of.first()?, *way)));
        let moving = speeds(lines, firsts.collect());
        let done = moving.iter().filter_map(|(place, _, speed)| {
            let left = left.get(*place)?;
            Some(now.saturating_add(left / speed))
        });
        let begins = waiting.first().map(|(at, _)| *at);
        let Some(next) = begins.into_iter().chain(done).min() else {
            break;
        };
        let mut done: BTreeSet<usize> = BTreeSet::new();
        for (place, way, speed) in moving {
            let (Some(left), Some(there)) = (left.get_mut(place), there.get_mut(place)) else {
                continue;
            };
            *left -= speed * (next - now);
            if *left < speed {
                *there = Some(next);
                done.insert(place);
                begun.entry(way).or_default().remove(&place);
            }
        }
        if !done.is_empty() {
            let waits = |of: &Transfer| of.after.iter().any(|(place, _)| done.contains(place));
            let all = transfers.iter().enumerate().filter(|(_, of)| waits(of));
            let can = all.filter_map(|(place, _)| {
                let at = can_begin(transfers, place, &there, parts)?;
                Some((at, place))
            });
            waiting.extend(can);
        }
        now = next;
    }
    let second = |at: u128| i64::try_from(at.div_ceil(parts)).unwrap_or(i64::MAX);
    there.into_iter().map(|at| at.map(second)).collect()
}

/// When a transfer can begin, if all is there that must be there before.
fn can_begin(
    transfers: &[Transfer],
    place: usize,
    there: &[Option<u128>],
    parts: u128,
) -> Option<u128> {
    let second = |second: i64| u128::try_from(second).unwrap_or(0) * parts;
    let transfer = transfers.get(place)?;
    let mut at = second(transfer.begins);
    for (before, seconds) in &transfer.after {
        let there = there.get(*before).copied().flatten()?;
        at = at.max(there.saturating_add(second(*seconds)));
    }
    Some(at)
}

/// Those of some transfers that move, with how many bytes a second come of each.
fn speeds<'w>(
    lines: &[u64],
    mut transfers: Vec<(usize, &'w [usize])>,
) -> Vec<(usize, &'w [usize], u128)> {
    transfers.sort_unstable();
    let mut free = lines.to_vec();
    let mut out = Vec::new();
    for (place, way) in transfers {
        let speed = way.iter().filter_map(|line| free.get(*line)).min().copied();
        let Some(speed) = speed.filter(|speed| *speed > 0) else {
            continue;
        };
        for line in way {
            if let Some(free) = free.get_mut(*line) {
                *free -= speed;
            }
        }
        out.push((place, way, u128::from(speed)));
    }
    out
}

/// Into how many parts a second is cut: the slowest lines first, while they are not too fine.
fn parts(lines: &[u64]) -> u128 {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    let mut out: u128 = 1;
    for line in lines.into_iter().map(u128::from).filter(|line| *line > 0) {
        let both = out / common(out, line) * line;
        if both <= FINEST {
            out = both;
        }
    }
    out
}

/// The greatest number that divides both.
const fn common(mut one: u128, mut other: u128) -> u128 {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(begins: i64, bytes: u64, way: &[usize]) -> Transfer {
        Transfer {
            begins,
            bytes,
            way: way.to_vec(),
            after: Vec::new(),
        }
    }

    #[test]
    fn the_most_urgent_first() {
        // What is urgent interrupts what is not.
        let two = [transfer(10, 20, &[0]), transfer(0, 40, &[0])];
        assert_eq!(carry(&[2], &two), [Some(20), Some(30)]);
        // Seconds are rounded up once, not for each of them.
        let three = [1, 1, 1].map(|bytes| transfer(0, bytes, &[0]));
        assert_eq!(carry(&[3], &three), [Some(1), Some(1), Some(1)]);
        assert_eq!(
            carry(&[3], &[transfer(0, 4, &[0]), transfer(0, 3, &[0])]),
            [Some(2), Some(3)]
        );
        // What has no bytes waits for its turn.
        let empty = [transfer(1, 3, &[0]), transfer(1, 0, &[0])];
        assert_eq!(carry(&[1], &empty), [Some(4), Some(4)]);
        assert_eq!(carry(&[1], &empty[1..]), [Some(1)]);
        assert_eq!(carry(&[0], &two), [None, None]);
        assert_eq!(carry(&[1], &[transfer(0, 1, &[])]), [None]);
    }

    #[test]
    fn what_others_leave_of_a_line_is_used() {
        // Over a line of 10: one that another line slows to 4 leaves 6, until it is there.
        let two = [transfer(0, 40, &[0, 1]), transfer(0, 100, &[0])];
        assert_eq!(carry(&[10, 4], &two), [Some(10), Some(14)]);
        // Nothing in common.
        let apart = [transfer(0, 40, &[1]), transfer(0, 100, &[0])];
        assert_eq!(carry(&[10, 4], &apart), [Some(10), Some(10)]);
        // The one in the middle keeps both ends waiting, not the ends each other.
        let chain = [
            transfer(0, 10, &[0, 1]),
            transfer(0, 10, &[1, 2]),
            transfer(0, 10, &[2, 3]),
        ];
        assert_eq!(carry(&[1; 4], &chain), [Some(10), Some(20), Some(10)]);
    }

    #[test]
    fn what_waits_for_others_begins_when_they_are_there() {
        let waits = |begins, bytes, way: &[usize], after: &[(usize, i64)]| Transfer {
            after: after.to_vec(),
            ..transfer(begins, bytes, way)
        };
        // The second one is on another line, and begins five seconds after the first one is there.
        let two = [transfer(0, 40, &[0]), waits(10, 20, &[1], &[(0, 5)])];
        assert_eq!(carry(&[2, 1], &two), [Some(20), Some(45)]);
        let two = [transfer(0, 40, &[0]), waits(30, 20, &[1], &[(0, 5)])];
        assert_eq!(carry(&[2, 1], &two), [Some(20), Some(50)]);
        // After the last of several; and over the same line it is in nobody's way until then.
        let three = [
            waits(0, 10, &[0], &[(1, 0), (2, 2)]),
            transfer(0, 10, &[0]),
            transfer(0, 20, &[1]),
        ];
        assert_eq!(carry(&[1, 1], &three), [Some(32), Some(10), Some(20)]);
        // Of what never comes nothing comes after.
        let never = [transfer(0, 1, &[]), waits(0, 1, &[0], &[(0, 0)])];
        assert_eq!(carry(&[1], &never), [None, None]);
    }

    #[test]
    fn speeds_that_have_nothing_in_common_are_no_matter() {
        let prime = 999_999_999_989;
        let lines = [prime, prime - 28, 7, 11, u64::MAX];
        let all = [
            transfer(0, u64::MAX, &[4, 0]),
            transfer(3, u64::MAX, &[4, 1]),
            transfer(0, 7 * 5, &[4, 2]),
        ];
        let found = carry(&lines, &all);
        let alone = i64::try_from(u64::MAX.div_ceil(prime)).unwrap();
        assert_eq!((found[0], found[2]), (Some(alone), Some(5)));
        assert!(carry(&[u64::MAX], &[transfer(i64::MAX, u64::MAX, &[0])])[0].is_some());
    }
}
