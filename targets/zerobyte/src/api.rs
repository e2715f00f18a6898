//! `api-plan.json`: what the API is asked to do, in order, and how to know that it is done already.
//!
//! Each entry is applied in the same way, by the program beside it: GET `match_by.path`, look for the one
//! entry whose field has the value; none: `create`, found and different: `update` where there is one; then
//! GET again and compare every field of the body (`read_back`). A list (`set`) is put where it differs from what
//! is read back, after Zerobyte has been asked whether it takes it (`asks`). Two entries that match are an error, never
//! a choice. What an entry yields is put in for the words between `@` of later ones.

use serde_json::{Map, Value, json};
use thrice_model::{HostId, MonitorKind, Step, StepId, Verb};
use thrice_plan::zerobyte::FLOOR;
use thrice_quantity::schedule::Recurrence;
use thrice_target::{Diagnostic, Plan, VERSION, layout, monitor, refusal};

use crate::provisioning::{Provisioned, source};
use crate::refuse::counts;
use crate::secret::{ORGANIZATION, placeholder};

/// Version of the form of this file.
const FORMAT: u32 = 1;
/// Minutes between attempts: its default, which a change that leaves it out resets.
const RETRY_DELAY: u32 = 15;

/// The plan for a host.
pub fn plan(
    plan: &Plan,
    host: HostId,
    steps: &[(StepId, &Step)],
    provisioned: &Provisioned,
) -> Result<Value, Diagnostic> {
    let model = &plan.model;
    let mut calls: Vec<Value> = Vec::new();
    calls.extend(
        provisioned
            .repositories
            .values()
            .map(|id| found("repository", "/repositories", id)),
    );
    calls.extend(
        provisioned
            .volumes
            .values()
            .map(|id| found("volume", "/volumes", id)),
    );
    let jobs = steps.iter().filter(|(_, step)| step.mirror().is_none());
    for (id, step) in jobs {
        calls.push(job(plan, *id, step, host, provisioned)?);
        calls.extend(notification(plan, *id, host)?);
        calls.push(mirrors(plan, *id, steps, provisioned)?);
    }
    Ok(json!({
        "format": FORMAT,
        "generator": format!("thrice {VERSION}"),
        "policy": { "name": model.policy.named.name, "sha256": model.hash },
        "host": model.hosts[host].named.name,
        "requires": { "zerobyte": format!(">= {}.{}", FLOOR.major, FLOOR.minor), "time_zone": model.hosts[host].timezone },
        "ours": { "jobs": format!("{}/", layout::policy(plan)) },
        "base": "/api/v1",
        "authentication": { "header": "x-api-key", "value": "@SECRET:ZEROBYTE_API_KEY@" },
        "placeholders": {
            "ORGANIZATION_ID": "Settings, Organization, of the instance",
            "USER": "an account of that host that may read the folder, and no more",
            "KNOWN_HOSTS": "the line of that host for known_hosts",
            "SECRET": "an environment variable of whoever applies this",
        },
        "calls": calls,
    }))
}

/// What provisioning has made: only looked up.
fn found(what: &str, path: &str, id: &str) -> Value {
    json!({
        "what": format!("{what} {id}"),
        "match_by": { "path": path, "field": "provisioningId", "value": format!("provisioned:{ORGANIZATION}:{id}") },
        "yields": { "shortId": placeholder(&what.to_uppercase(), id) },
    })
}

fn job(
    plan: &Plan,
    id: StepId,
    step: &Step,
    host: HostId,
    provisioned: &Provisioned,
) -> Result<Value, Diagnostic> {
    let internal = || {
        refusal::about(
            step,
            refusal::INTERNAL,
            "a job has no volume, or is no backup",
        )
    };
    let repository = provisioned.word(step)?;
    let volume = provisioned
        .volumes
        .get(&source(plan, step)?)
        .ok_or_else(internal)?;
    let Verb::Backup {
        keep,
        exclude,
        flags,
        ..
    } = &step.verb
    else {
        return Err(internal());
    };
    let (enabled, cron) = schedule(step)?;
    let mut retention = Map::new();
    for (name, count) in keep.iter().flat_map(|(rules, _)| counts(rules)) {
        retention.insert(name.to_owned(), count.into());
    }
    let flags: Vec<&str> = flags
        .iter()
        .flat_map(|flag| flag.split_whitespace())
        .collect();
    let name = name(plan, id);
    // All fields, always: what a change leaves out may be reset.
    let body = json!({
        "name": name,
        "volumeId": placeholder("VOLUME", volume),
        "repositoryId": repository,
        "enabled": enabled,
        "cronExpression": cron,
        "retentionPolicy": retention,
        "excludePatterns": exclude,
        "excludeIfPresent": [],
        "includePaths": [],
        "includePatterns": [],
        "oneFileSystem": flags.contains(&"--one-file-system"),
        "customResticParams": flags.iter().filter(|flag| **flag != "--one-file-system").collect::<Vec<_>>(),
        "maxRetries": step.timing.retries,
        "retryDelay": RETRY_DELAY,
    });
    let at = placeholder("JOB", &layout::step(plan, id));
    Ok(json!({
        "what": format!("job of {}", step.named.name),
        "step": step.named.name,
        "host": plan.model.hosts[host].named.name,
        "match_by": { "path": "/backups", "field": "name", "value": name },
        "create": { "method": "POST", "path": "/backups", "body": body },
        "update": { "method": "PATCH", "path": format!("/backups/{at}"), "body": body },
        "read_back": { "method": "GET", "path": format!("/backups/{at}") },
        "yields": { "shortId": at },
    }))
}

/// The mirrors of a job: all of them at once, for a call replaces what is there, and one that the policy does
/// not have any more goes. Zerobyte is asked before whether it takes them.
fn mirrors(
    plan: &Plan,
    id: StepId,
    steps: &[(StepId, &Step)],
    provisioned: &Provisioned,
) -> Result<Value, Diagnostic> {
    let its = steps
        .iter()
        .filter(|(_, step)| plan.model.followed(step) == Some(id));
    let mirrors = its
        .map(|(_, step)| Ok(json!({ "repositoryId": provisioned.word(step)?, "enabled": true })))
        .collect::<Result<Vec<Value>, Diagnostic>>()?;
    let step = &plan.model.steps[id];
    let path = format!(
        "/backups/{}/mirrors",
        placeholder("JOB", &layout::step(plan, id))
    );
    Ok(json!({
        "what": format!("mirrors of {}", step.named.name),
        "asks": { "method": "GET", "path": format!("{path}/compatibility") },
        "set": { "method": "PUT", "path": path, "body": { "mirrors": mirrors } },
        "read_back": { "method": "GET", "path": path },
    }))
}

/// At most 128 characters, and one in an organisation.
pub fn name(plan: &Plan, id: StepId) -> String {
    let (policy, step) = (layout::policy(plan), layout::step(plan, id));
    let name = format!("{policy}/{step}");
    if name.len() <= 128 {
        name
    } else {
        thrice_target::filename(&name)
    }
}

/// A name of a destination, which Zerobyte makes a slug of (`notifications.service.ts`) and is then found
/// by: lower case, hyphens, and a digest, since two names may give one slug.
fn slug(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let digest = thrice_target::sha256(name.as_bytes());
    format!("{}-{}", words.join("-"), digest.get(..8).unwrap_or(&digest))
}

/// Whether a job runs by itself, and its five fields.
fn schedule(step: &Step) -> Result<(bool, String), Diagnostic> {
    let wanted = step
        .timing
        .schedule
        .as_ref()
        .filter(|(schedule, _)| schedule.when != Recurrence::OnDemand);
    // A job has a time in any case; one that is switched off never comes to it.
    let Some((schedule, span)) = wanted else {
        return Ok((false, "0 0 1 1 *".to_owned()));
    };
    let cron = schedule.to_cron().map_err(|error| {
        refusal::about(
            step,
            refusal::UNSUPPORTED,
            format!("`{}` cannot be a job of Zerobyte: {error}", step.named.name),
        )
        .at(*span, "this schedule")
        .help("a job has one line of cron: write one backup for each time, or let cron run it")
    })?;
    Ok((true, cron))
}

/// The success signal of a job: a destination of its own, told of successes alone.
fn notification(plan: &Plan, id: StepId, host: HostId) -> Result<Vec<Value>, Diagnostic> {
    let Some(signal) = monitor::signal(plan, host, id)? else {
        return Ok(Vec::new());
    };
    let step = &plan.model.steps[id];
    let kind = step
        .monitor
        .map(|(monitor, _)| plan.model.monitors[monitor].kind);
    let address = placeholder("SECRET", &signal.own);
    let name = slug(&name(plan, id));
    let at = placeholder("NOTIFICATION", &layout::step(plan, id));
    let config = json!({
        "type": "generic",
        // For Uptime Kuma the address ends in `?status=up`, which Zerobyte keeps.
        "url": address,
        "method": if kind == Some(MonitorKind::UptimeKuma) { "GET" } else { "POST" },
    });
    let body = json!({ "name": name, "config": config });
    // One that somebody switched off tells nobody.
    let changed = json!({ "name": name, "config": config, "enabled": true });
    let job = placeholder("JOB", &layout::step(plan, id));
    let assigned = json!({ "assignments": [{
        "destinationId": at,
        "notifyOnStart": false,
        "notifyOnSuccess": true,
        "notifyOnWarning": false,
        "notifyOnFailure": false,
    }] });
    let path = "/notifications/destinations";
    Ok(vec![
        json!({
            "what": format!("success signal of {}", step.named.name),
            "match_by": { "path": path, "field": "name", "value": name },
            "create": { "method": "POST", "path": path, "body": body },
            "update": { "method": "PATCH", "path": format!("{path}/{at}"), "body": changed },
            "read_back": { "method": "GET", "path": format!("{path}/{at}") },
            "yields": { "id": at },
        }),
        json!({
            "what": format!("who is told of {}", step.named.name),
            "set": { "method": "PUT", "path": format!("/backups/{job}/notifications"), "body": assigned },
            "read_back": { "method": "GET", "path": format!("/backups/{job}/notifications") },
        }),
    ])
}
