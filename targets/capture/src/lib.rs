//! Plan to scripts that dump databases and export services.
//!
//! What goes in: a verified plan. What comes out: a script for each capture in force without a program of
//! the user's own (those with one get a wrapper from `thrice-target-host-scripts`). Whatever the method,
//! a capture leaves one file (or folder) for each part, `PART-latest.ENDING`, which it makes beside, reads
//! back and publishes with one rename; older ones stay as `PART-TIME.ENDING` as long as the policy keeps
//! them. One part that fails stops none of the others, and the step fails. At the end it lists what it
//! left ([`thrice_target::layout::manifest`]), and a backup on the same host refuses anything else.
//!
//! | method | leaves | by | believed if |
//! |---|---|---|---|
//! | `pg_dump` | `DATABASE-latest.dump`, `globals-latest.sql` | `pg_dump -Fc`, `pg_dumpall -g` | `pg_restore` reads all of it, and it holds tables |
//! | `redis_bgsave` | `redis-latest.rdb` | `BGSAVE` | a save began after this run did, `redis-check-rdb` takes it, its keys are not gone |
//! | `qdrant_snapshot` | `COLLECTION-latest.snapshot`, `aliases-latest.json` | its API | size and checksum are those of the answer |
//! | `n8n_export` | `workflows-latest.json`, `credentials-latest.json` | `n8n export:…` | JSON, and not empty |
//! | `grafana_export` | `grafana-latest.json` | its API | each dashboard that the search names is in it |
//! | `sqlite` | `FILE-latest.sqlite` | `.backup` | `PRAGMA integrity_check` |
//! | `files` | `FOLDER-latest/` | `cp --archive` | as many entries as the source |
//!
//! Where a service is reached, and with what secret, stands in an environment file on the host
//! ([`thrice_target::layout::connection_file`], and the step's credential): `PGHOST`, `PGPORT`, `PGUSER`,
//! `PGPASSFILE` or `PGPASSWORD`; `REDIS_HOST`, `REDIS_PORT` or `REDIS_SOCKET`, `REDIS_USER`,
//! `REDISCLI_AUTH`; `QDRANT_URL`, `QDRANT_API_KEY`; `GRAFANA_URL`, `GRAFANA_TOKEN` or `GRAFANA_USER` and
//! `GRAFANA_PASSWORD`. Without them it is the default port on this host.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod method;
mod read;
mod script;

use thrice_plan::Plan;
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic};

pub use read::{Facts, read};

/// The scripts of all captures in force without a program of the user's own.
///
/// # Errors
/// One diagnostic for each step that cannot be emitted: a place that the host does not reach (`T2332`),
/// something that its method cannot do (`T2333`), a name that no script can hold (`T2331`).
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    select::all_or_none(
        select::scripts(plan, Means::Capture)
            .map(|(id, step, host)| script::script(plan, id, step, host).map(|one| vec![one])),
    )
}
