//! Plan to Nextcloud: the external storages that its users see.
//!
//! What goes in: a verified plan. What comes out: for each service called `nextcloud`
//! `hosts/HOST/nextcloud/mounts.json`, the mounts in the form of `occ files_external:import` with names
//! of variables where secrets go, and `apply`, which brings the instance in line with it.
//!
//! An empty list of groups means *everybody* to Nextcloud, so a mount is emitted only if the policy names
//! its groups or says `for all users`. What is not emitted stands in the list with the reason.
//!
//! Not run against a real Nextcloud: see the README beside.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod mount;
mod read;

use serde::Serialize;
use serde_json::json;
use thrice_model::{Mount, Service, ServiceId};
use thrice_plan::nextcloud::is_nextcloud;
use thrice_target::{Artefact, Diagnostic, Plan, VERSION, apply, filename, layout, refusal, shell};

pub use read::{Shown, read};

const APPLY: &str = include_str!("../templates/apply.sh.j2");
/// Version of the form of the list.
const FORMAT: u32 = 1;

/// The mounts of all Nextclouds in force.
///
/// # Errors
/// A text that no script can hold.
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let (mut artefacts, mut mistakes) = (Vec::new(), Vec::new());
    for (id, service) in plan.model.services.iter() {
        if !is_nextcloud(service) || !service.lifetime.contains(plan.as_of) {
            continue;
        }
        let mounts: Vec<&Mount> = shown(plan, id).collect();
        if mounts.is_empty() {
            continue;
        }
        match files(plan, service, &mounts) {
            Ok(files) => artefacts.extend(files),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}

/// The last part of a service's name: `nextcloud` of `apps.nextcloud`.
fn short_name(service: &Service) -> &str {
    let name = &service.named.name;
    name.rsplit('.').next().unwrap_or(name)
}

fn shown(plan: &Plan, service: ServiceId) -> impl Iterator<Item = &Mount> {
    let mounts = plan.model.mounts.iter();
    mounts.filter(move |mount| mount.service == service && mount.lifetime.contains(plan.as_of))
}

fn files(plan: &Plan, service: &Service, mounts: &[&Mount]) -> Result<[Artefact; 2], Diagnostic> {
    let model = &plan.model;
    let (mut emitted, mut left_out, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
    for mount in mounts {
        match mount::of(plan, service, mount) {
            Ok(one) => {
                secrets.extend(one.settings.clone());
                emitted.push(json!({
                    "mount": mount.named.name,
                    "settings": one.settings,
                    "secrets": one.secrets,
                    "limits": limits(mount),
                    "body": one.import,
                }));
            }
            Err(why) => left_out.push(json!({ "mount": mount.named.name, "why": why })),
        }
    }
    secrets.sort();
    secrets.dedup();
    let host = model.hosts[service.host].named.name.to_string();
    let folder = format!(
        "{}/{}",
        layout::host_folder(plan, service.host),
        filename(short_name(service))
    );
    let value = json!({
        "format": FORMAT,
        "generator": format!("thrice {VERSION}"),
        "policy": { "name": model.policy.named.name, "sha256": model.hash },
        "service": service.named.name,
        "mounts": emitted,
        "left_out": left_out,
    });
    let mut list = Artefact::json(
        format!("{folder}/mounts.json"),
        "nextcloud-mounts",
        Some(host.clone()),
        &value,
    );
    list.secrets = secrets;
    let program = Artefact::apply(
        format!("{folder}/apply"),
        Some(host),
        program(plan, service)?,
    );
    Ok([list, program])
}

/// What people should know of a mount.
fn limits(mount: &Mount) -> Vec<String> {
    let upload = mount
        .upload_limit
        .map(|limit| format!("uploads of more than {limit} may fail: bring them by rclone"));
    upload.into_iter().chain(mount.limits.clone()).collect()
}

fn program(plan: &Plan, service: &Service) -> Result<String, Diagnostic> {
    #[derive(Serialize)]
    struct Own {
        occ: String,
    }
    let unquotable = |error: String| {
        let message = format!("the container of `{}`: {error}", service.named.name);
        Diagnostic::error(refusal::UNQUOTABLE, message).at(service.named.span, "declared here")
    };
    let occ = match &service.container {
        Some(name) => {
            let name = shell::quote(name).map_err(|error| unquotable(error.to_string()))?;
            format!("docker exec --interactive --user www-data {name} php occ")
        }
        None => "runuser -u www-data -- php /var/www/nextcloud/occ".to_owned(),
    };
    apply::program(plan, "Nextcloud", APPLY, &Own { occ })
}
