//! Concrete values of all that is open.

/// Longer than any horizon, in seconds: the time of what never happens.
pub const FOR_EVER: i64 = 100 * 366 * 86_400;

/// Concrete values of all that is open in a system: one run of the plan, for one item or version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The age asked about.
    pub age: i64,
    /// The age at which the faults strike; at most `age`.
    pub struck: i64,
    /// The age on the day that is written for the first change of the system, and then from each such day to
    /// the next one.
    pub gaps: Vec<i64>,
    /// How many days after its day each change comes.
    pub late: Vec<i64>,
    /// For each node: its delay, its age rule, and the value of each leaving.
    pub nodes: Vec<NodeChoice>,
}

/// The open values of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeChoice {
    /// From the source having it to it being here.
    pub delay: i64,
    /// The age from which it is taken.
    pub older_than: i64,
    /// One value a leaving.
    pub leaves: Vec<i64>,
}
