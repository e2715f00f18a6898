//! A vault comes back from a copy of its content that is surely there, and from no other.

use super::*;
use crate::common::verdict;

/// Passwords on a machine of their own, among them the key of the only repository, to which they are backed up too.
const PASSWORDS: &str = r#"
policy p "p" { horizon 2 years; response time 24h }
provider far { site one; site two; site three; supports versioning, lifecycle }
provider bank { site safe }
monitor deadman { healthchecks at "HC"; hosted by bank }
host web at far/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host relay at far/two { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
object_storage s3 at far/three { endpoint "s3.example.org"; bucket safe "safe-bucket"; bucket plain "plain-bucket" }
vault pw on relay of passwords
key k { held on pw; file "/etc/k" }
credential w { account s3; may read, write, delete on s3.*; held on web }
credential r { account s3; may read, write, delete on s3.*; held on relay }
repository safe in s3.safe:/ { engine restic 0.18.0; key k; credential w }
class site is files on web.disk:/srv
class passwords is KIND on relay.disk:/pw
backup up of site to safe by web.cron { daily at 03:00 UTC; keep within 60d; taking 1m..5m; monitor deadman }
backup kept of passwords to safe by relay.cron { daily at 04:00 UTC; keep within 60d; taking 1m..5m; credential r; monitor deadman }
"#;

const DAILY: &str = "copy cp of passwords to s3.plain:/pw by relay.cron { daily at 05:00 UTC; taking 1m..5m; credential r; monitor deadman }\n";

fn with(kind: &str, steps: &str) -> Verification {
    judged(&[&PASSWORDS.replace("KIND", kind), steps].concat())
}

fn is_safe(found: &Verification) -> bool {
    let safe = verdict(found, Obligation::Survival, "site").holds;
    let keys = verdict(found, Obligation::Keys, "k").holds;
    assert_eq!(safe, keys, "{:?}", codes(found));
    assert!(!codes(found).contains(&"T9002"), "{:?}", codes(found));
    safe
}

#[test]
fn a_vault_comes_back_from_what_is_made_by_itself() {
    let on_demand = DAILY.replace("daily at 05:00 UTC", "on demand");
    let by_hand = "copy cp of passwords to s3.plain:/pw by hand { on demand }\n";
    assert!(is_safe(&with("files", DAILY)));
    for copy in [on_demand.as_str(), by_hand] {
        let found = with("files", copy);
        assert!(!is_safe(&found), "{copy}");
        assert_eq!(
            message(&found, "T1902"),
            "`k` lies only in what it opens, and in what `cp` brings, which is not always there: with the data lost, \
             nothing brings it back"
        );
    }
    // Another one beside it will do.
    assert!(is_safe(&with(
        "files",
        &[
            DAILY,
            &on_demand.replace("cp", "other").replace(":/pw", ":/more")
        ]
        .concat()
    )));
}

#[test]
fn a_vault_comes_back_from_nothing_that_age_has_emptied() {
    let rule = "expire old of s3.plain:/pw after 10 days by upload\n";
    let cleared = [DAILY, rule].concat();
    assert!(!is_safe(&with("files", &cleared)));
    // Of a state the next version is there long before.
    assert!(is_safe(&with("state", &cleared)));
    let rarely = cleared.replace("daily at 05:00", "yearly on 06-01 at 05:00");
    assert!(!is_safe(&with("state", &rarely)));
}

#[test]
fn what_is_brought_on_in_time_stays_where_it_is_brought() {
    let on = |verb: &str, when: &str| {
        format!(
            "{DAILY}expire old of s3.plain:/pw after 10 days by upload\n\
             {verb} on of s3.plain:/pw to s3.plain:/on by relay.cron {{ {when} at 07:00 UTC; taking 1m..5m; credential r; monitor deadman }}\n"
        )
    };
    assert!(is_safe(&with("items", &on("copy", "daily"))));
    assert!(!is_safe(&with("items", &on("sync", "daily"))));
    assert!(!is_safe(&with("items", &on("copy", "monthly on 1"))));
    let moved =
        on("move", "daily").replace("expire old of s3.plain:/pw after 10 days by upload\n", "");
    assert!(is_safe(&with("state", &moved)));
}
