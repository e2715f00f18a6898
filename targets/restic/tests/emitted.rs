//! What scripts say, and what no script says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;

use common::{backup, emitted, keep_daily};
use proptest::prelude::*;
use thrice_model::{HostKind, RunnerKind, StepTarget, Subset, Verb};
use thrice_quantity::schedule::{Recurrence, Schedule, TimeOfDay, Weekday};
use thrice_quantity::{Bytes, Interval, Seconds};
use thrice_retention::{Count, KeepRules};
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target_restic::{emit, read};
use thrice_test_support::run;
use thrice_test_support::shell::shellcheck;

/// A policy `p` whose host backs up `/srv/data` into a bucket, without a bench.
fn fixture(restic: (u16, u16), path: &str, keep: KeepRules) -> Fixture {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    let disk = fixture.file_system(host, "disk", "/srv");
    let s3 = fixture.host("s3", HostKind::ObjectStorage);
    let bucket = fixture.bucket(s3, "backups", "the-backups");
    let key = fixture.key("k", None);
    let credential = fixture.credential("c", Some(s3), None);
    let place = Fixture::location(bucket, "/");
    let repository = fixture.repository("r", place, restic, key, Some(credential));
    let class = fixture.class("data", Fixture::location(disk, path));
    let step = fixture.step("full", backup(Some(keep), true), host);
    fixture.edit(step, |step| {
        step.classes = vec![(class, span())].into();
        step.target = StepTarget::Repository(repository, span());
    });
    fixture
}

#[test]
fn a_backup_script_reads_well() {
    let mut fixture = fixture((0, 18), "/data", keep_daily(7));
    let step = fixture.model.steps.ids().next().unwrap();
    fixture.edit(step, |step| {
        step.named.doc = "Nightly, of everything.".into();
        step.timing.duration = Interval::point(Seconds(900));
        step.timing.duration_stated = Some(span());
        step.timing.retries = 2;
        step.pace_mut().transfers = Some(4);
        step.pace_mut().limit = Some(Bytes(2_000_000));
        let Verb::Backup { exclude, .. } = &mut step.verb else {
            unreachable!()
        };
        exclude.push("*.tmp".to_owned());
    });
    let script = emitted(&fixture.plan(), "full");
    insta::assert_snapshot!(script.text());
    assert_eq!(script.path, "hosts/h/bin/full");
    assert_eq!(
        (script.mode, script.install_to.as_deref()),
        (0o755, Some("/opt/thrice/p/bin/full"))
    );
    assert_eq!(
        script.secrets,
        ["/etc/thrice/p/credentials/c.env", "/etc/thrice/p/keys/k"]
    );
    assert_eq!(shellcheck(&Bench::new().install(&script)), Ok(()));
}

#[test]
fn old_versions_get_no_options_that_they_do_not_know() {
    let old = emitted(&fixture((0, 14), "/data", keep_daily(7)).plan(), "full");
    assert!(!old.text().contains("--retry-lock"));
    assert!(old.text().contains("--dry-run --json"), "the guard");
    let new = emitted(&fixture((0, 18), "/data", keep_daily(7)).plan(), "full");
    assert!(new.text().contains("'--retry-lock' '30m'"));
    assert!(!new.text().contains("--dry-run --json"));
    for script in [old, new] {
        assert!(!script.text().contains("--remove-all") && !script.text().contains("restic init"));
    }
}

#[test]
fn keep_rules_that_mislead_are_refused() {
    let unlimited = KeepRules {
        daily: Some(Count::Unlimited),
        ..KeepRules::default()
    };
    let minus = KeepRules {
        daily: Some(Count::MinusOne),
        last: Some(Count::N(1)),
        ..KeepRules::default()
    };
    let zero = KeepRules {
        daily: Some(Count::N(0)),
        ..KeepRules::default()
    };
    let tags = KeepRules {
        tags: vec![vec!["typo".to_owned()]],
        ..KeepRules::default()
    };
    for (version, rules, words) in [
        ((0, 14), &unlimited, "0.16"),
        ((0, 14), &minus, "-1"),
        ((0, 18), &minus, "-1"),
        ((0, 18), &zero, "keep nothing"),
        ((0, 14), &tags, "keep nothing"),
    ] {
        let mistakes = emit(&fixture(version, "/data", rules.clone()).plan()).unwrap_err();
        assert!(mistakes[0].message.contains(words), "{mistakes:?}");
    }
    let kept = emitted(&fixture((0, 16), "/data", unlimited).plan(), "full");
    assert_eq!(
        read(kept.text()).unwrap().keep,
        ["--keep-daily", "unlimited"]
    );
}

#[test]
fn places_out_of_reach_are_refused() {
    let mut fixture = fixture((0, 18), "/data", keep_daily(7));
    let other = fixture.host("other", HostKind::Host);
    let step = fixture.model.steps.ids().next().unwrap();
    fixture.edit(step, |step| step.runner.host = Some(other));
    let mistakes = emit(&fixture.plan()).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert!(
        mistakes[0]
            .message
            .contains("`full` runs on `other`, where `h.disk:/data` is no file or folder")
    );
}

#[test]
fn a_line_break_in_a_path_is_refused() {
    let mistakes = emit(&fixture((0, 18), "/da\nta", keep_daily(7)).plan()).unwrap_err();
    assert_eq!(
        mistakes[0].code,
        thrice_target::refusal::UNQUOTABLE,
        "{mistakes:?}"
    );
    assert!(mistakes[0].message.contains("line break"), "{mistakes:?}");
}

#[test]
fn steps_of_other_runners_are_left_to_them() {
    let mut fixture = fixture((0, 18), "/data", keep_daily(7));
    let step = fixture.model.steps.ids().next().unwrap();
    for (kind, count) in [
        (RunnerKind::Cron, 1),
        (RunnerKind::Executor, 1),
        (RunnerKind::TrueNas, 1),
        (RunnerKind::Zerobyte, 0),
        (RunnerKind::Hand, 0),
    ] {
        fixture.edit(step, |step| step.runner.kind = kind);
        assert_eq!(emit(&fixture.plan()).unwrap().len(), count, "{kind:?}");
    }
}

/// Runs the function `part` of a check script at the given moments.
fn parts(when: Recurrence, of: u32, moments: &[i64]) -> Vec<u64> {
    let mut fixture = fixture((0, 18), "/data", keep_daily(7));
    let host = fixture.model.hosts.ids().next().unwrap();
    let step = fixture.step("check", Verb::Check(Subset::Rotating(of)), host);
    fixture.edit(step, |step| {
        step.timing.schedule = Some((Schedule::utc(when).into(), span()));
        step.target = StepTarget::Repository(0.into(), span());
    });
    let script = emitted(&fixture.plan(), "check");
    assert_eq!(shellcheck(&Bench::new().install(&script)), Ok(()));
    let text = script.text();
    let function =
        &text[text.find("part() {").unwrap()..text.find("# Reads the repository").unwrap()];
    let mut program = String::from(
        "set -euo pipefail; export LC_ALL=C TZ=UTC\n\
         date() { if [[ $# == 1 ]]; then command date -d \"@$moment\" \"$1\"; else command date \"$@\"; fi; }\n\
         printf() { builtin printf -v \"$2\" '%s' \"$moment\"; }\n",
    );
    program.push_str(function);
    for moment in moments {
        program.push_str(&format!("moment={moment}\npart\n"));
    }
    let said = run(std::process::Command::new("bash").args(["-c", &program]));
    said.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn the_parts_of_a_rotating_check_take_turns_and_cover_all() {
    let time = TimeOfDay::new(9, 0).unwrap();
    let start: jiff::Timestamp = "2026-01-01T00:00Z".parse().unwrap();
    let end: jiff::Timestamp = "2027-12-31T00:00Z".parse().unwrap();
    for (when, of) in [
        (
            Recurrence::Weekly {
                weekday: Weekday::Sunday,
                time,
            },
            52,
        ),
        (
            Recurrence::Weekly {
                weekday: Weekday::Monday,
                time,
            },
            7,
        ),
        (Recurrence::Daily { times: vec![time] }, 30),
        (Recurrence::Monthly { day: 1, time }, 12),
        (Recurrence::Hourly { minute: 0 }, 24),
    ] {
        let runs: Vec<i64> = Schedule::utc(when.clone())
            .occurrences_utc(start, end)
            .take(of as usize + 1)
            .map(jiff::Timestamp::as_second)
            .collect();
        let parts = parts(when.clone(), of, &runs);
        for pair in parts.windows(2) {
            assert_eq!(pair[1], pair[0] % u64::from(of) + 1, "{when:?}: {parts:?}");
        }
        assert_eq!(parts.len(), of as usize + 1, "{when:?}");
    }
}

/// Text that shells, globs and restic could take for something else than a name.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "[ -.0-~]",
        Just("$(touch /tmp/thrice-was-here)".to_owned()),
        Just("`id`".to_owned()),
        Just("'\"\\".to_owned()),
        Just("--help".to_owned()),
        Just("%s*?[a]".to_owned()),
        Just("é漢\u{2028}\t".to_owned()),
    ];
    proptest::collection::vec(pieces, 1..6).prop_map(|pieces| pieces.concat())
}

/// Hostile text that a file can have as its name: `.` and `..` name the folder itself and the one above,
/// and policies with them in a path are rejected.
fn hostile_name() -> impl Strategy<Value = String> {
    hostile().prop_filter("`.` and `..` are no names of files", |name| {
        !matches!(name.as_str(), "." | "..")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Only here a recorder stands in for restic: what must be seen is which arguments arrive.
    #[test]
    fn names_arrive_at_restic_byte_for_byte(
        folder in hostile_name(), exclude in hostile(), bucket in hostile(), policy in hostile(), key in hostile_name(),
    ) {
        let mut bench = Bench::new();
        let seen = bench.path("seen");
        let summary = r#"{"message_type":"summary","total_files_processed":1,"total_bytes_processed":1}"#;
        let recorder = format!(
            "#!/bin/bash\nif [[ $1 == version ]]; then echo 'restic 0.18.0 compiled'; exit; fi\n\
             printf '%s\\0' \"$@\" '' >>'{seen}'\necho '{summary}'\n"
        );
        bench.write("bin/restic", recorder);
        run(std::process::Command::new("chmod").args(["755", &bench.path("bin/restic")]));
        bench.programs(&bench.folder().join("bin"));

        let mut fixture = Fixture::new(&policy);
        let host = fixture.host("h", HostKind::Host);
        let disk = fixture.file_system(host, "disk", "/");
        let s3 = fixture.host("s3", HostKind::ObjectStorage);
        let store = fixture.bucket(s3, "backups", &bucket);
        let key_file = bench.write(&format!("keys/{key}"), "secret");
        let key = fixture.key("k", Some(&key_file));
        let repository = fixture.repository("r", Fixture::location(store, "/a b"), (0, 18), key, None);
        let source = bench.path(&format!("source/{folder}"));
        fs::create_dir_all(&source).unwrap();
        fs::write(format!("{source}/file"), "content").unwrap();
        let class = fixture.class("data", Fixture::location(disk, &source));
        let step = fixture.step("full", backup(Some(keep_daily(7)), true), host);
        fixture.edit(step, |step| {
            step.classes = vec![(class, span())].into();
            step.target = StepTarget::Repository(repository, span());
            let Verb::Backup { exclude: patterns, .. } = &mut step.verb else { unreachable!() };
            patterns.push(exclude.clone());
        });
        let script = emitted(&fixture.plan(), "full");
        let finished = bench.run(&script);
        prop_assert!(finished.is_success(), "{}\n{}", finished, script.text());
        let seen = fs::read_to_string(&seen).unwrap();
        let calls: Vec<Vec<&str>> = seen.split("\0\0").map(|call| call.split('\0').collect()).collect();
        let tag = format!("thrice:{}:full", thrice_target::filename(&policy));
        let excluded = format!("--exclude={exclude}");
        let url = format!("s3:https://s3.example.org/{bucket}/a b");
        let common = ["--repo", &url, "--password-file", &key_file, "--retry-lock", "30m"];
        let backup = ["backup", "--json", "--host", "h", "--tag", &tag, &excluded, "--", &source];
        prop_assert_eq!(&calls[1], &[&common[..], &backup[..]].concat());
        let forget = ["forget", "--host", "h", "--tag", &tag, "--group-by", "host,tags", "--keep-daily", "7"];
        let prune = ["--prune", "--max-unused", "5%"];
        prop_assert_eq!(&calls[2], &[&common[..], &forget[..], &prune[..]].concat());
        prop_assert!(!fs::exists("/tmp/thrice-was-here").unwrap());
        let facts = read(script.text()).unwrap();
        prop_assert_eq!(facts.paths, [source]);
        prop_assert_eq!((facts.repository, facts.tag, facts.excludes), (url, tag.clone(), vec![excluded]));
        prop_assert_eq!(facts.keep, ["--keep-daily", "7"]);
    }
}
