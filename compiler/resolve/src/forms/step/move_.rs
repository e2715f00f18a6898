//! `move`: the item there, and not here any more.

use thrice_diagnostics::Span;
use thrice_model::{AgeClock, RunnerKind, Source, StoreKind, Verb};
use thrice_quantity::Seconds;

use super::common::{CHECKERS, TRANSFERS, with_common};
use super::head::CLOCKS;
use super::{From, Of, Own, Shape, To};
use crate::clauses::{Clause, Construct};

const FORM: Construct = Construct {
    keyword: "move",
    inside: &[],
    form: "move NAME of PLACE|CLASS, … [from STEP|PLACE] to STORE:/PATH by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Copies, then deletes at the source: afterwards the item is there, and not here any more.",
    example: "move archives of s3.shared:/documents/archives to truenas.tank:/archives by \
              truenas.cron since nas {\n    monthly on 1 at 06:00 UTC\n    older than 90 days by \
              mtime\n    transfers 4\n    monitor deadman\n}",
    clauses: with_common![
        Clause::once(
            "older than",
            "DURATION by CLOCK",
            "only items of this age; CLOCK is mtime, upload or use",
        ),
        TRANSFERS,
        CHECKERS,
    ],
};

/// How moves are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::ClassesOrPlace,
    from: From::StepOrPlace,
    to: To::Place,
    by_runner: true,
    verb: read,
};

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    let older_than = own.once("older than", |cursor| {
        let start = cursor.here();
        let age = cursor.quantity::<Seconds>();
        cursor.expect("by", "older than 90 days by mtime")?;
        let (clock, _) = cursor.choice("a clock", &CLOCKS)?;
        Some((age?.0, clock, cursor.since(start)))
    });
    if let Some((_, clock, span)) = older_than {
        check_clock(own, clock, span);
    }
    Some(Verb::Move { older_than })
}

/// Whether whoever does the work can read this clock there.
pub fn check_clock(own: &Own<'_, '_>, clock: AgeClock, span: Span) {
    let by_hand = own
        .runner
        .is_none_or(|runner| runner.kind == RunnerKind::Hand);
    let draft = &own.draft;
    let is_bucket = |store| {
        let store = draft.stores.get(store);
        store.is_none_or(|store| store.kind == StoreKind::Bucket)
    };
    let bucket = match &own.head.source {
        Some(Source::Location(place, _)) => is_bucket(place.store),
        Some(Source::Home) => {
            let mut classes = own.head.classes.iter();
            let home = |id| draft.classes.get(id).map(|class| class.home.store);
            classes.all(|(class, _)| home(*class).is_none_or(is_bucket))
        }
        // Where the data comes from is not known here.
        _ => true,
    };
    match clock {
        AgeClock::Use if !by_hand => own.wrong(
            span,
            "no program sees how long something has not been in use",
            "by this clock only a person can act",
            "write `by hand`, or measure `by mtime`",
        ),
        AgeClock::Upload if !bucket => own.wrong(
            span,
            "files have no time of upload",
            "the store is a file system",
            "write `by mtime`",
        ),
        _ => {}
    }
}
