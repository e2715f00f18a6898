//! Emitted scripts, run on real files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use thrice_model::{AgeClock, CaptureMethod, CaptureParts, HostKind, RunnerKind, StepId, Verb};
use thrice_quantity::{Interval, Seconds};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target_host_scripts::{Facts, emit, read};
use thrice_test_support::run;
use thrice_test_support::shell::shellcheck;

const DAY: i64 = 86_400;

fn only(fixture: &Fixture) -> Artefact {
    let mut all = emit(&fixture.plan()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// A policy `p` whose host `h` removes files of a folder that are older than 30 days.
fn expire(folder: &str, clock: AgeClock) -> (Fixture, StepId) {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    let disk = fixture.file_system(host, "disk", "/");
    let verb = Verb::Expire {
        after: Interval::point(Seconds(30 * DAY)),
        clock,
        deprecated_prefix: false,
        noncurrent: false,
    };
    let step = fixture.step("tidy", verb, host);
    fixture.edit(step, |step| {
        step.source = Fixture::reads(Fixture::location(disk, folder))
    });
    (fixture, step)
}

/// A file of that age.
fn aged(bench: &Bench, name: &str, days: i64) {
    let path = bench.write(name, "content");
    run(Command::new("touch")
        .arg(format!("--date={days} days ago"))
        .arg(path));
}

fn names(folder: &Path) -> Vec<String> {
    let list = run(Command::new("find")
        .arg(folder)
        .args(["-type", "f", "-printf", "%P\\n"]));
    let mut names: Vec<String> = list.lines().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn old_files_go_and_the_newest_of_each_folder_stays() {
    let bench = Bench::new();
    for (name, days) in [
        ("data/new", 1),
        ("data/just", 29),
        ("data/-old 'n\"$x", 31),
        ("data/old\nwith a line", 400),
        ("data/sub/all old", 50),
        ("data/sub/oldest", 60),
        ("data/sub/deep er/only one", 900),
        ("outside/old", 400),
    ] {
        aged(&bench, name, days);
    }
    std::os::unix::fs::symlink(bench.path("outside"), bench.folder().join("data/link")).unwrap();
    let (fixture, _) = expire(&bench.path("data"), AgeClock::Mtime);
    let script = only(&fixture);
    let finished = bench.run(&script);
    assert!(finished.is_success(), "{finished}");
    assert_eq!(
        names(&bench.folder().join("data")),
        ["just", "new", "sub/all old", "sub/deep er/only one"]
    );
    assert_eq!(names(&bench.folder().join("outside")), ["old"]);
    let numbers = &bench.record("p", "tidy")["numbers"];
    assert_eq!(
        (&numbers["removed"], &numbers["left"]),
        (&3.into(), &4.into())
    );
    assert_eq!(shellcheck(&bench.install(&script)), Ok(()));
    insta::assert_snapshot!(
        script
            .text()
            .split("# ---- the frame")
            .next()
            .unwrap()
            .replace(&bench.path(""), "/")
    );
}

#[test]
fn the_clock_of_upload_is_not_that_of_the_content() {
    let bench = Bench::new();
    aged(&bench, "data/a", 400);
    aged(&bench, "data/b", 399);
    let (fixture, _) = expire(&bench.path("data"), AgeClock::Upload);
    assert!(bench.run(&only(&fixture)).is_success());
    assert_eq!(
        names(&bench.folder().join("data")),
        ["a", "b"],
        "they came a moment ago"
    );
}

#[test]
fn links_and_absent_folders_are_not_cleaned() {
    let bench = Bench::new();
    aged(&bench, "real/old", 400);
    aged(&bench, "real/new", 1);
    std::os::unix::fs::symlink(bench.path("real"), bench.folder().join("link")).unwrap();
    for (name, words) in [
        ("link", "will not follow a symbolic link"),
        ("absent", "the folder is not there"),
    ] {
        let (fixture, _) = expire(&bench.path(name), AgeClock::Mtime);
        let finished = bench.run(&only(&fixture));
        assert!(
            !finished.is_success() && finished.stderr.contains(words),
            "{finished}"
        );
    }
    assert_eq!(names(&bench.folder().join("real")), ["new", "old"]);
}

#[test]
fn a_folder_that_is_not_mounted_is_not_cleaned() {
    let bench = Bench::new();
    aged(&bench, "mount/data/old", 400);
    aged(&bench, "mount/data/new", 1);
    let (mut fixture, _) = expire("/data", AgeClock::Mtime);
    let disk = fixture.model.stores.ids().next().unwrap();
    fixture.model.stores.get_mut(disk).unwrap().mounted_at = bench.path("mount");
    let finished = bench.run(&only(&fixture));
    assert!(
        finished.stderr.contains("nothing is mounted at"),
        "{finished}"
    );
    assert_eq!(
        names(&bench.folder().join("mount")),
        ["data/new", "data/old"]
    );
}

#[test]
fn files_that_cannot_be_removed_fail_the_run() {
    let bench = Bench::new();
    aged(&bench, "data/old", 400);
    aged(&bench, "data/new", 1);
    let (fixture, _) = expire(&bench.path("data"), AgeClock::Mtime);
    let script = only(&fixture);
    for folder in ["state", "tmp"] {
        fs::create_dir_all(bench.folder().join(folder)).unwrap();
        run(Command::new("chown")
            .arg("65534")
            .arg(bench.folder().join(folder)));
    }
    run(Command::new("chmod").args(["755"]).arg(bench.folder()));
    let installed = bench.install(&script);
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(installed);
    command
        .env("THRICE_STATE", bench.folder().join("state"))
        .env("TMPDIR", bench.folder().join("tmp"));
    let finished = thrice_test_support::finish(&mut command);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(
        finished.stderr.contains("old files cannot be removed"),
        "{finished}"
    );
    assert_eq!(bench.record("p", "tidy")["ok"], false);
}

#[test]
fn long_idleness_is_reported() {
    let bench = Bench::new();
    aged(&bench, "data/new", 1);
    let (fixture, _) = expire(&bench.path("data"), AgeClock::Mtime);
    let script = only(&fixture);
    let first = bench.run(&script);
    assert!(
        first.is_success() && !first.stderr.contains("does it still"),
        "{first}"
    );
    let long_ago = jiff::Timestamp::now().as_second() - 91 * DAY;
    bench.write("state/runs/p/.tidy.removed", format!("{long_ago}\n"));
    let idle = bench.run(&script);
    assert!(idle.is_success(), "{idle}");
    assert!(
        idle.stderr.contains("nothing was removed from") && idle.stderr.contains("91 days"),
        "{idle}"
    );
    aged(&bench, "data/old", 31);
    let busy = bench.run(&script);
    assert!(!busy.stderr.contains("does it still"), "{busy}");
    assert_eq!(bench.record("p", "tidy")["numbers"]["removed"], 1);
}

#[test]
fn what_is_read_back_is_what_the_policy_says() {
    let (fixture, _) = expire("/srv/it's $old", AgeClock::Mtime);
    let facts = Facts::CleanUp {
        policy: "p".to_owned(),
        step: "tidy".to_owned(),
        folder: "/srv/it's $old".to_owned(),
        seconds: 30 * DAY,
    };
    assert_eq!(read(only(&fixture).text()), Some(facts));
    let bench = Bench::new();
    let (mut fixture, step) = capture(&bench, "true", CaptureMethod::PgDump);
    parts(&mut fixture, step, |parts| {
        parts.keeps = Some((Interval::point(Seconds(3 * DAY)), span()));
        parts.user = Some("postgres".to_owned());
    });
    let facts = Facts::Capture {
        policy: "p".to_owned(),
        step: "dump".to_owned(),
        program: bench.path("program"),
        user: "postgres".to_owned(),
        destination: bench.path("dumps"),
        keep_seconds: Some(3 * DAY),
    };
    assert_eq!(read(only(&fixture).text()), Some(facts));
    assert_eq!(read("policy='p'\nstep='x'\n"), None);
}

#[test]
fn the_root_and_clocks_that_files_lack_are_refused() {
    for (folder, clock, words) in [
        ("/", AgeClock::Mtime, "all of `/`"),
        ("/data", AgeClock::Use, "a clock that files do not have"),
        (
            "/data",
            AgeClock::Snapshot,
            "a clock that files do not have",
        ),
        ("/da\nta", AgeClock::Mtime, "line break"),
    ] {
        let (fixture, _) = expire(folder, clock);
        let mistakes = emit(&fixture.plan()).unwrap_err();
        assert!(mistakes[0].message.contains(words), "{mistakes:?}");
    }
    let (mut fixture, step) = expire("/data", AgeClock::Use);
    fixture.edit(step, |step| step.runner.kind = RunnerKind::Hand);
    assert_eq!(emit(&fixture.plan()), Ok(Vec::new()), "a person does it");
}

/// A policy `p` whose host `h` captures two databases with a program.
fn capture(bench: &Bench, program: &str, method: CaptureMethod) -> (Fixture, StepId) {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    let disk = fixture.file_system(host, "disk", "/");
    let class = fixture.class("databases", Fixture::location(disk, "/var/lib/postgresql"));
    fixture.model.classes.get_mut(class).unwrap().parts =
        vec![("n8n".to_owned(), span()), ("litellm".to_owned(), span())].into();
    let path = bench.write(
        "program",
        format!("#!/bin/bash\nset -eu\ncd {}\n{program}\n", bench.path("")),
    );
    run(Command::new("chmod").args(["755", &path]));
    let verb = Verb::Capture(Box::new(CaptureParts {
        method,
        atomic: true,
        runs: Some(path),
        user: None,
        container: None,
        keeps: None,
    }));
    let step = fixture.step("dump", verb, host);
    let place = Fixture::location(disk, &bench.path("dumps"));
    fixture.edit(step, |step| {
        step.classes = vec![(class, span())].into();
        step.target = Fixture::writes(place);
    });
    (fixture, step)
}

fn parts(fixture: &mut Fixture, step: StepId, change: impl FnOnce(&mut CaptureParts)) {
    fixture.edit(step, |step| {
        let Verb::Capture(parts) = &mut step.verb else {
            unreachable!()
        };
        change(parts);
    });
}

#[test]
fn a_capture_leaves_a_list_of_what_it_left() {
    let bench = Bench::new();
    let program = "mkdir -p dumps; echo one >dumps/'n8n $x.dump'; echo three >dumps/litellm.dump";
    let (fixture, _) = capture(&bench, program, CaptureMethod::PgDump);
    let script = only(&fixture);
    let finished = bench.run(&script);
    assert!(finished.is_success(), "{finished}");
    let numbers = &bench.record("p", "dump")["numbers"];
    assert_eq!(
        (&numbers["fresh"], &numbers["files"], &numbers["bytes"]),
        (&2.into(), &2.into(), &10.into())
    );
    let list = fs::read_to_string(bench.path("dumps.manifest")).unwrap();
    // The time of each file is its third word.
    let list: String = list
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            assert!(words[2].parse::<u64>().unwrap() > 1_700_000_000, "{line}");
            format!("{} {} {}\n", words[0], words[1], words[3])
        })
        .collect();
    let sum = |text: &str| thrice_target::sha256(text.as_bytes());
    let folder = bench.path("dumps");
    let expected = format!(
        "{} 6 {folder}/litellm.dump\n{} 4 {folder}/n8n $x.dump\n",
        sum("three\n"),
        sum("one\n")
    );
    assert_eq!(list, expected);
    assert_eq!(shellcheck(&bench.install(&script)), Ok(()));
    insta::assert_snapshot!(
        script
            .text()
            .split("# ---- the frame")
            .next()
            .unwrap()
            .replace(&bench.path(""), "/")
    );
}

#[test]
fn nothing_empty_short_stale_or_absent_passes_for_a_capture() {
    let both = "mkdir -p dumps; echo a >dumps/a; echo b >dumps/b";
    for (program, words) in [
        ("true", "the program left nothing"),
        ("mkdir -p dumps", "left 0 new files"),
        ("mkdir -p dumps; echo a >dumps/a", "left 1 new files"),
        (
            "mkdir -p dumps; echo a >dumps/a; : >dumps/b",
            "left an empty file",
        ),
        (
            "mkdir -p dumps; echo a >dumps/a; echo b >dumps/b; touch -d yesterday dumps/a",
            "left 1 new files",
        ),
        (
            "mkdir -p dumps; echo a >dumps/a; echo b >dumps/b; exit 3",
            "failed with exit code 3",
        ),
    ] {
        let bench = Bench::new();
        let (fixture, _) = capture(&bench, program, CaptureMethod::PgDump);
        let finished = bench.run(&only(&fixture));
        assert!(
            !finished.is_success() && finished.stderr.contains(words),
            "{program}: {finished}"
        );
        assert!(
            !fs::exists(bench.path("dumps.manifest")).unwrap(),
            "{program}"
        );
    }
    let bench = Bench::new();
    let (fixture, _) = capture(&bench, both, CaptureMethod::PgDump);
    assert!(bench.run(&only(&fixture)).is_success());
    // What was left yesterday is no capture of today.
    run(Command::new("touch").args([
        "-d",
        "yesterday",
        &bench.path("dumps/a"),
        &bench.path("dumps/b"),
    ]));
    bench.write("program", "#!/bin/bash\ntrue\n");
    let stale = bench.run(&only(&fixture));
    assert!(stale.stderr.contains("left 0 new files"), "{stale}");
    assert!(
        !fs::exists(bench.path("dumps.manifest")).unwrap(),
        "no backup takes it for whole"
    );
}

#[test]
fn a_capture_cleans_up_what_its_policy_keeps_no_longer() {
    let bench = Bench::new();
    aged(&bench, "dumps/old", 4);
    aged(&bench, "dumps/recent", 2);
    let (mut fixture, step) = capture(&bench, "date >dumps/new", CaptureMethod::Program);
    parts(&mut fixture, step, |parts| {
        parts.keeps = Some((Interval::point(Seconds(3 * DAY)), span()))
    });
    let script = only(&fixture);
    let finished = bench.run(&script);
    assert!(finished.is_success(), "{finished}");
    assert_eq!(names(&bench.folder().join("dumps")), ["new", "recent"]);
    assert_eq!(
        fs::read_to_string(bench.path("dumps.manifest"))
            .unwrap()
            .lines()
            .count(),
        2
    );
    assert_eq!(shellcheck(&bench.install(&script)), Ok(()));
}

#[test]
fn the_program_runs_as_its_user() {
    let bench = Bench::new();
    fs::create_dir(bench.folder().join("dumps")).unwrap();
    run(Command::new("chmod").arg("755").arg(bench.folder()));
    run(Command::new("chown").args(["nobody", &bench.path("dumps")]));
    let (mut fixture, step) = capture(&bench, "id -un >dumps/who", CaptureMethod::Program);
    parts(&mut fixture, step, |parts| {
        parts.user = Some("nobody".to_owned())
    });
    let finished = bench.run(&only(&fixture));
    assert!(finished.is_success(), "{finished}");
    assert_eq!(
        fs::read_to_string(bench.path("dumps/who")).unwrap(),
        "nobody\n"
    );
    // A user of a container is none of the host's: the program finds the names and enters by itself.
    let who = "echo \"$(id -un) $THRICE_USER $THRICE_CONTAINER\" >dumps/who";
    let (mut fixture, step) = capture(&bench, who, CaptureMethod::Program);
    parts(&mut fixture, step, |parts| {
        parts.user = Some("postgres".to_owned());
        parts.container = Some("it's a container".to_owned());
    });
    let finished = bench.run(&only(&fixture));
    assert!(finished.is_success(), "{finished}");
    assert_eq!(
        fs::read_to_string(bench.path("dumps/who")).unwrap(),
        "root postgres it's a container\n"
    );
}

#[test]
fn captures_without_a_program_and_programs_without_a_path_are_not_emitted() {
    let bench = Bench::new();
    let (mut fixture, step) = capture(&bench, "true", CaptureMethod::PgDump);
    parts(&mut fixture, step, |parts| {
        parts.runs = Some("pre-backup.sh".to_owned())
    });
    let mistakes = emit(&fixture.plan()).unwrap_err();
    assert!(
        mistakes[0].message.contains("no absolute path"),
        "{mistakes:?}"
    );
    parts(&mut fixture, step, |parts| parts.runs = None);
    assert_eq!(emit(&fixture.plan()), Ok(Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_name_is_cleaned_and_nothing_else_runs(
        folder in "[ -.0-~é漢\t]{1,20}", file in "[ -.0-~é漢\t]{1,20}",
    ) {
        let bench = Bench::new();
        // Scripts run in `/`: a command substitution would leave its file there.
        let name = format!("in {folder} $(touch thrice-was-here) x[$(touch thrice-was-here)]");
        aged(&bench, &format!("{name}/new"), 1);
        aged(&bench, &format!("{name}/a{file}"), 31);
        let (fixture, _) = expire(&bench.path(&name), AgeClock::Mtime);
        let finished = bench.run(&only(&fixture));
        prop_assert!(finished.is_success(), "{}", finished);
        prop_assert_eq!(names(&bench.folder().join(&name)), ["new"]);
        prop_assert!(!fs::exists("/thrice-was-here").unwrap());
    }
}
