//! `use`: reading it is the business of [`crate::load`].

use crate::clauses::Construct;

/// `use`
pub const FORM: Construct = Construct {
    keyword: "use",
    inside: &[],
    form: "use std/NAME | use \"FILE\"",
    text: "Makes another file part of the policy: facts about a provider from the standard library, \
           or a file of one's own, whose path starts at the file that says `use`.",
    example: "use std/hetzner\nuse \"../requirements.thrice\"",
    clauses: &[],
};
