//! A real S3 server: a Ceph object gateway with one monitor and one in-memory store, on loopback.
//!
//! It validates lifecycle rules strictly, really expires objects (a "day" of the rules lasts as few
//! seconds as a test likes) and enforces versioning, object lock and bucket policies. Debian 12 has
//! Ceph 16.2. It starts in about four seconds and takes about 140 MB.
//!
//! Give tests that use it a name with `rgw` in it, or put them into a module of that name:
//! `.config/nextest.toml` then runs few of them at once.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::authority::{self, Authority};
use crate::ceph_conf::{Settings, configuration};
use crate::command::{Finished, finish, run};
use crate::keeper::Keeper;
use crate::wait::until;

/// A running gateway. Its data is gone when it is dropped, or when the test process ends.
#[derive(Debug)]
pub struct Rgw {
    keeper: Keeper,
    endpoint: String,
    secure_port: u16,
    has_certificate: bool,
}

/// How a gateway treats lifecycle rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// A day is a day: nothing expires while a test runs.
    RealDays,
    /// A day of the rules lasts this many seconds, and rules run without being asked. An object
    /// expires that many seconds after its own modification time, so let what must survive the
    /// set-up of a test expire after 3 days or more. Useful: 2 to 10.
    SecondsPerDay(u32),
}

impl Rgw {
    /// A gateway that only this caller uses, and on which nothing expires by itself.
    ///
    /// # Panics
    /// If Ceph is not installed or does not start, with what its daemons said.
    pub fn start() -> Rgw {
        Rgw::start_with(Lifecycle::RealDays)
    }

    /// A gateway that only this caller uses.
    ///
    /// # Panics
    /// As [`Rgw::start`]; and if a day were shorter than 2 s (with 1 s, Ceph 16.2 does not finish
    /// its rounds).
    pub fn start_with(lifecycle: Lifecycle) -> Rgw {
        assert!(
            !matches!(lifecycle, Lifecycle::SecondsPerDay(0 | 1)),
            "a day of the lifecycle rules must last at least 2 s"
        );
        start_patiently(Settings {
            lifecycle,
            ..Settings::default()
        })
    }

    /// A gateway that only this caller uses, and that lists no more than so many entries a page: objects,
    /// versions, uploads, parts. Clients must ask for the next page.
    ///
    /// # Panics
    /// As [`Rgw::start`].
    pub fn start_with_pages_of(entries: u32) -> Rgw {
        start_patiently(Settings {
            page: Some(entries),
            ..Settings::default()
        })
    }

    /// A gateway that only this caller uses, which is also reached by HTTPS, as policies have it: at
    /// [`Rgw::secure_authority`], for clients that trust [`Rgw::authority`].
    ///
    /// # Panics
    /// As [`Rgw::start`]; and if openssl is not installed.
    pub fn start_secure() -> Rgw {
        start_patiently(Settings {
            secure: true,
            ..Settings::default()
        })
    }

    /// The gateway that all tests of a process share, on which nothing expires by itself. Let each
    /// test use buckets of its own.
    ///
    /// # Panics
    /// As [`Rgw::start`].
    pub fn shared() -> &'static Rgw {
        static SHARED: OnceLock<Rgw> = OnceLock::new();
        SHARED.get_or_init(Rgw::start)
    }

    /// For example `http://127.0.0.1:34567`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Host and port of a gateway from [`Rgw::start_secure`], for example `127.0.0.1:34568`.
    ///
    /// # Panics
    /// If the gateway was started without a certificate.
    pub fn secure_authority(&self) -> String {
        assert!(self.has_certificate, "start it with `Rgw::start_secure`");
        format!("127.0.0.1:{}", self.secure_port)
    }

    /// The certificate of the authority that signed that of a gateway from [`Rgw::start_secure`]: for
    /// `SSL_CERT_FILE`, `AWS_CA_BUNDLE` and their like.
    pub fn authority(&self) -> PathBuf {
        authority::certificate(self.keeper.folder())
    }

    /// The access key of the one user, who may do everything.
    pub fn access_key(&self) -> &'static str {
        "testaccess"
    }

    /// The secret key of the one user.
    pub fn secret_key(&self) -> &'static str {
        "testsecret"
    }

    /// What restic calls a repository in a bucket or under a prefix of it: `s3:http://…/bucket/prefix`.
    pub fn restic_repository(&self, bucket_and_prefix: &str) -> String {
        format!("s3:{}/{bucket_and_prefix}", self.endpoint)
    }

    /// The environment by which S3 clients (restic, the AWS tools and libraries) find their keys.
    pub fn environment(&self) -> [(&'static str, &'static str); 3] {
        [
            ("AWS_ACCESS_KEY_ID", self.access_key()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_key()),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ]
    }

    /// Runs `radosgw-admin` on this gateway and returns what it prints, usually JSON: for example
    /// `["lc", "process", "--bucket", "b"]` or `["bucket", "stats", "--bucket", "b"]`.
    ///
    /// # Panics
    /// If the command fails.
    #[track_caller]
    pub fn admin(&self, arguments: &[&str]) -> String {
        run(ceph_command("radosgw-admin", self.keeper.folder().join("ceph.conf")).args(arguments))
    }
}

/// Ports that are free now may be taken by the time that a daemon asks for them.
fn start_patiently(settings: Settings) -> Rgw {
    let mut errors = String::new();
    for attempt in 1..=3 {
        match start_once(settings) {
            Ok(gateway) => return gateway,
            Err(error) => {
                let _ = writeln!(errors, "attempt {attempt}: {error}");
            }
        }
    }
    panic!("the Ceph object gateway does not start\n{errors}");
}

/// The gateway's certificate, signed by an authority of its own, and its key.
fn certify(folder: &Path) -> Result<(), String> {
    let both = Authority::make(folder)?.certify("gateway")?;
    fs::write(folder.join("gateway.pem"), both).map_err(|error| error.to_string())
}

/// Starts monitor, store and gateway, each as soon as it can.
fn start_once(settings: Settings) -> Result<Rgw, String> {
    let mut keeper = Keeper::new("ceph");
    let folder = keeper.folder().to_owned();
    let [monitor, gateway, secure_port] = free_ports();
    let identity = new_uuid();
    let config = folder.join("ceph.conf");
    for part in ["mon", "osd", "rgw", "crash"] {
        fs::create_dir(folder.join(part)).map_err(|error| error.to_string())?;
    }
    if settings.secure {
        certify(&folder)?;
    }
    let text = configuration(
        &folder.to_string_lossy(),
        &identity,
        [monitor, gateway, secure_port],
        settings,
    );
    fs::write(&config, text).map_err(|error| error.to_string())?;
    let map = folder.join("monmap");
    let address = format!("[v2:127.0.0.1:{monitor}]");
    let ceph = |program: &str, arguments: &[&str]| -> Result<String, String> {
        ok(finish(
            ceph_command(program, config.clone()).args(arguments),
        ))
    };
    let map = map.to_string_lossy();
    ceph(
        "monmaptool",
        &[
            "--create", "--fsid", &identity, "--addv", "a", &address, &map,
        ],
    )?;
    ceph("ceph-mon", &["-i", "a", "--mkfs", "--monmap", &map])?;

    let daemon =
        |program: &str| format!("export CEPH_CONF='{}'; exec {program} -f", config.display());
    keeper.start("mon", &daemon("ceph-mon -i a"));
    let store = new_uuid();
    ceph("ceph", &["--connect-timeout", "20", "osd", "new", &store])
        .map_err(|error| format!("{error}\nthe monitor said:\n{}", keeper.output("mon")))?;
    ceph("ceph-osd", &["-i", "0", "--mkfs", "--osd-uuid", &store])?;
    keeper.start("osd", &daemon("ceph-osd -i 0"));
    keeper.start("rgw", &daemon("radosgw -n client.rgw.a"));
    until(Duration::from_secs(60), || answers(gateway).then_some(())).ok_or_else(|| {
        let said = |name| format!("{name}: {}\n", keeper.output(name));
        format!(
            "no answer within 60 s\n{}{}{}",
            said("mon"),
            said("osd"),
            said("rgw")
        )
    })?;
    let this = Rgw {
        keeper,
        endpoint: format!("http://127.0.0.1:{gateway}"),
        secure_port,
        has_certificate: settings.secure,
    };
    ceph(
        "radosgw-admin",
        &[
            &["user", "create", "--uid=test", "--display-name=test"][..],
            &[
                "--access-key",
                this.access_key(),
                "--secret-key",
                this.secret_key(),
            ],
        ]
        .concat(),
    )?;
    Ok(this)
}

fn ok(finished: Finished) -> Result<String, String> {
    if finished.is_success() {
        Ok(finished.stdout)
    } else {
        Err(finished.to_string())
    }
}

fn ceph_command(program: &str, config: PathBuf) -> Command {
    let mut command = Command::new(program);
    command.env_remove("CEPH_ARGS").env("CEPH_CONF", config);
    command
}

/// Ports of loopback that nobody listens on. They are held together, so that they differ.
fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("a bound port").port())
}

fn new_uuid() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/uuid").expect("the kernel makes one");
    text.trim().to_owned()
}

/// Whether the gateway answers a request. It listens before it can.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.starts_with(b"HTTP/1.") && start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}
