//! Statements as the first pass finds them.

use ecow::EcoString;
use thrice_diagnostics::Span;
use thrice_grammar::Statement;

use crate::clauses::Construct;
use crate::context::Context;
use crate::cursor::Cursor;

/// A statement of a known form: at the top level, or inside another as a store is in its host.
#[derive(Clone)]
pub struct Item<'a> {
    /// Its form.
    pub construct: &'static Construct,
    /// The full name it declares (`vpai.local`); empty if it declares none, or the name could not
    /// be read.
    pub name: EcoString,
    /// Where the name stands, otherwise the head of the statement.
    pub span: Span,
    /// Its place in the table of its kind; 0 where it declares nothing.
    pub index: u32,
    /// For what stands inside another statement: that one's place in the table of its kind.
    pub parent: u32,
    /// All of it.
    pub statement: Statement<'a>,
    /// Whether it declares a name.
    pub(crate) declares: bool,
}

impl<'a> Item<'a> {
    /// Reads the head, from behind the keyword and the declared name.
    #[must_use]
    pub fn cursor(&self, cx: &'a Context<'a>) -> Cursor<'a> {
        let mut cursor = Cursor::new(cx, self.statement);
        cursor.advance();
        if self.declares && cursor.advance().is_none() {
            // That it has no name is said already.
            cursor.give_up();
        }
        cursor
    }

    /// Name, place and documentation for the model.
    #[must_use]
    pub fn named(&self, cx: &Context<'_>) -> thrice_model::Named {
        thrice_model::Named {
            name: self.name.clone(),
            span: self.span,
            doc: cx.doc(self.statement),
        }
    }

    /// The name without that of the statement it stands in.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.rsplit(['.', '/']).next().unwrap_or("")
    }
}
