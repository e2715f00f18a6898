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
mod kinds;
mod load;
mod names;
mod values;

use jiff::civil::Date;
use thrice_diagnostics::{Diagnostic, Diagnostics, FileId, SourceMap};
use thrice_model::Model;

pub use clauses::{AMOUNT, Clause, Construct, RETENTION, SCHEDULE};
pub use forms::constructs;
pub use load::{Loader, standard_library};

use context::Context;
use declare::Declarer;
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
    resolve_with(
        sources,
        roots,
        default_name,
        as_of,
        &load::Files::new(loader, standard_library()),
    )
}

/// The same with a standard library of the caller's, for tests.
fn resolve_with(
    sources: &mut SourceMap,
    roots: &[FileId],
    default_name: &str,
    as_of: Date,
    files: &load::Files<'_>,
) -> (Option<Model>, Vec<Diagnostic>) {
    let mut found = Diagnostics::new();
    let loaded = load::load(sources, roots, files, &mut found);
    let hash = load::hash(sources, &loaded);
    let sources: &SourceMap = sources;
    let mut declarer = Declarer::new(sources);
    for file in &loaded {
        declarer.file(&file.tree, file.library);
    }
    let declared = declarer.finish();
    found.extend(declared.reports);
    let cx = Context::new(sources, declared.names);
    let mut draft = Draft::new(as_of);
    draft.default_name = default_name.to_owned();
    draft.first_file = loaded.first().map(|file| file.tree.file);
    read_all(&cx, &mut draft, &declared.items);
    found.extend(cx.take_reports());
    if found.has_errors() {
        return (None, found.sorted());
    }
    let model = draft.finish(cx.names.unused(), hash);
    (model, found.sorted())
}

/// Second pass, row by row.
fn read_all<'a>(cx: &'a Context<'a>, draft: &mut Draft, items: &[Vec<declare::Item<'a>>]) {
    for (form, items) in FORMS.iter().zip(items) {
        match form.read {
            Read::Each(read) => items.iter().for_each(|item| read(cx, draft, item)),
            Read::All(read) => read(cx, draft, items),
            Read::WhenLoading => {}
        }
    }
    forms::mount::link_classes(draft);
}
