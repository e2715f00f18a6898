//! `backup`: versions in a repository, thinned by keep rules.

use thrice_model::Verb;

use super::common::{CONNECTIONS, with_common};
use super::{From, Of, Own, Shape, To, flags};
use crate::clauses::{Clause, Construct, RETENTION};

const FORM: Construct = Construct {
    keyword: "backup",
    inside: &[],
    form: "backup NAME of CLASS, … [from STEP|PLACE] to REPOSITORY by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Adds a version to a restic repository, from where the classes live or from what a step \
           has left. A deletion upstream leaves earlier versions intact; without a retention they \
           stay for ever.",
    example: "backup db_full of databases from dump_pg to vpai_restic by seko.zerobyte {\n    daily \
              at 03:00 UTC\n    keep 7 daily, 4 weekly, 6 monthly, 2 yearly\n    prune\n    exclude \
              \"*.tmp\"\n    taking 1m..10m\n    monitor deadman\n}",
    clauses: with_common![
        Clause::once(
            RETENTION,
            "",
            "which versions stay, written or by name; all where it is not said"
        ),
        Clause::once(
            "prune",
            "",
            "removes what is forgotten right away, under the exclusive lock"
        ),
        Clause::many(
            "exclude",
            "\"PATTERN\", …",
            "what is left out: proofs take it that none of it must come back"
        ),
        Clause::many(
            "flag",
            "\"FLAG\", …",
            "tuning of restic that changes nothing about what is kept"
        ),
        CONNECTIONS,
    ],
};

/// How backups are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::Classes,
    from: From::StepOrPlace,
    to: To::Repository,
    by_runner: true,
    verb: read,
};

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    let draft = own.draft;
    let says_keep = own.says(RETENTION);
    let keep = own.once(RETENTION, |cursor| cursor.retention(draft));
    let verb = Verb::Backup {
        prune: own.flag("prune"),
        exclude: own.texts("exclude", "a pattern"),
        flags: flags::read(own),
        keep,
        mirror: None,
    };
    match &verb {
        Verb::Backup { keep: None, .. } if says_keep => None,
        _ => Some(verb),
    }
}
