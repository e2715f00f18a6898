//! Some small random policies in CI whose limits are found by trying; `--example
//! limits` tries more of them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a real policy that cannot be planned is a failed test"
)]

use thrice_diagnostics::Severity;
use thrice_model::Obligation;
use thrice_trust::limits::{About, Tally, compare};
use thrice_trust::option;
use thrice_trust::policy::{Texts, plan};
use thrice_verify::{Session, Verification};

/// What came out of so many worlds, in none of which thrice says something else than trying does.
fn tried(about: About, worlds: u64) -> Tally {
    let tally = compare(about, option("THRICE_SEED", 1), worlds, |_| {});
    assert!(
        tally.mismatches.is_empty(),
        "{tally}\n{}",
        tally.mismatches.join("\n")
    );
    tally
}

/// What was tried holds, a little more does not, and most worlds are small enough to be tried.
fn agree(about: About, worlds: u64) {
    let tally = tried(about, worlds);
    assert!(tally.worlds > worlds / 2, "{tally}");
    assert!(
        tally.held > worlds / 4 && tally.failed > worlds / 4,
        "{tally}"
    );
    // Nearly every case that is told comes about on the simulator as well.
    assert!(tally.not_played * 10 <= tally.failed, "{tally}");
}

#[test]
fn recovery_points_are_what_trying_every_run_gives() {
    agree(About::RecoveryPoint, 30);
}

#[test]
fn histories_are_what_playing_decades_gives() {
    agree(About::History, 30);
}

#[test]
fn rooms_are_at_least_what_playing_the_corners_gives() {
    agree(About::Capacity, 30);
}

/// Who meets whom, and whether always, is told exactly but for how much is left of what is waited for.
#[test]
fn who_meets_whom_is_what_walking_through_a_year_gives() {
    let worlds = 100;
    let tally = tried(About::TimeTable, worlds);
    assert!(
        tally.told > worlds && tally.stricter * 5 < tally.told,
        "{tally}"
    );
}

/// Nothing is promised to be gone before what was played is; where nothing on the way must fit to anything else, it is
/// promised by then.
#[test]
fn nothing_is_gone_sooner_than_playing_its_end_gives() {
    let worlds = 300;
    let tally = tried(About::Erasure, worlds);
    assert!(
        tally.worlds > worlds / 2 && tally.held > worlds / 10,
        "{tally}"
    );
    // What outlives an hour less than was played does so on the simulator as well, in most worlds.
    let replayed = tally.failed - tally.not_played;
    assert!(replayed * 4 > tally.worlds * 3, "{tally}");
}

/// What was played is in time, a second less is not; with lines of several speeds more may be asked for. Where lines
/// are alike, just those are late that are played to be. Most cases come about on the simulator.
#[test]
fn restores_come_when_playing_them_event_by_event_says() {
    let worlds = 40;
    let tally = tried(About::RecoveryTime, worlds);
    assert!(tally.worlds > worlds / 2, "{tally}");
    assert!(
        tally.held > worlds / 2 && tally.failed > worlds / 2,
        "{tally}"
    );
    assert!(
        tally.replayed > tally.failed && tally.not_played * 3 < tally.failed,
        "{tally}"
    );
}

/// What is found in a form of the real policy that asks for more, each case of which is borne out.
fn asked_for(form: &str, ask: &str, obligations: &[Obligation]) -> Verification {
    let mut texts = Texts::vpai(form);
    let text = texts.roots.values_mut().next().expect("a file");
    text.push_str(ask);
    let plan = plan(&texts).unwrap_or_else(|why| panic!("{form}: {why}"));
    let found = Session::default().verify(&plan, obligations);
    assert!(found.internal.is_empty(), "{form}: {:#?}", found.internal);
    found
}

/// What is told of the real policy comes about on the simulator: a case that does not is an internal error.
/// It states no recovery points: of every class so little is asked that none is kept.
#[test]
fn each_case_of_the_real_policy_replays() {
    for (form, findings) in [("as-written", 21), ("hardened", 20)] {
        let ask = "\nrequire rpo <= 1 minute, guaranteed <= 2 minutes for all\n";
        let asked = [
            Obligation::Copies,
            Obligation::Survival,
            Obligation::RecoveryPoint,
            Obligation::LastCopy,
        ];
        let found = asked_for(form, ask, &asked);
        let told = found.findings.iter();
        let told = told.filter(|finding| finding.obligation == Obligation::RecoveryPoint);
        assert_eq!(told.count(), findings, "{form}");
    }
}

/// The same of histories and rooms, with more asked for than it promises. What has no course to be played is
/// named.
#[test]
fn histories_and_rooms_of_the_real_policy_replay() {
    let left = ["mirrors", "missed runs", "versions that no keep rules thin"];
    for (form, rest_on) in [("as-written", &[][..]), ("hardened", &left[..])] {
        let ask = "\nrequire history of 4000 days with gap 3 days for all\n\
                   require headroom 99.8 % on s3\n";
        let asked = [Obligation::History, Obligation::Capacity];
        let found = asked_for(form, ask, &asked);
        let count = |of: Obligation, severity: Severity| {
            let mine = found.findings.iter().filter(|f| f.obligation == of);
            mine.filter(|f| f.diagnostic.severity == severity).count()
        };
        let history = &found.plays[&Obligation::History];
        assert!(history.rest_on.iter().eq(rest_on), "{form}: {history:?}");
        let errors = count(Obligation::History, Severity::Error);
        assert!(
            errors >= 4 && history.replayed + 2 >= errors,
            "{form}: {history:?} of {errors}"
        );
        let room = &found.plays[&Obligation::Capacity];
        let errors = count(Obligation::Capacity, Severity::Error);
        assert!(room.rest_on.is_empty(), "{form}: {room:?}");
        assert!(
            errors >= 1 && room.replayed == errors,
            "{form}: {room:?} of {errors}"
        );
    }
}

/// The same of runs that meet and of who can destroy what, of which the written form has several. Two of them are about
/// what somebody moves by hand.
#[test]
fn meetings_and_thefts_of_the_real_policy_replay() {
    let asked = [Obligation::Deletion, Obligation::TimeTable];
    for (form, of_each) in [
        ("as-written", [(3, 3), (6, 6)]),
        ("hardened", [(0, 0), (0, 0)]),
    ] {
        let found = asked_for(form, "", &asked);
        for (obligation, of_each) in asked.into_iter().zip(of_each) {
            let told = found.findings.iter().filter(|f| f.obligation == obligation);
            let plays = found.plays.get(&obligation).cloned().unwrap_or_default();
            assert!(plays.rest_on.is_empty(), "{form}: {plays:?}");
            assert_eq!((told.count(), plays.replayed), of_each, "{form}");
        }
    }
}

/// The real policy says nothing of lines; another one that does, asked for less time than it takes.
#[test]
fn restores_of_a_verified_policy_replay() {
    let mut texts = Texts::asked();
    for text in texts.roots.values_mut() {
        *text = text.replace("rto 60h", "rto 90m");
    }
    let plan = plan(&texts).unwrap_or_else(|why| panic!("{why}"));
    let found = Session::default().verify(&plan, &[Obligation::RecoveryTime]);
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    let plays = &found.plays[&Obligation::RecoveryTime];
    let late = found.findings.iter().map(|f| f.diagnostic.code.0);
    assert_eq!(late.collect::<Vec<_>>(), ["T1401"]);
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
}

/// The same of keys, flow, alarm and cost, as they are and with a budget that is too small. Both forms have prices.
#[test]
fn courses_of_the_real_policy_replay() {
    let all = [
        Obligation::Keys,
        Obligation::Flow,
        Obligation::Alarm,
        Obligation::Cost,
    ];
    for (form, replayed) in [("as-written", [1, 2, 4, 1]), ("hardened", [0, 0, 0, 1])] {
        let found = asked_for(form, "\nrequire cost <= 1 EUR/month\n", &all);
        let plays = all.map(|of| found.plays.get(&of).cloned().unwrap_or_default());
        let rest_on = plays.iter().flat_map(|plays| &plays.rest_on);
        assert_eq!(rest_on.count(), 0, "{form}: {plays:?}");
        let told = all.map(|of| {
            let mine = found.findings.iter().filter(|f| f.obligation == of);
            // What says nothing of sensitivity, seeds that nothing checks, and costs that nobody knows have no course.
            let without = ["T2205", "T2206", "T2403"];
            let courses = mine.filter(|f| !without.contains(&f.diagnostic.code.0));
            courses.count()
        });
        assert_eq!(plays.map(|plays| plays.replayed), told, "{form}");
        assert_eq!(told[..3], replayed[..3], "{form}");
        assert!(told[3] >= replayed[3], "{form}");
    }
}
