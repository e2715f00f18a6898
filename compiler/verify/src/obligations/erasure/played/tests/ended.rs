//! What steps have left is there until somebody clears it.

use super::*;

/// A class in three phases, in the first of which it is mirrored to the NAS.
const PHASES: &str = "phase x = 2026-06-02\nphase y = 2026-07-02
class db is files on web.disk:/db { retain at most MOST }
sync up of db to tower.tank:/db by tower.cron until x { daily at 03:00; monitor watch; taking 1m..5m }\n";

/// What is told if it must be gone after so many days, and what came of playing that; and that nothing is told if it
/// may stay for so much longer as `up to` says.
fn told(text: &str, days: i64) -> (Vec<&'static str>, usize, Vec<&'static str>) {
    let (told, replayed, rest_on, mismatches) = played(text, days * 86_400);
    assert!(mismatches.is_empty(), "{mismatches:?}");
    (told, replayed, rest_on)
}

fn mirrored(more: &str, days: i64) -> (Vec<&'static str>, usize, Vec<&'static str>) {
    told(&[PHASES, more].concat(), days)
}

const NOTHING: (Vec<&str>, usize, Vec<&str>) = (vec![], 0, vec![]);

#[test]
fn what_a_step_has_left_stays_for_ever() {
    assert_eq!(mirrored("", 1000), (vec!["T1702"], 1, vec![]));
    // While the step runs it deletes.
    let runs = PHASES.replace(" until x", "");
    assert_eq!(told(&runs, 10), NOTHING);
}

#[test]
fn a_clean_up_takes_away_what_was_left() {
    let rule = |since: &str| {
        format!(
            "expire e of tower.tank:/db after 20 days by mtime {since} {{ by tower.cron; daily at 09:00; monitor watch; taking 1m..5m }}"
        )
    };
    let always = rule("");
    assert_eq!(mirrored(&always, 26), NOTHING);
    assert_eq!(mirrored(&always, 20), (vec!["T1701"], 1, vec![]));
    // Since the next phase it finds what was left until then.
    let later = rule("since y");
    assert_eq!(mirrored(&later, 45), NOTHING);
    assert_eq!(mirrored(&later, 28), (vec!["T1701"], 1, vec![]));
    let over = rule("since x until y");
    assert_eq!(mirrored(&over, 30), NOTHING);
    let too_short = over.replace("after 20 days", "after 40 days");
    assert_eq!(mirrored(&too_short, 100), (vec!["T1702"], 1, vec![]));
}

#[test]
fn what_was_left_goes_with_its_place() {
    let text = PHASES.replace("tower.tank", "leaving.tank");
    let text = text.replace("tower.cron", "web.cron");
    let place = "nas leaving at home/rack until y { store tank }\n";
    let text = [place, &text].concat();
    assert_eq!(told(&text, 40), NOTHING);
    assert_eq!(told(&text, 29), (vec!["T1701"], 1, vec![]));
}

/// It makes the same place equal to what there is then.
#[test]
fn another_mirror_takes_away_what_was_left() {
    let other = "sync anew of db to tower.tank:/db by tower.cron since x { daily at 03:00; monitor watch; taking 1m..5m }";
    assert_eq!(mirrored(other, 20), NOTHING);
}

/// What goes on running carries what was left on, and takes away what is not left any more.
#[test]
fn what_reads_from_what_was_left_has_it_too() {
    let dumps = |more: &str| {
        format!(
            "phase x = 2026-06-02\nphase y = 2026-07-02
            class db is files on web.disk:/db {{ retain at most MOST }}
            capture dump of db to web.disk:/dumps by web.cron until x {{ daily at 02:00; method program; runs \"/d\"; keeps 10 days; atomic; monitor watch; taking 1m..5m }}
            sync up of db from web.disk:/dumps to tower.tank:/db by tower.cron {{ daily at 03:00; monitor watch; taking 1m..5m }}
            {more}"
        )
    };
    assert_eq!(told(&dumps(""), 1000).0, ["T1702"]);
    let cleared = dumps(
        "expire e of web.disk:/dumps after 20 days by mtime since y { by web.cron; daily at 09:00; monitor watch; taking 1m..5m }",
    );
    assert_eq!(told(&cleared, 60), NOTHING);
    assert_eq!(told(&cleared, 28), (vec!["T1701"], 1, vec![]));
}

/// Nobody forgets the versions of a backup that is no more.
#[test]
fn versions_stay_when_their_backup_ends() {
    let text = "phase x = 2026-06-02
        repository r in tower.tank:/r { engine restic 0.18.0; key k }
        class db is files on web.disk:/db { retain at most MOST }
        backup b of db to r by tower.cron until x { daily at 03:00; keep 7 daily; prune; monitor watch; taking 1m..5m }";
    assert_eq!(told(text, 1000), (vec!["T1702"], 1, vec![]));
}

/// As if the verifier were wrong.
#[test]
fn what_is_left_for_longer_than_is_told_is_an_internal_error() {
    let plan = plan_of(&[PLACES, &PHASES.replace("MOST", "1d")].concat());
    let context = Context::new(&plan, Rc::default());
    let class = plan.model.classes.ids().next().unwrap();
    let mut deaths = Deaths::default().in_period(&context, class, (1, true));
    let copy = *deaths.keys().next_back().unwrap();
    let mut told = |at: Option<Seconds>| {
        deaths.get_mut(&copy).unwrap().at = at;
        let outlived = Outlived {
            classes: [class].into(),
            periods: [1].into(),
            copy,
            deaths: deaths.clone(),
            most: Seconds::DAY,
        };
        confirm(&context, &outlived)
    };
    assert_eq!(told(None), Ok(Played::Out));
    let why = told(Some(Seconds::days(90))).unwrap_err();
    assert!(why.starts_with("played, it is on `tower.tank`"), "{why}");
}
