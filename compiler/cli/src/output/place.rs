//! Where a folder goes, and whether it may.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use thrice_diagnostics::Diagnostic;

use super::{MANIFEST, Output, REFUSED, Refusal, files_below, refuse};
use crate::input::{read, words};

const ANOTHER: &str = "name a new folder, or move what is not of thrice out of this one";

/// A folder to write and its neighbours while that goes on.
pub struct Place {
    /// The folder above.
    pub parent: PathBuf,
    /// The folder itself.
    pub target: PathBuf,
    /// Where the new one grows; after an exchange, where the old one lies.
    pub new: PathBuf,
    /// Where the old one lies, where there is no exchange.
    pub old: PathBuf,
}

impl Place {
    /// Names the neighbours of a folder.
    pub fn find(folder: &Path) -> Result<Self, Refusal> {
        let Some(Component::Normal(name)) = folder.components().next_back() else {
            let why = "it is replaced as a whole, and this one cannot be";
            return Err(refuse(
                folder,
                why,
                "name a new folder, such as `--out build`",
            ));
        };
        let parent = match folder.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        if let Err(error) = fs::metadata(&parent) {
            let why = format!("the folder above it: {}", words(&error));
            return Err(refuse(folder, &why, "it must be there already"));
        }
        let beside = |suffix: &str| {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(suffix);
            parent.join(hidden)
        };
        let (new, old) = (beside(".thrice-new"), beside(".thrice-old"));
        Ok(Self {
            target: parent.join(name),
            new,
            old,
            parent,
        })
    }

    /// Clears what a run that was stopped has left: puts the old folder back if it was stopped
    /// between the two renames, and removes what is left over otherwise.
    pub fn recover(&self) -> io::Result<()> {
        if self.old.symlink_metadata().is_ok() {
            if self.target.symlink_metadata().is_ok() {
                fs::remove_dir_all(&self.old)?;
            } else {
                fs::rename(&self.old, &self.target)?;
            }
        }
        match fs::remove_dir_all(&self.new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What stands where the folder is to go: nothing, or a folder that may be replaced, because it
    /// is empty or holds nothing but what thrice wrote there.
    pub fn replaceable(&self, folder: &Path) -> Result<Option<fs::Metadata>, Refusal> {
        let metadata = match self.target.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refuse(folder, &words(&error), ANOTHER)),
            Ok(metadata) => metadata,
        };
        if metadata.is_symlink() {
            return Err(refuse(
                folder,
                "it is a symbolic link",
                "name the folder itself",
            ));
        }
        if !metadata.is_dir() {
            return Err(refuse(folder, "there is a file of that name", ANOTHER));
        }
        let files =
            files_below(&self.target).map_err(|error| refuse(folder, &words(&error), ANOTHER))?;
        if files.is_empty() {
            return Ok(Some(metadata));
        }
        let Some(ours) = listed(&self.target.join(MANIFEST)) else {
            return Err(refuse(
                folder,
                "it holds files, and thrice did not write it",
                ANOTHER,
            ));
        };
        let foreign: Vec<&Path> = files
            .iter()
            .map(PathBuf::as_path)
            .filter(|path| *path != Path::new(MANIFEST) && !ours.contains(*path))
            .collect();
        match foreign.as_slice() {
            [] => Ok(Some(metadata)),
            [first, rest @ ..] => {
                let more = if rest.is_empty() { "" } else { " and more" };
                let why = format!("thrice did not write `{}`{more} in it", first.display());
                Err(refuse(folder, &why, ANOTHER))
            }
        }
    }
}

/// The paths that a manifest of thrice lists; none for any other file.
fn listed(manifest: &Path) -> Option<BTreeSet<PathBuf>> {
    let manifest: Value = serde_json::from_str(&read(manifest).ok()?).ok()?;
    let generator = manifest.get("generator")?.as_str()?;
    if generator.split(' ').next() != Some("thrice") {
        return None;
    }
    let files = manifest.get("files")?.as_array()?;
    files
        .iter()
        .map(|file| Some(PathBuf::from(file.get("path")?.as_str()?)))
        .collect()
}

/// Refuses paths that could lead out of the folder or meet each other in it.
pub fn inside(files: &[Output<'_>]) -> Result<(), Refusal> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for file in files {
        let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\']);
        if !file.path.split('/').all(plain) {
            let shown: String = file.path.chars().flat_map(char::escape_debug).collect();
            return Err(Box::new(Diagnostic::error(
                REFUSED,
                format!("`{shown}` does not name a file inside the folder to write"),
            )));
        }
        if !seen.insert(file.path) {
            return Err(Box::new(Diagnostic::error(
                REFUSED,
                format!("`{}` is written twice", file.path),
            )));
        }
    }
    Ok(())
}
