//! What proofs rest on: listed first in every report.

use std::collections::BTreeMap;

use thrice_model::{Class, ClassId, Fact, Model, PhaseId, ProviderId, StepId};
use thrice_plan::Plan;

use crate::verification::Assumption;
use crate::wording::list;

/// The value that an assumption is about: what can be turned until a verdict turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knob {
    Response,
    Duration(StepId),
    Size(ClassId),
    Growth(ClassId),
    /// Growth by a volume, not by a share.
    Volume(ClassId),
    Churn(ClassId),
    Slip(PhaseId),
}

/// The assumptions of a plan, its intervals, defaults, facts and trust base, each with the value that it is
/// about.
pub(crate) fn gather(plan: &Plan) -> Vec<(Assumption, Option<Knob>)> {
    let model = &plan.model;
    let mut out = Vec::new();
    response(model, &mut out);
    steps(model, &mut out);
    for (id, class) in model.classes.iter() {
        volumes(id, class, &mut out);
    }
    for (id, phase) in model.phases.iter().filter(|(_, p)| p.slip_days > 0) {
        let text = format!(
            "`{}` comes {} days late at most ({})",
            phase.named.name,
            phase.slip_days,
            said(phase.slip_stated, "the default")
        );
        out.push((own(text, phase.named.span), Some(Knob::Slip(id))));
    }
    narrowed(model, &mut out);
    trusted(model, &mut out);
    let relied_on = |fact: &&Fact| !resting(model, &fact.subject).is_empty();
    for fact in model.facts.iter().filter(relied_on) {
        let assumption = Assumption {
            source: Some(fact.source.clone()),
            date: Some(fact.date.to_string()),
            ..own(format!("{}: {}", fact.subject, fact.text), fact.span)
        };
        out.push((assumption, None));
    }
    out
}

/// What of the policy rests on what others say of a provider: hosts in its sites, and monitors that it runs.
pub(crate) fn resting<'m>(model: &'m Model, provider: &str) -> Vec<&'m str> {
    let is = |id: ProviderId| model.providers[id].named.name == provider;
    let hosts = model.hosts.iter().map(|(_, host)| host);
    let hosts = hosts.filter(|host| is(model.sites[host.site].provider));
    let monitors = model.monitors.iter().map(|(_, monitor)| monitor);
    let monitors = monitors.filter(|monitor| monitor.provider.is_some_and(is));
    let hosts = hosts.map(|host| host.named.name.as_str());
    hosts
        .chain(monitors.map(|m| m.named.name.as_str()))
        .collect()
}

/// What only the policy says.
const fn own(text: String, span: thrice_diagnostics::Span) -> Assumption {
    Assumption {
        text,
        source: None,
        date: None,
        monitor: None,
        span: Some(span),
        turns: None,
    }
}

const fn said(stated: bool, default: &str) -> &str {
    if stated { "as written" } else { default }
}

fn response(model: &Model, out: &mut Vec<(Assumption, Option<Knob>)>) {
    let policy = &model.policy;
    let stated = said(
        policy.response_stated,
        "the default: nothing says otherwise",
    );
    let text = format!(
        "somebody acts within {} of an alarm ({stated})",
        policy.response
    );
    out.push((own(text, policy.named.span), Some(Knob::Response)));
    let unsaid = |c: &Class| c.asked().noticed_within.is_none();
    if model.classes.iter().any(|(_, class)| unsaid(class)) {
        let text = "damage or deletion is noticed when the next step of the class falls silent, and somebody acts then \
                    (where no class says `noticed within`)";
        out.push((own(text.to_owned(), policy.named.span), None));
    }
}

fn steps(model: &Model, out: &mut Vec<(Assumption, Option<Knob>)>) {
    for (id, step) in model.steps.iter() {
        if step.timing.schedule.is_none() {
            continue;
        }
        let stated = said(
            step.timing.duration_stated.is_some(),
            "the default: half its period",
        );
        let text = format!(
            "`{}` runs at each of its times and takes at most {} ({stated})",
            step.named.name,
            step.timing.duration.high()
        );
        let monitor = step
            .monitor
            .map(|(m, _)| model.monitors[m].named.name.to_string());
        let assumption = Assumption {
            monitor,
            ..own(text, step.named.span)
        };
        out.push((assumption, Some(Knob::Duration(id))));
    }
}

fn volumes(id: ClassId, class: &Class, out: &mut Vec<(Assumption, Option<Knob>)>) {
    let Some((size, span)) = &class.size else {
        return;
    };
    let name = &class.named.name;
    let text = format!("`{name}` measures {size} at the start");
    out.push((own(text, *span), Some(Knob::Size(id))));
    let stated = said(class.growth_stated.is_some(), "the default");
    let growth = class
        .growth_volume
        .map_or_else(|| class.growth.to_string(), |volume| volume.to_string());
    let text = format!("`{name}` grows by {growth} ({stated})");
    let knob = match class.growth_volume {
        Some(_) => Knob::Volume(id),
        None => Knob::Growth(id),
    };
    out.push((own(text, class.growth_stated.unwrap_or(*span)), Some(knob)));
    match &class.churn {
        Some((churn, span)) => {
            let text = format!("of `{name}` {churn} are new to a backup (as written)");
            out.push((own(text, *span), Some(Knob::Churn(id))));
        }
        None => {
            let text = format!("`{name}` is new to every backup as a whole (the default)");
            out.push((own(text, *span), None));
        }
    }
}

/// That providers refuse what `may` leaves out: no proof looks at a bucket's policy.
fn narrowed(model: &Model, out: &mut Vec<(Assumption, Option<Knob>)>) {
    for (_, credential) in model.credentials.iter().filter(|(_, c)| c.stated) {
        let granted = credential.rights.iter().map(|granted| {
            let rights: Vec<&str> = granted.rights.iter().map(|right| right.word()).collect();
            let stores = granted.stores.iter();
            let stores = list(stores.map(|store| model.stores[*store].named.name.as_str()));
            let part = match granted.path.as_str() {
                "/" => String::new(),
                path => format!(" below `{path}`"),
            };
            format!("{} on {stores}{part}", rights.join(", "))
        });
        let text = format!(
            "the provider lets `{}` do no more than {}",
            credential.named.name,
            granted.collect::<Vec<_>>().join("; ")
        );
        out.push((own(text, credential.named.span), None));
    }
}

/// Whose word is taken: who bears risks.
fn trusted(model: &Model, out: &mut Vec<(Assumption, Option<Knob>)>) {
    let mut by: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for acceptance in &model.acceptances {
        for who in &acceptance.by {
            by.entry(who).or_default().push(acceptance);
        }
    }
    for (who, theirs) in by {
        let Some(first) = theirs.first() else {
            continue;
        };
        let risks = if theirs.len() == 1 { "risk" } else { "risks" };
        let text = format!(
            "{} may accept {} {risks} for everybody concerned",
            list([who]),
            theirs.len()
        );
        out.push((own(text, first.span), None));
    }
}
