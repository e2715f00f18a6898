//! What the verdicts rest on: first what only the policy says, each with what would show it to be
//! false, those first on which a verdict turns soonest; then what others say, with source and date.

use std::collections::BTreeMap;

use super::{Page, tables};
use crate::place;
use crate::report::Assumption;

/// Entries that are shown where turning values were asked for; the rest is counted.
const SHOWN: usize = 40;
/// Entries that each report shows on which a verdict turns.
const SOONEST: usize = 10;
/// Entries that each report shows besides.
const OTHERS: usize = 3;

/// Shows the assumptions. Those that say the same of several things share an entry.
pub fn render(page: &mut Page<'_>, assumptions: &[Assumption], ledger: bool) {
    let (facts, own): (Vec<_>, Vec<_>) = assumptions.iter().partition(|a| a.source.is_some());
    if !own.is_empty() {
        page.heading(if ledger {
            "this rests on, and turns at"
        } else {
            "this rests on (turning: capacity, recovery time and time table alone; `--proofs`: all)"
        });
    }
    let groups = groups(&own);
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
    if !facts.is_empty() {
        page.heading("and on what others say");
    }
    for fact in facts {
        // Its date says how far to trust it.
        let text = format!("{}{}", fact.text, origin(page, fact));
        let text = page.clean(&text);
        page.bullet(&text);
    }
}

/// Assumptions that differ in nothing but the name they begin with, in the order of the first.
struct Group<'a> {
    names: Vec<&'a str>,
    rest: &'a str,
    first: &'a Assumption,
}

fn groups<'a>(assumptions: &[&'a Assumption]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known = BTreeMap::new();
    for assumption in assumptions {
        let (name, rest) = subject(&assumption.text);
        let turns = assumption.turns.as_ref();
        let turns = turns.map(|turn| (turn.at.as_str(), turn.breaks.as_slice()));
        let key = (rest, assumption.monitor.as_deref(), turns);
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) if !name.is_empty() => group.names.push(name),
            _ => groups.push(Group {
                names: vec![name],
                rest,
                first: assumption,
            }),
        }
    }
    groups
}

/// The name in backticks that a sentence begins with, and the rest; an empty name for others.
fn subject(text: &str) -> (&str, &str) {
    let end = text.strip_prefix('`').and_then(|rest| rest.find("` "));
    end.and_then(|end| text.split_at_checked(end + 2))
        .unwrap_or(("", text))
}

fn line(page: &Page<'_>, group: &Group<'_>) -> String {
    let mut text = match group.names.as_slice() {
        [_] => format!("{}{}", group.first.text, origin(page, group.first)),
        names => format!("each of {}{}", tables::list(names), group.rest),
    };
    if let Some(turn) = &group.first.turns {
        let breaks = turn.breaks.join(", ");
        // A value, or the sentence that a step does not run at all.
        let when = if turn.at.starts_with("it ") {
            "if"
        } else {
            "at"
        };
        text.push_str(&format!("; turns {when} {}: {breaks}", turn.at));
    }
    match &group.first.monitor {
        Some(monitor) => text.push_str(&format!("; `{monitor}` would tell if not")),
        None => text.push_str("; nothing would tell if not"),
    }
    page.clean(&text)
}

/// Source, date and place, as far as they are there.
fn origin(page: &Page<'_>, assumption: &Assumption) -> String {
    let place = assumption
        .span
        .and_then(|span| place::short(page.sources, span));
    let parts: Vec<&str> = [&assumption.source, &assumption.date, &place]
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}
