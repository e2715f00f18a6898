//! `accept`: a risk that somebody takes, for a reason and a time.

use jiff::civil::Date;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{Acceptance, Obligation, Selection, Target};

use crate::clauses::Construct;
use crate::codes::{MISSING, REPEATED};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::declare::Item;
use crate::draft::Draft;
use crate::forms::words::{selection, spoken, target_of_kind};
use crate::names::Kind;

/// `accept`
pub const FORM: Construct = Construct {
    keyword: "accept",
    inside: &[],
    form: "accept OBLIGATION [for SELECTION|KIND NAME, …] [of KIND NAME] because \"REASON\" by \"WHO\" until DATE|PHASE",
    text: "Lowers the severity of findings of one obligation: the only way to do so. Every report \
           lists it. `for` says which classes, or which step, store, host, repository, key, \
           credential or monitor; `of` narrows it to the loss of one thing.",
    example: "accept copies for music because \"can be ripped again\" by \"owner\" until 2027-06-30\n\
              accept survival for databases of credential s3_writer because \"a second account is \
              ordered\" by \"owner\" until nas\n\
              accept alarm for step weekly_prune because \"the check would notice\" by \"owner\" \
              until 2027-06-30",
    clauses: &[],
};

/// The parts of the head, in any order.
const WORDS: [&str; 5] = ["for", "of", "because", "by", "until"];

/// The kinds of things that findings are about, other than classes.
const SUBJECTS: [(&str, Kind); 7] = [
    ("step", Kind::Step),
    ("store", Kind::Store),
    ("host", Kind::Host),
    ("repository", Kind::Repository),
    ("key", Kind::Key),
    ("credential", Kind::Credential),
    ("monitor", Kind::Monitor),
];

#[derive(Default)]
struct Parts {
    seen: Vec<(&'static str, Span)>,
    selection: Option<Selection>,
    subjects: Vec<(String, Span)>,
    fault: Option<Target>,
    why: Option<String>,
    by: Option<String>,
    until: Option<Date>,
}

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let words = Obligation::ALL.map(|obligation| (obligation.word(), obligation));
    let obligation = cursor.choice("an obligation", &words);
    let mut parts = Parts::default();
    while !cursor.is_lost() && !cursor.is_at_end() {
        let start = cursor.here();
        let Some(word) = WORDS.into_iter().find(|word| cursor.take_words(word)) else {
            let _none: Option<()> = cursor.wrong_word("a part of the acceptance", &WORDS);
            break;
        };
        if let Some((_, first)) = parts.seen.iter().find(|(other, _)| *other == word) {
            let found = Diagnostic::error(REPEATED, format!("`accept` says `{word}` twice"))
                .at(start, "said again")
                .at(*first, "first said here")
                .help(format!("write `{}`", FORM.form));
            cursor.fail::<()>(found);
            break;
        }
        parts.seen.push((word, start));
        let _part = parts.read(&mut cursor, draft, word);
    }
    parts.need(&mut cursor, item);
    cursor.end();
    let (Some((obligation, _)), Some(why), Some(by), Some(until)) =
        (obligation, parts.why, parts.by, parts.until)
    else {
        return;
    };
    draft.acceptances.push(Acceptance {
        obligation,
        selection: parts.selection,
        subjects: parts.subjects,
        fault: parts.fault,
        why,
        by,
        until,
        span: item.statement.head(),
    });
}

impl Parts {
    fn read(&mut self, cursor: &mut Cursor<'_>, draft: &Draft, word: &str) -> Option<()> {
        match word {
            "for"
                if SUBJECTS
                    .iter()
                    .any(|(kind, _)| cursor.starts_with(kind) && is_kind(cursor)) =>
            {
                self.subjects = cursor.list(subject);
            }
            "for" => self.selection = Some(selection(cursor, draft)?),
            "of" => self.fault = Some(target_of_kind(cursor)?),
            "because" => self.why = Some(spoken(cursor, "a reason")?),
            "by" => self.by = Some(spoken(cursor, "a name")?),
            _ => self.until = Some(cursor.date_or_phase(draft, "a date or a phase")?.0),
        }
        Some(())
    }

    /// A risk without a reason, a name and an end is not accepted but forgotten.
    fn need(&self, cursor: &mut Cursor<'_>, item: &Item<'_>) {
        let parts = [
            ("because", "a reason"),
            ("by", "a name"),
            ("until", "an end"),
        ];
        let missing = parts
            .iter()
            .find(|(word, _)| self.seen.iter().all(|(seen, _)| seen != word));
        if let Some((word, what)) = missing {
            let found = Diagnostic::error(MISSING, format!("`accept` needs {what}: `{word}`"))
                .at(item.statement.head(), format!("`{word}` is missing"))
                .help(format!("write `{}`", FORM.form));
            cursor.fail::<()>(found);
        }
    }
}

/// A class may be called `step` or `key`: then no name follows.
fn is_kind(cursor: &Cursor<'_>) -> bool {
    let next = cursor.peek_second().map(|token| cursor.cx.text(token.span));
    next.is_some_and(|next| next != "," && !WORDS.contains(&next) && next != "except")
}

fn subject(cursor: &mut Cursor<'_>) -> Option<(String, Span)> {
    let (kind, _) = cursor.choice("a kind of thing", &SUBJECTS)?;
    let (_, span) = cursor.reference(kind)?;
    Some((cursor.cx.text(span).to_owned(), span))
}
