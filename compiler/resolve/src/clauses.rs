//! The form of statements as tables: which clauses a block takes, how often, and what they mean.
//!
//! The reader walks a block by its table, and the reference of the language is written from the
//! same table, so the two cannot differ.

use thrice_diagnostics::{Diagnostic, Span, nearest, one_of};
use thrice_grammar::{Block, Statement, TokenKind};

use crate::codes::{MISSING, REPEATED, UNKNOWN_CLAUSE};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::names::Kind;

/// A clause that is a schedule, written or by name: its table's `word`.
pub const SCHEDULE: &str = "SCHEDULE";
/// A clause that is a retention, written (`keep …`) or by name: its table's `word`.
pub const RETENTION: &str = "RETENTION";
/// A clause that begins with a number, such as the amount of `cost`: its table's `word`.
pub const AMOUNT: &str = "AMOUNT";

/// The first words of a written schedule.
pub const SCHEDULE_WORDS: [&str; 7] = [
    "hourly",
    "every",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "on demand",
];

/// One clause of a block.
#[derive(Clone, Copy, Debug)]
pub struct Clause {
    /// Its first word or words (`upload limit`); or [`SCHEDULE`], [`RETENTION`], [`AMOUNT`].
    pub word: &'static str,
    /// What follows, placeholders in capitals: `SIZE`, `STEP, …`; empty for nothing.
    pub takes: &'static str,
    /// Whether it may be said more than once.
    pub repeatable: bool,
    /// Whether it must be said.
    pub required: bool,
    /// What it says, in one line, without a full stop.
    pub text: &'static str,
}

impl Clause {
    /// A clause that is said at most once.
    #[must_use]
    pub const fn once(word: &'static str, takes: &'static str, text: &'static str) -> Self {
        Self {
            word,
            takes,
            repeatable: false,
            required: false,
            text,
        }
    }

    /// A clause that may be repeated.
    #[must_use]
    pub const fn many(word: &'static str, takes: &'static str, text: &'static str) -> Self {
        Self {
            word,
            takes,
            repeatable: true,
            required: false,
            text,
        }
    }

    /// Whether it begins with its word, which else stands for what it begins with.
    const fn is_word(&self) -> bool {
        !matches!(self.word.as_bytes(), [b'A'..=b'Z', ..])
    }

    /// The same clause, which must be said.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// A statement or a nested block: its form, meaning and clauses.
#[derive(Clone, Copy, Debug)]
pub struct Construct {
    /// Its first word.
    pub keyword: &'static str,
    /// The statements inside whose blocks it stands; none: at the top level.
    pub inside: &'static [&'static str],
    /// Its head, placeholders in capitals: `host NAME at PROVIDER/SITE [since PHASE]`.
    pub form: &'static str,
    /// What it says, in a sentence or two.
    pub text: &'static str,
    /// A whole example.
    pub example: &'static str,
    /// What its block takes; none: it has no block.
    pub clauses: &'static [Clause],
}

/// A clause as it stands in a block.
pub struct Entry<'a> {
    /// The `word` of its table row.
    pub word: &'static str,
    /// Reads what follows that word; for `SCHEDULE`, `RETENTION` and `AMOUNT`, the whole clause.
    pub cursor: Cursor<'a>,
}

impl Entry<'_> {
    /// All of it.
    #[must_use]
    pub fn span(&self) -> Span {
        self.cursor.head()
    }
}

/// So many clauses most blocks have at most.
const MOST_SAY: usize = 6;

/// Reads a block by its table: the known clauses in order, each at its first value. Unknown,
/// repeated and missing clauses are reported (`head` is where a missing one is shown) and left out.
/// Without a block there are no clauses, and what is required is missing.
#[must_use]
pub fn read<'a>(
    cx: &'a Context<'a>,
    construct: &Construct,
    block: Option<Block<'a>>,
    head: Span,
) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::with_capacity(block.map_or(0, |_| MOST_SAY));
    for statement in block.into_iter().flat_map(Block::statements) {
        let mut cursor = Cursor::new(cx, statement);
        let Some(clause) = find(&mut cursor, construct) else {
            report_unknown(cx, construct, statement);
            continue;
        };
        let said = || entries.iter().find(|entry| entry.word == clause.word);
        if let (false, Some(first)) = (clause.repeatable, said()) {
            cx.report(repeated(construct, clause, statement.head(), first.span()));
            continue;
        }
        entries.push(Entry {
            word: clause.word,
            cursor,
        });
    }
    // A block with stray or unreadable pieces has its own messages; what is missing may be there.
    let is_said = |clause: &Clause| entries.iter().any(|entry| entry.word == clause.word);
    let required = construct.clauses.iter().filter(|clause| clause.required);
    for clause in required.filter(|clause| !is_said(clause)) {
        cx.report(missing(construct, clause, head));
    }
    entries
}

/// The table row of a clause, with the cursor behind its words.
fn find(cursor: &mut Cursor<'_>, construct: &Construct) -> Option<&'static Clause> {
    // No clause begins with the words of one before it in the table: a test sees to that.
    let mut by_word = construct.clauses.iter().filter(|clause| clause.is_word());
    if let Some(clause) = by_word.find(|clause| cursor.take_words(clause.word)) {
        return Some(clause);
    }
    let by_value = if SCHEDULE_WORDS.iter().any(|word| cursor.starts_with(word)) {
        SCHEDULE
    } else if cursor.starts_with("keep") {
        RETENTION
    } else if cursor
        .peek()
        .is_some_and(|token| token.kind == TokenKind::Number)
    {
        AMOUNT
    } else {
        match cursor.cx.names.find(cursor.peek_text())?.kind {
            Kind::Schedule => SCHEDULE,
            Kind::Retention => RETENTION,
            _ => return None,
        }
    };
    construct
        .clauses
        .iter()
        .find(|clause| clause.word == by_value)
}

/// The words under which a clause is found, for suggestions.
fn spellings<'a>(cx: &'a Context<'_>, clause: &Clause) -> Vec<&'a str> {
    let named = |kind| {
        cx.names
            .of_kind(kind)
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    match clause.word {
        SCHEDULE => SCHEDULE_WORDS
            .into_iter()
            .chain(named(Kind::Schedule))
            .collect(),
        RETENTION => std::iter::once("keep")
            .chain(named(Kind::Retention))
            .collect(),
        AMOUNT => Vec::new(),
        word => vec![word],
    }
}

fn report_unknown(cx: &Context<'_>, construct: &Construct, statement: Statement<'_>) {
    let Some(token) = statement.values().next() else {
        return;
    };
    if matches!(token.kind, TokenKind::Unknown | TokenKind::OpenText) {
        return;
    }
    let word = cx.text(token.span);
    let place = construct.keyword;
    let found = Diagnostic::error(UNKNOWN_CLAUSE, format!("`{place}` has no clause `{word}`"))
        .at(token.span, "unknown clause");
    let all: Vec<&str> = construct
        .clauses
        .iter()
        .flat_map(|c| spellings(cx, c))
        .collect();
    let near = nearest(word, all.iter().copied());
    let help = if near.is_empty() {
        format!(
            "it takes {}",
            one_of(construct.clauses.iter().map(|c| c.word))
        )
    } else {
        format!("did you mean {}?", one_of(near))
    };
    cx.report(if construct.clauses.is_empty() {
        found
    } else {
        found.help(help)
    });
}

fn repeated(construct: &Construct, clause: &Clause, span: Span, other: Span) -> Diagnostic {
    let (place, word) = (construct.keyword, clause.word);
    let message = match word {
        SCHEDULE => format!("`{place}` has two schedules"),
        RETENTION => format!("`{place}` has two retentions"),
        AMOUNT => format!("`{place}` has two amounts"),
        _ => format!("`{place}` says `{word}` twice"),
    };
    Diagnostic::error(REPEATED, message)
        .at(span, "said again")
        .at(other, "first said here")
        .help("keep the one that holds")
}

fn missing(construct: &Construct, clause: &Clause, head: Span) -> Diagnostic {
    let what = match clause.word {
        SCHEDULE => "a schedule".to_owned(),
        RETENTION => "a retention".to_owned(),
        AMOUNT => "an amount".to_owned(),
        word => format!("`{word}`"),
    };
    let form = format!("{} {}", clause.word, clause.takes);
    Diagnostic::error(MISSING, format!("`{}` needs {what}", construct.keyword))
        .at(head, format!("{what} is missing"))
        .help(format!("add `{}`: {}", form.trim_end(), clause.text))
}

#[cfg(test)]
mod tests {
    use crate::forms::constructs;

    /// The first clause of a table that fits is taken: `read` must not hide a `read only` behind it.
    #[test]
    fn no_clause_hides_another() {
        for construct in constructs() {
            let words: Vec<&str> = construct.clauses.iter().map(|clause| clause.word).collect();
            for (at, word) in words.iter().enumerate() {
                let begun = format!("{word} ");
                let hidden = words[at + 1..]
                    .iter()
                    .find(|other| other.starts_with(&begun));
                assert_eq!(hidden, None, "`{}`: behind `{word}`", construct.keyword);
            }
        }
    }
}
