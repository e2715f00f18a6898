//! A sign of life on a terminal, for work that takes longer than people like to wonder.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done by then shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does the work, with a spinner on standard error if it takes long and somebody watches.
pub fn during<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    if crate::terminal::watched() {
        spinning(what, PATIENCE, ProgressDrawTarget::stderr(), work)
    } else {
        work()
    }
}

fn spinning<T>(
    what: &'static str,
    patience: Duration,
    target: ProgressDrawTarget,
    work: impl FnOnce() -> T,
) -> T {
    let (done, finished) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if finished.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::with_draw_target(None, target)
                    .with_style(ProgressStyle::default_spinner())
                    .with_message(what);
                spinner.enable_steady_tick(Duration::from_millis(100));
                // Nothing is ever sent: this ends when the other end is dropped.
                let _ = finished.recv();
                spinner.finish_and_clear();
            }
        });
        // Dropped when the work is done, and also when it panics.
        let _done = done;
        work()
    })
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn seen(patience: u64, work: u64) -> (String, String) {
        let term = InMemoryTerm::new(4, 40);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let during = spinning("proving", Duration::from_millis(patience), target, || {
            thread::sleep(Duration::from_millis(work));
            term.contents()
        });
        (during, term.contents())
    }

    #[test]
    fn quick_work_shows_nothing_and_slow_work_clears_up() {
        assert_eq!(seen(10_000, 20), (String::new(), String::new()));
        let (during, after) = seen(10, 600);
        assert!(during.contains("proving"), "{during:?}");
        assert_eq!(after, "");
    }
}
