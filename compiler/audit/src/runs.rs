//! Runs: whether they came, and what proofs assume of them.

use thrice_diagnostics::Diagnostic;
use thrice_model::{Obligation, Step, StepId, Verb};
use thrice_plan::Plan;
use thrice_quantity::{Bytes, Seconds};
use thrice_report::audit::{Measure, Unit};
use thrice_target::layout;

use crate::finding::{ASSUMED, Judge, RUN, moment, of_step, whole};
use crate::measured::Record;
use crate::voids::Reach;

const AGE: Measure = Measure::new(
    "step_age",
    Unit::Seconds,
    "step",
    "Time since the end of the last run.",
);
const SUCCESS: Measure = Measure::new(
    "step_success",
    Unit::One,
    "step",
    "Whether the last run succeeded.",
);
const DURATION: Measure = Measure::new(
    "step_duration",
    Unit::Seconds,
    "step",
    "How long the last run took.",
);
const READ: Measure = Measure::new(
    "step_read",
    Unit::Bytes,
    "step",
    "What the last run read or left.",
);
const ADDED: Measure = Measure::new(
    "step_added",
    Unit::Bytes,
    "step",
    "What the newest snapshot added to the one before it.",
);

/// What is lost if a step does not do its work.
pub const LOST: [Obligation; 3] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::RecoveryPoint,
];

/// The record of a step's last run.
pub fn judge(judge: &mut Judge<'_>, id: StepId, step: &Step) {
    let plan = judge.plan;
    let reach = Reach::of_step(plan, id);
    let name = &step.named.name;
    let lost = || reach.voids(plan, &LOST);
    let cadence = &plan.cadences[id];
    let measured = judge.measured;
    let record = match measured.records.get(&layout::step(plan, id)) {
        Some(Ok(Some(record))) => record,
        Some(Err(why)) => return judge.unmeasured(name, step.named.span, why, lost()),
        _ if !never_ran(judge, id) => return,
        _ => {
            let message = format!("`{name}` has left no record: it never ran here");
            let help = "install what `thrice build` writes for this host, and see whether its scheduler runs";
            let diagnostic = of_step(RUN, step, message)
                .at(scheduled(step), "due since it is in force")
                .help(help);
            return judge.find(diagnostic, lost());
        }
    };
    let age = judge.now.saturating_sub(record.end);
    let due = cadence.nominal_delay();
    judge.figure(AGE, name, age, due.map(|due| due.0));
    judge.figure(SUCCESS, name, i64::from(record.ok), None);
    let happened = |message: String, what: &str| {
        of_step(RUN, step, message)
            .at(scheduled(step), "runs like this")
            .event(moment(record.end), what)
            .event(moment(judge.now), "audited")
    };
    let mut found: Vec<Diagnostic> = Vec::new();
    if !record.ok {
        let (ago, code) = (Seconds(age), record.code);
        let message = format!("the last run of `{name}` failed {ago} ago with exit code {code}");
        found.push(
            happened(message, "its last run failed")
                .help("its log says why: `journalctl -t`, or the mail of cron"),
        );
    }
    if age < 0 {
        let message = format!(
            "the record of `{name}` is {} ahead of the clock",
            Seconds(-age)
        );
        found.push(
            happened(message, "its last run ended, by its record")
                .help("set the clock right: no age is right with it"),
        );
    }
    if let Some(due) = due.filter(|due| age > due.0) {
        let message = format!(
            "the last run of `{name}` ended {} ago, and one should end at least every {due}",
            Seconds(age)
        );
        found.push(
            happened(message, "its last run ended")
                .help("see whether its scheduler runs, and whether a run hangs"),
        );
    }
    for diagnostic in found {
        judge.find(diagnostic, lost());
    }
    assumptions(judge, id, step, record, &reach);
}

/// Whether a step that is due again and again has left no record: a finding about it, which stands for all that
/// follows from it. One on demand may never have been asked for.
pub fn never_ran(judge: &Judge<'_>, id: StepId) -> bool {
    let record = judge.measured.records.get(&layout::step(judge.plan, id));
    judge.plan.cadences[id].widest.is_some() && matches!(record, None | Some(Ok(None)))
}

/// The words that say when a step runs.
fn scheduled(step: &Step) -> thrice_diagnostics::Span {
    let schedule = step.timing.schedule.as_ref();
    schedule.map_or(step.named.span, |(_, span)| *span)
}

/// What proofs assume about a run: how long it takes, what it reads, and how much it adds.
fn assumptions(judge: &mut Judge<'_>, id: StepId, step: &Step, record: &Record, reach: &Reach) {
    let plan = judge.plan;
    let name = &step.named.name;
    let took = record.end.saturating_sub(record.start);
    let most = step.timing.duration.high();
    judge.figure(DURATION, name, took, most.0);
    if record.ok && took > most.0 {
        let message = format!(
            "the last run of `{name}` took {}, and proofs rest on at most {most}",
            Seconds(took)
        );
        let span = step.timing.duration_stated.unwrap_or(step.named.span);
        let diagnostic = of_step(ASSUMED, step, message)
            .at(span, "so long at most")
            .event(moment(record.start), "its last run began")
            .event(moment(record.end), "it ended")
            .help("write how long it takes, such as `taking 1m..2h`, and run `thrice check`");
        let voids = [Obligation::RecoveryPoint, Obligation::TimeTable];
        judge.find(diagnostic, reach.voids(plan, &voids));
    }
    read(judge, step, record, reach);
    added(judge, id, step, record, reach);
}

/// How much a backup read or a capture left, next to the sizes that the policy says of its classes, if it
/// says all.
fn read(judge: &mut Judge<'_>, step: &Step, record: &Record, reach: &Reach) {
    let plan = judge.plan;
    // What a folder of captures holds in all is more than the classes measure: older versions stay in it.
    let whole_classes = match &step.verb {
        Verb::Backup { .. } => true,
        Verb::Capture(parts) => parts.runs.is_none(),
        _ => false,
    };
    let bytes = record.numbers.get("bytes").copied();
    let Some(bytes) = bytes.filter(|_| whole_classes && !step.classes.is_empty()) else {
        return;
    };
    let mut sum = Bytes(0);
    let mut spans = Vec::new();
    for (class, _) in &step.classes {
        let class = &plan.model.classes[*class];
        let Some((size, span)) = &class.size else {
            return;
        };
        spans.push(*span);
        let days = class.lifetime.from.until(plan.as_of);
        let days = days.map_or(0, |span| span.get_days().max(0));
        let grown = match class.growth_volume {
            Some(volume) => {
                let more = volume.high().over(Seconds::days(i64::from(days)));
                size.high().saturating_add(more)
            }
            None => {
                let days = u32::try_from(days).unwrap_or(0);
                class.growth.high().grown_at_most(size.high(), days)
            }
        };
        sum = sum.saturating_add(grown);
    }
    let name = &step.named.name;
    judge.figure(READ, name, whole(bytes), whole(sum.0));
    if bytes <= sum.0 {
        return;
    }
    let verb = if matches!(step.verb, Verb::Backup { .. }) {
        "read"
    } else {
        "left"
    };
    let message = format!(
        "the last run of `{name}` {verb} {}, and proofs rest on at most {sum} by now",
        Bytes(bytes)
    );
    let mut diagnostic = of_step(ASSUMED, step, message)
        .event(
            moment(record.end),
            format!("its last run had {verb} {}", Bytes(bytes)),
        )
        .help("write the size that it has, and how it grows, and run `thrice check`");
    for span in spans {
        diagnostic = diagnostic.at(span, "so large at most at the start");
    }
    let voids = [
        Obligation::RecoveryTime,
        Obligation::Capacity,
        Obligation::Cost,
    ];
    judge.find(diagnostic, reach.voids(plan, &voids));
}

/// What changed from one snapshot to the next. The very first snapshot adds everything, and says nothing.
fn added(judge: &mut Judge<'_>, id: StepId, step: &Step, record: &Record, reach: &Reach) {
    let plan = judge.plan;
    let name = &step.named.name;
    let measured = judge.measured;
    let (since, until, bytes) = match measured.added.get(&layout::step(plan, id)) {
        Some(Ok(added)) => (added.since, added.until, added.bytes),
        Some(Err(why)) => {
            let voids = reach.voids(plan, &[Obligation::Capacity, Obligation::Cost]);
            return judge.unmeasured(name, step.named.span, why, voids);
        }
        None => return,
    };
    let time = Seconds(until.saturating_sub(since).max(0));
    let promised = churn(plan, step, time);
    judge.figure(
        ADDED,
        name,
        whole(bytes),
        promised.as_ref().map(|(most, _)| whole(most.0)),
    );
    let Some((most, spans)) = promised.filter(|(most, _)| bytes > most.0) else {
        return;
    };
    let message = format!(
        "the newest snapshot of `{name}` adds {} to the one before it, and proofs rest on at most {most} in {time}",
        Bytes(bytes)
    );
    let mut diagnostic = of_step(ASSUMED, step, message)
        .event(moment(since), "the snapshot before it")
        .event(moment(until), "its newest snapshot");
    if let Some(stored) = record.numbers.get("added") {
        let what = format!("its last run said that it stored {}", Bytes(*stored));
        diagnostic = diagnostic.event(moment(record.end), what);
    }
    for span in spans {
        diagnostic = diagnostic.at(span, "so much a day at most");
    }
    let help = "find out what changes so much; if that is right, write it as `churn`, and run `thrice check`";
    let voids = reach.voids(plan, &[Obligation::Capacity, Obligation::Cost]);
    judge.find(diagnostic.help(help), voids);
}

/// What all classes of a step change in some time, if all say so. A day is the least: nobody says what
/// changes in an hour.
fn churn(
    plan: &Plan,
    step: &Step,
    time: Seconds,
) -> Option<(Bytes, Vec<thrice_diagnostics::Span>)> {
    let time = Seconds(time.0.max(Seconds::days(1).0));
    let (mut sum, mut spans) = (Bytes(0), Vec::new());
    for (class, _) in &step.classes {
        let (churn, span) = plan.model.classes[*class].churn?;
        sum = sum.saturating_add(churn.high().over(time));
        spans.push(span);
    }
    (!step.classes.is_empty()).then_some((sum, spans))
}
