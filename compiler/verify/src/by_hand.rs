//! What somebody must do by hand: verdicts that need it are proved if he does, never better.

use std::collections::BTreeSet;

use thrice_model::{Application, Obligation, StepId};
use thrice_plan::Plan;

use crate::proofs::Judge;
use crate::verification::{Engine, Verification};
use crate::wording::list;

/// The obligations that copies bear out.
const BORNE_BY_COPIES: [Obligation; 8] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::RecoveryPoint,
    Obligation::RecoveryTime,
    Obligation::LastCopy,
    Obligation::History,
    Obligation::Deletion,
    Obligation::Keys,
];

/// Decides anew without the copies that are made by hand, if there are any: what holds with them and not
/// without them rests on them.
pub(crate) fn downgrade(plan: &Plan, out: &mut Verification) {
    let steps = by_hand(plan);
    if steps.is_empty() {
        return;
    }
    let mut model = plan.model.clone();
    for id in &steps {
        if let Some(step) = model.steps.get_mut(*id) {
            step.lifetime.until = Some(step.lifetime.from);
        }
    }
    let (without, _) = thrice_plan::plan(model, plan.as_of);
    let found = Judge::default().decide(&without, &BORNE_BY_COPIES);
    let stands: BTreeSet<(Obligation, &str, &str)> = found
        .verdicts
        .iter()
        .filter(|verdict| verdict.holds)
        .map(|v| (v.obligation, v.subject.as_str(), v.period.as_str()))
        .collect();
    let names = list(
        steps
            .iter()
            .map(|id| plan.model.steps[*id].named.name.as_str()),
    );
    for verdict in &mut out.verdicts {
        let key = (
            verdict.obligation,
            verdict.subject.as_str(),
            verdict.period.as_str(),
        );
        let rests = BORNE_BY_COPIES.contains(&verdict.obligation) && !stands.contains(&key);
        if verdict.holds && rests && verdict.engine < Engine::ProvedIf {
            verdict.engine = Engine::ProvedIf;
            let gap = if verdict.note.is_empty() { "" } else { "; " };
            verdict
                .note
                .push_str(&format!("{gap}if somebody does {names}"));
        }
    }
}

/// The steps that make copies and that a person carries out or puts into force.
fn by_hand(plan: &Plan) -> Vec<StepId> {
    let makes: BTreeSet<StepId> = plan.copies.iter().filter_map(|(_, c)| c.made_by).collect();
    let steps = plan.model.steps.iter();
    steps
        .filter(|(id, step)| step.application == Application::ByHand && makes.contains(id))
        .map(|(id, _)| id)
        .collect()
}
