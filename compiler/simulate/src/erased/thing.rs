//! What is followed.

/// The record itself, or a version that may have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    /// Of dumps and snapshots, when they were begun.
    pub taken: Option<i64>,
    /// The time that its file bears.
    pub made: i64,
    /// When it came here.
    pub entered: i64,
    /// Whether the record is in it.
    pub has: bool,
    /// When it was forgotten, of a version that no prune has removed yet.
    pub forgotten: Option<i64>,
}

/// What happens to what is there and does not come anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// It stays.
    Stay,
    /// It is deleted.
    Go,
    /// It is put aside on the same store, and stays there until somebody clears that.
    Aside,
}
