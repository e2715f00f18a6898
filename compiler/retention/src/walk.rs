//! A walk through a history from one forget to the next, by what each of them changes.

use thrice_quantity::Seconds;

use crate::history::History;

/// No run.
const NONE: u32 = u32::MAX;
/// Stands behind a run that is not there.
const GONE: u32 = u32::MAX - 1;

/// Two neighbouring versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub older: u32,
    pub younger: u32,
}

/// What is left after one forget after the other. Neighbours that stay neighbours are as far apart as they
/// were, so all that is asked about distances follows from those that are new, and those that are none any
/// more.
pub(crate) struct Walk<'h> {
    history: &'h History,
    /// The forget at which all neighbours are new.
    first: usize,
    next: usize,
    chain: Chain,
    /// Neighbours that were none after the forget before.
    pub fresh: Vec<Pair>,
    /// Those that are none any more.
    pub parted: Vec<Pair>,
}

/// The runs that are there, each with its neighbours.
struct Chain {
    younger: Vec<u32>,
    older: Vec<u32>,
    oldest: u32,
    youngest: u32,
    /// Runs that have come.
    come: u32,
    length: usize,
    /// The runs whose next younger one may be another one than before the change, and which that was.
    touched: Vec<(u32, u32)>,
}

impl<'h> Walk<'h> {
    /// Starts before the forget with this index: there all neighbours are new.
    pub(crate) fn new(history: &'h History, first: usize) -> Self {
        let mut walk = Self {
            history,
            first,
            next: 0,
            chain: Chain::of(history.runs()),
            fresh: Vec::new(),
            parted: Vec::new(),
        };
        while walk.next < first && walk.step().is_some() {}
        walk
    }

    /// Goes on to the next forget, and says which one that is.
    pub(crate) fn step(&mut self) -> Option<usize> {
        let index = self.next;
        let (come, dropped) = self.history.change(index)?;
        self.fresh.clear();
        self.parted.clear();
        self.chain.change(come, dropped);
        for (run, before) in &self.chain.touched {
            let (older, after) = (*run, self.chain.younger_of(*run));
            let pair = |younger| (younger < GONE).then_some(Pair { older, younger });
            if after != *before {
                self.parted.extend(pair(*before));
                self.fresh.extend(pair(after));
            }
        }
        if index == self.first {
            self.parted.clear();
            self.fresh.clear();
            let all = self.chain.youngest_first();
            let pairs = all.map(|younger| (self.chain.older_of(younger), younger));
            let pairs = pairs.filter(|(older, _)| *older != NONE);
            self.fresh
                .extend(pairs.map(|(older, younger)| Pair { older, younger }));
        }
        self.next += 1;
        Some(index)
    }

    /// How many versions there are.
    pub(crate) fn count(&self) -> usize {
        self.chain.length
    }

    /// The oldest version.
    pub(crate) fn oldest(&self) -> Option<u32> {
        Some(self.chain.oldest).filter(|run| *run < GONE)
    }

    /// The newest version.
    pub(crate) fn newest(&self) -> Option<u32> {
        Some(self.chain.youngest).filter(|run| *run < GONE)
    }

    /// The ages of all versions, youngest first.
    pub(crate) fn ages(&self) -> Vec<Seconds> {
        let all = self.chain.youngest_first();
        all.map(|run| self.age(run)).collect()
    }

    /// How old a version is at the forget.
    pub(crate) fn age(&self, run: u32) -> Seconds {
        let now = self.history.forget_at(self.next.saturating_sub(1));
        Seconds(now.unwrap_or_default().as_second() - self.second(run))
    }

    /// How far apart neighbours are.
    pub(crate) fn gap(&self, pair: Pair) -> Seconds {
        Seconds(self.second(pair.younger) - self.second(pair.older))
    }

    fn second(&self, run: u32) -> i64 {
        self.history.run_at(run).unwrap_or_default().as_second()
    }
}

impl Chain {
    fn of(runs: usize) -> Self {
        Self {
            younger: vec![GONE; runs],
            older: vec![NONE; runs],
            oldest: NONE,
            youngest: NONE,
            come: 0,
            length: 0,
            touched: Vec::new(),
        }
    }

    /// More runs, up to `come`, and then some that go, oldest first.
    fn change(&mut self, come: u32, dropped: &[u32]) {
        self.touched.clear();
        let last = self.youngest;
        if last != NONE {
            self.touched.push((last, NONE));
        }
        for run in self.come..come {
            self.link(self.youngest, run);
            self.link(run, NONE);
            self.length += 1;
            self.touched.push((run, NONE));
        }
        self.come = self.come.max(come);
        // What was last had none younger, nor had what has come since: that is known.
        let is_known = |run: u32| last == NONE || run >= last;
        // Older ones go before younger ones, so what is younger than the next one to go is as it was.
        let mut behind_hole = NONE;
        for run in dropped.iter().copied() {
            let (older, younger) = (self.older_of(run), self.younger_of(run));
            if younger == GONE {
                continue;
            }
            if older != NONE && older != behind_hole && !is_known(older) {
                self.touched.push((older, run));
                behind_hole = older;
            }
            if !is_known(run) {
                self.touched.push((run, younger));
            }
            self.link(older, younger);
            if let Some(younger) = self.younger.get_mut(run as usize) {
                *younger = GONE;
            }
            self.length -= 1;
        }
    }

    fn link(&mut self, older: u32, younger: u32) {
        match self.younger.get_mut(older as usize) {
            Some(place) => *place = younger,
            None => self.oldest = younger,
        }
        match self.older.get_mut(younger as usize) {
            Some(place) => *place = older,
            None => self.youngest = older,
        }
    }

    fn younger_of(&self, run: u32) -> u32 {
        self.younger.get(run as usize).copied().unwrap_or(GONE)
    }

    fn older_of(&self, run: u32) -> u32 {
        self.older.get(run as usize).copied().unwrap_or(NONE)
    }

    fn youngest_first(&self) -> impl Iterator<Item = u32> {
        let there = |run: u32| Some(run).filter(|run| *run != NONE);
        std::iter::successors(there(self.youngest), move |run| there(self.older_of(*run)))
    }
}
