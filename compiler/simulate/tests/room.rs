//! How much room contents take: worked examples, by hand.

#![expect(
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]

mod common;

use common::planned;
use jiff::Timestamp;
use thrice_quantity::Bytes;
use thrice_simulate::{Choices, Sizes, Weighing, weigh};

const PLACES: &str = r#"
policy p "p" { horizon 1 year }
provider far { site a; site b; site c; supports versioning, lifecycle }
host h at far/a { runs cron; has restic 0.18.0, rclone 1.75.2; store data }
host o at far/b { runs cron; has restic 0.18.0, rclone 1.75.2; store data }
vault envelope at far/c
key k { held on envelope }
repository r in o.data:/r { engine restic 0.18.0; key k }
"#;

/// The most that lies on `o.data` within half a year, in gigabytes, rounded.
fn most(policy: &str) -> u64 {
    most_on("o.data", policy, "o.data:/r")
}

/// The same of another store, the repository being elsewhere.
fn most_on(store: &str, policy: &str, repository: &str) -> u64 {
    let places = PLACES.replace("o.data:/r", repository);
    let (plan, _) = planned(format!("{places}{policy}"));
    let mut stores = plan.model.stores.iter();
    let store = stores.find(|(_, it)| it.named.name == store);
    let (store, _) = store.unwrap_or_else(|| panic!("no such store"));
    let at = |text: &str| -> Timestamp { text.parse().unwrap_or_else(|why| panic!("{why}")) };
    let weighing = Weighing {
        stores: [store].into(),
        strikes: Vec::new(),
        choices: Choices::default(),
        since: at("2026-02-15T00:00:00Z"),
        until: at("2026-08-15T00:00:00Z"),
        sizes: Sizes::Most,
        limit: Bytes(u64::MAX),
        until_over: false,
    };
    let gigabyte = 1_000_000_000;
    (weigh(&plan, &weighing).most.0 + gigabyte / 2) / gigabyte
}

const DUMPS: &str = "class c is state on h.data:/c { size 10..10 GB; growth 0..0 GB/day }\n\
    capture d of c to h.data:/d by h.cron { daily at 01:00 UTC; taking 1m..1h; atomic; method program; runs \"/bin/d\"; keeps 5 days }\n";

/// Of dumps that lie side by side only the newest one is there.
#[test]
fn what_brings_the_latest_alone_brings_one() {
    let out = |how: &str| {
        format!(
            "{DUMPS}copy y of c from d to o.data:/c by h.cron {{ daily at 03:00 UTC; taking 1m..1h{how} }}\n"
        )
    };
    // It lies beside the one before until it is whole.
    assert_eq!(most(&out("; latest only")), 20);
    // All of half a year, which nobody clears.
    assert!(most(&out("")) > 1700);
}

/// A prune leaves packs alone in which everything is used.
#[test]
fn a_prune_has_nothing_to_do_where_nothing_was_forgotten() {
    let files = "class c is files on h.data:/c { size 100..100 GB; growth 0..0 GB/day; churn 0..0 GB/day }\n\
        prune x of r by h.cron { weekly on Sunday at 12:00 UTC; taking 1m..1h }\n";
    let backup = "backup b of c to r by h.cron { daily at 03:00 UTC; taking 1m..1h }\n";
    assert_eq!(most(&[files, backup].concat()), 103);
}

/// A sync deletes all that has changed since the run before, and puts it aside.
#[test]
fn what_is_put_aside_lies_there() {
    let files = "class c is files on h.data:/c { size 100..100 GB; growth 0..0 GB/day; churn 1..1 GB/day }\n";
    let sync = |aside: &str| {
        format!(
            "{files}sync y of c to o.data:/c by h.cron {{ daily at 03:00 UTC; taking 1m..1h{aside} }}\n"
        )
    };
    assert_eq!(most(&sync("")), 100);
    let all = most(&sync("; backup dir o.data:/aside"));
    assert!((279..=281).contains(&all), "{all}");
}

/// Nobody need ever clear what is cleared on demand.
#[test]
fn what_is_cleared_on_demand_lies_there() {
    let files = "class c is files on h.data:/c { size 100..100 GB; growth 0..0 GB/day; churn 1..1 GB/day }\n";
    let adds = "copy y of c to o.data:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n";
    let aside = "sync y of c to o.data:/d by h.cron { daily at 03:00 UTC; taking 1m..1h; backup dir o.data:/c }\n";
    for brings in [adds, aside] {
        let cleared = |when: &str| {
            let expire = format!("expire x of o.data:/c after 20 days by mtime {{ {when} }}\n");
            most(&[files, brings, &expire].concat())
        };
        for asked in ["by h.cron; on demand", "by hand"] {
            let all = cleared(asked);
            assert!((279..=281).contains(&all), "{all}");
        }
        let month = cleared("by h.cron; daily at 06:00 UTC; taking 0s");
        assert!((119..=123).contains(&month), "{month}");
    }
}

/// What lived in a class goes on the day on which that ends, and what begins then does not lie beside it.
#[test]
fn what_ends_lies_beside_nothing_that_begins_then() {
    let policy = "phase one = 2026-02-15\n\
        phase two = 2026-05-01 { slip 0 days }\n\
        class a is files on o.data:/a until two { size 100..100 GB; growth 0..0 GB/day }\n\
        class b is files on o.data:/b since two { size 100..100 GB; growth 0..0 GB/day }\n\
        copy y of b to h.data:/b by h.cron since two { daily at 03:00 UTC; taking 1m..1h }\n";
    assert_eq!(most(policy), 100);
}

/// What may stay unused is left alone by the prunes after the one that left it: each day's is not written anew, and deleted, once more.
#[test]
fn a_prune_has_nothing_to_do_where_no_more_is_unused_than_may_be() {
    let versions = "object_storage s3 at far/c { endpoint \"s3.example.org\"; bucket near \"near\" { medium object; versioning on } }\n";
    let files = "class c is files on h.data:/c { size 100..100 GB; growth 0..0 GB/day; churn 1..1 GB/day }\n\
        backup b of c to r by h.cron { monthly on 1 at 03:00 UTC; taking 1m..1h; keep 1 last }\n\
        prune x of r by h.cron { daily at 12:00 UTC; taking 1m..1h }\n";
    let kept = most_on("s3.near", &[versions, files].concat(), "s3.near:/r");
    // A month of changes each month, and for each of six prunes that find more than 5 % unused all that they rewrite.
    assert!((500..1_100).contains(&kept), "{kept}");
}

/// A mirror is emptied by age and filled anew once a month. What no version needs in between is still in the repository
/// while nobody prunes it, and its files are named in the index: it is not brought again.
#[test]
fn what_was_forgotten_and_not_pruned_is_not_brought_again() {
    let items = "class c is items on h.data:/c { size 100..100 GB; growth 0..0 GB/day }\n\
        sync m of c to h.data:/m by h.cron { monthly on 1 at 01:00 UTC; taking 1m..1h }\n\
        expire e of h.data:/m after 10 days by mtime { by h.cron; daily at 12:00 UTC; taking 1m..1h }\n\
        backup b of c from m to r by h.cron { daily at 03:00 UTC; taking 1m..1h; keep 2 last }\n";
    assert_eq!(most(items), 103);
    // Pruned, it is: and the prune that takes it may write anew what little is left.
    let prune = "prune x of r by h.cron { daily at 15:00 UTC; taking 1m..1h }\n";
    assert_eq!(most(&[items, prune].concat()), 103);
}

/// A mirror of a repository has what that has, be it that only new versions come or that old ones go.
#[test]
fn a_mirror_follows_its_repository() {
    for keep in ["", "; keep 3 last; prune"] {
        let backup = format!(
            "{DUMPS}backup b of c from d to r by h.cron {{ daily at 03:00 UTC; taking 1m..1m{keep} }}\n"
        );
        let sync = "sync m of h.data:/r to o.data:/r by o.cron { daily at 06:00 UTC; taking 1m..1m; max delete 1000 }\n";
        let here = most(&backup);
        let there = most_on("o.data", &[&backup, sync].concat(), "h.data:/r");
        match keep {
            "" => assert!(here > 1_800 && there == here, "{here}, {there}"),
            _ => assert!(here < 300 && there < 300, "{here}, {there}"),
        }
    }
}
