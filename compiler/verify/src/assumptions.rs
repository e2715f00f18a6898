//! What proofs rest on: listed first in every report.

use thrice_plan::Plan;

use crate::verification::Assumption;

/// The assumptions of a plan: its intervals, defaults, facts and trust base.
pub(crate) fn gather(plan: &Plan) -> Vec<Assumption> {
    let model = &plan.model;
    let mut out = Vec::new();
    let policy = &model.policy;
    let stated = if policy.response_stated {
        "as written"
    } else {
        "the default: nothing says otherwise"
    };
    out.push(Assumption {
        text: format!(
            "somebody acts within {} of an alarm ({stated})",
            policy.response
        ),
        source: None,
        date: None,
        monitor: None,
        span: Some(policy.named.span),
    });
    let unsaid = |c: &thrice_model::Class| c.noticed_within.is_none();
    if model.classes.iter().any(|(_, class)| unsaid(class)) {
        out.push(Assumption {
            text: "damage or deletion is noticed when the next step of the class falls silent, and somebody acts then \
                   (where no class says `noticed within`)"
                .to_owned(),
            source: None,
            date: None,
            monitor: None,
            span: Some(policy.named.span),
        });
    }
    for (_, step) in model.steps.iter() {
        if step.timing.schedule.is_none() {
            continue;
        }
        let stated = if step.timing.duration_stated.is_some() {
            "as written"
        } else {
            "the default: half its period"
        };
        out.push(Assumption {
            text: format!(
                "`{}` runs at each of its times and takes at most {} ({stated})",
                step.named.name,
                step.timing.duration.high()
            ),
            source: None,
            date: None,
            monitor: step
                .monitor
                .map(|(m, _)| model.monitors[m].named.name.clone()),
            span: Some(step.named.span),
        });
    }
    for (_, class) in model.classes.iter() {
        if let Some((size, span)) = &class.size {
            out.push(Assumption {
                text: format!(
                    "`{}` measures {size} at the start and grows by {}",
                    class.named.name, class.growth
                ),
                source: None,
                date: None,
                monitor: None,
                span: Some(*span),
            });
        }
    }
    for fact in &model.facts {
        out.push(Assumption {
            text: format!("{}: {}", fact.subject, fact.text),
            source: Some(fact.source.clone()),
            date: Some(fact.date.to_string()),
            monitor: None,
            span: Some(fact.span),
        });
    }
    out
}
