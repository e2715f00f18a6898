//! Calendars on which a phase comes before an earlier one that is late.
//!
//! A phase whose date is counted from another one's waits for that one ([`Phase::waits_for`]), and with it whatever is counted from
//! it in turn. All others have days of their own, and the world keeps them: the lease of the old server ends, though the
//! new one has not been delivered. What then is there never is while phases come in order: what the late phase brings is
//! not there yet, what it ends still is, and what the other one brings and ends has come and gone.
//!
//! Looked at is each phase alone: as late as it may be, and as late as it may be before each of those that would come
//! before it then; and for each phase that comes before several others which are late all of these together. The first
//! phase is the beginning of all there is: nothing comes before it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_diagnostics::Diagnostic;
use thrice_model::{
    HostId, Lifetime, Model, Phase, PhaseId, RepositoryId, Source, StepTarget, StoreId, Table,
};

use crate::calendar::days_between;
use crate::{Plan, replan};

/// Phases that are late, and those that come before them though written for later days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overtaken {
    /// The days that are written for those that are late or wait for one that is, each with the one on which it comes.
    pub comes: BTreeMap<Date, Date>,
    /// The days of those that come before one of them.
    pub by: BTreeSet<Date>,
}

/// What is written for one day: phases of one day come together, as late as any of them may.
struct Day {
    date: Date,
    /// The last day on which it may come, within the policy's time.
    latest: Date,
    /// Days before it that it waits for, by their place.
    waits: BTreeSet<usize>,
}

impl Overtaken {
    /// Those there are for a policy, in order, as many as are wanted at most; and whether there are more.
    #[must_use]
    pub fn some(model: &Model, most: usize) -> (Vec<Self>, bool) {
        Self::of_days(&days(model), most)
    }

    /// Those on which one phase is as late as it may be in order, and holds up those after it: none comes before another one.
    #[must_use]
    pub fn in_order(plan: &Plan) -> Vec<Self> {
        let days = plan.periods.iter().map(|period| period.from);
        let late = plan.periods.iter().skip(1).filter_map(|period| {
            let comes = period.from.checked_add(period.late_days.days()).ok()?;
            let held_up = days
                .clone()
                .filter(|day| (period.from..comes).contains(day));
            let comes: BTreeMap<Date, Date> = held_up.map(|day| (day, comes)).collect();
            (!comes.is_empty()).then(|| Self {
                comes,
                by: BTreeSet::new(),
            })
        });
        let all: BTreeSet<Self> = late.collect();
        all.into_iter().collect()
    }

    fn of_days(days: &[Day], most: usize) -> (Vec<Self>, bool) {
        // Of each day, those after it that come before it if it is late.
        let by: Vec<Vec<usize>> = (0..days.len()).map(|at| overtake(days, at)).collect();
        let by = &by;
        let eve = |of: &usize| days.get(*of).and_then(|day| day.date.yesterday().ok());
        // One at a time first, so that what one brings about is told of that one.
        let alone = days.iter().zip(by).enumerate().flat_map(|(at, (day, by))| {
            let between = by.iter().skip(1).filter_map(eve);
            let after_all = (!by.is_empty()).then_some(day.latest);
            between
                .chain(after_all)
                .map(move |comes| BTreeMap::from([(at, comes)]))
        });
        let together = (0..days.len()).map(|of| {
            let late = days.iter().zip(by).enumerate();
            let late = late.filter(|(_, (_, by))| by.contains(&of));
            late.map(|(at, (day, _))| (at, day.latest)).collect()
        });
        let together = together.filter(|late: &BTreeMap<usize, Date>| late.len() > 1);
        let mut seen = BTreeSet::new();
        let mut all = alone
            .chain(together)
            .filter_map(|late| Self::with(days, &late))
            .filter(|calendar| seen.insert(calendar.clone()));
        let some = all.by_ref().take(most).collect();
        (some, all.next().is_some())
    }

    /// That with some days late, if another one then comes before one of them.
    fn with(days: &[Day], late: &BTreeMap<usize, Date>) -> Option<Self> {
        let mut comes: Vec<Date> = Vec::new();
        for (at, day) in days.iter().enumerate() {
            let own = late.get(&at).copied().unwrap_or(day.date);
            let waits = day.waits.iter().filter_map(|of| comes.get(*of).copied());
            comes.push(waits.fold(own, Date::max));
        }
        let moved = |(day, comes): (&Day, &Date)| (day.date < *comes).then_some((day.date, *comes));
        let moved: BTreeMap<Date, Date> = days.iter().zip(&comes).filter_map(moved).collect();
        let before = |at: usize, day: Date| comes.iter().take(at).any(|other| day < *other);
        let by = days.iter().zip(&comes).enumerate();
        let by: BTreeSet<Date> = by
            .filter(|(at, (_, on))| before(*at, **on))
            .map(|(_, (day, _))| day.date)
            .collect();
        (!by.is_empty()).then_some(Self { comes: moved, by })
    }

    /// What follows from the policy if phases come so.
    #[must_use]
    pub fn plan(&self, plan: &Plan) -> (Plan, Vec<Diagnostic>) {
        replan(plan, self.model(&plan.model))
    }

    /// The policy in which these are the days of its phases.
    fn model(&self, model: &Model) -> Model {
        let mut model = model.clone();
        let comes = |day: Date| self.comes.get(&day).copied().unwrap_or(day);
        for phase in model.phases.values_mut() {
            let start = comes(phase.start);
            let late = days_between(phase.start, start);
            phase.slip_days = phase.slip_days.saturating_sub(late).max(0);
            phase.start = start;
        }
        for life in model.lifetimes_mut() {
            life.from = comes(life.from);
            life.until = life.until.map(comes);
        }
        settle(&mut model);
        model
    }
}

/// The days of phases, in order.
fn days(model: &Model) -> Vec<Day> {
    let end = model.policy.end;
    let mut by_date: BTreeMap<Date, Vec<(PhaseId, &Phase)>> = BTreeMap::new();
    for (id, phase) in model.phases.iter() {
        by_date.entry(phase.start).or_default().push((id, phase));
    }
    let place: BTreeMap<PhaseId, usize> = by_date
        .values()
        .enumerate()
        .flat_map(|(at, phases)| phases.iter().map(move |(id, _)| (*id, at)))
        .collect();
    let mut out: Vec<Day> = Vec::new();
    for (at, (date, phases)) in by_date.iter().enumerate() {
        let slip = phases.iter().map(|(_, phase)| phase.slip_days).max();
        let latest = date.checked_add(slip.unwrap_or(0).days());
        let on = phases.iter().filter_map(|(_, phase)| phase.waits_for);
        let on = on.filter_map(|id| place.get(&id).copied());
        let direct: BTreeSet<usize> = on.filter(|of| *of < at).collect();
        let mut waits = direct.clone();
        for of in direct {
            waits.extend(out.get(of).into_iter().flat_map(|day| &day.waits));
        }
        out.push(Day {
            date: *date,
            latest: latest.unwrap_or(end).min(end.max(*date)),
            waits,
        });
    }
    out
}

/// The days after one that come before it if it is as late as it may be.
fn overtake(days: &[Day], late: usize) -> Vec<usize> {
    let Some(latest) = days.get(late).map(|day| day.latest).filter(|_| late > 0) else {
        return Vec::new();
    };
    let after = days.iter().enumerate().skip(late + 1);
    let before = after.filter(|(_, day)| day.date < latest && !day.waits.contains(&late));
    before.map(|(at, _)| at).collect()
}

/// What is written for days that have moved: nothing is there before all that it sits on is, nor longer than any of that.
fn settle(model: &mut Model) {
    let hosts = lifetimes(&model.hosts, |host| host.lifetime);
    let host = |id: HostId| hosts.get(id).copied();
    for store in model.stores.values_mut() {
        within(&mut store.lifetime, host(store.host));
    }
    for service in model.services.values_mut() {
        within(&mut service.lifetime, host(service.host));
    }
    for vault in model.vaults.values_mut() {
        within(&mut vault.lifetime, vault.host.and_then(host));
    }
    let stores = lifetimes(&model.stores, |store| store.lifetime);
    let store = |id: StoreId| stores.get(id).copied();
    for mount in &mut model.mounts {
        let service = model.services.get(mount.service);
        within(&mut mount.lifetime, service.map(|service| service.lifetime));
        within(&mut mount.lifetime, store(mount.store));
    }
    for repository in model.repositories.values_mut() {
        within(&mut repository.lifetime, store(repository.store));
    }
    for class in model.classes.values_mut() {
        within(&mut class.lifetime, store(class.home.store));
    }
    let repositories = lifetimes(&model.repositories, |repository| repository.lifetime);
    let repository = |id: RepositoryId| repositories.get(id).copied();
    // A step sits on the one that leaves what it reads, wherever that one stands in the text.
    let mut steps = lifetimes(&model.steps, |step| step.lifetime);
    loop {
        for step in model.steps.values_mut() {
            let life = &mut step.lifetime;
            within(life, step.runner.host.and_then(host));
            within(
                life,
                match &step.source {
                    Source::Home => None,
                    Source::Step(id, _) => steps.get(*id).copied(),
                    Source::Location(place, _) => store(place.store),
                    Source::Repository(id, _) => repository(*id),
                },
            );
            match &step.target {
                StepTarget::Location(place, _) => within(life, store(place.store)),
                StepTarget::Repository(id, _) => within(life, repository(*id)),
                StepTarget::Environment(id, via, _) => {
                    within(life, via.as_ref().and_then(|place| store(place.store)));
                    let environment = model.environments.get(*id);
                    for id in environment
                        .iter()
                        .flat_map(|environment| &environment.hosts)
                    {
                        within(life, host(*id));
                    }
                }
                StepTarget::Nothing => {}
            }
        }
        let settled = lifetimes(&model.steps, |step| step.lifetime);
        if settled == steps {
            return;
        }
        steps = settled;
    }
}

fn lifetimes<I: Copy + From<usize>, T>(
    table: &Table<I, T>,
    of: impl Fn(&T) -> Lifetime,
) -> Table<I, Lifetime>
where
    usize: From<I>,
{
    let all: Vec<Lifetime> = table.iter().map(|(_, thing)| of(thing)).collect();
    Table::from(all)
}

/// Cuts a time to that of something it sits on.
fn within(life: &mut Lifetime, base: Option<Lifetime>) {
    let Some(base) = base else { return };
    life.from = life.from.max(base.from);
    life.until = match (life.until, base.until) {
        (Some(own), Some(base)) => Some(own.min(base)),
        (own, base) => own.or(base),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days of 2026, each with how late it may be and those it waits for: on which days late ones come, and which
    /// come before one of them.
    fn calendars(days: &[(&str, i64, &[usize])]) -> Vec<String> {
        let days: Vec<Day> = days
            .iter()
            .map(|(day, late, waits)| {
                let date: Date = format!("2026-{day}").parse().unwrap();
                Day {
                    date,
                    latest: date.checked_add(late.days()).unwrap(),
                    waits: waits.iter().copied().collect(),
                }
            })
            .collect();
        let short = |day: &Date| day.strftime("%m-%d").to_string();
        let (calendars, more) = Overtaken::of_days(&days, 10);
        assert!(!more);
        let calendars = calendars.into_iter();
        calendars
            .map(|calendar| {
                let comes = calendar.comes.iter();
                let comes: Vec<String> = comes
                    .map(|(of, comes)| format!("{} on {}", short(of), short(comes)))
                    .collect();
                let by: Vec<String> = calendar.by.iter().map(short).collect();
                format!("{} after {}", comes.join(", "), by.join(", "))
            })
            .collect()
    }

    #[test]
    fn a_late_phase_comes_after_those_that_do_not_wait() {
        assert_eq!(
            calendars(&[("01-01", 0, &[]), ("03-01", 60, &[]), ("04-01", 0, &[])]),
            ["03-01 on 04-30 after 04-01"]
        );
        // On the same day they come together, and that is in order.
        let together = [("01-01", 0, &[][..]), ("03-01", 31, &[]), ("04-01", 0, &[])];
        assert_eq!(calendars(&together), [""; 0]);
    }

    #[test]
    fn what_is_counted_from_a_phase_waits_for_it() {
        let days = [
            ("01-01", 0, &[][..]),
            ("03-01", 60, &[]),
            ("04-01", 0, &[1]),
        ];
        assert_eq!(calendars(&days), [""; 0]);
        let days = [
            ("01-01", 0, &[][..]),
            ("03-01", 60, &[]),
            ("04-01", 0, &[1]),
            ("04-10", 0, &[]),
            ("06-01", 0, &[1]),
        ];
        assert_eq!(
            calendars(&days),
            ["03-01 on 04-30, 04-01 on 04-30 after 04-10"]
        );
    }

    #[test]
    fn the_first_phase_is_the_beginning() {
        assert_eq!(calendars(&[("01-01", 92, &[]), ("02-01", 0, &[])]), [""; 0]);
    }

    /// April between May and June, and after both; May after June; both after June.
    #[test]
    fn each_order_in_which_one_is_late_and_several_at_once() {
        let days = [
            ("01-01", 0, &[][..]),
            ("04-01", 92, &[]),
            ("05-01", 61, &[]),
            ("06-01", 0, &[]),
        ];
        assert_eq!(
            calendars(&days),
            [
                "04-01 on 05-31 after 05-01",
                "04-01 on 07-02 after 05-01, 06-01",
                "05-01 on 07-01 after 06-01",
                "04-01 on 07-02, 05-01 on 07-01 after 05-01, 06-01",
            ]
        );
    }
}
