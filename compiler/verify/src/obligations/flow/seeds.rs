//! Seeds: what they send without a rule, what lies raw beside them, and whether anybody checks.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    Anonymise, Application, ClassId, Environment, EnvironmentId, Location, SeedRule, Step, StepId,
    StepTarget, Verb,
};
use thrice_plan::{Copy, CopyId};
use thrice_simulate::Onlooker;

use super::played::{Case, Sees, Sight};
use super::{Found, Reading, at_home, copies_in, is_filled, labels, place, spots};
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
            let environment = (*to, &context.plan.model.environments[*to]);
            without_rule(context, (id, step), rules, *to, found);
            raw_beside(context, (id, step), rules, environment, found);
            unchecked(context, id, rules, *verified, found);
        }
    }
}

/// What the seed takes and no rule speaks of.
fn without_rule(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    rules: &[SeedRule],
    to: EnvironmentId,
    found: &mut Found,
) {
    let mut classes: BTreeSet<ClassId> = BTreeSet::new();
    let mut units: Vec<String> = Vec::new();
    // Of the first class.
    let mut first: BTreeSet<String> = BTreeSet::new();
    for (class_id, _) in &step.classes {
        let class = &context.plan.model.classes[*class_id];
        for unit in arriving(context, id, *class_id) {
            if labels::rule(rules, class, &unit.name).is_none() {
                classes.insert(*class_id);
                if classes.len() == 1 {
                    first.insert(unit.name.clone());
                }
                units.push(unit.name);
            }
        }
    }
    if units.is_empty() {
        return;
    }
    let periods = context.plan.periods.iter().enumerate();
    let mut there = None;
    for (index, period) in periods.filter(|(_, p)| step.lifetime.contains(p.from)) {
        there = there.or(Some(index));
        classes.iter().for_each(|class| found.leak(*class, period));
    }
    let name = &step.named.name;
    let names = some(units.iter().map(String::as_str));
    let diagnostic = Diagnostic::error(NO_RULE, format!("`{name}` has no rule for {names}"))
        .at(step.named.span, "sends it as it is")
        .help("a seed is an allow-list: say `keep`, `anonymise` or `skip` for each part, or `rest skip`");
    for copy in context.made_by(id) {
        if classes.contains(&context.plan.copies[*copy].class) {
            let periods = context.plan.periods.iter();
            found
                .seen
                .extend(periods.map(|period| (to, *copy, period.from)));
        }
    }
    let arrived = context.made_by(id).iter().find(|copy| {
        let class = context.plan.copies[**copy].class;
        step.classes.iter().find_map(|(id, _)| classes.get(id)) == Some(&class)
    });
    // A seed that says no place on the way leaves nothing that the plan knows of.
    let case = arrived.zip(there).map(|(copy, period)| Case {
        by: Onlooker::Store(context.plan.copies[*copy].location.store),
        copies: [(*copy, Sight::of(period, None))].into(),
        sees: Sees::Unchanged(first),
    });
    found.add(diagnostic, &classes, name, case);
}

/// What a seed finds of a class: what seeds before it have left.
fn arriving(context: &Context<'_>, id: StepId, class: ClassId) -> Vec<labels::Unit> {
    let copies = context
        .made_by(id)
        .iter()
        .map(|id| &context.plan.copies[*id]);
    let sources = copies
        .filter(|copy| copy.class == class)
        .filter_map(|copy| Some(&context.plan.copies[copy.source?]));
    let found =
        sources.map(|source| labels::left(context, class, &labels::seeds_of(context, source)));
    let found = found.reduce(|mut all, more| {
        let known: BTreeSet<String> = all.iter().map(|unit| unit.name.clone()).collect();
        all.extend(more.into_iter().filter(|unit| !known.contains(&unit.name)));
        all
    });
    found.unwrap_or_else(|| labels::units(&context.plan.model.classes[class]))
}

/// Fields that the seed changes, and that lie unchanged where its readers can read: in a copy that came by no seed, or
/// by others that leave them as they are.
fn raw_beside(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    rules: &[SeedRule],
    (who, environment): (EnvironmentId, &Environment),
    found: &mut Found,
) {
    let changed: Vec<&SeedRule> = rules
        .iter()
        .filter(|rule| !matches!(rule.action, Anonymise::Keep) && rule.field != "rest")
        .collect();
    let mut hits: BTreeMap<CopyId, Sight> = BTreeMap::new();
    let mut classes: BTreeSet<ClassId> = BTreeSet::new();
    let mut by_seeds: BTreeMap<CopyId, Vec<&SeedRule>> = BTreeMap::new();
    let mine = changed_classes(context, step, &changed);
    for (index, period) in context.plan.periods.iter().enumerate() {
        for copy_id in copies_in(context, period) {
            let copy = &context.plan.copies[copy_id];
            if !mine.contains(&copy.class) || at_home(context, copy) {
                continue;
            }
            let seeds = labels::seeds_of(context, copy);
            if !seeds.is_empty() {
                let unchanged = left_alone(context, copy, (id, step), &changed);
                if unchanged.is_empty() {
                    continue;
                }
                by_seeds.insert(copy_id, unchanged);
            }
            let owned = context.owned_in(who, period.from);
            if let Some(reading) = Reading::of(context, &owned, copy) {
                if is_filled(context, copy_id, period) || !hits.contains_key(&copy_id) {
                    hits.insert(copy_id, Sight::of(index, Some(&reading)));
                }
                classes.insert(copy.class);
                found.leak(copy.class, period);
                found.seen.insert((who, copy_id, period.from));
            }
        }
    }
    // Where some lie as they live, that is told; else what one seed has left.
    let first = hits.keys().next().copied();
    let is_raw = |id: &CopyId| !by_seeds.contains_key(id);
    let changed = match first.filter(|_| !hits.keys().any(is_raw)) {
        Some(first) => {
            hits.retain(|id, _| *id == first);
            by_seeds.remove(&first).unwrap_or_default()
        }
        None => {
            hits.retain(|id, _| is_raw(id));
            changed
        }
    };
    if hits.is_empty() {
        return;
    }
    let fields = some(changed.iter().map(|rule| rule.field.as_str()));
    let copy = |id: &CopyId| &context.plan.copies[*id];
    let places = hits.iter();
    let places = places.map(|(id, sight)| place(context, copy(id), sight.aside));
    let places: BTreeSet<String> = places.collect();
    let mut readers = BTreeSet::from([environment.named.name.as_str()]);
    for (id, sight) in &hits {
        let there = spots(context, copy(id)).filter(|spot| spot.aside == sight.aside);
        readers.extend(there.flat_map(|spot| others(context, spot.place)));
    }
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
        .keys()
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
    let fields = changed.iter().map(|rule| rule.field.clone());
    let case = Case {
        by: Onlooker::Environment(who),
        copies: hits,
        sees: Sees::Unchanged(fields.collect()),
    };
    found.add(diagnostic, &classes, name, Some(case));
}

/// The classes of a seed of which some rule changes something. A field that is in none of them as far as they are
/// described may be in each.
fn changed_classes(context: &Context<'_>, step: &Step, changed: &[&SeedRule]) -> BTreeSet<ClassId> {
    let speaks_of = |rule: &SeedRule, class: ClassId| {
        let class = &context.plan.model.classes[class];
        let mut units = labels::units(class).into_iter();
        rule.field == *class.named.name
            || units.any(|unit| {
                labels::is_in(&rule.field, &unit.name) || labels::is_in(&unit.name, &rule.field)
            })
    };
    let classes = || step.classes.iter().map(|(class, _)| *class);
    let mut out = BTreeSet::new();
    for rule in changed {
        let named: Vec<ClassId> = classes().filter(|class| speaks_of(rule, *class)).collect();
        match named.is_empty() {
            true => out.extend(classes()),
            false => out.extend(named),
        }
    }
    out
}

/// Of what a seed changes, what lies as it is in a copy that has come by other seeds.
fn left_alone<'r>(
    context: &Context<'_>,
    copy: &Copy,
    (id, step): (StepId, &Step),
    changed: &[&'r SeedRule],
) -> Vec<&'r SeedRule> {
    if labels::makers(context, copy).any(|by| by == id) {
        return Vec::new();
    }
    let seeds = labels::seeds_of(context, copy);
    let class = &context.plan.model.classes[copy.class];
    let left = labels::left_for(context, copy.class, &seeds, step);
    let Verb::Seed { rules, .. } = &step.verb else {
        return Vec::new();
    };
    let alone = |rule: &&&SeedRule| {
        let mut units = left.iter().filter(|unit| !unit.changed);
        units.any(|unit| {
            labels::rule(rules, class, &unit.name).is_some_and(|own| own.field == rule.field)
        })
    };
    changed.iter().filter(alone).copied().collect()
}

/// Declared readers of a place and services that show it, besides environments.
fn others<'c>(context: &'c Context<'_>, location: &Location) -> Vec<&'c str> {
    let model = &context.plan.model;
    let readers = model.stores[location.store].readers.iter();
    let declared = readers.filter(|reader| reader.place(location.store).meets(location));
    let declared = declared.map(|reader| reader.who.as_str());
    let shown = model
        .mounts
        .iter()
        .filter(|mount| mount.place().meets(location));
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
    // What is named and left out must be, too: the rest is whatever nobody thought of.
    let acts = |rule: &&SeedRule| match rule.action {
        Anonymise::Keep => false,
        Anonymise::Skip => rule.field != "rest",
        _ => true,
    };
    let named = |skipped: bool| -> Vec<&str> {
        let rules = rules.iter().filter(acts);
        let rules = rules.filter(|rule| (rule.action == Anonymise::Skip) == skipped);
        rules.map(|rule| rule.field.as_str()).collect()
    };
    let what = match (named(false), named(true)) {
        (changed, skipped) if changed.is_empty() && skipped.is_empty() => return,
        (changed, skipped) if skipped.is_empty() => format!("{} is not changed", some(changed)),
        (changed, skipped) if changed.is_empty() => format!("{} is not left out", some(skipped)),
        (changed, skipped) => format!(
            "{} is not changed or {} not left out",
            some(changed),
            some(skipped)
        ),
    };
    let name = &step.named.name;
    let why = match (verified, by_hand) {
        (false, true) => "done by hand, and not `verified`",
        (false, false) => "not `verified`",
        _ => "done by hand",
    };
    let mut diagnostic = Diagnostic::warning(
        UNCHECKED,
        format!("`{name}` is {why}: nothing stops it where {what}"),
    )
    .at(step.named.span, "people may read it before anybody notices");
    for rule in rules.iter().filter(acts).take(4) {
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
    found.add(diagnostic, &classes, name, None);
}
