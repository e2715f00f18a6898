//! What is told of things that stay too long comes about on the simulator, and never more than is told.

use std::rc::Rc;

use super::super::{Deaths, decide};
use super::*;
use crate::testing::{assert_refused, plan_of};

const PLACES: &str = r#"
policy p "p" { horizon 3 years; response time 60h }
phase t0 = 2026-02-15
use std/home
provider cloud { site one; supports versioning, lifecycle }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye; grace 2h }
host web at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank }
object_storage s3 at cloud/one { bucket near { medium object } }
credential c { account s3; may read, write, delete on s3.*; held on web, tower }
vault safe at cloud/one
key k { held on safe }
"#;

/// The cases that are told of a class that must be gone after so many seconds, and what came of playing them.
fn played(text: &str, most: i64) -> (Vec<&'static str>, usize, Vec<&'static str>, Vec<String>) {
    let text = text.replace("MOST", &format!("{most}s"));
    let plan = plan_of(&[PLACES, &text].concat());
    let context = Context::new(&plan, Rc::default());
    let mut out = Verification::default();
    decide(&context, &mut out);
    let told = out.findings.iter().map(|found| found.diagnostic.code.0);
    let told = told
        .filter(|code| ["T1701", "T1702"].contains(code))
        .collect();
    let mismatches = context.mismatches.take();
    let mismatches = mismatches.into_iter().map(|found| found.message).collect();
    let plays = out.plays.remove(&Obligation::Erasure).unwrap_or_default();
    (
        told,
        plays.replayed,
        plays.rest_on.into_iter().collect(),
        mismatches,
    )
}

/// The sum of delays.
fn sum(text: &str) -> Seconds {
    let plan = plan_of(&[PLACES, &text.replace("MOST", "90000d")].concat());
    let context = Context::new(&plan, Rc::default());
    let class = plan.model.classes.ids().next().unwrap();
    let deaths = Deaths::default().in_period(&context, class, (0, true));
    let last = deaths.values().map(|death| death.at.unwrap());
    last.max().unwrap()
}

/// To the second: a second less than the sum is told and played, so much is not told.
fn attained(text: &str) -> Seconds {
    nearly_attained(text, 0)
}

/// The same of a sum that no calendar quite comes up to, by so many seconds.
fn nearly_attained(text: &str, less: i64) -> Seconds {
    let sum = sum(text);
    assert_eq!(played(text, sum.0), (vec![], 0, vec![], vec![]), "{text}");
    let said = played(text, sum.0 - less - 1);
    assert_eq!(said, (vec!["T1701"], 1, vec![], vec![]), "{sum} {text}");
    if less > 0 {
        let said = played(text, sum.0 - less);
        let waits = "waits that no calendar need bring together";
        assert_eq!(
            said,
            (vec!["T1701"], 0, vec![waits], vec![]),
            "{sum} {text}"
        );
    }
    sum
}

mod ended;

const FILES: &str = "class db is files on web.disk:/db { retain at most MOST }\n";
const ITEMS: &str = "class db is items on web.disk:/db { retain at most MOST }\n";
const MIRROR: &str = "sync out of db to tower.tank:/out by web.cron { monthly on 3 at 04:00 UTC; taking 1h..2h; jitter 1h; monitor watch }\n";
const DUMP: &str = "capture dump of db to web.disk:/dump by web.cron { daily at 03:00 UTC; method program; runs \"/opt/dump\"; atomic; taking 1h..5h; keeps 4081m; monitor watch }\n";
const REPOSITORY: &str =
    "repository r in s3.near:/r { engine restic 0.18.0; key k; credential c }\n";

fn days(seconds: Seconds) -> i64 {
    seconds.whole_days()
}

/// One step, or one place, after the other.
#[test]
fn the_sum_is_attained_where_nothing_has_to_fit() {
    // Two runs are missed in 31 days each, and the next one is done two hours and a late hour after it was due.
    assert_eq!(days(attained(&[FILES, MIRROR].concat())), 62);
    let store = "store disk { snapshots daily at 00:30 keep 7 }";
    let with_snapshots = |text: &str| {
        let places = PLACES.replace("store disk", store);
        let plan = plan_of(&[&places, text].concat());
        let context = Context::new(&plan, Rc::default());
        let mut out = Verification::default();
        decide(&context, &mut out);
        assert_eq!(context.mismatches.take(), vec![]);
        out.plays[&Obligation::Erasure].replayed
    };
    assert_eq!(with_snapshots(&FILES.replace("MOST", "604799s")), 1);
    let old = "expire old of web.disk:/db after 3..30 days by use { by hand }\n";
    assert_eq!(days(attained(&[ITEMS, old].concat())), 30);
    let old = "expire old of web.disk:/db after 30 days by mtime { by web.cron; weekly on Sunday at 05:00 UTC; taking 1h..1h }\n";
    // What is old enough when a run begins goes with it.
    assert_eq!(days(nearly_attained(&[ITEMS, old].concat(), 1)), 37);
    let moved = "move away of db to tower.tank:/old by web.cron { daily at 05:00 UTC; older than 20 days by mtime; taking 1h..1h }\n\
                 expire old of tower.tank:/old after 40 days by mtime { by tower.cron; daily at 06:00 UTC; taking 1h..1h }\n";
    let (told, replayed, _, mismatches) = played(&[ITEMS, moved].concat(), 41 * 86_400);
    assert_eq!((told, replayed, mismatches), (vec!["T1701"], 1, vec![]));
}

/// Where a backup waits for what is longer than a day, the runs that would forget come right before those that are missed
/// anyway: no more are missed in a row than may be.
#[test]
fn no_more_runs_are_missed_in_a_row_than_may_be() {
    let steps = "class db is state on web.disk:/db { retain at most MOST }\n\
        copy out of db to s3.near:/out by web.cron { daily at 01:00 UTC; taking 10m..26h; latest only; credential c; monitor watch }\n\
        backup up of db from out to r by web.cron { daily at 02:00 UTC; after out; taking 1m..5m; keep 2 last; monitor watch }\n";
    let (_, _, _, mismatches) = played(&[REPOSITORY, steps].concat(), 3 * 86_400);
    assert_eq!(mismatches, Vec::<String>::new());
}

/// What a sync would put aside for ever is moved away before it would.
#[test]
fn what_is_put_aside_and_moved_before_is_named() {
    let steps = "sync out of db to tower.tank:/out by tower.cron { monthly on 9 at 01:00 UTC; taking 1m..5m; max delete 9; backup dir \
         tower.tank:/aside; monitor watch }\n\
        move young of db to tower.tank:/young by tower.cron { monthly on 8 at 02:00 UTC; taking 1m..5m; monitor watch }\n\
        move old of db from out to tower.tank:/old by tower.cron { daily at 04:30 UTC; taking 1m..5m; older than 9 days by mtime; monitor \
         watch }\n";
    let (told, _, rest_on, mismatches) = played(&[ITEMS, steps].concat(), 9 * 86_400);
    assert_eq!(mismatches, Vec::<String>::new());
    assert!(told.contains(&"T1702"), "{told:?}");
    assert!(rest_on.contains(&"what syncs put aside"), "{rest_on:?}");
}

/// What an old version and a lock add is the longer one of them, from when it is deleted and from when it was written.
#[test]
fn old_versions_and_locks_are_attained() {
    let kept = |versions: &str| {
        let bucket = "bucket near { medium object }";
        let with = format!("bucket near {{ medium object; {versions} }}");
        let rule = "expire gone of s3.near after 20 days by upload { noncurrent }\n";
        let sync = "sync out of db to s3.near:/out by web.cron { daily at 04:00 UTC; taking 1h..1h; credential c }\n";
        let places = PLACES.replace(bucket, &with);
        let text = |most: i64| {
            let class = FILES.replace("MOST", &format!("{most}s"));
            [&places, &*class, sync, rule].concat()
        };
        let outlives = |most: i64| {
            let plan = plan_of(&text(most));
            let context = Context::new(&plan, Rc::default());
            let mut out = Verification::default();
            decide(&context, &mut out);
            assert_eq!(context.mismatches.take(), vec![]);
            let plays = out.plays.remove(&Obligation::Erasure).unwrap_or_default();
            (plays.replayed, plays.rest_on.len())
        };
        // A day and an hour until it is deleted, so many days as an old version, two until the rule acts.
        let sum = |days: i64| (days + 3) * 86_400 + 3600;
        (1..60)
            .find(|days| {
                let (replayed, _) = outlives(sum(*days) - 1);
                replayed == 0
            })
            .map(|days| (days - 1, outlives(sum(days - 1))))
    };
    assert_eq!(kept("versioning on"), Some((20, (0, 0))));
    assert_eq!(kept("lock compliance 15 days"), Some((20, (0, 0))));
    // It is written at the end of the run that finds it, a day before it is deleted there.
    assert_eq!(kept("lock compliance 30 days"), Some((29, (0, 1))));
}

/// Dumps that age from when they are done, what carries them, and what deletes by the time that their files bear.
#[test]
fn chains_are_attained_where_their_runs_meet() {
    assert_eq!(days(nearly_attained(&[FILES, DUMP].concat(), 60)), 8);
    let out = "copy out of db from dump to tower.tank:/out by web.cron { daily at 12:00 UTC; taking 1h..1h }\n\
               expire old of tower.tank:/out after 30 days by mtime { by tower.cron; daily at 05:00 UTC; taking 1h..1h }\n";
    let text = [FILES, DUMP, out].concat();
    let least = 31 * 86_400 + 3 * 3600;
    let (told, replayed, rest_on, mismatches) = played(&text, least - 1);
    assert_eq!(
        (told, replayed, rest_on, mismatches),
        (vec!["T1701"], 1, vec![], vec![])
    );
    // A run that waits for another one is late by as much.
    let waits = "class other is state on web.disk:/other\n\
                 capture dump of other to web.disk:/dump by web.cron { daily at 03:00 UTC; method program; runs \"/opt/dump\"; atomic; taking 1h..9h }\n\
                 sync out of db to tower.tank:/out by web.cron { daily at 04:00 UTC; taking 1h..1h; after dump }\n";
    assert_eq!(
        attained(&[FILES, waits].concat()),
        Seconds::hours(24 + 8 + 1)
    );
}

/// Keep rules by the real forget, and the prune after it.
#[test]
fn what_keep_rules_hold_is_played() {
    let backup = |rules: &str| {
        format!(
            "{FILES}{REPOSITORY}backup up of db to r by web.cron {{ daily at 02:00 UTC; taking 1h..1h; {rules} }}\n"
        )
    };
    assert_eq!(days(attained(&backup("keep 7 last; prune"))), 7);
    let prune = "prune x of r by web.cron { weekly on Sunday at 03:00 UTC; taking 1h..2h }\n";
    let weekly = [&backup("keep 7 last"), prune].concat();
    assert_eq!(days(attained(&weekly)), 14);
    assert_eq!(
        days(attained(&backup("monitor watch; keep 3 last; prune"))),
        12
    );
    assert_eq!(days(attained(&backup("keep 2 monthly; prune"))), 32);
    // 366 days by the rule, none of which is between two leap years.
    let (_, replayed, rest_on, mismatches) = played(&backup("keep 2 yearly; prune"), 365 * 86_400);
    assert_eq!((replayed, rest_on, mismatches), (1, vec![], vec![]));
    let mirrored = backup("keep 7 last; prune")
        + "sync out of s3.near:/r to tower.tank:/r by tower.cron { monthly on 1 at 05:00 UTC; taking 2h..2h; credential c }\n";
    let sum = sum(&mirrored);
    let (told, replayed, _, mismatches) = played(&mirrored, sum.0 - 86_400);
    assert_eq!((told, replayed, mismatches), (vec!["T1701"], 1, vec![]));
}

/// What never goes is there after years.
#[test]
fn what_never_goes_is_still_there() {
    let up = |rules: &str| {
        format!(
            "{FILES}{REPOSITORY}backup up of db to r by web.cron {{ daily at 02:00 UTC; {rules} }}\n"
        )
    };
    let copy = "copy out of db to tower.tank:/out by web.cron { daily at 04:00 UTC }\n";
    let aside = "sync out of db to tower.tank:/out by web.cron { daily at 04:00 UTC; backup dir tower.tank:/aside; max delete 9 }\n";
    let asked = "capture dump of db to web.disk:/dump by hand { on demand; method program; runs \"/opt/dump\" }\n";
    let part = "expire old of web.disk:/db/part after 30 days by use { by hand }\n";
    let half =
        "move away of web.disk:/db/part to tower.tank:/old by web.cron { daily at 05:00 UTC }\n";
    for text in [
        up(""),
        up("keep 7 daily"),
        up("keep unlimited yearly; prune"),
        [FILES, copy].concat(),
        [FILES, aside].concat(),
        [FILES, asked].concat(),
        ITEMS.to_owned(),
        [ITEMS, part].concat(),
        [ITEMS, half].concat(),
    ] {
        let (told, replayed, rest_on, mismatches) = played(&text, 9 * 86_400);
        let said = (told, replayed, rest_on, mismatches);
        assert_eq!(said, (vec!["T1702"], 1, vec![], vec![]), "{text}");
    }
}

#[test]
fn what_no_calendar_brings_together_is_named() {
    let up = "sync up of db to web.disk:/up by web.cron { daily at 01:00 UTC; taking 1h..1h }\n\
              sync out of db from up to tower.tank:/out by web.cron { daily at 09:00 UTC; taking 1h..1h }\n";
    let text = [FILES, up].concat();
    let sum = sum(&text);
    let (told, replayed, rest_on, mismatches) = played(&text, sum.0 - 1);
    let waits = "waits that no calendar need bring together";
    assert_eq!(
        (told, replayed, rest_on, mismatches),
        (vec!["T1701"], 0, vec![waits], vec![])
    );
}

/// What a mirror of a repository brings it forgets by the times of its backup's versions; its runs begin when those end.
#[test]
fn a_mirror_of_a_backup_is_played() {
    let mirrored = "host orc at home/rack { runs zerobyte, cron; has restic 0.18.0, zerobyte 0.41.0; store local { medium nvme } }\n\
        credential w { account s3; may read, write, delete on s3.near; held on orc; profile \"w\" }\n\
        repository first in orc.local:/first { engine restic 0.18.0; key k }\n\
        repository second in s3.near:/second { engine restic 0.18.0; key k; credential w }\n\
        copy again of db from up to second by orc.zerobyte { checked daily at 08:00 UTC; taking 1m..2h; monitor watch }\n\
        backup up of db to first by orc.zerobyte { daily at 02:30 UTC; taking 1m..4h; jitter 5m; keep 7 last; prune; monitor watch }\n";
    let text = [FILES, mirrored].concat();
    // Two runs of the backup, four of its own and their signal are missed, seven times.
    let sum = sum(&text);
    assert_eq!(days(sum), 56);
    let (told, replayed, rest_on, mismatches) = played(&text, sum.0 - 86_400);
    assert_eq!(
        (told, replayed, rest_on, mismatches),
        (vec!["T1701"], 1, vec![], vec![])
    );
}

/// Whoever prunes a repository removes what others have forgotten there.
#[test]
fn another_backup_prunes_as_well() {
    let text = format!(
        "{FILES}{REPOSITORY}class other is files on web.disk:/other\n\
         backup up of db to r by web.cron {{ daily at 02:00 UTC; taking 1h..1h; keep 7 last }}\n\
         backup too of other to r by web.cron {{ weekly on Sunday at 03:00 UTC; taking 1h..1h; keep 7 last; prune }}\n"
    );
    assert_eq!(days(sum(&text)), 14);
    let (told, replayed, rest_on, mismatches) = played(&text, 9 * 86_400);
    assert_eq!(
        (told, replayed, rest_on, mismatches),
        (vec!["T1701"], 1, vec![], vec![])
    );
}

/// What is backed up goes where it is moved away: the play to the backup follows the move as well.
#[test]
fn what_is_moved_away_is_backed_up_no_longer() {
    let text = format!(
        "{ITEMS}{REPOSITORY}\
         move off of web.disk:/db to tower.tank:/off by web.cron {{ daily at 03:00 UTC; taking 1m..5m; older than 2 days by mtime; monitor watch }}\n\
         expire old of tower.tank:/off after 4 days by mtime {{ by tower.cron; daily at 05:00 UTC; taking 1m..5m; monitor watch }}\n\
         backup up of db to r by web.cron {{ daily at 04:00 UTC; taking 1m..5m; keep 2 last; prune; monitor watch }}\n"
    );
    let (told, replayed, rest_on, mismatches) = played(&text, 7 * 86_400);
    assert_eq!(mismatches, Vec::<String>::new());
    assert_eq!((told, replayed, rest_on), (vec!["T1701"], 1, vec![]));
}

#[test]
fn what_never_goes_and_cannot_be_played_is_named() {
    let rests_on = |text: &str, most: i64| {
        let (told, replayed, rest_on, mismatches) = played(text, most * 86_400);
        assert_eq!(
            (told, replayed, mismatches),
            (vec!["T1702"], 0, vec![]),
            "{text}"
        );
        rest_on
    };
    let often = "sync up of db to web.disk:/up by web.cron { every 15 min }\n\
                 copy out of db from up to tower.tank:/out by web.cron { daily at 04:00 UTC }\n";
    let often = [FILES, often].concat();
    assert_eq!(rests_on(&often, 9), ["more runs than can be played"]);
    let copy = "copy out of db to tower.tank:/out by web.cron { daily at 04:00 UTC }\n";
    let copy = [FILES, copy].concat();
    assert_eq!(rests_on(&copy, 36_000), ["ages of more than a century"]);
    // Items are cleared before they are old enough to be moved; and of a part nobody knows what is in it.
    let old = "expire old of web.disk:/db after 3..30 days by use { by hand }\n";
    let moved = |of: &str| {
        let step = format!(
            "move away of {of} to tower.tank:/old by web.cron {{ daily at 05:00 UTC; older than 90 days by mtime }}\n"
        );
        [ITEMS, old, &step].concat()
    };
    for of in ["db", "web.disk:/db/part"] {
        assert_eq!(rests_on(&moved(of), 40), ["copies to which nothing comes"]);
    }
    // A rule deletes what a repository has, which is another error.
    let ruled = format!(
        "{FILES}{REPOSITORY}backup up of db to r by web.cron {{ daily at 02:00 UTC }}\n\
         expire old of s3.near:/r after 30 days by upload\n"
    );
    assert_eq!(rests_on(&ruled, 9), ["rules that delete what a step keeps"]);
}

/// As if the verifier were wrong.
#[test]
fn a_bound_that_is_none_is_an_internal_error() {
    let text = [FILES, MIRROR].concat().replace("MOST", "1h");
    let plan = plan_of(&[PLACES, &text].concat());
    let context = Context::new(&plan, Rc::default());
    let class = plan.model.classes.ids().next().unwrap();
    let deaths = Deaths::default().in_period(&context, class, (0, true));
    let (copy, death) = super::super::latest(&deaths).unwrap();
    let told = |at: Option<Seconds>| {
        let mut deaths = deaths.clone();
        deaths.get_mut(&copy).unwrap().at = at;
        Outlived {
            classes: [class].into(),
            periods: [0].into(),
            copy,
            deaths,
            most: Seconds::HOUR,
        }
    };
    assert_eq!(confirm(&context, &told(death.at)), Ok(Played::Out));
    let longer = death.at.map(|at| Seconds(at.0 + 1));
    assert_eq!(confirm(&context, &told(longer)), Ok(Played::Out));
    let less = death.at.map(|at| Seconds(at.0 - 1));
    let refused = confirm(&context, &told(less)).unwrap_err();
    assert!(
        refused.starts_with("played, it is on `tower.tank` for 62 d"),
        "{refused}"
    );
    let refused = confirm(&context, &told(None)).unwrap_err();
    assert!(
        refused.starts_with("played, it is gone from `tower.tank` after"),
        "{refused}"
    );
    let mut out = Verification::default();
    assert!(!is_borne_out(&context, &mut out, &told(less)));
    assert_refused(&context, "`db` does not replay");
}
