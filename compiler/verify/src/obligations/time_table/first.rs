//! The first run of what begins later carries all there is.
//!
//! Copies count as filled when a run has had the time that all others have. Where the first load takes longer through its
//! line, they are there so much later, and what counts on them does not hold until then. What begins with the policy may have
//! been filled before anybody wrote it: nothing is said of that.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{RunnerKind, StepId, Verb};
use thrice_plan::calendar::midnight;
use thrice_plan::{Copy, CopyId};
use thrice_quantity::Bytes;

use super::line;
use super::played::{Case, Told};
use super::way::{self, Legs};
use super::{finding, says_when};
use crate::context::Context;
use crate::obligations::capacity::size_on;
use crate::wording::instant;

const TOO_SOON: Code = Code("T2111");

/// What a first run carries.
#[derive(Default)]
struct Load {
    legs: Legs,
    least: Bytes,
    most: Bytes,
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Told>) {
    for (id, step) in context.plan.model.steps.iter() {
        let brings = matches!(
            step.verb,
            Verb::Backup { .. } | Verb::Copy { .. } | Verb::Sync { .. }
        );
        let by_itself = !matches!(step.runner.kind, RunnerKind::Hand | RunnerKind::Lifecycle);
        if brings && by_itself && step.timing.schedule.is_some() {
            of_step(context, id, out);
        }
    }
}

fn of_step(context: &Context<'_>, id: StepId, out: &mut Vec<Told>) {
    let plan = context.plan;
    let step = &plan.model.steps[id];
    let mut loads: BTreeMap<Date, Load> = BTreeMap::new();
    for copy in context.made_by(id) {
        let copy = &plan.copies[*copy];
        let from = copy.lifetime.from;
        if from <= plan.model.policy.start || !is_filled_once(context, copy, id) {
            continue;
        }
        let class = &plan.model.classes[copy.class];
        let Some((size, _)) = &class.size else {
            continue;
        };
        let load = loads.entry(from).or_default();
        let source = copy.source.map(|id| context.host(&plan.copies[id]));
        load.legs
            .extend(way::legs(step, source, Some(context.host(copy))));
        load.least = load.least.saturating_add(size.low());
        load.most = load.most.saturating_add(size_on(context, class, from));
    }
    let told = loads
        .into_iter()
        .filter_map(|(from, load)| tell(context, id, from, &load));
    out.extend(told);
}

/// Whether runs after the first one carry less, and nothing of it lies there yet.
fn is_filled_once(context: &Context<'_>, copy: &Copy, by: StepId) -> bool {
    let plan = context.plan;
    let all = plan.model.classes[copy.class].size.as_ref();
    let usual = line::of_copy(context, copy, by);
    let less = usual
        .zip(all)
        .is_some_and(|((_, usual), (size, _))| usual < size.high());
    let before = copy.lifetime.from.checked_sub(1.day());
    let is_there = |id: &CopyId| {
        let other = &plan.copies[*id];
        let same = (other.repository, &other.location) == (copy.repository, &copy.location);
        same && before
            .as_ref()
            .is_ok_and(|day| other.lifetime.contains(*day))
    };
    less && !context.copies_of(copy.class).iter().any(is_there)
}

fn tell(context: &Context<'_>, id: StepId, from: Date, load: &Load) -> Option<Told> {
    let plan = context.plan;
    let step = &plan.model.steps[id];
    let (speed, of) = way::speed(context, step, &load.legs)?;
    let time = |bytes: Bytes| way::takes(bytes, speed);
    let bound = plan.cadences[id].duration.high();
    if time(load.most) <= bound {
        return None;
    }
    let surely = time(load.least) > bound;
    let (bytes, may) = match surely {
        true => (load.least, "takes at least"),
        false => (load.most, "may take"),
    };
    let name = &step.named.name;
    let starts = plan.calendars.starts(id)?;
    let begins = starts.iter().copied().find(|at| *at >= midnight(from))?;
    let done = begins.saturating_add(time(bytes).0);
    let message = format!(
        "the first run of `{name}` carries all {bytes} that there are, and {may} {} through {of}: its runs take at most {bound}",
        time(bytes)
    );
    let (text, span) = says_when(context, id);
    let diagnostic = Diagnostic::warning(TOO_SOON, message)
        .at(span, text)
        .event(instant(begins), format!("`{name}` begins with all that there is"))
        .event(instant(done), "until then nothing rests on what it brings".to_owned())
        .help(
            "carry the first load before that day by other means (a disk, a run by hand), or let what counts on it begin so much later",
        );
    Some(Told {
        finding: finding(diagnostic, vec![name.to_string()]),
        case: Case::Not("what a line carries"),
    })
}
