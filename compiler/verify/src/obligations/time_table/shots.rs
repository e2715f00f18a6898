//! Snapshots that stores take of themselves hold whole copies only.
//!
//! Such a snapshot is what lies there at one moment. A mirror copies the files of a repository in no order that restic
//! could read in between: while it is at work there is an index without its packs, or after a prune the other way about.
//! A capture that writes in place leaves half a set until it is done.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{RepositoryId, StepId, StoreId, Verb};
use thrice_plan::calendar::Starts;
use thrice_plan::snapshot_zone;
use thrice_quantity::Seconds;

use super::super::story::in_time;
use super::played::{Case, Due, How, Told, Two, Who, late};
use super::users::deletes;
use super::{
    Meetings, Rhythm, always, at_work, ends, finding, if_late, meetings_however_late, names,
    pointing, rank, stays,
};
use crate::context::Context;
use crate::wording::{instant, some};

const TEARS: Code = Code("T2105");
/// A snapshot is taken at once.
const MOMENT: Seconds = Seconds(1);

/// Who leaves halves in a store while he is at work, and when that takes its snapshots.
pub(super) struct Shots(BTreeMap<StoreId, (Rhythm, Starts, BTreeSet<StepId>)>);

/// A step whose work snapshots may be taken of.
struct Half {
    step: StepId,
    met: Meetings,
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Told>) {
    let model = &context.plan.model;
    for (store, (taken, shots, steps)) in &Shots::new(context).0 {
        let mut groups: BTreeMap<(Option<i64>, bool, usize), Vec<Half>> = BTreeMap::new();
        for step in steps {
            let rhythm = Rhythm::of(context, *step);
            let Some((rhythm, starts)) = rhythm.zip(context.plan.calendars.starts(*step)) else {
                continue;
            };
            let met = meetings_however_late((taken, shots), (&rhythm, starts), MOMENT);
            if met.hits > 0 {
                let named = [&model.stores[*store].named, &model.steps[*step].named];
                let cause = (met.overtime, met.always(), rank(context, named));
                let same = groups.entry(cause).or_default();
                same.push(Half { step: *step, met });
            }
        }
        out.extend(groups.values().filter_map(|all| tell(context, *store, all)));
    }
}

impl Shots {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let plan = context.plan;
        let mut steps: BTreeMap<StoreId, BTreeSet<StepId>> = BTreeMap::new();
        for (id, copy) in plan.copies.iter() {
            let store = copy.location.store;
            let Some(step) = copy.made_by.filter(|_| plan.snapshots[store].is_some()) else {
                continue;
            };
            let is_half = match &plan.model.steps[step].verb {
                Verb::Capture(parts) => !parts.atomic,
                Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => {
                    let mut way = plan.way(id);
                    let from = way.find_map(|id| plan.copies[id].repository);
                    from.is_some_and(|from| is_thinned(context, from, step))
                }
                _ => false,
            };
            if is_half {
                steps.entry(store).or_default().insert(step);
            }
        }
        let all = steps.into_iter().filter_map(|(store, steps)| {
            let (rhythm, starts) = taken(context, store)?;
            Some((store, (rhythm, starts, steps)))
        });
        Self(all.collect())
    }

    /// Whether there is an error if one step has another rhythm.
    pub(super) fn fails_with(&self, context: &Context<'_>, id: StepId, rhythm: Rhythm) -> bool {
        let Some(starts) = context.plan.calendars.starts(id) else {
            return false;
        };
        let mut with = self.0.values().filter(|(_, _, steps)| steps.contains(&id));
        with.any(|(taken, shots, _)| always((taken, shots), (&rhythm, starts), MOMENT))
    }
}

/// Whether anything is deleted in a repository while a step mirrors it: of what only comes to it, older versions are
/// whole in each half.
fn is_thinned(context: &Context<'_>, id: RepositoryId, mirror: StepId) -> bool {
    let model = &context.plan.model;
    let place = model.repositories[id].place();
    let there = model.steps[mirror].lifetime;
    let mut steps = model.steps.iter().map(|(_, step)| step);
    steps.any(|step| step.lifetime.meets(there) && deletes(step, id, &place))
}

/// When a store takes snapshots of itself.
fn taken(context: &Context<'_>, id: StoreId) -> Option<(Rhythm, Starts)> {
    let plan = context.plan;
    let store = &plan.model.stores[id];
    let (schedule, ..) = store.snapshots.as_ref()?;
    let zone = snapshot_zone(&plan.model, store, schedule);
    let (from, until, latest) = stays(plan, store.lifetime);
    let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    let starts = schedule.occurrences(&zone, at(from), at(latest));
    let rhythm = Rhythm {
        calendar: usize::MAX,
        apart: None,
        late: Seconds::ZERO,
        length: Seconds::ZERO,
        from,
        until,
        latest,
        ends: ends(plan, store.lifetime),
    };
    Some((rhythm, starts.map(Timestamp::as_second).collect()))
}

fn tell(context: &Context<'_>, store: StoreId, all: &[Half]) -> Option<Told> {
    let plan = context.plan;
    let told = all.iter().min_by_key(|half| half.met.first)?;
    let (met, step) = (&told.met, &plan.model.steps[told.step]);
    let (shot, due) = met.first?;
    let of = &plan.model.stores[store].named;
    let who = names(context, all.iter().map(|half| half.step));
    let (are, work) = match who.len() {
        1 => ("is", "it is"),
        _ => ("are", "they are"),
    };
    let message = format!(
        "`{}` may take snapshots of itself while {} {are} at work there: they hold half of what {work} writing, which is of no use",
        of.name,
        some(who.iter().map(String::as_str)),
    );
    let severity = match met.always() {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let ids: Vec<StepId> = all.iter().map(|half| half.step).collect();
    let diagnostic = pointing(context, Diagnostic::new(TEARS, severity, message), &ids);
    let (_, _, span) = plan.model.stores[store].snapshots.as_ref()?;
    let diagnostic = diagnostic.at(*span, "taken whatever is at work there");
    let which = match (met.overtime, met.always()) {
        (Some(_), _) => String::new(),
        (None, true) => ", as is each one".to_owned(),
        (None, false) => format!(", as are {} of {}", met.hits, met.runs),
    };
    let length = Rhythm::of(context, told.step)?.length;
    let events = vec![
        (due, at_work(step, due, length)),
        (
            shot,
            format!("the snapshot of `{}` is taken{which}", of.name),
        ),
    ];
    let diagnostic = in_time(diagnostic, events, instant).help(
        "let it take snapshots when the step is surely done (`snapshots daily at …`), or say how long that takes: `taking`",
    );
    let mut subjects = vec![of.name.to_string()];
    subjects.extend(who);
    Some(Told {
        finding: finding(if_late(context, met, diagnostic), subjects),
        case: Case::Two(Two {
            first: Due {
                who: Who::Snapshot(store),
                at: shot,
            },
            second: Due {
                who: Who::Step(told.step),
                at: due,
            },
            how: How::Finds,
            late: late(context, met),
        }),
    })
}
