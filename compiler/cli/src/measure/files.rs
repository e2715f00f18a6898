//! Records, lists of captures, room, and folders.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use thrice_audit::{Answer, Folder, Listed, Now, Record, Room};
use thrice_target::sha256_of;

use crate::input;

/// The longest record that is read, in bytes: theirs are a few hundred.
const LONGEST_RECORD: u64 = 1_000_000;

/// A file's text, if there is one, up to some bytes.
fn text(path: &Path, most: u64) -> io::Result<Option<String>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(file) => {
            let mut text = String::new();
            file.take(most + 1).read_to_string(&mut text)?;
            let whole = text.len() as u64 <= most;
            let too_large = || io::Error::new(ErrorKind::FileTooLarge, "it is too large");
            whole.then_some(Some(text)).ok_or_else(too_large)
        }
    }
}

/// The record of a step's last run, if there is one.
pub fn record(path: &Path) -> Answer<Option<Record>> {
    let wrong = |why: String| format!("its record cannot be read: {}: {why}", input::shown(path));
    let read = text(path, LONGEST_RECORD).map_err(|error| wrong(input::words(&error)))?;
    let parsed = read.map(|text| serde_json::from_str(&text)).transpose();
    parsed.map_err(|error| wrong(error.to_string()))
}

/// What a capture listed, and how each file is now; `None` if there is no list.
pub fn manifest(path: &Path, no_checksums: bool) -> Answer<Option<Vec<Listed>>> {
    let wrong = |why: &str| {
        let path = input::shown(path);
        format!("the list of what it left cannot be read: {path}: {why}")
    };
    let read = text(path, input::LARGEST).map_err(|error| wrong(&input::words(&error)))?;
    let Some(read) = read else {
        return Ok(None);
    };
    let lines = read.lines().map(|line| {
        let mut words = line.splitn(4, ' ');
        let (sum, bytes) = (words.next()?, words.next()?.parse().ok()?);
        let (_, path) = (words.next()?, words.next()?);
        Some(Listed {
            path: path.to_owned(),
            bytes,
            now: now(Path::new(path), bytes, sum, no_checksums),
        })
    });
    let listed: Option<Vec<Listed>> = lines.collect();
    listed
        .map(Some)
        .ok_or_else(|| wrong("a line is not `SHA256 BYTES SECONDS PATH`"))
}

/// How a listed file is now.
fn now(path: &Path, bytes: u64, sum: &str, no_checksums: bool) -> Now {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Now::Gone,
        Err(error) => return Now::Unreadable(input::words(&error)),
        Ok(data) if !data.is_file() => return Now::Gone,
        Ok(data) => data.len(),
    };
    if found != bytes {
        return Now::OtherSize(found);
    }
    if no_checksums {
        return Now::Same;
    }
    match File::open(path).and_then(sha256_of) {
        Err(error) => Now::Unreadable(input::words(&error)),
        Ok(found) if found == sum => Now::Same,
        Ok(_) => Now::OtherContent,
    }
}

/// What the file system that is mounted at a path holds.
pub fn room(path: &Path) -> Answer<Room> {
    let place = input::shown(path);
    let wrong = |why: String| format!("the file system at {place} cannot be looked at: {why}");
    let device = |path: &Path| {
        let data = fs::metadata(path).map_err(|error| wrong(input::words(&error)))?;
        Ok::<u64, String>(data.dev())
    };
    if let Some(parent) = path.parent()
        && device(parent)? == device(path)?
    {
        return Err(format!("nothing is mounted at {place}"));
    }
    let found = rustix::fs::statvfs(path).map_err(|error| wrong(error.to_string()))?;
    // As `df` counts it: what is reserved for root is neither used nor free.
    let used = found.f_blocks.saturating_sub(found.f_bfree);
    let size = used.saturating_add(found.f_bavail);
    Ok(Room {
        size: size.saturating_mul(found.f_frsize),
        used: used.saturating_mul(found.f_frsize),
    })
}

/// The folders in a folder, but those of the file system itself.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line may read a folder"
)]
pub fn folders(path: &Path) -> Answer<Vec<Folder>> {
    let wrong = |error: io::Error| {
        let path = input::shown(path);
        format!("{path} cannot be listed: {}", input::words(&error))
    };
    let mut out = Vec::new();
    for entry in fs::read_dir(path).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let path = entry.path();
        if is_folder && entry.file_name() != "lost+found" {
            let shown = input::shown(&path);
            out.push(Folder {
                name: input::shown(Path::new(&entry.file_name())),
                path: shown,
                is_repository: is_repository(&path),
            });
        }
    }
    out.sort();
    Ok(out)
}

/// Whether a folder holds what a repository of restic holds.
pub fn is_repository(path: &Path) -> bool {
    let has_folder = |name: &str| path.join(name).is_dir();
    path.join("config").is_file() && ["data", "keys", "snapshots"].into_iter().all(has_folder)
}
