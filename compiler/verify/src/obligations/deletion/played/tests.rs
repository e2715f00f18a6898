//! What is told of hostile hands comes about on the simulator; of other hands, or other copies, it does not.

use std::rc::Rc;

use super::super::decide;
use super::*;
use crate::testing::{assert_refused, plan_of};
use thrice_plan::Plan;

const PLACES: &str = r#"
policy p "p" { horizon 1 year; response time 60h }
phase t0 = 2026-02-15
use std/home
provider cloud { site one; supports versioning, lifecycle }
provider far { site two }
host web at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host spare at far/two { runs cron; has rclone 1.75.2; store tank; store other }
host idle at far/two { runs cron; store none }
network vpn { joins web, spare }
object_storage s3 at cloud/one { bucket near; bucket deep }
credential c { account s3; may read, write, delete on s3.*; held on web }
vault safe at far/two
key k { held on safe }
"#;

/// One class, and the steps that copy it: what came of the cases that are told.
fn played(class: &str, steps: &str) -> (Plan, usize, Vec<&'static str>) {
    let plan = plan_of(&[PLACES, class, "\n", steps].concat());
    let context = Context::new(&plan, Rc::default());
    let mut out = Verification::default();
    decide(&context, &mut out);
    let mismatches = context.mismatches.take();
    assert!(mismatches.is_empty(), "{mismatches:?}");
    let plays = out.plays.remove(&Obligation::Deletion).unwrap_or_default();
    drop(context);
    (plan, plays.replayed, plays.rest_on.into_iter().collect())
}

/// What a host in hostile hands is said to do to some places.
fn group(plan: &Plan, host: &str, places: &[&str]) -> Group {
    let mut hosts = plan.model.hosts.iter();
    let (host, _) = hosts.find(|(_, h)| h.named.name == host).unwrap();
    let at = |copy: &Copy| {
        let store = &plan.model.stores[copy.location.store].named.name;
        format!("{store}:{}", copy.location.path)
    };
    let copies = plan.copies.iter();
    let gone = copies.filter(|(_, copy)| places.contains(&at(copy).as_str()));
    let case: Vec<_> = gone.map(|(id, _)| (id, Happens::Deleted(None))).collect();
    let all: Vec<String> = plan.copies.iter().map(|(_, copy)| at(copy)).collect();
    assert_eq!(case.len(), places.len(), "{all:?}");
    Group {
        case,
        by: Some((Principal::Host(host), 0)),
        ..Group::default()
    }
}

const STATE: &str = "class db is state on web.disk:/db";
const OUT: &str =
    "copy out of db to s3.near:/db by web.cron { weekly on Sunday at 03:00 UTC; credential c }\n";

#[test]
fn who_can_destroy_what_is_played() {
    let (plan, replayed, rest_on) = played(STATE, OUT);
    assert_eq!(
        (replayed, rest_on),
        (1, vec![]),
        "`web`, and `c` but for the live data"
    );
    let context = Context::new(&plan, Rc::default());
    let said = |host: &str, places: &[&str]| confirm(&context, &group(&plan, host, places));
    let all = ["web.disk:/db", "s3.near:/db"];
    assert_eq!(said("web", &all), Ok(Played::Out));
    let why = "played, what is on `s3.near`, `web.disk` is left";
    assert_eq!(said("spare", &all), Err(why.to_owned()));
    // A case of other hands is an internal error.
    let mut out = Verification::default();
    assert!(!is_borne_out(
        &context,
        &mut out,
        &group(&plan, "idle", &all)
    ));
    assert_refused(&context, "`db` does not replay");
}

/// A mirror that runs once a month carries the deletion on, and nobody has looked by then.
#[test]
fn a_slow_mirror_carries_the_deletion_on() {
    let mirror =
        "sync mirror of s3.near to spare.tank:/m by spare.cron { monthly on 9 at 05:00 UTC }\n";
    let (plan, replayed, rest_on) = played(STATE, &[OUT, mirror].concat());
    assert_eq!((replayed, rest_on), (1, vec![]));
    let context = Context::new(&plan, Rc::default());
    let mirrored = ["s3.near:/db", "spare.tank:/m/db"];
    // As if nothing carried it on: at midnight it is too early for the mirror.
    let by_hand = confirm(&context, &group(&plan, "web", &mirrored));
    assert_eq!(
        by_hand,
        Err("played, what is on `spare.tank` is left".to_owned())
    );
}

/// What is overwritten must have come to the mirror before that is read, whoever deletes there as well.
#[test]
fn hands_become_hostile_in_time_for_what_a_carrier_reads() {
    let steps = "copy one of w to idle.none:/one by web.cron { daily at 01:00 UTC }\n\
        sync two of w from one to spare.tank:/two by spare.cron { daily at 02:00 UTC; max delete 100000 }\n\
        copy three of w from two to s3.near:/three by web.cron { monthly on 9 at 03:00 UTC; credential c }\n\
        expire old of spare.tank:/two after 300 days by mtime { by idle.cron; daily at 12:00 UTC }\n";
    let (_, replayed, rest_on) = played("class w is files on web.disk:/w", steps);
    assert_eq!((replayed, rest_on), (2, vec![]));
}

#[test]
fn what_has_no_course_is_named() {
    // In the first phase the mirror runs before all have delivered, and not again.
    let mirror =
        "sync mirror of s3.near to spare.tank:/m by spare.cron { monthly on 9 at 05:00 UTC }\n";
    let short = format!("phase t1 = t0 + 70 days\n{STATE}");
    let (_, _, rest_on) = played(&short, &[OUT, mirror].concat());
    assert_eq!(rest_on, ["the next phase"]);
    let mirrors = "sync one of s3.near to spare.other:/m by spare.cron { monthly on 9 at 05:00 UTC }\n\
        sync two of spare.other:/m to spare.tank:/m by spare.cron { monthly on 20 at 05:00 UTC }\n";
    let (_, _, rest_on) = played(STATE, &[OUT, mirrors].concat());
    assert_eq!(rest_on, ["mirrors of mirrors"]);
    // One after the other in one night.
    let (_, replayed, rest_on) = played(
        STATE,
        &[OUT, &mirrors.replace("on 20 at 05", "on 9 at 07")].concat(),
    );
    assert_eq!((replayed, rest_on), (1, vec![]));
    let by_hand = "copy out of db to s3.near:/db by hand { on demand }\n";
    let (_, replayed, rest_on) = played(STATE, by_hand);
    assert_eq!(
        (replayed, rest_on),
        (
            0,
            vec![
                "copies that are made on demand",
                "phases that end before copies are filled"
            ]
        )
    );
    let on_demand = "sync mirror of s3.near to spare.tank:/m by hand { on demand }\n";
    let (_, _, rest_on) = played(STATE, &[OUT, on_demand].concat());
    assert_eq!(rest_on, ["copies that are made on demand"]);
    let open = "object_storage s4 at cloud/one { bucket kept { versioning on } }\n\
        credential writer { account s4; may read, write on s4.kept; held on web }\n\
        repository r in s4.kept:/r { engine restic 0.18.0; key k; credential writer }\n\
        backup up of db to r by web.cron { daily at 03:00 UTC; keep 7 daily }\n";
    let (_, replayed, rest_on) = played(STATE, open);
    assert_eq!(
        (replayed, rest_on),
        (0, vec!["snapshots that somebody adds"])
    );
}

/// Three snapshots a day apart surely reach back two days, and hardly longer if the next one is about to be taken.
#[test]
fn snapshots_are_given_up_before_anybody_looks() {
    let places = |response: &str, keep: u32| {
        let store = format!("store tank {{ snapshots daily at 00:30 keep {keep} }}");
        let text = PLACES.replace("store tank", &store);
        let text = text.replace("response time 60h", &format!("response time {response}"));
        let pushed = "copy out of db to spare.tank:/db by web.cron { daily at 03:00 UTC }\n";
        plan_of(&[&text, STATE, "\n", pushed].concat())
    };
    let said = |plan: &Plan| {
        let context = Context::new(plan, Rc::default());
        confirm(&context, &group(plan, "web", &["spare.tank:/db"]))
    };
    let left = || Err("played, what is on `spare.tank` is left".to_owned());
    assert_eq!(said(&places("2890m", 3)), Ok(Played::Out));
    assert_eq!(said(&places("48h", 3)), left());
    assert_eq!(said(&places("2890m", 4)), left());
    let found = |plan: &Plan| {
        let context = Context::new(plan, Rc::default());
        let mut out = Verification::default();
        decide(&context, &mut out);
        assert!(context.mismatches.borrow().is_empty());
        out.plays
            .get(&Obligation::Deletion)
            .map(|plays| plays.replayed)
    };
    // Who owns the store's host deletes its snapshots as well.
    assert_eq!(found(&places("2890m", 3)), Some(2));
    assert_eq!(found(&places("48h", 3)), Some(1));
}

/// A clean-up by the files' own times takes what is old the day after it was put aside, and that is counted with; what is
/// young is still there when somebody has noticed.
#[test]
fn what_is_put_aside_and_young_is_no_mismatch() {
    let class = "class docs is files on web.disk:/docs { noticed within 2 days }";
    let steps = |clock: &str| {
        format!(
            "sync out of docs to spare.tank:/docs by spare.cron {{ daily at 03:00 UTC; max delete 9; backup dir spare.tank:/aside; \
             taking 1m..1h }}\n\
             expire old of spare.tank:/aside after 30 days by {clock} {{ by spare.cron; daily at 06:00 UTC; taking 1m..1h }}\n"
        )
    };
    let (_, replayed, rest_on) = played(class, &steps("mtime"));
    let says = "what is put aside and is not old enough to be cleared";
    assert!(rest_on.contains(&says), "{replayed} {rest_on:?}");
}
