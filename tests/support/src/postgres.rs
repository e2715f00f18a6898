//! A PostgreSQL server of a test's own, as Debian packages it, on a socket in its own folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::{finish, run};
use crate::keeper::Keeper;
use crate::wait::until;

/// The user of the system that the server runs as where the test is root: PostgreSQL refuses root.
pub const USER: &str = "postgres";

/// A server that ends with its test. Its superuser is `postgres`; it trusts everybody on its socket.
#[derive(Debug)]
pub struct Postgres {
    keeper: Keeper,
    programs: PathBuf,
    folder: PathBuf,
}

impl Postgres {
    /// Starts one: about a second.
    ///
    /// # Panics
    /// If it is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let mut keeper = Keeper::new("pg");
        let folder = keeper.folder().join("server");
        fs::create_dir(&folder).expect("our folder");
        // Its user must be able to get to its own folder.
        fs::set_permissions(keeper.folder(), fs::Permissions::from_mode(0o755)).expect("ours");
        let programs = programs();
        let as_user = if is_root() {
            run(Command::new("chown").arg(USER).arg(&folder));
            format!("setpriv --reuid {USER} --regid {USER} --clear-groups --pdeathsig KILL ")
        } else {
            String::new()
        };
        let (bin, home) = (programs.display(), folder.display());
        let prepare = format!(
            "set -e; cd '{home}'; {as_user}'{bin}/initdb' -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >&2"
        );
        run(Command::new("sh").args(["-c", &prepare]));
        let settings =
            "-c fsync=off -c listen_addresses= -c max_connections=20 -c shared_buffers=16MB";
        keeper.start(
            "postgres",
            &format!("cd '{home}'; exec {as_user}'{bin}/postgres' -D data -k '{home}' {settings}"),
        );
        let server = Self {
            keeper,
            programs,
            folder,
        };
        let is_ready = || {
            let mut ask = Command::new(server.programs.join("pg_isready"));
            finish(ask.args(["-q", "-h"]).arg(&server.folder))
                .is_success()
                .then_some(())
        };
        until(Duration::from_secs(30), is_ready).unwrap_or_else(|| {
            panic!(
                "PostgreSQL does not start: {}",
                server.keeper.output("postgres")
            )
        });
        server
    }

    /// The folder of its socket, for `PGHOST`.
    #[must_use]
    pub fn host(&self) -> &str {
        self.folder.to_str().expect("a name in UTF-8")
    }

    /// Runs SQL in a database and returns what it prints, unaligned and without headings.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut command = self.program("psql");
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(conninfo(database))
            .args(["-c", sql]);
        run(&mut command).trim_end().to_owned()
    }

    /// One of its programs, connected to it as superuser.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .env("PGHOST", &self.folder)
            .env("PGUSER", "postgres")
            .env_remove("PGDATABASE");
        command
    }

    /// Everything in a database as SQL, without what differs from server to server.
    #[must_use]
    pub fn dump(&self, database: &str) -> String {
        let mut command = self.program("pg_dump");
        let text = run(command.arg("--dbname").arg(conninfo(database)));
        let line =
            |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
        text.lines().filter(line).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killed, it would leave its shared memory behind.
        let pid = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            finish(Command::new("kill").args(["-QUIT", pid]));
            until(Duration::from_secs(10), || {
                (!Path::new("/proc").join(pid).join("exe").exists()).then_some(())
            });
        }
    }
}

/// A name of a database as a connection string, whatever is in it.
#[must_use]
pub fn conninfo(database: &str) -> String {
    let name = database.replace('\\', "\\\\").replace('\'', "\\'");
    format!("dbname='{name}'")
}

fn is_root() -> bool {
    run(Command::new("id").arg("-u")).trim() == "0"
}

/// The folder of the newest server there is.
fn programs() -> PathBuf {
    let versions = Path::new("/usr/lib/postgresql").read_dir();
    let mut found: Vec<(u32, PathBuf)> = versions
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    found.sort();
    let newest = found.pop();
    newest
        .expect("PostgreSQL's server is missing: run `.ci/setup test`")
        .1
}
