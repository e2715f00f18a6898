//! Obligation 10: for all sizes, growths and churns, at every moment up to the horizon, each store
//! holds what is put there, with the asked headroom.
//!
//! Use grows with every size, growth and churn, so the upper ends of all intervals are the worst
//! case: evaluation at that corner is exact. What is not stated is not checked, never called fine. The
//! value at which the verdict turns is found by halving, which the same growth allows. No choice couples
//! one store's use with another's, so neither a linear relaxation nor the solver has anything to decide.

mod apart;
pub(super) mod bound;
mod days;
mod lying;
mod opening;
mod piled;
mod played;
mod scratch;
mod turning;
mod unwatched;

pub(super) use bound::size_on;
use lying::Lying;
use opening::Opening;
use played::TooFull;

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{Class, ClassId, HostKind, Obligation, StepId, StoreId};
use thrice_plan::{Copy, CopyId, Period, Room, room};
use thrice_quantity::{Bytes, Ratio};

use super::lateness::{held_up, last_day, phase_on};
use super::playing::{self, may_be_told};
use crate::context::Context;
use crate::verdicts::{NOT_BORNE_OUT, Said};
use crate::verification::{Engine, Finding, Verification};
use crate::wording::some;
use bound::Bounds;
use turning::turning;

const FULL: Code = Code("T2001");
const NOT_CHECKED: Code = Code("T2002");
pub(super) const SLIPS: Code = Code("T2003");

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let stores: Vec<StoreId> = context.plan.model.stores.ids().collect();
    let mut unstated: BTreeSet<ClassId> = BTreeSet::new();
    let mut open: BTreeSet<CopyId> = BTreeSet::new();
    let drills = scratch::drills(context);
    let openings = Opening::all(context);
    for store in stores {
        let mut told = false;
        let mut no_room = false;
        let mut careless = false;
        let lying = Lying::on(context, store);
        let periods = context.plan.periods.iter().zip(&openings).enumerate();
        for (index, (period, opening)) in periods {
            let bounds = Bounds::new(context, period.from);
            let Some(Use {
                limit,
                copies,
                unknown,
                open: kept,
                last,
                most: use_last,
            }) = in_use(context, &bounds, (store, &lying), period)
            else {
                continue;
            };
            unstated.extend(&unknown);
            open.extend(&kept);
            let is_known = unknown.is_empty() && kept.is_empty();
            let late = last_day(period, period.slip_days);
            let opens = opening
                .as_ref()
                .map(|opening| (opening, opening.total(&copies)));
            let opens = opens.filter(|(_, most)| *most > use_last);
            let use_last = opens.map_or(use_last, |(_, most)| most);
            let holds = use_last <= limit.usable;
            let slips = holds && late > last && bounds.total(&copies, late) > limit.usable;
            let mut borne_out = true;
            if (!holds || slips) && !told {
                let ends = if slips {
                    period
                        .until
                        .checked_add(period.slip_days.days())
                        .unwrap_or(period.until)
                } else {
                    period.until
                };
                let whole = Period {
                    until: ends,
                    ..period.clone()
                };
                let case = TooFull {
                    store,
                    period: &whole,
                    copies: &copies,
                    limit: &limit,
                    day: first_full(&bounds, &whole, &copies, limit.usable),
                    opens: false,
                };
                let opens = opens.filter(|_| !holds);
                told = match opens.filter(|_| bounds.total(&copies, last) <= limit.usable) {
                    Some((opening, _)) => tell_opening(context, &bounds, case, opening, out),
                    None => tell(context, &bounds, case, slips.then_some(index), out),
                };
                borne_out = told;
            }
            if holds && is_known && !careless {
                let place = (store, copies.as_slice());
                let told = unwatched::check(context, &bounds, place, (last, limit.usable));
                careless = told.is_some();
                out.findings.extend(told);
            }
            let left = limit.usable.saturating_sub(use_last);
            let drilled = holds
                .then(|| scratch::most(context, &drills, (store, period), last))
                .flatten();
            let drilled = drilled.filter(|(_, bytes)| *bytes > left);
            if let Some((drill, bytes)) = drilled.filter(|_| !no_room) {
                out.findings.push(scratch::tell(
                    context,
                    (store, period),
                    drill,
                    (bytes, left),
                ));
                no_room = true;
            }
            if is_known || !holds || drilled.is_some() {
                let said = Said {
                    obligation: Obligation::Capacity,
                    engine: match borne_out {
                        true => Engine::Evaluated,
                        false => Engine::Unknown,
                    },
                    holds: holds && drilled.is_none(),
                    note: match borne_out {
                        true => format!(
                            "at most {} of {}",
                            use_last.rounded(),
                            limit.usable.rounded()
                        )
                        .into(),
                        false => NOT_BORNE_OUT.into(),
                    },
                };
                out.verdicts
                    .push([context.subjects().store(store)], index, said);
            }
        }
    }
    if !unstated.is_empty() {
        out.findings.push(not_checked(context, &unstated));
    }
    if !open.is_empty() {
        out.findings.push(without_churn(context, &open));
    }
    out.findings.extend(without_room(context, &drills));
}

/// Stores of which nobody says how much room they have, though data of stated size lies there. Object storage has as
/// much as is paid for, unless a quota is stated.
fn without_room(context: &Context<'_>, drills: &[StepId]) -> Vec<Finding> {
    let plan = context.plan;
    let of_stated_size = plan.copies.iter().map(|(_, copy)| copy);
    let of_stated_size = of_stated_size.filter(|c| plan.model.classes[c.class].size.is_some());
    let used: BTreeSet<StoreId> = of_stated_size.map(|c| c.location.store).collect();
    let is_open = |store: &StoreId| {
        let host = plan.host_of(*store);
        plan.model.hosts[host].kind != HostKind::ObjectStorage
            && thrice_plan::room(&plan.model, *store, |_| true).is_none()
    };
    let stores: BTreeSet<StoreId> = used.into_iter().filter(is_open).collect();
    let drills = scratch::without_room(context, drills, &stores);
    let named = stores.iter().map(|store| {
        let store = &plan.model.stores[*store].named;
        (store.name.as_str(), store.span)
    });
    let of_stores = no_room_said(
        &named.collect::<Vec<_>>(),
        ("on", "no `capacity`"),
        "write `capacity 80 GB`, or the disks that it is made of",
    );
    let named = drills
        .iter()
        .map(|step| (step.named.name.as_str(), step.named.span));
    let of_drills = no_room_said(
        &named.collect::<Vec<_>>(),
        (
            "for what is restored by",
            "no store with a `capacity` lies around what it restores",
        ),
        "give the host that drills a store, with its `capacity`",
    );
    of_stores.into_iter().chain(of_drills).collect()
}

/// That nothing says how much room there is on some stores, or for what some steps do.
fn no_room_said(
    named: &[(&str, Span)],
    (place, label): (&str, &str),
    help: &str,
) -> Option<Finding> {
    if named.is_empty() {
        return None;
    }
    let names = || named.iter().map(|(name, _)| *name);
    let mut diagnostic = Diagnostic::new(
        NOT_CHECKED,
        Severity::Note,
        format!(
            "room {place} {} is not checked: nothing says how much there is",
            some(names())
        ),
    )
    .by(Engine::Evaluated.word())
    .help(help);
    for (_, span) in named.iter().take(4) {
        diagnostic = diagnostic.at(*span, label);
    }
    Some(finding(diagnostic, names().map(str::to_owned).collect()))
}

/// The most that a check reads of versions on a day of the period that begins on another.
pub(super) fn most_read(
    context: &Context<'_>,
    copies: &[CopyId],
    in_force: Date,
    day: Date,
) -> Bytes {
    let bounds = Bounds::new(context, in_force).to_be_read();
    bounds.total(copies, day)
}

/// What a store holds at most in a period, and what it may.
struct Use {
    limit: Room,
    copies: Vec<CopyId>,
    /// The classes among them of which no size is stated.
    unknown: Vec<ClassId>,
    /// Copies that keep what is deleted, of which nobody says how much that is.
    open: Vec<CopyId>,
    /// The period's last day, on which it is fullest.
    last: Date,
    /// What they take together on it.
    most: Bytes,
}

/// `None` for a store that has no limit, or is not there in a period.
fn in_use(
    context: &Context<'_>,
    bounds: &Bounds<'_, '_>,
    (store, lying): (StoreId, &Lying),
    period: &Period,
) -> Option<Use> {
    let limit = limit(context, store, period)?;
    let data = &context.plan.model.stores[store];
    if !data.lifetime.contains(period.from) {
        return None;
    }
    let copies = lying.in_period(bounds, period);
    let classes = copies.iter().map(|id| context.plan.copies[*id].class);
    let unstated = |class: &ClassId| context.plan.model.classes[*class].size.is_none();
    let last = last_day(period, 0);
    let keeps = |id: &&CopyId| piled::keeps_unknown(context, **id);
    Some(Use {
        open: copies.iter().filter(keeps).copied().collect(),
        unknown: classes.filter(unstated).collect(),
        most: bounds.total(&copies, last),
        limit,
        copies,
        last,
    })
}

/// A store that holds all that is put there in a period, and how much room is left.
pub(crate) struct Holding {
    pub store: StoreId,
    copies: Vec<CopyId>,
    /// The period's first and last day.
    days: (Date, Date),
    left: Bytes,
}

/// The verdicts of this obligation that hold.
pub(crate) fn holding(context: &Context<'_>) -> Vec<Holding> {
    let mut out = Vec::new();
    let openings = Opening::all(context);
    for store in context.plan.model.stores.ids() {
        let lying = Lying::on(context, store);
        for (period, opening) in context.plan.periods.iter().zip(&openings) {
            let bounds = Bounds::new(context, period.from);
            let Some(found) = in_use(context, &bounds, (store, &lying), period) else {
                continue;
            };
            let opens = opening.as_ref().map(|opening| opening.total(&found.copies));
            let most = found.most.max(opens.unwrap_or(Bytes::ZERO));
            let left = found.limit.usable.0.checked_sub(most.0);
            let is_known = found.unknown.is_empty() && found.open.is_empty();
            if let Some(left) = left.filter(|_| is_known) {
                out.push(Holding {
                    store,
                    copies: found.copies,
                    days: (period.from, found.last),
                    left: Bytes(left),
                });
            }
        }
    }
    out
}

impl Holding {
    /// The same, for one class: `None` if nothing of it lies there.
    pub(crate) fn of<'h>(&'h self, context: &Context<'_>, id: ClassId) -> Option<OfClass<'h>> {
        let mine = |copy: &&CopyId| context.plan.copies[**copy].class == id;
        let copies: Vec<CopyId> = self.copies.iter().filter(mine).copied().collect();
        if copies.is_empty() {
            return None;
        }
        let (first, last) = self.days;
        let today = Bounds::new(context, first).total(&copies, last);
        Some(OfClass {
            holding: self,
            id,
            room: self.left.saturating_add(today),
            copies,
        })
    }
}

/// The part of a class in what a store holds, and the room that it may take.
pub(crate) struct OfClass<'h> {
    pub holding: &'h Holding,
    id: ClassId,
    copies: Vec<CopyId>,
    room: Bytes,
}

impl OfClass<'_> {
    /// Whether the store is too full if the class is otherwise.
    pub(crate) fn fails_with(&self, context: &Context<'_>, class: &Class) -> bool {
        let (first, last) = self.holding.days;
        let bounds = Bounds::new(context, first).with(self.id, class);
        bounds.total(&self.copies, last) > self.room
    }
}

/// Tells of a store that is too full, or is if the phase after this one slips, once that has been played;
/// whether it may be told.
fn tell(
    context: &Context<'_>,
    bounds: &Bounds<'_, '_>,
    case: TooFull<'_>,
    slipping: Option<usize>,
    out: &mut Verification,
) -> bool {
    let store = &context.plan.model.stores[case.store].named;
    let of = Obligation::Capacity;
    let confirm = || match slipping.and_then(|index| context.plan.periods.get(index)) {
        None => played::confirm(context, context.plan, bounds, case),
        Some(period) => {
            let days = held_up(context, period.until, case.period.until);
            let plan = playing::late(context.plan, &days);
            played::confirm(context, &plan, bounds, case)
        }
    };
    if !may_be_told(context, out, of, (Some(store), "about this store"), confirm) {
        return false;
    }
    out.findings.push(match slipping {
        None => full(context, bounds, case),
        Some(index) => slips(context, bounds, case, index),
    });
    true
}

/// The same of a store that is too full only until what begins with the period has deleted.
fn tell_opening(
    context: &Context<'_>,
    bounds: &Bounds<'_, '_>,
    case: TooFull<'_>,
    opening: &Opening<'_, '_>,
    out: &mut Verification,
) -> bool {
    let store = &context.plan.model.stores[case.store].named;
    let of = Obligation::Capacity;
    let case = TooFull {
        day: case.period.from,
        opens: true,
        ..case
    };
    let confirm = || played::confirm(context, context.plan, bounds, case);
    let may = may_be_told(context, out, of, (Some(store), "about this store"), confirm);
    out.findings.extend(may.then(|| opening.too_full(case)));
    may
}

/// A store's limit in a period: its capacity or quota, less the headroom asked for.
fn limit(context: &Context<'_>, store: StoreId, period: &Period) -> Option<Room> {
    room(&context.plan.model, store, |lifetime| {
        Context::in_force(lifetime, period)
    })
}

/// The most that some copies take together on a period's last day.
///
/// # Errors
/// The classes among theirs that state no size; none of them if there are no copies.
pub(super) fn most(
    context: &Context<'_>,
    period: &Period,
    wanted: &dyn Fn(&Copy) -> bool,
) -> Result<Bytes, BTreeSet<ClassId>> {
    let classes = context.plan.model.classes.ids();
    let copies = classes.flat_map(|class| context.copies_of(class));
    let bounds = Bounds::new(context, period.from);
    let found = Lying::among(context, copies, wanted).in_period(&bounds, period);
    let classes = found.iter().map(|id| context.plan.copies[*id].class);
    let unstated = |class: &ClassId| context.plan.model.classes[*class].size.is_none();
    let unknown: BTreeSet<ClassId> = classes.filter(unstated).collect();
    if found.is_empty() || !unknown.is_empty() {
        return Err(unknown);
    }
    let last = last_day(period, 0);
    let opens = Opening::of(context, period).map(|opening| opening.total(&found));
    let most = bounds.total(&found, last);
    Ok(most.max(opens.unwrap_or(Bytes::ZERO)))
}

/// The first day of a period on which a store can be too full, by halving: use never shrinks in it.
fn first_full(bounds: &Bounds<'_, '_>, period: &Period, copies: &[CopyId], limit: Bytes) -> Date {
    let days = period
        .from
        .until(period.until)
        .map_or(1, |s| s.get_days())
        .max(1);
    let (mut low, mut high) = (0, days);
    while low < high {
        let middle = (low + high) / 2;
        let day = period
            .from
            .checked_add(middle.days())
            .unwrap_or(period.until);
        if bounds.total(copies, day) > limit {
            high = middle
        } else {
            low = middle + 1
        }
    }
    period.from.checked_add(low.days()).unwrap_or(period.until)
}

fn full(context: &Context<'_>, bounds: &Bounds<'_, '_>, case: TooFull<'_>) -> Finding {
    let TooFull {
        store,
        period,
        copies,
        limit,
        day,
        ..
    } = case;
    let name = context.store_name(store);
    let last = last_day(period, 0);
    let use_last = bounds.total(copies, last);
    let allowed = if limit.headroom == Ratio(0) {
        limit.whole.rounded().to_string()
    } else {
        format!(
            "{} ({} less {})",
            limit.usable.rounded(),
            limit.whole.rounded(),
            limit.headroom
        )
    };
    let mut diagnostic = Diagnostic::error(
        FULL,
        format!("`{name}` can be too full from {day} on: it may hold {allowed}, and {} come together by {last}", use_last.rounded()),
    )
    .by(Engine::Evaluated.word())
    .about(name);
    for (span, text) in &limit.spans {
        diagnostic = diagnostic.at(*span, text.clone());
    }
    let parts = bounds.parts(copies, day);
    for (bytes, text, _) in parts.iter().take(6) {
        diagnostic = diagnostic.event(day.to_string(), format!("{}: {text}", bytes.rounded()));
    }
    // What fits must do so up to the last day, on which it is fullest.
    let parts = bounds.parts(copies, last);
    if let Some((largest, _, id)) = parts.first() {
        let class = &context.plan.model.classes[*id];
        let name = &class.named.name;
        if let Some((_, span)) = class.size {
            diagnostic = diagnostic.at(span, format!("`{name}` takes the most"));
        }
        let others = Bytes(use_last.0.saturating_sub(largest.0));
        let room = limit.usable.saturating_sub(others);
        let fits = match room > Bytes::ZERO {
            true => format!(
                "it fits while `{name}` takes no more than {} there",
                room.rounded()
            ),
            false => format!("without `{name}` it does not fit either"),
        };
        diagnostic = diagnostic.help(format!(
            "{fits}; {}narrow its size, growth or churn, keep less, or add room",
            decides(turning(bounds, copies, *id, (last, limit.usable)))
        ));
    }
    finding(diagnostic, vec![name.to_owned()])
}

/// "it fails from a churn of `media` of 5.4 GB/day on; ", from which value of which interval it does.
fn decides(values: Vec<String>) -> String {
    if values.is_empty() {
        return String::new();
    }
    format!("it fails from {} on; ", values.join(", or from "))
}

fn slips(
    context: &Context<'_>,
    bounds: &Bounds<'_, '_>,
    case: TooFull<'_>,
    index: usize,
) -> Finding {
    let TooFull {
        store,
        period,
        copies,
        limit,
        day,
        ..
    } = case;
    let name = context.store_name(store);
    let next = context.plan.periods.get(index + 1);
    let next = next.and_then(|period| phase_on(context, period.from));
    let late = next.map_or("the next phase", |phase| phase.named.name.as_str());
    let mut diagnostic = Diagnostic::warning(
        SLIPS,
        format!("`{name}` can be too full from {day} on if `{late}` comes late"),
    )
    .by(Engine::Evaluated.word())
    .about(name);
    for (span, text) in &limit.spans {
        diagnostic = diagnostic.at(*span, text.clone());
    }
    if let Some(phase) = next {
        diagnostic = diagnostic.at(
            phase.named.span,
            format!("may slip by {} days", phase.slip_days),
        );
    }
    let late = last_day(period, 0);
    let parts = bounds.parts(copies, late);
    let values = parts.first().map_or_else(Vec::new, |(_, _, class)| {
        turning(bounds, copies, *class, (late, limit.usable))
    });
    finding(
        diagnostic.help(format!(
            "{}give the store more room, or the phase a smaller `slip`",
            decides(values)
        )),
        vec![name.to_owned()],
    )
}

fn not_checked(context: &Context<'_>, classes: &BTreeSet<ClassId>) -> Finding {
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let mut diagnostic = Diagnostic::new(
        NOT_CHECKED,
        Severity::Note,
        format!("room for {names} is not checked: no size is stated"),
    )
    .by(Engine::Evaluated.word())
    .help("write `size 10..40 GB`; a wide interval is better than none");
    for class in classes.iter().take(4) {
        diagnostic = diagnostic.at(context.plan.model.classes[*class].named.span, "no `size`");
    }
    finding(diagnostic, Vec::new())
}

/// Copies that keep what people delete, of classes whose churn nobody states: how much that is nobody knows.
fn without_churn(context: &Context<'_>, copies: &BTreeSet<CopyId>) -> Finding {
    let plan = context.plan;
    let all = || copies.iter().map(|id| &plan.copies[*id]);
    let stores: BTreeSet<StoreId> = all().map(|copy| copy.location.store).collect();
    let classes: BTreeSet<ClassId> = all().map(|copy| copy.class).collect();
    let names = some(classes.iter().map(|class| context.class_name(*class)));
    let mut diagnostic = Diagnostic::new(
        NOT_CHECKED,
        Severity::Note,
        format!(
            "room on {} is not checked: what is deleted of {names} stays there, and no churn is stated",
            some(stores.iter().map(|store| context.store_name(*store)))
        ),
    )
    .by(Engine::Evaluated.word())
    .help("write `churn 0..2 GB/day`; a wide interval is better than none");
    for class in classes.iter().take(4) {
        diagnostic = diagnostic.at(plan.model.classes[*class].named.span, "no `churn`");
    }
    let steps: BTreeSet<_> = all().filter_map(|copy| copy.made_by).collect();
    for step in steps.iter().take(4) {
        let span = plan.model.steps[*step].named.span;
        diagnostic = diagnostic.at(span, "deletes nothing for good");
    }
    finding(diagnostic, Vec::new())
}

fn finding(diagnostic: Diagnostic, subjects: Vec<String>) -> Finding {
    Finding {
        diagnostic,
        obligation: Obligation::Capacity,
        classes: Vec::new(),
        subjects,
        fault: None,
        floor: false,
    }
}
