//! Files: the folder's own, and those brought in with `use`.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use sha2::{Digest as _, Sha256};
use thrice_diagnostics::{Diagnostic, Diagnostics, FileId, SourceMap, Span, nearest, one_of};
use thrice_grammar::{Block, Statement, TokenKind, Tree, parse};

use crate::codes::{CYCLE, LEFT_OVER, USE};

/// Where files come from that a policy uses.
pub trait Loader {
    /// Loads the file that `path` means in the file called `from`; returns a name that is the same
    /// whichever way the file is reached, and its text.
    ///
    /// # Errors
    /// The reason in a few words: "no such file".
    fn load(&self, from: &str, path: &str) -> Result<(String, String), String>;
}

/// The path that `path` means in the file called `from`, for loaders whose names are paths with `/`.
#[must_use]
pub fn beside(from: &str, path: &str) -> String {
    let mut name: Vec<&str> = from.split('/').collect();
    name.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(name.pop()),
            part => name.push(part),
        }
    }
    name.join("/")
}

include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// The files of the standard library: name (`std/hetzner.thrice`) and text, in the order of names.
#[must_use]
pub fn standard_library() -> &'static [(&'static str, &'static str)] {
    LIBRARY
}

/// All sources of files.
pub struct Files<'a> {
    loader: &'a dyn Loader,
    library: &'a [(&'a str, &'a str)],
}

impl<'a> Files<'a> {
    /// Files of one's own, and a standard library.
    #[must_use]
    pub fn new(loader: &'a dyn Loader, library: &'a [(&'a str, &'a str)]) -> Self {
        Self { loader, library }
    }
}

/// A file that is part of the policy.
pub struct Loaded {
    /// Its tree.
    pub tree: Tree,
    /// Whether it is of the standard library.
    pub library: bool,
}

/// Parses the roots and, after them, what they use, each file once.
pub fn load(
    sources: &mut SourceMap,
    roots: &[FileId],
    files: &Files<'_>,
    found: &mut Diagnostics,
) -> Vec<Loaded> {
    let mut reader = Reader {
        files,
        known: BTreeMap::new(),
        edges: Vec::new(),
        found,
    };
    let mut loaded: Vec<Loaded> = Vec::new();
    for root in roots {
        if reader.known.contains_key(sources.name(*root)) {
            continue;
        }
        reader
            .known
            .insert(sources.name(*root).to_owned(), loaded.len());
        loaded.push(reader.parse(sources, *root, false));
    }
    let mut next = 0;
    while let Some(file) = loaded.get(next) {
        let uses = uses(sources, &file.tree, reader.found);
        let from = sources.name(file.tree.span.file).to_owned();
        for (path, span) in uses {
            let Some(target) = reader.target(sources, &mut loaded, &from, &path, span) else {
                continue;
            };
            reader.edges.push((next, target, span));
        }
        next += 1;
    }
    reader.report_circles(sources, &loaded);
    loaded
}

struct Reader<'a> {
    files: &'a Files<'a>,
    /// Names of loaded files and their places.
    known: BTreeMap<String, usize>,
    edges: Vec<(usize, usize, Span)>,
    found: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn parse(&mut self, sources: &SourceMap, file: FileId, library: bool) -> Loaded {
        let text = sources.get(file).map_or("", |source| &source.text);
        let (tree, mistakes) = parse(file, text);
        self.found.extend(mistakes);
        Loaded { tree, library }
    }

    /// The place of the file that a `use` means, loading it if it is new.
    fn target(
        &mut self,
        sources: &mut SourceMap,
        loaded: &mut Vec<Loaded>,
        from: &str,
        path: &str,
        span: Span,
    ) -> Option<usize> {
        let library = path.starts_with("std/");
        let file = if library {
            let name = format!("{path}.thrice");
            let file = self.files.library.iter().find(|(known, _)| *known == name);
            file.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .ok_or_else(|| self.unknown_library(path, span))
        } else {
            self.files
                .loader
                .load(from, path)
                .map_err(|reason| cannot_load(path, &reason, span))
        };
        let (name, text) = match file {
            Ok(file) => file,
            Err(mistake) => {
                self.found.push(mistake);
                return None;
            }
        };
        if let Some(place) = self.known.get(&name) {
            return Some(*place);
        }
        let place = loaded.len();
        self.known.insert(name.clone(), place);
        let file = sources.add(name, text);
        loaded.push(self.parse(sources, file, library));
        Some(place)
    }

    fn unknown_library(&self, path: &str, span: Span) -> Diagnostic {
        let names = self
            .files
            .library
            .iter()
            .filter_map(|(name, _)| name.strip_suffix(".thrice"));
        let found = Diagnostic::error(USE, format!("the standard library has no `{path}`"))
            .at(span, "no such file");
        let near = nearest(path, names.clone());
        if self.files.library.is_empty() {
            found
        } else if near.is_empty() {
            found.help(format!("it has {}", one_of(names).replace(" or ", " and ")))
        } else {
            found.help(format!("did you mean {}?", one_of(near)))
        }
    }

    /// Each file that leads back to itself is reported once, with all its uses.
    fn report_circles(&mut self, sources: &SourceMap, loaded: &[Loaded]) {
        let mut edges = self.edges.clone();
        let mut seen = BTreeSet::new();
        loop {
            let mut graph = vec![Vec::new(); loaded.len()];
            for (from, to, _) in &edges {
                if let Some(targets) = graph.get_mut(*from) {
                    targets.push(*to);
                }
            }
            let Some(circle) = crate::graph::circle(&graph) else {
                return;
            };
            let next = circle.iter().cycle().skip(1);
            let pairs: BTreeSet<(usize, usize)> =
                circle.iter().copied().zip(next.copied()).collect();
            if seen.insert(circle) {
                let spans = edges.iter().filter(|(a, b, _)| pairs.contains(&(*a, *b)));
                self.found
                    .push(circle_of_files(sources, spans.map(|(_, _, span)| *span)));
            }
            edges.retain(|(a, b, _)| !pairs.contains(&(*a, *b)));
        }
    }
}

/// The files that a file uses, each with the words that say so.
fn uses(sources: &SourceMap, tree: &Tree, found: &mut Diagnostics) -> Vec<(String, Span)> {
    let is_use = |statement: &Statement<'_>| {
        statement
            .values()
            .next()
            .is_some_and(|token| sources.text(token.span) == "use")
    };
    let runs: Vec<_> = tree.runs().collect();
    let statements: Vec<Statement<'_>> = if runs.len() < 2 {
        runs.into_iter().flatten().filter(is_use).collect()
    } else {
        let runs = runs.into_par_iter();
        runs.flat_map_iter(|run| run.filter(is_use)).collect()
    };
    statements
        .into_iter()
        .filter_map(|statement| used(sources, statement, found))
        .collect()
}

fn used(
    sources: &SourceMap,
    statement: Statement<'_>,
    found: &mut Diagnostics,
) -> Option<(String, Span)> {
    const HELP: &str =
        "write `use std/hetzner`, or `use \"requirements.thrice\"` for your own file";
    let mut values = statement.values().skip(1);
    let Some(token) = values.next() else {
        let mistake = Diagnostic::error(USE, "`use` does not say which file");
        found.push(
            mistake
                .at(statement.head(), "a file should follow")
                .help(HELP),
        );
        return None;
    };
    let text = sources.text(token.span);
    let path = match token.kind {
        TokenKind::Text => text.trim_matches('"').to_owned(),
        TokenKind::Name if text.starts_with("std/") => text.to_owned(),
        TokenKind::Unknown | TokenKind::OpenText => return None,
        _ => {
            let mistake = Diagnostic::error(USE, format!("`{text}` is no file that can be used"));
            found.push(
                mistake
                    .at(token.span, "neither of `std/` nor a path in quotes")
                    .help(HELP),
            );
            return None;
        }
    };
    if let Some(more) = values
        .next()
        .map(|token| token.span)
        .or(statement.block().map(Block::open))
    {
        let mistake = Diagnostic::error(LEFT_OVER, "the statement is complete before this");
        found.push(
            mistake
                .at(more, "not expected here")
                .help("one `use` brings in one file"),
        );
    }
    Some((path, token.span))
}

fn cannot_load(path: &str, reason: &str, span: Span) -> Diagnostic {
    Diagnostic::error(USE, format!("`{path}` cannot be used: {reason}"))
        .at(span, "cannot be loaded")
        .help("the path starts at the file that says `use`")
}

fn circle_of_files(sources: &SourceMap, spans: impl Iterator<Item = Span>) -> Diagnostic {
    let mut spans: Vec<Span> = spans.collect();
    spans.sort_unstable();
    let names: Vec<&str> = spans.iter().map(|span| sources.name(span.file)).collect();
    let message = match names.as_slice() {
        [one] => format!("`{one}` uses itself"),
        _ => format!("files use each other in a circle: {}", names.join(", ")),
    };
    spans
        .iter()
        .fold(Diagnostic::error(CYCLE, message), |mistake, span| {
            mistake.at(*span, "this use")
        })
        .help("take one of them away: files that are used are part of the whole policy anyway")
}

/// SHA-256 of all files in order, in lower-case hex. Each is preceded by its length, so that moving
/// text from one file to the next changes it; names do not count, so that a folder may be moved.
pub fn hash(sources: &SourceMap, loaded: &[Loaded]) -> String {
    let mut hasher = Sha256::new();
    for file in loaded {
        let text = sources
            .get(file.tree.span.file)
            .map_or("", |source| &source.text);
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
