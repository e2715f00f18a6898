//! A class alone, with what it needs, and the same class among others that are mostly made from the same recipe: what is said of it must be the same.
//! Classes that are alike are judged once, and nobody else says whether they are. An exact copy of a class gets the
//! same verdicts too.
//!
//! What hosts own and which faults there are is the same with any of the classes ([`places`]), so that nothing of what is compared
//! depends on the others:
//! - of recovery times that a class which is late alone is late among others as well: they share lines with it, and may make it late too;
//! - of keys, of which verdicts are, that one holds if it does so in each of the policies of one class;
//! - capacity (of stores), time table, capability and alarm (of steps), cost and sense (of the policy): nothing. They are about what the classes are together.

pub(crate) mod places;
mod recipe;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::Obligation;
use thrice_verify::Verification;

use self::world::{World, name};
use crate::policy::{Judged, Texts, judge};
use crate::{Random, random};

/// The obligations about each class by itself.
const OWN: [Obligation; 8] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::RecoveryPoint,
    Obligation::LastCopy,
    Obligation::History,
    Obligation::Erasure,
    Obligation::Deletion,
    Obligation::Flow,
];

/// What came out of a series.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many policies were compared.
    pub policies: u64,
    /// How many classes were judged alone.
    pub classes: u64,
    /// How many classes have an exact copy beside them.
    pub copies: u64,
    /// How many verdicts of each obligation hold alone, and how many do not.
    pub verdicts: BTreeMap<&'static str, [u64; 2]>,
    /// How many findings are the same.
    pub findings: BTreeMap<&'static str, u64>,
    /// In how many policies something is true of one class and not of another one.
    pub differing: u64,
    /// What is not the same, each with its policy.
    pub mismatches: Vec<String>,
}

/// Compares so many random policies.
#[must_use]
pub fn compare(seed: u64, policies: u64) -> Tally {
    let mut out = Tally::default();
    for case in 0..policies {
        one(seed, case, &mut out);
    }
    out
}

/// Compares one of a series.
pub fn one(seed: u64, case: u64, out: &mut Tally) {
    let mut random = random(seed, case);
    let world = World::random(&mut random);
    let all: BTreeSet<usize> = (0..world.classes).collect();
    let text = world.text(&all, &mut random);
    let Some(among) = said(&text, case, out) else {
        return;
    };
    out.policies += 1;
    let mut alone = Vec::new();
    for class in all {
        let other = world.text(&world.closed([class]), &mut random);
        let Some(by_itself) = said(&other, case, out) else {
            return;
        };
        out.classes += 1;
        let mut differences = by_itself.differences(&among, &name(class), &name(class));
        // What others need must survive with them what is asked of these: who says so, and how far its versions may
        // be apart then, is not asked of it alone.
        if world.with.iter().any(|with| with.contains(&class)) {
            differences
                .retain(|line| !line.contains("T1205") && !line[2..].starts_with("survival"));
        }
        if !differences.is_empty() {
            out.mismatches.push(format!(
                "case {case}: {} alone (-) and among others (+):\n{}\n{text}\nalone:\n{other}",
                name(class),
                differences.join("\n")
            ));
        }
        by_itself.count(&name(class), out);
        alone.push(by_itself);
    }
    if let Some(why) = keys(&among, &alone) {
        out.mismatches.push(format!("case {case}: {why}\n{text}"));
    }
    let own = (0..world.classes).map(|class| among.outcomes(&name(class)));
    out.differing += u64::from(own.collect::<BTreeSet<_>>().len() > 1);
    twice(&world, case, &mut random, out);
}

/// A class with an exact copy.
fn twice(world: &World, case: u64, random: &mut Random, out: &mut Tally) {
    use rand::RngExt as _;
    let class = random.random_range(0..world.classes);
    // A secret lies among the data of one of them.
    if world
        .with
        .get(class)
        .is_none_or(|with| with.contains(&class))
    {
        return;
    }
    let other = world.twice(class);
    let text = other.text(&other.closed(0..other.classes), random);
    let Some(said) = said(&text, case, out) else {
        return;
    };
    out.copies += 1;
    let mut differences = said.differences(&said, &name(class), &name(world.classes));
    // Nobody needs the copy, which may be back later than what others wait for.
    if world.with.iter().any(|with| with.contains(&class)) {
        differences.retain(|line| !line.contains("late in"));
    }
    if !differences.is_empty() {
        out.mismatches.push(format!(
            "case {case}: {} (-) and its copy {} (+):\n{}\n{text}",
            name(class),
            name(world.classes),
            differences.join("\n")
        ));
    }
}

/// A verdict of a class: the obligation, what the class is restored with, and the period.
type Verdict = (Obligation, String, String);

/// What is said of all classes in a policy.
struct Said {
    /// By class: which engine says what, whether it holds, with which values.
    verdicts: BTreeMap<String, BTreeMap<Verdict, (bool, String)>>,
    /// By class: codes and severities.
    findings: BTreeMap<String, BTreeSet<(&'static str, String)>>,
}

/// What is said of a policy; `None` if it is none, or if a case does not come about.
fn said(text: &str, case: u64, out: &mut Tally) -> Option<Said> {
    let judged = judge(&Texts::one(text));
    let broken = judged
        .findings
        .iter()
        .find(|found| found.code.0.starts_with("T9"));
    let (Some(verified), Some(plan), None) = (&judged.verified, &judged.plan, broken) else {
        out.mismatches.push(format!(
            "case {case} is no policy: {}\n{text}",
            mistakes(&judged)
        ));
        return None;
    };
    let mut found = Said::of(verified);
    for finding in &verified.findings {
        if OWN.contains(&finding.obligation) {
            for id in &finding.classes {
                let Some(class) = plan.model.classes.get(*id) else {
                    continue;
                };
                let class = class.named.name.to_string();
                let severity = format!("{:?}", finding.diagnostic.severity);
                let findings = found.findings.entry(class).or_default();
                findings.insert((root(finding.diagnostic.code.0), severity));
            }
        }
    }
    Some(found)
}

/// What a finding is told as. Of a cause there is one finding, under the code of the requirement if any class is named by one
/// and else under that of the floor: both are errors.
fn root(code: &'static str) -> &'static str {
    if code == "T1202" { "T1201" } else { code }
}

fn mistakes(judged: &Judged) -> String {
    let found = judged.findings.iter().map(|found| {
        let place = found.span().map_or("", |span| judged.sources.text(span));
        format!(
            "{} {:?} {}: {place}",
            found.code.0, found.severity, found.message
        )
    });
    found.collect::<Vec<_>>().join("\n")
}

impl Said {
    fn of(verified: &Verification) -> Self {
        let mut verdicts: BTreeMap<String, BTreeMap<Verdict, (bool, String)>> = BTreeMap::new();
        for verdict in verified.verdicts.iter() {
            let subject = verdict.subject.as_str();
            let (class, with) = subject.split_once(" with ").unwrap_or((subject, ""));
            let key = (
                verdict.obligation,
                with.to_owned(),
                verdict.period.to_string(),
            );
            let values = format!("{}, {}", verdict.engine.word(), verdict.note);
            let known = verdicts.entry(class.to_owned()).or_default();
            known.insert(key, (verdict.holds, values));
        }
        Self {
            verdicts,
            findings: BTreeMap::new(),
        }
    }

    /// What is said of a class and not of another one of another policy, and the other way round.
    fn differences(&self, other: &Self, class: &str, of: &str) -> Vec<String> {
        let lines = |said: &Self, class: &str| {
            let verdicts = said.verdicts.get(class).into_iter().flatten();
            let verdicts = verdicts.filter(|((obligation, ..), _)| OWN.contains(obligation));
            let verdicts = verdicts.map(|((obligation, with, period), (holds, values))| {
                let values = values.replace(class, "@");
                format!("{} {with} {period}: {holds}, {values}", obligation.word())
            });
            let findings = said.findings.get(class).into_iter().flatten();
            let findings = findings.map(|(code, severity)| format!("{code} {severity}"));
            verdicts.chain(findings).collect::<BTreeSet<String>>()
        };
        let (one, two) = (lines(self, class), lines(other, of));
        let lost = one.difference(&two).map(|line| format!("- {line}"));
        let new = two.difference(&one).map(|line| format!("+ {line}"));
        let late = |said: &Self, class: &str| {
            let verdicts = said.verdicts.get(class).into_iter().flatten();
            let late = verdicts.filter(|((obligation, ..), (holds, _))| {
                *obligation == Obligation::RecoveryTime && !holds
            });
            late.map(|((_, _, period), _)| period.clone())
                .collect::<BTreeSet<String>>()
        };
        let (late_here, late_there) = (late(self, class), late(other, of));
        let only = late_here
            .difference(&late_there)
            .map(|period| format!("- late in {period}"));
        lost.chain(new).chain(only).collect()
    }

    /// Whether what is asked of a class holds, of each in each period.
    fn outcomes(&self, class: &str) -> BTreeMap<Verdict, bool> {
        let verdicts = self.verdicts.get(class).into_iter().flatten();
        let own = verdicts.filter(|((obligation, ..), _)| OWN.contains(obligation));
        own.map(|(key, (holds, _))| (key.clone(), *holds)).collect()
    }

    fn count(&self, class: &str, out: &mut Tally) {
        for ((obligation, ..), (holds, _)) in self.verdicts.get(class).into_iter().flatten() {
            let [held, failed] = out.verdicts.entry(obligation.word()).or_default();
            *(if *holds { held } else { failed }) += 1;
        }
        for (code, _) in self.findings.get(class).into_iter().flatten() {
            *out.findings.entry(*code).or_default() += 1;
        }
    }
}

/// Keys whose verdict among all classes is not that of all of them alone.
fn keys(among: &Said, alone: &[Said]) -> Option<String> {
    let of_keys = |said: &Said| {
        let all = said.verdicts.iter().flat_map(|(subject, verdicts)| {
            let of_keys = verdicts
                .iter()
                .filter(|((obligation, ..), _)| *obligation == Obligation::Keys);
            of_keys.map(move |((_, _, period), (holds, _))| {
                ((subject.clone(), period.clone()), *holds)
            })
        });
        all.collect::<BTreeMap<_, _>>()
    };
    let mut together: BTreeMap<(String, String), bool> = BTreeMap::new();
    for (key, holds) in alone.iter().flat_map(of_keys) {
        let known = together.entry(key).or_insert(true);
        *known &= holds;
    }
    let among = of_keys(among);
    (among != together).then(|| format!("keys among all {among:?}, alone {together:?}"))
}
