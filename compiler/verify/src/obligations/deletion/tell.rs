//! Tells who can destroy what, and how.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, Obligation, Right, Target};
use thrice_plan::CopyId;

use super::super::survival::tell::short_words;
use super::{Group, Happens, Root};
use crate::context::Context;
use crate::faults::history;
use crate::hands::{By, Principal, cannot_narrow};
use crate::indexed::Wanted;
use crate::verification::{Engine, Finding};
use crate::wording::{during, list, some};

const ALL: Code = Code("T1801");
const BUT_LIVE: Code = Code("T1802");

/// How many machines a message points at.
const SHOWN: usize = 5;

/// One finding for a root.
pub(super) fn tell(
    context: &Context<'_>,
    root: Root,
    is_live_left: bool,
    group: &Group,
) -> Finding {
    let names = some(group.classes.iter().map(|c| context.class_name(*c)));
    let who = who(context, root, group);
    let phases = phases(context, group);
    let (code, message) = match is_live_left {
        false => (
            ALL,
            format!("{who} can destroy every copy of {names}{phases}, the live data included"),
        ),
        true => (
            BUT_LIVE,
            format!("{who} can destroy every copy of {names}{phases} but what lies with the data"),
        ),
    };
    let diagnostic = Diagnostic::warning(code, message).by(Engine::Evaluated.word());
    let mut diagnostic = pointed(context, root, group, diagnostic);
    for (span, text) in carriers(context, group) {
        diagnostic = diagnostic.at(span, text);
    }
    let day = group.day(context);
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (id, happens) in &group.case {
        let store = context.store_name(context.plan.copies[*id].location.store);
        let too_short = too_short(context, (*id, *happens), day).unwrap_or_default();
        let text = format!("on `{store}`: {}{too_short}", words(context, *happens));
        if told.insert(text.clone()) {
            diagnostic = diagnostic.event("", text);
        }
    }
    diagnostic = diagnostic.help(advice(context, group));
    finding(context, root, group, diagnostic)
}

/// "whoever owns `server`, through `writer`,"
pub(super) fn who(context: &Context<'_>, root: Root, group: &Group) -> String {
    let model = &context.plan.model;
    let hosts: Vec<&str> = group
        .principals
        .iter()
        .filter_map(|principal| match principal {
            Principal::Host(host) => Some(model.hosts[*host].named.name.as_str()),
            Principal::Credential(_) => None,
        })
        .collect();
    match root {
        Root::Credential(id) => {
            let name = &model.credentials[id].named.name;
            match hosts.as_slice() {
                [] => format!("whoever holds `{name}`"),
                hosts => format!("whoever owns {}, through `{name}`,", one_of(hosts)),
            }
        }
        Root::Host(_) => format!("whoever owns {}", one_of(&hosts)),
    }
}

/// The phases in which they can do it, as far as that need be said.
pub(super) fn phases(context: &Context<'_>, group: &Group) -> String {
    let periods = group.periods.iter();
    during(periods.filter_map(|index| context.plan.periods.get(*index)))
}

/// Points at those who can do it.
pub(super) fn pointed(
    context: &Context<'_>,
    root: Root,
    group: &Group,
    mut diagnostic: Diagnostic,
) -> Diagnostic {
    let model = &context.plan.model;
    if let Root::Credential(id) = root {
        let credential = &model.credentials[id];
        let says = match credential.rights.first() {
            Some(rights) if opens_more(context, group) => (
                rights.span,
                "the provider narrows no key to that: it opens all buckets",
            ),
            Some(rights) => (rights.span, "this is enough to delete or overwrite"),
            None => (credential.named.span, "no `may` narrows it: it opens all"),
        };
        diagnostic = diagnostic.at(says.0, says.1);
    }
    for principal in group.principals.iter().take(SHOWN) {
        if let Principal::Host(host) = principal {
            let span = model.hosts[*host].named.span;
            diagnostic = diagnostic.at(span, "whoever owns this can do it");
        }
    }
    for principal in group.lesser.iter().take(SHOWN) {
        if let Principal::Host(host) = principal {
            let span = model.hosts[*host].named.span;
            diagnostic = diagnostic.at(span, "whoever owns this, all but what lies with the data");
        }
    }
    diagnostic
}

/// The finding about these classes and this root.
pub(super) fn finding(
    context: &Context<'_>,
    root: Root,
    group: &Group,
    diagnostic: Diagnostic,
) -> Finding {
    let classes: Vec<ClassId> = group.classes.iter().copied().collect();
    let names = classes.iter().map(|c| context.class_name(*c));
    let subject = names.collect::<Vec<_>>().join(" ");
    let fault = match root {
        Root::Credential(id) => Target::Credential(id),
        Root::Host(id) => Target::Host(id),
    };
    Finding {
        diagnostic: diagnostic.about(subject),
        obligation: Obligation::Deletion,
        classes,
        subjects: Vec::new(),
        fault: Some(fault),
        floor: false,
    }
}

fn advice(context: &Context<'_>, group: &Group) -> &'static str {
    let day = group.day(context);
    let mut case = group.case.iter();
    let is_overwritten = case.any(|(_, happens)| matches!(happens, Happens::Overwritten));
    let mut case = group.case.iter();
    if opens_more(context, group) {
        "no `may` narrows a key of a provider that gives each of them all buckets and lacks `bucket-policy`: keep one copy \
         in an account of its own, or with a lock (`lock compliance`), or where a destination with `snapshots` pulls for \
         itself"
    } else if case.any(|(id, happens)| too_short(context, (*id, *happens), day).is_some()) {
        "versions must reach further back than it may take until somebody has noticed and acted: let old versions expire later, keep more \
         snapshots, or notice it sooner (`noticed within`, `response time`)"
    } else if is_overwritten {
        "a copy takes what has changed: tell it to refuse that (`immutable`, for what is written once), give its destination \
         versions of its own (`snapshots`, `versioning on`), or make a backup"
    } else {
        "let one copy be out of its reach: a store that keeps old versions (`versioning on`, `lock`), and rights that \
         cannot delete those (`may` without `administer`), or a destination with `snapshots` that pulls for itself"
    }
}

/// Whether a copy is deleted with a credential that opens more than it says, since its provider narrows none.
fn opens_more(context: &Context<'_>, group: &Group) -> bool {
    let day = group.day(context);
    let model = &context.plan.model;
    group.case.iter().any(|(id, happens)| {
        let Happens::Deleted(Some(By::Credential(credential))) = happens else {
            return false;
        };
        let copy = &context.plan.copies[*id];
        let store = copy.location.store;
        let credential = &model.credentials[*credential];
        let said = credential.rights.iter();
        let said = said.filter(|grant| grant.stores.contains(&store));
        let mut said = said.flat_map(|grant| &grant.rights);
        let is_spared = context.spared(copy, Wanted::From(day)).is_some();
        let spared = is_spared && too_short(context, (*id, *happens), day).is_none();
        let is_enough = said.any(|right| match right {
            Right::Administer => true,
            Right::Write | Right::Delete => !spared,
            Right::Read => false,
        });
        credential.stated && !is_enough && cannot_narrow(context, model.stores[store].host)
    })
}

/// How far what is deleted can be brought back, if that is less far than it takes until somebody has acted.
fn too_short(context: &Context<'_>, (id, happens): (CopyId, Happens), day: Date) -> Option<String> {
    if !matches!(
        happens,
        Happens::Deleted(Some(By::Credential(_) | By::Step(_)))
            | Happens::Carried
            | Happens::Overwritten
            | Happens::Damaged
    ) {
        return None;
    }
    let copy = &context.plan.copies[id];
    let wanted = Wanted::From(day);
    let kept = match happens {
        Happens::Damaged => history(context, copy, wanted),
        _ => context.spared(copy, wanted),
    }?;
    let noticed = match happens {
        Happens::Deleted(_) => context.noticed_there(copy),
        _ => context.noticed_after(copy.class),
    };
    (kept < noticed).then(|| short_words(context, copy.class, kept, noticed))
}

/// "one of `a` and `b`"
fn one_of(names: &[&str]) -> String {
    match names {
        [one] => list([*one]),
        names => format!("one of {}", some(names.iter().copied())),
    }
}

/// The steps that carry on what was deleted or overwritten.
fn carriers(context: &Context<'_>, group: &Group) -> Vec<(Span, String)> {
    let mut out: Vec<(Span, String)> = Vec::new();
    for (id, happens) in &group.case {
        let does = match happens {
            Happens::Carried => "carries the deletion on",
            Happens::Overwritten => "writes over what it brought what it finds in its source now",
            Happens::Damaged => "makes new versions of what it finds now",
            _ => continue,
        };
        let step = context.plan.copies[*id].made_by;
        if let Some(step) = step.map(|step| &context.plan.model.steps[step]) {
            out.push((step.named.span, format!("`{}` {does}", step.named.name)));
        }
    }
    out
}

fn words(context: &Context<'_>, happens: Happens) -> String {
    let model = &context.plan.model;
    match happens {
        Happens::Left => "left".to_owned(),
        Happens::Carried => "deleted by the next sync".to_owned(),
        Happens::Overwritten => "overwritten by the next run".to_owned(),
        Happens::Damaged => "no good version is left when somebody looks".to_owned(),
        Happens::Unreadable => "unreadable: no other holder of its key is left".to_owned(),
        Happens::Deleted(by) => match by {
            Some(By::Credential(id)) => {
                format!("deleted with `{}`", model.credentials[id].named.name)
            }
            Some(By::Host(id)) => format!("deleted on `{}` itself", model.hosts[id].named.name),
            Some(By::Step(id)) => {
                format!(
                    "deleted by the rights that `{}` needs",
                    model.steps[id].named.name
                )
            }
            Some(By::Mount(index)) => {
                let mount = model
                    .mounts
                    .get(index)
                    .map_or("", |m| m.named.name.as_str());
                format!("deleted through the mount `{mount}`")
            }
            None | Some(By::Reader) => "of no use".to_owned(),
        },
    }
}
