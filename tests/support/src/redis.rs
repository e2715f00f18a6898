//! A Redis server of a test's own, on loopback.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::command::{finish, run};
use crate::keeper::Keeper;
use crate::wait::until;

/// The password that every server asks for.
pub const PASSWORD: &str = "correct-horse battery";

/// A server that ends with its test. It saves only when told to, and asks for [`PASSWORD`]. When it is shut
/// down, it starts again as soon as there is no file `down` in its folder.
#[derive(Debug)]
pub struct Redis {
    keeper: Keeper,
    port: u16,
    folder: PathBuf,
}

impl Redis {
    /// Starts one on an empty folder.
    ///
    /// # Panics
    /// If it is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_from(None)
    }

    /// Starts one from a snapshot.
    ///
    /// # Panics
    /// If it is not installed or does not start.
    #[must_use]
    pub fn start_from(snapshot: Option<&[u8]>) -> Self {
        let mut keeper = Keeper::new("redis");
        let folder = keeper.folder().join("data");
        fs::create_dir(&folder).expect("our folder");
        if let Some(bytes) = snapshot {
            fs::write(folder.join("dump.rdb"), bytes).expect("our folder");
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a free port")
            .port();
        let settings = folder.join("redis.conf");
        let text = format!(
            "bind 127.0.0.1\nport {port}\ndir {}\nsave \"\"\nrequirepass \"{PASSWORD}\"\n",
            folder.display()
        );
        fs::write(&settings, text).expect("our folder");
        // A file `down` in its folder keeps it down when it has been shut down.
        let (home, settings) = (folder.display(), settings.display());
        keeper.start(
            "redis",
            &format!(
                "while :; do [ -e '{home}/down' ] || setpriv --pdeathsig KILL redis-server '{settings}'; sleep 0.1; done"
            ),
        );
        let server = Self {
            keeper,
            port,
            folder,
        };
        until(Duration::from_secs(30), || {
            (finish(server.client().arg("PING")).stdout.trim() == "PONG").then_some(())
        })
        .unwrap_or_else(|| panic!("Redis does not start: {}", server.keeper.output("redis")));
        server
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Where it saves.
    #[must_use]
    pub const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// Runs a command and returns its answer.
    ///
    /// # Panics
    /// If redis-cli cannot be run.
    #[track_caller]
    pub fn ask(&self, words: &[&str]) -> String {
        run(self.client().args(words)).trim_end().to_owned()
    }

    /// All keys, with their types and serialised values, sorted.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String, String)> {
        let keys = self.ask(&["KEYS", "*"]);
        let mut all: Vec<_> = keys
            .lines()
            .map(|key| {
                (
                    key.to_owned(),
                    self.ask(&["TYPE", key]),
                    self.ask(&["DUMP", key]),
                )
            })
            .collect();
        all.sort();
        all
    }

    fn client(&self) -> Command {
        let mut command = Command::new("redis-cli");
        command.env("REDISCLI_AUTH", PASSWORD).args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
        ]);
        command
    }
}
