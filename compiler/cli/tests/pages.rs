//! The pages of codes that no text of a policy can show: the session that each shows is acted out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that cannot go on fails its test"
)]

mod common;

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use common::{Desk, session};
use thrice_diagnostics::{all_codes, explain};

const SOUND: &str = "provider home { site rack }\n";

/// A folder in which the session of a page goes as shown. `T9001` and `T9002` show only where thrice
/// itself is wrong; their words are tested beside the code that says them. Those of buckets are acted out in
/// `s3_rgw/pages.rs`.
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
        "T9001" | "T9002" => return None,
        code if code.starts_with("T31") => return None,
        _ => panic!("{code}: nobody has said what its session needs"),
    }
    Some(desk)
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
        let output = desk.run(&command);
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(
            told.contains(answer),
            "{code}: the page shows\n{answer}\nand thrice says\n{told}"
        );
        let exit = match code.0 {
            "T3006" => 0,
            code if code.starts_with("T30") => 1,
            _ => 2,
        };
        assert_eq!(output.status.code(), Some(exit), "{code}");
        played += 1;
    }
    assert_eq!(played, 13, "a page lost its session");
}
