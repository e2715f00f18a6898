//! Copies that are there, and late.

use super::*;
use crate::adversary::all_codes;
use crate::common::{case, finding};

const SCANS: &str = r#"
policy p "p" { horizon 2 years; response time 24h }
phase t0 = 2026-03-01
provider home { site rack }
provider cloud { site one }
provider bank { site cellar }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye; grace 2h }
host server at home/rack { runs cron; has rclone 1.75.2; store disk { medium nvme } }
object_storage s3 at cloud/one { bucket main { medium object } }
nas tower at bank/cellar { runs cron; has rclone 1.75.2; store tank { medium hdd } }
class scans is items on server.disk:/scans
copy nightly of scans to s3.main:/scans by server.cron { daily at 03:00 UTC; taking 1m..1h; monitor watch }
copy rarely of s3.main:/scans to tower.tank:/scans by tower.cron { WHEN; taking 1m..1h; monitor watch }
"#;

fn found(when: &str, asked: &str) -> Verification {
    judged(&[&SCANS.replace("WHEN", when), asked].concat())
}

/// A copy every month on the first, of which one run may be missed before somebody has acted: two months of 31 days. Of the
/// nightly copy two runs may be, which makes three days; and each takes an hour.
#[test]
fn copies_that_take_more_than_a_month_are_told() {
    let monthly = found("monthly on 1 at 05:00 UTC", "require copies >= 3 for all\n");
    let told = finding(&monthly, "T1106");
    assert_eq!(told.severity, Severity::Warning);
    assert_eq!(
        told.message,
        "`scans` has 3 copies only from the age of 65 d 2 h on in `t0`, and nothing says how soon they must be there"
    );
    let labels: Vec<&str> = told.labels.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(labels[0], "asked for here, without `within`");
    assert!(
        labels[1] == "the last of them: what it leaves may be 65 d 2 h old",
        "{labels:?}"
    );
    let case = case(&monthly, "T1106");
    assert_eq!(case[0], "2026-03-01 something is written on `server.disk`");
    assert!(
        case[1].ends_with("only now `rarely` has surely brought it to `tower.tank`"),
        "{case:?}"
    );
    assert!(codes(&monthly).is_empty(), "{:?}", codes(&monthly));
}

#[test]
fn what_somebody_has_thought_of_is_not() {
    let is_silent = |found: &Verification| {
        let codes = all_codes(found);
        assert!(!codes.contains(&"T1106"), "{codes:?}");
    };
    let monthly = "monthly on 1 at 05:00 UTC";
    // It says how soon, or needs no more than the quick ones, or the slow one is not so slow.
    is_silent(&found(
        monthly,
        "require copies >= 3 within 100 days for all\n",
    ));
    is_silent(&found(monthly, "require copies >= 2 for all\n"));
    is_silent(&found(
        "weekly on Sunday at 05:00 UTC",
        "require copies >= 3 for all\n",
    ));
    // What is not there in time at all is an error, and not told twice.
    let late = found(monthly, "require copies >= 3 within 10 days for all\n");
    assert_eq!(codes(&late), ["T1101"]);
    is_silent(&late);
}
