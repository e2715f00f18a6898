//! What runs on demand, or by hand without a time: it may run at any time, and never.

use super::*;
use crate::common::case;

const HERE: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
phase over = t0 + 6 months { slip 0 days }
phase then = over + 3 months { slip 0 days }
provider ovh { site one }
provider cloud { site one; supports lifecycle }
provider home { site rack; site desk }
provider bank { site safe }
host web at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
host keep at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium hdd; capacity 60 GB } service nc }
network mesh { joins web, keep }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object }; bucket files "files-bucket" { medium object } }
vault envelope at bank/safe
monitor m { healthchecks at "HC"; hosted by bank }
key k { held on web, envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.*; held on web; file "/etc/s3.env" }
repository r in s3.main:/ { engine restic 0.18.0; key k; credential writer }
class site is files on web.disk:/srv { CLASS; noticed within 7 days; fields { rest internal } }
backup n of site to r by web.cron { daily at 03:00; keep within 14d; prune; taking 1m..30m; monitor m }
"#;

const ADDS: &str =
    "copy c of site to keep.disk:/c by keep.cron { daily at 05:00; taking 1m..1h; monitor m }\n";
const ASIDE: &str = "sync c of site to keep.disk:/c by keep.cron { daily at 05:00; backup dir keep.disk:/c2; taking 1m..1h; monitor m }\n";

/// Who clears a place when he thinks of it.
const ASKED: [&str; 3] = [
    "after 20 days by mtime { by keep.cron; on demand; monitor m }",
    "after 20 days by mtime { by hand }",
    "after 20 days by mtime { by hand; on demand }",
];
/// Who surely does, and what the verdict then rests on.
const SURE: [(&str, &str); 3] = [
    (
        "after 20 days by mtime { by keep.cron; daily at 09:00; taking 1m..1h; monitor m }",
        "`e`",
    ),
    (
        "after 20 days by mtime { by hand; daily at 09:00; taking 1m..1h; monitor m }",
        "`e`",
    ),
    ("after 7..30 days by use { by hand }", "`e`"),
];

fn found(class: &str, steps: &[&str]) -> Verification {
    let text = [&HERE.replace("CLASS", class), &*steps.concat()].concat();
    let found = judged(&text);
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    found
}

fn clears(of: &str, how: &str) -> String {
    format!("expire e of {of} {how}\n")
}

/// Nobody need ever start it: what was deleted at home stays in a copy that only adds, or where a sync puts it.
#[test]
fn what_is_cleared_on_demand_may_never_be_gone() {
    let kept = "retain at most 90 days";
    for (carries, of) in [(ADDS, "keep.disk:/c"), (ASIDE, "keep.disk:/c2")] {
        for how in ASKED {
            let never = found(kept, &[carries, &clears(of, how)]);
            assert_eq!(codes(&never), ["T1702"], "{how}");
            let told = case(&never, "T1702").join("\n");
            assert!(
                told.contains("`e` runs when somebody thinks of it"),
                "{told}"
            );
            assert_eq!(never.plays[&Obligation::Erasure].replayed, 1, "{how}");
        }
        for (how, relies) in SURE {
            let gone = found(kept, &[carries, &clears(of, how)]);
            assert!(codes(&gone).is_empty(), "{how}: {:?}", codes(&gone));
            let said = common::verdict(&gone, Obligation::Erasure, "site");
            assert!(said.note.contains(relies), "{}", said.note);
        }
    }
}

/// Where it lives nobody need clear it either.
#[test]
fn items_that_are_cleared_on_demand_where_they_live_may_stay() {
    let items = |how: &str| {
        let text = HERE.replace("is files on web.disk:/srv", "is items on web.disk:/srv");
        let text = text.replace("CLASS", "retain at most 60 days");
        let found = judged(&[&*text, &clears("web.disk:/srv", how)].concat());
        assert!(found.internal.is_empty(), "{:#?}", found.internal);
        codes(&found).contains(&"T1702")
    };
    assert!(items("after 20 days by mtime { by web.cron; on demand }"));
    assert!(items("after 20 days by mtime { by hand }"));
    assert!(!items(
        "after 20 days by mtime { by web.cron; daily at 09:00 }"
    ));
    assert!(!items("after 7..20 days by use { by hand }"));
}

/// 10 GB, and 1 GB a day that is never cleared.
#[test]
fn what_is_cleared_on_demand_piles_up() {
    let size = "size 10 GB; growth 0 %/month; churn 1 GB/day";
    for (carries, of) in [(ADDS, "keep.disk:/c"), (ASIDE, "keep.disk:/c2")] {
        for how in ASKED {
            let full = found(size, &[carries, &clears(of, how)]);
            assert_eq!(codes(&full), ["T2001"], "{how}");
            assert_eq!(full.plays[&Obligation::Capacity].replayed, 1, "{how}");
        }
        for (how, _) in SURE {
            let fits = found(size, &[carries, &clears(of, how)]);
            assert!(codes(&fits).is_empty(), "{how}: {:?}", codes(&fits));
        }
    }
}

const LEFT: &str = "copy c of site to s3.files:/c by web.cron until over { daily at 05:00; credential writer; taking 1m..1h; monitor m }\n";
const READS: &str = r#"
host pre at home/desk since then { runs cron; has rclone 1.75.2; clearance public }
credential reads { account s3; may read on s3.files; held on pre }
"#;

/// What a step has left when it ended lies in clear for whoever comes later, and must be gone.
#[test]
fn what_a_step_has_left_is_not_cleared_on_demand() {
    let left = |class: &str, how: &str| {
        let clears = clears("s3.files:/c", &format!("after 20 days by upload {how}"));
        found(class, &[LEFT, READS, &clears])
    };
    let asked = "{ by web.cron; on demand; credential writer; monitor m }";
    let sure = "{ by web.cron; daily at 09:00; credential writer; taking 1m..1h; monitor m }";
    let seen = left("size 10 GB", asked);
    assert_eq!(codes(&seen), ["T2201"]);
    assert_eq!(seen.plays[&Obligation::Flow].replayed, 1);
    let stays = left("retain at most 60 days", asked);
    assert_eq!(codes(&stays), ["T1702", "T2201"]);
    for how in [sure, ""] {
        assert!(
            codes(&left("retain at most 60 days", how)).is_empty(),
            "{how}"
        );
    }
}

/// It deletes all the same: what is asked for until then must not rest on its staying away.
#[test]
fn a_clean_up_on_demand_takes_away_what_it_may() {
    let items = |how: &str, asked: &str| {
        let text = HERE.replace("is files on web.disk:/srv", "is items on web.disk:/srv");
        let text = text.replace("CLASS", "retain at least 60 days");
        let clears = match how {
            "" => String::new(),
            how => clears("keep.disk:/c", how),
        };
        let text = text.replace("keep within 14d", "keep within 14d, 30 daily");
        let text = [&*text, ADDS, &clears, asked].concat();
        let found = judged(&text);
        assert!(found.internal.is_empty(), "{:#?}", found.internal);
        let mut codes = codes(&found);
        codes.retain(|code| code.starts_with("T11") || code.starts_with("T12"));
        codes
    };
    let two = "require copies >= 3 for all\n";
    let lost = "require survive any 1 of host for all\n";
    let late = "after 20 days by mtime { by keep.cron; daily at 09:00; taking 1m..1h; monitor m }";
    for how in ASKED {
        for asked in [two, lost] {
            assert_eq!(items(how, asked), items(late, asked), "{how}");
        }
        assert!(!items(how, two).is_empty());
    }
    assert!(items("", two).is_empty());
}

/// A copy on demand may never have been made.
#[test]
fn nobody_browses_what_is_copied_on_demand() {
    let browsed = |when: &str| {
        let copies = ADDS.replace("daily at 05:00", when);
        found("browsed by nc", &[&copies])
    };
    let never = browsed("on demand");
    assert_eq!(codes(&never), ["T2310"]);
    assert!(message(&never, "T2310").ends_with("is made on demand, and may never be"));
    assert!(codes(&browsed("daily at 05:00")).is_empty());
    let none = found("browsed by nc", &[]);
    assert!(message(&none, "T2310").ends_with("no plain copy is in its reach"));
}
