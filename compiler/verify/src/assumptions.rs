//! What proofs rest on: listed first in every report.
//!
//! A fleet assumes tens of thousands of things, nearly all in the same few sentences: what is assumed is gone
//! through as data, and each sentence is worded once.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::Span;
use thrice_model::{
    Class, ClassId, Credential, Demand, Fact, Host, HostId, HostKind, Model, MonitorId, Phase,
    PhaseId, ProviderId, Source, Step, StepId, Verb,
};
use thrice_plan::{CopyKind, Plan, touched_places};
use thrice_quantity::{
    Bytes, BytesPerDay, GrowthPeriod, Interval, Ratio, RatioPerMonth, Seconds, VolumePeriod,
};
use thrice_verdicts::{Assumptions, Sentence, Turn};

use crate::indexed::with_needs;
use crate::wording::list;

/// The value that an assumption is about: what can be turned until a verdict turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knob {
    Response,
    Duration(StepId),
    Size(ClassId),
    Growth(ClassId),
    /// Growth by a volume, not by a share.
    Volume(ClassId),
    Churn(ClassId),
    Slip(PhaseId),
}

/// Something that is assumed.
#[derive(Clone, Copy)]
pub(crate) enum Assumed<'m> {
    /// That somebody acts in time.
    Response,
    /// When damage is noticed that nobody is told of.
    Noticing,
    /// That a step runs at its times, and how long it takes.
    Runs(StepId, &'m Step),
    /// That nothing which must come back bears a name that a step passes by.
    PassedBy(&'m Step),
    /// What a class measures, by what it grows, and how much of it is new to a backup.
    Size(ClassId, &'m Class),
    Growth(ClassId, &'m Class),
    Churn(ClassId, &'m Class),
    /// How late a phase comes at most.
    Slip(PhaseId, &'m Phase),
    /// That providers refuse what `may` leaves out: no proof looks at a bucket's policy.
    Narrowed(&'m Credential),
    /// That a host which reads or writes files of another one can do no more there: no proof looks at the account with
    /// which it logs in.
    Reaches(&'m Host, &'m Host),
    /// That a host gives data back to another one in time though the policy knows no network of both: nobody says by which
    /// way.
    Gives(&'m Host, &'m Host),
    /// Whose word is taken: who bears so many risks, the first of which stands there.
    Trusted(&'m str, usize, Span),
    /// What others say.
    Fact(&'m Fact),
}

/// The assumptions of a policy in order: its intervals, defaults, facts and trust base.
pub(crate) fn all(plan: &Plan) -> impl Iterator<Item = Assumed<'_>> {
    let model = &plan.model;
    let unsaid = |(_, class): (ClassId, &Class)| class.asked().noticed_within.is_none();
    let noticing = model.classes.iter().any(unsaid);
    let steps = model.steps.iter();
    let steps = steps.filter(|(_, step)| step.timing.schedule.is_some());
    let passed_by = model.steps.iter();
    let passed_by = passed_by.filter(|(_, step)| passed_by_names(model, step).is_some());
    let passed_by = passed_by.map(|(_, step)| Assumed::PassedBy(step));
    let sized = model
        .classes
        .iter()
        .filter(|(_, class)| class.size.is_some());
    let volumes = sized.flat_map(|(id, class)| {
        [
            Assumed::Size(id, class),
            Assumed::Growth(id, class),
            Assumed::Churn(id, class),
        ]
    });
    let slips = model.phases.iter().filter(|(_, phase)| phase.slip_days > 0);
    let credentials = model.credentials.iter().map(|(_, credential)| credential);
    let relied_on = |fact: &&Fact| !resting(model, &fact.subject).is_empty();
    std::iter::once(Assumed::Response)
        .chain(noticing.then_some(Assumed::Noticing))
        .chain(steps.map(|(id, step)| Assumed::Runs(id, step)))
        .chain(passed_by)
        .chain(volumes)
        .chain(slips.map(|(id, phase)| Assumed::Slip(id, phase)))
        .chain(credentials.filter(|c| c.stated).map(Assumed::Narrowed))
        .chain(reached(model))
        .chain(gives(plan))
        .chain(trusted(model))
        .chain(model.facts.iter().filter(relied_on).map(Assumed::Fact))
}

/// Assumptions in words: those first on which a verdict turns, the nearest of them first of all, then the others.
pub(crate) fn worded<'m>(
    model: &'m Model,
    mut turning: Vec<(Assumed<'m>, Turn)>,
    others: impl Iterator<Item = Assumed<'m>>,
) -> Assumptions {
    let mut out = Words {
        model,
        known: IndexMap::default(),
        out: Assumptions::default(),
    };
    turning.sort_by_key(|(_, turn)| turn.permille);
    for (assumed, turn) in turning {
        out.add(assumed, Some(turn));
    }
    for assumed in others {
        out.add(assumed, None);
    }
    out.out.shrink_to_fit();
    out.out
}

/// What of the policy rests on what others say of a provider: hosts in its sites, and monitors that it runs.
pub(crate) fn resting<'m>(model: &'m Model, provider: &str) -> Vec<&'m str> {
    let is = |id: ProviderId| model.providers[id].named.name == provider;
    let hosts = model.hosts.iter().map(|(_, host)| host);
    let hosts = hosts.filter(|host| is(model.sites[host.site].provider));
    let monitors = model.monitors.iter().map(|(_, monitor)| monitor);
    let monitors = monitors.filter(|monitor| monitor.provider.is_some_and(is));
    let hosts = hosts.map(|host| host.named.name.as_str());
    hosts
        .chain(monitors.map(|m| m.named.name.as_str()))
        .collect()
}

/// Hosts that read or write files of others, each with such another one that it does not own anyway.
fn reached(model: &Model) -> impl Iterator<Item = Assumed<'_>> {
    let mut pairs: BTreeSet<(HostId, HostId)> = BTreeSet::new();
    for (_, step) in model.steps.iter() {
        let Some(runner) = step.runner.host else {
            continue;
        };
        let hosts = touched_places(model, step).map(|place| model.stores[place.store].host);
        pairs.extend(hosts.map(|host| (runner, host)));
    }
    let pairs = pairs.into_iter().filter(|(runner, host)| {
        let mut owned = model.hosts[*runner].deploys_to.iter();
        runner != host
            && model.hosts[*host].kind != HostKind::ObjectStorage
            && !owned.any(|(owned, _)| owned == host)
    });
    pairs.map(|(runner, host)| Assumed::Reaches(&model.hosts[runner], &model.hosts[host]))
}

/// Hosts that hold copies of what must be back by some time, each with the one to which that comes back, where no network joins
/// the two. Object storages are reached from everywhere.
fn gives(plan: &Plan) -> impl Iterator<Item = Assumed<'_>> {
    let model = &plan.model;
    let required = |class: ClassId| {
        let mut all = model.requirements.iter();
        all.any(|r| matches!(r.demand, Demand::RecoveryTime(_)) && r.selection.contains(class))
    };
    let is_due = |(id, class): (ClassId, &Class)| {
        let is_due = class.asked().rto.is_some() || required(id);
        is_due.then_some(id)
    };
    // What they need must be back as well.
    let wanted = with_needs(plan, model.classes.iter().filter_map(is_due));
    let mut pairs: BTreeSet<(HostId, HostId)> = BTreeSet::new();
    for (_, copy) in plan.copies.iter() {
        if copy.counts && copy.kind != CopyKind::Live && wanted.contains(&copy.class) {
            let home = plan.host_of(model.classes[copy.class].home.store);
            pairs.insert((plan.host_of(copy.location.store), home));
        }
    }
    let pairs = pairs.into_iter().filter(|(from, to)| {
        let is_storage = |host: &HostId| model.hosts[*host].kind == HostKind::ObjectStorage;
        let mut networks = model.networks.iter();
        from != to
            && !is_storage(from)
            && !is_storage(to)
            && !networks.any(|network| [from, to].iter().all(|end| network.hosts.contains(end)))
    });
    pairs.map(|(from, to)| Assumed::Gives(&model.hosts[from], &model.hosts[to]))
}

/// Who bears risks, by name.
fn trusted(model: &Model) -> impl Iterator<Item = Assumed<'_>> {
    let mut by: BTreeMap<&str, (usize, Span)> = BTreeMap::new();
    for acceptance in &model.acceptances {
        for who in &acceptance.by {
            by.entry(who).or_insert((0, acceptance.span)).0 += 1;
        }
    }
    by.into_iter()
        .map(|(who, (risks, first))| Assumed::Trusted(who, risks, first))
}

/// The sentences that there are already.
struct Words<'m> {
    model: &'m Model,
    known: IndexMap<Says, u32, FxBuildHasher>,
    out: Assumptions,
}

/// All that makes sentences differ that are said of many steps and classes, as it is written.
#[derive(PartialEq, Eq, Hash)]
enum Says {
    Runs(Seconds, bool, Option<MonitorId>),
    Size(Interval<Bytes>),
    Growth([(Ratio, GrowthPeriod); 2], bool),
    Volume([(Bytes, VolumePeriod); 2], bool),
    Churn(Option<[(Bytes, VolumePeriod); 2]>),
}

impl Words<'_> {
    fn add(&mut self, assumed: Assumed<'_>, turns: Option<Turn>) {
        let sentence = match assumed.says() {
            None => self.out.sentence(assumed.sentence(self.model)),
            Some(says) => *self
                .known
                .entry(says)
                .or_insert_with(|| self.out.sentence(assumed.sentence(self.model))),
        };
        let span = assumed.span(self.model);
        self.out.push(sentence, assumed.name(), Some(span), turns);
    }
}

impl Assumed<'_> {
    /// The value that it is about: what can be turned until a verdict turns.
    pub(crate) const fn knob(self) -> Option<Knob> {
        Some(match self {
            Self::Response => Knob::Response,
            Self::Runs(id, _) => Knob::Duration(id),
            Self::Size(id, _) => Knob::Size(id),
            Self::Growth(id, class) if class.growth_volume.is_some() => Knob::Volume(id),
            Self::Growth(id, _) => Knob::Growth(id),
            Self::Churn(id, class) if class.churn.is_some() => Knob::Churn(id),
            Self::Slip(id, _) => Knob::Slip(id),
            _ => return None,
        })
    }

    /// What it says, for those that are many.
    fn says(self) -> Option<Says> {
        let share = |growth: RatioPerMonth| (growth.ratio, growth.per);
        let shares = |growth: Interval<RatioPerMonth>| [share(growth.low()), share(growth.high())];
        let volume = |volume: BytesPerDay| (volume.volume, volume.per);
        let volumes = |both: Interval<BytesPerDay>| [volume(both.low()), volume(both.high())];
        Some(match self {
            Self::Runs(_, step) => Says::Runs(
                step.timing.duration.high(),
                step.timing.duration_stated.is_some(),
                step.monitor.map(|(monitor, _)| monitor),
            ),
            Self::Size(_, class) => Says::Size(class.size?.0),
            Self::Growth(_, class) => {
                let stated = class.growth_stated.is_some();
                match class.growth_volume {
                    Some(volume) => Says::Volume(volumes(volume), stated),
                    None => Says::Growth(shares(class.growth), stated),
                }
            }
            Self::Churn(_, class) => Says::Churn(class.churn.map(|(churn, _)| volumes(churn))),
            _ => return None,
        })
    }

    /// Of what it is said; empty where the sentence has no name in it.
    fn name(&self) -> &str {
        match self {
            Self::Response | Self::Noticing | Self::Fact(_) => "",
            Self::Runs(_, step) | Self::PassedBy(step) => &step.named.name,
            Self::Size(_, class) | Self::Growth(_, class) | Self::Churn(_, class) => {
                &class.named.name
            }
            Self::Slip(_, phase) => &phase.named.name,
            Self::Narrowed(credential) => &credential.named.name,
            Self::Reaches(_, host) | Self::Gives(host, _) => &host.named.name,
            Self::Trusted(who, ..) => who,
        }
    }

    /// The words it stands on.
    fn span(self, model: &Model) -> Span {
        let policy = model.policy.named.span;
        let size = |class: &Class| class.size.map_or(class.named.span, |(_, span)| span);
        match self {
            Self::Response | Self::Noticing => policy,
            Self::Runs(_, step) | Self::PassedBy(step) => step.named.span,
            Self::Size(_, class) => size(class),
            Self::Growth(_, class) => class.growth_stated.unwrap_or_else(|| size(class)),
            Self::Churn(_, class) => class.churn.map_or_else(|| size(class), |(_, span)| span),
            Self::Slip(_, phase) => phase.named.span,
            Self::Narrowed(credential) => credential.named.span,
            Self::Reaches(host, _) | Self::Gives(host, _) => host.named.span,
            Self::Trusted(_, _, span) => span,
            Self::Fact(fact) => fact.span,
        }
    }

    fn sentence(self, model: &Model) -> Sentence {
        match self {
            Self::Response => whole(response(model)),
            Self::Noticing => whole(
                "damage or deletion is noticed when the next step of the class falls silent, and somebody acts then \
                 (where no class says `noticed within`)"
                    .to_owned(),
            ),
            Self::Runs(_, step) => runs(model, step),
            Self::PassedBy(step) => {
                predicate(passed_by_names(model, step).unwrap_or_default())
            }
            Self::Size(_, class) => {
                let size = class.size.map(|(size, _)| format!(" measures {size} at the start"));
                predicate(size.unwrap_or_default())
            }
            Self::Growth(_, class) => {
                let stated = said(class.growth_stated.is_some(), "the default");
                let volume = class.growth_volume.map(|volume| volume.to_string());
                let growth = volume.unwrap_or_else(|| class.growth.to_string());
                predicate(format!(" grows by {growth} ({stated})"))
            }
            Self::Churn(_, class) => match &class.churn {
                Some((churn, _)) => Sentence {
                    before: "of ".to_owned(),
                    ..predicate(format!(" {churn} are new to a backup (as written)"))
                },
                None => predicate(" is new to every backup as a whole (the default)".to_owned()),
            },
            Self::Slip(_, phase) => predicate(format!(
                " comes {} days late at most ({})",
                phase.slip_days,
                said(phase.slip_stated, "the default")
            )),
            Self::Narrowed(credential) => Sentence {
                before: "the provider lets ".to_owned(),
                ..predicate(format!(" do no more than {}", granted(model, credential)))
            },
            Self::Reaches(runner, _) => predicate(format!(
                " lets `{}` do no more there than its steps must",
                runner.named.name
            )),
            Self::Gives(_, home) => predicate(format!(
                " gives back to `{}` over their two lines alone, though no network joins them",
                home.named.name
            )),
            Self::Trusted(_, risks, _) => {
                let noun = if risks == 1 { "risk" } else { "risks" };
                predicate(format!(
                    " may accept {risks} {noun} for everybody concerned"
                ))
            }
            Self::Fact(fact) => Sentence {
                source: Some(fact.source.clone()),
                date: Some(fact.date.to_string()),
                ..whole(format!("{}: {}", fact.subject, fact.text))
            },
        }
    }
}

/// A sentence without a name in it.
fn whole(text: String) -> Sentence {
    Sentence {
        before: text,
        ..Sentence::default()
    }
}

/// What is said of a name that stands before it.
fn predicate(text: String) -> Sentence {
    Sentence {
        after: Some(text),
        ..Sentence::default()
    }
}

const fn said(stated: bool, default: &str) -> &str {
    if stated { "as written" } else { default }
}

fn response(model: &Model) -> String {
    let policy = &model.policy;
    let stated = said(
        policy.response_stated,
        "the default: nothing says otherwise",
    );
    format!(
        "somebody acts within {} of an alarm ({stated})",
        policy.response
    )
}

fn runs(model: &Model, step: &Step) -> Sentence {
    let stated = said(
        step.timing.duration_stated.is_some(),
        "the default: half its period",
    );
    let monitor = step.monitor;
    Sentence {
        monitor: monitor.map(|(id, _)| model.monitors[id].named.name.to_string()),
        ..predicate(format!(
            " runs at each of its times and takes at most {} ({stated})",
            step.timing.duration.high()
        ))
    }
}

/// What is said of the names that a step passes by, if there are any. What picks out the files of a capture is
/// not: it has named them itself. Nor what is on its way and never counts.
fn passed_by_names(model: &Model, step: &Step) -> Option<String> {
    let captured = matches!(&step.source, Source::Step(id, _) if matches!(model.steps[*id].verb, Verb::Capture(_)));
    let (says, patterns) = match &step.verb {
        Verb::Backup { exclude, .. } => ("leaves out nothing that must come back", exclude),
        Verb::Copy {
            include,
            transit: false,
            ..
        } if !captured => ("takes all that must come back", include),
        _ => return None,
    };
    let patterns = list(patterns.iter().map(String::as_str));
    (!patterns.is_empty()).then(|| format!(" {says}: its patterns are {patterns}"))
}

/// What a credential may do, where.
fn granted(model: &Model, credential: &Credential) -> String {
    let granted = credential.rights.iter().map(|granted| {
        let rights: Vec<&str> = granted.rights.iter().map(|right| right.word()).collect();
        let stores = granted.stores.iter();
        let stores = list(stores.map(|store| model.stores[*store].named.name.as_str()));
        let part = match granted.path.as_str() {
            "/" => String::new(),
            path => format!(" below `{path}`"),
        };
        format!("{} on {stores}{part}", rights.join(", "))
    });
    granted.collect::<Vec<_>>().join("; ")
}
