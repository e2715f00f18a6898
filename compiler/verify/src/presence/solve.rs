//! Asks Z3, and shows nothing that does not replay.

use z3::ast::Int;
use z3::{Model, Params, SatResult, Solver};

use super::concretize::Run;
use super::encode::{Encoded, encode};
use super::evaluate::{Choices, NodeChoice, refutes};
use super::polish::polish;
use super::{Answer, Question, System};

/// Z3's deterministic budget for one question. Questions of real policies need some hundreds of
/// thousands; this is reached by nothing but nonsense, and then the answer is "unknown".
const RESOURCES: u32 = 20_000_000;

/// How often a younger counterexample is asked for. Each question either finds one or ends the search;
/// real policies need two or three.
const YOUNGER: usize = 64;

/// A solver for many questions, each in a scope of its own: setting one up costs more than an answer.
pub(super) struct Asker {
    solver: Solver,
}

impl Asker {
    pub(super) fn new() -> Self {
        let solver = Solver::new();
        let mut params = Params::new();
        params.set_u32("rlimit", RESOURCES);
        params.set_u32("random_seed", 0);
        solver.set_params(&params);
        Self { solver }
    }

    /// Answers a question that is none: what Z3 sets up when it is first asked, it sets up now.
    pub(super) fn warm_up(&self) {
        self.solver.push();
        self.solver.assert(Int::new_const("age").ge(0));
        self.solver.check();
        self.solver.pop(1);
    }

    /// Answers one question.
    pub(super) fn solve(&self, system: &System, question: &Question) -> Answer {
        // Inside a scope Z3 goes straight to its SMT core. Outside one it first builds a pipeline of
        // tactics, which costs ten times as much as the answers to questions as small as these.
        self.solver.push();
        let answer = self.ask(system, question);
        self.solver.pop(1);
        answer
    }

    fn ask(&self, system: &System, question: &Question) -> Answer {
        let encoded = encode(system, question);
        for constraint in &encoded.constraints {
            self.solver.assert(constraint);
        }
        let mut found: Option<Choices> = None;
        for _ in 0..YOUNGER {
            match (self.solver.check(), found.take()) {
                (SatResult::Unsat, None) => return Answer::Proved,
                // There is none younger, or nobody can say: the one at hand is shown.
                (SatResult::Unsat | SatResult::Unknown, Some(best)) => {
                    return refuted(system, best);
                }
                (SatResult::Unknown, None) => return self.unknown(),
                (SatResult::Sat, _) => match self.next(system, question, &encoded) {
                    Ok(choices) => {
                        if choices.age <= question.from {
                            return refuted(system, choices);
                        }
                        self.solver.assert(encoded.age.lt(choices.age));
                        found = Some(choices);
                    }
                    Err(why) => return Answer::Unknown(why),
                },
            }
        }
        found.map_or_else(|| self.unknown(), |best| refuted(system, best))
    }

    /// The solver's counterexample, replayed and polished.
    fn next(
        &self,
        system: &System,
        question: &Question,
        encoded: &Encoded,
    ) -> Result<Choices, String> {
        let model = self.solver.get_model();
        let choices = model
            .as_ref()
            .and_then(|model| decode(model, encoded))
            .ok_or_else(|| "the solver's counterexample cannot be read".to_owned())?;
        if !refutes(system, question, &choices) {
            return Err("the solver's counterexample does not replay".to_owned());
        }
        Ok(polish(system, question, choices))
    }

    fn unknown(&self) -> Answer {
        Answer::Unknown(
            self.solver
                .get_reason_unknown()
                .unwrap_or_else(|| "no reason given".to_owned()),
        )
    }
}

fn refuted(system: &System, choices: Choices) -> Answer {
    Answer::Refuted(Run::new(system, choices))
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
