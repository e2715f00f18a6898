//! Obligation 13: nothing needs what a provider or a tool version lacks or silently drops.
//!
//! One file a kind of rule. All are evaluated: nothing in them is unknown.

mod asleep;
mod browse;
mod by_place;
mod dumps;
mod lifecycle;
mod mounts;
mod newest;
mod overwritten;
mod packs;
mod provider;
mod reach;
mod rights;
mod runner;
mod running;
mod systemd;
mod taken;
mod versions;
mod writers;
mod zerobyte;

use thrice_diagnostics::Diagnostic;
use thrice_model::{ClassId, Named, Obligation};

use crate::acceptance;
use crate::context::Context;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::{list, some};

/// How many steps a message points at.
const SHOWN: usize = 5;

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut found = Vec::new();
    packs::check(context, &mut found);
    lifecycle::check(context, &mut found);
    provider::check(context, &mut found);
    writers::check(context, &mut found);
    browse::check(context, &mut found);
    reach::check(context, &mut found);
    rights::check(context, &mut found);
    runner::check(context, &mut found);
    asleep::check(context, &mut found);
    versions::check(context, &mut found);
    systemd::check(context, &mut found);
    zerobyte::check(context, &mut found);
    mounts::check(context, &mut found);
    taken::check(context, &mut found);
    overwritten::check(context, &mut found);
    running::check(context, &mut found);
    dumps::check(context, &mut found);
    newest::check(context, &mut found);
    let holds = found
        .iter()
        .all(|f| f.diagnostic.severity != thrice_diagnostics::Severity::Error);
    out.findings.append(&mut found);
    let said = Said {
        obligation: Obligation::Capability,
        engine: Engine::Evaluated,
        holds,
        note: kept(context).into(),
    };
    let subjects = context.subjects();
    out.verdicts
        .push([subjects.policy()], subjects.always(), said);
}

/// What is asked for and kept, so that it is missed when it is no longer asked for.
fn kept(context: &Context<'_>) -> String {
    let model = &context.plan.model;
    let hosts = model.hosts.iter().filter(|(_, host)| host.transit_only);
    let passing = list(hosts.map(|(_, host)| host.named.name.as_str()));
    let classes = model
        .classes
        .iter()
        .filter(|(_, c)| !c.browsed_by.is_empty());
    let browsed = some(classes.map(|(_, class)| class.named.name.as_str()));
    let mut out = Vec::new();
    if !passing.is_empty() {
        out.push(format!("nothing is stored on {passing}"));
    }
    if !browsed.is_empty() {
        out.push(format!("who must browse {browsed} can"));
    }
    out.join("; ")
}

/// By which acceptance what is told of some things is covered: who accepts something of one step accepts it of no other.
fn rank<const N: usize>(context: &Context<'_>, named: [&Named; N]) -> usize {
    let names = named.map(|named| named.name.as_str());
    acceptance::rank(context.plan, Obligation::Capability, names)
}

/// Points at the first of some classes.
fn point_at<'c>(
    context: &Context<'_>,
    diagnostic: Diagnostic,
    classes: impl IntoIterator<Item = &'c ClassId>,
    text: &str,
) -> Diagnostic {
    let classes = &mut classes.into_iter().take(SHOWN);
    classes.fold(diagnostic, |diagnostic, class| {
        let span = context.plan.model.classes[*class].named.span;
        diagnostic.at(span, text)
    })
}

/// A finding about things that are no classes.
fn finding(diagnostic: Diagnostic, subjects: Vec<String>) -> Finding {
    Finding {
        diagnostic: diagnostic
            .about(subjects.join(" "))
            .by(Engine::Evaluated.word()),
        obligation: Obligation::Capability,
        classes: Vec::new(),
        subjects,
        fault: None,
        floor: false,
    }
}
