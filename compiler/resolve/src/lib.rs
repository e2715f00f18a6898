//! From syntax trees to the typed [`Model`]: names, units, dates, forms.
//!
//! What goes in: files of a policy. What comes out: the model, and everything that is wrong with
//! the text. The first pass declares all names, the second reads bodies; each statement is read as
//! far as it can be, and one mistake is one message. There is a model only if there is no error.

mod clauses;
mod codes;
mod context;
mod cursor;
mod declare;
mod draft;
mod forms;
mod graph;
mod item;
mod kinds;
mod load;
mod names;
mod values;

use jiff::civil::Date;
use thrice_diagnostics::{Diagnostic, Diagnostics, FileId, SourceMap};
use thrice_model::Model;

pub use clauses::{AMOUNT, Clause, Construct, RETENTION, SCHEDULE};
pub use forms::constructs;
pub use load::{Loader, beside, standard_library};
pub use values::dates::{YEARS_HELP, is_in_calendar};

use context::Context;
use draft::Draft;
use forms::{FORMS, Read};

/// Reads the `roots` (files of `sources` that together are the policy) and all they use.
///
/// `default_name` is the policy's name where no `policy` statement gives one; `as_of` is its first
/// day where it has no phase. Files that are used come from `loader`, those of the standard library
/// from this crate; they are added to `sources`.
///
/// The messages are sorted; there is a model exactly if none of them is an error.
pub fn resolve(
    sources: &mut SourceMap,
    roots: &[FileId],
    default_name: &str,
    as_of: Date,
    loader: &dyn Loader,
) -> (Option<Model>, Vec<Diagnostic>) {
    parse(sources, roots, loader).resolve(sources, default_name, as_of)
}

/// The first half of [`resolve`]: reads the files as trees, with all that they use.
#[must_use]
pub fn parse(sources: &mut SourceMap, roots: &[FileId], loader: &dyn Loader) -> Parsed {
    parse_with(
        sources,
        roots,
        &load::Files::new(loader, standard_library()),
    )
}

/// The same with a standard library of the caller's, for tests.
fn parse_with(sources: &mut SourceMap, roots: &[FileId], files: &load::Files<'_>) -> Parsed {
    let mut found = Diagnostics::new();
    let files = load::load(sources, roots, files, &mut found);
    Parsed { files, found }
}

/// The files of a policy as trees, and what is wrong with their form.
pub struct Parsed {
    files: Vec<load::Loaded>,
    found: Diagnostics,
}

impl Parsed {
    /// The second half of [`resolve`]: what the trees mean. `sources` are those they were read from.
    #[must_use]
    pub fn resolve(
        self,
        sources: &SourceMap,
        default_name: &str,
        as_of: Date,
    ) -> (Option<Model>, Vec<Diagnostic>) {
        let Self { files, mut found } = self;
        let texts = files.iter().map(|file| file.tree.span.end);
        let much = texts.map(u64::from).sum::<u64>() > MUCH;
        let (declared, hash) = both(
            much,
            || declare::declare(sources, &files, much),
            || load::hash(sources, &files),
        );
        found.extend(declared.reports);
        let cx = Context::new(sources, declared.names);
        let mut draft = Draft::new(as_of);
        draft.default_name = default_name.to_owned();
        draft.first_file = files.first().map(|file| file.tree.span.file);
        read_all(&cx, &mut draft, declared.items);
        drop(files);
        found.extend(relevant(cx.take_reports(), found.as_slice()));
        if found.has_errors() {
            return (None, found.sorted());
        }
        let model = draft.finish(sources, cx.names.unused(), hash);
        (model, found.sorted())
    }
}

/// What is not known may stand in a file that could not be loaded, so that is not reported unless
/// a known name is near.
fn relevant(reports: Vec<Diagnostic>, so_far: &[Diagnostic]) -> Vec<Diagnostic> {
    let lacks_files = so_far.iter().any(|found| found.code == codes::USE);
    let is_misspelt = |found: &Diagnostic| {
        found
            .help
            .as_ref()
            .is_some_and(|help| help.starts_with("did you mean"))
    };
    let matters = |found: &Diagnostic| {
        !lacks_files || found.code != codes::UNKNOWN_NAME || is_misspelt(found)
    };
    reports.into_iter().filter(matters).collect()
}

/// So many bytes of text are worth another thread.
const MUCH: u64 = 1 << 20;

/// Does both, side by side where there is `much` to do.
fn both<A: Send, B: Send>(
    much: bool,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if much {
        rayon::join(one, other)
    } else {
        (one(), other())
    }
}

/// Second pass, row by row.
fn read_all<'a>(cx: &'a Context<'a>, draft: &mut Draft, items: Vec<Vec<item::Item<'a>>>) {
    for (form, items) in FORMS.iter().zip(items) {
        match form.read {
            Read::Each(read) => items.iter().for_each(|item| read(cx, draft, item)),
            Read::All(read) => read(cx, draft, &items),
            Read::WhenLoading => {}
        }
    }
    forms::mount::link_classes(draft);
    forms::vault::follow_content(draft);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoFiles;

    impl Loader for NoFiles {
        fn load(&self, _from: &str, _path: &str) -> Result<(String, String), String> {
            Err("no such file".to_owned())
        }
    }

    const LIBRARY: &[(&str, &str)] = &[
        (
            "std/cloud.thrice",
            "provider cloud { site north; site south }\nprovider idle { site x }",
        ),
        ("std/more.thrice", "use std/cloud"),
    ];

    fn run(source: &str) -> (Option<Model>, Vec<Diagnostic>) {
        let mut sources = SourceMap::new();
        let root = sources.add("policy.thrice", source);
        let files = load::Files::new(&NoFiles, LIBRARY);
        parse_with(&mut sources, &[root, root], &files).resolve(
            &sources,
            "folder",
            jiff::civil::date(2026, 1, 1),
        )
    }

    #[test]
    fn the_library_is_used_once_and_what_it_has_too_much_is_no_fault() {
        let (model, found) =
            run("use std/cloud\nuse std/more\nhost a at cloud/north\nprovider own");
        assert_eq!(found, []);
        let model = model.unwrap();
        assert_eq!(model.providers.len(), 3);
        let unused: Vec<&str> = model.unused.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(unused, ["a", "own"], "of the policy itself alone");
    }

    #[test]
    fn a_misspelt_library_file_is_offered() {
        let (_, found) = run("use std/clowd");
        assert_eq!(found[0].help.as_deref(), Some("did you mean `std/cloud`?"));
        let (_, found) = run("use std/zebra");
        assert_eq!(
            found[0].help.as_deref(),
            Some("it has `std/cloud` and `std/more`")
        );
    }
}
