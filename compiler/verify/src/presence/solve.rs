//! Asks a solver, and shows nothing that does not replay.

use z3::SatResult;
use z3::ast::{Bool, Int};

use super::choices::{Choices, NodeChoice};
use super::concretize::Run;
use super::encode::{Encoded, encode};
use super::evaluate::{refutes, some_run};
use super::polish::polish;
use super::symbols::{InZ3, Unwritten};
use super::terms::Claim;
use super::{Answer, Question, System};

/// How often a younger counterexample is asked for. Each question either finds one or ends the search;
/// real policies need two or three.
const YOUNGER: usize = 64;

/// What answers questions: Z3, or in tests something that gives up, lies or dies.
pub trait Solver {
    /// Opens a scope.
    fn push(&self);
    /// Closes it, with all that was asserted in it.
    fn pop(&self);
    /// Asserts something in the scope.
    fn assert(&self, what: &Bool);
    /// Whether all that is asserted can be so.
    fn check(&self) -> SatResult;
    /// Values for which it is so, after a check that found some.
    fn values(&self, of: &[&Int]) -> Option<Vec<i64>>;
    /// Why a check gave up.
    fn reason(&self) -> String;
}

/// A solver for many questions, each in a scope of its own: setting one up costs more than an answer.
pub(super) struct Asker {
    solver: Box<dyn Solver>,
}

impl Asker {
    pub(super) fn new(solver: Box<dyn Solver>) -> Self {
        Self { solver }
    }

    /// Answers a question that is none: what a solver sets up when it is first asked, it sets up now.
    pub(super) fn warm_up(&self) {
        self.solver.push();
        self.solver.assert(&Int::new_const("age").ge(0));
        self.solver.check();
        self.solver.pop();
    }

    /// Answers one question.
    pub(super) fn solve(&self, system: &System, question: &Question) -> Answer {
        // Inside a scope Z3 goes straight to its SMT core. Outside one it first builds a pipeline of
        // tactics, which costs ten times as much as the answers to questions as small as these.
        let encoded: Encoded<InZ3> = encode(system, question);
        self.solver.push();
        for assumption in &encoded.assumptions {
            self.solver.assert(assumption);
        }
        self.solver.push();
        self.solver.assert(&encoded.failing());
        let mut answer = self.ask(system, question, &encoded);
        self.solver.pop();
        if answer == Answer::Proved {
            answer = self.can_be_so(system, question);
        }
        self.solver.pop();
        answer
    }

    /// A proof from assumptions that contradict each other proves nothing.
    fn can_be_so(&self, system: &System, question: &Question) -> Answer {
        match self.solver.check() {
            SatResult::Sat if some_run(system, question).is_some() => Answer::Proved,
            SatResult::Unknown => Answer::Unknown(self.solver.reason()),
            SatResult::Sat | SatResult::Unsat => Answer::Unknown(
                "what the proof assumes contradicts itself: no run of the plan is like that"
                    .to_owned(),
            ),
        }
    }

    fn ask(&self, system: &System, question: &Question, encoded: &Encoded<InZ3>) -> Answer {
        let mut found: Option<Choices> = None;
        for _ in 0..YOUNGER {
            match (self.solver.check(), found.take()) {
                (SatResult::Unsat, None) => return Answer::Proved,
                // There is none younger, or nobody can say: the one at hand is shown.
                (SatResult::Unsat | SatResult::Unknown, Some(best)) => {
                    return refuted(system, best);
                }
                (SatResult::Unknown, None) => return Answer::Unknown(self.solver.reason()),
                (SatResult::Sat, best) => match (self.next(system, question, encoded), best) {
                    // One that is no younger than the one at hand was not asked for.
                    (Ok(choices), Some(best)) if choices.age >= best.age => {
                        return refuted(system, best);
                    }
                    (Ok(choices), _) => {
                        if choices.age <= question.from {
                            return refuted(system, choices);
                        }
                        self.solver.assert(&encoded.age.term.lt(choices.age));
                        found = Some(choices);
                    }
                    (Err(why), _) => return Answer::Unknown(why),
                },
            }
        }
        found.map_or_else(
            || Answer::Unknown(self.solver.reason()),
            |best| refuted(system, best),
        )
    }

    /// The solver's counterexample, replayed and polished.
    fn next(
        &self,
        system: &System,
        question: &Question,
        encoded: &Encoded<InZ3>,
    ) -> Result<Choices, String> {
        let choices = self
            .decode(encoded)
            .ok_or_else(|| "the solver's counterexample cannot be read".to_owned())?;
        if !refutes(system, question, &choices) {
            return Err("the solver's counterexample does not replay".to_owned());
        }
        Ok(polish(system, question, choices))
    }

    fn decode(&self, encoded: &Encoded<InZ3>) -> Option<Choices> {
        let chosen: Vec<&Int> = encoded.chosen().collect();
        let mut values = self.solver.values(&chosen)?.into_iter();
        let (age, struck) = (values.next()?, values.next()?);
        let gaps = encoded.gaps.iter().map(|_| values.next());
        let gaps = gaps.collect::<Option<Vec<i64>>>()?;
        let late = encoded.late.iter().map(|_| values.next());
        let late = late.collect::<Option<Vec<i64>>>()?;
        let mut nodes = Vec::new();
        for (_, _, leaves) in &encoded.nodes {
            nodes.push(NodeChoice {
                delay: values.next()?,
                older_than: values.next()?,
                leaves: leaves
                    .iter()
                    .map(|_| values.next())
                    .collect::<Option<_>>()?,
            });
        }
        Some(Choices {
            age,
            struck,
            gaps,
            late,
            nodes,
        })
    }
}

/// The answer, where the bounds of the open values leave nothing to ask: whatever they are, enough is left, or too
/// little, from the first age on.
pub(super) fn by_bounds(system: &System, question: &Question) -> Option<Answer> {
    let Claim::Known(fails) = encode::<Unwritten>(system, question).fails else {
        return None;
    };
    // A proof from bounds that contradict each other proves nothing: the solver says so.
    let run = some_run(system, question)?;
    if !fails {
        return Some(Answer::Proved);
    }
    let choices = polish(system, question, run);
    let shows = refutes(system, question, &choices) && choices.age <= question.from;
    shows.then(|| refuted(system, choices))
}

fn refuted(system: &System, choices: Choices) -> Answer {
    Answer::Refuted(Run::new(system, choices))
}
