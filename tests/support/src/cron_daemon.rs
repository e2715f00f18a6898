//! Debian's cron, run for real on files of a test's own.
//!
//! The daemon has mounts of its own (`unshare -m`, so tests that use it need root): its
//! `/etc/cron.d`, `/etc/crontab`, spool, `/run` and `/dev` are private, and what it logs comes here.
//! The machine's own cron and files are neither seen nor touched.
//!
//! Cron looks for jobs once a minute. A test need not wait for that: [`Setting::clock`] gives cron (and
//! cron alone, not its jobs) a clock that starts at any date and runs faster, and
//! [`crate::cron::at_once`] makes jobs run at the start.
//!
//! Give tests that wait for a minute to pass a name with `cron_daemon` in it, or put them into a
//! module of that name: `.config/nextest.toml` knows it.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::command::run;
use crate::cron_log::Log;
use crate::cron_mounts::{MOUNTS, PRIVATE, faketime, quoted};
use crate::keeper::Keeper;
use crate::wait::until;

/// Longer than the wait for the next full minute, at which cron looks for jobs and changed files.
pub const A_MINUTE: Duration = Duration::from_secs(65);

/// What cron says of a file, or of a line, that it does not take.
const COMPLAINTS: [&str; 8] = [
    "ignored",
    "INSECURE",
    "WRONG",
    "Missing newline",
    "rror",
    "bad ",
    "CAN'T",
    "NOT A REGULAR",
];

/// What a daemon is to find when it starts.
#[derive(Debug, Default, Clone)]
pub struct Setting {
    files: Vec<(String, String, u32)>,
    mounts: Vec<(PathBuf, PathBuf)>,
    clock: Option<Clock>,
}

#[derive(Debug, Clone)]
struct Clock {
    start: String,
    zone: String,
    speed: u32,
}

impl Setting {
    /// No file, no job.
    pub fn new() -> Setting {
        Setting::default()
    }

    /// A file of `/etc/cron.d`, owned by root and of the mode that cron asks for.
    #[must_use]
    pub fn file(self, name: &str, text: &str) -> Setting {
        self.file_with_mode(name, text, 0o644)
    }

    /// A file of `/etc/cron.d` of any mode.
    #[must_use]
    pub fn file_with_mode(mut self, name: &str, text: &str, mode: u32) -> Setting {
        self.files.push((name.to_owned(), text.to_owned(), mode));
        self
    }

    /// Shows a folder of the test's own at the place where jobs look for it, for example
    /// `/etc/thrice`. The place need not exist, but the first folder of its path must.
    #[must_use]
    pub fn folder_at(mut self, folder: &Path, place: &Path) -> Setting {
        self.mounts.push((folder.to_owned(), place.to_owned()));
        self
    }

    /// Lets cron start at a local date such as `2027-03-28 01:50:00` of a zone such as
    /// `Europe/Berlin`, its clock running `speed` times as fast as the true one: at 600, an hour takes
    /// 6 s. A job takes about 10 ms to start, and a minute should last several times that.
    #[must_use]
    pub fn clock(mut self, start: &str, zone: &str, speed: u32) -> Setting {
        assert!(
            Path::new("/usr/share/zoneinfo").join(zone).is_file(),
            "there is no zone {zone}"
        );
        self.clock = Some(Clock {
            start: start.to_owned(),
            zone: zone.to_owned(),
            speed,
        });
        self
    }

    /// Starts cron. It has read all files when this returns, and starts all `@reboot` jobs next.
    ///
    /// # Panics
    /// If the caller is not root, or cron is not installed or does not start, with what it said.
    pub fn start(self) -> Daemon {
        let root = run(Command::new("id").arg("-u"));
        assert_eq!(
            root.trim(),
            "0",
            "running a private cron needs root: run this test as root"
        );
        let mut keeper = Keeper::new("cron");
        let log = Log::listen(&keeper.folder().join("log"));
        self.lay_out(keeper.folder());
        keeper.start("cron", &self.script(keeper.folder()));
        let speed = self.clock.as_ref().map_or(1, |clock| clock.speed);
        let daemon = Daemon { keeper, log, speed };
        // It says this once it has read all files.
        daemon
            .wait_for(Duration::from_secs(20), "@reboot jobs")
            .unwrap_or_else(|| {
                panic!(
                    "cron does not start: {}\n{}",
                    daemon.keeper.output("cron"),
                    daemon.log().join("\n")
                )
            });
        daemon
    }

    fn lay_out(&self, folder: &Path) {
        for name in ["cron.d", "spool", "dev"] {
            fs::create_dir(folder.join(name)).expect("the folder can be written");
        }
        fs::write(folder.join("crontab"), "").expect("the folder can be written");
        for (name, text, mode) in &self.files {
            install(&folder.join("cron.d"), name, text, *mode);
        }
    }

    /// The script that arranges the mounts and becomes cron.
    fn script(&self, folder: &Path) -> String {
        let mut script = format!("set -eu\ncd {}\n{MOUNTS}", quoted(folder));
        for (source, place) in &self.mounts {
            let _ = writeln!(script, "show {} {}", quoted(source), quoted(place));
        }
        script.push_str(PRIVATE);
        script.push_str("exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ");
        if let Some(Clock { start, zone, speed }) = &self.clock {
            let library = faketime();
            let _ = write!(
                script,
                "LD_PRELOAD={library} TZ={zone} FAKETIME='@{start} x{speed}' "
            );
            // Ages of files are compared with each other, not with the clock.
            script.push_str("NO_FAKE_STAT=1 FAKETIME_DONT_RESET=1 ");
        }
        script.push_str("cron -f\n");
        let file = folder.join("inside.sh");
        fs::write(&file, script).expect("the folder can be written");
        format!(
            "exec unshare --mount --propagation private sh {}",
            quoted(&file)
        )
    }
}

fn install(cron_d: &Path, name: &str, text: &str, mode: u32) {
    let file = cron_d.join(name);
    fs::write(&file, text).expect("the folder can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("the file is ours");
}

/// A running cron.
#[derive(Debug)]
pub struct Daemon {
    // Dropped first: the socket is to be read until cron has ended, but no longer needed then.
    keeper: Keeper,
    log: Log,
    speed: u32,
}

/// A job that cron has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// How long after cron's start, by cron's own clock ([`Setting::clock`]). As the log comes a few
    /// milliseconds late, this is too: at speed 600, by a minute or two.
    pub after: Duration,
    /// As whom.
    pub user: String,
    /// The command, up to the first `%`.
    pub command: String,
}

impl Daemon {
    /// All it has logged, a line each, for example `(root) CMD (true)`.
    pub fn log(&self) -> Vec<String> {
        self.log.lines().into_iter().map(|(_, line)| line).collect()
    }

    /// The jobs started so far, in order.
    pub fn jobs(&self) -> Vec<Job> {
        let job = |(after, line): (Duration, String)| {
            let (user, rest) = line.strip_prefix('(')?.split_once(") CMD (")?;
            let command = rest.strip_suffix(')')?;
            Some(Job {
                after: after * self.speed,
                user: user.to_owned(),
                command: command.to_owned(),
            })
        };
        self.log.lines().into_iter().filter_map(job).collect()
    }

    /// The logged lines that say that something was not taken. None does not mean that a file was
    /// taken: one whose name has a dot is passed over in silence. See [`Daemon::reloads`].
    pub fn complaints(&self) -> Vec<String> {
        let is_complaint = |line: &String| {
            // A command may have any word in it.
            !line.contains(") CMD (") && COMPLAINTS.iter().any(|word| line.contains(word))
        };
        self.log().into_iter().filter(is_complaint).collect()
    }

    /// Waits for a line with this text in it, logged at any time since the start.
    pub fn wait_for(&self, limit: Duration, text: &str) -> Option<String> {
        until(limit, || {
            self.log().into_iter().find(|line| line.contains(text))
        })
    }

    /// Replaces or adds a file of `/etc/cron.d`, which cron will see at the next full minute.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn put(&self, name: &str, text: &str) {
        let folder = self.keeper.folder().join("cron.d");
        install(&folder, name, text, 0o644);
        // Cron compares whole seconds, and would miss a change in the second of its start.
        let later = SystemTime::now() + Duration::from_secs(2);
        for path in [folder.join(name), folder] {
            let changed = fs::File::open(path).and_then(|file| file.set_modified(later));
            changed.expect("the folder is ours");
        }
    }

    /// Whether cron reads this file again after it was changed ([`Daemon::put`]): the proof that it
    /// considers the file at all. Waits up to [`A_MINUTE`] for the next full minute of its clock.
    pub fn reloads(&self, name: &str) -> bool {
        self.wait_for(A_MINUTE, &format!("RELOAD (/etc/cron.d/{name})"))
            .is_some()
    }
}
