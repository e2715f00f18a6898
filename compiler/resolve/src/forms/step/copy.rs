//! `copy`: adds what is new, deletes nothing; or brings versions from a repository into another.

use thin_vec::ThinVec;
use thrice_model::{Mirror, Source, StepTarget, Verb};
use thrice_quantity::schedule::Recurrence;

use super::common::{CHECKERS, TRANSFERS, with_common};
use super::{From, Of, Own, Shape, To};
use crate::clauses::{Clause, Construct, RETENTION};

const FORM: Construct = Construct {
    keyword: "copy",
    inside: &[],
    form: "copy NAME of CLASS, …|PLACE [from STEP|PLACE] to STORE:/PATH|REPOSITORY by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Adds what is new in a place to another place, or the versions that a backup makes to another \
           repository. A deletion upstream leaves the copy intact; \
           what is overwritten there is written over it, unless it is `immutable`, or its store keeps old versions.",
    example: "copy seed_upload of databases from dump_pg to s3.shared:/seed-data by vpai.cron {\n    \
              daily at 02:55 UTC\n    include \"*-latest.dump\"\n    latest only\n    transfers 4\n}",
    clauses: with_common![
        Clause::many(
            "include",
            "\"PATTERN\", …",
            "only names that match: proofs take it that nothing else must come back"
        ),
        Clause::once(
            "latest only",
            "",
            "each run overwrites what the one before left"
        ),
        Clause::once(
            "immutable",
            "",
            "refuses to change what is there: for what is written once"
        ),
        TRANSIT,
        TRANSFERS,
        CHECKERS,
        Clause::once(
            CHECKED,
            "SCHEDULE",
            "when a repository is asked whether every version has arrived; its monitor is told then"
        ),
        Clause::once(
            RETENTION,
            "",
            "which versions stay in a repository; those that stay of its backup where it is not said"
        ),
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
    to: To::PlaceOrRepository,
    by_runner: true,
    verb: read,
};

/// The clause of when a mirror is asked after.
const CHECKED: &str = "checked";
/// The clauses that are about files.
const OF_FILES: [&str; 4] = ["include", "latest only", "immutable", "transit"];

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    if matches!(own.head.target, Some(StepTarget::Repository(..))) {
        return versions(own);
    }
    for word in [CHECKED, RETENTION] {
        if let Some(span) = own.span(word) {
            own.wrong(
                span,
                "a copy of files has no versions",
                "said of versions",
                "leave it out, or copy what a backup makes into a repository",
            );
        }
    }
    own.exclude("latest only", "immutable");
    Some(Verb::Copy {
        include: own.texts("include", "a pattern"),
        latest_only: own.flag("latest only"),
        immutable: own.flag("immutable"),
        transit: own.flag("transit"),
    })
}

/// `to REPOSITORY`: what stays follows from the backup, which is not known yet.
fn versions(own: &mut Own<'_, '_>) -> Option<Verb> {
    for word in OF_FILES {
        if let Some(span) = own.span(word) {
            own.wrong(
                span,
                format!("`{word}` is about files, and a repository takes versions"),
                "said of files",
                "leave it out: versions are copied whole",
            );
        }
    }
    if matches!(
        own.head.source,
        Some(Source::Home | Source::Location(..) | Source::Repository(..))
    ) {
        own.missing(
            "`from BACKUP`",
            "name the backup whose versions are copied; or write into the repository with `backup`",
        );
        return None;
    }
    let draft = own.draft;
    let stated = own.once(RETENTION, |cursor| cursor.retention(draft));
    let checked = own.schedule(CHECKED);
    if let Some((schedule, span)) = &checked
        && schedule.when == Recurrence::OnDemand
    {
        own.wrong(
            *span,
            "nobody asks on demand whether every version has arrived",
            "nothing starts this",
            "name a time, such as `checked daily at 06:00 UTC`",
        );
    }
    let unread = |word: &str, read: bool| own.says(word) && !read;
    if unread(CHECKED, checked.is_some()) || unread(RETENTION, stated.is_some()) {
        return None;
    }
    Some(Verb::Backup {
        keep: None,
        prune: true,
        exclude: ThinVec::new(),
        flags: ThinVec::new(),
        mirror: Some(Box::new(Mirror { checked, stated })),
    })
}
