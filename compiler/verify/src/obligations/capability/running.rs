//! The files of a running database are no backup: while they are read they change, and what is taken has pieces of
//! several moments. A dump or a snapshot has one.
//!
//! That a class is such files is told by what stands in the policy: a capture that asks the database for it, or the
//! name of a database in its service or in its place. What else is written while it is read nobody can know here.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{CaptureMethod, Class, ClassId, ClassKind, Model, Step, StepId, Verb};
use thrice_plan::CopyKind;

use super::{SHOWN, finding};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const WHILE_WRITTEN: Code = Code("T2325");

/// Names that databases have in services and in places.
const DATABASES: [&str; 22] = [
    "cassandra",
    "clickhouse",
    "cockroach",
    "couchdb",
    "elasticsearch",
    "etcd",
    "influxdb",
    "mariadb",
    "mongo",
    "mongodb",
    "mysql",
    "neo4j",
    "opensearch",
    "pgdata",
    "postgres",
    "postgresql",
    "qdrant",
    "redis",
    "sqlite",
    "timescaledb",
    "valkey",
    "weaviate",
];

/// How the file of a database that is but one ends.
const ENDINGS: [&str; 4] = ["db", "sqlite", "sqlite3", "db3"];

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let plan = context.plan;
    let mut readers: BTreeMap<ClassId, BTreeSet<StepId>> = BTreeMap::new();
    for (_, copy) in plan.copies.iter() {
        let (Some(by), Some(source)) = (copy.made_by, copy.source) else {
            continue;
        };
        let reads_files = plan.copies[source].kind == CopyKind::Live
            && takes_files(&plan.model.steps[by])
            && copy.counts;
        if reads_files {
            readers.entry(copy.class).or_default().insert(by);
        }
    }
    let asking = asking(&plan.model);
    for (id, steps) in readers {
        let asked = asking.get(&id).map(|capture| {
            let name = &plan.model.steps[*capture].named.name;
            format!("`{name}` asks its database for it")
        });
        let known = asked.or_else(|| named(&plan.model, &plan.model.classes[id]));
        if let Some(why) = known {
            out.push(tell(&plan.model, id, &steps, &why));
        }
    }
}

/// Whether a step reads files as they lie there. What a program of one's own does nobody knows.
fn takes_files(step: &Step) -> bool {
    match &step.verb {
        Verb::Capture(parts) => parts.method == CaptureMethod::Files && parts.runs.is_none(),
        Verb::Backup { .. } | Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => true,
        _ => false,
    }
}

/// The captures that ask a database for a class, the first of each.
fn asking(model: &Model) -> BTreeMap<ClassId, StepId> {
    let mut out = BTreeMap::new();
    for (id, step) in model.steps.iter() {
        let Verb::Capture(parts) = &step.verb else {
            continue;
        };
        // n8n and Grafana export what they have; where that lies is not said.
        let asks = matches!(
            parts.method,
            CaptureMethod::PgDump
                | CaptureMethod::RedisBgsave
                | CaptureMethod::QdrantSnapshot
                | CaptureMethod::Sqlite
        );
        if asks {
            for (class, _) in &step.classes {
                out.entry(*class).or_insert(id);
            }
        }
    }
    out
}

/// By which name a class is known to be the files of a database. What people call files is only where no package keeps
/// anything else; what is written once is none.
fn named(model: &Model, class: &Class) -> Option<String> {
    let is_one = |word: &str| {
        let mut words = word.split(['-', '_', '.']);
        words.any(|word| DATABASES.iter().any(|name| word.eq_ignore_ascii_case(name)))
    };
    if class.kind == ClassKind::Items {
        return None;
    }
    if let Some(service) = class.service {
        let name = &model.services[service].named.name;
        if is_one(name) {
            return Some(format!("the data of `{name}`"));
        }
    }
    let path = class.home.path.as_str();
    let last = path.rsplit('/').next().unwrap_or_default();
    let ending = last.rsplit_once('.').map(|(_, ending)| ending);
    let is_file = ending.is_some_and(|ending| ENDINGS.contains(&ending));
    let is_folder = match class.kind {
        ClassKind::State => path.split('/').any(is_one),
        ClassKind::Files => {
            let package = path.split_once("/var/lib/").map(|(_, below)| below);
            package.is_some_and(|below| below.split('/').next().is_some_and(is_one))
        }
        ClassKind::Items => false,
    };
    (is_file || is_folder).then(|| format!("lives in `{path}`"))
}

fn tell(model: &Model, id: ClassId, steps: &BTreeSet<StepId>, why: &str) -> Finding {
    let class = &model.classes[id].named;
    let named = steps.iter().map(|id| &model.steps[*id].named);
    let names = some(named.clone().map(|named| named.name.as_str()));
    let take = if steps.len() == 1 { "takes" } else { "take" };
    let message = format!(
        "{names} {take} the files of `{}` while its database writes them",
        class.name
    );
    let mut diagnostic = Diagnostic::error(WHILE_WRITTEN, message).at(class.span, why);
    for named in named.take(SHOWN) {
        diagnostic = diagnostic.at(named.span, "reads them one after the other");
    }
    let diagnostic = diagnostic
        .event("each run", "some files are of before a change, and others of after it")
        .event(
            "after a loss",
            "the database does not start from what is restored, or what it has is not what it had",
        )
        .help(
            "let a capture ask the database (`method pg_dump`, `redis_bgsave`, `qdrant_snapshot`, `sqlite`, or `runs` with \
             a program of your own) and take what that leaves: `from CAPTURE`",
        );
    let mut found = finding(diagnostic, vec![class.name.to_string()]);
    found.classes = vec![id];
    found
}
