//! The command line.
//!
//! The only crate that touches the outside: [`input`] and [`verbs::fmt`] read files, [`output`]
//! writes folders, [`terminal`] looks at the terminal and the environment. All meaning is behind
//! [`pipeline`]. Exit codes: 0 safe, 1 rejected, 2 misuse or unreadable input, 3 undecided,
//! 101 internal error.

mod args;
mod input;
mod internal;
mod measure;
mod output;
mod pipeline;
mod played;
mod progress;
mod queries;
mod reach;
mod terminal;
mod timings;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    internal::install();
    let args = args::Args::parse();
    ExitCode::from(verbs::run(&args))
}
