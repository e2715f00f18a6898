//! A shop with one backup, and what its runs leave.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]
#![allow(dead_code, reason = "each test file uses a part of this")]

use thrice_test_support::restic::{PASSWORD, Restic};
use thrice_test_support::run;

use crate::common::Desk;

const POLICY: &str = r#"
policy shop "A shop"
provider home { site shed }
host web at home/shed {
    runs cron
    has restic 0.14.0
    store disk { medium nvme }
    store tank { medium hdd }
}
vault envelope at home/shed
key restic_key { held on web, envelope; file "DESK/key" }
repository safe in web.tank:DESK/repo { engine restic 0.14.0; key restic_key }
class site is files on web.disk:DESK/srv/site {
    size 1..2 GB
    churn 1 MB/day
    rpo 26h
}
backup nightly of site to safe by web.cron {
    daily at 03:00
    keep 2 daily
    taking 1s..10m
}
"#;

/// 2026-02-15 03:00 UTC.
pub const NIGHT: i64 = 1_771_124_400;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A repository with a snapshot of that night, and a record of the run that made it.
pub fn stage(restic: &Restic) -> Desk {
    let desk = Desk::new(&[("srv/site/file", "x"), ("key", PASSWORD)]);
    let folder = desk.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    desk.put("shop.thrice", POLICY.replace("DESK", folder).as_bytes());
    run(restic.command(&format!("{folder}/repo")).arg("init"));
    nightly(restic, &desk, "2026-02-15");
    record(&desk, "nightly", NIGHT, NIGHT + 60, true, 1);
    desk
}

/// A snapshot of 03:00 UTC on a day.
pub fn snapshot(restic: &Restic, desk: &Desk, host: &str, tag: &str, day: &str) {
    let repository = desk.path("repo");
    let mut command = restic.command(repository.to_str().unwrap());
    command
        .env("TZ", "UTC")
        .args(["backup", "--time", &format!("{day} 03:00:00")]);
    run(command
        .args(["--host", host, "--tag", tag])
        .arg(desk.path("srv")));
}

/// The record of a run that read so many bytes; one that failed ended with exit code 3.
pub fn record(desk: &Desk, step: &str, start: i64, end: i64, ok: bool, bytes: u64) {
    let code = if ok { 0 } else { 3 };
    let text = format!(
        r#"{{"format":1,"policy":"shop","step":"{step}","start":{start},"end":{end},"ok":{ok},"code":{code},"numbers":{{"files":1,"bytes":{bytes},"added":1}}}}"#
    );
    desk.put(&format!("state/runs/shop/{step}.json"), text.as_bytes());
}

/// A snapshot of the step, of 03:00 UTC on a day.
pub fn nightly(restic: &Restic, desk: &Desk, day: &str) {
    snapshot(restic, desk, "web", "thrice:shop:nightly", day);
}
