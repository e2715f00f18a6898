//! How much room the tables of a large policy take: there is a row for each class, step and copy, so what one
//! takes is taken 100,000 times over where a fleet has so many.

use std::mem::size_of;

use thrice_plan::Copy;
use thrice_plan::model::{Class, Step};

/// Nobody has to count bytes, but a list or a rule that is put into every row shows here. What few rows have is
/// boxed; what many rows share is shared.
#[test]
fn rows_stay_small() {
    let sizes = [
        ("class", size_of::<Class>(), 296),
        ("step", size_of::<Step>(), 360),
        ("copy", size_of::<Copy>(), 120),
    ];
    for (what, size, most) in sizes {
        assert!(
            size <= most,
            "a {what} takes {size} bytes, and may take {most}"
        );
    }
}
