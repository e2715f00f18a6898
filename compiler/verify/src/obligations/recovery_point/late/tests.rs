//! All days on which phases may come, tried one by one.

use super::*;
use crate::testing::plan_of;

/// Three phases a few days apart, the first of which begins the policy; three copies, each since one of them.
const POLICY: &str = r#"
policy p "p" { horizon 3 months; response time 24h }
phase one = 2026-06-01 { slip SLIP1 days }
phase two = 2026-06-0DAY2 { slip SLIP2 days }
phase three = 2026-06-09 { slip SLIP3 days }
provider home { site rack }
provider away { site one }
host vps at home/rack { runs cron; has rclone 1.75.2; store disk }
object_storage s3 at away/one { bucket main }
class db is state on vps.disk:/db since one
copy daily of db to s3.main:/daily by vps.cron since SINCE1 { daily at 05:00 UTC; taking 0s..1h }
copy often of db to s3.main:/often by vps.cron since SINCE2 { weekly on Wednesday at 11:00 UTC; taking 0s..2h }
copy weekly of db to s3.main:/weekly by vps.cron since SINCE3 { weekly on Sunday at 03:00 UTC; taking 0s..1h }
"#;

/// All days in order on which phases may come, in Unix seconds.
fn calendars(periods: &[(i64, i64)]) -> Vec<Vec<i64>> {
    let mut out = vec![Vec::new()];
    for (written, slip) in periods {
        let days = |before: &Vec<i64>| {
            let before = before.clone();
            let days = (0..=*slip).map(|late| written + late * DAY);
            let days = days.filter(|day| before.last().is_none_or(|last| last <= day));
            let all = days.map(|day| [&before[..], &[day]].concat());
            all.collect::<Vec<_>>()
        };
        out = out.iter().flat_map(days).collect();
    }
    out
}

/// The fewest days of lateness by which the newest version is too old in a period: at some hour of it the copies that
/// have been filled are some, and none of them is young enough.
fn tried(search: &Search<'_, '_, '_>, index: usize) -> Option<i64> {
    let (asker, limit) = (search.asker, search.limit.0);
    let phases = asker.context.plan.model.phases.iter();
    let phases = phases.map(|(_, phase)| (midnight(phase.start), phase.slip_days));
    let written: Vec<(i64, i64)> = phases.collect();
    let too_old = |begins: &[i64]| {
        // The last one goes on, with all that is new in it filled.
        let until = begins.get(index + 1).copied();
        let until = until.unwrap_or(begins[index] + 15 * DAY);
        let mut hours = (begins[index] / 3600 + 1..=until / 3600).map(|hour| hour * 3600);
        hours.any(|at| {
            let first = |copy: &Remaining| {
                let place = written.iter().position(|(day, _)| *day == copy.written);
                begins[place.unwrap()]
            };
            let filled = |copy: &&Remaining| search.filled(copy, first(copy)) < at;
            let data = |copy: &Remaining| search.newest(copy).data_at(at - 1).unwrap_or(i64::MIN);
            let newest = search.left.iter().filter(filled).map(data).max();
            newest.is_some_and(|newest| at.saturating_sub(newest) > limit)
        })
    };
    let days = |begins: &Vec<i64>| -> i64 {
        let late = begins.iter().zip(&written).take(index + 2);
        late.map(|(day, (written, _))| (day - written) / DAY).sum()
    };
    let mut all = calendars(&written);
    all.sort_by_key(days);
    all.iter().find(|begins| too_old(begins)).map(days)
}

/// Counts what never is too old, what is on time, and what only if phases come late.
fn compare(text: &str, counts: &mut [u32; 3]) {
    let plan = plan_of(text);
    let context = Context::new(&plan, std::rc::Rc::default());
    let class = plan.model.classes.ids().next().unwrap();
    for (index, period) in plan.periods.iter().enumerate() {
        let asker = Asker::new(&context, period);
        let copies = context.copies_in(class, period);
        for hours in [27, 50, 100, 150, 200] {
            let bound = Bound {
                missed: Missed::Nominal,
                limit: Seconds::hours(hours),
                in_overtime: true,
            };
            let search = Search::new(&asker, (&copies, &Useless::default()), bound);
            let expected = tried(&search, index);
            let found = search.fewest();
            let what = format!("{hours} h in {}:\n{text}", period.name);
            match expected {
                None => counts[0] += 1,
                // That is another one's to find.
                Some(0) => {
                    counts[1] += 1;
                    continue;
                }
                Some(_) => counts[2] += 1,
            }
            assert_eq!(found.as_ref().map(|f| f.days), expected, "{what}");
            let oldest = found.map(|found| search.oldest_then(&found).unwrap());
            let exceeds = |oldest: Oldest| oldest.age.is_none_or(|age| age > bound.limit);
            assert!(oldest.is_none_or(exceeds), "{what}");
        }
    }
}

#[test]
fn the_fewest_days_of_lateness_are_those_that_trying_finds() {
    let mut counts = [0; 3];
    for slips in [[0, 5, 0], [2, 3, 2], [0, 7, 5]] {
        for since in [
            ["two", "one", "one"],
            ["two", "three", "one"],
            ["three", "two", "one"],
            ["three", "two", "two"],
        ] {
            for second in ["3", "8"] {
                let mut text = POLICY.replace("DAY2", second);
                for (at, (slip, since)) in slips.iter().zip(since).enumerate() {
                    text = text.replace(&format!("SLIP{}", at + 1), &slip.to_string());
                    text = text.replace(&format!("SINCE{}", at + 1), since);
                }
                compare(&text, &mut counts);
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 30), "{counts:?}");
}
