//! What of a report and of the artefacts differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use thrice_diagnostics::{Severity, Span};
use thrice_model::{Obligation, Table};
use thrice_plan::Plan;

use super::Mutant;
use crate::policy::{Judged, Texts, judge};

/// How a mutant was found out, the strongest way of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Nothing shows it: a mistake, of the policy or of thrice.
    Survives,
    /// The statement speaks to people alone: its tier, its role.
    ForPeople,
    /// It says what holds anyway: the policy means the same without it.
    Same,
    /// More is asked, and it holds too.
    Slack,
    /// The runbook alone tells it.
    Told,
    /// What is emitted for machines is other. Nothing in the report is.
    CarriesOut,
    /// The values attained that are shown with a verdict, an assumption or a note are others.
    Values,
    /// The policy's own report already says that this is unused, slack or redundant.
    Reported,
    /// What was asked is no longer asked: its verdicts are missing.
    Unasked,
    /// There is another warning.
    Warned,
    /// A verdict that held does not, there is another error, or a scenario ends otherwise.
    Flips,
    /// It is no policy any more.
    Refused,
}

/// What shows a mutant.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The strongest way.
    pub fate: Fate,
    /// The obligations whose verdict flips or that have another error.
    pub kills: BTreeSet<Obligation>,
    /// The obligations that have another warning.
    pub warns: BTreeSet<Obligation>,
    /// The obligations that have another note or other values.
    pub notes: BTreeSet<Obligation>,
    /// Whether a scenario ends otherwise.
    pub scenario: bool,
}

/// Messages of a code and severity.
type Findings = BTreeMap<(&'static str, Severity), BTreeSet<String>>;

/// Stands for all files where none is emitted.
const REFUSED: &str = "refused";

/// What is compared of two reports.
#[derive(Debug, Default)]
struct Picture {
    verdicts: BTreeMap<(Obligation, String, String), bool>,
    values: BTreeSet<(Obligation, String)>,
    /// What proofs rest on, what is accepted, and what the live data alone saves.
    around: BTreeSet<String>,
    findings: Findings,
    plan: Option<Arc<Plan>>,
}

impl Picture {
    fn of(judged: Judged) -> Self {
        let mut out = Self::default();
        for found in &judged.findings {
            let same = out
                .findings
                .entry((found.code.0, found.severity))
                .or_default();
            same.insert(found.message.clone());
        }
        let Some(verified) = judged.verified else {
            return out;
        };
        for verdict in verified.verdicts.iter() {
            let key = (
                verdict.obligation,
                verdict.subject.to_string(),
                verdict.period.to_string(),
            );
            *out.verdicts.entry(key).or_insert(true) &= verdict.holds;
            out.values
                .insert((verdict.obligation, format!("{verdict:?}")));
        }
        let assumed = verified.assumptions.iter();
        out.around.extend(assumed.map(|a| {
            let sentence = a.sentence;
            format!("{} {:?} {:?}", a.text(), sentence.source, sentence.monitor)
        }));
        out.around
            .extend(verified.accepted.iter().map(|a| format!("{a:?}")));
        out.around.extend(verified.only_live);
        out.plan = judged.plan;
        out
    }

    /// What a policy means, but for where its words stand, whether a default is written, and by which words
    /// something is opened: asked only where what is emitted is the same to the byte.
    fn meaning(&self) -> String {
        let Some(plan) = &self.plan else {
            return String::new();
        };
        let mut model = plan.model.clone();
        model.hash.clear();
        // What is left without use is no other meaning.
        model.unused.clear();
        let named: Vec<_> = model.steps.iter().map(|(_, step)| step.clone()).collect();
        for mount in &mut model.mounts {
            (mount.ssl, mount.port) = (false, None);
        }
        model.steps = Table::default();
        for mut step in named {
            step.credential = None;
            model.steps.push(step);
        }
        without_places(&format!("{model:?}"))
    }

    /// What is emitted in each phase, by day and path; files say nothing of the policy's text.
    fn emitted(&self) -> BTreeMap<(Date, String), Vec<u8>> {
        let mut out = BTreeMap::new();
        let Some(plan) = &self.plan else {
            return out;
        };
        let mut plan = Plan::clone(plan);
        plan.model.hash.clear();
        let days: Vec<Date> = plan.periods.iter().map(|period| period.from).collect();
        for day in days {
            plan.as_of = day;
            match thrice_build::build(&plan) {
                Ok(files) => out.extend(files.into_iter().map(|f| ((day, f.path), f.bytes))),
                Err(refused) => {
                    let told = format!("{refused:?}").into_bytes();
                    out.insert((day, REFUSED.to_owned()), told);
                }
            }
        }
        out
    }
}

/// A policy that was judged, to be compared with its mutants.
#[derive(Debug)]
pub struct Base {
    picture: Picture,
    emitted: BTreeMap<(Date, String), Vec<u8>>,
    /// Where obligation 16 points at something, by file.
    sense: Vec<(String, Span)>,
}

impl Base {
    /// Judges a policy.
    #[must_use]
    pub fn of(texts: &Texts) -> Self {
        let judged = judge(texts);
        let file = |span: Span| judged.sources.get(span.file).map(|file| file.name.clone());
        let spans = judged
            .findings
            .iter()
            .filter(|found| found.code.0.starts_with("T26"));
        let spans = spans.flat_map(|found| found.labels.iter().map(|label| label.span));
        let sense = spans.filter_map(|span| Some((file(span)?, span))).collect();
        let picture = Picture::of(judged);
        let emitted = picture.emitted();
        Self {
            picture,
            emitted,
            sense,
        }
    }

    /// Why nothing is emitted in a phase, where that is so.
    pub fn refused(&self) -> impl Iterator<Item = String> {
        let refused = self.emitted.iter().filter(|((_, path), _)| path == REFUSED);
        refused.map(|((day, _), told)| format!("{day}: {}", String::from_utf8_lossy(told)))
    }

    /// What became of a mutant, and which obligations show it.
    #[must_use]
    pub fn shown(&self, mutant: &Mutant) -> Shown {
        let (before, after) = (&self.picture, Picture::of(judge(&mutant.texts)));
        let told = |severity| told(&before.findings, &after.findings, severity);
        let (errors, warnings, notes) = (
            told(Severity::Error),
            told(Severity::Warning),
            told(Severity::Note),
        );
        let mut shown = Shown {
            fate: Fate::Survives,
            kills: obligations(&errors),
            warns: obligations(&warnings),
            notes: obligations(&notes),
            scenario: errors.iter().any(|code| code.starts_with("T27")),
        };
        let lost = before
            .verdicts
            .iter()
            .filter(|(key, held)| **held && after.verdicts.get(key) == Some(&false));
        shown.kills.extend(lost.map(|(key, _)| key.0));
        let changed = before.values.symmetric_difference(&after.values);
        shown
            .notes
            .extend(changed.map(|(obligation, _)| *obligation));
        let unasked = before
            .verdicts
            .keys()
            .any(|key| !after.verdicts.contains_key(key));
        let values = before.values != after.values
            || before.around != after.around
            || before.findings != after.findings;
        shown.fate = if after.plan.is_none() {
            Fate::Refused
        } else if !errors.is_empty() || !shown.kills.is_empty() {
            Fate::Flips
        } else if !warnings.is_empty() {
            Fate::Warned
        } else if unasked {
            Fate::Unasked
        } else if self.reported(mutant) {
            Fate::Reported
        } else if values {
            Fate::Values
        } else {
            self.silent(mutant, &after)
        };
        shown
    }

    /// What became of a mutant whose report is the same.
    fn silent(&self, mutant: &Mutant, after: &Picture) -> Fate {
        let emitted = after.emitted();
        let for_machines = |files: &BTreeMap<(Date, String), Vec<u8>>| {
            let told = |path: &str| path == "manifest.json" || path.starts_with("runbook");
            let mut files = files.clone();
            files.retain(|(_, path), _| !told(path));
            files
        };
        if for_machines(&self.emitted) != for_machines(&emitted) {
            Fate::CarriesOut
        } else if self.emitted != emitted {
            Fate::Told
        } else if mutant.asks_more {
            Fate::Slack
        } else if mutant.for_people {
            Fate::ForPeople
        } else if self.picture.meaning() == after.meaning() {
            Fate::Same
        } else {
            Fate::Survives
        }
    }

    /// Whether obligation 16 names the statement that was changed, or one around it.
    fn reported(&self, mutant: &Mutant) -> bool {
        self.sense.iter().any(|(file, span)| {
            let inside = |(from, to): &(usize, usize)| {
                *from <= span.start as usize && span.end as usize <= *to
            };
            *file == mutant.file && mutant.heads.iter().any(inside)
        })
    }
}

/// A model as text, without spans and without the marks that a default is written.
fn without_places(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("Span {") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = from
            .find('}')
            .and_then(|end| from.get(end + 1..))
            .unwrap_or("");
    }
    out.push_str(rest);
    for mark in ["stated: true", "stated: false"] {
        out = out.replace(mark, "");
    }
    out
}

/// The codes under which something new is said.
fn told(before: &Findings, after: &Findings, severity: Severity) -> BTreeSet<&'static str> {
    let of = after
        .iter()
        .filter(|((_, as_what), _)| *as_what == severity);
    let new = of.filter(|(key, said)| {
        let known = before.get(key);
        said.iter()
            .any(|message| known.is_none_or(|known| !known.contains(message)))
    });
    new.map(|((code, _), _)| *code).collect()
}

/// The obligations that codes belong to: `T1104` to the first. Scenarios are none.
fn obligations(codes: &BTreeSet<&'static str>) -> BTreeSet<Obligation> {
    let of = |code: &&str| {
        let number: usize = code.get(1..3)?.parse().ok()?;
        Obligation::ALL.get(number.checked_sub(11)?).copied()
    };
    codes.iter().filter_map(of).collect()
}
