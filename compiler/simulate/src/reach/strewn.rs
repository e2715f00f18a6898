//! Keys and credentials that lie in files, and whatever steps have made of these.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use jiff::civil::Date;
use thrice_model::{
    CaptureMethod, CredentialId, Holder, HostId, HostKind, KeyId, Location, Source, Step, StepId,
    StepTarget, VaultId, Verb,
};
use thrice_plan::Plan;

use super::{opened, used};

/// Something that opens something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Opener {
    Key(KeyId),
    Credential(CredentialId),
    /// All that somebody keeps in the vault.
    Vault(VaultId),
}

/// A file with such a thing, or what holds that file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Strewn {
    pub what: Opener,
    pub place: Location,
    /// The keys under which it lies there.
    pub sealed_by: BTreeSet<KeyId>,
}

/// All that lies somewhere on a day, or has been brought there by steps that have begun by then.
pub(super) fn strewn(plan: &Plan, day: Date) -> Vec<Strewn> {
    let mut out: Vec<(Strewn, Vec<StepId>)> = Vec::new();
    for (what, host) in holders(plan, day) {
        let file = match what {
            Opener::Key(id) => plan.model.keys[id].file.as_deref(),
            Opener::Credential(id) => plan.model.credentials[id].file.as_deref(),
            Opener::Vault(_) => None,
        };
        let places = file.map(|file| at_home(plan, host, file));
        out.extend(places.into_iter().flatten().map(|place| {
            let sealed_by = BTreeSet::new();
            let lies = Strewn {
                what,
                place,
                sealed_by,
            };
            (lies, Vec::new())
        }));
    }
    let begun = plan.model.steps.iter();
    let begun = begun.filter(|(_, step)| step.lifetime.from <= day);
    let begun: Vec<(StepId, &Step)> = begun.collect();
    loop {
        let mut new: Vec<(Strewn, Vec<StepId>)> = Vec::new();
        for (lies, way) in &out {
            for (id, step) in begun.iter().filter(|(id, _)| !way.contains(id)) {
                for brought in brought(plan, step, lies) {
                    let known = out.iter().chain(&new);
                    if !known.into_iter().any(|(other, _)| *other == brought) {
                        let mut way = way.clone();
                        way.push(*id);
                        new.push((brought, way));
                    }
                }
            }
        }
        if new.is_empty() {
            let files = out.into_iter().map(|(lies, _)| lies);
            return files.chain(content(plan, day)).collect();
        }
        out.append(&mut new);
    }
}

/// What vaults hold whose content others can read: where it lives, and wherever steps have brought it that have begun.
fn content(plan: &Plan, day: Date) -> impl Iterator<Item = Strewn> {
    let open = plan.model.vaults.iter().filter(|(_, vault)| !vault.sealed);
    let open = open.filter_map(|(id, vault)| Some((id, vault.data?.0)));
    open.flat_map(move |(id, class)| {
        let copies = plan.copies.iter().filter(move |(copy_id, copy)| {
            let begun = |id| match plan.copies[id].made_by {
                Some(step) => plan.model.steps[step].lifetime.from <= day,
                None => plan.model.classes[class].lifetime.from <= day,
            };
            copy.class == class && plan.way(*copy_id).all(begun)
        });
        copies.flat_map(move |(_, copy)| {
            let aside = copy
                .made_by
                .and_then(|by| plan.model.steps[by].puts_aside());
            [Some(&copy.location), aside]
                .into_iter()
                .flatten()
                .map(move |place| Strewn {
                    what: Opener::Vault(id),
                    place: place.clone(),
                    sealed_by: copy.key.into_iter().collect(),
                })
        })
    })
}

/// The places on a host in which the file with a key lies.
pub(super) fn file_of(plan: &Plan, key: KeyId, host: HostId) -> Vec<Location> {
    let file = plan.model.keys[key].file.as_deref();
    file.map_or_else(Vec::new, |file| at_home(plan, host, file))
}

/// What lies in files on which hosts: those that are said to hold it, and those whose steps need it.
fn holders(plan: &Plan, day: Date) -> BTreeSet<(Opener, HostId)> {
    let model = &plan.model;
    let mut out = BTreeSet::new();
    let on_host = |holder: &Holder| match holder {
        Holder::Host(host) => Some(*host),
        Holder::Vault(_) => None,
    };
    for (id, key) in model.keys.iter() {
        let hosts = key.held.iter().filter_map(|(holder, _)| on_host(holder));
        out.extend(hosts.map(|host| (Opener::Key(id), host)));
    }
    for (id, credential) in model.credentials.iter() {
        let held = credential.held.iter();
        let hosts = held.filter_map(|(holder, _)| on_host(holder));
        out.extend(hosts.map(|host| (Opener::Credential(id), host)));
    }
    for (_, step) in model.steps.iter() {
        let Some(host) = step.runner.host.filter(|_| step.lifetime.from <= day) else {
            continue;
        };
        let key = opened(step).and_then(|id| model.repositories[id].key);
        out.extend(key.map(|(key, _)| (Opener::Key(key), host)));
        let credentials = used(plan, step).into_iter();
        out.extend(credentials.map(|id| (Opener::Credential(id), host)));
    }
    out
}

/// Where a path of a host lies among its stores.
fn at_home(plan: &Plan, host: HostId, path: &str) -> Vec<Location> {
    if plan.model.hosts[host].kind == HostKind::ObjectStorage {
        return Vec::new();
    }
    let mut best = 0;
    let mut out = Vec::new();
    for (store, what) in plan.model.stores.iter() {
        let mount = Path::new(&what.mounted_at);
        if what.host != host || !Path::new(path).starts_with(mount) {
            continue;
        }
        let depth = mount.components().count();
        if depth > best {
            best = depth;
            out.clear();
        }
        if depth == best {
            let names = Path::new(path).components().skip(depth);
            let below: PathBuf = names.collect();
            let path = joined("/", &below).into();
            out.push(Location { store, path });
        }
    }
    out
}

/// A path below another one.
fn joined(base: &str, below: &Path) -> String {
    if below.as_os_str().is_empty() {
        return base.to_owned();
    }
    Path::new(base).join(below).to_string_lossy().into_owned()
}

/// What becomes of something where a step brings it, and of what a sync has brought where it puts aside what is gone
/// later; nothing where it does not take it.
fn brought(plan: &Plan, step: &Step, lies: &Strewn) -> Vec<Strewn> {
    let Some(there) = brought_there(plan, step, lies) else {
        return Vec::new();
    };
    let aside = step.puts_aside().map(|place| Strewn {
        place: place.clone(),
        ..there.clone()
    });
    std::iter::once(there).chain(aside).collect()
}

fn brought_there(plan: &Plan, step: &Step, lies: &Strewn) -> Option<Strewn> {
    let copies_files = match &step.verb {
        Verb::Capture(how) => how.method == CaptureMethod::Files,
        Verb::Backup { .. } | Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => true,
        Verb::Expire { .. } | Verb::Seed { .. } | Verb::Prune | Verb::Check(_) | Verb::Drill => {
            false
        }
    };
    let target = plan.model.written(step).filter(|_| copies_files)?;
    let sources = sources(plan, step);
    let around = sources.iter().find(|place| place.contains(&lies.place))?;
    let inside = Path::new(lies.place.path.as_str());
    let inside = inside.strip_prefix(around.path.as_str()).ok()?;
    if leaves_it(plan, step, &lies.place, inside) {
        return None;
    }
    let mut sealed_by = lies.sealed_by.clone();
    let mut place = target;
    match &step.target {
        StepTarget::Repository(id, _) => {
            if step.mirror().is_some() {
                sealed_by.clear();
            }
            sealed_by.extend(plan.model.repositories[*id].key.map(|(key, _)| key));
        }
        _ if matches!(step.verb, Verb::Capture(_)) => {}
        _ => {
            place.path = joined(&place.path, inside).into();
        }
    }
    Some(Strewn {
        what: lies.what,
        place,
        sealed_by,
    })
}

/// The trees that a step takes.
fn sources(plan: &Plan, step: &Step) -> Vec<Location> {
    match &step.source {
        Source::Location(place, _) => vec![place.clone()],
        Source::Repository(id, _) => vec![plan.model.repositories[*id].place()],
        Source::Step(id, _) => plan
            .model
            .written(&plan.model.steps[*id])
            .into_iter()
            .collect(),
        Source::Home => {
            let mut out = Vec::new();
            for (id, _) in &step.classes {
                let class = &plan.model.classes[*id];
                let whole = !matches!(step.verb, Verb::Capture(_)) || class.parts.is_empty();
                if whole {
                    out.push(class.home.clone());
                    continue;
                }
                for (part, _) in &class.parts {
                    let mut place = class.home.clone();
                    place.path = joined(&place.path, Path::new(part.as_str())).into();
                    out.push(place);
                }
            }
            out
        }
    }
}

/// Whether a step is told to leave something where it lies: what matches it, or a folder around it.
fn leaves_it(plan: &Plan, step: &Step, place: &Location, inside: &Path) -> bool {
    let names = |path: &Path| -> Vec<String> {
        let names = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        names.collect()
    };
    match &step.verb {
        Verb::Backup { exclude, .. } => {
            let mounted = &plan.model.stores[place.store].mounted_at;
            let file = Path::new(mounted).join(place.path.trim_start_matches('/'));
            let file = names(&file);
            let matches = |pattern: &String| {
                let wanted = names(Path::new(pattern));
                let rooted = pattern.starts_with('/');
                let from = if rooted { 0..=0 } else { 0..=file.len() };
                let mut beginnings = from.filter_map(|from| file.get(from..));
                (rooted || !wanted.is_empty())
                    && !pattern.contains(['[', ']', '\\'])
                    && beginnings.any(|path| begins(&wanted, path))
            };
            !exclude.iter().any(|pattern| pattern.starts_with('!')) && exclude.iter().any(matches)
        }
        Verb::Copy { include, .. } => {
            let file = names(inside);
            let may_match = |pattern: &String| {
                let wanted = names(Path::new(pattern));
                let end = file.len().checked_sub(wanted.len());
                let end = end.filter(|end| *end == 0 || !pattern.starts_with('/'));
                let unclear = pattern.contains("**")
                    || pattern.ends_with('/')
                    || pattern.contains(['[', ']', '{', '}', '\\', '+', '(']);
                unclear
                    || end.is_some_and(|end| {
                        let mut pairs = wanted.iter().zip(file.iter().skip(end));
                        pairs.all(|(wanted, name)| fits(wanted.as_bytes(), name.as_bytes()))
                    })
            };
            !include.is_empty() && !include.iter().any(may_match)
        }
        _ => false,
    }
}

/// Whether names at the beginning of a path match those of a pattern, of which `**` stands for any number.
fn begins(pattern: &[String], path: &[String]) -> bool {
    let one = |wanted: &String, at: usize| {
        let name = path.get(at);
        name.is_some_and(|name| fits(wanted.as_bytes(), name.as_bytes()))
    };
    let matched = beginnings(pattern, path.len(), |wanted| wanted == "**", one);
    matched.contains(&true)
}

/// Whether a name matches `*` and `?`.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let one = |sign: &u8, at: usize| name.get(at).is_some_and(|own| *sign == b'?' || sign == own);
    let matched = beginnings(pattern, name.len(), |sign| *sign == b'*', one);
    matched.last() == Some(&true)
}

/// For each length of a beginning of something, whether a pattern matches that beginning.
fn beginnings<P>(
    pattern: &[P],
    length: usize,
    any: impl Fn(&P) -> bool,
    one: impl Fn(&P, usize) -> bool,
) -> Vec<bool> {
    let mut matched = vec![false; length + 1];
    if let Some(nothing) = matched.first_mut() {
        *nothing = true;
    }
    for wanted in pattern {
        let mut so_far = false;
        let next = (0..=length).map(|end| {
            let here = |end: usize| matched.get(end).copied().unwrap_or(false);
            so_far |= here(end);
            match any(wanted) {
                true => so_far,
                false => end
                    .checked_sub(1)
                    .is_some_and(|at| here(at) && one(wanted, at)),
            }
        });
        matched = next.collect();
    }
    matched
}
