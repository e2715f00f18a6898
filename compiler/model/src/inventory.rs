//! What there is: places, principals, keys, monitors, and when they exist.

use ecow::EcoString;
use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_quantity::{Bytes, BytesPerSecond, Interval, Money, Ratio, Seconds, schedule::Schedule};
use thrice_retention::ResticVersion;

use crate::id::{
    ClassId, CredentialId, HostId, KeyId, PhaseId, ProviderId, ServiceId, SiteId, StoreId, VaultId,
};
use crate::location::Location;
use crate::version::Version;

/// A declaration's name, documentation and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The full name, as references write it: `vpai`, `vpai.local`, `hetzner/fsn1`.
    pub name: EcoString,
    /// The words that declare it.
    pub span: Span,
    /// Its `///` lines, joined by line feeds; empty where there are none.
    pub doc: EcoString,
}

/// The dates between which something exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// First day.
    pub from: Date,
    /// First day on which it no longer is; `None` for no end.
    pub until: Option<Date>,
    /// The phase that `since` named, if one was named.
    pub since: Option<PhaseId>,
}

impl Lifetime {
    /// Whether it exists on `day`.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|end| day < end)
    }

    /// The days on which both exist, `None` if there are none.
    #[must_use]
    pub fn meet(self, other: Self) -> Option<Self> {
        let out = Self {
            from: self.from.max(other.from),
            until: [self.until, other.until].into_iter().flatten().min(),
            ..self
        };
        out.until
            .is_none_or(|until| out.from < until)
            .then_some(out)
    }

    /// Whether there is a day on which both exist.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.meet(other).is_some()
    }
}

/// The policy as a whole.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Name and place; for a policy without a `policy` statement, the folder's name.
    pub named: Named,
    /// What people call it.
    pub title: String,
    /// IANA zone of the people and of hosts that do not say otherwise.
    pub timezone: String,
    /// First day of the policy: the first phase's, or the as-of date where there is no phase.
    pub start: Date,
    /// Last day that proofs reach to.
    pub end: Date,
    /// From an alarm until somebody has acted.
    pub response: Seconds,
    /// Whether the response time is written, or the default of 72 h.
    pub response_stated: bool,
}

/// A date from which things exist.
#[derive(Clone, Debug)]
pub struct Phase {
    /// Name and place.
    pub named: Named,
    /// First day.
    pub start: Date,
    /// How much later it may come, in days.
    pub slip_days: i64,
    /// Whether the slip is written, or the default of 92 days.
    pub slip_stated: bool,
    /// The phase that its date is counted from: it does not come before that one.
    pub waits_for: Option<PhaseId>,
}

/// What a provider's service can do, as its documentation or a trial says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProviderCapability {
    /// Lifecycle rules that expire by age and prefix.
    Lifecycle,
    /// The deprecated top-level `Prefix` of a lifecycle rule is still taken.
    LifecyclePrefix,
    /// Lifecycle filters by object size work.
    LifecycleObjectSize,
    /// Lifecycle transitions to other storage classes work.
    Transitions,
    /// `NewerNoncurrentVersions` is honoured.
    NewerNoncurrentVersions,
    /// Buckets can be versioned.
    Versioning,
    /// Objects can be locked.
    ObjectLock,
    /// Bucket policies can narrow what a credential reaches.
    BucketPolicy,
    /// Server-side encryption with keys of the provider (SSE-S3).
    ServerSideEncryption,
    /// Server-side copies between buckets are reliable.
    ServerSideCopy,
    /// By default one key pair reaches all buckets of the account.
    OneKeyAllBuckets,
}

/// A fact about the world that proofs may rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about: a provider, a tool.
    pub subject: String,
    /// What is said, in a sentence.
    pub text: String,
    /// Who says so.
    pub source: String,
    /// When it was looked up.
    pub date: Date,
    /// Whether the standard library says so, which users of thrice cannot mend.
    pub library: bool,
    /// Where it stands.
    pub span: Span,
}

/// Who runs sites: a failure domain.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Name and place.
    pub named: Named,
    /// Capabilities of its object storage: yes or no; absent is not known, which counts as no.
    pub capabilities: Vec<(ProviderCapability, bool, Span)>,
}

/// A blast radius.
#[derive(Clone, Debug)]
pub struct Site {
    /// `provider/site`.
    pub named: Named,
    /// Its provider.
    pub provider: ProviderId,
}

/// What kind of machine or service a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// A server that runs what is installed on it.
    Host,
    /// A NAS: nothing is written under its /etc.
    Nas,
    /// An object storage: runs nothing of ours but lifecycle rules.
    ObjectStorage,
}

/// A program on a host that steps need, with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// `restic`, `rclone`, `zerobyte`, `postgresql` …
    pub name: String,
    /// `None` where it is not said.
    pub version: Option<Version>,
    /// Where it stands.
    pub span: Span,
}

/// What starts a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunnerKind {
    /// Plain cron and emitted scripts.
    Cron,
    /// A systemd timer and emitted scripts.
    Systemd,
    /// The runtime executor.
    Executor,
    /// Zerobyte.
    Zerobyte,
    /// TrueNAS' own scheduler.
    TrueNas,
    /// A lifecycle rule of the provider.
    Lifecycle,
    /// A person.
    Hand,
}

/// A server, NAS or object storage.
#[derive(Clone, Debug)]
pub struct Host {
    /// Name and place.
    pub named: Named,
    /// Kind.
    pub kind: HostKind,
    /// Where it stands.
    pub site: SiteId,
    /// When it exists.
    pub lifetime: Lifetime,
    /// IANA zone of its clock and cron: UTC unless said.
    pub timezone: String,
    /// Whether nothing may be stored on it (an orchestrator that only passes data on).
    pub transit_only: bool,
    /// What starts steps here, with the words that say so.
    pub runners: Vec<(RunnerKind, Span)>,
    /// Programs and their versions.
    pub tools: Vec<Tool>,
    /// Speed of its line to the others, if said.
    pub link: Option<BytesPerSecond>,
    /// S3 endpoint (host name) of an object storage.
    pub endpoint: Option<String>,
    /// S3 region, if said.
    pub region: Option<String>,
    /// Volume included in its price: more costs, it is no limit.
    pub included: Option<(Bytes, Span)>,
    /// Monthly cost.
    pub monthly: Option<(Interval<Money>, Span)>,
    /// Cost at the beginning.
    pub once: Option<(Money, Span)>,
    /// Whether it is always reachable, or now and then switched off.
    pub always_on: bool,
    /// Hosts that it installs things on: who owns it owns them.
    pub deploys_to: Vec<(HostId, Span)>,
    /// The highest label that may be seen in clear here; `None` where it is not said.
    pub clearance: Option<(crate::Label, Span)>,
}

/// A store's medium.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Medium(pub String);

/// What kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// A file system of a host.
    FileSystem,
    /// A bucket of an object storage.
    Bucket,
}

/// Whether old versions of objects stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// Overwritten and deleted objects are gone.
    Off,
    /// They stay as noncurrent versions.
    On,
    /// Was on: providers differ in what lifecycle rules then do.
    Suspended,
}

/// How firm a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Some principals may lift it.
    Governance,
    /// Nobody may, before its end.
    Compliance,
}

/// Objects cannot be deleted for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// How firm.
    pub mode: LockMode,
    /// From the object's upload, in days.
    pub days: i64,
    /// Where it stands.
    pub span: Span,
}

/// Who may read a part of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// A service, an environment or a group, by name.
    pub who: String,
    /// The part, as an absolute path; `/` is all of it.
    pub path: EcoString,
    /// Where it stands.
    pub span: Span,
}

impl Reader {
    /// The part that is read, of the store that declares it.
    #[must_use]
    pub fn place(&self, store: StoreId) -> Location {
        Location {
            store,
            path: self.path.clone(),
        }
    }
}

/// A place for data.
#[derive(Clone, Debug)]
pub struct Store {
    /// `host.store`.
    pub named: Named,
    /// The host or object storage it is on.
    pub host: HostId,
    /// Kind.
    pub kind: StoreKind,
    /// The real name of a bucket (`vpai-backups`); empty for file systems.
    pub bucket: String,
    /// Where a file system is mounted (`/mnt/nas`); `/` unless said. Paths of locations start below it.
    pub mounted_at: String,
    /// Medium; `None` where it is not said.
    pub medium: Option<Medium>,
    /// What it can hold, from `capacity` or from its disk layout.
    pub capacity: Option<(Bytes, Span)>,
    /// A hard limit of the provider.
    pub quota: Option<(Bytes, Span)>,
    /// `hot`, `warm` or `cold`.
    pub tier: Option<String>,
    /// Versioning of a bucket.
    pub versioning: Versioning,
    /// Object lock.
    pub lock: Option<Lock>,
    /// Own snapshots (of a file system): how many are kept and how often they are taken.
    pub snapshots: Option<(Schedule, u32, Span)>,
    /// Who may read.
    pub readers: Vec<Reader>,
    /// How its server encrypts at rest, as written (`sse`), which hides nothing from credentials.
    pub server_side_encryption: bool,
    /// The highest label that may lie here in clear; its host's where it is not said.
    pub clearance: Option<(crate::Label, Span)>,
    /// When it exists: within its host's time.
    pub lifetime: Lifetime,
}

impl Store {
    /// Whether what is deleted or overwritten stays as an old version. Providers lock objects in buckets with
    /// versions only, so a lock says so even where nothing else does.
    #[must_use]
    pub fn keeps_versions(&self) -> bool {
        self.versioning == Versioning::On || self.lock.is_some()
    }
}

/// A program that runs on a host.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name and place.
    pub named: Named,
    /// Its host.
    pub host: HostId,
    /// Container, if it runs in one.
    pub container: Option<String>,
    /// Services it is started after.
    pub after: Vec<ServiceId>,
    /// The highest label that its users may see; `None` where it is not said.
    pub clearance: Option<(crate::Label, Span)>,
    /// When it exists.
    pub lifetime: Lifetime,
}

/// A place off line that holds keys: an envelope, a safe, a password manager of a person.
#[derive(Clone, Debug)]
pub struct Vault {
    /// Name and place.
    pub named: Named,
    /// Where it is: it dies with its site.
    pub site: Option<SiteId>,
    /// The host it runs on, for a vault that is a program: it dies with it.
    pub host: Option<HostId>,
    /// The class that its content is, for a vault that is backed up itself: it comes back with a copy
    /// of that class, if that copy can be read without what is in the vault.
    pub data: Option<(ClassId, Span)>,
    /// Whether its program encrypts that content with what no machine holds: then who reads it has nothing.
    pub sealed: bool,
    /// When it exists.
    pub lifetime: Lifetime,
}

/// Who has a key or credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// It lies on a host.
    Host(HostId),
    /// It lies in a vault.
    Vault(VaultId),
}

/// What is needed to read encrypted copies.
#[derive(Clone, Debug)]
pub struct Key {
    /// Name and place.
    pub named: Named,
    /// Where it is held, each with the words that say so. Empty: nothing says so, and it is held
    /// where the steps run that use it, and nowhere else.
    pub held: Vec<(Holder, Span)>,
    /// Where a script finds it: a file on the host that runs the step. Never the secret itself.
    pub file: Option<String>,
}

/// One thing a credential may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Read and list.
    Read,
    /// Add objects; on an unversioned, unlocked store that is overwriting.
    Write,
    /// Delete current objects.
    Delete,
    /// Delete old versions, change lifecycle, lock and policy.
    Administer,
}

impl Right {
    /// The word of the language.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Administer => "administer",
        }
    }
}

/// What a credential may do where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// What.
    pub rights: Vec<Right>,
    /// Where.
    pub stores: Vec<StoreId>,
    /// Part of the store, `/` for all.
    pub path: EcoString,
    /// The words.
    pub span: Span,
}

/// A machine credential: a failure domain.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Name and place.
    pub named: Named,
    /// What it may do. Undeclared is hostile: with no `may`, everything on every store of its provider.
    pub rights: Vec<Rights>,
    /// Whether `may` is written.
    pub stated: bool,
    /// Where it lies.
    pub held: Vec<(Holder, Span)>,
    /// Object storage account it belongs to.
    pub account: Option<HostId>,
    /// Name of its profile in the AWS credentials file or of its rclone remote: where the secret is found.
    pub profile: Option<String>,
    /// Environment file with its secrets on the hosts that hold it.
    pub file: Option<String>,
}

/// What kind of monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitorKind {
    /// healthchecks.io or a server like it.
    Healthchecks,
    /// An Uptime Kuma push monitor.
    UptimeKuma,
}

/// What notices that a step did not succeed.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// Name and place.
    pub named: Named,
    /// Kind.
    pub kind: MonitorKind,
    /// The environment variable or file that holds its URL: never the URL itself.
    pub url_from: String,
    /// The host it runs on, if it is one of ours.
    pub host: Option<HostId>,
    /// The provider it is hosted by, if it is not.
    pub provider: Option<ProviderId>,
    /// How long a signal may be overdue before it raises the alarm.
    pub grace: Seconds,
}

/// A backup repository in a store.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Name and place.
    pub named: Named,
    /// Where.
    pub store: StoreId,
    /// Path below the store's root, `/` for all of it.
    pub path: EcoString,
    /// Version of restic that works on it.
    pub restic: ResticVersion,
    /// Where the version is written; `None` where it is not.
    pub restic_stated: Option<Span>,
    /// Its key.
    pub key: Option<(KeyId, Span)>,
    /// The credential its steps use.
    pub credential: Option<(CredentialId, Span)>,
    /// When it exists.
    pub lifetime: Lifetime,
    /// How much stays unused after a prune (restic's default is 5 %).
    pub max_unused: Ratio,
}

impl Repository {
    /// Where its files lie.
    #[must_use]
    pub fn place(&self) -> Location {
        Location {
            store: self.store,
            path: self.path.clone(),
        }
    }
}

/// Where data goes to be used otherwise.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Name and place.
    pub named: Named,
    /// The hosts it consists of.
    pub hosts: Vec<HostId>,
    /// The highest label that may be seen there; nothing where it is not said.
    pub clearance: Option<crate::Label>,
    /// Services that are restarted after a seed, in order.
    pub services: Vec<ServiceId>,
}

/// Hosts that reach each other.
#[derive(Clone, Debug)]
pub struct Network {
    /// Name and place.
    pub named: Named,
    /// Its hosts.
    pub hosts: Vec<HostId>,
    /// Greatest speed, if said.
    pub speed: Option<BytesPerSecond>,
}

/// How a mount is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPath {
    /// S3 of the store's object storage.
    S3,
    /// A local folder.
    Local,
    /// WebDAV.
    WebDav,
    /// SFTP.
    Sftp,
}

/// A store shown to people in a program such as Nextcloud.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Name and place.
    pub named: Named,
    /// The service that shows it.
    pub service: ServiceId,
    /// The store.
    pub store: StoreId,
    /// The part of it.
    pub path: EcoString,
    /// Name of the folder people see.
    pub folder: String,
    /// How it is opened.
    pub access: AccessPath,
    /// The credential it uses.
    pub credential: Option<CredentialId>,
    /// Groups that see it; empty with `all_users` false is nobody.
    pub groups: Vec<String>,
    /// Whether all users see it.
    pub all_users: bool,
    /// Whether people can write.
    pub read_only: bool,
    /// The port of the store's endpoint, if said.
    pub port: Option<u32>,
    /// Whether the connection is said to be encrypted (TLS, which programs still call SSL).
    pub ssl: bool,
    /// Whether the bucket is named in the path of addresses, not in their host name.
    pub path_style: bool,
    /// Greatest size of an upload that works.
    pub upload_limit: Option<Bytes>,
    /// Known limits, in words.
    pub limits: Vec<String>,
    /// When it exists.
    pub lifetime: Lifetime,
    /// The classes people browse here, found by the resolver from `browse`.
    pub classes: Vec<ClassId>,
}

impl Mount {
    /// What it shows.
    #[must_use]
    pub fn place(&self) -> Location {
        Location {
            store: self.store,
            path: self.path.clone(),
        }
    }
}
