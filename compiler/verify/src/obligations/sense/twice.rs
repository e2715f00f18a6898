//! One thing under two names. Who loses or opens it by the one has lost or opened it by the other, and what counts
//! as two copies, or as two secrets, is one.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{CredentialId, Holder, HostId, KeyId, Lifetime, Named, Obligation, StoreKind};
use thrice_plan::Plan;

use super::finding;
use crate::acceptance;
use crate::context::Context;
use crate::indexed::{credentials_of, key_of};
use crate::verification::Finding;
use crate::wording::some;

/// Names that a message points at.
const SHOWN: usize = 5;

const TWO_NAMES: Code = Code("T2622");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    mounted(context.plan, out);
    buckets(context.plan, out);
    secrets(context.plan, out);
}

/// What a host finds in a file of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Secret {
    Key(KeyId),
    Credential(CredentialId),
}

/// What bears a name in the policy, and when it is there.
type Thing<'m> = (&'m Named, Lifetime);

/// File systems of one host that are mounted at one place.
fn mounted(plan: &Plan, out: &mut Vec<Finding>) {
    let model = &plan.model;
    let mut by_place: BTreeMap<(HostId, &str), Vec<Thing<'_>>> = BTreeMap::new();
    for (_, store) in model.stores.iter() {
        if store.kind == StoreKind::FileSystem {
            let place = (store.host, store.mounted_at.as_str());
            let thing = (&store.named, store.lifetime);
            by_place.entry(place).or_default().push(thing);
        }
    }
    for ((_, at), things) in by_place {
        tell(plan, &things, out, |names| {
            let unless = if at == "/" {
                ", as stores are of which nothing else is said"
            } else {
                ""
            };
            (
                format!("{names} are mounted at one place, `{at}`{unless}"),
                "say where each of them is mounted (`mounted at /PATH`), or declare one store: a path lies in the same \
                 folder whichever of them it is written with"
                    .to_owned(),
            )
        });
    }
}

/// Buckets of one real name, in one storage or at one endpoint.
fn buckets(plan: &Plan, out: &mut Vec<Finding>) {
    let model = &plan.model;
    let mut by_name: BTreeMap<(String, &str), Vec<Thing<'_>>> = BTreeMap::new();
    for (_, store) in model.stores.iter() {
        if store.kind != StoreKind::FileSystem {
            let host = &model.hosts[store.host];
            let at = match &host.endpoint {
                Some(endpoint) => endpoint.to_ascii_lowercase(),
                None => format!("{:?}", store.host),
            };
            let thing = (&store.named, store.lifetime);
            let place = (at, store.bucket.as_str());
            by_name.entry(place).or_default().push(thing);
        }
    }
    for ((_, bucket), things) in by_name {
        tell(plan, &things, out, |names| {
            (
                format!("{names} are one bucket, `{bucket}`"),
                "declare it once, with places in it for each (`STORAGE.BUCKET:/PATH`); or give each its own real name \
                 (`bucket NAME \"REAL-NAME\"`) and each storage the `endpoint` that it has"
                    .to_owned(),
            )
        });
    }
}

/// Where a secret is found on a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found<'m> {
    File(&'m str),
    Profile(&'m str),
}

/// Keys and credentials that are found in one file, or under one profile, of one host.
fn secrets(plan: &Plan, out: &mut Vec<Finding>) {
    let model = &plan.model;
    let mut on: BTreeMap<Secret, BTreeSet<HostId>> = BTreeMap::new();
    for (_, step) in model.steps.iter() {
        if let Some(host) = step.runner.host {
            let credentials = credentials_of(model, step).map(Secret::Credential);
            for secret in credentials.chain(key_of(model, step).map(Secret::Key)) {
                on.entry(secret).or_default().insert(host);
            }
        }
    }
    let keys = model.keys.iter().flat_map(|(id, key)| {
        let file = key.file.as_deref().map(Found::File);
        file.map(|found| (Secret::Key(id), &key.held, found, &key.named))
    });
    let credentials = model.credentials.iter().flat_map(|(id, credential)| {
        let file = credential.file.as_deref().map(Found::File);
        let profile = credential.profile.as_deref().map(Found::Profile);
        let found = [file, profile].into_iter().flatten();
        found.map(move |found| {
            let secret = Secret::Credential(id);
            (secret, &credential.held, found, &credential.named)
        })
    });
    let mut by_place: BTreeMap<(HostId, Found<'_>), Vec<&Named>> = BTreeMap::new();
    for (secret, held, found, named) in keys.chain(credentials) {
        let held = held.iter().filter_map(|(holder, _)| match holder {
            Holder::Host(host) => Some(*host),
            Holder::Vault(_) => None,
        });
        let used = on.get(&secret).into_iter().flatten().copied();
        for host in held.chain(used).collect::<BTreeSet<HostId>>() {
            by_place.entry((host, found)).or_default().push(named);
        }
    }
    let always = Lifetime {
        from: model.policy.start,
        until: None,
        since: None,
    };
    // What is so on several hosts is told once.
    let mut told: BTreeSet<Vec<&str>> = BTreeSet::new();
    for ((host, found), named) in by_place {
        let names: Vec<&str> = named.iter().map(|named| named.name.as_str()).collect();
        if names.len() < 2 || !told.insert(names) {
            continue;
        }
        let things: Vec<Thing<'_>> = named.iter().map(|named| (*named, always)).collect();
        let host = &model.hosts[host].named.name;
        tell(plan, &things, out, |names| {
            match found {
            Found::File(file) => (
                format!("{names} lie in one file, `{file}` on `{host}`"),
                "give each a file of its own, or declare one: a file holds one secret, and whoever has it has all of them"
                    .to_owned(),
            ),
            Found::Profile(profile) => (
                format!("{names} are one profile, `{profile}` on `{host}`"),
                "give each a profile of its own, or declare one with all that it may do: a profile holds one secret, and \
                 whoever has it has all of them"
                    .to_owned(),
            ),
        }
        });
    }
}

/// One finding for all names of one thing, of those that are there at one time.
fn tell(
    plan: &Plan,
    things: &[Thing<'_>],
    out: &mut Vec<Finding>,
    words: impl Fn(&str) -> (String, String),
) {
    let rank =
        |(named, _): Thing<'_>| acceptance::rank(plan, Obligation::Sense, [named.name.as_str()]);
    let meet = |(_, lifetime): Thing<'_>, (_, its): Thing<'_>| lifetime.meets(its);
    for together in acceptance::in_each_others_way(things, rank, meet) {
        let names = || together.iter().map(|(named, _)| named.name.as_str());
        let (message, help) = words(&some(names()));
        let mut diagnostic = Diagnostic::error(TWO_NAMES, message);
        for (named, _) in together.iter().take(SHOWN) {
            diagnostic = diagnostic.at(named.span, "one of the names");
        }
        let subjects = names().map(str::to_owned).collect();
        out.push(finding(diagnostic.help(help), Vec::new(), subjects));
    }
}
