//! Whatever a name holds, a real shell hands it on byte for byte.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::process::Command;

use proptest::prelude::*;
use thrice_target::{filename, shell};

/// Text of the characters that shells, crontabs and people trip over.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "[ -~]",
        Just("$(touch /tmp/never)".to_owned()),
        Just("`id`".to_owned()),
        Just("'".to_owned()),
        Just("\\".to_owned()),
        Just("%".to_owned()),
        Just("-".to_owned()),
        Just("\t".to_owned()),
        Just("é漢🗄\u{2028}\u{301}".to_owned()),
        "\\PC",
    ];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

fn said_by(program: &str, words: &[String]) -> Vec<u8> {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| shell::quote(word).unwrap())
        .collect();
    let script = format!("printf '%s\\0' {}", quoted.join(" "));
    let output = Command::new(program)
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{script}: {output:?}"
    );
    output.stdout
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn arguments_arrive_byte_for_byte(words in proptest::collection::vec(hostile(), 1..5)) {
        let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
        prop_assert_eq!(&said_by("bash", &words), &expected);
        prop_assert_eq!(&said_by("dash", &words), &expected);
        let line: Vec<String> = words.iter().map(|word| shell::quote(word).unwrap()).collect();
        prop_assert_eq!(shell::words(&line.join(" ")), Some(words));
    }

    #[test]
    fn names_of_files_are_plain_and_differ(a in hostile(), b in hostile()) {
        for name in [filename(&a), filename(&b), filename(&filename(&a))] {
            prop_assert!(!name.is_empty() && name.len() <= 80 && !name.starts_with('-'), "{}", name);
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'), "{}", name);
        }
        prop_assert_eq!(a == b, filename(&a) == filename(&b));
        // A made name is no fixed point: a policy that uses it as a name gets another one.
        prop_assert_eq!(filename(&filename(&a)) == filename(&a), filename(&a) == a);
    }
}

#[test]
fn plain_names_are_left_as_they_are() {
    for name in ["db_full", "a", "nas-copy2", &"x".repeat(80)] {
        assert_eq!(filename(name), *name);
    }
    for name in [
        "",
        ".",
        "..",
        "-rf",
        "vpai.local",
        "a b",
        &"x".repeat(81),
        "é",
    ] {
        assert_ne!(filename(name), *name, "{name}");
    }
}
