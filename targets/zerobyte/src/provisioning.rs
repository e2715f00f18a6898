//! `provisioning.json`: the repositories and volumes of the jobs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};
use thrice_model::{HostId, Location, RepositoryId, Source, Step, StepId, StepTarget, StoreKind};
use thrice_target::{Diagnostic, Plan, filename, layout, refusal};

use crate::secret::{ORGANIZATION, placeholder, reference};

/// The file, and what the jobs call its entries.
pub struct Provisioned {
    /// The file.
    pub value: Value,
    /// Id of each repository.
    pub repositories: BTreeMap<RepositoryId, String>,
    /// Id of each volume.
    pub volumes: BTreeMap<Location, String>,
}

impl Provisioned {
    /// The word for the repository that a step writes.
    pub fn word(&self, step: &Step) -> Result<String, Diagnostic> {
        let id = self.repositories.get(&repository(step)?);
        let id =
            id.ok_or_else(|| refusal::about(step, refusal::INTERNAL, "a job has no repository"))?;
        Ok(placeholder("REPOSITORY", id))
    }
}

/// The repositories and volumes that the jobs of a host need.
pub fn of(plan: &Plan, host: HostId, steps: &[(StepId, &Step)]) -> Result<Provisioned, Diagnostic> {
    let mut repositories = BTreeMap::new();
    let mut volumes = BTreeMap::new();
    let (mut repository_entries, mut volume_entries) = (Vec::new(), Vec::new());
    for (_, step) in steps {
        let repository_id = repository(step)?;
        if let Entry::Vacant(new) = repositories.entry(repository_id) {
            let id = filename(&plan.model.repositories[repository_id].named.name);
            repository_entries.push(repository_entry(plan, step, host, repository_id, &id)?);
            new.insert(id);
        }
        if step.mirror().is_some() {
            continue;
        }
        let place = source(plan, step)?;
        if let Entry::Vacant(new) = volumes.entry(place) {
            let store = &plan.model.stores[new.key().store].named.name;
            let id = filename(&format!("{store}:{}", new.key().path));
            volume_entries.push(volume_entry(plan, step, host, new.key(), &id)?);
            new.insert(id);
        }
    }
    let value =
        json!({ "version": 1, "repositories": repository_entries, "volumes": volume_entries });
    Ok(Provisioned {
        value,
        repositories,
        volumes,
    })
}

/// The repository that a backup writes.
pub fn repository(step: &Step) -> Result<RepositoryId, Diagnostic> {
    match &step.target {
        StepTarget::Repository(id, _) => Ok(*id),
        _ => Err(refusal::about(
            step,
            refusal::UNSUPPORTED,
            "a job of Zerobyte writes to a repository",
        )),
    }
}

/// The one place that a backup reads.
pub fn source(plan: &Plan, step: &Step) -> Result<Location, Diagnostic> {
    let model = &plan.model;
    let target = |id: StepId| match &model.steps[id].target {
        StepTarget::Location(place, _) => Some(place.clone()),
        _ => None,
    };
    let found = match &step.source {
        Source::Location(place, _) => Some(place.clone()),
        Source::Step(id, _) => target(*id),
        Source::Repository(..) => None,
        Source::Home => {
            let mut homes: Vec<_> = step
                .classes
                .iter()
                .map(|(id, _)| &model.classes[*id].home)
                .collect();
            homes.sort();
            homes.dedup();
            if let [home] = homes.as_slice() {
                Some((*home).clone())
            } else {
                None
            }
        }
    };
    found.ok_or_else(|| {
        let message = format!(
            "`{}` does not read one folder, and a job of Zerobyte has one volume",
            step.named.name
        );
        refusal::about(step, refusal::UNSUPPORTED, message).help("write one backup for each place")
    })
}

fn repository_entry(
    plan: &Plan,
    step: &Step,
    host: HostId,
    id: RepositoryId,
    name: &str,
) -> Result<Value, Diagnostic> {
    let model = &plan.model;
    let repository = &model.repositories[id];
    let place = repository.place();
    let store = &model.stores[repository.store];
    let Some((key, _)) = repository.key else {
        let message = format!("the repository `{}` has no key", repository.named.name);
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .at(repository.named.span, "declared here")
            .help(
                "name its key: without one Zerobyte takes the password of the whole organisation",
            ));
    };
    let mut config = if store.kind == StoreKind::Bucket {
        let storage = &model.hosts[store.host];
        let (Some(endpoint), Some((credential, _))) =
            (&storage.endpoint, step.credential.or(repository.credential))
        else {
            let message = format!("Zerobyte cannot open `{}`", store.named.name);
            return Err(refusal::about(step, refusal::UNREACHABLE, message)
                .at(storage.named.span, "the storage")
                .help("write its `endpoint`, and a `credential` for the repository"));
        };
        let credential = &model.credentials[credential].named.name;
        let scheme = if endpoint.contains("://") {
            ""
        } else {
            "https://"
        };
        // There is no field for a prefix: it goes behind the bucket.
        let path = place.path.trim_end_matches('/');
        json!({
            "backend": "s3",
            "endpoint": format!("{scheme}{endpoint}"),
            "bucket": format!("{}{path}", store.bucket),
            "accessKeyId": reference(&format!("{credential}_access_key_id")),
            "secretAccessKey": reference(&format!("{credential}_secret_access_key")),
        })
    } else {
        let Some(path) = layout::path_on(plan, host, &place) else {
            return Err(unreachable(plan, step, host, &place));
        };
        json!({ "backend": "local", "path": path })
    };
    let backend = config["backend"].clone();
    config["isExistingRepository"] = true.into();
    config["customPassword"] = reference(&model.keys[key].named.name).into();
    Ok(json!({
        "id": name,
        "organizationId": ORGANIZATION,
        "name": repository.named.name,
        "backend": backend,
        "compressionMode": "auto",
        "config": config,
    }))
}

fn volume_entry(
    plan: &Plan,
    step: &Step,
    host: HostId,
    place: &Location,
    id: &str,
) -> Result<Value, Diagnostic> {
    let store = &plan.model.stores[place.store];
    if store.kind == StoreKind::Bucket {
        return Err(unreachable(plan, step, host, place));
    }
    let path = layout::path(plan, place);
    let config = if store.host == host {
        json!({ "backend": "directory", "path": path })
    } else {
        // The language has no word for accounts of hosts: whoever applies this names one that reads.
        let owner = &plan.model.hosts[store.host].named.name;
        json!({
            "backend": "sftp",
            "host": owner,
            "username": placeholder("USER", owner),
            "path": path,
            "privateKey": reference(&format!("{owner}_sftp_key")),
            "knownHosts": placeholder("KNOWN_HOSTS", owner),
            "skipHostKeyCheck": false,
            "readOnly": true,
        })
    };
    Ok(json!({
        "id": id,
        "organizationId": ORGANIZATION,
        "name": format!("{}:{}", store.named.name, place.path),
        "backend": config["backend"].clone(),
        "autoRemount": true,
        "config": config,
    }))
}

fn unreachable(plan: &Plan, step: &Step, host: HostId, place: &Location) -> Diagnostic {
    let (host, store) = (
        &plan.model.hosts[host].named,
        &plan.model.stores[place.store].named,
    );
    let message = format!(
        "Zerobyte on `{}` does not reach `{}`",
        host.name, store.name
    );
    refusal::about(step, refusal::UNREACHABLE, message)
        .at(store.span, "here")
        .help("it reads folders of its host and, over SFTP, of others; it writes to buckets and its host's folders")
}
