//! All days on which phases may come, played one by one.

use jiff::Timestamp;
use thrice_model::{Mishap, Strike, Target};
use thrice_simulate::{Case, Choices, simulate};

use super::super::super::playing;
use super::*;
use crate::testing::plan_of;

/// Three phases a few days apart, the first of which begins the policy; three copies, each since one of them. Each run
/// takes an hour, so that there is one course of things only.
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
copy daily of db to s3.main:/daily by vps.cron since SINCE1 { daily at 05:00 UTC; taking 1h..1h }
copy often of db to s3.main:/often by vps.cron since SINCE2 { weekly on Wednesday at 11:00 UTC; taking 1h..1h }
copy weekly of db to s3.main:/weekly by vps.cron since SINCE3 { weekly on Sunday at 03:00 UTC; taking 1h..1h }
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

/// Days on which phases come, and from when on the newest version is just before each moment, if the server is lost then.
type Course = (Vec<i64>, Vec<(i64, Option<i64>)>);

/// The courses of all days on which phases may come, looked at whenever a run may just be done, and each midnight.
fn courses(plan: &Plan) -> Vec<Course> {
    let phases = plan.model.phases.iter().map(|(_, phase)| phase);
    let written: Vec<i64> = phases.clone().map(|phase| midnight(phase.start)).collect();
    let slips = phases.map(|phase| phase.slip_days);
    let written: Vec<(i64, i64)> = written.iter().copied().zip(slips).collect();
    let days = written[0].0 / DAY..written[2].0 / DAY + 20;
    let moments = days.flat_map(|day| [4, 6, 12, 24].map(|hour| day * DAY + hour * 3600));
    let moments: Vec<i64> = moments.collect();
    let course = |begins: Vec<i64>| {
        let day = |at: i64| {
            Timestamp::from_second(at)
                .unwrap()
                .to_zoned(jiff::tz::TimeZone::UTC)
        };
        let pairs = written.iter().zip(&begins);
        let days = pairs.map(|((written, _), comes)| (day(*written).date(), day(*comes).date()));
        let late = playing::late(plan, &days.collect());
        let newest = moments.iter().map(|at| (*at, newest(&late, *at)));
        let newest = newest.collect();
        (begins, newest)
    };
    calendars(&written).into_iter().map(course).collect()
}

/// From when on the newest version is that is left just before a moment if the server is lost then.
fn newest(plan: &Plan, at: i64) -> Option<i64> {
    let at = Timestamp::from_second(at - 1).unwrap();
    let class = plan.model.classes.ids().next().unwrap();
    let server = plan.host_of(plan.model.classes[class].home.store);
    let case = Case {
        strikes: vec![Strike {
            at,
            mishap: Mishap::Lose(Target::Host(server)),
            span: None,
        }],
        from: None,
        judged: at,
        classes: plan.model.classes.ids().collect(),
        choices: Choices::default(),
    };
    let course = simulate(plan, &case);
    let copies = course.outcomes.iter().flat_map(|outcome| &outcome.copies);
    copies
        .filter_map(|copy| Some(copy.newest?.as_second()))
        .max()
}

/// The fewest days of lateness by which the newest version is too old at some moment of a period.
fn tried(plan: &Plan, courses: &[Course], index: usize, limit: Seconds) -> Option<i64> {
    let too_old = |(begins, newest): &&Course| {
        let until = begins.get(index + 1).copied().unwrap_or(i64::MAX);
        let mine = newest
            .iter()
            .filter(|(at, _)| begins[index] < *at && *at <= until);
        let mut ages = mine.filter_map(|(at, newest)| Some(at - (*newest)?));
        ages.any(|age| age > limit.0)
    };
    let days = |(begins, _): &Course| -> i64 {
        let periods = begins.iter().zip(&plan.periods).take(index + 2);
        periods
            .map(|(day, period)| (day - midnight(period.from)) / DAY)
            .sum()
    };
    courses.iter().filter(too_old).map(days).min()
}

/// Counts what never is too old, what is on time, and what only if phases come late.
fn compare(text: &str, counts: &mut [u32; 3]) {
    let plan = plan_of(text);
    let context = Context::new(&plan, std::rc::Rc::default());
    let class = plan.model.classes.ids().next().unwrap();
    let courses = courses(&plan);
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
            let expected = tried(&plan, &courses, index, bound.limit);
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
fn the_fewest_days_of_lateness_are_those_that_playing_finds() {
    let mut counts = [0; 3];
    for slips in [[0, 5, 0], [2, 3, 2]] {
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
    assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
}
