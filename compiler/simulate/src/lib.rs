//! What happens if …: the plan, played through.
//!
//! What goes in: a [`Plan`], and what is open in it chosen: what goes wrong when ([`Strike`]s), how
//! long runs take, which ones are missed ([`Choices`]). What comes out: a [`Course`]: a trace in the
//! order of time, and for each class which copies exist, which restore would be possible, and what is
//! lost.
//!
//! It shares nothing with the verifier but the plan, and knows nothing of the verifier's encoding: it
//! is what a counterexample is held against ([`replay`]), what `scenario` statements are judged by
//! ([`play`]), and what `thrice simulate` shows.
//!
//! Times are UTC instants. Steps run when their schedules say, on the clock of their zone, clock changes
//! included. What a step reads is what is there when it starts; what it writes is there when it
//! is done; a deletion at the same instant comes first. A step waits for those it comes `after` where its
//! script finds their record, on its own host: elsewhere the times alone count. After a fault everything that
//! survives goes on.
//!
//! How much room it all takes is added up on request ([`weigh`]), and so is when steps are at work ([`runs`]), how soon
//! what was lost is back in use ([`Restoring`]), how long one record outlives its deletion ([`erased`]), who comes to see
//! which fields ([`shown`]), who hears of it if something fails ([`heard`]), and what a month costs ([`bill`]).
//!
//! Not played: bandwidth and locks between steps; what happens when a store is full; steps on demand (nobody does them, but for clean-ups: who
//! asks what is lost has them run each day, and who asks how full a store gets, what is seen or how long something stays, never); what
//! `max delete` would stop, which counts files and so is not known; that restores bring something back: nothing of what was lost is there again.

#![allow(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out; slices are not indexed here"
)]

mod bill;
mod calendar;
mod content;
mod dumps;
mod ended;
mod engine;
mod erased;
mod fields;
mod forget;
mod heard;
mod judge;
mod lines;
mod log;
mod packs;
mod reach;
mod replay;
mod restores;
mod room;
mod runs;
mod scenario;
mod shown;
mod taken;
mod verbs;
mod volume;
mod weigh;
mod witness;
mod words;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{ClassId, StepId, Strike};
use thrice_plan::{CopyId, Plan};
use thrice_quantity::Seconds;

pub use bill::bill;
pub use erased::{Erasure, NotFollowed, OneRun, Stay, erased};
pub use fields::{Content, Fields};
pub use heard::{Heard, Listening, heard};
pub use log::Ran;
pub use reach::with_needs;
pub use replay::{Chosen, Effect, Life, NotReplayed, Replayed, replay};
pub use restores::{Losses, Restored, Restoring};
pub use room::{Weighed, Weighing};
pub use runs::{asked, own_checks, own_snapshots, runs};
pub use scenario::{Played, findings, play};
pub use shown::{Looking, Onlooker, Shown, shown};
pub use weigh::weigh;
pub use words::{age, moment, names};

/// What is chosen where the plan leaves it open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// How long runs of a step take; the least that it says, unless chosen.
    pub durations: BTreeMap<StepId, Seconds>,
    /// How much later than they are due runs of a step start; not at all, unless chosen.
    pub late: BTreeMap<StepId, Seconds>,
    /// How many runs of a step are missed right before the first strike; none, unless chosen.
    pub missed: BTreeMap<StepId, u32>,
    /// Single runs, by the instants at which they are due, that go another way than the others of their step.
    pub runs: BTreeMap<StepId, BTreeMap<Timestamp, RunChoice>>,
    /// Steps of which each run that begins at some instant or later fails half way. What a capture has written in place
    /// by then lies there; a program that makes several captures stops at it.
    pub fails: BTreeMap<StepId, Timestamp>,
    /// How long it takes until somebody acts after something went wrong; the policy's response time, unless chosen.
    pub response: Option<Seconds>,
    /// Everything else at its worst: longest runs, latest starts, as many missed runs as monitors and the
    /// response time allow. Deletions by age always come as early as they may.
    pub worst: bool,
}

/// What is chosen for one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunChoice {
    /// It starts when it is due, however late the others are.
    OnTime,
    /// It is missed.
    Missed,
}

/// How large data are, in the intervals that the policy states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// Sizes, growths and churns at their lower ends; deletions as early as they may, and prunes tidy.
    Least,
    /// At their upper ends; deletions as late as they may, and prunes as untidy as they may.
    Most,
}

/// A case to play.
#[derive(Clone, Debug)]
pub struct Case {
    /// What goes wrong, in the order of time.
    pub strikes: Vec<Strike>,
    /// From when on steps are played, also before the policy begins. `None`: so long before that every
    /// chain has delivered, but not before the policy begins.
    pub from: Option<Timestamp>,
    /// The instant at which it is judged.
    pub judged: Timestamp,
    /// The classes asked about; all where it is empty.
    pub classes: BTreeSet<ClassId>,
    /// What is chosen.
    pub choices: Choices,
}

/// What sort of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A run went well.
    Run,
    /// A run failed or was missed.
    Failure,
    /// Something went wrong.
    Strike,
    /// Something was destroyed in consequence.
    Loss,
    /// Somebody noticed and acted.
    Response,
}

impl Sort {
    /// The word of machine-readable output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Failure => "failure",
            Self::Strike => "strike",
            Self::Loss => "loss",
            Self::Response => "response",
        }
    }
}

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What sort of thing.
    pub sort: Sort,
    /// What, in the words of the policy.
    pub what: String,
}

/// One copy when the case is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyState {
    /// Which.
    pub copy: CopyId,
    /// Until when the data reaches that can be restored from it.
    pub newest: Option<Timestamp>,
    /// The versions that can be restored from it, oldest first: when each was taken, or where none is ever
    /// taken, of which instant it is. Of files and items that lie there as such, none.
    pub versions: Vec<Timestamp>,
    /// Why it is of no use; `None` where it is of use.
    pub why_not: Option<String>,
}

/// A class when the case is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub class: ClassId,
    /// Whether the data itself is whole where it lives.
    pub live: bool,
    /// Until when the data was whole where it lives: the instant judged, if it still is.
    pub live_until: Timestamp,
    /// The newest data that a restore brings back: the copy, and until when its data reaches.
    pub newest: Option<(CopyId, Timestamp)>,
    /// How much time's data is lost: from the newest restorable to the end of the live data. `None`: all.
    pub loss: Option<Seconds>,
    /// For files and items: those of these times (after the first instant, up to the second) are lost.
    pub holes: Vec<(Timestamp, Timestamp)>,
    /// Those of them that count, and what is lost since the newest, where anything comes back: ascending and apart. What only
    /// copies had, or rules have deleted since, counts up to the age up to which the class says that it must be kept.
    pub gone: Vec<(Timestamp, Timestamp)>,
    /// A class that it must be restored with and of which no fitting version is left.
    pub lacks: Option<ClassId>,
    /// All copies, in the order of the plan.
    pub copies: Vec<CopyState>,
}

impl Outcome {
    /// Whether a restore is possible.
    #[must_use]
    pub const fn recoverable(&self) -> bool {
        self.newest.is_some()
    }

    /// How much time's data is lost, older and since the newest. `None`: all.
    #[must_use]
    pub fn lost(&self) -> Option<Seconds> {
        let gone = self.gone.iter();
        let seconds = gone.map(|(from, to)| to.as_second().saturating_sub(from.as_second()));
        self.loss
            .map(|_| Seconds(seconds.fold(0, i64::saturating_add)))
    }
}

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Course {
    /// From when on steps were played; older versions are left out.
    pub from: Timestamp,
    /// When it was judged.
    pub judged: Timestamp,
    /// What happened, in the order of time.
    pub trace: Vec<Event>,
    /// The copies that something could be restored from right before anything went wrong.
    pub had: BTreeSet<CopyId>,
    /// One a class asked about.
    pub outcomes: Vec<Outcome>,
    /// What was not played, in sentences.
    pub left_out: Vec<String>,
}

/// Plays a case through.
#[must_use]
pub fn simulate(plan: &Plan, case: &Case) -> Course {
    engine::run(plan, case)
}
