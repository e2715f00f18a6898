//! `expire`: deletes by age.

use thrice_diagnostics::Span;
use thrice_model::{AgeClock, Runner, RunnerKind, Source, StoreKind, Verb};
use thrice_quantity::{Interval, Seconds};

use super::common::with_common;
use super::head::Head;
use super::move_::check_clock;
use super::{From, Of, Own, Shape, To, runner};
use crate::clauses::{Clause, Construct, Entry};
use crate::draft::Draft;

const FORM: Construct = Construct {
    keyword: "expire",
    inside: &[],
    form: "expire NAME of PLACE after AGE by CLOCK [since PHASE] [until PHASE]",
    text: "Deletes what is older than AGE by CLOCK: mtime, upload or use. On a bucket it is a \
           lifecycle rule of the provider, unless a runner is named; on a file system a runner \
           cleans up, or a person.",
    example: "expire exports of s3.shared:/exports after 30 days by upload { deprecated prefix }",
    clauses: with_common![
        Clause::once(
            "by",
            "HOST.RUNNER|hand",
            "who cleans up; a lifecycle rule where it is not said"
        ),
        Clause::once(
            "deprecated prefix",
            "",
            "the rule has its prefix at the top level, as some providers want"
        ),
        Clause::once(
            "noncurrent",
            "",
            "deletes old versions, not current objects"
        ),
    ],
};

/// How expiries are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::Place,
    from: From::Nothing,
    to: To::Nothing,
    by_runner: false,
    verb: read,
};

/// The runner of the clause `by`; without one, the lifecycle rules of the object storage.
pub fn runner(draft: &Draft, head: &Head, entries: &mut [Entry<'_>]) -> Option<Runner> {
    if let Some(entry) = entries.iter_mut().find(|entry| entry.word == "by") {
        let runner = runner::read(&mut entry.cursor, draft);
        entry.cursor.end();
        return runner;
    }
    let Some(Source::Location(place, _)) = &head.source else {
        return None;
    };
    let store = draft.stores.get(place.store)?;
    let bucket = store.kind == StoreKind::Bucket;
    bucket.then_some(Runner {
        host: Some(store.host),
        kind: RunnerKind::Lifecycle,
        span: None,
    })
}

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    let deprecated_prefix = own.flag("deprecated prefix");
    let noncurrent = own.flag("noncurrent");
    let kind = match &own.head.source {
        Some(Source::Location(place, _)) => own.draft.stores.get(place.store)?.kind,
        _ => return None,
    };
    let (after, clock, span) = own.head.age?;
    let lifecycle = own
        .runner
        .is_some_and(|runner| runner.kind == RunnerKind::Lifecycle);
    if kind == StoreKind::FileSystem && !own.says("by") {
        own.missing(
            "`by`",
            "on a file system somebody cleans up: `by HOST.cron` or `by hand`",
        );
    }
    for word in ["deprecated prefix", "noncurrent"] {
        if let Some(entry) = own
            .entries
            .iter()
            .find(|entry| entry.word == word && !lifecycle)
        {
            let message = format!("`{word}` is for lifecycle rules");
            own.wrong(
                entry.span(),
                message,
                "no lifecycle rule",
                "take it away, or take `by` away",
            );
        }
    }
    if lifecycle {
        check_rule(own, after, clock, span);
    } else {
        check_clock(own, clock, span);
    }
    Some(Verb::Expire {
        after,
        clock,
        deprecated_prefix,
        noncurrent,
    })
}

/// A lifecycle rule counts whole days from the upload (Amazon S3 API, `LifecycleExpiration`).
fn check_rule(own: &Own<'_, '_>, after: Interval<Seconds>, clock: AgeClock, span: Span) {
    if clock != AgeClock::Upload {
        let help = "write `by upload`; for another clock, name who cleans up: `by HOST.cron`";
        own.wrong(
            span,
            "a lifecycle rule counts from the upload",
            "another clock",
            help,
        );
    } else if !after.is_point() {
        let help = "write one number of days: `after 30 days by upload`";
        own.wrong(
            span,
            "a lifecycle rule has one age, not an interval",
            "an interval",
            help,
        );
    } else if after.low() < Seconds::DAY || after.low().0 % Seconds::DAY.0 != 0 {
        let help = "write one day or more: `after 30 days by upload`";
        own.wrong(
            span,
            "a lifecycle rule counts whole days",
            "not whole days",
            help,
        );
    }
}
