//! Faults that lengthen a restore only together.
//!
//! Who asks about any two hosts asks about every two of them. Those that matter to one class are known
//! ([`crate::faults::sets`]). But a restore takes longer as well if what another fault takes comes over its line at the
//! same time, though that fault does nothing to it itself. Not every two are asked about, which would be very many: of each
//! restore only the faults that keep it waiting for longest. Where what several faults take comes from where it comes
//! after each of them alone, their restores are just those of both, and who keeps whom waiting for how long is told
//! from that. Where one fault takes what is restored from after another one, both are asked about.
//!
//! Of three and more the worst is looked for one by one: the second that keeps it waiting for longest, then the third.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::ClassId;
use thrice_plan::CopyId;

use super::super::lateness::last_day;
use super::jobs::{From, Restore, Scope};
use super::shared::{Shared, shared};
use crate::fault::{Fault, FaultSet};
use crate::faults::strike;

/// Faults, and what comes back after them.
struct Block {
    faults: FaultSet,
    /// With as much as there is on each of the days.
    restores: Vec<Vec<Restore>>,
}

impl Block {
    /// What comes back on one of the days, by its place.
    fn on(&self, day: usize) -> &[Restore] {
        self.restores.get(day).map_or(&[], Vec::as_slice)
    }

    /// What it is, and from where it comes, on whichever day.
    fn any(&self) -> &[Restore] {
        self.on(0)
    }
}

/// The faults that may strike together, up to so many.
pub(super) struct Together<'s, 'c, 'p> {
    scope: &'s Scope<'c, 'p>,
    most: usize,
    /// On which days it is asked how much there is, if not on the last one of the period, late as it may be.
    days: Vec<Option<Date>>,
    /// What may come together: each fault alone, and those sets of which each does more to something than another one.
    blocks: BTreeMap<FaultSet, Block>,
    /// Sets of so many as may strike at once.
    full: BTreeSet<FaultSet>,
}

impl<'s, 'c, 'p> Together<'s, 'c, 'p> {
    /// Those among single faults, up to so many at once; some sets of several are known to matter.
    pub(super) fn of(
        scope: &'s Scope<'c, 'p>,
        (most, singles): (usize, &[Fault]),
        known: Vec<FaultSet>,
    ) -> Self {
        let on_time = scope.from == From::All && scope.period.slip_days > 0;
        let on_time = on_time.then(|| Some(last_day(scope.period, 0)));
        let mut out = Self {
            scope,
            most,
            days: [None].into_iter().chain(on_time).collect(),
            blocks: BTreeMap::new(),
            full: BTreeSet::new(),
        };
        for faults in singles.iter().map(|fault| vec![*fault]).chain(known) {
            out.add(faults);
        }
        let takers = out.takers(singles);
        let alone: Vec<FaultSet> = singles.iter().map(|fault| vec![*fault]).collect();
        for faults in alone {
            for taker in out.taking(&faults, &takers) {
                out.add(with(&faults, &[taker]));
            }
        }
        out
    }

    fn add(&mut self, faults: FaultSet) {
        if faults.len() >= self.most {
            self.full.insert(faults);
        } else if !self.blocks.contains_key(&faults) {
            let block = self.block(faults.clone());
            self.blocks.insert(faults, block);
        }
    }

    fn block(&self, faults: FaultSet) -> Block {
        let struck = strike(self.scope.context, &faults, self.scope.period.from);
        let restores = self.scope.restores(&struck, false);
        let on = |day: &Option<Date>| match day {
            None => restores.clone(),
            Some(day) => {
                let restores = restores.iter();
                let then = restores.map(|restore| restore.on(self.scope.context, *day));
                then.collect()
            }
        };
        Block {
            restores: self.days.iter().map(on).collect(),
            faults,
        }
    }

    /// For each copy that something is restored from, the faults that take it.
    fn takers(&self, singles: &[Fault]) -> BTreeMap<CopyId, Vec<Fault>> {
        let restores = self.blocks.values().flat_map(Block::any);
        let used: BTreeSet<(ClassId, CopyId)> = restores.map(|r| (r.class, r.copy)).collect();
        let mut out: BTreeMap<CopyId, Vec<Fault>> = BTreeMap::new();
        let (context, period) = (self.scope.context, self.scope.period);
        for fault in singles {
            let struck = strike(context, &vec![*fault], period.from);
            for of_class in used.iter().collect::<Vec<_>>().chunk_by(|a, b| a.0 == b.0) {
                let Some((class, _)) = of_class.first() else {
                    continue;
                };
                let useless = struck.useless(context, &context.copies_there(*class, period));
                for (_, copy) in of_class.iter().filter(|(_, copy)| useless.contains(*copy)) {
                    out.entry(*copy).or_default().push(*fault);
                }
            }
        }
        out
    }

    /// The faults that take what is restored from after others.
    fn taking(&self, faults: &FaultSet, takers: &BTreeMap<CopyId, Vec<Fault>>) -> BTreeSet<Fault> {
        let restores = self.blocks.get(faults).into_iter();
        let restores = restores.flat_map(Block::any);
        let takers = restores.filter_map(|restore| takers.get(&restore.copy));
        takers.flatten().copied().collect()
    }

    /// The sets that may lengthen a restore of one of these classes. With `every` also those that do not, but would if what
    /// else they take were larger.
    pub(super) fn sets(&self, of: &BTreeSet<ClassId>, every: bool) -> BTreeSet<FaultSet> {
        let mut out = self.full.clone();
        let several = self.blocks.keys().filter(|faults| faults.len() > 1);
        out.extend(several.cloned());
        let blocks = self.unlike();
        for block in &blocks {
            for which in (0..self.days.len()).flat_map(|day| waiting(block, day, of)) {
                self.lengthen((block, which), &blocks, every, &mut out);
            }
        }
        out
    }

    /// Of as many faults after which the same comes back from the same places the first: a host, and the site that it is
    /// alone at. Those after which nothing comes back keep nobody waiting.
    fn unlike(&self) -> Vec<&Block> {
        let mut seen = BTreeSet::new();
        let blocks = self.blocks.values().filter(|block| {
            let restores = block.any().iter();
            let from: Vec<_> = restores.map(|r| (r.class, r.copy)).collect();
            !from.is_empty() && seen.insert((block.faults.len(), from))
        });
        blocks.collect()
    }

    /// Adds what keeps one of the restores after some faults waiting for longest.
    fn lengthen<'b>(
        &self,
        (block, own): (&Block, Own),
        blocks: &[&'b Block],
        every: bool,
        out: &mut BTreeSet<FaultSet>,
    ) {
        let room = self.most.saturating_sub(block.faults.len());
        let mut worst: BTreeMap<usize, (i64, &'b Block)> = BTreeMap::new();
        let alone = after(&[block], own).map_or(i64::MIN, |(time, _)| time);
        let others = blocks.iter().copied().filter(|other| {
            other.faults.len() <= room && other.faults.iter().all(|f| !block.faults.contains(f))
        });
        for other in others {
            let Some((time, true)) = after(&[block, other], own) else {
                continue;
            };
            if every {
                out.insert(with(&block.faults, &other.faults));
            }
            let worst = worst.entry(other.faults.len()).or_insert((alone, other));
            if time > worst.0 {
                *worst = (time, other);
            }
        }
        for (_, other) in worst.into_values().filter(|(time, _)| *time > alone) {
            let faults = with(&block.faults, &other.faults);
            let full = faults.len() >= self.most;
            if out.insert(faults.clone()) && !full {
                self.lengthen((&self.block(faults), own), blocks, false, out);
            }
        }
    }
}

/// A restore, by its class, and by its place one of the days.
#[derive(Clone, Copy)]
struct Own {
    class: ClassId,
    day: usize,
}

/// The restores after some faults that may have to wait: of those that begin at once and are as urgent, over the same
/// lines, one stands for all.
fn waiting(block: &Block, day: usize, of: &BTreeSet<ClassId>) -> Vec<Own> {
    let mut out = Vec::new();
    for shared in shared(block.on(day).to_vec()) {
        let mut seen = BTreeSet::new();
        for (restore, job) in shared.restores.iter().zip(&shared.jobs) {
            if of.contains(&restore.class) && seen.insert((job.arrival, job.deadline)) {
                let class = restore.class;
                out.push(Own { class, day });
            }
        }
    }
    out
}

/// When a restore is done if all these faults strike and what is lost comes from where it comes after each of
/// them alone, and whether more comes over its lines than after the first of them.
fn after(blocks: &[&Block], own: Own) -> Option<(i64, bool)> {
    let first = blocks.first()?;
    let mut seen: BTreeSet<ClassId> = BTreeSet::new();
    let all = blocks.iter().flat_map(|block| block.on(own.day));
    let all = all.filter(|restore| seen.insert(restore.class));
    let place = |shared: &Shared| shared.restores.iter().position(|r| r.class == own.class);
    let mut groups = shared(all.cloned().collect()).into_iter();
    let (which, group) = groups.find_map(|group| Some((place(&group)?, group)))?;
    let is_first = |class: ClassId| first.any().iter().any(|r| r.class == class);
    let more = group.restores.iter().any(|r| !is_first(r.class));
    let done = group.done(which);
    Some((done.map_or(i64::MAX, |done| done.0), more))
}

/// Faults with others, in order.
fn with(faults: &[Fault], others: &[Fault]) -> FaultSet {
    let all: BTreeSet<Fault> = faults.iter().chain(others).copied().collect();
    all.into_iter().collect()
}
