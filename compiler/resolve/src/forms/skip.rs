//! `skip`: data that is left out on purpose.

use thrice_diagnostics::Diagnostic;
use thrice_model::{Named, Skip};

use crate::clauses::Construct;
use crate::codes::{DUPLICATE_NAME, WRONG_KIND};
use crate::context::Context;
use crate::draft::Draft;
use crate::forms::words::reason;
use crate::item::Item;
use crate::names::Kind;

/// `skip`
pub const FORM: Construct = Construct {
    keyword: "skip",
    inside: &[],
    form: "skip NAME, … because \"REASON\"",
    text: "Data that is not backed up, and why. It may be a class, which then is in no `all`, or \
           any name for something that is not declared.",
    example: "skip metrics, logs because \"rebuilt from scratch\"",
    clauses: &[],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let names = cursor.list(|cursor| cursor.name("the name of some data"));
    let why = reason(&mut cursor, FORM.form);
    cursor.end();
    for (name, span) in names {
        if let Some(symbol) = cx
            .names
            .find(name)
            .filter(|symbol| symbol.kind != Kind::Class)
        {
            let what = symbol.kind.with_article();
            let found = Diagnostic::error(WRONG_KIND, format!("`{name}` is {what}, not data"))
                .at(span, "data is expected here")
                .at(symbol.span, format!("`{name}` is declared here"))
                .help("name a class, or data that is declared nowhere");
            cx.report(found);
        } else if let Some(other) = draft.skips.iter().find(|skip| skip.named.name == name) {
            let found = Diagnostic::error(DUPLICATE_NAME, format!("`{name}` is skipped twice"))
                .at(span, "skipped again")
                .at(other.named.span, "first skipped here")
                .help("keep the reason that holds");
            cx.report(found);
        } else if let Some(why) = &why {
            let named = Named {
                name: name.into(),
                span,
                doc: cx.doc(item.statement),
            };
            draft.skips.push(Skip {
                named,
                why: why.clone(),
            });
        }
    }
}
