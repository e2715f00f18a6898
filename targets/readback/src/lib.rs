//! What was emitted, read back and compared with the plan: `thrice verify`.
//!
//! What goes in: a plan, and the files of a folder that is to carry it out. What comes out: a finding for
//! each file that is missing, or there without need, or says something else than the plan, with the
//! statement of the policy that it contradicts.
//!
//! Files are compared by what they *say*: each is read by the reader of its target ([`READERS`]), and so
//! is the file that the plan gives now. Comments, blanks and other words for the same are no finding;
//! that bytes differ is a note. A kind without a reader is compared line by line.

mod bytes;
mod compare;
mod manifest;
mod statement;
mod table;
mod tell;

use std::collections::BTreeMap;

use thrice_diagnostics::{Diagnostic, Diagnostics, SourceMap};
use thrice_plan::Plan;
use thrice_target::Artefact;

pub use table::READERS;

/// A file of the folder that is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its path in the folder, with forward slashes.
    pub path: String,
    /// Its content; else why it cannot be read, in a few words.
    pub content: Result<Vec<u8>, String>,
    /// Its permissions, such as `0o644`.
    pub mode: u32,
}

/// Everything in which a folder is not what the plan makes of it, in order.
///
/// `folder` is its name for people. The texts of files that are shown are added to `sources`.
///
/// # Errors
/// What keeps the plan from being built: then there is nothing to compare with.
pub fn verify(
    plan: &Plan,
    folder: &str,
    found: &[Found],
    sources: &mut SourceMap,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    // A build of before says itself whether it had a role; its files alone would say it without one.
    let built = manifest::Built::read(found);
    let expected = if built
        .sums
        .keys()
        .any(|path| thrice_build::is_of_ansible(path))
    {
        thrice_build::with_ansible(plan)?
    } else {
        thrice_build::build(plan)?
    };
    Ok(against(plan, &expected, folder, found, sources))
}

/// [`verify`], against artefacts that were built before.
#[must_use]
pub fn against(
    plan: &Plan,
    expected: &[Artefact],
    folder: &str,
    found: &[Found],
    sources: &mut SourceMap,
) -> Vec<Diagnostic> {
    let by_path: BTreeMap<&str, &Found> = found
        .iter()
        .map(|file| (file.path.as_str(), file))
        .collect();
    let built = manifest::Built::read(found);
    let mut teller = tell::Teller {
        plan,
        folder,
        built: &built,
        sources,
        out: Diagnostics::new(),
    };
    let mut other_bytes = Vec::new();
    for artefact in expected {
        let Some(file) = by_path.get(artefact.path.as_str()) else {
            teller.missing(artefact);
            continue;
        };
        let bytes = match &file.content {
            Ok(bytes) => bytes,
            Err(why) => {
                teller.unreadable(artefact, None, why, 0..0);
                continue;
            }
        };
        teller.mode(artefact, file.mode);
        if *bytes != artefact.bytes {
            other_bytes.push(artefact.path.as_str());
        }
        let compared = compare::compare(artefact, bytes, &|step| {
            bytes::checksum(step, artefact, expected, &by_path)
        });
        match compared {
            Ok(differences) => {
                if !differences.is_empty() {
                    other_bytes.retain(|path| *path != artefact.path);
                }
                teller.differences(artefact, bytes, differences);
            }
            Err(wrong) => {
                other_bytes.retain(|path| *path != artefact.path);
                teller.unreadable(artefact, Some(bytes), &wrong.why, wrong.at);
            }
        }
    }
    for file in found {
        if !expected.iter().any(|artefact| artefact.path == file.path) {
            teller.extra(file);
        }
    }
    teller.checksums(expected, &by_path);
    teller.bytes(&other_bytes, expected.len());
    teller.out.sorted()
}
