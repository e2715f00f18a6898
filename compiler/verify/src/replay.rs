//! A counterexample on the simulator, which shares nothing with the encoding but the plan.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, Named, Obligation};
use thrice_plan::CopyId;
use thrice_presence::{Answer, Node, Question, Run, System};
use thrice_simulate::{Chosen, Effect, Life, replay};

use crate::context::Context;
use crate::systems::Symbolized;
use crate::verdicts::NOT_BORNE_OUT;
use crate::verification::Query;

const MISMATCH: Code = Code("T9002");
/// What a class has to do with it.
pub(crate) const ABOUT_CLASS: &str = "about this class";

/// On whose behalf something is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// By which obligation.
    pub obligation: Obligation,
    /// In which period.
    pub period: &'a str,
}

/// Puts what the solver was just asked to the queries, if that is wanted.
fn write_down(context: &Context<'_>, about: About<'_>, symbolized: &Symbolized) {
    let asked = context.known.answers.take_asked();
    let Some(first) = symbolized.copies.first().filter(|_| !asked.is_empty()) else {
        return;
    };
    let subject = context.class_name(context.plan.copies[*first].class);
    let queries = asked.into_iter().map(|(text, answer)| Query {
        obligation: about.obligation,
        subject: subject.to_owned(),
        period: about.period.to_owned(),
        answer: match answer {
            Answer::Evaluated | Answer::Proved => "unsat",
            Answer::Refuted(_) => "sat",
            Answer::Unknown(_) => "unknown",
        },
        text,
    });
    context.queries.borrow_mut().extend(queries);
}

/// Answers a question about a class's copies, perhaps after faults. A counterexample that somebody sees is played on the
/// simulator before; one that it does not bear out is a mistake of this program, and
/// no verdict.
pub(crate) fn answered(
    context: &Context<'_>,
    about: About<'_>,
    symbolized: &Symbolized,
    system: &System,
    question: &Question,
) -> Answer {
    let answer = context.known.answers.ask(system, question);
    write_down(context, about, symbolized);
    let Answer::Refuted(run) = &answer else {
        return answer;
    };
    if !context.known.answers.least() {
        return answer;
    }
    match confirm(context, symbolized, system, question, run) {
        Ok(()) => answer,
        Err(why) => {
            let class = class_of(context, symbolized);
            let class = class.map(|class| &context.plan.model.classes[class].named);
            let mut mismatches = context.mismatches.borrow_mut();
            mismatches.push(mismatch(class, ABOUT_CLASS, &why));
            Answer::Unknown(NOT_BORNE_OUT.to_owned())
        }
    }
}

/// Whether the simulator leaves no more than the counterexample says.
fn confirm(
    context: &Context<'_>,
    symbolized: &Symbolized,
    system: &System,
    question: &Question,
    run: &Run,
) -> Result<(), String> {
    let played =
        replay(context.plan, &life(symbolized, system, run)).map_err(|refusal| refusal.why)?;
    let claimed: BTreeSet<CopyId> = system
        .nodes
        .iter()
        .zip(&symbolized.copies)
        .enumerate()
        .filter(|(at, (node, _))| node.alive && run.is_in(*at))
        .map(|(_, (_, id))| *id)
        .collect();
    if let Some(more) = played.usable.iter().find(|id| !claimed.contains(id)) {
        let store = context.store_name(context.plan.copies[*more].location.store);
        return Err(format!("played, a copy is left on `{store}`"));
    }
    let groups: BTreeSet<u32> = question
        .members
        .iter()
        .filter(|(node, _)| {
            symbolized
                .copies
                .get(*node)
                .is_some_and(|id| played.usable.contains(id))
        })
        .map(|(_, group)| *group)
        .collect();
    if groups.len() < question.need as usize {
        Ok(())
    } else {
        Err(format!(
            "played, {} are left of {} asked for",
            groups.len(),
            question.need
        ))
    }
}

/// The run as times that the simulator takes.
fn life(symbolized: &Symbolized, system: &System, run: &Run) -> Life {
    let chosen = run.chosen.iter().map(|chosen| Chosen {
        delay: chosen.delay,
        older_than: chosen.older_than,
        leaves: chosen.leaves.clone(),
    });
    let mut effects = BTreeMap::new();
    for (node, id) in system.nodes.iter().zip(&symbolized.copies) {
        if !node.alive {
            effects.insert(*id, effect(node, system));
        }
    }
    let days = symbolized.days.iter().copied();
    let mut gone = BTreeMap::new();
    for (at, id) in symbolized.copies.iter().enumerate() {
        let change = system.life(at).and_then(|life| life.gone);
        let age = change.and_then(|change| run.changes.get(change).copied());
        gone.extend(age.map(|age| (*id, age)));
    }
    Life {
        copies: symbolized.copies.iter().copied().zip(chosen).collect(),
        effects,
        struck: run.struck,
        judged: run.age,
        idle: symbolized.idle.clone(),
        changes: days.zip(run.changes.iter().copied()).collect(),
        gone,
    }
}

/// A node that its living source does not feed any more lies in a store that is gone.
fn effect(node: &Node, system: &System) -> Effect {
    let source_lives = node
        .source
        .and_then(|source| system.nodes.get(source))
        .is_none_or(|source| source.alive);
    if source_lives && !node.fed {
        Effect::Gone
    } else {
        Effect::Useless
    }
}

fn class_of(context: &Context<'_>, symbolized: &Symbolized) -> Option<ClassId> {
    let first = symbolized.copies.first();
    first.map(|id| context.plan.copies[*id].class)
}

/// A counterexample that the simulator does not bear out: a mistake of this program. `label` says what the
/// subject has to do with it.
pub(crate) fn mismatch(subject: Option<&Named>, label: &str, why: &str) -> Diagnostic {
    let name = subject.map_or("a class", |named| named.name.as_str());
    let found = Diagnostic::error(
        MISMATCH,
        format!("a counterexample about `{name}` does not replay on the simulator: {why}"),
    )
    .help("this is a mistake in thrice, not in your policy: please report it, with the policy if you can");
    match subject {
        Some(named) => found.at(named.span, label),
        None => found,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use thrice_presence::{Crossing, Leaving};

    use super::*;
    use crate::systems::symbolize;
    use crate::testing::plan_of;

    /// A system that says something else than the plan: as if the encoding were wrong.
    #[test]
    fn a_counterexample_that_does_not_replay_is_no_verdict() {
        let text = "use std/home\nuse std/hetzner\n\
            host a at home/rack { runs cron; has rclone 1.75.2; store disk }\n\
            object_storage s3 at hetzner/fsn1 { bucket near }\n\
            class photos is items on a.disk:/photos\n\
            copy out of photos to s3.near:/photos by a.cron { daily at 03:00 UTC }\n";
        let plan = plan_of(text);
        let context = Context::new(&plan, std::rc::Rc::default());
        let ids: Vec<CopyId> = plan.copies.ids().collect();
        let symbolized = symbolize(&context, &ids, date(2026, 2, 15));
        let question = Question {
            members: vec![(0, 0), (1, 1)],
            need: 1,
            from: 0,
            to: 1_000_000,
            window: 0,
            crossing: Crossing::default(),
        };
        let about = About {
            obligation: Obligation::Copies,
            period: "p",
        };
        let sound = answered(&context, about, &symbolized, &symbolized.system, &question);
        assert!(sound.holds());
        let mut wrong = symbolized.system.clone();
        for node in &mut wrong.nodes {
            node.leaves = vec![Leaving::AtAge(5, 5)];
        }
        let answer = answered(&context, about, &symbolized, &wrong, &question);
        assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
        let said = context.mismatches.into_inner();
        assert_eq!(said[0].code, MISMATCH);
        assert!(
            said[0].message.contains("`photos` does not replay"),
            "{}",
            said[0].message
        );
    }
}
