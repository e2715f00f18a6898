//! `thrice check`: the report.

use thrice_report::{github, human, json, junit, sarif};

use crate::args::{Args, Check, Format};
use crate::{input, pipeline, progress, terminal, verbs};

/// Judges a policy and shows the report.
pub fn run(args: &Args, check: &Check) -> u8 {
    let as_of = verbs::judged_at(check.judged.as_of);
    let judged = progress::during("proving", || {
        pipeline::check(input::load(&check.judged.path), as_of, check.judged.strict)
    });
    let (report, sources) = (&judged.report, &judged.sources);
    let shown = match check.format {
        Format::Human => human::render(report, sources, terminal::options(args)),
        Format::Json => json::render(report, sources),
        Format::Sarif => sarif::render(report, sources),
        Format::Github => github::render(report, sources),
        Format::Junit => junit::render(report, sources),
    };
    verbs::finish(&shown, report.outcome().exit_code())
}
