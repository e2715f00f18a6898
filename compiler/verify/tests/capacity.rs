//! Room, from policy text to verdict: what piles up, what is kept of what was deleted, where it turns.

mod common;

use common::{help, judged, message, verdict};
use thrice_model::Obligation;
use thrice_verify::Verification;

/// An application server whose media wait in a bucket for a NAS that comes in August.
const BASE: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
phase app = 2026-03-29
phase nas = 2026-08-15 { slip 92 days }
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
nas tower at home/rack since nas { runs cron; has rclone 1.75.2; store tank { medium hdd } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object; quota 1 TB } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
"#;

const MEDIA: &str = r#"
class other is items on s3.main:/other until nas { size 50..50 GB; growth 0..0 %/month }
class media is items on vps.disk:/media since app until nas { size 0..0 GB; growth 0..GROWTH GB/day }
copy up of media to s3.main:/media by vps.cron since app { daily at 03:00; taking 1m..1h; credential writer; monitor deadman }
require headroom 20 % on s3.main
"#;

fn media(growth: &str) -> Verification {
    judged(&[BASE, MEDIA].concat().replace("GROWTH", growth))
}

fn has(found: &Verification, code: &str) -> bool {
    found.findings.iter().any(|f| f.diagnostic.code.0 == code)
}

/// 750 GB in 138 days are 5.4 GB a day, in 230 days 3.3.
#[test]
fn the_deciding_interval_is_named_with_the_value_at_which_it_turns() {
    let found = media("8");
    let help = help(&found, "T2001");
    assert!(
        help.contains("it fails from a growth of `media` of 5.43"),
        "{help}"
    );
    assert!(
        message(&found, "T2001").contains("from 2026-07-01 on"),
        "{}",
        message(&found, "T2001")
    );
    assert!(has(&media("5.5"), "T2001"));
    let fits = media("5.4");
    assert!(!has(&fits, "T2001"));
    assert!(has(&fits, "T2003"), "only if the NAS is on time");
    let help = common::help(&fits, "T2003");
    assert!(
        help.contains("it fails from a growth of `media` of 3.26"),
        "{help}"
    );
    assert!(!has(&media("3.2"), "T2003"));
}

/// The media with another phase after the NAS.
fn media_then(growth: &str, phase: &str, more: &str) -> Verification {
    let wired = format!("slip 92 days }}\nphase wired = {phase}");
    let text = [BASE, MEDIA, more].concat().replace("GROWTH", growth);
    judged(&text.replace("slip 92 days }", &wired))
}

/// The NAS may be 92 days late, but September does not wait for it: 750 GB in 138 days and 17 more are 4.84 GB a day.
#[test]
fn a_phase_is_no_later_than_the_next_one_lets_it_be() {
    for (growth, full) in [("4.7", false), ("5", true)] {
        let firm = media_then(growth, "2026-09-01 { slip 0 days }", "");
        assert!(!has(&firm, "T2001"));
        assert_eq!(has(&firm, "T2003"), full, "{growth}");
        // One that waits as well.
        let waits = media_then(growth, "2026-09-01 { slip 75 days }", "");
        assert!(has(&waits, "T2003"), "{growth}");
    }
    // One of the same day, on which both come.
    let on_time = BASE.replace("slip 92 days", "slip 0 days");
    let text = [&*on_time, MEDIA].concat().replace("GROWTH", "4.7");
    assert!(!has(&judged(&text), "T2003"));
    let twice = text.replace(
        "phase nas",
        "phase shelf = 2026-08-15 { slip 92 days }\nphase nas",
    );
    assert!(message(&judged(&twice), "T2003").ends_with("if `shelf` comes late"));
}

/// What is put into the same bucket in September comes only when the NAS is there: the case of a late NAS is played so.
#[test]
fn a_phase_that_is_late_holds_up_those_after_it() {
    let more = "class tapes is items on s3.main:/tapes since wired { size 700..700 GB; growth 0..0 %/month }\n";
    let found = media_then("4", "2026-09-01 { slip 92 days }", more);
    assert!(found.internal.is_empty());
    assert!(
        message(&found, "T2003").contains("from 2026-10-0"),
        "{}",
        message(&found, "T2003")
    );
}

/// What deletes or prunes with the next phase does so no sooner, late as that may be; nor on its day if it is on time.
#[test]
fn what_deletes_from_the_next_phase_on_makes_no_room_before() {
    let photos = "class photos is files on vps.disk:/photos { size 100..100 GB; growth 0..0 %/month; churn 0..4 GB/day }\n\
        copy out of photos to s3.main:/photos by vps.cron { daily at 04:00; taking 1m..1h; credential writer; monitor deadman }\n";
    let clears = |life: &str, rule: &str| {
        let rule = format!("expire old of s3.main after 20 days by upload {life} {{ {rule} }}\n");
        let text = [BASE, photos, &rule].concat();
        judged(&text.replace("t0 = 2026-02-15", "t0 = 2026-02-15 { slip 0 days }"))
    };
    // 100 GB and 4 GB a day: 824 GB in 181 days until August, more than 1 TB in 92 more.
    assert!(!has(&clears("", ""), "T2003"));
    assert!(has(&clears("since nas", ""), "T2003"));
    let sync = photos
        .replace("copy out", "sync out")
        .replace("taking 1m", "max delete 1000; taking 1m");
    let kept = |life: &str| {
        let rule =
            format!("expire old of s3.main after 20 days by upload {life} {{ noncurrent }}\n");
        let text = [BASE, &sync, &rule].concat();
        judged(&text.replace(
            "medium object; quota",
            "medium object; versioning on; quota",
        ))
    };
    assert!(!has(&kept(""), "T2003"));
    assert!(has(&kept("since nas"), "T2003"));
}

/// The growth is unknown; the verdict turns within its interval.
#[test]
fn pinning_a_growth_to_its_middle_changes_the_verdict() {
    assert!(has(&media("6"), "T2001"));
    assert!(!has(
        &judged(&[BASE, MEDIA].concat().replace("0..GROWTH", "3..3")),
        "T2001"
    ));
}

const DATABASE: &str = r#"
class db is state on vps.disk:/var/lib/db { size 200..200 MB; growth 0..0 %/month; churn 30..30 MB/day }
backup of_db of db to r by vps.cron { daily at 03:00; keep 7 daily, 4 weekly, 6 monthly, 2 yearly; PRUNE taking 1m..10m }
"#;

fn used(prune: &str, from: &str, to: &str, more: &str) -> String {
    let text = [BASE, DATABASE, more].concat().replace("PRUNE", prune);
    assert!(text.contains(from));
    let found = judged(&text.replace(from, to));
    verdict(&found, Obligation::Capacity, "s3.main")
        .note
        .to_string()
}

/// Auditor's figures: 2.01 GB in use, and 1.03 · (U / 0.95 + U) and a period's churn at a prune.
#[test]
fn a_repository_waits_for_its_prune() {
    let own = used("prune;", "", "", "");
    assert_eq!(own, "at most 4.28 GB of 1 TB");
    let weekly = "prune weekly of r by vps.cron { weekly on Sunday at 12:00; taking 1m..1h }\n";
    assert_eq!(
        used("", "", "", weekly),
        "at most 4.46 GB of 1 TB",
        "six days of churn more"
    );
    // Forgotten is not removed: 30 MB a day from the first, and the index of all that.
    let never = used("", "", "", "");
    assert_eq!(never, "at most 1.47 GB of 1 TB");
}

#[test]
fn old_versions_and_locks_take_room() {
    let rule = "expire old of s3.main after 20 days by upload { noncurrent }\n";
    let plain = "medium object; quota";
    let room = |to: &str, rule: &str| used("prune;", plain, to, rule);
    let versioned = room("medium object; versioning on; quota", rule);
    let locked = room(
        "medium object; versioning on; lock compliance 40 days; quota",
        rule,
    );
    let number = |text: &str| -> f64 {
        let words = text.split_whitespace().nth(2).unwrap_or_default();
        words.parse().unwrap()
    };
    // What is there once more, 22 days of churn, and what 23 prunes rewrite: 4.28 + 0.66 + 23 · 2.0.
    assert!((50.0..58.0).contains(&number(&versioned)), "{versioned}");
    assert!(number(&locked) > number(&versioned), "{locked}");
}

#[test]
fn snapshots_of_a_nas_keep_what_users_delete() {
    let photos = |snapshots: &str| {
        let text = format!(
            "{BASE}class photos is files on tower.tank:/photos since nas {{ size 1..1 TB; growth 0..0 %/month; churn 0..10 GB/day }}\n"
        );
        let tank = format!("medium hdd; capacity 6 TB{snapshots} }}");
        let found = judged(&text.replace("medium hdd }", &tank));
        let verdicts = found.verdicts.iter();
        let mut notes = verdicts
            .filter(|v| v.subject == "tower.tank")
            .map(|v| v.note.clone());
        notes.next().unwrap_or_default()
    };
    assert_eq!(photos(""), "at most 1 TB of 6 TB");
    assert_eq!(
        photos("; snapshots daily at 00:30 keep 90"),
        "at most 1.9 TB of 6 TB"
    );
}

/// Nobody says how large the server's disk is, though data of stated size lies there. A bucket has what is paid for.
#[test]
fn a_store_of_which_no_room_is_stated_is_not_checked_and_that_is_said() {
    let found = media("1");
    assert_eq!(
        message(&found, "T2002"),
        "room on `vps.disk` is not checked: nothing says how much there is"
    );
    let stated = [BASE, MEDIA].concat().replace("GROWTH", "1");
    let stated = stated.replace("medium nvme", "medium nvme; capacity 9 TB");
    assert!(!has(&judged(&stated), "T2002"));
}

/// A server with files, and a NAS of so much room that mirrors them.
fn mirrored(room: &str, churn: &str, steps: &str) -> Verification {
    let text = BASE.replace("medium hdd }", &format!("medium hdd; capacity {room} }}"));
    let class = format!(
        "class docs is files on vps.disk:/docs since nas {{ size 1..100 GB; growth 0..0 %/month; {churn} }}\n"
    );
    judged(&[&text, "network n { joins vps, tower }\n", &class, steps].concat())
}

const MIRROR: &str = "sync mirror of docs to tower.tank:/docs by tower.cron { daily at 03:00 UTC; max delete 9; backup dir \
     tower.tank:/trash; taking 1m..1h; monitor deadman }\n";

fn on_the_nas(found: &Verification) -> Option<(bool, String)> {
    let mut verdicts = found.verdicts.iter();
    let of_nas =
        verdicts.find(|v| v.obligation == Obligation::Capacity && v.subject == "tower.tank");
    of_nas.map(|v| (v.holds, v.note.to_string()))
}

/// 549 days from August 2026 until the horizon, and 100 MB on each of them.
#[test]
fn what_a_sync_puts_aside_takes_room_until_somebody_clears_it() {
    let churn = "churn 0..100 MB/day";
    let found = mirrored("160 GB", churn, MIRROR);
    assert_eq!(
        on_the_nas(&found),
        Some((true, "at most 155 GB of 160 GB".into()))
    );
    assert!(has(&mirrored("150 GB", churn, MIRROR), "T2001"));
    // A week of it, what the mirror takes away at once if runs were missed, the clean-up's gap with as many, and no more.
    let expire = "expire trash of tower.tank:/trash after 7 days by mtime { by tower.cron; daily at 06:00 UTC; taking 1m..1h; monitor \
         deadman }\n";
    let cleared = mirrored("150 GB", churn, &[MIRROR, expire].concat());
    assert_eq!(
        on_the_nas(&cleared),
        Some((true, "at most 102 GB of 150 GB".into()))
    );
    assert!(!has(&cleared, "T2603"), "it has something to do");
    // Another place is cleared.
    let elsewhere = expire.replace(":/trash", ":/other");
    assert!(has(
        &mirrored("150 GB", churn, &[MIRROR, &elsewhere].concat()),
        "T2001"
    ));
    let plain = MIRROR.replace("backup dir tower.tank:/trash; ", "");
    assert_eq!(
        on_the_nas(&mirrored("150 GB", churn, &plain)),
        Some((true, "at most 100 GB of 150 GB".into()))
    );
}

#[test]
fn what_keeps_an_unknown_amount_of_what_is_deleted_is_not_checked() {
    let copy = "copy more of docs to tower.tank:/docs by tower.cron { daily at 03:00 UTC; taking 1m..1h; monitor deadman }\n";
    for step in [MIRROR, copy] {
        let found = mirrored("120 GB", "", step);
        assert_eq!(on_the_nas(&found), None, "{step}");
        assert!(
            message(&found, "T2002").contains("room on `vps.disk`")
                || message(&found, "T2002").contains("what is deleted of `docs` stays there"),
            "{step}"
        );
        let told = found.findings.iter().map(|f| f.diagnostic.message.as_str());
        let says = "room on `tower.tank` is not checked: what is deleted of `docs` stays there, and no churn is stated";
        assert!(told.into_iter().any(|text| text == says), "{step}");
        assert!(on_the_nas(&mirrored("200 GB", "churn 0..100 MB/day", step)).is_some());
    }
    // It is too small in any case.
    let found = mirrored("90 GB", "", copy);
    assert_eq!(on_the_nas(&found).map(|(holds, _)| holds), Some(false));
    let plain = MIRROR.replace("backup dir tower.tank:/trash; ", "");
    assert!(on_the_nas(&mirrored("120 GB", "", &plain)).is_some());
}

/// A backup of what keeps an unknown amount has that as well.
#[test]
fn what_is_made_of_an_unknown_amount_is_not_checked() {
    let steps = "copy more of docs to vps.disk:/more by vps.cron { daily at 03:00 UTC; taking 1m..1h; monitor deadman }\n\
        repository there in tower.tank:/there { engine restic 0.18.0; key k }\n\
        backup up of docs from more to there by tower.cron { monthly on 9 at 04:00 UTC; taking 1m..1h; monitor deadman }\n";
    assert_eq!(on_the_nas(&mirrored("900 TB", "", steps)), None);
    assert!(on_the_nas(&mirrored("900 TB", "churn 0..100 MB/day", steps)).is_some());
    let found = mirrored("1 TB", "", steps);
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
}

/// What a host of so much room says of a drill.
fn drilled(room: &str, mounted: &str, drill: &str) -> Option<String> {
    let bench = format!(
        "host bench at home/rack {{ runs cron; has restic 0.18.0; store disk {{ medium ssd; capacity {room}{mounted} }} }}\n"
    );
    let steps = "class one is items on vps.disk:/one { size 1..40 GB; growth 0..0 %/month }
        class two is items on vps.disk:/two { size 1..30 GB; growth 0..0 %/month }
        backup both of one, two to r by vps.cron { daily at 03:00 UTC; taking 1m..1h; monitor deadman }\n";
    let drill = format!(
        "drill d of {drill} {{ monthly on 1 at 10:00 UTC; taking 1m..1h; monitor deadman }}\n"
    );
    let found = judged(&[BASE, &bench, steps, &drill].concat());
    let mut all = found.findings.iter().map(|f| &f.diagnostic);
    let told = all.find(|d| d.code.0 == "T2004")?;
    let mut verdicts = found.verdicts.iter();
    assert!(verdicts.any(|v| v.subject == "bench.disk" && !v.holds));
    Some(told.message.clone())
}

/// A snapshot comes back as a whole, whichever class of it is asked for.
#[test]
fn a_drill_needs_room_for_what_it_restores() {
    let told = drilled("60 GB", "", "one from r by bench.cron");
    let says = "`d` restores up to 70 GB onto `bench.disk`, where 60 GB may be left by";
    assert!(
        told.as_ref().is_some_and(|text| text.starts_with(says)),
        "{told:?}"
    );
    assert!(drilled("71 GB", "", "one from r by bench.cron").is_none());
    assert!(drilled("60 GB", "; mounted at /srv", "one from r by bench.cron").is_none());
    assert!(drilled("60 GB", "; mounted at /var", "one from r by bench.cron").is_some());
    assert!(drilled("60 GB", "", "one from r by hand").is_none());
    assert!(drilled("60 GB", "", "one from r by vps.cron").is_none());
}

/// On a host of which no store is known it has no room that anybody has looked at, and one that keeps nothing keeps no
/// snapshot either.
#[test]
fn a_drill_without_a_store_is_not_checked() {
    let found = |bench: &str, size: &str| {
        let steps = format!(
            "host bench at home/rack {{ runs cron; has restic 0.18.0; {bench} }}
            class one is items on vps.disk:/one {{ {size} }}
            backup up of one to r by vps.cron {{ daily at 03:00 UTC; taking 1m..1h; monitor deadman }}
            drill d of one from r by bench.cron {{ monthly on 1 at 10:00 UTC; taking 1m..1h; monitor deadman }}\n"
        );
        judged(&[BASE, &steps].concat())
    };
    let size = "size 1..40 GB; growth 0..0 %/month";
    let told = |bench: &str, size: &str| {
        let found = found(bench, size);
        let all = found.findings.iter().map(|f| f.diagnostic.message.clone());
        all.filter(|text| text.contains("restored by `d`"))
            .collect::<Vec<_>>()
    };
    let says = "room for what is restored by `d` is not checked: nothing says how much there is";
    assert_eq!(told("", size), [says]);
    assert_eq!(told("store disk { medium ssd }", size), [says]);
    assert_eq!(
        told("store disk { mounted at /srv; capacity 1 TB }", size),
        [says]
    );
    assert!(told("store disk { capacity 1 TB }", size).is_empty());
    assert!(told("", "growth 0..0 %/month").is_empty());
    let passes = found("transit only", size);
    let text = passes
        .findings
        .iter()
        .find(|f| f.diagnostic.code.0 == "T2307");
    assert_eq!(
        text.map(|f| f.diagnostic.message.as_str()),
        Some("step `d` restores onto `bench`, which only passes data on")
    );
    assert!(!has(&found("", size), "T2307"));
}

const ROOM: &str = r#"
policy p "p" { horizon 365 days; response time 24h }
provider far { site a; site b; site c; supports versioning, lifecycle, lifecycle-prefix }
host h at far/a { runs cron; has restic 0.18.0, rclone 1.75.2; store data { medium hdd } }
host o at far/b { runs cron; has restic 0.18.0, rclone 1.75.2; store data { medium hdd; capacity ROOM GB SNAPSHOTS }; store more { medium hdd } }
object_storage s3 at far/c { endpoint "s3.example.org"; bucket near "near" { medium object; quota ROOM GB VERSIONS }; bucket far "far" { medium object } }
monitor m { healthchecks at "HC"; hosted by far }
vault envelope at far/c
key k { held on envelope }
repository r in o.data:/r { engine restic 0.18.0; key k }
"#;

const FILES: &str = "class c is files on h.data:/c { size 100..100 GB; growth 0..0 GB/day; churn CHURN..CHURN GB/day }\n";
const DUMPS: &str = "class c is state on h.data:/c { size 10..10 GB; growth 0..0 GB/day }\n\
    capture d of c to h.data:/d by h.cron { daily at 01:00 UTC; taking 1m..1h; atomic; method program; runs \"/bin/d\"; keeps KEEPS days }\n";

/// A store that has so much room, and whether it is too full on the simulator as well.
fn too_full(room: u32, text: &str) -> bool {
    let text = [ROOM, text].concat().replace("ROOM", &room.to_string());
    let text = text.replace("SNAPSHOTS", "").replace("VERSIONS", "");
    let found = judged(&text);
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    assert!(has(&found, "T2001"), "{text}");
    let plays = found.plays.get(&Obligation::Capacity);
    plays.is_some_and(|plays| plays.replayed > 0)
}

/// Each of them was once said to fit; playing found that it does not.
#[test]
fn what_comes_together_at_once_takes_room() {
    let files = |churn: &str, steps: &str| [FILES.replace("CHURN", churn).as_str(), steps].concat();
    let dumps = |keeps: &str, steps: &str| [DUMPS.replace("KEEPS", keeps).as_str(), steps].concat();
    // What a sync puts aside stays there.
    let aside = "sync y of c to o.data:/c by h.cron { daily at 03:00 UTC; taking 1m..1h; backup dir o.data:/aside }\n";
    assert!(!has(
        &judged(
            &[ROOM, &files("1", aside)]
                .concat()
                .replace("ROOM", "600")
                .replace("SNAPSHOTS", "")
                .replace("VERSIONS", "")
        ),
        "T2001"
    ));
    assert!(too_full(200, &files("1", aside)));
    // What is deleted by age comes anew, and lies in the bucket as an old version too.
    let aged = "copy y of c to s3.near:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n\
        expire e of s3.near:/c after 30 days by upload\n";
    let old = [
        ROOM,
        &files("1", aged),
        "expire n of s3.near after 20 days by upload { noncurrent }\n",
    ]
    .concat();
    let old = old.replace("ROOM", "190").replace("SNAPSHOTS", "");
    let found = judged(&old.replace("VERSIONS", "; versioning on"));
    assert!(has(&found, "T2001") && found.internal.is_empty());
    // What people deleted lies in a copy until it is cleared.
    assert!(too_full(115, &files("1", aged)));
    // A weekly mirror deletes seven daily dumps at once, and they stay in its snapshots.
    let weekly = "sync y of h.data:/d to o.data:/d by o.cron { weekly on Sunday at 05:00 UTC; taking 1m..1h }\n";
    let kept = [ROOM, &dumps("10", weekly)].concat().replace("ROOM", "160");
    let found = judged(
        &kept
            .replace("VERSIONS", "")
            .replace("SNAPSHOTS", "; snapshots daily at 00:30 keep 7"),
    );
    assert!(has(&found, "T2001") && found.internal.is_empty());
    // What a monthly mirror brings at once a daily one of that overwrites at once.
    let rare = "sync y of c to o.more:/c by h.cron { monthly on 13 at 13:00 UTC; taking 1h..1h }\n\
        sync z of c from y to s3.near:/c by h.cron { daily at 22:00 UTC; taking 1m..1h }\n\
        expire e of s3.near after 3 days by upload { noncurrent }\n";
    let kept = [ROOM, &files("1", rare)].concat().replace("ROOM", "125");
    let found = judged(
        &kept
            .replace("VERSIONS", "; versioning on")
            .replace("SNAPSHOTS", ""),
    );
    assert!(has(&found, "T2001") && found.internal.is_empty());
    // A mirror has all that its source has, and not only what the first dump's step keeps.
    let chain = "copy y of c from d to s3.far:/d by h.cron { daily at 03:00 UTC; taking 1m..1h }\n\
        expire e of s3.far:/d after 30 days by upload\n\
        sync z of c from y to o.data:/d by h.cron { daily at 05:00 UTC; taking 1m..1h }\n";
    assert!(too_full(100, &dumps("3", chain)));
}

#[test]
fn repositories_take_what_their_runs_make_of_them() {
    let files = |churn: &str, steps: &str| [FILES.replace("CHURN", churn).as_str(), steps].concat();
    // Two prunes a day: a whole day's run lies between some of them.
    let often = "backup b of c to r by h.cron { daily at 16:00 UTC; taking 1h..1h; keep 2 last }\n\
        prune x of r by h.cron { daily at 10:00, 22:00 UTC; taking 1m..1h }\n";
    assert!(too_full(500, &files("100", often)));
    // A source that changes once a week brings all its changes at once.
    let rarely = "sync y of c to o.more:/c by h.cron { weekly on Sunday at 05:00 UTC; taking 1m..1h }\n\
        backup b of c from y to r by h.cron { daily at 16:00 UTC; taking 1m..1h; keep 3 last; prune }\n";
    assert!(too_full(235, &files("5", rarely)));
    // Rules that count reach back further if runs are missed, which the play does not do.
    let watched = "backup b of c to r by h.cron { daily at 16:00 UTC; taking 1m..1h; keep 5 last; prune; monitor m }\n";
    assert!(!too_full(300, &files("5", watched)));
    // A prune that is done with a run, and another one on the same day: what the first deleted is gone by then.
    let at_once = "backup b of c to r by h.cron { daily at 05:00 UTC; taking 2h..2h; keep 1 weekly }\n\
        prune x of r by h.cron { daily at 06:00, 21:00 UTC; taking 1h..1h }\n";
    let growing = files("1", at_once).replace("growth 0..0 GB/day", "growth 200..200 MB/day");
    assert!(too_full(280, &growing));
    // What nothing forgets has an index as well.
    let never = "backup b of c to r by h.cron { daily at 16:00 UTC; taking 1m..1h }\n";
    assert!(too_full(470, &files("1", never)));
    // All of it is new each day, as much as there was on that: 10 GB at first, 46.5 GB after a year.
    let grows = "class c is files on h.data:/c { size 10..10 GB; growth 100..100 MB/day }\n"
        .to_owned()
        + never;
    assert!(too_full(10_000, &grows));
    let roomy = [ROOM, &grows].concat().replace("ROOM", "11500");
    let fits = judged(&roomy.replace("SNAPSHOTS", "").replace("VERSIONS", ""));
    assert!(!has(&fits, "T2001") && fits.internal.is_empty());
}

/// A sync brings all that a prune has written anew, and all that has come since, before it deletes what it had; and
/// what it puts aside of that lies there, whether or not it is said how much of the files changes.
#[test]
fn a_mirror_of_a_repository_has_what_it_had_and_what_it_brings() {
    let mirrored = |churn: &str, aside: &str| {
        let files = FILES.replace("; churn CHURN..CHURN GB/day", churn);
        let steps = "backup b of c to r by h.cron { daily at 03:00 UTC; taking 1m..1h; keep 2 last }\n\
            prune x of r by h.cron { weekly on Tuesday at 21:00 UTC; taking 1m..1h }\n";
        let sync = format!(
            "sync y of o.data:/r to s3.near:/r by o.cron {{ weekly on Tuesday at 12:00 UTC; taking 1m..1h{aside} }}\n"
        );
        [&files, steps, &sync].concat()
    };
    let changing = "; churn 10..10 GB/day";
    let roomy = ROOM.replace("capacity ROOM GB SNAPSHOTS", "capacity 90 TB");
    let full = |room: &str, text: &str| {
        let text = [&roomy, text].concat().replace("VERSIONS", "");
        let found = judged(&text.replace("quota ROOM GB", &format!("quota {room} GB")));
        assert!(found.internal.is_empty(), "{:#?}", found.internal);
        let plays = found.plays.get(&Obligation::Capacity);
        has(&found, "T2001").then(|| plays.map_or(0, |plays| plays.replayed))
    };
    let plain = mirrored(changing, "");
    assert_eq!(full("330", &plain), Some(1));
    assert_eq!(full("380", &plain), None);
    // 200 GB of new data each day, and up to so much again a week.
    let aside = mirrored("", "; backup dir s3.near:/aside");
    assert_eq!(full("10000", &aside), Some(1));
    assert_eq!(full("60000", &aside), None);
}

/// The rooms of two phases, with what steps have left of the first.
fn in_phases(room: u32, text: &str) -> bool {
    let phases = "phase one = 2026-03-01\nphase two = 2026-09-01 { slip 0 days }\nphase three = 2026-11-01 { slip 0 days }\n";
    let text = [phases, ROOM, text]
        .concat()
        .replace("ROOM", &room.to_string());
    let found = judged(&text.replace("SNAPSHOTS", "").replace("VERSIONS", ""));
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    has(&found, "T2001")
}

/// What was brought there stays when its step ends: next to what comes after it, until somebody clears it.
#[test]
fn what_steps_have_left_takes_room() {
    let old = FILES.replace("CHURN", "1");
    let new = FILES.replace("CHURN", "1").replace("class c", "class d");
    let new = new.replace("h.data:/c", "h.data:/d");
    let step = |name: &str, of: &str, more: &str| {
        format!(
            "sync {name} of {of} to o.data:/{of} by h.cron {more} {{ daily at 03:00 UTC; taking 1m..1h }}\n"
        )
    };
    let first = step("y", "c", "until two");
    let beside = step("z", "d", "since three");
    let clears = "expire e of o.data:/c after 20 days by mtime { daily at 05:00 UTC; by o.cron; taking 1m..1h; monitor m }\n";
    assert!(in_phases(150, &[&*old, &new, &first, &beside].concat()));
    assert!(!in_phases(250, &[&*old, &new, &first, &beside].concat()));
    assert!(!in_phases(
        150,
        &[&*old, &new, &first, &beside, clears].concat()
    ));
    // What clears it needs some time.
    let sooner = step("z", "d", "since two");
    assert!(in_phases(
        150,
        &[&*old, &new, &first, &sooner, clears].concat()
    ));
    // The next step goes on with it, or has names of its own for what it makes.
    let goes_on = step("z", "c", "since two");
    assert!(!in_phases(150, &[&*old, &first, &goes_on].concat()));
    // What people deleted before has been there since the first step came.
    let adds = |name: &str, more: &str| step(name, "c", more).replace("sync", "copy");
    let one_by_one = [adds("y", "until two"), adds("z", "since two")].concat();
    assert!(in_phases(400, &[&*old, &one_by_one].concat()));
    assert!(!in_phases(480, &[&*old, &one_by_one].concat()));
    let versions = |name: &str, more: &str| {
        format!(
            "backup {name} of c to r by h.cron {more} {{ daily at 03:00 UTC; taking 1m..1h; keep 2 last; prune }}\n"
        )
    };
    let ever = versions("y", "");
    let anew = [versions("y", "until two"), versions("z", "since two")].concat();
    assert!(!in_phases(350, &[&*old, &ever].concat()));
    assert!(in_phases(350, &[&*old, &anew].concat()));
}

/// A mirror of a copy that only adds has what that keeps, from when on that was there; and so has a backup of it.
#[test]
fn what_is_made_of_a_copy_that_adds_has_all_that_it_keeps() {
    let of = |step: &str| {
        let adds = "copy y of c to o.more:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n";
        [&FILES.replace("CHURN", "1"), adds, step].concat()
    };
    let mirror =
        "sync z of c from y to o.data:/c by o.cron { daily at 05:00 UTC; taking 1m..1h }\n";
    assert!(too_full(450, &of(mirror)));
    let later = "copy z of c from y to o.data:/c by o.cron since three { daily at 05:00 UTC; taking 1m..1h }\n";
    assert!(in_phases(450, &of(later)));
    let backup = "backup z of c from y to r by o.cron { daily at 05:00 UTC; taking 1m..1h; keep 2 last; prune }\n";
    assert!(in_phases(900, &of(backup)) && !in_phases(1100, &of(backup)));
}

/// Items are written once: a repository takes what they grow by, and others in their place only where that is said.
#[test]
fn items_take_what_they_grow_by() {
    let items = |churn: &str| {
        let items = FILES.replace("is files", "is items");
        let said = items.replace("; churn CHURN..CHURN GB/day", churn);
        [
            &said,
            "backup b of c to r by h.cron { daily at 16:00 UTC; taking 1h..1h }\n",
        ]
        .concat()
    };
    assert!(!in_phases(110, &items("")));
    assert!(too_full(450, &items("; churn 1 GB/day")));
}

/// Of a class whose size nobody states what it has grown by lies there all the same: where that decides on the day, what
/// is played is no earlier than what is told.
#[test]
fn what_grows_takes_room_though_no_size_is_stated() {
    let grows = |class: &str| {
        let text = format!(
            r#"
policy p "p" {{ horizon 1 year; response time 72h }}
phase t0 = 2026-02-15
provider ovh {{ site one }}
host web at ovh/one {{ runs cron; store disk {{ medium nvme; snapshots daily at 00:30 keep 30; capacity 100 GB }} }}
class db is state on web.disk:/live/db {{ {class} }}
"#
        );
        judged(&text)
    };
    // 20 days at 5 GB of the old and 0.55 GB of what is new are more than 100 GB.
    let both = grows("churn 1..5 GB/day; growth 0..10 GB/year");
    assert!(message(&both, "T2001").contains("from 2026-03-07 on"));
    assert!(both.internal.is_empty());
    let day_later = grows("churn 1..5 GB/day");
    assert!(message(&day_later, "T2001").contains("from 2026-03-08 on"));
    let alone = grows("churn 0..0 GB/day; growth 0..120 GB/year");
    assert!(message(&alone, "T2001").contains("from 2026-12-17 on"));
    let less = grows("churn 0..0 GB/day; growth 0..90 GB/year");
    assert!(
        !has(&less, "T2001") && has(&less, "T2002"),
        "not called fine"
    );
}

/// A server whose database is dumped and backed up, and what forgets nothing.
const KEEPS_ALL: &str = r#"
policy p "p" { horizon 3 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one }
provider home { site rack }
provider bank { site safe }
host web at ovh/one { runs cron; has restic 0.18.0; store disk { medium nvme } }
nas tower at home/rack { runs cron; has restic 0.18.0; store tank { medium hdd; capacity CAPACITY } }
vault envelope at bank/safe
key k { held on envelope }
repository r in tower.tank:/r { engine restic 0.18.0; key k }
class db is state on web.disk:/live/db { size 20..40 GB; growth 0..0 %/month }
"#;

/// What is said of the day from which on a NAS may be too full, and whether that was played.
fn kept_for_ever(capacity: &str, steps: &str) -> (Option<String>, usize) {
    let found = judged(&[KEEPS_ALL, steps].concat().replace("CAPACITY", capacity));
    assert!(found.internal.is_empty());
    let mut full = found.findings.iter().map(|f| &f.diagnostic);
    let full = full.find(|d| d.code.0 == "T2001").map(|d| {
        let (_, rest) = d.message.split_once("from ").unwrap_or_default();
        rest.split(' ').next().unwrap_or_default().to_owned()
    });
    let plays = found.plays.get(&Obligation::Capacity);
    (full, plays.map_or(0, |plays| plays.replayed))
}

/// 40 GB that are all new each day, and an index of 3 %: 41.2 GB a day, whether a dump comes in one version or in 24; the
/// first version has a month of them. What is played may have tens of thousands of versions to compare.
#[test]
fn many_versions_of_what_lies_side_by_side_are_weighed() {
    let beside = "capture d of db to web.disk:/d by web.cron { daily at 05:15 UTC; taking 1m..2m; atomic; method redis_bgsave; keeps 30 days }\n\
                  backup b of db from d to r by web.cron { daily at 05:50 UTC; taking 5m..2h }\n";
    let (full, played) = kept_for_ever("6 TB", beside);
    assert_eq!((full.as_deref(), played), (Some("2026-06-09"), 1));
    let (full, played) = kept_for_ever("40 TB", beside);
    assert_eq!((full.as_deref(), played), (Some("2028-09-11"), 1));
    assert_eq!(kept_for_ever("50 TB", beside), (None, 0));
    let hourly = "capture d of db to web.disk:/d by web.cron { daily at 01:00 UTC; taking 1m..5m; atomic; method pg_dump }\n\
                  backup b of db from d to r by web.cron { hourly at minute 30; taking 1m..15m }\n";
    let (full, played) = kept_for_ever("2 TB", hourly);
    assert_eq!((full.as_deref(), played), (Some("2026-04-04"), 1));
    let (full, played) = kept_for_ever("44 TB", hourly);
    assert_eq!((full.as_deref(), played), (Some("2029-01-17"), 1));
    assert_eq!(kept_for_ever("50 TB", hourly), (None, 0));
}
