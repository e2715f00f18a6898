//! Buckets as they are, next to what a plan wants of them; and, on request, made so.
//!
//! What goes in: a plan, and a [`Connection`] to an object storage. What comes out: for each bucket a
//! [`Comparison`]: lifecycle rules, versioning, lock, and what is used ([`Usage`]) of the room that was promised
//! ([`full`]). Each difference and each [`Trouble`] is a finding with a code: see `tell.rs`.
//! The one crate that talks to an object storage; it reads no file but the profiles of AWS, and no clock.
//!
//! A PUT of lifecycle rules replaces all rules of a bucket, and servers drop what they do not know without a
//! word, which can make a rule about a prefix one about the whole bucket. So [`Session::apply`] keeps the
//! rules that are not ours, reads them again right before it writes, refuses what the provider is known to
//! drop, reads back what it wrote, and puts back what was there if it is not what was meant.

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod apply;
mod compare;
mod keys;
mod meaning;
mod session;
mod tell;
mod trouble;
mod trust;
mod usage;
mod wanted;

pub use apply::{Applied, Hands};
pub use compare::{Change, Comparison, Difference, Remedy, What, compare};
pub use keys::{Keys, NoKeys};
pub use meaning::{Meaning, library};
pub use session::{Connection, Locked, Session, State};
pub use tell::{full, stays};
pub use trouble::{Trouble, TroubleKind};
pub use trust::Trust;
pub use usage::{Held, Usage};
pub use wanted::{Wanted, wanted};
