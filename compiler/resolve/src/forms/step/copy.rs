//! `copy`: adds what is new, deletes nothing.

use thrice_model::Verb;

use super::common::{CHECKERS, TRANSFERS, with_common};
use super::{From, Of, Own, Shape, To};
use crate::clauses::{Clause, Construct};

const FORM: Construct = Construct {
    keyword: "copy",
    inside: &[],
    form: "copy NAME of CLASS, …|PLACE [from STEP|PLACE] to STORE:/PATH by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Adds what is new in a place to another place. A deletion upstream leaves the copy \
           intact.",
    example: "copy seed_upload of databases from dump_pg to s3.shared:/seed-data by vpai.cron {\n    \
              daily at 02:55 UTC\n    include \"*-latest.dump\"\n    latest only\n    transfers 4\n}",
    clauses: with_common![
        Clause::many("include", "\"PATTERN\", …", "only names that match"),
        Clause::once(
            "latest only",
            "",
            "each run overwrites what the one before left"
        ),
        Clause::once("immutable", "", "refuses to change what is there"),
        TRANSIT,
        TRANSFERS,
        CHECKERS,
    ],
};

/// `transit`, of copies and syncs.
pub const TRANSIT: Clause = Clause::once(
    "transit",
    "",
    "what it leaves is on its way, and never counts as a copy",
);

/// How copies are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::ClassesOrPlace,
    from: From::StepOrPlace,
    to: To::Place,
    by_runner: true,
    verb: read,
};

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    own.exclude("latest only", "immutable");
    Some(Verb::Copy {
        include: own.texts("include", "a pattern"),
        latest_only: own.flag("latest only"),
        immutable: own.flag("immutable"),
        transit: own.flag("transit"),
    })
}
