//! `manifest.json`: what was emitted, from what, and what was not.

use serde::Serialize;
use thrice_target::facts::{self, Fact, Unreadable};
use thrice_target::{Artefact, Plan, VERSION, sha256};

use crate::MANIFEST;
use crate::next::{Next, next};
use crate::steps::{StepEntry, entries};

/// Version of the form of the manifest.
const FORMAT: u32 = 1;

/// What `build` has written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// Version of this form.
    pub format: u32,
    /// The program and version that wrote it.
    pub generator: String,
    /// The policy.
    pub policy: PolicyName,
    /// The day for which this is in force.
    pub as_of: String,
    /// All other files, by path.
    pub files: Vec<File>,
    /// All steps in force, in the order of the policy.
    pub steps: Vec<StepEntry>,
    /// What changes next; `null` if nothing does.
    pub next: Option<Next>,
}

/// Which policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyName {
    /// Its name.
    pub name: String,
    /// SHA-256 of its files.
    pub sha256: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    /// Where it stands beside the manifest.
    pub path: String,
    /// What it is.
    pub kind: &'static str,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its permissions, in octal.
    pub mode: String,
    /// The host or object storage that it is for.
    pub host: Option<String>,
    /// Where it is put there; `null` for what is applied in another way.
    pub install_to: Option<String>,
    /// The step that it carries out, if it is about one alone.
    pub step: Option<String>,
    /// Where it finds secrets, which must be put there by other means.
    pub secrets: Vec<String>,
}

/// The manifest of these artefacts.
pub fn of(plan: &Plan, artefacts: &[Artefact]) -> Manifest {
    let (steps, next) = (entries(plan, artefacts), next(plan, artefacts));
    written(plan, artefacts, steps, next)
}

/// The manifest of files that carry no step out.
pub fn of_files(plan: &Plan, artefacts: &[Artefact]) -> Manifest {
    written(plan, artefacts, Vec::new(), None)
}

fn written(
    plan: &Plan,
    artefacts: &[Artefact],
    steps: Vec<StepEntry>,
    next: Option<Next>,
) -> Manifest {
    let model = &plan.model;
    Manifest {
        format: FORMAT,
        generator: format!("thrice {VERSION}"),
        policy: PolicyName {
            name: model.policy.named.name.to_string(),
            sha256: model.hash.clone(),
        },
        as_of: plan.as_of.to_string(),
        files: artefacts.iter().map(file).collect(),
        steps,
        next,
    }
}

impl Manifest {
    /// Names further files, that carry no step out by themselves.
    pub(crate) fn list(&mut self, more: &[Artefact]) {
        self.files.extend(more.iter().map(file));
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// The file that it is written as.
    pub(crate) fn artefact(&self) -> Artefact {
        // Texts, numbers and lists always become JSON.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        Artefact {
            path: MANIFEST.to_owned(),
            bytes: text.into_bytes(),
            mode: 0o644,
            kind: "manifest",
            step: None,
            host: None,
            install_to: None,
            secrets: Vec::new(),
        }
    }
}

fn file(artefact: &Artefact) -> File {
    File {
        path: artefact.path.clone(),
        kind: artefact.kind,
        sha256: sha256(&artefact.bytes),
        mode: format!("{:04o}", artefact.mode),
        host: artefact.host.clone(),
        install_to: artefact.install_to.clone(),
        step: artefact.step.clone(),
        secrets: artefact.secrets.clone(),
    }
}

/// What a manifest says, as facts: of each file what it is and where it goes, of each step what carries
/// it out. Checksums, the day and what comes next follow from the rest.
///
/// # Errors
/// It is no JSON.
pub fn facts(text: &str) -> Result<Vec<Fact>, Unreadable> {
    let mut facts = facts::json(text)?;
    facts.retain(|fact| {
        let about = &fact.about;
        let of_file = about.starts_with("files[") && about.ends_with("].sha256");
        !(of_file || about == "as_of" || about == "next" || about.starts_with("next."))
    });
    Ok(facts)
}
