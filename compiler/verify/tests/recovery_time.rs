//! Recovery times, from policy text to verdict: links that are shared, what is not stated, break-even.

mod common;

use common::{finding, help, judged, message, severity, verdict};
use thrice_diagnostics::Severity;
use thrice_model::Obligation;
use thrice_verify::Verification;

/// 9 GB an hour; a database of 6 GB due in 1.5 h, media of 300 GB due in 72 h.
const BASE: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 2.5 MB/s; store disk { medium nvme } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/lib/db { size 6..6 GB; growth 0..0 %/month; rto 90m; restore setup 30m; restore finish 0m }
class media is files on vps.disk:/media { size 300..300 GB; growth 0..0 %/month; rto 72h; restore setup 30m }
backup up of db to r by vps.cron { daily at 03:00; keep 7 daily, 4 weekly; taking 1m..10m; monitor deadman }
backup of_media of media to r by vps.cron { daily at 04:00; keep 7 daily, 4 weekly; taking 1m..3h; monitor deadman }
"#;

fn changed(from: &str, to: &str) -> Verification {
    assert!(BASE.contains(from), "{from}");
    judged(&BASE.replace(from, to))
}

/// The codes of its errors of this obligation.
fn codes(found: &Verification) -> Vec<&'static str> {
    let all = common::codes(found).into_iter();
    all.filter(|code| code.starts_with("T14")).collect()
}

fn note(found: &Verification, class: &str) -> String {
    verdict(found, Obligation::RecoveryTime, class).note.into()
}

#[test]
fn the_most_urgent_goes_first() {
    let found = judged(BASE);
    assert!(codes(&found).is_empty(), "{:?}", codes(&found));
    assert!(
        note(&found, "db").starts_with("back after 1 h 10 min of 1 h 30 min"),
        "{}",
        note(&found, "db")
    );
    // 306 GB take 34 h.
    assert!(
        note(&found, "media").starts_with("back after 1 d 10 h 30 min of 3 d"),
        "{}",
        note(&found, "media")
    );
}

const SECOND: &str = "class other is state on vps.disk:/var/lib/other { size 6..6 GB; growth 0..0 %/month; rto 90m; restore setup 30m; restore finish 0m }\nbackup of_other of other to r by vps.cron { daily at 05:00; keep 7 daily; taking 1m..10m; monitor deadman }\n";

#[test]
fn two_that_are_urgent_do_not_fit() {
    let found = judged(&[BASE, SECOND].concat());
    assert_eq!(codes(&found), ["T1401"], "one finding for both");
    let message = message(&found, "T1401");
    assert!(
        message.contains("`db` and `other` cannot all be back in time"),
        "{message}"
    );
    assert!(
        message.contains("12 GB at 2.5 MB/s take 1 h 20 min"),
        "{message}"
    );
    assert!(!verdict(&found, Obligation::RecoveryTime, "db").holds);
    assert!(verdict(&found, Obligation::RecoveryTime, "media").holds);
    // Together 12 GB in an hour; or the other half as large.
    let help = help(&found, "T1401");
    assert!(help.contains("over 3.333334 MB/s and more"), "{help}");
    assert!(
        help.contains("while `db` measures no more than 3 GB"),
        "{help}"
    );
    let both = [BASE, SECOND].concat();
    assert!(codes(&judged(&both.replace("2.5 MB/s", "3.333334 MB/s"))).is_empty());
    assert!(!codes(&judged(&both.replace("2.5 MB/s", "3.333 MB/s"))).is_empty());
    let halves = both.replacen("size 6..6 GB", "size 3..3 GB", 1);
    assert!(codes(&judged(&halves)).is_empty());
}

#[test]
fn what_is_needed_must_come_as_well() {
    let needed = "class conf is files on vps.disk:/etc/app { size 4..4 GB; growth 0..0 %/month }\nbackup of_conf of conf to r by vps.cron { daily at 05:00; keep 7 daily; taking 1m..10m; monitor deadman }\n";
    let text = [BASE, needed].concat();
    assert!(
        codes(&judged(&text)).is_empty(),
        "it states no time of its own"
    );
    let needs = text.replace("size 6..6 GB;", "needs conf; size 6..6 GB;");
    assert_eq!(codes(&judged(&needs)), ["T1401"]);
}

/// Nothing is in use before what it needs is, and that not before what it needs in turn.
#[test]
fn what_is_needed_by_what_is_needed_must_come_as_well() {
    let needed = "class conf is files on vps.disk:/etc/app { size 1..1 GB; growth 0..0 %/month; restore setup 30m; needs base }\n\
        class base is files on vps.disk:/etc/base { size 3..3 GB; growth 0..0 %/month; restore setup 30m }\n\
        backup of_conf of conf, base to r by vps.cron { daily at 05:00; keep 7 daily; taking 1m..10m; monitor deadman }\n";
    let text = [BASE, needed].concat();
    assert!(codes(&judged(&text)).is_empty());
    let needs = text.replace("size 6..6 GB;", "needs conf; size 6..6 GB;");
    let found = judged(&needs);
    assert_eq!(codes(&found), ["T1401"]);
    assert!(!verdict(&found, Obligation::RecoveryTime, "base").holds);
    let small = needs.replace("size 3..3 GB", "size 2..2 GB");
    assert!(codes(&judged(&small)).is_empty());
}

/// What can begin only when another one is there is too late alone, however urgent it is.
#[test]
fn what_is_back_already_is_not_held_up() {
    let second = SECOND.replace("restore setup 30m", "restore setup 71m");
    let text = [&BASE.replace("rto 90m", "rto 95m"), &second as &str].concat();
    let found = judged(&text);
    assert_eq!(codes(&found), ["T1401"]);
    assert!(message(&found, "T1401").starts_with("`other` cannot be back"));
    assert!(verdict(&found, Obligation::RecoveryTime, "db").holds);
    assert!(note(&found, "db").starts_with("back after 1 h 10 min of"));
}

#[test]
fn what_is_not_stated_is_pessimistic_and_shown() {
    let setup = changed("rto 90m; restore setup 30m", "rto 90m");
    assert_eq!(codes(&setup), ["T1401"], "the response time alone is 72 h");
    let told: Vec<&str> = finding(&setup, "T1401")
        .case
        .iter()
        .map(|e| e.what.as_str())
        .collect();
    assert!(
        told.iter()
            .any(|what| what.contains("not stated, so as long as the response time")),
        "{told:?}"
    );
    assert!(help(&setup, "T1401").contains("say `restore setup`"));
    let finish = changed("; restore finish 0m", "");
    assert_eq!(codes(&finish), ["T1401"], "an hour for a database");
    let relaxed = BASE
        .replace("; restore finish 0m", "")
        .replace("rto 90m", "rto 3h");
    assert!(
        note(&judged(&relaxed), "db").contains("then 1 h assumed"),
        "{}",
        note(&judged(&relaxed), "db")
    );
}

#[test]
fn without_a_speed_or_a_size_it_is_not_checked_and_never_fine() {
    let decided = |found: &Verification, class: &str| {
        found
            .verdicts
            .iter()
            .any(|v| v.obligation == Obligation::RecoveryTime && v.subject == class)
    };
    let slow = changed("link 2.5 MB/s; ", "");
    assert_eq!(severity(&slow, "T1402"), Severity::Unknown);
    assert!(message(&slow, "T1402").contains("the speed of the line of `vps` is not stated"));
    assert!(!decided(&slow, "db") && !decided(&slow, "media"));
    let large = changed("size 300..300 GB; growth 0..0 %/month; ", "");
    assert!(message(&large, "T1402").contains("the size of `media` is not stated"));
    assert!(decided(&large, "db") && !decided(&large, "media"));
    let network = slow_network(&BASE.replace("link 2.5 MB/s; ", ""));
    assert!(
        !decided(&judged(&network), "db"),
        "a network does not say what a line carries"
    );
}

fn slow_network(text: &str) -> String {
    format!("{text}network mesh {{ joins vps, s3; speed 1 MB/s }}\n")
}

#[test]
fn the_slowest_link_on_the_way_counts() {
    assert_eq!(codes(&judged(&slow_network(BASE))), ["T1401"]);
    let storage = changed(
        "endpoint \"s3.example.org\"; bucket",
        "endpoint \"s3.example.org\"; link 1 MB/s; bucket",
    );
    assert_eq!(codes(&storage), ["T1401"]);
    assert!(
        finding(&storage, "T1401")
            .labels
            .iter()
            .any(|l| l.text == "the slowest link: 1 MB/s")
    );
}

#[test]
fn requirements_hold_for_classes_without_a_time_of_their_own() {
    let text = BASE.replace("rto 72h; ", "") + "require rto <= 20h for all\n";
    let found = judged(&text);
    assert_eq!(codes(&found), ["T1401"]);
    assert!(message(&found, "T1401").contains("`media` cannot be back"));
    assert!(
        verdict(&found, Obligation::RecoveryTime, "db").holds,
        "it has its own"
    );
}

/// The size is unknown; the verdict turns within its interval.
#[test]
fn pinning_a_size_to_its_middle_changes_the_verdict() {
    let open = changed("size 6..6 GB", "size 2..16 GB");
    assert_eq!(codes(&open), ["T1401"]);
    assert!(codes(&changed("size 6..6 GB", "size 9..9 GB")).is_empty());
}

/// A database that goes with a phase, 280 days later: it grows from 6 to 8.79 GB, and 9 are back in time. If the phase is
/// late, it grows on.
#[test]
fn what_grows_until_a_late_phase_comes_is_back_too_late_only_then() {
    let of = |slip: i64, growth: i64| {
        let phase =
            format!("phase t0 = 2026-02-15\nphase gone = 2026-11-22 {{ slip {slip} days }}");
        let db = format!(
            "class db is state on vps.disk:/var/lib/db until gone {{ size 6..6 GB; growth 0..{growth} MB/day"
        );
        let text = BASE.replace("phase t0 = 2026-02-15", &phase);
        let size = "class db is state on vps.disk:/var/lib/db { size 6..6 GB; growth 0..0 %/month";
        assert!(text.contains(size));
        judged(&text.replace(size, &db))
    };
    let has = |found: &Verification| {
        let mut all = found.findings.iter().map(|f| f.diagnostic.code.0);
        all.any(|code| code == "T1403")
    };
    let on_time = of(21, 10);
    assert!(codes(&on_time).is_empty() && !has(&on_time));
    let late = of(60, 10);
    assert!(codes(&late).is_empty());
    assert!(verdict(&late, Obligation::RecoveryTime, "db").holds);
    assert_eq!(severity(&late, "T1403"), Severity::Warning);
    let told = message(&late, "T1403");
    assert!(
        told.starts_with("`db` cannot be back in time in `t0` if "),
        "{told}"
    );
    assert!(
        told.contains(", when `gone` comes 22 days late: 9.01 GB at 2.5 MB/s"),
        "{told}"
    );
    assert_eq!(codes(&of(60, 11)), ["T1401"], "on time as well");
}

/// The storage that is near goes in autumn, and another one comes. Until that has been filled, the one that is left is slow.
#[test]
fn what_is_new_in_a_phase_is_not_there_yet_when_it_begins() {
    let of = |more: &str, rto: &str| {
        let text = BASE
            .replace(
                "phase t0 = 2026-02-15",
                "phase t0 = 2026-02-15\nphase autumn = 2026-09-15 { slip 0 days }",
            )
            .replace(
                "provider bank",
                "provider other { site one }\nprovider home { site rack }\nprovider bank",
            )
            .replace(
                "object_storage s3 at cloud/one {",
                "object_storage s3 at cloud/one until autumn {",
            )
            .replace("backup of_media", "#")
            .replace("rto 90m; ", rto);
        let text: String = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with("class media"))
            .map(|line| format!("{line}\n"))
            .collect();
        judged(&(text + more))
    };
    let nas = r#"
nas tower at home/rack { runs cron; has rclone 1.75.2; link 0.2 MB/s; store tank { medium hdd } }
network mesh { joins vps, tower }
copy slow of db to tower.tank:/db by tower.cron { daily at 05:00; taking 1m..10m; monitor deadman }
"#;
    let latter = r#"
object_storage s4 at other/one SINCE { endpoint "s4.example.org"; bucket main "main-bucket" { medium object } }
copy quick of db to s4.main:/db by vps.cron { daily at 04:00; taking 1m..10m; monitor deadman }
"#;
    let anew = [nas, &latter.replace("SINCE", "since autumn")].concat();
    let found = of(&anew, "rto 90m; ");
    assert_eq!(codes(&found), ["T1401"]);
    let told = message(&found, "T1401");
    assert!(
        told.starts_with("`db` cannot be back in time in `autumn` if ")
            && told.contains(", until what is new then has been filled: 6 GB at 200 kB/s"),
        "{told}"
    );
    let of_times = found
        .verdicts
        .iter()
        .filter(|v| v.obligation == Obligation::RecoveryTime);
    let holds: Vec<(String, bool)> = of_times.map(|v| (v.period.to_string(), v.holds)).collect();
    assert_eq!(
        holds,
        [("t0".to_owned(), true), ("autumn".to_owned(), false)]
    );
    // It comes before the other one goes, or is asked for only then, or is not all that slow.
    assert!(
        codes(&of(
            &[nas, &latter.replace("SINCE", "")].concat(),
            "rto 90m; "
        ))
        .is_empty()
    );
    let asked = format!("{anew}require rto <= 90m for db since autumn\n");
    assert!(codes(&of(&asked, "")).is_empty());
    assert!(codes(&of(&anew.replace("0.2 MB/s", "2 MB/s"), "rto 90m; ")).is_empty());
}

/// A daily copy over a slow line and a monthly one over a fast line: the one is new enough, the other in time, and no restore
/// is both.
#[test]
fn what_is_in_time_must_be_new_enough_as_well() {
    let of = |rpo: &str| {
        let text = BASE
            .replace(
                "provider bank",
                "provider home { site rack }\nprovider bank",
            )
            .replace("rto 72h", &format!("rto 40h{rpo}"));
        let text = text.replace(
            "backup of_media of media to r by vps.cron { daily at 04:00",
            "backup of_media of media to r by vps.cron { monthly on 3 at 04:00",
        );
        let nas = r#"
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; link 0.2 MB/s; store tank { medium hdd } }
network mesh { joins vps, tower }
copy slow of media to tower.tank:/media by tower.cron { daily at 05:00; taking 1m..3h; immutable; monitor deadman }
"#;
        judged(&(text + nas))
    };
    assert!(codes(&of("")).is_empty());
    let found = of("; rpo 28h");
    assert_eq!(codes(&found), ["T1401"]);
    let told = message(&found, "T1401");
    assert!(told.contains(" at 200 kB/s"), "{told}");
    assert!(codes(&of("; rpo 32 days")).is_empty());
    // Where nothing is new enough, that is told of the recovery point alone.
    assert!(codes(&of("; rpo 1h")).is_empty());
}

/// A copy that only adds has what people deleted as well, and nothing tells it from the rest.
#[test]
fn what_people_deleted_comes_back_too() {
    let of = |churn: &str, kind: &str| {
        let text = BASE
            .replace("size 300..300 GB", &format!("size 300..300 GB{churn}"))
            .replace(
                "backup of_media of media to r by vps.cron { daily at 04:00; keep 7 daily, 4 weekly; taking 1m..3h; monitor deadman }",
                &format!("{kind} of_media of media to s3.main:/media by vps.cron {{ daily at 04:00; taking 1m..3h; credential writer; monitor deadman; max delete 1000 }}"),
            );
        let text = match kind {
            "copy" => text.replace("; max delete 1000", ""),
            _ => text,
        };
        note(&judged(&text), "media")
    };
    // 734 GB are changed or deleted within two years.
    let told = of("; churn 0..1 GB/day", "copy");
    assert!(told.contains("1.03 TB from `s3.main`"), "{told}");
    for told in [of("; churn 0..1 GB/day", "sync"), of("", "copy")] {
        assert!(told.contains("300 GB from `s3.main`"), "{told}");
    }
}

/// What is copied once a month and cleared after twenty days is not there on the other days, and what is made on demand may
/// never be: then another one is left, over a slow line.
#[test]
fn what_age_empties_is_not_always_there() {
    let of = |when: &str, after: &str| {
        let lines = BASE.lines().filter(|line| {
            !line.starts_with("class media") && !line.starts_with("backup of_media")
        });
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        let text = text
            .replace(
                "provider bank",
                "provider other { site one; supports lifecycle, lifecycle-prefix }\nprovider home { site rack }\nprovider bank",
            )
            .replace("to r by vps.cron", "to r2 by tower.cron");
        let more = format!(
            r#"
nas tower at home/rack {{ runs cron; has restic 0.18.0, rclone 1.75.2; link 0.2 MB/s; store tank {{ medium hdd }} }}
network mesh {{ joins vps, tower }}
repository r2 in tower.tank:/r {{ engine restic 0.18.0; key k }}
object_storage s4 at other/one {{ endpoint "s4.example.org"; bucket main "main-bucket" {{ medium object }} }}
copy quick of db to s4.main:/db by vps.cron {{ {when}; taking 1m..10m; monitor deadman }}
expire old of s4.main:/db after {after} by upload
"#
        );
        judged(&(text + &more))
    };
    let monthly = "monthly on 3 at 04:00";
    // Nor is there what somebody makes when it pleases him.
    for found in [of(monthly, "20 days"), of("on demand", "70 days")] {
        assert_eq!(codes(&found), ["T1401"]);
        let told = message(&found, "T1401");
        assert!(told.contains("6 GB at 200 kB/s"), "{told}");
    }
    assert!(codes(&of(monthly, "70 days")).is_empty());
}

/// What a class states of itself takes nothing back of what is required.
#[test]
fn the_least_of_what_is_asked_for_is_asked_for() {
    let asked = |time: &str| judged(&format!("{BASE}require rto <= {time} for media\n"));
    assert!(codes(&asked("35h")).is_empty());
    assert_eq!(codes(&asked("24h")), ["T1401"]);
    assert_eq!(note(&asked("96h"), "media"), note(&judged(BASE), "media"));
}
