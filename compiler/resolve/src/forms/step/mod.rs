//! Steps: to be written.

use crate::clauses::Construct;
use crate::context::Context;
use crate::declare::Item;
use crate::draft::Draft;

/// The ten verbs.
pub const CONSTRUCTS: &[&Construct] = &[];

/// Reads all steps: they rest on each other.
pub fn read_all<'a>(_cx: &'a Context<'a>, _draft: &mut Draft, _items: &[Item<'a>]) {}
