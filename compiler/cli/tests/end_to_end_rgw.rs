//! From a policy on disk to files that come back: the real `thrice` writes what two machines need, their
//! real crons start it at the times that the policy says, restic and rclone bring the data to a real
//! object gateway and on to a second folder, and restic restores it from there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test: it runs programs and reads what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{Desk, stdout};
use serde_json::Value;
use thrice_target::bench::Monitor;
use thrice_test_support::ceph::Rgw;
use thrice_test_support::cron_daemon::{Daemon, Setting};
use thrice_test_support::restic::{PASSWORD, Restic};
use thrice_test_support::{cron, rclone, restic, run, run_fails, until};

const POLICY: &str = include_str!("end_to_end.thrice");
/// Longer than any step takes, on a slow machine with much else to do.
const DONE: Duration = Duration::from_secs(60);

/// A machine: a folder for each place that its files are installed to.
struct Machine<'a> {
    desk: &'a Desk,
    name: &'static str,
}

impl Machine<'_> {
    fn path(&self, place: &str) -> PathBuf {
        self.desk.path(self.name).join(place)
    }

    fn put(&self, place: &str, text: &str) {
        self.desk
            .put(&format!("{}/{place}", self.name), text.as_bytes());
    }

    /// Installs a file of the manifest where it says, with the mode that it says.
    fn install(&self, out: &Path, file: &Value) {
        let target = self.path(file["install_to"].as_str().unwrap().trim_start_matches('/'));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(out.join(file["path"].as_str().unwrap()), &target).unwrap();
        let mode = u32::from_str_radix(file["mode"].as_str().unwrap(), 8).unwrap();
        fs::set_permissions(target, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Starts its cron half a minute before a time of the day, on a clock that runs twenty times as
    /// fast. It finds the file exactly as it was emitted.
    fn boot(&self, before: &str) -> Daemon {
        let crontab = fs::read_to_string(self.path("etc/cron.d/thrice-shop")).unwrap();
        assert_eq!(cron::check(&crontab), Ok(()));
        fs::create_dir_all(self.path("var/lib/thrice")).unwrap();
        let mut setting = Setting::new().file("thrice-shop", &crontab).clock(
            &format!("2027-01-15 {before}"),
            "Etc/UTC",
            20,
        );
        for place in [
            "opt/thrice",
            "etc/thrice",
            "var/lib/thrice",
            "usr/local/sbin",
        ] {
            setting = setting.folder_at(&self.path(place), &Path::new("/").join(place));
        }
        for place in ["srv", "mnt/tank"] {
            if self.path(place).is_dir() {
                setting = setting.folder_at(&self.path(place), &Path::new("/").join(place));
            }
        }
        setting.start()
    }

    /// The record of a step, once it has run to its end.
    fn record(&self, step: &str, cron: &Daemon) -> Value {
        let path = self.path(&format!("var/lib/thrice/runs/shop/{step}.json"));
        let text = until(DONE, || fs::read_to_string(&path).ok())
            .unwrap_or_else(|| panic!("{step} did not run: {:#?}", cron.log()));
        let record: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(record["ok"], true, "{record}: {:#?}", cron.log());
        record
    }
}

/// Judges and builds the policy, and returns the manifest.
fn build(desk: &Desk) -> Value {
    let check = desk.run(&["check", "shop", "--as-of", "2027-01-15"]);
    assert_eq!(check.status.code(), Some(0), "{}", stdout(&check));
    let args = ["build", "shop", "--out", "out", "--as-of", "2027-01-15"];
    let built = desk.run(&args);
    assert_eq!(built.status.code(), Some(0), "{}", stdout(&built));
    serde_json::from_str(&desk.text("out/manifest.json")).unwrap()
}

/// Files that backups have been seen to lose: none of them is plain text with a plain name.
fn write_source(web: &Machine<'_>) {
    let noise: String = (0..300_000_u32)
        .map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 27) as u8 % 26))
        .collect();
    for (name, text) in [
        ("orders/2026.csv", noise.as_str()),
        ("-rf", "a name that looks like an option"),
        ("two\nlines \"and\" $(quotes)", "x"),
        ("été/ß.txt", "\u{1F4BE}"),
        ("empty", ""),
    ] {
        web.put(&format!("srv/it's a shop/{name}"), text);
    }
    symlink("-rf", web.path("srv/it's a shop/link")).unwrap();
}

fn write_secrets(machine: &Machine<'_>, gateway: &Rgw, monitor: &Monitor) {
    let mut settings = format!("AWS_CA_BUNDLE='{}'\n", gateway.authority().display());
    for (name, value) in gateway.environment() {
        settings.push_str(&format!("{name}={value}\n"));
    }
    machine.put("etc/thrice/s3.env", &settings);
    machine.put("etc/thrice/keys/restic", PASSWORD);
    let address = format!("HC_PING_KEY={}\n", monitor.url);
    machine.put("etc/thrice/shop/monitors.env", &address);
}

/// The newest programs, first in the `PATH` of the emitted crontab.
fn install_programs(machine: &Machine<'_>, programs: &[(&str, &Path)]) {
    let folder = machine.path("usr/local/sbin");
    fs::create_dir_all(&folder).unwrap();
    for (name, program) in programs {
        symlink(program, folder.join(name)).unwrap();
    }
}

fn same_files(one: &Path, other: &Path) -> Command {
    let mut command = Command::new("diff");
    command.args(["-r", "--no-dereference"]).arg(one).arg(other);
    command
}

fn restore_and_compare(restic: &Restic, mirror: &Path, source: &Path, target: &Path) {
    let repository = mirror.to_str().unwrap();
    run(restic
        .command(repository)
        .args(["check", "--read-data", "--no-lock"]));
    run(restic
        .command(repository)
        .args(["restore", "latest", "--no-lock", "--target"])
        .arg(target));
    let restored = target.join("srv/it's a shop");
    run(&mut same_files(source, &restored));
    fs::write(restored.join("empty"), "no more").unwrap();
    run_fails(&mut same_files(source, &restored));
}

#[test]
fn a_policy_is_carried_out_by_cron_daemons_and_its_data_comes_back() {
    let gateway = Rgw::start_secure();
    let monitor = Monitor::start();
    let restic = restic::versions().last().unwrap();
    let rclone = rclone::versions().last().unwrap();
    let policy = POLICY
        .replace("GATEWAY", &gateway.secure_authority())
        .replace("RESTIC", &restic.version.to_string())
        .replace("RCLONE", &rclone.version.to_string());
    let desk = Desk::new(&[("shop/shop.thrice", &policy)]);
    let [web, archive] = ["web", "archive"].map(|name| Machine { desk: &desk, name });
    let manifest = build(&desk);
    for file in manifest["files"].as_array().unwrap() {
        // What belongs to no machine (alerts, monitors' checks) is installed on none.
        let Some(at) = file["host"].as_str() else {
            continue;
        };
        let machine = [&web, &archive].into_iter().find(|m| m.name == at).unwrap();
        if file["install_to"].is_string() {
            machine.install(&desk.path("out"), file);
        }
    }
    write_source(&web);
    fs::create_dir_all(archive.path("mnt/tank")).unwrap();
    install_programs(&web, &[("restic", &restic.path)]);
    install_programs(&archive, &[("rclone", &rclone.path)]);
    for machine in [&web, &archive] {
        write_secrets(machine, &gateway, &monitor);
    }
    run(restic
        .command(&gateway.restic_repository("shop-backups/restic"))
        .envs(gateway.environment())
        .arg("init"));

    let night = web.boot("02:59:30");
    assert_eq!(web.record("nightly", &night)["numbers"]["files"], 5);
    let told = until(DONE, || {
        Some(monitor.asked()).filter(|asked| !asked.is_empty())
    });
    assert_eq!(told, Some(vec!["/shop-nightly".to_owned()]));
    assert_eq!(night.complaints(), Vec::<String>::new());
    assert_eq!(night.jobs().len(), 1, "{:#?}", night.log());
    drop(night);

    let morning = archive.boot("04:59:30");
    assert!(archive.record("mirrored", &morning)["numbers"]["mirrored"].as_u64() > Some(2));
    let told = until(DONE, || {
        Some(monitor.asked()).filter(|asked| asked.len() > 1)
    });
    let each_once = ["/shop-nightly", "/shop-mirrored"].map(str::to_owned);
    assert_eq!(told, Some(each_once.to_vec()));
    assert_eq!(morning.complaints(), Vec::<String>::new());
    drop(morning);

    restore_and_compare(
        restic,
        &archive.path("mnt/tank/mirror/restic"),
        &web.path("srv/it's a shop"),
        &desk.path("restored"),
    );
}
