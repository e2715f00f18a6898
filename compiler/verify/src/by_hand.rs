//! What somebody must do by hand: verdicts that need it are proved if he does, never better.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{Application, ClassId, Obligation, StepId};
use thrice_plan::{CopyId, Plan};

use crate::prover::Session;
use crate::verification::{Engine, Verification};
use crate::wording::list;

/// The obligations that copies bear out.
const BORNE_BY_COPIES: [Obligation; 7] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::RecoveryPoint,
    Obligation::RecoveryTime,
    Obligation::LastCopy,
    Obligation::History,
    Obligation::Deletion,
];

/// Decides anew without the copies that are made by hand, for the classes that have any: what holds with
/// them and not without them rests on them.
pub(crate) fn downgrade(plan: &Plan, out: &mut Verification) {
    let touched = touched(plan);
    if touched.is_empty() {
        return;
    }
    let steps: BTreeSet<StepId> = touched.values().flatten().copied().collect();
    let mut model = plan.model.clone();
    for id in plan
        .model
        .classes
        .ids()
        .filter(|id| !touched.contains_key(id))
    {
        // A class that nobody's hands touch is decided already. What others are restored with stays.
        let needed = touched
            .keys()
            .any(|t| plan.model.classes[*t].needs.iter().any(|n| n.class == id));
        if let Some(class) = model.classes.get_mut(id).filter(|_| !needed) {
            class.lifetime.until = Some(class.lifetime.from);
        }
    }
    for id in &steps {
        if let Some(step) = model.steps.get_mut(*id) {
            step.lifetime.until = Some(step.lifetime.from);
        }
    }
    let (without, _) = thrice_plan::plan(model, plan.as_of);
    let found = Session::default().decide(&without, &BORNE_BY_COPIES);
    let stands: BTreeSet<(Obligation, &str, &str)> = found
        .verdicts
        .iter()
        .filter(|verdict| verdict.holds)
        .map(|v| (v.obligation, v.subject.as_str(), v.period.as_str()))
        .collect();
    let names: BTreeMap<&str, String> = touched
        .iter()
        .map(|(class, steps)| {
            let steps = steps
                .iter()
                .map(|id| plan.model.steps[*id].named.name.as_str());
            (plan.model.classes[*class].named.name.as_str(), list(steps))
        })
        .collect();
    for verdict in &mut out.verdicts {
        let key = (
            verdict.obligation,
            verdict.subject.as_str(),
            verdict.period.as_str(),
        );
        let Some(steps) = names.get(verdict.subject.as_str()) else {
            continue;
        };
        let rests = BORNE_BY_COPIES.contains(&verdict.obligation) && !stands.contains(&key);
        if verdict.holds && rests && verdict.engine < Engine::ProvedIf {
            verdict.engine = Engine::ProvedIf;
            let gap = if verdict.note.is_empty() { "" } else { "; " };
            verdict
                .note
                .push_str(&format!("{gap}if somebody does {steps}"));
        }
    }
}

/// For each class that has copies which a person makes or puts into force, or copies of such copies: the
/// steps that he must do.
fn touched(plan: &Plan) -> BTreeMap<ClassId, BTreeSet<StepId>> {
    let mut out: BTreeMap<ClassId, BTreeSet<StepId>> = BTreeMap::new();
    let mut hands: BTreeMap<CopyId, BTreeSet<StepId>> = BTreeMap::new();
    for (id, copy) in plan.copies.iter() {
        let mut steps = copy
            .source
            .and_then(|source| hands.get(&source))
            .cloned()
            .unwrap_or_default();
        let by_hand = |step: &StepId| plan.model.steps[*step].application == Application::ByHand;
        steps.extend(copy.made_by.filter(by_hand));
        if !steps.is_empty() {
            out.entry(copy.class).or_default().extend(&steps);
            hands.insert(id, steps);
        }
    }
    out
}
