//! Thrice's verdicts on small random policies that ask for exactly what was found by trying, and for a
//! little more: the first must hold, the second must not.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use rand::RngExt as _;
use thrice_diagnostics::Severity;
use thrice_model::Obligation;
use thrice_verify::{Session, Verification};

use crate::policy::{Texts, plan};
use crate::{Random, erased, random, reach, recovery, restored, room, table};

/// More room than any small policy takes, in gigabytes.
const PLENTY: i64 = 1_000_000;

/// No run is made longer by more than this, in minutes.
const MOST_LONGER: i64 = 2 * 24 * 60;

/// In which everything is back, in seconds.
const MOST_RTO: i64 = 30 * 86_400;

/// A policy, and whether an obligation holds of it.
struct Ask {
    text: String,
    holds: bool,
    /// Whether a verdict that is stricter than what was tried is a mistake. Where it is not, thrice counts
    /// with what tools may do besides.
    exact: bool,
    /// All that is to be told, where that is known.
    told: Option<table::Met>,
    /// The classes of which it does not hold, where they are known: those, and no others if it is exact.
    failing: Option<BTreeSet<String>>,
}

/// Makes random worlds and tries them: what is asked about each; `None` for one that is too large to try.
type Worlds = fn(&mut Random) -> Option<Vec<Ask>>;

/// What is tried, and by which obligation it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// How old the newest version gets.
    RecoveryPoint,
    /// How far back versions reach.
    History,
    /// How much room is taken.
    Capacity,
    /// Whose runs meet.
    TimeTable,
    /// How long what was deleted is somewhere.
    Erasure,
    /// How soon what was lost is back.
    RecoveryTime,
}

impl About {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::RecoveryPoint,
        Self::History,
        Self::Capacity,
        Self::TimeTable,
        Self::Erasure,
        Self::RecoveryTime,
    ];

    const fn obligation(self) -> Obligation {
        match self {
            Self::RecoveryPoint => Obligation::RecoveryPoint,
            Self::History => Obligation::History,
            Self::Capacity => Obligation::Capacity,
            Self::TimeTable => Obligation::TimeTable,
            Self::Erasure => Obligation::Erasure,
            Self::RecoveryTime => Obligation::RecoveryTime,
        }
    }

    const fn worlds(self) -> Worlds {
        match self {
            Self::RecoveryPoint => recovery_points,
            Self::History => histories,
            Self::Capacity => rooms,
            Self::TimeTable => tables,
            Self::Erasure => erasures,
            Self::RecoveryTime => recovery_times,
        }
    }
}

/// What came out of a series.
#[derive(Clone, Debug)]
pub struct Tally {
    about: About,
    seed: u64,
    /// How many worlds were tried.
    pub worlds: u64,
    /// How many were left out because they are too large to try.
    pub left_out: u64,
    /// How many verdicts held.
    pub held: u64,
    /// How many did not.
    pub failed: u64,
    /// How many findings were told, where all of them were compared.
    pub told: u64,
    /// How many were stricter than what was tried, where that is no mistake.
    pub stricter: u64,
    /// How many of the policies that fail have a case that is not replayed on the simulator.
    pub not_played: u64,
    /// How many cases were replayed.
    pub replayed: u64,
    /// What is not as tried, each with its policy.
    pub mismatches: Vec<String>,
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} worlds (seed {}), {} too large and left out; {} verdicts held, {} failed, with {} findings compared, of these {} stricter than what was tried; {} cases replayed, {} policies with one that is not; {} mismatches",
            self.about.obligation().word(),
            self.worlds,
            self.seed,
            self.left_out,
            self.held,
            self.failed,
            self.told,
            self.stricter,
            self.replayed,
            self.not_played,
            self.mismatches.len()
        )
    }
}

/// Compares so many worlds, and tells after each what has come out so far.
#[must_use]
pub fn compare(about: About, seed: u64, worlds: u64, mut tell: impl FnMut(&Tally)) -> Tally {
    let mut session = Session::default();
    let mut out = Tally {
        about,
        seed,
        worlds: 0,
        left_out: 0,
        held: 0,
        failed: 0,
        told: 0,
        stricter: 0,
        not_played: 0,
        replayed: 0,
        mismatches: Vec::new(),
    };
    for case in 0..worlds {
        match about.worlds()(&mut random(seed, case)) {
            None => out.left_out += 1,
            Some(asks) => {
                out.worlds += 1;
                for ask in asks {
                    one(&mut session, &ask, case, &mut out);
                }
            }
        }
        tell(&out);
    }
    out
}

fn one(session: &mut Session, ask: &Ask, case: u64, out: &mut Tally) {
    let Ask {
        text,
        holds,
        exact,
        told,
        failing,
    } = ask;
    let plan = match plan(&Texts::one(text)) {
        Ok(plan) => plan,
        Err(why) => {
            let said = format!("case {case} is no policy: {why}\n{text}");
            return out.mismatches.push(said);
        }
    };
    let obligation = out.about.obligation();
    let verified = session.verify(&plan, &[obligation]);
    let mine = verified
        .verdicts
        .iter()
        .filter(|v| v.obligation == obligation);
    let mine: Vec<_> = mine.collect();
    let found = mine.iter().all(|verdict| verdict.holds) && !mine.is_empty();
    out.held += u64::from(found);
    out.failed += u64::from(!found);
    out.not_played += u64::from(
        !found
            && verified
                .plays
                .values()
                .any(|plays| !plays.rest_on.is_empty()),
    );
    let replayed = verified.plays.values().map(|plays| plays.replayed as u64);
    out.replayed += replayed.sum::<u64>();
    // Whatever is tried, no case may be told that does not come about.
    if let Some(internal) = verified.internal.first() {
        let said = format!("case {case}: {}\n{text}", internal.message);
        return out.mismatches.push(said);
    }
    if let Some(met) = told {
        let said = all_told(&verified, obligation);
        out.told += said.len() as u64;
        if said == met.exactly {
        } else if said == met.stricter {
            out.stricter += 1;
        } else {
            let said = format!("case {case}: met {:?}, told {said:?}\n{text}", met.exactly);
            out.mismatches.push(said);
        }
        return;
    }
    if let Some(failing) = failing {
        let said = mine.iter().filter(|verdict| !verdict.holds);
        let said: BTreeSet<String> = said.map(|verdict| verdict.subject.to_string()).collect();
        if !failing.is_subset(&said) || (*exact && said != *failing) {
            let said = format!("case {case}: late {failing:?}, said {said:?}\n{text}");
            out.mismatches.push(said);
            return;
        }
    }
    let stricter = *holds && !found;
    if stricter && !exact {
        out.stricter += 1;
    } else if found != *holds {
        let notes: Vec<&str> = mine.iter().map(|verdict| verdict.note.as_str()).collect();
        let said = format!("case {case}: tried {holds}, said {found} {notes:?}\n{text}");
        out.mismatches.push(said);
    }
}

/// The findings of an obligation: the code, whether it is an error, and who has to do with it.
fn all_told(verified: &Verification, obligation: Obligation) -> table::Told {
    let mine = verified
        .findings
        .iter()
        .filter(|finding| finding.obligation == obligation);
    mine.map(|finding| {
        let mut names = finding.subjects.clone();
        names.sort_unstable();
        names.dedup();
        let diagnostic = &finding.diagnostic;
        let error = diagnostic.severity == Severity::Error;
        (diagnostic.code.0, error, names)
    })
    .collect()
}

fn recovery_points(random: &mut Random) -> Option<Vec<Ask>> {
    let world = recovery::World::random(random);
    let ages = world.ages()?;
    let (Some(nominal), Some(guaranteed)) = (ages.nominal, ages.guaranteed) else {
        return Some(Vec::new());
    };
    let asks = [(0, 0, true), (1, 0, false), (0, 1, false)];
    let asks = asks
        .into_iter()
        .filter_map(|(less, less_guaranteed, holds)| {
            let (nominal, guaranteed) = (nominal - less, guaranteed - less_guaranteed);
            // Less is never guaranteed than what is nominal.
            (nominal > 0 && guaranteed >= nominal).then(|| Ask {
                text: world.text(nominal, guaranteed),
                holds,
                exact: true,
                told: None,
                failing: None,
            })
        });
    Some(asks.collect())
}

fn histories(random: &mut Random) -> Option<Vec<Ask>> {
    let world = reach::World::random(random);
    let reach = world.reach().unwrap_or(0);
    let asks = [(reach, true), (reach + 1, false)];
    let asks = asks.into_iter().filter(|(reach, _)| *reach > 0);
    Some(
        asks.map(|(reach, holds)| Ask {
            text: world.text(reach),
            holds,
            exact: true,
            told: None,
            failing: None,
        })
        .collect(),
    )
}

fn rooms(random: &mut Random) -> Option<Vec<Ask>> {
    let world = room::World::random(random);
    let room::Room { home, away } = world.played();
    let ask = |home: i64, away: i64, holds: bool, exact: bool| {
        (home > 0 && away > 0).then(|| Ask {
            text: world.text(room::Room { home, away }),
            holds,
            exact,
            told: None,
            failing: None,
        })
    };
    let exact = world.holds == room::Holds::Mirror;
    let asks = [
        ask(home, PLENTY, true, true),
        ask(home - 1, PLENTY, false, true),
        ask(PLENTY, away, true, exact),
        ask(PLENTY, away - 1, false, true),
    ];
    Some(asks.into_iter().flatten().collect())
}

/// A policy as it is, and one of its steps with the longest runs that meet no others than those now, and with a
/// minute more.
fn tables(random: &mut Random) -> Option<Vec<Ask>> {
    let world = table::World::random(random);
    let due = world.walk();
    let met = world.met(&due);
    let step = random.random_range(0..world.steps());
    let ask = |world: &table::World, met: table::Met| Ask {
        text: world.text(),
        holds: !met.exactly.iter().any(|(_, error, _)| *error),
        exact: true,
        told: Some(met),
        failing: None,
    };
    let mut out = vec![ask(&world, met.clone())];
    if let Some(now) = world.longest(step) {
        // A longer run meets at least whom a shorter one meets.
        let (mut same, mut other) = (now, now + 1);
        while other < now + MOST_LONGER && world.lasting(step, other).met(&due) == met {
            (same, other) = (other, other + (other - now).max(1));
        }
        while other - same > 1 {
            let middle = same + (other - same) / 2;
            match world.lasting(step, middle).met(&due) == met {
                true => same = middle,
                false => other = middle,
            }
        }
        for longest in [same, same + 1] {
            let world = world.lasting(step, longest);
            out.push(ask(&world, world.met(&due)));
        }
    }
    Some(out)
}

/// What outlived its deletion for longest is gone by then, and not an hour before.
fn erasures(random: &mut Random) -> Option<Vec<Ask>> {
    let world = erased::World::random(random);
    let played = world.played()?;
    let asks = [(played, true), (played - 1, false)];
    let asks = asks.into_iter().filter(|(most, _)| *most > 0);
    Some(
        asks.map(|(most, holds)| Ask {
            text: world.text(most),
            holds,
            exact: world.is_exact(),
            told: None,
            failing: None,
        })
        .collect(),
    )
}

/// What is asked as it is, and of one class the least that is in time, and a second less.
fn recovery_times(random: &mut Random) -> Option<Vec<Ask>> {
    let world = restored::World::random(random);
    let ask = |world: &restored::World| {
        let late = world.late();
        Ask {
            text: world.text(),
            holds: late.is_empty(),
            exact: world.is_alike(),
            told: None,
            failing: Some(late),
        }
    };
    let class = world.asked()?;
    let in_time = |rto: i64| {
        let back = world.due(class, rto).back();
        let back = back.get(class).copied().flatten();
        back.is_some_and(|(back, due)| back <= due)
    };
    // With more time it is less urgent, but no later than it may be.
    let (mut late, mut least) = (0, MOST_RTO);
    while least - late > 1 {
        let middle = late + (least - late) / 2;
        match in_time(middle) {
            true => least = middle,
            false => late = middle,
        }
    }
    let mut out = vec![ask(&world)];
    for rto in [least, least - 1] {
        out.extend((rto > 0).then(|| ask(&world.due(class, rto))));
    }
    Some(out)
}
