//! `thrice check`: the report.

use thrice_report::{github, human, json, junit, sarif};
use thrice_verify::Prover;

use crate::args::{Args, Check, Format};
use crate::timings::Timings;
use crate::{input, pipeline, progress, queries, terminal, verbs};

/// Judges a policy and shows the report.
pub fn run(args: &Args, check: &Check) -> u8 {
    let as_of = verbs::judged_at(check.judged.as_of);
    let mut timings = Timings::new(check.timings);
    let strict = check.judged.strict;
    let judged = progress::during("proving", || {
        let input = input::load(&check.judged.path);
        timings.over("read");
        if !check.faults.is_empty() {
            return pipeline::check_under(input, &check.faults, as_of, strict, &mut timings);
        }
        let prover = match check.dump_smt {
            Some(_) => Prover::start_writing_down(),
            None => Prover::start(),
        };
        Ok(pipeline::check(input, prover, as_of, strict, &mut timings))
    });
    let mut judged = match judged {
        Ok(judged) => judged,
        Err(mistake) => return verbs::refuse(args, *mistake),
    };
    if check.proofs {
        progress::during("turning values", || judged.prove());
        timings.over("proofs");
    }
    if let Some(folder) = &check.dump_smt
        && let Err(refusal) = queries::write(folder, &judged.queries)
    {
        return verbs::refuse(args, *refusal);
    }
    let (report, sources) = (&judged.report, &judged.sources);
    let code = report.outcome().exit_code();
    let code = match check.format {
        // These have every verdict in them, and are written as they are made.
        Format::Json => verbs::stream(|out| json::write(report, sources, out), code),
        Format::Junit => verbs::stream(|out| junit::write(report, sources, out), code),
        Format::Human => shown(
            human::render(report, sources, terminal::options(args)),
            code,
            &mut timings,
        ),
        Format::Sarif => shown(sarif::render(report, sources), code, &mut timings),
        Format::Github => shown(github::render(report, sources), code, &mut timings),
    };
    timings.over("write");
    terminal::complain(&timings.render());
    // Taking a large policy apart, piece by piece, takes longer than the system needs for all of it.
    std::mem::forget(judged);
    code
}

/// Writes what has been made as a whole.
fn shown(text: String, code: u8, timings: &mut Timings) -> u8 {
    timings.over("report");
    verbs::finish(&text, code)
}
