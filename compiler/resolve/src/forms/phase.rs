//! `phase`: dates from which things exist.

use std::collections::BTreeMap;

use jiff::civil::Date;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_model::{Phase, PhaseId};
use thrice_quantity::{CalendarSpan, Seconds};

use crate::clauses::{self, Clause, Construct};
use crate::codes::{CYCLE, OUT_OF_RANGE};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::graph;
use crate::item::Item;
use crate::names::Kind;
use crate::values::dates::{YEARS_HELP, is_in_calendar};
use crate::values::quantities::LONGEST;

/// `phase`
pub const FORM: Construct = Construct {
    keyword: "phase",
    inside: &[],
    form: "phase NAME = DATE | PHASE [+ SPAN]",
    text: "A date from which things exist or cease to exist. Dates may be counted from another \
           phase, which then comes first, however late it is. The earliest phase is the first day of the policy.",
    example: "phase t0 = 2026-02-15\nphase nas = t0 + 6 months { slip 3 months }",
    clauses: &[Clause::once(
        "slip",
        "SPAN",
        "how much later the phase may come; 92 days where it is not said",
    )],
};

/// A quarter at its longest.
const DEFAULT_SLIP_DAYS: i64 = 92;

/// A phase as written: its date hangs on another phase's, or on none.
struct Written {
    base: Base,
    plus: CalendarSpan,
    span: Span,
    slip: Option<i64>,
}

#[derive(Clone, Copy)]
enum Base {
    Date(Date),
    Phase(usize),
}

/// Reads all phases and numbers them in the order of their dates. Without phases the policy starts
/// at the as-of date.
pub fn read_all<'a>(cx: &'a Context<'a>, draft: &mut Draft, items: &[Item<'a>]) {
    let written: Vec<Option<Written>> = items.iter().map(|item| read(cx, item)).collect();
    let edges: Vec<Vec<usize>> = written
        .iter()
        .map(|phase| match phase {
            Some(Written {
                base: Base::Phase(base),
                ..
            }) => vec![*base],
            _ => Vec::new(),
        })
        .collect();
    let order = match graph::order(&edges) {
        Ok(order) => order,
        Err(circle) => {
            cx.report(circle_of_phases(items, &circle));
            return;
        }
    };
    let mut dates: Vec<Option<Date>> = vec![None; items.len()];
    for at in order {
        let date = written
            .get(at)
            .and_then(Option::as_ref)
            .and_then(|w| date(cx, w, &dates));
        if let Some(place) = dates.get_mut(at) {
            *place = date;
        }
    }
    let mut sorted: Vec<(Date, usize)> = dates
        .iter()
        .enumerate()
        .filter_map(|(at, date)| Some(((*date)?, at)))
        .collect();
    sorted.sort_unstable();
    if let Some((first, _)) = sorted.first() {
        draft.start = *first;
    }
    let ids: BTreeMap<usize, PhaseId> = sorted
        .iter()
        .enumerate()
        .map(|(place, (_, at))| (*at, PhaseId::from(place)))
        .collect();
    for (place, (start, at)) in sorted.iter().enumerate() {
        let (Some(item), Some(Some(written))) = (items.get(*at), written.get(*at)) else {
            continue;
        };
        let id = PhaseId::from(place);
        if let Some(symbol) = cx.names.find(&item.name).filter(|s| s.span == item.span) {
            symbol.set_index(id.index());
        }
        let phase = Phase {
            named: item.named(cx),
            start: *start,
            slip_days: written.slip.unwrap_or(DEFAULT_SLIP_DAYS),
            slip_stated: written.slip.is_some(),
            waits_for: match written.base {
                Base::Phase(of) => ids.get(&of).copied(),
                Base::Date(_) => None,
            },
        };
        draft.phases.set(id, phase);
    }
    poison_the_rest(cx, items, &dates);
}

/// A phase whose date is not known gets a number that no table has.
fn poison_the_rest(cx: &Context<'_>, items: &[Item<'_>], dates: &[Option<Date>]) {
    for (item, _) in items.iter().zip(dates).filter(|(_, date)| date.is_none()) {
        if let Some(symbol) = cx.names.find(&item.name).filter(|s| s.span == item.span) {
            symbol.set_index(u32::MAX);
        }
    }
}

fn read<'a>(cx: &'a Context<'a>, item: &Item<'a>) -> Option<Written> {
    let mut cursor = item.cursor(cx);
    let start = cursor.here();
    let head = read_head(&mut cursor);
    let span = cursor.since(start);
    let slip = read_slip(cx, &mut cursor, item);
    cursor.end();
    let (base, plus) = head?;
    Some(Written {
        base,
        plus,
        span,
        slip,
    })
}

fn read_head(cursor: &mut Cursor<'_>) -> Option<(Base, CalendarSpan)> {
    cursor.expect("=", "phase t0 = 2026-02-15")?;
    let base = match cursor.peek_kind() {
        Some(TokenKind::Name) => {
            Base::Phase(usize::try_from(cursor.reference(Kind::Phase)?.0).ok()?)
        }
        _ => Base::Date(cursor.date("a date or a phase")?.0),
    };
    if !cursor.take_operator("+") {
        return Some((base, CalendarSpan::default()));
    }
    Some((base, cursor.quantity::<CalendarSpan>()?.0))
}

fn read_slip<'a>(cx: &'a Context<'a>, cursor: &mut Cursor<'a>, item: &Item<'a>) -> Option<i64> {
    let mut slip = None;
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        slip = slip_days(&mut entry.cursor);
        entry.cursor.end();
    }
    slip
}

fn slip_days(cursor: &mut Cursor<'_>) -> Option<i64> {
    let (slip, span) = cursor.quantity::<CalendarSpan>()?;
    // The latest it can be, whatever months it crosses.
    if slip.to_seconds_max() > LONGEST {
        let help = "a hundred years at most; a phase that may never come is better left out";
        let message = "this slip is out of range";
        return cursor.error(OUT_OF_RANGE, span, message, "here", help);
    }
    Some(days_at_most(slip))
}

fn days_at_most(span: CalendarSpan) -> i64 {
    let Seconds(seconds) = span.to_seconds_max();
    seconds.saturating_add(86_399).div_euclid(86_400)
}

fn date(cx: &Context<'_>, written: &Written, dates: &[Option<Date>]) -> Option<Date> {
    let base = match written.base {
        Base::Date(date) => date,
        Base::Phase(at) => (*dates.get(at)?)?,
    };
    let date = written.plus.add_to_date(base);
    let date = date.filter(|date| is_in_calendar(*date));
    if date.is_none() {
        let found = Diagnostic::error(OUT_OF_RANGE, "the year of this date is out of range");
        cx.report(found.at(written.span, "out of range").help(YEARS_HELP));
    }
    date
}

fn circle_of_phases(items: &[Item<'_>], circle: &[usize]) -> Diagnostic {
    let phases: BTreeMap<usize, &Item<'_>> = circle
        .iter()
        .filter_map(|at| Some((*at, items.get(*at)?)))
        .collect();
    let names: Vec<String> = phases
        .values()
        .map(|item| format!("`{}`", item.name))
        .collect();
    let message = match names.as_slice() {
        [one] => format!("the phase {one} counts from itself"),
        many => format!(
            "phases count from each other in a circle: {}",
            many.join(", ")
        ),
    };
    phases
        .values()
        .fold(Diagnostic::error(CYCLE, message), |found, item| {
            found.at(
                item.statement.head(),
                format!("`{}` has no date", item.name),
            )
        })
        .help("give one of them a date of its own: `phase t0 = 2026-02-15`")
}
