//! How much is looked at, and what is too much.

use std::cell::Cell;
use std::collections::BTreeMap;

use thrice_plan::{CopyId, Plan};
use thrice_simulate::{Erasure, NotFollowed, Stay, erased};

/// For one finding no more runs and things are looked at: a fraction of a second.
pub(super) const EFFORT: u64 = 10_000_000;

/// Why a course is not played.
#[derive(Debug)]
pub(super) enum Unplayed {
    /// It is none that the plan allows; why not.
    Refused(String),
    /// More would have to be looked at than is allowed.
    TooMuch,
}

impl From<String> for Unplayed {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

/// Follows a record, as far as the effort goes.
pub(super) fn follow(
    plan: &Plan,
    erasure: &Erasure,
    effort: &Cell<u64>,
) -> Result<BTreeMap<CopyId, Stay>, Unplayed> {
    let mut left = effort.get();
    let stays = erased(plan, erasure, &mut left);
    effort.set(left);
    stays.map_err(|unplayed| match unplayed {
        NotFollowed::Refused(why) => Unplayed::Refused(why),
        NotFollowed::TooMuch => Unplayed::TooMuch,
    })
}
