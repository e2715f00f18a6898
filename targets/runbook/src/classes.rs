//! One section a kind of data: what it is, where its copies are, how it comes back.

use serde::Serialize;
use thrice_diagnostics::Diagnostic;
use thrice_model::{CaptureMethod, CaptureParts, ClassId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, Period, Plan};
use thrice_quantity::Seconds;
use thrice_target::layout;

use crate::{commands, words};

/// A kind of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Its place in the order of restoring, from 1.
    pub number: usize,
    /// Its documentation in the policy.
    pub doc: String,
    /// `state`, `files`, `items`.
    pub kind: &'static str,
    /// Where it lives.
    pub home: String,
    /// What it consists of.
    pub parts: Vec<String>,
    /// What must be restored first, with how far apart their versions may be.
    pub needs: Vec<String>,
    /// Its service, to be stopped before and started after.
    pub service: String,
    /// What is known of sizes and times.
    pub facts: Vec<(&'static str, String)>,
    /// Its copies, the freshest first.
    pub copies: Vec<Way>,
    /// How it is loaded, for what a capture made.
    pub load: Vec<String>,
}

/// A copy and the commands that bring it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// How other parts of the page call it: `databases-1`.
    pub anchor: String,
    /// What it is.
    pub what: &'static str,
    /// Where it is.
    pub store: String,
    /// Provider and site.
    pub site: String,
    /// Path in the store.
    pub path: String,
    /// How old its newest version is at worst, and while every run succeeds.
    pub worst: String,
    /// The same while every run succeeds.
    pub usual: String,
    /// The key that it needs; empty for none.
    pub key: String,
    /// Where the commands are run.
    pub machine: String,
    /// Commands that fetch it.
    pub fetch: String,
    /// Commands that put it where it lived; empty where a program loads it.
    pub place: String,
    /// What must be known.
    pub notes: Vec<String>,
}

/// The copies of a class in a period that can be restored from, the freshest first.
pub fn copies(plan: &Plan, class: ClassId, period: &Period) -> Vec<CopyId> {
    let there = |copy: &Copy| copy.lifetime.contains(period.from);
    let mut places = Vec::new();
    let mut found: Vec<CopyId> = Vec::new();
    for (id, copy) in plan.copies.iter() {
        let restores = copy.counts && copy.kind != CopyKind::Live;
        if copy.class == class && restores && there(copy) && !places.contains(&&copy.location) {
            places.push(&copy.location);
            found.push(id);
        }
    }
    found.sort_by_key(|id| plan.copies[*id].staleness);
    found
}

/// The section of a class.
///
/// # Errors
/// A name that no command can hold.
pub fn section(
    plan: &Plan,
    id: ClassId,
    number: usize,
    period: &Period,
) -> Result<Section, Diagnostic> {
    let model = &plan.model;
    let class = &model.classes[id];
    let name = class.named.name.to_string();
    let mut ways = Vec::new();
    let mut load: Vec<String> = Vec::new();
    for (index, copy_id) in copies(plan, id, period).into_iter().enumerate() {
        let copy = &plan.copies[copy_id];
        ways.push(way(plan, copy, format!("{name}-{}", index + 1))?);
        if let Some(step) = commands::capture(plan, copy)
            && load.is_empty()
            && let Verb::Capture(parts) = &model.steps[step].verb
        {
            load = loading(parts);
        }
    }
    let host = &model.hosts[plan.host_of(class.home.store)].named.name;
    let service = class
        .service
        .map(|id| model.services[id].named.name.to_string());
    Ok(Section {
        number,
        doc: class.named.doc.to_string(),
        kind: class.kind.word(),
        home: format!("{} on {host}", layout::path(plan, &class.home)),
        parts: class.parts.iter().map(|(part, _)| part.clone()).collect(),
        needs: needs(plan, id),
        service: service.unwrap_or_default(),
        facts: facts(plan, id),
        copies: ways,
        load,
        name,
    })
}

fn needs(plan: &Plan, id: ClassId) -> Vec<String> {
    let needs = plan.model.classes[id].needs.iter();
    needs
        .map(|need| {
            let name = &plan.model.classes[need.class].named.name;
            match need.within {
                Some(time) => format!("{name}, of a time at most {} apart", words::time(time)),
                None => name.to_string(),
            }
        })
        .collect()
}

fn facts(plan: &Plan, id: ClassId) -> Vec<(&'static str, String)> {
    let class = &plan.model.classes[id];
    let host = &plan.model.hosts[plan.host_of(class.home.store)];
    let asked = |time: Option<Seconds>| time.map_or_else(|| "not stated".to_owned(), words::time);
    let size = class.size.map(|(size, _)| size);
    let transfer = match (size, host.link) {
        (Some(size), Some(speed)) if speed.0 > 0 => {
            let seconds = size.high().0.div_ceil(speed.0);
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            format!(
                "{} for the transfer alone, at {speed}",
                words::time(Seconds(seconds))
            )
        }
        _ => "not known: measure it in a drill".to_owned(),
    };
    vec![
        (
            "Size at the start",
            size.map_or_else(|| "not stated".to_owned(), |s| s.to_string()),
        ),
        (
            "May be lost at most (RPO)",
            asked(class.asked().rpo.map(|(time, _)| time)),
        ),
        (
            "Must be back within (RTO)",
            asked(class.asked().rto.map(|(time, _)| time)),
        ),
        ("Takes at worst", transfer),
    ]
}

fn way(plan: &Plan, copy: &Copy, anchor: String) -> Result<Way, Diagnostic> {
    let made = commands::way(plan, copy)?;
    let key = copy
        .key
        .map(|key| plan.model.keys[key].named.name.to_string());
    Ok(Way {
        anchor,
        what: words::kind(copy.kind),
        store: plan.model.stores[copy.location.store]
            .named
            .name
            .to_string(),
        site: words::site(plan, copy.location.store),
        path: copy.location.path.to_string(),
        worst: words::time(copy.staleness),
        usual: words::time(copy.nominal_staleness),
        key: key.unwrap_or_default(),
        machine: made.machine,
        fetch: made.fetch,
        place: made.place,
        notes: made.notes,
    })
}

/// How what a capture made is loaded.
fn loading(parts: &CaptureParts) -> Vec<String> {
    let user = parts.user.as_deref().unwrap_or("postgres");
    let inside = match &parts.container {
        Some(container) => format!("docker exec -i {container} "),
        None => String::new(),
    };
    let text: &[&str] = match parts.method {
        CaptureMethod::PgDump => {
            return vec![
                format!(
                    "For each dump file: `{inside}pg_restore --username {user} --clean --if-exists --create --dbname postgres < FILE`."
                ),
                "Then count: the tables and rows that you know of must be there.".to_owned(),
            ];
        }
        CaptureMethod::RedisBgsave => &[
            "Stop Redis, put the file in its data folder as `dump.rdb`, owned by its user, and start it.",
            "With `appendonly yes` Redis reads the append-only files instead: take them away first.",
        ],
        CaptureMethod::QdrantSnapshot => &[
            "For each collection: `curl -X POST 'http://localhost:6333/collections/NAME/snapshots/upload?priority=snapshot' -F snapshot=@FILE`.",
        ],
        CaptureMethod::N8nExport => &[
            "`n8n import:workflow --separate --input=FOLDER`; workflows are off after that: activate them by hand.",
            "Credentials open only with the encryption key of the old instance: restore its configuration first.",
        ],
        CaptureMethod::GrafanaExport => &[
            "For each file: POST it to `/api/dashboards/db` with `overwrite` true and a token of an editor.",
        ],
        CaptureMethod::Sqlite => &[
            "Stop the service, put the file in its place, remove `-wal` and `-shm` beside it, and start the service.",
        ],
        CaptureMethod::Files => &[
            "Stop the service, copy the files to their place with owners and modes, and start it.",
        ],
        CaptureMethod::Program => {
            &["Load it with the program that belongs to the one that made it."]
        }
    };
    text.iter().map(|line| (*line).to_owned()).collect()
}
