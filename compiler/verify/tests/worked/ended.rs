//! What rules delete of a state when nobody makes a newer version any more.

use super::*;
use crate::common::case;

const HERE: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
phase t0 = 2026-02-15 { slip 0 days }
phase x = 2026-06-02 { slip 0 days }
phase y = 2026-09-02 { slip 0 days }
provider far { site one; site three }
provider cloud { site c1; supports lifecycle }
provider bank { site safe }
host h1 at far/one { runs cron; has rclone 1.75.2; store disk { medium ssd } }
host h3 at far/three { runs cron; has rclone 1.75.2; store disk { medium hdd } }
network n { joins h1, h3 }
object_storage s3 at cloud/c1 { endpoint "s3.example.org"; bucket main "main-b" { medium object } }
monitor m { healthchecks at "HC"; hosted by bank }
class a is state on h1.disk:/a
capture dd of a to h1.disk:/dump by h1.cron { DUMPS at 02:00; method program; runs "/d"; atomic; taking 1m..5m; monitor m }
copy c1 of a from dd to s3.main:/x by h1.cron UNTIL { daily at 03:00; latest only; monitor m; taking 1m..5m }
expire e of s3.main:/x after AGE days by CLOCK
copy c2 of a from dd to h3.disk:/y by h3.cron since x { SECOND at 03:00; monitor m; taking 1m..5m }
require copies >= 2 for a
"#;

fn found(dumps: &str, until: &str, age: &str, second: &str) -> Verification {
    let text = HERE.replace("DUMPS", dumps).replace("UNTIL", until);
    let text = text.replace("AGE", age).replace("SECOND", second);
    judged(&text.replace("CLOCK", "upload"))
}

/// The dump of June 1 is the last one in the bucket, and is deleted before July 1, when the next step runs first.
#[test]
fn a_rule_deletes_the_last_version_when_its_step_has_ended() {
    let ended = found("daily", "until x", "20", "monthly on 1");
    assert_eq!(codes(&ended), ["T1101", "T1202"]);
    let told = case(&ended, "T1202");
    let deleted = told
        .iter()
        .find(|event| event.contains("`e`"))
        .expect("the rule deletes it");
    assert!(deleted.contains("2026-06-1"), "{told:#?}");
    // While the step goes on, or where the next one runs before that, a newer version is always there.
    for others in [
        found("daily", "", "20", "monthly on 1"),
        found("daily", "until x", "20", "daily"),
        found("daily", "until x", "90", "monthly on 1"),
    ] {
        assert!(codes(&others).is_empty(), "{:?}", codes(&others));
    }
}

/// A copy that runs daily brings nothing newer than the dump that it finds.
#[test]
fn a_rule_deletes_a_version_that_is_copied_daily_and_made_monthly() {
    let monthly = found("monthly on 1", "", "20", "daily");
    assert!(codes(&monthly).contains(&"T1101"), "{:?}", codes(&monthly));
    assert!(codes(&found("monthly on 1", "", "90", "daily")).is_empty());
}

/// Dumps lie side by side for two months where they are made, and for three weeks where they are carried.
const SIDE_BY_SIDE: &str = r#"
capture old of a to h1.disk:/old by h1.cron { daily at 02:00; method program; runs "/d"; keeps 60 days; atomic; monitor m; taking 1m..5m }
copy c3 of a from old to s3.main:/z by h1.cron { daily at 03:00; monitor m; taking 1m..5m }
copy c4 of a from old to h3.disk:/z by h3.cron { daily at 03:00; monitor m; taking 1m..5m }
expire e3 of s3.main:/z after AGE days by upload
expire e4 of h3.disk:/z after AGE days by mtime { by h3.cron; daily at 09:00; monitor m; taking 1m..5m }
"#;

fn side_by_side(age: &str, more: &str) -> Vec<&'static str> {
    let class = "class a is state on h1.disk:/a { noticed within 30 days }";
    let places = HERE.split("capture dd").next().unwrap_or_default();
    let places = places.replace("class a is state on h1.disk:/a", class);
    let steps = SIDE_BY_SIDE.replace("AGE", age);
    codes(&judged(&[&places, &steps, more].concat()))
}

#[test]
fn older_versions_go_by_the_rule_that_spares_the_newest() {
    let both = "require survive any 2 of host, corruption for a\n";
    assert_eq!(side_by_side("20", both), ["T1201"]);
    assert!(side_by_side("50", both).is_empty());
    let history = "require history of 40 days with gap 5 days for a\n";
    let rule = "expire e5 of h1.disk:/old after 20 days by mtime { by h1.cron; daily at 09:00; monitor m; taking 1m..5m }\n";
    assert!(side_by_side("50", history).is_empty());
    // Where they are carried they stay.
    let cleared = [history, rule].concat();
    assert!(side_by_side("50", &cleared).is_empty());
    assert_eq!(side_by_side("20", &cleared), ["T1601"]);
}

/// A dump is made daily, and more often from some day on: who reads the folder reads both, each in its time.
#[test]
fn a_reader_of_a_place_finds_what_steps_leave_there_one_after_the_other() {
    let places = HERE.split("capture dd").next().unwrap_or_default();
    let steps = r#"
capture d1 of a to h1.disk:/dump by h1.cron until x { daily at 02:00; method program; runs "/d"; atomic; taking 1m..5m; monitor m }
capture d2 of a to h1.disk:/dump by h1.cron SINCE { every 6 h; method program; runs "/d"; atomic; taking 1m..5m; monitor m }
copy c1 of a from h1.disk:/dump to s3.main:/x by h1.cron { daily at 03:00; latest only; monitor m; taking 1m..5m }
require rpo <= 2 days for a
"#;
    let since = |since: &str| judged(&[places, &steps.replace("SINCE", since)].concat());
    assert!(
        codes(&since("since x")).is_empty(),
        "{:?}",
        codes(&since("since x"))
    );
    let gap = since("since y");
    let lost = gap
        .findings
        .iter()
        .find(|found| found.diagnostic.code.0 == "T1202");
    let lost = lost.expect("nothing new comes between");
    assert!(
        lost.diagnostic.message.contains("in `x`"),
        "{}",
        lost.diagnostic.message
    );
}

/// Scans are cleared daily, and weekly from some day on: what was due two days before that is there until the second
/// Monday after it, if a run is missed before it and one after it.
#[test]
fn what_one_clean_up_had_not_come_to_waits_for_the_next_one() {
    let places = HERE.split("class a").next().unwrap_or_default();
    let scans = |most: &str, since: &str| {
        let steps = r#"
class b is items on h1.disk:/b { retain at most MOST }
expire e1 of h1.disk:/b after 20 days by mtime until x { by h1.cron; daily at 09:00; monitor m; taking 1m..5m }
expire e2 of h1.disk:/b after 20 days by mtime SINCE { by h1.cron; weekly on Monday at 09:00; monitor m; taking 1m..5m }
"#;
        let text = [places, steps].concat().replace("MOST", most);
        let found = judged(&text.replace("SINCE", since));
        codes(&found).contains(&"T1701")
    };
    assert!(!scans("37 days", "since x"));
    assert!(scans("35 days", "since x"));
    // Who is there all the time has it in his own rhythm.
    assert!(!scans("35 days", ""));
}

/// The one host besides the data's own that holds the key is given back in June: the versions stay, and nobody reads them.
#[test]
fn a_host_that_has_gone_holds_no_key() {
    let places = HERE.split("class a").next().unwrap_or_default();
    let versions = |holder: &str, held: &str| {
        let steps = r#"
HOLDER
key k { held on HELD }
class a is state on h1.disk:/a
repository r in s3.main:/r { engine restic 0.18.0; key k }
backup b1 of a to r by h1.cron { daily at 03:00; monitor m; taking 1m..5m }
require survive any 1 of host for a
"#;
        let places = places.replace("has rclone 1.75.2", "has rclone 1.75.2, restic 0.18.0");
        let text = [&places, steps].concat().replace("HOLDER", holder);
        judged(&text.replace("HELD", held))
    };
    let lost_from_x = |holder: &str, held: &str| {
        let found = versions(holder, held);
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        let told = found.findings.iter().map(|found| &found.diagnostic);
        let mut told = told.filter(|told| told.code.0 == "T1201");
        told.any(|told| told.message.contains("in `x` and `y`"))
    };
    let host = "host kh at far/three until x";
    assert!(lost_from_x(host, "kh"));
    assert!(!lost_from_x("host kh at far/three", "h3, kh"));
    assert!(!lost_from_x(
        "host kh at far/three until x\nvault v at bank/safe",
        "v, kh"
    ));
    assert!(lost_from_x("vault v at bank/safe until x", "v"));
}

/// A server is given back in August, and the account to which its data was copied some time after it.
const GIVEN_BACK: &str = r#"
policy p "p" { horizon 3 years; response time 1h }
phase t0 = 2026-02-15 { slip 0 days }
phase cut = 2026-08-15 { slip SLIP days }
phase gone = cut + GONE { slip 0 days }
provider far { site one; site three }
provider cloud { site c1; supports lifecycle, versioning }
provider bank { site safe }
host h1 at far/one until cut { runs cron; has rclone 1.75.2, restic 0.18.0; store disk { medium ssd } }
host h3 at far/three { runs cron; has rclone 1.75.2, restic 0.18.0; store disk { medium hdd } }
object_storage s3 at cloud/c1 until gone { endpoint "s3.example.org"; bucket main "main-b" { medium object } }
credential w { account s3; may read, write, delete on s3.main; held on h1, h3; profile "w" }
vault envelope at bank/safe
monitor m { healthchecks at "HC"; hosted by bank }
class scans is items on h1.disk:/scans { noticed within 5 days; retain at least 1 year }
copy c1 of scans to s3.main:/scans by h1.cron { daily at 03:00 UTC; monitor m; taking 1m..5m; credential w }
"#;

/// The findings about what is left of it, with nothing else that is wrong with it.
fn given_back(slip: &str, gone: &str, change: (&str, &str), more: &str) -> Verification {
    let text = GIVEN_BACK.replace("SLIP", slip).replace("GONE", gone);
    assert!(text.contains(change.0));
    let found = judged(&[&text.replace(change.0, change.1), more].concat());
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    found
}

fn is_left(found: &Verification) -> bool {
    let mut codes = found.findings.iter().map(|f| f.diagnostic.code.0);
    !codes.any(|code| ["T1501", "T1502"].contains(&code))
}

const AS_IT_IS: (&str, &str) = ("", "");

/// What was scanned in July is five months old when its last copy goes.
#[test]
fn what_must_stay_for_a_year_goes_with_its_last_store() {
    let found = given_back("0", "4 months", AS_IT_IS, "");
    assert_eq!(codes(&found), ["T1501"]);
    let told = message(&found, "T1501");
    assert!(
        told.starts_with(
            "nothing of `scans` is left in `gone` with nothing going wrong, at the age of "
        ) && told.ends_with(", and all of it must stay restorable for 366 d"),
        "{told}"
    );
    let case = case(&found, "T1501");
    let goes = case
        .iter()
        .any(|event| event.contains("`s3.main` is no longer there"));
    assert!(goes, "{case:#?}");
    let held = verdict(&found, Obligation::LastCopy, "scans");
    assert!(held.holds, "while the class is there: {held:?}");
    for (gone, change) in [
        ("13 months", AS_IT_IS),
        ("4 months", ("c1 until gone", "c1")),
        (
            "4 months",
            ("retain at least 1 year", "retain at least 90 days"),
        ),
        ("4 months", ("; retain at least 1 year", "")),
    ] {
        let found = given_back("0", gone, change, "");
        assert!(is_left(&found), "{gone} {change:?} {:?}", codes(&found));
    }
}

#[test]
fn what_is_brought_elsewhere_before_that_is_left() {
    let on = |verb: &str, since: &str| {
        let step = format!(
            "{verb} c2 of s3.main:/scans to h3.disk:/scans by h3.cron since {since} {{ daily at 05:00 UTC; monitor m; taking 1m..5m; \
             credential w }}\n"
        );
        given_back("0", "4 months", AS_IT_IS, &step)
    };
    assert!(is_left(&on("copy", "t0")), "{:?}", codes(&on("copy", "t0")));
    assert!(is_left(&on("copy", "cut")));
    assert!(is_left(&on("move", "cut")));
    let late = on("copy", "gone");
    assert!(!is_left(&late), "nothing is there any more");
}

/// A rule counts from the upload. While the class is there, the data itself is.
#[test]
fn what_must_stay_is_not_taken_by_its_age_when_the_class_has_ended() {
    let rule = |days: u32| {
        let rule = format!("expire e of s3.main:/scans after {days} days by upload\n");
        given_back("0", "14 months", AS_IT_IS, &rule)
    };
    let taken = rule(200);
    assert!(message(&taken, "T1501").contains("is left in `cut`"));
    assert!(is_left(&rule(370)));
}

/// Three hundred and seventy days lie between the end of the server and that of the account. If the server goes a month late,
/// these are too few.
#[test]
fn what_must_stay_goes_too_soon_if_its_class_ends_late() {
    assert!(is_left(&given_back("0", "370 days", AS_IT_IS, "")));
    let late = given_back("30", "370 days", AS_IT_IS, "");
    assert!(codes(&late).is_empty());
    assert!(
        message(&late, "T1502").contains("`cut` comes 30 days late"),
        "{}",
        message(&late, "T1502")
    );
}

/// Versions stay for as long as is asked, and whoever could read them goes.
#[test]
fn what_must_stay_is_read_by_nobody_when_its_key_is_gone() {
    let versions = |holder: &str, life: &str| {
        let vault = (
            "vault envelope at bank/safe",
            format!("vault envelope at bank/safe {life}"),
        );
        let steps = format!(
            "key k {{ held on {holder}; file \"/etc/k\" }}
             repository r in s3.main:/r {{ engine restic 0.18.0; key k; credential w }}
             class db is state on h1.disk:/db {{ noticed within 5 days; retain at least 1 year }}
             backup b of db to r by h1.cron {{ daily at 04:00 UTC; keep within 400d; monitor m; taking 1m..5m }}\n"
        );
        given_back("0", "14 months", (vault.0, &vault.1), &steps)
    };
    assert!(is_left(&versions("h1, envelope", "")));
    assert!(is_left(&versions("h1, h3", "")));
    let unread = versions("h1, envelope", "until cut");
    let told = message(&unread, "T1501");
    assert!(
        told.starts_with("nothing of `db` is left in `cut`"),
        "{told}"
    );
    let case = case(&unread, "T1501");
    let told = case
        .iter()
        .any(|event| event.contains("every holder of key `k` is gone"));
    assert!(told, "{case:#?}");
}

/// Photos end before the tree around them does: a sync that goes on makes its mirror equal to what is left at home, and a copy does not.
#[test]
fn what_must_stay_is_deleted_where_a_sync_goes_on() {
    let photos = |verb: &str| {
        let steps = format!(
            "class photos is items on h3.disk:/srv/photos until cut {{ noticed within 5 days; retain at least 1 year }}
             class docs is files on h3.disk:/srv/docs {{ noticed within 5 days }}
             {verb} s of h3.disk:/srv to s3.main:/srv by h3.cron {{ daily at 05:00 UTC; monitor m; taking 1m..5m; credential w }}\n"
        );
        given_back("0", "14 months", AS_IT_IS, &steps)
    };
    let synced = photos("sync");
    let told = message(&synced, "T1501");
    assert!(
        told.starts_with("nothing of `photos` is left in `cut`"),
        "{told}"
    );
    let case = case(&synced, "T1501");
    let ends = case
        .iter()
        .any(|event| event.contains("`photos` is no longer on `h3.disk`"));
    assert!(ends, "{case:#?}");
    assert!(is_left(&photos("copy")), "{:?}", codes(&photos("copy")));
}

/// The dump lies beside the data and goes with it: what is asked for is what the backup had surely taken of it by then.
#[test]
fn a_dump_that_goes_with_its_class_is_not_what_must_stay() {
    let dumped = |gone: &str| {
        let steps = "key k { held on h1, envelope; file \"/etc/k\" }
             repository r in s3.main:/r { engine restic 0.18.0; key k; credential w }
             class db is state on h1.disk:/db { noticed within 5 days; retain at least 1 year }
             capture d of db to h1.disk:/dump by h1.cron { daily at 02:00 UTC; method program; runs \"/d\"; atomic; taking 1m..5m; monitor m }
             backup b of db from d to r by h1.cron { daily at 04:00 UTC; keep within 400d; monitor m; taking 1m..5m }\n";
        given_back("0", gone, AS_IT_IS, steps)
    };
    assert!(
        is_left(&dumped("13 months")),
        "{:?}",
        codes(&dumped("13 months"))
    );
    let told = message(&dumped("4 months"), "T1501");
    assert!(told.contains("is left in `gone`"), "{told}");
}
