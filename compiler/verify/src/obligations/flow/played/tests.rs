//! What is told of data that is seen comes about on the simulator; what others see, or see less of, does not.

use std::rc::Rc;

use thrice_model::StoreId;
use thrice_plan::Plan;

use super::super::decide;
use super::*;
use crate::testing::{self, Told, assert_refused, plan_of};

pub(super) const PLACES: &str = r#"
use std/home
use std/hetzner
host web at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host bench at hetzner/nbg1 { runs cron; has rclone 1.75.2; store small; service viewer }
object_storage s3 at hetzner/fsn1 { bucket main }
credential writer { account s3; may read, write, delete on s3.main; held on web }
credential reader { account s3; may read on s3.main of /seed; held on bench }
environment test { on bench; clearance internal }
class db is state on web.disk:/db { parts app, log; fields { app.mail personal; app.keys credential; rest internal } }
class orders is state on web.disk:/orders { fields { orders.total internal; rest internal } }
"#;

fn plan(steps: &str) -> Plan {
    plan_of(&[PLACES, steps].concat())
}

fn plain(to: &str) -> String {
    format!(
        "copy plain of db to {to} by web.cron {{ daily at 03:00 UTC; credential writer; taking 1m..9m }}\n"
    )
}

fn seed(of: &str, rules: &str) -> String {
    format!(
        "seed s of {of} to test via s3.main:/seed by web.cron {{ daily at 04:00 UTC; {rules}; verified; credential writer; taking 1m..9m }}\n"
    )
}

/// The codes that are told of clearances and seeds, and what came of their cases.
pub(super) fn told(plan: &Plan) -> Told {
    let (mut codes, replayed, rest_on) = testing::told(plan, Obligation::Flow, decide);
    codes.retain(|code| *code != "T2206");
    (codes, replayed, rest_on)
}

/// What is said of some copies that somebody is said to see.
fn said(plan: &Plan, by: Onlooker, place: &str, sees: Sees) -> Result<Played, String> {
    let context = Context::new(plan, Rc::default());
    confirm(&context, &case(plan, by, place, sees))
}

fn case(plan: &Plan, by: Onlooker, place: &str, sees: Sees) -> Case {
    let at = |id: &CopyId| {
        let location = &plan.copies[*id].location;
        let store = &plan.model.stores[location.store].named.name;
        format!("{store}:{}", location.path)
    };
    let copies = plan.copies.ids().filter(|id| at(id) == place);
    let copies = copies.map(|id| (id, Sight::of(0, None)));
    let copies: BTreeMap<CopyId, Sight> = copies.collect();
    let all: Vec<String> = plan.copies.ids().map(|id| at(&id)).collect();
    assert_eq!(copies.len(), 1, "{all:?}");
    Case { by, copies, sees }
}

fn test(plan: &Plan) -> Onlooker {
    Onlooker::Environment(plan.model.environments.ids().next().unwrap())
}

/// Who clears a place of a bucket sees what lies there.
#[test]
fn what_a_host_clears_is_played() {
    let clears = |by: &str| {
        plan(&format!(
            "{}host broom at home/rack {{ runs cron; has rclone 1.75.2; clearance internal }}
            expire old of s3.main:/raw after 60 days by upload {{ by {by}.cron; daily at 06:00 UTC }}",
            plain("s3.main:/raw")
        ))
    };
    assert_eq!(told(&clears("broom")), (vec!["T2201"], 1, vec![]));
    assert_eq!(told(&clears("web")), (vec![], 0, vec![]));
}

/// A repository in a host's own store is opened there by whoever has its key, and by a job that reads it.
#[test]
fn what_a_host_opens_in_its_own_store_is_played() {
    let kept = |by: &str| {
        plan(&format!(
            "host cellar at home/rack {{ runs cron; has restic 0.18.0; clearance internal; store shelf }}
            key k {{ held on web }}
            repository r in cellar.shelf:/r {{ engine restic 0.18.0; key k }}
            backup up of db to r by web.cron {{ daily at 03:00 UTC; taking 1m..9m }}
            check whole of r by {by}.cron {{ weekly on Sunday at 06:00 UTC; taking 1m..9m }}"
        ))
    };
    assert_eq!(told(&kept("cellar")), (vec!["T2201"], 1, vec![]));
    assert_eq!(told(&kept("web")), (vec![], 0, vec![]));
}

/// What a host has read for a step that has ended it does not see any more.
#[test]
fn what_a_host_has_handled_is_seen_then() {
    let plan = plan(
        "phase one = 2026-01-01\nphase two = 2026-06-01
        host mule at home/rack { runs cron; has rclone 1.75.2 }
        copy plain of db to s3.main:/raw by mule.cron until two { daily at 03:00 UTC; credential writer; taking 1m..9m }",
    );
    let copy = plan.copies.ids().last().unwrap();
    let made_by = plan.copies[copy].made_by.unwrap();
    let mule = plan.model.steps[made_by].runner.host.unwrap();
    let sees = |since: &str| {
        let at = |text: &str| text.parse().unwrap();
        let looking = thrice_simulate::Looking {
            by: Onlooker::Host(mule),
            copies: [copy].into(),
            aside: false,
            from: at("2026-05-01T00:00:00Z"),
            since: at(since),
            until: at("2026-06-09T12:00:00Z"),
            choices: thrice_simulate::Choices::default(),
        };
        shown(&plan, &looking).fields.contains_key(&copy)
    };
    assert!(sees("2026-05-09T00:00:00Z"));
    assert!(!sees("2026-06-01T00:00:00Z"));
}

#[test]
fn what_an_environment_reads_is_played() {
    let beside = plan(&plain("s3.main:/seed/raw"));
    assert_eq!(told(&beside), (vec!["T2202"], 1, vec![]));
    let apart = plan(&plain("s3.main:/raw"));
    assert_eq!(told(&apart), (vec![], 0, vec![]));
    let by = test(&apart);
    let cannot: Result<Played, _> = Err("played, what is on `s3.main` cannot be read".to_owned());
    let above = || Sees::Above(Label::Internal);
    assert_eq!(said(&apart, by, "s3.main:/raw", above()), cannot.clone());
    // No more than lies there.
    let most = Sees::Above(Label::Credential);
    let less = "played, what is on `s3.main` is `app` (internal), `app.keys` (credential), `app.mail` (personal), `log` (internal)";
    assert_eq!(
        said(&beside, by, "s3.main:/seed/raw", most),
        Err(less.to_owned())
    );
    // With the credential that reads there, and with another one of the same host.
    let narrow =
        "credential narrow { account s3; may read on s3.main of /narrow; held on bench }\n";
    let two = plan(&[narrow, &plain("s3.main:/seed/raw")].concat());
    let context = Context::new(&two, Rc::default());
    let with = |name: &str| {
        let mut credentials = two.model.credentials.iter();
        let (id, _) = credentials.find(|(_, c)| c.named.name == name).unwrap();
        let mut case = case(&two, by, "s3.main:/seed/raw", above());
        case.copies
            .values_mut()
            .for_each(|sight| sight.with = Some(id));
        confirm(&context, &case)
    };
    assert_eq!(with("reader"), Ok(Played::Out));
    let other = Err("played, `narrow` does not read `s3.main`".to_owned());
    assert_eq!(with("narrow"), other);
    // Who may write alone reads nothing.
    let writes = PLACES.replace(
        "may read on s3.main of /seed",
        "may write on s3.main of /seed",
    );
    let writes = plan_of(&[&writes, plain("s3.main:/seed/raw").as_str()].concat());
    assert_eq!(told(&writes), (vec![], 0, vec![]));
    assert_eq!(said(&writes, by, "s3.main:/seed/raw", above()), cannot);
    // A case that does not come about is an internal error.
    let context = Context::new(&apart, Rc::default());
    let mut out = Verification::default();
    assert!(!is_borne_out(
        &context,
        &mut out,
        &case(&apart, by, "s3.main:/raw", above())
    ));
    assert_refused(&context, "`test` does not replay");
}

/// A key hides what a client has encrypted, from all but those who have it.
#[test]
fn a_key_hides_what_it_encrypts() {
    let backup = |held: &str| {
        plan(&format!(
            "key k {{ held on {held} }}\nrepository r in s3.main:/seed/r {{ engine restic 0.18.0; key k; credential writer }}\n\
             backup up of db to r by web.cron {{ daily at 03:00 UTC; keep 7 daily; taking 1m..9m }}\n"
        ))
    };
    assert_eq!(told(&backup("web, bench")), (vec!["T2202"], 1, vec![]));
    let hidden = backup("web");
    assert_eq!(told(&hidden), (vec![], 0, vec![]));
    let above = Sees::Above(Label::Internal);
    let cannot = Err("played, what is on `s3.main` cannot be read".to_owned());
    assert_eq!(
        said(&hidden, test(&hidden), "s3.main:/seed/r", above),
        cannot
    );
}

#[test]
fn what_a_seed_changes_before_it_leaves_is_not_seen() {
    let clean = "keep app; skip log; anonymise app.mail redact before leaving; anonymise app.keys hash before leaving";
    let rules = |from: &str, to: &str| seed("db", &clean.replace(from, to));
    let changed = plan(&rules("", ""));
    assert_eq!(told(&changed), (vec![], 0, vec![]));
    let by = test(&changed);
    let above = || Sees::Above(Label::Internal);
    let nothing = "played, what is on `s3.main` is `app` (internal), `app.keys` (internal, changed), `app.mail` (public, changed)";
    assert_eq!(
        said(&changed, by, "s3.main:/seed", above()),
        Err(nothing.to_owned())
    );
    let late = plan(&rules("redact before leaving", "redact"));
    assert_eq!(
        told(&late),
        (vec!["T2202"], 1, vec![]),
        "until it is changed"
    );
    let kept = plan(&rules("anonymise app.mail redact before leaving; ", ""));
    assert_eq!(
        told(&kept),
        (vec!["T2202"], 1, vec![]),
        "kept with its part"
    );
    let gap = plan(&rules("skip log; ", ""));
    assert_eq!(told(&gap), (vec!["T2204"], 1, vec![]));
    let log = Sees::Unchanged(["app.mail".to_owned()].into());
    assert!(said(&gap, by, "s3.main:/seed", log).is_err());
}

/// Who takes what a seed has brought reads it as it is by then; while the seed is at work, it is not changed yet.
#[test]
fn what_is_changed_late_is_read_by_whoever_comes_early() {
    let late = seed(
        "db",
        "keep app; skip log; anonymise app.mail redact; anonymise app.keys hash before leaving",
    );
    let late = late.replace("taking 1m..9m", "taking 5m..9m");
    let pull = |at: &str| {
        plan(&format!(
            "{late}sync pull of s3.main:/seed to bench.small:/in by bench.cron {{ daily at {at} UTC; credential reader; taking 1m..9m }}\n"
        ))
    };
    let above = || Sees::Above(Label::Internal);
    let seen = |plan: &Plan| said(plan, test(plan), "bench.small:/in", above());
    assert_eq!(seen(&pull("04:02")), Ok(Played::Out));
    let rests = Played::Not("seeds that are read while they are at work");
    assert_eq!(seen(&pull("06:00")), Ok(rests));
    assert_eq!(told(&pull("06:00")), (vec!["T2202"], 1, vec![]));
}

#[test]
fn what_lies_raw_beside_a_seed_is_played() {
    let rules = "rest skip; anonymise app.keys redact before leaving";
    let raw = plan(&[seed("db", rules), plain("s3.main:/seed/raw")].concat());
    assert_eq!(told(&raw), (vec!["T2203"], 1, vec![]));
    let keys = || Sees::Unchanged(["app.keys".to_owned()].into());
    let by = test(&raw);
    assert_eq!(said(&raw, by, "s3.main:/seed/raw", keys()), Ok(Played::Out));
    let changed = "played, what is on `s3.main` is `app.keys` (public, changed)";
    assert_eq!(
        said(&raw, by, "s3.main:/seed", keys()),
        Err(changed.to_owned())
    );
}

/// A seed of two classes that changes one of them: the other one may lie beside it.
#[test]
fn what_no_seed_changes_is_not_said_to_lie_unchanged() {
    let rules = "keep orders; skip log, app; anonymise app.keys redact before leaving";
    let beside = plain("s3.main:/seed/raw").replace("of db", "of orders");
    let both = plan(&[seed("db, orders", rules), beside].concat());
    assert_eq!(told(&both), (vec![], 0, vec![]));
}

#[test]
fn what_is_above_a_written_clearance_is_played() {
    let copied = plain("bench.small:/plain");
    let cleared = |from: &str, to: &str| {
        let text = [PLACES, &copied]
            .concat()
            .replace("clearance internal", "clearance credential");
        let text = text.replace(from, to);
        plan_of(&text)
    };
    let store = cleared("store small;", "store small { clearance personal };");
    assert_eq!(told(&store), (vec!["T2201"], 1, vec![]));
    let by = |plan: &Plan, of: &str| {
        let mut stores = plan.model.stores.iter();
        let (id, _): (StoreId, _) = stores.find(|(_, s)| s.named.name == of).unwrap();
        Onlooker::Store(id)
    };
    let above = || Sees::Above(Label::Personal);
    let said = |by: Onlooker| said(&store, by, "bench.small:/plain", above());
    assert_eq!(said(by(&store, "bench.small")), Ok(Played::Out));
    assert!(said(by(&store, "s3.main")).is_err());
    let mut hosts = store.model.hosts.iter();
    let (bench, _) = hosts.find(|(_, h)| h.named.name == "bench").unwrap();
    assert_eq!(
        said(Onlooker::Host(bench)),
        Ok(Played::Out),
        "it lies there"
    );
    let elsewhere = plan(&plain("s3.main:/raw"));
    let said = super::tests::said(&elsewhere, Onlooker::Host(bench), "s3.main:/raw", above());
    assert!(said.is_err(), "it runs nothing and reads elsewhere");
    let host = cleared(
        "runs cron; has restic",
        "clearance personal; runs cron; has restic",
    );
    assert_eq!(told(&host).1, told(&host).0.len(), "{:?}", told(&host));
    assert!(
        told(&host).0.len() > 1,
        "what lives there, and what passes through"
    );
    let shown = cleared(
        "service viewer }",
        "service viewer { clearance public } }\nmount look of bench.small:/plain in viewer",
    );
    assert_eq!(told(&shown), (vec!["T2201"], 1, vec![]));
}

#[test]
fn what_is_made_on_demand_is_not_played() {
    let by_hand = plain("s3.main:/seed/raw")
        .replace("web.cron { daily at 03:00 UTC;", "web.cron { on demand;");
    let (codes, replayed, rest_on) = told(&plan(&by_hand));
    assert_eq!((codes, replayed), (vec!["T2202"], 0));
    assert_eq!(rest_on, ["copies that are made on demand"]);
}

/// A host sees what whoever owns it can read, and so does an environment on it: with a credential, or in a drill.
#[test]
fn what_a_host_could_read_is_seen_there() {
    const KEPT: &str = r#"
vault safe at home/safe
key k { held on safe, web }
repository kept in s3.main:/kept { engine restic 0.18.0; key k }
backup versions of db to kept by web.cron { daily at 03:00 UTC; credential writer; taking 1m..9m }
"#;
    let cleared = |to: &str| PLACES.replace("has rclone 1.75.2; store small", to);
    let both = cleared("has rclone 1.75.2; store small; clearance internal");
    let reads = |steps: &[&str]| {
        let codes = |places: &str| {
            let texts = [&[places], steps].concat();
            let (codes, replayed, rest) = told(&plan_of(&texts.concat()));
            assert!(
                rest.is_empty() && replayed == codes.len(),
                "{codes:?}, {rest:?}"
            );
            codes
        };
        let host = codes(
            &both
                .replace("environment test", "environment other")
                .replace(
                    "on bench; clearance internal }",
                    "on bench; clearance credential }",
                ),
        );
        (codes(PLACES), host)
    };
    let (seen, none) = ((vec!["T2202"], vec!["T2201"]), (vec![], vec![]));
    let plain = plain("s3.main:/seed/raw");
    assert_eq!(reads(&[&plain]), seen);
    let apart = plain.replace("/seed/raw", "/raw");
    assert_eq!(reads(&[&apart]), none);
    let narrow = |from: &str| {
        format!("drill d of db from {from} by bench.cron {{ monthly on 1 at 10:00 UTC }}\n")
    };
    let disk = plain_to_disk();
    assert_eq!(reads(&[&disk]), none);
    for from in ["web.disk:/raw", "plain"] {
        assert_eq!(reads(&[&disk, &narrow(from)]), seen, "{from}");
    }
    assert_eq!(reads(&[KEPT]), none);
    let theirs = "credential theirs { account s3; may read on s3.main; held on bench }\n";
    assert_eq!(reads(&[KEPT, theirs]), none);
    for from in ["kept", "versions"] {
        assert_eq!(reads(&[KEPT, theirs, &narrow(from)]), seen, "{from}");
    }
}

fn plain_to_disk() -> String {
    "copy plain of db to web.disk:/raw by web.cron { daily at 03:00 UTC; taking 1m..9m }\n"
        .to_owned()
}

/// What a step has left in clear is read by whoever comes to read there when it has ended, until somebody clears the
/// place.
#[test]
fn what_an_ended_step_has_left_is_still_read() {
    const PHASES: &str =
        "phase one = 2026-01-01\nphase two = 2026-03-01\nphase three = 2026-06-01\n";
    let left = plain("s3.main:/raw").replace("web.cron", "web.cron until two");
    let look = |since: &str| format!("mount look of s3.main:/raw in viewer since {since}\n");
    let text = |more: &[&str]| [PHASES, PLACES, &more.concat()].concat();
    let reads = |more: &[&str]| told(&plan_of(&text(more)));
    let seen = (vec!["T2202"], 1, vec![]);
    assert_eq!(reads(&[&left, &look("two")]), seen);
    assert_eq!(reads(&[&left, &look("three")]), seen);
    assert_eq!(reads(&[&left]), (vec![], 0, vec![]), "nobody reads there");
    // Whoever begins to carry it on brings it further.
    let pull = "copy pull of s3.main:/raw to bench.small:/in by bench.cron since two { daily at 05:00 UTC; taking 1m..9m }\n";
    assert_eq!(reads(&[&left, pull]), seen);
    let carried = plan_of(&text(&[&left, pull]));
    let mut case = case(
        &carried,
        test(&carried),
        "bench.small:/in",
        Sees::Above(Label::Internal),
    );
    case.copies.values_mut().for_each(|sight| sight.period = 1);
    let context = Context::new(&carried, Rc::default());
    assert_eq!(confirm(&context, &case), Ok(Played::Out));
    // What lives no more has left its copies.
    let gone = text(&[&plain("s3.main:/raw"), &look("two")]);
    let gone = gone.replace("web.disk:/db {", "web.disk:/db until two {");
    assert_eq!(told(&plan_of(&gone)), seen);
    // A clean-up has some days to do; a sync of something else clears the place at its first run, unless it puts what
    // it takes away beside it.
    let tidy = "expire tidy of s3.main:/raw after 5 days by upload\n";
    assert_eq!(reads(&[&left, tidy, &look("two")]), seen);
    let none = (vec![], 0, vec![]);
    assert_eq!(reads(&[&left, tidy, &look("three")]), none);
    let other = |also: &str| {
        format!(
            "sync over of orders to s3.main:/raw by web.cron since two {{ daily at 06:00 UTC; {also}credential writer; taking 1m..9m }}\n"
        )
    };
    assert_eq!(reads(&[&left, &other(""), &look("three")]), none);
    assert_eq!(
        reads(&[&left, &other("backup dir s3.main:/old; "), &look("three")]),
        (vec!["T2202"], 0, vec!["places that are cleared late"])
    );
    let short = other("").replace("since two", "since two until three");
    assert_eq!(reads(&[&left, &short, &look("three")]), none);
    // Of one that is there for less than a clean-up takes nothing is known.
    let late = tidy.replace("main:/raw after 5", "main:/raw until three after 300");
    assert_eq!(
        reads(&[&left, &late, &look("three")]),
        (vec!["T2202"], 1, vec![])
    );
}

/// What is said to be left and is not is an internal error, unless somebody clears the place.
#[test]
fn what_is_not_left_is_not_told() {
    const PHASES: &str = "phase one = 2026-01-01\nphase two = 2026-03-01\n";
    let moved = "copy plain of orders to s3.main:/raw by web.cron until two { daily at 03:00 UTC; credential writer; taking 1m..9m }\n\
                 move on of s3.main:/raw to s3.main:/far by web.cron { daily at 04:00 UTC; credential writer; taking 1m..9m }\n\
                 mount look of s3.main:/raw in viewer since two\n";
    // Of a state, a second file of one name would stay where it is.
    let items = PLACES.replace("orders is state", "orders is items");
    let plan = plan_of(&[PHASES, &items, moved].concat());
    assert_eq!(told(&plan), (vec![], 0, vec![]));
    let mut case = case(
        &plan,
        test(&plan),
        "s3.main:/raw",
        Sees::Above(Label::Public),
    );
    case.copies.values_mut().for_each(|sight| sight.period = 1);
    let context = Context::new(&plan, Rc::default());
    assert_eq!(confirm(&context, &case), Ok(Played::Not(CLEARED)));
}
