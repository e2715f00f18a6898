//! What the verdicts rest on: first what only the policy says, each with what would show it to be
//! false, those first on which a verdict turns soonest; then what others say, with source and date.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_verdicts::{Assumption, Sentence};

use super::{Page, tables};
use crate::place;
use crate::report::Report;

/// Entries that are shown where turning values were asked for; the rest is counted.
const SHOWN: usize = 40;
/// Entries that each report shows on which a verdict turns.
const SOONEST: usize = 10;
/// Entries that each report shows besides.
const OTHERS: usize = 3;

/// Shows the assumptions. Those that say the same of several things share an entry.
pub fn render(page: &mut Page<'_>, report: &Report) {
    let (assumptions, ledger) = (&report.assumptions, report.ledger);
    let is_fact = |assumption: &Assumption<'_>| assumption.sentence.source.is_some();
    let groups = groups(assumptions.iter().filter(|assumption| !is_fact(assumption)));
    if !groups.is_empty() {
        page.heading(match (ledger, report.under.is_empty()) {
            (true, _) => "this rests on, and turns at",
            (false, true) => {
                "this rests on (turning: capacity, recovery time and time table alone; `--proofs`: all)"
            }
            (false, false) => "this rests on (where that turns, `--proofs` tells)",
        });
    }
    let (turning, still): (Vec<_>, Vec<_>) = groups.iter().partition(|g| g.first.turns.is_some());
    let (soonest, others) = if ledger {
        (SHOWN, SHOWN.saturating_sub(turning.len()))
    } else {
        (SOONEST, OTHERS)
    };
    for group in turning
        .iter()
        .take(soonest)
        .chain(still.iter().take(others))
    {
        let text = line(page, group);
        page.bullet(&text);
    }
    let later = turning.len().saturating_sub(soonest);
    let rest = still.len().saturating_sub(others);
    let left = match (later, rest) {
        (0, 0) => None,
        (0, rest) => Some(format!("and {rest} others: `--format json` has them all")),
        (later, 0) => Some(format!(
            "and {later} more that turn later: `--format json` has them all"
        )),
        (later, rest) => Some(format!(
            "and {later} more that turn later, and {rest} others: `--format json` has them all"
        )),
    };
    if let Some(left) = left {
        page.bullet(&left);
    }
    let mut facts = assumptions.iter().filter(is_fact).peekable();
    if facts.peek().is_some() {
        page.heading("and on what others say");
    }
    for fact in facts {
        // Its date says how far to trust it.
        let text = format!("{}{}", fact.text(), origin(page, &fact));
        let text = page.clean(&text);
        page.bullet(&text);
    }
}

/// Assumptions that differ in nothing but the name they begin with, in the order of the first.
struct Group<'a> {
    first: Assumption<'a>,
    /// The first names.
    names: Vec<&'a str>,
    /// How many there are.
    count: usize,
}

fn groups<'a>(assumptions: impl Iterator<Item = Assumption<'a>>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: IndexMap<_, usize, FxBuildHasher> = IndexMap::default();
    for assumption in assumptions {
        let at = match assumption.sentence.predicate() {
            Some(_) => {
                let turn = assumption.turns;
                let turn = turn.map(|turn| (turn.at.as_str(), turn.breaks.as_slice()));
                *known
                    .entry((assumption.number, turn))
                    .or_insert(groups.len())
            }
            // Sentences that do not begin with a name stand alone.
            None => groups.len(),
        };
        if at == groups.len() {
            groups.push(Group {
                first: assumption,
                names: Vec::new(),
                count: 0,
            });
        }
        if let Some(group) = groups.get_mut(at) {
            group.count += 1;
            if group.names.len() < tables::NAMES {
                group.names.push(assumption.name);
            }
        }
    }
    groups
}

fn line(page: &Page<'_>, group: &Group<'_>) -> String {
    let sentence = group.first.sentence;
    let mut text = match sentence.predicate().filter(|_| group.count > 1) {
        Some(predicate) => {
            let names: Vec<String> = group.names.iter().map(|n| format!("`{n}`")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!(
                "each of {}{predicate}",
                tables::first_of(&names, group.count)
            )
        }
        None => format!("{}{}", group.first.text(), origin(page, &group.first)),
    };
    if let Some(turn) = group.first.turns {
        let breaks = turn.breaks.join(", ");
        // A value, or the sentence that a step does not run at all.
        let when = if turn.at.starts_with("it ") {
            "if"
        } else {
            "at"
        };
        text.push_str(&format!("; turns {when} {}: {breaks}", turn.at));
    }
    match &sentence.monitor {
        Some(monitor) => text.push_str(&format!("; `{monitor}` would tell if not")),
        None => text.push_str("; nothing would tell if not"),
    }
    page.clean(&text)
}

/// Source, date and place, as far as they are there.
fn origin(page: &Page<'_>, assumption: &Assumption<'_>) -> String {
    let Sentence { source, date, .. } = assumption.sentence;
    let place = assumption
        .span
        .and_then(|span| place::short(page.sources, span));
    let parts: Vec<&str> = [source, date, &place]
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}
