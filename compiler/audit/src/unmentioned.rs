//! What is there, and the policy does not mention.

use std::collections::BTreeMap;

use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{Store, StoreKind};
use thrice_quantity::Bytes;
use thrice_report::number;
use thrice_target::layout;
use thrice_target::select::{self, Means};

use crate::finding::{Judge, UNMENTIONED, some};
use crate::history::is_of_a_step;
use crate::known;
use crate::measured::Folder;

/// Everything that is unmentioned.
pub fn judge(judge: &mut Judge<'_>) {
    snapshots(judge);
    databases(judge);
    volumes(judge);
    folders(judge);
    objects(judge);
    buckets(judge);
}

fn tell(judge: &mut Judge<'_>, span: Option<Span>, subject: &str, message: String, help: &str) {
    let mut diagnostic = Diagnostic::warning(UNMENTIONED, message).about(subject);
    if let Some(span) = span {
        diagnostic = diagnostic.at(span, "all that the policy says of it");
    }
    judge.find(diagnostic.help(help), Vec::new());
}

/// Snapshots of nothing that the policy mentions, where Zerobyte, which tags by its own numbers, makes none.
fn snapshots(judge: &mut Judge<'_>) {
    let (plan, measured) = (judge.plan, judge.measured);
    for (id, repository) in plan.model.repositories.iter() {
        let name = &repository.named.name;
        let by_zerobyte = select::in_force(plan).any(|(_, step)| {
            select::means(plan, step) == Means::Zerobyte && select::repository(step) == Some(id)
        });
        let Some(Ok(snapshots)) = measured.snapshots.get(name.as_str()) else {
            continue;
        };
        let mut strange: BTreeMap<String, usize> = BTreeMap::new();
        for snapshot in snapshots {
            if by_zerobyte || is_of_a_step(judge, &snapshot.tags) {
                continue;
            }
            let which = match snapshot.tags.as_slice() {
                [] => format!("of `{}` without a tag", snapshot.hostname),
                tags => format!(
                    "of `{}` with the tag `{}`",
                    snapshot.hostname,
                    tags.join(",")
                ),
            };
            *strange.entry(which).or_default() += 1;
        }
        for (which, count) in strange {
            let message = format!(
                "`{name}` holds {} {which}, which no step of the policy makes or thins",
                number(count, "snapshot")
            );
            let help = "make a step of what takes them, or forget them: nothing thins them, and they take room";
            tell(judge, Some(repository.named.span), name, message, help);
        }
    }
}

/// Databases that no class lists. Where the classes list none, all are captured.
fn databases(judge: &mut Judge<'_>) {
    let (plan, measured) = (judge.plan, judge.measured);
    for (id, step) in select::in_force(plan) {
        let name = layout::step(plan, id);
        let of_classes = step
            .classes
            .iter()
            .map(|(class, _)| &plan.model.classes[*class]);
        let lists = of_classes.clone().any(|class| !class.parts.is_empty());
        let span = of_classes.clone().next().map(|class| class.named.span);
        let help = "list it in `parts` of a class, or write `skip` with the reason";
        match measured.databases.get(&name) {
            Some(Ok(exist)) if lists => {
                let unknown: Vec<String> = exist
                    .iter()
                    .filter(|database| !known::is_named(plan, database))
                    .map(|database| format!("`{database}`"))
                    .collect();
                if !unknown.is_empty() {
                    let message = format!(
                        "the server that `{}` dumps has databases that the policy does not mention: {}",
                        step.named.name,
                        some(&unknown)
                    );
                    tell(judge, span, &step.named.name, message, help);
                }
            }
            Some(Ok(_)) => {}
            other => {
                if let Some(Err(why)) = other {
                    judge.overlooked(&step.named.name, why);
                }
                let record = judge.record(id);
                let told = record.and_then(|record| record.numbers.get("undeclared").copied());
                if let Some(told) = told.filter(|told| *told > 0) {
                    let message = format!(
                        "the last run of `{}` found {} that the policy does not list",
                        step.named.name,
                        number(usize::try_from(told).unwrap_or(usize::MAX), "thing")
                    );
                    let help = "its log names them; list them in `parts` of a class, or write `skip` with the reason";
                    tell(judge, span, &step.named.name, message, help);
                }
            }
        }
    }
}

fn volumes(judge: &mut Judge<'_>) {
    let measured = judge.measured;
    match &measured.volumes {
        Some(Ok(volumes)) => {
            let unknown = unknown(judge, volumes);
            if !unknown.is_empty() {
                let message = format!(
                    "there are volumes of containers that the policy does not mention: {}",
                    some(&unknown)
                );
                let help = "make them the home of a class, or write `skip` with the reason";
                tell(judge, None, "volumes", message, help);
            }
        }
        Some(Err(why)) => judge.overlooked("volumes", why),
        None => {}
    }
}

fn folders(judge: &mut Judge<'_>) {
    let measured = judge.measured;
    for (around, folders) in &measured.folders {
        match folders {
            Ok(folders) => {
                let unknown = unknown(judge, folders);
                if !unknown.is_empty() {
                    let message = format!(
                        "beside the data in {around} there are folders that the policy does not mention: {}",
                        some(&unknown)
                    );
                    let help = "make them the home of a class, or write `skip` with the reason";
                    tell(judge, None, around, message, help);
                }
            }
            Err(why) => judge.overlooked(around, why),
        }
    }
}

/// Those of some folders that the policy does not mention, for people.
fn unknown(judge: &Judge<'_>, folders: &[Folder]) -> Vec<String> {
    let paths = known::on_host(judge.plan, judge.host);
    let is_known = |folder: &Folder| {
        known::is_mentioned(&paths, &folder.path)
            || known::is_named(judge.plan, &folder.name)
            || known::is_named(judge.plan, &folder.path)
    };
    let unknown = folders.iter().filter(|folder| !is_known(folder));
    unknown
        .map(|folder| match folder.is_repository {
            true => format!("`{}` (a repository of restic)", folder.name),
            false => format!("`{}`", folder.name),
        })
        .collect()
}

/// Objects outside of all places that the policy names.
fn objects(judge: &mut Judge<'_>) {
    let (plan, measured) = (judge.plan, judge.measured);
    for (_, store) in plan.model.stores.iter() {
        let name = &store.named.name;
        let Some(Ok(bucket)) = measured.buckets.get(name.as_str()) else {
            continue;
        };
        let strange: Vec<String> = bucket
            .strange
            .iter()
            .filter(|(prefix, _)| !known::is_named(plan, prefix.trim_end_matches('/')))
            .map(|(prefix, found)| {
                let what = if found.is_repository {
                    ", a repository of restic"
                } else {
                    ""
                };
                format!("`{prefix}` ({}{what})", Bytes(found.bytes))
            })
            .collect();
        if !strange.is_empty() {
            let message = format!(
                "bucket `{name}` holds what the policy does not mention: {}",
                some(&strange)
            );
            let help = "make it the home of a class or the place of a step, write `skip` with the reason, or remove it";
            tell(judge, Some(store.named.span), name, message, help);
        }
    }
}

/// Buckets of an account that no store is.
fn buckets(judge: &mut Judge<'_>) {
    let (plan, measured) = (judge.plan, judge.measured);
    for (id, host) in plan.model.hosts.iter() {
        let name = &host.named.name;
        let of_it = |store: &Store| store.host == id && store.kind == StoreKind::Bucket;
        match measured.accounts.get(name.as_str()) {
            Some(Ok(buckets)) => {
                let is_known = |bucket: &String| {
                    let mut stores = plan.model.stores.iter();
                    stores.any(|(_, store)| of_it(store) && store.bucket == *bucket)
                        || known::is_named(plan, bucket)
                };
                let unknown: Vec<String> = buckets
                    .iter()
                    .filter(|bucket| !is_known(bucket))
                    .map(|bucket| format!("`{bucket}`"))
                    .collect();
                if !unknown.is_empty() {
                    let message = format!(
                        "the account at `{name}` has buckets that the policy does not mention: {}",
                        some(&unknown)
                    );
                    let help = "declare them, or write `skip` with the reason";
                    tell(judge, Some(host.named.span), name, message, help);
                }
            }
            Some(Err(why)) => judge.overlooked(name, why),
            None => {}
        }
    }
}
