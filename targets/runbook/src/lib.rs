//! The runbook: what to do on the worst day, as Markdown and as one HTML page.
//!
//! What goes in: a plan, what the verifier says each fault leaves ([`thrice_verify::survivors`]), and
//! whether the policy was judged safe. What comes out: `runbook.md` and `runbook.html`, for people under
//! stress: first what to do first, then what is left, then the commands. Commands of both are the same,
//! and the tests run them. No secret is in them: they name the file that each is put into.
//!
//! A runbook is there for a rejected policy too, and says in big letters that it is one.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod book;
mod classes;
mod commands;
mod money;
mod order;
mod page;
mod read;
mod rules;
mod words;

use thrice_diagnostics::Diagnostic;
use thrice_plan::{Period, Plan};
use thrice_target::{Artefact, refusal};

pub use read::{facts, shell_blocks};

/// Whether the policy may be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was judged safe.
    Safe,
    /// It was rejected, or not all could be decided: why, a line each.
    Rejected(Vec<String>),
}

/// Both forms of the runbook.
///
/// # Errors
/// A name that no command can hold (`T2331`).
pub fn emit(plan: &Plan, standing: &Standing) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let book = book::of(plan, standing).map_err(|mistake| vec![mistake])?;
    let page = |name: &str, kind: &'static str, text: Result<String, minijinja::Error>| {
        let text = text.map_err(|error| {
            let message = format!("the runbook cannot be written: {error}");
            vec![Diagnostic::error(refusal::INTERNAL, message)]
        })?;
        Ok::<_, Vec<Diagnostic>>(Artefact {
            path: name.to_owned(),
            bytes: text.into_bytes(),
            mode: 0o644,
            kind,
            step: None,
            host: None,
            install_to: None,
            secrets: Vec::new(),
        })
    };
    Ok(vec![
        page("runbook.html", "runbook-html", page::html(&book))?,
        page("runbook.md", "runbook", page::markdown(&book))?,
    ])
}

/// The period that a plan is judged in: the last one that has begun, else the first.
fn period(plan: &Plan) -> Option<&Period> {
    let begun = plan
        .periods
        .iter()
        .rfind(|period| period.from <= plan.as_of);
    begun.or_else(|| plan.periods.first())
}
