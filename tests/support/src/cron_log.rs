//! The end of `/dev/log` at which the lines of a private cron come out.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A line, and how long after the first one it came.
type Lines = Vec<(Duration, String)>;

/// Collects lines until it is dropped.
#[derive(Debug)]
pub(crate) struct Log {
    lines: Arc<Mutex<Lines>>,
    stop: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Log {
    /// Makes the socket and reads what is written to it.
    pub(crate) fn listen(socket: &Path) -> Log {
        let socket = UnixDatagram::bind(socket).expect("a socket in a temporary folder");
        socket
            .set_read_timeout(Some(Duration::from_millis(100)))
            .expect("a time above 0");
        let lines = Arc::new(Mutex::new(Lines::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let reader = std::thread::spawn({
            let (lines, stop) = (Arc::clone(&lines), Arc::clone(&stop));
            move || read(&socket, &lines, &stop)
        });
        Log {
            lines,
            stop,
            reader: Some(reader),
        }
    }

    /// All lines so far.
    pub(crate) fn lines(&self) -> Lines {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn read(socket: &UnixDatagram, lines: &Mutex<Lines>, stop: &AtomicBool) {
    let mut buffer = [0; 8192];
    let mut first = None;
    while !stop.load(Ordering::Relaxed) {
        let Ok(length) = socket.recv(&mut buffer) else {
            continue;
        };
        let after = first.get_or_insert_with(Instant::now).elapsed();
        let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
        lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((after, message(&text)));
    }
}

/// The message of a line such as `<78>Nov  3 04:00:01 cron[123]: (root) CMD (true)`: its date says
/// nothing, as it is the true one even where cron has a clock of its own.
fn message(line: &str) -> String {
    let text = line.split_once("]: ").map_or(line, |(_, text)| text);
    text.trim_end_matches(['\0', '\n']).to_owned()
}

impl Drop for Log {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
