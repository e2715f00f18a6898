//! Asks Z3, and shows nothing that does not replay.

use z3::ast::Int;
use z3::{Model, Optimize, Params, SatResult, Solver};

use super::concretize::Run;
use super::encode::{Encoded, encode};
use super::evaluate::{Choices, NodeChoice, refutes};
use super::{Answer, Question, System};

/// Z3's deterministic budget for one question. Questions of real policies need some hundreds of
/// thousands; this is reached by nothing but nonsense, and then the answer is "unknown".
const RESOURCES: u32 = 20_000_000;

/// Answers with the solver.
pub(super) fn solve(system: &System, question: &Question) -> Answer {
    let encoded = encode(system, question);
    let solver = Solver::new();
    solver.set_params(&limits());
    // Inside a scope Z3 goes straight to its SMT core. Outside one it first builds a pipeline of
    // tactics that costs ten times as much as the answers to questions as small as these.
    solver.push();
    for constraint in &encoded.constraints {
        solver.assert(constraint);
    }
    match solver.check() {
        SatResult::Unsat => Answer::Proved,
        SatResult::Unknown => Answer::Unknown(
            solver
                .get_reason_unknown()
                .unwrap_or_else(|| "no reason given".to_owned()),
        ),
        SatResult::Sat => {
            let plain = solver.get_model();
            let choices =
                smallest(&encoded).or_else(|| plain.as_ref().and_then(|m| decode(m, &encoded)));
            confirm(system, question, choices)
        }
    }
}

fn limits() -> Params {
    let mut params = Params::new();
    params.set_u32("rlimit", RESOURCES);
    params.set_u32("random_seed", 0);
    params
}

/// The counterexample that a person can follow: first the youngest item, then the earliest faults,
/// then the least of everything else, in order. It is the same in every run and for every version of
/// the solver.
fn smallest(encoded: &Encoded) -> Option<Choices> {
    let optimize = Optimize::new();
    for constraint in &encoded.constraints {
        optimize.assert(constraint);
    }
    optimize.minimize(&encoded.age);
    optimize.minimize(&encoded.struck);
    for (delay, older, leaves) in &encoded.nodes {
        optimize.minimize(older);
        for leave in leaves {
            optimize.minimize(leave);
        }
        optimize.minimize(delay);
    }
    match optimize.check(&[]) {
        SatResult::Sat => decode(&optimize.get_model()?, encoded),
        _ => None,
    }
}

fn decode(model: &Model, encoded: &Encoded) -> Option<Choices> {
    let value = |term: &Int| model.eval(term, true).and_then(|v| v.as_i64());
    let mut nodes = Vec::new();
    for (delay, older, leaves) in &encoded.nodes {
        nodes.push(NodeChoice {
            delay: value(delay)?,
            older_than: value(older)?,
            leaves: leaves.iter().map(value).collect::<Option<_>>()?,
        });
    }
    Some(Choices {
        age: value(&encoded.age)?,
        struck: value(&encoded.struck)?,
        nodes,
    })
}

fn confirm(system: &System, question: &Question, choices: Option<Choices>) -> Answer {
    match choices {
        Some(choices) if refutes(system, question, &choices) => {
            Answer::Refuted(Run::new(system, choices))
        }
        Some(_) => Answer::Unknown("the solver's counterexample does not replay".to_owned()),
        None => Answer::Unknown("the solver's counterexample cannot be read".to_owned()),
    }
}
