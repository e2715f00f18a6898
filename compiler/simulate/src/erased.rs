//! How long something is still somewhere that was deleted where it lives: one record through the plan, on the
//! calendar.
//!
//! A record is a file, a row or an item: it is written where its class lives, and deleted there, or nobody ever does.
//! Runs carry it on as long as they find it, and what is in their way deletes it: a run that replaces or mirrors,
//! keep rules by the real forget and the prune after it, clean-ups and lifecycle rules by age, moves. It lies in the
//! versions of a repository until nothing needs them any more and a prune has removed them; what a store keeps of
//! what was deleted in it (its own snapshots, old versions, what a lock holds) is there for as long as that.
//!
//! Only what is known to be late is: every run starts as late and takes as long as it may, unless it is chosen
//! otherwise, and lifecycle rules act as late as they may. What the plan does not allow is refused. What is there on
//! one day is played as if it always had been and always would be; or steps come and go as they do. At one instant who reads comes before who
//! deletes.
//!
//! Not played: what a sync deletes of what others wrote under its destination; that a step does not run where one
//! that it comes `after` failed, which its own missed runs stand for; and what a prune may leave in files that are
//! still needed (`max unused`).

mod clearing;
mod follow;
mod keeping;
mod leave;
mod thing;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_model::StepId;
use thrice_plan::{CopyId, Plan};
use thrice_quantity::Seconds;

/// What is chosen for one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneRun {
    /// It is missed.
    Missed,
    /// It starts so late and takes so long. What is begun by another step's end starts then, however late.
    Goes {
        /// How much later than it is due.
        late: Seconds,
        /// From its start to its end.
        takes: Seconds,
    },
}

/// A record to be followed.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// The copies in which it is followed, of one class: with each its source.
    pub copies: BTreeSet<CopyId>,
    /// The day whose steps there always were and always will be, and whose rules stores keep what is deleted by.
    pub on: Date,
    /// Steps begin and end, and places go, as the policy says instead: what a step has brought stays when it ends.
    pub as_written: bool,
    /// From when on they run.
    pub from: Timestamp,
    /// When the record is written where its class lives.
    pub written: Timestamp,
    /// When it is deleted or replaced there; `None`: nobody does.
    pub deleted: Option<Timestamp>,
    /// Until when it is played.
    pub until: Timestamp,
    /// Runs that go another way than as late and as long as they can, by when they are due. A step on demand has
    /// these runs and no others.
    pub runs: BTreeMap<StepId, BTreeMap<Timestamp, OneRun>>,
}

/// When a record was in a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stay {
    /// When it first came there; `None`: never.
    pub came: Option<Timestamp>,
    /// When it was last taken away there, so that nothing finds it in its place any more; `None`: it is still there,
    /// or never was.
    pub left: Option<Timestamp>,
    /// When the versions that have it were last forgotten, where a prune removes them later.
    pub forgotten: Option<Timestamp>,
    /// When nothing was left of it, with all that the store keeps of what is deleted in it; `None`: there still is
    /// something, or never was.
    pub gone: Option<Timestamp>,
}

impl Stay {
    /// Whether there is still something of it in the end.
    #[must_use]
    pub const fn remains(&self) -> bool {
        self.came.is_some() && self.gone.is_none()
    }
}

/// Why a record is not followed to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFollowed {
    /// Something is chosen that the plan does not allow; why, in words.
    Refused(String),
    /// Runs and things are more than may be looked at.
    TooMuch,
}

/// Follows a record. What is looked at, a run or a thing in a copy each time that a run, a rule or people look at it, is
/// taken from `effort`.
///
/// # Errors
/// [`NotFollowed`] where something is chosen that the plan does not allow, or the effort does not suffice.
pub fn erased(
    plan: &Plan,
    erasure: &Erasure,
    effort: &mut u64,
) -> Result<BTreeMap<CopyId, Stay>, NotFollowed> {
    let mut player = follow::Player::new(plan, erasure, *effort);
    player.play();
    *effort = player.effort;
    player.stays()
}
