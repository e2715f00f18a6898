//! Tells how old the newest version gets, and by which runs.

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{ClassId, Obligation, StepId};
use thrice_plan::calendar::{after_is_enforced, midnight};
use thrice_plan::staleness::{Known, Run};
use thrice_plan::{CopyId, Missed};
use thrice_quantity::Seconds;

use super::super::lateness::{self, point_at};
use super::super::story::in_time;
use super::asker::{Attained, Oldest, Outcome};
use super::unwatched;
use super::{Violation, late, path};
use crate::context::Context;
use crate::fault::{self, Fault, FaultSet};
use crate::verification::{Engine, Finding};
use crate::wording::{during, instant, some};

const EXCEEDED: Code = Code("T1301");
const BOUNDARY: Code = Code("T1302");
const GUARANTEED: Code = Code("T1303");
pub(in crate::obligations) const LATE: Code = Code("T1304");

/// What is attained, in a few words.
pub(super) fn note(context: &Context<'_>, outcome: &Outcome) -> String {
    let (Some(nominal), Some(guaranteed)) = (
        outcome.worst(Missed::Nominal),
        outcome.worst(Missed::Guaranteed),
    ) else {
        return "nothing is left to be told the age of".to_owned();
    };
    let words = |attained: &Attained| match attained.oldest {
        Oldest {
            age: Some(age),
            exact,
            ..
        } => format!("{}{age}", if exact { "" } else { "at most " }),
        Oldest { copy, .. } => format!("without bound ({})", unbounded(context, copy).0),
    };
    let mut note = format!("nominal {}", words(&nominal));
    if nominal.oldest.age.is_some() {
        let missed = match guaranteed.oldest.age {
            Some(_) => missed_words(context, &steps(context, guaranteed.oldest.copy)),
            None => String::new(),
        };
        note.push_str(&format!(", guaranteed {}{missed}", words(&guaranteed)));
    }
    if outcome.gone {
        note.push_str("; faults that leave nothing are told by survival");
    }
    note
}

/// " with 4 missed runs", " with 4 missed runs of each step".
fn missed_words(context: &Context<'_>, steps: &[StepId]) -> String {
    let counts = steps.iter().map(|id| context.plan.cadences[*id].missed);
    let counts: Vec<u32> = counts.collect::<BTreeSet<u32>>().into_iter().collect();
    let runs = |count: u32| if count == 1 { "run" } else { "runs" };
    match (counts.as_slice(), steps.len()) {
        ([] | [0], _) => String::new(),
        ([one], 1) => format!(" with {one} missed {}", runs(*one)),
        ([one], _) => format!(" with {one} missed {} of each step", runs(*one)),
        ([least, .., most], _) => format!(" with {least} to {most} missed runs of each step"),
    }
}

/// The steps that make a copy, first to last.
fn steps(context: &Context<'_>, copy: CopyId) -> Vec<StepId> {
    let copies = path(context, copy);
    let made_by = copies.iter().map(|id| context.plan.copies[*id].made_by);
    made_by.flatten().collect()
}

/// The first copy on the way to one in which nothing is surely there.
fn first_without(context: &Context<'_>, copy: CopyId) -> Option<CopyId> {
    let staleness = context.plan.staleness();
    let mut missed = [Missed::Nominal, Missed::Guaranteed].into_iter();
    missed.find_map(|missed| {
        let nothing = |id: &&CopyId| staleness.of(**id, missed).known == Known::Nothing;
        path(context, copy).iter().find(nothing).copied()
    })
}

/// The step that may take away what is to come to a copy before it is read.
fn emptied_by(context: &Context<'_>, copy: CopyId) -> Option<StepId> {
    let first = first_without(context, copy)?;
    context.plan.emptied_by(first).next()
}

/// Why nothing bounds how old a copy gets, and the step because of which it is so.
fn unbounded(context: &Context<'_>, copy: CopyId) -> (String, Option<StepId>) {
    let plan = context.plan;
    let without = first_without(context, copy);
    let without = without.and_then(|first| plan.copies[first].made_by);
    let silent = unwatched(context, copy);
    let Some(id) = without.or(silent) else {
        let why = match plan.empties(copy).next() {
            Some(by) => format!(
                "`{}` may have taken it away before the next version is there",
                plan.model.steps[by].named.name
            ),
            None => "nothing is surely there in time".to_owned(),
        };
        return (why, None);
    };
    let step = &plan.model.steps[id];
    let name = &step.named.name;
    if without.is_none() {
        let why = format!("no monitor watches `{name}`: nobody is told when it fails");
        return (why, Some(id));
    }
    let gone = emptied_by(context, copy).map(|by| &plan.model.steps[by].named.name);
    let why = match (&step.timing.schedule, gone) {
        (None, _) => format!("`{name}` runs only when somebody starts it"),
        (Some(_), Some(by)) => {
            format!(
                "`{by}` may have taken away what `{name}` comes to read, so that it finds nothing"
            )
        }
        (Some(_), None) => format!("`{name}` may read while what it reads is half written"),
    };
    (why, Some(id))
}

/// The violation whose case is told: the first of those at which the newest version is oldest.
pub(super) fn worst_of(part: &[Violation]) -> Option<&Violation> {
    let mut first = part.first()?;
    for violation in part {
        if violation.attained.oldest.exceeds(&first.attained.oldest) {
            first = violation;
        }
    }
    Some(first)
}

/// One finding for a root cause.
pub(super) fn tell(context: &Context<'_>, part: &[Violation]) -> Option<Finding> {
    let first = worst_of(part)?;
    let class_id = *first.classes.first()?;
    let classes: BTreeSet<ClassId> = part.iter().flat_map(|v| v.classes.clone()).collect();
    let classes: Vec<ClassId> = classes.into_iter().collect();
    let steps = steps(context, first.attained.oldest.copy);
    let boundary = is_boundary(context, first, &steps);
    let late = late::phases(context, &first.late);
    let (code, severity) = match first.missed {
        _ if !late.is_empty() => (LATE, Severity::Warning),
        Missed::Nominal if boundary => (BOUNDARY, Severity::Warning),
        Missed::Nominal => (EXCEEDED, Severity::Error),
        Missed::Guaranteed => (GUARANTEED, Severity::Error),
    };
    let mut diagnostic = Diagnostic::new(code, severity, message(context, part, first, &classes))
        .by(Engine::Evaluated.word())
        .at(first.asked, "asked for here");
    for id in &steps {
        let (text, span) = on_the_way(context, *id, first.missed);
        diagnostic = diagnostic.at(span, text);
    }
    let class = &context.plan.model.classes[class_id];
    let home = context.store_name(class.home.store);
    diagnostic = diagnostic.at(
        class.named.span,
        format!("`{}` lives on `{home}`", class.named.name),
    );
    diagnostic = point_at(&late, diagnostic);
    diagnostic = case(context, first, &class.named.name, diagnostic);
    diagnostic = diagnostic.help(advice(context, first, boundary));
    let mut faults: BTreeSet<Fault> = part
        .iter()
        .flat_map(|v| v.faults.iter().flatten().copied())
        .collect();
    if faults.len() > 1 {
        // The loss of its host is the loss of the live data as well.
        faults.remove(&Fault::LiveData);
    }
    let fault = match faults.iter().collect::<Vec<_>>().as_slice() {
        [Fault::Loss(target)] => Some(*target),
        _ => None,
    };
    let subject: Vec<&str> = classes.iter().map(|c| context.class_name(*c)).collect();
    Some(Finding {
        diagnostic: diagnostic.about(subject.join(" ")),
        obligation: Obligation::RecoveryPoint,
        classes,
        subjects: Vec::new(),
        fault,
        floor: false,
    })
}

/// Whether it is exceeded by no more than the path's own run times and jitter, and the hour of a clock
/// change: then the policy means a run, and says a day.
fn is_boundary(context: &Context<'_>, violation: &Violation, steps: &[StepId]) -> bool {
    let Some(age) = violation.attained.oldest.age else {
        return false;
    };
    let own = steps.iter().map(|id| {
        let cadence = &context.plan.cadences[*id];
        cadence.duration.high().saturating_add(cadence.jitter)
    });
    let own = own.fold(Seconds::HOUR, Seconds::saturating_add);
    age.saturating_sub(violation.limit) <= own
}

fn message(
    context: &Context<'_>,
    part: &[Violation],
    first: &Violation,
    classes: &[ClassId],
) -> String {
    let periods: BTreeSet<usize> = part.iter().map(|v| v.period).collect();
    let phases = during(periods.iter().filter_map(|p| context.plan.periods.get(*p)));
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let mut sets: BTreeSet<&FaultSet> = part.iter().flat_map(|v| &v.faults).collect();
    if sets.len() > 1 {
        // The loss of its host is the loss of the live data as well.
        sets.retain(|set| **set != [Fault::LiveData]);
    }
    let more = match sets.len().saturating_sub(1) {
        0 => String::new(),
        1 => ", or in one more case".to_owned(),
        more => format!(", or in {more} more cases"),
    };
    let when = set_words(context, &first.attained.faults);
    let late = lateness::words(&late::phases(context, &first.late));
    let phases = match first.ended {
        Some(_) => format!("{phases}, before a copy that is new in it is filled,"),
        None => phases,
    };
    let more = match late {
        Some(late) => format!("{more}, when {late}"),
        None => more,
    };
    let (asked, missed) = match first.missed {
        Missed::Nominal => ("at most", ""),
        Missed::Guaranteed => (
            "a guarantee of",
            " while runs fail until somebody has acted",
        ),
    };
    let limit = first.limit;
    match first.attained.oldest.age {
        Some(age) => format!(
            "the newest copy of {names} can be {age} old{missed}{phases} if {when}{more}; {asked} {limit} is asked for"
        ),
        None => format!(
            "nothing bounds the age of the newest copy of {names}{phases} if {when}{more}; {asked} {limit} is asked for"
        ),
    }
}

fn set_words(context: &Context<'_>, set: &FaultSet) -> String {
    let words = set.iter().map(|fault| match fault {
        Fault::LiveData => "the live data is lost".to_owned(),
        other => fault::words(context, *other),
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// What a step adds on the way, and where that is said.
fn on_the_way(context: &Context<'_>, id: StepId, missed: Missed) -> (String, Span) {
    let step = &context.plan.model.steps[id];
    let cadence = &context.plan.cadences[id];
    let name = &step.named.name;
    let Some((schedule, span)) = &step.timing.schedule else {
        let text = format!("`{name}` runs when somebody starts it");
        return (text, step.named.span);
    };
    let mut text = format!("`{name}` runs {schedule}");
    if missed == Missed::Guaranteed {
        match cadence.freshness {
            Some(freshness) => text.push_str(&format!(
                "; {} runs may fail: {freshness} to the alarm, {} to act",
                cadence.missed, context.plan.model.policy.response
            )),
            None => text.push_str("; nobody is told when it fails"),
        }
        return (text, *span);
    }
    text.push_str(&format!(", within {}", cadence.duration.high()));
    if cadence.jitter > Seconds::ZERO {
        text.push_str(&format!(", up to {} late", cadence.jitter));
    }
    (text, *span)
}

/// A run on a copy's path that matters at its worst moment.
pub(super) struct Passage {
    pub step: StepId,
    pub run: Run,
    /// The next runs, which fail.
    pub failing: Vec<Run>,
    /// Whether a later run than these was due when this one was read.
    overtaken: bool,
}

/// The runs on a copy's path that decide what is in it just before `at`, last step first; ends where a step
/// is taken without its phase.
pub(super) fn passages(
    context: &Context<'_>,
    (copy, at): (CopyId, i64),
    missed: Missed,
) -> Vec<Passage> {
    let plan = context.plan;
    let mut out = Vec::new();
    let mut copies = path(context, copy);
    let mut moment = at.saturating_sub(1);
    let mut reader: Option<StepId> = None;
    while let Some(id) = copies.pop() {
        let newest = plan.staleness().of(id, missed);
        let (Some(step), Known::Runs { runs, missed }) = (plan.copies[id].made_by, &newest.known)
        else {
            break;
        };
        let waits = reader.is_some_and(|reader| {
            let (reader, writer) = (&plan.model.steps[reader], &plan.model.steps[step]);
            after_is_enforced(reader, step, writer)
        });
        let due = runs.partition_point(|run| run.start() <= moment);
        let (run, fail) = match waits {
            true => (due.checked_sub(1).and_then(|at| runs.get(at)), 0),
            false => (newest.run_at(moment), *missed),
        };
        let Some(run) = run else { break };
        let next = runs.partition_point(|other| other.start() <= run.start());
        out.push(Passage {
            step,
            run,
            failing: (next..next.saturating_add(fail))
                .map_while(|at| runs.get(at))
                .collect(),
            overtaken: reader.is_some() && due > next.saturating_add(fail),
        });
        (moment, reader) = (run.start(), Some(step));
    }
    out
}

fn case(
    context: &Context<'_>,
    violation: &Violation,
    class: &str,
    diagnostic: Diagnostic,
) -> Diagnostic {
    let oldest = &violation.attained.oldest;
    let when = set_words(context, &violation.attained.faults);
    let store = context.store_name(context.plan.copies[oldest.copy].location.store);
    let Some(age) = oldest.age else {
        let (why, _) = unbounded(context, oldest.copy);
        return diagnostic.event("at any time", why).event(
            "at any time",
            format!("{when}: what `{store}` has of `{class}` may be of any age"),
        );
    };
    let passages = passages(
        context,
        (oldest.copy, violation.read_at()),
        violation.missed,
    );
    let mut events: Vec<(i64, String)> = Vec::new();
    let name = |passage: &Passage| &context.plan.model.steps[passage.step].named.name;
    let mut before: Option<&Passage> = None;
    for passage in passages.iter().rev() {
        let reader = name(passage);
        // A script that comes `after` another is due at its time and waits until that one is done.
        let waits = before.filter(|writer| writer.run.done() > passage.run.start());
        let starts = match waits {
            Some(writer) => format!("`{reader}` is due, waits for `{}`", name(writer)),
            None => format!("`{reader}` starts"),
        };
        let starts = match passage.run.data() == passage.run.start() {
            true => starts,
            false => {
                let data = instant(passage.run.data());
                format!("{starts}, and takes the data of {data}")
            }
        };
        events.push((passage.run.start(), starts));
        events.push((passage.run.done(), format!("`{reader}` is done")));
        if let (Some(failed), count) = (passage.failing.first(), passage.failing.len()) {
            let what = match count {
                1 => format!("`{reader}` fails"),
                _ => {
                    format!(
                        "`{reader}` fails, and so do all of its {count} runs until somebody acts"
                    )
                }
            };
            events.push((failed.start(), what));
        }
        before = Some(passage);
    }
    for (phase, days) in late::phases(context, &violation.late) {
        let comes = violation.late.get(&phase.start).copied();
        let comes = comes.map(midnight).filter(|at| *at < oldest.at);
        events.extend(comes.map(|at| (at, lateness::begins(&phase.named.name, days))));
    }
    events.push((
        oldest.at,
        format!("just before there is a newer one, {when}: `{class}` on `{store}` is {age} old"),
    ));
    in_time(diagnostic, events, instant)
}

fn advice(context: &Context<'_>, violation: &Violation, boundary: bool) -> String {
    let oldest = &violation.attained.oldest;
    if !violation.late.is_empty() {
        return "run more often what must do until then, or promise a smaller `slip` for the phase"
            .to_owned();
    }
    let Some(age) = oldest.age else {
        let (_, step) = unbounded(context, oldest.copy);
        let help = match step.map(|id| &context.plan.model.steps[id]) {
            Some(step) if step.timing.schedule.is_none() => {
                "give it a schedule, or keep another copy that has one"
            }
            Some(step) if step.monitor.is_none() && violation.missed == Missed::Guaranteed => {
                "let a monitor watch it: `monitor NAME`"
            }
            Some(_) if emptied_by(context, oldest.copy).is_some() => {
                "read it before that, or what has been brought elsewhere, or let it lie there longer"
            }
            None if context.plan.empties(oldest.copy).next().is_some() => {
                "let it lie there until the next version has come, or keep another copy"
            }
            _ => "publish with one rename (`atomic`), or read when the writer is surely done",
        };
        return help.to_owned();
    };
    if boundary && violation.missed == Missed::Nominal {
        // One hour of room for what nobody has thought of, in whole hours.
        let hours = age.0.saturating_add(2 * 3600 - 1).div_euclid(3600);
        return format!("say `rpo {hours}h`: the run itself takes time");
    }
    if violation.ended.is_some() {
        return "let the old step end later, or the new one begin sooner, so that both run when the phase begins"
            .to_owned();
    }
    let passages = passages(context, (oldest.copy, oldest.at), violation.missed);
    let early = passages.windows(2).find_map(|pair| match pair {
        [reader, writer] if writer.overtaken => Some((reader.step, writer.step)),
        _ => None,
    });
    let name = |id: StepId| &context.plan.model.steps[id].named.name;
    match (violation.missed, early) {
        (Missed::Nominal, Some((reader, writer))) => format!(
            "`{}` starts before `{}` is surely done, and takes what was there before: start it later",
            name(reader),
            name(writer)
        ),
        (Missed::Nominal, None) => {
            "run the slowest of these steps more often, or keep another copy that is newer"
                .to_owned()
        }
        (Missed::Guaranteed, _) => format!(
            "act sooner (`response time`), run more often, let a step refuse to run without the one `after` which it comes, or say `guaranteed {} days`",
            age.0.saturating_add(86_399).div_euclid(86_400)
        ),
    }
}
