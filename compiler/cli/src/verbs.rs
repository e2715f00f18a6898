//! One file a verb. Each returns the exit code.

mod audit;
mod build;
mod check;
mod explain;
pub mod fmt;
mod retention;
mod s3;
mod simulate;
mod verify;

use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use thrice_diagnostics::{Diagnostic, SourceMap};
use thrice_report::human;
use thrice_target::Plan;

use crate::args::{Args, Verb};
use crate::pipeline::Asked;
use crate::{input, pipeline, terminal};

/// Misuse, unreadable input, or an output that cannot be written.
pub const MISUSE: u8 = 2;

/// Does what was asked.
pub fn run(args: &Args) -> u8 {
    match &args.verb {
        Verb::Check(check) => check::run(args, check),
        Verb::Build(build) => build::run(args, build),
        Verb::Simulate(simulate) => simulate::run(args, simulate),
        Verb::Verify(verify) => verify::run(args, verify),
        Verb::Audit(audit) => audit::run(args, audit),
        Verb::S3(s3) => s3::run(args, s3),
        Verb::Explain(explain) => explain::run(args, explain),
        Verb::Fmt(fmt) => fmt::run(args, fmt),
        Verb::Retention(retention) => retention::run(retention),
    }
}

/// Says why nothing was done.
fn misuse(why: &str) -> u8 {
    terminal::complain(&format!("error: {why}\n"));
    MISUSE
}

/// Says what is wrong with what was asked, and nothing else.
fn refuse(args: &Args, mistake: Diagnostic) -> u8 {
    let options = terminal::error_options(args);
    terminal::complain(&human::findings(&[mistake], &SourceMap::new(), options));
    MISUSE
}

/// What the plan of a policy answers to a question, and the texts that it points into; else the exit code, once it is said why there is none.
fn ask<T>(
    args: &Args,
    path: &Path,
    as_of: Date,
    undone: &str,
    question: impl FnOnce(&Plan) -> Result<T, Vec<Diagnostic>>,
) -> Result<(T, SourceMap), u8> {
    match pipeline::ask(input::load(path), as_of, question) {
        Asked::NoPolicy(judged) => {
            let options = terminal::options(args);
            let shown = human::findings(&judged.report.findings, &judged.sources, options);
            let shown = format!("{shown}{undone}: the policy cannot be planned\n");
            Err(finish(&shown, judged.report.outcome().exit_code()))
        }
        Asked::Refused(mistakes, sources) => {
            let options = terminal::error_options(args);
            terminal::complain(&human::findings(&mistakes, &sources, options));
            Err(misuse(&format!("{undone}: the policy cannot be built")))
        }
        Asked::Answer(answer, sources) => Ok((answer, sources)),
    }
}

/// Writes to standard output and returns `code`, or [`MISUSE`] where that cannot be done.
fn finish(text: &str, code: u8) -> u8 {
    stream(|out| out.write_all(text.as_bytes()), code)
}

/// The same with what is written as it is made.
fn stream(write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> io::Result<()>, code: u8) -> u8 {
    match terminal::out(write) {
        Ok(()) => code,
        Err(why) => {
            terminal::complain(&format!("error: {why}\n"));
            MISUSE
        }
    }
}

/// The day policies are judged at: as asked for, or today in UTC, the same all over the world.
fn judged_at(asked: Option<Date>) -> Date {
    asked.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date())
}
