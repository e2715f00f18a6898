//! What lies or is written where, to be found by place.

use std::collections::{BTreeMap, BTreeSet};

use ecow::{EcoString, eco_format};
use smallvec::{SmallVec, smallvec};
use thrice_model::{Location, Model, Source, StoreId};

/// Values by location. A question takes time in proportion to its answer and the depth of its path, not to
/// all that lies in the store.
pub struct Places<T> {
    at: BTreeMap<Location, SmallVec<[T; 4]>>,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self {
            at: BTreeMap::new(),
        }
    }
}

impl<T: Copy + Ord> Places<T> {
    /// Adds a value at a place.
    pub fn insert(&mut self, place: &Location, value: T) {
        match self.at.get_mut(place) {
            Some(values) => values.push(value),
            None => drop(self.at.insert(place.clone(), smallvec![value])),
        }
    }

    /// All values of places that have anything in common with `place` (see [`Location::meets`]), in
    /// order.
    #[must_use]
    pub fn meeting(&self, place: &Location) -> Vec<T> {
        let mut out: Vec<T> = Vec::new();
        for above in above(&place.path) {
            let above = Location {
                store: place.store,
                path: above.into(),
            };
            out.extend(self.at.get(&above).into_iter().flatten());
        }
        let below = Location {
            store: place.store,
            path: match place.path.as_str() {
                "/" => EcoString::inline("/"),
                path => eco_format!("{path}/"),
            },
        };
        let inside = self.at.range(&below..).take_while(|(found, _)| {
            found.store == below.store && found.path.starts_with(below.path.as_str())
        });
        let inside = inside.filter(|(found, _)| found.path != place.path);
        out.extend(inside.flat_map(|(_, values)| values));
        out.sort_unstable();
        out
    }
}

/// The stores of which some step reads a place: what lies elsewhere is found through the steps that made it.
pub(crate) fn read_by_place(model: &Model) -> BTreeSet<StoreId> {
    let steps = model.steps.iter().map(|(_, step)| step);
    steps
        .filter_map(|step| match &step.source {
            Source::Location(place, _) => Some(place.store),
            Source::Repository(repository, _) => Some(model.repositories[*repository].store),
            Source::Home | Source::Step(..) => None,
        })
        .collect()
}

/// A path and all that contain it: `/a/b` lies in itself, in `/a` and in `/`.
fn above(path: &str) -> impl Iterator<Item = &str> {
    let parents = path
        .char_indices()
        .filter(|(at, sign)| *sign == '/' && *at > 0)
        .filter_map(|(at, _)| path.get(..at));
    let root = (path != "/").then_some("/");
    root.into_iter().chain(parents).chain([path])
}

#[cfg(test)]
mod tests {
    use thrice_model::StoreId;

    use super::*;

    /// The index says what the definition says, for all pairs of some paths.
    #[test]
    fn what_is_found_is_what_meets() {
        let paths = [
            "/", "/a", "/a/b", "/a/b/c", "/a-b", "/a.b", "/ab", "/a/bc", "/b", "/b/a",
        ];
        let places: Vec<Location> = (0..2)
            .flat_map(|store| {
                paths.map(|path| Location {
                    store: StoreId::new(store),
                    path: path.into(),
                })
            })
            .collect();
        let mut index = Places::default();
        for (number, place) in places.iter().enumerate() {
            index.insert(place, number);
        }
        for place in &places {
            let met: Vec<usize> = (0..places.len())
                .filter(|other| places[*other].meets(place))
                .collect();
            assert_eq!(index.meeting(place), met, "{place:?}");
        }
    }
}
