//! Damaged policies are refused in order, and what means the same gives the same model.

#![expect(
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]

#[cfg(test)]
mod canonical;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod long;
#[cfg(test)]
mod same;
#[cfg(test)]
mod text;

use jiff::civil::date;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};
use thrice_model::Model;
use thrice_resolve::{Loader, resolve};

/// A policy with every statement and clause there is.
const EVERYTHING: &str = include_str!("../it/everything.thrice");

/// What it uses.
const FACTS: &str = "provider home \"At home\" { site rack }
provider ovh { site gravelines }
provider ionos { site de }
provider healthchecks_io { site eu }
provider hetzner \"Hetzner\" {
    site fsn1 \"Falkenstein\"
    supports lifecycle, lifecycle-prefix, versioning, object-lock, bucket-policy
    fact \"one key pair reaches all buckets of a project\" {
        source \"docs.hetzner.com, Object Storage FAQ\"; date 2024-12-01
    }
}
";

/// Files that are used, by name.
struct Shelf(Vec<(String, String)>);

impl Loader for Shelf {
    fn load(&self, _from: &str, path: &str) -> Result<(String, String), String> {
        let file = self.0.iter().find(|(name, _)| name == path);
        file.cloned().ok_or_else(|| "no such file".to_owned())
    }
}

struct Resolved {
    sources: SourceMap,
    model: Option<Model>,
    found: Vec<Diagnostic>,
}

/// Resolves a folder of files, with [`FACTS`] to be used.
fn resolved(files: &[&str]) -> Resolved {
    resolved_with(files, Vec::new())
}

/// The same with more files to be used.
fn resolved_with(files: &[&str], mut shelf: Vec<(String, String)>) -> Resolved {
    shelf.push(("facts.thrice".to_owned(), FACTS.to_owned()));
    let mut sources = SourceMap::new();
    let roots: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(n, text)| sources.add(format!("{n}.thrice"), *text))
        .collect();
    let day = date(2026, 11, 20);
    let (model, found) = resolve(&mut sources, &roots, "folder", day, &Shelf(shelf));
    Resolved {
        sources,
        model,
        found,
    }
}

/// The model of files without mistakes, in a form in which order does not matter.
fn meaning(files: &[&str]) -> Vec<String> {
    accepted(resolved(files))
}

fn accepted(resolved: Resolved) -> Vec<String> {
    let refused: Vec<String> = resolved
        .found
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|d| {
            let words = d.span().map_or("", |span| resolved.sources.text(span));
            format!("{} {}: {words}", d.code, d.message)
        })
        .collect();
    let model = resolved.model;
    canonical::form(&model.unwrap_or_else(|| panic!("refused:\n{}", refused.join("\n"))))
}
