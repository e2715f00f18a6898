//! Keys that come back with the content of a vault, and what they open in time.

use super::*;
use crate::common::{help, verdict};

/// 9 GB an hour from the storage to the machine. The site is 18 GB, the vault's content 9 GB.
const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one; site two }
provider cloud { site one }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 2.5 MB/s; store disk { medium nvme } }
host web at ovh/two { runs cron; has restic 0.18.0, rclone 1.75.2; link WEB MB/s; store disk { medium nvme } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
vault envelope at bank/safe
vault passwords on HOST of pw
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key rk { held on vps, HELD; file "/etc/thrice/keys/restic" }
credential writer { account s3; may read, write, delete on s3.main; held on vps, web; profile "w" }
repository safe in s3.main:/safe { engine restic 0.18.0; key rk; credential writer }
class pw is files on HOST.disk:/pw { size 9..9 GB; growth 0..0 %/month; restore setup 30m; restore finish 10m }
copy of_pw of pw to s3.main:/pw by HOST.cron { daily at 02:00; taking 1m..1h; monitor deadman; credential writer }
class site is files on vps.disk:/site { size 18..18 GB; growth 0..0 %/month; restore setup 20m; rto RTO }
backup of_site of site to safe by vps.cron { daily at 03:00; keep 7 daily; taking 1m..1h; monitor deadman }
"#;

struct Case {
    host: &'static str,
    held: &'static str,
    rto: &'static str,
    web: &'static str,
    more: &'static str,
}

const CASE: Case = Case {
    host: "vps",
    held: "passwords",
    rto: "3h",
    web: "2.5",
    more: "",
};

fn found(case: &Case) -> Verification {
    let text = [PLACES, case.more].concat();
    let text = text
        .replace("HOST", case.host)
        .replace("HELD", case.held)
        .replace("RTO", case.rto)
        .replace("WEB", case.web);
    let found = judged(&text);
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    found
}

/// When the site is back at the latest.
fn back(case: &Case) -> String {
    let note = verdict(&found(case), Obligation::RecoveryTime, "site").note;
    note.split(" of ").next().unwrap_or_default().to_owned()
}

/// The vault's content is there after 30 + 60 minutes and in use after 100; then the site comes, for two hours.
#[test]
fn what_a_key_opens_waits_for_the_vault_that_comes_back_with_it() {
    assert_eq!(back(&CASE), "back after 3 h 40 min");
    let late = found(&CASE);
    assert_eq!(
        message(&late, "T1401"),
        "`site` cannot be back in time in `t0` if host `vps` is lost: 27 GB at 2.5 MB/s take 3 h, from 30 min after it on, and must be there after 3 h"
    );
    assert!(!verdict(&late, Obligation::RecoveryTime, "site").holds);
    let plays = &late.plays[&Obligation::RecoveryTime];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0));
    let finding = crate::common::finding(&late, "T1401");
    let told = format!("{finding:?}");
    assert!(
        told.contains("now `pw` is in use, in which its key `rk` lies"),
        "{told}"
    );
    let enough = found(&Case {
        rto: "220m",
        ..CASE
    });
    assert!(verdict(&enough, Obligation::RecoveryTime, "site").holds);
    // Somebody else has it: only what is asked for is waited for.
    let held = Case {
        held: "passwords, envelope",
        ..CASE
    };
    assert_eq!(back(&held), "back after 2 h 20 min");
    assert!(verdict(&found(&held), Obligation::RecoveryTime, "site").holds);
    // The vault and its content are elsewhere, and left.
    let elsewhere = Case {
        host: "web",
        ..CASE
    };
    assert_eq!(back(&elsewhere), "back after 2 h 20 min");
}

/// With both machines lost, the vault comes over the line of the other one.
#[test]
fn the_vault_may_come_over_another_line() {
    let both = |web| Case {
        host: "web",
        web,
        rto: "3h",
        more: "require survive loss of vps and web for all\n",
        ..CASE
    };
    assert_eq!(back(&both("2.5")), "back after 3 h 40 min");
    // What shares the storage's line is taken to be no faster than the slowest of it: a bound.
    assert_eq!(back(&both("25")), "back after 3 h 40 min");
    let bound = found(&both("25"));
    let rests = &bound.plays[&Obligation::RecoveryTime].rest_on;
    assert!(
        rests.contains("keys that come back with vaults"),
        "{rests:?}"
    );
    let late = found(&both("2.5"));
    let plays = &late.plays[&Obligation::RecoveryTime];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0));
    let told = help(&late, "T1401");
    assert!(told.starts_with("it is in time over "), "{told}");
    let never = found(&Case {
        rto: "90m",
        ..both("2.5")
    });
    let all = never.findings.iter().map(|finding| &finding.diagnostic);
    let told: Vec<&String> = all
        .filter(|told| told.code.0 == "T1401")
        .flat_map(|told| &told.help)
        .collect();
    let told: Vec<bool> = told
        .iter()
        .map(|told| told.starts_with("hold the key where these faults leave it"))
        .collect();
    assert_eq!(
        told,
        [false, true],
        "the loss of the machine alone, and of both"
    );
}

/// What others keep the vault waiting by keeps what waits for it waiting; and what the vault needs comes before as well.
#[test]
fn what_keeps_the_vault_waiting_counts() {
    let urgent = |rto| Case {
        more: match rto {
            "2h" => {
                "class other is files on vps.disk:/other { size 4.5..4.5 GB; growth 0..0 %/month; restore setup 10m; rto 2h }\ncopy of_other of other to s3.main:/other by vps.cron { daily at 05:00; taking 1m..1h; monitor deadman; credential writer }\n"
            }
            _ => {
                "class other is files on vps.disk:/other { size 4.5..4.5 GB; growth 0..0 %/month; restore setup 10m }\ncopy of_other of other to s3.main:/other by vps.cron { daily at 05:00; taking 1m..1h; monitor deadman; credential writer }\n"
            }
        },
        rto: "6h",
        ..CASE
    };
    // Ten minutes of it are there before the vault could come, twenty are in its way.
    assert_eq!(back(&urgent("2h")), "back after 3 h 50 min");
    assert_eq!(back(&urgent("")), "back after 3 h 40 min");
    // Nobody needs that.
    let needs = Case {
        more: "class users is files on vps.disk:/users { size 3..3 GB; growth 0..0 %/month; restore setup 30m; restore finish 30m }\ncopy of_users of users to s3.main:/users by vps.cron { daily at 05:00; taking 1m..1h; monitor deadman; credential writer }\n",
        rto: "6h",
        ..CASE
    };
    assert_eq!(back(&needs), "back after 3 h 40 min");
    let text = [PLACES, needs.more]
        .concat()
        .replace("HOST", "vps")
        .replace("HELD", "passwords")
        .replace("RTO", "6h")
        .replace("WEB", "2.5")
        .replace(
            "class pw is files on vps.disk:/pw {",
            "class pw is files on vps.disk:/pw { needs users; ",
        );
    let found = judged(&text);
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    let note = verdict(&found, Obligation::RecoveryTime, "site").note;
    // 12 GB take 80 minutes from 30 on, and of what comes last half an hour passes until it is in use.
    assert!(note.starts_with("back after 4 h 20 min"), "{note}");
}

/// A copy that can be read at once is taken before a faster one that waits; one that waits for less than the other takes is
/// taken.
#[test]
fn of_several_copies_the_one_counts_that_is_there_first() {
    let plain = |rto: &'static str, web: &'static str| Case {
        more: "copy plain of site to web.disk:/site by vps.cron { daily at 06:00; taking 1m..3h; monitor deadman }\n",
        rto,
        web,
        ..CASE
    };
    assert_eq!(back(&plain("3h", "2")), "back after 2 h 50 min");
    // 5 hours over a slow line: the vault is back before.
    assert_eq!(back(&plain("3h", "1")), "back after 3 h 40 min");
}

/// How large the vault's content is is not stated: then nobody knows when what waits for it is back.
#[test]
fn what_waits_for_what_cannot_be_timed_cannot_be() {
    let text = PLACES
        .replace("HOST", "vps")
        .replace("HELD", "passwords")
        .replace("RTO", "9h")
        .replace("WEB", "2.5")
        .replace("size 9..9 GB; growth 0..0 %/month; ", "");
    let found = judged(&text);
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    let told = message(&found, "T1402");
    assert!(
        told.ends_with("`site` can be back in time is not known: the size of `pw` is not stated"),
        "{told}"
    );
}

/// What is in a vault is there no longer than the data that is its content, and who holds a key is said of the time at hand.
#[test]
fn a_vault_ends_with_its_content() {
    let text = |until: &str, vault: &str| {
        format!(
            "policy p \"p\" {{ horizon 2 years }}\nphase t0 = 2026-12-01\nphase mid = t0 + 6 months {{ slip 0 days }}\n\
             provider ovh {{ site one; site two }}\nprovider cloud {{ site one }}\nprovider bank {{ site safe }}\n\
             host web at ovh/one {{ runs cron; has restic 0.18.0; store disk {{ medium nvme }} }}\n\
             host relay at ovh/two {{ runs cron; store disk {{ medium nvme }} }}\n\
             object_storage s3 at cloud/one {{ endpoint \"s3.example.org\"; bucket main \"main-bucket\" {{ medium object }} }}\n\
             {vault}\n\
             key rk {{ held on web, pw; file \"/etc/thrice/keys/restic\" }}\n\
             credential writer {{ account s3; may read, write, delete on s3.main; held on web; profile \"w\" }}\n\
             repository safe in s3.main:/safe {{ engine restic 0.18.0; key rk; credential writer }}\n\
             class vw is files on relay.disk:/vw since t0 {until} {{ noticed within 3 days }}\n\
             class docs is files on web.disk:/docs {{ noticed within 3 days }}\n\
             backup up of docs to safe by web.cron {{ daily at 03:00; keep 7 daily; taking 1m..1h }}\n"
        )
    };
    let lost = |text: &str| {
        let found = judged(text);
        let mut told = found.findings.iter().map(|f| &f.diagnostic);
        let is_lost = told.any(|d| {
            let alone =
                !d.message.contains("`relay`") || d.message.contains("or if host `web` is lost");
            d.code.0 == "T1202" && d.message.contains("`docs`") && alone
        });
        let keys = found.verdicts.iter();
        let said = keys
            .filter(|v| v.obligation == Obligation::Keys)
            .last()
            .unwrap();
        (is_lost, said.note.to_string())
    };
    let content = "vault pw on relay of vw sealed";
    let both = "held by `web` and `pw`".to_owned();
    assert_eq!(lost(&text("", content)), (false, both));
    let alone = (true, "held by `web`".to_owned());
    assert_eq!(lost(&text("until mid", content)), alone);
    assert_eq!(lost(&text("", "vault pw at bank/safe until mid")), alone);
}
