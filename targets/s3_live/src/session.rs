//! A connection to an object storage, and what is asked of it.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::types::{
    BucketVersioningStatus, LifecycleRule, ObjectLockConfiguration, ObjectLockRetentionMode,
};
use aws_smithy_http_client::tls;
use thrice_model::{LockMode, Versioning};
use tokio::runtime::Runtime;

use crate::keys::Keys;
use crate::meaning::Meaning;
use crate::trouble::{Trouble, TroubleKind};
use crate::trust::Trust;

/// How an object storage is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its URL.
    pub endpoint: String,
    /// Its region; most that are not AWS take any.
    pub region: Option<String>,
    /// With what.
    pub keys: Keys,
    /// Whose signature makes its certificate good.
    pub trust: Trust,
    /// How long one try of one request may take. Failed tries are repeated twice, with growing pauses.
    pub timeout: Duration,
}

/// A connection in use.
#[derive(Debug)]
pub struct Session {
    pub(crate) client: Client,
    pub(crate) runtime: Runtime,
}

/// A bucket as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its rules, as the server gives them.
    pub(crate) rules: Vec<LifecycleRule>,
    /// Its versioning.
    pub versioning: Versioning,
    /// Its lock.
    pub lock: Locked,
}

/// The lock of a bucket as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// It was made without one, and cannot be given one.
    Never,
    /// It was made with one, but objects are not locked unless their upload says so.
    ByUpload,
    /// Each object is locked for so many days.
    For(LockMode, i64),
}

impl State {
    /// What its rules mean, by ID.
    #[must_use]
    pub fn rules(&self) -> Vec<Meaning> {
        meanings(&self.rules)
    }
}

pub(crate) fn meanings(rules: &[LifecycleRule]) -> Vec<Meaning> {
    let mut out: Vec<Meaning> = rules.iter().map(Meaning::of).collect();
    out.sort();
    out
}

impl Session {
    /// Opens one. Nothing is asked yet.
    ///
    /// # Errors
    /// The system gives no means to wait for an answer.
    pub fn open(connection: &Connection) -> Result<Self, Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Trouble::new(TroubleKind::Unreachable, error.to_string()))?;
        let region = connection
            .region
            .clone()
            .unwrap_or_else(|| "us-east-1".to_owned());
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(connection.timeout.min(Duration::from_secs(10)))
            .read_timeout(connection.timeout)
            .operation_attempt_timeout(connection.timeout)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(Duration::from_millis(500));
        let crypto = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let tls = tls::TlsContext::builder()
            .with_trust_store(connection.trust.0.clone())
            .build()
            .map_err(|error| Trouble::new(TroubleKind::Untrusted, error.to_string()))?;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(crypto)
            .tls_context(tls)
            .build_https();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&connection.endpoint)
            .region(Region::new(region))
            .credentials_provider(connection.keys.credentials.clone())
            .force_path_style(true)
            .timeout_config(timeouts)
            .retry_config(retries)
            .http_client(http)
            .build();
        Ok(Self {
            client: Client::from_conf(config),
            runtime,
        })
    }

    /// A bucket as it is.
    ///
    /// # Errors
    /// Whatever keeps the server from saying so.
    pub fn state(&self, bucket: &str) -> Result<State, Trouble> {
        Ok(State {
            rules: self.rules(bucket)?,
            versioning: self.versioning(bucket)?,
            lock: self.lock(bucket)?,
        })
    }

    pub(crate) fn rules(&self, bucket: &str) -> Result<Vec<LifecycleRule>, Trouble> {
        let request = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(bucket);
        match self.runtime.block_on(request.send()) {
            Ok(answer) => Ok(answer.rules.unwrap_or_default()),
            Err(SdkError::ServiceError(e))
                if e.err().code() == Some("NoSuchLifecycleConfiguration") =>
            {
                Ok(Vec::new())
            }
            Err(error) => Err(Trouble::of(&format!("rules of `{bucket}`"), &error)),
        }
    }

    pub(crate) fn versioning(&self, bucket: &str) -> Result<Versioning, Trouble> {
        let request = self.client.get_bucket_versioning().bucket(bucket);
        let answer = self.runtime.block_on(request.send());
        let answer =
            answer.map_err(|error| Trouble::of(&format!("versioning of `{bucket}`"), &error))?;
        Ok(match answer.status {
            Some(BucketVersioningStatus::Enabled) => Versioning::On,
            Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
            _ => Versioning::Off,
        })
    }

    pub(crate) fn lock(&self, bucket: &str) -> Result<Locked, Trouble> {
        let request = self.client.get_object_lock_configuration().bucket(bucket);
        match self.runtime.block_on(request.send()) {
            Ok(answer) => Ok(answer
                .object_lock_configuration
                .as_ref()
                .map_or(Locked::Never, locked)),
            Err(SdkError::ServiceError(e))
                if e.err().code() == Some("ObjectLockConfigurationNotFoundError")
                    || e.raw().status().as_u16() == 501 =>
            {
                Ok(Locked::Never)
            }
            Err(error) => Err(Trouble::of(&format!("lock of `{bucket}`"), &error)),
        }
    }

    /// The names of all buckets that the keys see.
    ///
    /// # Errors
    /// Whatever keeps the server from listing them.
    pub fn buckets(&self) -> Result<Vec<String>, Trouble> {
        let answer = self.runtime.block_on(self.client.list_buckets().send());
        let answer = answer.map_err(|error| Trouble::of("listing of buckets", &error))?;
        let mut names: Vec<String> = answer
            .buckets()
            .iter()
            .filter_map(|bucket| bucket.name().map(str::to_owned))
            .collect();
        names.sort();
        Ok(names)
    }
}

fn locked(lock: &ObjectLockConfiguration) -> Locked {
    let Some(default) = lock.rule().and_then(|rule| rule.default_retention()) else {
        return if lock.object_lock_enabled().is_some() {
            Locked::ByUpload
        } else {
            Locked::Never
        };
    };
    let mode = match default.mode() {
        Some(ObjectLockRetentionMode::Governance) => LockMode::Governance,
        _ => LockMode::Compliance,
    };
    let days = default.days().map(i64::from);
    let years = default.years().map(|years| i64::from(years) * 365);
    Locked::For(mode, days.or(years).unwrap_or_default())
}
