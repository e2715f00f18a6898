//! Waiting for what another process does, by asking again and again.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Asks every 50 ms until there is an answer; `None` if there is none within `limit`.
/// The last question is asked after the limit has passed, so that a slow machine cannot miss it.
pub fn until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let late = Instant::now() >= end;
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if late {
            return None;
        }
        sleep(Duration::from_millis(50));
    }
}
