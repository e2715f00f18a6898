//! Copies, syncs and moves as scripts around rclone.
//!
//! What goes in: a plan. What comes out: for each step in force that is a copy, sync or move run by
//! cron, the executor or a NAS, a script; and for each host with such scripts that reaches object
//! storages, an `rclone.conf` for people who restore (the scripts carry their remotes themselves).
//!
//! What the scripts see to, each because rclone by itself does not:
//!
//! - An absent prefix of a bucket is an empty listing with exit code 0, and a sync of it deletes all
//!   there is: nothing to read is a failure, and so is a disk that is not mounted.
//! - `--max-delete N` deletes N files and then fails: the deletions are counted beforehand. Without
//!   `max delete` in the policy a sync may delete a tenth of what is there (ten files in any case); all
//!   of it where the policy itself expires or moves files in the source; half of a repository.
//! - A move is a copy, a comparison, and only then the removal at the source.
//! - A repository of restic is mirrored part by part: see `mirror.sh.j2`.
//! - A pattern given to `--include` or `--exclude` may meet others in an order that nobody chose:
//!   filters are `--filter`s.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod ends;
mod plain;
mod read;
mod remote;
mod repositories;
mod script;

use std::collections::BTreeMap;

use thrice_model::HostId;
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic, Plan, header, layout};

pub use ends::{End, end};
pub use read::{Facts, read};
pub use remote::Remote;

/// The scripts and remotes of all steps in force that rclone carries out.
///
/// # Errors
/// All steps that cannot be emitted, each with the reason: a place that the host does not reach
/// (`T2332`), something that rclone cannot do (`T2333`), a name that no script can hold (`T2331`).
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut artefacts = Vec::new();
    let mut mistakes = Vec::new();
    let mut remotes: BTreeMap<HostId, Vec<Remote>> = BTreeMap::new();
    for (id, _, host) in select::scripts(plan, Means::Rclone) {
        match script::emit(plan, id, host) {
            Ok((artefact, used)) => {
                artefacts.push(artefact);
                remotes.entry(host).or_default().extend(used);
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    for (host, mut used) in remotes {
        used.sort();
        used.dedup();
        if !used.is_empty() {
            artefacts.push(configuration(plan, host, &used));
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}

/// The configuration file of a host: remotes without secrets.
fn configuration(plan: &Plan, host: HostId, remotes: &[Remote]) -> Artefact {
    let mut text = header::comments(plan, "");
    text.push_str(
        "# for people who look around or restore: the scripts carry these settings themselves\n",
    );
    for remote in remotes {
        text.push_str(&remote.section());
    }
    let mut secrets: Vec<String> = remotes
        .iter()
        .filter_map(|remote| remote.file.clone())
        .collect();
    secrets.sort();
    secrets.dedup();
    Artefact {
        path: format!("{}/rclone.conf", layout::host_folder(plan, host)),
        bytes: text.into_bytes(),
        mode: 0o644,
        kind: "rclone-remotes",
        step: None,
        host: Some(plan.model.hosts[host].named.name.to_string()),
        install_to: Some(format!("{}/rclone.conf", layout::folders(plan, host).etc)),
        secrets,
    }
}
