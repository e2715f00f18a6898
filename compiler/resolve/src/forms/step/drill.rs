//! `drill`: restores somewhere and compares.

use thrice_model::Verb;

use super::common::with_common;
use super::{From, Of, Own, Shape, To};
use crate::clauses::Construct;

const FORM: Construct = Construct {
    keyword: "drill",
    inside: &[],
    form: "drill NAME of CLASS, … from REPOSITORY|PLACE|STEP by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Restores data somewhere else and compares: knows afterwards that this way back works.",
    example: "drill restore_test of databases from vpai_restic by hand { monthly on 1 at 10:00 }",
    clauses: with_common![],
};

/// How drills are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::Classes,
    from: From::Anything,
    to: To::Nothing,
    by_runner: true,
    verb: read,
};

fn read(_own: &mut Own<'_, '_>) -> Option<Verb> {
    Some(Verb::Drill)
}
