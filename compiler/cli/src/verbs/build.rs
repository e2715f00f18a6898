//! `thrice build`: what carries a policy out, from the very plan that was judged safe.

use thrice_diagnostics::Diagnostic;
use thrice_report::{Outcome, human};
use thrice_target::Artefact;
use thrice_verify::Prover;

use crate::args::{Args, Build, Target};
use crate::pipeline::Judged;
use crate::timings::Timings;
use crate::{input, output, pipeline, progress, terminal, verbs};

/// Judges a policy and, if it is safe, writes its artefacts; otherwise shows the report. The runbook is
/// written of a rejected policy too: it changes no machine, and is needed most then.
pub fn run(args: &Args, build: &Build) -> u8 {
    let as_of = verbs::judged_at(build.judged.as_of);
    let judged = progress::during("proving", || {
        let input = input::load(&build.judged.path);
        let (strict, mut timings) = (build.judged.strict, Timings::new(false));
        pipeline::check(input, Prover::start(), as_of, strict, &mut timings)
    });
    let outcome = judged.report.outcome();
    // Everything has the runbook in it.
    let runbook_alone = build
        .targets
        .iter()
        .all(|target| *target == Target::Runbook);
    let artefacts = if runbook_alone {
        pipeline::runbook(&judged)
    } else {
        let with_ansible = build.targets.contains(&Target::Ansible);
        (outcome == Outcome::Safe).then(|| pipeline::build(&judged, with_ansible))
    };
    let Some(artefacts) = artefacts else {
        let mut shown = human::render(&judged.report, &judged.sources, terminal::options(args));
        shown.push_str(if runbook_alone {
            "nothing was written: the policy cannot be planned\n"
        } else {
            "nothing was written: only a safe policy is built\n"
        });
        return verbs::finish(&shown, outcome.exit_code());
    };
    match artefacts.and_then(|files| write(build, &files)) {
        Ok(count) => {
            let said = done(build, &judged, count, &as_of.to_string());
            verbs::finish(&said, outcome.exit_code())
        }
        Err(mistakes) => {
            let options = terminal::error_options(args);
            terminal::complain(&human::findings(&mistakes, &judged.sources, options));
            terminal::complain("\nnothing was written\n");
            verbs::MISUSE
        }
    }
}

fn done(build: &Build, judged: &Judged, count: usize, as_of: &str) -> String {
    let folder = input::shown(&build.out);
    let outcome = judged.report.outcome();
    let warnings = judged.report.counts().warnings;
    let more = if outcome != Outcome::Safe {
        format!(
            "; the policy is {}, and the runbook says so: `thrice check`",
            outcome.word()
        )
    } else if warnings > 0 {
        format!("; `thrice check` has {warnings} to warn of")
    } else {
        String::new()
    };
    format!("{count} files in {folder}, as of {as_of}{more}\n")
}

fn write(build: &Build, artefacts: &[Artefact]) -> Result<usize, Vec<Diagnostic>> {
    let files: Vec<output::Output<'_>> = artefacts
        .iter()
        .map(|file| output::Output {
            path: &file.path,
            bytes: &file.bytes,
            mode: file.mode,
        })
        .collect();
    output::write(&build.out, &files).map_err(|refusal| vec![*refusal])?;
    Ok(files.len())
}
