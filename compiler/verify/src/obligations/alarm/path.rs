//! A monitor that falls with what it watches, or with what that reads or writes, is silent when it matters.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{HostId, MonitorId, ProviderId, SiteId, Source, Step, StepId, Target};

use super::played::Case;
use super::{Found, SHOWN, finding, heard, rank_heard, watched};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const SAME_HOST: Code = Code("T2502");
const SAME_PLACE: Code = Code("T2503");
const NOWHERE: Code = Code("T2504");

/// The smallest domain that a monitor shares with steps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Host(HostId),
    Site(SiteId),
    Provider(ProviderId),
    /// Nobody says where it is.
    Unknown,
}

/// What steps do where they share a domain with their monitor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum There {
    Run,
    Write,
    Read,
}

impl There {
    /// Of the place, with what goes before it: "on which `a` and `b` run".
    fn which(self, before: &str, steps: &[&Step]) -> String {
        let names = some(steps.iter().map(|s| s.named.name.as_str()));
        let s = if steps.len() == 1 { "s" } else { "" };
        match self {
            Self::Run => format!("{before} {names} run{s}"),
            Self::Write => format!("to which {names} write{s}"),
            Self::Read => format!("from which {names} read{s}"),
        }
    }

    const fn too(self) -> &'static str {
        match self {
            Self::Run => "runs there too",
            Self::Write => "writes there",
            Self::Read => "reads there",
        }
    }

    const fn together(self) -> &'static str {
        match self {
            Self::Run => "when it is down, steps and alarm are silent together",
            Self::Write | Self::Read => "when it is down, each run fails, and the alarm is silent",
        }
    }
}

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    type Steps<'c> = Vec<(StepId, &'c Step)>;
    let mut shared: BTreeMap<(MonitorId, Shared, There, usize), Steps<'_>> = BTreeMap::new();
    for (id, step) in watched(context) {
        let Some((monitor, _)) = step.monitor else {
            continue;
        };
        let all = places(context, id, step).into_iter();
        let all = all.filter_map(|(there, host)| Some((domain(context, monitor, host)?, there)));
        if let Some((domain, there)) = all.min() {
            let same = shared.entry((monitor, domain, there, rank_heard(context, step, monitor)));
            same.or_default().push((id, step));
        }
    }
    for ((monitor, domain, there, _), steps) in shared {
        let (ids, steps): (Vec<StepId>, Vec<&Step>) = steps.into_iter().unzip();
        let lost = match domain {
            Shared::Host(host) => Some(Target::Host(host)),
            Shared::Site(site) => Some(Target::Site(site)),
            Shared::Provider(provider) => Some(Target::Provider(provider)),
            // That nothing is said has no course.
            Shared::Unknown => None,
        };
        let case = lost.map(|lost| match there {
            There::Run => Case::Shared(lost, ids),
            There::Write | There::Read => Case::Cut(lost, ids),
        });
        let found = tell(context, monitor, (domain, there), &steps);
        out.push((heard(context, monitor, found), case));
    }
}

/// The hosts without which a step fails: the one that runs it, that of where it writes, and those of where it reads. A
/// step that reads from several still finds the rest where one is down, so that then they are no such.
fn places(context: &Context<'_>, id: StepId, step: &Step) -> BTreeSet<(There, HostId)> {
    let plan = context.plan;
    let Some(host) = step.runner.host else {
        return BTreeSet::new();
    };
    let mut out: BTreeSet<(There, HostId)> = [(There::Run, host)].into();
    let made = || context.made_by(id).iter().map(|id| &plan.copies[*id]);
    out.extend(made().map(|copy| (There::Write, context.host(copy))));
    let read = made().filter_map(|copy| copy.source);
    let mut read: BTreeSet<HostId> = read.map(|id| context.host(&plan.copies[id])).collect();
    if read.is_empty() {
        // It makes no copies: it looks at what is there, or clears it.
        read.extend(match &step.source {
            Source::Location(location, _) => Some(plan.host_of(location.store)),
            Source::Repository(repository, _) => {
                Some(plan.host_of(plan.model.repositories[*repository].store))
            }
            Source::Home | Source::Step(..) => None,
        });
    }
    if read.len() == 1 {
        out.extend(read.into_iter().map(|host| (There::Read, host)));
    }
    out
}

fn domain(context: &Context<'_>, monitor: MonitorId, host: HostId) -> Option<Shared> {
    let model = &context.plan.model;
    let monitor = &model.monitors[monitor];
    let site = model.hosts[host].site;
    let provider = context.provider_of(site);
    match (monitor.host, monitor.provider) {
        (None, None) => Some(Shared::Unknown),
        (Some(on), _) if on == host => Some(Shared::Host(host)),
        (Some(on), _) if model.hosts[on].site == site => Some(Shared::Site(site)),
        (Some(on), _) => {
            let same = context.provider_of(model.hosts[on].site) == provider;
            same.then_some(Shared::Provider(provider))
        }
        (None, Some(by)) => (by == provider).then_some(Shared::Provider(provider)),
    }
}

fn tell(
    context: &Context<'_>,
    monitor: MonitorId,
    (domain, there): (Shared, There),
    steps: &[&Step],
) -> Finding {
    let model = &context.plan.model;
    let monitor = &model.monitors[monitor].named;
    let help = "let a monitor elsewhere expect a signal from these steps, or from this monitor";
    let together = there.together();
    let place = |code, what: &str, named: &thrice_model::Named| {
        let message = format!(
            "`{}` falls with the {what} {}",
            monitor.name,
            there.which("on which", steps)
        );
        Diagnostic::warning(code, message)
            .at(monitor.span, format!("runs on `{}`", named.name))
            .at(named.span, together)
            .help(help)
    };
    let mut diagnostic = match domain {
        Shared::Host(host) => place(SAME_HOST, "host", &model.hosts[host].named),
        Shared::Site(site) => place(SAME_PLACE, "site", &model.sites[site].named),
        Shared::Provider(provider) => {
            let named = &model.providers[provider].named;
            let message = format!(
                "`{}` falls with the provider {}",
                monitor.name,
                there.which("with whom", steps)
            );
            Diagnostic::warning(SAME_PLACE, message)
                .at(monitor.span, format!("is with `{}`", named.name))
                .at(named.span, together)
                .help(help)
        }
        Shared::Unknown => {
            let names = some(steps.iter().map(|s| s.named.name.as_str()));
            let message = format!(
                "nothing says who runs `{}`, so it may fall with {names}",
                monitor.name
            );
            Diagnostic::warning(NOWHERE, message)
                .at(monitor.span, "runs nowhere that is said")
                .help("say where it is: `on HOST`, or `hosted by PROVIDER`")
        }
    };
    for step in steps.iter().take(SHOWN) {
        let text = if domain == Shared::Unknown {
            "is watched by it"
        } else {
            there.too()
        };
        diagnostic = diagnostic.at(step.named.span, text);
    }
    finding(diagnostic, steps)
}
