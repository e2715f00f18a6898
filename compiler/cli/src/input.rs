//! Reading policies: the only place besides [`crate::output`] and `fmt` that touches files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

use thrice_diagnostics::{Code, Diagnostic, FileId, SourceMap, Span};

const UNREADABLE: Code = Code("T0001");
const NOT_TEXT: Code = Code("T0002");
const EMPTY_FOLDER: Code = Code("T0003");
const TOO_LARGE: Code = Code("T0004");

/// The largest file that is read, in bytes: 64 MB, some hundred times the largest policy tried.
pub const LARGEST: u64 = 64_000_000;
/// How the names of policy files end.
pub const EXTENSION: &str = "thrice";

/// A policy as it lies on disk.
pub struct Input {
    /// The texts.
    pub sources: SourceMap,
    /// The files that make up the policy, in the order of their names.
    pub roots: Vec<FileId>,
    /// What a policy that does not name itself is called: its folder, or its file.
    pub name: String,
    /// What could not be read.
    pub mistakes: Vec<Diagnostic>,
    /// Reads what these files `use`.
    pub files: Files,
}

/// Reads the policy at `path`: a folder's `.thrice` files, or one file.
pub fn load(path: &Path) -> Input {
    let mut input = Input {
        sources: SourceMap::new(),
        roots: Vec::new(),
        name: name_of(path),
        mistakes: Vec::new(),
        files: Files::default(),
    };
    match fs::metadata(path) {
        Err(error) => input.mistakes.push(unreadable(&shown(path), &error)),
        Ok(metadata) if metadata.is_dir() => input.folder(path),
        // Who names a pipe wants it read: `thrice check <(generate)`.
        Ok(_) => input.file(path, &read_any),
    }
    input
}

impl Input {
    fn folder(&mut self, path: &Path) {
        match policy_files(path) {
            Err(error) => self.mistakes.push(unreadable(&shown(path), &error)),
            Ok(files) if files.is_empty() => self.mistakes.push(
                Diagnostic::error(
                    EMPTY_FOLDER,
                    format!("the folder `{}` holds no policy files", shown(path)),
                )
                .help("policy files end in `.thrice`; folders inside this one are not read"),
            ),
            Ok(files) => files.iter().for_each(|file| self.file(file, &read)),
        }
    }

    fn file(&mut self, path: &Path, read: &dyn Fn(&Path) -> Result<String, Trouble>) {
        let name = shown(path);
        match read(path) {
            Ok(text) => {
                self.roots.push(self.sources.add(name.clone(), text));
                self.files.known.borrow_mut().insert(name, path.to_owned());
            }
            Err(trouble) => {
                let mistake = trouble.diagnostic(&name, &mut self.sources);
                self.mistakes.push(mistake);
            }
        }
    }
}

/// The files of a folder that belong to its policy, by name. Hidden ones are an editor's.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line may read a folder"
)]
fn policy_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names: Vec<OsString> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if !hidden && Path::new(&name).extension().is_some_and(|e| e == EXTENSION) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Why a file cannot be read.
pub enum Trouble {
    /// The system says so.
    System(io::Error),
    /// It is a folder.
    Folder,
    /// It is a pipe, socket or device.
    NoFile,
    /// It is larger than [`LARGEST`].
    TooLarge,
    /// It is not UTF-8: the first wrong byte, and the text with U+FFFD for what is wrong.
    NotText(usize, String),
}

/// Reads a whole file, or as much as shows that it is too large. A pipe that nobody writes to would
/// be waited for without end: nothing is read but files.
///
/// # Errors
/// See [`Trouble`].
pub fn read(path: &Path) -> Result<String, Trouble> {
    let metadata = fs::metadata(path).map_err(Trouble::System)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(Trouble::NoFile);
    }
    read_any(path)
}

/// [`read`], also from pipes and devices.
///
/// # Errors
/// See [`Trouble`].
pub fn read_any(path: &Path) -> Result<String, Trouble> {
    let file = File::open(path).map_err(Trouble::System)?;
    let metadata = file.metadata().map_err(Trouble::System)?;
    if metadata.is_dir() {
        return Err(Trouble::Folder);
    }
    read_about(file, metadata.len())
}

/// All that comes, or as much as shows that it is too much.
///
/// # Errors
/// See [`Trouble`].
pub fn read_from(source: impl io::Read) -> Result<String, Trouble> {
    read_about(source, 0)
}

/// The same of something that is said to have so many bytes. Pipes and devices have no length to ask for
/// beforehand; a buffer that is as large as a file at once is not copied, nor is one twice as large.
fn read_about(source: impl io::Read, length: u64) -> Result<String, Trouble> {
    let length = usize::try_from(length.min(LARGEST)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(length);
    source
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(Trouble::System)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Trouble::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Trouble::NotText(at, String::from_utf8_lossy(error.as_bytes()).into_owned())
    })
}

impl Trouble {
    /// In a few plain words.
    pub fn words(&self) -> String {
        match self {
            Self::System(error) => words(error),
            Self::Folder => "it is a folder, not a file".to_owned(),
            Self::NoFile => "it is a pipe, a socket or a device, not a file".to_owned(),
            Self::TooLarge => format!("it is larger than {} MB", LARGEST / 1_000_000),
            Self::NotText(at, text) => {
                let line = text
                    .get(..*at)
                    .map_or(0, |before| before.matches('\n').count())
                    + 1;
                format!("it is not UTF-8 text: byte {at}, on line {line}, is wrong")
            }
        }
    }

    /// As a finding. What is readable of a file that is no text is shown.
    pub fn diagnostic(self, name: &str, sources: &mut SourceMap) -> Diagnostic {
        let words = self.words();
        match self {
            Self::System(_) | Self::Folder | Self::NoFile => {
                Diagnostic::error(UNREADABLE, format!("cannot read `{name}`: {words}"))
            }
            Self::TooLarge => {
                Diagnostic::error(TOO_LARGE, format!("cannot read `{name}`: {words}"))
                    .help("is it a policy? no policy needs to be that long")
            }
            Self::NotText(at, text) => {
                let file = sources.add(name, text);
                let at = u32::try_from(at).unwrap_or(u32::MAX);
                let mark = u32::try_from(char::REPLACEMENT_CHARACTER.len_utf8()).unwrap_or(1);
                Diagnostic::error(NOT_TEXT, format!("cannot read `{name}`: {words}"))
                    .at(
                        Span::new(file, at, at.saturating_add(mark)),
                        "not UTF-8 from here on",
                    )
                    .help("save the file as UTF-8")
            }
        }
    }
}

fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::error(
        UNREADABLE,
        format!("cannot read `{name}`: {}", words(error)),
    )
}

/// What the system says, for people who do not know its words.
pub fn words(error: &io::Error) -> String {
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return "its symbolic links lead in a circle".to_owned();
    }
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        ErrorKind::IsADirectory => "it is a folder, not a file".to_owned(),
        ErrorKind::InvalidFilename => "the name is too long".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads files that others `use`, relative to the file that says so.
#[derive(Default)]
pub struct Files {
    /// Where the files read so far lie, by the names they are shown by.
    known: RefCell<BTreeMap<String, PathBuf>>,
}

impl Files {
    /// The name and text of the file that `from` calls `path`; `.thrice` need not be written.
    ///
    /// # Errors
    /// Why it cannot be read, in a few plain words.
    pub fn used(&self, from: &str, path: &str) -> Result<(String, String), String> {
        if Path::new(path).is_absolute() {
            return Err("a policy names files relative to itself".to_owned());
        }
        let known = self.known.borrow().get(from).cloned();
        let near = known.unwrap_or_else(|| PathBuf::from(from));
        let mut place = near.parent().unwrap_or(Path::new("")).join(path);
        if place.extension().is_none_or(|e| e != EXTENSION) {
            place.as_mut_os_string().push(format!(".{EXTENSION}"));
        }
        let name = shown(&place);
        let text = read(&place).map_err(|trouble| format!("`{name}`: {}", trouble.words()))?;
        self.known.borrow_mut().insert(name.clone(), place);
        Ok((name, text))
    }
}

/// The name of a path as it is shown: as it was typed, with forward slashes and without detours, so
/// that one file has one name.
pub fn shown(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|p| p != "..") => {
                // The root is its own parent.
                if parts.len() > 1 || !path.is_absolute() {
                    parts.pop();
                }
            }
            Component::RootDir | Component::Prefix(_) => parts.push(String::new()),
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    match parts.as_slice() {
        [] => ".".to_owned(),
        [root] if root.is_empty() => "/".to_owned(),
        _ => parts.join("/"),
    }
}

/// A name for the policy at `path`: the folder's, or the file's without its extension.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = if whole.is_dir() {
        whole.file_name()
    } else {
        whole.file_stem()
    };
    name.map_or_else(
        || "policy".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests;
