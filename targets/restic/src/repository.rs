//! Where a repository is, and how a host gets into it.

use serde::Serialize;
use thrice_model::{HostId, Location, RepositoryId, Step, StepId, StoreKind};
use thrice_plan::Plan;
use thrice_retention::ResticVersion;
use thrice_target::{Diagnostic, filename, layout, refusal, select};

const REPOSITORY: &str = include_str!("../templates/repository.sh.j2");

/// The host in snapshots that a host makes: always its name in the policy, never that of a container or
/// machine, which change and would begin a group of their own.
#[must_use]
pub fn host_name(plan: &Plan, host: HostId) -> String {
    filename(&plan.model.hosts[host].named.name)
}

/// The tag of a step's snapshots. restic's tags hold no comma, and this one nothing but plain letters.
#[must_use]
pub fn tag(plan: &Plan, step: StepId) -> String {
    format!(
        "thrice:{}:{}",
        layout::policy(plan),
        layout::step(plan, step)
    )
}

/// A repository as restic takes it on a host: `s3:https://ENDPOINT/BUCKET/PATH`, or a path of that very
/// host. `None` if the host cannot reach it.
#[must_use]
pub fn url(plan: &Plan, host: HostId, repository: RepositoryId) -> Option<String> {
    let repository = &plan.model.repositories[repository];
    let store = &plan.model.stores[repository.store];
    let place = repository.place();
    if store.kind == StoreKind::FileSystem {
        return layout::path_on(plan, host, &place);
    }
    let endpoint = plan.model.hosts[store.host]
        .endpoint
        .as_deref()?
        .trim_end_matches('/');
    let scheme = if endpoint.contains("://") {
        ""
    } else {
        "https://"
    };
    let path = repository.path.trim_end_matches('/');
    Some(format!("s3:{scheme}{endpoint}/{}{path}", store.bucket))
}

/// What a script needs to work on a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Which.
    pub repository: RepositoryId,
    /// As restic takes it.
    pub url: String,
    /// The file with its password.
    pub password_file: String,
    /// Environment files of its credential.
    pub settings: Vec<String>,
    /// Variables that are no secrets.
    pub variables: Vec<(String, String)>,
    /// What must be mounted.
    pub mounts: Vec<String>,
    options: Vec<String>,
}

#[derive(Serialize)]
struct Values<'a> {
    repository: &'a str,
    password_file: &'a str,
    version: String,
    options: &'a [String],
    mounts: &'a [String],
}

impl Access {
    /// How a step gets into its repository.
    ///
    /// # Errors
    /// It has none, or one without key, or its host cannot reach it.
    pub fn new(plan: &Plan, step: &Step, host: HostId) -> Result<Self, Diagnostic> {
        let model = &plan.model;
        let name = &step.named.name;
        let refuse = |code, message: String| refusal::about(step, code, message);
        let id = select::repository(step).ok_or_else(|| {
            refuse(
                refusal::UNREACHABLE,
                format!("`{name}` names no repository"),
            )
        })?;
        let repository = &model.repositories[id];
        let its = &repository.named.name;
        let (key, _) = repository.key.ok_or_else(|| {
            refuse(
                refusal::UNSUPPORTED,
                format!("repository `{its}` has no key, and restic always encrypts"),
            )
            .at(repository.named.span, "declared here")
            .help("declare a key and name it in the repository: `key NAME`")
        })?;
        let url = url(plan, host, id).ok_or_else(|| {
            let host = &model.hosts[host].named.name;
            refuse(
                refusal::UNREACHABLE,
                format!("`{name}` runs on `{host}`, which cannot reach repository `{its}`"),
            )
            .at(repository.named.span, "on a file system of another host")
            .help("run it on the host of the repository, or put the repository into a bucket")
        })?;
        let credential = step
            .credential
            .or(repository.credential)
            .map(|(credential, _)| credential);
        let settings = credential.and_then(|id| layout::credential_file(plan, host, id));
        let profile = credential.and_then(|id| model.credentials[id].profile.clone());
        // restic writes several status lines a second into JSON unless it is told not to.
        let mut variables = vec![("RESTIC_PROGRESS_FPS".to_owned(), "0.01".to_owned())];
        variables.extend(profile.map(|profile| ("AWS_PROFILE".to_owned(), profile)));
        Ok(Self {
            repository: id,
            url,
            password_file: layout::key_file(plan, host, key),
            settings: settings.into_iter().collect(),
            variables,
            mounts: mount(plan, &Location::whole(repository.store)),
            options: options(plan, step, id),
        })
    }

    /// The part of the script that opens the repository.
    pub fn render(
        &self,
        step: &Step,
        version: ResticVersion,
        mounts: &[String],
    ) -> Result<String, Diagnostic> {
        let values = Values {
            repository: &self.url,
            password_file: &self.password_file,
            version: version.to_string(),
            options: &self.options,
            mounts,
        };
        crate::render(step, "repository.sh.j2", REPOSITORY, &values)
    }
}

/// The options that every call gets.
fn options(plan: &Plan, step: &Step, id: RepositoryId) -> Vec<String> {
    let repository = &plan.model.repositories[id];
    let store = &plan.model.stores[repository.store];
    let in_bucket = store.kind == StoreKind::Bucket;
    let mut options = Vec::new();
    let mut add = |words: [String; 2]| options.extend(words);
    if repository.restic >= ResticVersion::new(0, 16, 0) {
        // Steps of this host wait for each other anyway; those of other hosts do by this.
        add(["--retry-lock".to_owned(), "30m".to_owned()]);
    }
    if let (true, Some(region)) = (in_bucket, &plan.model.hosts[store.host].region) {
        add(["-o".to_owned(), format!("s3.region={region}")]);
    }
    if let Some(connections) = step.pace().transfers {
        let backend = if in_bucket { "s3" } else { "local" };
        add([
            "-o".to_owned(),
            format!("{backend}.connections={}", connections.max(1)),
        ]);
    }
    if let Some(limit) = step.pace().limit {
        // restic counts in KiB a second, and takes 0 for no limit.
        add([
            "--limit-upload".to_owned(),
            (limit.0 / 1024).max(1).to_string(),
        ]);
    }
    options
}

/// Where a location's file system is mounted, if not at `/`.
pub fn mount(plan: &Plan, location: &Location) -> Vec<String> {
    let store = &plan.model.stores[location.store];
    let is_mounted = store.kind == StoreKind::FileSystem && store.mounted_at != "/";
    is_mounted
        .then(|| store.mounted_at.clone())
        .into_iter()
        .collect()
}
