//! What seeds leave, one after the other, and what only their rules tell apart.

use super::tests::{PLACES, told};
use crate::testing::plan_of;

fn seed(name: &str, of: &str, to: &str, rules: &str) -> String {
    format!(
        "seed {name} of {of} to {to} by web.cron {{ daily at 04:00 UTC; {rules}; verified; credential writer; taking 1m..9m }}\n"
    )
}

/// A field that nobody labels is as sensitive as what it lies in, also where a rule sends it alone.
#[test]
fn what_only_a_rule_tells_apart_is_as_sensitive_as_what_it_lies_in() {
    let personal = PLACES.replace("rest internal", "rest personal");
    let reads = |of: &str, rules: &str| {
        let seed = seed("s", of, "test via s3.main:/seed", rules);
        told(&plan_of(&[&personal, seed.as_str()].concat()))
    };
    let (none, seen) = ((vec![], 0, vec![]), (vec!["T2202"], 1, vec![]));
    assert_eq!(reads("db", "rest skip"), none);
    assert_eq!(reads("db", "keep app.users.name; rest skip"), seen);
    let changed = "anonymise app.users.name redact before leaving; rest skip";
    assert_eq!(reads("db", changed), none);
    let hashed = "anonymise app.users.name hash before leaving; rest skip";
    assert_eq!(reads("db", hashed), seen, "a pseudonym is personal");
    // In a class without parts, a field lies in its rest.
    assert_eq!(reads("orders", "keep lines.name; rest skip"), seen);
    // What is known to lie in one class of a seed does not lie in the other one.
    assert_eq!(reads("db, orders", "keep orders.total; rest skip"), none);
    assert_eq!(reads("db, orders", "keep lines.name; rest skip"), seen);
}

/// What a seed has changed or left out stays so for whoever seeds on from there.
#[test]
fn what_is_seeded_on_is_what_the_first_seed_has_left() {
    let first = "keep app; skip log; anonymise app.mail redact before leaving; anonymise app.keys hash before leaving";
    let reads = |first: &str, second: &str| {
        let seeds = [
            seed("s", "db", "test via s3.main:/seed/one", first),
            seed("on", "db from s", "test via s3.main:/seed/two", second).replace("04:00", "05:00"),
        ];
        told(&plan_of(&[PLACES, &seeds.concat()].concat()))
    };
    let none = (vec![], 0, vec![]);
    assert_eq!(reads(first, "rest keep"), none);
    assert_eq!(reads(first, "keep app"), none, "`log` has not come");
    let more = first.replace("skip log", "keep log");
    assert_eq!(reads(&more, "keep app"), (vec!["T2204"], 1, vec![]));
    // A field that the first one alone tells apart needs a rule of the second one.
    let finer = "keep log.lines; rest skip";
    assert_eq!(reads(finer, "keep log.lines"), none);
    assert_eq!(reads(finer, "keep log.other"), (vec!["T2204"], 1, vec![]));
    let raised = first.replace(
        "redact before leaving",
        "redact before leaving leaving personal",
    );
    assert_eq!(reads(&raised, "rest keep"), (vec!["T2202"], 1, vec![]));
}

/// Whoever a seed is for reads the place by which it comes, whether anybody says with what or not.
#[test]
fn whoever_a_seed_is_for_reads_what_it_brings() {
    let narrow = PLACES.replace("of /seed;", "of /own;");
    let reads = |more: &[&str]| told(&plan_of(&[narrow.as_str(), &more.concat()].concat()));
    let (none, seen) = ((vec![], 0, vec![]), (vec!["T2202"], 1, vec![]));
    let by_way = "test via s3.main:/seed";
    let clean = "keep app; skip log; anonymise app.mail redact before leaving; anonymise app.keys hash before leaving";
    let clean = seed("s", "db", by_way, clean);
    assert_eq!(reads(&[&clean]), none);
    for rules in [
        "keep app.mail; skip app.keys; rest skip",
        "rest keep",
        "anonymise app.mail null; skip app.keys; rest skip",
    ] {
        assert_eq!(reads(&[&seed("s", "db", by_way, rules)]), seen, "{rules}");
    }
    // And all else that lies there, also where it comes later; but not beside it.
    let raw = |to: &str| {
        format!(
            "copy raw of db to s3.main:{to} by web.cron since two {{ daily at 03:00 UTC; credential writer; taking 1m..9m }}\n"
        )
    };
    let phases = "phase one = 2026-01-01\nphase two = 2026-03-01\n";
    let beside = (vec!["T2203"], 1, vec![]);
    assert_eq!(reads(&[phases, &clean, &raw("/seed/raw")]), beside);
    assert_eq!(reads(&[phases, &clean, &raw("/raw")]), none);
    // A seed that has ended by then brings nobody there any more.
    let ended = clean.replace("web.cron", "web.cron until two");
    assert_eq!(reads(&[phases, &ended, &raw("/seed/raw")]), none);
    // Two seeds by one place: each one's readers see what the other one's get.
    let other = "host open at hetzner/nbg1 { store tiny }\nenvironment public { on open; clearance public }\n";
    let skips = seed("t", "db", "public via s3.main:/seed", "rest skip");
    let apart = skips.replace("main:/seed", "main:/else");
    assert_eq!(reads(&[other, &clean, &apart]), none);
    assert_eq!(reads(&[other, &clean, &skips]), seen);
    // What the host of an environment comes to read there opens more, as anywhere.
    let lower = narrow.replace("store small;", "store small; clearance public;");
    assert_eq!(
        told(&plan_of(&[lower.as_str(), clean.as_str()].concat())),
        (vec!["T2201"], 1, vec![])
    );
}

/// What a seed brings that names no place on the way lies nowhere that the plan knows of, and is seen all the same.
#[test]
fn a_seed_that_names_no_place_is_looked_at() {
    let reads = |places: &str, of: &str, rules: &str| {
        told(&plan_of(&[places, &seed("s", of, "test", rules)].concat()))
    };
    let (none, seen) = ((vec![], 0, vec![]), (vec!["T2202"], 1, vec![]));
    let clean = "keep app; skip log; anonymise app.mail redact before leaving; anonymise app.keys hash before leaving";
    assert_eq!(reads(PLACES, "db", clean), none);
    let late = clean.replace("redact before leaving", "redact");
    assert_eq!(reads(PLACES, "db", &late), seen);
    assert_eq!(reads(PLACES, "db", "rest keep"), seen);
    assert_eq!(
        reads(PLACES, "db", "keep app.mail; skip app.keys; rest skip"),
        seen
    );
    assert_eq!(reads(PLACES, "orders", "rest keep"), none);
    // As the seed before has left it.
    let two = |second: &str| {
        let first = seed("first", "db", "test via s3.main:/seed", clean);
        let text = [PLACES, &first, &seed("s", "db from first", "test", second)].concat();
        told(&plan_of(&text))
    };
    assert_eq!(two("rest keep"), none);
    let public = PLACES.replace("clearance internal }", "clearance public }");
    assert_eq!(reads(&public, "orders", "rest keep"), seen);
    // A host of the environment that is cleared for less, and the one that runs it and reads all.
    let lower = PLACES.replace("store small;", "store small; clearance public;");
    assert_eq!(
        reads(&lower, "orders", "rest keep"),
        (vec!["T2201"], 1, vec![])
    );
    assert_eq!(reads(&lower, "orders", "rest skip"), none);
    let runs = PLACES.replace(
        "host bench",
        "host other at hetzner/nbg1 { runs cron; clearance internal }\nhost bench",
    );
    let pulls = seed("s", "db", "test", clean).replace("web.cron", "other.cron");
    let pulls = |clearance: &str| {
        let text = runs.replace("runs cron; clearance internal", clearance);
        told(&plan_of(&[&text, pulls.as_str()].concat()))
    };
    assert_eq!(
        pulls("runs cron; clearance internal"),
        (vec!["T2201"], 1, vec![])
    );
    assert_eq!(pulls("runs cron; clearance credential"), none);
    // Nobody starts it: nothing is played.
    let by_hand = seed("s", "db", "test", "rest keep").replace("daily at 04:00 UTC", "on demand");
    let told = told(&plan_of(&[PLACES, &by_hand].concat()));
    assert_eq!(
        told,
        (vec!["T2202"], 0, vec!["copies that are made on demand"])
    );
}

/// What one seed changes another one brings as it is, to where the first one's readers read.
#[test]
fn what_a_seed_changes_is_not_brought_by_another_one() {
    let all = PLACES.replace("clearance internal }", "clearance credential }");
    let reads = |to: &str, rules: &str| {
        let first = "rest keep; anonymise app.mail redact before leaving; anonymise app.keys hash before leaving";
        let seeds = [
            seed("s", "db", "test via s3.main:/seed/one", first),
            seed("t", "db", &format!("{to} via s3.main:/seed/two"), rules),
        ];
        let other = "host open at hetzner/nbg1 { store tiny }\nenvironment other { on open; clearance credential }\n";
        told(&plan_of(&[&all, other, &seeds.concat()].concat()))
    };
    let beside = (vec!["T2203"], 1, vec![]);
    for to in ["test", "other"] {
        assert_eq!(reads(to, "rest keep"), beside);
        assert_eq!(reads(to, "skip app.keys; rest keep"), beside);
        let same = "rest keep; anonymise app.mail null before leaving; skip app.keys";
        assert_eq!(reads(to, same), (vec![], 0, vec![]));
    }
}

/// Also where nobody but the one seed names the field.
#[test]
fn what_only_one_seed_tells_apart_another_one_brings() {
    let reads = |second: &str| {
        let seeds = [
            seed(
                "s",
                "orders",
                "test via s3.main:/seed/one",
                "anonymise lines.name redact before leaving; rest keep",
            ),
            seed("t", "orders", "test via s3.main:/seed/two", second),
        ];
        told(&plan_of(&[PLACES, &seeds.concat()].concat()))
    };
    assert_eq!(reads("rest keep"), (vec!["T2203"], 1, vec![]));
    assert_eq!(reads("skip lines.name; rest keep"), (vec![], 0, vec![]));
    assert_eq!(reads("rest skip"), (vec![], 0, vec![]));
}

/// That a store or somebody else may not see something hides from nobody that an environment reads it.
#[test]
fn what_is_told_of_one_place_is_told_of_others() {
    let store = PLACES.replace("bucket main", "bucket main { clearance internal }");
    let raw = "copy raw of db to s3.main:/seed/raw by web.cron { daily at 03:00 UTC; credential writer; taking 1m..9m }\n";
    let both = told(&plan_of(&[&store, raw].concat()));
    assert_eq!(both, (vec!["T2201", "T2202"], 2, vec![]));
    // Of a host, and of the environment on it, it is told once.
    let host = PLACES.replace("store small;", "store small; clearance internal;");
    let once = told(&plan_of(&[&host, raw].concat()));
    assert_eq!(once, (vec!["T2201"], 1, vec![]));
}
