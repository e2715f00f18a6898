//! Everything that is emitted from a plan, and the manifest of it.
//!
//! What goes in: a plan that was verified. What comes out: the artefacts of all targets in force on the
//! day that the plan is judged at, in the order of their paths, and `manifest.json`, which names each
//! with its checksum, each step in force with what carries it out (or why nothing does), and what
//! changes next.
//!
//! All or nothing: if one step cannot be emitted, none is. A target is one line in [`scripts`] or
//! [`collect`].
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod manifest;
mod next;
mod steps;

use thrice_target::{Artefact, Diagnostic, Plan, refusal};

pub use manifest::{File, Manifest, PolicyName, facts};
pub use next::Next;
pub use steps::StepEntry;
pub use thrice_target_runbook::Standing;

/// Name of the file that says what the others are.
pub const MANIFEST: &str = "manifest.json";

/// All artefacts in force on `plan.as_of`, and the manifest, sorted by path.
///
/// # Errors
/// Everything that keeps a step from being emitted; `T9001` if two targets write one file or none
/// writes what a step needs.
pub fn build(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut artefacts = collect(plan)?;
    artefacts.push(manifest::of(plan, &artefacts).artefact());
    artefacts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(artefacts)
}

/// [`build`], and below `ansible/` a role and an inventory that install what is for hosts.
///
/// # Errors
/// As [`build`].
pub fn with_ansible(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut artefacts = collect(plan)?;
    let mut manifest = manifest::of(plan, &artefacts);
    let role = thrice_target_ansible::emit(plan, &artefacts)?;
    manifest.list(&role);
    artefacts.extend(role);
    artefacts.push(manifest.artefact());
    artefacts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(artefacts)
}

/// Whether a file of a manifest, or of a folder, is of the role and inventory of [`with_ansible`].
#[must_use]
pub fn is_of_ansible(path: &str) -> bool {
    path.split('/').next() == Some(thrice_target_ansible::FOLDER)
}

/// The runbook alone, and the manifest of it: also of a policy that is not safe, which it then says in big
/// letters. Nothing of it changes a machine.
///
/// # Errors
/// A name that no command can hold.
pub fn runbook(plan: &Plan, standing: &Standing) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut artefacts = thrice_target_runbook::emit(plan, standing)?;
    artefacts.push(manifest::of_files(plan, &artefacts).artefact());
    artefacts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(artefacts)
}

/// All artefacts but the manifest, sorted by path.
pub(crate) fn collect(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut artefacts = scripts(plan, &mut mistakes);
    // The executor's files name the scripts by checksum, so they need all of them.
    let executor = if mistakes.is_empty() {
        thrice_target_executor::emit(plan, &artefacts)
    } else {
        Ok(Vec::new())
    };
    for emitted in [
        thrice_target_cron::emit(plan),
        thrice_target_systemd::emit(plan),
        thrice_target_truenas::emit(plan),
        thrice_target_monitors::emit(plan),
        thrice_target_prometheus::emit(plan),
        thrice_target_nextcloud::emit(plan),
        thrice_target_s3_lifecycle::emit(plan),
        thrice_target_zerobyte::emit(plan),
        thrice_target_runbook::emit(plan, &Standing::Safe),
        executor,
    ] {
        gather(emitted, &mut artefacts, &mut mistakes);
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    artefacts.sort_by(|a, b| a.path.cmp(&b.path));
    consistent(plan, &artefacts)?;
    Ok(artefacts)
}

/// What the targets that write scripts emit.
fn scripts(plan: &Plan, mistakes: &mut Vec<Diagnostic>) -> Vec<Artefact> {
    let mut artefacts = Vec::new();
    for emitted in [
        thrice_target_restic::emit(plan),
        thrice_target_rclone::emit(plan),
        thrice_target_host_scripts::emit(plan),
        thrice_target_capture::emit(plan),
        thrice_target_seed::emit(plan),
    ] {
        gather(emitted, &mut artefacts, mistakes);
    }
    artefacts
}

fn gather(
    emitted: Result<Vec<Artefact>, Vec<Diagnostic>>,
    artefacts: &mut Vec<Artefact>,
    mistakes: &mut Vec<Diagnostic>,
) {
    match emitted {
        Ok(mut more) => artefacts.append(&mut more),
        Err(mut more) => mistakes.append(&mut more),
    }
}

/// No two files at one place, here or on a host, and each step carried out by what it must be.
fn consistent(plan: &Plan, artefacts: &[Artefact]) -> Result<(), Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut places: Vec<(Option<&str>, &str)> = artefacts
        .iter()
        .flat_map(|file| [Some((None, file.path.as_str())), installed(file)])
        .flatten()
        .collect();
    places.sort_unstable();
    for pair in places.windows(2) {
        if let [first, second] = pair
            && first == second
        {
            let message = format!("two targets write `{}`", first.1);
            mistakes.push(Diagnostic::error(refusal::INTERNAL, message));
        }
    }
    mistakes.extend(steps::missing(plan, artefacts));
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(mistakes)
    }
}

fn installed(file: &Artefact) -> Option<(Option<&str>, &str)> {
    Some((file.host.as_deref(), file.install_to.as_deref()?))
}
