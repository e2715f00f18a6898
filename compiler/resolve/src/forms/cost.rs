//! `cost`: to be written.

use crate::clauses::Construct;
use crate::context::Context;
use crate::declare::Item;
use crate::draft::Draft;

/// The statement.
pub const FORM: Construct = Construct {
    keyword: "cost",
    inside: &[],
    form: "cost NAME",
    text: "",
    example: "",
    clauses: &[],
};

/// Reads one.
pub fn read<'a>(_cx: &'a Context<'a>, _draft: &mut Draft, _item: &Item<'a>) {}
