//! A monitor that falls with what it watches is silent when it matters.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{HostId, MonitorId, ProviderId, SiteId, Step, StepId, Target};

use super::played::Case;
use super::{Found, SHOWN, finding, watched};
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

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    let mut shared: BTreeMap<(MonitorId, Shared), Vec<(StepId, &Step)>> = BTreeMap::new();
    for (id, step) in watched(context) {
        let (Some((monitor, _)), Some(host)) = (step.monitor, step.runner.host) else {
            continue;
        };
        if let Some(domain) = domain(context, monitor, host) {
            shared
                .entry((monitor, domain))
                .or_default()
                .push((id, step));
        }
    }
    for ((monitor, domain), steps) in shared {
        let (ids, steps): (Vec<StepId>, Vec<&Step>) = steps.into_iter().unzip();
        let lost = match domain {
            Shared::Host(host) => Some(Target::Host(host)),
            Shared::Site(site) => Some(Target::Site(site)),
            Shared::Provider(provider) => Some(Target::Provider(provider)),
            // That nothing is said has no course.
            Shared::Unknown => None,
        };
        let case = lost.map(|lost| Case::Shared(lost, ids));
        out.push((tell(context, monitor, domain, &steps), case));
    }
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

fn tell(context: &Context<'_>, monitor: MonitorId, domain: Shared, steps: &[&Step]) -> Finding {
    let model = &context.plan.model;
    let monitor = &model.monitors[monitor].named;
    let names = some(steps.iter().map(|s| s.named.name.as_str()));
    let run = if steps.len() == 1 { "runs" } else { "run" };
    let help = "let a monitor elsewhere expect a signal from these steps, or from this monitor";
    let together = "when it is down, steps and alarm are silent together";
    let place = |code, what: &str, named: &thrice_model::Named| {
        let message = format!(
            "`{}` falls with the {what} on which {names} {run}",
            monitor.name
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
                "`{}` falls with the provider with whom {names} {run}",
                monitor.name
            );
            Diagnostic::warning(SAME_PLACE, message)
                .at(monitor.span, format!("is with `{}`", named.name))
                .at(named.span, together)
                .help(help)
        }
        Shared::Unknown => {
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
            "runs there too"
        };
        diagnostic = diagnostic.at(step.named.span, text);
    }
    finding(diagnostic, steps)
}
