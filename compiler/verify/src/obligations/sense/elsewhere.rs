//! Places that are said to be in one store of a host and lie in another one, which is mounted there: what is lost with
//! which disk, where there is room, and whether a disk is mounted at all is then asked of the wrong one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    HostId, Lifetime, Location, Model, Named, Source, Step, StepTarget, StoreId, StoreKind, Verb,
};
use thrice_plan::read_places;

use super::finding;
use crate::context::Context;
use crate::patterns::passes_by;
use crate::verification::Finding;
use crate::wording::some;

/// Places that a message points at.
const SHOWN: usize = 5;

const ELSEWHERE: Code = Code("T2623");

/// How a place has to do with a store that is mounted below the one it is said to be in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lies {
    /// It lies in that store.
    Within,
    /// That store lies in it: who takes or clears all of the place does so with that store.
    Around,
}

/// What names a place, and from when until when.
struct Place<'m> {
    place: Location,
    lifetime: Lifetime,
    named: &'m Named,
    /// What takes or clears all that lies there.
    by: Option<&'m Step>,
    /// It is written of something else, of which it is told.
    follows: bool,
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let mut below: BTreeMap<HostId, Vec<StoreId>> = BTreeMap::new();
    for (id, store) in model.stores.iter() {
        if store.kind == StoreKind::FileSystem && store.mounted_at != "/" {
            below.entry(store.host).or_default().push(id);
        }
    }
    if below.is_empty() {
        return;
    }
    let mut found: BTreeMap<(StoreId, StoreId, Lies), Vec<&Named>> = BTreeMap::new();
    for what in places(model) {
        let own = &model.stores[what.place.store];
        for other in below.get(&own.host).into_iter().flatten() {
            if let Some(lies) = lies(model, &what, *other) {
                let found = found.entry((what.place.store, *other, lies)).or_default();
                if !found.contains(&what.named) {
                    found.push(what.named);
                }
            }
        }
    }
    let found = found.into_iter();
    out.extend(found.map(|((own, other, lies), named)| tell(model, (own, other), lies, &named)));
}

/// All places that the policy names.
fn places(model: &Model) -> Vec<Place<'_>> {
    let mut out = Vec::new();
    for (_, class) in model.classes.iter() {
        out.push(Place {
            place: class.home.clone(),
            lifetime: class.lifetime,
            named: &class.named,
            by: None,
            follows: false,
        });
    }
    for (_, repository) in model.repositories.iter() {
        out.push(Place {
            place: repository.place(),
            lifetime: repository.lifetime,
            named: &repository.named,
            by: None,
            follows: false,
        });
    }
    for mount in &model.mounts {
        out.push(Place {
            place: Location {
                store: mount.store,
                path: mount.path.clone(),
            },
            lifetime: mount.lifetime,
            named: &mount.named,
            by: None,
            follows: false,
        });
    }
    for (_, step) in model.steps.iter() {
        let mut add = |place: Location, is_whole: bool, follows: bool| {
            out.push(Place {
                place,
                lifetime: step.lifetime,
                named: &step.named,
                by: is_whole.then_some(step),
                follows,
            });
        };
        let takes = matches!(
            step.verb,
            Verb::Backup { .. } | Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. }
        );
        if takes && !matches!(step.source, Source::Repository(..)) {
            for place in read_places(model, step) {
                add(place, true, true);
            }
        }
        if let Source::Location(place, _) = &step.source {
            add(
                place.clone(),
                matches!(step.verb, Verb::Expire { .. }),
                false,
            );
        }
        match &step.target {
            StepTarget::Location(place, _) => {
                add(place.clone(), matches!(step.verb, Verb::Sync { .. }), false);
            }
            StepTarget::Environment(_, Some(via), _) => add(Location::clone(via), false, false),
            _ => {}
        }
        if let Verb::Sync {
            backup_dir: Some(place),
            ..
        } = &step.verb
        {
            add(Location::clone(place), false, false);
        }
    }
    out
}

fn lies(model: &Model, what: &Place<'_>, other: StoreId) -> Option<Lies> {
    let (own, other) = (&model.stores[what.place.store], &model.stores[other]);
    let at = Path::new(&other.mounted_at);
    let below = Path::new(&own.mounted_at);
    if at == below || !at.starts_with(below) || !what.lifetime.meets(other.lifetime) {
        return None;
    }
    let place: PathBuf = below.join(what.place.path.trim_start_matches('/'));
    if place.starts_with(at) {
        return (!what.follows).then_some(Lies::Within);
    }
    let is_taken = at.starts_with(&place)
        && what
            .by
            .is_some_and(|step| !passes_by(step, &[&other.mounted_at]));
    is_taken.then_some(Lies::Around)
}

fn tell(model: &Model, (own, other): (StoreId, StoreId), lies: Lies, named: &[&Named]) -> Finding {
    let (own, other) = (&model.stores[own], &model.stores[other]);
    let names = || named.iter().map(|named| named.name.as_str());
    let one = named.len() == 1;
    let (own_name, other_name) = (&own.named.name, &other.named.name);
    let (message, says, help) = match lies {
        Lies::Within => (
            format!(
                "{} {} in `{other_name}`, which is mounted at `{}`, and not in `{own_name}`",
                some(names()),
                if one { "lies" } else { "lie" },
                other.mounted_at
            ),
            "a place in the other store",
            format!("write it as a place of `{other_name}`, or say where that is mounted"),
        ),
        Lies::Around => (
            format!(
                "{} {} what lies in `{other_name}` along, which is mounted at `{}` within its place in `{own_name}`",
                some(names()),
                if one { "takes" } else { "take" },
                other.mounted_at
            ),
            "a place around the other store",
            format!(
                "let a backup leave that out (`exclude` with its path), and any other step take a place beside it; what \
                 lies in `{other_name}` may have a class and a step of its own"
            ),
        ),
    };
    let mut diagnostic = Diagnostic::error(ELSEWHERE, message);
    for named in named.iter().take(SHOWN) {
        diagnostic = diagnostic.at(named.span, says);
    }
    diagnostic = diagnostic.at(other.named.span, "mounted there");
    let subjects = names().map(str::to_owned).collect();
    finding(diagnostic.help(help), Vec::new(), subjects)
}
