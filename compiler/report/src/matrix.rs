//! Which copy saves what, how old it is then, how long it takes to be back.

use schemars::JsonSchema;
use serde::Serialize;

/// Classes alike under one set of faults in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cell {
    /// The classes.
    pub classes: Vec<String>,
    /// The phase.
    pub phase: String,
    /// The faults that strike together.
    pub faults: Vec<String>,
    /// What saves them: `live` (the faults leave the live data alone, and copies are left as well),
    /// `live alone`, `copy`, `nothing` or `undecided`.
    #[schemars(extend("enum" = ["live", "live alone", "copy", "nothing", "undecided"]))]
    pub saved_by: &'static str,
    /// The store of the copy with the newest version.
    pub store: Option<String>,
    /// The step that makes that copy.
    pub step: Option<String>,
    /// Other stores in which copies are left.
    pub also: Vec<String>,
    /// Age of the newest version at worst while every run succeeds; absent for live data, or where it has no
    /// bound.
    pub nominal: Option<Time>,
    /// The same with as many missed runs as monitors and the response time allow.
    pub guaranteed: Option<Time>,
    /// From the fault to being in use again, at worst; absent where there is nothing to restore or where a size
    /// or speed is not stated.
    pub restore: Option<Time>,
    /// The store it is restored from: of several the fastest.
    pub restored_from: Option<String>,
    /// What is asked of it, and what is left of that.
    pub margins: Vec<Margin>,
}

/// A time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Time {
    /// In seconds.
    pub seconds: i64,
    /// In words.
    pub words: String,
}

/// By how much something is within what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Margin {
    /// What is asked: `rpo`, `rpo guaranteed` or `rto`.
    #[schemars(extend("enum" = ["rpo", "rpo guaranteed", "rto"]))]
    pub of: &'static str,
    /// How much.
    pub asked: Time,
    /// How much of it is left; negative where it fails.
    pub left: Time,
}
