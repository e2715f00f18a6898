//! `thrice fmt`: files into the one style, in place.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use tempfile::Builder;
use thrice_diagnostics::{Code, Diagnostic, SourceMap};
use thrice_report::human;

use crate::args::{Args, Fmt};
use crate::input::{EXTENSION, read, shown, words};
use crate::{pipeline, terminal, verbs};

const UNREADABLE: Code = Code("T0001");
const EMPTY_FOLDER: Code = Code("T0003");
const UNWRITABLE: Code = Code("T0008");

/// Formats the files and those in the folders; with `--check`, names those that differ.
pub fn run(args: &Args, fmt: &Fmt) -> u8 {
    let mut sources = SourceMap::new();
    let mut mistakes: Vec<Diagnostic> = Vec::new();
    let mut differ = String::new();
    for path in files(&fmt.paths, &mut mistakes) {
        match file(&path, fmt.check, &mut sources) {
            Ok(true) => differ.push_str(&format!("{}\n", shown(&path))),
            Ok(false) => {}
            Err(found) => mistakes.extend(found),
        }
    }
    if !mistakes.is_empty() {
        let options = terminal::error_options(args);
        terminal::complain(&human::findings(&mistakes, &sources, options));
    }
    let code = match (mistakes.is_empty(), fmt.check && !differ.is_empty()) {
        (false, _) => verbs::MISUSE,
        (true, true) => 1,
        (true, false) => 0,
    };
    verbs::finish(&differ, code)
}

/// Whether a file's style differs; unless it is only asked, the file is then changed.
fn file(path: &Path, check: bool, sources: &mut SourceMap) -> Result<bool, Vec<Diagnostic>> {
    let name = shown(path);
    let text = read(path).map_err(|trouble| vec![trouble.diagnostic(&name, sources)])?;
    let formatted = pipeline::formatted(sources.add(name.clone(), text.as_str()), &text)?;
    if formatted == text {
        return Ok(false);
    }
    if !check {
        replace(path, formatted.as_bytes()).map_err(|error| {
            let why = words(&error);
            vec![Diagnostic::error(
                UNWRITABLE,
                format!("cannot write `{name}`: {why}"),
            )]
        })?;
    }
    Ok(true)
}

/// Replaces a file's content in one step, so that nobody ever reads half of it. Links stay links,
/// permissions stay as they are, and so does the owner where that is allowed.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let metadata = fs::metadata(&path)?;
    if metadata.permissions().readonly() {
        // Renaming over it would go through all the same, and against the owner's will.
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = Builder::new().prefix(".thrice-fmt-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    keep(file.as_file(), &metadata)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

fn keep(file: &File, old: &Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        // Only root may give a file away; for others a file of their own is the best there is.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
    file.set_permissions(old.permissions())
}

/// The files named and those found in the folders named, each once, in order.
fn files(paths: &[PathBuf], mistakes: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        if let Err(error) = search(path, &mut found) {
            let why = words(&error);
            let message = format!("cannot read the folder `{}`: {why}", shown(path));
            mistakes.push(Diagnostic::error(UNREADABLE, message));
        } else if found.len() == before {
            let message = format!("the folder `{}` holds no policy files", shown(path));
            mistakes.push(Diagnostic::error(EMPTY_FOLDER, message));
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|path| seen.insert(shown(path)));
    found
}

/// The policy files in a folder and the folders in it. Hidden ones are passed over, and folders
/// behind links too: they may lead in a circle or out of what was named.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line may read a folder"
)]
fn search(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            search(&path, found)?;
        } else if path.extension().is_some_and(|e| e == EXTENSION) && !path.is_dir() {
            found.push(path);
        }
    }
    Ok(())
}
