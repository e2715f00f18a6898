//! What a key opens is of use after a fault that takes those who hold it, with the data lost where it lives.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::seq::IteratorRandom as _;
use thrice_model::{
    ClassId, FaultKind, HostId, Lifetime, Mishap, Obligation, Strike, Survive, Target,
};
use thrice_plan::{CopyKind, Period, Plan};
use thrice_simulate::{Case, Choices, CopyState, simulate};

use super::{Came, DAY, Played, Said};
use crate::Random;
use crate::stands::moment::choices;
use crate::stands::{moment, settled_days};

/// So many days before the fault each case begins.
const PLAYED_DAYS: i64 = 400;

pub(super) fn one(said: &Said<'_>, random: &mut Random, played: &mut Played) -> Came {
    let plan = said.plan;
    let model = &plan.model;
    let periods = plan.periods.iter();
    let period = periods.choose(random)?;
    let (key, of_key) = model.keys.iter().choose(random)?;
    let key_name = of_key.named.name.as_str();
    let copies = plan.copies.iter().filter(|(_, copy)| {
        let there = copy.lifetime.contains(period.from);
        copy.key == Some(key) && copy.counts && copy.kind != CopyKind::Live && there
    });
    let class = copies.map(|(_, copy)| copy.class).choose(random)?;
    let data = &model.classes[class];
    let settled = model.classes.ids().map(|id| settled_days(plan, id)).max()?;
    let at = moment(period, (data.lifetime, settled), plan, random)?;
    let lost = match random.random_range(0..3) {
        0 => Vec::new(),
        1 => sites(plan, class, period, random)?,
        _ => return hosts(said, (period, class, at), random, played),
    };
    if !said.holds(Obligation::Keys, key_name, period)? {
        return None;
    }
    *played
        .entry(if lost.is_empty() {
            "circles of keys"
        } else {
            "keys"
        })
        .or_default() += 1;
    let corrupt = in_data(plan)
        .into_iter()
        .chain([class])
        .map(Mishap::Corrupt);
    let mishaps: BTreeSet<Mishap> = lost.iter().copied().chain(corrupt).collect();
    let chosen = choices(plan, random);
    let unreadable = |mishaps: BTreeSet<Mishap>| {
        let (when, states) = play(plan, (at, class), mishaps, &chosen);
        let gone = format!("unreadable: every holder of key `{key_name}` is gone");
        let is_gone = |state: &CopyState| state.why_not.as_ref() == Some(&gone);
        (when, states.into_iter().filter(is_gone).collect::<Vec<_>>())
    };
    let (when, left) = unreadable(mishaps.clone());
    // What one host by itself takes is the floor's to tell, where that asks for it.
    let by_host = |host: HostId| {
        let lost = [Mishap::Lose(Target::Host(host))].into_iter();
        let data = mishaps
            .iter()
            .copied()
            .filter(|m| matches!(m, Mishap::Corrupt(_)));
        !unreadable(lost.chain(data).collect()).1.is_empty()
    };
    if let ([Mishap::Lose(Target::Site(site))], false) = (lost.as_slice(), left.is_empty()) {
        // It does so as well where a vault comes back from copies that are not always there, as they are just then.
        let by_floor = said.told.iter().any(|told| {
            told.obligation == Obligation::Survival
                && told.severity != thrice_diagnostics::Severity::Note
                && told.names.contains(data.named.name.as_str())
        });
        if by_floor {
            return Some(Vec::new());
        }
        let asked = asked_by_floor(plan, class, period);
        let mut there = asked
            .into_iter()
            .filter(|id| model.hosts[*id].site == *site);
        if there.any(by_host) {
            return Some(Vec::new());
        }
    }
    let wrong = left.iter().map(|state| {
        let at = &plan.copies[state.copy].location;
        let store = &model.stores[at.store].named.name;
        format!("keys: `{key_name}` holds in {}, and after {lost:?} what lies in `{store}:{}` of `{}` cannot be read, on {}", period.name, at.path, data.named.name, when)
    });
    Some(wrong.collect())
}

/// The loss of a site that is not told of another way: where sites must be survived that obligation tells, and where a
/// host by itself takes the key, the floor does.
fn sites(plan: &Plan, class: ClassId, period: &Period, random: &mut Random) -> Option<Vec<Mishap>> {
    let model = &plan.model;
    let asked = model.requirements.iter().any(|r| match &r.demand {
        thrice_model::Demand::Survive(Survive::Any { kinds, .. }) => kinds.contains(&FaultKind::Site),
        thrice_model::Demand::Survive(Survive::Loss(targets)) => matches!(targets.as_slice(), [Target::Site(_)]),
        _ => false,
    } && r.selection.contains(class) && r.lifetime.contains(period.from));
    if asked {
        return None;
    }
    let hosts = model
        .hosts
        .iter()
        .filter(|(_, host)| host.lifetime.contains(period.from));
    let site = hosts.map(|(_, host)| host.site).choose(random)?;
    Some(vec![Mishap::Lose(Target::Site(site))])
}

/// A class survives the loss of its own host together with one that holds none of its copies, but perhaps its keys.
fn hosts(
    said: &Said<'_>,
    (period, class, at): (&Period, ClassId, jiff::Timestamp),
    random: &mut Random,
    played: &mut Played,
) -> Came {
    let plan = said.plan;
    let model = &plan.model;
    let data = &model.classes[class];
    let name = data.named.name.as_str();
    let home = plan.host_of(data.home.store);
    let others = asked_by_floor(plan, class, period).into_iter();
    let other = others.filter(|host| *host != home).choose(random)?;
    let told = said.told.iter().any(|told| {
        told.obligation == Obligation::Survival
            && told.severity != thrice_diagnostics::Severity::Note
            && told.names.contains(name)
    });
    if told || !said.holds(Obligation::Survival, name, period)? {
        return None;
    }
    *played.entry("hosts with keys").or_default() += 1;
    let lost = [home, other].map(|host| Mishap::Lose(Target::Host(host)));
    let (when, states) = play(plan, (at, class), lost.into(), &choices(plan, random));
    let usable = states.iter().any(|state| state.why_not.is_none());
    // What is read while it is written is told of the time table.
    let torn = |state: &CopyState| {
        state
            .why_not
            .as_ref()
            .is_some_and(|why| why.starts_with("torn"))
    };
    let usable = usable || states.iter().any(torn);
    let names = [home, other].map(|host| model.hosts[host].named.name.clone());
    Some((!usable).then(|| format!("keys: `{name}` survives in {}, and with {names:?} nothing is left, on {when}: {states:?}", period.name)).into_iter().collect())
}

/// The hosts whose loss the floor asks about: a class's own, and those that hold none of its copies.
fn asked_by_floor(plan: &Plan, class: ClassId, period: &Period) -> Vec<HostId> {
    let home = plan.host_of(plan.model.classes[class].home.store);
    let before = plan
        .periods
        .iter()
        .rfind(|other| other.until <= period.from);
    let days = [Some(period), before].map(|period| period.map(|period| period.from));
    let there = |life: Lifetime| days.iter().flatten().any(|day| life.contains(*day));
    let copies = plan
        .copies
        .iter()
        .filter(|(_, copy)| copy.class == class && there(copy.lifetime));
    let holding: BTreeSet<HostId> = copies
        .map(|(_, copy)| plan.host_of(copy.location.store))
        .collect();
    let there = plan
        .model
        .hosts
        .iter()
        .filter(|(_, host)| host.lifetime.contains(period.from));
    let asked = there.filter(|(id, _)| *id == home || !holding.contains(id));
    asked.map(|(id, _)| id).collect()
}

/// The classes that keys or vaults lie in.
fn in_data(plan: &Plan) -> BTreeSet<ClassId> {
    let model = &plan.model;
    let vaults = model
        .vaults
        .iter()
        .filter_map(|(_, vault)| vault.data.map(|(class, _)| class));
    let files = model.keys.iter().any(|(_, key)| key.file.is_some());
    match files {
        // All of them: a file may lie in any.
        true => model.classes.ids().collect(),
        false => vaults.collect(),
    }
}

/// What is left right after something goes wrong, before anything is carried on.
fn play(
    plan: &Plan,
    (at, class): (jiff::Timestamp, ClassId),
    mishaps: BTreeSet<Mishap>,
    choices: &Choices,
) -> (jiff::Timestamp, Vec<CopyState>) {
    // No run starts in the last second of a minute.
    let at = at.as_second().div_euclid(60) * 60 + 59;
    let now = super::instant(at);
    let strikes = mishaps.into_iter().map(|mishap| Strike {
        at: now,
        mishap,
        span: None,
    });
    let case = Case {
        strikes: strikes.collect(),
        from: Some(super::instant(at - PLAYED_DAYS * DAY)),
        judged: now,
        classes: [class].into(),
        choices: choices.clone(),
    };
    let course = simulate(plan, &case);
    let outcomes = course
        .outcomes
        .into_iter()
        .filter(|outcome| outcome.class == class);
    (now, outcomes.flat_map(|outcome| outcome.copies).collect())
}
