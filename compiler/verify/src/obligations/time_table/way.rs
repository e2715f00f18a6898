//! Which way it is between hosts, and how fast.

use std::collections::BTreeSet;

use thrice_diagnostics::Code;
use thrice_model::{HostId, HostKind, Step};
use thrice_quantity::{Bytes, Seconds};

use crate::context::Context;

/// More than a line carries in time.
pub(super) const TOO_SLOW: Code = Code("T2108");

/// The ways between hosts that something takes, each from one to another.
pub(super) type Legs = BTreeSet<(HostId, HostId)>;

/// From where a step reads to who runs it, and on to where it writes.
pub(super) fn legs(step: &Step, source: Option<HostId>, destination: Option<HostId>) -> Legs {
    let stops = [source, step.runner.host, destination];
    let stops: Vec<HostId> = stops.into_iter().flatten().collect();
    let legs = stops.windows(2).filter_map(|leg| match *leg {
        [from, to] => Some((from, to)),
        _ => None,
    });
    legs.filter(|(from, to)| from != to).collect()
}

/// Whether the link of a host is how fast it takes what comes to it: that of an object storage is how fast it gives.
pub(super) fn takes_in(context: &Context<'_>, host: HostId) -> bool {
    context.plan.model.hosts[host].kind != HostKind::ObjectStorage
}

/// The least of the speeds that are stated on a step's way, in bytes a second, and where. What stays on one host needs no
/// line.
pub(super) fn speed(context: &Context<'_>, step: &Step, legs: &Legs) -> Option<(Bytes, String)> {
    let model = &context.plan.model;
    let given = legs.iter().map(|(from, _)| *from);
    let taken = legs.iter().map(|(_, to)| *to);
    let taken = taken.filter(|to| takes_in(context, *to));
    let hosts: BTreeSet<HostId> = given.chain(taken).collect();
    let links = hosts.iter().filter_map(|host| {
        let host = &model.hosts[*host];
        let link = host.link?;
        Some((Bytes(link.0), format!("the link of `{}`", host.named.name)))
    });
    // As a restore does, it goes through a network that both ends are in.
    let networks = model.networks.iter().filter_map(|network| {
        let is_in = |host: &HostId| network.hosts.contains(host);
        let speed = network.speed?;
        let goes = legs.iter().any(|(from, to)| is_in(from) && is_in(to));
        goes.then(|| (Bytes(speed.0), format!("`{}`", network.named.name)))
    });
    let own = step.pace().limit;
    let own = own.map(|limit| (limit, "its own `limit`".to_owned()));
    links
        .chain(networks)
        .chain(own)
        .min_by_key(|(speed, _)| *speed)
}

/// How long so much takes at so many bytes a second.
pub(super) fn takes(bytes: Bytes, speed: Bytes) -> Seconds {
    Seconds(i64::try_from(bytes.0 / speed.0.max(1)).unwrap_or(i64::MAX))
}
