//! The stretches of time between phases, and how late each of them may begin.
//!
//! Each phase comes up to its `slip` late, whatever the others do, and none before the one before it. So a phase comes
//! no later than its own day and slip, and no later than any later phase may come: that one would have to wait for it.
//! Within these bounds each choice of days that is in order can be. A period lasts longest if it begins on its day and
//! the next one comes as late as it may; it is shortest, or has no day at all, if it comes as late as it may and the
//! next one on its day or together with it.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_model::Model;

use crate::Period;
use crate::calendar::days_between;

/// One a phase, in order of time; without phases one.
pub(crate) fn periods(model: &Model) -> Vec<Period> {
    let end = model
        .policy
        .end
        .checked_add(1.day())
        .unwrap_or(model.policy.end);
    let written = model.phases.iter();
    let late = latest(written.map(|(_, phase)| (phase.start, phase.slip_days)));
    let mut phases: Vec<_> = model.phases.iter().collect();
    phases.sort_by_key(|(_, phase)| phase.start);
    if phases.is_empty() {
        let from = model.policy.start;
        return vec![Period {
            phase: None,
            name: "always".to_owned(),
            from,
            late_days: 0,
            until: end,
            slip_days: 0,
        }];
    }
    let mut out: Vec<Period> = Vec::new();
    for (id, phase) in phases {
        let late_days = late.get(&phase.start).copied().unwrap_or(0);
        if let Some(last) = out.last_mut() {
            last.until = phase.start;
            last.slip_days = late_days;
        }
        out.push(Period {
            phase: Some(id),
            name: phase.named.name.to_string(),
            from: phase.start,
            late_days,
            until: end.max(phase.start),
            slip_days: 0,
        });
    }
    out
}

/// By the days that are written for phases, with their slips, how many days later they come at most. Those of one day come together, as
/// late as any of them may: what begins or ends with one of them is written with that day alone.
fn latest(written: impl Iterator<Item = (Date, i64)>) -> BTreeMap<Date, i64> {
    let mut out: BTreeMap<Date, i64> = BTreeMap::new();
    for (day, slip) in written {
        let own = out.entry(day).or_insert(slip);
        *own = slip.max(*own);
    }
    let mut next: Option<(Date, i64)> = None;
    for (day, late) in out.iter_mut().rev() {
        if let Some((other, other_late)) = next {
            *late = other_late
                .saturating_add(days_between(*day, other))
                .min(*late);
        }
        next = Some((*day, *late));
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Phases on days of 2026, each with its slip: how late each of these days may be.
    fn late(phases: &[((i8, i8), i64)]) -> Vec<i64> {
        let written = phases.iter();
        let written = written.map(|((month, day), slip)| (date(2026, *month, *day), *slip));
        latest(written).into_values().collect()
    }

    #[test]
    fn the_last_phase_comes_as_late_as_it_says() {
        assert_eq!(late(&[((1, 1), 0), ((3, 1), 92)]), [0, 92]);
    }

    /// March may be 92 days late, but is there by the first of April at the latest, which April keeps, or ten days
    /// later, if April may be ten days late.
    #[test]
    fn a_phase_comes_no_later_than_those_after_it_may() {
        assert_eq!(late(&[((1, 1), 0), ((3, 1), 92), ((4, 1), 0)]), [0, 31, 0]);
        assert_eq!(
            late(&[((1, 1), 0), ((3, 1), 92), ((4, 1), 10)]),
            [0, 41, 10]
        );
        let all = [((1, 1), 200), ((3, 1), 200), ((4, 1), 200), ((5, 1), 0)];
        assert_eq!(late(&all), [120, 61, 30, 0]);
    }

    /// On one day, the one that may be later holds up the other, and lets the one before come later.
    #[test]
    fn phases_of_one_day_come_together() {
        let all = [((1, 1), 80), ((3, 1), 0), ((3, 1), 30), ((5, 1), 7)];
        assert_eq!(late(&all), [80, 30, 7]);
    }
}
