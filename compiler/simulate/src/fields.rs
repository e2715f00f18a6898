//! Which fields lie somewhere, and how sensitive each is: what a seed changes is changed once its run is done, or
//! before it leaves its host.

use std::collections::BTreeMap;

use thrice_model::{Anonymise, Class, Label, SeedRule, Verb};
use thrice_plan::Plan;

/// The rest of a class, in the words of the language.
const REST: &str = "rest";

/// A field that lies somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// How sensitive it is there.
    pub label: Label,
    /// Whether it is as it was where it lives.
    pub unchanged: bool,
}

/// The fields that lie somewhere, by name: those that are labelled, the parts, or the class where it has none, and
/// those of which a seed says something of its own.
pub type Fields = BTreeMap<String, Content>;

/// When somebody reads what a seed brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its run is going on: only what is changed before it leaves is changed.
    Arriving,
    /// It is done.
    Done,
}

/// What a class is made of where it lives.
pub(crate) fn whole(plan: &Plan, class: &Class) -> Fields {
    let mut names: BTreeMap<&str, Label> = BTreeMap::new();
    let labelled = class.fields.iter().filter(|field| field.name != REST);
    names.extend(labelled.map(|field| (field.name.as_str(), field.label)));
    let rest = class.fields.iter().find(|field| field.name == REST);
    let rest = rest.map_or(Label::Unclassified, |field| field.label);
    if class.parts.is_empty() {
        names.entry(&class.named.name).or_insert(rest);
    }
    for (part, _) in &class.parts {
        names.entry(part).or_insert(rest);
    }
    // What lies inside of something is as sensitive as that, unless it is said. What lies in nothing that a seed takes,
    // as far as that is described, may be a part of the rest of all that it takes.
    let mut finer: Vec<(&str, Label)> = Vec::new();
    for (_, step) in plan.model.steps.iter() {
        let Verb::Seed { rules, .. } = &step.verb else {
            continue;
        };
        let taken = || step.classes.iter().map(|(id, _)| &plan.model.classes[*id]);
        for rule in rules.iter().filter(|rule| rule.field != REST) {
            let field = rule.field.as_str();
            if names.contains_key(field) {
                continue;
            }
            let around = outward(field).find_map(|name| names.get(name)).copied();
            let mine = taken().any(|other| other.named.name == class.named.name);
            let is_known = || taken().any(|other| describes(other, field));
            let label = around.or_else(|| (mine && !is_known()).then_some(rest));
            finer.extend(label.map(|label| (field, label)));
        }
    }
    names.extend(finer);
    let content = |(name, label): (&str, Label)| {
        let unchanged = true;
        (name.to_owned(), Content { label, unchanged })
    };
    names.into_iter().map(content).collect()
}

/// Whether something is named by a class, or lies in something that is.
fn describes(class: &Class, field: &str) -> bool {
    let mut names = outward(field);
    names.any(|name| {
        let part = class.parts.iter().any(|(part, _)| *part == name);
        let labelled = class.fields.iter().any(|other| other.name == name);
        part || labelled || class.parts.is_empty() && class.named.name == name
    }) || class.named.name == field
}

/// A name and all that it lies in, from the inside outwards: `a.b.c`, `a.b`, `a`.
fn outward(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| {
        name.rsplit_once('.').map(|(around, _)| around)
    })
}

/// What is left of fields that a seed takes.
pub(crate) fn seeded(fields: &Fields, rules: &[SeedRule], class: &Class, stage: Stage) -> Fields {
    let mut out = Fields::new();
    for (name, content) in fields {
        let said = |name: &str| rules.iter().find(|rule| rule.field == name);
        let rule = outward(name)
            .chain([class.named.name.as_str(), REST])
            .find_map(said);
        match rule {
            Some(rule) => {
                let left = changed(*content, rule, stage);
                out.extend(left.map(|content| (name.clone(), content)));
            }
            // Nothing keeps it from going.
            None => drop(out.insert(name.clone(), *content)),
        }
    }
    out
}

/// A field after a rule; `None` where it does not go.
fn changed(content: Content, rule: &SeedRule, stage: Stage) -> Option<Content> {
    let label = match rule.action {
        Anonymise::Skip => return None,
        Anonymise::Keep => return Some(content),
        _ if stage == Stage::Arriving && !rule.before_leaving => return Some(content),
        Anonymise::Redact | Anonymise::Null => Label::Public,
        // What opened a door is a digest; what was about somebody is a pseudonym of them.
        Anonymise::Hash if content.label == Label::Credential => Label::Internal,
        Anonymise::Hash | Anonymise::Prefix(_) => content.label,
    };
    Some(Content {
        label: rule.label_after.unwrap_or(label),
        unchanged: false,
    })
}

/// Adds what lies somewhere as well: of each field its most sensitive form.
pub(crate) fn add(to: &mut Fields, more: &Fields) {
    for (name, content) in more {
        let there = to.entry(name.clone()).or_insert(*content);
        there.label = there.label.max(content.label);
        there.unchanged |= content.unchanged;
    }
}
