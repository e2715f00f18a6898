//! Writing a folder whole or not at all.
//!
//! The new folder is written beside the old one, every file and folder flushed to the disk, and the
//! two change places in one step of the file system. Whoever stops this at any point, by a signal
//! or by a power cut, finds the old folder or the new one, each complete. What a stopped run leaves
//! lying is hidden beside it (`.NAME.thrice-new`, `.NAME.thrice-old`) and cleared by the next.

mod place;
mod tree;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thrice_diagnostics::{Code, Diagnostic};

use crate::input::{shown, words};
use place::Place;

const REFUSED: Code = Code("T0008");
/// The file by which a folder is known to be one of ours, and which says what is in it.
pub const MANIFEST: &str = "manifest.json";

/// A file to write.
pub struct Output<'a> {
    /// Its path in the folder, with forward slashes.
    pub path: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
    /// Its permissions, such as `0o644`.
    pub mode: u32,
}

/// The points between which a run can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before anything is touched.
    Begin,
    /// Before this file, counted from 0, is written.
    File(usize),
    /// Before folders are flushed.
    Flush,
    /// Before old and new change places in one step.
    Exchange,
    /// Before the old one is moved away, where the file system cannot exchange.
    Away,
    /// Before the new one is moved to its place.
    Into,
    /// Before the old one is removed.
    Clear,
}

/// Why a folder is not written: `T0008`.
pub type Refusal = Box<Diagnostic>;

/// Called at each point; an error there is treated like one of the file system.
pub type Hook<'a> = &'a mut dyn FnMut(Point) -> io::Result<()>;

/// Makes `folder` hold these files and nothing else.
///
/// # Errors
/// `T0008`: a path leads out of the folder, the folder is not ours to replace, or the file system
/// refuses. Then the folder is as it was.
pub fn write(folder: &Path, files: &[Output<'_>]) -> Result<(), Refusal> {
    write_with(folder, files, &mut |_| Ok(()))
}

/// [`write`], with a hook between its steps.
fn write_with(folder: &Path, files: &[Output<'_>], hook: Hook<'_>) -> Result<(), Refusal> {
    place::inside(files)?;
    let place = Place::find(folder)?;
    let _lock = lock(&place.parent, folder)?;
    let failed =
        |error: io::Error| refuse(folder, &words(&error), "the folder is as it was before");
    hook(Point::Begin).map_err(failed)?;
    place.recover().map_err(failed)?;
    let old = place.replaceable(folder)?;
    let done = tree::create(&place.new, files, hook)
        .and_then(|()| tree::like(&place.new, old.as_ref()))
        .and_then(|()| swap(&place, old.is_some(), hook));
    if let Err(error) = done {
        // What cannot be removed now is removed by the next run.
        let _ = place.recover();
        return Err(failed(error));
    }
    // From here on the new folder is in its place: what fails now must not claim otherwise.
    let _ = tree::flush(&place.parent);
    if hook(Point::Clear).is_ok() {
        let _ = place.recover();
    }
    Ok(())
}

/// Puts the new folder into its place; the old one lies beside it afterwards.
fn swap(place: &Place, replaces: bool, hook: Hook<'_>) -> io::Result<()> {
    if !replaces {
        hook(Point::Into)?;
        return fs::rename(&place.new, &place.target);
    }
    match hook(Point::Exchange).and_then(|()| exchange(&place.new, &place.target)) {
        Err(error) if unsupported(&error) => {}
        done => return done,
    }
    hook(Point::Away)?;
    fs::rename(&place.target, &place.old)?;
    if let Err(error) = hook(Point::Into).and_then(|()| fs::rename(&place.new, &place.target)) {
        fs::rename(&place.old, &place.target)?;
        return Err(error);
    }
    Ok(())
}

/// Lets two folders change places in one step, so that there is no moment without either.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// `EINVAL` and `ENOSYS` are what rename(2) documents for file systems and kernels without it.
fn unsupported(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput
    )
}

/// Keeps two runs from writing beside each other; ends with the process, whatever becomes of it.
fn lock(parent: &Path, folder: &Path) -> Result<Option<File>, Refusal> {
    // Where the folder above cannot even be opened, what follows says so better.
    let Ok(handle) = File::open(parent) else {
        return Ok(None);
    };
    match handle.try_lock() {
        Err(TryLockError::WouldBlock) => Err(refuse(
            folder,
            "another run of thrice is writing beside it",
            "wait until it is done",
        )),
        // Some network file systems have no locks.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(Some(handle)),
    }
}

fn refuse(folder: &Path, why: &str, help: &str) -> Refusal {
    let message = format!("cannot write the folder `{}`: {why}", shown(folder));
    Box::new(Diagnostic::error(REFUSED, message).help(help))
}

/// The paths of all files below a folder, relative to it, in order; links are not followed.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line may read a folder"
)]
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else if let Ok(path) = entry.path().strip_prefix(folder) {
                found.push(path.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
