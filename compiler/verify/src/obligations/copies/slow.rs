//! Copies that are asked for, and may take more than a month to be there, where nothing says how soon they must.
//!
//! The claim holds from the age on at which they surely are: that is what is asked where no `within` is said. A
//! monthly mirror is counted like any other copy then, and whoever reads "three copies" does not think of one that is as old as that.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, Requirement, StepId};
use thrice_plan::CopyId;
use thrice_quantity::Seconds;

use super::{Kind, finding};
use crate::context::Context;
use crate::verification::{Engine, Finding};
use crate::wording::{age, during, has_have, moment, some};

const SLOW: Code = Code("T1106");
/// The longest month.
const MONTH: Seconds = Seconds::days(31);

/// From which age on what is asked for is there, and the copy that is the last to come.
#[derive(Clone, Copy)]
pub(super) struct Slow {
    pub(super) kind: Kind,
    pub(super) need: u32,
    pub(super) from: i64,
    pub(super) copy: CopyId,
}

impl Slow {
    /// Whether it takes long enough to be told.
    pub(super) const fn is_long(self) -> bool {
        self.from > MONTH.0
    }
}

/// All that is slow of one requirement, by the step that is the last.
#[derive(Default)]
pub(super) struct AllSlow {
    by: BTreeMap<StepId, Found>,
}

struct Found {
    worst: Slow,
    classes: BTreeSet<ClassId>,
    periods: BTreeSet<usize>,
}

impl AllSlow {
    pub(super) fn add(
        &mut self,
        context: &Context<'_>,
        slow: Slow,
        classes: &[ClassId],
        period: usize,
    ) {
        let Some(step) = context.plan.copies[slow.copy].made_by else {
            return;
        };
        let found = self.by.entry(step).or_insert_with(|| Found {
            worst: slow,
            classes: BTreeSet::new(),
            periods: BTreeSet::new(),
        });
        if found.worst.from < slow.from {
            found.worst = slow;
        }
        found.classes.extend(classes);
        found.periods.insert(period);
    }

    pub(super) fn told(self, context: &Context<'_>, requirement: &Requirement) -> Vec<Finding> {
        let by = self.by.into_iter();
        by.filter_map(|(step, found)| tell(context, requirement, step, found))
            .collect()
    }
}

fn tell(
    context: &Context<'_>,
    requirement: &Requirement,
    step: StepId,
    found: Found,
) -> Option<Finding> {
    let plan = context.plan;
    let Found {
        worst,
        classes,
        periods,
    } = found;
    let step = &plan.model.steps[step].named;
    let names = some(classes.iter().map(|class| context.class_name(*class)));
    let verb = match worst.kind {
        Kind::Media => worst.kind.verb(classes.len()),
        _ => has_have(classes.len()),
    };
    let phases = during(periods.iter().filter_map(|index| plan.periods.get(*index)));
    let copy = &plan.copies[worst.copy];
    let (store, home) = (
        context.store_name(copy.location.store),
        context.store_name(plan.model.classes[copy.class].home.store),
    );
    let (asked, after) = (worst.kind.words(worst.need), age(worst.from));
    let message = format!(
        "{names} {verb} {asked} only from the age of {after} on{phases}, and nothing says how soon they must be there"
    );
    let period = plan.periods.get(periods.first().copied()?)?;
    let diagnostic = Diagnostic::warning(SLOW, message)
        .by(Engine::Evaluated.word())
        .at(requirement.span, "asked for here, without `within`")
        .at(
            step.span,
            format!("the last of them: what it leaves may be {after} old"),
        )
        .event(
            moment(period.from, 0),
            format!("something is written on `{home}`"),
        )
        .event(
            moment(period.from, worst.from),
            format!(
                "only now `{}` has surely brought it to `{store}`",
                step.name
            ),
        )
        .help(format!(
            "run `{}` more often, or say how old is good enough: `within {}`, or `rpo`",
            step.name,
            Seconds::days(worst.from.div_euclid(Seconds::DAY.0).saturating_add(1)),
        ));
    Some(finding(diagnostic, classes.into_iter().collect(), context))
}
