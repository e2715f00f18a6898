//! `capture`: a consistent set at its source host.

use thrice_model::{CaptureMethod, CaptureParts, Verb};
use thrice_quantity::Seconds;

use super::common::with_common;
use super::{From, Of, Own, Shape, To};
use crate::clauses::{Clause, Construct};

const FORM: Construct = Construct {
    keyword: "capture",
    inside: &[],
    form: "capture NAME of CLASS, … [from PLACE|STEP] to STORE:/PATH by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Makes a consistent set of data that changes all the time, such as a dump of a database. \
           What it leaves is a copy like any other, and what other steps read.",
    example: "capture dump_pg of databases to vpai.local:/backups/pg_dump by vpai.cron {\n    daily \
              at 02:00 UTC\n    method pg_dump\n    atomic\n    user \"postgres\"\n    keeps 3 days\n    \
              taking 1m..15m\n    monitor deadman\n}",
    clauses: with_common![
        Clause::once(
            "method",
            "METHOD",
            "pg_dump, redis_bgsave, qdrant_snapshot, n8n_export, grafana_export, sqlite, files, program",
        ),
        Clause::once("atomic", "", "readers see all of it or the one before"),
        Clause::once(
            "in place",
            "",
            "readers may see half of it; so it is where nothing is said"
        ),
        Clause::once(
            "runs",
            "\"PROGRAM\"",
            "one's own program does it, in a script that waits, ends it in time, looks at what it left and tells the monitor"
        ),
        Clause::once("user", "\"USER\"", "the user it runs as"),
        Clause::once("container", "\"CONTAINER\"", "the container it runs in"),
        Clause::once(
            "keeps",
            "DURATION",
            "how long its files stay: then a clean-up removes them"
        ),
    ],
};

/// How captures are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::Classes,
    from: From::StepOrPlace,
    to: To::Place,
    by_runner: true,
    verb: read,
};

const METHODS: [(&str, CaptureMethod); 8] = [
    ("pg_dump", CaptureMethod::PgDump),
    ("redis_bgsave", CaptureMethod::RedisBgsave),
    ("qdrant_snapshot", CaptureMethod::QdrantSnapshot),
    ("n8n_export", CaptureMethod::N8nExport),
    ("grafana_export", CaptureMethod::GrafanaExport),
    ("sqlite", CaptureMethod::Sqlite),
    ("files", CaptureMethod::Files),
    ("program", CaptureMethod::Program),
];

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    own.exclude("atomic", "in place");
    own.flag("in place");
    let said = own.says("method");
    let method = own.once("method", |cursor| cursor.choice("a method", &METHODS));
    let has_program = own.says("runs");
    let runs = own
        .once("runs", |cursor| cursor.text("a program"))
        .map(|(text, _)| text);
    let program = method.is_some_and(|(method, _)| method == CaptureMethod::Program);
    if !has_program && (!said || program) {
        let (missing, help) = match said {
            true => (
                "`runs`",
                "say which program: `runs \"/opt/scripts/dump.sh\"`",
            ),
            false => (
                "`method`",
                "say how: `method pg_dump`; or `runs \"/opt/scripts/dump.sh\"` for one's own",
            ),
        };
        own.missing(missing, help);
    }
    let parts = CaptureParts {
        method: method.map_or(CaptureMethod::Program, |(method, _)| method),
        atomic: own.flag("atomic"),
        runs,
        user: own
            .once("user", |cursor| cursor.text("a user"))
            .map(|(text, _)| text),
        container: own
            .once("container", |cursor| cursor.text("a container"))
            .map(|(text, _)| text),
        keeps: own.once("keeps", |cursor| cursor.interval::<Seconds>()),
    };
    (!said || method.is_some()).then(|| Verb::Capture(Box::new(parts)))
}
