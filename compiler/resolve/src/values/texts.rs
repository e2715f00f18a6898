//! Texts in quotes: escapes, and the secrets that must not stand in a policy.

use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;

use crate::codes::{SECRET, WRONG_VALUE};
use crate::cursor::Cursor;

impl Cursor<'_> {
    /// A text in quotes, without them and with its escapes (`\"`, `\\`, `\n`, `\t`) replaced. A text
    /// that looks like a secret is refused. `what` says what is expected: "a title".
    pub fn text(&mut self, what: &str) -> Option<(String, Span)> {
        if self.peek_kind() != Some(TokenKind::Text) {
            return self.wrong_text(what);
        }
        let span = self.advance()?.span;
        let text = self.unescape(span)?;
        match secret_in(&text) {
            None => Some((text, span)),
            Some(kind) => {
                let message = format!("this text looks like {kind}");
                let help = "write the name of a file or environment variable that holds it; change \
                            the secret if this file has been shared";
                self.error(
                    SECRET,
                    span,
                    message,
                    "a secret does not belong in a policy",
                    help,
                )
            }
        }
    }

    /// Reports that a text in quotes is missing; `what` says what is expected: "a title".
    pub fn wrong_text<T>(&mut self, what: &str) -> Option<T> {
        let word = match self.peek_kind() {
            Some(TokenKind::Name) => self.peek_text(),
            _ => "…",
        };
        self.wrong(&format!("{what} in quotes"), &format!("write `\"{word}\"`"))
    }

    /// A text in quotes, if one is next.
    pub fn text_if_any(&mut self) -> Option<(String, Span)> {
        (self.peek_kind() == Some(TokenKind::Text)).then(|| self.text("a text"))?
    }

    /// The text of a quoted token or part of a token.
    pub(crate) fn unescape(&mut self, span: Span) -> Option<String> {
        let text = self.cx.text(span);
        let inner = text.strip_prefix('"').unwrap_or(text);
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        match unescape(inner) {
            Ok(text) => Some(text),
            Err(sign) => {
                let message = format!("`\\{}` is no escape", sign.escape_debug());
                let help =
                    "write `\\\\` for a backslash, `\\\"` for a quote, `\\n` for a line break";
                let found = Diagnostic::error(WRONG_VALUE, message).at(span, "in this text");
                self.complain(found.help(help));
                None
            }
        }
    }
}

/// Replaces the escapes; the unknown one otherwise.
fn unescape(text: &str) -> Result<String, char> {
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            out.push(sign);
            continue;
        }
        out.push(match signs.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some(same @ ('"' | '\\')) => same,
            Some(other) => return Err(other),
            None => '\\',
        });
    }
    Ok(out)
}

/// What secret a text looks like, if any.
fn secret_in(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") && text.contains("KEY") {
        return Some("a private key");
    }
    if text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(is_access_key)
    {
        return Some("an access key of S3");
    }
    if text.contains("://") && url_with_secret(text) {
        return Some("a URL that carries a secret");
    }
    let lower = text.to_ascii_lowercase();
    let assigns = [
        "password",
        "passwd",
        "secret",
        "token",
        "api_key",
        "apikey",
        "access_key",
    ];
    assigns
        .iter()
        .any(|word| assigned(&lower, word))
        .then_some("a secret that is assigned")
}

/// AWS' documented prefixes of access key ids, and their length.
fn is_access_key(word: &str) -> bool {
    word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// `https://user:password@host`, a query with a value that is long, or a path with a UUID or
/// another long random piece, as ping URLs have.
fn url_with_secret(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let user = host
        .split_once('@')
        .is_some_and(|(user, _)| user.contains(':'));
    user || path.split(['/', '?', '&', '=']).any(is_random)
}

fn is_random(piece: &str) -> bool {
    let signs = piece.bytes().filter(u8::is_ascii_alphanumeric).count();
    let has_digit = piece.bytes().any(|b| b.is_ascii_digit());
    let has_letter = piece.bytes().any(|b| b.is_ascii_alphabetic());
    signs >= 10
        && has_digit
        && has_letter
        && piece
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// `word=value` or `word: value` with a value that is not the name of a variable.
fn assigned(lower: &str, word: &str) -> bool {
    lower.match_indices(word).any(|(at, _)| {
        let rest = lower.get(at + word.len()..).unwrap_or("").trim_start();
        let value = rest.strip_prefix('=').map(str::trim_start).unwrap_or("");
        !value.is_empty() && !value.starts_with(['$', '<', '{', '*'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_replaced() {
        assert_eq!(unescape(r#"a\"b\\c\nd"#), Ok("a\"b\\c\nd".to_owned()));
        assert_eq!(unescape(r"\q"), Err('q'));
    }

    #[test]
    fn secrets_are_seen_and_names_of_variables_are_not() {
        for secret in [
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "key AKIAIOSFODNN7EXAMPLE",
            "https://hc-ping.com/2f1d9a34-1111-4c5e-9e1f-0a1b2c3d4e5f",
            "https://me:hunter2@example.org/x",
            "password=hunter2",
            "TOKEN = abc",
        ] {
            assert!(secret_in(secret).is_some(), "{secret}");
        }
        for harmless in [
            "HC_PING_KEY",
            "https://docs.hetzner.com/storage/object-storage/faq",
            "password=$RESTIC_PASSWORD",
            "the password is rotated",
            "/etc/thrice/keys/vpai_restic",
            "fsn1.your-objectstorage.com",
        ] {
            assert_eq!(secret_in(harmless), None, "{harmless}");
        }
    }
}
