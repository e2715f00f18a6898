//! From text to lexemes: what a piece looks like, by itself.
//!
//! Where the grammar (`thrice.pest`) tries one alternative after the other, the machine made of these
//! patterns takes the longest, and the patterns are written so that both find the same. Two things no
//! pattern can say, for they look ahead: a path ends before `//`, a date or time not before a letter. These
//! are looked for by hand.

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
