//! From text to lexemes: what a piece looks like, by itself.
//!
//! Where the grammar (`thrice.pest`) tries one alternative after the other, the machine made of these
//! patterns takes the longest, and the patterns are written so that both find the same. Two things no
//! pattern can say, for they look ahead: a path ends before `//`, a date or time not before a letter. These
//! are looked for by hand.

use std::ops::Range;

use logos::{Lexer, Logos};

use crate::tree::TokenKind;

/// A piece of text. Blanks between pieces are skipped.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t]+")]
#[logos(subpattern word = r"[A-Za-z_][0-9A-Za-z_]*(-[0-9A-Za-z_]+)*")]
#[logos(subpattern name = r"(?&word)([./]((?&word)|\*))*")]
#[logos(subpattern inside = r#"([^"\\\n\r]|\\[^\n\r])*"#)]
// What `unknown` may hold, without `.`: no blank, line end, letter, digit, nor `{` `}` `;` `,` `"` `/`.
#[logos(subpattern odd = r"[\x00-\x08\x0B\x0C\x0E-\x1F!#-+\-:<-@\[-`|~-\u{10FFFF}]")]
pub enum Lexeme {
    /// A line's end.
    #[regex(r"\n|\r\n?")]
    Newline,
    /// `;`
    #[token(";")]
    Separator,
    /// `,`
    #[token(",")]
    Comma,
    /// `{`
    #[token("{")]
    Open,
    /// `}`
    #[token("}")]
    Close,
    /// `// …`, and all that begins with four strokes.
    #[regex(r"//[^\n\r]*", priority = 1, allow_greedy = true)]
    Comment,
    /// `/// …`
    #[regex(r"///([^/\n\r][^\n\r]*)?", priority = 2, allow_greedy = true)]
    Doc,
    /// A word or value.
    #[regex(r#"(?&name)(:"(?&inside)")?"#, name)]
    #[regex("/", path)]
    #[regex(r"[0-9][0-9_]*(\.[0-9]+)?", number)]
    #[regex(r"[0-9]+(\.[0-9]+){2,}", |_| TokenKind::Version)]
    #[regex(r#""(?&inside)""#, |_| TokenKind::Text)]
    #[regex(r#""(?&inside)\\?"#, |_| TokenKind::OpenText)]
    #[regex(r"%(/(?&word))?", |_| TokenKind::Percent)]
    #[regex(r"\.\.|>=|<=|[<=>?*+:-]", |_| TokenKind::Operator)]
    #[regex(r"[\x00-\x08\x0B\x0C\x0E-\x1F!#$&'()@\[\\\]^`|~-\u{10FFFF}]((?&odd)|\.)*", |_| TokenKind::Unknown)]
    #[regex(r"\.((?&odd)((?&odd)|\.)*)?", |_| TokenKind::Unknown)]
    Value(TokenKind),
}

/// The pieces of a text from somewhere on, from left to right.
pub struct Lexemes<'a> {
    text: &'a str,
    /// Where the last one is.
    last: Range<usize>,
    /// Asked for what is not plain; it stands where it was asked last.
    lexer: Lexer<'a, Lexeme>,
}

impl<'a> Lexemes<'a> {
    /// Those of `text` from byte `start` on.
    pub fn new(text: &'a str, start: usize) -> Self {
        Self {
            text,
            last: start..start,
            lexer: Lexeme::lexer(text),
        }
    }

    /// The next one; `None` at the end.
    pub fn next(&mut self) -> Option<Lexeme> {
        let behind = self.text.as_bytes().get(self.last.end..)?;
        let blanks = length(behind, |byte| matches!(byte, b' ' | b'\t'));
        if let Some((lexeme, length)) = plain(behind.get(blanks..)?) {
            let start = self.last.end + blanks;
            self.last = start..start + length;
            return Some(lexeme);
        }
        self.lexer.bump(self.last.end - self.lexer.span().end);
        let lexeme = self.lexer.next()?;
        self.last = self.lexer.span();
        // There is a pattern for every sign, so nothing is left over.
        Some(lexeme.unwrap_or(Lexeme::Value(TokenKind::Unknown)))
    }

    /// Where the last one is.
    pub fn span(&self) -> Range<usize> {
        self.last.clone()
    }

    /// The last one.
    pub fn slice(&self) -> &'a str {
        self.text.get(self.last.clone()).unwrap_or("")
    }
}

/// What most pieces are, at first sight: the end of a line, a word or digits, with nothing behind them that
/// could be part of them. How long it is, too. The patterns find the same, in three times the time.
fn plain(text: &[u8]) -> Option<(Lexeme, usize)> {
    let (kind, length) = match *text.first()? {
        b'\n' => return Some((Lexeme::Newline, 1)),
        b'A'..=b'Z' | b'a'..=b'z' | b'_' => (TokenKind::Name, length(text, is_word)),
        b'0'..=b'9' => (
            TokenKind::Number,
            length(text, |byte| byte.is_ascii_digit()),
        ),
        _ => return None,
    };
    let joint = matches!(text.get(length), Some(b'-' | b'.' | b'/' | b':' | b'_'));
    (!joint).then_some((Lexeme::Value(kind), length))
}

/// Which bytes words are made of.
#[expect(
    clippy::indexing_slicing,
    reason = "made when it is compiled, which would fail"
)]
const OF_WORDS: [bool; 256] = {
    let mut of_words = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        of_words[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    of_words
};

fn is_word(byte: u8) -> bool {
    OF_WORDS.get(usize::from(byte)).is_some_and(|is| *is)
}

/// How many of the first bytes are such.
fn length(text: &[u8], are: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| are(**byte)).count()
}

/// A name takes in the path behind its `:`.
fn name(lexer: &mut Lexer<'_, Lexeme>) -> TokenKind {
    let behind = lexer.remainder().strip_prefix(":/");
    if let Some(path) =
        behind.filter(|path| !path.starts_with('/') && !lexer.slice().ends_with('"'))
    {
        lexer.bump(":/".len() + path_length(path));
    }
    TokenKind::Name
}

fn path(lexer: &mut Lexer<'_, Lexeme>) -> TokenKind {
    lexer.bump(path_length(lexer.remainder()));
    TokenKind::Path
}

/// How far a path goes on behind a `/`: up to blanks, punctuation, quotes and `//`.
fn path_length(behind: &str) -> usize {
    let bytes = behind.as_bytes();
    let ends = |(at, byte): (usize, &u8)| match byte {
        b' ' | b'\t' | b'\r' | b'\n' | b'{' | b'}' | b';' | b',' | b'"' => true,
        b'/' => bytes.get(at + 1) == Some(&b'/'),
        _ => false,
    };
    bytes
        .iter()
        .enumerate()
        .position(ends)
        .unwrap_or(bytes.len())
}

/// Digits may begin a date or a time.
fn number(lexer: &mut Lexer<'_, Lexeme>) -> TokenKind {
    let (digits, behind) = (lexer.slice(), lexer.remainder().as_bytes());
    let are = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let ends = |rest: &[u8]| !rest.first().is_some_and(u8::is_ascii_alphanumeric);
    match (digits.len(), behind) {
        (4, [b'-', m1, m2, b'-', d1, d2, rest @ ..])
            if are(digits.as_bytes())
                && are(&[*m1, *m2, *d1, *d2])
                && ends(rest)
                && rest.first() != Some(&b'-') =>
        {
            lexer.bump("-02-15".len());
            TokenKind::Date
        }
        (1 | 2, [b':', m1, m2, rest @ ..])
            if are(digits.as_bytes()) && are(&[*m1, *m2]) && ends(rest) =>
        {
            lexer.bump(":00".len());
            TokenKind::Time
        }
        _ => TokenKind::Number,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is told at first sight is what the patterns find.
        #[test]
        fn plain_pieces_are_those_of_the_patterns(
            text in "([a-zA-Z_]{1,2}|[0-9]{1,4}|[-./:*_ \t\r\n\"{};,%é\u{1}]){0,12}"
        ) {
            let mut lexemes = Lexemes::new(&text, 0);
            for (found, range) in Lexeme::lexer(&text).spanned() {
                prop_assert_eq!(lexemes.next(), found.ok());
                prop_assert_eq!(lexemes.span(), range.clone());
                prop_assert_eq!(Some(lexemes.slice()), text.get(range));
            }
            prop_assert_eq!(lexemes.next(), None);
        }
    }
}
