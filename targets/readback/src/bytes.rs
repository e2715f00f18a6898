//! Checksums that files name of each other.

use std::collections::BTreeMap;

use thrice_target::{Artefact, sha256};

use crate::Found;

/// The SHA-256 of the script of a step as it lies in the folder, for the host that a file is for.
pub fn checksum(
    step: &str,
    about: &Artefact,
    expected: &[Artefact],
    found: &BTreeMap<&str, &Found>,
) -> Option<String> {
    let script = expected.iter().find(|file| {
        file.kind == "script" && file.host == about.host && file.step.as_deref() == Some(step)
    })?;
    let bytes = found.get(script.path.as_str())?.content.as_ref().ok()?;
    Some(sha256(bytes))
}
