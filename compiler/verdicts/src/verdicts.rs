//! Verdicts as runs: of many subjects in one period, or of one subject in periods that follow each other.

use std::fmt::{self, Debug, Formatter};
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use ecow::EcoString;
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::number;

/// What verdicts are about, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Classes, stores, the policy.
    pub subjects: Vec<EcoString>,
    /// Periods, in the order of time.
    pub periods: Vec<EcoString>,
}

impl Names {
    /// The name of a subject; empty for a number that nobody gave out.
    #[must_use]
    pub fn subject(&self, number: u32) -> &str {
        self.subjects
            .get(number as usize)
            .map_or("", EcoString::as_str)
    }

    /// The name of a period; empty for a number that nobody gave out.
    #[must_use]
    pub fn period(&self, number: u32) -> &str {
        self.periods
            .get(number as usize)
            .map_or("", EcoString::as_str)
    }
}

/// Verdicts in the order in which they were pushed. `S` is what is said of a subject in a period: the
/// obligation, whether it holds, by what, with which values.
#[derive(Clone)]
pub struct Verdicts<S> {
    names: Arc<Names>,
    /// What is said, each once.
    said: IndexSet<S, FxBuildHasher>,
    /// The subjects of all runs, one run after the other.
    subjects: Vec<u32>,
    stretches: Vec<Stretch>,
}

/// Neighbours that say the same. One of the two is a single one: the subject, or the period.
#[derive(Clone, Copy)]
struct Stretch {
    /// The place of what is said.
    said: u32,
    /// The place of the first subject, and how many there are.
    first: u32,
    subjects: u32,
    /// The first period, and how many there are.
    period: u32,
    periods: u32,
}

/// Verdicts that follow each other and say the same of many subjects in one period, or of one subject in many
/// periods.
#[derive(Debug)]
pub struct Run<'v, S> {
    /// What is said.
    pub said: &'v S,
    /// Its number: the same for all runs that say the same.
    pub number: u32,
    /// Of what, by number.
    pub subjects: &'v [u32],
    /// In which periods, by number.
    pub periods: Range<u32>,
    names: &'v Names,
}

/// One verdict.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict<'v, S> {
    /// What it is about.
    pub subject: &'v str,
    /// In which period.
    pub period: &'v str,
    /// What is said.
    pub said: &'v S,
}

impl<'v, S> Run<'v, S> {
    /// How many verdicts it stands for.
    #[must_use]
    pub fn count(&self) -> usize {
        self.subjects.len() * self.periods.len()
    }

    /// One verdict after the other.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict<'v, S>> + use<'v, S> {
        let Self { said, names, .. } = *self;
        let periods = self.periods.clone();
        self.subjects.iter().flat_map(move |subject| {
            periods.clone().map(move |period| Verdict {
                subject: names.subject(*subject),
                period: names.period(period),
                said,
            })
        })
    }
}

impl<S> Default for Verdicts<S> {
    fn default() -> Self {
        Self::about(Arc::default())
    }
}

impl<S> Verdicts<S> {
    /// None yet, about things and periods of these names.
    #[must_use]
    pub fn about(names: Arc<Names>) -> Self {
        Self {
            names,
            said: IndexSet::default(),
            subjects: Vec::new(),
            stretches: Vec::new(),
        }
    }

    /// What they are about.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Whether nothing was decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// How many there are of which this holds.
    pub fn count(&self, which: impl Fn(&S) -> bool) -> usize {
        let runs = self.runs().filter(|run| which(run.said));
        runs.map(|run| run.count()).sum()
    }

    /// Whether there is one of which this holds.
    pub fn any(&self, which: impl Fn(&S) -> bool) -> bool {
        self.runs().any(|run| which(run.said))
    }

    /// Verdicts that say the same together, as far as they are neighbours.
    pub fn runs(&self) -> impl Iterator<Item = Run<'_, S>> {
        self.stretches.iter().filter_map(|stretch| {
            let subjects = (stretch.first as usize)..;
            Some(Run {
                said: self.said.get_index(stretch.said as usize)?,
                number: stretch.said,
                subjects: self
                    .subjects
                    .get(subjects)?
                    .get(..stretch.subjects as usize)?,
                periods: stretch.period..stretch.period.saturating_add(stretch.periods),
                names: &self.names,
            })
        })
    }

    /// One verdict after the other.
    pub fn iter(&self) -> impl Iterator<Item = Verdict<'_, S>> {
        self.runs().flat_map(|run| run.verdicts())
    }
}

impl<S: Eq + Hash> Verdicts<S> {
    /// Says the same of some subjects, one after the other, in a period.
    pub fn push(&mut self, subjects: impl IntoIterator<Item = u32>, period: u32, said: S) {
        let said = self.word(said);
        for subject in subjects {
            self.push_one(subject, period, said);
        }
    }

    /// Takes something that is to be said: its number, for [`Self::push_one`].
    pub fn word(&mut self, said: S) -> u32 {
        number(self.said.insert_full(said).0)
    }

    /// Says of a subject in a period what has this number.
    pub fn push_one(&mut self, subject: u32, period: u32, said: u32) {
        if let Some(last) = self.stretches.last_mut().filter(|last| last.said == said) {
            let follows = last.period.saturating_add(last.periods) == period;
            if follows && last.subjects == 1 && self.subjects.last() == Some(&subject) {
                last.periods += 1;
                return;
            }
            if last.periods == 1 && last.period == period {
                last.subjects += 1;
                self.subjects.push(subject);
                return;
            }
        }
        self.stretches.push(Stretch {
            said,
            first: number(self.subjects.len()),
            subjects: 1,
            period,
            periods: 1,
        });
        self.subjects.push(subject);
    }

    /// Adds verdicts about things of the same names.
    pub fn append(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        let said = other.said.into_iter();
        let said: Vec<u32> = said.map(|s| number(self.said.insert_full(s).0)).collect();
        let before = number(self.subjects.len());
        self.subjects.extend(other.subjects);
        self.stretches
            .extend(other.stretches.into_iter().map(|stretch| Stretch {
                said: said.get(stretch.said as usize).copied().unwrap_or(u32::MAX),
                first: before.saturating_add(stretch.first),
                ..stretch
            }));
    }

    /// Gives up the room that is left for more.
    pub fn shrink_to_fit(&mut self) {
        self.subjects.shrink_to_fit();
        self.stretches.shrink_to_fit();
    }

    /// The same verdicts in other words.
    #[must_use]
    pub fn map<T: Eq + Hash>(self, words: impl FnMut(S) -> T) -> Verdicts<T> {
        let mut out = Verdicts::about(self.names);
        let said = self.said.into_iter().map(words);
        let said: Vec<u32> = said.map(|s| number(out.said.insert_full(s).0)).collect();
        out.subjects = self.subjects;
        out.stretches = self.stretches;
        for stretch in &mut out.stretches {
            stretch.said = said.get(stretch.said as usize).copied().unwrap_or(u32::MAX);
        }
        out
    }
}

/// What is said of subjects and periods by name.
impl<S: Eq + Hash> FromIterator<(EcoString, EcoString, S)> for Verdicts<S> {
    fn from_iter<V: IntoIterator<Item = (EcoString, EcoString, S)>>(verdicts: V) -> Self {
        let (mut subjects, mut periods) = (Numbers::default(), Numbers::default());
        let mut out = Self::default();
        for (subject, period, said) in verdicts {
            let subject = number(subjects.insert_full(subject).0);
            let period = number(periods.insert_full(period).0);
            out.push([subject], period, said);
        }
        out.names = Arc::new(Names {
            subjects: subjects.into_iter().collect(),
            periods: periods.into_iter().collect(),
        });
        out
    }
}

type Numbers = IndexSet<EcoString, FxBuildHasher>;

/// Two are equal that say the same, one verdict after the other.
impl<S: PartialEq> PartialEq for Verdicts<S> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<S: Debug> Debug for Verdicts<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Arc<Names> {
        let named = |prefix: char| (0..4).map(move |n| format!("{prefix}{n}").into());
        Arc::new(Names {
            subjects: named('s').collect(),
            periods: named('p').collect(),
        })
    }

    fn table(pushed: &[(u32, u32, u8)]) -> Verdicts<u8> {
        let mut out = Verdicts::about(names());
        for (subject, period, said) in pushed {
            out.push([*subject], *period, *said);
        }
        out
    }

    fn listed(table: &Verdicts<u8>) -> Vec<(String, String, u8)> {
        let all = table.iter();
        all.map(|v| (v.subject.to_owned(), v.period.to_owned(), *v.said))
            .collect()
    }

    fn plain(pushed: &[(u32, u32, u8)]) -> Vec<(String, String, u8)> {
        let all = pushed.iter();
        all.map(|(s, p, said)| (format!("s{s}"), format!("p{p}"), *said))
            .collect()
    }

    #[test]
    fn neighbours_that_say_the_same_are_one_run() {
        let of_one = [(0, 0, 1), (0, 1, 1), (0, 2, 1)];
        let in_one = [(0, 3, 1), (1, 3, 1), (2, 3, 1)];
        let both = table(&[of_one, in_one].concat());
        // The first verdict of the second part goes on with the first one.
        let runs: Vec<(usize, Range<u32>)> = both
            .runs()
            .map(|r| (r.subjects.len(), r.periods.clone()))
            .collect();
        assert_eq!(runs, [(1, 0..4), (2, 3..4)]);
        assert_eq!(both.count(|_| true), 6);
        assert_eq!(table(&in_one).runs().count(), 1);
        assert_eq!(table(&[(0, 0, 1), (0, 2, 1)]).runs().count(), 2);
    }

    #[test]
    fn what_is_said_of_nothing_is_not_said() {
        let mut out = table(&[(0, 0, 1)]);
        out.push([], 0, 2);
        assert!(!out.any(|said| *said == 2));
        assert_eq!(out.count(|_| true), 1);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            one in prop::collection::vec((0..4_u32, 0..4_u32, 0..3_u8), 0..40),
            other in prop::collection::vec((0..4_u32, 0..4_u32, 0..3_u8), 0..40),
        ) {
            let mut both = table(&one);
            both.append(table(&other));
            let expected = plain(&[one, other].concat());
            prop_assert_eq!(listed(&both), expected.clone());
            let holds = |said: &u8| *said == 1;
            let counted = expected.iter().filter(|(.., said)| holds(said)).count();
            prop_assert_eq!(both.count(holds), counted);
            prop_assert_eq!(both.any(holds), counted > 0);
            // In words of which two are the same.
            let halved: Vec<_> = expected.iter().map(|(s, p, n)| (s.clone(), p.clone(), n / 2)).collect();
            prop_assert_eq!(listed(&both.clone().map(|said| said / 2)), halved);
            let named = expected.iter().map(|(s, p, n)| (s.into(), p.into(), *n));
            prop_assert!(named.collect::<Verdicts<u8>>() == both);
        }
    }
}
