//! What all targets share.
//!
//! What goes in: a [`Plan`] that was verified. What comes out of a target: [`Artefact`]s, bytes with
//! a place, and nothing else; a target reads no file, no clock and no environment.
//!
//! | wanted | here |
//! |---|---|
//! | which steps a target emits, and what it need not | [`select`] |
//! | where things are put, here and on the host | [`layout`] |
//! | a name that becomes a file's, whatever it holds | [`filename`] |
//! | text that becomes a word of a shell, or a command of cron | [`shell`], [`cron`] |
//! | templates | [`template`] |
//! | a whole script around the few lines that do the work | [`script`] |
//! | functions of bash that several targets use | [`bash`] |
//! | what stands at the top of every file | [`header`] |
//! | what an emitted script says, read back | [`read`] |
//! | what programs that apply a plan through an API share | [`apply`] |
//! | what any emitted file says, in a form that can be compared | [`facts`] |
//! | words for what cannot be emitted | [`refusal`] |

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

pub mod apply;
mod artefact;
pub mod bash;
#[cfg(feature = "fixture")]
pub mod bench;
pub mod cron;
pub mod due;
pub mod facts;
mod filename;
#[cfg(feature = "fixture")]
pub mod fixture;
mod hash;
pub mod header;
pub mod layout;
pub mod monitor;
pub mod read;
pub mod refusal;
pub mod script;
pub mod select;
pub mod shell;
#[cfg(feature = "fixture")]
pub mod stand_in;
pub mod template;

pub use artefact::Artefact;
pub use filename::filename;
pub use hash::{sha256, sha256_of};
pub use thrice_diagnostics::Diagnostic;
pub use thrice_plan::Plan;

/// The version in the header of every file.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
