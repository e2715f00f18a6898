//! Ansible, run for real on a machine that is this one but for the folders that programs install into.
//!
//! A [`Machine`] has mounts of its own (so tests that use it need root): what is written to `/etc`,
//! `/opt`, `/mnt` and `/run/systemd` there ends with it, and the machine's own is neither changed nor,
//! but for `/etc`, seen. systemd does not run there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::{Finished, finish};
use crate::keeper::Keeper;
use crate::wait::until;

const MOUNTS: &str = r#"
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/etc" "$1/work" "$1/opt" "$1/mnt" "$1/empty"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/work" /etc
mount --bind "$1/opt" /opt
mount --bind "$1/mnt" /mnt
if [ -d /run/systemd ]; then mount --bind "$1/empty" /run/systemd; fi
echo ready
exec sleep infinity
"#;

/// Ends Ansible and all that it has started, without a word, once a task of that name has dealt with so
/// many of its items (a task without a loop has one).
const STOP: &str = r#"
import os
import signal

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: stop
type: aggregate
short_description: ends the run
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stop"
    left = int(os.environ["STOP_AFTER"])

    def v2_runner_item_on_ok(self, result):
        self.done(result)

    def v2_runner_on_ok(self, result):
        self.done(result)

    def done(self, result):
        if result.task.get_name().endswith(os.environ["STOP_AT"]):
            self.left -= 1
            if self.left == 0:
                os.killpg(0, signal.SIGKILL)
"#;

/// A program of the fetched Ansible.
///
/// # Panics
/// If it is missing.
pub fn program(name: &str) -> PathBuf {
    // Not by its canonical path: a virtual environment's python is known by the link to it.
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/ansible/bin");
    let path = tools.join(name);
    assert!(path.is_file(), "{name} is missing: run `.ci/setup test`");
    path
}

/// A machine to install on.
#[derive(Debug)]
pub struct Machine {
    keeper: Keeper,
    pid: u32,
}

impl Default for Machine {
    fn default() -> Self {
        Self::start()
    }
}

impl Machine {
    /// Starts it.
    ///
    /// # Panics
    /// If it cannot have mounts of its own.
    #[must_use]
    pub fn start() -> Self {
        let mut keeper = Keeper::new("machine");
        let own = keeper.folder().join("own");
        fs::create_dir(&own).expect("our folder");
        let mounts = keeper.folder().join("mounts");
        fs::write(&mounts, MOUNTS).expect("our folder");
        let (mounts, own) = (mounts.display(), own.display());
        let script = format!("exec unshare --mount --propagation private sh '{mounts}' '{own}'");
        let pid = keeper.start("machine", &script);
        until(Duration::from_secs(20), || {
            keeper.output("machine").contains("ready").then_some(())
        })
        .unwrap_or_else(|| panic!("no machine: {}", keeper.output("machine")));
        Self { keeper, pid }
    }

    /// Where an absolute path of the machine is for the test.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        Path::new(&format!("/proc/{}/root{path}", self.pid)).to_owned()
    }

    /// Writes a file there, its folders too.
    ///
    /// # Panics
    /// If it cannot.
    pub fn write(&self, path: &str, mode: u32, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("ours");
        fs::write(&path, content).expect("ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
    }

    /// The command that runs a playbook there, on itself, as the host of that name.
    #[must_use]
    pub fn playbook(&self, folder: &Path, host: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        let python = program("python");
        command
            .arg(format!("--mount=/proc/{}/ns/mnt", self.pid))
            .arg(format!("--wd={}", folder.display()))
            .arg(program("ansible-playbook"))
            .args(["-i", "inventory.yml", "site.yml", "--connection", "local"])
            .args(["--limit", host])
            .args([
                "-e",
                &format!("ansible_python_interpreter={}", python.display()),
            ])
            // It is root already.
            .args(["-e", "ansible_become=false"])
            .args(arguments)
            .env("HOME", self.keeper.folder())
            .env("LC_ALL", "C.UTF-8")
            .env("ANSIBLE_PIPELINING", "1")
            .env("ANSIBLE_NOCOLOR", "1")
            .process_group(0);
        command
    }

    /// Runs a playbook there to its end.
    #[must_use]
    pub fn play(&self, folder: &Path, host: &str, arguments: &[&str]) -> Finished {
        finish(&mut self.playbook(folder, host, arguments))
    }

    /// Runs a playbook there until a task has dealt with so many of its items, and ends it with `SIGKILL`.
    ///
    /// # Panics
    /// If the run ends in another way.
    pub fn stop_in(&self, folder: &Path, host: &str, task: &str, items: usize) {
        let plugins = self.keeper.folder().join("plugins");
        fs::create_dir_all(&plugins).expect("our folder");
        fs::write(plugins.join("stop.py"), STOP).expect("our folder");
        let mut command = self.playbook(folder, host, &[]);
        command
            .env("ANSIBLE_CALLBACK_PLUGINS", &plugins)
            .env("ANSIBLE_CALLBACKS_ENABLED", "stop")
            .env("STOP_AT", task)
            .env("STOP_AFTER", items.to_string());
        let finished = finish(&mut command);
        assert_eq!(finished.code, None, "{finished}");
    }
}
