//! Thrice's verdicts on small random policies against those of trying every run.

use std::fmt::{self, Display, Formatter};

use rand::RngExt as _;
use thrice_model::Obligation;
use thrice_plan::Plan;
use thrice_verify::{Engine, Session, Verification, verify};

use crate::crossing::{self, try_crossing};
use crate::overtaking::{may_overtake, try_out_of_order};
use crate::policy::{Texts, plan};
use crate::runs::{Tried, count, try_all};
use crate::world::{Lives, World, lives as in_force};
use crate::{Random, random};

/// Worlds with more runs than this are left out, and others drawn in their place.
const MOST_RUNS: u64 = 20_000;

/// The obligations that are decided by presence, in the order of [`verdicts`].
pub const ABOUT_PRESENCE: [Obligation; 3] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::LastCopy,
];

/// Their codes where one fails only if a phase is late.
const LATE: [&str; 3] = ["T1105", "T1206", "T1502"];

/// And where something fails only if phases come in another order.
const OUT_OF_ORDER: &str = "T1207";

/// What came out of a series.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The seed of the series.
    pub seed: u64,
    /// How many policies were compared.
    pub policies: u64,
    /// How many were left out because they have too many runs.
    pub left_out: u64,
    /// How many phases they have together.
    pub phases: u64,
    /// In how many of them something fails only because of what comes from those before.
    pub crossing: u64,
    /// In how many of them something fails only if a phase is late.
    pub late: u64,
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
            "{} policies (seed {}) of {} phases, {} of which fail by what comes from others and {} only if one is late, {} runs tried, {} with more than {MOST_RUNS} runs left out, {} mismatches",
            self.policies,
            self.seed,
            self.phases,
            self.crossing,
            self.late,
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

/// A random world in random phases in each of which it has few enough runs, and how many were passed over.
#[must_use]
pub fn small_world_in_phases(
    random: &mut Random,
    lives: impl Fn(&World, &mut Random) -> Lives,
) -> (World, Lives, u64) {
    small_in_phases(random, World::random, lives)
}

fn small_in_phases(
    random: &mut Random,
    world: impl Fn(&mut Random) -> World,
    lives: impl Fn(&World, &mut Random) -> Lives,
) -> (World, Lives, u64) {
    let mut left_out = 0;
    loop {
        let world = world(random);
        let lives = lives(&world, random);
        let runs = (0..lives.slips.len()).map(|phase| {
            let alone = count(&lives.during(&world, phase));
            alone.max(crossing::count(&world, &lives, phase))
        });
        if runs.max().unwrap_or(0) <= MOST_RUNS {
            return (world, lives, left_out);
        }
        left_out += 1;
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
pub fn compare_and_tell(seed: u64, policies: u64, tell: impl FnMut(&Outcome)) -> Outcome {
    let draw = |random: &mut Random| {
        let (world, left_out) = small_world(random);
        let lives = Lives::always(&world);
        (world, lives, left_out)
    };
    series((seed, policies), tell, draw, each_phase())
}

/// The same with policies whose hosts, steps, deletions and demands come and go with phases.
#[must_use]
pub fn compare_in_phases(seed: u64, policies: u64, tell: impl FnMut(&Outcome)) -> Outcome {
    let draw = |random: &mut Random| small_world_in_phases(random, Lives::random);
    series((seed, policies), tell, draw, each_phase())
}

/// The same in phases that are so short that what comes to be in one is still asked about in others. In half of
/// them a place goes, and before that another one begins to be filled.
#[must_use]
pub fn compare_across_phases(seed: u64, policies: u64, tell: impl FnMut(&Outcome)) -> Outcome {
    let draw = |random: &mut Random| match random.random_bool(0.5) {
        true => small_in_phases(random, World::handing_over, Lives::handing_over),
        false => small_world_in_phases(random, Lives::in_short_phases),
    };
    series((seed, policies), tell, draw, each_phase())
}

/// The same of states, of which rules take away old versions only, and the last one too when nobody makes another one.
#[must_use]
pub fn compare_states(seed: u64, policies: u64, tell: impl FnMut(&Outcome)) -> Outcome {
    let draw = |random: &mut Random| small_in_phases(random, World::state, Lives::of_state);
    series((seed, policies), tell, draw, each_phase())
}

/// Policies in which a phase may be so late that the next one comes before it: what fails only then, on any such
/// calendar, must be a warning that says so, and nothing else may be one.
#[must_use]
pub fn compare_out_of_order(seed: u64, policies: u64, tell: impl FnMut(&Outcome)) -> Outcome {
    let draw = |random: &mut Random| {
        let overtaking = |lives: fn(&World, &mut Random) -> Lives| {
            move |world: &World, random: &mut Random| may_overtake(lives(world, random), random)
        };
        match random.random_range(0..3) {
            0 => small_in_phases(random, World::handing_over, overtaking(Lives::handing_over)),
            1 => small_in_phases(random, World::random, overtaking(Lives::in_short_phases)),
            _ => small_in_phases(random, World::random, overtaking(Lives::in_close_phases)),
        }
    };
    series((seed, policies), tell, draw, one_out_of_order)
}

/// The plan of a policy; one that is none is a mismatch.
fn planned(text: &str, case: u64, out: &mut Outcome) -> Option<Plan> {
    plan(&Texts::one(text))
        .map_err(|why| {
            let said = format!("case {case} is no policy: {why}\n{text}");
            out.mismatches.push(said);
        })
        .ok()
}

fn one_out_of_order((world, lives): (&World, &Lives), case: u64, out: &mut Outcome) {
    let text = world.text_with(lives);
    let Some(plan) = planned(&text, case, out) else {
        return;
    };
    let verified = verify(&plan);
    let (fails, runs) = try_out_of_order(world, lives);
    out.policies += 1;
    out.runs += runs;
    // What fails in order, on time or late, is told of that.
    let mut known = [false; 3];
    for phase in 0..lives.slips.len() {
        let alone = try_all(&lives.during(world, phase));
        let crossed = try_crossing(world, lives, phase, alone);
        let tried = crossed.map_or(alone, |crossed| crossed.if_late);
        out.phases += 1;
        out.runs += alone.runs + tried.runs;
        let here = tried.fails(in_force(lives.copies, phase));
        for (known, here) in known.iter_mut().zip(here) {
            *known |= here;
        }
    }
    let expected: Vec<bool> = fails
        .iter()
        .zip(known)
        .map(|(f, known)| *f && !known)
        .collect();
    let told = verified.findings.iter();
    let told: Vec<_> = told
        .filter(|found| found.diagnostic.code.0 == OUT_OF_ORDER)
        .collect();
    let said = ABOUT_PRESENCE.map(|obligation| {
        let named = format!("{} of `c`", obligation.word());
        let says = |message: &str| message.contains(&named);
        told.iter()
            .any(|f| f.obligation == obligation || says(&f.diagnostic.message))
    });
    for (tally, (expected, known)) in out.verdicts.iter_mut().zip(expected.iter().zip(known)) {
        tally.0 += u64::from(!expected && !known);
        tally.1 += u64::from(*expected);
    }
    out.late += u64::from(expected.contains(&true));
    if expected != said || !verified.internal.is_empty() {
        let told: Vec<&str> = told.iter().map(|f| f.diagnostic.message.as_str()).collect();
        let internal: Vec<&str> = verified
            .internal
            .iter()
            .map(|d| d.message.as_str())
            .collect();
        out.mismatches.push(format!(
            "case {case}: said {told:?} {internal:?}; tried {fails:?}, of which in order {known:?}\n{text}"
        ));
    }
}

fn series(
    (seed, policies): (u64, u64),
    mut tell: impl FnMut(&Outcome),
    draw: impl Fn(&mut Random) -> (World, Lives, u64),
    mut judge: impl FnMut((&World, &Lives), u64, &mut Outcome),
) -> Outcome {
    let mut out = Outcome {
        seed,
        ..Outcome::default()
    };
    for case in 0..policies {
        let (world, lives, left_out) = draw(&mut random(seed, case));
        out.left_out += left_out;
        judge((&world, &lives), case, &mut out);
        tell(&out);
    }
    out
}

/// Each phase by itself and what crosses into it, one policy after the other.
fn each_phase() -> impl FnMut((&World, &Lives), u64, &mut Outcome) {
    let mut session = Session::default();
    move |of, case, out| one(&mut session, of, case, out)
}

fn one(session: &mut Session, (world, lives): (&World, &Lives), case: u64, out: &mut Outcome) {
    let text = world.text_with(lives);
    let Some(plan) = planned(&text, case, out) else {
        return;
    };
    let mut verified = session.verify(&plan, &ABOUT_PRESENCE);
    out.policies += 1;
    if plan.periods.len() != lives.slips.len() {
        let said = plan.periods.len();
        out.mismatches
            .push(format!("case {case}: {said} periods\n{text}"));
    }
    let all = std::mem::take(&mut verified.verdicts);
    for (phase, period) in plan.periods.iter().enumerate() {
        let here = all.iter().filter(|v| v.period == period.name);
        verified.verdicts = here.collect();
        let alone = try_all(&lives.during(world, phase));
        let crossing = try_crossing(world, lives, phase, alone);
        let tried = crossing.map_or(alone, |crossing| crossing.on_time);
        let if_late = crossing.map_or(alone, |crossing| crossing.if_late);
        out.phases += 1;
        out.runs += alone.runs + crossing.map_or(0, |crossing| crossing.if_late.runs);
        out.crossing += u64::from(
            (alone.copies, alone.survival, alone.last_copy)
                != (tried.copies, tried.survival, tried.last_copy),
        );
        // Nothing is said of copies where none are asked for.
        let copies = in_force(lives.copies, phase).then_some(tried.copies);
        let expected = [copies, Some(tried.survival), Some(tried.last_copy)];
        let late = [
            copies == Some(true) && !if_late.copies,
            tried.survival && !if_late.survival,
            tried.last_copy && !if_late.last_copy,
        ];
        out.late += u64::from(late.contains(&true));
        let found = verdicts(&verified);
        for (tally, found) in out.verdicts.iter_mut().zip(found) {
            let Some((held, engine)) = found else {
                continue;
            };
            tally.0 += u64::from(held);
            tally.1 += u64::from(!held);
            tally.2 += u64::from(matches!(
                engine,
                Engine::Proved | Engine::ProvedUpTo(_) | Engine::Refuted
            ));
        }
        let said = found.map(|found| found.filter(|(_, e)| *e != Engine::Unknown).map(|(h, _)| h));
        let name = &period.name;
        // Where some fault leaves nothing on time, of others there may be a warning.
        let holds = expected.map(|holds| holds == Some(true));
        let told = warnings(&verified, name).into_iter().zip(holds);
        let warnings: Vec<bool> = told.map(|(told, holds)| told && holds).collect();
        if said != expected || warnings != late || !verified.internal.is_empty() {
            let tried = (tried, late, warnings);
            let told = mismatch(case, &text, &verified, tried);
            out.mismatches.push(format!("in {name}: {told}"));
        }
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

/// Of which of [`ABOUT_PRESENCE`] it is said that they fail in a phase if some are late.
fn warnings(verified: &Verification, phase: &str) -> [bool; 3] {
    LATE.map(|code| {
        let mut told = verified.findings.iter().map(|found| &found.diagnostic);
        let of = format!("`{phase}`");
        told.any(|told| {
            let message = told.message.split_once(" if ").map(|(claim, _)| claim);
            told.code.0 == code && message.is_some_and(|claim| claim.contains(&of))
        })
    })
}

fn mismatch(
    case: u64,
    text: &str,
    verified: &Verification,
    tried: (Tried, [bool; 3], Vec<bool>),
) -> String {
    let (tried, late, warned) = tried;
    let said: Vec<String> = verified
        .verdicts
        .iter()
        .map(|v| format!("{} {} ({})", v.obligation.word(), v.holds, v.engine.word()))
        .collect();
    let internal = verified.internal.iter().map(|d| d.message.as_str());
    let internal: Vec<&str> = internal.collect();
    format!(
        "case {case}: said {said:?} {internal:?}, if late {warned:?}; tried {tried:?}, if late {late:?}\n{text}"
    )
}
