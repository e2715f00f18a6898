//! Keep rules: `keep 7 daily, 4 weekly`, `keep within 30d`, `keep unlimited daily`.

use std::sync::Arc;

use thrice_diagnostics::Span;
use thrice_quantity::CalendarSpan;
use thrice_retention::{Count, KeepRules, KeepWithin};

use crate::codes::{OUT_OF_RANGE, REPEATED, WRONG_VALUE};
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::names::Kind;

/// The words of the kinds of snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Per {
    Last,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

const COUNTED: [(&str, Per); 6] = [
    ("last", Per::Last),
    ("hourly", Per::Hour),
    ("daily", Per::Day),
    ("weekly", Per::Week),
    ("monthly", Per::Month),
    ("yearly", Per::Year),
];

impl Cursor<'_> {
    /// A retention, written (`keep …`) or by name.
    pub fn retention(&mut self, draft: &Draft) -> Option<(Arc<KeepRules>, Span)> {
        if self.starts_with("keep") {
            return self.keep_rules();
        }
        let (index, span) = self.reference(Kind::Retention)?;
        Some((Arc::clone(draft.retentions.get(index)?), span))
    }

    /// Written keep rules, from the word `keep`.
    pub fn keep_rules(&mut self) -> Option<(Arc<KeepRules>, Span)> {
        let start = self.expect("keep", "keep 7 daily, 4 weekly")?;
        let mut rules = KeepRules::default();
        let read = self.list(|cursor| cursor.keep_rule(&mut rules));
        let whole = !self.is_lost() && !read.is_empty();
        whole.then(|| (self.cx.rules.one(rules), self.since(start)))
    }

    fn keep_rule(&mut self, rules: &mut KeepRules) -> Option<()> {
        let start = self.here();
        if self.take_words("within") {
            let within = self.keep_within()?;
            let per = COUNTED
                .iter()
                .skip(1)
                .find(|(word, _)| self.starts_with(word))
                .copied();
            if let Some((word, _)) = per {
                self.take_words(word);
            }
            let place = match per.map(|(_, per)| per) {
                Some(Per::Hour) => &mut rules.within_hourly,
                Some(Per::Day) => &mut rules.within_daily,
                Some(Per::Week) => &mut rules.within_weekly,
                Some(Per::Month) => &mut rules.within_monthly,
                Some(Per::Year) => &mut rules.within_yearly,
                Some(Per::Last) | None => &mut rules.within,
            };
            let again = place.replace(within).is_some();
            return self.said_once(again, start);
        }
        let count = if self.take_words("unlimited") {
            Count::Unlimited
        } else {
            let what = "how many are kept";
            Count::N(
                self.count_within(what, 1, u32::MAX)
                    .map(|(number, _)| number)?,
            )
        };
        let place = match self.choice("a kind of snapshot", &COUNTED)?.0 {
            Per::Last => &mut rules.last,
            Per::Hour => &mut rules.hourly,
            Per::Day => &mut rules.daily,
            Per::Week => &mut rules.weekly,
            Per::Month => &mut rules.monthly,
            Per::Year => &mut rules.yearly,
        };
        let again = place.replace(count).is_some();
        self.said_once(again, start)
    }

    fn said_once(&mut self, again: bool, start: Span) -> Option<()> {
        if !again {
            return Some(());
        }
        let message = "a retention says the same rule twice";
        let help = "restic takes one value for each rule: keep the one that holds";
        self.error(REPEATED, self.since(start), message, "said again", help)
    }

    fn keep_within(&mut self) -> Option<KeepWithin> {
        let (span, place) = self.quantity::<CalendarSpan>()?;
        let part = |value: i64| u32::try_from(value).ok();
        let within = (|| {
            Some(KeepWithin {
                years: part(i64::from(span.months / 12))?,
                months: part(i64::from(span.months % 12))?,
                days: part(span.days)?,
                hours: part(span.seconds / 3600)?,
            })
        })();
        let Some(within) = within else {
            let message = format!("`{}` is too long", self.cx.text(place));
            return self.error(OUT_OF_RANGE, place, message, "out of range", "write years");
        };
        if span.seconds % 3600 != 0 || within == KeepWithin::default() {
            let message = "`within` counts whole hours";
            let help = "restic knows years, months, days and hours: `within 30d`";
            return self.error(WRONG_VALUE, place, message, "not whole hours", help);
        }
        Some(within)
    }
}
