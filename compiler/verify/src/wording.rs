//! Words for people: lists, dates, ages.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use thrice_plan::Period;
use thrice_quantity::Seconds;

/// "`a`, `b` and `c`".
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// "`a`, `b`, `c` and 4 more": the first few of many.
pub(crate) fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.get(..3) {
        Some(first) if names.len() > 5 => {
            let shown: Vec<String> = first.iter().map(|n| format!("`{n}`")).collect();
            format!("{} and {} more", shown.join(", "), names.len() - 3)
        }
        _ => list(names),
    }
}

/// " in `t0` and `nas`", to be put behind a claim; nothing where the policy has no phases.
pub(crate) fn during<'p>(periods: impl IntoIterator<Item = &'p Period>) -> String {
    let named = periods.into_iter().filter(|p| p.phase.is_some());
    match list(named.map(|p| p.name.as_str())) {
        phases if phases.is_empty() => phases,
        phases => format!(" in {phases}"),
    }
}

/// The ISO date and time that lies `seconds` after the beginning of `day`; midnight without a time.
pub(crate) fn moment(day: Date, seconds: i64) -> String {
    let at = day
        .to_datetime(jiff::civil::Time::midnight())
        .checked_add(SignedDuration::from_secs(seconds));
    match at {
        Ok(at) if at.time() == jiff::civil::Time::midnight() => at.date().to_string(),
        Ok(at) => at.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => "beyond the calendar".to_owned(),
    }
}

/// An instant in UTC, to the minute.
pub(crate) fn instant(second: i64) -> String {
    Timestamp::from_second(second).map_or("beyond the calendar".to_owned(), |at| {
        at.strftime("%Y-%m-%d %H:%M UTC").to_string()
    })
}

/// An age in the largest sensible units.
pub(crate) fn age(seconds: i64) -> String {
    Seconds(seconds).to_string()
}

/// "is" for one, "are" for more.
pub(crate) const fn is_are(count: u32) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// "has" for one, "have" for more.
pub(crate) const fn has_have(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}
