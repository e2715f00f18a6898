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
    let mut judged = progress::during("proving", || {
        let input = input::load(&check.judged.path);
        timings.over("read");
        let prover = match check.dump_smt {
            Some(_) => Prover::start_writing_down(),
            None => Prover::start(),
        };
        pipeline::check(input, prover, as_of, check.judged.strict, &mut timings)
    });
    if check.proofs {
        progress::during("turning values", || judged.prove());
        timings.over("proofs");
    }
    if let Some(folder) = &check.dump_smt
        && let Err(refusal) = queries::write(folder, &judged.queries)
    {
        let options = terminal::error_options(args);
        terminal::complain(&human::findings(&[*refusal], &judged.sources, options));
        return verbs::MISUSE;
    }
    let (report, sources) = (&judged.report, &judged.sources);
    let shown = match check.format {
        Format::Human => human::render(report, sources, terminal::options(args)),
        Format::Json => json::render(report, sources),
        Format::Sarif => sarif::render(report, sources),
        Format::Github => github::render(report, sources),
        Format::Junit => junit::render(report, sources),
    };
    timings.over("report");
    let code = verbs::finish(&shown, report.outcome().exit_code());
    timings.over("write");
    terminal::complain(&timings.render());
    // Taking a large policy apart, piece by piece, takes longer than the system needs for all of it.
    std::mem::forget(judged);
    code
}
