//! What moves data.

use std::sync::Arc;

use smallvec::SmallVec;
use thin_vec::ThinVec;
use thrice_diagnostics::Span;
use thrice_quantity::{Bytes, Interval, Seconds, schedule::Schedule};
use thrice_retention::KeepRules;

use crate::class::Label;
use crate::id::{
    ClassId, CredentialId, EnvironmentId, HostId, MonitorId, RepositoryId, ServiceId, StepId,
    StoreId,
};
use crate::inventory::{Lifetime, Named, RunnerKind};
use crate::location::Location;

/// Who starts a step, where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The host it runs on; for lifecycle rules the object storage; `None` for a person.
    pub host: Option<HostId>,
    /// What starts it.
    pub kind: RunnerKind,
    /// The words.
    pub span: Option<Span>,
}

/// How a step comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// A file that `build` emits.
    Emitted,
    /// Applied through an API and read back.
    Api,
    /// By a person: never better than "proved if applied".
    ByHand,
}

/// How a consistent set is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureMethod {
    /// `pg_dump -Fc`, one file a database.
    PgDump,
    /// `BGSAVE`.
    RedisBgsave,
    /// Qdrant's snapshot API.
    QdrantSnapshot,
    /// `n8n export:workflow`.
    N8nExport,
    /// Grafana's API.
    GrafanaExport,
    /// `sqlite3 .backup`.
    Sqlite,
    /// Plain files, copied as they are.
    Files,
    /// A program of one's own.
    Program,
}

/// What a capture covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureParts {
    /// How.
    pub method: CaptureMethod,
    /// Whether it publishes with one rename (or is read before): readers never see half of it.
    pub atomic: bool,
    /// The program that does it, for a capture that is not emitted.
    pub runs: Option<String>,
    /// The user it runs as.
    pub user: Option<String>,
    /// The container it runs in.
    pub container: Option<String>,
    /// How long its files stay at the destination: then a local clean-up removes them.
    pub keeps: Option<(Interval<Seconds>, Span)>,
}

/// Which clock an age is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeClock {
    /// The file's own modification time, which travels with it.
    Mtime,
    /// When the object was uploaded: reset by every rewrite.
    Upload,
    /// When the snapshot was taken.
    Snapshot,
    /// When a person thinks it is done.
    Use,
}

/// A part of a repository that a check reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// Structure only.
    Structure,
    /// The n-th of t parts in turn: all after t runs.
    Rotating(u32),
    /// Everything.
    All,
}

/// What is done to a field on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anonymise {
    /// As it is.
    Keep,
    /// Replaced by a fixed text.
    Redact,
    /// Set to NULL.
    Null,
    /// Preceded by a text.
    Prefix(String),
    /// Replaced by its digest.
    Hash,
    /// Left out.
    Skip,
}

/// One row of the anonymisation matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedRule {
    /// `part.table.column`, a part, a class, or `rest`.
    pub field: String,
    /// What is done.
    pub action: Anonymise,
    /// Whether it happens before the data leaves its host.
    pub before_leaving: bool,
    /// What its label is afterwards.
    pub label_after: Option<Label>,
    /// The words.
    pub span: Span,
}

/// What a step reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The classes where they live.
    Home,
    /// What a step left.
    Step(StepId, Span),
    /// A place, with all that lies there.
    Location(Location, Span),
    /// A repository.
    Repository(RepositoryId, Span),
}

/// Where a step writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A place.
    Location(Location, Span),
    /// A repository.
    Repository(RepositoryId, Span),
    /// An environment, by way of a place.
    Environment(EnvironmentId, Option<Box<Location>>, Span),
    /// Nowhere: expire, check, drill.
    Nothing,
}

/// What is particular to a step that brings a backup's versions into another repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    /// When somebody asks whether every version has arrived: whoever runs it does not say so.
    pub checked: Option<(Arc<Schedule>, Span)>,
    /// Keep rules that it says itself.
    pub stated: Option<(Arc<KeepRules>, Span)>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Makes a consistent set at its source host.
    Capture(Box<CaptureParts>),
    /// A version in a repository, thinned by keep rules.
    Backup {
        /// What stays, shared by all that say the same; `None`: everything, for ever.
        keep: Option<(Arc<KeepRules>, Span)>,
        /// Whether forgotten data is removed right after, which takes the exclusive lock.
        prune: bool,
        /// Patterns left out.
        exclude: ThinVec<String>,
        /// Further flags of tuning, as written and allowed by the resolver.
        flags: ThinVec<String>,
        /// Set where it does not read the data itself, but brings the versions that the backup of its
        /// source has made, one by one and as they are: `copy … to REPOSITORY`. What stays is then what stays of
        /// that one.
        mirror: Option<Box<Mirror>>,
    },
    /// Adds what is new; deletes nothing.
    Copy {
        /// Only names that match.
        include: ThinVec<String>,
        /// Only the latest is kept: each run overwrites.
        latest_only: bool,
        /// Refuses to change what is there.
        immutable: bool,
        /// Whether what it leaves there is on its way and never counts as a copy.
        transit: bool,
    },
    /// Makes the destination equal to the source: deletes there what is not in the source.
    Sync {
        /// Stops after so many deletions in a run.
        max_delete: Option<u32>,
        /// What is deleted or overwritten goes here, on the same store.
        backup_dir: Option<Box<Location>>,
        /// As for copy.
        transit: bool,
    },
    /// Copies, then deletes at the source.
    Move {
        /// Only items older than this.
        older_than: Option<(Seconds, AgeClock, Span)>,
    },
    /// Deletes by age.
    Expire {
        /// How old, as an interval where a person decides.
        after: Interval<Seconds>,
        /// Which age.
        clock: AgeClock,
        /// Whether the lifecycle rule uses the deprecated top-level prefix.
        deprecated_prefix: bool,
        /// Deletes noncurrent versions instead of current objects.
        noncurrent: bool,
    },
    /// Copies an allow-list of fields to another environment.
    Seed {
        /// The matrix.
        rules: ThinVec<SeedRule>,
        /// Services started when the seed is proved clean, in order.
        restart: ThinVec<ServiceId>,
        /// Whether the data is checked after the transforms and before it becomes readable.
        verified: bool,
    },
    /// Removes what no snapshot needs.
    Prune,
    /// Reads and compares.
    Check(Subset),
    /// Restores somewhere and compares.
    Drill,
}

impl Verb {
    /// The word of the language.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Capture(_) => "capture",
            Self::Backup { mirror: None, .. } => "backup",
            Self::Backup { .. } => "copy",
            Self::Copy { .. } => "copy",
            Self::Sync { .. } => "sync",
            Self::Move { .. } => "move",
            Self::Expire { .. } => "expire",
            Self::Seed { .. } => "seed",
            Self::Prune => "prune",
            Self::Check(_) => "check",
            Self::Drill => "drill",
        }
    }
}

/// When a step runs, and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Its schedule, shared by all that say the same; `None`: on demand, or (expire) all the time.
    pub schedule: Option<(Arc<Schedule>, Span)>,
    /// How long a run takes, retries included.
    pub duration: Interval<Seconds>,
    /// Whether the duration is written; the default is 0 to half its period.
    pub duration_stated: Option<Span>,
    /// How much later than scheduled it may start.
    pub jitter: Seconds,
    /// Steps that must have succeeded first.
    pub after: ThinVec<(StepId, Span)>,
    /// How often a failed run is tried again.
    pub retries: u32,
}

impl Timing {
    /// Takes over when a step runs whose end begins this one: as late as that may be done.
    pub fn begun_by(&mut self, before: &Self) {
        self.schedule.clone_from(&before.schedule);
        self.jitter = before.jitter.saturating_add(before.duration.high());
    }
}

impl Step {
    /// How hard it may work.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.pace.as_deref().copied().unwrap_or_default()
    }

    /// How hard it may work, to be changed.
    pub fn pace_mut(&mut self) -> &mut Pace {
        self.pace.get_or_insert_default()
    }

    /// The store of the place it reads, where it names one.
    #[must_use]
    pub const fn source_store(&self) -> Option<StoreId> {
        match &self.source {
            Source::Location(location, _) => Some(location.store),
            _ => None,
        }
    }

    /// Where it puts what it would delete or overwrite, if it is a sync that does so.
    #[must_use]
    pub fn puts_aside(&self) -> Option<&Location> {
        match &self.verb {
            Verb::Sync { backup_dir, .. } => backup_dir.as_deref(),
            _ => None,
        }
    }

    /// Where it deletes by age, what lies there now and not old versions of it.
    #[must_use]
    pub fn clears_by_age(&self) -> Option<&Location> {
        match (&self.verb, &self.source) {
            (
                Verb::Expire {
                    noncurrent: false, ..
                },
                Source::Location(place, _),
            ) => Some(place),
            _ => None,
        }
    }

    /// Where it gives up old versions by age.
    #[must_use]
    pub fn clears_old_versions(&self) -> Option<&Location> {
        match (&self.verb, &self.source) {
            (
                Verb::Expire {
                    noncurrent: true, ..
                },
                Source::Location(place, _),
            ) => Some(place),
            _ => None,
        }
    }

    /// Whether it deletes by age only when somebody thinks of it: on demand, or by hand without a time. It may do so at any time,
    /// and never. A lifecycle rule always acts; and when what is not in use goes, people say themselves.
    #[must_use]
    pub fn clears_when_asked(&self) -> bool {
        let by_age = matches!(self.verb, Verb::Expire { clock, .. } if clock != AgeClock::Use);
        by_age && self.timing.schedule.is_none() && self.runner.kind != RunnerKind::Lifecycle
    }

    /// What is particular to it as a mirror of a backup, if it is one.
    #[must_use]
    pub fn mirror(&self) -> Option<&Mirror> {
        match &self.verb {
            Verb::Backup { mirror, .. } => mirror.as_deref(),
            _ => None,
        }
    }

    /// Whether it is begun by the end of another step, a backup: the Zerobyte that runs that one then copies
    /// what it has made.
    #[must_use]
    pub fn follows(&self, other_id: StepId, other: &Self) -> bool {
        let by_zerobyte = |step: &Self| step.runner.kind == RunnerKind::Zerobyte;
        self.mirror().is_some()
            && matches!(self.source, Source::Step(id, _) if id == other_id)
            && matches!(other.verb, Verb::Backup { mirror: None, .. })
            && by_zerobyte(self)
            && by_zerobyte(other)
            && self.runner.host == other.runner.host
    }

    /// When its signal of success is expected: when it runs, or, of a mirror, when it is asked after.
    #[must_use]
    pub fn signals(&self) -> Option<&(Arc<Schedule>, Span)> {
        match self.mirror() {
            Some(mirror) => mirror.checked.as_ref(),
            None => self.timing.schedule.as_ref(),
        }
    }
}

/// One verb that moves data.
#[derive(Clone, Debug)]
pub struct Step {
    /// Name and place.
    pub named: Named,
    /// What it does.
    pub verb: Verb,
    /// The classes it names with `of`.
    pub classes: SmallVec<[(ClassId, Span); 1]>,
    /// What it reads.
    pub source: Source,
    /// Where it writes.
    pub target: Target,
    /// Who starts it.
    pub runner: Runner,
    /// How it comes into force.
    pub application: Application,
    /// When.
    pub timing: Timing,
    /// What notices that it failed.
    pub monitor: Option<(MonitorId, Span)>,
    /// What it authenticates with.
    pub credential: Option<(CredentialId, Span)>,
    /// When it exists.
    pub lifetime: Lifetime,
    /// How hard it may work; `None` where nothing is said of it.
    pub pace: Option<Box<Pace>>,
}

/// How hard a step may work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Greatest speed it may use, in bytes a second, if said.
    pub limit: Option<Bytes>,
    /// `--transfers` and `--checkers` of rclone, or `-o s3.connections` of restic.
    pub transfers: Option<u32>,
    /// `--checkers` of rclone.
    pub checkers: Option<u32>,
}
