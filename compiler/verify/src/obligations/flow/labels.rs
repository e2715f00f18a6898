//! What is in a copy: labels, in a closed world.

use std::collections::BTreeSet;

use thrice_model::{Anonymise, Class, ClassId, Label, SeedRule, Step, StepId, Verb};
use thrice_plan::Copy;

use crate::context::Context;

/// The highest label of what a class holds. What has no label is unclassified.
pub(super) fn raw(class: &Class) -> Label {
    let fields = class.fields.iter().map(|field| field.label);
    fields
        .chain([rest(class)])
        .max()
        .unwrap_or(Label::Unclassified)
}

/// The highest label that can be seen in a copy by whoever reads it: after what the seeds on its way have
/// changed before the data left its host. What is changed later was readable until then.
pub(super) fn seen(context: &Context<'_>, copy: &Copy) -> Option<Label> {
    let class = &context.plan.model.classes[copy.class];
    let seeds = seeds_of(context, copy);
    match seeds.is_empty() {
        true => Some(raw(class)),
        false => left(context, copy.class, &seeds)
            .into_iter()
            .map(|unit| unit.label)
            .max(),
    }
}

/// The same where somebody looks at it; at home what has no label is cleared, and the labels that are written are not.
pub(super) fn seen_from(context: &Context<'_>, copy: &Copy, at_home: bool) -> Option<Label> {
    if !at_home {
        return seen(context, copy);
    }
    let class = &context.plan.model.classes[copy.class];
    let seeds = seeds_of(context, copy);
    let written = |label: &Label| *label != Label::Unclassified;
    match seeds.is_empty() {
        true => class
            .fields
            .iter()
            .map(|field| field.label)
            .filter(written)
            .max(),
        false => left(context, copy.class, &seeds)
            .into_iter()
            .map(|unit| unit.label)
            .filter(written)
            .max(),
    }
}

/// The seeds that a copy has come through, the first one first.
pub(super) fn seeds_of<'p>(context: &Context<'p>, copy: &Copy) -> Vec<&'p Step> {
    let steps = makers(context, copy).map(|step| &context.plan.model.steps[step]);
    let mut seeds: Vec<&Step> = steps.filter(|step| rules_of(step).is_some()).collect();
    seeds.reverse();
    seeds
}

/// The steps that have brought a copy, the last one first.
pub(super) fn makers(context: &Context<'_>, copy: &Copy) -> impl Iterator<Item = StepId> {
    let plan = context.plan;
    let before = copy.source.into_iter().flat_map(|id| plan.way(id));
    let before = before.filter_map(|id| plan.copies[id].made_by);
    copy.made_by.into_iter().chain(before)
}

/// The rules of a seed.
fn rules_of(step: &Step) -> Option<&[SeedRule]> {
    match &step.verb {
        Verb::Seed { rules, .. } => Some(rules),
        _ => None,
    }
}

/// What some seeds, one after the other, leave of a class for whoever reads it at once: each unit with its label by
/// then. What they say of a field of its own is a unit of its own.
pub(super) fn left(context: &Context<'_>, id: ClassId, seeds: &[&Step]) -> Vec<Unit> {
    left_of(context, id, units_for(context, id, seeds), seeds)
}

/// The same, with what only the rules of another seed tell apart as units of their own.
pub(super) fn left_for(
    context: &Context<'_>,
    id: ClassId,
    seeds: &[&Step],
    other: &Step,
) -> Vec<Unit> {
    let all: Vec<&Step> = seeds.iter().copied().chain([other]).collect();
    left_of(context, id, units_for(context, id, &all), seeds)
}

fn left_of(context: &Context<'_>, id: ClassId, mut out: Vec<Unit>, seeds: &[&Step]) -> Vec<Unit> {
    let class = &context.plan.model.classes[id];
    for rules in seeds.iter().filter_map(|step| rules_of(step)) {
        out.retain_mut(|unit| {
            let rule = rule(rules, class, &unit.name);
            let changes = rule.filter(|rule| rule.before_leaving);
            unit.changed |= changes.is_some_and(|rule| rule.action != Anonymise::Keep);
            let label = after(rule, unit.label);
            unit.label = label.unwrap_or(unit.label);
            label.is_some()
        });
    }
    out
}

/// What a class consists of for some seeds: also what only their rules tell apart. Such a field is as sensitive as what
/// it lies in; one that lies in nothing that the seed's classes are said to be made of may lie in the rest of each.
fn units_for(context: &Context<'_>, id: ClassId, seeds: &[&Step]) -> Vec<Unit> {
    let classes = &context.plan.model.classes;
    let mut out = units(&classes[id]);
    let known: BTreeSet<String> = out.iter().map(|unit| unit.name.clone()).collect();
    for step in seeds {
        let named = |field: &str| {
            let mut all = step.classes.iter().map(|(class, _)| &classes[*class]);
            all.any(|class| {
                field == class.named.name || units(class).iter().any(|u| is_in(field, &u.name))
            })
        };
        let fields = rules_of(step).into_iter().flatten().map(|rule| &rule.field);
        let fields: BTreeSet<&String> = fields.filter(|field| *field != "rest").collect();
        for field in fields {
            if known.contains(field) || *field == *classes[id].named.name {
                continue;
            }
            let around = units(&classes[id]).into_iter();
            let around = around.filter(|unit| is_in(field, &unit.name));
            let label = match around.max_by_key(|unit| unit.name.len()) {
                Some(unit) => unit.label,
                None if named(field) => continue,
                None => rest(&classes[id]),
            };
            out.push(Unit::new(field.clone(), label));
        }
    }
    out
}

/// The label of what a class does not name.
fn rest(class: &Class) -> Label {
    let rest = class.fields.iter().find(|field| field.name == "rest");
    rest.map_or(Label::Unclassified, |field| field.label)
}

/// Something that a rule may be about.
pub(super) struct Unit {
    /// A field, a part, or the class.
    pub name: String,
    pub label: Label,
    /// Whether it is not what it was where it lives.
    pub changed: bool,
}

impl Unit {
    const fn new(name: String, label: Label) -> Self {
        let changed = false;
        Self {
            name,
            label,
            changed,
        }
    }
}

/// What a class consists of, for a seed: its labelled fields, and the rest of each part.
pub(super) fn units(class: &Class) -> Vec<Unit> {
    let fields = class.fields.iter().filter(|field| field.name != "rest");
    let mut out: Vec<Unit> = fields
        .map(|field| Unit::new(field.name.clone(), field.label))
        .collect();
    let named: BTreeSet<String> = out.iter().map(|unit| unit.name.clone()).collect();
    let parts: Vec<&str> = match class.parts.as_slice() {
        [] => vec![class.named.name.as_str()],
        parts => parts.iter().map(|(part, _)| part.as_str()).collect(),
    };
    let unlabelled = parts.into_iter().filter(|part| !named.contains(*part));
    out.extend(unlabelled.map(|part| Unit::new(part.to_owned(), rest(class))));
    out
}

/// Whether a field is another one, or lies in it.
pub(super) fn is_in(field: &str, other: &str) -> bool {
    let rest = field.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The rule for a unit: of its own name, of the longest beginning, of its class, else of the rest.
pub(super) fn rule<'r>(rules: &'r [SeedRule], class: &Class, unit: &str) -> Option<&'r SeedRule> {
    let named = |name: &str| rules.iter().find(|rule| rule.field == name);
    let ends = unit.match_indices('.').map(|(at, _)| at).rev();
    std::iter::once(unit.len())
        .chain(ends)
        .filter_map(|end| unit.get(..end))
        .find_map(named)
        .or_else(|| named(&class.named.name))
        .or_else(|| named("rest"))
}

/// The label that is left after a rule where others can read; `None` where nothing goes.
fn after(rule: Option<&SeedRule>, label: Label) -> Option<Label> {
    let Some(rule) = rule else { return Some(label) };
    match rule.action {
        Anonymise::Skip => return None,
        Anonymise::Keep => return Some(label),
        _ if !rule.before_leaving => return Some(label),
        _ => {}
    }
    let default = match rule.action {
        Anonymise::Redact | Anonymise::Null => Label::Public,
        // A digest opens no door any more; of what is about people it is a pseudonym, which still is.
        Anonymise::Hash if label == Label::Credential => Label::Internal,
        _ => label,
    };
    Some(rule.label_after.unwrap_or(default))
}

/// A label in a sentence.
pub(super) const fn word(label: Label) -> &'static str {
    match label {
        Label::Public => "public",
        Label::Internal => "internal",
        Label::Personal => "personal",
        Label::Credential => "credential",
        Label::Unclassified => "unclassified",
    }
}
