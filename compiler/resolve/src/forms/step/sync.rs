//! `sync`: makes the destination equal to the source.

use thrice_model::{Location, StepTarget, Verb};

use super::common::{CHECKERS, TRANSFERS, with_common};
use super::copy::TRANSIT;
use super::{From, Of, Own, Shape, To};
use crate::clauses::{Clause, Construct};

const FORM: Construct = Construct {
    keyword: "sync",
    inside: &[],
    form: "sync NAME of PLACE|CLASS, … [from STEP|PLACE] to STORE:/PATH by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Makes a place equal to another: it deletes all that is not in its source, other \
           writers' data too, and a deletion upstream reaches it at the next run.",
    example: "sync nas_copy of s3.backups to truenas.tank:/backups-mirror by truenas.cron since nas \
              {\n    monthly on 1 at 05:00 UTC\n    transfers 4\n    max delete 1000\n    backup dir \
              truenas.tank:/trash\n    monitor deadman\n}",
    clauses: with_common![
        Clause::once(
            "max delete",
            "NUMBER",
            "stops after so many deletions in a run"
        ),
        Clause::once(
            "backup dir",
            "PLACE",
            "where deleted and overwritten data goes, a folder for each run, on the same store"
        ),
        TRANSIT,
        TRANSFERS,
        CHECKERS,
    ],
};

/// How syncs are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::ClassesOrPlace,
    from: From::StepOrPlace,
    to: To::Place,
    by_runner: true,
    verb: read,
};

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    Some(Verb::Sync {
        max_delete: own
            .once("max delete", |cursor| cursor.count("a number of files"))
            .map(|(n, _)| n),
        backup_dir: backup_dir(own),
        transit: own.flag("transit"),
    })
}

/// `--backup-dir` of rclone must be on the remote of the destination, and not inside it.
fn backup_dir(own: &mut Own<'_, '_>) -> Option<Box<Location>> {
    let (dir, span) = own.once("backup dir", |cursor| cursor.location())?;
    let Some(StepTarget::Location(to, at)) = &own.head.target else {
        return None;
    };
    let (message, help) = if dir.store != to.store {
        (
            "the backup dir is on another store",
            "rclone moves files there: name a place on the store of the destination",
        )
    } else if dir.meets(to) {
        (
            "the backup dir and the destination lie in each other",
            "the next run would delete it: name a place beside the destination",
        )
    } else {
        return Some(Box::new(dir));
    };
    let found = thrice_diagnostics::Diagnostic::error(crate::codes::WRONG_VALUE, message)
        .at(span, "deleted data would go here")
        .at(*at, "the destination")
        .help(help);
    own.cx.report(found);
    None
}
