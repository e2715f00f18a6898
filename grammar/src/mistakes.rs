//! What is said about the form of a file: one function a mistake.

use thrice_diagnostics::{Code, Diagnostic, FileId, Span};

const BYTE_ORDER_MARK: Code = Code("T0006");
const CARRIAGE_RETURN: Code = Code("T0007");
/// Signs that the language does not use.
pub const UNEXPECTED: Code = Code("T0101");
/// A text without its closing quote.
pub const OPEN_TEXT: Code = Code("T0102");
/// A block without its closing brace.
pub const UNCLOSED: Code = Code("T0103");
/// A closing brace without a block.
pub const STRAY_CLOSE: Code = Code("T0104");
const TOO_DEEP: Code = Code("T0105");
/// A block or comma that belongs to no statement.
pub const STRAY: Code = Code("T0106");

/// How many mistakes of one kind are shown for one file; nonsense would otherwise flood.
const SHOWN: usize = 20;

/// Mistakes in the order of their places, not too many of one kind.
#[derive(Clone, Default)]
pub struct Mistakes(Vec<Diagnostic>);

impl Mistakes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one, unless there are enough of its kind.
    pub fn add(&mut self, mistake: Diagnostic) {
        self.add_with(mistake.code, || mistake);
    }

    /// Words one of a kind and adds it, unless there are enough of that kind: nonsense has millions of
    /// mistakes, and wording them all would take longer than reading it.
    pub fn add_with(&mut self, code: Code, mistake: impl FnOnce() -> Diagnostic) {
        if self.0.iter().filter(|m| m.code == code).count() < SHOWN {
            self.0.push(mistake());
        }
    }
}

impl FromIterator<Diagnostic> for Mistakes {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(found: I) -> Self {
        Self(found.into_iter().collect())
    }
}

impl From<Mistakes> for Vec<Diagnostic> {
    fn from(found: Mistakes) -> Self {
        found.0
    }
}

/// Offsets fit 32 bits: files of 4 GiB are refused long before they come here.
pub fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A byte order mark at the start, carriage returns anywhere: `thrice fmt` mends both.
pub fn line_ends(file: FileId, text: &str) -> impl Iterator<Item = Diagnostic> {
    let mark = text.starts_with('\u{FEFF}').then(|| {
        Diagnostic::error(BYTE_ORDER_MARK, "the file begins with a byte order mark")
            .at(Span::new(file, 0, 3), "three bytes that no editor shows")
            .help("save it as UTF-8 without a mark; `thrice fmt` takes it away")
    });
    let returns = text.find('\r').map(|at| {
        let message = match text.matches('\r').count() {
            1 => "the file holds a carriage return".to_owned(),
            many => format!("the file holds {many} carriage returns"),
        };
        Diagnostic::error(CARRIAGE_RETURN, message)
            .at(Span::new(file, small(at), small(at + 1)), "the first one")
            .help("lines end with a line feed alone; `thrice fmt` mends the whole file")
    });
    mark.into_iter().chain(returns)
}

/// Blocks inside blocks, one level too many at byte `at`.
pub fn too_deep(file: FileId, at: usize, limit: usize) -> Diagnostic {
    Diagnostic::error(TOO_DEEP, format!("blocks nest deeper than {limit}"))
        .at(Span::new(file, small(at), small(at + 1)), "one too many")
        .help("no statement of the language needs more than three levels")
}

/// A `}` outside every block.
pub fn stray_close(span: Span) -> Diagnostic {
    Diagnostic::error(STRAY_CLOSE, "this `}` closes nothing")
        .at(span, "no block is open here")
        .help("take it away, or look for a `{` that is missing above")
}

/// A `{` or `,` (that is `what`) where a statement should begin.
pub fn stray(span: Span, what: &str) -> Diagnostic {
    if what == "{" {
        Diagnostic::error(STRAY, "this block belongs to no statement")
            .at(span, "nothing stands before it")
            .help("write `{` on the line of the words it belongs to")
    } else {
        Diagnostic::error(STRAY, "a statement cannot begin with a comma")
            .at(span, "nothing stands before it")
            .help("end the line above with the comma: that carries the statement on")
    }
}

/// A comma that carries a statement on to nothing.
pub fn last_comma(comma: Span) -> Diagnostic {
    Diagnostic::error(STRAY, "nothing follows this comma")
        .at(comma, "it says that the statement goes on")
        .help("take it away, or write what is missing after it")
}

/// A text whose line ends before its closing quote.
pub fn open_text(span: Span) -> Diagnostic {
    Diagnostic::error(OPEN_TEXT, "this text has no closing quote")
        .at(span, "opened here, and the line ends")
        .help("a text stands on one line; write a line break as `\\n`")
}

/// Signs (`what`) that the language does not use.
pub fn unknown(span: Span, what: &str) -> Diagnostic {
    let message = if what.contains('`') {
        "this has no meaning here".to_owned()
    } else {
        format!(
            "`{}` has no meaning here",
            what.chars().take(20).map(shown).collect::<String>()
        )
    };
    let letters = what.chars().any(char::is_alphabetic);
    let help = what.chars().find_map(instead).unwrap_or(if letters {
        "bare names use the letters a to z, digits, `_` and `-`; put anything else in quotes"
    } else {
        "put it in quotes if it is meant as text"
    });
    Diagnostic::error(UNEXPECTED, message)
        .at(span, "not understood")
        .help(help)
}

/// What to write instead of a sign that other languages, or word processors, use.
const fn instead(sign: char) -> Option<&'static str> {
    Some(match sign {
        '#' => "comments begin with `//`",
        '€' => "currencies have three letters: `EUR`",
        '$' | '£' => {
            "currencies have three letters, such as `USD`; quote it if it is meant as text"
        }
        '≥' => "write `>=`",
        '≤' => "write `<=`",
        '–' | '—' | '…' => "write a range with two dots: `1..3`",
        '“' | '”' | '„' | '«' | '»' | '\'' | '‘' | '’' => {
            "texts stand in straight double quotes"
        }
        '(' | ')' | '[' | ']' => "the language has no such brackets, only `{` and `}` for blocks",
        _ => return None,
    })
}

/// The sign, or how it is written where a terminal would do something else with it.
fn shown(sign: char) -> String {
    match sign {
        '\\' | '"' | '\'' => sign.to_string(),
        _ => sign.escape_debug().to_string(),
    }
}

/// A block that runs to the end of the file; `suspect` is what it was probably meant to end before.
pub fn unclosed(open: Span, suspect: Option<Span>) -> Diagnostic {
    let mistake = Diagnostic::error(UNCLOSED, "this block is never closed")
        .at(open, "opened here")
        .help("add the missing `}`");
    match suspect {
        Some(span) => mistake.at(span, "it was probably meant to end before this"),
        None => mistake,
    }
}
