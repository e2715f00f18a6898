//! What is asked for, accepted, left out and estimated.

use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_quantity::{Bytes, BytesPerDay, Interval, Money, Ratio, Seconds};

use crate::class::ClassKind;
use crate::id::{
    ClassId, CredentialId, HostId, KeyId, ProviderId, RepositoryId, SiteId, StepId, StoreId,
};
use crate::inventory::{Lifetime, Named};

/// The sixteen obligations, in the order of the semantics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each name is the heading of its obligation in the semantics"
)]
pub enum Obligation {
    Copies,
    Survival,
    RecoveryPoint,
    RecoveryTime,
    LastCopy,
    History,
    Erasure,
    Deletion,
    Keys,
    Capacity,
    TimeTable,
    Flow,
    Capability,
    Cost,
    Alarm,
    Sense,
}

impl Obligation {
    /// All, in order.
    pub const ALL: [Self; 16] = [
        Self::Copies,
        Self::Survival,
        Self::RecoveryPoint,
        Self::RecoveryTime,
        Self::LastCopy,
        Self::History,
        Self::Erasure,
        Self::Deletion,
        Self::Keys,
        Self::Capacity,
        Self::TimeTable,
        Self::Flow,
        Self::Capability,
        Self::Cost,
        Self::Alarm,
        Self::Sense,
    ];

    /// The word that `accept` takes and reports show.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Copies => "copies",
            Self::Survival => "survival",
            Self::RecoveryPoint => "recovery-point",
            Self::RecoveryTime => "recovery-time",
            Self::LastCopy => "last-copy",
            Self::History => "history",
            Self::Erasure => "erasure",
            Self::Deletion => "deletion",
            Self::Keys => "keys",
            Self::Capacity => "capacity",
            Self::TimeTable => "time-table",
            Self::Flow => "flow",
            Self::Capability => "capability",
            Self::Cost => "cost",
            Self::Alarm => "alarm",
            Self::Sense => "sense",
        }
    }
}

/// Which classes a demand is about, as written and as resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The classes, in ascending order.
    pub classes: Vec<ClassId>,
    /// `all` (perhaps with a kind) as against names.
    pub all: bool,
    /// The kind that narrows it, if any.
    pub kind: Option<ClassKind>,
    /// The words.
    pub span: Span,
}

impl Selection {
    /// Whether a class is among them.
    #[must_use]
    pub fn contains(&self, class: ClassId) -> bool {
        self.classes.binary_search(&class).is_ok()
    }
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
}

/// What can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A host and all its stores.
    Host,
    /// One store.
    Store,
    /// A site and all on it.
    Site,
    /// A provider and all its sites.
    Provider,
    /// A machine credential in hostile hands.
    Credential,
    /// An encryption key is lost.
    Key,
    /// One mistaken command that deletes one store's content.
    Operator,
    /// The data itself is damaged or encrypted where it lives, and that travels.
    Corruption,
    /// A host in hostile hands, with all that it opens.
    Compromise,
    /// What lies in one store decays unseen, all of it that is related.
    Rot,
}

/// One named thing that can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A host.
    Host(HostId),
    /// A store.
    Store(StoreId),
    /// A site.
    Site(SiteId),
    /// A provider.
    Provider(ProviderId),
    /// A credential in hostile hands.
    Credential(CredentialId),
    /// A key.
    Key(KeyId),
}

/// Which faults must be survived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Survive {
    /// Any `count` faults of these kinds at once.
    Any {
        /// How many at once.
        count: u32,
        /// Of which kinds.
        kinds: Vec<FaultKind>,
    },
    /// The loss of all of these together.
    Loss(Vec<Target>),
}

/// What is demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// At least so many copies, media, copies outside every site; locked or off line.
    Copies {
        /// Copies in distinct stores.
        copies: u32,
        /// Distinct media.
        media: u32,
        /// Outside every site.
        offsite: u32,
        /// Locked or off line.
        locked: u32,
        /// From which age on, at the latest; where it is not said, as soon as each copy's chain allows.
        within: Option<(Seconds, Span)>,
    },
    /// Faults to survive.
    Survive(Survive),
    /// Free room in stores, as a part of the usable.
    Headroom {
        /// The part.
        part: Ratio,
        /// The stores.
        stores: Vec<StoreId>,
    },
    /// Monthly cost at most.
    Cost(Money),
    /// Recovery point for the classes that state none.
    RecoveryPoint {
        /// While every run succeeds.
        nominal: Seconds,
        /// Where as many runs fail in a row as can before somebody has acted.
        guaranteed: Option<Seconds>,
    },
    /// Recovery time for the classes that state none.
    RecoveryTime(Seconds),
    /// Largest gap between restore points up to an age.
    History {
        /// The age.
        reach: Seconds,
        /// The gap.
        gap: Seconds,
    },
}

/// A requirement.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// What.
    pub demand: Demand,
    /// For which classes; all for demands about stores and money.
    pub selection: Selection,
    /// When.
    pub lifetime: Lifetime,
    /// The words.
    pub span: Span,
}

/// A risk that somebody accepts.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// Which obligation's findings.
    pub obligation: Obligation,
    /// About which classes; empty for findings about stores, steps or money.
    pub selection: Option<Selection>,
    /// About which other things (stores, steps, repositories), by name.
    pub subjects: Vec<(String, Span)>,
    /// Only for the loss of this target, if said.
    pub fault: Option<Target>,
    /// Why.
    pub why: String,
    /// Who says so, each once; two for what falls short of the floor.
    pub by: Vec<String>,
    /// First day on which it no longer holds.
    pub until: Date,
    /// The words.
    pub span: Span,
}

/// Data that is left out on purpose.
#[derive(Clone, Debug)]
pub struct Skip {
    /// Its name: it need not be declared otherwise.
    pub named: Named,
    /// The reason.
    pub why: String,
}

/// What a document's figure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EstimateOf {
    /// Bytes in a store.
    StoreSize(StoreId, Interval<Bytes>),
    /// Bytes in a repository.
    RepositorySize(RepositoryId, Interval<Bytes>),
    /// Bytes of a class as captured each run.
    ClassSize(ClassId, Interval<Bytes>),
    /// Bytes of all classes together as captured each day.
    TotalSize(Interval<Bytes>),
    /// Bytes stored anew each day.
    Churn(Interval<BytesPerDay>),
    /// Monthly cost.
    Cost(Interval<Money>),
    /// One-time cost.
    Once(Interval<Money>),
    /// A row of a 3-2-1 table: a copy of the classes in a store, off site or not.
    Copy {
        /// Whose data.
        classes: Vec<ClassId>,
        /// The store.
        store: StoreId,
        /// Whether it is called off site.
        offsite: bool,
    },
    /// The period of a step.
    Period(StepId),
}

/// A figure of a document that is checked against the plan.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// What about.
    pub of: EstimateOf,
    /// When.
    pub lifetime: Lifetime,
    /// The words.
    pub span: Span,
}

/// A cost that belongs to no host.
#[derive(Clone, Debug)]
pub struct Cost {
    /// What for.
    pub named: Named,
    /// Monthly.
    pub monthly: Option<Interval<Money>>,
    /// Once.
    pub once: Option<Money>,
    /// When.
    pub lifetime: Lifetime,
}
