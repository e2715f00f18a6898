//! Credentials may do what the steps need that authenticate with them.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    Credential, CredentialId, Holder, HostId, HostKind, Location, Model, Right, Source, Step,
    StepId, StepTarget, StoreId, Verb,
};

use thrice_plan::{read_places, written_place};

use super::{SHOWN, finding, rank};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::{list, some};

const MAY_NOT: Code = Code("T2319");

/// What is missing where, with which credentials, and by which acceptance that is covered.
type Missing = (Vec<CredentialId>, StoreId, Vec<Right>, usize);

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let mut missing: BTreeMap<Missing, Vec<StepId>> = BTreeMap::new();
    for (id, step) in context.plan.model.steps.iter() {
        let Some(runner) = step.runner.host.filter(|_| scripted(step)) else {
            continue;
        };
        let model = &context.plan.model;
        let reads = read_places(model, step);
        let writes = written_place(model, step);
        let ends = reads.iter().map(|place| (place, to_read(&step.verb)));
        let ends = ends.chain(writes.iter().map(|place| (place, to_write(model, step))));
        for (place, needed) in ends {
            if let Some((with, lacks)) = lacking(context, step, runner, place, needed) {
                let rank = rank(context, [&step.named]);
                let same = missing.entry((with, place.store, lacks, rank));
                same.or_default().push(id);
            }
        }
    }
    for ((with, store, lacks, _), steps) in &missing {
        out.push(tell(context, with, *store, lacks, steps));
    }
}

/// Lifecycle rules are the provider's own.
const fn scripted(step: &Step) -> bool {
    !matches!(step.verb, Verb::Expire { .. } | Verb::Capture(_))
}

const fn to_read(verb: &Verb) -> &'static [Right] {
    match verb {
        Verb::Move { .. } => &[Right::Read, Right::Delete],
        Verb::Prune => &[Right::Read, Right::Write, Right::Delete],
        _ => &[Right::Read],
    }
}

/// restic adds packs and reads the index; what keep rules give up it deletes, in the same run.
fn to_write(model: &Model, step: &Step) -> &'static [Right] {
    match &step.verb {
        Verb::Sync { .. } => &[Right::Read, Right::Write, Right::Delete],
        Verb::Backup { .. } if thins(model, step) => &[Right::Read, Right::Write, Right::Delete],
        Verb::Backup { .. } => &[Right::Read, Right::Write],
        _ => &[Right::Write],
    }
}

/// Whether a step applies keep rules where it writes: its own, or those of the backup whose versions it brings.
fn thins(model: &Model, step: &Step) -> bool {
    let rules = |step: &Step| matches!(step.verb, Verb::Backup { keep: Some(_), .. });
    let followed = model.followed(step);
    rules(step) || followed.is_some_and(|id| rules(&model.steps[id]))
}

/// The credentials that a step opens a place with, and what none of them may do there; `None` where one of
/// them may do all, or the policy names none.
fn lacking(
    context: &Context<'_>,
    step: &Step,
    runner: HostId,
    place: &Location,
    needed: &[Right],
) -> Option<(Vec<CredentialId>, Vec<Right>)> {
    let model = &context.plan.model;
    let storage = context.plan.host_of(place.store);
    if model.hosts[storage].kind != HostKind::ObjectStorage {
        return None;
    }
    let with = opening(context, step, runner, storage);
    let lacks = |id: &CredentialId| {
        let credential = &model.credentials[*id];
        let may = |right: &Right| !credential.stated || may(credential, *right, place);
        needed
            .iter()
            .copied()
            .filter(|right| !may(right))
            .collect::<Vec<Right>>()
    };
    let fewest = with.iter().map(lacks).min_by_key(Vec::len)?;
    (!fewest.is_empty()).then_some((with, fewest))
}

/// The step's own credential or its repository's, if it opens the storage; else those of that storage which lie
/// on the host that runs it.
fn opening(
    context: &Context<'_>,
    step: &Step,
    runner: HostId,
    storage: HostId,
) -> Vec<CredentialId> {
    let model = &context.plan.model;
    let repository = match (&step.target, &step.source) {
        (StepTarget::Repository(id, _), _) | (_, Source::Repository(id, _)) => Some(*id),
        _ => None,
    };
    let of_repository = repository.and_then(|id| model.repositories[id].credential);
    let named = [step.credential, of_repository].into_iter().flatten();
    let opens = |credential: &Credential| match credential.account {
        Some(account) => account == storage,
        None => {
            let mut stores = credential.rights.iter().flat_map(|rights| &rights.stores);
            stores.any(|store| context.plan.host_of(*store) == storage)
        }
    };
    let named: Vec<CredentialId> = named
        .map(|(id, _)| id)
        .filter(|id| opens(&model.credentials[*id]))
        .take(1)
        .collect();
    if !named.is_empty() {
        return named;
    }
    let here = |credential: &Credential| {
        let mut held = credential.held.iter();
        held.any(|(holder, _)| *holder == Holder::Host(runner))
    };
    let all = model.credentials.iter();
    let lying = all.filter(|(_, credential)| opens(credential) && here(credential));
    lying.map(|(id, _)| id).collect()
}

fn may(credential: &Credential, right: Right, place: &Location) -> bool {
    credential.rights.iter().any(|granted| {
        let part = || Location {
            store: place.store,
            path: granted.path.clone(),
        };
        granted.rights.contains(&right)
            && granted.stores.contains(&place.store)
            && (&*granted.path == "/" || part().contains(place))
    })
}

fn tell(
    context: &Context<'_>,
    with: &[CredentialId],
    store: StoreId,
    lacks: &[Right],
    steps: &[StepId],
) -> Finding {
    let model = &context.plan.model;
    let steps: BTreeSet<StepId> = steps.iter().copied().collect();
    let names: Vec<&str> = steps
        .iter()
        .map(|id| model.steps[*id].named.name.as_str())
        .collect();
    let credentials = with.iter().map(|id| &model.credentials[*id]);
    let who = list(credentials.clone().map(|c| c.named.name.as_str()));
    let what: Vec<&str> = lacks.iter().map(|right| right.word()).collect();
    let message = format!(
        "{who} may not {} on `{}`, as {} must",
        what.join(" or "),
        context.store_name(store),
        some(names.iter().copied())
    );
    let mut diagnostic = Diagnostic::error(MAY_NOT, message);
    for credential in credentials.take(SHOWN) {
        diagnostic = diagnostic.at(credential.named.span, "this is what it may do");
    }
    for id in steps.iter().take(SHOWN) {
        let named = &model.steps[*id].named;
        diagnostic = diagnostic.at(named.span, "refused in each of its runs");
    }
    let help = "give it the right (`may … on …`), or name another `credential` in the step";
    finding(
        diagnostic.help(help),
        names.into_iter().map(str::to_owned).collect(),
    )
}
