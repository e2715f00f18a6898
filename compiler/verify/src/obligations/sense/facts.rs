//! What others say holds for a while: who looked it up more than a year ago does not know it.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::Fact;

use super::finding;
use crate::assumptions::resting;
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::{list, some};

/// Facts that a message points at; the oldest come first.
const SHOWN: usize = 3;

const OLD: Code = Code("T2621");

/// Facts on which something rests and that are more than a year old: one finding for all about one subject.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let mut old: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in &model.facts {
        if is_old(fact.date, context.plan.as_of) {
            old.entry(&fact.subject).or_default().push(fact);
        }
    }
    for (subject, mut facts) in old {
        let rest = resting(model, subject);
        facts.sort_by_key(|fact| fact.date);
        let Some(oldest) = facts.first().map(|fact| fact.date) else {
            continue;
        };
        if rest.is_empty() {
            continue;
        }
        let (count, were) = match facts.len() {
            1 => ("a fact".to_owned(), "was"),
            many => (format!("{many} facts"), "were"),
        };
        let message = format!(
            "{count} about {} {were} looked up more than a year ago, the oldest on {oldest}: {} {} on {}",
            list([subject]),
            some(rest.iter().copied()),
            if rest.len() == 1 { "rests" } else { "rest" },
            if facts.len() == 1 { "it" } else { "them" },
        );
        // Who uses the standard library can do no more about it than look for himself.
        let severity = match facts.iter().all(|fact| fact.library) {
            true => Severity::Note,
            false => Severity::Warning,
        };
        let mut diagnostic = Diagnostic::new(OLD, severity, message).about(subject);
        for fact in facts.into_iter().take(SHOWN) {
            let said = format!("{}: {}, {}", fact.text, fact.source, fact.date);
            diagnostic = diagnostic.at(fact.span, said);
        }
        let diagnostic = diagnostic.help(
            "look at the source again: if it still says so write the new date, else mend what rests on it; facts of \
             the standard library come anew with versions of thrice, and until then `accept sense for provider …` says who \
             looked",
        );
        out.push(finding(diagnostic, Vec::new(), vec![subject.to_owned()]));
    }
}

/// Whether a year and more has gone by.
fn is_old(date: Date, as_of: Date) -> bool {
    date.checked_add(1.year()).is_ok_and(|end| end < as_of)
}
