//! The runs of a step in one list. They are thousands, for decades, and mostly alike: their starts are those
//! of the step's calendar, which all steps of one schedule share, and most take the same time.

use std::sync::Arc;

use super::Run;
use crate::calendar::Starts;

/// Runs in the order of their planned starts.
#[derive(Clone, Debug)]
pub struct Runs {
    /// When they are planned; before that, when those were that nothing came of.
    starts: Starts,
    /// How many nothing came of.
    vain: usize,
    taking: Column,
    ages: Column,
}

/// A number for each run.
#[derive(Clone, Debug)]
enum Column {
    Same(u32),
    Each(Arc<[u32]>),
}

impl Column {
    /// Takes no room where all are alike.
    fn of(numbers: impl ExactSizeIterator<Item = u32> + Clone) -> Self {
        let first = numbers.clone().next().unwrap_or_default();
        if numbers.clone().all(|number| number == first) {
            return Self::Same(first);
        }
        Self::Each(numbers.collect())
    }

    fn get(&self, at: usize) -> Option<u32> {
        match self {
            Self::Same(number) => Some(*number),
            Self::Each(numbers) => numbers.get(at).copied(),
        }
    }
}

impl Runs {
    /// Runs at some or all of `starts`, in order. Where nothing came of the first of these only, as before a
    /// step's source is filled, the list of starts is shared.
    pub(super) fn of(runs: &[Run], starts: &Starts) -> Self {
        let vain = starts.len().saturating_sub(runs.len());
        let planned = runs.iter().map(|run| run.start());
        let all_of_the_last = planned.clone().eq(starts.iter().skip(vain).copied());
        Self {
            starts: match all_of_the_last {
                true => Arc::clone(starts),
                false => planned.collect(),
            },
            vain: if all_of_the_last { vain } else { 0 },
            taking: Column::of(runs.iter().map(|run| run.taking)),
            ages: Column::of(runs.iter().map(|run| run.age)),
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len() - self.vain
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The run that comes after so many others.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Run> {
        Some(Run {
            start: *self.starts.get(at.checked_add(self.vain)?)?,
            taking: self.taking.get(at)?,
            age: self.ages.get(at)?,
        })
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Run> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// How many come before the first that is not so, if what is so of a run is so of all before it.
    #[must_use]
    pub fn partition_point(&self, mut is_so: impl FnMut(Run) -> bool) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            match self.get(middle).is_some_and(&mut is_so) {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }

    /// What becomes of them if each is changed, or of no use any more.
    pub(super) fn changed(&self, change: impl FnMut(Run) -> Option<Run>) -> Self {
        let runs: Vec<Run> = self.iter().filter_map(change).collect();
        Self::of(&runs, &self.starts)
    }
}

/// Runs are alike if they are run by run, however they are kept.
impl PartialEq for Runs {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Runs {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Some of the starts, each with how long its run takes and how old its data is.
    fn some() -> impl Strategy<Value = (Starts, Vec<Run>)> {
        let one = (any::<bool>(), 0..3_u32, 0..3_u32);
        let runs = |all: Vec<(bool, u32, u32)>| {
            let starts = (0..all.len()).map(|at| 100 * i64::try_from(at).unwrap());
            let runs = starts.clone().zip(&all).filter(|(_, (is, ..))| *is);
            let runs = runs.map(|(start, (_, taking, age))| Run {
                start,
                taking: *taking,
                age: *age,
            });
            (starts.collect(), runs.collect())
        };
        proptest::collection::vec(one, 0..20).prop_map(runs)
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out((starts, runs) in some(), moment in -1..2000_i64) {
            let list = Runs::of(&runs, &starts);
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), runs.clone());
            prop_assert_eq!(list.len(), runs.len());
            prop_assert_eq!(list.get(runs.len()), None);
            prop_assert_eq!(
                list.partition_point(|run| run.done() <= moment),
                runs.partition_point(|run| run.done() <= moment)
            );
            let late = |run: Run| Some(run).filter(|run| run.start() > moment);
            let changed: Vec<Run> = runs.into_iter().filter_map(late).collect();
            prop_assert_eq!(list.changed(late).iter().collect::<Vec<_>>(), changed);
        }
    }

    #[test]
    fn what_is_alike_takes_no_room() {
        let starts: Starts = (0..9).map(|day| 86_400 * day).collect();
        let run = |start: &i64| Run::new(*start, start + 60, start - 5).unwrap();
        let runs: Vec<Run> = starts.iter().skip(2).map(run).collect();
        let list = Runs::of(&runs, &starts);
        assert!(Arc::ptr_eq(&list.starts, &starts));
        assert!(matches!(list.taking, Column::Same(60)));
        assert!(matches!(list.ages, Column::Same(5)));
    }
}
