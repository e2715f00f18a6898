//! What scenarios say of what has ended by then, and of what is lost in part.

#![expect(
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]

mod common;

use common::planned;
use thrice_simulate::findings;

const PLACES: &str = "\
use std/home
use std/hetzner
use std/ovh
use std/ionos
policy p \"P\" { timezone \"UTC\" }
phase t0 = 2026-02-15
phase mid = 2026-08-01 { slip 0 days }
host web at ovh/gravelines since t0 { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
object_storage s3 at hetzner/fsn1 since t0 { bucket main { medium object } }
object_storage s4 at ionos/berlin since t0 UNTIL { bucket more { medium object } }
nas box at home/rack since t0 { runs cron; has rclone 1.75.2; store tank { medium hdd } }
host other at ovh/roubaix since t0 { runs cron; store spare { medium ssd } }
network n { joins web, box }
vault envelope at home/safe
key rk { held on web, envelope }
repository safe in s3.main:/ { engine restic 0.18.0; key rk }
";

/// What is said of a scenario.
fn told(until: &str, policy: &str, case: &str) -> (String, String, Vec<String>) {
    let places = PLACES.replace("UNTIL", until);
    let text = format!("{places}{policy}scenario \"case\" {{\n{case}\n}}\n");
    let (plan, found) = planned(text);
    assert!(found.is_empty(), "{found:#?}");
    let found = findings(&plan);
    let [one] = found.as_slice() else {
        panic!("{found:#?}");
    };
    let events = one.case.iter().map(|event| format!("{event:?}")).collect();
    (one.code.to_string(), one.message.clone(), events)
}

/// The code and the message of what is said of a scenario.
fn said(until: &str, policy: &str, case: &str) -> (String, String) {
    let (code, message, _) = told(until, policy, case);
    (code, message)
}

const COPIED: &str = "\
class photos is items on web.disk:/photos
copy away of photos to s4.more:/photos by web.cron { daily at 04:00 UTC; taking 10m..10m }
";

const FIRE: &str = "lose host web at 2026-09-01\nexpect photos recoverable losing at most 30h";

/// A bucket goes with its account, and what a step has brought there with it.
#[test]
fn what_lies_in_a_store_ends_with_it() {
    let (code, message, events) = told("until mid", COPIED, FIRE);
    assert_eq!(code, "T2701");
    assert!(
        message.ends_with("nothing of `photos` is left"),
        "{message}"
    );
    let goes = "`s4.more` is there until 2026-08-01: what is on it of `photos` goes";
    assert!(
        events.iter().any(|event| event.contains(goes)),
        "{events:#?}"
    );
    let why = "on `s4.more`: gone: its store is there until 2026-08-01";
    assert!(
        events.iter().any(|event| event.contains(why)),
        "{events:#?}"
    );
    // What the same step has left when it ends stays where the bucket stays.
    let step = COPIED.replace("web.cron {", "web.cron until mid {");
    let month = FIRE.replace("30h", "33 days");
    assert_eq!(said("", &step, &month).0, "T2703");
    // Until the last moment it is there.
    let before = FIRE.replace(
        "2026-09-01",
        "2026-07-31 at 23:00\njudged at 2026-07-31 23:59",
    );
    assert_eq!(said("until mid", COPIED, &before).0, "T2703");
    let after = FIRE.replace("2026-09-01", "2026-07-31 at 23:00\njudged at 2026-08-01");
    assert_eq!(said("until mid", COPIED, &after).0, "T2701");
}

/// The bucket alone may end, or the host on whose store it lies.
#[test]
fn a_store_ends_by_itself_or_with_its_host() {
    let ends = [
        ("bucket more {", "bucket more until mid {"),
        (
            "at ionos/berlin since t0",
            "at ionos/berlin since t0 until mid",
        ),
    ];
    for (written, instead) in ends {
        let places = PLACES.replace(written, instead).replace("UNTIL", "");
        let text = format!("{places}{COPIED}scenario \"case\" {{\n{FIRE}\n}}\n");
        let (plan, found) = planned(text);
        assert!(found.is_empty(), "{found:#?}");
        let found = findings(&plan);
        let codes: Vec<String> = found.iter().map(|one| one.code.to_string()).collect();
        assert_eq!(codes, ["T2701"], "{instead}");
    }
}

const BACKED_UP: &str = "\
class docs is files on web.disk:/docs UNTIL
backup up of docs to safe by web.cron { daily at 03:00 UTC; keep 20 daily, 8 weekly; taking 10m..10m }
";

/// Keys in vaults that end open nothing any more.
#[test]
fn keys_end_with_the_vault_that_holds_them() {
    let docs = BACKED_UP.replace("UNTIL", "");
    let case = "lose host web at 2026-09-01\nexpect docs recoverable";
    let fire = |vault: &str| {
        let places = PLACES.replace("vault envelope at home/safe", vault);
        let text = places.replace("UNTIL", "") + &docs;
        let (plan, found) = planned(format!("{text}scenario \"case\" {{\n{case}\n}}\n"));
        assert!(found.is_empty(), "{found:#?}");
        findings(&plan).first().map(|one| one.code.to_string())
    };
    let ends = fire("vault envelope at home/safe until mid");
    assert_eq!(ends.as_deref(), Some("T2701"));
    assert_eq!(
        fire("vault envelope at home/safe").as_deref(),
        Some("T2703")
    );
}

/// A server that was given back has no data any more.
#[test]
fn data_ends_where_it_lives_with_its_class() {
    let case = "lose provider hetzner at 2026-10-01\nexpect docs recoverable";
    for (store, class) in [("disk until mid {", ""), ("disk {", "until mid")] {
        let places = PLACES.replace("disk {", store).replace("UNTIL", "");
        let docs = BACKED_UP.replace("UNTIL", class);
        let (plan, found) = planned(format!("{places}{docs}scenario \"case\" {{\n{case}\n}}\n"));
        assert!(found.is_empty(), "{found:#?}");
        let found = findings(&plan);
        let message = found.first().map(|one| one.message.as_str());
        let nothing = "scenario \"case\": nothing of `docs` is left";
        assert_eq!(message, Some(nothing), "{store}");
    }
    let docs = BACKED_UP.replace("UNTIL", "");
    let (code, message) = said("", &docs, case);
    assert_eq!(code, "T2703");
    assert!(message.ends_with("`docs` lives on"), "{message}");
}

/// Of data that has ended nothing is made any more that could be lost.
#[test]
fn loss_is_counted_to_the_end_of_the_data() {
    let docs = BACKED_UP.replace("UNTIL", "until mid");
    let case = "lose host other at 2026-10-01\nexpect docs recoverable losing at most LIMIT";
    let (code, message) = said("", &docs, &case.replace("LIMIT", "21h"));
    assert_eq!(code, "T2703");
    let comes = "`docs` comes back from `s3.main`, and 21 h of it are lost";
    assert!(message.ends_with(comes), "{message}");
    assert_eq!(said("", &docs, &case.replace("LIMIT", "20h")).0, "T2701");
    // While it lives on, it is lost until the fault.
    let docs = BACKED_UP.replace("UNTIL", "");
    let case = "lose host web at 2026-10-01 at 02:00\nexpect docs recoverable losing at most 21h";
    let (code, message) = said("", &docs, case);
    assert_eq!(code, "T2701");
    assert!(message.ends_with("and 23 h of it are lost"), "{message}");
}

const MOVED: &str = "\
class photos is items on web.disk:/photos { KEPT }
backup nightly of photos to safe by web.cron { daily at 03:00 UTC; keep within 60d; taking 10m..10m }
move archive of photos to box.tank:/photos by box.cron { daily at 05:00 UTC; older than 30 days by mtime; taking 10m..10m }
";

/// The newest photos are all there, and those of half a year are gone.
#[test]
fn what_is_older_and_gone_is_lost_as_well() {
    let burns = "lose site home/rack at 2026-10-15\nexpect photos recoverable LOSING";
    let photos = MOVED.replace("KEPT", "");
    let (code, message) = said("", &photos, &burns.replace("LOSING", "losing at most 1h"));
    assert_eq!(code, "T2701");
    assert!(message.contains("`photos` lives on, but "), "{message}");
    let what = "of it are lost: what was made from 2026-02-15 00:00 to 2026-07-";
    assert!(message.contains(what), "{message}");
    // Without a bound a part may be lost, and the note says so.
    let (code, message) = said("", &photos, &burns.replace("LOSING", ""));
    assert_eq!(code, "T2703");
    assert!(message.contains(what), "{message}");
    // What was moved is where the data is: how long it must be kept is another matter.
    let kept = MOVED.replace("KEPT", "retain at least 60 days");
    assert_eq!(
        said("", &kept, &burns.replace("LOSING", "losing at most 1h")).0,
        "T2701"
    );
    // Where nothing is moved away, nothing of it is lost with the archive.
    let copied = photos.replace("move archive", "copy archive");
    let copied = copied.replace("older than 30 days by mtime; ", "");
    assert_eq!(
        said("", &copied, &burns.replace("LOSING", "losing at most 1h")).0,
        "T2703"
    );
}

/// With the server goes what is newer than the last backup, once: not as a hole besides.
#[test]
fn what_is_newer_than_the_newest_counts_once() {
    let photos = "\
class photos is items on web.disk:/photos
backup nightly of photos to safe by web.cron { daily at 03:00 UTC; taking 10m..10m }
";
    let case = "lose host web at 2026-10-15 at 15:00\nexpect photos recoverable losing at most 12h";
    let (code, message) = said("", photos, case);
    assert_eq!(code, "T2703");
    assert!(message.ends_with("and 12 h of it are lost"), "{message}");
}

/// What rules have deleted where the data lives is in copies only: it is lost with those so far as it must be kept.
#[test]
fn of_what_only_copies_have_counts_what_must_be_kept() {
    let photos = "\
class photos is items on web.disk:/photos { KEPT }
copy archive of photos to box.tank:/photos by box.cron { daily at 05:00 UTC; taking 10m..10m }
expire old of web.disk:/photos after 30 days by mtime { by web.cron; daily at 06:00 UTC }
";
    let burns = "lose site home/rack at 2026-10-15\nexpect photos recoverable losing at most LIMIT";
    let lost = |kept: &str, limit: &str| {
        let photos = photos.replace("KEPT", kept);
        said("", &photos, &burns.replace("LIMIT", limit))
    };
    assert_eq!(lost("", "200 days").0, "T2701");
    assert_eq!(lost("retain at least 40 days", "1h").0, "T2701");
    assert_eq!(lost("retain at least 40 days", "11 days").0, "T2703");
    assert_eq!(lost("retain at least 28 days", "1h").0, "T2703");
}

/// However long ago a step has ended: what it has brought stays where it is.
#[test]
fn what_ended_steps_have_left_is_there_long_after() {
    for kind in ["items", "state"] {
        let photos = COPIED.replace("items", kind);
        let photos = photos.replace("web.cron {", "web.cron until mid {");
        let case =
            "lose host web at 2027-06-01\nexpect photos recoverable losing at most LIMIT days";
        assert_eq!(
            said("", &photos, &case.replace("LIMIT", "305")).0,
            "T2703",
            "{kind}"
        );
        assert_eq!(
            said("", &photos, &case.replace("LIMIT", "303")).0,
            "T2701",
            "{kind}"
        );
        let cleared = photos.replace("web.disk:/photos\n", "web.disk:/photos until mid\n");
        let cleared = cleared + "expire all of s4.more:/photos after 30 days by upload\n";
        assert_eq!(
            said("", &cleared, &case.replace("LIMIT", "305")).0,
            "T2701",
            "{kind}"
        );
    }
}

/// What comes to its copy more rarely than what needs it has come there as well.
#[test]
fn what_is_needed_has_been_brought_too() {
    let both = "\
class base is state on web.disk:/base
class photos is state on web.disk:/photos { needs base }
copy away of photos to s4.more:/photos by web.cron { daily at 04:00 UTC; taking 10m..10m }
copy rarely of base to s4.more:/base by web.cron { monthly on 2 at 04:00 UTC; taking 10m..10m }
";
    let case = "lose host web at 2026-09-01\nexpect photos recoverable losing at most 30h";
    assert_eq!(said("", both, case).0, "T2703");
    let never = both.replace(
        "web.cron { monthly on 2 at",
        "web.cron since mid { yearly on 10-02 at",
    );
    assert_eq!(said("", &never, case).0, "T2701");
}
