//! Thrice's verdicts on small random policies against those of trying every run.

use std::fmt::{self, Display, Formatter};

use thrice_model::Obligation;
use thrice_verify::{Engine, Session, Verification};

use crate::policy::{Texts, plan};
use crate::runs::{Tried, count, try_all};
use crate::world::World;
use crate::{Random, random};

/// Worlds with more runs than this are left out, and others drawn in their place.
const MOST_RUNS: u64 = 20_000;

/// The obligations that are decided by presence, in the order of [`verdicts`].
pub const ABOUT_PRESENCE: [Obligation; 3] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::LastCopy,
];

/// What came out of a series.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The seed of the series.
    pub seed: u64,
    /// How many policies were compared.
    pub policies: u64,
    /// How many were left out because they have too many runs.
    pub left_out: u64,
    /// How many runs were tried.
    pub runs: u64,
    /// For each obligation: how many verdicts held, how many did not, and for how many the solver was
    /// needed.
    pub verdicts: [(u64, u64, u64); 3],
    /// What is not the same, each with its policy.
    pub mismatches: Vec<String>,
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} policies (seed {}), {} runs tried, {} with more than {MOST_RUNS} runs left out, {} mismatches",
            self.policies,
            self.seed,
            self.runs,
            self.left_out,
            self.mismatches.len()
        )?;
        for (obligation, (held, failed, solved)) in ABOUT_PRESENCE.iter().zip(self.verdicts) {
            let word = obligation.word();
            writeln!(
                f,
                "{word}: {held} held, {failed} failed; by the solver: {solved}"
            )?;
        }
        Ok(())
    }
}

/// A random world that has few enough runs, and how many were passed over.
#[must_use]
pub fn small_world(random: &mut Random) -> (World, u64) {
    let mut left_out = 0;
    loop {
        let world = World::random(random);
        if count(&world) <= MOST_RUNS {
            return (world, left_out);
        }
        left_out += 1;
    }
}

/// Compares so many.
#[must_use]
pub fn compare(seed: u64, policies: u64) -> Outcome {
    compare_and_tell(seed, policies, |_| {})
}

/// Compares so many, and tells after each what has come out so far.
#[must_use]
pub fn compare_and_tell(seed: u64, policies: u64, mut tell: impl FnMut(&Outcome)) -> Outcome {
    let mut session = Session::default();
    let mut out = Outcome {
        seed,
        ..Outcome::default()
    };
    for case in 0..policies {
        let (world, left_out) = small_world(&mut random(seed, case));
        out.left_out += left_out;
        one(&mut session, &world, case, &mut out);
        tell(&out);
    }
    out
}

fn one(session: &mut Session, world: &World, case: u64, out: &mut Outcome) {
    let text = world.text();
    let plan = match plan(&Texts::one(&text)) {
        Ok(plan) => plan,
        Err(why) => {
            let said = format!("case {case} is no policy: {why}\n{text}");
            out.mismatches.push(said);
            return;
        }
    };
    let verified = session.verify(&plan, &ABOUT_PRESENCE);
    let tried = try_all(world);
    out.policies += 1;
    out.runs += tried.runs;
    let expected = [tried.copies, tried.survival, tried.last_copy];
    let found = verdicts(&verified);
    for (tally, found) in out.verdicts.iter_mut().zip(found) {
        let (held, engine) = found.unwrap_or((false, Engine::Unknown));
        tally.0 += u64::from(held);
        tally.1 += u64::from(!held);
        tally.2 += u64::from(matches!(
            engine,
            Engine::Proved | Engine::ProvedUpTo(_) | Engine::Refuted
        ));
    }
    let said = found.map(|found| found.filter(|(_, e)| *e != Engine::Unknown).map(|(h, _)| h));
    if said != expected.map(Some) || !verified.internal.is_empty() {
        out.mismatches.push(mismatch(case, &text, &verified, tried));
    }
}

/// Whether each of [`ABOUT_PRESENCE`] holds for the only class, and by what.
#[must_use]
pub fn verdicts(verified: &Verification) -> [Option<(bool, Engine)>; 3] {
    ABOUT_PRESENCE.map(|obligation| {
        let mut all = verified
            .verdicts
            .iter()
            .filter(|v| v.obligation == obligation);
        let first = all.next()?;
        let start = (first.holds, first.engine);
        Some(all.fold(start, |(holds, engine), v| {
            (holds && v.holds, engine.weaker(v.engine))
        }))
    })
}

fn mismatch(case: u64, text: &str, verified: &Verification, tried: Tried) -> String {
    let said: Vec<String> = verified
        .verdicts
        .iter()
        .map(|v| format!("{} {} ({})", v.obligation.word(), v.holds, v.engine.word()))
        .collect();
    let internal = verified.internal.iter().map(|d| d.message.as_str());
    let internal: Vec<&str> = internal.collect();
    format!("case {case}: said {said:?} {internal:?}, tried {tried:?}\n{text}")
}
