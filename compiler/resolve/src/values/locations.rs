//! Places in stores: `vpai.local:/var/lib/postgresql`, `s3.backups`.

use ecow::EcoString;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_model::{Location, StoreId};

use crate::codes::PATH;
use crate::cursor::Cursor;
use crate::names::Kind;

impl Cursor<'_> {
    /// A store, perhaps with a path: without one it is all of the store (`/`).
    pub fn location(&mut self) -> Option<(Location, Span)> {
        let (name, span) = self.name("a place such as `vpai.local:/backups`")?;
        let (store, path) = match name.split_once(':') {
            Some((store, path)) => (store, self.path_of(path, span)),
            None => (name, Some(EcoString::inline("/"))),
        };
        match self.cx.names.look_up(store, Kind::Store, span) {
            Ok(store) => Some((
                Location {
                    store: StoreId::new(store),
                    path: path?,
                },
                span,
            )),
            Err(diagnostic) => {
                self.complain(*diagnostic);
                None
            }
        }
    }

    /// An absolute path, bare or in quotes. `what` says what is expected: "a path".
    pub fn path(&mut self, what: &str) -> Option<(EcoString, Span)> {
        match self.peek_kind() {
            Some(TokenKind::Path) => {
                let span = self.advance()?.span;
                Some((self.path_of(self.cx.text(span), span)?, span))
            }
            Some(TokenKind::Text) => {
                let (text, span) = self.text(what)?;
                Some((self.clean(&text, span)?, span))
            }
            _ => self.wrong(
                what,
                "a path is absolute: `/documents`; with blanks, in quotes",
            ),
        }
    }

    fn path_of(&mut self, written: &str, span: Span) -> Option<EcoString> {
        if !written.starts_with('"') {
            return self.clean(written, span);
        }
        let start = span
            .end
            .saturating_sub(u32::try_from(written.len()).unwrap_or(0));
        let text = self.unescape(Span::new(span.file, start, span.end))?;
        self.clean(&text, span)
    }

    /// The path in its one form, or a message.
    fn clean(&mut self, path: &str, span: Span) -> Option<EcoString> {
        match clean(path) {
            Ok(path) => Some(path),
            Err(reason) => {
                let found = Diagnostic::error(PATH, format!("the path `{path}` {reason}"));
                let found = found.at(span, reason);
                let help =
                    "paths begin with `/`, at the root of the store, and never climb with `..`";
                self.complain(found.help(help));
                None
            }
        }
    }
}

/// Whether a path is nothing but plain words behind single slashes: most are, and need no second look.
fn is_plain(path: &str) -> bool {
    let mut before = None;
    let plain = path.bytes().all(|byte| {
        let after = before.replace(byte);
        match byte {
            b'/' => after != Some(b'/'),
            _ => after.is_some() && (byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')),
        }
    });
    plain && before.is_some_and(|last| last != b'/')
}

/// Drops doubled and last slashes; says what is wrong with a path that has no one form.
fn clean(path: &str) -> Result<EcoString, &'static str> {
    if is_plain(path) {
        return Ok(path.into());
    }
    if !path.starts_with('/') {
        return Err("is not absolute");
    }
    if path.chars().any(char::is_control) {
        return Err("holds a control character");
    }
    let pieces = || path.split('/').filter(|piece| !piece.is_empty());
    if pieces().any(|piece| matches!(piece, "." | "..")) {
        return Err("holds `.` or `..`");
    }
    let untidy = path.contains("//") || (path.len() > 1 && path.ends_with('/'));
    if !untidy {
        return Ok(path.into());
    }
    let mut out = EcoString::new();
    for piece in pieces() {
        out.push('/');
        out.push_str(piece);
    }
    if out.is_empty() {
        out.push('/');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn paths_have_one_form() {
        assert_eq!(clean("/"), Ok("/".into()));
        assert_eq!(clean("/a//b/"), Ok("/a/b".into()));
        assert!(clean("a").is_err());
        assert!(clean("/a/../b").is_err());
        assert!(clean("/a/./b").is_err());
        assert!(clean("/a\nb").is_err());
        assert_eq!(clean("/a/...b"), Ok("/a/...b".into()));
        assert_eq!(clean("/a_1/b-2/C"), Ok("/a_1/b-2/C".into()));
        for wrong in ["", "a/b", "/a\u{7f}/b", "/a/\u{9f}"] {
            assert!(clean(wrong).is_err(), "{wrong:?}");
        }
    }
}
