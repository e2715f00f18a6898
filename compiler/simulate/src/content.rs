//! What lies in a place: pieces of a class's data, and what of it is gone but still kept.

use std::collections::BTreeSet;

/// How good a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quality {
    /// As it was.
    Sound,
    /// Read while somebody was writing it.
    Torn,
    /// Damaged where it was read, or here.
    Damaged,
    /// Items or dumps that have decayed here: they keep their sizes and times.
    Rotten,
    /// Something else, which somebody hostile has put under all names that there are or ever were.
    Overwritten,
}

impl Quality {
    /// Whether something is wrong with what was written whole.
    pub(crate) fn is_bad(self) -> bool {
        self >= Self::Damaged
    }
}

/// Data of a class. Instants are seconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    /// Of files and items: created after this instant …
    pub from: i64,
    /// … up to this one. Of a state, both are the instant whose state it is.
    pub to: i64,
    /// When it came here.
    pub entered: i64,
    /// In a repository, when the snapshot was taken that it belongs to.
    pub taken: Option<i64>,
    /// How good it is.
    pub quality: Quality,
}

impl Piece {
    /// A state as it was at an instant.
    pub(crate) const fn state(at: i64, quality: Quality) -> Self {
        Self {
            from: at,
            to: at,
            entered: at,
            taken: None,
            quality,
        }
    }

    pub(crate) const fn is_state(&self) -> bool {
        self.from == self.to
    }

    /// The same in another condition.
    pub(crate) const fn now(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }
}

/// Something deleted or overwritten that the store still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    pub piece: Piece,
    /// When it was deleted.
    pub removed: i64,
    /// When the store gives it up; `None`: when somebody deletes it there.
    pub until: Option<i64>,
    /// Whether a sync has put it beside its destination, where it lies like anything else.
    pub aside: bool,
}

/// What a store does with what is deleted in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keeping {
    /// Old versions of objects stay.
    pub versioned: bool,
    /// Nothing can be deleted so long after it was written, in seconds.
    pub lock: Option<i64>,
    /// Whether an administrator can lift the lock.
    pub bypassable: bool,
    /// Instants of its own snapshots, in order, and how many are kept.
    pub snapshots: (Vec<i64>, usize),
}

impl Keeping {
    /// Which of its own snapshots is the last one, and when it was taken.
    pub(crate) fn last_snapshot(&self, now: i64) -> Option<(usize, i64)> {
        let (instants, _) = &self.snapshots;
        let last = instants.partition_point(|at| *at < now).checked_sub(1)?;
        instants.get(last).map(|at| (last, *at))
    }

    /// Until when something stays that is deleted now: `Some(None)` for ever, `None` not at all.
    /// `oldest` is when the oldest object was written that it needs; an administrator also deletes what
    /// versioning and snapshots keep.
    fn until(
        &self,
        piece: &Piece,
        oldest: i64,
        now: i64,
        administrator: bool,
    ) -> Option<Option<i64>> {
        if self.versioned && !administrator {
            return Some(None);
        }
        let locked = self
            .lock
            .filter(|_| !(administrator && self.bypassable))
            .map(|window| oldest.saturating_add(window))
            .filter(|until| *until > now);
        let (instants, keep) = &self.snapshots;
        let shot = self
            .last_snapshot(now)
            .filter(|(_, at)| *at >= piece.entered && !administrator);
        match (shot, locked) {
            (Some((last, _)), _) => match instants.get(last.saturating_add(*keep)) {
                Some(gone) => Some(Some((*gone).max(locked.unwrap_or(i64::MIN)))),
                None => Some(None),
            },
            (None, Some(until)) => Some(Some(until)),
            (None, None) => None,
        }
    }
}

/// When the oldest object was written that a piece needs: for a version that of the repository's `first`.
const fn written(first: i64, piece: &Piece) -> i64 {
    match piece.taken {
        Some(_) => first,
        None => piece.entered,
    }
}

/// What lies in a copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// What is there, oldest first.
    pub pieces: Vec<Piece>,
    /// What is deleted and still kept.
    pub past: Vec<Past>,
    /// When the first object was ever written here.
    pub first: Option<i64>,
    /// Whether it matters when each piece came: else neighbours are joined.
    pub by_entry: bool,
    /// How often pieces have gone.
    pub gone: u64,
    /// When the newest version was taken that ever came.
    pub newest: Option<i64>,
}

impl Held {
    /// Adds what is not there yet. Damaged data takes the place of what it is the damaged form of.
    pub(crate) fn add(&mut self, new: Piece, keeping: &Keeping, now: i64) {
        self.first.get_or_insert(now);
        self.newest = self.newest.max(new.taken);
        if new.is_state() || new.taken.is_some() {
            if !self.pieces.iter().any(|p| same(p, &new)) {
                self.pieces.push(new);
            }
            return;
        }
        if new.quality != Quality::Sound {
            self.remove(keeping, now, false, |p| {
                p.quality == Quality::Sound && p.from < new.to && new.from < p.to
            });
        }
        let mut from = new.from;
        let mut gaps = Vec::new();
        let mut there: Vec<(i64, i64)> = self.pieces.iter().map(|p| (p.from, p.to)).collect();
        there.sort_unstable();
        for (start, end) in there {
            if start > from {
                gaps.push((from, start.min(new.to)));
            }
            from = from.max(end);
            if from >= new.to {
                break;
            }
        }
        gaps.push((from, new.to));
        for (from, to) in gaps.into_iter().filter(|(from, to)| from < to) {
            self.pieces.push(Piece { from, to, ..new });
        }
        self.join();
    }

    /// Adds all of these that are not there yet. A version of many dumps is compared with pieces of its own alone.
    pub(crate) fn add_all(
        &mut self,
        new: impl IntoIterator<Item = Piece>,
        keeping: &Keeping,
        now: i64,
    ) {
        let mut whole = Vec::new();
        for piece in new {
            if piece.is_state() || piece.taken.is_some() {
                whole.push(piece);
            } else {
                self.add(piece, keeping, now);
            }
        }
        if whole.is_empty() {
            return;
        }
        self.first.get_or_insert(now);
        let mut versions: Vec<Option<i64>> = whole.iter().map(|piece| piece.taken).collect();
        versions.sort_unstable();
        versions.dedup();
        // There may be tens of thousands of pieces: those of a version that is newer than all need not be looked for.
        let is_newer = versions.first().is_some_and(|first| *first > self.newest);
        self.newest = self.newest.max(versions.last().copied().flatten());
        let there = match is_newer {
            true => &[][..],
            false => &self.pieces,
        };
        let there = there
            .iter()
            .filter(|piece| versions.binary_search(&piece.taken).is_ok());
        let mut there: BTreeSet<Form> = there.map(form).collect();
        let is_new = |piece: &Piece| there.insert(form(piece));
        self.pieces.extend(whole.into_iter().filter(is_new));
    }

    fn join(&mut self) {
        // All but a few are in order: that is what a stable sort makes use of.
        self.pieces.sort();
        if self.by_entry {
            return;
        }
        self.pieces.dedup_by(|next, before| {
            let joins = before.to == next.from
                && !next.is_state()
                && !before.is_state()
                && before.quality == next.quality
                && before.taken == next.taken;
            if joins {
                before.to = next.to;
            }
            joins
        });
    }

    /// Removes what `goes`; the store may keep it as past.
    pub(crate) fn remove(
        &mut self,
        keeping: &Keeping,
        now: i64,
        administrator: bool,
        mut goes: impl FnMut(&Piece) -> bool,
    ) -> bool {
        let before = self.pieces.len();
        let first = self.first;
        let past = &mut self.past;
        self.pieces.retain(|piece| {
            if !goes(piece) {
                return true;
            }
            let written = written(first.unwrap_or(now), piece);
            if let Some(until) = keeping.until(piece, written, now, administrator) {
                past.push(Past {
                    piece: *piece,
                    removed: now,
                    until,
                    aside: false,
                });
            }
            false
        });
        let went = before != self.pieces.len();
        self.gone += u64::from(went);
        went
    }

    /// Puts what `goes` aside. The store may keep it where it was as well.
    pub(crate) fn put_aside(
        &mut self,
        keeping: &Keeping,
        now: i64,
        mut goes: impl FnMut(&Piece) -> bool,
    ) {
        let gone: Vec<Piece> = self.pieces.iter().copied().filter(|p| goes(p)).collect();
        self.remove(keeping, now, false, goes);
        self.past.extend(gone.into_iter().map(|piece| Past {
            piece,
            removed: now,
            until: None,
            aside: true,
        }));
    }

    /// Removes all created up to an instant.
    pub(crate) fn remove_older(&mut self, created_by: i64, keeping: &Keeping, now: i64) -> bool {
        self.cut(created_by);
        self.remove(keeping, now, false, |piece| piece.to <= created_by)
    }

    /// Parts pieces at an instant of creation.
    pub(crate) fn cut(&mut self, at: i64) {
        self.cut_each(&[at]);
    }

    /// Parts pieces at instants of creation, in order.
    pub(crate) fn cut_each(&mut self, instants: &[i64]) {
        let within = |piece: &Piece| {
            let first = instants.partition_point(|at| *at <= piece.from);
            let end = instants.partition_point(|at| *at < piece.to);
            instants.get(first..end).unwrap_or_default()
        };
        // Of a state, both ends are one instant.
        if self.pieces.iter().all(|piece| within(piece).is_empty()) {
            return;
        }
        let pieces = std::mem::take(&mut self.pieces);
        for mut piece in pieces {
            for at in within(&piece) {
                self.pieces.push(Piece { to: *at, ..piece });
                piece.from = *at;
            }
            self.pieces.push(piece);
        }
    }

    /// A rule for old versions takes those that were deleted by `limit`, but for what a lock still holds: that counts from when
    /// it was written.
    pub(crate) fn clear_past(&mut self, limit: i64, lock: Option<i64>, now: i64) {
        let first = self.first.unwrap_or(now);
        self.past.retain(|past| {
            let is_locked = |lock| written(first, &past.piece).saturating_add(lock) > now;
            past.removed > limit || lock.is_some_and(is_locked)
        });
    }

    /// Everything is gone, past included.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.past.clear();
        self.gone += 1;
    }

    /// Gives up what the store does not keep any longer.
    pub(crate) fn forget_past(&mut self, now: i64) {
        self.past
            .retain(|past| past.until.is_none_or(|until| until > now));
    }

    /// All that could be read here at an instant, with what is only kept as past.
    pub(crate) fn readable(&self, now: i64) -> impl Iterator<Item = &Piece> {
        let kept = self
            .past
            .iter()
            .filter(move |past| past.until.is_none_or(|until| until > now));
        self.pieces.iter().chain(kept.map(|past| &past.piece))
    }
}

/// What a piece is of, and in which form.
pub(crate) type Form = (i64, i64, Option<i64>, Quality);

pub(crate) const fn form(piece: &Piece) -> Form {
    (piece.from, piece.to, piece.taken, piece.quality)
}

/// Whether two pieces are the same data in the same form.
pub(crate) fn same(a: &Piece, b: &Piece) -> bool {
    form(a) == form(b)
}

/// Ranges put together, ascending and apart.
pub(crate) fn union<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut out: Vec<(T, T)> = Vec::new();
    for (from, to) in ranges.into_iter().filter(|(from, to)| from < to) {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// What of `whole` is not in `parts`; both ascending and apart.
pub(crate) fn minus(whole: &[(i64, i64)], parts: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut out = Vec::new();
    for (start, end) in whole {
        let mut from = *start;
        for (a, b) in parts.iter().filter(|(a, b)| *a < *end && *start < *b) {
            if *a > from {
                out.push((from, *a));
            }
            from = from.max(*b);
        }
        if from < *end {
            out.push((from, *end));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn items(from: i64, to: i64, entered: i64) -> Piece {
        Piece {
            from,
            to,
            entered,
            taken: None,
            quality: Quality::Sound,
        }
    }

    #[test]
    fn items_that_are_there_are_not_added_again() {
        let mut held = Held {
            by_entry: true,
            ..Held::default()
        };
        held.add(items(0, 10, 1), &Keeping::default(), 1);
        held.add(items(0, 20, 2), &Keeping::default(), 2);
        assert_eq!(held.pieces, [items(0, 10, 1), items(10, 20, 2)]);
    }

    #[test]
    fn a_store_without_history_keeps_nothing_that_is_deleted() {
        let mut held = Held::default();
        held.add(items(0, 10, 1), &Keeping::default(), 1);
        assert!(held.remove_older(4, &Keeping::default(), 5));
        assert_eq!(held.pieces, [items(4, 10, 1)]);
        assert!(held.past.is_empty());
    }

    #[test]
    fn own_snapshots_keep_what_was_there_when_one_was_taken() {
        let keeping = Keeping {
            snapshots: (vec![10 * HOUR, 20 * HOUR, 30 * HOUR], 2),
            ..Keeping::default()
        };
        let until = |entered, now| keeping.until(&items(0, 1, entered), entered, now, false);
        assert_eq!(until(5 * HOUR, 15 * HOUR), Some(Some(30 * HOUR)));
        assert_eq!(
            until(11 * HOUR, 15 * HOUR),
            None,
            "it came and went between two snapshots"
        );
        let early = items(0, 1, 5 * HOUR);
        assert_eq!(
            keeping.until(&early, 5 * HOUR, 15 * HOUR, true),
            None,
            "root deletes snapshots too"
        );
    }

    #[test]
    fn a_lock_holds_as_long_as_the_oldest_object_that_a_version_needs() {
        let keeping = Keeping {
            lock: Some(30),
            ..Keeping::default()
        };
        let mut held = Held::default();
        for taken in [0, 44] {
            let piece = Piece {
                entered: taken,
                taken: Some(taken),
                ..Piece::state(taken, Quality::Sound)
            };
            held.add(piece, &keeping, taken);
        }
        let mut at_29 = held.clone();
        at_29.remove(&keeping, 29, false, |_| true);
        assert_eq!(at_29.past.len(), 2);
        held.remove(&keeping, 45, false, |_| true);
        assert!(
            held.past.is_empty(),
            "packs of day 0 are free from day 30 on"
        );
    }

    #[test]
    fn a_rule_for_old_versions_waits_for_the_lock() {
        let past = |entered: i64| {
            let piece = Piece {
                entered,
                ..items(entered, entered + 1, entered)
            };
            Past {
                piece,
                removed: 50,
                until: None,
                aside: false,
            }
        };
        let left = |lock: Option<i64>, now: i64| {
            let mut held = Held {
                past: vec![past(10), past(40)],
                ..Held::default()
            };
            held.clear_past(now - 2, lock, now);
            let left = held.past.iter().map(|past| past.piece.entered);
            left.collect::<Vec<_>>()
        };
        assert_eq!(left(Some(30), 51), [10, 40]);
        assert_eq!(left(Some(30), 52), [40], "its lock was over at 40");
        assert_eq!(left(Some(30), 70), [0; 0]);
        assert_eq!(left(None, 52), [0; 0]);
    }

    #[test]
    fn pieces_are_parted_at_each_instant_within() {
        let mut held = Held {
            pieces: vec![items(0, 10, 1), Piece::state(5, Quality::Sound)],
            ..Held::default()
        };
        held.cut_each(&[0, 3, 5, 10, 12]);
        let parts = [items(0, 3, 1), items(3, 5, 1), items(5, 10, 1)];
        assert_eq!(
            held.pieces.split_last(),
            Some((&Piece::state(5, Quality::Sound), &parts[..]))
        );
    }

    #[test]
    fn ranges() {
        assert_eq!(union(vec![(5, 7), (0, 3), (3, 4)]), [(0, 4), (5, 7)]);
        assert_eq!(minus(&[(0, 10)], &[(2, 3), (5, 20)]), [(0, 2), (3, 5)]);
    }
}
