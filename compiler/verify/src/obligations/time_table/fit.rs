//! A run fits into its period, and what it carries through its line.

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{ClassKind, RunnerKind, Step, StepId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind};
use thrice_quantity::{Bytes, Seconds};

use super::played::{Case, Told};
use super::{finding, says_when, stays};
use crate::context::Context;
use crate::obligations::capacity::size_on;

const TOO_LONG: Code = Code("T2107");
const TOO_SLOW: Code = Code("T2108");

/// Returns for how many steps that carry data it is not known what or through what.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Told>) -> usize {
    let mut unchecked = 0;
    for (id, step) in context.plan.model.steps.iter() {
        if matches!(step.runner.kind, RunnerKind::Hand | RunnerKind::Lifecycle) {
            continue;
        }
        out.extend(too_long(context, id, step));
        let carries = matches!(
            step.verb,
            Verb::Backup { .. } | Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. }
        );
        if !carries || step.timing.schedule.is_none() {
            continue;
        }
        let copies = context.made_by(id);
        let speed = speed(context, step, copies);
        let known = speed.and_then(|speed| Some((speed, carried(context, id, copies)?)));
        match known {
            Some((speed, carried)) => out.extend(too_slow(context, id, speed, carried)),
            None => unchecked += 1,
        }
    }
    unchecked
}

fn too_long(context: &Context<'_>, id: StepId, step: &Step) -> Option<Told> {
    let cadence = &context.plan.cadences[id];
    let period = cadence.narrowest?;
    let length = cadence.jitter.saturating_add(cadence.duration.high());
    if length < period {
        return None;
    }
    let name = &step.named.name;
    let never = cadence.duration.low() >= period;
    let severity = if never {
        Severity::Error
    } else {
        Severity::Warning
    };
    let (text, span) = says_when(context, id);
    let message = format!(
        "a run of `{name}` may still be going on when the next one is due: {length} from its time, of {period}"
    );
    let diagnostic = Diagnostic::new(TOO_LONG, severity, message)
        .at(span, text)
        .event(
            "each time",
            format!("the run that is due is left out: two of `{name}` never run at once"),
        )
        .help("run it less often, or bound how long it may take: `taking`");
    Some(Told {
        finding: finding(diagnostic, vec![name.to_string()]),
        case: overrun(context, id, length, never),
    })
}

/// The first run within the policy's time that may still be going on when the next one is due.
fn overrun(context: &Context<'_>, id: StepId, length: Seconds, quick: bool) -> Case {
    let lifetime = context.plan.model.steps[id].lifetime;
    let (from, until, _) = stays(context.plan, lifetime);
    let starts = context.plan.calendars.starts(id);
    let pairs = starts.into_iter().flat_map(|starts| starts.windows(2));
    let mut pairs = pairs.filter_map(|pair| match *pair {
        [due, next] if from <= due && next < until => Some((due, next)),
        _ => None,
    });
    // Where it is sure, it is of the runs that lie closest: on the night of a clock change, it may be, and at no other time.
    let least = match quick {
        true => context.plan.cadences[id].duration.low(),
        false => length,
    };
    match pairs.find(|(due, next)| next.saturating_sub(*due) <= least.0) {
        Some((due, next)) => Case::Overrun {
            step: id,
            due,
            next,
            quick,
        },
        None => Case::Not("runs outside of the policy's time"),
    }
}

/// The least of the speeds that are stated on a step's way, in bytes a second, and where.
fn speed(context: &Context<'_>, step: &Step, copies: &[CopyId]) -> Option<(Bytes, String)> {
    let model = &context.plan.model;
    let mut hosts: Vec<_> = step.runner.host.into_iter().collect();
    for id in copies {
        let source = context.plan.copies[*id].source;
        let ends = [Some(*id), source].into_iter().flatten();
        hosts.extend(ends.map(|end| context.host(&context.plan.copies[end])));
    }
    hosts.sort_unstable();
    hosts.dedup();
    if hosts.len() < 2 {
        // It stays on one host, and needs no line.
        return step
            .pace()
            .limit
            .map(|limit| (limit, "its own `limit`".to_owned()));
    }
    let links = hosts.iter().filter_map(|host| {
        let host = &model.hosts[*host];
        let link = host.link?;
        Some((Bytes(link.0), format!("the link of `{}`", host.named.name)))
    });
    let own = step
        .pace()
        .limit
        .map(|limit| (limit, "its own `limit`".to_owned()));
    links.chain(own).min_by_key(|(speed, _)| *speed)
}

/// What one run carries at least at the start, and at most at the horizon; `None` where a size is not
/// stated. The first run, which carries everything, is not meant.
fn carried(context: &Context<'_>, id: StepId, copies: &[CopyId]) -> Option<(Bytes, Bytes)> {
    let gap = context.plan.cadences[id].widest?;
    let mut sum = (Bytes::ZERO, Bytes::ZERO);
    for id in copies {
        let (low, high) = of_copy(context, &context.plan.copies[*id], gap)?;
        sum = (sum.0.saturating_add(low), sum.1.saturating_add(high));
    }
    Some(sum)
}

fn of_copy(context: &Context<'_>, copy: &Copy, gap: Seconds) -> Option<(Bytes, Bytes)> {
    let class = &context.plan.model.classes[copy.class];
    let (size, _) = class.size.as_ref()?;
    let least = size.low();
    let most = size_on(context, class, context.plan.model.policy.end);
    let whole = class.kind == ClassKind::State && copy.kind != CopyKind::Versions;
    Some(match (&class.churn, whole) {
        (Some((churn, _)), false) => (
            churn.low().over(gap).min(least),
            churn.high().over(gap).min(most),
        ),
        _ => (least, most),
    })
}

fn too_slow(
    context: &Context<'_>,
    id: StepId,
    (speed, of): (Bytes, String),
    (least, most): (Bytes, Bytes),
) -> Option<Told> {
    let step = &context.plan.model.steps[id];
    let time = |bytes: Bytes| Seconds(i64::try_from(bytes.0 / speed.0.max(1)).unwrap_or(i64::MAX));
    let cadence = &context.plan.cadences[id];
    let bound = cadence.duration.high();
    if time(most) <= bound {
        return None;
    }
    let name = &step.named.name;
    let never = time(least) > bound;
    let severity = if never {
        Severity::Error
    } else {
        Severity::Warning
    };
    let (text, span) = says_when(context, id);
    let when = if never {
        "already at the start"
    } else {
        "at the horizon"
    };
    let message = format!(
        "`{name}` cannot be done within {bound}: what it carries takes {} through {of}",
        time(if never { least } else { most })
    );
    let diagnostic = Diagnostic::new(TOO_SLOW, severity, message)
        .at(span, text)
        .event(
            when,
            format!(
                "a run carries {}, at {speed} a second",
                if never { least } else { most }
            ),
        )
        .help("give it more time (`taking`), a faster line, or less to carry");
    Some(Told {
        finding: finding(diagnostic, vec![name.to_string()]),
        case: Case::Not("what a line carries"),
    })
}
