//! Where a seed goes, and how it is received there.

use thrice_model::{EnvironmentId, HostId, Location, Service, Source, Step, StepTarget, Verb};
use thrice_plan::Plan;
use thrice_target::{Diagnostic, layout, refusal};

use crate::origin::Origin;

/// How a host of the environment receives a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The host.
    pub host: HostId,
    /// The folder to which another step brings it.
    pub folder: String,
    /// Where that must be mounted.
    pub mounts: Vec<String>,
    /// The container of the database there; empty for none.
    pub container: String,
    /// Services to stop and start, in the order in which they start: `container:NAME` or `unit:NAME`.
    pub services: Vec<String>,
    /// The service of the class itself, in the same form.
    pub own: String,
}

/// The environment of a seed and the place by which it goes.
///
/// # Errors
/// It names no place.
pub fn way(step: &Step) -> Result<(EnvironmentId, &Location), Diagnostic> {
    match &step.target {
        StepTarget::Environment(environment, Some(via), _) => Ok((*environment, via)),
        _ => {
            let message = format!("`{}` does not say by which place it goes", step.named.name);
            Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .help("write `via STORE:/PATH`: a bucket that both hosts reach"))
        }
    }
}

/// How the environment receives a seed.
///
/// # Errors
/// Nothing brings it to one of its hosts, or its host is that of the source.
pub fn receiver(
    plan: &Plan,
    step: &Step,
    origin: &Origin<'_>,
    source: HostId,
) -> Result<Receiver, Diagnostic> {
    let name = &step.named.name;
    let (environment, via) = way(step)?;
    let environment = &plan.model.environments[environment];
    if environment.hosts.contains(&source) {
        let message = format!("`{name}` seeds the host that it runs on");
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .help("run it where the data lives, and let another host receive it"));
    }
    let brought = plan
        .steps_on(plan.as_of)
        .find_map(|(_, other)| brought(environment.hosts.as_slice(), other, via));
    let Some((host, place)) = brought else {
        let message = format!(
            "nothing brings `{name}` from `{}:{}` to `{}`",
            plan.model.stores[via.store].named.name, via.path, environment.named.name
        );
        return Err(refusal::about(step, refusal::UNREACHABLE, message)
            .at(environment.named.span, "the environment")
            .help("write a `sync` or `copy` of that place to a folder of one of its hosts, by that host"));
    };
    let Some(folder) = layout::path_on(plan, host, &place) else {
        let message = format!("what `{name}` brings does not come to a folder of its host");
        return Err(refusal::about(step, refusal::UNREACHABLE, message)
            .help("sync it to a folder of the host that runs the sync"));
    };
    let Verb::Seed { restart, .. } = &step.verb else {
        let message = format!("`{name}` is no seed");
        return Err(refusal::about(step, refusal::INTERNAL, message));
    };
    let store = &plan.model.stores[place.store];
    let own = own_service(plan, host, origin);
    Ok(Receiver {
        host,
        folder,
        mounts: (store.mounted_at != "/")
            .then(|| store.mounted_at.clone())
            .into_iter()
            .collect(),
        container: own
            .and_then(|service| service.container.clone())
            .unwrap_or_default(),
        // As the policy lists them: the resolver has checked that they are of the environment.
        services: restart
            .iter()
            .map(|service| called(&plan.model.services[*service]))
            .collect(),
        own: own.map_or_else(String::new, called),
    })
}

/// Where a step of one of the hosts brings what lies at a place.
fn brought(hosts: &[HostId], step: &Step, via: &Location) -> Option<(HostId, Location)> {
    let host = step.runner.host.filter(|host| hosts.contains(host))?;
    if !matches!(step.verb, Verb::Copy { .. } | Verb::Sync { .. }) {
        return None;
    }
    let (Source::Location(from, _), StepTarget::Location(to, _)) = (&step.source, &step.target)
    else {
        return None;
    };
    if !from.contains(via) {
        return None;
    }
    let below = via.path.strip_prefix(from.path.trim_end_matches('/'))?;
    let path = format!("{}{below}", to.path.trim_end_matches('/'));
    let store = to.store;
    let path = path.into();
    Some((host, Location { store, path }))
}

/// The environment's own service of the name that the class's service has.
fn own_service<'p>(plan: &'p Plan, host: HostId, origin: &Origin<'_>) -> Option<&'p Service> {
    let wanted = short(&plan.model.services[origin.class.service?]);
    let mut services = plan.model.services.iter().map(|(_, service)| service);
    services.find(|service| service.host == host && short(service) == wanted)
}

fn short(service: &Service) -> &str {
    let name = service.named.name.as_str();
    name.rsplit('.').next().unwrap_or(name)
}

/// A service as the script names it.
fn called(service: &Service) -> String {
    match &service.container {
        Some(container) => format!("container:{container}"),
        None => format!("unit:{}", short(service)),
    }
}
