//! What is told of keys comes about on the simulator; of other keys, or other losses, it does not.

use std::rc::Rc;

use super::super::decide;
use super::*;
use crate::testing::{self, Told, assert_refused, plan_of};

const PLACES: &str = r#"
use std/home
use std/hetzner
host web at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host keeper at hetzner/nbg1 { runs cron; store small }
object_storage s3 at hetzner/fsn1 { bucket backups }
repository r in s3.backups:/r { engine restic 0.18.0; key k }
vault safe at home/safe
class db is state on web.disk:/db
backup up of db to r by web.cron { daily at 03:00 UTC; keep 7 daily; taking 1m..10m }
"#;

const VAULT: &str = r#"
class secrets is files on keeper.small:/secrets
backup secrets_up of secrets to r by keeper.cron { daily at 04:00 UTC; keep 7 daily; taking 1m..10m }
vault passwords on keeper of secrets
"#;

fn plan(held: &str, more: &str) -> Plan {
    plan_of(&[PLACES, "key k", held, "\n", more].concat())
}

/// The codes that are told, and what came of their cases.
fn told(plan: &Plan) -> Told {
    testing::told(plan, Obligation::Keys, decide)
}

#[test]
fn a_key_of_which_nothing_is_said_falls_with_who_is_assumed_to_hold_it() {
    assert_eq!(told(&plan("", "")), (vec!["T1901"], 1, vec![]));
    let local = PLACES.replace("s3.backups:/r", "web.disk:/r");
    let fallen = plan_of(&[&local, "key k\n"].concat());
    assert_eq!(told(&fallen), (vec!["T1901"], 0, vec![FALLS]));
}

#[test]
fn a_key_that_lies_only_in_what_it_opens_is_lost_with_it() {
    let inside = plan(" { held on passwords }", VAULT);
    let (codes, replayed, rest_on) = told(&inside);
    assert_eq!((codes, replayed, rest_on), (vec!["T1902"], 1, vec![]));
    // From a copy that another key opens it comes back.
    let other = VAULT.replace("secrets to r by", "secrets to r2 by")
        + "key k2 { held on safe }\nrepository r2 in s3.backups:/r2 { engine restic 0.18.0; key k2 }\n";
    let back = plan(" { held on passwords }", &other);
    assert_eq!(told(&back), (vec![], 0, vec![]));
    let context = Context::new(&back, Rc::default());
    let said = confirm(&context, id(&back), (0, db(&back)), &Loss::Circle);
    assert_eq!(
        said,
        Ok(Played::Not(FALLS)),
        "the rules leave nothing to tell"
    );
    let said = judged(&context, (0, db(&back)), &Loss::Circle);
    assert_eq!(
        said,
        Err("played, what is on `s3.backups` is of use".to_owned())
    );
}

/// A host has a key no more when the data is lost among which its file lies.
#[test]
fn a_key_whose_file_lies_among_the_data_is_lost_with_that() {
    let held = |by: &str, file: &str| plan(&format!(" {{ held on {by}; file \"{file}\" }}"), "");
    let none = (vec![], 0, vec![]);
    assert_eq!(told(&held("web", "/db/k")), (vec!["T1902"], 1, vec![]));
    assert_eq!(told(&held("web", "/etc/k")), none);
    assert_eq!(told(&held("web, safe", "/db/k")), none);
    // Where the same path is no data.
    assert_eq!(told(&held("web, keeper", "/db/k")), none);
    // In other data as well: nobody says that it comes back from there.
    let other = "class conf is files on web.disk:/conf\nkey k2 { held on safe }\nrepository r2 in s3.backups:/r2 { engine restic 0.18.0; key k2 }\n\
                 backup conf_up of conf to r2 by web.cron { daily at 04:00 UTC; keep 7 daily; taking 1m..10m }\n";
    let in_other = plan(" { held on web; file \"/conf/k\" }", other);
    assert_eq!(told(&in_other), (vec!["T1902"], 1, vec![]));
    let context = Context::new(&in_other, Rc::default());
    let mut out = Verification::default();
    decide(&context, &mut out);
    let said = &out.findings[0].diagnostic;
    assert!(
        said.message.contains("lies only among the data"),
        "{said:?}"
    );
    assert!(
        said.labels
            .iter()
            .any(|l| l.text.contains("its file lies in this"))
    );
    // The simulator does not take it for lost where it lies elsewhere.
    let apart = held("web", "/etc/k");
    let context = Context::new(&apart, Rc::default());
    let said = judged(&context, (0, db(&apart)), &Loss::Circle);
    let why = "played, what is on `s3.backups` is of use";
    assert_eq!(said, Err(why.to_owned()));
}

/// A vault whose content is carried no more comes back in the play, and not by the rules.
#[test]
fn what_an_ended_step_has_left_of_a_vault_is_not_played() {
    let more = "phase one = 2026-01-01\nphase two = 2026-06-01
        class secrets is files on keeper.small:/secrets
        vault passwords on keeper of secrets
        copy out of secrets to web.disk:/secrets by keeper.cron until two { daily at 04:00 UTC; taking 1m..9m }\n";
    let kept = |more: &str| told(&plan(" { held on passwords }", more));
    assert_eq!(kept(&more.replace(" until two", "")), (vec![], 0, vec![]));
    assert_eq!(kept(more), (vec!["T1902"], 0, vec![LEFT]));
}

/// Of a host that takes a key the floor tells, which asks for no host that holds another copy.
#[test]
fn a_host_with_the_key_and_another_copy_is_told() {
    let copy =
        "copy beside of db to keeper.small:/db by web.cron { daily at 05:00 UTC; taking 1m..9m }\n";
    let held = " { held on keeper }";
    assert_eq!(told(&plan(held, "")), (vec![], 0, vec![]));
    assert_eq!(told(&plan(held, copy)), (vec!["T1903"], 1, vec![]));
    let both = " { held on keeper, safe }";
    assert_eq!(told(&plan(both, copy)), (vec![], 0, vec![]));
}

/// A host elsewhere that takes the key as well hides no site.
#[test]
fn a_site_is_told_of_where_another_host_takes_the_key_too() {
    // The vault comes back from a copy whose key is on `web`: who loses that, or the vault with that copy, has no key.
    let more = "class secrets is files on web.disk:/secrets
        vault passwords at hetzner/nbg1 of secrets
        copy beside of db to keeper.small:/db by web.cron { daily at 05:00 UTC; taking 1m..9m }
        key k2 { held on web }
        repository r2 in keeper.small:/r2 { engine restic 0.18.0; key k2 }
        backup secrets_up of secrets to r2 by web.cron { daily at 04:00 UTC; keep 7 daily; taking 1m..10m }\n";
    let (codes, ..) = told(&plan(" { held on passwords }", more));
    assert_eq!(codes, vec!["T1903"]);
}

/// What takes a key in one phase takes it in the next one as well.
#[test]
fn the_verdict_fails_in_each_phase() {
    let more = "vault drawer at home/rack\nphase one = 2026-01-01\nphase two = 2026-06-01\nhost late at hetzner/nbg1 since two\n";
    let plan = plan(" { held on web, drawer }", more);
    let context = Context::new(&plan, Rc::default());
    let mut out = Verification::about(context.subjects());
    decide(&context, &mut out);
    let held: Vec<bool> = out.verdicts.iter().map(|verdict| verdict.holds).collect();
    assert!(!held.contains(&true), "{held:?}");
    assert!(plan.periods.len() > 1);
}

#[test]
fn a_site_that_takes_all_holders_is_played() {
    let one = plan(" { held on web, drawer }", "vault drawer at home/rack\n");
    assert_eq!(told(&one), (vec!["T1903"], 1, vec![]));
    let two = plan(" { held on web, safe }", "");
    assert_eq!(told(&two), (vec![], 0, vec![]));
    // As if the safe were not thought of.
    let context = Context::new(&two, Rc::default());
    let site = one
        .model
        .vaults
        .iter()
        .find_map(|(_, vault)| vault.site.filter(|_| vault.named.name == "drawer"));
    let taken = Loss::Taken(vec![Fault::Loss(Target::Site(site.unwrap()))]);
    let said = judged(&context, (0, db(&two)), &taken);
    assert_eq!(
        said,
        Err("played, what is on `s3.backups` is of use".to_owned())
    );
}

/// Copies that were never filled, or are lost themselves, show nothing of a key.
#[test]
fn a_copy_that_is_lost_itself_is_no_case() {
    let one = plan(" { held on web }", "");
    let context = Context::new(&one, Rc::default());
    let mut stores = one.model.stores.iter();
    let (bucket, _) = stores
        .find(|(_, store)| store.named.name == "s3.backups")
        .unwrap();
    let gone = Loss::Taken(vec![Fault::Operator(bucket)]);
    let said = judged(&context, (0, db(&one)), &gone);
    let why = "played, what is on `s3.backups` is of no use with the key either";
    assert_eq!(said, Err(why.to_owned()));
    let mut out = Verification::default();
    let found = Wrong::default();
    let none = (id(&one), &Loss::Circle, &found);
    assert!(is_borne_out(&context, &mut out, none));
    let by_hand = PLACES.replace(
        "web.cron { daily at 03:00 UTC; keep 7 daily; taking 1m..10m }",
        "hand { on demand }",
    );
    let by_hand = plan_of(&[&by_hand, "key k\n"].concat());
    let rest_on = vec!["copies that are made on demand"];
    assert_eq!(told(&by_hand), (vec!["T1901", "T1902"], 0, rest_on));
}

/// Nobody is known who runs the step, so nobody is assumed to hold the key: no copy is ever of use.
#[test]
fn a_key_that_nobody_holds_opens_nothing() {
    let by_hand = PLACES.replace("web.cron {", "hand {");
    let by_hand = plan_of(&[&by_hand, "key k\n"].concat());
    assert_eq!(told(&by_hand), (vec!["T1901", "T1902"], 2, vec![]));
}

/// A case of a key that is not lost is an internal error.
#[test]
fn a_key_that_is_not_lost_is_an_internal_error() {
    let two = plan(" { held on web, safe }", "");
    let context = Context::new(&two, Rc::default());
    let mut out = Verification::default();
    let confirm = || judged(&context, (0, db(&two)), &Loss::Circle);
    let about = (Some(&two.model.keys[id(&two)].named), "this key");
    assert!(!may_be_told(
        &context,
        &mut out,
        Obligation::Keys,
        about,
        confirm
    ));
    assert_refused(&context, "`k` does not replay");
}

fn id(plan: &Plan) -> KeyId {
    let mut keys = plan.model.keys.iter();
    keys.find(|(_, key)| key.named.name == "k").unwrap().0
}

fn db(plan: &Plan) -> ClassId {
    let mut classes = plan.model.classes.iter();
    classes
        .find(|(_, class)| class.named.name == "db")
        .unwrap()
        .0
}

/// A loss played as if the rules had told it of each copy that the key opens.
fn judged(
    context: &Context<'_>,
    (period, class): (usize, ClassId),
    loss: &Loss,
) -> Result<Played, String> {
    let key = id(context.plan);
    let copies = context.plan.copies.iter();
    let opened = copies.filter(|(_, copy)| opens(key, copy) && copy.class == class);
    let opened = opened.map(|(id, _)| id).collect();
    confirm_of(context, key, (period, class, opened), loss)
}
