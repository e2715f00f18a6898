//! One file a verb. Each returns the exit code.

mod build;
mod check;
mod explain;
pub mod fmt;
mod retention;
mod s3;
mod simulate;
mod verify;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::args::{Args, Verb};
use crate::terminal;

/// Misuse, unreadable input, or an output that cannot be written.
pub const MISUSE: u8 = 2;

/// Does what was asked.
pub fn run(args: &Args) -> u8 {
    match &args.verb {
        Verb::Check(check) => check::run(args, check),
        Verb::Build(build) => build::run(args, build),
        Verb::Simulate(simulate) => simulate::run(args, simulate),
        Verb::Verify(verify) => verify::run(args, verify),
        Verb::S3(s3) => s3::run(args, s3),
        Verb::Explain(explain) => explain::run(args, explain),
        Verb::Fmt(fmt) => fmt::run(args, fmt),
        Verb::Retention(retention) => retention::run(retention),
    }
}

/// Writes to standard output and returns `code`, or [`MISUSE`] where that cannot be done.
fn finish(text: &str, code: u8) -> u8 {
    match terminal::out(text) {
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
