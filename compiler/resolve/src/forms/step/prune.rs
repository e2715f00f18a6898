//! `prune`: removes what no snapshot needs.

use thrice_model::Verb;

use super::common::{CONNECTIONS, with_common};
use super::{From, Of, Own, Shape, To};
use crate::clauses::Construct;

const FORM: Construct = Construct {
    keyword: "prune",
    inside: &[],
    form: "prune NAME of REPOSITORY by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Removes data of a repository that no version needs any more. It takes the exclusive \
           lock: nothing else may work on the repository meanwhile.",
    example: "prune weekly_prune of vpai_restic by seko.cron { weekly on Sunday at 06:00 UTC }",
    clauses: with_common![CONNECTIONS],
};

/// How prunes are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::Repository,
    from: From::Nothing,
    to: To::Nothing,
    by_runner: true,
    verb: read,
};

fn read(_own: &mut Own<'_, '_>) -> Option<Verb> {
    Some(Verb::Prune)
}
