//! A new folder, flushed to the disk file by file.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{Hook, Output, Point};

/// Writes the files below a folder that is not there yet.
pub fn create(folder: &Path, files: &[Output<'_>], hook: Hook<'_>) -> io::Result<()> {
    fs::create_dir(folder)?;
    let mut folders: BTreeSet<PathBuf> = BTreeSet::from([folder.to_owned()]);
    for (index, file) in files.iter().enumerate() {
        hook(Point::File(index))?;
        let path = folder.join(file.path);
        let above = path.parent().unwrap_or(folder);
        fs::create_dir_all(above)?;
        folders.extend(
            above
                .ancestors()
                .take_while(|a| *a != folder)
                .map(Path::to_owned),
        );
        write(&path, file)?;
    }
    hook(Point::Flush)?;
    folders.iter().try_for_each(|folder| flush(folder))
}

/// Writes a file that is not there yet. It is never readable by more people than it says.
fn write(path: &Path, file: &Output<'_>) -> io::Result<()> {
    let mode = file.mode & 0o7777;
    let mut handle = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode & 0o700)
        .open(path)?;
    handle.write_all(file.bytes)?;
    // The umask took bits away from the mode it was made with; this is exact.
    handle.set_permissions(Permissions::from_mode(mode))?;
    handle.sync_all()
}

/// Gives the new folder the permissions of the one it replaces.
pub fn like(folder: &Path, old: Option<&Metadata>) -> io::Result<()> {
    old.map_or(Ok(()), |old| fs::set_permissions(folder, old.permissions()))
}

/// Flushes the names in a folder.
pub fn flush(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
