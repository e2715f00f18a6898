//! Plan to scripts that bring data to another environment, changed on its way.
//!
//! What goes in: a verified plan. What comes out, for each seed in force that reads a capture of
//! PostgreSQL or Redis on its own host: a script on that host, which cron starts, and one on the host of
//! the environment that receives it, which somebody starts there (or a deployment does). Both fail closed:
//!
//! 1. **leave** (source): each dump is restored into a scratch database that nobody else can open, changed
//!    there in one transaction, and dumped; the dump is restored into another scratch database and proved:
//!    every changed column is as its rule says, none holds a value that it held before, no line of the
//!    dump's text holds one either. Only when all parts are proved is anything uploaded, the list last.
//! 2. **load** (environment): what is in the list, and whole, is restored beside the databases in use and
//!    proved again; then services stop, all databases are exchanged in one transaction, and services start
//!    in the order of the policy. Until then nothing has changed.
//!
//! The world is closed: a column that no rule covers stops it; so does one that looks sensitive and that
//! only a rule for its whole table or database keeps; a rule for what is not there; large objects, foreign
//! servers. With `rest skip` a table without a rule goes empty. `hash` is salted anew in each run, so that
//! equal values stay equal within a seed and nobody finds them by trying. All changes are made before the
//! data leaves, whether `before leaving` is written or not.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod origin;
mod read;
mod receive;
mod rules;
mod scripts;

use thrice_plan::Plan;
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic};

pub use read::{Facts, read};

/// The scripts of all seeds in force.
///
/// # Errors
/// Each seed that cannot be emitted: a place that is out of reach (`T2332`), something that this target
/// cannot do (`T2333`), a name that no script can hold (`T2331`).
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    select::all_or_none(
        select::scripts(plan, Means::Seed)
            .map(|(id, step, host)| scripts::scripts(plan, id, step, host).map(Vec::from)),
    )
}
