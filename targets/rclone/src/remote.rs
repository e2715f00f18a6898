//! Object storages as remotes of rclone.

use thrice_model::{Credential, CredentialId, Holder, Host, HostId, Step, Version};
use thrice_target::template::line;
use thrice_target::{Diagnostic, Plan, layout, refusal};

/// An object storage, opened with one credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remote {
    /// Its name: lower case, digits and `_` alone, so that rclone finds its settings in variables.
    pub name: String,
    /// Its settings, in the words of rclone, without `type`. No secret among them.
    pub settings: Vec<(&'static str, String)>,
    /// The environment file with the keys.
    pub file: Option<String>,
}

impl Remote {
    /// Its settings as variables of the environment: `RCLONE_CONFIG_NAME_SETTING`.
    pub fn variables(&self) -> Vec<(String, String)> {
        let name = self.name.to_ascii_uppercase();
        let all = std::iter::once(("type", "s3".to_owned())).chain(self.settings.iter().cloned());
        all.map(|(setting, value)| {
            (
                format!("RCLONE_CONFIG_{name}_{}", setting.to_ascii_uppercase()),
                value,
            )
        })
        .collect()
    }

    /// Its section in a configuration file.
    pub fn section(&self) -> String {
        let mut out = format!("\n[{}]\ntype = s3\n", self.name);
        for (setting, value) in &self.settings {
            out.push_str(&format!("{setting} = {}\n", line(value)));
        }
        out
    }
}

/// The remote by which a step on `host` opens an object storage.
///
/// # Errors
/// The storage has no endpoint, or no credential opens it from there.
pub fn remote(
    plan: &Plan,
    step: &Step,
    host: HostId,
    storage_id: HostId,
) -> Result<Remote, Diagnostic> {
    let model = &plan.model;
    let storage = &model.hosts[storage_id];
    let Some(endpoint) = &storage.endpoint else {
        let message = format!("`{}` has no endpoint", storage.named.name);
        return Err(refusal::about(step, refusal::UNREACHABLE, message)
            .at(storage.named.span, "declared here")
            .help("write `endpoint` with the host name of its S3 service"));
    };
    let credential_id = credential(plan, step, host, storage_id)?;
    let credential = &model.credentials[credential_id];
    let file = layout::credential_file(plan, host, credential_id);
    let mut settings = vec![
        (
            "provider",
            provider(endpoint, version(&model.hosts[host])).to_owned(),
        ),
        ("endpoint", with_scheme(endpoint)),
        ("env_auth", "true".to_owned()),
        ("no_check_bucket", "true".to_owned()),
    ];
    if let Some(region) = &storage.region {
        settings.push(("region", region.clone()));
    }
    if let (None, Some(profile)) = (&file, &credential.profile) {
        settings.push(("profile", profile.clone()));
    }
    Ok(Remote {
        name: name(plan, storage_id, credential_id),
        settings,
        file,
    })
}

/// The step's own credential, if it is one of that storage's account; else the only one of that
/// account that lies on the host, or of which nothing says where it lies.
fn credential(
    plan: &Plan,
    step: &Step,
    host: HostId,
    storage: HostId,
) -> Result<CredentialId, Diagnostic> {
    let model = &plan.model;
    if let Some((id, _)) = step.credential
        && opens(plan, &model.credentials[id], storage)
    {
        return Ok(id);
    }
    let lies_here = |other: &Credential| {
        other.held.is_empty()
            || other
                .held
                .iter()
                .any(|(holder, _)| *holder == Holder::Host(host))
    };
    let others: Vec<CredentialId> = model
        .credentials
        .iter()
        .filter(|(_, other)| opens(plan, other, storage) && lies_here(other))
        .map(|(id, _)| id)
        .collect();
    if let [only] = others.as_slice() {
        return Ok(*only);
    }
    let storage = &model.hosts[storage];
    let runner = &model.hosts[host].named.name;
    let count = if others.is_empty() {
        "no"
    } else {
        "more than one"
    };
    let message = format!(
        "{count} credential opens `{}` from `{runner}` for `{}`",
        storage.named.name, step.named.name
    );
    Err(refusal::about(step, refusal::UNREACHABLE, message)
        .at(storage.named.span, "the storage")
        .help("name it: `credential NAME` in the step, with `account` in the credential"))
}

/// Whether a credential is one of the storage's account. One that names no account is taken for the
/// account that its rights lie in, and for any where it names neither.
fn opens(plan: &Plan, credential: &Credential, storage: HostId) -> bool {
    match credential.account {
        Some(account) => account == storage,
        None => {
            let mut stores = credential
                .rights
                .iter()
                .flat_map(|rights| &rights.stores)
                .peekable();
            stores.peek().is_none() || stores.any(|store| plan.host_of(*store) == storage)
        }
    }
}

/// `STORAGE_CREDENTIAL`, made plain, and a number behind it where two become the same.
fn name(plan: &Plan, storage: HostId, credential: CredentialId) -> String {
    let model = &plan.model;
    let plain_name = |storage: HostId, credential: CredentialId| {
        let name = format!(
            "{}_{}",
            model.hosts[storage].named.name, model.credentials[credential].named.name
        );
        name.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .collect::<String>()
    };
    let mine = plain_name(storage, credential);
    let pairs = model
        .hosts
        .ids()
        .flat_map(|s| model.credentials.ids().map(move |c| (s, c)));
    let before = pairs
        .take_while(|pair| *pair != (storage, credential))
        .filter(|(s, c)| plain_name(*s, *c) == mine)
        .count();
    if before == 0 {
        mine
    } else {
        format!("{mine}__{}", before + 1)
    }
}

/// What rclone calls the make of the server. `Hetzner` exists since 1.72; before, `Ceph` is what
/// Hetzner runs. What is not known is `Other`, the most careful one.
fn provider(endpoint: &str, version: Version) -> &'static str {
    if endpoint.ends_with("your-objectstorage.com") {
        if version.at_least(1, 72) {
            "Hetzner"
        } else {
            "Ceph"
        }
    } else if endpoint.ends_with("amazonaws.com") {
        "AWS"
    } else {
        "Other"
    }
}

fn with_scheme(endpoint: &str) -> String {
    if endpoint.contains("://") {
        endpoint.to_owned()
    } else {
        format!("https://{endpoint}")
    }
}

/// The version of rclone on a host; where the policy does not say, the oldest that the scripts are made for
/// (Debian 12 has 1.60).
pub fn version(host: &Host) -> Version {
    let tool = host.tools.iter().find(|tool| tool.name == "rclone");
    tool.and_then(|tool| tool.version)
        .unwrap_or(Version::new(1, 60, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_make_of_the_server_is_one_that_the_version_knows() {
        assert_eq!(
            provider("fsn1.your-objectstorage.com", Version::new(1, 60, 0)),
            "Ceph"
        );
        assert_eq!(
            provider("fsn1.your-objectstorage.com", Version::new(1, 72, 0)),
            "Hetzner"
        );
        assert_eq!(
            provider("s3.eu-west-3.amazonaws.com", Version::new(1, 75, 0)),
            "AWS"
        );
        assert_eq!(provider("s3.example.org", Version::new(1, 75, 0)), "Other");
    }

    #[test]
    fn endpoints_are_addresses() {
        assert_eq!(with_scheme("s3.example.org"), "https://s3.example.org");
        assert_eq!(with_scheme("http://127.0.0.1:80"), "http://127.0.0.1:80");
    }
}
