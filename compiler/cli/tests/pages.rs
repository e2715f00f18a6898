//! The pages of codes that no text of a policy can show: the session that each shows is acted out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that cannot go on fails its test"
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use common::{Desk, session};
use shop::{DAY, NIGHT};
use thrice_diagnostics::{all_codes, explain};
use thrice_test_support::restic::{Restic, versions};

const SOUND: &str = "provider home { site rack }\n";

/// A folder in which the session of a page goes as shown. `T9001` and `T9002` show only where thrice
/// itself is wrong; their words are tested beside the code that says them. Those of buckets are acted out in
/// `s3_rgw/pages.rs` and `audit_rgw.rs`.
fn situation(code: &str) -> Option<Desk> {
    let desk = Desk::new(&[]);
    match code {
        "T0001" => {}
        "T0002" => desk.put(
            "policy/places.thrice",
            b"provider home \"R\xe4um\" { site rack }\n",
        ),
        "T0003" => desk.put("policy/notes.txt", b"to do: write the policy\n"),
        "T0004" => File::create(desk.path("dump.thrice"))
            .unwrap()
            .set_len(64_000_001)
            .unwrap(),
        "T0006" => desk.put(
            "policy/places.thrice",
            format!("\u{feff}{SOUND}").as_bytes(),
        ),
        "T0007" => desk.put(
            "policy/places.thrice",
            SOUND.replace('\n', "\r\n").as_bytes(),
        ),
        "T0008" => {
            desk.put("places.thrice", b"provider   home{site rack}");
            let read_only = fs::Permissions::from_mode(0o444);
            fs::set_permissions(desk.path("places.thrice"), read_only).unwrap();
        }
        "T3001" | "T3002" | "T3003" | "T3004" | "T3005" | "T3006" => built(&desk, code),
        code if code.starts_with("T32") => return audited(code),
        "T9001" | "T9002" => return None,
        code if code.starts_with("T31") => return None,
        _ => panic!("{code}: nobody has said what its session needs"),
    }
    Some(desk)
}

const CAPTURE: &str = r#"
policy shop "A shop"
provider home { site shed }
host web at home/shed { runs cron; store disk { medium nvme } }
class site is files on web.disk:DESK/srv/site { size 1..2 GB; rpo 26h }
capture dump of site to web.disk:DESK/dumps by web.cron {
    daily at 03:00
    method files
    atomic
    taking 1s..10m
}
"#;

/// A host where something is not as promised. What pages show of buckets is in the tests of audits on a real
/// gateway.
fn audited(code: &str) -> Option<Desk> {
    let desk = match code {
        "T3204" | "T3208" => return None,
        "T3206" | "T3207" | "T3210" => shop::stage(restic()),
        _ => {
            let desk = Desk::new(&[("srv/site/file", "x")]);
            let folder = desk.path("");
            let folder = folder.to_str().unwrap().trim_end_matches('/');
            let policy = CAPTURE.replace("DESK", folder);
            let policy = match code {
                "T3202" => policy.replace("rpo 26h", "rpo 20h"),
                _ => policy,
            };
            desk.put("shop.thrice", policy.as_bytes());
            if code == "T3205" {
                let gone = format!("{} 1 1 {folder}/dumps/site-latest/file\n", "0".repeat(64));
                desk.put("dumps.manifest", gone.as_bytes());
            }
            desk
        }
    };
    // More nights than the first, the last of them so many days later.
    let nights = |last: i64, nights: &[&str]| {
        for night in nights {
            shop::nightly(restic(), &desk, night);
        }
        let start = NIGHT + last * DAY;
        shop::record(&desk, "nightly", start, start + 60, true, 1);
    };
    let ran = |length: i64, ok: bool| shop::record(&desk, "dump", NIGHT, NIGHT + length, ok, 1);
    match code {
        "T3201" => ran(60, false),
        "T3203" => ran(3600, true),
        "T3206" => nights(2, &["2026-02-17"]),
        "T3207" => nights(2, &["2026-02-16", "2026-02-17"]),
        "T3209" => desk.put("state/runs/shop/dump.json", b"{\n"),
        "T3210" => shop::snapshot(restic(), &desk, "elsewhere", "by-hand", "2026-02-15"),
        _ => ran(60, true),
    }
    Some(desk)
}

fn restic() -> &'static Restic {
    versions().last().unwrap()
}

/// What the starter's policy makes, changed in the way that a code of read-back is about.
fn built(desk: &Desk, code: &str) {
    let starter = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../policies/starter/starter.thrice"
    );
    let mut text = Vec::new();
    File::open(starter).unwrap().read_to_end(&mut text).unwrap();
    desk.put("policies/starter/starter.thrice", &text);
    let output = desk.run(&["build", "policies/starter", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0));
    let (nightly, crontab) = (
        "out/hosts/web/bin/nightly",
        "out/hosts/web/cron.d/thrice-starter",
    );
    let script = desk.text(nightly);
    match code {
        "T3001" => desk.put(nightly, script.replace("'14'", "'13'").as_bytes()),
        "T3002" => fs::remove_file(desk.path(nightly)).unwrap(),
        "T3003" => desk.put("out/hosts/web/bin/weekly", script.as_bytes()),
        "T3004" => {
            let lines = format!("{}61 * * * * root true\n", desk.text(crontab));
            desk.put(crontab, lines.as_bytes());
        }
        "T3005" => {
            let plain = fs::Permissions::from_mode(0o644);
            fs::set_permissions(desk.path(nightly), plain).unwrap();
        }
        _ => desk.put(nightly, format!("{script}# by hand\n").as_bytes()),
    }
}

#[test]
fn sessions_go_as_shown() {
    let mut played = 0;
    for code in all_codes() {
        let Some((command, answer)) = session(explain(code).unwrap()) else {
            continue;
        };
        let Some(desk) = situation(code.0) else {
            continue;
        };
        let path = format!("{}:/usr/bin:/bin", restic().folder().display());
        let mut command = desk.thrice(&command);
        let output = command
            .env("PATH", path)
            .env("THRICE_STATE", "state")
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(
            told.contains(answer),
            "{code}: the page shows\n{answer}\nand thrice says\n{told}"
        );
        let exit = match code.0 {
            "T3006" | "T3210" => 0,
            "T3209" => 3,
            code if code.starts_with("T3") => 1,
            _ => 2,
        };
        assert_eq!(output.status.code(), Some(exit), "{code}");
        played += 1;
    }
    assert_eq!(played, 21, "a page lost its session");
}
