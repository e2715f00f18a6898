//! `restic forget` on one group of snapshots.

use std::fmt;

use jiff::{Timestamp, Zoned};

use crate::bucket::{Bucket, keys};
use crate::evaluate::{Kept, Pass};
use crate::rules::{Count, KeepRules, RuleError};
use crate::snapshot::Snapshot;
use crate::version::ResticVersion;

/// What happens to one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it stays.
    pub keep: bool,
    /// Why, in the words of restic 0.18 (`daily snapshot`, `oldest monthly snapshot`, `within 30d`,
    /// `has tags [a, b]`); empty for what goes.
    pub reasons: Vec<String>,
    /// What is left of each count rule behind it; `None` for a rule without an end, and for `-1`, which has
    /// none either and keeps nothing.
    pub left: Vec<(Bucket, Option<u32>)>,
}

/// Why restic would not carry out a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgetError {
    /// A count that this version does not take.
    Rule(RuleError),
    /// No rule at all (refused from 0.17 on; earlier versions keep everything).
    EmptyPolicy,
    /// Nothing in the group would be kept (refused from 0.17 on; earlier versions remove it all).
    WouldRemoveAll,
}

impl fmt::Display for ForgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(error) => error.fmt(f),
            Self::EmptyPolicy => f.write_str("no rule says what to keep; restic refuses to forget"),
            Self::WouldRemoveAll => f.write_str(
                "these rules keep no snapshot of the group; restic refuses to delete the last one",
            ),
        }
    }
}

impl std::error::Error for ForgetError {}

impl From<RuleError> for ForgetError {
    fn from(error: RuleError) -> Self {
        Self::Rule(error)
    }
}

/// Decides on the snapshots of one group (see [`crate::group_by`]), in any order; the decisions
/// come in the same order. `now`, on the clock of the machine that forgets, tells which snapshots lie in the
/// future: those take part in counts, but duration rules do not start from them. Its zone matters to duration
/// rules: see [`crate::KeepWithin::before`].
///
/// # Errors
/// [`ForgetError`] where this version of restic refuses.
pub fn forget(
    rules: &KeepRules,
    version: ResticVersion,
    snapshots: &[Snapshot],
    now: &Zoned,
) -> Result<Vec<Decision>, ForgetError> {
    let mut decisions = vec![
        Decision {
            keep: true,
            reasons: vec!["policy is empty".to_owned()],
            left: Vec::new(),
        };
        snapshots.len()
    ];
    let times: Vec<(Timestamp, i32)> = snapshots
        .iter()
        .map(|snapshot| (snapshot.time, snapshot.offset_seconds))
        .collect();
    decide(rules, version, &times, now, |index, kept, pass| {
        let reasons = snapshots
            .get(index)
            .map_or_else(Vec::new, |snapshot| reasons(rules, snapshot, kept));
        let counted = pass
            .left()
            .filter_map(|(place, left)| Some((*Bucket::ALL.get(place)?, left)));
        let minus_one = |(bucket, count): (Bucket, Option<Count>)| {
            (count == Some(Count::MinusOne)).then_some((bucket, None))
        };
        let minus_one = rules.counts().into_iter().filter_map(minus_one);
        let mut left: Vec<_> = counted.chain(minus_one).collect();
        left.sort_unstable_by_key(|(bucket, _)| *bucket);
        let keep = !reasons.is_empty();
        if let Some(decision) = decisions.get_mut(index) {
            *decision = Decision {
                keep,
                reasons,
                left,
            };
        }
        keep
    })?;
    Ok(decisions)
}

/// Which of some snapshots without tags stay: the answers of [`forget`] without its reasons. Each is told
/// by its time and its offset.
///
/// # Errors
/// [`ForgetError`] where this version of restic refuses.
pub fn keeps(
    rules: &KeepRules,
    version: ResticVersion,
    times: &[(Timestamp, i32)],
    now: &Zoned,
) -> Result<Vec<bool>, ForgetError> {
    let mut out = vec![true; times.len()];
    decide(rules, version, times, now, |index, kept, _| {
        if let Some(keep) = out.get_mut(index) {
            *keep = kept.any();
        }
        kept.any()
    })?;
    Ok(out)
}

/// Visits snapshots from the newest to the oldest; `keeps` is told what rules keep each, and says whether
/// it stays. Visits none where there is no rule and so everything stays.
fn decide(
    rules: &KeepRules,
    version: ResticVersion,
    times: &[(Timestamp, i32)],
    now: &Zoned,
    mut keeps: impl FnMut(usize, Kept, &Pass) -> bool,
) -> Result<(), ForgetError> {
    rules.check(version)?;
    if rules.is_empty() {
        return match version.refuses_remove_all() {
            true => Err(ForgetError::EmptyPolicy),
            false => Ok(()),
        };
    }
    let mut order: Vec<(usize, (Timestamp, i32))> = times.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, (time, _))| std::cmp::Reverse(*time));
    let mut pass = Pass::new(rules, version, now.time_zone());
    let present = now.timestamp();
    let mut newest_first = order.iter().map(|(_, snapshot)| *snapshot);
    pass.restart(newest_first.find(|(time, _)| *time < present));
    let oldest = order.len().saturating_sub(1);
    let mut removes_all = !order.is_empty();
    for (place, (index, (time, offset))) in order.into_iter().enumerate() {
        let unique = i64::try_from(place).unwrap_or(i64::MAX);
        let kept = pass.visit(&keys(time, offset, unique), time, place == oldest);
        removes_all &= !keeps(index, kept, &pass);
    }
    if removes_all && version.refuses_remove_all() {
        return Err(ForgetError::WouldRemoveAll);
    }
    Ok(())
}

/// The reasons in restic's order: tags, `within`, counts, periods within.
fn reasons(rules: &KeepRules, snapshot: &Snapshot, kept: Kept) -> Vec<String> {
    let has = |bits: u8, place: usize| bits >> place & 1 == 1;
    let oldest = |bits: u8, place: usize| if has(bits, place) { "oldest " } else { "" };
    let mut reasons: Vec<String> = rules
        .tags
        .iter()
        .filter(|tags| snapshot.has_tags(tags))
        .map(|tags| format!("has tags [{}]", tags.join(", ")))
        .collect();
    let mut periods = Vec::new();
    for (place, (bucket, within)) in rules.withins().into_iter().enumerate() {
        let Some(within) = within.filter(|_| has(kept.withins, place)) else {
            continue;
        };
        if bucket == Bucket::Last {
            reasons.push(format!("within {within}"));
        } else {
            let oldest = oldest(kept.oldest_withins, place);
            periods.push(format!("{oldest}{} within {within}", bucket.name()));
        }
    }
    for (place, bucket) in Bucket::ALL.into_iter().enumerate() {
        if has(kept.counts, place) {
            let oldest = oldest(kept.oldest_counts, place);
            reasons.push(format!("{oldest}{} snapshot", bucket.name()));
        }
    }
    reasons.extend(periods);
    reasons
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::rules::KeepWithin;

    const OLD: ResticVersion = ResticVersion::new(0, 14, 0);
    const MIDDLE: ResticVersion = ResticVersion::new(0, 16, 0);
    const NEW: ResticVersion = ResticVersion::new(0, 18, 0);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Later than all snapshots but those of the future.
    fn now() -> Zoned {
        at("2030-01-01T00:00Z").to_zoned(TimeZone::UTC)
    }

    /// Snapshots at 02:00 UTC on these dates.
    fn daily(dates: &[&str]) -> Vec<Snapshot> {
        dates
            .iter()
            .map(|date| Snapshot::at(*date, at(&format!("{date}T02:00Z")), 0))
            .collect()
    }

    fn kept(rules: &KeepRules, version: ResticVersion, snapshots: &[Snapshot]) -> Vec<String> {
        forget(rules, version, snapshots, &now())
            .unwrap()
            .iter()
            .zip(snapshots)
            .filter(|(decision, _)| decision.keep)
            .map(|(_, snapshot)| snapshot.id.clone())
            .collect()
    }

    #[test]
    fn the_oldest_is_kept_while_counts_are_left() {
        let rules = KeepRules {
            monthly: Some(Count::N(3)),
            ..KeepRules::default()
        };
        let snapshots = daily(&["2026-01-05", "2026-01-20", "2026-02-10", "2026-02-20"]);
        assert_eq!(kept(&rules, OLD, &snapshots), ["2026-01-20", "2026-02-20"]);
        assert_eq!(
            kept(&rules, MIDDLE, &snapshots),
            ["2026-01-05", "2026-01-20", "2026-02-20"]
        );
    }

    #[test]
    fn durations_start_from_the_newest_not_from_now() {
        let rules = KeepRules {
            within: Some(KeepWithin::days(2)),
            ..KeepRules::default()
        };
        let snapshots = daily(&["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]);
        assert_eq!(
            kept(&rules, NEW, &snapshots),
            ["2026-01-03", "2026-01-04"],
            "strictly later"
        );
    }

    #[test]
    fn what_stays_is_the_same_without_reasons() {
        let snapshots = daily(&["2026-02-20", "2026-01-05", "2026-01-20", "2026-02-10"]);
        let times: Vec<(Timestamp, i32)> = snapshots.iter().map(|s| (s.time, 0)).collect();
        let rules = KeepRules {
            monthly: Some(Count::N(3)),
            within: Some(KeepWithin::days(11)),
            ..KeepRules::default()
        };
        let now = now();
        for (rules, version) in [(&rules, OLD), (&rules, NEW), (&KeepRules::default(), OLD)] {
            let told = forget(rules, version, &snapshots, &now).unwrap();
            let told: Vec<bool> = told.iter().map(|decision| decision.keep).collect();
            assert_eq!(keeps(rules, version, &times, &now).unwrap(), told);
        }
        let refused = keeps(&KeepRules::default(), NEW, &times, &now);
        assert_eq!(refused, Err(ForgetError::EmptyPolicy));
    }

    #[test]
    fn the_future_takes_slots_but_is_no_anchor() {
        let mut snapshots = daily(&["2026-01-01", "2026-01-02", "2026-01-03"]);
        snapshots.push(Snapshot::at("future", at("2031-01-01T00:00Z"), 0));
        let count = KeepRules {
            daily: Some(Count::N(2)),
            ..KeepRules::default()
        };
        assert_eq!(kept(&count, NEW, &snapshots), ["2026-01-03", "future"]);
        let within = KeepRules {
            within: Some(KeepWithin::days(1)),
            ..KeepRules::default()
        };
        assert_eq!(kept(&within, NEW, &snapshots), ["2026-01-03", "future"]);
    }

    #[test]
    fn refusals_by_version() {
        let run =
            |rules: &KeepRules, version| forget(rules, version, &daily(&["2026-01-01"]), &now());
        let empty = KeepRules {
            last: Some(Count::N(0)),
            ..KeepRules::default()
        };
        assert_eq!(run(&empty, NEW), Err(ForgetError::EmptyPolicy));
        assert!(
            run(&empty, MIDDLE)
                .unwrap()
                .iter()
                .all(|decision| decision.keep)
        );
        let typo = KeepRules {
            tags: vec![vec!["typo".to_owned()]],
            ..KeepRules::default()
        };
        assert_eq!(run(&typo, NEW), Err(ForgetError::WouldRemoveAll));
        assert!(
            run(&typo, MIDDLE)
                .unwrap()
                .iter()
                .all(|decision| !decision.keep)
        );
        let minus = KeepRules {
            daily: Some(Count::MinusOne),
            ..KeepRules::default()
        };
        assert!(
            run(&minus, OLD)
                .unwrap()
                .iter()
                .all(|decision| !decision.keep)
        );
        assert!(matches!(run(&minus, MIDDLE), Err(ForgetError::Rule(_))));
        assert!(forget(&typo, NEW, &[], &now()).unwrap().is_empty());
    }

    #[test]
    fn reasons_are_restics_words() {
        let mut snapshots = daily(&["2026-01-03"]);
        snapshots[0].tags = vec!["a".to_owned(), "b".to_owned()];
        let rules = KeepRules {
            last: Some(Count::N(1)),
            daily: Some(Count::N(1)),
            within: Some(KeepWithin::days(1)),
            within_weekly: Some(KeepWithin::days(9)),
            tags: vec![vec!["b".to_owned(), "a".to_owned()]],
            ..KeepRules::default()
        };
        let decisions = forget(&rules, NEW, &snapshots, &now()).unwrap();
        assert_eq!(
            decisions[0].reasons,
            [
                "has tags [b, a]",
                "within 1d",
                "last snapshot",
                "daily snapshot",
                "weekly within 9d"
            ]
        );
    }
}
