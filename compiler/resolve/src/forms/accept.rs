//! `accept`: a risk that somebody takes, for a reason and a time.

use jiff::civil::Date;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{Acceptance, Obligation, Selection, Target};

use crate::clauses::Construct;
use crate::codes::{MISSING, REPEATED};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::words::{mentioned_target, selection, spoken};
use crate::item::Item;
use crate::names::Kind;

/// `accept`
pub const FORM: Construct = Construct {
    keyword: "accept",
    inside: &[],
    form: "accept OBLIGATION [for SELECTION|KIND NAME, …] [of KIND NAME] because \"REASON\" by \"WHO\", … until DATE|PHASE",
    text: "Lowers the severity of findings of one obligation: the only way to do so. Every report \
           lists it. `for` says which classes, or which step, store, host, repository, key, \
           credential, monitor or provider; `of` narrows it to the loss of one thing. What falls short of the floor (a class that does \
           not survive its host, its last copy deleted, a key inside what it opens, a step without a \
           monitor) needs a second name behind `by`.",
    example: "accept copies for music because \"can be ripped again\" by \"owner\" until 2027-06-30\n\
              accept survival for databases of credential s3_writer because \"a second account is \
              ordered\" by \"owner\" until nas\n\
              accept survival for music because \"can be ripped again\" by \"owner\", \"household\" \
              until 2027-06-30\n\
              accept alarm for step weekly_prune because \"the check would notice\" by \"owner\" \
              until 2027-06-30",
    clauses: &[],
};

/// The parts of the head, in any order.
const WORDS: [&str; 5] = ["for", "of", "because", "by", "until"];

/// The kinds of things that findings are about, other than classes.
const SUBJECTS: [(&str, Kind); 8] = [
    ("step", Kind::Step),
    ("store", Kind::Store),
    ("host", Kind::Host),
    ("repository", Kind::Repository),
    ("key", Kind::Key),
    ("credential", Kind::Credential),
    ("monitor", Kind::Monitor),
    ("provider", Kind::Provider),
];

#[derive(Default)]
struct Parts {
    seen: Vec<(&'static str, Span)>,
    selection: Option<Selection>,
    subjects: Vec<(String, Span)>,
    fault: Option<Target>,
    why: Option<String>,
    by: Vec<String>,
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
    let (Some((obligation, _)), Some(why), false, Some(until)) =
        (obligation, parts.why, parts.by.is_empty(), parts.until)
    else {
        return;
    };
    draft.acceptances.push(Acceptance {
        obligation,
        selection: parts.selection,
        subjects: parts.subjects,
        fault: parts.fault,
        why,
        by: parts.by,
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
            "of" => self.fault = Some(mentioned_target(cursor)?),
            "because" => self.why = Some(spoken(cursor, "a reason")?),
            "by" => self.by = who(cursor),
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

/// Names of people, each said once: one who signs twice is still one.
fn who(cursor: &mut Cursor<'_>) -> Vec<String> {
    let names = cursor.list(|cursor| {
        let span = cursor.here();
        Some((spoken(cursor, "a name")?, span))
    });
    let mut known: Vec<(String, Span)> = Vec::new();
    for (name, span) in names {
        match known.iter().find(|(other, _)| *other == name) {
            Some((_, first)) => {
                let found = Diagnostic::error(REPEATED, format!("`{name}` is named twice"))
                    .at(span, "named again")
                    .at(*first, "first named here")
                    .help("a second name is that of somebody else");
                cursor.complain(found);
            }
            None => known.push((name, span)),
        }
    }
    known.into_iter().map(|(name, _)| name).collect()
}

/// A class may be called `step` or `key`: then no name follows.
fn is_kind(cursor: &Cursor<'_>) -> bool {
    let next = cursor.peek_second().map(|token| cursor.cx.text(token.span));
    next.is_some_and(|next| next != "," && !WORDS.contains(&next) && next != "except")
}

fn subject(cursor: &mut Cursor<'_>) -> Option<(String, Span)> {
    let (kind, _) = cursor.choice("a kind of thing", &SUBJECTS)?;
    let (_, span) = cursor.mention(kind)?;
    Some((cursor.cx.text(span).to_owned(), span))
}
