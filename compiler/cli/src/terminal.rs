//! Where words go, and what is known about it.

use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, StdoutLock, Write as _};

use thrice_report::human::Options;

use crate::args::{Args, Color};

/// The width of a report that no terminal limits, in columns.
const WIDTH: usize = 100;
/// Longer lines are hard to read, however wide the screen is.
const WIDEST: usize = 120;

/// A variable of the environment, unless it is empty or no text.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that looks at the environment"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// How to show a report on standard output.
pub fn options(args: &Args) -> Options {
    style(args, io::stdout().is_terminal())
}

/// How to show messages on standard error.
pub fn error_options(args: &Args) -> Options {
    style(args, io::stderr().is_terminal())
}

fn style(args: &Args, terminal: bool) -> Options {
    let color = match args.color {
        _ if args.no_color => false,
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal
                && environment("NO_COLOR").is_none()
                && environment("TERM").is_some_and(|term| term != "dumb")
        }
    };
    let width = if terminal {
        terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0).min(WIDEST))
    } else {
        WIDTH
    };
    Options {
        width,
        color,
        unicode: !args.ascii,
    }
}

/// Whether somebody watches standard error.
pub fn watched() -> bool {
    io::stderr().is_terminal() && environment("TERM").is_some_and(|term| term != "dumb")
}

/// Writes to standard output. A reader that has gone away is no mistake: the verdict stands.
///
/// # Errors
/// Where the words could not be written for another reason, a full disk say.
pub fn out(
    write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> io::Result<()>,
) -> Result<(), String> {
    // Standard output itself goes line by line.
    let mut stdout = BufWriter::new(io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error; where that cannot be, nobody listens.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
