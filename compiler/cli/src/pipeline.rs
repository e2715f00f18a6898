//! The stages, one after the other: the only file that knows them all.

use std::sync::Arc;

use jiff::civil::Date;
use thrice_build::Standing;
use thrice_diagnostics::{
    Code, Diagnostic, Diagnostics, FileId, Severity, SourceMap, Span, nearest, one_of,
};
use thrice_model::{Model, Obligation};
use thrice_plan::Plan;
use thrice_quantity::Seconds;
use thrice_report::{Accepted, Outcome, PhaseDate, Plays, Policy, Report, Said, matrix};
use thrice_verify::{Chosen, Engine, NoFault, Prover, Query, Verification};

use crate::input::{Files, Input};
use crate::timings::Timings;

const INTERNAL: Code = Code("T9001");
const UNKNOWN_NAME: Code = Code("T0201");

/// A policy that has been judged.
pub struct Judged {
    /// What there is to say.
    pub report: Report,
    /// The texts it points into.
    pub sources: SourceMap,
    /// What the solver was asked, if the prover was to write that down.
    pub queries: Vec<Query>,
    /// The plan that was judged, if there is one.
    plan: Option<Arc<Plan>>,
    /// The faults that it was judged under alone, if any were chosen.
    chosen: Option<Chosen>,
}

impl thrice_resolve::Loader for Files {
    fn load(&self, from: &str, path: &str) -> Result<(String, String), String> {
        self.used(from, path)
    }
}

/// A policy that has been read and planned, and not judged yet.
struct Planned {
    report: Report,
    sources: SourceMap,
    plan: Option<Arc<Plan>>,
    findings: Diagnostics,
}

impl Planned {
    /// The plan, if nothing is wrong with it so far.
    fn sound(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref().filter(|_| !self.findings.has_errors())
    }

    fn judged(mut self) -> Judged {
        self.report.findings = self.findings.sorted();
        Judged {
            report: self.report,
            sources: self.sources,
            queries: Vec::new(),
            plan: self.plan,
            chosen: None,
        }
    }
}

/// With more text than this, in bytes, a solver takes memory that the reader needs, and little of the time; and
/// mostly it has the same few shapes many times over, which may leave nothing to ask.
const MUCH: usize = 1 << 20;

/// Reads, plans and verifies. Where a stage finds an error, the later ones are left out, since what
/// they would say follows from it. The prover's solver is set up in the meantime: while the files are
/// read, or where these are large, when their trees are gone.
pub fn check(
    input: Input,
    mut prover: Prover,
    as_of: Date,
    strict: bool,
    timings: &mut Timings,
) -> Judged {
    let mut queries = Vec::new();
    let texts = input.sources.iter().map(|(_, file)| file.text.len());
    if texts.sum::<usize>() <= MUCH {
        prover.set_up();
    }
    let mut planned = plan(input, as_of, strict, timings);
    if let Some(plan) = planned.sound() {
        let proving = prover.begin(plan);
        // Scenarios are played in the meantime.
        let played = thrice_simulate::findings(plan);
        timings.over("simulate");
        let mut found = proving.finish();
        queries = std::mem::take(&mut found.queries);
        timings.over("verify");
        let found = verdicts(&mut planned.report, found);
        planned.findings.extend(found);
        planned.findings.extend(played);
    }
    Judged {
        queries,
        ..planned.judged()
    }
}

/// Reads, plans and verifies what depends on some faults, under these alone.
///
/// # Errors
/// One of them is not known.
pub fn check_under(
    input: Input,
    faults: &[String],
    as_of: Date,
    strict: bool,
    timings: &mut Timings,
) -> Result<Judged, Box<Diagnostic>> {
    let mut planned = plan(input, as_of, strict, timings);
    let mut known = None;
    if let Some(plan) = planned.sound() {
        let plan = Arc::clone(plan);
        let chosen = chosen(&plan, faults)?;
        let found = thrice_verify::verify_under(&plan, &chosen);
        timings.over("verify");
        planned.report.under = chosen.words(&plan);
        let found = verdicts(&mut planned.report, found);
        planned.findings.extend(found);
        let left_out = left_out(&planned.report);
        planned.report.scope.push(left_out);
        known = Some(chosen);
    }
    Ok(Judged {
        chosen: known,
        ..planned.judged()
    })
}

/// The obligations of which nothing was said: the faults do not matter to them, or nothing is asked.
fn left_out(report: &Report) -> String {
    let unsaid = |word: &&str| !report.verdicts.any(|said| said.obligation == **word);
    let words = Obligation::ALL.map(Obligation::word);
    let words: Vec<&str> = words.iter().copied().filter(unsaid).collect();
    format!(
        "only if {}; left out is what does not depend on that, or is not asked for: {}; and scenarios",
        report.under.join(" and "),
        words.join(", ")
    )
}

/// The faults that are meant by some words.
///
/// # Errors
/// One of them is not known: which ones are.
pub fn chosen(plan: &Plan, faults: &[String]) -> Result<Chosen, Box<Diagnostic>> {
    Chosen::new(plan, faults).map_err(|why| {
        let (message, help) = match why {
            NoFault::Unknown(said, known) => {
                let all = Chosen::all_names(plan);
                let near = one_of(nearest(&said, all.iter().map(String::as_str)));
                let help = if near.is_empty() { known.join(", ") } else { near };
                (
                    format!("nothing that can go wrong is called `{}`", short(&said)),
                    format!("there is {help}"),
                )
            }
            NoFault::NeverTogether => (
                "these faults cannot happen together: there is no phase that has all of what they hit".to_owned(),
                "ask about each by itself".to_owned(),
            ),
        };
        Box::new(Diagnostic::error(UNKNOWN_NAME, message).help(help))
    })
}

/// As much of a word as is shown.
pub fn short(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// What came of comparing a folder with a policy.
pub enum Compared {
    /// The policy cannot be read or planned: the report says why.
    NoPolicy(Box<Judged>),
    /// The policy cannot be built.
    NoBuild(Vec<Diagnostic>, SourceMap),
    /// What differs, and the texts that it points into.
    Differs(Vec<Diagnostic>, SourceMap),
}

/// Reads and plans a policy, and compares a folder with what it makes of it. Whether the policy is safe
/// is another question, and not asked here.
pub fn compare(
    input: Input,
    as_of: Date,
    folder: &str,
    files: &[thrice_readback::Found],
) -> Compared {
    let mut planned = plan(input, as_of, false, &mut Timings::new(false));
    let mut sources = std::mem::take(&mut planned.sources);
    let compared = planned
        .sound()
        .map(|plan| thrice_readback::verify(plan, folder, files, &mut sources));
    match compared {
        None => {
            planned.sources = sources;
            Compared::NoPolicy(Box::new(planned.judged()))
        }
        Some(Err(mistakes)) => Compared::NoBuild(mistakes, sources),
        Some(Ok(found)) => Compared::Differs(found, sources),
    }
}

/// What came of asking a policy for something that needs its plan alone.
pub enum Asked<T> {
    /// The policy cannot be read or planned: the report says why.
    NoPolicy(Box<Judged>),
    /// The plan cannot give it.
    Refused(Vec<Diagnostic>, SourceMap),
    /// Here it is, with the texts that it points into.
    Answer(T, SourceMap),
}

/// Reads and plans a policy, and asks its plan. Whether the policy is safe is another question, and not
/// asked here.
pub fn ask<T>(
    input: Input,
    as_of: Date,
    question: impl FnOnce(&Plan) -> Result<T, Vec<Diagnostic>>,
) -> Asked<T> {
    let planned = plan(input, as_of, false, &mut Timings::new(false));
    match planned.sound().map(|plan| question(plan)) {
        None => Asked::NoPolicy(Box::new(planned.judged())),
        Some(Err(mistakes)) => Asked::Refused(mistakes, planned.sources),
        Some(Ok(answer)) => Asked::Answer(answer, planned.sources),
    }
}

/// Reads and plans.
fn plan(input: Input, as_of: Date, strict: bool, timings: &mut Timings) -> Planned {
    let mut report = Report {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        language_version: thrice_grammar::LANGUAGE_VERSION,
        as_of: as_of.to_string(),
        strict,
        ..Report::default()
    };
    let Input {
        mut sources,
        roots,
        name,
        mistakes,
        files,
    } = input;
    let mut findings = Diagnostics::new();
    let model = if mistakes.is_empty() {
        let parsed = thrice_resolve::parse(&mut sources, &roots, &files);
        timings.over("parse");
        let (model, found) = parsed.resolve(&sources, &name, as_of);
        findings.extend(found);
        timings.over("resolve");
        model
    } else {
        // What is declared in a file that cannot be read would be unknown everywhere else.
        findings.extend(mistakes);
        findings.extend(roots.iter().flat_map(|root| form(&sources, *root)));
        None
    };
    let plan = model.map(|model| {
        head(&mut report, &model);
        let (plan, found) = thrice_plan::plan(model, as_of);
        findings.extend(found);
        report.phases = phases(&plan);
        report.scope = scope(&plan.model);
        timings.over("plan");
        Arc::new(plan)
    });
    Planned {
        report,
        sources,
        plan,
        findings,
    }
}

/// The mistakes in the form of one file.
fn form(sources: &SourceMap, file: FileId) -> Vec<Diagnostic> {
    sources.get(file).map_or_else(Vec::new, |source| {
        thrice_grammar::parse(file, &source.text).1
    })
}

fn head(report: &mut Report, model: &Model) {
    let policy = &model.policy;
    report.policy = Some(Policy {
        name: policy.named.name.to_string(),
        title: policy.title.clone(),
    });
    report.hash.clone_from(&model.hash);
}

fn phases(plan: &Plan) -> Vec<PhaseDate> {
    let named = plan.periods.iter().filter(|period| period.phase.is_some());
    named
        .map(|p| PhaseDate {
            name: p.name.clone(),
            date: p.from.to_string(),
        })
        .collect()
}

/// Moves what the verifier says into the report, and returns the findings.
fn verdicts(report: &mut Report, found: Verification) -> Vec<Diagnostic> {
    let said = |said: thrice_verify::Said| Said {
        obligation: said.obligation.word().into(),
        engine: match said.engine {
            Engine::ProvedUpTo(_) => said.engine.to_string().into(),
            engine => engine.word().into(),
        },
        holds: said.holds,
        note: said.note,
    };
    let accepted = |a: thrice_verify::Accepted| Accepted {
        obligation: a.obligation.word().into(),
        subject: a.subject,
        why: a.why,
        by: a.by,
        until: a.until,
        covers: a.covers,
    };
    report.verdicts = found.verdicts.into_table().map(said);
    report.assumptions = found.assumptions;
    report.accepted = found.accepted.into_iter().map(accepted).collect();
    report.not_decided = found
        .not_decided
        .into_iter()
        .map(|o| o.word().into())
        .collect();
    report.only_live = found.only_live;
    let plays = |(obligation, plays): (Obligation, thrice_verify::Plays)| Plays {
        obligation: obligation.word().into(),
        replayed: plays.replayed,
        rest_on: plays.rest_on.into_iter().map(str::to_owned).collect(),
    };
    report.plays = found.plays.into_iter().map(plays).collect();
    let findings = found.findings.into_iter().map(|finding| finding.diagnostic);
    findings.chain(found.internal).collect()
}

/// What was looked at, and what the policy leaves out.
fn scope(model: &Model) -> Vec<String> {
    let counts = [
        (model.classes.len(), "class", "classes"),
        (model.steps.len(), "step", "steps"),
        (model.stores.len(), "store", "stores"),
        (model.hosts.len(), "host", "hosts"),
        (model.keys.len(), "key", "keys"),
        (model.credentials.len(), "credential", "credentials"),
        (model.requirements.len(), "requirement", "requirements"),
    ];
    let counts = counts.map(|(count, one, many)| {
        let what = if count == 1 { one } else { many };
        format!("{count} {what}")
    });
    let skips = model.skips.iter();
    let skipped = skips.map(|skip| format!("skipped: `{}`, \"{}\"", skip.named.name, skip.why));
    std::iter::once(counts.join(", ")).chain(skipped).collect()
}

impl Judged {
    /// Works out what proofs teach: which copy saves what, and where verdicts turn.
    pub fn prove(&mut self) {
        let decided = !self.report.verdicts.is_empty();
        let chosen = self.chosen.as_ref();
        let Some(plan) = self.plan.as_deref().filter(|_| decided) else {
            return;
        };
        self.report.survival = thrice_verify::survival_matrix(plan, chosen).map(saved);
        self.report.assumptions = thrice_verify::ledger(plan, chosen);
        self.report.ledger = true;
    }

    /// The plan, if there is one without errors in its form.
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref()
    }
}

fn saved(saved: thrice_verify::Saved) -> matrix::Saved {
    use thrice_verify::SavedBy;
    let time = |time: Seconds| matrix::Time {
        seconds: time.0,
        words: time.to_string(),
    };
    let (by, store, step) = match saved.by {
        SavedBy::Live { copies: true } => ("live", None, None),
        SavedBy::Live { copies: false } => ("live alone", None, None),
        SavedBy::Copy { store, step } => ("copy", Some(store), Some(step)),
        SavedBy::Nothing => ("nothing", None, None),
        SavedBy::Undecided => ("undecided", None, None),
    };
    let margin = |margin: thrice_verify::Margin| matrix::Margin {
        of: margin.of,
        asked: time(margin.asked),
        left: time(margin.left),
    };
    matrix::Saved {
        by,
        store,
        step,
        also: saved.also,
        nominal: saved.nominal.map(time),
        guaranteed: saved.guaranteed.map(time),
        restore: saved.restore.map(time),
        restored_from: saved.restored_from,
        margins: saved.margins.into_iter().map(margin).collect(),
    }
}

/// The artefacts of a policy that was judged safe, with or without a role that installs them.
///
/// # Errors
/// What keeps a target from emitting.
pub fn build(
    judged: &Judged,
    with_ansible: bool,
) -> Result<Vec<thrice_target::Artefact>, Vec<Diagnostic>> {
    let no_plan = || vec![Diagnostic::error(INTERNAL, "there is no plan to build")];
    let plan = judged.plan.as_deref().ok_or_else(no_plan)?;
    if with_ansible {
        thrice_build::with_ansible(plan)
    } else {
        thrice_build::build(plan)
    }
}

/// The runbook of a policy that was judged, safe or not. `None` if it could not even be planned.
///
/// # Errors
/// A name that no command can hold.
pub fn runbook(judged: &Judged) -> Option<Result<Vec<thrice_target::Artefact>, Vec<Diagnostic>>> {
    let plan = judged.plan.as_ref()?;
    let standing = if judged.report.outcome() == Outcome::Safe {
        Standing::Safe
    } else {
        let wrong = judged.report.findings.iter().filter(|finding| {
            matches!(finding.severity, Severity::Error | Severity::Unknown) || judged.report.strict
        });
        Standing::Rejected(
            wrong
                .map(|f| format!("{}: {}", f.code, f.message))
                .collect(),
        )
    };
    Some(thrice_build::runbook(plan, &standing))
}

/// A text in the one style.
///
/// # Errors
/// The mistakes in its form; those that formatting mends are none.
pub fn formatted(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let (tree, mistakes) = thrice_grammar::parse(file, text);
    let mended = |mistake: &Diagnostic| matches!(mistake.code.0, "T0006" | "T0007");
    if !mistakes.iter().all(mended) {
        return Err(mistakes);
    }
    thrice_grammar::format(&tree, text).ok_or_else(|| {
        if !mistakes.is_empty() {
            return mistakes;
        }
        let message = "this file cannot be formatted, though no mistake was found in it";
        vec![Diagnostic::error(INTERNAL, message).at(Span::new(file, 0, 0), "")]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The report numbers codes by them, the policy accepts by them, the verifier decides by them.
    #[test]
    fn obligations_have_one_name() {
        assert_eq!(
            Obligation::ALL.map(Obligation::word),
            thrice_report::OBLIGATIONS
        );
    }
}
