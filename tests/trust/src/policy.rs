//! Reads and judges policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, date};
use thrice_diagnostics::{Diagnostic, FileId, Severity, SourceMap};
use thrice_model::Model;
use thrice_plan::Plan;
use thrice_resolve::{Loader, beside, resolve};
use thrice_verify::{Prover, Verification};

/// The day on which policies are judged here.
pub const DAY: Date = date(2026, 3, 1);

/// The texts of a policy by path, and of what it uses.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// The files that make it up.
    pub roots: BTreeMap<String, String>,
    /// Files that may be used, by the path that they are found at.
    pub shelf: BTreeMap<String, String>,
}

impl Texts {
    /// One file.
    #[must_use]
    pub fn one(text: &str) -> Self {
        Self {
            roots: BTreeMap::from([("policy.thrice".to_owned(), text.to_owned())]),
            shelf: BTreeMap::new(),
        }
    }

    /// A small policy that asks for what the others do not.
    #[must_use]
    pub fn asked() -> Self {
        let text = include_str!("../policies/asked.thrice");
        Self {
            roots: BTreeMap::from([("asked.thrice".to_owned(), text.to_owned())]),
            shelf: BTreeMap::new(),
        }
    }

    /// All texts, those on the shelf too.
    pub fn all(&self) -> impl Iterator<Item = (&String, &String)> {
        self.roots.iter().chain(&self.shelf)
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&String> {
        self.roots.get(path).or_else(|| self.shelf.get(path))
    }

    /// With the text of one file exchanged.
    #[must_use]
    pub fn with(&self, path: &str, text: String) -> Self {
        let mut out = self.clone();
        let there = out.roots.get_mut(path);
        if let Some(slot) = there.or_else(|| out.shelf.get_mut(path)) {
            *slot = text;
        }
        out
    }

    /// The folder `vpai/FORM` of the policies that come with thrice, with what it uses.
    #[must_use]
    pub fn vpai(form: &str) -> Self {
        let mut out = Self::default();
        for (path, text) in POLICIES {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let files = if folder == format!("vpai/{form}") {
                &mut out.roots
            } else {
                &mut out.shelf
            };
            files.insert((*path).to_owned(), (*text).to_owned());
        }
        out
    }
}

macro_rules! policies {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../policies/", $path)))),*]
    };
}

/// The policies that come with thrice.
pub const POLICIES: &[(&str, &str)] = policies![
    "vpai/inventory.thrice",
    "vpai/requirements.thrice",
    "vpai/as-written/estimates.thrice",
    "vpai/as-written/places.thrice",
    "vpai/as-written/steps.thrice",
    "vpai/hardened/places.thrice",
    "vpai/hardened/promises.thrice",
    "vpai/hardened/steps.thrice",
    "starter/starter.thrice",
];

impl Loader for Texts {
    fn load(&self, from: &str, path: &str) -> Result<(String, String), String> {
        let name = beside(from, path);
        let text = self.get(&name).ok_or_else(|| format!("no {name}"))?;
        Ok((name, text.clone()))
    }
}

/// A policy that has been judged.
#[derive(Debug)]
pub struct Judged {
    /// Its texts.
    pub sources: SourceMap,
    /// What is wrong with it, worst first where the verifier orders it so.
    pub findings: Vec<Diagnostic>,
    /// `None` where its text has mistakes.
    pub verified: Option<Verification>,
    /// The plan that was verified.
    pub plan: Option<Arc<Plan>>,
}

/// The typed policy, its texts, and what is wrong with them.
#[must_use]
pub fn read(texts: &Texts) -> (SourceMap, Option<Model>, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let add = |(path, text): (&String, &String)| sources.add(path.clone(), text.clone());
    let roots: Vec<FileId> = texts.roots.iter().map(add).collect();
    let (model, found) = resolve(&mut sources, &roots, "policy", DAY, texts);
    (sources, model, found)
}

/// The plan of a policy.
///
/// # Errors
/// Its mistakes.
pub fn plan(texts: &Texts) -> Result<Plan, String> {
    let (sources, model, mistakes) = read(texts);
    let told = |found: &[Diagnostic]| {
        let errors = found.iter().filter(|f| f.severity == Severity::Error);
        let lines = errors.map(|f| {
            let words = f.span().map_or("", |span| sources.text(span));
            format!("{} {}: {words}", f.code.0, f.message)
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let model = model.ok_or_else(|| told(&mistakes))?;
    let (plan, mistakes) = thrice_plan::plan(model, DAY);
    match told(&mistakes) {
        none if none.is_empty() => Ok(plan),
        some => Err(some),
    }
}

/// Judges as `thrice check` does, by a prover that was started.
#[must_use]
pub fn judge_by(prover: Prover, texts: &Texts) -> Judged {
    let (sources, model, mut findings) = read(texts);
    let plan = model.map(|model| {
        let (plan, found) = thrice_plan::plan(model, DAY);
        findings.extend(found);
        Arc::new(plan)
    });
    let errors = findings
        .iter()
        .any(|found| found.severity == Severity::Error);
    let plan = plan.filter(|_| !errors);
    let verified = plan.as_ref().map(|plan| {
        let mut verified = prover.verify(plan);
        let found = verified.findings.iter();
        findings.extend(found.map(|finding| finding.diagnostic.clone()));
        findings.append(&mut verified.internal);
        findings.extend(thrice_simulate::findings(plan));
        verified
    });
    Judged {
        sources,
        findings,
        verified,
        plan,
    }
}

/// Judges as `thrice check` does.
#[must_use]
pub fn judge(texts: &Texts) -> Judged {
    judge_by(Prover::start(), texts)
}
