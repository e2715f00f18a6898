//! What is above a clearance that somebody wrote: of a store, a host or a service.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, HostId, HostKind, Label, Location, ServiceId, Verb};
use thrice_plan::{Copy, CopyId, Period};
use thrice_simulate::Onlooker;

use super::played::{Case, Sees, Sight};
use super::{Found, Reading, copies_in, is_filled, labels, lie_open, opened, told};
use crate::context::Context;
use crate::hands::{By, Owned, Principal, joint};
use crate::wording::some;

pub(super) const ABOVE: Code = Code("T2201");

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
    let hosts = context.plan.model.hosts.iter();
    let cleared: Vec<HostId> = hosts
        .filter(|(_, host)| host.clearance.is_some() && host.kind != HostKind::ObjectStorage)
        .map(|(id, _)| id)
        .collect();
    let mut hits: BTreeMap<Place, BTreeMap<CopyId, Hit>> = BTreeMap::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        let finders = finders(context, period);
        for id in copies_in(context, period) {
            let copy = &context.plan.copies[id];
            let read = read(context, &cleared, copy, period).into_iter();
            let by_secrets = finders
                .iter()
                .filter_map(|finder| finder.read(context, copy));
            let above = above(context, copy, period).into_iter();
            // What a host brings somewhere is told as that, and not as what it could read as well.
            for (place, label, reading) in read
                .chain(by_secrets)
                .chain(above.map(|(place, label)| (place, label, None)))
            {
                let hit = Hit {
                    label,
                    period: index,
                    reading,
                };
                let hits = hits.entry(place).or_default();
                if is_filled(context, id, period) || !hits.contains_key(&id) {
                    hits.insert(id, hit);
                }
                found.leak(copy.class, period);
            }
        }
    }
    for (place, copies) in &hits {
        let host = match place {
            Place::Host(host) => Some(*host),
            Place::Store(store) => Some(context.plan.host_of(*store)),
            Place::Service(_) => None,
        };
        if let Some(host) = host {
            copies
                .keys()
                .for_each(|id| found.seen_on(context, host, *id));
        }
        tell(context, *place, copies, found);
    }
}

/// A copy that is seen.
struct Hit {
    label: Label,
    period: usize,
    /// How it is read, where nothing brings it.
    reading: Option<Reading>,
}

/// A store or a service for which a clearance is written, and what those can read who read it: where secrets lie, that
/// may be more than what lies there in clear.
struct Finder {
    place: Place,
    cleared: Label,
    /// The host of a store: what lives there may be seen there where it has no label.
    home: Option<HostId>,
    /// What is shown there.
    shown: Vec<Location>,
    owned: Owned,
}

/// Those who may come upon secrets in a period.
fn finders(context: &Context<'_>, period: &Period) -> Vec<Finder> {
    let model = &context.plan.model;
    if context.lies().all.is_empty() {
        return Vec::new();
    }
    let finder = |(place, cleared, home, shown): (Place, Label, Option<HostId>, Vec<Location>)| {
        let owned = joint(context, &[], shown.clone(), period.from);
        let found = !owned.found.is_empty();
        found.then_some(Finder {
            place,
            cleared,
            home,
            shown,
            owned,
        })
    };
    let stores = model.stores.iter().filter_map(|(id, store)| {
        let (cleared, _) = store.clearance.or(model.hosts[store.host].clearance)?;
        let all = Location::whole(id);
        Some((Place::Store(id), cleared, Some(store.host), vec![all]))
    });
    let services = model.services.iter().filter_map(|(id, service)| {
        let (cleared, _) = service.clearance?;
        let mounts = model.mounts.iter();
        let mounts = mounts.filter(|m| m.service == id && m.lifetime.contains(period.from));
        let mounted = mounts.map(|mount| mount.place());
        let shown = mounted.chain(context.declared(&service.named.name));
        Some((Place::Service(id), cleared, None, shown.collect()))
    });
    stores.chain(services).filter_map(finder).collect()
}

impl Finder {
    /// A copy that is read with what is found, and not because it lies there in clear.
    fn read(&self, context: &Context<'_>, copy: &Copy) -> Option<(Place, Label, Option<Reading>)> {
        let label = labels::seen(context, copy).filter(|label| *label > self.cleared)?;
        let lies_there = self.shown.iter().any(|place| place.meets(&copy.location));
        let home = context
            .plan
            .host_of(context.plan.model.classes[copy.class].home.store);
        let lives_there = self.home == Some(home) && label == Label::Unclassified;
        if lives_there || (lies_there && copy.key.is_none()) {
            return None;
        }
        let reading = Reading::of(context, &self.owned, copy)?;
        Some((self.place, label, Some(reading)))
    }
}

/// The hosts, of those for which a clearance is written, whose owner can read a copy that lies elsewhere, or encrypted, and
/// holds more than that: with credentials, keys and drills of theirs, or by way of hosts that they log in to.
fn read(
    context: &Context<'_>,
    cleared: &[HostId],
    copy: &Copy,
    period: &Period,
) -> Vec<(Place, Label, Option<Reading>)> {
    let model = &context.plan.model;
    let lies = context.host(copy);
    // Of what lies with itself in clear the store tells.
    let lies_open = |host: HostId| host == lies && copy.key.is_none();
    let there =
        |host: &&HostId| !lies_open(**host) && model.hosts[**host].lifetime.contains(period.from);
    let hits = cleared.iter().filter(there).filter_map(|host| {
        let (clearance, _) = model.hosts[*host].clearance?;
        let label = labels::seen(context, copy).filter(|label| *label > clearance)?;
        // Where it lives, what has no label is cleared.
        let home = context.plan.host_of(model.classes[copy.class].home.store);
        if *host == home && label == Label::Unclassified {
            return None;
        }
        let owned = context.owned(Principal::Host(*host), period.from);
        let reading = Reading::of(context, &owned, copy)?;
        Some((Place::Host(*host), label, Some(reading)))
    });
    hits.collect()
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
    // What is left of a step nobody brings any more.
    let runs = |step| model.steps[step].lifetime.contains(period.from);
    let host = seeing(context, copy).filter(|_| copy.made_by.is_some_and(runs));
    if let (Some(host), Some(source)) = (host, copy.source) {
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

/// Where it is said that a host can read, and how.
fn reads_with(context: &Context<'_>, by: By) -> Option<(Span, String)> {
    match by {
        By::Step(id) if !matches!(context.plan.model.steps[id].verb, Verb::Seed { .. }) => {
            let named = &context.plan.model.steps[id].named;
            Some((named.span, format!("`{}` reads it", named.name)))
        }
        _ => opened(context, by),
    }
}

fn tell(context: &Context<'_>, place: Place, copies: &BTreeMap<CopyId, Hit>, found: &mut Found) {
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
    let brought = copies.iter().filter(|(_, hit)| hit.reading.is_none());
    let steps: BTreeSet<_> = brought
        .filter_map(|(id, _)| context.plan.copies[*id].made_by)
        .collect();
    for step in steps.into_iter().take(SHOWN) {
        let named = &model.steps[step].named;
        diagnostic = diagnostic.at(named.span, format!("`{}` brings it here", named.name));
    }
    let readings = || copies.values().filter_map(|hit| hit.reading.as_ref());
    let bys: BTreeSet<By> = readings().map(|reading| reading.by).collect();
    for (span, text) in bys.into_iter().filter_map(|by| reads_with(context, by)) {
        diagnostic = diagnostic.at(span, text);
    }
    for (span, text) in lie_open(context, readings()) {
        diagnostic = diagnostic.at(span, text);
    }
    for (id, hit) in copies.iter().take(SHOWN) {
        diagnostic = diagnostic.event("", told(context, *id, hit.label));
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
            .map(|(id, hit)| (*id, Sight::of(hit.period, None)))
            .collect(),
        sees: Sees::Above(cleared),
    };
    found.add(diagnostic, &classes, &named.name, Some(case));
}
