//! What policies promise in the long run: worked examples, and closed forms against simulation.
#![expect(clippy::unwrap_used, reason = "a fault in a test is a failed test")]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use thrice_quantity::schedule::{Recurrence, Schedule, TimeOfDay, Weekday, zone_named};
use thrice_quantity::{Bytes, BytesPerDay, Seconds};
use thrice_retention::{
    Bucket, Count, ForgetError, Guarantee, KeepRules, KeepWithin, Regular, ResticVersion, Run,
    closed_form, guaranteed_reach, kept_ages_at_worst, oldest_possible, regular_runs,
    settling_time, simulate_iterated, simulate_with_forgets, steady_history,
};

const OLD: ResticVersion = ResticVersion::new(0, 14, 0);
const NEW: ResticVersion = ResticVersion::new(0, 18, 0);

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).unwrap()
}

fn nightly() -> Schedule {
    Schedule::daily_utc(time("02:00"))
}

fn counts(daily: u32, weekly: u32, monthly: u32, yearly: u32) -> KeepRules {
    let count = |count: u32| (count > 0).then_some(Count::N(count));
    KeepRules {
        daily: count(daily),
        weekly: count(weekly),
        monthly: count(monthly),
        yearly: count(yearly),
        ..KeepRules::default()
    }
}

fn guarantee(
    rules: &KeepRules,
    version: ResticVersion,
    schedule: &Schedule,
    zone: &TimeZone,
) -> Guarantee {
    let regular = Regular {
        schedule,
        zone,
        stored: zone,
    };
    steady_history(rules, version, regular)
        .unwrap()
        .unwrap()
        .guarantee()
        .unwrap()
}

/// (reach, widest hole, oldest) in days for a nightly backup.
fn in_days(rules: &KeepRules) -> (i64, i64, i64) {
    let found = guarantee(rules, NEW, &nightly(), &TimeZone::UTC);
    assert_eq!(
        found,
        guarantee(rules, OLD, &nightly(), &TimeZone::UTC),
        "settled alike"
    );
    let days = |age: Seconds| {
        assert_eq!(age.0 % 86_400, 0);
        age.whole_days()
    };
    (
        days(found.reach.unwrap()),
        days(found.widest_gap),
        days(found.oldest.unwrap()),
    )
}

#[test]
fn nobody_gets_two_years_from_two_yearly() {
    assert_eq!(in_days(&counts(7, 4, 6, 2)), (121, 213, 366));
    assert_eq!(in_days(&counts(7, 4, 0, 0)).0, 15);
    assert_eq!(in_days(&counts(0, 0, 26, 0)).0, 731);
    assert_eq!(in_days(&counts(0, 0, 26, 0)).1, 31);
    assert_eq!(in_days(&counts(0, 0, 0, 4)).0, 731);
    assert_eq!(in_days(&counts(0, 0, 0, 4)).1, 366);
    assert_eq!(in_days(&counts(7, 0, 0, 0)), (6, 1, 6));
}

/// A profile answers what the history answers, without looking at it again.
#[test]
fn profiles_agree_with_their_histories() {
    let steady = |rules: &KeepRules| {
        let regular = Regular {
            schedule: &nightly(),
            zone: &TimeZone::UTC,
            stored: &TimeZone::UTC,
        };
        steady_history(rules, NEW, regular).unwrap().unwrap()
    };
    let profile = |rules: &KeepRules| {
        let steady = steady(rules);
        let profile = steady.profile().unwrap();
        for days in [0, 1, 6, 7, 15, 22, 40, 121, 122, 304, 366, 731] {
            let reach = Seconds::days(days);
            assert_eq!(
                profile.gap_to(reach),
                steady.widest_gap_within(reach),
                "{rules}: {days}"
            );
            for gap in [1, 7, 31, 366].map(Seconds::days) {
                let within = profile.reach_with(gap).is_none_or(|age| age >= reach);
                let holds = profile.gap_to(reach).is_some_and(|widest| widest <= gap);
                assert_eq!(within, holds, "{rules}: {days} {gap}");
            }
        }
        profile
    };
    let written = profile(&counts(7, 4, 6, 2));
    let days = |age: Option<Seconds>| age.map(Seconds::whole_days);
    assert_eq!(days(written.reach()), Some(121));
    assert_eq!(days(written.oldest), Some(366));
    assert_eq!(written.widest.whole_days(), 213);
    let stretches: Vec<_> = written
        .stretches()
        .into_iter()
        .map(|(end, gap)| (days(end).unwrap(), gap.whole_days()))
        .collect();
    assert_eq!(stretches.first(), Some(&(6, 1)));
    assert_eq!(stretches.last().unwrap().0, 121);
    profile(&counts(7, 5, 12, 0));
    profile(&counts(7, 6, 8, 4));
    let open = steady(&KeepRules {
        monthly: Some(Count::Unlimited),
        ..counts(7, 0, 0, 0)
    });
    let open = open.profile().unwrap();
    assert_eq!(open.reach(), None);
    assert_eq!(open.reach_with(Seconds::days(31)), None);
}

#[test]
fn published_figures_of_7_5_12() {
    let found = guarantee(&counts(7, 5, 12, 0), NEW, &nightly(), &TimeZone::UTC);
    assert_eq!(found.reach, Some(Seconds::days(304)));
    assert_eq!(found.most_kept, 22);
    let history = steady_history(
        &counts(7, 5, 12, 0),
        NEW,
        Regular {
            schedule: &nightly(),
            zone: &TimeZone::UTC,
            stored: &TimeZone::UTC,
        },
    )
    .unwrap()
    .unwrap();
    let gap = |days| {
        history
            .widest_gap_within(Seconds::days(days))
            .map(Seconds::whole_days)
    };
    assert_eq!(gap(6), Some(1));
    assert_eq!(gap(22), Some(7));
    assert_eq!(gap(304), Some(31));
    assert_eq!(gap(305), None, "not always reached");
}

#[test]
fn duration_rules() {
    let within = |within| KeepRules {
        within: Some(within),
        ..KeepRules::default()
    };
    assert_eq!(in_days(&within(KeepWithin::days(30))).0, 29);
    let periods = KeepRules {
        within_daily: Some(KeepWithin::days(7)),
        within_weekly: Some(KeepWithin::days(30)),
        within_monthly: Some(KeepWithin::days(365)),
        ..KeepRules::default()
    };
    assert_eq!(in_days(&periods).0, 334);
}

#[test]
fn rarer_schedules() {
    let weekly = Schedule::utc(Recurrence::Weekly {
        weekday: Weekday::Sunday,
        time: time("02:00"),
    });
    let found = guarantee(&counts(0, 0, 12, 0), NEW, &weekly, &TimeZone::UTC);
    assert_eq!(found.reach, Some(Seconds::days(308)));
    assert_eq!(found.widest_gap, Seconds::days(35));
    let runs = regular_runs("2030-01-01T02:00Z".parse().unwrap(), Seconds::days(5), 700);
    let history = simulate_iterated(&counts(0, 4, 0, 0), NEW, &runs, &TimeZone::UTC).unwrap();
    let found = history.guarantee(100).unwrap();
    assert_eq!(found.reach, Some(Seconds::days(15)));
    assert_eq!(found.widest_gap, Seconds::days(10));
}

#[test]
fn unbounded_rules_have_no_reach_to_name() {
    let rules = KeepRules {
        yearly: Some(Count::Unlimited),
        ..counts(7, 0, 0, 0)
    };
    let schedule = nightly();
    let regular = Regular {
        schedule: &schedule,
        zone: &TimeZone::UTC,
        stored: &TimeZone::UTC,
    };
    assert_eq!(guaranteed_reach(&rules, NEW, regular), Ok(None));
    assert_eq!(oldest_possible(&rules, NEW, regular), Ok(None));
    assert_eq!(settling_time(&rules, Seconds::DAY), None);
    assert!(matches!(
        guaranteed_reach(&rules, OLD, regular),
        Err(ForgetError::Rule(_))
    ));
    let never = Schedule::utc(Recurrence::OnDemand);
    let regular = Regular {
        schedule: &never,
        ..regular
    };
    assert!(
        steady_history(&counts(7, 0, 0, 0), NEW, regular)
            .unwrap()
            .is_none()
    );
}

#[test]
fn refusals_come_through() {
    let runs = regular_runs("2030-01-01T02:00Z".parse().unwrap(), Seconds::DAY, 3);
    let none = KeepRules::default();
    assert_eq!(
        simulate_iterated(&none, NEW, &runs, &TimeZone::UTC).unwrap_err(),
        ForgetError::EmptyPolicy
    );
    assert_eq!(
        simulate_iterated(&none, OLD, &runs, &TimeZone::UTC)
            .unwrap()
            .kept(2),
        [0, 1, 2]
    );
    let tags = KeepRules {
        tags: vec![vec!["x".to_owned()]],
        ..KeepRules::default()
    };
    assert_eq!(
        simulate_iterated(&tags, NEW, &runs, &TimeZone::UTC).unwrap_err(),
        ForgetError::WouldRemoveAll
    );
    assert!(
        simulate_iterated(&tags, OLD, &runs, &TimeZone::UTC)
            .unwrap()
            .kept(2)
            .is_empty()
    );
}

#[test]
fn a_summer_time_host_keeps_the_promise_to_the_hour() {
    let paris = zone_named("Europe/Paris").unwrap();
    let found = guarantee(&counts(7, 4, 6, 2), NEW, &nightly(), &paris);
    assert_eq!(found.reach, Some(Seconds::hours(121 * 24 - 1)));
}

#[test]
fn a_weekly_forget_leaves_more() {
    let runs = regular_runs("2030-01-07T02:00Z".parse().unwrap(), Seconds::DAY, 400);
    let forgets: Vec<Timestamp> = runs.iter().skip(6).step_by(7).map(|run| run.at).collect();
    let history =
        simulate_with_forgets(&counts(3, 0, 0, 0), NEW, &runs, (&forgets, &TimeZone::UTC)).unwrap();
    assert_eq!(history.len(), 57);
    assert_eq!(history.ages(10), [0, 1, 2].map(Seconds::days));
}

#[test]
fn the_capacity_formula_takes_the_worst_ages() {
    let schedule = nightly();
    let regular = Regular {
        schedule: &schedule,
        zone: &TimeZone::UTC,
        stored: &TimeZone::UTC,
    };
    let rules = counts(7, 4, 0, 0);
    let (size, churn) = (Bytes(200_000_000), BytesPerDay::new(30_000_000));
    let ages = kept_ages_at_worst(&rules, NEW, regular, size, churn)
        .unwrap()
        .unwrap();
    let days: Vec<i64> = ages.iter().map(|age| age.whole_days()).collect();
    assert_eq!(days, [0, 1, 2, 3, 4, 5, 6, 7, 14, 21], "on Sundays");
    let steady = steady_history(&rules, NEW, regular).unwrap().unwrap();
    // 200 + 7·30 + 2·200
    assert_eq!(
        steady.worst_ages(size, churn).unwrap().1,
        Bytes(810_000_000)
    );
}

/// Runs with holes of at most `missed` in a row.
fn with_holes(period: Seconds, pattern: &[bool], missed: usize, count: usize) -> Vec<Run> {
    let all = regular_runs("2030-01-01T02:00Z".parse().unwrap(), period, count);
    let mut failed = 0;
    all.into_iter()
        .zip(pattern.iter().cycle())
        .filter(|(_, fails)| {
            failed = if **fails && failed < missed {
                failed + 1
            } else {
                0
            };
            failed == 0
        })
        .map(|(run, _)| run)
        .collect()
}

fn some_rules() -> impl Strategy<Value = KeepRules> {
    (0_u32..9, 0_u32..6, 0_u32..6, 0_u32..3)
        .prop_filter("some rule", |(d, w, m, y)| d + w + m + y > 0)
        .prop_map(|(d, w, m, y)| counts(d, w, m, y))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn missed_runs_stay_within_the_stretched_guarantee(
        rules in some_rules(),
        within_days in prop::option::of(1_u32..60),
        pattern in prop::collection::vec(any::<bool>(), 1..40),
        missed in 1_usize..4,
    ) {
        let rules = KeepRules { within: within_days.map(KeepWithin::days), ..rules };
        let promised = guarantee(&rules, NEW, &nightly(), &TimeZone::UTC)
            .with_missed(&rules, u32::try_from(missed).unwrap(), Seconds::DAY);
        let runs = with_holes(Seconds::DAY, &pattern, missed, 1600);
        let history = simulate_iterated(&rules, NEW, &runs, &TimeZone::UTC).unwrap();
        let settled = settling_time(&rules, Seconds::days(4)).unwrap();
        let from = runs[0].at.checked_add(settled.to_signed_duration()).unwrap();
        if let Some(found) = history.guarantee(history.first_from(from)) {
            prop_assert!(found.reach >= promised.reach, "{:?} {:?}", found, promised);
            prop_assert!(found.oldest <= promised.oldest, "{:?} {:?}", found, promised);
            prop_assert!(found.widest_gap <= promised.widest_gap, "{:?} {:?}", found, promised);
        }
    }

    #[test]
    fn closed_forms_agree_with_the_simulation(
        bucket in prop::sample::select(vec![Bucket::Last, Bucket::Daily, Bucket::Weekly, Bucket::Monthly]),
        count in 1_u32..9,
        period_days in 1_i64..12,
    ) {
        let number = Some(Count::N(count));
        let rules = match bucket {
            Bucket::Last => KeepRules { last: number, ..KeepRules::default() },
            Bucket::Daily => KeepRules { daily: number, ..KeepRules::default() },
            Bucket::Weekly => KeepRules { weekly: number, ..KeepRules::default() },
            _ => KeepRules { monthly: number, ..KeepRules::default() },
        };
        let period = Seconds::days(period_days);
        let runs = regular_runs("2030-01-01T02:00Z".parse().unwrap(), period, 2600 / usize::try_from(period_days).unwrap() + 400);
        let history = simulate_iterated(&rules, NEW, &runs, &TimeZone::UTC).unwrap();
        let settled = settling_time(&rules, period).unwrap();
        let from = runs[0].at.checked_add(settled.to_signed_duration()).unwrap();
        let found = history.guarantee(history.first_from(from)).unwrap();
        let reach = closed_form::count_reach(bucket, count, period);
        prop_assert!(found.reach >= Some(reach), "reach {:?}, formula {}", found.reach, reach);
        if period_days == 1 && count > 1 {
            prop_assert_eq!(found.reach, Some(reach));
        }
        prop_assert!(found.widest_gap <= closed_form::count_gap(bucket, period, 0));
        let oldest = closed_form::count_oldest(bucket, count, period, 0);
        prop_assert!(found.oldest.unwrap().saturating_add(period) <= oldest);
    }

    #[test]
    fn within_formulas_agree_with_the_simulation(
        years in 0_u32..2, months in 0_u32..5, days in 0_u32..40, period_days in 1_i64..9,
    ) {
        let within = KeepWithin { years, months, days, hours: 0 };
        prop_assume!(!within.is_zero());
        let rules = KeepRules { within: Some(within), ..KeepRules::default() };
        let period = Seconds::days(period_days);
        let runs = regular_runs("2030-01-01T02:00Z".parse().unwrap(), period, 2200 / usize::try_from(period_days).unwrap());
        let history = simulate_iterated(&rules, NEW, &runs, &TimeZone::UTC).unwrap();
        let settled = settling_time(&rules, period).unwrap();
        let from = runs[0].at.checked_add(settled.to_signed_duration()).unwrap();
        let found = history.guarantee(history.first_from(from)).unwrap();
        prop_assert!(found.reach >= Some(closed_form::within_reach(within, period, 0)));
        let oldest = closed_form::within_oldest(within, period, 0);
        prop_assert!(found.oldest.unwrap().saturating_add(period) <= oldest);
    }
}
