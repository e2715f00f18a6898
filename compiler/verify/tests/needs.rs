//! What a class is restored with: what it needs, and what that needs in turn.

mod common;

use common::{codes, judged, message, verdict};
use thrice_diagnostics::Severity;
use thrice_model::Obligation;

/// Of `c` there is one copy, of the others two.
const POLICY: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two; site three }
host h1 at far/one { runs cron; has rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has rclone 1.75.2; store disk }
host h3 at far/three { runs cron; has rclone 1.75.2; store disk }
network n { joins h1, h2, h3 }
class a is items on h1.disk:/a { needs b }
class b is items on h1.disk:/b { needs c }
class c is items on h1.disk:/c
copy a2 of a to h2.disk:/a by h1.cron { daily at 03:00 }
copy a3 of a to h3.disk:/a by h1.cron { daily at 03:00 }
copy b2 of b to h2.disk:/b by h1.cron { daily at 03:00 }
copy b3 of b to h3.disk:/b by h1.cron { daily at 03:00 }
copy c2 of c to h2.disk:/c by h1.cron { daily at 03:00 }
require survive any 2 of host for a
"#;

#[test]
fn nothing_survives_without_what_is_needed_by_what_it_needs() {
    let found = judged(POLICY);
    assert!(!verdict(&found, Obligation::Survival, "a").holds);
    assert!(codes(&found).contains(&"T1203"), "{:?}", codes(&found));
    let told = message(&found, "T1203");
    assert!(told.contains("nothing of `c`, which it needs"), "{told}");
    let alone = judged(&POLICY.replace("{ needs c }", ""));
    assert!(verdict(&alone, Obligation::Survival, "a").holds);
}

/// Of `a` and `b` versions reach back for two months.
const HISTORY: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two; site three }
host h1 at far/one { runs cron; has restic 0.18.0; store disk }
host h2 at far/two { runs cron; has restic 0.18.0; store disk }
vault safe at far/three
key k { held on safe; file "/etc/k" }
repository long in h2.disk:/long { engine restic 0.18.0; key k }
repository short in h2.disk:/short { engine restic 0.18.0; key k }
class a is state on h1.disk:/a { needs b }
class b is state on h1.disk:/b { needs c }
class c is state on h1.disk:/c
backup deep of a, b to long by h1.cron { daily at 03:00; keep within 60d }
backup flat of c to short by h1.cron { daily at 03:00; keep within DAYS }
require history of 28 days with gap 7 days for a
"#;

#[test]
fn a_history_reaches_back_no_further_than_what_is_needed_by_what_it_needs() {
    let holds = |days: &str| {
        let found = judged(&HISTORY.replace("DAYS", days));
        let holds = verdict(&found, Obligation::History, "a").holds;
        (holds, found)
    };
    assert!(holds("60d").0);
    let (there, found) = holds("7d");
    assert!(!there);
    let told = message(&found, "T1604");
    assert!(told.contains("`c`, which it needs"), "{told}");
}

/// What has no versions is restored as it was last, with what it needs as that was last.
const LAST: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two }
host h1 at far/one { runs cron; has rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has rclone 1.75.2; store disk }
network n { joins h1, h2 }
class a is items on h1.disk:/a { needs b within 2 days }
class b is state on h1.disk:/b
capture dump of b to h1.disk:/dump by h1.cron { FIRST; method program; runs "/d"; atomic; taking 1m..5m }
copy a2 of a to h2.disk:/a by h1.cron { daily at 03:00; taking 1m..5m }
copy b2 of b from dump to h2.disk:/b by h1.cron { daily at 04:00; taking 1m..5m }
"#;

#[test]
fn what_is_needed_is_as_old_as_the_rarest_step_on_its_way_lets_it_be() {
    for (first, told) in [("daily at 02:00", false), ("monthly on 1 at 02:00", true)] {
        let found = judged(&LAST.replace("FIRST", first));
        assert_eq!(codes(&found).contains(&"T1205"), told, "{first}");
    }
}

/// Of `a` there are versions on three hosts, of `b` on one of these and on one where nothing of `a` is.
const PAIRS: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two; site three; site four; site five }
host h1 at far/one { runs cron; has restic 0.18.0; store disk }
host h2 at far/two { runs cron; has restic 0.18.0; store disk }
host h3 at far/three { runs cron; has restic 0.18.0; store disk }
host h4 at far/four { runs cron; has restic 0.18.0; store disk }
host h5 at far/five { runs cron; has restic 0.18.0; store disk }
network n { joins h1, h2, h3, h4, h5 }
vault safe at far/five
key k { held on safe; file "/etc/k" }
repository r2 in h2.disk:/r { engine restic 0.18.0; key k }
repository r3 in h3.disk:/r { engine restic 0.18.0; key k }
repository r5 in h5.disk:/r { engine restic 0.18.0; key k }
repository r4 in h4.disk:/r { engine restic 0.18.0; key k }
class a is state on h1.disk:/a { needs b }
class b is state on h1.disk:/b
backup a2 of a to r2 by h1.cron { daily at 03:00; keep within 60d }
backup a3 of a to r3 by h1.cron { daily at 04:00; keep within 60d }
backup a5 of a to r5 by h1.cron { daily at 04:30; keep within 60d }
backup b2 of b to r2 by h1.cron { daily at 05:00; keep within 60d }
backup b4 of b to r4 by h1.cron { daily at 06:00; keep within 60d }
require survive any 2 of host for a
require history of 28 days with gap 7 days for a
"#;

#[test]
fn a_history_is_asked_for_without_the_hosts_of_what_is_needed() {
    let found = judged(PAIRS);
    assert!(
        !verdict(&found, Obligation::History, "a").holds,
        "{:?}",
        codes(&found)
    );
    let told = message(&found, "T1604");
    assert!(
        told.contains("if host `h2` is lost and host `h4` is lost"),
        "{told}"
    );
    let alone = judged(&PAIRS.replace("{ needs b }", ""));
    assert!(
        verdict(&alone, Obligation::History, "a").holds,
        "{:?}",
        codes(&alone)
    );
}

/// What lies in the vault that holds the key is restored with something of which all copies need that very key.
const CIRCLE: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two; site three }
host h1 at far/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h3 at far/three { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
network n { joins h1, h2, h3 }
vault pw on h1 of vd
key k { held on pw; file "/etc/k" }
repository r2 in h2.disk:/r { engine restic 0.18.0; key k }
repository r3 in h3.disk:/r { engine restic 0.18.0; key k }
class vd is files on h1.disk:/vd { needs vc }
class vc is files on h1.disk:/vc
class docs is files on h1.disk:/docs
copy vd2 of vd to h2.disk:/vd by h1.cron { daily at 03:00 }
copy vd3 of vd to h3.disk:/vd by h1.cron { daily at 03:00 }
backup far2 of docs, vc to r2 by h1.cron { daily at 03:00; keep within 60d }
backup far3 of docs, vc to r3 by h1.cron { daily at 03:00; keep within 60d }
"#;

#[test]
fn a_vault_comes_back_with_what_its_content_needs_alone() {
    let found = judged(CIRCLE);
    assert!(!verdict(&found, Obligation::Survival, "docs").holds);
    let without = judged(&CIRCLE.replace(" { needs vc }", ""));
    assert!(
        verdict(&without, Obligation::Survival, "docs").holds,
        "{:?}",
        codes(&without)
    );
    let clear = "copy vc2 of vc to h2.disk:/vc by h1.cron { daily at 03:00 }\ncopy vc3 of vc to h3.disk:/vc by h1.cron { daily at 03:00 }\n";
    let clear = judged(&[CIRCLE, clear].concat());
    assert!(
        verdict(&clear, Obligation::Survival, "docs").holds,
        "{:?}",
        codes(&clear)
    );
}

/// Both are thinned by the same rules, and mirrored together.
const MIRRORED: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two; site three }
host h1 at far/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h3 at far/three { runs cron; has rclone 1.75.2; store disk }
network n { joins h1, h2, h3 }
vault safe at far/three
key k { held on safe; file "/etc/k" }
repository r in h2.disk:/r { engine restic 0.18.0; key k }
class a is state on h1.disk:/a { needs b within 2 days }
class b is state on h1.disk:/b
backup ab of a to r by h1.cron { daily at 03:00; keep 7 daily, 8 weekly }
backup bb of b to r by h1.cron { daily at 03:00; keep 7 daily, 8 weekly }
sync mirror of h2.disk:/r to h3.disk:/r by h3.cron { daily at 09:00 }
require survive any 1 of host for a
require history of 28 days with gap 8 days for a
"#;

#[test]
fn mirrors_have_the_versions_of_what_they_are_mirrors_of() {
    let found = judged(MIRRORED);
    let holds = verdict(&found, Obligation::History, "a").holds;
    assert!(holds, "{:?}", codes(&found));
}

/// Of both there are copies on two hosts; of what is needed one of them is made rarely.
const RARELY: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two; site three }
host h1 at far/one { runs cron; has restic 0.18.0; store disk }
host h2 at far/two { runs cron; has restic 0.18.0; store disk }
host h3 at far/three { runs cron; has restic 0.18.0; store disk }
network n { joins h1, h2, h3 }
vault safe at far/three
key k { held on safe; file "/etc/k" }
repository r2 in h2.disk:/r { engine restic 0.18.0; key k }
repository r3 in h3.disk:/r { engine restic 0.18.0; key k }
class a is state on h1.disk:/a { needs b within 2 days; ASKED }
class b is state on h1.disk:/b
class c is state on h1.disk:/c
backup all2 of a, b, c to r2 by h2.cron { daily at 03:00; keep within 90d; taking 1m..5m }
backup a3 of a, c to r3 by h3.cron { daily at 05:00; keep within 90d; taking 1m..5m }
backup b3 of b to r3 by h3.cron { RARELY; keep within 90d; taking 1m..5m }
require survive any FAULTS of host for WHOM
"#;

fn rarely(rarely: &str, asked: &str, faults: &str, whom: &str) -> Option<String> {
    let text = RARELY.replace("RARELY", rarely).replace("ASKED", asked);
    let text = text.replace("FAULTS", faults).replace("WHOM", whom);
    let found = judged(&text);
    let is_told = codes(&found).contains(&"T1205");
    is_told.then(|| message(&found, "T1205"))
}

#[test]
fn what_is_left_finds_what_it_needs_and_not_only_what_there_was() {
    assert_eq!(rarely("daily at 05:30", "", "2", "a"), None);
    assert_eq!(
        rarely("weekly on Sunday at 05:30", "", "1", "a"),
        None,
        "one is left"
    );
    assert_eq!(
        rarely("weekly on Sunday at 05:30", "", "2", "a").as_deref(),
        Some(
            "versions of `b` are up to 7 d apart if host `h1` is lost and host `h2` is lost, and `a` needs one within 2 d"
        )
    );
    assert_eq!(
        rarely("weekly on Sunday at 05:30", "", "2", "b"),
        None,
        "nobody asks `a` to survive both"
    );
}

/// Of `c`, which needs `a`, `b` must be as new as well.
#[test]
fn nothing_is_restored_as_newer_than_what_it_needs() {
    let told = rarely("weekly on Sunday at 05:30", "rpo 3 days", "2", "a");
    assert_eq!(
        told.as_deref(),
        Some(
            "the newest of `b` can be 7 d 5 min old if host `h1` is lost and host `h2` is lost: within 2 d of that nothing of `a` \
             is as new as the 3 d that are asked for"
        )
    );
    let far = rarely("weekly on Sunday at 05:30", "rpo 6 days", "2", "a");
    assert!(far.is_some_and(|told| told.starts_with("versions of `b`")));
    let text = RARELY.replace(
        "class c is state on h1.disk:/c",
        "class c is state on h1.disk:/c { needs a within 1 day; rpo 2 days }",
    );
    let text = text
        .replace("RARELY", "weekly on Sunday at 05:30")
        .replace("ASKED", "");
    let text = text.replace("FAULTS", "2").replace("WHOM", "c");
    let told = message(&judged(&text), "T1205");
    assert!(
        told.starts_with("the newest of `b` can be 7 d 5 min old"),
        "{told}"
    );
}

/// Of what is needed the newest alone is kept.
#[test]
fn what_was_a_month_ago_is_not_to_be_had() {
    let text = LAST.replace("FIRST", "daily at 02:00");
    assert!(!codes(&judged(&text)).contains(&"T1205"));
    let monthly = text.replace(
        "h1.cron { daily at 03:00",
        "h1.cron { monthly on 1 at 03:00",
    );
    assert_ne!(text, monthly);
    let told = message(&judged(&monthly), "T1205");
    assert!(
        told.contains("copies of `a` are up to 31 d apart"),
        "{told}"
    );
}

/// Of both there is one copy, as often; while runs fail, those of the one may.
const PLAIN: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye; grace 30h }
host h1 at far/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
network n { joins h1, h2 }
vault safe at far/one
key k { held on safe, h2 }
repository r in h2.disk:/r { engine restic 0.18.0; key k }
class a is files on h1.disk:/a { needs b within 1 day }
class b is files on h1.disk:/b
"#;

#[test]
fn what_is_of_one_time_only_while_runs_succeed_is_a_warning() {
    let told = |steps: &str| {
        let found = judged(&[PLAIN, steps].concat());
        let mut all = found.findings.iter().map(|found| &found.diagnostic);
        let told = all.find(|told| told.code.0 == "T1205");
        told.map(|told| (told.severity, told.message.clone()))
    };
    let both = |how: &str| {
        format!(
            "copy ca of a to h2.disk:/ca by h1.cron {{ daily at 03:00; taking 1m..5m{how} }}\n\
             copy cb of b to h2.disk:/cb by h1.cron {{ daily at 03:00; taking 1m..5m{how} }}\n"
        )
    };
    let (severity, message) = told(&both("; monitor watch")).expect("one of them may fail");
    assert_eq!(severity, Severity::Warning);
    assert!(
        message.contains("can be 3 d apart while runs fail"),
        "{message}"
    );
    // That nobody hears when they fail is told of the steps.
    assert_eq!(told(&both("")), None);
    let backups = both("; keep 9 daily; monitor watch").replace("copy", "backup");
    let backups = backups
        .replace("h2.disk:/ca", "r")
        .replace("h2.disk:/cb", "r");
    assert_eq!(told(&backups), None, "older versions match");
}

/// How often it runs does not matter to what is of one run.
#[test]
fn what_one_run_makes_matches() {
    let told = |steps: &str| codes(&judged(&[PLAIN, steps].concat())).contains(&"T1205");
    let keep = "weekly on Sunday at 03:00; taking 1m..5m; keep 9 weekly; monitor watch";
    assert!(!told(&format!(
        "backup up of a, b to r by h1.cron {{ {keep} }}\n"
    )));
    let apart = format!(
        "backup ua of a to r by h1.cron {{ {keep} }}\nbackup ub of b to r by h1.cron {{ {keep} }}\n"
    );
    assert!(told(&apart));
    // What a mirror brings of both is of the runs that made it.
    let mirror =
        "sync m of h2.disk:/r to h1.disk:/m by h1.cron { daily at 09:00; monitor watch }\n";
    assert!(told(&[&apart, mirror].concat()));
}

/// A key lies where a class will live later, and is lost with that place before.
#[test]
fn a_key_among_what_is_not_there_yet_is_lost_with_its_place() {
    let found = judged(
        r#"
policy p "p" { horizon 1 year; response time 12h }
phase p0 = 2026-03-01
phase p1 = p0 + 90 days
provider far { site s0; site s1; site s2 }
host h0 at far/s0 { runs cron; has restic 0.18.0, rclone 1.75.2; link 12 MB/s; store data { medium hdd; mounted at /data } }
host h3 at far/s1 { runs cron; has restic 0.18.0, rclone 1.75.2; link 12 MB/s; store data { medium hdd } }
object_storage o at far/s2 { endpoint "o.example.org"; bucket deep "deep-b" { medium object } }
key q0 { held on h0; file "/data/d/c0/secret" }
credential k1 { account o; may read, write, delete on o.deep; held on h0, h3 }
repository r0 in o.deep:/r0 { engine restic 0.18.0; key q0 }
class c0 is state on h0.data:/d/c0 since p1 { size 1..2 GB }
class c2 is state on h0.data:/d/c2 until p1 { size 1..2 GB; rto 13h; growth 0..1 %/month }
backup y1 of c2 to r0 by h0.cron { monthly on 9 at 01:00 UTC; taking 1m..5m; credential k1 }
sync y2 of c2 to o.deep:/y2 by h3.cron { daily at 02:00 UTC; taking 1m..5m; credential k1 }
"#,
    );
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    assert!(codes(&found).contains(&"T1401"), "{:?}", codes(&found));
}
