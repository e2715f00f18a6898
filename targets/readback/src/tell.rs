//! What was found, in words.

use std::collections::BTreeMap;
use std::ops::Range;

use thrice_diagnostics::{Code, Diagnostic, Diagnostics, Severity, SourceMap, Span};
use thrice_plan::Plan;
use thrice_target::{Artefact, sha256};

use crate::Found;
use crate::compare::Difference;
use crate::manifest::Built;
use crate::statement;

/// A file says something else than the policy.
const OTHERWISE: Code = Code("T3001");
/// A file that the policy calls for is not there.
const MISSING: Code = Code("T3002");
/// A file that the policy does not call for.
const EXTRA: Code = Code("T3003");
/// A file is not of the form that it has when it is emitted.
const UNREADABLE: Code = Code("T3004");
/// A file has other permissions.
const MODE: Code = Code("T3005");
/// Files say the same in other bytes.
const BYTES: Code = Code("T3006");

/// So many differences of one step in one file are told; the rest is counted.
const TOLD: usize = 4;
/// So many files are named in one sentence.
const NAMED: usize = 5;
/// A value longer than this many characters is cut.
const SHOWN: usize = 120;

/// Collects findings.
pub struct Teller<'a> {
    pub plan: &'a Plan,
    pub folder: &'a str,
    pub built: &'a Built,
    pub sources: &'a mut SourceMap,
    pub out: Diagnostics,
}

impl Teller<'_> {
    fn name(&self, path: &str) -> String {
        format!("{}/{path}", self.folder.trim_end_matches('/'))
    }

    /// What to do about a file that differs.
    fn help(&self) -> String {
        let today = self.plan.as_of.to_string();
        match &self.built.as_of {
            Some(day) if *day != today => format!(
                "the folder was built for {day} and is compared with what is in force on {today}: build it again"
            ),
            _ => "build it again; if the change is meant, write it into the policy".to_owned(),
        }
    }

    /// Points at the policy as a whole, if it names itself.
    fn policy(&self, out: Diagnostic, words: &str) -> Diagnostic {
        let span = self.plan.model.policy.named.span;
        if span.start < span.end {
            out.at(span, words)
        } else {
            out
        }
    }

    pub fn missing(&mut self, artefact: &Artefact) {
        let path = &artefact.path;
        let mut out = Diagnostic::error(MISSING, format!("`{path}` is missing"));
        let step = artefact.step.as_deref();
        out = match step.and_then(|name| statement::step(self.plan, name)) {
            Some((_, step)) => out
                .at(step.named.span, "nothing carries this out")
                .about(step.named.name.to_string()),
            None => self.policy(out, "this policy needs it"),
        };
        self.out.push(out.help(self.help()));
    }

    pub fn extra(&mut self, file: &Found) {
        let path = &file.path;
        let message = format!("`{path}` is there, and the policy does not call for it");
        let mut out = Diagnostic::error(EXTRA, message);
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some((_, step)) = statement::step(self.plan, name) {
            let life = step.lifetime;
            let words = match life.until {
                Some(end) if end <= self.plan.as_of => format!("ended on {end}"),
                _ if life.from > self.plan.as_of => format!("begins on {}", life.from),
                _ => "is carried out by another file".to_owned(),
            };
            out = out
                .at(step.named.span, words)
                .about(step.named.name.to_string());
        }
        let help = if self.built.sums.contains_key(path) {
            self.help()
        } else {
            "thrice did not write it: take it away, or keep it in another folder".to_owned()
        };
        self.out.push(out.help(help));
    }

    pub fn mode(&mut self, artefact: &Artefact, mode: u32) {
        if mode == artefact.mode {
            return;
        }
        let path = &artefact.path;
        let message = format!(
            "`{path}` has permissions {mode:04o} instead of {:04o}",
            artefact.mode
        );
        let mut out = Diagnostic::error(MODE, message);
        let step = artefact.step.as_deref();
        if let Some((_, step)) = step.and_then(|name| statement::step(self.plan, name)) {
            out = out
                .at(step.named.span, "carried out by this file")
                .about(step.named.name.to_string());
        }
        let help = format!("`chmod {:04o} {}`", artefact.mode, self.name(path));
        self.out.push(out.help(help));
    }

    /// The file's text among the sources, and the part of it that is meant.
    fn shown(&mut self, path: &str, bytes: &[u8], at: Range<usize>) -> Option<Span> {
        let text = std::str::from_utf8(bytes).ok()?.to_owned();
        let name = self.name(path);
        let known = self.sources.iter().find(|(_, file)| file.name == name);
        let id = match known {
            Some((id, _)) => id,
            None => self.sources.add(name, text),
        };
        let (start, end) = (u32::try_from(at.start).ok()?, u32::try_from(at.end).ok()?);
        (start < end).then(|| Span::new(id, start, end))
    }

    pub fn unreadable(
        &mut self,
        artefact: &Artefact,
        bytes: Option<&[u8]>,
        why: &str,
        at: Range<usize>,
    ) {
        let path = &artefact.path;
        let mut out = Diagnostic::error(UNREADABLE, format!("`{path}` cannot be read back: {why}"));
        if let Some(span) = bytes.and_then(|bytes| self.shown(path, bytes, at)) {
            out = out.at(span, "here");
        }
        let step = artefact.step.as_deref();
        if let Some((_, step)) = step.and_then(|name| statement::step(self.plan, name)) {
            out = out
                .at(step.named.span, "it should carry this out")
                .about(step.named.name.to_string());
        }
        self.out.push(out.help(self.help()));
    }

    /// One finding for each step that a file contradicts.
    pub fn differences(&mut self, artefact: &Artefact, bytes: &[u8], all: Vec<Difference>) {
        let mut by_step: BTreeMap<Option<String>, Vec<Difference>> = BTreeMap::new();
        for difference in all {
            let step = difference.step.clone().or_else(|| artefact.step.clone());
            let step = step.or_else(|| statement::named_in(self.plan, &difference.about));
            by_step.entry(step).or_default().push(difference);
        }
        for (step, differences) in by_step {
            let finding = self.otherwise(artefact, bytes, step.as_deref(), &differences);
            self.out.push(finding);
        }
    }

    fn otherwise(
        &mut self,
        artefact: &Artefact,
        bytes: &[u8],
        step: Option<&str>,
        differences: &[Difference],
    ) -> Diagnostic {
        let path = &artefact.path;
        let known = step.and_then(|name| statement::step(self.plan, name));
        let message = match (known, step) {
            (Some((_, step)), _) => format!(
                "`{path}` does not carry out `{}` as the policy says",
                step.named.name
            ),
            (None, Some(name)) => {
                format!("`{path}` is about `{name}`, which the policy does not know")
            }
            (None, None) => format!("`{path}` says something else than the policy"),
        };
        let mut out = Diagnostic::error(OTHERWISE, message);
        for difference in differences.iter().take(TOLD) {
            let about = &difference.about;
            let (is, must) = (shortened(&difference.is), shortened(&difference.must));
            let what = match (&is, &must) {
                (Some(is), Some(must)) => format!("`{about}`: it says {is} and must say {must}"),
                (Some(is), None) => format!("`{about}`: it says {is}, which nothing asks for"),
                (None, Some(must)) => format!("`{about}`: it lacks {must}"),
                (None, None) => continue,
            };
            out = out.event("", what);
            let at = difference.at.clone();
            if let Some(span) = at.and_then(|at| self.shown(path, bytes, at)) {
                let must = must.map_or_else(
                    || "not asked for".to_owned(),
                    |must| format!("must be {must}"),
                );
                out = out.at(span, must);
            }
            if let Some((_, step)) = known {
                let span = statement::words(step, about);
                if !out.labels.iter().any(|label| label.span == span) {
                    out = out.at(span, "the policy says so here");
                }
            }
        }
        let more = differences.len().saturating_sub(TOLD);
        if more > 0 {
            out = out.event("", format!("and {more} more"));
        }
        if out.labels.is_empty() {
            out = self.policy(out, "this policy");
        }
        if let Some((_, step)) = known {
            out = out.about(step.named.name.to_string());
        }
        out.help(self.help())
    }

    /// Sums in the manifest that are wrong though the file is as it should be.
    pub fn checksums(&mut self, expected: &[Artefact], found: &BTreeMap<&str, &Found>) {
        for artefact in expected {
            let file = found.get(artefact.path.as_str());
            let is_right = file.is_some_and(|f| f.content.as_ref() == Ok(&artefact.bytes));
            let Some(listed) = self.built.sums.get(&artefact.path).filter(|_| is_right) else {
                continue;
            };
            if *listed != sha256(&artefact.bytes) {
                let message = format!(
                    "`{}` gives a wrong checksum for `{}`",
                    thrice_build::MANIFEST,
                    artefact.path
                );
                let out = self.policy(Diagnostic::error(OTHERWISE, message), "this policy");
                self.out.push(out.help(self.help()));
            }
        }
    }

    /// Files that say the same in other bytes, all in one note.
    pub fn bytes(&mut self, paths: &[&str], all: usize) {
        if paths.is_empty() {
            return;
        }
        let mut names: Vec<String> = paths.iter().take(NAMED).map(|p| format!("`{p}`")).collect();
        if paths.len() > NAMED {
            names.push(format!("{} more", paths.len() - NAMED));
        }
        let message = format!(
            "{} of {all} files say what the policy says in other bytes than would be written now: {}",
            paths.len(),
            names.join(", ")
        );
        let help = if self.built.policy.as_ref() == Some(&self.plan.model.hash) {
            "somebody has changed comments, blanks or quotes: build it again to be rid of that"
        } else {
            "the folder was built from another text of the policy: build it again to be rid of this"
        };
        let out = Diagnostic::new(BYTES, Severity::Note, message);
        let out = self.policy(out, "this policy").help(help);
        self.out.push(out);
    }
}

/// A value that is too long for a line, cut.
fn shortened(value: &Option<String>) -> Option<String> {
    let value = value.as_ref()?;
    if value.chars().count() <= SHOWN {
        return Some(value.clone());
    }
    let start: String = value.chars().take(SHOWN).collect();
    Some(format!("{start}…"))
}
