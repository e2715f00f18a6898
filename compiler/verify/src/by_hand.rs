//! What somebody must do by hand: verdicts that need it are proved if he does, never better.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use thrice_model::{Application, ClassId, Obligation, StepId};
use thrice_plan::{CopyId, Plan};

use crate::indexed::with_needs;
use crate::verdicts::Verdict;
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

/// What holds although nobody does what a person must do by hand.
#[derive(Default)]
pub(crate) struct Without {
    /// For each class that somebody's hands touch, the steps that he must do.
    steps: BTreeMap<String, String>,
    /// What holds without them: obligation, subject and period.
    stands: BTreeSet<(Obligation, EcoString, EcoString)>,
}

/// Decides anew without the copies that are made by hand, for the classes that have any. Much of what
/// is known of the plan is asked again.
pub(crate) fn without(
    plan: &Plan,
    decide: impl FnOnce(&Plan, &[Obligation]) -> Verification,
) -> Without {
    let touched = touched(plan);
    if touched.is_empty() {
        return Without::default();
    }
    let steps: BTreeSet<StepId> = touched.values().flatten().copied().collect();
    let asked = with_needs(plan, touched.keys().copied());
    let mut model = plan.model.clone();
    for id in plan.model.classes.ids() {
        // A class that nobody's hands touch is decided already. What others are restored with stays.
        let decided = !asked.contains(&id);
        if let Some(class) = model.classes.get_mut(id).filter(|_| decided) {
            class.lifetime.until = Some(class.lifetime.from);
        }
    }
    for id in &steps {
        if let Some(step) = model.steps.get_mut(*id) {
            step.lifetime.until = Some(step.lifetime.from);
        }
    }
    let (without, _) = thrice_plan::replan(plan, model);
    let found = decide(&without, &BORNE_BY_COPIES);
    let named = |(class, steps): (ClassId, BTreeSet<StepId>)| {
        let steps = steps
            .iter()
            .map(|id| plan.model.steps[*id].named.name.as_str());
        (
            plan.model.classes[class].named.name.to_string(),
            list(steps),
        )
    };
    let verdicts = found.verdicts.iter();
    Without {
        steps: touched.into_iter().map(named).collect(),
        stands: verdicts
            .filter(|verdict| verdict.holds)
            .map(|v| (v.obligation, v.subject, v.period))
            .collect(),
    }
}

/// What holds, and not without what is done by hand, rests on that.
pub(crate) fn downgrade(without: &Without, out: &mut Verification) {
    if !without.steps.is_empty() {
        let verdicts = out.verdicts.iter();
        out.verdicts = verdicts.map(|v| without.downgraded(v)).collect();
    }
}

impl Without {
    fn downgraded(&self, mut verdict: Verdict) -> Verdict {
        let Some(steps) = self.steps.get(verdict.subject.as_str()) else {
            return verdict;
        };
        let key = (
            verdict.obligation,
            verdict.subject.clone(),
            verdict.period.clone(),
        );
        let rests = BORNE_BY_COPIES.contains(&verdict.obligation) && !self.stands.contains(&key);
        if verdict.holds && rests && verdict.engine < Engine::ProvedIf {
            verdict.engine = Engine::ProvedIf;
            let gap = if verdict.note.is_empty() { "" } else { "; " };
            verdict
                .note
                .push_str(&format!("{gap}if somebody does {steps}"));
        }
        verdict
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
