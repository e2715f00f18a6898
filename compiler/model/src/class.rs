//! Kinds of data.

use thin_vec::ThinVec;
use thrice_diagnostics::Span;
use thrice_quantity::{Bytes, BytesPerDay, Interval, RatioPerMonth, Seconds};

use crate::id::{ClassId, ServiceId};
use crate::inventory::{Lifetime, Named};
use crate::location::Location;

/// What changes in data, and so what a copy of it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassKind {
    /// Versions of the whole: a database, a configuration.
    State,
    /// A tree that users change and delete.
    Files,
    /// Written once, and that is enforced.
    Items,
}

impl ClassKind {
    /// The word of the language.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Files => "files",
            Self::Items => "items",
        }
    }
}

/// How sensitive a field is, from harmless to most sensitive. What has no label is unclassified
/// and is cleared nowhere but at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// Anybody may see it.
    Public,
    /// Everybody who works here.
    Internal,
    /// About people.
    Personal,
    /// Opens doors.
    Credential,
    /// Not said.
    Unclassified,
}

/// A field of a class and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `part.table.column`, or `rest`.
    pub name: String,
    /// Its label.
    pub label: Label,
    /// The words.
    pub span: Span,
}

/// What a class must be restored with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededWith {
    /// The other class.
    pub class: ClassId,
    /// How far apart in time their versions may be.
    pub within: Option<Seconds>,
    /// The words.
    pub span: Span,
}

/// A kind of data.
#[derive(Clone, Debug)]
pub struct Class {
    /// Name and place.
    pub named: Named,
    /// What changes in it.
    pub kind: ClassKind,
    /// Where it lives.
    pub home: Location,
    /// When it exists.
    pub lifetime: Lifetime,
    /// The service it belongs to, if said.
    pub service: Option<ServiceId>,
    /// Databases, collections, volumes it consists of.
    pub parts: ThinVec<(String, Span)>,
    /// What a capture does about parts that are there and not listed: fail (true) or warn.
    pub undeclared_fail: bool,
    /// All of it when the class begins. `None`: not said, so capacity is not checked.
    pub size: Option<(Interval<Bytes>, Span)>,
    /// Of its size, per month.
    pub growth: Interval<RatioPerMonth>,
    /// Growth in volume, where it is said so, instead of by ratio.
    pub growth_volume: Option<Interval<BytesPerDay>>,
    /// Whether growth is written, or the default of 0 to 5 % a month.
    pub growth_stated: Option<Span>,
    /// Bytes a day that a deduplicating backup stores anew. `None`: not said, so all of its size.
    pub churn: Option<(Interval<BytesPerDay>, Span)>,
    /// Fields and labels; closed world.
    pub fields: ThinVec<Field>,
    /// What it must be restored with.
    pub needs: ThinVec<NeededWith>,
    /// Services whose users must browse it as plain files.
    pub browsed_by: ThinVec<(ServiceId, Span)>,
    /// What is asked for it and said of its restore; `None` where nothing is, as for most of a fleet.
    pub asked: Option<Box<Asked>>,
}

/// What is asked for a class, and how its restore begins and ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Greatest loss, in time, while every run succeeds.
    pub rpo: Option<(Seconds, Span)>,
    /// Greatest loss where as many runs fail in a row as can before somebody has acted.
    pub rpo_guaranteed: Option<(Seconds, Span)>,
    /// Greatest time to restore.
    pub rto: Option<(Seconds, Span)>,
    /// From the fault to the first byte of a restore: noticing, a new machine, the key, the programs.
    /// `None`: not said, so as long as the response time.
    pub restore_setup: Option<(Interval<Seconds>, Span)>,
    /// From the last byte to being in use again: loading, index builds, a look at it. `None`: not said.
    pub restore_finish: Option<(Interval<Seconds>, Span)>,
    /// How long every version or item must stay restorable.
    pub retain_at_least: Option<(Seconds, Span)>,
    /// When everything must be gone.
    pub retain_at_most: Option<(Seconds, Span)>,
    /// Until a logical fault is noticed: as long as the monitor and response allow, unless said.
    pub noticed_within: Option<(Seconds, Span)>,
}

/// Asks for nothing.
static NOTHING: Asked = Asked {
    rpo: None,
    rpo_guaranteed: None,
    rto: None,
    restore_setup: None,
    restore_finish: None,
    retain_at_least: None,
    retain_at_most: None,
    noticed_within: None,
};

impl Class {
    /// What is asked for it.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        self.asked.as_deref().unwrap_or(&NOTHING)
    }

    /// What is asked for it, to be changed.
    pub fn asked_mut(&mut self) -> &mut Asked {
        self.asked.get_or_insert_default()
    }
}
