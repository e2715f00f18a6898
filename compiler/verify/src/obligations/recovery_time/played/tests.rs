//! Restores that are told to be late are so on the simulator; told otherwise, they are not.

use std::rc::Rc;

use proptest::prelude::Rng as _;
use proptest::test_runner::{Config, TestRunner};
use thrice_model::Obligation;
use thrice_plan::Plan;
use thrice_quantity::{Bytes, BytesPerSecond};

use super::super::{Decided, decided};
use super::*;
use crate::fault::Fault;
use crate::testing::{plan_of, planned};
use crate::verification::{Engine, Verification};

/// 9 GB an hour.
const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
PHASES
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider bank { site safe; site rack }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 2.5 MB/s; store disk; store spare }
host web at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 2.5 MB/s; store disk }
host slow at bank/rack { runs cron; has rclone 1.75.2; link 0.2 MB/s; store tank }
network mesh { joins vps, web, slow }
object_storage s3 at cloud/one UNTIL { bucket main }
vault envelope at bank/safe
key k { held on envelope }
credential writer { account s3; may read, write, delete on s3.main; held on vps, web; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
"#;

const DB: &str = "class db is state on vps.disk:/db { size 6..6 GB; growth GROWTH; rto 90m; restore setup 30m; restore finish 0m }
backup up of db to r by vps.cron { daily at 03:00; keep 7 daily }
";

/// Another one, as large and as urgent.
const OTHER: &str = "class other is state on HOST.disk:/other { size 6..6 GB; growth 0..0 %/month; rto 90m; restore setup 30m; restore finish 0m }
backup of_other of other to r by HOST.cron { daily at 04:00; keep 7 daily }
";

fn policy(rest: &[&str]) -> Plan {
    policy_in(PLACES, rest)
}

fn policy_in(places: &str, rest: &[&str]) -> Plan {
    let text = [&[places], rest].concat().concat();
    let text = text.replace("PHASES", "").replace("UNTIL ", "");
    plan_of(&text.replace("GROWTH", "0..0 %/month"))
}

/// What comes too late, and what is played of each.
fn late(plan: &Plan) -> (Vec<Late>, Vec<Result<Played, String>>) {
    let context = Context::new(plan, Rc::default());
    let found: Vec<Late> = decided(&context, None).late.into_values().collect();
    let played = found.iter().map(|late| confirm(&context, late)).collect();
    (found, played)
}

/// The only case of a policy, which is borne out.
fn one(plan: &Plan) -> Late {
    let (mut found, played) = late(plan);
    assert_eq!(played, [Ok(Played::Out)], "{found:?}");
    found.remove(0)
}

/// Why a case is not borne out.
fn refused(plan: &Plan, case: &Late) -> String {
    confirm(&Context::new(plan, Rc::default()), case).unwrap_err()
}

#[test]
fn what_does_not_fit_together_is_late_whichever_comes_last() {
    let plan = policy(&[DB, &OTHER.replace("HOST", "vps")]);
    let case = one(&plan);
    assert_eq!((case.when, case.classes.len()), (When::InTheEnd, 2));
    // As if the evaluation were wrong: of sizes, of the speed, of what is asked.
    let with = |change: &dyn Fn(&mut Late)| {
        let mut other = case.clone();
        change(&mut other);
        refused(&plan, &other)
    };
    let why = with(&|late| late.shared.jobs[1].bytes = Bytes(6_000_000_001));
    assert_eq!(
        why,
        "played, `db` is back after 1 h 50 min, not after 1 h 50 min 1 s"
    );
    for speed in [2_400_000, 2_600_000] {
        let why = with(&|late| late.shared.speed = BytesPerSecond(speed));
        let wrong = "played, `db` is back after 1 h 50 min, not after";
        assert!(why.starts_with(wrong), "{why}");
    }
    let why = with(&|late| late.shared.speed = BytesPerSecond(0));
    assert!(why.ends_with("after 1 h 50 min, not never"), "{why}");
    let why = with(&|late| late.shared.restores[0].due.0 = Seconds::minutes(91));
    assert_eq!(
        why,
        "played, `db` must be back within 1 h 30 min, not within 1 h 31 min"
    );
    let s3 = plan.model.hosts.iter().find(|(_, h)| h.named.name == "s3");
    let s3 = Fault::Loss(Target::Host(s3.unwrap().0));
    let why = with(&|late| late.case.0.push(s3));
    assert_eq!(why, "played, nothing of `db` can be restored");
}

/// A case that is not borne out is no verdict, and an internal error.
#[test]
fn what_is_in_time_is_no_verdict() {
    let plan = policy(&[DB, &OTHER.replace("HOST", "vps")]);
    let context = Context::new(&plan, Rc::default());
    let say = |change: &dyn Fn(&mut Late)| {
        let mut found: Decided = decided(&context, None);
        found.late.values_mut().for_each(change);
        let mut out = Verification::about(context.subjects());
        found.finish(&context, &mut out);
        let engines: Vec<Engine> = out.verdicts.iter().map(|verdict| verdict.engine).collect();
        let plays = out.plays.remove(&Obligation::RecoveryTime);
        let played = plays.map(|plays| (plays.replayed, plays.rest_on.len()));
        (engines, played, out.findings.len())
    };
    let right = say(&|_| {});
    assert_eq!(right, (vec![Engine::Evaluated; 2], Some((1, 0)), 1));
    assert!(context.mismatches.take().is_empty());
    let wrong = say(&|late| late.shared.jobs[0].arrival = Seconds::minutes(40));
    assert_eq!(wrong, (vec![Engine::Unknown; 2], None, 0));
    let mismatches = context.mismatches.take();
    assert_eq!((mismatches.len(), mismatches[0].code.0), (1, "T9002"));
    let message = &mismatches[0].message;
    assert!(message.contains("`db` does not replay"), "{message}");
}

/// Who is late anyway gets in the way of others that would be there before it, if it may begin sooner.
#[test]
fn what_may_begin_sooner_is_in_the_way() {
    let other = |setup: &str| {
        let takes = format!("restore setup {setup}; restore finish 60m");
        let other = OTHER.replace("HOST", "vps");
        policy(&[
            DB,
            &other.replace("restore setup 30m; restore finish 0m", &takes),
        ])
    };
    let done = |plan: &Plan| {
        let case = one(plan);
        let done = (0..2).map(|place| case.shared.done(place).unwrap());
        let done: Vec<i64> = done.map(|done| done.0 / 60).collect();
        (case.classes.len(), done)
    };
    assert_eq!(done(&other("80m")), (1, vec![70, 120]));
    assert_eq!(done(&other("10m..80m")), (2, vec![110, 120]));
    assert_eq!(done(&other("60m..80m")), (2, vec![110, 120]));
    assert_eq!(done(&other("70m..80m")), (1, vec![70, 120]), "just done");
}

/// Two machines, and one storage that gives as fast as both take: each has its own line, and is in time.
#[test]
fn where_lines_differ_what_is_told_is_a_bound() {
    let site = "require survive loss of ovh/one for all\n";
    let other = OTHER.replace("HOST", "web");
    let (found, played) = late(&policy(&[DB, &other, site]));
    assert_eq!(found.len(), 1);
    assert_eq!(played, [Ok(Played::Not("the slowest of several lines"))]);
    // Later than it must be, if not as late as is told.
    let larger = DB.replace("6..6 GB", "10..10 GB");
    let (found, played) = late(&policy(&[&larger, &other, site]));
    let out = found
        .iter()
        .zip(&played)
        .filter(|(_, p)| **p == Ok(Played::Out));
    assert_eq!((found.len(), out.count()), (2, 1), "{played:?}");
    // Never later than is told.
    let plan = policy(&[&larger, &other, site]);
    let mut case = found[0].clone();
    case.shared.speed = BytesPerSecond(10_000_000);
    case.classes
        .retain(|class| plan.model.classes[*class].named.name == "db");
    assert!(refused(&plan, &case).contains("`db` is back after 1 h 36 min 40 s, not"));
    // A storage whose line is as fast is the one that all come over.
    let text = [PLACES, DB, &other, site].concat();
    let text = text.replace("UNTIL { bucket", "{ link 2.5 MB/s; bucket");
    let text = text.replace("PHASES", "").replace("GROWTH", "0..0 %/month");
    one(&plan_of(&text));
}

/// A machine is lost, and the data of the other one counts as lost with it, so that nothing rests on that. Played, it is
/// there: what is lost is back in time, and in any case what counts as lost is not.
#[test]
fn what_is_not_lost_keeps_nobody_waiting() {
    let text = [PLACES, DB, &OTHER.replace("HOST", "web")].concat();
    let text = text.replace("UNTIL { bucket", "{ link 2.5 MB/s; bucket");
    let text = text.replace("PHASES", "").replace("GROWTH", "0..0 %/month");
    let plan = plan_of(&(text + "require survive loss of vps for all\n"));
    let names = |late: &Late| {
        let classes = late.classes.iter();
        let names = classes.map(|class| plan.model.classes[*class].named.name.to_string());
        names.collect::<Vec<_>>()
    };
    let (found, played) = late(&plan);
    assert_eq!(found.len(), 1);
    assert_eq!(names(&found[0]), ["db", "other"]);
    let rests_on = "data that the faults leave where it is";
    assert_eq!(played, [Ok(Played::Not(rests_on))]);
    let context = Context::new(&plan, Rc::default());
    for (only, expected) in [("db", Played::Not(rests_on)), ("other", Played::Out)] {
        let mut case = found[0].clone();
        case.classes
            .retain(|class| plan.model.classes[*class].named.name == only);
        assert_eq!(confirm(&context, &case), Ok(expected), "{only}");
    }
}

/// A database that is to go in autumn, and grows until then.
fn growing(slip: i64, growth: &str) -> Plan {
    let gone = format!("phase gone = 2026-11-22 {{ slip {slip} days }}");
    let db = DB
        .replace("GROWTH", growth)
        .replace("db { size", "db until gone { size");
    let text = [PLACES, &db].concat().replace("PHASES", &gone);
    plan_of(&text.replace("UNTIL ", ""))
}

#[test]
fn what_grows_until_a_late_phase_comes_is_played_then() {
    for growth in ["0..10 MB/day", "0..5 %/month"] {
        let case = one(&growing(200, growth));
        let overtime = matches!(case.when, When::Overtime(..));
        assert_eq!(overtime, growth == "0..10 MB/day");
    }
    let plan = growing(60, "0..10 MB/day");
    let case = one(&plan);
    // A day sooner it is in time.
    let context = Context::new(&plan, Rc::default());
    let mut sooner = case.clone();
    let day = sooner.shared.restores[0].day.yesterday().unwrap();
    sooner.shared.restores[0].day = day;
    let why = confirm(&context, &sooner).unwrap_err();
    assert!(
        why.starts_with("played, `db` is back after 1 h 30 min, not after 1 h 30 min"),
        "{why}"
    );
}

/// A storage goes, and another one comes; until that is filled there is but a slow one. What stays is there all along.
#[test]
fn what_is_new_is_not_there_yet() {
    let autumn = |also: &str| {
        let of_db = DB.lines().next().unwrap_or_default();
        let text = [
            PLACES,
            of_db,
            "\nbackup up of db to r by vps.cron { daily at 03:00; keep 7 daily }\n\
             copy slowly of db to slow.tank:/db by slow.cron { daily at 05:00; taking 1m..10m }\n\
             object_storage s4 at cloud/one since autumn { bucket more }\n\
             copy quickly of db to s4.more:/db by vps.cron { daily at 04:00; taking 1m..10m }\n",
            also,
        ];
        let text = text
            .concat()
            .replace("PHASES", "phase autumn = 2026-09-15 { slip 0 days }");
        plan_of(
            &text
                .replace("UNTIL", "until autumn")
                .replace("GROWTH", "0..10 MB/day"),
        )
    };
    let plan = autumn("");
    let context = Context::new(&plan, Rc::default());
    let (found, played) = late(&plan);
    let at_first = found
        .iter()
        .zip(&played)
        .filter(|(late, _)| late.when == When::AtFirst);
    let at_first: Vec<_> = at_first.collect();
    assert!(
        matches!(at_first.as_slice(), [(_, Ok(Played::Out))]),
        "{found:?} {played:?}"
    );
    let mut case = at_first[0].0.clone();
    case.when = When::InTheEnd;
    assert_eq!(
        confirm(&context, &case),
        Err("played, `db` comes from `s4.more`, not `slow.tank`".to_owned())
    );
    // Another one, of which the new copy is made by the week: on the day on which one is filled the other is not.
    let weekly = "class big is files on vps.disk:/big { size 5..5 GB; growth 0..10 MB/day; rto 9h; restore setup 30m }\n\
        copy slowly_too of big to slow.tank:/big by slow.cron { daily at 06:00; taking 1m..10m }\n\
        copy quickly_too of big to s4.more:/big by vps.cron { weekly on Sunday at 04:00; taking 1m..10m }\n";
    let (found, played) = late(&autumn(weekly));
    let at_first = found
        .iter()
        .zip(&played)
        .filter(|(late, _)| late.when == When::AtFirst);
    let at_first: Vec<_> = at_first.collect();
    assert!(
        matches!(at_first.as_slice(), [(_, Ok(_))]),
        "{found:?} {played:?}"
    );
}

/// What faults other than losses leave is told; keys that are lost the simulator sees itself.
#[test]
fn other_faults_are_played_by_what_they_leave() {
    let db = DB.replace("6..6 GB", "10..10 GB");
    let slowly = "copy slowly of db to slow.tank:/db by slow.cron { daily at 05:00 }\n";
    for kind in ["host", "operator", "compromise", "key"] {
        let ask = format!("require survive any 1 of {kind} for all\n");
        // Who has the data's host in hand writes over what is copied from it, but not over snapshots.
        let places = PLACES.replace(
            "store tank",
            "store tank { snapshots daily at 12:00 keep 9 }",
        );
        let plan = policy_in(&places, &[&db, slowly, &ask]);
        let (found, played) = late(&plan);
        let is_out = |played: &Result<Played, String>| *played == Ok(Played::Out);
        assert!(
            !found.is_empty() && played.iter().all(is_out),
            "{kind}: {played:?}"
        );
        let context = Context::new(&plan, Rc::default());
        let from = |late: &Late| late.shared.restores[0].from(&context);
        let from: Vec<&str> = found.iter().map(from).collect();
        // Who has the storage in hand, or without the key, only what is slow is left.
        let is_left = ["s3.main", "slow.tank"];
        let of = usize::from(matches!(kind, "compromise" | "key"));
        assert_eq!(from, is_left[..=of], "{kind}");
    }
}

/// A small random policy: two machines with data, a storage and a tower with copies, of which some come or go with the
/// phase; networks, keys, needs, growth.
fn random(pick: &mut dyn FnMut(usize) -> usize) -> String {
    let mut one = |of: &[&str]| {
        of.get(pick(of.len()))
            .copied()
            .unwrap_or_default()
            .to_owned()
    };
    let link = ["link 2 MB/s; ", "link 3 MB/s; ", "link 5 MB/s; "];
    let mut out = format!(
        "policy p \"p\" {{ horizon 2 years; response time {} }}\n\
         phase t0 = 2026-02-15\nphase next = 2026-08-20 {{ slip {} }}\n\
         provider ovh {{ site one }}\nprovider cloud {{ site one }}\nprovider bank {{ site safe; site rack }}\n",
        one(&["1h", "3h"]),
        one(&["0 days", "40 days", "400 days"]),
    );
    for host in ["vps", "web"] {
        let speed = one(&link);
        let line = format!(
            "host {host} at ovh/one {{ runs cron; has restic 0.18.0, rclone 1.75.2; {speed}store disk; store spare }}\n"
        );
        out.push_str(&line);
    }
    let life = ["", "", "until next ", "since next "];
    let (tower, s3, s4) = (one(&link), one(&life), one(&life));
    let (own, other) = (one(&["", link[0], link[2]]), one(&["", link[1]]));
    out.push_str(&format!(
        "nas tower at bank/rack {{ runs cron; has rclone 1.75.2; {tower}store tank }}\n\
         object_storage s3 at cloud/one {s3}{{ {own}bucket main }}\n\
         object_storage s4 at cloud/one {s4}{{ {other}bucket more }}\n\
         vault envelope at bank/safe\nkey k {{ held on {} }}\n\
         repository r in s3.main:/r {{ engine restic 0.18.0; key k }}\n\
         network mesh {{ joins vps, web, tower{} }}\n",
        one(&["envelope", "vps", "web", "web, envelope"]),
        one(&["", "; speed 1 MB/s", "; speed 4 MB/s"]),
    ));
    let names = ["a", "b", "c", "d"];
    for (place, name) in names.iter().enumerate() {
        let host = one(&["vps", "web"]);
        let needs = names.get(..place).unwrap_or_default();
        let needs = match one(&["", "", "needs "]).as_str() {
            "" => String::new(),
            word if place > 0 => format!("; {word}{}", one(needs)),
            _ => String::new(),
        };
        out.push_str(&format!(
            "class {name} is {} on {host}.disk:/{name} {{ size {} GB; growth {}{}{}{}{needs} }}\n",
            one(&["state", "files"]),
            one(&["0..1", "2..9", "5..5", "10..30"]),
            one(&["0..0 %/month", "1..7 %/month", "0..80 MB/day"]),
            one(&["", "; restore setup 10m..20m", "; restore setup 1h..2h"]),
            one(&["", "; restore finish 5m", "; restore finish 1m..50m"]),
            one(&["", "; rto 1h", "; rto 2h", "; rto 3h", "; rto 5h"]),
        ));
        let rhythm = ["daily at 03:00 UTC", "weekly on Sunday at 05:00 UTC"];
        let copies = [
            format!("backup r_{name} of {name} to r by {host}.cron {{ RHYTHM; keep 7 daily }}\n"),
            format!("copy s3_{name} of {name} to s3.main:/{name} by {host}.cron {{ RHYTHM }}\n"),
            format!("copy s4_{name} of {name} to s4.more:/{name} by {host}.cron {{ RHYTHM }}\n"),
            format!("copy t_{name} of {name} to tower.tank:/{name} by tower.cron {{ RHYTHM }}\n"),
            format!(
                "copy l_{name} of {name} to {host}.spare:/{name} by {host}.cron {{ RHYTHM }}\n"
            ),
        ];
        for copy in copies {
            if one(&["", "", "yes"]) == "yes" {
                out.push_str(&copy.replace("RHYTHM", &one(&rhythm)));
            }
        }
    }
    let asks = [
        "any 1 of host",
        "any 2 of host",
        "any 1 of site",
        "any 1 of key",
        "any 1 of operator",
        "any 1 of compromise",
        "loss of vps, tower",
    ];
    let (ask, life) = (one(&asks), one(&life));
    let required = one(&[
        "",
        "require rto <= 4h for all\n",
        "require rto <= 9h for all until next\n",
    ]);
    out + &format!("require survive {ask} for all {life}\n{required}")
}

/// Whatever is told comes about, or is named, and most of it comes about.
#[test]
fn nothing_is_told_that_does_not_come_about() {
    let cases = Config::default().cases;
    let mut runner = TestRunner::deterministic();
    let rng = runner.rng();
    let (mut policies, mut out, mut not) = (0, BTreeMap::new(), BTreeMap::new());
    for _ in 0..cases {
        let text = random(&mut |of| rng.next_u32() as usize % of.max(1));
        let Ok(plan) = planned(&text) else {
            continue;
        };
        policies += 1;
        let (found, played) = late(&plan);
        for (late, played) in found.iter().zip(played) {
            let kind = match late.when {
                When::InTheEnd => "in the end",
                When::AtFirst => "at first",
                When::Overtime(..) => "overtime",
            };
            match played {
                Ok(Played::Out) => *out.entry(kind).or_default() += 1,
                Ok(Played::Not(rests_on)) => *not.entry(rests_on).or_default() += 1,
                Err(why) => panic!("{why}\n{late:#?}\n{text}"),
            }
        }
    }
    let sum = |of: &BTreeMap<&str, usize>| of.values().sum::<usize>();
    let came = format!("{policies} policies of {cases}: {out:?}, not replayed: {not:?}");
    assert!(policies * 2 > cases && out.len() == 3, "{came}");
    assert!(sum(&out) > sum(&not) * 5, "{came}");
}
