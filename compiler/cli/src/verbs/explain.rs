//! `thrice explain`: the page of a code, or the reasons of a verdict.

use std::path::Path;

use thrice_diagnostics::{
    Code, Diagnostic, Severity, all_codes, explain, find_code, nearest, one_of,
};
use thrice_model::Obligation;
use thrice_report::{Accepted, Report, human};
use thrice_verify::{NoCore, Prover, Why};

use crate::args::{Args, Explain};
use crate::pipeline::short;
use crate::timings::Timings;
use crate::{input, pipeline, progress, terminal, verbs};

/// What stands where a finding has its code.
const WHY: Code = Code("why");

/// Explains a code or a verdict.
pub fn run(args: &Args, explain: &Explain) -> u8 {
    match explain.why.as_deref() {
        Some([obligation, subject, path]) => why(args, explain, (obligation, subject, path)),
        _ => code(explain.code.as_deref()),
    }
}

/// Shows what a verdict rests on, or, where it does not hold, what speaks against it.
fn why(args: &Args, explain: &Explain, (obligation, subject, path): (&str, &str, &str)) -> u8 {
    let words = Obligation::ALL.map(|obligation| obligation.word().to_owned());
    let found = Obligation::ALL.into_iter().find(|o| o.word() == obligation);
    let Some(found) = found else {
        let what = format!("there is no obligation `{}`", short(obligation));
        return misuse(&what, &near(obligation, &words));
    };
    let as_of = verbs::judged_at(explain.as_of);
    let judged = progress::during("proving", || {
        pipeline::check(
            input::load(Path::new(path)),
            Prover::start(),
            as_of,
            false,
            &mut Timings::new(false),
        )
    });
    let options = terminal::options(args);
    let (report, sources) = (&judged.report, &judged.sources);
    let Some(plan) = judged.plan().filter(|_| !report.verdicts.is_empty()) else {
        let shown = human::findings(&report.findings, sources, options);
        return verbs::finish(&shown, report.outcome().exit_code());
    };
    let phase = explain.phase.as_deref();
    let chosen = match explain.faults.as_slice() {
        [] => None,
        faults => match pipeline::chosen(plan, faults) {
            Ok(chosen) => Some(chosen),
            Err(mistake) => return verbs::refuse(args, *mistake),
        },
    };
    let faults = chosen
        .as_ref()
        .map_or_else(Vec::new, |chosen| chosen.words(plan));
    let why = progress::during("looking for what it rests on", || {
        thrice_verify::why(plan, found, subject, phase, chosen.as_ref())
    });
    match why {
        Ok(why) if why.verdict.holds => {
            let mut core = core(&why, &faults);
            core.help = core.help.map(|help| help + hollow(report, &why));
            verbs::finish(&human::statements(&core, sources, options), 0)
        }
        Ok(why) => {
            let about = about(&why, &faults);
            let engine = why.verdict.engine;
            let borne = accepted(report, &why);
            let head = format!("{about} does not hold ({engine}){borne}\n\n");
            let shown = human::findings(&why.findings, sources, options);
            verbs::finish(&(head + &shown), 1)
        }
        Err(NoCore::Subject(known)) if known.is_empty() => misuse(
            &format!("nothing was decided about {obligation}"),
            "nothing in this policy that asks for it",
        ),
        Err(NoCore::Subject(known))
            if phase.is_some() && known.iter().any(|(s, _)| s == subject) =>
        {
            let phase = phase.unwrap_or_default();
            let known = known.into_iter().filter(|(s, _)| s == subject);
            let known: Vec<String> = known.map(|(_, period)| period.into()).collect();
            let what = format!(
                "nothing was decided about {obligation} of `{}` in `{}`",
                short(subject),
                short(phase)
            );
            misuse(&what, &near(phase, &known))
        }
        Err(NoCore::Subject(known)) => {
            let mut known: Vec<String> = known.into_iter().map(|(s, _)| s.into()).collect();
            known.dedup();
            let what = format!(
                "nothing was decided about {obligation} of `{}`",
                short(subject)
            );
            misuse(&what, &near(subject, &known))
        }
        Err(NoCore::NotThen) => misuse(
            &format!(
                "in `{}` not all of that can happen",
                short(phase.unwrap_or_default())
            ),
            "a phase in which it can, if no `--phase` is said",
        ),
        Err(NoCore::NotByFault) => misuse(
            &format!(
                "{obligation} of `{}` does not depend on whether {}",
                short(subject),
                faults.join(" and ")
            ),
            "an answer without `--fault`",
        ),
    }
}

/// Those that are spelled nearly so, else all.
fn near(word: &str, known: &[String]) -> String {
    let near = one_of(nearest(word, known.iter().map(String::as_str)));
    if near.is_empty() {
        known.join(", ")
    } else {
        near
    }
}

/// "`survival` of `databases` in `t0`, if host vpai is lost".
fn about(why: &Why, faults: &[String]) -> String {
    let verdict = &why.verdict;
    let mut out = format!("{} of `{}`", verdict.obligation.word(), verdict.subject);
    if !matches!(verdict.period.as_str(), "" | "all") {
        out.push_str(&format!(" in `{}`", verdict.period));
    }
    if !faults.is_empty() {
        out.push_str(&format!(", if {},", faults.join(" and ")));
    }
    out
}

/// The core as a message that points at every statement.
fn core(why: &Why, faults: &[String]) -> Diagnostic {
    let engine = why.verdict.engine;
    let about = about(why, faults);
    let (members, of) = (why.members.len(), why.of);
    let text = match members {
        0 => format!("{about} holds ({engine}), whatever else the policy says"),
        1 => format!("{about} holds ({engine}) because of 1 of {of} statements"),
        _ => format!("{about} holds ({engine}) because of {members} of {of} statements"),
    };
    let mut out = Diagnostic::new(WHY, Severity::Note, text);
    for member in &why.members {
        out = out.at(member.span, member.text.clone());
    }
    let checks = why.checks;
    out.help(match members {
        0 => format!("it stands with all {of} of them taken away ({checks} checks)"),
        1 => format!("with this alone it stands, and without it it does not ({checks} checks)"),
        _ => format!(
            "with these alone it stands, and without any one of them it does not ({checks} checks)"
        ),
    })
}

/// What must be known of a verdict about how old or how soon back something is of which nothing may be left.
fn hollow(report: &Report, why: &Why) -> &'static str {
    let verdict = &why.verdict;
    let of_what_is_left = matches!(
        verdict.obligation,
        Obligation::RecoveryPoint
            | Obligation::RecoveryTime
            | Obligation::History
            | Obligation::Deletion
    );
    let survives = report.verdicts.iter().find(|other| {
        other.said.obligation == Obligation::Survival.word()
            && other.subject == verdict.subject
            && other.period == verdict.period
    });
    if of_what_is_left && survives.is_some_and(|survives| !survives.said.holds) {
        "; but survival does not hold then, and of what is gone nothing is asked here: ask why with `survival`"
    } else {
        ""
    }
}

/// By whom what does not hold is borne, if by anybody.
fn accepted(report: &Report, why: &Why) -> String {
    let verdict = &why.verdict;
    let about = |risk: &&Accepted| {
        let mut subjects = risk.subject.split(", ");
        risk.obligation == verdict.obligation.word()
            && subjects.any(|name| name == verdict.subject || name == "all")
    };
    let risk = report.accepted.iter().find(about);
    risk.map_or_else(String::new, |risk| {
        let (by, until) = (&risk.by, &risk.until);
        format!(
            "; a risk of it is accepted by {by} until {until}: \"{}\"",
            risk.why
        )
    })
}

fn misuse(what: &str, help: &str) -> u8 {
    terminal::complain(&format!("error: {what}\n  help: there is {help}\n"));
    verbs::MISUSE
}

/// Shows the page of `code`, or a line for each code there is.
fn code(code: Option<&str>) -> u8 {
    match code {
        None => verbs::finish(&list(), 0),
        Some(text) => match find_code(text).and_then(explain) {
            Some(page) => verbs::finish(page, 0),
            None => {
                terminal::complain(&unknown(text));
                verbs::MISUSE
            }
        },
    }
}

/// Each code with the title of its page, which begins `# CODE: `.
fn list() -> String {
    let mut out = String::new();
    for code in all_codes() {
        let page = explain(code).unwrap_or("");
        let heading = page.lines().next().unwrap_or("").trim_start_matches("# ");
        let title = heading
            .strip_prefix(code.0)
            .unwrap_or(heading)
            .trim_start_matches(':');
        out.push_str(&format!("{code}  {}\n", title.trim()));
    }
    out
}

fn unknown(text: &str) -> String {
    let shown = short(text);
    let near = one_of(nearest(text, all_codes().map(|code| code.0)));
    let hint = if near.is_empty() {
        "`thrice explain` lists them all".to_owned()
    } else {
        format!("there is {near}; `thrice explain` lists them all")
    };
    format!("error: there is no code `{shown}`\n  help: {hint}\n")
}
