//! The datasets that a policy's files lie in, and their snapshots.
//!
//! TrueNAS mounts the dataset `tank/x` at `/mnt/tank/x`. Each folder right below a store becomes a
//! dataset of its own, so that it has a size of its own and can be replicated alone; what is deeper is
//! folders, which the scripts make: a script that renames what it has written must not meet the edge of a
//! dataset on its way.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use thrice_model::{HostId, Location, Source, StepTarget, Store, StoreId, StoreKind, Verb};
use thrice_plan::Plan;
use thrice_quantity::schedule::{Schedule, zone_named};
use thrice_target::{Diagnostic, due, layout, refusal, select};

use crate::jobs;

/// Snapshots are named by this, to which TrueNAS puts the date; it must hold all five parts of it.
const DATED: &str = "%Y-%m-%d_%H-%M";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// What the names of a policy's snapshots begin with.
pub fn prefix(plan: &Plan) -> String {
    format!("thrice-{}-", layout::policy(plan))
}

/// The file systems of a NAS that exist on the day of the plan.
pub fn stores(plan: &Plan, host: HostId) -> impl Iterator<Item = (StoreId, &Store)> {
    plan.model.stores.iter().filter(move |(_, store)| {
        store.host == host
            && store.kind == StoreKind::FileSystem
            && store.lifetime.contains(plan.as_of)
    })
}

/// The dataset at whose mount point a store is; `None` for one that is elsewhere.
fn dataset(store: &Store) -> Option<&str> {
    let below = store.mounted_at.strip_prefix("/mnt/")?.trim_matches('/');
    (!below.is_empty()).then_some(below)
}

/// Names of the datasets of a NAS: parents first.
pub fn tree(plan: &Plan, host: HostId) -> Vec<Value> {
    let mut names = BTreeSet::new();
    for (id, store) in stores(plan, host) {
        let Some(root) = dataset(store) else { continue };
        let folders = used(plan)
            .filter(|place| place.store == id)
            .filter_map(|place| place.path.trim_start_matches('/').split('/').next());
        names.extend(
            folders
                .filter(|folder| is_plain(folder))
                .map(|folder| format!("{root}/{folder}")),
        );
    }
    names
        .into_iter()
        .map(|name| json!({ "name": name, "type": "FILESYSTEM" }))
        .collect()
}

/// Where data of the policy lies: homes of classes, and all that steps in force write.
fn used(plan: &Plan) -> impl Iterator<Item = &Location> {
    let classes = plan.model.classes.iter().map(|(_, class)| class);
    let homes = classes
        .filter(|class| class.lifetime.contains(plan.as_of))
        .map(|class| &class.home);
    let written = select::in_force(plan).filter_map(|(_, step)| match &step.target {
        StepTarget::Location(place, _) => Some(place),
        _ => None,
    });
    let spared = select::in_force(plan).filter_map(|(_, step)| match &step.verb {
        Verb::Sync { backup_dir, .. } => backup_dir.as_deref(),
        _ => None,
    });
    let read = select::in_force(plan).filter_map(|(_, step)| match &step.source {
        Source::Location(place, _) => Some(place),
        _ => None,
    });
    homes.chain(written).chain(spared).chain(read)
}

/// Whether TrueNAS takes a name for a dataset; one that it does not take stays a folder.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c))
}

/// The snapshot tasks of a store, as `pool.snapshottask.create` takes them.
///
/// # Errors
/// The store is no dataset, or TrueNAS cannot take its snapshots when the policy says.
pub fn snapshots(plan: &Plan, host: HostId, id: StoreId) -> Result<Vec<Value>, Diagnostic> {
    let store = &plan.model.stores[id];
    let Some((schedule, keep, span)) = &store.snapshots else {
        return Ok(Vec::new());
    };
    let refuse = |code, message: String| {
        Diagnostic::error(code, message)
            .at(*span, "these snapshots")
            .about(store.named.name.to_string())
    };
    let name = &store.named.name;
    let Some(root) = dataset(store) else {
        return Err(refuse(
            refusal::UNREACHABLE,
            format!("TrueNAS takes no snapshots of `{name}`: it is not mounted below /mnt"),
        )
        .help("write `mounted at /mnt/POOL`, where TrueNAS mounts a pool"));
    };
    let its_host = &plan.model.hosts[host];
    if due::needs_other_clock(schedule, its_host) {
        let (zone, clock) = (due::zone(schedule, its_host), &its_host.timezone);
        let message = format!(
            "the snapshots of `{name}` are planned in {zone}, and TrueNAS takes them by its clock, which is {clock}"
        );
        return Err(refuse(refusal::UNSUPPORTED, message).help("plan them in the zone of the NAS"));
    }
    let lines = schedule.to_cron_lines().map_err(|error| {
        refuse(
            refusal::UNSUPPORTED,
            format!("the snapshots of `{name}`: {error}"),
        )
    })?;
    let (value, unit) = lifetime(plan, schedule, &due::zone(schedule, its_host), *keep)
        .ok_or_else(|| {
            refuse(
                refusal::UNSUPPORTED,
                format!("the snapshots of `{name}` never come"),
            )
        })?;
    let task = |(index, fields): (usize, &String)| {
        let mut when = jobs::schedule(fields);
        when["begin"] = "00:00".into();
        when["end"] = "23:59".into();
        let number = if index == 0 {
            String::new()
        } else {
            format!("{}-", index + 1)
        };
        json!({
            "dataset": root,
            "recursive": true,
            "exclude": [],
            "lifetime_value": value,
            "lifetime_unit": unit,
            "naming_schema": format!("{}{number}{DATED}", prefix(plan)),
            "allow_empty": true,
            "enabled": true,
            "schedule": when,
        })
    };
    Ok(lines.iter().enumerate().map(task).collect())
}

/// TrueNAS keeps snapshots by age, the policy by number: as old as the oldest of `keep` becomes over the
/// policy's years, in whole hours, or days where that is exact.
fn lifetime(
    plan: &Plan,
    schedule: &Schedule,
    zone: &str,
    keep: u32,
) -> Option<(i64, &'static str)> {
    let policy = &plan.model.policy;
    let zone = zone_named(zone).ok()?;
    let start = policy
        .start
        .to_zoned(TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    let years = u32::try_from(policy.end.year() - policy.start.year() + 1).unwrap_or(1);
    let oldest = schedule
        .widest_gap_with_missed(&zone, start, years, keep.saturating_sub(1))?
        .0;
    if oldest % DAY == 0 {
        Some((oldest / DAY, "DAY"))
    } else {
        Some(((oldest + HOUR - 1) / HOUR, "HOUR"))
    }
}
