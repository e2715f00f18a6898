//! What is told of steps that fail unheard, together or by half comes about on the simulator; of steps that somebody
//! watches, that fail alone or publish at once it does not.

use std::rc::Rc;

use thrice_plan::Plan;

use super::super::decide;
use super::*;
use crate::testing::{self, Told, assert_refused, plan_of};

const PLACES: &str = r#"
policy p "p" { response time 72h }
phase t0 = 2026-02-15
use std/home
provider ovh { site one; site two }
provider bank { site safe }
provider shed { site safe }
host web at ovh/one { runs cron, zerobyte; has restic 0.18.0, rclone 1.75.2, zerobyte 0.41.0; store disk }
host near at ovh/one { runs cron }
host far at ovh/two { runs cron }
host spare at shed/safe { runs cron; store tank; store other }
network vpn { joins web, spare }
vault envelope at bank/safe
key k { held on envelope, web; file "/etc/k" }
repository r in spare.tank:/r { engine restic 0.18.0; key k }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
class db is state on web.disk:/db
"#;

const STEPS: &str = r#"
capture dump of db to web.disk:/dumps by web.cron { daily at 02:00 UTC; method program; runs "/opt/dump"; atomic; taking 1m..6m; monitor deadman }
backup nightly of db from dump to r by web.cron { daily at 03:00 UTC; taking 1m..10m; monitor deadman }
"#;

fn with(changes: &[(&str, &str)], more: &str) -> Plan {
    let text = [PLACES, STEPS, more].concat();
    let changed = changes.iter().fold(text, |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    plan_of(&changed)
}

/// The codes that are told, and what came of their cases.
fn told(plan: &Plan) -> Told {
    testing::told(plan, Obligation::Alarm, decide)
}

fn step(plan: &Plan, name: &str) -> StepId {
    let mut steps = plan.model.steps.iter();
    steps.find(|(_, step)| step.named.name == name).unwrap().0
}

fn host(plan: &Plan, name: &str) -> Target {
    let mut hosts = plan.model.hosts.iter();
    let found = hosts.find(|(_, host)| host.named.name == name);
    Target::Host(found.unwrap().0)
}

fn said(plan: &Plan, case: &Case) -> Result<Played, String> {
    confirm(&Context::new(plan, Rc::default()), case)
}

#[test]
fn a_step_that_nobody_watches_fails_unheard() {
    assert_eq!(told(&with(&[], "")), (vec![], 0, vec![]));
    let silent = with(&[("10m; monitor deadman", "10m")], "");
    assert_eq!(told(&silent), (vec!["T2501"], 1, vec![]));
    // Who is watched is heard of: a day, ten minutes and an hour after the last signal.
    let watched = with(&[], "");
    let case = Case::Silent(vec![step(&watched, "nightly")]);
    let rings = "played, `deadman` speaks up about `nightly` at 2026-02-17 04:11";
    assert_eq!(said(&watched, &case), Err(rings.to_owned()));
    let context = Context::new(&watched, Rc::default());
    let mut out = Verification::default();
    assert!(!is_borne_out(&context, &mut out, &case));
    assert_refused(&context, "`nightly` does not replay");
}

#[test]
fn a_step_that_is_hardly_there_is_not_played() {
    let short = [
        ("10m; monitor deadman", "10m"),
        ("to r by web.cron", "to r by web.cron until t1"),
        (
            "phase t0 = 2026-02-15",
            "phase t0 = 2026-02-15\nphase t1 = 2026-02-17",
        ),
    ];
    assert_eq!(told(&with(&short, "")), (vec!["T2501"], 0, vec![SHORT]));
}

#[test]
fn a_monitor_falls_with_what_it_watches() {
    let by = |place: &str| with(&[("hosted by bank", place)], "");
    assert_eq!(told(&by("on web")), (vec!["T2502"], 1, vec![]));
    assert_eq!(told(&by("on near")), (vec!["T2503"], 1, vec![]));
    assert_eq!(told(&by("on far")), (vec!["T2503"], 1, vec![]));
    assert_eq!(told(&by("hosted by ovh")), (vec!["T2503"], 1, vec![]));
    let nowhere = with(&[("; hosted by bank", "")], "");
    assert_eq!(told(&nowhere), (vec!["T2504"], 0, vec![]));
    // A monitor at another site speaks up.
    let far = by("on far");
    let case = |lost: Target| Case::Shared(lost, vec![step(&far, "nightly")]);
    let rings = "played, `deadman` speaks up about `nightly` at 2026-02-17 04:11";
    assert_eq!(said(&far, &case(host(&far, "web"))), Err(rings.to_owned()));
    // What is elsewhere runs on.
    let runs = Err("played, `nightly` does not fail".to_owned());
    assert_eq!(said(&far, &case(host(&far, "near"))), runs);
}

/// Where the repository is down, each run fails, and a monitor that is down with it says nothing.
#[test]
fn a_monitor_falls_with_what_its_steps_write_or_read() {
    let by = |place: &str| with(&[("hosted by bank", place)], "");
    assert_eq!(told(&by("on spare")), (vec!["T2502"], 1, vec![]));
    assert_eq!(told(&by("hosted by shed")), (vec!["T2503"], 1, vec![]));
    // Of what runs there as well that alone is told.
    assert_eq!(told(&by("on web")), (vec!["T2502"], 1, vec![]));
    // A monitor elsewhere speaks up about it.
    let bank = with(&[], "");
    let nightly = step(&bank, "nightly");
    let case = |lost| Case::Cut(lost, vec![nightly]);
    let rings = said(&bank, &case(host(&bank, "spare"))).unwrap_err();
    let rung = "played, `deadman` speaks up about `nightly`";
    assert!(rings.starts_with(rung), "{rings}");
    let runs = Err("played, `nightly` does not fail".to_owned());
    assert_eq!(said(&bank, &case(host(&bank, "near"))), runs);
    // What is fetched from afar: its source is down with the monitor, and that it reads from there is told.
    let fetched = "class logs is files on web.disk:/logs\n\
        copy pulled of logs to spare.other:/logs by spare.cron { daily at 05:00 UTC; taking 1m..10m; monitor other }\n";
    let monitor = |place: &str| {
        let monitor = format!("monitor other {{ uptime-kuma at \"K\"; {place} }}\n");
        with(&[], &[&monitor, fetched].concat())
    };
    assert_eq!(told(&monitor("on web")), (vec!["T2502"], 1, vec![]));
    assert_eq!(told(&monitor("hosted by bank")), (vec![], 0, vec![]));
    // Who looks into the repository fails with it as well; of that there is no play.
    let check = "monitor other { uptime-kuma at \"K\"; on spare }\n\
        check whole of r by web.cron { weekly on Sunday at 12:00 UTC; taking 1m..10m; monitor other }\n";
    let checked = with(&[], check);
    assert_eq!(told(&checked), (vec!["T2502"], 0, vec![LEAVES_NOTHING]));
}

/// The play begins when what a step reads has come: a monthly dump, and a backup that comes later.
#[test]
fn what_is_made_of_something_rare_is_cut_off_once_it_runs() {
    let rare = [
        ("hosted by bank", "on spare"),
        ("daily at 02:00 UTC", "monthly on 28 at 02:00 UTC"),
        (
            "phase t0 = 2026-02-15",
            "phase t0 = 2026-02-15\nphase t1 = 2026-05-15",
        ),
    ];
    assert_eq!(told(&with(&rare, "")), (vec!["T2502"], 1, vec![]));
    let later = "class cache is state on web.disk:/cache since t1\n";
    let later = with(
        &[&rare[..], &[("of db from dump to r", "of db, cache to r")]].concat(),
        later,
    );
    assert_eq!(told(&later), (vec!["T2502"], 1, vec![]));
}

const CACHE: &str = r#"
class cache is state on web.disk:/cache
capture dump_cache of cache to web.disk:/caches by web.cron { daily at 02:30 UTC; method program; runs "/opt/dump"; atomic; taking 1m..4m; monitor deadman }
"#;

#[test]
fn captures_of_one_program_fail_together() {
    let one = with(&[], CACHE);
    assert_eq!(told(&one), (vec!["T2505"], 1, vec![]));
    let two = with(&[], &CACHE.replace("/opt/dump", "/opt/other"));
    assert_eq!(told(&two), (vec![], 0, vec![]));
    let case = Case::Together(vec![step(&two, "dump"), step(&two, "dump_cache")]);
    let alone = "played, `dump_cache` does not fail with the others";
    assert_eq!(said(&two, &case), Err(alone.to_owned()));
}

/// One comes when the other has ended: they never fail together.
#[test]
fn captures_that_are_not_there_at_one_time_do_not_fail_together() {
    let later = CACHE.replace("web.cron {", "web.cron since t1 {");
    let phases = (
        "phase t0 = 2026-02-15",
        "phase t0 = 2026-02-15\nphase t1 = 2026-04-01",
    );
    let ends = (
        "to web.disk:/dumps by web.cron",
        "to web.disk:/dumps by web.cron until t1",
    );
    let both = with(&[phases], &later);
    assert_eq!(told(&both), (vec!["T2505"], 1, vec![]));
    let apart = with(&[phases, ends], &later);
    assert_eq!(told(&apart), (vec![], 0, vec![]));
}

#[test]
fn half_a_set_passes_for_a_whole_one() {
    let in_place = with(&[("atomic; ", "")], "");
    assert_eq!(told(&in_place), (vec!["T2506"], 1, vec![]));
    let whole = with(&[], "");
    let case = |plan: &Plan| Case::Half([(step(plan, "dump"), step(plan, "nightly"))].into());
    assert_eq!(said(&in_place, &case(&in_place)), Ok(Played::Out));
    let not = || Err("played, `nightly` does not report half of a set".to_owned());
    assert_eq!(said(&whole, &case(&whole)), not());
    // Who waits for it does not run.
    let waits = with(
        &[
            ("atomic; ", ""),
            ("taking 1m..10m", "after dump; taking 1m..10m"),
        ],
        "",
    );
    assert_eq!(told(&waits), (vec![], 0, vec![]));
    assert_eq!(said(&waits, &case(&waits)), not());
    let asked = [
        ("atomic; ", ""),
        (
            "daily at 03:00 UTC; taking 1m..10m; monitor deadman",
            "on demand; taking 1m..10m",
        ),
    ];
    let (codes, _, rest_on) = told(&with(&asked, ""));
    assert!(
        codes.contains(&"T2506") && rest_on == [ON_DEMAND],
        "{codes:?} {rest_on:?}"
    );
}

const COPIED: &str = r#"
host box at bank/safe { runs zerobyte, cron; has restic 0.18.0, zerobyte 0.41.0; store own }
repository near_by in box.own:/restic { engine restic 0.18.0; key k }
repository away in spare.other:/far { engine restic 0.18.0; key k }
network lan { joins box, spare }
class photos is files on box.own:/photos
backup hourly of photos to near_by by box.zerobyte { daily at 05:00 UTC; keep 7 daily; prune; taking 1m..30m; monitor deadman }
copy offsite of photos from hourly to away by box.zerobyte { checked daily at 08:00 UTC; taking 1m..1h; monitor deadman }
"#;

#[test]
fn a_mirror_that_nobody_asks_after_fails_unheard() {
    let copied = |old: &str, new: &str| {
        assert!(COPIED.contains(old), "{old}");
        with(
            &[("hosted by bank", "hosted by ovh")],
            &COPIED.replace(old, new),
        )
    };
    let codes = |plan: &Plan| {
        let (codes, replayed, rest_on) = told(plan);
        assert_eq!((codes.len(), rest_on), (replayed, vec![]), "{codes:?}");
        codes
    };
    let asked = copied("", "");
    assert_eq!(codes(&asked), ["T2503"], "of what runs with `ovh`");
    let silent = copied("checked daily at 08:00 UTC; ", "");
    assert_eq!(codes(&silent), ["T2507", "T2503"]);
    let no_cron = copied("runs zerobyte, cron", "runs zerobyte");
    assert_eq!(codes(&no_cron), ["T2507", "T2503"]);
    // With its host off neither it nor its backup is begun.
    let unwatched = copied("1m..1h; monitor deadman", "1m..1h");
    assert_eq!(codes(&unwatched), ["T2501", "T2503"]);
    let case = |plan: &Plan| Case::NotAsked(step(plan, "offsite"));
    let rings = said(&asked, &case(&asked)).unwrap_err();
    let rung = "played, `deadman` speaks up about `offsite`";
    assert!(rings.starts_with(rung), "{rings}");
}
