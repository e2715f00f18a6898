//! Violations of one cause, told for each set of classes that they hit in the same phases.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::ClassId;

/// A violation of one obligation: for some classes alike, in one period.
pub(super) trait Violated: Clone {
    /// The classes.
    fn classes(&self) -> &[ClassId];
    /// The same for some of its classes only.
    fn only(&self, classes: Vec<ClassId>) -> Self;
    /// The period's place in the plan.
    fn period(&self) -> usize;
}

/// Splits violations so that in each part all classes are hit in all its periods: a message can then
/// name both without saying too much. In the order of the first class.
pub(super) fn split<V: Violated>(violations: &[V]) -> Vec<Vec<V>> {
    let mut periods: BTreeMap<ClassId, BTreeSet<usize>> = BTreeMap::new();
    for violation in violations {
        for class in violation.classes() {
            periods
                .entry(*class)
                .or_default()
                .insert(violation.period());
        }
    }
    let mut parts: BTreeMap<BTreeSet<usize>, BTreeSet<ClassId>> = BTreeMap::new();
    for (class, hit) in periods {
        parts.entry(hit).or_default().insert(class);
    }
    let mut parts: Vec<BTreeSet<ClassId>> = parts.into_values().collect();
    parts.sort();
    parts
        .into_iter()
        .map(|part| {
            let of_part = |v: &V| {
                v.classes()
                    .iter()
                    .copied()
                    .filter(|c| part.contains(c))
                    .collect::<Vec<_>>()
            };
            violations
                .iter()
                .map(|v| (v, of_part(v)))
                .filter(|(_, classes)| !classes.is_empty())
                .map(|(v, classes)| v.only(classes))
                .collect()
        })
        .collect()
}

macro_rules! violated {
    ($violation:ty) => {
        impl crate::obligations::split::Violated for $violation {
            fn classes(&self) -> &[ClassId] {
                &self.classes
            }

            fn only(&self, classes: Vec<ClassId>) -> Self {
                Self {
                    classes,
                    ..self.clone()
                }
            }

            fn period(&self) -> usize {
                self.period
            }
        }
    };
}
pub(super) use violated;
