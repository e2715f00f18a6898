//! The pages of codes that no text of a policy can show: the session that each shows is acted out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that cannot go on fails its test"
)]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;

use common::Desk;
use thrice_diagnostics::{all_codes, explain};

const SOUND: &str = "provider home { site rack }\n";

/// A folder in which the session of a page goes as shown. `T9001` and `T9002` show only where thrice
/// itself is wrong; their words are tested beside the code that says them.
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
        "T9001" | "T9002" => return None,
        _ => panic!("{code}: nobody has said what its session needs"),
    }
    Some(desk)
}

/// The session that a page shows: the command's words, and what it answers.
fn session(page: &str) -> Option<(Vec<&str>, &str)> {
    let (_, rest) = page.split_once("```console\n$ thrice ")?;
    let (command, rest) = rest.split_once('\n')?;
    let (answer, _) = rest.split_once("```\n")?;
    Some((command.split(' ').collect(), answer))
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
        assert_eq!(output.status.code(), Some(2), "{code}");
        played += 1;
    }
    assert_eq!(played, 7, "a page lost its session");
}
