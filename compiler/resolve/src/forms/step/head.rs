//! The head of a step: `VERB NAME of … [from …] to … by … [since …] [until …]`.

use smallvec::SmallVec;
use thrice_diagnostics::{Diagnostic, Span, nearest, one_of};
use thrice_grammar::TokenKind;
use thrice_model::{AgeClock, ClassId, Location, Runner, Source, StepId, StepTarget};
use thrice_quantity::{Interval, Seconds};

use super::runner;
use super::shape::{From, Of, Shape, To};
use crate::codes::{MISSING, REPEATED, WRONG_KIND, WRONG_VALUE};
use crate::cursor::{Cursor, shown};
use crate::draft::Draft;
use crate::forms::words::classes;
use crate::item::Item;
use crate::names::Kind;
use crate::values::WrittenLifetime;

/// What the head says. What could not be read is `None` or left out; then a mistake is reported.
pub struct Head {
    /// The classes of `of`.
    pub classes: SmallVec<[(ClassId, Span); 1]>,
    /// What is read.
    pub source: Option<Source>,
    /// Where it goes.
    pub target: Option<StepTarget>,
    /// The runner of `by`.
    pub runner: Option<Runner>,
    /// `after AGE by CLOCK`.
    pub age: Option<(Interval<Seconds>, AgeClock, Span)>,
    /// `since` and `until`.
    pub written: WrittenLifetime,
    /// All of it.
    pub span: Span,
}

/// The clocks that an age may be measured by.
pub const CLOCKS: [(&str, AgeClock); 3] = [
    ("mtime", AgeClock::Mtime),
    ("upload", AgeClock::Upload),
    ("use", AgeClock::Use),
];

/// The parts seen so far, with their places.
#[derive(Default)]
struct Seen {
    parts: SmallVec<[(&'static str, Span); 6]>,
    place_in_of: bool,
    via: Option<(Location, Span)>,
    environment: Option<(thrice_model::EnvironmentId, Span)>,
}

/// Reads the head. Parts may stand in any order, each at most once.
pub fn read(cursor: &mut Cursor<'_>, draft: &Draft, shape: &Shape, item: &Item<'_>) -> Head {
    let mut head = Head {
        classes: SmallVec::new(),
        source: None,
        target: None,
        runner: None,
        age: None,
        written: WrittenLifetime::default(),
        span: item.statement.head(),
    };
    let mut seen = Seen::default();
    if shape.word(&item.name).is_some() {
        let found = Diagnostic::error(
            MISSING,
            format!("this `{}` has no name", item.construct.keyword),
        );
        let found = found.at(item.span, "a name should stand here");
        cursor.fail::<()>(found.help(format!("write `{}`", item.construct.form)));
        return head;
    }
    let nameless = item.name.is_empty() && cursor.is_at_end();
    while !cursor.is_lost() && !cursor.is_at_end() {
        let start = cursor.here();
        let Some(word) = shape.word(cursor.peek_text()) else {
            no_part(cursor, shape);
            break;
        };
        if let Some((_, first)) = seen.parts.iter().find(|(other, _)| *other == word) {
            cursor.fail::<()>(twice(item, word, start, *first));
            break;
        }
        seen.parts.push((word, start));
        let _part = part(cursor, draft, shape, word, &mut head, &mut seen);
    }
    if !cursor.is_lost() && !nameless {
        complete(cursor, shape, item, &mut head, &mut seen);
    }
    head
}

fn twice(item: &Item<'_>, word: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        REPEATED,
        format!("`{}` says `{word}` twice", item.construct.keyword),
    )
    .at(span, "said again")
    .at(first, "first said here")
    .help(format!("write `{}`", item.construct.form))
}

/// Reports a word that begins no part of this verb.
fn no_part(cursor: &mut Cursor<'_>, shape: &Shape) {
    let Some(token) = cursor.peek() else { return };
    let verb = shape.form.keyword;
    if token.kind != TokenKind::Name {
        let _none: Option<()> = cursor.wrong(
            "a word such as `of` or `by`",
            &format!("write `{}`", shape.form.form),
        );
        return;
    }
    let text = cursor.peek_text();
    let near = nearest(text, shape.words());
    let help = match near.as_slice() {
        [] => format!("write `{}`", shape.form.form),
        near => format!("did you mean {}?", one_of(near.iter().copied())),
    };
    let message = format!("`{verb}` takes no `{}`", shown(text));
    let found = Diagnostic::error(WRONG_VALUE, message).at(token.span, "not expected here");
    cursor.fail::<()>(found.help(help));
}

fn part(
    cursor: &mut Cursor<'_>,
    draft: &Draft,
    shape: &Shape,
    word: &str,
    head: &mut Head,
    seen: &mut Seen,
) -> Option<()> {
    if matches!(word, "since" | "until") {
        let read = cursor.lifetime(draft);
        head.written.since = head.written.since.or(read.since);
        head.written.until = head.written.until.or(read.until);
        return Some(());
    }
    cursor.advance();
    match word {
        "of" => of(cursor, shape.of, head, seen)?,
        "from" => head.source = Some(from(cursor, shape.from)?),
        "to" => match shape.to {
            To::Repository => head.target = Some(to_repository(cursor)?),
            To::PlaceOrRepository => head.target = Some(to_either(cursor)?),
            To::Environment => seen.environment = Some(cursor.environment()?),
            To::Place | To::Nothing => head.target = Some(to_place(cursor)?),
        },
        "via" => seen.via = Some(cursor.location()?),
        "by" => head.runner = Some(runner::read(cursor, draft)?),
        _ => {
            let start = cursor.here();
            let age = cursor.interval::<Seconds>();
            cursor.expect("by", "after 30 days by upload")?;
            let (clock, _) = cursor.choice("a clock", &CLOCKS)?;
            head.age = Some((age?.0, clock, cursor.since(start)));
        }
    }
    Some(())
}

/// Whether a place is next: names of all else have none of its signs.
fn is_place(cursor: &Cursor<'_>) -> bool {
    let mut signs = cursor.peek_text().bytes();
    signs.any(|sign| matches!(sign, b'.' | b':'))
}

/// `of CLASS, …`, `of PLACE` or `of REPOSITORY`.
fn of(cursor: &mut Cursor<'_>, of: Of, head: &mut Head, seen: &mut Seen) -> Option<()> {
    if of == Of::Repository {
        let (repository, span) = cursor.repository()?;
        head.source = Some(Source::Repository(repository, span));
    } else if of == Of::Place || (of == Of::ClassesOrPlace && is_place(cursor)) {
        seen.place_in_of = true;
        let (place, span) = cursor.location()?;
        head.source = Some(Source::Location(place, span));
    } else {
        let kinds: &[Kind] = match of {
            Of::ClassesOrPlace => &[Kind::Class, Kind::Store],
            _ => &[Kind::Class],
        };
        head.classes = classes(cursor, kinds);
    }
    Some(())
}

/// `to REPOSITORY`; for a place, says how to make one there.
fn to_repository(cursor: &mut Cursor<'_>) -> Option<StepTarget> {
    if !is_place(cursor) {
        let (repository, span) = cursor.repository()?;
        return Some(StepTarget::Repository(repository, span));
    }
    let (_, span) = cursor.location()?;
    let place = cursor.cx.text(span);
    let help = format!(
        "declare one there and name it: `repository NAME in {place} {{ key KEY }}`; or use `copy`"
    );
    let message = format!("`{place}` is a place, not a repository");
    cursor.error(
        WRONG_KIND,
        span,
        message,
        "a repository is expected here",
        help,
    )
}

/// `to STORE:/PATH` or `to REPOSITORY`.
fn to_either(cursor: &mut Cursor<'_>) -> Option<StepTarget> {
    if cursor.peek_reference() == Some(Kind::Repository) {
        to_repository(cursor)
    } else {
        to_place(cursor)
    }
}

/// `to STORE:/PATH`; for a repository, says which verb writes there.
fn to_place(cursor: &mut Cursor<'_>) -> Option<StepTarget> {
    if cursor.peek_reference() != Some(Kind::Repository) {
        let (place, span) = cursor.location()?;
        return Some(StepTarget::Location(place, span));
    }
    let (name, span) = cursor.name("a place")?;
    let message = format!("`{name}` is a repository, not a place");
    let help = "into a repository writes `backup`, or a `copy` of what a backup has made; a place is `STORE:/PATH`";
    cursor.error(WRONG_KIND, span, message, "a place is expected here", help)
}

fn from(cursor: &mut Cursor<'_>, from: From) -> Option<Source> {
    if is_place(cursor) {
        let (place, span) = cursor.location()?;
        return Some(Source::Location(place, span));
    }
    let kinds: &[Kind] = match from {
        From::Anything => &[Kind::Step, Kind::Repository, Kind::Store],
        From::StepOrPlace | From::Nothing => &[Kind::Step, Kind::Store],
    };
    let (kind, index, span) = cursor.reference_any(kinds)?;
    Some(match kind {
        Kind::Repository => Source::Repository(thrice_model::RepositoryId::new(index), span),
        _ => Source::Step(StepId::new(index), span),
    })
}

/// What follows from the parts together, and which are missing.
fn complete(
    cursor: &mut Cursor<'_>,
    shape: &Shape,
    item: &Item<'_>,
    head: &mut Head,
    seen: &mut Seen,
) {
    let place = |word: &str| {
        seen.parts
            .iter()
            .find(|(part, _)| *part == word)
            .map(|(_, span)| *span)
    };
    if let (Some(first), Some(second), true) = (place("of"), place("from"), seen.place_in_of) {
        let message = format!("`{}` says twice what it reads", item.construct.keyword);
        let found = Diagnostic::error(REPEATED, message)
            .at(second, "said again")
            .at(first, "`of` names a place already")
            .help("after `of`, name classes; or leave `from` away");
        cursor.fail::<()>(found);
        return;
    }
    let missing = shape.required().find(|(word, _)| place(word).is_none());
    if let Some((word, takes)) = missing {
        let found = Diagnostic::error(
            MISSING,
            format!("`{}` needs `{word} {takes}`", item.construct.keyword),
        )
        .at(head.span, format!("`{word}` is missing"))
        .help(format!("write `{}`", item.construct.form));
        cursor.fail::<()>(found);
        return;
    }
    if head.source.is_none() && !seen.place_in_of && place("from").is_none() {
        head.source = Some(Source::Home);
    }
    match shape.to {
        To::Nothing => head.target = Some(StepTarget::Nothing),
        To::Environment => {
            if let (Some((environment, span)), false) = (
                seen.environment,
                place("via").is_some() && seen.via.is_none(),
            ) {
                let via = seen.via.take().map(|(via, _)| Box::new(via));
                head.target = Some(StepTarget::Environment(environment, via, span));
            }
        }
        To::Place | To::Repository | To::PlaceOrRepository => {}
    }
}
