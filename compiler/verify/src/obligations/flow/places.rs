//! What is above a clearance that somebody wrote: of a store, a host or a service.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, HostId, HostKind, Label, Location, ServiceId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, Period};
use thrice_simulate::Onlooker;

use super::played::{Case, Sees, Sight};
use super::{Found, Reading, Spot, copies_in, is_filled, labels, lie_open, opened, spots, told};
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
            // What a host brings somewhere is told as that, and not as what it could read as well; and what lies there
            // as that, and not as what is put aside of it.
            let read = read.chain(by_secrets).map(|(place, label, reading)| {
                let aside = reading.as_ref().is_some_and(|reading| reading.aside);
                (place, label, reading, aside)
            });
            let brought = above.map(|(place, label, aside)| (place, label, None, aside));
            for (place, label, reading, aside) in read.chain(brought) {
                let hit = Hit {
                    label,
                    period: index,
                    reading,
                    aside,
                };
                let host = match place {
                    Place::Host(host) => Some(host),
                    Place::Store(store) => Some(context.plan.host_of(store)),
                    Place::Service(_) => None,
                };
                if let Some(host) = host {
                    found.seen_on(context, (host, period), id);
                }
                let hits = hits.entry(place).or_default();
                if is_filled(context, id, period) || !hits.contains_key(&id) {
                    hits.insert(id, hit);
                }
                found.leak(copy.class, period);
            }
        }
    }
    for (place, copies) in &hits {
        tell(context, *place, copies, found);
    }
}

/// A copy that is seen.
struct Hit {
    label: Label,
    period: usize,
    /// How it is read, where nothing brings it.
    reading: Option<Reading>,
    /// It is what a sync puts aside that is seen.
    aside: bool,
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
        let shown = shown.chain(browsed(context, id, period));
        Some((Place::Service(id), cleared, None, shown.collect()))
    });
    stores.chain(services).filter_map(finder).collect()
}

impl Finder {
    /// A copy that is read with what is found, and not because it lies there in clear.
    fn read(&self, context: &Context<'_>, copy: &Copy) -> Option<(Place, Label, Option<Reading>)> {
        let lies_there =
            spots(context, copy).any(|spot| self.shown.iter().any(|place| place.meets(spot.place)));
        let home = context
            .plan
            .host_of(context.plan.model.classes[copy.class].home.store);
        let label = labels::seen_from(context, copy, self.home == Some(home));
        let label = label.filter(|label| *label > self.cleared)?;
        if lies_there && copy.key.is_none() {
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
        let home = context.plan.host_of(model.classes[copy.class].home.store);
        let label = labels::seen_from(context, copy, *host == home);
        let label = label.filter(|label| *label > clearance)?;
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

/// The places that see a copy and are cleared for less than it holds, with its label there, and whether it is what is put
/// aside of it.
fn above(context: &Context<'_>, copy: &Copy, period: &Period) -> Vec<(Place, Label, bool)> {
    let model = &context.plan.model;
    let class = &model.classes[copy.class];
    let home = context.plan.host_of(class.home.store);
    let mut out = Vec::new();
    let mut check = |(place, aside), cleared: Option<(Label, Span)>, label: Option<Label>| {
        let Some(label) = label else { return };
        if cleared.is_some_and(|(cleared, _)| label > cleared) {
            out.push((place, label, aside));
        }
    };
    // Where it lives, what has no label is cleared; a label that is written is compared.
    if copy.key.is_none() {
        let id = copy.location.store;
        let store = &model.stores[id];
        let cleared = store.clearance.or(model.hosts[store.host].clearance);
        let label = labels::seen_from(context, copy, store.host == home);
        check((Place::Store(id), false), cleared, label);
        let label = labels::seen(context, copy);
        for (service, aside) in showing(context, copy, period) {
            let cleared = model.services[service].clearance;
            check((Place::Service(service), aside), cleared, label);
        }
    }
    // What is left of a step nobody brings any more.
    let runs = |step| model.steps[step].lifetime.contains(period.from);
    let host = seeing(context, copy).filter(|_| copy.made_by.is_some_and(runs));
    if let (Some(host), Some(source)) = (host, copy.source) {
        // The runner sees what it reads, before it changes or encrypts it.
        let label = labels::seen_from(context, &context.plan.copies[source], host == home);
        check(
            (Place::Host(host), false),
            model.hosts[host].clearance,
            label,
        );
    }
    out
}

/// The services whose users can read a copy, each with whether they read no more than what is put aside of it.
fn showing(context: &Context<'_>, copy: &Copy, period: &Period) -> BTreeMap<ServiceId, bool> {
    let mut out = BTreeMap::new();
    for Spot { place, aside } in spots(context, copy) {
        for service in services(context, place, period) {
            out.entry(service).or_insert(aside);
        }
    }
    out.extend(browsing(context, copy, period).map(|service| (service, false)));
    out
}

/// The services whose users can read what lies in a place: declared readers, and those that show it.
fn services<'c>(
    context: &'c Context<'_>,
    place: &'c Location,
    period: &'c Period,
) -> impl Iterator<Item = ServiceId> {
    let model = &context.plan.model;
    let readers = model.stores[place.store].readers.iter();
    let declared = readers.filter(|reader| reader.place(place.store).meets(place));
    let declared = declared.filter_map(|reader| {
        let mut services = model.services.iter();
        let named = services.find(|(_, service)| service.named.name == reader.who);
        named.map(|(id, _)| id)
    });
    let mounts = model.mounts.iter();
    let shown = mounts
        .filter(|mount| mount.place().meets(place))
        .filter(|m| m.lifetime.contains(period.from))
        .map(|m| m.service);
    declared.chain(shown)
}

/// The services whose users browse a copy: as plain files on the service's own host, if its class says so.
fn browsing<'c>(
    context: &'c Context<'_>,
    copy: &'c Copy,
    period: &'c Period,
) -> impl Iterator<Item = ServiceId> {
    let model = &context.plan.model;
    let by = model.classes[copy.class].browsed_by.iter();
    let by = by.map(|(service, _)| *service).filter(|service| {
        let service = &model.services[*service];
        service.lifetime.contains(period.from) && service.host == context.host(copy)
    });
    by.filter(|_| is_browsable(copy))
}

/// Where the copies lie that the users of a service browse.
fn browsed<'c>(
    context: &'c Context<'_>,
    service: ServiceId,
    period: &'c Period,
) -> impl Iterator<Item = Location> {
    let classes = context.plan.model.classes.iter();
    let classes = classes.filter(move |(_, class)| {
        let mut by = class.browsed_by.iter();
        by.any(|(by, _)| *by == service)
    });
    let copies = classes.flat_map(|(id, _)| context.copies_in(id, period));
    let copies = copies.map(|id| &context.plan.copies[id]);
    let copies = copies.filter(move |copy| browsing(context, copy, period).any(|by| by == service));
    copies.map(|copy| copy.location.clone())
}

/// Whether people can browse a copy. What is on its way is taken away again, and of a part they see but a part.
fn is_browsable(copy: &Copy) -> bool {
    copy.kind != CopyKind::Versions && copy.key.is_none() && copy.counts
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
        diagnostic = diagnostic.event("", told(context, *id, hit.label, hit.aside));
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
            .map(|(id, hit)| {
                let sight = Sight::of(hit.period, None).aside(hit.aside);
                (*id, sight)
            })
            .collect(),
        sees: Sees::Above(cleared),
    };
    found.add(diagnostic, &classes, &named.name, Some(case));
}
