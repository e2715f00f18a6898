//! Where things are put: in the output folder, and on the hosts.
//!
//! | on a host | on a NAS | what |
//! |---|---|---|
//! | `/opt/thrice/POLICY/bin/STEP` | `MOUNT/thrice/POLICY/bin/STEP` | scripts |
//! | `/etc/thrice/POLICY/` | `MOUNT/thrice/POLICY/etc/` | files with secrets, put there by hand |
//! | `/var/lib/thrice/` | `MOUNT/thrice/state/` | records of runs |
//! | `/run/thrice/` | `/run/thrice/` | locks |
//!
//! `MOUNT` is where the first file system of the NAS is mounted: its `/etc` and `/opt` are made anew by
//! an upgrade, its pools are not.

use thrice_model::{
    CredentialId, HostId, HostKind, KeyId, Location, RepositoryId, StepId, StoreKind,
};
use thrice_plan::Plan;

use crate::filename;

/// The folders of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Scripts of this policy.
    pub bin: String,
    /// Files with secrets of this policy; `monitors.env` among them.
    pub etc: String,
    /// Records of runs, of all policies.
    pub state: String,
    /// Locks, of all policies.
    pub locks: String,
}

impl Folders {
    /// The environment file with the addresses of the monitors.
    #[must_use]
    pub fn monitors(&self) -> String {
        format!("{}/monitors.env", self.etc)
    }
}

/// The folders of a host: see the table above.
#[must_use]
pub fn folders(plan: &Plan, host: HostId) -> Folders {
    let policy = policy(plan);
    match nas_mount(plan, host) {
        Some(mount) => Folders {
            bin: join(&mount, &format!("/thrice/{policy}/bin")),
            etc: join(&mount, &format!("/thrice/{policy}/etc")),
            state: join(&mount, "/thrice/state"),
            locks: "/run/thrice".to_owned(),
        },
        None => Folders {
            bin: format!("/opt/thrice/{policy}/bin"),
            etc: format!("/etc/thrice/{policy}"),
            state: "/var/lib/thrice".to_owned(),
            locks: "/run/thrice".to_owned(),
        },
    }
}

/// Where the first file system of a NAS is mounted, if it is not mounted at `/`.
fn nas_mount(plan: &Plan, host: HostId) -> Option<String> {
    if plan.model.hosts[host].kind != HostKind::Nas {
        return None;
    }
    let mut stores = plan.model.stores.iter().map(|(_, store)| store);
    stores
        .find(|store| {
            store.host == host && store.kind == StoreKind::FileSystem && store.mounted_at != "/"
        })
        .map(|store| store.mounted_at.clone())
}

/// The policy's name in names of files, users' folders and tags.
#[must_use]
pub fn policy(plan: &Plan) -> String {
    filename(&plan.model.policy.named.name)
}

/// A step's name in names of files and tags.
#[must_use]
pub fn step(plan: &Plan, step: StepId) -> String {
    filename(&plan.model.steps[step].named.name)
}

/// A host's folder in the output: `hosts/HOST`.
#[must_use]
pub fn host_folder(plan: &Plan, host: HostId) -> String {
    format!("hosts/{}", filename(&plan.model.hosts[host].named.name))
}

/// Where a step's script stands in the output.
#[must_use]
pub fn script(plan: &Plan, host: HostId, id: StepId) -> String {
    format!("{}/bin/{}", host_folder(plan, host), step(plan, id))
}

/// Where a step's script stands on its host.
#[must_use]
pub fn installed_script(plan: &Plan, host: HostId, id: StepId) -> String {
    format!("{}/{}", folders(plan, host).bin, step(plan, id))
}

/// A path on the host that the location's store is on: its mount point and the path below it. Of a
/// bucket, the path alone.
#[must_use]
pub fn path(plan: &Plan, location: &Location) -> String {
    join(
        &plan.model.stores[location.store].mounted_at,
        &location.path,
    )
}

/// [`path`], if the location is a file system of this very host.
#[must_use]
pub fn path_on(plan: &Plan, host: HostId, location: &Location) -> Option<String> {
    let store = plan.model.stores.get(location.store)?;
    (store.host == host && store.kind == StoreKind::FileSystem).then(|| path(plan, location))
}

/// The list of what a capture left, next to its destination: a line `SHA256 BYTES SECONDS PATH` for each
/// file, its time in seconds since 1970.
#[must_use]
pub fn manifest(plan: &Plan, destination: &Location) -> String {
    format!("{}.manifest", path(plan, destination).trim_end_matches('/'))
}

fn join(base: &str, below: &str) -> String {
    let base = base.trim_end_matches('/');
    let below = below.trim_matches('/');
    match (base, below) {
        ("", "") => "/".to_owned(),
        (base, "") => base.to_owned(),
        (base, below) => format!("{base}/{below}"),
    }
}

/// The file with a key's secret on a host that uses it: the one that the policy names, else
/// `keys/KEY` in the folder for secrets.
#[must_use]
pub fn key_file(plan: &Plan, host: HostId, key: KeyId) -> String {
    let key = &plan.model.keys[key];
    let default = || {
        format!(
            "{}/keys/{}",
            folders(plan, host).etc,
            filename(&key.named.name)
        )
    };
    key.file.clone().unwrap_or_else(default)
}

/// The environment file with a credential's secrets on a host that uses it: the one that the policy
/// names; where it names neither a file nor a profile, `credentials/CREDENTIAL.env` in the folder for
/// secrets. `None` if a profile of the AWS credentials file is all there is.
#[must_use]
pub fn credential_file(plan: &Plan, host: HostId, credential: CredentialId) -> Option<String> {
    let credential = &plan.model.credentials[credential];
    if credential.file.is_none() && credential.profile.is_some() {
        return None;
    }
    let name = filename(&credential.named.name);
    let default = || format!("{}/credentials/{name}.env", folders(plan, host).etc);
    Some(credential.file.clone().unwrap_or_else(default))
}

/// The environment file that says how a step reaches the service that it captures or fills: addresses,
/// names, passwords. It need not be there.
#[must_use]
pub fn connection_file(plan: &Plan, host: HostId, id: StepId) -> String {
    format!(
        "{}/connections/{}.env",
        folders(plan, host).etc,
        step(plan, id)
    )
}

/// The name of the lock that steps on one repository share on a host: shared by those that read and
/// add, exclusive for those that remove or check.
#[must_use]
pub fn repository_lock(plan: &Plan, repository: RepositoryId) -> String {
    format!(
        "{}.repository.{}",
        policy(plan),
        filename(&plan.model.repositories[repository].named.name)
    )
}
