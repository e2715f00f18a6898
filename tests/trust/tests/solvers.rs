//! A second solver on the same questions, and solvers that give up, lie, say nothing or die.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write as _;
use std::process::Command;

use thrice_diagnostics::Severity;
use thrice_report::{Outcome, Report};
use thrice_trust::compare::{ABOUT_PRESENCE, small_world};
use thrice_trust::policy::{Judged, Texts, judge, judge_by, plan};
use thrice_trust::random;
use thrice_verify::{Engine, NewSolver, Prover, Query, Session, Solver};
use z3::SatResult;
use z3::ast::{Bool, Int};

/// What cvc5 says to each question: whether any run keeps to the bounds, and whether one refutes.
fn cvc5(queries: &[Query]) -> Vec<String> {
    let mut script = String::new();
    for query in queries {
        script += &query.text;
        script += "(reset)\n";
    }
    let mut file = tempfile::NamedTempFile::with_suffix(".smt2").unwrap();
    file.write_all(script.as_bytes()).unwrap();
    let output = Command::new("cvc5")
        .arg("--incremental")
        .arg(file.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(str::to_owned).collect()
}

fn agree(queries: &[Query]) {
    let said = cvc5(queries);
    assert_eq!(said.len(), queries.len() * 2, "{:?}", said.last());
    for (query, said) in queries.iter().zip(said.chunks(2)) {
        assert_eq!(said, ["sat", query.answer], "{query:?}");
    }
}

/// Every question about the real policy, in both its forms.
#[test]
fn cvc5_agrees_on_the_real_policy() {
    for (form, at_least) in [("as-written", 20), ("hardened", 20)] {
        let plan = std::sync::Arc::new(plan(&Texts::vpai(form)).unwrap());
        let queries = Prover::start_writing_down().verify(&plan).queries;
        assert!(queries.len() >= at_least, "{form}: {}", queries.len());
        agree(&queries);
    }
}

#[test]
fn cvc5_agrees_on_random_policies() {
    let mut session = Session::writing_down();
    let mut queries = Vec::new();
    for case in 0..60 {
        let (world, _) = small_world(&mut random(7, case));
        let plan = plan(&Texts::one(&world.text())).unwrap();
        queries.extend(session.verify(&plan, &ABOUT_PRESENCE).queries);
    }
    let sat = queries.iter().filter(|query| query.answer == "sat").count();
    assert!(
        sat > 20 && queries.len() - sat > 20,
        "{sat} of {}",
        queries.len()
    );
    agree(&queries);
}

/// A solver that says the same to everything, with the same number for every value.
struct Fake {
    says: SatResult,
    value: Option<i64>,
}

impl Solver for Fake {
    fn push(&self) {}
    fn pop(&self) {}
    fn assert(&self, _: &Bool) {}
    fn check(&self) -> SatResult {
        self.says
    }
    fn values(&self, of: &[&Int]) -> Option<Vec<i64>> {
        self.value.map(|value| vec![value; of.len()])
    }
    fn reason(&self) -> String {
        "no idea".to_owned()
    }
}

struct Dies;

impl Solver for Dies {
    fn push(&self) {}
    fn pop(&self) {}
    fn assert(&self, _: &Bool) {}
    #[expect(clippy::panic, reason = "this is what it is for")]
    fn check(&self) -> SatResult {
        panic!("out of memory")
    }
    fn values(&self, _: &[&Int]) -> Option<Vec<i64>> {
        None
    }
    fn reason(&self) -> String {
        String::new()
    }
}

fn gives_up() -> Box<dyn Solver> {
    Box::new(Fake {
        says: SatResult::Unknown,
        value: None,
    })
}

fn proves_everything() -> Box<dyn Solver> {
    Box::new(Fake {
        says: SatResult::Unsat,
        value: None,
    })
}

fn refutes_without_a_model() -> Box<dyn Solver> {
    Box::new(Fake {
        says: SatResult::Sat,
        value: None,
    })
}

fn refutes_with_zeros() -> Box<dyn Solver> {
    Box::new(Fake {
        says: SatResult::Sat,
        value: Some(0),
    })
}

fn refutes_with_nonsense() -> Box<dyn Solver> {
    Box::new(Fake {
        says: SatResult::Sat,
        value: Some(i64::MIN),
    })
}

fn dies() -> Box<dyn Solver> {
    Box::new(Dies)
}

fn outcome(judged: &Judged) -> Outcome {
    let verified = judged.verified.as_ref().unwrap();
    let said = |said: thrice_verify::Said| thrice_report::Said {
        obligation: said.obligation.word().into(),
        engine: said.engine.to_string().into(),
        holds: said.holds,
        note: said.note,
    };
    Report {
        findings: judged.findings.clone(),
        verdicts: verified.verdicts.clone().into_table().map(said),
        ..Report::default()
    }
    .outcome()
}

#[test]
fn what_a_broken_solver_says_is_no_verdict() {
    let hardened = Texts::vpai("hardened");
    let sound = judge(&hardened);
    assert_eq!(outcome(&sound), Outcome::Safe);
    let sound = sound.verified.unwrap();
    assert!(sound.verdicts.iter().any(|v| v.engine == Engine::Proved));
    let liars: [(&str, NewSolver); 5] = [
        ("gives up", gives_up),
        ("proves everything", proves_everything),
        ("refutes without a model", refutes_without_a_model),
        ("refutes with zeros", refutes_with_zeros),
        ("refutes with nonsense", refutes_with_nonsense),
    ];
    for (what, liar) in liars {
        let judged = judge_by(Prover::start_with(liar), &hardened);
        assert_eq!(outcome(&judged), Outcome::Undecided, "{what}");
        let verified = judged.verified.unwrap();
        for (said, sound) in verified.verdicts.iter().zip(sound.verdicts.iter()) {
            let presence = ABOUT_PRESENCE.contains(&said.obligation);
            if presence
                && matches!(
                    sound.engine,
                    Engine::Proved | Engine::ProvedUpTo(_) | Engine::Refuted
                )
            {
                assert_eq!(
                    (said.engine, said.holds),
                    (Engine::Unknown, false),
                    "{what}: {said:?}"
                );
            }
        }
        let wrong = judged
            .findings
            .iter()
            .find(|f| f.severity == Severity::Error);
        assert!(wrong.is_none(), "{what}: {wrong:?}");
    }
}

#[test]
fn a_solver_that_dies_takes_the_check_along() {
    let hardened = Texts::vpai("hardened");
    let died = std::panic::catch_unwind(|| judge_by(Prover::start_with(dies), &hardened));
    assert!(died.is_err());
}
