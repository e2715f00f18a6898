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
