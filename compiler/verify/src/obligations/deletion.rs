//! Obligation 8: no single host or machine credential in hostile hands can destroy all copies of a
//! class before it is noticed, nor push them out where rules count; and locks fit what they lock.
//!
//! Where a requirement asks for it, survival decides and this obligation keeps quiet: one finding a
//! cause. What nobody asked for is a warning.

mod ages;
mod counting;
mod locks;
mod played;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ecow::EcoString;
use jiff::civil::Date;
use thrice_model::{ClassId, CredentialId, FaultKind, HostId, Obligation, Target};
use thrice_plan::{CopyId, Period};

use super::playing::{Played, may_be_told};
use super::settling::comes_by_itself;
use crate::context::Context;
use crate::fault::Fault;
use crate::faults::{Struck, Useless, Why, is_asked, strike};
use crate::hands::{By, Principal, machines};
use crate::systems::{BySystem, Symbolized};
use crate::verdicts::Said;
use crate::verification::{Engine, Verification};

/// What is left of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Nothing,
    /// What is left is not there at every age, and the live data is gone.
    NothingOld,
    OnlyLive,
}

/// What a finding goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    /// A credential that destroys every copy but the live data by itself.
    Credential(CredentialId),
    /// A host whose rights together do.
    Host(HostId),
}

/// Hits with one root.
#[derive(Default)]
struct Group {
    classes: BTreeSet<ClassId>,
    principals: BTreeSet<Principal>,
    /// Those who can destroy all but what lies with the data, where others can destroy that too.
    lesser: BTreeSet<Principal>,
    periods: BTreeSet<usize>,
    /// What happens to the copies of one class.
    case: Vec<(CopyId, Happens)>,
    /// In whose hands, and in which period.
    by: Option<(Principal, usize)>,
    /// Where something is left: an age at which nothing is.
    gap: Option<ages::Gap>,
}

/// What happens to a copy.
#[derive(Clone, Copy)]
enum Happens {
    Deleted(Option<By>),
    /// By a sync.
    Carried,
    /// By a copy.
    Overwritten,
    /// New versions of it are bad, and those from before go before anybody looks.
    Damaged,
    Unreadable,
    Left,
}

impl Group {
    /// The first day of the period of its case.
    fn day(&self, context: &Context<'_>) -> Date {
        context.first_day(self.by.map_or(0, |(_, index)| index))
    }
}

/// A principal in hostile hands and what comes of it.
#[derive(Clone)]
struct Attack {
    principal: Principal,
    /// The same for the same principal as long as the same comes of it.
    number: usize,
    struck: Rc<Struck>,
}

/// Attacks as they were when last looked at, and whom they surely leave something.
#[derive(Default)]
struct Known {
    attacks: BTreeMap<Principal, Attack>,
    /// How many numbers have been given.
    numbers: usize,
    /// For the first of classes alike, as long as its copies are this system: the numbers of attacks that
    /// leave a copy elsewhere alone.
    spare: BySystem<Vec<bool>>,
}

impl Known {
    /// A principal's attack in a period.
    fn attack(&mut self, context: &Context<'_>, principal: Principal, period: &Period) -> Attack {
        let fault = match principal {
            Principal::Credential(id) => Fault::Loss(Target::Credential(id)),
            Principal::Host(id) => Fault::Compromise(id),
        };
        let struck = strike(context, &vec![fault], period.from);
        let before = self.attacks.get(&principal);
        if let Some(before) = before.filter(|before| before.struck.is_as(context, &struck)) {
            return before.clone();
        }
        let attack = Attack {
            principal,
            number: self.numbers,
            struck: Rc::new(struck),
        };
        self.numbers += 1;
        self.attacks.insert(principal, attack.clone());
        attack
    }

    /// By the number of an attack, whether it leaves a copy of a class alone.
    fn spare(&mut self, class: ClassId, system: &Rc<Symbolized>) -> &mut Vec<bool> {
        let known = self.spare.of(class, system);
        known.resize(self.numbers, false);
        known
    }
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let is_chosen = context.chosen().is_some();
    if is_chosen && chosen(context).is_none() {
        return;
    }
    let mut groups: BTreeMap<(Root, Left), Group> = BTreeMap::new();
    let mut open = counting::Open::default();
    let mut known_attacks = Known::default();
    let mut asked_before = ages::Asked::default();
    for (index, period) in context.plan.periods.iter().enumerate() {
        let attacks = attacks(context, period, &mut known_attacks);
        let mut adders = counting::Adders::default();
        let mut notes = counting::Notes::default();
        for classes in context.kinds_in(period).iter() {
            let Some(class) = classes.first().copied() else {
                continue;
            };
            let system = context.symbolized(class, period);
            let ids = &system.copies;
            let spare = known_attacks.spare(class, &system);
            let noticed = context.noticed_after(class);
            let elsewhere: Vec<CopyId> = elsewhere(context, class, ids).collect();
            let staying: Vec<CopyId> = elsewhere
                .iter()
                .copied()
                .filter(|id| ages::stays(context, *id))
                .collect();
            let mut worst: Option<Left> = None;
            let mut engine = Engine::Evaluated;
            // Credentials come first, so that a host is put down to what it holds.
            let mut fatal = Fatal::default();
            for attack in &attacks {
                // Most attacks leave most classes alone, which is quick to see.
                let leaves = |id: &CopyId| {
                    let copy = &context.plan.copies[*id];
                    attack.struck.surely_leaves(context, copy, noticed)
                };
                if spare.get(attack.number) == Some(&true) {
                    continue;
                }
                if staying.iter().any(leaves) {
                    if let Some(spares) = spare.get_mut(attack.number) {
                        *spares = true;
                    }
                    continue;
                }
                let useless = attack.struck.useless(context, ids);
                let (left, gap) = if let Some(left) = left(context, ids, &useless) {
                    (left, None)
                } else {
                    let when = (period, index);
                    match asked_before.about(context, class, &system, &useless, when) {
                        Ok(proved) => {
                            engine = engine.weaker(proved);
                            continue;
                        }
                        Err(found) => {
                            engine = engine.weaker(found.engine());
                            // Where nothing is left at some age with nobody's help, that is told (`T1501`).
                            let nobody = Useless::default();
                            let without =
                                asked_before.about(context, class, &system, &nobody, when);
                            if without.is_err() {
                                continue;
                            }
                            (Left::NothingOld, Some(found))
                        }
                    }
                };
                worst = worst.min(Some(left)).or(Some(left));
                // That nothing lies elsewhere is told by the floor of survival.
                match (elsewhere.is_empty(), left) {
                    (true, Left::Nothing) => break,
                    (true, _) => continue,
                    (false, _) => {}
                }
                let root = fatal.root(context, (attack.principal, left), period);
                let kind = match attack.principal {
                    Principal::Credential(_) => FaultKind::Credential,
                    Principal::Host(_) => FaultKind::Compromise,
                };
                // A requirement need not name all of those that are alike.
                let is_told = |class: &ClassId| {
                    left == Left::OnlyLive
                        || context.chosen().is_none() && !is_asked(context, *class, kind, period)
                };
                let told: Vec<ClassId> = classes.iter().copied().filter(is_told).collect();
                let Some(first) = told.first().copied() else {
                    continue;
                };
                let group = groups.entry((root, left)).or_default();
                // The case with the most copies says most.
                if ids.len() > group.case.len() {
                    let case = case(context, attack, first, period);
                    if case.len() > group.case.len() {
                        group.case = case;
                        group.by = Some((attack.principal, index));
                        group.gap = gap;
                    }
                }
                group.classes.extend(told);
                group.principals.insert(attack.principal);
                group.periods.insert(index);
            }
            let note: EcoString = match worst {
                Some(Left::OnlyLive) => "in some cases only what lies with the data is left".into(),
                Some(Left::Nothing) if elsewhere.is_empty() => {
                    "nothing of it lies elsewhere".into()
                }
                Some(Left::Nothing) => EcoString::new(),
                Some(Left::NothingOld) => "nothing is left of what has some age".into(),
                None => {
                    let known = (&mut adders, &mut open);
                    let pushers = counting::pushers(context, classes, ids, period, known);
                    notes.of(context, pushers)
                }
            };
            let said = Said {
                obligation: Obligation::Deletion,
                engine,
                holds: !matches!(worst, Some(Left::Nothing | Left::NothingOld)),
                note,
            };
            out.verdicts.push(classes.iter().copied(), index, said);
        }
    }
    subsume(&mut groups);
    for ((root, left), group) in &groups {
        let borne_out = match &group.gap {
            // It was played when it was found.
            Some(gap) => may_be_told(context, out, Obligation::Deletion, (None, ""), || {
                gap.played()
            }),
            None => played::is_borne_out(context, out, group),
        };
        if borne_out {
            out.findings.extend(match left {
                Left::NothingOld => ages::tell(context, *root, group),
                Left::Nothing | Left::OnlyLive => {
                    let is_live_left = *left == Left::OnlyLive;
                    Some(tell::tell(context, *root, is_live_left, group))
                }
            });
        }
    }
    if !is_chosen {
        let rests_on = Played::Not("snapshots that somebody adds");
        for finding in counting::tell(context, &open) {
            let confirm = || Ok(rests_on.clone());
            may_be_told(context, out, Obligation::Deletion, (None, ""), confirm);
            out.findings.push(finding);
        }
        locks::decide(context, out);
    }
}

/// The principal that somebody chose to be asked about alone.
fn chosen(context: &Context<'_>) -> Option<Principal> {
    match context.chosen()?.as_slice() {
        [Fault::Loss(Target::Credential(id))] => Some(Principal::Credential(*id)),
        [Fault::Compromise(id)] => Some(Principal::Host(*id)),
        _ => None,
    }
}

/// All single principals of a period: credentials, then machines. If somebody chose one, that alone.
fn attacks(context: &Context<'_>, period: &Period, known: &mut Known) -> Vec<Attack> {
    let chosen = chosen(context);
    let credentials = context.plan.model.credentials.ids();
    credentials
        .map(Principal::Credential)
        .chain(machines(context, period).map(Principal::Host))
        .filter(|principal| chosen.is_none_or(|chosen| chosen == *principal))
        .map(|principal| known.attack(context, principal, period))
        .collect()
}

/// The copies of a class that count and lie in another store than its data.
fn elsewhere<'c>(
    context: &'c Context<'_>,
    class: ClassId,
    ids: &'c [CopyId],
) -> impl Iterator<Item = CopyId> + 'c {
    let home = context.plan.model.classes[class].home.store;
    ids.iter().copied().filter(move |id| {
        let copy = &context.plan.copies[*id];
        copy.counts && copy.location.store != home
    })
}

/// What is left, if that is not a copy in another store than the data's own. What is made when somebody thinks of it need not
/// be there.
fn left(context: &Context<'_>, ids: &[CopyId], useless: &Useless) -> Option<Left> {
    let mut live = false;
    for id in ids {
        let copy = &context.plan.copies[*id];
        let is_left = matches!(useless.get(*id), None | Some(Why::LiveDataLost));
        if !copy.counts || !is_left || !comes_by_itself(context, *id) {
            continue;
        }
        if copy.location.store != context.plan.model.classes[copy.class].home.store {
            return None;
        }
        live = true;
    }
    Some(if live { Left::OnlyLive } else { Left::Nothing })
}

/// Credentials that destroy a class by themselves: all of it, and what is old enough.
#[derive(Default)]
struct Fatal {
    all: BTreeSet<CredentialId>,
    old: BTreeSet<CredentialId>,
}

impl Fatal {
    /// What somebody's doing goes back to: what a host holds, if that is enough.
    fn root(
        &mut self,
        context: &Context<'_>,
        (principal, left): (Principal, Left),
        period: &Period,
    ) -> Root {
        let known = match left {
            Left::Nothing | Left::OnlyLive => &mut self.all,
            Left::NothingOld => &mut self.old,
        };
        match principal {
            Principal::Credential(id) => {
                known.insert(id);
                Root::Credential(id)
            }
            Principal::Host(host) => {
                let owned = context.owned(Principal::Host(host), period.from);
                let held = owned.credentials.iter().find(|c| known.contains(c));
                held.map_or(Root::Host(host), |c| Root::Credential(*c))
            }
        }
    }
}

fn case(
    context: &Context<'_>,
    attack: &Attack,
    class: ClassId,
    period: &Period,
) -> Vec<(CopyId, Happens)> {
    let system = context.symbolized(class, period);
    let ids = &system.copies;
    let useless = attack.struck.useless(context, ids);
    ids.iter()
        .filter(|id| context.plan.copies[**id].counts)
        .map(|id| {
            let copy = &context.plan.copies[*id];
            let happens = match useless.get(*id) {
                None | Some(Why::LiveDataLost) => Happens::Left,
                Some(Why::KeyLost(_)) => Happens::Unreadable,
                Some(Why::Propagated) => Happens::Carried,
                Some(Why::Overwritten) => Happens::Overwritten,
                Some(Why::Damaged) => Happens::Damaged,
                Some(_) => Happens::Deleted(attack.struck.destroyed_by(context, copy)),
            };
            (*id, happens)
        })
        .collect()
}

/// What is told as "nothing is left" is not told again as "only what lies with the data is": who can do
/// that is named there.
fn subsume(groups: &mut BTreeMap<(Root, Left), Group>) {
    let roots: BTreeSet<Root> = groups.keys().map(|(root, _)| *root).collect();
    for root in roots {
        let Some(mut lesser) = groups.remove(&(root, Left::OnlyLive)) else {
            continue;
        };
        if let Some(worse) = groups.get_mut(&(root, Left::Nothing)) {
            worse
                .lesser
                .extend(lesser.principals.difference(&worse.principals).copied());
            lesser
                .classes
                .retain(|class| !worse.classes.contains(class));
        }
        if !lesser.classes.is_empty() {
            groups.insert((root, Left::OnlyLive), lesser);
        }
    }
}
