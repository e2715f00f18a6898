//! Nobody comes to see a field that is more sensitive than he is cleared for, nor as it was what a seed changes for him.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use thrice_model::{
    Anonymise, ClassId, EnvironmentId, HostId, HostKind, Label, Obligation, SeedRule, StepTarget,
    StoreId, Verb,
};
use thrice_plan::{CopyId, Period, Plan};
use thrice_simulate::{Fields, Looking, Onlooker, shown};

use super::{Came, DAY, Played, Said, instant, midnight};
use crate::Random;
use crate::stands::moment::choices;

/// So many days of a policy are played at most before somebody looks.
const PLAYED_DAYS: i64 = 800;

pub(super) fn one(said: &Said<'_>, random: &mut Random, played: &mut Played) -> Came {
    let name = said.plan.model.classes.iter().choose(random);
    let name = &name?.1.named.name;
    // If a phase is late, what is said holds all the same, unless a warning says otherwise.
    let late = said
        .late
        .as_ref()
        .filter(|_| random.random_bool(0.5) && !said.is_told(&["T1209"], &[name]));
    let plan = late.unwrap_or(said.plan);
    let period = plan.periods.choose(random)?;
    let mut classes = plan.model.classes.iter();
    let (class, _) = classes.find(|(_, class)| class.named.name == *name)?;
    // What is left of a class that has ended has no verdict.
    let holds = said.holds(Obligation::Flow, name, period);
    if !holds.unwrap_or_else(|| !said.is_error(Obligation::Flow, name)) {
        *played.entry("flow refused").or_default() += 1;
        return None;
    }
    let (begin, end) = (midnight(period.from), midnight(period.until));
    let until = random.random_range(begin..end);
    let since = random.random_range(begin..=until);
    let first = midnight(plan.model.policy.start).max(until - PLAYED_DAYS * DAY);
    let from = match random.random_bool(0.8) {
        true => first,
        false => random.random_range(first.min(since)..=since),
    };
    let copies: BTreeSet<CopyId> = plan
        .copies
        .iter()
        .filter(|(_, copy)| copy.class == class)
        .map(|(id, _)| id)
        .collect();
    let chosen = choices(plan, random);
    let mut out = Vec::new();
    // Of one moment in three, at what is put aside.
    let aside = until % 3 == 0;
    for by in onlookers(plan, period) {
        let looking = Looking {
            by,
            copies: copies.clone(),
            aside,
            from: instant(from.min(since)),
            since: instant(since),
            until: instant(until),
            choices: chosen.clone(),
        };
        *played.entry(kind(by, late.is_some())).or_default() += 1;
        let seen = shown(plan, &looking);
        *played.entry("copies seen").or_default() += seen.fields.len() as u64;
        for (id, fields) in &seen.fields {
            let what = too_much(plan, (period, class), by, (*id, fields));
            if what.is_empty() {
                continue;
            }
            let copy = &plan.copies[*id];
            let store = &plan.model.stores[copy.location.store].named.name;
            let step = copy.made_by.map(|step| &plan.model.steps[step].named.name);
            out.push(format!(
                "flow: {by:?} ({}) sees `{name}` in `{store}:{}` ({step:?}) in {} between {} and {}: {}",
                who(plan, by),
                copy.location.path,
                period.name,
                looking.since,
                looking.until,
                what.join(", ")
            ));
        }
    }
    Some(out)
}

const fn kind(by: Onlooker, late: bool) -> &'static str {
    match by {
        _ if late => "flow, late",
        Onlooker::Environment(_) | Onlooker::Beside(..) => "flow to environments",
        Onlooker::Host(_) | Onlooker::Credential(_) => "flow to hosts",
        Onlooker::Store(_) => "flow to stores",
        Onlooker::Service(_) => "flow to services",
        Onlooker::Seed(_) => "flow by seeds",
    }
}

/// What somebody sees in a copy and must not.
fn too_much(
    plan: &Plan,
    (period, class): (&Period, ClassId),
    by: Onlooker,
    (id, fields): (CopyId, &Fields),
) -> Vec<String> {
    let cleared = cleared(plan, by, id, class);
    let is_above = |label: Label| {
        let at_home = |own: bool| own && label == Label::Unclassified;
        cleared.is_some_and(|(cleared, own)| label > cleared && !at_home(own))
    };
    let mut out = Vec::new();
    for (field, content) in fields {
        if is_above(content.label) {
            out.push(format!("`{field}` is {:?}", content.label));
        }
        if content.unchanged && is_changed(plan, period, by, class, id, field) {
            out.push(format!("`{field}` is as it was"));
        }
    }
    out
}

/// All who are there in a period and of whom it is said what they may see.
fn onlookers(plan: &Plan, period: &Period) -> Vec<Onlooker> {
    let model = &plan.model;
    let mut out = Vec::new();
    for (id, environment) in model.environments.iter() {
        let hosts = environment.hosts.iter();
        out.extend(hosts.map(|host| Onlooker::Beside(id, *host)));
        out.push(Onlooker::Environment(id));
    }
    let hosts = model
        .hosts
        .iter()
        .filter(|(_, host)| host.lifetime.contains(period.from));
    let hosts =
        hosts.filter(|(_, host)| host.clearance.is_some() && host.kind != HostKind::ObjectStorage);
    out.extend(hosts.map(|(id, _)| Onlooker::Host(id)));
    out.extend(
        model
            .stores
            .ids()
            .filter(|id| of_store(plan, *id).is_some())
            .map(Onlooker::Store),
    );
    let services = model
        .services
        .iter()
        .filter(|(_, service)| service.clearance.is_some());
    out.extend(services.map(|(id, _)| Onlooker::Service(id)));
    let seeds = plan
        .steps_on(period.from)
        .filter(|(_, step)| matches!(step.target, StepTarget::Environment(_, None, _)));
    out.extend(seeds.map(|(id, _)| Onlooker::Seed(id)));
    out
}

fn of_store(plan: &Plan, id: StoreId) -> Option<Label> {
    let store = &plan.model.stores[id];
    let own = store.clearance.or(plan.model.hosts[store.host].clearance);
    own.map(|(label, _)| label)
}

fn of_environment(plan: &Plan, id: EnvironmentId) -> Label {
    plan.model.environments[id]
        .clearance
        .unwrap_or(Label::Public)
}

/// What somebody may see of a class in a place, and whether it lives where he is: `None` where nothing limits it.
fn cleared(plan: &Plan, by: Onlooker, copy: CopyId, class: ClassId) -> Option<(Label, bool)> {
    let model = &plan.model;
    let home = plan.host_of(model.classes[class].home.store);
    let of_host = |id: HostId| model.hosts[id].clearance.map(|(label, _)| label);
    Some(match by {
        // The host on which it lives has it anyway, but what seeds bring is for all.
        Onlooker::Environment(id)
            if model.environments[id].hosts.contains(&home) && !is_sent(plan, id, copy) =>
        {
            return None;
        }
        Onlooker::Beside(_, but) if but != home => return None,
        Onlooker::Environment(id) | Onlooker::Beside(id, _) => {
            let mut hosts = model.environments[id].hosts.iter();
            let lies = plan.host_of(plan.copies[copy].location.store);
            let own = lies == home && hosts.all(|host| *host == home);
            (of_environment(plan, id), own)
        }
        Onlooker::Store(id) => (of_store(plan, id)?, model.stores[id].host == home),
        Onlooker::Host(id) => {
            let lies = &plan.copies[copy];
            let there = lies.location.store;
            let label = match plan.host_of(there) == id && lies.key.is_none() {
                // What may lie in a store of his own may be more than what he handles.
                true => of_store(plan, there)?.max(of_host(id)?),
                false => of_host(id)?,
            };
            (label, id == home)
        }
        Onlooker::Service(id) => (model.services[id].clearance?.0, false),
        Onlooker::Seed(id) => {
            let StepTarget::Environment(to, ..) = &model.steps[id].target else {
                return None;
            };
            let hosts = &model.environments[*to].hosts;
            let hosts = hosts.iter().filter_map(|host| of_host(*host));
            (hosts.chain([of_environment(plan, *to)]).min()?, false)
        }
        Onlooker::Credential(_) => return None,
    })
}

/// Whether a seed for an environment has brought something there.
fn is_sent(plan: &Plan, to: EnvironmentId, copy: CopyId) -> bool {
    let by = plan.copies[copy].made_by;
    let step = by.map(|by| &plan.model.steps[by]);
    step.is_some_and(|step| {
        let is_for = matches!(&step.target, StepTarget::Environment(id, ..) if *id == to);
        is_for && matches!(step.verb, Verb::Seed { .. })
    })
}

/// Whether a seed for an environment that reads there leaves a field out or changes it before it leaves its host.
fn is_changed(
    plan: &Plan,
    period: &Period,
    by: Onlooker,
    class: ClassId,
    copy: CopyId,
    field: &str,
) -> bool {
    let Onlooker::Environment(who) = by else {
        return false;
    };
    let model = &plan.model;
    let name = &model.classes[class].named.name;
    let home = plan.host_of(model.classes[class].home.store);
    // With the data itself, everything is as it was.
    if plan.host_of(plan.copies[copy].location.store) == home {
        return false;
    }
    let mut seeds =
        plan.steps_on(period.from)
            .filter_map(|(_, step)| match (&step.verb, &step.target) {
                (Verb::Seed { rules, .. }, StepTarget::Environment(to, ..)) if *to == who => {
                    Some((step, rules))
                }
                _ => None,
            });
    seeds.any(|(step, rules)| {
        let mine = step.classes.iter().any(|(id, _)| *id == class);
        mine && rule(rules, name, field).is_some_and(|rule| {
            let leaves = rule.action == Anonymise::Skip || rule.before_leaving;
            rule.field != "rest" && rule.action != Anonymise::Keep && leaves
        })
    })
}

/// What a seed says of a field: of it, of what it lies in, from the inside outwards, of its class, of the rest.
fn rule<'r>(rules: &'r [SeedRule], class: &str, field: &str) -> Option<&'r SeedRule> {
    let outward = std::iter::successors(Some(field), |name| {
        name.rsplit_once('.').map(|(around, _)| around)
    });
    let mut names = outward.chain([class, "rest"]);
    names.find_map(|name| rules.iter().find(|rule| rule.field == name))
}

fn who(plan: &Plan, by: Onlooker) -> String {
    let model = &plan.model;
    let named = match by {
        Onlooker::Environment(id) | Onlooker::Beside(id, _) => &model.environments[id].named,
        Onlooker::Credential(id) => &model.credentials[id].named,
        Onlooker::Store(id) => &model.stores[id].named,
        Onlooker::Host(id) => &model.hosts[id].named,
        Onlooker::Service(id) => &model.services[id].named,
        Onlooker::Seed(id) => &model.steps[id].named,
    };
    named.name.to_string()
}
