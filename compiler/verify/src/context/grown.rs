//! By how much volumes grow.

use std::cell::RefCell;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_quantity::{GrowthFactor, GrowthPeriod, Ratio, RatioPerMonth};

/// By how much volumes have grown after so many days, as far as it has been asked: to compound takes a step a
/// month.
#[derive(Default)]
pub(crate) struct Grown {
    known: RefCell<IndexMap<(Ratio, GrowthPeriod, u32), GrowthFactor, FxBuildHasher>>,
}

impl Grown {
    /// By how much so much growth makes more of a volume in so many days.
    pub(crate) fn factor(&self, growth: RatioPerMonth, days: u32) -> GrowthFactor {
        let mut known = self.known.borrow_mut();
        let found = known.entry((growth.ratio, growth.per, days));
        *found.or_insert_with(|| growth.factor_at_most(days))
    }
}
