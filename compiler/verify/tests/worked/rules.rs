//! Rules that give up what is old are there for a time: what they leave is asked of the time in which somebody needs it.

use super::*;
use crate::adversary::all_codes;

/// A server and a NAS, and a bucket that keeps old versions: what goes wrong is noticed within a week, and acted upon three days later.
const PLACES: &str = r#"
policy p "p" { horizon 3 years; response time 72h }
phase t0 = 2026-02-15 { slip 0 days }
phase sw = 2026-08-15 { slip 0 days }
phase far = 2027-08-15 { slip 0 days }
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
host vps at ovh/one { runs cron; has rclone 1.75.2; store disk { medium nvme } }
nas tower at home/rack { runs cron; has rclone 1.75.2; store tank { medium hdd } }
network mesh { joins vps, tower }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object; versioning on } }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
"#;

const SYNC: &str = "
class site is files on vps.disk:/srv LIFE { noticed within 7 days }
sync up of site to s3.main:/s by vps.cron { daily at 03:00; taking 1m..30m; monitor deadman; credential writer }
";

fn found(life: &str, steps: &[&str]) -> Verification {
    let found = judged(&[PLACES, &steps.concat().replace("LIFE", life)].concat());
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    found
}

/// The codes of what is said of damage, deletion and history.
fn said(life: &str, steps: &[&str]) -> Vec<&'static str> {
    let mut codes = all_codes(&found(life, steps));
    codes.retain(|code| ["T1201", "T1202", "T1601", "T1602", "T1801", "T1802"].contains(code));
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Thirty days until the last phase, then two.
const SHORTER: &str = "
expire a1 of s3.main after 30 days by upload until far { noncurrent }
expire a2 of s3.main after 2 days by upload since far { noncurrent }
";
const SURVIVES: &str = "require survive any 1 of corruption for site";

/// The class ends a year before the shorter rule begins: whatever goes wrong is put right by then.
#[test]
fn a_rule_that_begins_long_after_a_class_has_ended_takes_nothing_of_it() {
    let none: [&str; 0] = [];
    assert_eq!(said("until sw", &[SYNC, SHORTER, SURVIVES]), none);
    // Damage of its last days is not noticed before a rule begins that takes the last good version.
    let sooner = SHORTER.replace("far", "sw");
    assert_eq!(
        said("until sw", &[SYNC, &sooner, SURVIVES]),
        ["T1201", "T1202", "T1801"]
    );
}

#[test]
fn a_rule_matters_from_when_it_is_there() {
    // What is damaged in the last days before it has ten days until somebody has acted, and the rule leaves but two.
    let until_far = [SURVIVES, " until far"].concat();
    let found = found("", &[SYNC, SHORTER, &until_far]);
    let told = message(&found, "T1201");
    assert!(told.contains("in `sw`") && !told.contains("`t0`"), "{told}");
    // Up to then it is all right, for half a year and longer.
    let until_sw = [SURVIVES, " until sw"].concat();
    assert!(!has("T1201", &[SYNC, SHORTER, &until_sw]));
}

fn has(code: &str, steps: &[&str]) -> bool {
    all_codes(&found("", steps)).contains(&code)
}

/// What is overwritten by what is damaged later, a rule that has ended before never takes.
#[test]
fn a_rule_that_has_ended_takes_nothing_of_what_is_damaged_later() {
    let ended = "
expire a1 of s3.main after 30 days by upload { noncurrent }
expire a2 of s3.main after 2 days by upload until far { noncurrent }
";
    let since = [SURVIVES, " since far"].concat();
    assert!(!has("T1201", &[SYNC, ended, &since]));
    assert!(has("T1201", &[SYNC, ended, SURVIVES]));
    // But of the time before it has left two days: at first versions reach back no further.
    let history = "require history of 20 days with gap 2 days for site since far";
    assert!(has("T1601", &[SYNC, ended, history]));
    let long_ago = ended.replace("far", "sw");
    assert!(!has("T1601", &[SYNC, &long_ago, history]));
}

#[test]
fn history_is_asked_of_the_rules_that_are_there() {
    let history = "require history of 20 days with gap 2 days for site";
    let until_far = [history, " until far"].concat();
    assert!(!has("T1601", &[SYNC, SHORTER, &until_far]));
    let found = found("", &[SYNC, SHORTER, history]);
    let told = message(&found, "T1601");
    assert!(
        told.contains("in `far`") && !told.contains("`t0`"),
        "{told}"
    );
}

const PULL: &str = "
class site is files on vps.disk:/srv LIFE { noticed within 7 days }
sync pull of site to tower.tank:/site by tower.cron { daily at 03:00; backup dir tower.tank:/trash; taking 1m..30m; monitor deadman }
expire cl of tower.tank:/trash after 2 days by mtime WHEN { by tower.cron; daily at 05:00; taking 1m; monitor deadman }
require survive any 1 of corruption, compromise for site
";

#[test]
fn what_is_put_aside_is_cleared_by_who_is_there() {
    let when = |when: &str| codes(&found("until sw", &[&PULL.replace("WHEN", when)]));
    assert!(when("since far").is_empty(), "{:?}", when("since far"));
    assert!(!when("since sw").is_empty());
    assert!(!when("").is_empty());
}

const DUMPS: &str = "
class db is state on vps.disk:/pg LIFE { noticed within 2 days }
capture dump of db to vps.disk:/dumps by vps.cron { daily at 01:00; method program; runs \"/d\"; atomic; keeps 3 days; taking 1m..15m; monitor deadman }
copy pull of db from dump to tower.tank:/db by tower.cron { daily at 03:00; taking 1m..30m; monitor deadman }
expire cl of tower.tank:/db after 2 days by mtime WHEN { by tower.cron; daily at 05:00; taking 1m; monitor deadman }
require survive any 1 of corruption for db
require history of 20 days with gap 3 days for db
";

#[test]
fn dumps_that_are_carried_on_are_cleared_by_who_is_there() {
    let when = |when: &str| codes(&found("until sw", &[&DUMPS.replace("WHEN", when)]));
    assert!(when("since far").is_empty(), "{:?}", when("since far"));
    assert!(!when("").is_empty());
}

/// Two classes that differ only in where they lie are not alike if a rule is for one of these places.
#[test]
fn a_rule_for_a_part_of_a_bucket_tells_apart_what_lies_in_it() {
    let two = |rule: &str| {
        let of = |name: &str, hour: &str| {
            SYNC.replace("site", name)
                .replace("/s", &["/", name].concat())
                .replace("sync up", &["sync up_", name].concat())
                .replace("03:00", hour)
        };
        let all = "require survive any 1 of corruption for all\n";
        found("", &[&of("one", "03:00"), &of("two", "03:00"), rule, all])
    };
    let of_two = two("expire old of s3.main:/two after 2 days by upload { noncurrent }\n");
    assert!(!codes(&of_two).is_empty(), "the second is not as the first");
    let told = message(&of_two, "T1201");
    assert!(told.contains("`two`") && !told.contains("`one`"), "{told}");
    let longer = two("expire old of s3.main:/two after 20 days by upload { noncurrent }\n");
    assert!(codes(&longer).is_empty());
}

/// Dumps that a clean-up has taken which ended with the phase before are missed at first: that is no matter of the phase alone.
#[test]
fn what_a_clean_up_has_taken_before_is_missed_at_first() {
    let history = "require history of 20 days with gap 3 days for db";
    let since = |when: &str| DUMPS.replace(history, &[history, when].concat());
    let carried = since(" since sw").replace("WHEN", "until sw");
    assert!(has("T1601", &[&carried]));
    let later = since(" since far").replace("WHEN", "until sw");
    assert!(!has("T1601", &[&later]), "it is a year since");
    let own = "
class db is state on vps.disk:/pg { noticed within 2 days }
capture dump of db to vps.disk:/dumps by vps.cron { daily at 01:00; method program; runs \"/d\"; atomic; keeps 30 days; taking 1m..15m; monitor deadman }
expire cl of vps.disk:/dumps after 4 days by mtime until sw { by vps.cron; daily at 05:00; taking 1m; monitor deadman }
require history of 20 days with gap 3 days for db since sw
";
    assert!(has("T1601", &[own]));
    assert!(!has("T1601", &[&own.replace("since sw", "since far")]));
}

/// Played within the phase, what is put aside is still there when somebody has acted: the case rests on the next one.
#[test]
fn what_is_cleared_from_the_next_phase_on_is_no_mistake_of_the_play() {
    let aside = "
class site is files on vps.disk:/srv { noticed within 7 days }
sync pull of site to tower.tank:/site by tower.cron { daily at 03:00; backup dir tower.tank:/trash; taking 1m..30m; monitor deadman }
expire cl of tower.tank:/trash after 2 days by mtime since sw { by tower.cron; daily at 05:00; taking 1m; monitor deadman }
sync up of site to s3.main:/s by vps.cron { daily at 03:00; backup dir s3.main:/trash; taking 1m..30m; monitor deadman; credential writer }
expire gone of s3.main:/trash after 2 days by upload since sw
require survive any 1 of corruption, compromise for site
";
    let text = [PLACES, aside].concat().replace("; versioning on", "");
    let found = judged(&text);
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    assert!(codes(&found).contains(&"T1201"), "{:?}", codes(&found));
}
