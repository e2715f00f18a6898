//! What one host gets: files, folders, secrets that must be there, programs to run.

use serde::Serialize;
use thrice_model::{HostId, HostKind};
use thrice_plan::Plan;
use thrice_target::layout::Folders;
use thrice_target::{Artefact, Diagnostic, layout, refusal, sha256};

/// The variables of a host, as the role reads them.
#[derive(Serialize)]
struct Host<'a> {
    thrice_installed_list: String,
    thrice_folders: Vec<Folder>,
    thrice_files: Vec<File<'a>>,
    thrice_secrets: Vec<&'a str>,
    thrice_programs: Vec<Program<'a>>,
}

#[derive(Serialize)]
struct Folder {
    path: String,
    mode: &'static str,
}

#[derive(Serialize)]
struct File<'a> {
    /// Below the role's `files/`.
    src: &'a str,
    dest: String,
    kind: &'static str,
    mode: String,
    sha256: String,
}

/// A program that brings in line what is no file.
#[derive(Serialize)]
struct Program<'a> {
    name: &'a str,
    path: String,
    arguments: &'static [&'static str],
}

/// The variables of a host and the files that it gets.
pub fn emit(plan: &Plan, id: HostId, artefacts: &[Artefact]) -> Result<Vec<Artefact>, Diagnostic> {
    let its = &plan.model.hosts[id];
    let folders = layout::folders(plan, id);
    // Beside the scripts: what is ours alone, and survives where they do.
    let own = folders.bin.trim_end_matches("/bin");
    let below = format!("{}/", layout::host_folder(plan, id));
    let mut found: Vec<(&Artefact, String)> = artefacts
        .iter()
        .filter_map(|artefact| {
            let path = artefact.path.strip_prefix(&below)?;
            let dest = artefact.install_to.clone();
            Some((artefact, dest.unwrap_or_else(|| format!("{own}/{path}"))))
        })
        .collect();
    // What starts a script comes after the script, a timer after its service.
    found.sort_by_key(|(artefact, dest)| (rank(artefact.kind), dest.clone()));
    if let Some((_, dest)) = found.iter().find(|(_, dest)| dest.starts_with("/etc/"))
        && its.kind == HostKind::Nas
    {
        let message = format!("`{dest}` would be written on `{}`", its.named.name);
        return Err(Diagnostic::error(refusal::INTERNAL, message));
    }
    let host = Host {
        thrice_installed_list: format!("{own}/installed.json"),
        thrice_folders: needed(own, &folders, &found),
        thrice_files: found.iter().map(|(from, dest)| of(from, dest)).collect(),
        thrice_secrets: secrets(&folders, &found),
        thrice_programs: programs(&found),
    };
    // Texts, numbers and lists always become JSON.
    let mut text = serde_json::to_string_pretty(&host).unwrap_or_default();
    text.push('\n');
    let variables = format!(
        "{}/vars/{}.json",
        crate::ROLE,
        layout::host_folder(plan, id)
    );
    let mut out = vec![crate::file(variables, "ansible-host", text.into_bytes())];
    out.extend(found.into_iter().map(|(from, _)| Artefact {
        path: format!("{}/files/{}", crate::ROLE, from.path),
        install_to: None,
        ..from.clone()
    }));
    Ok(out)
}

fn rank(kind: &str) -> u8 {
    match kind {
        "cron" | "systemd-timer" => 2,
        "systemd-service" => 1,
        _ => 0,
    }
}

fn of<'a>(from: &'a Artefact, dest: &str) -> File<'a> {
    File {
        src: &from.path,
        dest: dest.to_owned(),
        kind: from.kind,
        mode: format!("{:04o}", from.mode),
        sha256: sha256(&from.bytes),
    }
}

/// Folders that are ours and in which something is put. Those of cron and systemd are not ours; that of
/// secrets is for root alone.
fn needed(own: &str, folders: &Folders, found: &[(&Artefact, String)]) -> Vec<Folder> {
    if found.is_empty() {
        return Vec::new();
    }
    let mut out = vec![Folder {
        path: own.to_owned(),
        mode: "0755",
    }];
    for (_, dest) in found {
        let Some((parent, _)) = dest.rsplit_once('/') else {
            continue;
        };
        let mode = if parent == folders.etc {
            "0700"
        } else if parent.starts_with(&format!("{own}/")) {
            "0755"
        } else {
            continue;
        };
        if !out.iter().any(|folder| folder.path == parent) {
            out.push(Folder {
                path: parent.to_owned(),
                mode,
            });
        }
    }
    out
}

/// Files with secrets that what runs on this host cannot do without. How a service is reached has
/// defaults, so that file need not be there; names of variables are no files; what Zerobyte reads is in
/// its container.
fn secrets<'a>(folders: &Folders, found: &[(&'a Artefact, String)]) -> Vec<&'a str> {
    let optional = format!("{}/connections/", folders.etc);
    let mut out: Vec<&str> = found
        .iter()
        .filter(|(from, _)| from.install_to.is_some())
        .flat_map(|(from, _)| from.secrets.iter().map(String::as_str))
        .filter(|path| path.starts_with('/') && !path.starts_with(&optional))
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

fn programs<'a>(found: &[(&'a Artefact, String)]) -> Vec<Program<'a>> {
    let its = found.iter().filter(|(from, _)| from.kind == "apply");
    its.filter_map(|(from, dest)| {
        let name = from.path.rsplit('/').nth(1)?;
        Some(Program {
            name,
            path: dest.clone(),
            // Only there does it remove no more than jobs that are ours by name.
            arguments: if name == "truenas" {
                &["--remove"]
            } else {
                &[]
            },
        })
    })
    .collect()
}
