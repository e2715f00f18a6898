//! Artefacts to an Ansible role and an inventory: what installs them on each host.
//!
//! What goes in: a verified plan, and all that the other targets emit from it. What comes out, below
//! `ansible/`: a role whose tasks are the same for every policy, a file of variables for each host that
//! says what goes where, the files themselves, an inventory and a playbook.
//!
//! The role keeps a list of what it has installed on the host. It is written before the first file, with
//! the checksums of both builds, and again at the end, with those of the new one: a run that is stopped
//! anywhere is completed by the next, and nothing is removed that the list does not have. Secrets are
//! demanded, never copied.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod host;

use thrice_plan::Plan;
use thrice_target::{Artefact, Diagnostic, filename, header, layout};

/// The folder of this target in the output.
pub const FOLDER: &str = "ansible";
/// Where the role stands.
const ROLE: &str = "ansible/roles/thrice";

/// The parts of the role, and of the playbook, that no policy changes but for its name.
const TEXTS: &[(&str, &str)] = &[
    (
        "roles/thrice/defaults/main.yml",
        include_str!("../templates/defaults_main.yml"),
    ),
    (
        "roles/thrice/handlers/main.yml",
        include_str!("../templates/handlers_main.yml"),
    ),
    (
        "roles/thrice/meta/main.yml",
        include_str!("../templates/meta_main.yml"),
    ),
    (
        "roles/thrice/tasks/main.yml",
        include_str!("../templates/tasks_main.yml"),
    ),
    (
        "roles/thrice/tasks/apply.yml",
        include_str!("../templates/tasks_apply.yml"),
    ),
    (
        "roles/thrice/tasks/install.yml",
        include_str!("../templates/tasks_install.yml"),
    ),
    (
        "roles/thrice/tasks/look.yml",
        include_str!("../templates/tasks_look.yml"),
    ),
    (
        "roles/thrice/tasks/remove.yml",
        include_str!("../templates/tasks_remove.yml"),
    ),
    (
        "roles/thrice/vars/main.yml",
        include_str!("../templates/vars_main.yml"),
    ),
    ("site.yml", include_str!("../templates/site.yml")),
];

/// The role, its files, an inventory and a playbook, from what all other targets emit.
///
/// # Errors
/// `T9001` if a file of a NAS would go under `/etc`, which TrueNAS makes anew.
pub fn emit(plan: &Plan, artefacts: &[Artefact]) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut out: Vec<Artefact> = TEXTS
        .iter()
        .map(|(path, text)| text_file(plan, path, text))
        .collect();
    let mut inventory = "---\n\"@GROUP@\":\n  hosts:\n".to_owned();
    let mut mistakes = Vec::new();
    for (id, its) in plan.model.hosts.iter() {
        if !its.lifetime.contains(plan.as_of) {
            continue;
        }
        // A host that gets nothing is there too: what an earlier policy has left goes away.
        match host::emit(plan, id, artefacts) {
            Ok(files) => out.extend(files),
            Err(mistake) => mistakes.push(mistake),
        }
        let name = filename(&its.named.name);
        inventory.push_str(&format!("    \"{name}\":\n      thrice_host: \"{name}\"\n"));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    out.push(text_file(plan, "inventory.yml", &inventory));
    Ok(out)
}

/// A file of YAML below [`FOLDER`], with where it comes from at its top.
fn text_file(plan: &Plan, path: &str, text: &str) -> Artefact {
    let policy = layout::policy(plan);
    let group = format!("thrice_{}", policy.replace('-', "_"));
    let text = text.replace("@POLICY@", &policy).replace("@GROUP@", &group);
    file(
        format!("{FOLDER}/{path}"),
        "ansible",
        format!("{}{text}", header::comments(plan, "")).into_bytes(),
    )
}

/// A file of this target: Ansible takes it from where it was built.
fn file(path: String, kind: &'static str, bytes: Vec<u8>) -> Artefact {
    Artefact {
        path,
        bytes,
        mode: 0o644,
        kind,
        step: None,
        host: None,
        install_to: None,
        secrets: Vec::new(),
    }
}
