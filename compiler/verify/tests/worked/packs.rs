//! What no step may do to a repository, wherever it lies, nor to what a sync puts aside.

use super::common::{codes, judged, message};

/// Three hosts, and a repository on the second one.
const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
phase t0 = 2026-02-15
phase later = 2026-08-15
provider far { site one; site two; site three }
host h1 at far/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h3 at far/three { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
network n { joins h1, h2, h3 }
vault safe at far/three
monitor m { healthchecks at "HC"; hosted by far }
key k { held on safe; file "/etc/k" }
class a is state on h1.disk:/a
"#;

const BACKUP: &str = "repository r in h2.disk:/r { engine restic 0.18.0; key k }
backup up of a to r by h1.cron { daily at 03:00; keep within 60d; taking 1m..5m; monitor m }\n";

fn told(steps: &str) -> Vec<&'static str> {
    codes(&judged(&[PLACES, BACKUP, steps].concat()))
}

#[test]
fn nothing_is_moved_out_of_a_repository() {
    for place in ["h2.disk:/r", "h2.disk:/r/data", "h2.disk:/"] {
        let moved = told(&format!(
            "move old of {place} to h3.disk:/old by h3.cron {{ daily at 12:00; older than 30 days by mtime; monitor m }}"
        ));
        assert!(moved.contains(&"T2301"), "{place}: {moved:?}");
    }
    let from =
        told("move old of a from up to h3.disk:/old by h3.cron { daily at 12:00; monitor m }");
    assert!(from.contains(&"T2301"), "{from:?}");
    let beside =
        told("move old of h2.disk:/ready to h3.disk:/old by h3.cron { daily at 12:00; monitor m }");
    assert!(!beside.contains(&"T2301"), "{beside:?}");
}

#[test]
fn nothing_is_deleted_by_age_of_a_repository_that_was_brought_elsewhere() {
    for verb in ["sync", "copy"] {
        for place in ["h3.disk:/mirror", "h3.disk:/mirror/data"] {
            let text = format!(
                "{verb} again of h2.disk:/r to h3.disk:/mirror by h3.cron {{ daily at 09:00; monitor m }}
                expire old of {place} after 40 days by mtime {{ by h3.cron; daily at 12:00; monitor m }}"
            );
            let found = judged(&[PLACES, BACKUP, &text].concat());
            assert!(codes(&found).contains(&"T2301"), "{verb} {place}");
            let said = message(&found, "T2301");
            assert_eq!(said, "`old` deletes a repository that `again` brings");
        }
    }
}

/// restic writes `config`, `data`, `index`, `keys`, `locks` and `snapshots`, and nothing beside them.
#[test]
fn what_lies_beside_the_files_of_a_repository_may_be_deleted_by_age() {
    let mirrored =
        "sync again of h2.disk:/r to h3.disk:/mirror by h3.cron { daily at 09:00; monitor m }\n";
    let told = |place: &str, by: &str| {
        let rule = format!(
            "expire old of {place} after 40 days by mtime {{ by {by}.cron; daily at 12:00; monitor m }}"
        );
        let found = judged(&[PLACES, BACKUP, mirrored, &rule].concat());
        let codes = codes(&found);
        let lost = codes.contains(&"T1201") || codes.contains(&"T1202");
        (codes.contains(&"T2301"), lost)
    };
    let whole = told("h2.disk:/elsewhere", "h2");
    assert!(!whole.0);
    for place in [
        "h2.disk:/r/logs",
        "h2.disk:/r/logs/data",
        "h2.disk:/r/database",
    ] {
        assert_eq!(told(place, "h2"), whole, "{place}");
    }
    assert_eq!(told("h3.disk:/mirror/logs", "h3"), whole);
    for place in [
        "h2.disk:/",
        "h2.disk:/r",
        "h2.disk:/r/config",
        "h2.disk:/r/data",
        "h2.disk:/r/data/00",
        "h2.disk:/r/index",
        "h2.disk:/r/keys",
        "h2.disk:/r/locks",
        "h2.disk:/r/Snapshots",
    ] {
        assert!(told(place, "h2").0, "{place}");
    }
    assert!(told("h3.disk:/mirror/keys", "h3").0);
}

/// What is over may be cleared away.
#[test]
fn a_repository_that_is_no_more_may_be_cleared() {
    let cleared = |lasts: &str| {
        let text = [PLACES, BACKUP].concat();
        let text = text.replace("h2.disk:/r {", &format!("h2.disk:/r {lasts} {{"));
        let clears = "expire old of h2.disk:/r after 40 days by mtime since later { by h2.cron; daily at 12:00; monitor m }";
        codes(&judged(&[&text, clears].concat())).contains(&"T2301")
    };
    assert!(cleared(""));
    assert!(!cleared("until later"));
}

#[test]
fn what_is_put_aside_lies_where_nobody_else_deletes_or_reads_it() {
    let aside = |place: &str| {
        told(&format!(
            "class b is files on h1.disk:/b
            class c is files on h2.disk:/c
            copy cc of c to h3.disk:/c by h3.cron {{ daily at 03:00; monitor m }}
            sync first of b to h2.disk:/x by h2.cron {{ daily at 05:00; monitor m }}
            sync second of b to h2.disk:/y by h2.cron {{ daily at 06:00; backup dir {place}; monitor m }}"
        ))
    };
    let has = |place: &str, code| aside(place).contains(&code);
    assert!(!has("h2.disk:/aside", "T2306") && !has("h2.disk:/aside", "T2324"));
    for place in ["h2.disk:/x", "h2.disk:/x/aside"] {
        assert!(has(place, "T2306"), "{place}: the other sync deletes it");
    }
    for place in ["h2.disk:/r/aside", "h2.disk:/c", "h2.disk:/c/aside"] {
        assert!(has(place, "T2324"), "{place}");
    }
}

/// Who owns the server has the mirror emptied, and another step takes away what that puts aside: a sync deletes it, as it is
/// played; where a move brings it nobody follows.
#[test]
fn what_another_step_takes_from_aside_is_told_once() {
    let found = |step: &str| {
        let found = judged(
            &[
                PLACES,
                BACKUP,
                "class b is files on h1.disk:/b { retain at most 75 days }
                 sync first of b to h2.disk:/x by h2.cron { daily at 05:00; backup dir h2.disk:/aside; monitor m }\n",
                step,
            ]
            .concat(),
        );
        let codes = super::adversary::all_codes(&found);
        assert!(!codes.contains(&"T9002"), "{codes:?}");
        let idle = codes.iter().filter(|code| **code == "T2603").count();
        (codes.contains(&"T2324"), codes.contains(&"T2306"), idle)
    };
    let clears = "expire ca of h2.disk:/other after 20 days by mtime { by h2.cron; daily at 06:00; monitor m }\n";
    let moves =
        "move z of h2.disk:/aside to h2.disk:/other by h2.cron { daily at 05:30; monitor m }\n";
    assert_eq!(found(&[moves, clears].concat()), (true, false, 0));
    assert_eq!(
        found(clears),
        (false, false, 1),
        "nobody brings anything there"
    );
    let syncs =
        "sync z of h1.disk:/empty to h2.disk:/aside by h2.cron { daily at 05:30; monitor m }\n";
    assert_eq!(found(syncs), (false, true, 1));
}

/// What was put aside is followed where it lies, and no further: nobody may carry it on.
#[test]
fn what_is_put_aside_goes_nowhere_else() {
    let carried = |step: &str| {
        let text = format!(
            "class b is files on h1.disk:/b
            sync first of b to h2.disk:/x by h2.cron until later {{ daily at 05:00; backup dir h2.disk:/aside/x; monitor m }}
            repository away in h3.disk:/far {{ engine restic 0.18.0; key k }}
            {step}"
        );
        let found = judged(&[PLACES, BACKUP, &text].concat());
        let told = codes(&found).contains(&"T2324");
        told.then(|| message(&found, "T2324").to_owned())
    };
    for step in [
        "sync on of h2.disk to h3.disk:/all by h3.cron { daily at 07:00; monitor m }",
        "copy on of h2.disk:/aside to h3.disk:/aside by h3.cron { daily at 07:00; monitor m }",
        "move on of h2.disk:/aside/x/old to h3.disk:/old by h3.cron { daily at 07:00; monitor m }",
        "copy on of h2.disk:/aside to h3.disk:/aside by h3.cron since later { daily at 07:00; monitor m }",
        "backup on of b from h2.disk to away by h2.cron { daily at 07:00; keep 7 daily; prune; monitor m }",
    ] {
        let told = carried(step);
        assert_eq!(
            told.as_deref(),
            Some("`on` takes along what `first` puts aside"),
            "{step}"
        );
    }
    for step in [
        "sync on of h2.disk:/x to h3.disk:/x by h3.cron { daily at 07:00; monitor m }",
        "sync on of b from first to h3.disk:/x by h3.cron until later { daily at 07:00; monitor m }",
        "expire on of h2.disk:/aside after 30 days by mtime { by h2.cron; daily at 07:00; monitor m }",
        "backup on of b from h2.disk to away by h2.cron { daily at 07:00; keep 7 daily; prune; exclude \"aside\"; monitor m }",
    ] {
        assert!(carried(step).is_none(), "{step}");
    }
}
