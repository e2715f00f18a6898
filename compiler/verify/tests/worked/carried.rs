//! What a run carries through its line.

use super::*;
use crate::adversary::all_codes;
use crate::common::{finding, severity, verdict};

/// A server and a NAS with lines of 20 MB/s, which is 72 GB an hour, and a third machine with one of 1 MB/s.
const PLACES: &str = r#"
policy p "p" { horizon 1 year; response time 48h }
phase t0 = 2026-02-15
provider ovh { site one }
provider ionos { site de }
provider home { site rack }
provider bank { site safe }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
host web at ovh/one { runs cron; has rclone 1.75.2, restic 0.18.0; store disk { medium nvme; capacity 2 TB }; link 20 MB/s }
host relay at ionos/de { runs cron; has restic 0.18.0; store scratch { medium ssd; capacity 2 TB }; link 1 MB/s }
nas attic at home/rack { runs cron; has rclone 1.75.2, restic 0.18.0; store tank { medium hdd; capacity 8 TB; mounted at /mnt/t }; link 20 MB/s }
vault envelope at bank/safe
vault second at ionos/de
key k { held on web, relay, envelope, second }
repository r in attic.tank:/r { engine restic 0.18.0; key k }
"#;

/// The same with more, joined as it says there.
fn with(more: &[&str]) -> Verification {
    judged(&[PLACES, &more.concat()].concat())
}

const VPN: &str = "network vpn { joins web, attic, relay }\n";

/// The lines that are told to be too slow.
fn slow(found: &Verification) -> Vec<&str> {
    let codes = all_codes(found).into_iter();
    codes.filter(|code| *code == "T2108").collect()
}

fn photos(says: &str) -> String {
    format!("class photos is items on web.disk:/photos {{ {says} }}\n")
}

const NIGHTLY: &str = "copy nightly of photos to attic.tank:/photos by attic.cron { daily at 02:00 UTC; immutable; taking 1m..1h; monitor deadman }\n";

/// 200 GB need three hours of its line, and are carried once. What comes in a year is as good as nothing a night.
#[test]
fn what_is_written_once_is_carried_once() {
    let of = |says: &str, step: &str| with(&[VPN, &photos(says), step]);
    let few = "size 100..200 GB; growth 10..20 GB/year";
    assert!(slow(&of(few, NIGHTLY)).is_empty());
    // 2 % of a month in a night, and in as many as may be missed.
    assert!(slow(&of("size 100..200 GB; growth 0..2 %/month", NIGHTLY)).is_empty());
    let by_backup = "backup nightly of photos to r by web.cron { daily at 02:00 UTC; keep 7 daily; taking 1m..1h; monitor deadman }\n";
    assert!(slow(&of(few, by_backup)).is_empty());
    // So much comes each day that no run can carry it: 80 GB, where 72 go through. Missed nights alone make it too much.
    let many = of("size 100..200 GB; growth 80..90 GB/day", NIGHTLY);
    assert_eq!(severity(&many, "T2108"), Severity::Error);
    assert!(
        message(&many, "T2108").contains("takes 1 h 6 min 40 s"),
        "{}",
        message(&many, "T2108")
    );
    let missed = of("size 100..200 GB; growth 30..30 GB/day", NIGHTLY);
    assert_eq!(severity(&missed, "T2108"), Severity::Warning);
    // A quarter comes each month.
    let monthly = NIGHTLY.replace("daily at", "monthly on 1 at");
    let by_ratio = |growth: &str| of(&format!("size 400..400 GB; growth {growth}"), &monthly);
    assert_eq!(
        severity(&by_ratio("25..25 %/month"), "T2108"),
        Severity::Error
    );
    assert!(slow(&by_ratio("0..0 %/month")).is_empty());
    // Nobody says so of files: all of them may be others the next night.
    let files = photos(few).replace("is items", "is files");
    let files = with(&[VPN, &files, &NIGHTLY.replace("immutable; ", "")]);
    assert_eq!(severity(&files, "T2108"), Severity::Error);
}

/// A network that both are in is a part of the way, as it is for a restore; one that others are in is none.
#[test]
fn a_network_may_be_slower_than_what_is_joined_by_it() {
    let docs = "class docs is files on web.disk:/docs { size 10..20 GB; churn 1..2 GB/day; growth 0..0 %/month }\n\
        copy docs_copy of docs to attic.tank:/docs by attic.cron { daily at 02:00 UTC; taking 1m..10m; monitor deadman }\n";
    let by = |network: &str| with(&[network, docs]);
    assert!(slow(&by("network vpn { joins web, attic }\n")).is_empty());
    let slow_one = by("network vpn { joins web, attic; speed 100 kB/s }\n");
    assert_eq!(severity(&slow_one, "T2108"), Severity::Error);
    assert!(message(&slow_one, "T2108").ends_with("through `vpn`"));
    let other =
        "network vpn { joins web, attic }\nnetwork lan { joins relay, attic; speed 100 kB/s }\n";
    assert!(slow(&by(other)).is_empty());
    // Where nobody says how fast a host's line is, a network's is known.
    let note = |found: &Verification| verdict(found, Obligation::TimeTable, "p").note.to_string();
    let no_link = |network: &str| {
        let places = PLACES.replace("; link 20 MB/s", "");
        judged(&[&places, network, docs].concat())
    };
    assert!(note(&no_link("network vpn { joins web, attic }\n")).contains("not checked"));
    let known = no_link("network vpn { joins web, attic; speed 100 MB/s }\n");
    assert_eq!(note(&known), "");
}

/// A drill fetches all that it restores, and `read all` all that lies there: 100 GB take more than a day over 1 MB/s.
#[test]
fn what_is_fetched_to_be_looked_at_needs_a_line_too() {
    let docs = "class docs is files on web.disk:/docs { size 100..200 GB; churn 1..2 GB/day; growth 0..0 GB/year }\n\
        backup b of docs to r by web.cron { daily at 02:00 UTC; keep 7 daily; prune; taking 1m..1h; monitor deadman }\n";
    let by = |step: &str| with(&[VPN, docs, step]);
    let check = "check whole of r by relay.cron { weekly on Sunday at 12:00 UTC; read all; taking 1m..1h; monitor deadman }\n";
    let drill = "drill tried of docs from r by relay.cron { weekly on Sunday at 12:00 UTC; taking 1m..1h; monitor deadman }\n";
    for step in [check, drill] {
        let found = by(step);
        assert_eq!(severity(&found, "T2108"), Severity::Error, "{step}");
        let told = finding(&found, "T2108");
        assert!(
            told.message
                .ends_with("takes 1 d 3 h 46 min 40 s through the link of `relay`"),
            "{}",
            told.message
        );
        let long = by(&step.replace("taking 1m..1h", "taking 1m..4d"));
        assert!(slow(&long).is_empty(), "{}", message(&long, "T2108"));
        // Where the repository lies nothing goes over a line.
        assert!(slow(&by(&step.replace("relay.cron", "attic.cron"))).is_empty());
    }
    // Over 20 MB/s 200 GB come in three hours; with what has changed and is not yet pruned it takes four.
    let near = |step: &str, taking: &str| {
        let step = step.replace("relay.cron", "web.cron");
        by(&step.replace("taking 1m..1h", taking))
    };
    assert!(slow(&near(drill, "taking 1m..3h")).is_empty());
    assert_eq!(
        severity(&near(check, "taking 1m..3h"), "T2108"),
        Severity::Warning
    );
    assert!(slow(&near(check, "taking 1m..4h")).is_empty());
    // The structure alone is little.
    assert!(slow(&by(&check.replace("read all; ", ""))).is_empty());
}

/// Copies of as many things, each of which has an hour of the line of 72 GB an hour, at the times that are given.
fn at_once(sizes: &str, times: &[&str]) -> Verification {
    let steps = times.iter().enumerate().map(|(n, at)| {
        format!(
            "class c{n} is files on web.disk:/c{n} {{ size {sizes}; growth 0..0 %/month }}\n\
             copy copy{n} of c{n} to attic.tank:/c{n} by attic.cron {{ daily at {at} UTC; taking 1m..1h; monitor deadman }}\n"
        )
    });
    with(&[VPN, &steps.collect::<String>()])
}

/// Each of three would fill 60 % of its hour.
#[test]
fn several_steps_at_once_share_their_line() {
    let found = at_once("43.2..43.2 GB", &["02:00", "02:20", "02:40"]);
    assert_eq!(severity(&found, "T2108"), Severity::Error);
    assert!(!verdict(&found, Obligation::TimeTable, "p").holds);
    assert_eq!(slow(&found).len(), 1, "one line of the two that they share");
    assert_eq!(
        message(&found, "T2108"),
        "`copy0`, `copy1` and `copy2` cannot all be done in time: what they carry at once takes 1 h 48 min through the \
         link of `web`, and they have 1 h 40 min"
    );
    assert_eq!(
        crate::common::case(&found, "T2108"),
        [
            "2026-02-15 02:00 UTC `copy0` starts, and may be at work until 2026-02-15 03:00 UTC",
            "2026-02-15 02:20 UTC `copy1` starts, and may be at work until 2026-02-15 03:20 UTC",
            "2026-02-15 02:40 UTC `copy2` starts, and may be at work until 2026-02-15 03:40 UTC",
            "2026-02-15 03:40 UTC with the sizes of the start they have to carry 129.6 GB since 2026-02-15 02:00 UTC, \
             and the link of `web` carries 120 GB",
        ]
    );
    // It is 20 minutes more in which each of them is done.
    for apart in [["02:00", "02:24", "02:48"], ["02:00", "03:00", "04:00"]] {
        let found = at_once("43.2..43.2 GB", &apart);
        assert!(slow(&found).is_empty(), "{}", message(&found, "T2108"));
        assert!(verdict(&found, Obligation::TimeTable, "p").holds);
    }
    // Just as much as goes through in the hour of all three.
    assert!(slow(&at_once("24..24 GB", &["02:00"; 3])).is_empty());
    assert_eq!(
        severity(&at_once("24.1..24.1 GB", &["02:00"; 3]), "T2108"),
        Severity::Error
    );
    // As much as may be, and not surely.
    let maybe = at_once("20..30 GB", &["02:00"; 3]);
    assert_eq!(severity(&maybe, "T2108"), Severity::Warning);
    assert!(verdict(&maybe, Obligation::TimeTable, "p").holds);
    assert!(message(&maybe, "T2108").contains(
        "may not all be done in time: the most that they carry at once takes 1 h 15 min"
    ));
    // Who is too much by himself is told so, and nobody else with him.
    let big = at_once("80..80 GB", &["02:00", "04:00"]);
    assert_eq!(slow(&big).len(), 2);
    assert!(!message(&big, "T2108").contains("at once"));
}

/// A line takes in while it gives out; a network is one line for all.
#[test]
fn the_two_ways_of_a_line_are_two() {
    let steps = |limit: &str| {
        let of = |name: &str, from: &str, to: &str| {
            let (host, _) = from.split_once('.').unwrap_or_default();
            format!(
                "class {name} is files on {from}:/{name} {{ size 50..50 GB; growth 0..0 %/month }}\n\
                 copy {name}_copy of {name} to {to}:/{name} by {host}.cron {{ daily at 02:00 UTC; taking 1m..1h; monitor deadman }}\n"
            )
        };
        let both = [
            of("docs", "web.disk", "attic.tank"),
            of("videos", "attic.tank", "web.disk"),
        ];
        with(&[&VPN.replace(" }", limit), &both.concat()])
    };
    assert!(slow(&steps(" }")).is_empty());
    assert!(slow(&steps("; speed 30 MB/s }")).is_empty());
    let through = steps("; speed 25 MB/s }");
    assert_eq!(severity(&through, "T2108"), Severity::Error);
    assert!(message(&through, "T2108").contains("takes 1 h 6 min 40 s through `vpn`"));
}

/// Half an hour apart they have enough of it; if the first one starts as late as it may, they have not.
#[test]
fn a_late_start_may_bring_steps_together() {
    let steps = |jitter: &str| {
        let of = |name: &str, at: &str, more: &str| {
            format!(
                "class {name} is files on web.disk:/{name} {{ size 60..60 GB; growth 0..0 %/month }}\n\
                 copy {name}_copy of {name} to attic.tank:/{name} by attic.cron {{ daily at {at} UTC; taking 1m..1h; {more}monitor deadman }}\n"
            )
        };
        with(&[
            VPN,
            &of("docs", "02:00", jitter),
            &of("videos", "02:45", ""),
        ])
    };
    assert!(slow(&steps("")).is_empty());
    let late = steps("jitter 30m; ");
    assert_eq!(severity(&late, "T2108"), Severity::Warning);
    assert!(
        message(&late, "T2108")
            .contains("takes 1 h 40 min through the link of `web`, and they have 1 h 15 min"),
        "{}",
        message(&late, "T2108")
    );
}

/// A drill and a check that reads all use the line of the repository at the same hour.
#[test]
fn what_is_fetched_to_be_looked_at_shares_the_line() {
    let at = |drill: &str| {
        let docs = "class docs is files on web.disk:/docs { size 40..40 GB; churn 0..0 GB/day; growth 0..0 GB/year }\n\
            backup b of docs to r by web.cron { daily at 02:00 UTC; keep 7 daily; prune; taking 1m..1h; monitor deadman }\n\
            check whole of r by web.cron { weekly on Sunday at 12:00 UTC; read all; taking 1m..1h; monitor deadman }\n";
        let drill = format!(
            "drill tried of docs from r by web.cron {{ weekly on {drill} UTC; taking 1m..1h; monitor deadman }}\n"
        );
        with(&[VPN, docs, &drill])
    };
    let found = at("Sunday at 12:30");
    assert!(slow(&found).is_empty(), "{}", message(&found, "T2108"));
    let found = at("Sunday at 12:05");
    assert_eq!(severity(&found, "T2108"), Severity::Error);
    assert!(slow(&at("Monday at 12:05")).is_empty());
}

/// What must be back in time and has come by a third machine goes over lines of which the policy does not say how they meet.
#[test]
fn that_two_hosts_without_a_network_reach_each_other_is_assumed() {
    let told = |networks: &str, class: &str| {
        let steps = format!(
            "class docs is files on web.disk:/docs {{ size 1..2 GB; {class} }}\n\
             copy docs_copy of docs to attic.tank:/docs by relay.cron {{ daily at 02:00 UTC; taking 1m..1h; monitor deadman }}\n"
        );
        let places = PLACES.replace(
            "has restic 0.18.0; store scratch",
            "has rclone 1.75.2; store scratch",
        );
        let found = judged(&[&places, networks, &steps].concat());
        let says =
            "`attic` gives back to `web` over their two lines alone, though no network joins them";
        let all = found.assumptions.iter();
        all.filter(|assumption| assumption.text() == says).count() == 1
    };
    let two = "network vpn { joins web, relay }\nnetwork lan { joins relay, attic }\n";
    assert!(told(two, "rto 8h; restore setup 30m"));
    assert!(!told(VPN, "rto 8h; restore setup 30m"), "one of all three");
    // Where nobody asks how soon it is back, nothing rests on it.
    assert!(!told(two, ""));
    let required = "require rto <= 8h for docs\n";
    assert!(told(&[two, required].concat(), "restore setup 30m"));
}

/// A dump that is written to an object storage goes over the line of its host; one that stays there over none.
#[test]
fn what_a_capture_writes_elsewhere_needs_a_line() {
    let told = |taking: &str, target: &str| {
        let storage = "object_storage s3 at ovh/one { endpoint \"s3.example.org\"; bucket main \"main-bucket\" { medium object } }\n\
            credential writer { account s3; may read, write, delete on s3.main; held on web; profile \"w\" }\n\
            class db is state on web.disk:/db { size 100..100 GB; growth 0..0 %/month }\n";
        let dump = format!(
            "capture dump of db to {target}:/dumps by web.cron {{ daily at 02:00 UTC; runs \"/usr/local/bin/dump\"; taking 1m..{taking}; monitor deadman }}\n"
        );
        with(&[storage, &dump])
    };
    let found = told("1h", "s3.main");
    assert_eq!(severity(&found, "T2108"), Severity::Error);
    assert!(message(&found, "T2108").contains("takes 1 h 23 min 20 s through the link of `web`"));
    assert!(slow(&told("2h", "s3.main")).is_empty());
    let here = told("1h", "web.disk");
    assert!(slow(&here).is_empty());
    assert_eq!(verdict(&here, Obligation::TimeTable, "p").note, "");
}

/// The monthly copy ends before it ever meets the nightly one, unless the phase is late.
#[test]
fn steps_may_be_at_once_only_if_a_phase_is_late() {
    let told = |slip: &str| {
        let phases = PLACES.replace(
            "phase t0 = 2026-02-15",
            &format!("phase t0 = 2026-02-15\nphase t1 = 2026-03-30 {{ slip {slip} }}"),
        );
        let of = |name: &str, until: &str, when: &str| {
            format!(
                "class {name} is files on web.disk:/{name} {{ size 50..50 GB; growth 0..0 %/month }}\n\
                 copy {name}_copy of {name} to attic.tank:/{name} by attic.cron{until} {{ {when} at 02:00 UTC; taking 1m..1h; monitor deadman }}\n"
            )
        };
        let steps = [
            of("docs", "", "monthly on 1"),
            of("videos", " until t1", "weekly on Wednesday"),
        ];
        judged(&[&phases, VPN, &steps.concat()].concat())
    };
    // The first of April is the first one that is a Wednesday.
    let late = |found: &Verification| {
        all_codes(found)
            .into_iter()
            .filter(|code| *code == "T2110")
            .count()
    };
    assert_eq!(late(&told("1 day")), 0);
    let found = told("7 days");
    assert!(slow(&found).is_empty());
    assert_eq!(late(&found), 1);
    assert_eq!(
        message(&found, "T2110"),
        "`docs_copy` and `videos_copy` may not all be done in time: the most that they carry at once takes 1 h 23 min 20 s \
         through the link of `web`, and they have 1 h if `t1` comes 3 days late"
    );
}

/// 100 GB are carried once, in an hour and a half at 20 MB/s, though each night has an hour.
#[test]
fn a_first_run_carries_all_there_is() {
    let of =
        |says: &str, step: &str| with(&["phase nas = t0 + 3 months\n", VPN, &photos(says), step]);
    let told = |found: &Verification| all_codes(found).contains(&"T2111");
    let since = NIGHTLY.replace("by attic.cron", "by attic.cron since nas");
    let large = "size 100..100 GB; growth 0..0 %/month";
    let found = of(large, &since);
    assert_eq!(severity(&found, "T2111"), Severity::Warning);
    assert_eq!(
        message(&found, "T2111"),
        "the first run of `nightly` carries all 100 GB that there are, and takes at least 1 h 23 min 20 s through the link of \
         `attic`: its runs take at most 1 h"
    );
    let at = finding(&found, "T2111")
        .case
        .iter()
        .map(|event| event.when.as_str());
    assert!(at.eq(["2026-05-15 02:00 UTC", "2026-05-15 03:23 UTC"]));
    let may = of("size 10..100 GB; growth 0..0 %/month", &since);
    assert!(message(&may, "T2111").contains("may take 1 h 23 min 20 s"));
    // What fits, what was there before, and what has begun with the policy.
    assert!(!told(&of("size 60..70 GB; growth 0..0 %/month", &since)));
    assert!(!told(&of(large, NIGHTLY)));
    let before = NIGHTLY
        .replace("copy nightly", "copy weekly")
        .replace("daily at", "weekly on Sunday at")
        .replace("by attic.cron", "by attic.cron until nas");
    assert!(!told(&of(large, &[&since, before.as_str()].concat())));
    // What it has grown to by then counts.
    assert!(told(&of("size 60..60 GB; growth 20..20 GB/month", &since)));
    // A dump is carried anew each time: that is another finding.
    let state = "class shop is state on web.disk:/shop { size 100..100 GB; growth 0..0 %/month }\n\
        copy nightly of shop to attic.tank:/shop by attic.cron since nas { daily at 02:00 UTC; taking 1m..1h; monitor deadman }\n";
    let found = with(&["phase nas = t0 + 3 months\n", VPN, state]);
    assert!(!told(&found) && !slow(&found).is_empty());
}

/// An object storage's link is how fast it gives: what is brought there does not go through it, and what is fetched does.
#[test]
fn the_link_of_an_object_storage_is_how_fast_it_gives() {
    let cloud = "provider cloud { site one }
object_storage s3 at cloud/one { LINKendpoint \"s3.example.org\"; bucket main \"main-bucket\" { medium object } }
credential w { account s3; may read, write, delete on s3.main; held on web, attic; profile \"w\" }
class docs is files on web.disk:/docs { size 100 GB; churn 30 GB/day; growth 0..0 GB/year }
copy up of docs to s3.main:/docs by web.cron { daily at 02:00 UTC; taking 1m..HOURSh; credential w; monitor deadman }
";
    let down = "copy down of docs from up to attic.tank:/docs by attic.cron { daily at 12:00 UTC; taking 1m..HOURSh; credential w; monitor deadman }\n";
    let of = |link: &str, hours: &str, more: &str| {
        let text = [cloud, more].concat();
        with(&[&text.replace("LINK", link).replace("HOURS", hours)])
    };
    let cold = "link 1 MB/s; ";
    let brought = of(cold, "5", "");
    assert!(slow(&brought).is_empty(), "{:?}", slow(&brought));
    assert!(!all_codes(&brought).contains(&"T2111"));
    let fetched = of(cold, "5", down);
    assert_eq!(slow(&fetched), ["T2108"]);
    assert!(
        message(&fetched, "T2108").starts_with("`down` cannot be done within 5 h")
            && message(&fetched, "T2108").ends_with("through the link of `s3`"),
        "{}",
        message(&fetched, "T2108")
    );
    // What is brought still goes through the line of who brings it: 30 GB at 20 MB/s are 25 minutes.
    let at_home = with(&[&cloud.replace("LINK", cold).replace("HOURSh", "20m")]);
    assert_eq!(slow(&at_home), ["T2108"]);
    assert!(message(&at_home, "T2108").ends_with("through the link of `web`"));
}
