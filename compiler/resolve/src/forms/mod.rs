//! The statements: one file each, and one row each in [`FORMS`].
//!
//! Rows are read from top to bottom, so each may rely on the tables that earlier rows fill; within
//! a row, statements are read in the order of the names that they declare. A new statement is a file here and
//! a row below.

pub mod accept;
pub mod class;
pub mod cost;
pub mod credential;
pub mod environment;
pub mod estimate;
pub mod host;
pub mod key;
pub mod monitor;
pub mod mount;
pub mod network;
pub mod object_storage;
pub mod phase;
pub mod policy;
pub mod provider;
pub mod repository;
pub mod require;
pub mod retention;
pub mod scenario;
pub mod schedule;
pub mod service;
pub mod site;
pub mod skip;
pub mod step;
pub mod store;
pub mod uses;
pub mod vault;
pub mod words;

use crate::clauses::Construct;
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;
use crate::names::Kind;

/// How the statements of a row are read.
#[derive(Clone, Copy)]
pub enum Read {
    /// One by one.
    Each(for<'a> fn(&'a Context<'a>, &mut Draft, &Item<'a>)),
    /// All together, where they rest on each other.
    All(for<'a> fn(&'a Context<'a>, &mut Draft, &[Item<'a>])),
    /// When files are loaded, before all others.
    WhenLoading,
}

/// A row: statements that are read alike and share a table.
pub struct Form {
    /// What they look like.
    pub constructs: &'static [&'static Construct],
    /// What they declare by the name behind their keyword, if anything.
    pub kind: Option<Kind>,
    /// How they are read.
    pub read: Read,
}

const fn row(constructs: &'static [&'static Construct], kind: Option<Kind>, read: Read) -> Form {
    Form {
        constructs,
        kind,
        read,
    }
}

/// Every statement of the language.
pub const FORMS: &[Form] = &[
    row(&[&uses::FORM], None, Read::WhenLoading),
    row(
        &[&phase::FORM],
        Some(Kind::Phase),
        Read::All(phase::read_all),
    ),
    row(&[&policy::FORM], None, Read::All(policy::read_all)),
    row(
        &[&schedule::FORM],
        Some(Kind::Schedule),
        Read::Each(schedule::read),
    ),
    row(
        &[&retention::FORM],
        Some(Kind::Retention),
        Read::Each(retention::read),
    ),
    row(
        &[&provider::FORM],
        Some(Kind::Provider),
        Read::Each(provider::read),
    ),
    row(&[&provider::FACT], None, Read::Each(provider::read_fact)),
    row(&[&site::FORM], Some(Kind::Site), Read::Each(site::read)),
    row(
        &[&host::HOST, &host::NAS, &object_storage::FORM],
        Some(Kind::Host),
        Read::Each(host::read),
    ),
    row(
        &[&service::FORM],
        Some(Kind::Service),
        Read::All(service::read_all),
    ),
    row(
        &[&store::STORE, &store::BUCKET],
        Some(Kind::Store),
        Read::Each(store::read),
    ),
    row(&[&vault::FORM], Some(Kind::Vault), Read::Each(vault::read)),
    row(&[&key::FORM], Some(Kind::Key), Read::Each(key::read)),
    row(
        &[&credential::FORM],
        Some(Kind::Credential),
        Read::Each(credential::read),
    ),
    row(
        &[&monitor::FORM],
        Some(Kind::Monitor),
        Read::Each(monitor::read),
    ),
    row(
        &[&repository::FORM],
        Some(Kind::Repository),
        Read::Each(repository::read),
    ),
    row(
        &[&network::FORM],
        Some(Kind::Network),
        Read::Each(network::read),
    ),
    row(
        &[&environment::FORM],
        Some(Kind::Environment),
        Read::Each(environment::read),
    ),
    row(
        &[&class::FORM],
        Some(Kind::Class),
        Read::All(class::read_all),
    ),
    row(&[&mount::FORM], Some(Kind::Mount), Read::Each(mount::read)),
    row(
        step::CONSTRUCTS,
        Some(Kind::Step),
        Read::All(step::read_all),
    ),
    // Before the selections, which leave out what is skipped.
    row(&[&skip::FORM], None, Read::Each(skip::read)),
    row(&[&require::FORM], None, Read::Each(require::read)),
    row(&[&accept::FORM], None, Read::Each(accept::read)),
    row(&[&cost::FORM], Some(Kind::Cost), Read::Each(cost::read)),
    row(&[&estimate::FORM], None, Read::Each(estimate::read)),
    row(&[&scenario::FORM], None, Read::Each(scenario::read)),
];

/// All constructs of the language with their clauses, in the order of reading.
pub fn constructs() -> impl Iterator<Item = &'static Construct> {
    FORMS
        .iter()
        .flat_map(|form| form.constructs.iter().copied())
}
