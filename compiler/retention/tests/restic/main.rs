//! `forget` against real restic, in every version there is: random histories with random rules, on machines in
//! many zones: the same decisions for the same reasons.
//!
//! `THRICE_RANDOM_HISTORIES=5000 cargo test -p thrice-retention --test restic -- --nocapture` tries so many on
//! each version instead of the few that fit into every run, and counts them. (Nextest ends tests that take
//! minutes.) `THRICE_SEED` chooses others.
//!
//! restic judges repositories that it began itself. Their snapshots it did not take: half a second each would
//! allow for a few dozen. They are written here, as restic writes them, and restic looks through all of them
//! once (`check --read-data`).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a fault in a test is a failed test"
)]

mod answers;
mod histories;
mod repository;
mod rules;
mod sealed;

use std::collections::BTreeSet;
use std::path::Path;

use answers::{Groups, Possible, of_model, of_restic};
use histories::{NOW, ZONES, at, history, stored};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;
use repository::{Origin, names, shown};
use rules::{Call, rules};
use thrice_retention::{Count, KeepRules, ResticVersion, Snapshot, forget};
use thrice_test_support::finish;
use thrice_test_support::restic::{Restic, versions};

/// The source of all that is random here: the same seed gives the same histories, everywhere.
type Random = rand_xorshift::XorShiftRng;

/// Histories tried on each version where nothing else is asked for.
const HISTORIES: u64 = 120;

/// Each so many-th history is really forgotten from, three times over.
const FORGOTTEN: u64 = 50;

fn option(name: &str, otherwise: u64) -> u64 {
    let asked = std::env::var(name).ok();
    asked.map_or(otherwise, |asked| asked.parse().unwrap())
}

/// What was tried.
#[derive(Debug, Default)]
struct Tally {
    /// Each by its snapshots, as restic stores them.
    histories: BTreeSet<Vec<String>>,
    snapshots: usize,
    calls: usize,
    groups: usize,
    refused: usize,
    /// Calls in which the order of snapshots of one moment decides.
    undecided: usize,
    /// Calls in which the zone of the machine that forgets decides.
    by_clock: usize,
    /// Calls in which something is kept because it is the oldest.
    oldest: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.histories.extend(other.histories);
        self.snapshots += other.snapshots;
        self.calls += other.calls;
        self.groups += other.groups;
        self.refused += other.refused;
        self.undecided += other.undecided;
        self.by_clock += other.by_clock;
        self.oldest += other.oldest;
    }
}

/// One history in a repository of its own.
struct Case<'a> {
    restic: &'a Restic,
    version: ResticVersion,
    folder: &'a Path,
    zone: &'static str,
    /// In messages.
    name: String,
}

impl Case<'_> {
    /// Asks both, and compares. Gives the names of what is left if it is really forgotten.
    fn compare(&self, all: &[Snapshot], call: &Call, dry: bool, tally: &mut Tally) {
        let clock = TimeZone::get(self.zone).unwrap();
        let of = |clock| of_model(all, call, self.version, &at(NOW).to_zoned(clock));
        let (real, model) = (
            of_restic(self.restic, self.folder, (call, self.zone), dry),
            of(clock),
        );
        tally.calls += 1;
        tally.by_clock += usize::from(of(TimeZone::UTC) != model);
        match (&real, &model) {
            (Ok(real), Ok(model)) => {
                assert!(
                    agree(real, model),
                    "{}",
                    self.told(all, call, &real, &model)
                );
                tally.groups += real.len();
                tally.undecided += usize::from(model.values().any(|answers| answers.len() > 1));
                let mut reasons = real.values().flat_map(|kept| kept.values());
                let is_oldest = |why: &String| why.starts_with("oldest");
                tally.oldest += usize::from(reasons.any(|(why, _)| why.iter().any(is_oldest)));
            }
            (Err(real), Err(_)) if real.contains("refusing to delete") => tally.refused += 1,
            _ => panic!("{}", self.told(all, call, &real, &model)),
        }
        if !dry {
            let kept: Option<BTreeSet<&String>> = real
                .as_ref()
                .ok()
                .map(|groups| groups.values().flat_map(|kept| kept.keys()).collect());
            let stays = |snapshot: &&Snapshot| {
                let of_group = |kept: &BTreeSet<&String>| kept.contains(&snapshot.id);
                !call.selects(snapshot) || kept.as_ref().is_none_or(of_group)
            };
            let left: BTreeSet<&str> = all.iter().filter(stays).map(|s| s.id.as_str()).collect();
            let there = names(self.folder);
            let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
            assert_eq!(left, there, "{}", self.told(all, call, &real, &model));
        }
    }

    fn told(
        &self,
        all: &[Snapshot],
        call: &Call,
        real: &impl std::fmt::Debug,
        model: &impl std::fmt::Debug,
    ) -> String {
        let listed: Vec<String> = listed(all);
        let (name, zone, arguments) = (&self.name, self.zone, call.arguments(self.version));
        format!(
            "{name}, TZ={zone}, forget {}\n{}\nrestic: {real:#?}\nmodel: {model:#?}",
            arguments.join(" "),
            listed.join("\n")
        )
    }
}

/// All that restic knows of some snapshots, in order of time.
fn listed(all: &[Snapshot]) -> Vec<String> {
    let mut sorted: Vec<&Snapshot> = all.iter().collect();
    sorted.sort_by_key(|snapshot| (snapshot.time, snapshot.offset_seconds));
    let told = sorted.iter().map(|s| {
        let (tags, paths) = (s.tags.join(","), s.paths.join(","));
        format!("{} {} {} [{tags}] {paths}", &s.id[..8], stored(s), s.host)
    });
    told.collect()
}

fn agree(real: &Groups, model: &Possible) -> bool {
    real.len() == model.len()
        && real
            .iter()
            .all(|(key, kept)| model.get(key).is_some_and(|answers| answers.contains(kept)))
}

/// The n-th history of a seed on one restic.
fn tried(origin: &Origin, restic: &Restic, (seed, number): (u64, u64), folder: &Path) -> Tally {
    let version = ResticVersion::parse(&restic.version.to_string()).unwrap();
    // Neighbouring numbers must not give alike beginnings.
    let mixed = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut random = Random::seed_from_u64(mixed);
    let zone = ZONES.choose(&mut random).unwrap();
    let first = rules(&mut random, version);
    let spans: Vec<_> = first
        .withins()
        .into_iter()
        .filter_map(|(_, span)| span)
        .collect();
    let machine = TimeZone::get(zone).unwrap();
    let mut all = history(&mut random, &spans, &machine);
    let ids = origin.with(folder, &all, &mut random);
    for (snapshot, id) in all.iter_mut().zip(ids) {
        snapshot.id = id;
    }
    origin.gather(folder);
    let case = Case {
        restic,
        version,
        folder,
        zone,
        name: format!("restic {version}, history {number} of seed {seed}"),
    };
    let mut tally = Tally {
        histories: BTreeSet::from([all.iter().map(described).collect()]),
        snapshots: all.len(),
        ..Tally::default()
    };
    let call = Call::new(&mut random, first);
    case.compare(&all, &call, true, &mut tally);
    if number % FORGOTTEN == 0 {
        let again = [rules(&mut random, version), rules(&mut random, version)];
        let again = again.map(|rules| Call::new(&mut random, rules));
        for call in [&call, &again[0], &again[1]] {
            case.compare(&all, call, false, &mut tally);
            let there = names(folder);
            all.retain(|snapshot| there.contains(&snapshot.id));
        }
    }
    tally
}

/// Everything about a snapshot but its name.
fn described(snapshot: &Snapshot) -> String {
    let (tags, paths) = (snapshot.tags.join(","), snapshot.paths.join(","));
    format!("{} {} [{tags}] {paths}", stored(snapshot), snapshot.host)
}

/// Tries as many histories as are asked for, two at a time.
fn all_tried(origin: &Origin, restic: &Restic, seed: u64, folder: &Path) -> Tally {
    let count = option("THRICE_RANDOM_HISTORIES", HISTORIES);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                let mut tally = Tally::default();
                for number in (half..count).step_by(2) {
                    let folder = folder.join(format!("{seed}-{number}"));
                    tally.add(tried(origin, restic, (seed, number), &folder));
                    std::fs::remove_dir_all(folder).unwrap();
                }
                tally
            })
        });
        for half in halves {
            tally.add(half.join().unwrap());
        }
    });
    assert_eq!(tally.histories.len() as u64, count, "each is another one");
    tally
}

#[test]
fn decides_as_every_real_restic_does() {
    let folder = tempfile::tempdir().unwrap();
    let restics = versions();
    let origin = Origin::new(folder.path(), &restics[0]);
    let mut whole = Tally::default();
    for (place, restic) in (0..).zip(restics) {
        let seed = option("THRICE_SEED", 1) + 1000 * place;
        let tally = all_tried(&origin, restic, seed, folder.path());
        eprintln!(
            "restic {}: {} histories of {} snapshots, {} calls on {} groups, {} refused, all alike; \
             in {} the order of snapshots of one moment decides, in {} the zone of the machine, \
             in {} an oldest snapshot is kept as such",
            restic.version,
            tally.histories.len(),
            tally.snapshots,
            tally.calls,
            tally.groups,
            tally.refused,
            tally.undecided,
            tally.by_clock,
            tally.oldest
        );
        whole.add(tally);
    }
    let restic = &restics[restics.len() - 1];
    assert_eq!(origin.check(restic), whole.snapshots + 1);
    let counts = [whole.refused, whole.undecided, whole.by_clock, whole.oldest];
    assert!(
        counts.iter().all(|count| *count > 0),
        "the histories test too little: {counts:?}"
    );
}

#[test]
fn refuses_as_every_real_restic_does() {
    let folder = tempfile::tempdir().unwrap();
    let restics = versions();
    let all = [Snapshot::at("one", at("2026-01-01T00:00Z"), 0)];
    let repository = folder.path().join("repository");
    let mut random = Random::seed_from_u64(1);
    Origin::new(folder.path(), &restics[0]).with(&repository, &all, &mut random);
    let path = shown(&repository);
    let now = Timestamp::MAX.to_zoned(TimeZone::UTC);
    for restic in restics {
        let version = ResticVersion::parse(&restic.version.to_string()).unwrap();
        let real = |arguments: &[&str]| {
            let mut command = restic.command(&path);
            command
                .args(["forget", "--dry-run", "--no-lock"])
                .args(arguments);
            finish(&mut command).is_success()
        };
        let model = |rules: KeepRules| forget(&rules, version, &all, &now).is_ok();
        let daily = |count| KeepRules {
            daily: Some(count),
            ..KeepRules::default()
        };
        assert_eq!(
            real(&["--keep-daily", "-1"]),
            model(daily(Count::MinusOne)),
            "{version}: -1"
        );
        assert_eq!(
            real(&["--keep-daily", "unlimited"]),
            model(daily(Count::Unlimited)),
            "{version}: unlimited"
        );
        assert_eq!(
            real(&["--keep-daily", "0"]),
            model(daily(Count::N(0))),
            "{version}: 0"
        );
        let tags = KeepRules {
            tags: vec![vec!["typo".to_owned()]],
            ..KeepRules::default()
        };
        assert_eq!(
            real(&["--keep-tag", "typo"]),
            model(tags),
            "{version}: a tag that nothing has"
        );
    }
}
