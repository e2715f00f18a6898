//! The real programs that emitted artefacts are for, started for a test and ended with it:
//! restic in every version the project promises, rclone, a Ceph object gateway, Debian's cron,
//! PostgreSQL, Redis, shellcheck. `.ci/setup test` installs them.
//!
//! Only tests use this crate. It stops a test by a panic that says what is missing and how to get
//! it: a test that cannot run its program must fail, not pass.
//!
//! | wanted | here |
//! |---|---|
//! | run a command and have its output, or a failed test | [`run`], [`run_fails`] |
//! | restic 0.14, 0.18 and the newest | [`restic::versions`] |
//! | rclone 1.60 and the newest | [`rclone::versions`] |
//! | a machine of its own for Ansible to install on | [`ansible::Machine`] |
//! | an S3 server that enforces what real ones do | [`ceph::Rgw`] |
//! | certificates for servers on loopback | [`authority::Authority`] |
//! | the library of AWS on it (feature `s3`) | [`s3::client`](ceph::Rgw) |
//! | what Debian's cron thinks of a file | [`cron::check`], [`cron_daemon::Daemon`] |
//! | a PostgreSQL or Redis server | [`postgres::Postgres`], [`redis::Redis`] |
//! | a server that stands in for one that cannot be run here | [`http::Server`] |
//! | what shellcheck thinks of a script | [`shell::shellcheck`] |
//! | what systemd thinks of a unit, and when a timer elapses | [`systemd::verify`], [`systemd::calendar`] |
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a library for tests: it runs programs, reads files and clocks, and a failure is a failed test"
)]

pub mod ansible;
pub mod authority;
pub mod ceph;
pub mod cron;
pub mod cron_daemon;
pub mod http;
pub mod keeper;
pub mod postgres;
pub mod rclone;
pub mod redis;
pub mod restic;
#[cfg(feature = "s3")]
pub mod s3;
pub mod shell;
pub mod systemd;

mod ceph_conf;
mod command;
mod cron_log;
mod cron_mounts;
mod tools;
mod wait;

pub use command::{Finished, finish, run, run_fails};
pub use tools::Version;
pub use wait::until;
