//! A case of each kind comes about on the simulator, and one that is told otherwise does not.

use std::rc::Rc;

use super::super::{asked, decide, exclusive, fit, readers, shots};
use super::*;
use crate::testing::{assert_refused, plan_of};

const PLACES: &str = r#"
policy p "p" { horizon 1 year; response time 60h }
phase t0 = 2026-11-01
phase moved = 2027-03-01 { slip 60 days }
use std/home
provider far { site one }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye }
host a at home/rack { runs cron, zerobyte; has restic 0.18.0, rclone 1.75.2, zerobyte 0.41.0; timezone "Europe/Paris"; store disk }
host b at far/one { runs cron; has restic 0.18.0, rclone 1.75.2; store tank; store other; store own { snapshots daily at 02:30 UTC keep 9 } }
network vpn { joins a, b }
vault safe at far/one
key k { held on safe }
repository r in b.tank:/r { engine restic 0.18.0; key k }
repository r2 in b.other:/r { engine restic 0.18.0; key k }
class db is state on a.disk:/db
class web is files on a.disk:/web
"#;

/// What is told of some steps, with a case of this kind alone.
fn told(steps: &str, code: &str) -> (Plan, Vec<Told>) {
    let plan = plan_of(&[PLACES, steps].concat());
    let context = Context::new(&plan, Rc::default());
    let mut found = Vec::new();
    exclusive::check(&context, &mut found);
    readers::check(&context, &mut found);
    shots::check(&context, &mut found);
    asked::check(&context, &mut found);
    fit::check(&context, &mut found);
    found.retain(|told| told.finding.diagnostic.code.0 == code);
    drop(context);
    (plan, found)
}

/// The case of a kind that some steps have: it comes about.
fn borne_out(steps: &str, code: &str) -> (Plan, Case) {
    let (plan, found) = told(steps, code);
    let [one] = found.as_slice() else {
        panic!(
            "{code}: {:?}",
            found.iter().map(|t| &t.finding).collect::<Vec<_>>()
        );
    };
    let context = Context::new(&plan, Rc::default());
    let said = confirm(&context, &one.case);
    assert_eq!(said, Ok(Played::Out), "{code}: {:?}", one.case);
    let case = one.case.clone();
    (plan, case)
}

/// Why a case does not come about.
fn refused(plan: &Plan, case: &Case) -> String {
    let context = Context::new(plan, Rc::default());
    match confirm(&context, case) {
        Err(why) => why,
        Ok(played) => panic!("{case:?}: {played:?}"),
    }
}

fn two(case: &Case) -> Two {
    match case {
        Case::Two(two) => two.clone(),
        other => panic!("{other:?}"),
    }
}

/// Each step with a code, and how much later than told the second one may not be due, which is a run of its own.
const PAIRS: [(&str, &str); 10] = [
    (
        "T2101",
        "backup up of db to r by a.cron { daily at 01:00 UTC; taking 1m..10m }\n\
         prune weekly of r by a.cron { weekly on Sunday at 03:10 UTC; taking 1m..20m; jitter 5m }\n\
         sync mirror of b.tank:/r to a.disk:/m by b.cron { daily at 03:00 UTC; taking 1m..12m }",
    ),
    // Both thin at their ends, on one Zerobyte.
    (
        "T2102",
        "backup one of db to r by a.zerobyte { daily at 03:00; keep 7 daily; taking 1m..10m }\n\
         backup two of web to r by a.zerobyte { daily at 03:05; keep 7 daily; taking 1m..10m }",
    ),
    // Zerobyte's own check, on its host's clock.
    (
        "T2102",
        "backup one of db to r by a.zerobyte { daily at 12:45; keep 7 daily; taking 1m..10m }",
    ),
    // Late by nearly all of its jitter.
    (
        "T2103",
        "backup one of db to r by a.cron { daily at 03:00 UTC; taking 1m..10m; jitter 30m }\n\
         check two of r by a.cron { weekly on Sunday at 03:39 UTC; taking 1m..10m }",
    ),
    (
        "T2104",
        "capture dump of db to a.disk:/dump by a.cron { daily at 03:00 UTC; method program; runs \"/opt/dump\"; atomic; taking 1m..20m; jitter 10m }\n\
         copy out of db from dump to b.tank:/out by b.cron { daily at 03:15 UTC; taking 1m..2m; jitter 14m }",
    ),
    (
        "T2105",
        "capture dump of db to a.disk:/dump by a.cron { daily at 03:30 UTC; method program; runs \"/opt/dump\"; taking 1m..20m }\n\
         copy out of db from dump to b.tank:/out by b.cron { daily at 03:00 UTC; taking 1m..31m }",
    ),
    // A snapshot is taken at once, whatever is at work.
    (
        "T2105",
        "backup up of db to r by a.cron { daily at 04:00 UTC; keep 7 daily; prune; taking 1m..10m }\n\
         sync mirror of b.tank:/r to b.own:/m by b.cron { daily at 02:00 UTC; taking 1m..21m; jitter 10m }",
    ),
    (
        "T2106",
        "capture dump of db to a.disk:/dump by a.cron { daily at 03:00 UTC; method program; runs \"/opt/dump\"; atomic; taking 1m..20m }\n\
         copy out of db from dump to b.tank:/out by a.cron { daily at 03:10 UTC; taking 1m..2m; after dump }",
    ),
    // On time they keep clear of each other.
    (
        "T2110",
        "backup up of db to r by a.cron { daily at 01:00 UTC; taking 1m..10m }\n\
         prune weekly of r by a.cron { weekly on Sunday at 05:00 \"Europe/Paris\"; taking 1m..20m }\n\
         sync mirror of b.tank:/r to a.disk:/m by b.cron until moved { daily at 03:05 UTC; taking 1m..20m }",
    ),
    // Both end with the phase, and the second is due on the next day.
    (
        "T2110",
        "backup up of db to r by a.cron { daily at 05:00 UTC; taking 1m..10m }\n\
         prune daily of r by a.cron until moved { daily at 02:05 \"Europe/Paris\"; taking 1m..10m }\n\
         sync mirror of b.tank:/r to a.disk:/m by b.cron until moved { daily at 23:50 UTC; taking 1m..20m }",
    ),
];

#[test]
fn two_runs_that_are_told_meet() {
    for (code, steps) in PAIRS {
        let (plan, case) = borne_out(steps, code);
        let told = two(&case);
        // No run is due then.
        for shifted in [
            |two: &mut Two| two.first.at += 60,
            |two: &mut Two| two.second.at -= 60,
        ] {
            let mut other = told.clone();
            shifted(&mut other);
            let why = refused(&plan, &Case::Two(other));
            assert!(why.contains("no run of"), "{code}: {why}");
        }
        // Runs of two weeks do not meet, but for those that are at work at the very end.
        let mut apart = told.clone();
        apart.first.at += 14 * Seconds::DAY.0;
        if apart.late.is_empty() {
            let why = refused(&plan, &Case::Two(apart));
            // Whoever waits for today's dump has not even begun.
            let waits = code == "T2106" && why.contains("no run of `out`");
            assert!(waits || why.contains("is at work from"), "{code}: {why}");
        } else {
            // The mirror is not there any more.
            let why = refused(&plan, &Case::Two(apart));
            assert!(why.contains("no run of"), "{code}: {why}");
            let mut on_time = told;
            on_time.late.clear();
            let why = refused(&plan, &Case::Two(on_time));
            assert!(why.contains("no run of `mirror`"), "{code}: {why}");
        }
    }
}

/// To the second: two steps that just meet do, and if one is shorter or less late by a second they do not.
#[test]
fn what_just_meets_meets_on_the_simulator() {
    let pair = |jitter: &str, second: &str| {
        format!(
            "backup one of db to r by a.zerobyte {{ daily at 03:00 UTC; keep 7 daily; taking 1m..10m; jitter {jitter} }}\n\
             check two of r by b.cron {{ daily at {second} UTC; taking 1m..5m }}"
        )
    };
    let (plan, case) = borne_out(&pair("20m", "03:29"), "T2102");
    assert!(told(&pair("19m", "03:29"), "T2102").1.is_empty());
    // The same case where the first may be less late.
    let (shorter, _) = told(&pair("19m", "03:29"), "T2102");
    let why = refused(&shorter, &case);
    assert!(
        why.contains("`one` is at work from 2026-11-01 03:19 UTC to 2026-11-01 03:29 UTC"),
        "{why}"
    );
    drop(plan);
}

#[test]
fn a_run_that_is_not_done_when_the_next_is_due() {
    let long = |taking: &str| {
        format!("backup up of db to r by a.cron {{ daily at 03:00; taking {taking}; jitter 30m }}")
    };
    // The day of the clock change has 23 hours.
    for (taking, day) in [("1m..25h", "2026-11-01"), ("1m..23h", "2027-03-27")] {
        let (plan, case) = borne_out(&long(taking), "T2107");
        let Case::Overrun {
            step,
            due,
            next,
            quick,
        } = case
        else {
            panic!("{case:?}");
        };
        assert!(instant(due).starts_with(day), "{}", instant(due));
        let again = |due, next| {
            refused(
                &plan,
                &Case::Overrun {
                    step,
                    due,
                    next,
                    quick,
                },
            )
        };
        assert!(again(due + 60, next).contains("no run of `up`"));
        assert!(again(due, next + 60).contains("next due later"));
        let after = next + 5 * Seconds::DAY.0;
        assert!(
            again(due, after).contains("is done at"),
            "{}",
            again(due, after)
        );
        let always = Case::Overrun {
            step,
            due,
            next,
            quick: true,
        };
        assert!(refused(&plan, &always).contains("is done at"));
    }
    borne_out(&long("24h..25h"), "T2107");
    // On other days a late run may be at work for too long; on this one each is.
    let (_, case) = borne_out(&long("23h..24h"), "T2107");
    assert!(
        matches!(case, Case::Overrun { due, quick: true, .. } if instant(due).starts_with("2027-03-27")),
        "{case:?}"
    );
}

#[test]
fn a_mirror_that_is_asked_after_too_early() {
    let (plan, case) = borne_out(
        "backup up of web to r by a.zerobyte { daily at 03:00; keep 7 daily; taking 1m..30m; jitter 10m }\n\
         copy again of web from up to r2 by a.zerobyte { checked daily at 04:39; taking 1m..1h; monitor watch }",
        "T2109",
    );
    let Case::Asked {
        mirror,
        due,
        asked,
        late,
    } = case
    else {
        panic!("{case:?}");
    };
    assert!(late.is_empty());
    // A mirror waits for its backup: what does not come about would be put down to that.
    let play = Play { plan: &plan };
    let again = |due, asked| play.asked(mirror, due, asked).unwrap_err();
    assert!(again(due + 60, asked).contains("no run of"));
    assert!(again(due, asked + 60).contains("not asked after"));
    assert!(again(due, asked + Seconds::DAY.0).contains("is done at"));
}

#[test]
fn a_case_that_does_not_come_about_is_no_verdict() {
    let (plan, case) = borne_out(PAIRS[1].1, PAIRS[1].0);
    let context = Context::new(&plan, Rc::default());
    let mut out = Verification::default();
    let mut later = two(&case);
    later.second.at += Seconds::DAY.0;
    assert!(!is_borne_out(&context, &mut out, &Case::Two(later)));
    assert_refused(&context, "`one` does not replay");
    assert!(out.plays.is_empty());
    assert!(is_borne_out(&context, &mut out, &case));
    assert_eq!(out.plays[&Obligation::TimeTable].replayed, 1);
}

#[test]
fn what_is_played_is_counted() {
    for (code, steps) in PAIRS {
        let plan = plan_of(&[PLACES, steps].concat());
        let context = Context::new(&plan, Rc::default());
        let mut out = Verification::default();
        decide(&context, &mut out);
        let played = &out.plays[&Obligation::TimeTable];
        assert!(played.replayed >= 1 && context.mismatches.borrow().is_empty());
        assert!(out.findings.iter().any(|f| f.diagnostic.code.0 == code));
    }
}

/// Two runs of a step are never at work at once: who waits for one starts when that is done.
#[test]
fn who_waits_for_a_step_that_takes_too_long_starts_some_time() {
    let steps = "capture dump of db to a.disk:/dump by a.cron { daily at 01:00 UTC; method program; runs \"/opt/dump\"; atomic; taking 1m..26h }
         copy on of db from dump to b.tank:/on by a.cron { daily at 03:00 UTC; after dump; taking 1m..9m }\n";
    borne_out(steps, "T2106");
    borne_out(steps, "T2107");
}
