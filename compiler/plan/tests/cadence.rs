//! What a monitor, a response time and a schedule come to.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests stop the test with what they know"
)]

use jiff::civil::date;
use thrice_diagnostics::SourceMap;
use thrice_plan::{Missed, Plan, staleness};
use thrice_quantity::Seconds;
use thrice_resolve::{Loader, resolve};

struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &str) -> Result<(String, String), String> {
        Err("no files here".to_owned())
    }
}

const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider home { site rack; site safe }
host server at home/rack { runs cron; has restic 0.18.0; store disk { medium hdd } }
host spare at home/safe { runs cron; has restic 0.18.0; store disk { medium hdd } }
network vpn "VPN" { joins server, spare }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by home }
key k { held on spare; file "/etc/k" }
repository r in spare.disk:/restic { engine restic 0.18.0; key k }
class db is state on server.disk:/db
capture dump of db to server.disk:/dumps by server.cron {
    daily at 02:55
    method program
    runs "/opt/dump"
    atomic
    taking 1m..4m
    monitor deadman
}
"#;

fn plan(steps: &str) -> Plan {
    plan_of(&format!("{PLACES}{steps}"))
}

fn plan_of(text: &str) -> Plan {
    let mut sources = SourceMap::new();
    let file = sources.add("policy.thrice", text.to_owned());
    let day = date(2026, 3, 1);
    let (model, mistakes) = resolve(&mut sources, &[file], "policy", day, &NoFiles);
    let messages: Vec<_> = mistakes.iter().map(|m| &m.message).collect();
    let model = model.unwrap_or_else(|| panic!("{messages:?}"));
    thrice_plan::plan(model, day).0
}

#[test]
fn missed_runs_follow_from_the_monitor_and_the_response_time() {
    // 24 h, 1 h for the run and 1 h of grace: the alarm comes after 26 h. 26 h + 72 h are four nights.
    let plan = plan(
        "backup up of db from dump to r by server.cron { daily at 03:00; taking 1m..1h; monitor deadman }",
    );
    let (_, cadence) = plan.cadences.iter().last().unwrap();
    assert_eq!(cadence.freshness, Some(Seconds::hours(26)));
    assert_eq!(cadence.missed, 4);
    assert_eq!(cadence.widest_missed, Some(Seconds::days(5)));
}

/// The last run that went well was due a late start and a long run before its signal.
#[test]
fn a_run_that_is_done_late_is_heard_of_late() {
    // Due at 03:00 and done at 08:00, of which the monitor waits 30 h for the next one: 14:00 a day later. 11 h more are
    // 01:00, 12 h are 02:00, and 13 h the next run as well.
    let missed = |response: &str| {
        let up = "backup up of db from dump to r by server.cron { daily at 03:00; taking 1m..4h; jitter 1h; monitor deadman }";
        let places = PLACES.replace("response time 72h", &format!("response time {response}"));
        let plan = plan_of(&[&places, up].concat());
        let (_, cadence) = plan.cadences.iter().last().unwrap();
        assert_eq!(cadence.freshness, Some(Seconds::hours(30)));
        cadence.missed
    };
    assert_eq!(missed("12h"), 1);
    assert_eq!(missed("13h"), 2);
    assert_eq!(missed("36h"), 2);
    assert_eq!(missed("37h"), 3);
}

fn worst_of(plan: &Plan, missed: Missed) -> Option<Seconds> {
    let (copy, _) = plan.copies.iter().last().unwrap();
    let newest = plan.staleness().of(copy, missed);
    assert!(newest.exact);
    let day = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    let (from, until) = (day("2026-02-15T00:00Z"), day("2028-01-01T00:00Z"));
    staleness::worst(&[newest], from, until).map(|worst| worst.age)
}

#[test]
fn the_plan_knows_how_old_the_newest_version_gets() {
    let text = "backup up of db from dump to r by server.cron { daily at 03:00; taking 1m..10m; monitor deadman }";
    let apart = plan(text);
    let day = |days: i64, minutes: i64| Some(Seconds(days * 86_400 + minutes * 60));
    assert_eq!(worst_of(&apart, Missed::Nominal), day(1, 15));
    // Four dumps and then four backups may fail before somebody has acted.
    assert_eq!(worst_of(&apart, Missed::Guaranteed), day(9, 15));
    // Where the backup refuses to run without the dump, each miss is one of its own.
    let after = plan(&text.replace("taking", "after dump; taking"));
    assert_eq!(worst_of(&after, Missed::Nominal), day(1, 15));
    assert_eq!(worst_of(&after, Missed::Guaranteed), day(5, 15));
}

#[test]
fn a_dump_in_place_must_be_done_before_it_is_read() {
    let text = "backup up of db from dump to r by server.cron { daily at 02:58; taking 1m..10m; monitor deadman }";
    let atomic = plan(text);
    // It reads the dump of the night before.
    let expected = Seconds(2 * 86_400 + 13 * 60);
    assert_eq!(worst_of(&atomic, Missed::Nominal), Some(expected));
    let places = PLACES.replace("    atomic\n", "");
    let mut sources = SourceMap::new();
    let file = sources.add("policy.thrice", format!("{places}{text}"));
    let (model, _) = resolve(&mut sources, &[file], "policy", date(2026, 3, 1), &NoFiles);
    let torn = thrice_plan::plan(model.unwrap(), date(2026, 3, 1)).0;
    assert_eq!(worst_of(&torn, Missed::Nominal), None);
}

/// A mirror is heard of when it is asked after, and misses what its backup misses.
#[test]
fn a_mirror_misses_more_than_its_backup() {
    let plan = plan(
        "host keeper at home/safe { runs zerobyte, cron; store local }
repository near in keeper.local:/r { engine restic 0.18.0; key k }
copy far of db from up to r by keeper.zerobyte { checked daily at 08:00; taking 1m..2h; monitor deadman }
backup up of db to near by keeper.zerobyte { daily at 03:00; taking 1m..1h; jitter 5m; monitor deadman }",
    );
    let of = |name: &str| {
        let step = plan
            .model
            .steps
            .iter()
            .find(|(_, step)| step.named.name == name);
        plan.cadences[step.unwrap().0]
    };
    let (far, up) = (of("far"), of("up"));
    assert_eq!(far.jitter, Seconds::minutes(65));
    assert_eq!(far.widest, up.widest);
    assert_eq!(far.signals, Some(Seconds::DAY));
    // A day, a quarter of an hour to ask, an hour of grace.
    assert_eq!(far.freshness, Some(Seconds::minutes(25 * 60 + 15)));
    // 25 h 15 min, 72 h, and 65 min until the first version that fails to arrive could have been there: four
    // nights after the first; and four that the backup may miss.
    assert_eq!((up.missed, far.missed), (4, 4 + 5));
    assert_eq!(far.widest_missed, Some(Seconds::days(10)));
}
