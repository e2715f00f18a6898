//! Keep rules that count are open to whoever adds snapshots: worthless ones push the good ones out, at the next
//! forget that the policy itself runs.
//!
//! No right to delete is needed, no run fails and no step falls silent, so what a store keeps of what was deleted
//! does not help: nobody looks until it is gone as well. Only somebody who looks at the data notices, and a class
//! says within what time that is (`noticed within`).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ecow::EcoString;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    ClassId, HostId, KeyId, Location, Obligation, RepositoryId, Right, StepTarget, Verb,
};
use thrice_plan::{Copy, CopyId, Period};

use super::elsewhere;
use crate::context::Context;
use crate::hands::{Principal, machines};
use crate::verification::{Engine, Finding};
use crate::wording::{list, some};

const OPEN: Code = Code("T1805");

/// Hosts, in order.
type Hosts = Rc<[HostId]>;

/// The hosts that can add snapshots to a place with a key, as far as it has been asked in a period.
pub(super) type Adders = BTreeMap<(Location, Option<KeyId>), Hosts>;

/// Repositories by whose rules everything can be pushed out.
pub(super) type Open = BTreeMap<BTreeSet<RepositoryId>, Pushed>;

/// What can be pushed out, and by whom.
#[derive(Default)]
pub(super) struct Pushed {
    /// The classes, as they were met together.
    classes: BTreeSet<Vec<ClassId>>,
    hosts: Vec<Hosts>,
}

/// The hosts that can push out of each other store all versions of some classes alike; files them where nobody
/// would notice.
pub(super) fn pushers(
    context: &Context<'_>,
    classes: &[ClassId],
    ids: &[CopyId],
    period: &Period,
    (known, open): (&mut Adders, &mut Open),
) -> Hosts {
    let mut all: Option<Hosts> = None;
    let mut repositories = BTreeSet::new();
    let class = classes.first().copied();
    for copy in class
        .into_iter()
        .flat_map(|class| elsewhere(context, class, ids))
    {
        let Some((thinned, repository)) = thinned(context, &context.plan.copies[copy]) else {
            return Rc::default();
        };
        repositories.insert(repository);
        let place = (thinned.location.clone(), thinned.key);
        let adders = known.entry(place).or_insert_with(|| {
            let machines = machines(context, period);
            let adding = machines.filter(|host| adds_snapshots(context, *host, thinned, period));
            adding.collect()
        });
        let also = |host: &&HostId| adders.binary_search(host).is_ok();
        all = Some(match all {
            Some(all) if all == *adders => all,
            Some(all) => all.iter().filter(also).copied().collect(),
            None => Rc::clone(adders),
        });
    }
    let all = all.unwrap_or_default();
    let unnoticed = |class: &&ClassId| {
        context.plan.model.classes[**class]
            .asked()
            .noticed_within
            .is_none()
    };
    let unnoticed: Vec<ClassId> = classes.iter().filter(unnoticed).copied().collect();
    if !all.is_empty() && !unnoticed.is_empty() {
        let pushed = open.entry(repositories).or_default();
        pushed.classes.insert(unnoticed);
        // Most are pushed out by the same ones as others before.
        if !pushed.hosts.iter().any(|known| Rc::ptr_eq(known, &all)) {
            pushed.hosts.push(Rc::clone(&all));
        }
    }
    all
}

/// The copy by whose counting rules a copy loses versions: itself, or the one that it mirrors.
fn thinned<'c>(context: &'c Context<'_>, copy: &'c Copy) -> Option<(&'c Copy, RepositoryId)> {
    let mut copy = copy;
    loop {
        if let Some(repository) = counted(context, copy) {
            return Some((copy, repository));
        }
        copy = &context.plan.copies[copy.source.filter(|_| copy.propagates)?];
    }
}

/// The repository of a copy whose versions are thinned by rules that count.
fn counted(context: &Context<'_>, copy: &Copy) -> Option<RepositoryId> {
    let step = &context.plan.model.steps[copy.made_by?];
    match (&step.target, &step.verb) {
        (
            StepTarget::Repository(id, ..),
            Verb::Backup {
                keep: Some((rules, _)),
                ..
            },
        ) => rules.within.is_none().then_some(*id),
        _ => None,
    }
}

/// Whether a host can write snapshots that push others out of where a copy lies.
fn adds_snapshots(context: &Context<'_>, host: HostId, copy: &Copy, period: &Period) -> bool {
    let owned = context.owned(Principal::Host(host), period.from);
    let writes = |grant: &crate::hands::Grant| {
        grant.rights.contains(Right::Write) && grant.place.meets(&copy.location)
    };
    copy.key.is_none_or(|key| owned.keys.contains(&key)) && owned.grants.iter().any(writes)
}

/// What verdicts say besides, by the hosts that are the same ones.
#[derive(Default)]
pub(super) struct Notes {
    known: Vec<(Hosts, EcoString)>,
}

impl Notes {
    /// What a verdict says of the hosts that can push everything out.
    pub(super) fn of(&mut self, context: &Context<'_>, pushers: Hosts) -> EcoString {
        if pushers.is_empty() {
            return EcoString::new();
        }
        let same = |(hosts, _): &&(Hosts, _)| Rc::ptr_eq(hosts, &pushers);
        if let Some((_, note)) = self.known.iter().find(same) {
            return note.clone();
        }
        let note = EcoString::from(note(context, &pushers));
        self.known.push((pushers, note.clone()));
        note
    }
}

fn note(context: &Context<'_>, pushers: &[HostId]) -> String {
    format!(
        "keep rules that count are open to whoever adds snapshots: {}",
        some(names(context, pushers))
    )
}

/// One finding for the repositories that are open alike.
pub(super) fn tell(context: &Context<'_>, open: &Open) -> Vec<Finding> {
    let model = &context.plan.model;
    let told = |(repositories, pushed): (&BTreeSet<RepositoryId>, &Pushed)| {
        let hosts = pushed.hosts.iter().flat_map(|hosts| hosts.iter());
        let hosts: BTreeSet<&HostId> = hosts.collect();
        let named = repositories.iter().map(|id| &model.repositories[*id].named);
        let classes: BTreeSet<ClassId> = pushed.classes.iter().flatten().copied().collect();
        let of: Vec<&str> = classes.iter().map(|c| context.class_name(*c)).collect();
        let mut diagnostic = Diagnostic::warning(
            OPEN,
            format!(
                "who owns {}{} can push all good versions of {} out of {} with worthless ones, and nothing falls silent",
                if hosts.len() > 1 { "one of " } else { "" },
                some(names(context, hosts.iter().copied())),
                some(of.iter().copied()),
                list(named.clone().map(|named| named.name.as_str())),
            ),
        );
        for named in named {
            diagnostic = diagnostic.at(named.span, "its keep rules count snapshots");
        }
        let diagnostic = diagnostic
            .event("at some time", "snapshots of nothing are added, dated over the days, weeks and months that are kept")
            .event("the next forget", "counts them, and gives the good ones up: each run succeeds")
            .about(of.join(" "))
            .by(Engine::Evaluated.word())
            .help(
                "keep by age instead (`keep within 6 months`), let a second copy not be a mirror of this one, or look at \
                 the data and say how soon: `noticed within 7 days` in the class",
            );
        Finding {
            diagnostic,
            obligation: Obligation::Deletion,
            classes: classes.into_iter().collect(),
            subjects: repositories
                .iter()
                .map(|id| model.repositories[*id].named.name.to_string())
                .collect(),
            fault: None,
            floor: false,
        }
    };
    open.iter().map(told).collect()
}

fn names<'c, 'h>(
    context: &'c Context<'_>,
    hosts: impl IntoIterator<Item = &'h HostId>,
) -> BTreeSet<&'c str> {
    hosts
        .into_iter()
        .map(|host| context.plan.model.hosts[*host].named.name.as_str())
        .collect()
}
