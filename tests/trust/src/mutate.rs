//! Drops and weakens what a policy says, one thing at a time.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use thrice_diagnostics::{FileId, Severity, Span};
use thrice_grammar::{Statement, parse};
use thrice_model::Obligation;

use crate::policy::{Judged, Texts, judge};

/// A policy with one thing less.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The file that was changed.
    pub file: String,
    /// Where, in bytes.
    pub place: (usize, usize),
    /// What was done, in words.
    pub what: String,
    /// The policy.
    pub texts: Texts,
}

/// How a mutant was found out, the strongest way of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Nothing shows it.
    Survives,
    /// The values attained that are shown with a verdict, or a note, are others.
    Values,
    /// The policy already says that this is unused, slack or redundant.
    Reported,
    /// What was asked is no longer asked: its verdicts are missing.
    Unasked,
    /// There is another error or warning, or a verdict that held does not.
    Flips,
    /// It is no policy any more.
    Refused,
}

/// What is compared of two reports.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    verdicts: BTreeMap<(Obligation, String, String), bool>,
    values: Vec<String>,
    findings: BTreeMap<(&'static str, Severity), Vec<String>>,
    sense: Vec<(String, Span)>,
    refused: bool,
}

impl Picture {
    /// Of a report.
    #[must_use]
    pub fn of(judged: &Judged) -> Self {
        let mut out = Self {
            refused: judged.verified.is_none(),
            ..Self::default()
        };
        for found in &judged.findings {
            let same = out
                .findings
                .entry((found.code.0, found.severity))
                .or_default();
            same.push(found.message.clone());
            if found.code.0.starts_with("T26") {
                let spans = found.labels.iter().map(|label| label.span);
                let file = |span: Span| judged.sources.get(span.file).map(|f| f.name.clone());
                out.sense
                    .extend(spans.filter_map(|span| Some((file(span)?, span))));
            }
        }
        for verdict in judged.verified.iter().flat_map(|v| &v.verdicts) {
            let key = (
                verdict.obligation,
                verdict.subject.to_string(),
                verdict.period.to_string(),
            );
            let holds = out.verdicts.entry(key).or_insert(true);
            *holds &= verdict.holds;
            out.values.push(format!("{verdict:?}"));
        }
        out
    }
}

/// What became of a mutant, and which obligations show it.
#[must_use]
pub fn fate(before: &Picture, mutant: &Mutant) -> (Fate, Vec<Obligation>) {
    let after = Picture::of(&judge(&mutant.texts));
    if after.refused {
        return (Fate::Refused, Vec::new());
    }
    let mut by: Vec<Obligation> = Vec::new();
    for (key, held) in &before.verdicts {
        if *held && after.verdicts.get(key) == Some(&false) {
            by.push(key.0);
        }
    }
    for ((code, severity), said) in &after.findings {
        if *severity != Severity::Note && before.findings.get(&(code, *severity)) != Some(said) {
            by.extend(obligation_of(code));
        }
    }
    by.sort_unstable();
    by.dedup();
    let unasked = before
        .verdicts
        .keys()
        .any(|key| !after.verdicts.contains_key(key));
    let reported = before.sense.iter().any(|(file, span)| {
        let (start, end) = (span.start as usize, span.end as usize);
        *file == mutant.file && start < mutant.place.1 && mutant.place.0 < end
    });
    let fate = if !by.is_empty() {
        Fate::Flips
    } else if unasked {
        Fate::Unasked
    } else if reported {
        Fate::Reported
    } else if before.values != after.values || before.findings != after.findings {
        Fate::Values
    } else {
        Fate::Survives
    };
    (fate, by)
}

/// The obligation that a code belongs to: `T1104` to the first.
fn obligation_of(code: &str) -> Option<Obligation> {
    let number: usize = code.get(1..3)?.parse().ok()?;
    Obligation::ALL.get(number.checked_sub(11)?).copied()
}

/// All mutants of the files that a policy is made of, in order.
#[must_use]
pub fn mutants(texts: &Texts) -> Vec<Mutant> {
    let mut out = Vec::new();
    for (file, text) in &texts.roots {
        let (tree, _) = parse(FileId(0), text);
        for (_, statement) in tree.statements() {
            let first = word(text, statement, 0);
            if !["policy", "use"].contains(&first) {
                out.extend(cut(texts, file, text, statement, "without the statement"));
            }
            inside(texts, file, text, statement, &mut out);
        }
    }
    out
}

fn inside(texts: &Texts, file: &str, text: &str, statement: &Statement, out: &mut Vec<Mutant>) {
    out.extend(weakened(texts, file, text, statement));
    for (_, clause) in statement.block.iter().flat_map(|block| block.statements()) {
        out.extend(cut(texts, file, text, clause, "without the clause"));
        inside(texts, file, text, clause, out);
    }
}

fn word<'t>(text: &'t str, statement: &Statement, at: usize) -> &'t str {
    let token = statement.values().nth(at);
    token.map_or("", |t| {
        text.get(t.span.start as usize..t.span.end as usize)
            .unwrap_or("")
    })
}

fn cut(texts: &Texts, file: &str, text: &str, statement: &Statement, how: &str) -> Option<Mutant> {
    let (start, mut end) = (statement.span.start as usize, statement.span.end as usize);
    let rest = text.get(end..)?;
    end += rest.len() - rest.trim_start_matches([' ', ';']).len();
    let head: String = text
        .get(start..end)?
        .lines()
        .next()?
        .chars()
        .take(70)
        .collect();
    exchanged(
        texts,
        file,
        text,
        (start, end),
        "",
        format!("{how} `{}`", head.trim_end()),
    )
}

fn exchanged(
    texts: &Texts,
    file: &str,
    text: &str,
    place: (usize, usize),
    by: &str,
    what: String,
) -> Option<Mutant> {
    let changed = format!("{}{by}{}", text.get(..place.0)?, text.get(place.1..)?);
    Some(Mutant {
        file: file.to_owned(),
        place,
        what,
        texts: texts.with(file, changed),
    })
}

/// A word that stands behind another, and what weakens it.
const WEAKER: [(&str, &str, &str); 7] = [
    ("", "daily at", "weekly on Sunday at"),
    ("", "weekly on Sunday at", "monthly on 1 at"),
    ("copy ", "", "sync "),
    ("", "versioning on", "versioning off"),
    ("", "before leaving", ""),
    ("", ", envelope", ""),
    ("", " since nas", ""),
];

/// What is said in one statement, without its block, in weaker forms.
fn weakened(texts: &Texts, file: &str, text: &str, statement: &Statement) -> Vec<Mutant> {
    let mut out = Vec::new();
    let start = statement.span.start as usize;
    let end = statement
        .block
        .as_ref()
        .map_or(statement.span.end, |block| block.open.start) as usize;
    let Some(head) = text.get(start..end) else {
        return out;
    };
    for (beginning, inner, weaker) in WEAKER {
        let at = match (beginning, inner) {
            (beginning, "") if head.starts_with(beginning) => Some((0, beginning.len())),
            ("", inner) => head.find(inner).map(|at| (at, at + inner.len())),
            _ => None,
        };
        if let Some((from, to)) = at {
            let what = format!("`{weaker}` in `{}`", short(head));
            out.extend(exchanged(
                texts,
                file,
                text,
                (start + from, start + to),
                weaker,
                what,
            ));
        }
    }
    out.extend(numbers(texts, file, text, (start, head)));
    out
}

fn short(head: &str) -> String {
    head.lines().next().unwrap_or("").chars().take(70).collect()
}

/// Counts and times that promise less: a longest time eight times as long, a count or a waiting time
/// lowered to 1.
fn numbers(texts: &Texts, file: &str, text: &str, (start, head): (usize, &str)) -> Vec<Mutant> {
    let mut out = Vec::new();
    let lowered = ["keep ", "keeps ", "older than ", "after ", "snapshots "];
    let is_lowered = lowered.iter().any(|word| head.contains(word));
    let mut at = 0;
    while let Some(digit) = head
        .get(at..)
        .and_then(|rest| rest.find(|c: char| c.is_ascii_digit()))
    {
        let from = at + digit;
        let rest = head.get(from..).unwrap_or("");
        let to = from + rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        at = to;
        let before = head.get(..from).unwrap_or("");
        let Some(number) = head.get(from..to).and_then(|n| n.parse::<u64>().ok()) else {
            continue;
        };
        let upper = before.ends_with("..");
        let by = if upper {
            number * 8
        } else if is_lowered && number > 1 && before.ends_with([' ', '\n']) {
            1
        } else {
            continue;
        };
        let what = format!("{by} for {number} in `{}`", short(head));
        let place = (start + from, start + to);
        out.extend(exchanged(texts, file, text, place, &by.to_string(), what));
    }
    out
}

/// What came out for many mutants.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// How many met each fate.
    pub fates: BTreeMap<Fate, u32>,
    /// How many each obligation shows.
    pub by: BTreeMap<Obligation, u32>,
    /// Those that nothing shows, and those that only values show.
    pub weak: Vec<(Fate, String)>,
}

impl Score {
    /// Counts one.
    pub fn add(&mut self, mutant: &Mutant, fate: Fate, by: &[Obligation]) {
        *self.fates.entry(fate).or_default() += 1;
        for obligation in by {
            *self.by.entry(*obligation).or_default() += 1;
        }
        if matches!(fate, Fate::Survives | Fate::Values) {
            self.weak
                .push((fate, format!("{}: {}", mutant.file, mutant.what)));
        }
    }
}

impl Display for Score {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (fate, count) in &self.fates {
            writeln!(f, "{fate:?}: {count}")?;
        }
        for obligation in Obligation::ALL {
            let count = self.by.get(&obligation).copied().unwrap_or(0);
            writeln!(f, "shown by {}: {count}", obligation.word())?;
        }
        for (fate, what) in &self.weak {
            writeln!(f, "{fate:?} {what}")?;
        }
        Ok(())
    }
}
