//! Obligation 9: every encrypted copy that is relied on has a key that survives the same faults, with
//! the live data lost.
//!
//! The loss of hosts is the floor's and survival's; here is what those do not ask: where a key is said
//! to be at all, whether it lies only in what it opens, and whether one site takes it.

mod played;

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, FaultKind, Holder, HostId, KeyId, Lifetime, Obligation, Target};
use thrice_plan::{Copy, CopyKind, Period};

use crate::context::Context;
use crate::fault::{self, Fault, FaultSet, of_kind};
use crate::faults::{self, Why, strike};
use crate::obligations::survival::tell::set_words;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::{list, some};
use played::{Loss, is_borne_out};

const UNSAID: Code = Code("T1901");
const CIRCLE: Code = Code("T1902");
const ONE_PLACE: Code = Code("T1903");

/// What is wrong with a key.
#[derive(Default)]
struct Wrong {
    /// The first class that it opens in the first period in which it lies only in what it opens.
    circle: Option<(usize, ClassId)>,
    /// Faults that take the key and leave a copy that it opens: the first such class in the first such period.
    taken: BTreeMap<FaultSet, (usize, ClassId)>,
    /// Whose copies it opens, in order.
    classes: Vec<ClassId>,
    /// Of those that are alike in a period the first.
    opened: Vec<(usize, ClassId)>,
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut wrong: BTreeMap<KeyId, Wrong> = BTreeMap::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        let opened = opened(context, period);
        // Of a key that is lost because somebody says so nothing is asked.
        let is_left = |key: KeyId| {
            let chosen = context.chosen().into_iter().flatten();
            chosen
                .copied()
                .all(|fault| fault != Fault::Loss(Target::Key(key)))
        };
        for (key, classes) in opened.iter().filter(|(key, _)| is_left(**key)) {
            let found = wrong.entry(*key).or_default();
            let is_taken = judge(context, index, (*key, classes), found);
            let said = Said {
                obligation: Obligation::Keys,
                engine: Engine::Evaluated,
                holds: found.circle.is_none() && !is_taken,
                note: held_words(context, *key, period).into(),
            };
            out.verdicts
                .push([context.subjects().key(*key)], index, said);
        }
    }
    for (key, found) in &wrong {
        let one_set = found.taken.first_key_value();
        let taken = one_set.map(|(set, _)| Loss::Taken(set.clone()));
        let findings = [
            (unsaid(context, *key, found), Some(Loss::Unsaid)),
            (circle(context, *key, found), Some(Loss::Circle)),
            (one_place(context, *key, found), taken),
        ];
        for (finding, loss) in findings {
            if let (Some(finding), Some(loss)) = (finding, loss)
                && is_borne_out(context, out, (*key, &loss, found))
            {
                out.findings.push(finding);
            }
        }
    }
}

/// Whether a key opens a copy that counts.
fn opens(key: KeyId, copy: &Copy) -> bool {
    copy.key == Some(key) && copy.counts && copy.kind != CopyKind::Live
}

/// The classes that have copies in a period that count and that a key opens.
fn opened(context: &Context<'_>, period: &Period) -> BTreeMap<KeyId, Vec<ClassId>> {
    let mut out: BTreeMap<KeyId, Vec<ClassId>> = BTreeMap::new();
    for classes in context.kinds_in(period).iter() {
        let first = classes.first().copied();
        let copies = first.map_or_else(Vec::new, |first| context.copies_in(first, period));
        let copies = copies.iter().map(|id| &context.plan.copies[*id]);
        let keys = copies.filter_map(|copy| copy.key.filter(|key| opens(*key, copy)));
        for key in keys.collect::<BTreeSet<_>>() {
            out.entry(key).or_default().extend_from_slice(classes);
        }
    }
    out
}

/// Whether a host stands where a fault strikes.
fn has_hosts(context: &Context<'_>, fault: Fault, period: &Period) -> bool {
    let mut hosts = context.plan.model.hosts.iter();
    hosts.any(|(_, host)| {
        host.lifetime.contains(period.from) && fault == Fault::Loss(Target::Site(host.site))
    })
}

/// Adds what is wrong with a key in a period; whether a fault takes it there and leaves what it opens.
fn judge(
    context: &Context<'_>,
    index: usize,
    (key, classes): (KeyId, &[ClassId]),
    found: &mut Wrong,
) -> bool {
    let Some(period) = context.plan.periods.get(index) else {
        return false;
    };
    let first = classes.first().map(|class| (index, *class));
    found.opened.extend(first);
    found.classes.extend_from_slice(classes);
    found.classes.sort();
    found.classes.dedup();
    if strike(context, &vec![Fault::LiveData], period.from).lost(key) {
        found.circle = found.circle.or(first);
    }
    let chosen = context.chosen();
    let sets: Vec<FaultSet> = match chosen {
        Some(chosen) => vec![chosen.clone()],
        // One envelope at an address of its own is as good as one key: who asks for more says so.
        None => of_kind(context, FaultKind::Site, period)
            .into_iter()
            .filter(|fault| has_hosts(context, *fault, period))
            .map(|fault| vec![fault])
            .collect(),
    };
    let mut is_taken = false;
    for set in sets {
        let faults = set.iter().copied().chain([Fault::LiveData]).collect();
        let struck = strike(context, &faults, period.from);
        let only_the_key = |class: &ClassId| {
            let copies = context.copies_in(*class, period);
            let fate = struck.useless(context, &copies);
            let mut opened = copies
                .iter()
                .filter(|id| opens(key, &context.plan.copies[**id]));
            // Of sites that must be survived that obligation tells.
            let is_told =
                chosen.is_none() && faults::is_asked(context, *class, FaultKind::Site, period);
            !is_told && opened.any(|id| fate.get(*id) == Some(Why::KeyLost(key)))
        };
        if !struck.lost(key) {
            continue;
        }
        // Of hosts by themselves the floor tells, of those about which it asks.
        let alone = match chosen {
            Some(_) => Vec::new(),
            None => hosts_of(context, key, &set, period),
        };
        let by_floor = |class: &ClassId| {
            let holding = holding(context, *class, index);
            let home = context
                .plan
                .host_of(context.plan.model.classes[*class].home.store);
            let mut alone = alone.iter();
            alone.any(|host| *host == home || !holding.contains(host))
        };
        let mut asked = classes.iter().copied().filter(|class| !by_floor(class));
        if let Some(class) = asked.find(|class| only_the_key(class)) {
            found.taken.entry(set).or_insert((index, class));
            is_taken = true;
        }
    }
    is_taken
}

/// The hosts of a site whose loss by itself takes a key.
fn hosts_of(context: &Context<'_>, key: KeyId, site: &FaultSet, period: &Period) -> Vec<HostId> {
    let hosts = of_kind(context, FaultKind::Host, period).into_iter();
    let there = hosts.filter_map(|fault| match fault {
        Fault::Loss(Target::Host(host)) => {
            let at = Fault::Loss(Target::Site(context.plan.model.hosts[host].site));
            site.contains(&at).then_some((host, fault))
        }
        _ => None,
    });
    let takes =
        |fault: Fault| strike(context, &vec![fault, Fault::LiveData], period.from).lost(key);
    there
        .filter(|(_, fault)| takes(*fault))
        .map(|(host, _)| host)
        .collect()
}

/// The hosts that hold copies of a class in a period or have held some in the one before: the floor does not ask what
/// their loss takes together with the class's own host.
fn holding(context: &Context<'_>, class: ClassId, index: usize) -> BTreeSet<HostId> {
    let periods = context.plan.periods.get(index.saturating_sub(1)..=index);
    let copies = periods
        .into_iter()
        .flatten()
        .flat_map(|period| context.copies_in(class, period));
    copies
        .map(|id| context.host(&context.plan.copies[id]))
        .collect()
}

fn held_words(context: &Context<'_>, key: KeyId, period: &Period) -> String {
    let names = holder_names(context, key, &|life| life.contains(period.from));
    if names.is_empty() {
        return "held by nobody".to_owned();
    }
    format!("held by {}", list(names))
}

/// Who holds a key, of those that are there when it is asked.
fn holder_names<'c>(
    context: &'c Context<'_>,
    key: KeyId,
    is_there: &dyn Fn(Lifetime) -> bool,
) -> Vec<&'c str> {
    let model = &context.plan.model;
    let holders = context.holders(key).iter();
    let named = holders.map(|holder| match holder {
        Holder::Host(id) => (&model.hosts[*id].named, model.hosts[*id].lifetime),
        Holder::Vault(id) => (&model.vaults[*id].named, model.vaults[*id].lifetime),
    });
    let there = named.filter(|(_, life)| is_there(*life));
    there.map(|(named, _)| named.name.as_str()).collect()
}

fn unsaid(context: &Context<'_>, key: KeyId, found: &Wrong) -> Option<Finding> {
    let model = &context.plan.model;
    if !model.keys[key].held.is_empty() {
        return None;
    }
    let name = &model.keys[key].named.name;
    let assumed = match holder_names(context, key, &|_| true) {
        names if names.is_empty() => "nobody is assumed to hold it".to_owned(),
        names => format!(
            "only {} is assumed to hold it, to run its jobs",
            list(names)
        ),
    };
    let diagnostic = Diagnostic::warning(UNSAID, format!("nothing says where `{name}` is held"))
        .at(model.keys[key].named.span, assumed)
        .help("say it, and hold it in a second place that does not fall with the first: `held on …, VAULT`");
    Some(finding(context, diagnostic, key, found))
}

fn circle(context: &Context<'_>, key: KeyId, found: &Wrong) -> Option<Finding> {
    found.circle?;
    let model = &context.plan.model;
    let name = &model.keys[key].named.name;
    let holders = || context.holders(key).iter();
    let around = || holders().flat_map(|holder| context.lies().around(key, *holder));
    let is_in_files = around().next().is_some();
    let message = match context.holders(key).is_empty() {
        true => format!("nobody is known to hold `{name}`: nothing reads what it opens"),
        false if is_in_files => {
            format!("`{name}` lies only among the data: with that lost, nothing brings it back")
        }
        false => {
            format!(
                "`{name}` lies only in what it opens{}: with the data lost, nothing brings it back",
                at_times(context, key, found)
            )
        }
    };
    let mut diagnostic = Diagnostic::error(CIRCLE, message)
        .at(model.keys[key].named.span, "needed to read the copies");
    for class in around().collect::<BTreeSet<ClassId>>() {
        let span = model.classes[class].named.span;
        diagnostic = diagnostic.at(span, "its file lies in this, and is lost with it");
    }
    for (holder, span) in &model.keys[key].held {
        if let Holder::Vault(vault) = holder {
            let vault = &model.vaults[*vault];
            if let Some((class, _)) = vault.data {
                let class = context.class_name(class);
                diagnostic = diagnostic
                    .at(*span, format!("comes back only with a copy of `{class}`"))
                    .at(vault.named.span, "this vault");
            }
        }
    }
    let diagnostic =
        diagnostic.help("hold it outside as well: an envelope, a password manager elsewhere");
    Some(Finding {
        floor: true,
        ..finding(context, diagnostic, key, found)
    })
}

/// Which copies would bring back a vault with a key, if they were always there.
fn at_times(context: &Context<'_>, key: KeyId, found: &Wrong) -> String {
    let plan = context.plan;
    let period = found.circle.and_then(|(index, _)| plan.periods.get(index));
    let Some(period) = period else {
        return String::new();
    };
    let vaults = context
        .holders(key)
        .iter()
        .filter_map(|holder| match holder {
            Holder::Vault(vault) => plan.model.vaults[*vault].data,
            Holder::Host(_) => None,
        });
    let copies = vaults.flat_map(|(class, _)| context.copies_in(class, period));
    let copies = copies.map(|id| &plan.copies[id]);
    let not_sure = copies.filter(|copy| {
        let is_other = copy.counts && copy.kind != CopyKind::Live && copy.key != Some(key);
        is_other && !faults::stays(context, copy, period.from)
    });
    let steps: BTreeSet<&str> = not_sure
        .filter_map(|copy| Some(plan.model.steps[copy.made_by?].named.name.as_str()))
        .collect();
    match steps.is_empty() {
        true => String::new(),
        false => format!(
            ", and in what {} brings, which is not always there",
            some(steps)
        ),
    }
}

fn one_place(context: &Context<'_>, key: KeyId, found: &Wrong) -> Option<Finding> {
    let (first, (index, _)) = found.taken.first_key_value()?;
    let period = context.plan.periods.get(*index)?;
    let model = &context.plan.model;
    let name = &model.keys[key].named.name;
    let classes = some(found.classes.iter().map(|c| context.class_name(*c)));
    let when: Vec<String> = found
        .taken
        .keys()
        .map(|set| set_words(context, set))
        .collect();
    let mut diagnostic = Diagnostic::warning(
        ONE_PLACE,
        format!(
            "copies of {classes} outlive `{name}`, and nobody can read them, if {}",
            when.join(", or ")
        ),
    )
    .at(model.keys[key].named.span, held_words(context, key, period));
    if let Some(span) = first
        .first()
        .and_then(|fault| fault::place(context, *fault))
    {
        diagnostic = diagnostic.at(span, "all holders fall with this");
    }
    let diagnostic = diagnostic.help("hold the key with somebody else as well: `held on …, VAULT`");
    let mut out = finding(context, diagnostic, key, found);
    if let ([Fault::Loss(target)], 1) = (first.as_slice(), found.taken.len()) {
        out.fault = Some(*target);
    }
    Some(out)
}

fn finding(context: &Context<'_>, diagnostic: Diagnostic, key: KeyId, found: &Wrong) -> Finding {
    let name = context.plan.model.keys[key].named.name.to_string();
    Finding {
        diagnostic: diagnostic.by(Engine::Evaluated.word()).about(name.clone()),
        obligation: Obligation::Keys,
        classes: found.classes.clone(),
        subjects: vec![name],
        fault: None::<Target>,
        floor: false,
    }
}
