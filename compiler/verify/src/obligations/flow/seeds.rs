//! Seeds: what they send without a rule, what lies raw beside them, and whether anybody checks.

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    Anonymise, Application, ClassId, Environment, Location, SeedRule, Step, StepId, StepTarget,
    Verb,
};
use thrice_plan::{Copy, CopyId, CopyKind};

use super::{Found, at_home, copies_in, labels, reads};
use crate::context::Context;
use crate::wording::{list, some};

const RAW: Code = Code("T2203");
const NO_RULE: Code = Code("T2204");
const UNCHECKED: Code = Code("T2205");

pub(super) fn decide(context: &Context<'_>, found: &mut Found) {
    for (id, step) in context.plan.model.steps.iter() {
        if let (
            Verb::Seed {
                rules, verified, ..
            },
            StepTarget::Environment(to, ..),
        ) = (&step.verb, &step.target)
        {
            let environment = &context.plan.model.environments[*to];
            without_rule(context, step, rules, found);
            raw_beside(context, step, rules, environment, found);
            unchecked(context, id, rules, *verified, found);
        }
    }
}

/// What the seed takes and no rule speaks of.
fn without_rule(context: &Context<'_>, step: &Step, rules: &[SeedRule], found: &mut Found) {
    let mut classes: BTreeSet<ClassId> = BTreeSet::new();
    let mut units: Vec<String> = Vec::new();
    for (class_id, _) in &step.classes {
        let class = &context.plan.model.classes[*class_id];
        for unit in labels::units(class) {
            if labels::rule(rules, class, &unit.name).is_none() {
                units.push(unit.name);
                classes.insert(*class_id);
            }
        }
    }
    if units.is_empty() {
        return;
    }
    for period in context
        .plan
        .periods
        .iter()
        .filter(|p| step.lifetime.contains(p.from))
    {
        classes.iter().for_each(|class| found.leak(*class, period));
    }
    let name = &step.named.name;
    let names = some(units.iter().map(String::as_str));
    let diagnostic = Diagnostic::error(NO_RULE, format!("`{name}` has no rule for {names}"))
        .at(step.named.span, "sends it as it is")
        .help("a seed is an allow-list: say `keep`, `anonymise` or `skip` for each part, or `rest skip`");
    found.add(diagnostic, &classes, name);
}

/// Fields that the seed changes, and that lie unchanged where its readers can read.
fn raw_beside(
    context: &Context<'_>,
    step: &Step,
    rules: &[SeedRule],
    environment: &Environment,
    found: &mut Found,
) {
    let changed: Vec<&SeedRule> = rules
        .iter()
        .filter(|rule| !matches!(rule.action, Anonymise::Keep) && rule.field != "rest")
        .collect();
    let mut hits: BTreeSet<CopyId> = BTreeSet::new();
    let mut classes: BTreeSet<ClassId> = BTreeSet::new();
    for period in &context.plan.periods {
        for id in copies_in(context, period) {
            let copy = &context.plan.copies[id];
            let mine = step.classes.iter().any(|(class, _)| *class == copy.class);
            let raw = copy.kind != CopyKind::Seed && !came_by_seed(context, copy);
            if mine
                && raw
                && !changed.is_empty()
                && !at_home(context, copy)
                && reads(context, environment, copy, period).is_some()
            {
                hits.insert(id);
                classes.insert(copy.class);
                found.leak(copy.class, period);
            }
        }
    }
    if hits.is_empty() {
        return;
    }
    let fields = some(changed.iter().map(|rule| rule.field.as_str()));
    let places: BTreeSet<String> = hits.iter().map(|id| place(context, *id)).collect();
    let mut readers = BTreeSet::from([environment.named.name.as_str()]);
    readers.extend(hits.iter().flat_map(|id| others(context, *id)));
    let name = &step.named.name;
    let mut diagnostic = Diagnostic::error(
        RAW,
        format!(
            "{fields}, which `{name}` changes, can be read unchanged by {} in {}",
            list(readers),
            list(places.iter().map(String::as_str))
        ),
    );
    for rule in changed.iter().take(3) {
        diagnostic = diagnostic.at(rule.span, "changed only here");
    }
    let makers: BTreeSet<StepId> = hits
        .iter()
        .filter_map(|id| context.plan.copies[*id].made_by)
        .collect();
    for maker in makers {
        let named = &context.plan.model.steps[maker].named;
        diagnostic = diagnostic.at(named.span, "brings it there as it is");
    }
    let diagnostic = diagnostic.help(
        "change it before it leaves its host (`anonymise … before leaving`, run there), and send nothing \
         else; or take from the seed's readers the right to read that place",
    );
    found.add(diagnostic, &classes, name);
}

fn came_by_seed(context: &Context<'_>, copy: &Copy) -> bool {
    let mut at = Some(copy);
    while let Some(here) = at {
        if here.kind == CopyKind::Seed {
            return true;
        }
        at = here.source.map(|id| &context.plan.copies[id]);
    }
    false
}

fn place(context: &Context<'_>, id: CopyId) -> String {
    let location = &context.plan.copies[id].location;
    format!("{}:{}", context.store_name(location.store), location.path)
}

/// Declared readers of a copy and services that show it, besides environments.
fn others<'c>(context: &'c Context<'_>, id: CopyId) -> Vec<&'c str> {
    let model = &context.plan.model;
    let location = &context.plan.copies[id].location;
    let meets = |path: &str| {
        let place = Location {
            store: location.store,
            path: path.into(),
        };
        place.meets(location)
    };
    let readers = model.stores[location.store].readers.iter();
    let declared = readers.filter(|r| meets(&r.path)).map(|r| r.who.as_str());
    let shown = model
        .mounts
        .iter()
        .filter(|m| m.store == location.store && meets(&m.path));
    declared
        .chain(shown.map(|m| model.services[m.service].named.name.as_str()))
        .collect()
}

/// A seed whose changes nothing proves: not `verified`, or done by a person.
fn unchecked(
    context: &Context<'_>,
    id: StepId,
    rules: &[SeedRule],
    verified: bool,
    found: &mut Found,
) {
    let step = &context.plan.model.steps[id];
    let by_hand = step.application == Application::ByHand;
    if verified && !by_hand {
        return;
    }
    let changed: Vec<&str> = rules
        .iter()
        .filter(|rule| !matches!(rule.action, Anonymise::Keep | Anonymise::Skip))
        .map(|rule| rule.field.as_str())
        .collect();
    if changed.is_empty() {
        return;
    }
    let name = &step.named.name;
    let why = match (verified, by_hand) {
        (false, true) => "done by hand, and not `verified`",
        (false, false) => "not `verified`",
        _ => "done by hand",
    };
    let mut diagnostic = Diagnostic::warning(
        UNCHECKED,
        format!(
            "`{name}` is {why}: nothing stops it where {} is not changed",
            some(changed)
        ),
    )
    .at(step.named.span, "people may read it before anybody notices");
    for rule in rules
        .iter()
        .filter(|r| !matches!(r.action, Anonymise::Keep | Anonymise::Skip))
        .take(4)
    {
        let told = if by_hand {
            "a rule, and no job that carries it out"
        } else {
            "nothing checks this"
        };
        diagnostic = diagnostic.at(rule.span, told);
    }
    let diagnostic = diagnostic
        .help("let a job on the data's own host do it (`by HOST.cron`) and say `verified`: a failing change then stops the seed");
    let classes = step.classes.iter().map(|(class, _)| *class).collect();
    found.add(diagnostic, &classes, name);
}
