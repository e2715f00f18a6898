//! Names that mean something to a shell arrive at rclone byte for byte, and nothing else runs.
//!
//! rclone is replaced here by a program that writes down its arguments: what the real one does with
//! them is tested elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;

use std::fs;

use common::{Stage, sync};
use proptest::prelude::*;
use thrice_model::Verb;
use thrice_target::bench::Bench;
use thrice_target::fixture::Fixture;
use thrice_target_rclone::{emit, read};

/// Answers as rclone does where the script asks, and notes each call: arguments end with a zero byte,
/// calls with another.
const RECORDER: &str = r#"#!/bin/bash
printf '%s\0' "$@" '' >>"$HOME/calls"
case $1 in
  size) echo '{"count":1,"bytes":1,"sizeless":0}' ;;
  lsf) echo file ;;
esac
"#;

fn recorded(stage: &Stage, step: &str) -> Vec<Vec<String>> {
    let mut bench = Bench::new();
    bench.instead("rclone", RECORDER);
    let done = stage.run(&bench, step);
    assert!(done.is_success(), "{done}");
    let names = bench.names("");
    assert_eq!(
        names,
        ["bin", "calls", "out", "state", "tmp"],
        "nothing else was written"
    );
    let calls = fs::read_to_string(bench.folder().join("calls")).unwrap();
    let mut out = vec![Vec::new()];
    for word in calls.split_terminator('\0') {
        let after_config = out
            .last()
            .and_then(|call| call.last())
            .is_some_and(|w| w == "--config");
        if word.is_empty() && !after_config {
            out.push(Vec::new());
        } else {
            out.last_mut().unwrap().push(word.to_owned());
        }
    }
    out.retain(|call| !call.is_empty());
    out
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9 ._%~*?{}\\[\\]\\\\'\"`$;&|<>()#!=:@^+-]{1,8}",
        Just("$(touch $HOME/owned)".to_owned()),
        Just("`touch $HOME/owned`".to_owned()),
        Just("';touch $HOME/owned;'".to_owned()),
        Just("\";touch $HOME/owned;\"".to_owned()),
        Just("-rf".to_owned()),
        Just("--config=/etc/passwd".to_owned()),
        Just("ünï → 日本".to_owned()),
        Just("\t".to_owned()),
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn names_arrive_as_they_are(bucket in hostile(), path in hostile(), to in hostile(), include in hostile()) {
        let mut stage = Stage::new("1.75.2", "/dev/null");
        // Both ends are buckets, so that the script makes no folder of these names here.
        let first = stage.bucket(&bucket);
        let second = stage.bucket(&to);
        let verb = Verb::Copy {
            include: vec![include.clone()].into(),
            latest_only: false,
            immutable: false,
            transit: false,
        };
        let from = Fixture::location(first, &format!("/{path}"));
        let target = Fixture::location(second, &format!("/{path}"));
        stage.step("s t", verb, from, target);
        let calls = recorded(&stage, "s t");
        let source = format!("s3_writer:{bucket}/{path}");
        let destination = format!("s3_writer:{to}/{path}");
        let names: Vec<&str> = calls.iter().map(|call| call[0].as_str()).collect();
        prop_assert_eq!(names, ["size", "copy", "check"]);
        for call in &calls {
            let filter = format!("+ {include}");
            prop_assert!(call.contains(&filter), "{:?}", call);
            let at = call.iter().position(|word| word == "--").unwrap();
            let ends: Vec<&str> = call[at + 1..].iter().map(String::as_str).collect();
            let expected = [source.as_str(), destination.as_str()];
            prop_assert_eq!(&ends[..], &expected[..ends.len()]);
        }
        let facts = read(stage.script("s t").text()).unwrap();
        prop_assert_eq!((facts.source, facts.destination), (source, destination));
        prop_assert_eq!(facts.work, [["copy"]]);
    }
}

#[test]
fn line_breaks_and_zero_bytes_are_refused() {
    for bad in ["a\nb", "a\0b", "a\rb"] {
        let mut stage = Stage::new("1.75.2", "/dev/null");
        let bucket = stage.bucket(bad);
        stage.step(
            "s",
            sync(),
            Fixture::location(bucket, "/"),
            stage.local("/srv/x"),
        );
        let mistakes = emit(&stage.fixture.plan()).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert_eq!(mistakes[0].code.0, "T2331", "{mistakes:?}");
    }
}
