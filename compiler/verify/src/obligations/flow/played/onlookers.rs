//! Who reads by rights that are not his alone: with others of his environment, with a service, or beside a mirror.

use super::tests::{PLACES, told};
use crate::testing::{Told, plan_of};

fn of(places: &str, more: &[&str]) -> Told {
    told(&plan_of(&[places, &more.concat()].concat()))
}

fn leak(code: &'static str) -> Told {
    (vec![code], 1, vec![])
}

fn none() -> Told {
    (vec![], 0, vec![])
}

const COPY: &str = "copy plain of db to s3.main:/pub by web.cron { daily at 03:00 UTC; credential writer; taking 1m..9m }\n";
const READS: &str =
    "credential browser { account s3; may read on s3.main of /pub; held on bench }\n";

fn on(hosts: &str) -> String {
    PLACES.replace(
        "environment test { on bench;",
        &format!("environment test {{ on {hosts};"),
    )
}

/// An environment is more than the host on which data lives.
#[test]
fn the_other_hosts_of_an_environment_are_asked() {
    let both = on("web, bench");
    assert_eq!(of(&both, &[COPY, READS]), leak("T2202"));
    // What only the host reads on which it lives, it has anyway.
    assert_eq!(of(&both, &[COPY]), none());
    assert_eq!(of(&on("web"), &[COPY, READS]), none());
    // Who is cleared for it may read it.
    let cleared = both.replace("clearance internal;", "clearance credential;");
    let cleared = cleared.replace("clearance internal }", "clearance credential }");
    assert_eq!(of(&cleared, &[COPY, READS]), none());
    // What lies at home another host reads as well as anything else.
    let shown = "mount m of web.disk:/db in viewer\n";
    assert_eq!(of(&both, &[shown]), leak("T2202"));
    // Who gets on the host on which it lives reads it from there.
    let login = both.replace("store small;", "store small; deploys to web;");
    assert_eq!(of(&login, &[COPY]).0, ["T2202"]);
}

/// What a seed brings is for all who are at home in the environment, and be it where the data lives.
#[test]
fn a_seed_to_where_data_lives_is_seen() {
    let seed = |via: &str, rules: &str| {
        format!(
            "seed s of db to test via {via} by web.cron {{ daily at 04:00 UTC; {rules}; verified; credential writer; taking 1m..9m }}\n"
        )
    };
    let raw = "keep app; rest skip";
    let changed = "anonymise app.mail redact before leaving; skip app.keys; keep app; rest skip";
    for (hosts, via) in [
        ("web", "web.disk:/seed"),
        ("web", "s3.main:/seed"),
        ("web, bench", "web.disk:/seed"),
        ("web, bench", "s3.main:/seed"),
    ] {
        assert_eq!(
            of(&on(hosts), &[&seed(via, raw)]),
            leak("T2202"),
            "{hosts} {via}"
        );
    }
    assert_eq!(of(&on("bench"), &[&seed("s3.main:/seed", changed)]), none());
    let told = of(&on("web, bench"), &[&seed("s3.main:/seed", changed)]);
    assert_eq!(told, none());
    // What has no label is cleared where it lives, and nowhere else.
    let bare = |hosts| {
        on(hosts).replace(
            "parts app, log; fields { app.mail personal; app.keys credential; rest internal }",
            "parts app, log",
        )
    };
    let brought = |via| seed(via, "keep app; keep log");
    assert_eq!(of(&bare("web"), &[&brought("web.disk:/seed")]), none());
    assert_eq!(
        of(&bare("web"), &[&brought("s3.main:/seed")]),
        leak("T2202")
    );
}

const MIRROR: &str = "sync mirror of db to s3.main:/mirror by web.cron { daily at 03:00 UTC; credential writer; taking 1m..9m; backup dir s3.main:/trash }\n";

/// What a sync puts aside is what it once brought.
#[test]
fn what_a_sync_puts_aside_is_seen() {
    let trash = READS.replace("/pub", "/trash");
    assert_eq!(of(PLACES, &[MIRROR]), none());
    assert_eq!(of(PLACES, &[MIRROR, &trash]), leak("T2202"));
    assert_eq!(of(PLACES, &[MIRROR, READS]), none());
    // Of one run's folder, too.
    let run = READS.replace("/pub", "/trash/2026-01-04");
    assert_eq!(of(PLACES, &[MIRROR, &run]), leak("T2202"));
    // Who sees the mirror is told of that.
    let all = READS.replace("of /pub", "of /");
    assert_eq!(of(PLACES, &[MIRROR, &all]), leak("T2202"));
    // Nothing is put aside where it is just deleted.
    let bare = MIRROR.replace("; backup dir s3.main:/trash", "");
    assert_eq!(of(PLACES, &[&bare, &trash]), none());
    // Below where a seed goes.
    let beside = MIRROR.replace("s3.main:/trash", "s3.main:/seed/trash");
    assert_eq!(of(PLACES, &[&beside]), leak("T2202"));
    // Users of a service.
    let service = PLACES.replace("service viewer", "service viewer { clearance internal }");
    let shown = "mount m of s3.main:/trash in viewer\n";
    let told = of(&service, &[MIRROR, shown]);
    assert_eq!(told, (vec!["T2201", "T2202"], 2, vec![]));
    // A host.
    let host = PLACES.replace(
        "has rclone 1.75.2; store small",
        "has rclone 1.75.2; clearance internal; store small",
    );
    assert_eq!(of(&host, &[MIRROR, &trash]).0, ["T2201"]);
}

/// Nor is what a sync has put aside gone when the sync ends.
#[test]
fn what_has_been_put_aside_stays() {
    const PHASES: &str = "phase one = 2026-01-01\nphase two = 2026-06-01\n";
    let mirror = MIRROR.replace(" by web.cron {", " by web.cron until two {");
    let shown = "mount m of s3.main:/trash in viewer since two\n";
    let told = of(&[PHASES, PLACES].concat(), &[&mirror, shown]);
    assert_eq!(told, (vec!["T2202"], 0, vec!["what syncs put aside"]));
}

/// What a service is declared a reader of is read by whoever owns its host.
#[test]
fn what_a_service_reads_its_host_reads() {
    let reads = |who: &str| {
        PLACES.replace(
            "bucket main }",
            &format!("bucket main {{ readers {who} of /pub }} }}"),
        )
    };
    assert_eq!(of(&reads("viewer"), &[COPY]), leak("T2202"));
    assert_eq!(of(&reads("test"), &[COPY]), leak("T2202"));
    assert_eq!(of(&reads("\"family\""), &[COPY]), none());
    assert_eq!(
        of(&reads("viewer"), &[&COPY.replace("/pub", "/apart")]),
        none()
    );
    // A host, and what lies where the data lives.
    let alone = |places: String| {
        places
            .replace("environment test { on bench; clearance internal }", "")
            .replace(
                "has rclone 1.75.2; store small",
                "has rclone 1.75.2; clearance internal; store small",
            )
    };
    assert_eq!(of(&alone(reads("viewer")), &[COPY]), leak("T2201"));
    let home = PLACES.replace("store disk }", "store disk { readers viewer of /db } }");
    assert_eq!(of(&home, &[]), leak("T2202"));
    // With a key.
    let key = "key k { held on web, bench }\nrepository r in s3.main:/pub { engine restic 0.18.0; key k; credential writer }\n\
               backup up of db to r by web.cron { daily at 03:00 UTC; keep 7 daily; taking 1m..9m }\n";
    assert_eq!(of(&reads("viewer"), &[key]), leak("T2202"));
    assert_eq!(of(&reads("viewer"), &[&key.replace(", bench", "")]), none());
}

/// The users of a service that browse a class see it.
#[test]
fn what_people_browse_they_see() {
    let browsed = |cleared: &str, by: &str| {
        PLACES
            .replace(
                "store disk }",
                &format!("store disk; service shop {{ clearance {cleared} }} }}"),
            )
            .replace(
                "on web.disk:/db { parts",
                &format!("on web.disk:/db {{ browsed by {by}; parts"),
            )
    };
    assert_eq!(of(&browsed("internal", "shop"), &[]), leak("T2201"));
    assert_eq!(of(&browsed("credential", "shop"), &[]), none());
    assert_eq!(of(&browsed("internal", "viewer"), &[]), none());
    // A repository on its host is no plain copy.
    let key = "key k { held on web }\nrepository r in web.disk:/r { engine restic 0.18.0; key k }\n\
               backup up of orders to r by web.cron { daily at 03:00 UTC; keep 7 daily; taking 1m..9m }\n";
    assert_eq!(of(&browsed("internal", "shop"), &[key]), leak("T2201"));
}

/// A label that is written is compared where the data lives, whatever has none beside it.
#[test]
fn what_is_labelled_is_seen_beside_what_is_not() {
    let places = |fields: &str| {
        PLACES
            .replace("store disk }", "store disk { clearance internal } }")
            .replace(
                "parts app, log; fields { app.mail personal; app.keys credential; rest internal }",
                fields,
            )
    };
    assert_eq!(of(&places("fields { mail personal }"), &[]), leak("T2201"));
    assert_eq!(of(&places("fields { total internal }"), &[]), none());
    assert_eq!(of(&places("parts app"), &[]), none());
}

/// A file with a key that is put aside is read there.
#[test]
fn a_secret_that_is_put_aside_is_found() {
    let key = "key k { held on web; file \"/orders/keys/k\" }\n\
               repository kept in s3.main:/seed/kept { engine restic 0.18.0; key k }\n\
               backup versions of db to kept by web.cron { daily at 02:00 UTC; credential writer; taking 1m..9m }\n";
    let mirror = MIRROR
        .replace("of db", "of orders")
        .replace("s3.main:/trash", "s3.main:/seed/trash");
    assert_eq!(of(PLACES, &[key]), none());
    assert_eq!(of(PLACES, &[key, &mirror]), leak("T2202"));
    let apart = mirror.replace("s3.main:/seed/trash", "s3.main:/apart");
    assert_eq!(of(PLACES, &[key, &apart]), none());
}
