//! The smallest change of keep rules that gives the history asked for, found by evaluation.

use thrice_plan::FOR_EVER;
use thrice_quantity::Seconds;
use thrice_retention::{Bucket, Count, KeepRules, Profile, closed_form};

use super::points::Keeping;

/// No rule is proposed that keeps more than this.
const MOST: u32 = 4_000;

/// Rules that suffice while runs succeed, with what they leave: those of the written rules with one
/// count raised that add the fewest versions. `None` if no single count does.
pub(super) fn smallest(
    keeping: &Keeping<'_>,
    reach: Seconds,
    gap: Seconds,
) -> Option<(KeepRules, Profile)> {
    let period = keeping.schedule.nominal_period()?;
    let buckets = [
        Bucket::Hourly,
        Bucket::Daily,
        Bucket::Weekly,
        Bucket::Monthly,
        Bucket::Yearly,
    ];
    // Periods shorter than the time between runs keep what `last` keeps, and no two lie nearer than the shortest is long.
    let buckets = buckets.into_iter().filter(|bucket| {
        let span = bucket.span(1);
        span.to_seconds_max() >= period && span.to_seconds_min() <= gap
    });
    let candidates = buckets.filter_map(|bucket| {
        let now = count_of(keeping.rules, bucket);
        let need = least_count(bucket, period, reach)?;
        let from = need.max(now.saturating_add(1));
        Some((from.saturating_sub(now), bucket, from))
    });
    let mut candidates: Vec<(u32, Bucket, u32)> = candidates.collect();
    candidates.sort_by_key(|(added, bucket, _)| (*added, std::cmp::Reverse(*bucket)));
    // `last` is no word of people for what comes daily or less often: only where none of the others does.
    let last = least_count(Bucket::Last, period, reach).map(|need| {
        let now = count_of(keeping.rules, Bucket::Last);
        (0, Bucket::Last, need.max(now.saturating_add(1)))
    });
    let mut all = candidates.into_iter().chain(last);
    all.find_map(|(_, bucket, from)| raised(keeping, (bucket, from), (reach, gap)))
}

/// The written rules with the smallest count of one kind that suffices, found from a count that nearly does. By the clock of a
/// place that changes it the formula is an hour short, and by the calendar some days.
fn raised(
    keeping: &Keeping<'_>,
    (bucket, from): (Bucket, u32),
    (reach, gap): (Seconds, Seconds),
) -> Option<(KeepRules, Profile)> {
    let now = count_of(keeping.rules, bucket);
    let of = |count: u32| {
        let rules = with(keeping.rules, bucket, count);
        let profile = keeping.profile_of(&rules)?;
        Some((rules, profile))
    };
    let mut count = from;
    let mut found = of(count).filter(|_| count <= MOST)?;
    while !suffices(&found.1, reach, gap) {
        count = count.saturating_add(1);
        let next = of(count).filter(|_| count <= MOST)?;
        // Holes of this kind are too wide: more of them reach back no further.
        if reached(&next.1, gap) <= reached(&found.1, gap) {
            return None;
        }
        found = next;
    }
    // Together with the other rules fewer can be enough.
    while let Some(fewer) = count.checked_sub(1).filter(|fewer| *fewer > now) {
        match of(fewer).filter(|(_, profile)| suffices(profile, reach, gap)) {
            Some(enough) => found = enough,
            None => break,
        }
        count = fewer;
    }
    Some(found)
}

fn suffices(profile: &Profile, reach: Seconds, gap: Seconds) -> bool {
    reached(profile, gap) >= reach
}

fn reached(profile: &Profile, gap: Seconds) -> Seconds {
    profile.reach_with(gap).unwrap_or(FOR_EVER)
}

/// The fewest periods that reach so far by themselves.
fn least_count(bucket: Bucket, period: Seconds, reach: Seconds) -> Option<u32> {
    let reaches = |count: u32| closed_form::count_reach(bucket, count, period) >= reach;
    if !reaches(MOST) {
        return None;
    }
    let (mut low, mut high) = (1, MOST);
    while low < high {
        let middle = (low + high) / 2;
        if reaches(middle) {
            high = middle
        } else {
            low = middle + 1
        }
    }
    Some(low)
}

fn count_of(rules: &KeepRules, bucket: Bucket) -> u32 {
    rules
        .counts()
        .into_iter()
        .find(|(other, _)| *other == bucket)
        .and_then(|(_, count)| count)
        .map_or(0, |count| match count {
            Count::N(count) => count,
            Count::Unlimited => u32::MAX,
            Count::MinusOne => 0,
        })
}

fn with(rules: &KeepRules, bucket: Bucket, count: u32) -> KeepRules {
    let mut out = rules.clone();
    let place = match bucket {
        Bucket::Last => &mut out.last,
        Bucket::Hourly => &mut out.hourly,
        Bucket::Daily => &mut out.daily,
        Bucket::Weekly => &mut out.weekly,
        Bucket::Monthly => &mut out.monthly,
        Bucket::Yearly => &mut out.yearly,
    };
    *place = Some(Count::N(count));
    out
}
