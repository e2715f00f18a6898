//! Sorts of values: each file adds the reading of one to [`crate::cursor::Cursor`].

pub mod dates;
pub mod layouts;
pub mod locations;
pub mod quantities;
pub mod references;
pub mod retention;
pub mod schedules;
pub mod texts;
pub mod version;

pub use dates::WrittenLifetime;
