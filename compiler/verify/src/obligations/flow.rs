//! Obligation 12: no label reaches a store, environment, service or executing host without clearance
//! on any path, unless a transform removed it before it became readable.
//!
//! Closed world: what has no label is unclassified, and cleared nowhere but where it lives. Whoever's
//! closure reads a place reads what lies there in clear; encryption by the provider hides nothing. What a sync puts aside
//! holds all that it once brought.

mod direct;
mod labels;
mod places;
mod played;
mod seeds;

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{
    ClassId, Environment, EnvironmentId, HostId, Label, Location, Obligation, StepTarget, Verb,
};
use thrice_plan::{Copy, CopyId, CopyKind, Period};

use crate::context::Context;
use crate::hands::{By, Owned};
use crate::indexed::{Lies, Secret};
use crate::verdicts::{Said, Word};
use crate::verification::{Engine, Finding, Verification};
use crate::wording::{list, some};
use played::{Case, Sees, Sight, is_borne_out};
use thrice_simulate::Onlooker;

const ENVIRONMENT: Code = Code("T2202");
const UNLABELLED: Code = Code("T2206");

/// How many copies a message tells of.
const SHOWN: usize = 8;

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut found = Found::default();
    seeds::decide(context, &mut found);
    places::decide(context, &mut found);
    environments(context, &mut found);
    direct::decide(context, &mut found);
    unlabelled(context, &mut found);
    for (index, period) in context.plan.periods.iter().enumerate() {
        let classes = context.classes_in(period);
        let words = words(context, &classes, period, &found.leaks, out);
        for (class, word) in classes.iter().zip(words) {
            if let Some(word) = word {
                out.verdicts.push_one(*class, index, word);
            }
        }
    }
    for (finding, case) in found.findings {
        if case.is_none_or(|case| is_borne_out(context, out, &case)) {
            out.findings.push(finding);
        }
    }
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    /// Each with its case, if what it tells has a course.
    findings: Vec<(Finding, Option<Case>)>,
    /// Classes that leak, with the first day of the period.
    leaks: BTreeSet<(ClassId, Date)>,
    /// Classes about which something has been told.
    told: BTreeSet<ClassId>,
    /// What has been told that environments can read, or their hosts, with the first day of the period.
    seen: BTreeSet<(EnvironmentId, CopyId, Date)>,
}

impl Found {
    /// It is told that something is seen on a host in a period: in another one it may be the environment's own doing.
    fn seen_on(&mut self, context: &Context<'_>, (host, period): (HostId, &Period), copy: CopyId) {
        let environments = context.plan.model.environments.iter();
        let there = environments.filter(|(_, environment)| environment.hosts.contains(&host));
        self.seen
            .extend(there.map(|(id, _)| (id, copy, period.from)));
    }

    fn leak(&mut self, class: ClassId, period: &Period) {
        self.leaks.insert((class, period.from));
        self.told.insert(class);
    }

    fn add(
        &mut self,
        diagnostic: Diagnostic,
        classes: &BTreeSet<ClassId>,
        subject: &str,
        case: Option<Case>,
    ) {
        let finding = Finding {
            diagnostic: diagnostic.by(Engine::Evaluated.word()).about(subject),
            obligation: Obligation::Flow,
            classes: classes.iter().copied().collect(),
            subjects: vec![subject.to_owned()],
            fault: None,
            floor: false,
        };
        self.findings.push((finding, case));
    }
}

/// The copies of all classes in a period, and what steps have left that have ended by then.
fn copies_in(context: &Context<'_>, period: &Period) -> Vec<CopyId> {
    let mut out = Vec::new();
    for class in context.classes_in(period).iter() {
        out.extend_from_slice(&context.copies_there(*class, period));
    }
    let stays = &context.left().stays;
    if !stays.is_empty() {
        let asked = context.ever_in(period);
        let mine = |id: &CopyId| asked.contains(&context.plan.copies[*id].class);
        out.extend(left_in(context, stays.keys().copied().filter(mine), period));
    }
    out
}

/// Whether a copy is one of those that are filled in a period.
fn is_filled(context: &Context<'_>, id: CopyId, period: &Period) -> bool {
    let class = context.plan.copies[id].class;
    context.copies_there(class, period).contains(&id)
}

/// Of some copies those that nothing fills any more in a period, and in which something still lies. What others fill
/// with the same is seen as that.
fn left_in(
    context: &Context<'_>,
    copies: impl Iterator<Item = CopyId>,
    period: &Period,
) -> Vec<CopyId> {
    let plan = context.plan;
    let is_left = |id: &CopyId| {
        let copy = &plan.copies[*id];
        let stay = context.left().stay(plan, *id);
        let is_as = |other: &CopyId| {
            let other = &plan.copies[*other];
            *other.location.path == *copy.location.path
                && other.location.store == copy.location.store
                && other.key == copy.key
                && other.kind != CopyKind::Seed
                && copy.kind != CopyKind::Seed
        };
        let there = context.copies_there(copy.class, period);
        stay.contains(period.from) && !there.contains(id) && !there.iter().any(is_as)
    };
    copies.filter(is_left).collect()
}

/// Whether a copy lies with the data itself, where everything is cleared.
fn at_home(context: &Context<'_>, copy: &Copy) -> bool {
    let home = context.plan.model.classes[copy.class].home.store;
    context.host(copy) == context.plan.host_of(home)
}

/// A place in which something of a copy lies.
#[derive(Clone, Copy, Debug)]
struct Spot<'p> {
    place: &'p Location,
    /// The sync that fills the copy puts aside there what it would delete.
    aside: bool,
}

/// Where a copy lies, and where what was in it is put aside: on the same store.
fn spots<'c>(context: &'c Context<'_>, copy: &'c Copy) -> impl Iterator<Item = Spot<'c>> {
    let aside = context.aside(copy).map(|place| (place, true));
    let all = std::iter::once((&copy.location, false)).chain(aside);
    all.map(|(place, aside)| Spot { place, aside })
}

/// How somebody reads a copy.
#[derive(Clone, Debug)]
struct Reading {
    /// By which right.
    by: By,
    /// It is what is put aside that is read, and not the copy itself.
    aside: bool,
    /// The secrets that he has come upon and needs for it, by their numbers among all that lie.
    found: BTreeSet<usize>,
}

impl Reading {
    fn of(context: &Context<'_>, owned: &Owned, copy: &Copy) -> Option<Self> {
        let mut spots = spots(context, copy);
        let (by, aside) =
            spots.find_map(|spot| Some((owned.reads(copy, spot.place)?, spot.aside)))?;
        let all = &context.lies().all;
        let needed = |number: &usize| {
            let Some(what) = all.get(*number).map(|lying| lying.what) else {
                return false;
            };
            copy.key
                .is_some_and(|key| Lies::gives_key(context, what, key))
                || matches!(by, By::Credential(id) if Lies::gives_credential(context, what, id))
        };
        let found = owned.found.iter().copied().filter(needed);
        Some(Self {
            by,
            aside,
            found: found.collect(),
        })
    }
}

/// What reaches an environment above its clearance; one that has none is cleared for what is public.
fn environments(context: &Context<'_>, found: &mut Found) {
    for (who, environment) in context.plan.model.environments.iter() {
        let cleared = environment.clearance.unwrap_or(Label::Public);
        let mut hits: BTreeMap<CopyId, (Label, Reading)> = BTreeMap::new();
        let mut sights: BTreeMap<CopyId, Sight> = BTreeMap::new();
        let mut classes: BTreeSet<ClassId> = BTreeSet::new();
        for (index, period) in context.plan.periods.iter().enumerate() {
            for id in copies_in(context, period) {
                let copy = &context.plan.copies[id];
                // What the seeds' own finding tells, or that of a host, is not told twice.
                if found.seen.contains(&(who, id, period.from)) {
                    continue;
                }
                let label = labels::seen_from(context, copy, lives_there(context, who, copy));
                let Some(label) = label.filter(|label| *label > cleared) else {
                    continue;
                };
                let but = spared(context, who, copy);
                let owned = context.owned_beside(who, but, period.from);
                if let Some(reading) = Reading::of(context, &owned, copy) {
                    // What is filled is told of as that, and not as what is left of it.
                    if is_filled(context, id, period) || !hits.contains_key(&id) {
                        sights.insert(id, Sight::of(index, Some(&reading)).but(but));
                        hits.insert(id, (label, reading));
                    }
                    classes.insert(copy.class);
                    found.leak(copy.class, period);
                }
            }
        }
        if hits.is_empty() {
            continue;
        }
        let diagnostic = tell_environment(context, environment, &hits, &classes);
        let case = Case {
            by: Onlooker::Environment(who),
            copies: sights,
            sees: Sees::Above(cleared),
        };
        found.add(diagnostic, &classes, &environment.named.name, Some(case));
    }
}

/// The host of an environment that reads a copy as what it has anyway: the one on which the data lives. Its others read no
/// more than they may, and what seeds bring is for them all.
fn spared(context: &Context<'_>, who: EnvironmentId, copy: &Copy) -> Option<HostId> {
    let model = &context.plan.model;
    let home = context.plan.host_of(model.classes[copy.class].home.store);
    let is_for = |step| {
        let step = &model.steps[step];
        matches!(step.verb, Verb::Seed { .. })
            && matches!(&step.target, StepTarget::Environment(to, ..) if *to == who)
    };
    let hosts = &model.environments[who].hosts;
    (hosts.contains(&home) && !labels::makers(context, copy).any(is_for)).then_some(home)
}

/// Whether an environment is nowhere but where data lives and a copy of it lies.
fn lives_there(context: &Context<'_>, who: EnvironmentId, copy: &Copy) -> bool {
    let home = context.plan.model.classes[copy.class].home.store;
    let home = context.plan.host_of(home);
    let mut hosts = context.plan.model.environments[who].hosts.iter();
    at_home(context, copy) && hosts.all(|host| *host == home)
}

fn tell_environment(
    context: &Context<'_>,
    environment: &Environment,
    hits: &BTreeMap<CopyId, (Label, Reading)>,
    classes: &BTreeSet<ClassId>,
) -> Diagnostic {
    let name = &environment.named.name;
    let cleared = match environment.clearance {
        Some(label) => format!("cleared for {} data", labels::word(label)),
        None => "cleared for nothing".to_owned(),
    };
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let mut diagnostic = Diagnostic::error(
        ENVIRONMENT,
        format!("`{name}` is {cleared}, and can read {names}"),
    )
    .at(environment.named.span, cleared);
    let bys: BTreeSet<By> = hits.values().map(|(_, reading)| reading.by).collect();
    for by in bys {
        if let Some((span, text)) = opened(context, by) {
            diagnostic = diagnostic.at(span, text);
        }
    }
    for (span, text) in lie_open(context, hits.values().map(|(_, reading)| reading)) {
        diagnostic = diagnostic.at(span, text);
    }
    for (id, (label, reading)) in hits.iter().take(SHOWN) {
        diagnostic = diagnostic.event("", told(context, *id, *label, reading.aside));
    }
    if hits.len() > SHOWN {
        diagnostic = diagnostic.event("", format!("and {} more copies", hits.len() - SHOWN));
    }
    diagnostic.help(
        "narrow what its hosts can read to the seed, let the seed change what is sensitive `before leaving`, \
         label what may be seen there (`fields { … }`), and say its `clearance`",
    )
}

/// "`databases` (unclassified) in `s3.shared:/seed-data`, by `seed_pg`"
fn told(context: &Context<'_>, id: CopyId, label: Label, aside: bool) -> String {
    let copy = &context.plan.copies[id];
    let how = if aside { "put aside by" } else { "by" };
    let by = copy.made_by.map_or_else(String::new, |step| {
        format!(", {how} `{}`", context.plan.model.steps[step].named.name)
    });
    format!(
        "`{}` ({}) in `{}`{by}",
        context.class_name(copy.class),
        labels::word(label),
        place(context, copy, aside)
    )
}

/// "`s3.shared:/seed-data`", where a copy lies or what is put aside of it.
fn place(context: &Context<'_>, copy: &Copy, aside: bool) -> String {
    let mut spots = spots(context, copy);
    let place = spots.find(|spot| spot.aside == aside);
    let place = place.map_or(&copy.location, |spot| spot.place);
    format!("{}:{}", context.store_name(place.store), place.path)
}

/// Where it is said that somebody can read, and how.
fn opened(context: &Context<'_>, by: By) -> Option<(Span, String)> {
    let model = &context.plan.model;
    Some(match by {
        By::Credential(id) => {
            let credential = &model.credentials[id];
            let how = if credential.stated {
                "it reads with this"
            } else {
                "it reads with this, which no `may` narrows"
            };
            (credential.named.span, how.to_owned())
        }
        By::Step(id) => {
            let named = &model.steps[id].named;
            (named.span, format!("`{}` brings it there", named.name))
        }
        By::Host(_) | By::Reader => return None,
        By::Mount(index) => (model.mounts.get(index)?.named.span, "shown here".to_owned()),
    })
}

/// Where the secrets lie that somebody has come upon.
fn lie_open<'r>(
    context: &Context<'_>,
    readings: impl Iterator<Item = &'r Reading>,
) -> Vec<(Span, String)> {
    let model = &context.plan.model;
    let found: BTreeSet<usize> = readings.flat_map(|reading| reading.found.clone()).collect();
    let all = &context.lies().all;
    let found = found.into_iter().filter_map(|number| all.get(number));
    let mut told: BTreeSet<Secret> = BTreeSet::new();
    let found = found.filter(|lying| told.insert(lying.what));
    found
        .map(|lying| {
            let named = match lying.what {
                Secret::Key(id) => &model.keys[id].named,
                Secret::Credential(id) => &model.credentials[id].named,
                Secret::Vault(id) => &model.vaults[id].named,
            };
            let store = context.store_name(lying.place.store);
            let text = format!("lies open in `{store}:{}`", lying.place.path);
            (named.span, text)
        })
        .collect()
}

/// The classes without labels that lie in clear away from home: one warning for all of them.
fn unlabelled(context: &Context<'_>, found: &mut Found) {
    let mut classes: BTreeSet<ClassId> = BTreeSet::new();
    let mut stores: BTreeSet<&str> = BTreeSet::new();
    let open: BTreeSet<CopyId> = context
        .plan
        .copies
        .iter()
        .filter(|(_, copy)| copy.key.is_none() && copy.kind != CopyKind::Live)
        .filter(|(_, copy)| !at_home(context, copy) && !found.told.contains(&copy.class))
        .filter(|(_, copy)| labels::seen(context, copy) == Some(Label::Unclassified))
        .map(|(id, _)| id)
        .collect();
    for period in context.plan.periods.iter().filter(|_| !open.is_empty()) {
        for id in copies_in(context, period) {
            let copy = &context.plan.copies[id];
            if open.contains(&id) {
                classes.insert(copy.class);
                stores.insert(context.store_name(copy.location.store));
            }
        }
    }
    let Some(first) = classes.first() else { return };
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let diagnostic = Diagnostic::warning(
        UNLABELLED,
        format!(
            "nothing says how sensitive {names} is, and it lies in clear on {}",
            list(stores.iter().copied())
        ),
    )
    .at(context.plan.model.classes[*first].named.span, "no label")
    .help("label it (`fields { rest internal }`), so that where it may go can be decided");
    let subject = classes
        .iter()
        .map(|c| context.class_name(*c))
        .collect::<Vec<_>>()
        .join(" ");
    found.add(diagnostic, &classes, &subject, None);
}

/// What is said of each class: what its fields are labelled, where it lies in clear besides its home, and which
/// hosts see it on its way.
fn words(
    context: &Context<'_>,
    classes: &[ClassId],
    period: &Period,
    leaks: &BTreeSet<(ClassId, Date)>,
    out: &mut Verification,
) -> Vec<Option<Word>> {
    let mut words = vec![None; classes.len()];
    for alike in context.kinds_in(period).iter() {
        let first = alike.first().copied();
        let shared = first.map_or_else(EcoString::new, |class| route(context, class, period));
        let mut last: Option<((EcoString, bool), Word)> = None;
        for class in alike {
            // Who clears a place may do it to one of those that are alike else.
            let own = is_left_anywhere(context, *class).then(|| route(context, *class, period));
            let key = (
                seen_by(context, *class, own.as_ref().unwrap_or(&shared)),
                !leaks.contains(&(*class, period.from)),
            );
            let word = match &last {
                Some((known, word)) if *known == key => *word,
                _ => {
                    let (note, holds) = key.clone();
                    let word = out.verdicts.word(Said {
                        obligation: Obligation::Flow,
                        engine: Engine::Evaluated,
                        holds,
                        note,
                    });
                    last = Some((key, word));
                    word
                }
            };
            let place = classes.binary_search(class).ok();
            if let Some(place) = place.and_then(|place| words.get_mut(place)) {
                *place = Some(word);
            }
        }
    }
    words
}

/// Whether anything of a class may be left by a step that has ended.
fn is_left_anywhere(context: &Context<'_>, class: ClassId) -> bool {
    let stays = &context.left().stays;
    let copies = context.copies_of(class);
    !stays.is_empty() && copies.iter().any(|id| stays.contains_key(id))
}

fn route(context: &Context<'_>, class: ClassId, period: &Period) -> EcoString {
    let mut stores: BTreeSet<&str> = BTreeSet::new();
    let mut hosts: BTreeSet<&str> = BTreeSet::new();
    let home = context
        .plan
        .host_of(context.plan.model.classes[class].home.store);
    let mut in_clear = |copy: &Copy| {
        if copy.key.is_none() && !at_home(context, copy) {
            stores.insert(context.store_name(copy.location.store));
        }
    };
    if is_left_anywhere(context, class) {
        let copies = context.copies_of(class).iter().copied();
        let left = left_in(context, copies, period).into_iter();
        left.for_each(|id| in_clear(&context.plan.copies[id]));
    }
    for id in context.copies_there(class, period).iter() {
        let copy = &context.plan.copies[*id];
        in_clear(copy);
        let host = places::seeing(context, copy).filter(|host| *host != home);
        hosts.extend(host.map(|host| context.plan.model.hosts[host].named.name.as_str()));
    }
    let mut out = Vec::new();
    if !stores.is_empty() {
        out.push(format!("in clear on {}", list(stores)));
    }
    if !hosts.is_empty() {
        out.push(format!("seen on its way by {}", list(hosts)));
    }
    out.join("; ").into()
}

/// What a class's fields are labelled, and where it can be seen.
fn seen_by(context: &Context<'_>, class: ClassId, route: &EcoString) -> EcoString {
    let fields = &context.plan.model.classes[class].fields;
    let labels: BTreeSet<Label> = fields.iter().map(|field| field.label).collect();
    if labels.is_empty() {
        return route.clone();
    }
    let words: Vec<&str> = labels.iter().map(|label| labels::word(*label)).collect();
    let mut out = format!("{} fields labelled {}", fields.len(), words.join(", "));
    if !route.is_empty() {
        out.push_str("; ");
        out.push_str(route);
    }
    out.into()
}
