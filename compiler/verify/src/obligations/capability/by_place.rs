//! What lies at a place or further up, found without looking at all that lies in the store.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_model::{Location, StoreId};

/// Things by the place where they lie.
pub(super) struct ByPlace<'m, T> {
    at: IndexMap<(StoreId, &'m str), Vec<T>, FxBuildHasher>,
}

impl<'m, T: Copy> ByPlace<'m, T> {
    pub(super) fn of(all: impl Iterator<Item = (T, StoreId, &'m str)>) -> Self {
        let mut at: IndexMap<_, Vec<T>, FxBuildHasher> = IndexMap::default();
        for (thing, store, path) in all {
            at.entry((store, path)).or_default().push(thing);
        }
        Self { at }
    }

    /// What lies just there.
    pub(super) fn at<'a>(
        &'a self,
        place: &'a Location,
    ) -> impl Iterator<Item = T> + use<'a, 'm, T> {
        let found = self.at.get(&(place.store, place.path.as_str()));
        found.into_iter().flatten().copied()
    }

    /// What lies there or in a folder above: what holds the place, from the top down.
    pub(super) fn holding<'a>(
        &'a self,
        place: &'a Location,
    ) -> impl Iterator<Item = T> + use<'a, 'm, T> {
        let path = place.path.as_str();
        let folders = path.match_indices('/');
        let above = folders.filter_map(move |(end, _)| path.get(..end.max(1)));
        let above = above.filter(move |above| *above != path).chain([path]);
        let found = above.filter_map(move |above| self.at.get(&(place.store, above)));
        found.flatten().copied()
    }
}
