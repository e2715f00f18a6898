//! What to measure on a host.

use std::collections::BTreeMap;

use thrice_model::{
    CaptureMethod, CaptureParts, CredentialId, HostId, Source, Step, StepTarget, StoreId,
    StoreKind, Verb,
};
use thrice_plan::Plan;
use thrice_target::Diagnostic;
use thrice_target::layout;
use thrice_target::select::{self, Means};
use thrice_target_restic::{Access, host_name, tag};

use crate::known;

/// A repository that steps of a host write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name in the policy.
    pub name: String,
    /// As restic takes it.
    pub url: String,
    /// The file with its password.
    pub password_file: String,
    /// Environment files with the secrets of its credential.
    pub settings: Vec<String>,
    /// Variables that are no secrets.
    pub variables: Vec<(String, String)>,
    /// The backups into it, whose snapshots are compared.
    pub backups: Vec<Backup>,
}

/// A backup, by its snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The step, as its files call it.
    pub step: String,
    /// The host in its snapshots.
    pub host: String,
    /// The tag of its snapshots.
    pub tag: String,
}

/// A server of PostgreSQL that a capture dumps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The capture, as its files call it.
    pub step: String,
    /// The environment file that says how to reach it; it need not be there.
    pub connection: String,
    /// Environment files with secrets.
    pub settings: Vec<String>,
    /// The user to ask as; empty for nobody else.
    pub user: String,
    /// The container to ask in; empty for none.
    pub container: String,
}

/// A bucket that steps of a host read or write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketQuestion {
    /// The store.
    pub store: String,
    /// The profile of AWS' files with keys for it.
    pub profile: Option<String>,
    /// The environment file with keys for it.
    pub settings: Option<String>,
    /// The places in it that the policy mentions, without slashes at the ends; an empty one is all of it.
    pub known: Vec<String>,
}

/// What to measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// The folder with records on that host, without the policy's own below `runs`.
    pub state: String,
    /// The policy's name in it.
    pub policy: String,
    /// Steps that leave a record there.
    pub steps: Vec<String>,
    /// Repositories to list.
    pub repositories: Vec<Repository>,
    /// Captures, each with the list of what it left.
    pub manifests: Vec<(String, String)>,
    /// Servers to ask for their databases.
    pub servers: Vec<Server>,
    /// File systems, by store, and where each is mounted.
    pub file_systems: Vec<(String, String)>,
    /// Folders in which data lies next to what may be more data.
    pub around: Vec<String>,
    /// Buckets that steps of the host read or write.
    pub buckets: Vec<BucketQuestion>,
}

/// The hosts that run scripts, in the order of the policy.
#[must_use]
pub fn hosts(plan: &Plan) -> Vec<(HostId, String)> {
    let runs = |host: HostId| scripts(plan, host).next().is_some();
    let hosts = plan.model.hosts.iter().filter(|(id, _)| runs(*id));
    hosts
        .map(|(id, host)| (id, host.named.name.to_string()))
        .collect()
}

/// The steps in force that are scripts on a host.
pub(crate) fn scripts(
    plan: &Plan,
    host: HostId,
) -> impl Iterator<Item = (thrice_model::StepId, &Step)> {
    select::in_force(plan).filter(move |(_, step)| {
        step.runner.host == Some(host) && select::means(plan, step).is_script()
    })
}

/// What to measure on a host.
///
/// # Errors
/// A repository that the host cannot get into.
pub fn questions(plan: &Plan, host: HostId) -> Result<Questions, Vec<Diagnostic>> {
    let mut out = Questions {
        state: layout::folders(plan, host).state,
        policy: layout::policy(plan),
        ..Questions::default()
    };
    let mut mistakes = Vec::new();
    for (id, step) in scripts(plan, host) {
        let name = layout::step(plan, id);
        out.steps.push(name.clone());
        if let Some(path) = manifest(plan, step, host) {
            out.manifests.push((name.clone(), path));
        }
        if let Some(server) = server(plan, step, host, &name) {
            out.servers.push(Server {
                connection: layout::connection_file(plan, host, id),
                ..server
            });
        }
        if select::means(plan, step) == Means::Restic {
            let backup = matches!(step.verb, Verb::Backup { .. }).then(|| Backup {
                step: name,
                host: host_name(plan, host),
                tag: tag(plan, id),
            });
            match Access::new(plan, step, host) {
                Ok(access) => add_repository(plan, &mut out.repositories, access, backup),
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    out.file_systems = file_systems(plan, host);
    out.around = known::around(plan, host);
    out.buckets = buckets(plan, host);
    if mistakes.is_empty() {
        Ok(out)
    } else {
        Err(mistakes)
    }
}

fn add_repository(
    plan: &Plan,
    repositories: &mut Vec<Repository>,
    access: Access,
    backup: Option<Backup>,
) {
    let name = &plan.model.repositories[access.repository].named.name;
    if let Some(there) = repositories.iter_mut().find(|known| known.name == *name) {
        there.backups.extend(backup);
        return;
    }
    repositories.push(Repository {
        name: name.to_string(),
        url: access.url,
        password_file: access.password_file,
        settings: access.settings,
        variables: access.variables,
        backups: backup.into_iter().collect(),
    });
}

/// Where a capture lists what it left.
fn manifest(plan: &Plan, step: &Step, host: HostId) -> Option<String> {
    let leaves_one = matches!(select::means(plan, step), Means::Wrapper | Means::Capture);
    match &step.target {
        StepTarget::Location(place, _) if leaves_one => {
            layout::path_on(plan, host, place)?;
            Some(layout::manifest(plan, place))
        }
        _ => None,
    }
}

/// The server that a capture dumps, as its script reaches it.
fn server(plan: &Plan, step: &Step, host: HostId, name: &str) -> Option<Server> {
    let Verb::Capture(parts) = &step.verb else {
        return None;
    };
    let CaptureParts {
        method: CaptureMethod::PgDump,
        runs: None,
        user,
        container,
        ..
    } = parts.as_ref()
    else {
        return None;
    };
    let credential = step.credential.map(|(credential, _)| credential);
    let settings = credential.and_then(|id| layout::credential_file(plan, host, id));
    Some(Server {
        step: name.to_owned(),
        connection: String::new(),
        settings: settings.into_iter().collect(),
        user: user.clone().unwrap_or_default(),
        container: container.clone().unwrap_or_default(),
    })
}

fn file_systems(plan: &Plan, host: HostId) -> Vec<(String, String)> {
    let stores = plan.model.stores.iter().filter(|(_, store)| {
        store.host == host
            && store.kind == StoreKind::FileSystem
            && store.lifetime.contains(plan.as_of)
    });
    stores
        .map(|(_, store)| (store.named.name.to_string(), store.mounted_at.clone()))
        .collect()
}

/// The buckets that a host's scripts read or write, each with the first credential used for it.
fn buckets(plan: &Plan, host: HostId) -> Vec<BucketQuestion> {
    let mut used: BTreeMap<StoreId, Option<CredentialId>> = BTreeMap::new();
    for (_, step) in scripts(plan, host) {
        let repository = select::repository(step).map(|id| &plan.model.repositories[id]);
        let mut stores: Vec<StoreId> = repository.iter().map(|there| there.store).collect();
        if let Source::Location(place, _) = &step.source {
            stores.push(place.store);
        }
        match &step.target {
            StepTarget::Location(place, _) => stores.push(place.store),
            StepTarget::Environment(_, Some(via), _) => stores.push(via.store),
            _ => {}
        }
        let credential = step
            .credential
            .or(repository.and_then(|there| there.credential))
            .map(|(credential, _)| credential);
        for store in stores {
            let known = used.entry(store).or_default();
            *known = known.or(credential);
        }
    }
    let buckets = used
        .into_iter()
        .filter(|(store, _)| plan.model.stores[*store].kind == StoreKind::Bucket);
    buckets
        .map(|(store, credential)| BucketQuestion {
            store: plan.model.stores[store].named.name.to_string(),
            profile: credential.and_then(|id| plan.model.credentials[id].profile.clone()),
            settings: credential.and_then(|id| layout::credential_file(plan, host, id)),
            known: known::in_bucket(plan, store),
        })
        .collect()
}
