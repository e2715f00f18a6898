//! Readers start after writers have published.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{HostId, StepId, Verb};
use thrice_plan::calendar::after_is_enforced;
use thrice_quantity::Seconds;

use super::super::story::in_time;
use super::played::{Case, Due, How, Told, Two, Who, late};
use super::{
    Meetings, Rhythm, always, at_work, finding, if_late, meetings_however_late, names, pointing,
    rank,
};
use crate::context::Context;
use crate::wording::{instant, some};

const READS_THE_OLD: Code = Code("T2104");
const TEARS: Code = Code("T2105");
const REFUSES: Code = Code("T2106");

/// What becomes of a reader that comes too early.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Early {
    /// It takes what was published the time before.
    Old,
    /// It takes half of what is being written.
    Torn,
    /// It does not run: it comes `after` the writer.
    Refuses,
    /// It comes `after` the writer, and still reads when that writes over it.
    Overtaken,
}

/// A reader that may start too early.
struct Pair {
    reader: StepId,
    writer: StepId,
    meetings: Meetings,
}

/// Findings have one cause if the same happens between the same hosts, on time or if the same phase is late, and if the same
/// acceptance covers them.
type Cause = (Option<i64>, Early, Option<HostId>, Option<HostId>, usize);

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Told>) {
    let plan = context.plan;
    let mut known: BTreeMap<(Rhythm, Rhythm, Early), Option<Meetings>> = BTreeMap::new();
    let mut groups: BTreeMap<Cause, Vec<Pair>> = BTreeMap::new();
    for (reader, writer) in pairs(context) {
        let (Some(a), Some(b)) = (Rhythm::of(context, reader), Rhythm::of(context, writer)) else {
            continue;
        };
        for early in early(context, reader, writer) {
            let met = *known.entry((a, b, early)).or_insert_with(|| {
                let (starts, others) = (
                    plan.calendars.starts(reader)?,
                    plan.calendars.starts(writer)?,
                );
                let (a, b) = ((&a, starts), (&early.writes(b), others));
                let met = meetings_however_late(a, b, early.window(a.0));
                (met.hits > 0).then_some(met)
            });
            let Some(meetings) = met else {
                continue;
            };
            let steps = &plan.model.steps;
            let host = |id: StepId| steps[id].runner.host;
            let rank = rank(context, [&steps[reader].named, &steps[writer].named]);
            let cause = (meetings.overtime, early, host(writer), host(reader), rank);
            groups.entry(cause).or_default().push(Pair {
                reader,
                writer,
                meetings,
            });
        }
    }
    for ((_, early, ..), pairs) in &groups {
        out.extend(tell(context, *early, pairs));
    }
}

/// Who reads what whom makes: readers with their writers.
pub(super) fn pairs(context: &Context<'_>) -> BTreeSet<(StepId, StepId)> {
    let (model, copies) = (&context.plan.model, &context.plan.copies);
    copies
        .iter()
        .filter_map(|(_, copy)| Some((copy.made_by?, copies[copy.source?].made_by?)))
        // The end of a backup begins its mirrors.
        .filter(|(reader, writer)| model.followed(&model.steps[*reader]) != Some(*writer))
        .collect()
}

/// Whether there is an error if one step has another rhythm.
pub(super) fn fails_with(
    context: &Context<'_>,
    pairs: &BTreeSet<(StepId, StepId)>,
    id: StepId,
    rhythm: Rhythm,
) -> bool {
    let of = |step: StepId| match step == id {
        true => Some(rhythm),
        false => Rhythm::of(context, step),
    };
    let mine = pairs
        .iter()
        .filter(|(reader, writer)| *reader == id || *writer == id);
    mine.copied().any(|(reader, writer)| {
        let calendars = &context.plan.calendars;
        let starts = (calendars.starts(reader), calendars.starts(writer));
        let (Some(a), Some(b), (Some(starts), Some(others))) = (of(reader), of(writer), starts)
        else {
            return false;
        };
        early(context, reader, writer).any(|early| {
            let b = early.writes(b);
            early != Early::Old && always((&a, starts), (&b, others), early.window(&a))
        })
    })
}

impl Early {
    /// For how long from its planned start the writer must not be at work.
    fn window(self, reader: &Rhythm) -> Seconds {
        match self {
            Self::Torn | Self::Overtaken => reader.length,
            // The moment of its start, which may be late.
            Self::Old | Self::Refuses => reader.late.saturating_add(Seconds(1)),
        }
    }
}

impl Early {
    /// The writer's runs as far as they matter: of those that are at work when the reader looks, it is not overtaken.
    const fn writes(self, writer: Rhythm) -> Rhythm {
        match self {
            Self::Overtaken => Rhythm {
                late: Seconds::ZERO,
                length: Seconds::ZERO,
                ..writer
            },
            _ => writer,
        }
    }
}

/// What becomes of a reader that overlaps a writer.
fn early(context: &Context<'_>, reader: StepId, writer: StepId) -> impl Iterator<Item = Early> {
    let steps = &context.plan.model.steps;
    let in_place = matches!(
        &steps[writer].verb,
        Verb::Capture(parts) if !parts.atomic
    );
    let (first, second) = match (
        after_is_enforced(&steps[reader], writer, &steps[writer]),
        in_place,
    ) {
        (true, true) => (Early::Refuses, Some(Early::Overtaken)),
        (true, false) => (Early::Refuses, None),
        (false, true) => (Early::Torn, None),
        (false, false) => (Early::Old, None),
    };
    std::iter::once(first).chain(second)
}

fn tell(context: &Context<'_>, early: Early, pairs: &[Pair]) -> Option<Told> {
    let plan = context.plan;
    let always = pairs.iter().find(|pair| pair.meetings.always());
    let soonest = || {
        pairs
            .iter()
            .min_by_key(|p| p.meetings.overtime.and(p.meetings.first))
    };
    let told = always.or_else(soonest)?;
    let list = |pick: fn(&Pair) -> StepId| names(context, pairs.iter().map(pick));
    let (readers, writers) = (list(|pair| pair.reader), list(|pair| pair.writer));
    let (who, what) = (
        some(readers.iter().map(String::as_str)),
        some(writers.iter().map(String::as_str)),
    );
    let (start, work) = match readers.len() {
        1 => ("starts", "takes"),
        _ => ("start", "take"),
    };
    let message = match early {
        Early::Old => format!(
            "{who} {start} while {what} may still be at work, and {work} what was there before"
        ),
        Early::Torn => {
            format!("{who} {work} what {what} may still be writing: half of it is of no use")
        }
        Early::Refuses => {
            format!("{who} {start} while {what} may still be at work, and so may refuse to run")
        }
        Early::Overtaken => {
            format!("{who} may still be reading when {what} writes anew: half of it is of no use")
        }
    };
    let severity = match (early, always) {
        (Early::Old, _) | (_, None) => Severity::Warning,
        (_, Some(_)) => Severity::Error,
    };
    let code = match early {
        Early::Old => READS_THE_OLD,
        Early::Torn | Early::Overtaken => TEARS,
        Early::Refuses => REFUSES,
    };
    let ids = pairs.iter().flat_map(|pair| [pair.writer, pair.reader]);
    let ids: Vec<StepId> = [told.writer, told.reader].into_iter().chain(ids).collect();
    let mut diagnostic = pointing(context, Diagnostic::new(code, severity, message), &ids);
    let (reader, writer) = (
        &plan.model.steps[told.reader],
        &plan.model.steps[told.writer],
    );
    let ordered = reader
        .timing
        .after
        .iter()
        .find(|(id, _)| *id == told.writer);
    if let (Some((_, span)), Early::Old | Early::Torn) = (ordered, early) {
        diagnostic = diagnostic.at(
            *span,
            "nothing keeps this order: they have no script on one host",
        );
    }
    let (read, written) = told.meetings.first?;
    let length = Rhythm::of(context, told.writer)?.length;
    let met = &told.meetings;
    let which = match (met.overtime, met.always()) {
        (Some(_), _) => String::new(),
        (None, true) => ", as in each of its runs".to_owned(),
        (None, false) => format!(", as in {} of its {} runs", met.hits, met.runs),
    };
    let reads = Rhythm::of(context, told.reader)?;
    let starts = match early {
        Early::Overtaken => format!("`{}` starts", reader.named.name),
        _ if read >= written => format!("`{}` starts", reader.named.name),
        Early::Torn => at_work(reader, read, reads.length),
        // Due before the writer is, it meets it by starting late.
        Early::Old | Early::Refuses => {
            let late = instant(read.saturating_add(reads.late.0));
            format!(
                "`{}` is due, and may start as late as {late}",
                reader.named.name
            )
        }
    };
    let events = vec![
        (written, at_work(writer, written, length)),
        (read, format!("{starts}{which}")),
    ];
    diagnostic = in_time(diagnostic, events, instant);
    let mut subjects = readers;
    subjects.extend(writers);
    let diagnostic = if_late(context, met, diagnostic.help(advice(early)));
    let due = |id: StepId, at: i64| Due {
        who: Who::Step(id),
        at,
    };
    let how = match early {
        Early::Old | Early::Refuses => How::Finds,
        Early::Torn => How::Meet,
        Early::Overtaken => How::Overtaken,
    };
    Some(Told {
        finding: finding(diagnostic, subjects),
        case: Case::Two(Two {
            first: due(told.reader, read),
            second: due(told.writer, written),
            how,
            late: late(context, met),
        }),
    })
}

const fn advice(early: Early) -> &'static str {
    match early {
        Early::Old => {
            "start it when the writer is surely done, or say how long that takes: `taking`"
        }
        Early::Torn => {
            "publish with one rename (`atomic`), say how long it takes (`taking`), and start the reader after that"
        }
        Early::Overtaken => {
            "publish with one rename (`atomic`), or let it be done before the writer is due again"
        }
        Early::Refuses => {
            "start it when the writer is surely done: it looks once, and does not wait"
        }
    }
}
