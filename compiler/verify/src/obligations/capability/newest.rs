//! `latest only` of what a capture keeps side by side: each of these bears a name of its own, and only what bears the same
//! one is overwritten. The script takes the newest alone where it knows which that is.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{Source, Step, StepId, Verb};

use super::dumps::FORMER;
use super::finding;
use crate::context::Context;
use crate::patterns::may_name;
use crate::verification::Finding;

const ALL_OF_THEM: Code = Code("T2327");

/// What names of dumps end in.
const ENDINGS: [&str; 6] = [".dump", ".rdb", ".snapshot", ".json", ".sqlite", ""];

/// A part that nobody lists.
const ANY: &str = "x";

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let steps = context.plan.model.steps.iter();
    let told = steps.filter_map(|(id, step)| {
        let Verb::Copy {
            latest_only: true,
            include,
            ..
        } = &step.verb
        else {
            return None;
        };
        let capture = kept_beside(context, id)?;
        let Verb::Capture(parts) = &capture.verb else {
            return None;
        };
        let is_emitted = parts.runs.is_none();
        let takes_all = match include.as_slice() {
            [] => !is_emitted || !follows_steps(context, step),
            // What a program of one's own leaves bears the names that one knows oneself.
            named => {
                let classes = step.classes.iter();
                let parts =
                    classes.flat_map(|(class, _)| &context.plan.model.classes[*class].parts);
                let parts: Vec<&str> = parts.map(|(name, _)| name.as_str()).chain([ANY]).collect();
                let former = |pattern: &String| {
                    let names = |part: &&str| {
                        let name =
                            |end: &&str| may_name(pattern, &format!("/{part}-{FORMER}{end}"));
                        ENDINGS.iter().any(name)
                    };
                    !pattern.contains("latest") && parts.iter().any(names)
                };
                is_emitted && named.iter().any(former)
            }
        };
        takes_all.then(|| tell(step, capture))
    });
    out.extend(told);
}

/// The capture whose dumps lie side by side in what a step reads.
fn kept_beside<'c>(context: &'c Context<'_>, id: StepId) -> Option<&'c Step> {
    let plan = context.plan;
    context.made_by(id).iter().find_map(|copy| {
        let mut way = plan.way(plan.copies[*copy].source?);
        let ends = |verb: &Verb| match verb {
            Verb::Capture(_) => true,
            Verb::Copy { latest_only, .. } => *latest_only,
            Verb::Sync { .. } | Verb::Move { .. } => false,
            _ => true,
        };
        let first = way.find_map(|copy| {
            let step = &plan.model.steps[plan.copies[copy].made_by?];
            ends(&step.verb).then_some(step)
        });
        first.filter(|step| matches!(&step.verb, Verb::Capture(parts) if parts.keeps.is_some()))
    })
}

/// Whether a step reads what others have left, by their names, from the capture on: then its script knows the newest.
fn follows_steps(context: &Context<'_>, step: &Step) -> bool {
    let steps = &context.plan.model.steps;
    let mut at = step;
    for _ in 0..steps.len() {
        match at.source {
            Source::Step(before, _) => at = &steps[before],
            _ => break,
        }
    }
    matches!(at.verb, Verb::Capture(_))
}

fn tell(step: &Step, capture: &Step) -> Finding {
    let (who, of) = (&step.named, &capture.named);
    let message = format!(
        "`{}` brings all that `{}` keeps, not the latest only",
        who.name, of.name
    );
    let diagnostic = Diagnostic::error(ALL_OF_THEM, message)
        .at(who.span, "overwrites what bears the same name")
        .at(of.span, "keeps what it leaves side by side, each under a name of its own")
        .event("each run", "one more comes, and none is overwritten: there is no end to what lies there")
        .help(
            "`include` the name that the newest one always bears (`\"*-latest.dump\"` where the script is emitted), or take \
             away `latest only`",
        );
    finding(diagnostic, vec![who.name.to_string()])
}
