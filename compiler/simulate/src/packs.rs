//! What lies in a repository of one class: which bytes its versions need, and which lie there besides.

use std::collections::{BTreeMap, VecDeque};

use thrice_quantity::Ratio;

use crate::content::Piece;
use crate::taken::content;
use crate::volume::{Numbers, Volume};

/// What a repository takes for its index and its trees on top of its data.
const OVERHEAD: Ratio = Ratio(30_000);

/// A repository's files, as far as they hold one class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packs {
    /// The bytes that its versions need, by their numbers.
    pub needed: Numbers,
    /// What has come and was not pruned, needed or not: no run brings it again.
    known: Numbers,
    /// The bytes of each version, by when it was taken: of how many pieces it is made, and their numbers.
    versions: BTreeMap<i64, (usize, Vec<(u128, u128)>)>,
    /// How often something had gone when it was last looked at what is needed.
    gone: Option<u64>,
    /// What the last prune left.
    pub settled: u128,
    /// What came since.
    pub fresh: u128,
    /// How often a prune has written it anew.
    pub prunes: u64,
    /// Whether a prune has looked at it, be it that it found nothing to do.
    is_pruned: bool,
    /// What prunes deleted: when, and how much.
    pub old: VecDeque<(i64, u128)>,
}

impl Packs {
    /// Brings what is not there yet, as a backup does: what no version needs any more is still in the index.
    pub(crate) fn bring(&mut self, new: &[(u128, u128)]) {
        for range in new {
            self.fresh += self.known.add(*range);
            self.needed.add(*range);
        }
    }

    /// The same files where they are carried to, in place of those of before.
    pub(crate) fn carried(&self, before: &Self) -> Self {
        Self {
            needed: self.needed.clone(),
            known: self.known.clone(),
            versions: BTreeMap::new(),
            gone: None,
            old: before.old.clone(),
            ..*self
        }
    }

    /// What its versions need.
    pub(crate) const fn content(&self) -> u128 {
        self.needed.count()
    }

    /// Whether nothing has gone since it was last looked at what is needed: then that is what was brought. It is now.
    pub(crate) fn is_as_brought(&mut self, gone: u64) -> bool {
        self.gone.replace(gone) == Some(gone)
    }

    /// Looks at what is needed anew. A version has the bytes that it had, as long as it has as many pieces.
    pub(crate) fn look_at(
        &mut self,
        volume: &Volume,
        there: &[Piece],
        kept: impl Fn(i64) -> Option<i64>,
    ) {
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for beside in there.chunk_by(|one, next| one.taken == next.taken) {
            if let Some(taken) = beside.first().and_then(|piece| piece.taken) {
                *counts.entry(taken).or_default() += beside.len();
            }
        }
        let known = &mut self.versions;
        known.retain(|taken, (count, _)| counts.get(taken) == Some(count));
        let is_new = |piece: &&Piece| piece.taken.is_some_and(|at| !known.contains_key(&at));
        let mut new: BTreeMap<i64, Vec<Piece>> = BTreeMap::new();
        for piece in there.iter().filter(is_new) {
            new.entry(piece.taken.unwrap_or_default())
                .or_default()
                .push(*piece);
        }
        for (taken, pieces) in new {
            let bytes = content(volume, pieces.iter().copied(), &kept);
            known.insert(taken, (pieces.len(), bytes));
        }
        let foreign = there.iter().filter(|piece| piece.taken.is_none());
        let mut all = content(volume, foreign.copied(), &kept);
        all.extend(known.values().flat_map(|(_, bytes)| bytes));
        self.needed = Numbers::of(all);
    }

    /// Whether more of it is needed by no version than may stay so, `used` being the least part that must be used: else a prune
    /// writes nothing anew.
    pub(crate) fn has_unused(&self, used: u128) -> bool {
        (self.settled + self.fresh) * used > self.content() * u128::from(Ratio::ONE.0)
    }

    /// What a prune writes anew before it deletes anything.
    pub(crate) fn rewritten(&self, used: u128) -> u128 {
        match self.has_unused(used) {
            true => self.content() + overhead(self.content()),
            false => 0,
        }
    }

    /// A prune is done.
    pub(crate) fn prune(&mut self, used: u128, late: bool, now: i64) {
        self.is_pruned = true;
        if !self.has_unused(used) {
            self.settled += self.fresh;
            self.fresh = 0;
            return;
        }
        self.prunes += 1;
        self.known.clone_from(&self.needed);
        let whole = self.settled + self.fresh;
        let deleted = match late {
            true => self.content().min(self.settled) + self.fresh,
            false => whole.saturating_sub(self.content()),
        };
        self.old.push_back((now, deleted));
        self.settled = match (late, used) {
            (true, 1..) => self.content() * u128::from(Ratio::ONE.0) / used,
            _ => self.content(),
        };
        self.settled = self.settled.min(whole).max(self.content());
        self.fresh = 0;
    }

    /// All of it, of what was deleted only what has been since an instant.
    pub(crate) fn taken(&mut self, kept_from: i64) -> u128 {
        while self.old.front().is_some_and(|(at, _)| *at <= kept_from) {
            self.old.pop_front();
        }
        let all = self.settled + self.fresh;
        // What came since the last prune is small beside what that rewrote.
        let indexed = if self.is_pruned { self.settled } else { all };
        let old = self.old.iter().map(|(_, amount)| amount);
        all + overhead(indexed) + old.sum::<u128>()
    }
}

fn overhead(amount: u128) -> u128 {
    amount * u128::from(OVERHEAD.0) / u128::from(Ratio::ONE.0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::content::Quality;

    const DAY: i64 = 86_400;

    /// A version of each day, with the dumps of five days.
    fn version(day: i64) -> impl Iterator<Item = Piece> {
        (day - 4..=day).map(move |of| Piece {
            taken: Some(day * DAY),
            ..Piece::state(of * DAY, Quality::Sound)
        })
    }

    /// What is brought version by version is what they need together; where one goes, no other is looked at again.
    #[test]
    fn each_version_is_looked_at_once() {
        let volume = Volume::daily(1_000);
        let looked = Cell::new(0_usize);
        let kept = |_| {
            looked.set(looked.get() + 1);
            None
        };
        let mut packs = Packs::default();
        let mut there: Vec<Piece> = Vec::new();
        for day in 10..110 {
            packs.bring(&content(&volume, version(day), |_| None));
            there.extend(version(day));
            let whole = Numbers::of(content(&volume, there.iter().copied(), |_| None));
            assert_eq!(packs.needed, whole);
            if day % 10 == 0 {
                let gone = Some((day - 5) * DAY);
                there.retain(|piece| piece.taken != gone);
                packs.look_at(&volume, &there, kept);
                let left = Numbers::of(content(&volume, there.iter().copied(), |_| None));
                assert_eq!(packs.needed, left);
                assert_eq!(packs.content(), left.count());
            }
        }
        // Five pieces each, and the nine that came since.
        assert!(looked.get() <= 100 * 5, "{}", looked.get());
        assert!(!packs.is_as_brought(0) && packs.is_as_brought(0));
        assert!(!packs.is_as_brought(1));
    }
}
