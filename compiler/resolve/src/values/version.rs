//! Versions of programs: `0.18.1`, `0.41` or `15`.

use thrice_diagnostics::Span;
use thrice_grammar::TokenKind;
use thrice_model::Version;

use crate::codes::WRONG_VALUE;
use crate::cursor::{Cursor, shown};

impl Cursor<'_> {
    /// Whether a version seems to be next, readable or not.
    #[must_use]
    pub fn is_at_version(&self) -> bool {
        matches!(
            self.peek_kind(),
            Some(TokenKind::Version | TokenKind::Number)
        )
    }

    /// The version of a program that must be next; says so where there is none that could be.
    pub fn version(&mut self, program: &str) -> Option<(Version, Span)> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Unknown | TokenKind::OpenText) {
            // The grammar has said so.
            self.give_up();
            return None;
        }
        self.advance();
        let text = self.cx.text(token.span);
        match Version::parse(text) {
            Some(version) => Some((version, token.span)),
            None => self.error(
                WRONG_VALUE,
                token.span,
                format!("`{}` is no version of {program}", shown(text)),
                "not a version",
                "one to three numbers up to 65535 with dots between them: `0.18.1`, `0.41`, `15`",
            ),
        }
    }
}
