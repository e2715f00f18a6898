//! `check`: reads a repository and compares.

use thrice_grammar::TokenKind;
use thrice_model::{Subset, Verb};

use super::common::{CONNECTIONS, with_common};
use super::{From, Of, Own, Shape, To};
use crate::clauses::{Clause, Construct};
use crate::codes::WRONG_VALUE;
use crate::cursor::Cursor;

const FORM: Construct = Construct {
    keyword: "check",
    inside: &[],
    form: "check NAME of REPOSITORY by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Knows afterwards that a repository is whole: its structure, a part of its data in turn, \
           or all of it.",
    example: "check integrity of vpai_restic by seko.cron {\n    weekly on Sunday at 09:00 UTC\n    \
              read 1 of 52\n    monitor deadman\n}",
    clauses: with_common![
        Clause::once(
            "read",
            "structure | 1 of N | all",
            "what is read: each part in turn, or everything; the structure where it is not said",
        ),
        CONNECTIONS,
    ],
};

/// How checks are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::Repository,
    from: From::Nothing,
    to: To::Nothing,
    by_runner: true,
    verb: read,
};

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    let said = own.says("read");
    let subset = own.once("read", subset);
    match subset {
        None if said => None,
        subset => Some(Verb::Check(subset.unwrap_or(Subset::Structure))),
    }
}

fn subset(cursor: &mut Cursor<'_>) -> Option<Subset> {
    if cursor.take_words("structure") {
        return Some(Subset::Structure);
    }
    if cursor.take_words("all") {
        return Some(Subset::All);
    }
    if cursor.peek_kind() != Some(TokenKind::Number) {
        let help = "write `read 1 of 52`, `read all` or `read structure`";
        return cursor.wrong("a part to read", help);
    }
    let (first, span) = cursor.count("a number")?;
    cursor.expect("of", "read 1 of 52")?;
    let (parts, _) = cursor.count_within("a number of parts", 1, 10_000)?;
    if first != 1 {
        let message = "parts are read in turn, one each time";
        let help = format!("write `read 1 of {parts}`");
        return cursor.error(WRONG_VALUE, span, message, "not 1", help);
    }
    Some(Subset::Rotating(parts))
}
