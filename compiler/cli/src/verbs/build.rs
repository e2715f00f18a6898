//! `thrice build`: what carries a policy out, from the very plan that was judged safe.

use thrice_diagnostics::Diagnostic;
use thrice_report::{Outcome, human};

use crate::args::{Args, Build};
use crate::pipeline::Judged;
use crate::timings::Timings;
use crate::{input, output, pipeline, progress, terminal, verbs};

/// Judges a policy and, if it is safe, writes its artefacts; otherwise shows the report.
pub fn run(args: &Args, build: &Build) -> u8 {
    let as_of = verbs::judged_at(build.judged.as_of);
    let judged = progress::during("proving", || {
        let input = input::load(&build.judged.path);
        pipeline::check(input, as_of, build.judged.strict, &mut Timings::new(false))
    });
    let outcome = judged.report.outcome();
    if outcome != Outcome::Safe {
        let mut shown = human::render(&judged.report, &judged.sources, terminal::options(args));
        shown.push_str("nothing was written: only a safe policy is built\n");
        return verbs::finish(&shown, outcome.exit_code());
    }
    match write(build, &judged) {
        Ok(count) => {
            let folder = input::shown(&build.out);
            let warnings = match judged.report.counts().warnings {
                0 => String::new(),
                count => format!("; `thrice check` has {count} to warn of"),
            };
            verbs::finish(
                &format!("{count} files in {folder}, as of {as_of}{warnings}\n"),
                0,
            )
        }
        Err(mistakes) => {
            let options = terminal::error_options(args);
            terminal::complain(&human::findings(&mistakes, &judged.sources, options));
            terminal::complain("\nnothing was written\n");
            verbs::MISUSE
        }
    }
}

fn write(build: &Build, judged: &Judged) -> Result<usize, Vec<Diagnostic>> {
    let artefacts = pipeline::build(judged)?;
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
