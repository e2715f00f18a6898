//! What is in a copy: labels, in a closed world.

use std::collections::BTreeSet;

use thrice_model::{Anonymise, Class, Label, SeedRule, Verb};
use thrice_plan::Copy;

use crate::context::Context;

/// The highest label of what a class holds. What has no label is unclassified.
pub(super) fn raw(class: &Class) -> Label {
    let rest = class.fields.iter().find(|field| field.name == "rest");
    class
        .fields
        .iter()
        .map(|field| field.label)
        .chain([rest.map_or(Label::Unclassified, |field| field.label)])
        .max()
        .unwrap_or(Label::Unclassified)
}

/// The highest label that can be seen in a copy by whoever reads it: after what a seed on its way has
/// changed before the data left its host. What is changed later was readable until then.
pub(super) fn seen(context: &Context<'_>, copy: &Copy) -> Option<Label> {
    let class = &context.plan.model.classes[copy.class];
    match seed_of(context, copy) {
        Some(rules) => units(class)
            .into_iter()
            .filter_map(|unit| after(rule(rules, class, &unit.name), unit.label))
            .max(),
        None => Some(raw(class)),
    }
}

/// The rules of the seed that a copy has come through, if it has.
fn seed_of<'p>(context: &Context<'p>, copy: &'p Copy) -> Option<&'p [SeedRule]> {
    let mut at = Some(copy);
    while let Some(here) = at {
        let step = here
            .made_by
            .map(|step| &context.plan.model.steps[step].verb);
        if let Some(Verb::Seed { rules, .. }) = step {
            return Some(rules);
        }
        at = here.source.map(|id| &context.plan.copies[id]);
    }
    None
}

/// Something that a rule may be about.
pub(super) struct Unit {
    /// A field, a part, or the class.
    pub name: String,
    pub label: Label,
}

/// What a class consists of, for a seed: its labelled fields, and the rest of each part.
pub(super) fn units(class: &Class) -> Vec<Unit> {
    let rest = class
        .fields
        .iter()
        .find(|field| field.name == "rest")
        .map_or(Label::Unclassified, |field| field.label);
    let fields = class.fields.iter().filter(|field| field.name != "rest");
    let mut out: Vec<Unit> = fields
        .map(|field| Unit {
            name: field.name.clone(),
            label: field.label,
        })
        .collect();
    let named: BTreeSet<String> = out.iter().map(|unit| unit.name.clone()).collect();
    let parts: Vec<&str> = match class.parts.as_slice() {
        [] => vec![class.named.name.as_str()],
        parts => parts.iter().map(|(part, _)| part.as_str()).collect(),
    };
    let unlabelled = parts.into_iter().filter(|part| !named.contains(*part));
    out.extend(unlabelled.map(|part| Unit {
        name: part.to_owned(),
        label: rest,
    }));
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
