//! Versions that Zerobyte copies from one repository into another, from policy text to verdict.

mod common;

use common::{codes, finding, help, judged, message, plan_of, severity, verdict};
use thrice_diagnostics::Severity;
use thrice_model::Obligation;
use thrice_plan::Missed;
use thrice_verify::Verification;

/// A backup into a folder of the server, and its versions in a bucket; words in capitals are replaced.
const POLICY: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider bank { site safe }
host vps at ovh/one { runs zerobyte, cron; has restic 0.18.0, zerobyte 0.41.0; store disk { medium nvme }; store second { medium ssd; mounted at /mnt/second } }
host other at bank/safe { runs zerobyte, cron; has restic 0.18.0, zerobyte 0.41.0; store disk { medium hdd } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope, vps; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps, other; profile "w" }
credential second { account s3; may read, write, delete on s3.main; held on vps; profile "x" }
repository near in vps.second:/restic { engine restic 0.18.0; key k }
repository far in s3.main:/far { engine restic 0.18.0; key k; credential writer }
class photos is files on vps.disk:/photos { CLASS }
backup nightly of photos to near by vps.zerobyte { daily at 03:00 UTC; KEEP; prune; taking 1m..30m; monitor deadman }
copy offsite of photos from nightly to far by vps.zerobyte { checked daily at 06:00 UTC; taking 1m..1h; monitor deadman }
"#;

fn text(class: &str, changes: &[(&str, &str)]) -> String {
    let text = POLICY.replace("CLASS", class);
    let changed = changes.iter().fold(text, |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    changed.replace("KEEP", "keep 7 daily, 4 weekly")
}

fn with(changes: &[(&str, &str)]) -> Verification {
    judged(&text("", changes))
}

fn has(found: &Verification, code: &str) -> bool {
    found.findings.iter().any(|f| f.diagnostic.code.0 == code)
}

#[test]
fn a_mirror_of_a_backup_is_proved() {
    let found = with(&[]);
    assert!(codes(&found).is_empty(), "{:?}", codes(&found));
    // The backup alone lies on the host that it protects.
    let alone = with(&[(
        "copy offsite of photos from nightly to far by vps.zerobyte { checked daily at 06:00 UTC; taking 1m..1h; monitor deadman }",
        "",
    )]);
    assert_eq!(codes(&alone), ["T1202"]);
}

/// It begins when the backup ends: one day, and the longest of both; not a day more.
#[test]
fn the_newest_version_is_as_old_as_one_period_and_both_runs() {
    let long = 24 * 3600 + 30 * 60 + 3600;
    let at = |rpo: &str| judged(&text(rpo, &[]));
    assert!(!has(&at("rpo 1530m"), "T1301"));
    assert!(has(&at("rpo 1529m"), "T1302"));
    let plan = plan_of(&text("", &[]));
    let worst = |missed| {
        let (last, _) = plan.copies.iter().last().unwrap();
        let newest = plan.staleness().of(last, missed).clone();
        let from = plan.calendars.starts(thrice_model::StepId::new(1)).unwrap()[60];
        thrice_plan::staleness::worst(&[&newest], from, from + 30 * 86_400)
            .unwrap()
            .age
            .0
    };
    assert_eq!(worst(Missed::Nominal), long);
    // What the backup misses the mirror misses too: 4 nights until its alarm is acted on, and 5 of its own, since
    // its signal of the first night may come before the version that does not arrive.
    let missed: Vec<u32> = plan.cadences.iter().map(|(_, it)| it.missed).collect();
    assert_eq!(missed, [4, 9]);
    assert_eq!(worst(Missed::Guaranteed), long + 9 * 24 * 3600);
}

#[test]
fn who_does_not_ask_hears_of_nothing() {
    let silent = with(&[("checked daily at 06:00 UTC; ", "")]);
    assert_eq!(codes(&silent), ["T2507"]);
    assert!(help(&silent, "T2507").contains("`checked daily at 06:00 UTC`"));
    // Nothing is counted on that nobody hears of: no number of missed runs is enough.
    let plan = plan_of(&text("", &[("checked daily at 06:00 UTC; ", "")]));
    assert_eq!(plan.cadences.iter().last().unwrap().1.freshness, None);
    let no_cron = with(&[(
        "vps at ovh/one { runs zerobyte, cron",
        "vps at ovh/one { runs zerobyte",
    )]);
    assert_eq!(codes(&no_cron), ["T2507"]);
    assert!(message(&no_cron, "T2507").contains("nothing on `vps` asks"));
    assert!(help(&no_cron, "T2507").contains("add `cron`"));
    let unwatched = with(&[("taking 1m..1h; monitor deadman", "taking 1m..1h")]);
    assert_eq!(codes(&unwatched), ["T2501"]);
    assert!(help(&unwatched, "T2501").contains("`checked SCHEDULE`"));
}

#[test]
fn asked_too_early_it_is_missed_though_nothing_is_wrong() {
    let at = |when: &str| with(&[("06:00 UTC", when)]);
    // Until 04:30 at the latest.
    let early = at("04:29 UTC");
    assert_eq!(codes(&early), ["T2109"]);
    assert_eq!(severity(&early, "T2109"), Severity::Error);
    assert!(!has(&at("04:30 UTC"), "T2109"));
    assert!(!has(&at("02:59 UTC"), "T2109"));
    let some = with(&[
        ("checked daily at 06:00 UTC", "checked every 6h"),
        ("daily at 03:00 UTC", "daily at 05:45 UTC"),
    ]);
    assert_eq!(severity(&some, "T2109"), Severity::Warning);
    assert!(message(&some, "T2109").contains("times of"));
}

/// The report says how long it may take until that is so.
#[test]
fn how_long_copying_may_take_until_it_is_asked_too_early_is_told() {
    let turn = |found: &Verification, step: &str| {
        let mut all = found.assumptions.iter();
        let of_step = all.find(|of| of.name == step).unwrap();
        let turn = of_step.turns?;
        Some((turn.at.clone(), turn.breaks.clone()))
    };
    let at = |time: &str| Some((time.to_owned(), vec!["time-table of `p`".to_owned()]));
    // Its backup is done at 03:30 at the latest.
    assert_eq!(turn(&with(&[]), "offsite"), at("2 h 31 min"));
    // It begins when that is done, and takes an hour.
    assert_eq!(turn(&with(&[]), "nightly"), at("2 h 1 min"));
    let longer = |minutes: &str| {
        let taking = format!("prune; taking 1m..{minutes}");
        has(&with(&[("prune; taking 1m..30m", &taking)]), "T2109")
    };
    assert!(!longer("120m") && longer("121m"));
    let silent = with(&[("checked daily at 06:00 UTC; ", "")]);
    assert_ne!(turn(&silent, "offsite"), at("2 h 31 min"));
}

#[test]
fn what_zerobyte_does_not_mirror_is_an_error_with_a_way_round_it() {
    let near = "near in vps.second:/restic { engine restic 0.18.0; key k }";
    let unlike = with(&[(
        near,
        "near in s3.main:/near { engine restic 0.18.0; key k; credential second }",
    )]);
    assert!(codes(&unlike).contains(&"T2345"), "{:?}", codes(&unlike));
    assert!(help(&unlike, "T2345").contains("write a second `backup`"));
    let alike = with(&[(
        near,
        "near in s3.main:/near { engine restic 0.18.0; key k; credential writer }",
    )]);
    assert!(!has(&alike, "T2345"));
    let same = with(&[("from nightly to far", "from nightly to near")]);
    assert!(message(&same, "T2345").contains("into itself"));
    let twice = format!(
        "{}copy again of photos from nightly to far by vps.zerobyte {{ checked daily at 06:00 UTC; taking 1m..1h; monitor deadman }}\n",
        text("", &[])
    );
    assert!(message(&judged(&twice), "T2345").contains("to the same place as"));

    let own = with(&[("checked daily", "keep 12 monthly; checked daily")]);
    assert_eq!(codes(&own), ["T2346"]);
    assert!(
        finding(&own, "T2346").labels.len() >= 2,
        "both rules are shown"
    );
    assert!(
        codes(&with(&[(
            "checked daily",
            "keep 7 daily, 4 weekly; checked daily"
        )]))
        .is_empty()
    );

    let tried = with(&[("checked daily", "retries 2; checked daily")]);
    assert_eq!(codes(&tried), ["T2341"]);
    let foreign = with(&[(
        "nightly to far by vps.zerobyte {",
        "nightly to far by other.cron { daily at 05:00 UTC;",
    )]);
    assert!(codes(&foreign).contains(&"T2343"), "{:?}", codes(&foreign));
    let of_cron = with(&[("to near by vps.zerobyte", "to near by vps.cron")]);
    assert!(codes(&of_cron).contains(&"T2343"), "{:?}", codes(&of_cron));
}

/// What it copies it forgets by the times of the backup's versions: nothing stays twice as long.
#[test]
fn both_repositories_forget_alike() {
    let gone = |days: i32, changes: &[(&str, &str)]| {
        let class = format!("retain at least 1 day, at most {days} days");
        !has(&judged(&text(&class, changes)), "T1701")
    };
    // Five weeks of the backup alone. Of the mirror, nine nights more for each of four weeks that may lack a version;
    // counted anew from their arrival it would be another month.
    let alone = [(
        "copy offsite of photos from nightly to far by vps.zerobyte { checked daily at 06:00 UTC; taking 1m..1h; monitor deadman }",
        "",
    )];
    assert_eq!([35, 36].map(|days| gone(days, &alone)), [false, true]);
    assert_eq!([70, 71].map(|days| gone(days, &[])), [false, true]);
    // With the server lost the mirror alone is left, and its restore points lie as those of its backup.
    let history = |gap: i32| {
        let demands = format!(
            "require history of 15 days with gap {gap} days for photos\nrequire survive loss of vps for photos\n"
        );
        let found = judged(&format!("{}{demands}", text("", &[])));
        verdict(&found, Obligation::History, "photos").holds
    };
    assert_eq!([6, 7].map(history), [false, true]);
}

#[test]
fn the_time_table_knows_when_a_mirror_forgets() {
    let prune = |at: &str| {
        let step = format!(
            "prune thin of far by vps.cron {{ daily at {at} UTC; taking 1m..5m; monitor deadman }}\n"
        );
        judged(&format!("{}{step}", text("", &[])))
    };
    // From the backup's start to the latest end of both.
    assert!(
        has(&prune("04:10"), "T2102"),
        "{:?}",
        codes(&prune("04:10"))
    );
    assert!(!has(&prune("04:40"), "T2102"));
    // Of its own backup it is never in the way.
    assert!(!has(&with(&[]), "T2102"));
    // While it copies, nobody may prune what it reads.
    let source = |at: &str| {
        let step = format!(
            "prune thin of near by vps.cron {{ daily at {at} UTC; taking 1m..5m; monitor deadman }}\n"
        );
        judged(&format!("{}{step}", text("", &[])))
    };
    assert!(
        has(&source("03:20"), "T2102"),
        "{:?}",
        codes(&source("03:20"))
    );
    assert!(!has(&source("04:40"), "T2102"));
}
