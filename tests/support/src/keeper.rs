//! Daemons that end when their test ends, however it ends.
//!
//! A [`Keeper`] is a small shell that waits at the end of a pipe. When the pipe closes (the keeper
//! is dropped; or the test process has exited, was killed, or timed out) it kills its daemons, the
//! youngest first, and removes their folder. Should somebody kill the shell itself, the kernel kills
//! the daemons (`setpriv --pdeathsig`). That signal comes when the *thread* that started a child ends,
//! and each test has its own thread, so the test could not start them itself.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::wait::until;

const SCRIPT: &str = r#"
pids=
while read -r name; do
  setpriv --pdeathsig KILL sh "$1/$name.sh" >"$1/$name.log" 2>&1 </dev/null &
  pids="$! $pids"
  echo "$!" >"$1/$name.pid"
done
for pid in $pids; do
  kill -KILL "$pid"
  wait "$pid"
done
rm -rf -- "$1"
"#;

/// A temporary folder and the daemons that live in it.
#[derive(Debug)]
pub struct Keeper {
    folder: PathBuf,
    shell: Child,
}

impl Keeper {
    /// Makes the folder; no daemon yet. `name` is part of the folder's name.
    ///
    /// # Panics
    /// If the folder or the shell cannot be had.
    pub fn new(name: &str) -> Keeper {
        let folder = tempfile::Builder::new()
            .prefix(&format!("thrice-{name}-"))
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "keeper"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own: an interrupt or time-out that kills the test's group leaves the
            // keeper alive to clean up.
            .process_group(0)
            .spawn()
            .expect("a shell");
        Keeper { folder, shell }
    }

    /// The folder, removed with the keeper.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a daemon from a shell script, which should end in `exec`. What it prints goes to
    /// [`Keeper::output`]. Returns its process id.
    ///
    /// # Panics
    /// If the name was used before, or the keeper has died.
    pub fn start(&mut self, name: &str, script: &str) -> u32 {
        let file = self.folder.join(format!("{name}.sh"));
        assert!(!file.exists(), "the daemon {name} was started before");
        fs::write(&file, script).expect("the folder can be written");
        let pipe = self
            .shell
            .stdin
            .as_mut()
            .expect("the pipe is open while the keeper lives");
        writeln!(pipe, "{name}").expect("the keeper listens");
        let pid = self.folder.join(format!("{name}.pid"));
        until(Duration::from_secs(10), || {
            fs::read_to_string(&pid).ok()?.trim().parse().ok()
        })
        .unwrap_or_else(|| panic!("the daemon {name} was not started within 10 s"))
    }

    /// What a daemon has printed so far, on both its outputs.
    pub fn output(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.join(format!("{name}.log"))).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // A daemon that hangs in the kernel must not hang the test; the shell goes on trying alone.
        until(Duration::from_secs(15), || self.shell.try_wait().ok()?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alive(pid: u32) -> bool {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    }

    #[test]
    fn daemons_and_folder_go_with_the_keeper() {
        let mut keeper = Keeper::new("test");
        let folder = keeper.folder().to_owned();
        let first = keeper.start("first", "echo up; exec sleep 600");
        let second = keeper.start("second", "exec sleep 600");
        until(Duration::from_secs(5), || {
            (keeper.output("first") == "up\n").then_some(())
        })
        .expect("the first daemon speaks");
        assert!(is_alive(first) && is_alive(second) && folder.is_dir());
        drop(keeper);
        assert!(!is_alive(first) && !is_alive(second) && !folder.exists());
    }

    #[test]
    fn daemons_outlive_the_thread_that_started_them() {
        let (keeper, pid) = std::thread::spawn(|| {
            let mut keeper = Keeper::new("test");
            let pid = keeper.start("sleeper", "exec sleep 600");
            (keeper, pid)
        })
        .join()
        .expect("the thread ends well");
        std::thread::sleep(Duration::from_millis(200));
        assert!(is_alive(pid));
        drop(keeper);
        assert!(!is_alive(pid));
    }

    #[test]
    fn a_killed_keeper_takes_its_daemons_along() {
        let mut keeper = Keeper::new("test");
        let folder = keeper.folder().to_owned();
        let pid = keeper.start("sleeper", "exec sleep 600");
        keeper.shell.kill().expect("the shell can be killed");
        until(Duration::from_secs(5), || (!is_alive(pid)).then_some(())).expect("the daemon ends");
        drop(keeper);
        fs::remove_dir_all(folder).expect("nobody else removed the folder");
    }
}
