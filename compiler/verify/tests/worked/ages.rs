//! Copies that are out of somebody's reach, but not of data of every age.

use super::*;
use crate::adversary::{all_codes, events};

/// The server pushes to a second machine, which it can overwrite; a third one pulls, and tidies up.
const PHOTOS: &str = r#"
provider far { site one; site two; site three }
provider bank { site safe }
monitor deadman { healthchecks at "HC"; hosted by bank }
host h1 at far/one { runs cron; has rclone 1.75.2; store disk { medium ssd } }
host h2 at far/two { runs cron; has rclone 1.75.2; store disk { medium ssd } }
host h3 at far/three { runs cron; has rclone 1.75.2; store disk { medium hdd } }
network n { joins h1, h2, h3 }
credential pusher { may read, write, delete on h2.disk; held on h1 }
class photos is items on h1.disk:/photos { RETAIN; fields { rest internal } }
copy pushed of photos to h2.disk:/photos by h1.cron { daily at 03:00; monitor deadman; taking 1m..5m; credential pusher }
copy pulled of photos to h3.disk:/photos by h3.cron { daily at 12:00; monitor deadman; taking 1m..5m; immutable }
"#;

const TIDY: &str = "expire tidied of h3.disk:/photos after 40..41 days by use { by hand }\n";

fn kept(retain: &str, more: &str) -> Verification {
    let photos = PHOTOS.replace("RETAIN", &format!("retain at least {retain}"));
    judged(&(photos + more))
}

fn holds(found: &Verification) -> bool {
    let mut verdicts = found.verdicts.iter();
    verdicts.any(|v| v.obligation == Obligation::Deletion && v.subject == "photos" && v.holds)
}

#[test]
fn what_is_out_of_reach_must_be_so_at_every_age() {
    let found = kept("300 days", TIDY);
    assert!(!holds(&found));
    let told = message(&found, "T1806");
    assert_eq!(
        told,
        "whoever owns `h1` can destroy every copy of `photos` that there is at some age"
    );
    assert_eq!(
        events(&found, "T1806"),
        [
            "something is written on `h1.disk`",
            "`pulled` has brought it to `h3.disk`",
            "`pushed` has brought it to `h2.disk`",
            "host `h1` is in hostile hands",
            "on `h1.disk`: deleted",
            "on `h2.disk`: deleted",
            "`tidied` takes it away from `h3.disk`",
            "at the age of 40 d: nothing is left",
        ]
    );
}

#[test]
fn nothing_is_told_of_ages_that_nobody_asks_for_or_that_are_there() {
    for (retain, more) in [("30 days", TIDY), ("300 days", "")] {
        let found = kept(retain, more);
        assert!(holds(&found), "{retain}{more}");
        assert!(!all_codes(&found).contains(&"T1806"), "{retain}{more}");
    }
}

/// Where a requirement asks for it, survival tells it.
#[test]
fn who_asks_for_it_is_told_by_survival() {
    let asks = format!("{TIDY}require survive any 1 of compromise for photos\n");
    let found = kept("300 days", &asks);
    assert!(!holds(&found));
    let codes = all_codes(&found);
    assert!(
        codes.contains(&"T1201") && !codes.contains(&"T1806"),
        "{codes:?}"
    );
}

/// A class of which nothing lies elsewhere is told by the floor, and no verdict says that nobody can destroy it.
#[test]
fn nobody_need_be_clever_where_nothing_lies_elsewhere() {
    let found = judged(
        "provider far { site one }\n\
         host h1 at far/one { store disk { medium ssd } }\n\
         class photos is items on h1.disk:/photos { fields { rest internal } }\n",
    );
    assert!(!holds(&found));
    let codes = all_codes(&found);
    assert!(
        codes.contains(&"T1202") && !codes.contains(&"T1801"),
        "{codes:?}"
    );
}

/// What the plan itself takes away nobody hostile is needed for.
#[test]
fn who_is_not_needed_is_not_told_of() {
    let clears = "expire cleared of h1.disk:/photos after 150 days by mtime { by h1.cron; daily at 05:00; taking 1m..5m; monitor deadman }\n";
    let alone = PHOTOS
        .replace("copy pushed", "copy pulled_too")
        .replace("by h1.cron { daily at 03:00", "by h1.cron { daily at 03:30");
    let text = alone.replace("RETAIN", "noticed within 3 days") + clears;
    let codes = all_codes(&judged(&text));
    assert!(codes.contains(&"T1501"), "{codes:?}");
    assert!(!codes.contains(&"T1806"), "{codes:?}");
}
