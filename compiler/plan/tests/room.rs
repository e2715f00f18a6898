//! How much room the tables of a large policy take: there is a row for each class, step and copy, so what one
//! takes is taken 100,000 times over where a fleet has so many.

use std::mem::size_of;

use thrice_plan::model::{Class, Named, Source, Step, StepTarget, Timing, Verb};
use thrice_plan::{Cadence, Copy};

/// Nobody has to count bytes, but a list or a rule that is put into every row shows here. What few rows have is
/// boxed; what many rows share is shared.
#[test]
fn rows_stay_small() {
    let sizes = [
        ("class", size_of::<Class>(), 264),
        ("step", size_of::<Step>(), 368),
        ("copy", size_of::<Copy>(), 152),
    ];
    for (what, size, most) in sizes {
        assert!(size <= most, "a {what} takes {size} bytes, and may take {most}");
    }
}
#[test]
fn parts() { panic!("{:?}", [("named",size_of::<Named>()),("source",size_of::<Source>()),("target",size_of::<StepTarget>()),("timing",size_of::<Timing>()),("verb",size_of::<Verb>()),("cadence",size_of::<Cadence>()),("runner",size_of::<thrice_plan::model::Runner>()),("lifetime",size_of::<thrice_plan::model::Lifetime>()),("class",size_of::<Class>()),("step",size_of::<Step>()),("copy",size_of::<Copy>()),("leave",size_of::<thrice_plan::Leave>()), ("loc",size_of::<thrice_plan::model::Location>())]); }
