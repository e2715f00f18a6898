//! What may go wrong when, and what is expected to be left.

use jiff::Timestamp;
use thrice_diagnostics::Span;
use thrice_quantity::Seconds;

use crate::demand::Target;
use crate::id::{ClassId, CredentialId, HostId, StoreId};

/// Who is in hostile hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hostile {
    /// Somebody holds a machine credential.
    Credential(CredentialId),
    /// Somebody owns a host, with all credentials and jobs on it.
    Host(HostId),
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// A host, store, site or provider is gone with all on it, or a key is lost. A credential cannot
    /// be lost in a way that harms data: it can be stolen.
    Lose(Target),
    /// Somebody deletes all that a credential or host can reach, until the response time is over.
    Steal(Hostile),
    /// One mistaken command deletes what is on a store.
    Delete(StoreId),
    /// The data is damaged or encrypted where it lives, and stays so.
    Corrupt(ClassId),
    /// What lies on a store rots, unnoticed.
    Rot(StoreId),
}

impl Mishap {
    /// What is lost, if that is what goes wrong.
    #[must_use]
    pub const fn lost(self) -> Option<Target> {
        match self {
            Self::Lose(target) => Some(target),
            _ => None,
        }
    }
}

/// Something that goes wrong at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When.
    pub at: Timestamp,
    /// What.
    pub mishap: Mishap,
    /// The words, where a policy says it.
    pub span: Option<Span>,
}

/// What a scenario expects of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The class.
    pub class: ClassId,
    /// What is expected of it.
    pub outcome: Expected,
    /// The words.
    pub span: Span,
}

/// What can be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A restore is possible, and no more than so much time's data is lost; `None`: however much.
    Recoverable(Option<Seconds>),
    /// Nothing of it can be restored.
    Lost,
}

/// A case that is played through, and what is expected to be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What people call it.
    pub title: String,
    /// What goes wrong, in the order of time.
    pub strikes: Vec<Strike>,
    /// When it is judged; as long after the last strike as the policy's response time, unless said.
    pub judged: Timestamp,
    /// What is expected then.
    pub expectations: Vec<Expectation>,
    /// The words of its head.
    pub span: Span,
}
