//! Resolving a text, and showing what came of it.

use std::fmt::Write as _;

use jiff::civil::date;
use thrice_diagnostics::{Diagnostic, SourceMap};
use thrice_model::Model;
use thrice_resolve::{Loader, resolve};

/// Files that can be used, by name.
pub struct Shelf(pub &'static [(&'static str, &'static str)]);

impl Loader for Shelf {
    fn load(&self, _from: &str, path: &str) -> Result<(String, String), String> {
        let file = self.0.iter().find(|(name, _)| *name == path);
        file.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .ok_or_else(|| "no such file".to_owned())
    }
}

/// Resolves one file.
pub fn resolved(source: &str) -> (SourceMap, Option<Model>, Vec<Diagnostic>) {
    resolved_with(source, &Shelf(&[]))
}

/// Resolves one file that may use others.
pub fn resolved_with(source: &str, shelf: &Shelf) -> (SourceMap, Option<Model>, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let root = sources.add("policy.thrice", source);
    let (model, found) = resolve(&mut sources, &[root], "folder", date(2026, 11, 20), shelf);
    (sources, model, found)
}

/// The model of a text without mistakes.
pub fn model(source: &str) -> Model {
    let (sources, model, found) = resolved(source);
    model.unwrap_or_else(|| panic!("refused:\n{}", messages(&sources, &found)))
}

/// Source and messages of a text that is refused (or at least warned about).
pub fn shown(source: &str) -> String {
    let (sources, model, found) = resolved(source);
    let errors = found
        .iter()
        .any(|d| d.severity == thrice_diagnostics::Severity::Error);
    assert_eq!(
        model.is_none(),
        errors,
        "a model exactly if there is no error"
    );
    assert!(!found.is_empty(), "nothing is wrong with\n{source}");
    format!("{}\n\n{}", source.trim(), messages(&sources, &found))
}

/// One block a message: code, text, places, help.
pub fn messages(sources: &SourceMap, found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in found {
        writeln!(out, "{} {}: {}", d.severity.word(), d.code, d.message).unwrap();
        for label in &d.labels {
            let (line, name) = (sources.line(label.span), sources.name(label.span.file));
            let words: String = sources.text(label.span).lines().next().unwrap_or("").into();
            writeln!(
                out,
                "  {name}:{}:{} `{words}` {}",
                line.line, line.column, label.text
            )
            .unwrap();
        }
        for event in &d.case {
            writeln!(out, "  {} {}", event.when, event.what).unwrap();
        }
        if let Some(help) = &d.help {
            writeln!(out, "  help: {help}").unwrap();
        }
    }
    out
}

/// The codes of all messages, in order.
pub fn codes(source: &str) -> Vec<&'static str> {
    resolved(source).2.iter().map(|d| d.code.0).collect()
}

/// A place for everything that tests of the inventory need.
pub const PLACES: &str = "\
provider home { site rack }
provider ovh { site gravelines }
provider hetzner { site fsn1 }
phase t0 = 2026-02-15
phase nas = t0 + 6 months
";

/// [`PLACES`] and more.
pub fn with_places(source: &str) -> String {
    format!("{PLACES}{source}")
}
