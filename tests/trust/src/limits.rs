//! Thrice's verdicts on small random policies that ask for exactly what was found by trying, and for a
//! little more: the first must hold, the second must not.

use std::fmt::{self, Display, Formatter};

use thrice_model::Obligation;
use thrice_verify::Session;

use crate::policy::{Texts, plan};
use crate::{Random, random, reach, recovery, room};

/// More room than any small policy takes, in gigabytes.
const PLENTY: i64 = 1_000_000;

/// A policy, and whether an obligation holds of it.
struct Ask {
    text: String,
    holds: bool,
    /// Whether a verdict that is stricter than what was tried is a mistake. Where it is not, thrice counts
    /// with what tools may do besides.
    exact: bool,
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
}

impl About {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::RecoveryPoint, Self::History, Self::Capacity];

    const fn obligation(self) -> Obligation {
        match self {
            Self::RecoveryPoint => Obligation::RecoveryPoint,
            Self::History => Obligation::History,
            Self::Capacity => Obligation::Capacity,
        }
    }

    const fn worlds(self) -> Worlds {
        match self {
            Self::RecoveryPoint => recovery_points,
            Self::History => histories,
            Self::Capacity => rooms,
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
    /// How many were stricter than what was tried, where that is no mistake.
    pub stricter: u64,
    /// How many of the cases that were told were not replayed on the simulator.
    pub not_played: u64,
    /// What is not as tried, each with its policy.
    pub mismatches: Vec<String>,
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} worlds (seed {}), {} too large and left out; {} verdicts held, {} failed, of these {} stricter than what was tried and {} not replayed; {} mismatches",
            self.about.obligation().word(),
            self.worlds,
            self.seed,
            self.left_out,
            self.held,
            self.failed,
            self.stricter,
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
        stricter: 0,
        not_played: 0,
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
    let Ask { text, holds, exact } = ask;
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
    let stricter = *holds && !found;
    if stricter && !exact {
        out.stricter += 1;
    } else if found != *holds || !verified.internal.is_empty() {
        let notes: Vec<&str> = mine.iter().map(|verdict| verdict.note.as_str()).collect();
        let said = format!("case {case}: tried {holds}, said {found} {notes:?}\n{text}");
        out.mismatches.push(said);
    }
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
