//! `cost`: what belongs to no host.

use thrice_diagnostics::Diagnostic;
use thrice_model::Cost;
use thrice_quantity::{Money, MoneyPerMonth};

use crate::clauses::{self, AMOUNT, Clause, Construct};
use crate::codes::MISSING;
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `cost`
pub const FORM: Construct = Construct {
    keyword: "cost",
    inside: &[],
    form: "cost NAME [since PHASE] [until PHASE]",
    text: "A cost that belongs to no host: each month, once, or both.",
    example: "cost domain { 0.67 EUR/month; once 10 EUR }",
    clauses: &[
        Clause::once(
            AMOUNT,
            "",
            "what it costs each month, as an interval where it is not certain",
        ),
        Clause::once("once", "MONEY", "what it costs at the beginning"),
    ],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let written = cursor.lifetime(draft);
    let (mut monthly, mut once) = (None, None);
    let entries = clauses::read(cx, &FORM, cursor.block(), item.span);
    if entries.is_empty() && !item.name.is_empty() {
        let found = Diagnostic::error(MISSING, format!("the cost `{}` has no amount", item.name))
            .at(item.span, "how much?")
            .help(format!(
                "write `cost {} {{ 0.67 EUR/month }}`, or `once 10 EUR`",
                item.name
            ));
        cursor.complain(found);
    }
    for mut entry in entries {
        if entry.word == AMOUNT {
            monthly = entry.cursor.interval::<MoneyPerMonth>();
        } else {
            once = entry.cursor.quantity::<Money>();
        }
        entry.cursor.end();
    }
    cursor.end();
    draft.costs.push(Cost {
        named: item.named(cx),
        monthly: monthly.map(|(monthly, _)| monthly.map(|MoneyPerMonth(money)| money)),
        once: once.map(|(once, _)| once),
        lifetime: written.on(&[], draft.start),
    });
}
