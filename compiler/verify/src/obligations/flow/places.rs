//! What is above a clearance that somebody wrote: of a store, a host or a service.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, HostId, Label, Location, ServiceId};
use thrice_plan::{Copy, CopyId, Period};
use thrice_simulate::Onlooker;

use super::played::{Case, Sees, Sight};
use super::{Found, copies_in, labels, told};
use crate::context::Context;
use crate::wording::some;

const ABOVE: Code = Code("T2201");

/// How many copies a message tells of.
const SHOWN: usize = 6;

/// Where something may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Store(thrice_model::StoreId),
    Host(HostId),
    Service(ServiceId),
}

pub(super) fn decide(context: &Context<'_>, found: &mut Found) {
    if !is_anything_cleared(context) {
        return;
    }
    let mut hits: BTreeMap<Place, BTreeMap<CopyId, (Label, usize)>> = BTreeMap::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        for id in copies_in(context, period) {
            let copy = &context.plan.copies[id];
            for (place, label) in above(context, copy, period) {
                let hit = (label, index);
                hits.entry(place).or_default().insert(id, hit);
                found.leak(copy.class, period);
            }
        }
    }
    for (place, copies) in &hits {
        tell(context, *place, copies, found);
    }
}

/// Whether a clearance is written anywhere that could be too low.
fn is_anything_cleared(context: &Context<'_>) -> bool {
    let model = &context.plan.model;
    let stores = model.stores.iter().map(|(_, store)| store.clearance);
    let hosts = model.hosts.iter().map(|(_, host)| host.clearance);
    let services = model.services.iter().map(|(_, service)| service.clearance);
    stores.chain(hosts).chain(services).any(|c| c.is_some())
}

/// The host that sees what a copy is made of: the one that runs its step, if the data reaches it in
/// clear. What a client encrypts is clear before.
pub(super) fn seeing(context: &Context<'_>, copy: &Copy) -> Option<HostId> {
    let step = copy.made_by?;
    let source = &context.plan.copies[copy.source?];
    source
        .key
        .is_none()
        .then_some(context.plan.model.steps[step].runner.host)?
}

/// The places that see a copy and are cleared for less than it holds, with its label there.
fn above(context: &Context<'_>, copy: &Copy, period: &Period) -> Vec<(Place, Label)> {
    let model = &context.plan.model;
    let class = &model.classes[copy.class];
    let home = context.plan.host_of(class.home.store);
    let mut out = Vec::new();
    let mut check =
        |place: Place, cleared: Option<(Label, Span)>, own: bool, label: Option<Label>| {
            let Some(label) = label else { return };
            // Where it lives, what has no label is cleared; a label that is written is compared.
            let cleared_at_home = own && label == Label::Unclassified;
            if cleared.is_some_and(|(cleared, _)| label > cleared) && !cleared_at_home {
                out.push((place, label));
            }
        };
    if copy.key.is_none() {
        let label = labels::seen(context, copy);
        let store = &model.stores[copy.location.store];
        let own = store.host == home;
        let cleared = store.clearance.or(model.hosts[store.host].clearance);
        check(Place::Store(copy.location.store), cleared, own, label);
        for service in services(context, copy, period) {
            check(
                Place::Service(service),
                model.services[service].clearance,
                false,
                label,
            );
        }
    }
    if let (Some(host), Some(source)) = (seeing(context, copy), copy.source) {
        // The runner sees what it reads, before it changes or encrypts it.
        let label = labels::seen(context, &context.plan.copies[source]);
        check(
            Place::Host(host),
            model.hosts[host].clearance,
            host == home,
            label,
        );
    }
    out
}

/// The services whose users can read a copy: declared readers, and those that show it.
fn services(context: &Context<'_>, copy: &Copy, period: &Period) -> BTreeSet<ServiceId> {
    let model = &context.plan.model;
    let meets = |path: &str| {
        let place = Location {
            store: copy.location.store,
            path: path.into(),
        };
        place.meets(&copy.location)
    };
    let store = &model.stores[copy.location.store];
    let declared = store
        .readers
        .iter()
        .filter(|r| meets(&r.path))
        .filter_map(|reader| {
            let named = model
                .services
                .iter()
                .find(|(_, s)| s.named.name == reader.who);
            named.map(|(id, _)| id)
        });
    let shown = model
        .mounts
        .iter()
        .filter(|m| m.store == copy.location.store && meets(&m.path))
        .filter(|m| m.lifetime.contains(period.from))
        .map(|m| m.service);
    declared.chain(shown).collect()
}

fn tell(
    context: &Context<'_>,
    place: Place,
    copies: &BTreeMap<CopyId, (Label, usize)>,
    found: &mut Found,
) {
    let model = &context.plan.model;
    let (named, clearance, verb) = match place {
        Place::Store(id) => {
            let store = &model.stores[id];
            let cleared = store.clearance.or(model.hosts[store.host].clearance);
            (&store.named, cleared, "holds")
        }
        Place::Host(id) => (&model.hosts[id].named, model.hosts[id].clearance, "sees"),
        Place::Service(id) => (
            &model.services[id].named,
            model.services[id].clearance,
            "shows",
        ),
    };
    let Some((cleared, span)) = clearance else {
        return;
    };
    let classes: BTreeSet<ClassId> = copies
        .keys()
        .map(|id| context.plan.copies[*id].class)
        .collect();
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let mut diagnostic = Diagnostic::error(
        ABOVE,
        format!(
            "`{}` is cleared for {} data, and {verb} {names} in clear",
            named.name,
            labels::word(cleared)
        ),
    )
    .at(span, "no more than this may be seen here");
    let steps: BTreeSet<_> = copies
        .keys()
        .filter_map(|id| context.plan.copies[*id].made_by)
        .collect();
    for step in steps.into_iter().take(SHOWN) {
        let named = &model.steps[step].named;
        diagnostic = diagnostic.at(named.span, format!("`{}` brings it here", named.name));
    }
    for (id, (label, _)) in copies.iter().take(SHOWN) {
        diagnostic = diagnostic.event("", told(context, *id, *label));
    }
    let diagnostic = diagnostic.help(
        "encrypt it before it leaves its host (`backup` there), send less of it, label what is harmless \
         (`fields { … }`), or raise the clearance",
    );
    let sights = copies.iter();
    let case = Case {
        by: match place {
            Place::Store(id) => Onlooker::Store(id),
            Place::Host(id) => Onlooker::Host(id),
            Place::Service(id) => Onlooker::Service(id),
        },
        copies: sights
            .map(|(id, (_, period))| (*id, Sight::of(*period, None)))
            .collect(),
        sees: Sees::Above(cleared),
    };
    found.add(diagnostic, &classes, &named.name, Some(case));
}
