//! Looks at a host, for `thrice audit`: what its questions ask for, and nothing else. What cannot be looked at
//! is said in words, and stops nothing else. Nothing is changed, and no lock is taken.

mod buckets;
mod files;
mod postgres;
mod program;
mod restic;

use std::path::Path;

use thrice_audit::{Measured, Questions};
use thrice_s3_live::Wanted;

use crate::args::{Audit, Buckets};
use crate::terminal;

/// Everything that is asked.
pub fn measure(audit: &Audit, asked: &Questions, wanted: &[Wanted]) -> Measured {
    // The scripts keep their records there too if it is set.
    let state = terminal::environment("THRICE_STATE").unwrap_or_else(|| asked.state.clone());
    let runs = Path::new(&state).join("runs").join(&asked.policy);
    let mut out = Measured::default();
    for step in &asked.steps {
        let record = files::record(&runs.join(format!("{step}.json")));
        out.records.insert(step.clone(), record);
    }
    for repository in &asked.repositories {
        let asked = (repository, audit.reach.ca_bundle.as_deref());
        let snapshots = restic::snapshots(asked);
        if let Ok(snapshots) = &snapshots {
            out.added.extend(restic::added(asked, snapshots));
        }
        out.snapshots.insert(repository.name.clone(), snapshots);
    }
    for (step, path) in &asked.manifests {
        let listed = files::manifest(Path::new(path), audit.no_checksums);
        out.manifests.insert(step.clone(), listed);
    }
    for (store, mounted_at) in &asked.file_systems {
        let room = files::room(Path::new(mounted_at));
        out.rooms.insert(store.clone(), room);
    }
    if audit.buckets == Buckets::Own {
        buckets::ask(audit, asked, wanted, &mut out);
    }
    for server in &asked.servers {
        let databases = postgres::databases(server);
        out.databases.insert(server.step.clone(), databases);
    }
    for around in &asked.around {
        let folders = files::folders(Path::new(around));
        out.folders.insert(around.clone(), folders);
    }
    out.volumes = program::volumes();
    out
}
