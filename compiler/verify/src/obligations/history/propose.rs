//! The smallest change of keep rules that gives the history asked for, found by evaluation.

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
        Bucket::Last,
        Bucket::Hourly,
        Bucket::Daily,
        Bucket::Weekly,
        Bucket::Monthly,
        Bucket::Yearly,
    ];
    let mut candidates: Vec<(u32, Bucket, u32)> = buckets
        .into_iter()
        .filter(|bucket| {
            useful(*bucket, period) && closed_form::count_gap(*bucket, period, 0) <= gap
        })
        .filter_map(|bucket| {
            let now = count_of(keeping.rules, bucket);
            let need = least_count(bucket, period, reach)?;
            let added = need.checked_sub(now).filter(|added| *added > 0);
            added.map(|added| (added, bucket, need))
        })
        .collect();
    candidates.sort_by_key(|(added, bucket, _)| (*added, std::cmp::Reverse(*bucket)));
    for (_, bucket, need) in candidates {
        let now = count_of(keeping.rules, bucket);
        let mut found = None;
        let mut count = need;
        // Together with the other rules fewer can be enough.
        while count > now {
            let rules = with(keeping.rules, bucket, count);
            match keeping.profile_of(&rules) {
                Some(profile) if suffices(&profile, reach, gap) => found = Some((rules, profile)),
                _ => break,
            }
            count -= 1;
        }
        if found.is_some() {
            return found;
        }
    }
    None
}

fn suffices(profile: &Profile, reach: Seconds, gap: Seconds) -> bool {
    profile.reach_with(gap).is_none_or(|age| age >= reach)
}

/// Periods shorter than the time between runs keep what `last` keeps, and `last` is no word of people
/// for what comes daily or less often.
fn useful(bucket: Bucket, period: Seconds) -> bool {
    match bucket {
        Bucket::Last => false,
        bucket => bucket.span(1).to_seconds_max() >= period,
    }
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
