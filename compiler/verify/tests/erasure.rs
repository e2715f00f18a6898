//! Greatest retention, from policy text to verdict: what adds up along the way, and what never ends.

mod common;

use common::{PLACES, judged, message, severity, verdict};
use thrice_diagnostics::Severity;
use thrice_model::Obligation;
use thrice_verify::{Engine, Verification};

/// Nothing is monitored, so no run is missed and sums are those of formulas.
const BASE: &str = r#"
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer; max unused 0 % }
class db is state on vps.disk:/var/lib/db { retain at most DAYS days }
backup up of db to r by vps.cron { daily at 03:00; keep 7 daily, 4 weekly, 6 monthly, 2 yearly; prune; taking 10m..10m }
"#;

const MIRROR: &str = "sync mirror of s3.main to tower.tank:/mirror by tower.cron { monthly on 1 at 05:00; taking 2h..2h; max delete 1000; credential writer }\n";

fn base(days: u32, more: &str) -> String {
    [PLACES, BASE, more]
        .concat()
        .replace("DAYS", &days.to_string())
}

/// The codes of its errors of this obligation: that nothing is monitored is another's.
fn codes(found: &Verification) -> Vec<&'static str> {
    let all = common::codes(found).into_iter();
    all.filter(|code| code.starts_with("T17")).collect()
}

fn note(found: &Verification) -> String {
    verdict(found, Obligation::Erasure, "db").note.into()
}

/// 367 d by the rules, 31 d by the mirror, and what the runs take.
#[test]
fn retentions_add_up_along_the_way() {
    let found = judged(&base(399, MIRROR));
    assert!(codes(&found).is_empty(), "{:?}", codes(&found));
    assert!(
        note(&found).starts_with("gone everywhere after 398 d 2 h 10 min"),
        "{}",
        note(&found)
    );
    let short = judged(&base(398, MIRROR));
    assert_eq!(codes(&short), ["T1701"]);
    assert!(message(&short, "T1701").contains("`tower.tank` for 398 d 2 h 10 min"));
    let alone = judged(&base(368, ""));
    assert!(
        note(&alone).starts_with("gone everywhere after 367 d 10 min"),
        "{}",
        note(&alone)
    );
    assert_eq!(codes(&judged(&base(367, ""))), ["T1701"]);
}

#[test]
fn it_holds_only_while_steps_run_and_the_unwatched_are_named() {
    let found = judged(&base(399, MIRROR));
    let decided = verdict(&found, Obligation::Erasure, "db");
    assert_eq!((decided.engine, decided.holds), (Engine::ProvedIf, true));
    assert!(
        decided.note.ends_with("if `mirror` and `up` run"),
        "{}",
        decided.note
    );
    assert_eq!(severity(&found, "T1703"), Severity::Warning);
    assert!(message(&found, "T1703").contains("`mirror` and `up`"));
    let watched = base(500, MIRROR)
        .replace("taking 10m..10m", "taking 10m..10m; monitor deadman")
        .replace("taking 2h..2h", "taking 2h..2h; monitor deadman");
    let found = judged(&watched);
    assert!(
        found
            .findings
            .iter()
            .all(|f| f.diagnostic.code.0 != "T1703")
    );
    assert!(
        note(&found).contains("while no run is missed"),
        "missed runs delay it: {}",
        note(&found)
    );
}

/// Each place that keeps what was deleted, by itself.
#[test]
fn stores_keep_what_is_deleted_in_them() {
    let total = |from: &str, to: &str, more: &str| {
        let text = base(9000, &[MIRROR, more].concat());
        assert!(text.contains(from));
        let found = judged(&text.replace(from, to));
        note(&found)
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let snapshots = total(
        "medium hdd }",
        "medium hdd; snapshots daily at 00:30 keep 30 }",
        "",
    );
    assert_eq!(snapshots, "gone everywhere after 428 d 2 h 10 min");
    let versioned = "medium object; versioning on } }";
    let rule = "expire old of s3.main after 40 days by upload { noncurrent }\n";
    let noncurrent = total("medium object } }", versioned, rule);
    assert_eq!(
        noncurrent, "gone everywhere after 409 d 10 min",
        "367 d, 40 d, and 2 d until the rule acts"
    );
    // Before that it has gone from the mirror, which does not read old versions.
    let sooner = "expire old of s3.main after 20 days by upload { noncurrent }\n";
    let sooner = total("medium object } }", versioned, sooner);
    assert_eq!(sooner, "gone everywhere after 398 d 2 h 10 min");
    assert_eq!(
        total("medium object } }", versioned, ""),
        "never gone everywhere"
    );
    // An old version stays for 40 d and is locked for at most 50 d from then on, both at once.
    let locked = |versions: &str, days: u32, rule: &str| {
        let bucket = format!("medium object; {versions}lock compliance {days} days }} }}");
        total("medium object } }", &bucket, rule)
    };
    let on = "versioning on; ";
    let longer = locked(on, 50, rule);
    assert_eq!(longer, "gone everywhere after 419 d 10 min");
    assert_eq!(locked(on, 40, rule), noncurrent);
    assert_eq!(locked(on, 1, rule), noncurrent);
    let day_more = locked(on, 41, rule);
    assert_eq!(day_more, "gone everywhere after 410 d 10 min");
    // Only buckets with versions can be locked: without a rule what is deleted there never goes.
    assert_eq!(locked("", 50, rule), longer);
    assert_eq!(locked("", 50, ""), "never gone everywhere");
}

#[test]
fn what_has_no_end_is_told_as_such() {
    let never = |from: &str, to: &str, more: &str| {
        let text = base(9000, more);
        assert!(text.contains(from), "{from}");
        codes(&judged(&text.replace(from, to)))
    };
    let rules = "keep 7 daily, 4 weekly, 6 monthly, 2 yearly; ";
    assert_eq!(never(rules, "", ""), ["T1702"]);
    assert_eq!(never("2 yearly", "unlimited yearly", ""), ["T1702"]);
    assert_eq!(
        never("prune; ", "", ""),
        ["T1702"],
        "forgotten is not removed"
    );
    let pruned = "prune weekly of r by vps.cron { weekly on Sunday at 12:00; taking 1m..1h }\n";
    assert!(never("prune; ", "", pruned).is_empty());
    let copy = "copy away of s3.main to tower.tank:/copy by tower.cron { daily at 05:00; credential writer }\n";
    assert_eq!(
        never("prune; ", "prune; ", copy),
        ["T1702"],
        "a copy deletes nothing"
    );
}

#[test]
fn items_are_gone_when_something_takes_them_away() {
    let items = "class films is items on vps.disk:/films { retain at most 100 days }\ncopy out of films to s3.main:/films by vps.cron { daily at 04:00; taking 1h..1h; credential writer }\n";
    let home = "expire tidied of vps.disk:/films after 7..30 days by use { by hand }\n";
    let there = "expire gone of s3.main:/films after 60 days by upload\n";
    let of_films = |parts: &[&str]| {
        let found = judged(&base(9000, &[items, &parts.concat()].concat()));
        (
            codes(&found),
            verdict(&found, Obligation::Erasure, "films").note.clone(),
        )
    };
    assert_eq!(of_films(&[]).0, ["T1702"]);
    assert_eq!(of_films(&[home]).0, ["T1702"]);
    let (codes, note) = of_films(&[home, there]);
    assert!(codes.is_empty());
    // 30 d until tidied up, copied once more, 60 d by the rule and 2 d until it acts.
    assert!(note.starts_with("gone everywhere after 92 d 1 h"), "{note}");
}

/// Each run overwrites what comes anew under the same name: a dump, and no file that people deleted.
#[test]
fn what_people_deleted_is_overwritten_by_nothing() {
    let copied = |kind: &str| {
        let text = format!(
            "class c is {kind} on vps.disk:/c {{ retain at most 9000 days }}\n\
             expire tidied of vps.disk:/c after 7..30 days by use {{ by hand }}\n\
             copy out of c to s3.main:/c by vps.cron {{ daily at 04:00; latest only; taking 1h..1h; credential writer }}\n"
        );
        codes(&judged(&base(9000, &text)))
    };
    assert_eq!(copied("files"), ["T1702"]);
    assert_eq!(copied("items"), ["T1702"]);
    let dumped = "class c is state on vps.disk:/c { retain at most 9000 days }\n\
        capture dump of c to vps.disk:/dump by vps.cron { daily at 03:00; method program; runs \"/bin/d\"; atomic; taking 1h..1h }\n\
        copy out of c from dump to s3.main:/c by vps.cron { daily at 04:00; latest only; taking 1h..1h; credential writer }\n";
    assert!(codes(&judged(&base(9000, dumped))).is_empty());
}

/// A rule leaves the newest dump, for another one comes before it is old enough; those before go.
#[test]
fn older_dumps_go_where_the_newest_stays() {
    let dumped = |rule: &str| {
        let text = format!(
            "class c is state on vps.disk:/c {{ retain at most 9000 days }}\n\
             capture dump of c to vps.disk:/dump by vps.cron {{ daily at 03:00; method program; runs \"/bin/d\"; atomic; keeps 3 days; taking 1h..1h }}\n\
             copy out of c from dump to s3.main:/c by vps.cron {{ daily at 06:00; taking 1h..1h; credential writer }}\n{rule}"
        );
        let found = judged(&base(9000, &text));
        let said = verdict(&found, Obligation::Erasure, "c").note.clone();
        (codes(&found), said)
    };
    assert_eq!(dumped("").0, ["T1702"]);
    // A day until the next dump, three that this one stays, ten from when it came last, two until the rule acts.
    let (none, said) = dumped("expire old of s3.main:/c after 10 days by upload\n");
    assert!(
        none.is_empty() && said.starts_with("gone everywhere after 16 d 2 h"),
        "{said}"
    );
    let part = dumped("expire old of s3.main:/c/more after 10 days by upload\n");
    assert_eq!(part.0, ["T1702"]);
}

#[test]
fn unused_bytes_are_pointed_out() {
    let found = judged(&base(399, MIRROR).replace("; max unused 0 %", ""));
    assert_eq!(severity(&found, "T1704"), Severity::Warning);
    assert!(
        judged(&base(399, MIRROR))
            .findings
            .iter()
            .all(|f| f.diagnostic.code.0 != "T1704")
    );
}

/// How long a clean-up by hand takes is unknown; the verdict turns within its interval.
#[test]
fn pinning_a_clean_up_to_its_middle_changes_the_verdict() {
    let text = base(
        9000,
        "class films is items on vps.disk:/films { retain at most 100 days }\nexpire tidied of vps.disk:/films after 7..180 days by use { by hand }\n",
    );
    let erasure = |text: &str| {
        let found = judged(text);
        verdict(&found, Obligation::Erasure, "films").holds
    };
    assert!(!erasure(&text));
    assert!(erasure(&text.replace("7..180 days", "93..93 days")));
}

/// A rule that begins with a phase deletes nothing before it, and one that ended nothing any more.
#[test]
fn only_what_deletes_in_a_phase_counts_in_it() {
    let text = |life: &str| {
        format!(
            "{PLACES}phase later = 2026-09-01\n\
             class photos is items on vps.disk:/photos since t0 {{ retain at most 40 days }}\n\
             expire old of vps.disk:/photos after 30 days by use {life} {{ by hand }}\n"
        )
    };
    for (life, expected) in [
        ("since t0", [true, true]),
        ("since t0 until later", [true, false]),
        ("since later", [false, true]),
    ] {
        let found = judged(&text(life));
        let mine = found.verdicts.iter();
        let mine = mine.filter(|v| v.obligation == Obligation::Erasure);
        let holds: Vec<bool> = mine.map(|v| v.holds).collect();
        assert_eq!(holds, expected, "{life}");
    }
}

/// The same of the rule for old versions, and of who prunes.
#[test]
fn old_versions_go_and_prunes_remove_only_in_the_phases_in_which_they_do() {
    let holds = |text: &str| -> Vec<bool> {
        let found = judged(&text.replace(
            "phase t0 = 2026-02-15",
            "phase t0 = 2026-02-15\nphase later = 2026-09-01",
        ));
        let mine = found.verdicts.iter();
        let mine = mine.filter(|v| v.obligation == Obligation::Erasure && v.subject == "db");
        mine.map(|v| v.holds).collect()
    };
    for (life, expected) in [
        ("since t0", [true, true]),
        ("since t0 until later", [true, false]),
        ("since later", [false, true]),
    ] {
        let rule =
            format!("expire old of s3.main after 20 days by upload {life} {{ noncurrent }}\n");
        let versioned =
            base(9000, &rule).replace("medium object }", "medium object; versioning on }");
        assert_eq!(holds(&versioned), expected, "old versions {life}");
        let prune = format!(
            "prune weekly of r by vps.cron {life} {{ weekly on Sunday at 12:00; taking 1m..1h }}\n"
        );
        let pruned = base(9000, &prune).replace("prune; ", "");
        assert_eq!(holds(&pruned), expected, "prunes {life}");
    }
}

/// How long files stay that are kept for so long, at most, by `clears`: a store's snapshots or a step.
fn gone_after(store: &str, steps: &str) -> String {
    let class = "class db is files on vps.disk:/var/lib/db { retain at most 9000 days }\n";
    let text = [PLACES, class, steps].concat();
    let text = text.replace("medium hdd } }", &["medium hdd; ", store, " } }"].concat());
    let said = note(&judged(&text));
    said.split(';').next().unwrap_or_default().to_owned()
}

#[test]
fn a_clean_up_deletes_when_it_runs() {
    let copied = "copy up of db to tower.tank:/db by vps.cron { daily at 03:00; taking 1h..1h }\n\
                  expire old of tower.tank:/db after 7 days by mtime { by tower.cron; WHEN; taking 1h..1h }\n";
    let clears = |when| gone_after("", &copied.replace("WHEN", when));
    assert_eq!(clears("daily at 05:00"), "gone everywhere after 8 d 1 h");
    assert_eq!(
        clears("weekly on Sunday at 05:00"),
        "gone everywhere after 14 d 1 h"
    );
    assert_eq!(
        clears("monthly on 1 at 05:00"),
        "gone everywhere after 38 d 1 h"
    );
}

/// Of three snapshots at 01:00 and 02:00 the one at 02:00 goes at 01:00 of the day after next.
#[test]
fn snapshots_at_uneven_times_stay_as_long_as_their_runs_let_them() {
    let mirror = "sync up of db to tower.tank:/db by vps.cron { daily at 03:00; taking 1h..1h }\n";
    let kept = |snapshots| gone_after(snapshots, mirror);
    assert_eq!(kept(""), "gone everywhere after 25 h");
    assert_eq!(
        kept("snapshots daily at 01:00, 02:00 keep 3"),
        "gone everywhere after 3 d"
    );
    // The clocks go back within the month.
    assert_eq!(
        kept("snapshots daily at 01:00 \"Europe/Paris\" keep 30"),
        "gone everywhere after 31 d 2 h"
    );
}

/// Dumped at 20:00 until 22:00: after 47 hours, at 21:00, the run of that day may just have cleaned up.
#[test]
fn dumps_age_from_when_they_are_done() {
    let dump = "class db is state on vps.disk:/var/lib/db { retain at most 9000 days }\n\
                capture up of db to tower.tank:/db by vps.cron { daily at 20:00; taking TAKES; atomic; keeps 47h; runs \"/opt/dump\" }\n";
    let after = |takes| {
        let text = [PLACES, &dump.replace("TAKES", takes)].concat();
        let said = note(&judged(&text));
        said.split(';').next().unwrap_or_default().to_owned()
    };
    assert_eq!(after("2h..2h"), "gone everywhere after 3 d 1 h");
    assert_eq!(after("0h..2h"), "gone everywhere after 3 d 3 h");
}

/// At 23:00 and perhaps an hour later: every other day may be without a snapshot.
#[test]
fn late_starts_that_pass_midnight_leave_days_out() {
    let kept = |at: &str| {
        let backup = format!(
            "repository r in s3.main:/restic {{ engine restic 0.18.0; key k; credential writer; max unused 0 % }}\n\
             backup up of db to r by vps.cron {{ daily at {at}; keep 2 daily; prune; jitter 1h; taking 1h..1h }}\n"
        );
        gone_after("", &backup)
    };
    assert_eq!(kept("22:00"), "gone everywhere after 2 d 2 h");
    assert_eq!(kept("23:00"), "gone everywhere after 4 d 4 h");
}

/// A class that lives no more is gone when all that was made of it is: while its backup goes on for others, and not when
/// nothing runs any more.
#[test]
fn what_is_left_of_a_class_that_has_ended_must_go_too() {
    let text = |of: &str, life: &str| {
        format!(
            "{PLACES}phase later = 2026-09-01 {{ slip 0 days }}\n\
             phase far = 2028-09-01 {{ slip 0 days }}\n\
             repository r in s3.main:/restic {{ engine restic 0.18.0; key k; credential writer; max unused 0 % }}\n\
             class db is state on vps.disk:/var/lib/db until later {{ retain at most 40 days }}\n\
             class web is files on vps.disk:/web\n\
             backup up of {of} to r by vps.cron {life} {{ daily at 03:00; keep within 30d; prune; taking 10m..10m }}\n"
        )
    };
    let holds = |text: &str| -> Vec<(String, bool)> {
        let found = judged(text);
        assert!(found.internal.is_empty(), "{:#?}", found.internal);
        let mine = found.verdicts.iter();
        let mine = mine.filter(|v| v.obligation == Obligation::Erasure && v.subject == "db");
        mine.map(|v| (v.period.to_string(), v.holds)).collect()
    };
    let each = |holds: [bool; 3]| {
        let phases = ["t0", "later", "far"].map(str::to_owned);
        Vec::from_iter(phases.into_iter().zip(holds))
    };
    assert_eq!(holds(&text("db, web", "until far")), each([true; 3]));
    let alone = text("db", "");
    assert_eq!(holds(&alone), each([true, false, false]));
    assert_eq!(holds(&text("db, web", "")), holds(&alone));
    let told = message(&judged(&alone), "T1702");
    assert!(
        told.starts_with("`db` can stay on `s3.main` for ever in `later`"),
        "{told}"
    );
    // A bucket that goes takes all with it; one that goes too late does not.
    let until = |day: &str| {
        let gone = format!("{alone}phase closed = {day} {{ slip 0 days }}\n");
        gone.replace("s3 at cloud/one {", "s3 at cloud/one until closed {")
    };
    assert!(holds(&until("2026-09-05")).iter().all(|(_, holds)| *holds));
    assert!(holds(&until("2026-12-01")).iter().any(|(_, holds)| !holds));
}

/// Dumps that a clean-up takes after a month where they are carried to: whichever it has not taken yet when the sync takes
/// it is put aside, and stays there for ever.
#[test]
fn what_a_clean_up_has_missed_is_put_aside() {
    let found = judged(
        r#"
policy p "p" { horizon 1 year; response time 12h }
provider far { site one; site two; supports lifecycle }
host h at far/one { runs cron; has rclone 1.75.2; store disk }
object_storage o at far/two { endpoint "o.example.org"; bucket near "near-b" { medium object } }
monitor m { healthchecks at "HC"; hosted by far }
class c is state on h.disk:/c { retain at most 60 days }
capture d of c to h.disk:/d by h.cron { daily at 01:00 UTC; taking 1m..5m; monitor m; method pg_dump; atomic; keeps 40 days }
sync y of c from d to o.near:/y by h.cron { daily at 02:00 UTC; taking 1m..5m; monitor m; backup dir o.near:/aside }
expire e of o.near:/y after 30 days by mtime { by h.cron; daily at 12:00 UTC; taking 1m..5m; monitor m }
"#,
    );
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    assert_eq!(codes(&found), ["T1702"]);
    let plays = &found.plays[&Obligation::Erasure];
    assert_eq!(plays.replayed, 0);
    assert!(plays.rest_on.contains("what syncs put aside"), "{plays:?}");
}

/// What a sync puts aside is there until somebody clears that folder: by its own time, or from when it came there.
#[test]
fn what_is_put_aside_goes_when_that_folder_is_cleared() {
    let said = |days: u32, clears: &str| {
        let text = format!(
            r#"
policy p "p" {{ horizon 1 year; response time 12h }}
provider far {{ site one; site two; supports lifecycle, lifecycle-prefix, versioning }}
host h at far/one {{ runs cron; has rclone 1.75.2; store disk }}
object_storage o at far/two {{ endpoint "o.example.org"; bucket near "near-b" {{ medium object }} }}
monitor m {{ healthchecks at "HC"; hosted by far }}
class c is files on h.disk:/c {{ retain at most {days} days }}
sync y of c to o.near:/y by h.cron {{ daily at 02:00 UTC; taking 1m..5m; backup dir o.near:/aside }}
{clears}"#
        );
        let found = judged(&text);
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        let replayed = found.plays.get(&Obligation::Erasure);
        let replayed = replayed.map_or(0, |plays| plays.replayed);
        let note = String::from(verdict(&found, Obligation::Erasure, "c").note);
        (codes(&found), replayed, note)
    };
    let run = "by h.cron; daily at 12:00 UTC; taking 1m..5m";
    assert_eq!(said(400, "").0, ["T1702"]);
    // What was new when it was deleted is ten days old after that, and goes with the next run; by upload, it is a day
    // older when it is put aside.
    let by_mtime = format!("expire z of o.near:/aside after 10 days by mtime {{ {run} }}\n");
    let (none, _, note) = said(13, &by_mtime);
    assert!(none.is_empty(), "{none:?}");
    assert!(note.contains("gone everywhere after 11 d"), "{note}");
    let (short, replayed, _) = said(10, &by_mtime);
    assert_eq!((short, replayed), (vec!["T1701"], 1));
    let rule = "expire z of o.near:/aside after 10 days by upload\n";
    let (none, _, note) = said(15, rule);
    assert!(none.is_empty(), "{none:?}");
    let (short, replayed, _) = said(11, rule);
    assert_eq!((short, replayed), (vec!["T1701"], 1), "{note}");
    // Who clears a part of it, or another folder, leaves the rest.
    for place in ["/aside/docs", "/y", "/other"] {
        let part = by_mtime.replace("/aside", place);
        assert_eq!(said(400, &part).0, ["T1702"], "{place}");
    }
    // All of the bucket is that folder too.
    let (all, _, _) = said(13, &by_mtime.replace(":/aside", ""));
    assert!(all.is_empty(), "{all:?}");
}
