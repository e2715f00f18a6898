//! Keys of an object storage: from the environment, or a profile of AWS' own files.

use std::fmt;

use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_sdk_s3::config::Credentials;
use aws_types::os_shim_internal::{Env, Fs};

/// A key pair. It is shown nowhere, not even for debugging.
#[derive(Clone)]
pub struct Keys {
    pub(crate) credentials: Credentials,
    authorities: Option<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// There are no keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoKeys(pub String);

impl fmt::Display for NoKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoKeys {}

impl Keys {
    /// These.
    #[must_use]
    pub fn new(id: &str, secret: &str, token: Option<String>) -> Self {
        Self {
            credentials: Credentials::new(id, secret, token, None, "thrice"),
            authorities: None,
        }
    }

    /// The file with the authorities to trust that their profile names as `ca_bundle`.
    #[must_use]
    pub fn authorities(&self) -> Option<&str> {
        self.authorities.as_deref()
    }

    /// Those of a profile in `~/.aws/credentials` or `~/.aws/config`, or in the files that
    /// `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name. Roles and programs that give out keys are
    /// not followed.
    ///
    /// # Errors
    /// The files cannot be read, have no such profile, or it has no key pair.
    pub fn of_profile(name: &str) -> Result<Self, NoKeys> {
        let none = |why: String| NoKeys(format!("no keys: {why}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| none(error.to_string()))?;
        let files = EnvConfigFiles::default();
        let source = runtime
            .block_on(source::load(&Env::real(), &Fs::real(), &files))
            .map_err(|error| none(error.to_string()))?;
        // What the parser complains of may hold a line with a secret.
        let sections = EnvConfigSections::parse(source)
            .map_err(|_| none("the files with AWS profiles cannot be read as such".to_owned()))?;
        let profile = sections.get_profile(name).ok_or_else(|| {
            none(format!(
                "there is no profile `{name}` in the files with AWS profiles"
            ))
        })?;
        let (id, secret) = profile
            .get("aws_access_key_id")
            .zip(profile.get("aws_secret_access_key"))
            .ok_or_else(|| none(format!("the profile `{name}` has no key pair")))?;
        let token = profile.get("aws_session_token").map(str::to_owned);
        Ok(Self {
            authorities: profile.get("ca_bundle").map(str::to_owned),
            ..Self::new(id, secret, token)
        })
    }
}
