//! What stands in the runbook, for both templates.

use serde::Serialize;
use thrice_diagnostics::Diagnostic;
use thrice_model::{ClassId, HostKind, RunnerKind, ServiceId};
use thrice_plan::{Period, Plan};
use thrice_target::{VERSION, layout};
use thrice_verify::{Aftermath, survivors};

use crate::classes::{self, Section};
use crate::money::{self, Change, Costs};
use crate::rules::{self, Row};
use crate::{Standing, commands, order, words};

/// So many reasons stand on the first page: what is to be done first must stay on it.
const REASONS: usize = 4;

/// The whole page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Book {
    /// Title of the policy.
    pub title: String,
    /// Its name.
    pub policy: String,
    /// Documentation of it.
    pub doc: String,
    /// Version of thrice.
    pub version: &'static str,
    /// SHA-256 of the policy.
    pub hash: String,
    /// The day this is in force at.
    pub as_of: String,
    /// The phase of that day.
    pub phase: String,
    /// Whether the policy was rejected.
    pub rejected: bool,
    /// Why it was rejected: the first few reasons.
    pub reasons: Vec<String>,
    /// The other reasons, for the end of the page.
    pub more_reasons: Vec<String>,
    /// Hosts whose jobs have to be stopped, and how.
    pub stops: Vec<Stop>,
    /// Who is named in the policy.
    pub people: Vec<String>,
    /// From an alarm until somebody has acted.
    pub response: String,
    /// Keys.
    pub keys: Vec<Opener>,
    /// Credentials of object storages.
    pub credentials: Vec<Opener>,
    /// What each fault leaves.
    pub faults: Vec<FaultRow>,
    /// Classes in the order of restoring.
    pub classes: Vec<Section>,
    /// Services in the order of starting.
    pub services: Vec<Service>,
    /// The 3-2-1 table.
    pub rules: Vec<Row>,
    /// Costs of each phase.
    pub costs: Vec<Costs>,
    /// What changes when.
    pub timeline: Vec<Change>,
    /// Accepted risks.
    pub accepted: Vec<Accepted>,
    /// What is left out, and why.
    pub skipped: Vec<(String, String)>,
}

/// What has to be stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// Where.
    pub hosts: Vec<String>,
    /// A command that does it; empty for none.
    pub command: String,
    /// What is to be done, where no command does it.
    pub how: &'static str,
}

/// A key or credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opener {
    /// Its name.
    pub name: String,
    /// Documentation of it.
    pub doc: String,
    /// What it opens.
    pub opens: Vec<String>,
    /// Who has it.
    pub held: Vec<String>,
    /// The file below `$RESTORE` that it is put into.
    pub file: String,
}

/// What faults leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultRow {
    /// Faults, one at a time.
    pub faults: Vec<String>,
    /// Classes whose data the fault leaves where it is.
    pub untouched: Vec<String>,
    /// Where the others are restored from.
    pub from: Vec<From>,
    /// Classes of which nothing is left.
    pub nothing: Vec<String>,
}

/// A class and the copies left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct From {
    /// The class.
    pub class: String,
    /// Anchor and store of the ways, the freshest first.
    pub ways: Vec<(String, String)>,
    /// How old the freshest is at worst.
    pub worst: String,
    /// Whether its data is lost by this fault.
    pub lost: bool,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its host.
    pub host: String,
    /// Its container; empty for none.
    pub container: String,
    /// What it is started after.
    pub after: Vec<String>,
    /// Documentation of it.
    pub doc: String,
}

/// An accepted risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Which.
    pub what: String,
    /// Why.
    pub why: String,
    /// Who says so.
    pub by: String,
    /// Until when.
    pub until: String,
}

/// The page of a plan.
///
/// # Errors
/// A name that no command can hold.
pub fn of(plan: &Plan, standing: &Standing) -> Result<Book, Diagnostic> {
    let model = &plan.model;
    let period = crate::period(plan);
    let there = order::classes(plan, &period.map(|p| in_force(plan, p)).unwrap_or_default());
    let mut sections = Vec::new();
    if let Some(period) = period {
        for (index, id) in there.iter().enumerate() {
            sections.push(classes::section(plan, *id, index + 1, period)?);
        }
    }
    let (rejected, mut reasons) = match standing {
        Standing::Safe => (false, Vec::new()),
        Standing::Rejected(why) => (true, why.iter().map(|w| w.replace('`', "")).collect()),
    };
    let more_reasons = reasons.split_off(reasons.len().min(REASONS));
    Ok(Book {
        title: model.policy.title.clone(),
        policy: model.policy.named.name.to_string(),
        doc: model.policy.named.doc.to_string(),
        version: VERSION,
        hash: model.hash.clone(),
        as_of: plan.as_of.to_string(),
        phase: period
            .filter(|p| p.phase.is_some())
            .map_or_else(String::new, |p| p.name.clone()),
        rejected,
        reasons,
        more_reasons,
        stops: stops(plan),
        people: people(plan),
        response: words::time(model.policy.response),
        keys: keys(plan),
        credentials: credentials(plan, &there, period),
        faults: period.map_or_else(Vec::new, |period| faults(plan, period)),
        services: services(plan, period),
        rules: period.map_or_else(Vec::new, |period| rules::rows(plan, &there, period)),
        costs: money::costs(plan),
        timeline: money::timeline(plan),
        accepted: accepted(plan),
        skipped: model
            .skips
            .iter()
            .map(|skip| (skip.named.name.to_string(), skip.why.clone()))
            .collect(),
        classes: sections,
    })
}

fn in_force(plan: &Plan, period: &Period) -> Vec<ClassId> {
    let skipped = |name: &str| plan.model.skips.iter().any(|skip| skip.named.name == name);
    let classes = plan.model.classes.iter();
    classes
        .filter(|(_, c)| c.lifetime.contains(period.from) && !skipped(&c.named.name))
        .map(|(id, _)| id)
        .collect()
}

/// What must not run on while nobody knows what is lost: syncs carry deletions, prunes and rules delete.
fn stops(plan: &Plan) -> Vec<Stop> {
    let policy = layout::policy(plan);
    let mut out: Vec<Stop> = Vec::new();
    for (_, step) in plan.steps_on(plan.as_of) {
        let Some(host) = step.runner.host.map(|id| &plan.model.hosts[id]) else {
            continue;
        };
        let (command, how) = match step.runner.kind {
            RunnerKind::Cron if host.kind != HostKind::Nas => (
                format!("mv /etc/cron.d/thrice-{policy} /etc/thrice-{policy}.off"),
                "",
            ),
            RunnerKind::Systemd => ("systemctl stop 'thrice-*.timer'".to_owned(), ""),
            RunnerKind::Executor => (String::new(), "stop the executor"),
            RunnerKind::Zerobyte => (String::new(), "switch off all jobs in Zerobyte"),
            RunnerKind::TrueNas | RunnerKind::Cron => (
                String::new(),
                "switch off the cron jobs named thrice in the NAS",
            ),
            RunnerKind::Lifecycle => (
                String::new(),
                "lifecycle rules go on deleting: take them off the buckets, or copy what is about to expire",
            ),
            RunnerKind::Hand => continue,
        };
        let name = host.named.name.to_string();
        match out
            .iter_mut()
            .find(|s| s.command == command && s.how == how)
        {
            Some(known) if known.hosts.contains(&name) => {}
            Some(known) => known.hosts.push(name),
            None => out.push(Stop {
                hosts: vec![name],
                command,
                how,
            }),
        }
    }
    out
}

fn people(plan: &Plan) -> Vec<String> {
    let mut out: Vec<String> = plan
        .model
        .acceptances
        .iter()
        .flat_map(|a| a.by.clone())
        .collect();
    out.sort();
    out.dedup();
    out
}

fn keys(plan: &Plan) -> Vec<Opener> {
    let model = &plan.model;
    let opens = |id| {
        let repositories = model.repositories.iter();
        repositories
            .filter(|(_, r)| r.key.is_some_and(|(key, _)| key == id))
            .map(|(_, r)| format!("repository {}", r.named.name))
            .collect()
    };
    model
        .keys
        .iter()
        .map(|(id, key)| Opener {
            name: key.named.name.to_string(),
            doc: key.named.doc.to_string(),
            opens: opens(id),
            held: words::holders(plan, id),
            file: commands::key_file(plan, id),
        })
        .collect()
}

/// The credentials that the commands below need.
fn credentials(plan: &Plan, there: &[ClassId], period: Option<&Period>) -> Vec<Opener> {
    let model = &plan.model;
    let Some(period) = period else {
        return Vec::new();
    };
    let copies = there
        .iter()
        .flat_map(|class| classes::copies(plan, *class, period));
    let in_buckets = copies
        .map(|id| &plan.copies[id])
        .filter(|copy| model.stores[copy.location.store].kind == thrice_model::StoreKind::Bucket);
    let mut used: Vec<(thrice_model::CredentialId, String)> = in_buckets
        .filter_map(|copy| {
            let store = &model.stores[copy.location.store].named.name;
            Some((commands::reader(plan, copy)?, store.to_string()))
        })
        .collect();
    used.sort();
    used.dedup();
    let mut out: Vec<Opener> = Vec::new();
    for (id, store) in used {
        let credential = &model.credentials[id];
        if let Some(known) = out.iter_mut().find(|o| o.name == credential.named.name) {
            known.opens.push(store);
            continue;
        }
        let held = credential.held.iter();
        let mut held: Vec<String> = held.map(|(who, _)| words::holder(plan, *who)).collect();
        held.push("the account at the provider can make a new one".to_owned());
        out.push(Opener {
            name: credential.named.name.to_string(),
            doc: credential.named.doc.to_string(),
            opens: vec![store],
            held,
            file: commands::credential_file(plan, id),
        });
    }
    out
}

fn faults(plan: &Plan, period: &Period) -> Vec<FaultRow> {
    let name = |id: ClassId| plan.model.classes[id].named.name.to_string();
    let row = |aftermath: Aftermath| {
        let mut row = FaultRow {
            faults: aftermath
                .faults
                .iter()
                .map(|f| f.replace('`', ""))
                .collect(),
            untouched: Vec::new(),
            from: Vec::new(),
            nothing: Vec::new(),
        };
        for fate in aftermath.fates {
            let all = classes::copies(plan, fate.class, period);
            let places = |id: &thrice_plan::CopyId| plan.copies[*id].location.clone();
            let usable: Vec<_> = fate.usable.iter().map(places).collect();
            let left: Vec<usize> = (0..all.len())
                .filter(|i| all.get(*i).is_some_and(|id| usable.contains(&places(id))))
                .collect();
            if fate.untouched && left.len() == all.len() {
                row.untouched.push(name(fate.class));
            } else if left.is_empty() && !fate.untouched {
                row.nothing.push(name(fate.class));
            } else {
                let freshest = left.first().and_then(|i| all.get(*i));
                row.from.push(From {
                    class: name(fate.class),
                    ways: left
                        .iter()
                        .filter_map(|i| {
                            let store = plan.copies[*all.get(*i)?].location.store;
                            let store = plan.model.stores[store].named.name.to_string();
                            Some((format!("{}-{}", name(fate.class), i + 1), store))
                        })
                        .collect(),
                    worst: freshest
                        .map_or_else(String::new, |id| words::time(plan.copies[*id].staleness)),
                    lost: !fate.untouched,
                });
            }
        }
        row
    };
    let rows = survivors(plan, period).into_iter().map(row);
    // Faults that neither hit data nor copies leave nothing to do; those that hit data come first.
    let mut rows: Vec<FaultRow> = rows
        .filter(|row| !row.from.is_empty() || !row.nothing.is_empty())
        .collect();
    rows.sort_by_key(|row| row.nothing.is_empty() && !row.from.iter().any(|from| from.lost));
    rows
}

fn services(plan: &Plan, period: Option<&Period>) -> Vec<Service> {
    let services = &plan.model.services;
    let there: Vec<ServiceId> = services
        .iter()
        .filter(|(_, s)| period.is_none_or(|p| s.lifetime.contains(p.from)))
        .map(|(id, _)| id)
        .collect();
    let view = |id: ServiceId| {
        let service = &services[id];
        Service {
            name: service.named.name.to_string(),
            host: plan.model.hosts[service.host].named.name.to_string(),
            container: service.container.clone().unwrap_or_default(),
            after: service
                .after
                .iter()
                .map(|a| services[*a].named.name.to_string())
                .collect(),
            doc: service.named.doc.to_string(),
        }
    };
    order::services(plan, &there)
        .into_iter()
        .map(view)
        .collect()
}

fn accepted(plan: &Plan) -> Vec<Accepted> {
    let model = &plan.model;
    let acceptances = model.acceptances.iter();
    acceptances
        .map(|a| {
            let classes = a.selection.iter().flat_map(|s| &s.classes);
            let names: Vec<&str> = classes
                .map(|id| model.classes[*id].named.name.as_str())
                .chain(a.subjects.iter().map(|(name, _)| name.as_str()))
                .collect();
            Accepted {
                what: format!("{} for {}", a.obligation.word(), names.join(", ")),
                why: a.why.clone(),
                by: a.by.join(", "),
                until: a.until.to_string(),
            }
        })
        .collect()
}
