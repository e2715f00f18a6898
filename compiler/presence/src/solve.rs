//! Asks a solver, and shows nothing that does not replay.

use z3::SatResult;
use z3::ast::Int;

use crate::choices::Choices;
use crate::concretize::Run;
use crate::encode::{Encoded, encode};
use crate::evaluate::some_run;
use crate::least::{Cases, Search};
use crate::solver::Solver;
use crate::symbols::{InZ3, Unwritten};
use crate::terms::Claim;
use crate::{Answer, Question, System};

/// A solver for many questions, each in a scope of its own: setting one up costs more than an answer.
pub(crate) struct Asker {
    solver: Box<dyn Solver>,
}

impl Asker {
    pub(crate) fn new(solver: Box<dyn Solver>) -> Self {
        Self { solver }
    }

    /// Answers a question that is none: what a solver sets up when it is first asked, it sets up now.
    pub(crate) fn warm_up(&self) {
        self.solver.push();
        self.solver.assert(&Int::new_const("age").ge(0));
        self.solver.check();
        self.solver.pop();
    }

    /// Answers one question; if it is refuted, by the least of all cases, or by any.
    pub(crate) fn solve(&self, system: &System, question: &Question, least: bool) -> Answer {
        // Inside a scope Z3 goes straight to its SMT core. Outside one it first builds a pipeline of
        // tactics, which costs ten times as much as the answers to questions as small as these.
        let encoded: Encoded<InZ3> = encode(system, question);
        self.solver.push();
        for assumption in &encoded.assumptions {
            self.solver.assert(assumption);
        }
        self.solver.push();
        self.solver.assert(&encoded.failing());
        let mut answer = self.ask((system, question), &encoded, least);
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

    fn ask(
        &self,
        (system, question): (&System, &Question),
        encoded: &Encoded<InZ3>,
        least: bool,
    ) -> Answer {
        match self.solver.check() {
            SatResult::Unsat => return Answer::Proved,
            SatResult::Unknown => return Answer::Unknown(self.solver.reason()),
            SatResult::Sat => {}
        }
        let Some(found) = encoded.read(system, &*self.solver) else {
            return Answer::Unknown("the solver's counterexample cannot be read".to_owned());
        };
        let cases = Cases { system, question };
        if !cases.have(&found) {
            return Answer::Unknown("the solver's counterexample does not replay".to_owned());
        }
        if !least {
            return refuted(system, found);
        }
        let search = Search {
            cases,
            solver: &*self.solver,
            encoded,
        };
        refuted(system, search.least(found))
    }
}

/// The answer, where the bounds of the open values leave nothing to ask: whatever they are, enough is left, or too
/// little, from the first age on.
pub(crate) fn by_bounds(system: &System, question: &Question, least: bool) -> Option<Answer> {
    let Claim::Known(fails) = encode::<Unwritten>(system, question).fails else {
        return None;
    };
    // A proof from bounds that contradict each other proves nothing: the solver says so.
    let mut run = some_run(system, question)?;
    if !fails {
        return Some(Answer::Proved);
    }
    let cases = Cases { system, question };
    if least {
        cases.settle(&mut run);
    }
    let shows = cases.have(&run) && run.age <= question.from;
    shows.then(|| refuted(system, run))
}

fn refuted(system: &System, choices: Choices) -> Answer {
    Answer::Refuted(Run::new(system, choices))
}
