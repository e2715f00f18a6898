//! Scripts between folders of one host, run for real with every rclone.
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

use common::{Stage, copy, sync};
use thrice_model::Verb;
use thrice_target::bench::Bench;
use thrice_test_support::{rclone, run, shell::shellcheck};

fn each(test: impl Fn(Bench, Stage)) {
    for rclone in rclone::versions() {
        let mut bench = Bench::new();
        bench.programs(rclone.folder());
        bench.set("AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt");
        let stage = Stage::new(&rclone.version.to_string(), "/nowhere");
        test(bench, stage);
    }
}

fn tree(folder: &str) -> String {
    let find = format!("cd '{folder}' && find . -type f -exec sha256sum {{}} + | sort -k 2");
    run(std::process::Command::new("sh").args(["-c", &find]))
}

fn both(stage: &mut Stage, bench: &Bench, name: &str, verb: Verb) -> (String, String) {
    let (from, to) = (bench.path("from"), bench.path("to"));
    stage.step(name, verb, stage.local(&from), stage.local(&to));
    (from, to)
}

#[test]
fn a_copy_is_the_same_and_deletes_nothing() {
    each(|bench, mut stage| {
        let (from, to) = both(&mut stage, &bench, "keep", copy());
        bench.write("from/a b/'x' $(id)", "one");
        bench.write("from/-dash", "two");
        bench.write("to/other", "three");
        let done = stage.run(&bench, "keep");
        assert!(done.is_success(), "{done}");
        assert_eq!(fs::read_to_string(format!("{to}/other")).unwrap(), "three");
        fs::remove_file(format!("{to}/other")).unwrap();
        assert_eq!(tree(&from), tree(&to));
        let record = bench.record("fixture", "keep");
        assert_eq!(
            (record["ok"].as_bool(), record["numbers"]["files"].as_u64()),
            (Some(true), Some(2))
        );
        assert_eq!(record["numbers"]["bytes"].as_u64(), Some(6));
        assert!(bench.left_behind().is_empty());
    });
}

/// Also what was cleared at the source, and is there again.
#[test]
fn a_copy_writes_what_has_changed_over_what_it_brought() {
    each(|bench, mut stage| {
        let (from, to) = both(&mut stage, &bench, "keep", copy());
        bench.write("from/a", "first");
        bench.write("from/b", "first");
        assert!(stage.run(&bench, "keep").is_success());
        fs::remove_file(format!("{from}/b")).unwrap();
        assert!(stage.run(&bench, "keep").is_success());
        bench.write("from/a", "something else");
        bench.write("from/b", "something else");
        let done = stage.run(&bench, "keep");
        assert!(done.is_success(), "{done}");
        for name in ["a", "b"] {
            let there = fs::read_to_string(format!("{to}/{name}")).unwrap();
            assert_eq!(there, "something else");
        }
    });
}

#[test]
fn symbolic_links_are_kept() {
    each(|bench, mut stage| {
        let (from, to) = both(&mut stage, &bench, "keep", copy());
        bench.write("from/a", "one");
        std::os::unix::fs::symlink("a", format!("{from}/link")).unwrap();
        let done = stage.run(&bench, "keep");
        assert!(done.is_success(), "{done}");
        assert_eq!(
            fs::read_link(format!("{to}/link")).unwrap().to_str(),
            Some("a")
        );
    });
}

#[test]
fn nothing_to_copy_is_a_failure() {
    each(|bench, mut stage| {
        let (from, _) = both(&mut stage, &bench, "keep", copy());
        let absent = stage.run(&bench, "keep");
        assert!(absent.stderr.contains("there is no folder"), "{absent}");
        fs::create_dir(&from).unwrap();
        let empty = stage.run(&bench, "keep");
        assert!(
            !empty.is_success() && empty.stderr.contains("nothing to copy"),
            "{empty}"
        );
    });
}

#[test]
fn only_what_is_included_is_copied_and_it_must_be_there() {
    each(|bench, mut stage| {
        let verb = Verb::Copy {
            include: vec!["*-latest.dump".to_owned()].into(),
            latest_only: true,
            immutable: false,
            transit: false,
        };
        let (_, to) = both(&mut stage, &bench, "latest", verb);
        bench.write("from/n8n-2026.dump", "old");
        let missing = stage.run(&bench, "latest");
        assert!(
            !missing.is_success() && missing.stderr.contains("nothing to copy"),
            "{missing}"
        );
        bench.write("from/n8n-latest.dump", "new");
        let done = stage.run(&bench, "latest");
        assert!(done.is_success(), "{done}");
        assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
        bench.write("from/n8n-latest.dump", "newer");
        assert!(stage.run(&bench, "latest").is_success());
        assert_eq!(
            fs::read_to_string(format!("{to}/n8n-latest.dump")).unwrap(),
            "newer"
        );
    });
}

#[test]
fn an_immutable_copy_changes_nothing() {
    each(|bench, mut stage| {
        let verb = Verb::Copy {
            include: Default::default(),
            latest_only: false,
            immutable: true,
            transit: false,
        };
        let (_, to) = both(&mut stage, &bench, "once", verb);
        bench.write("from/a", "first");
        assert!(stage.run(&bench, "once").is_success());
        bench.write("from/a", "second!");
        let changed = stage.run(&bench, "once");
        assert!(!changed.is_success(), "{changed}");
        assert_eq!(fs::read_to_string(format!("{to}/a")).unwrap(), "first");
        assert_eq!(bench.record("fixture", "once")["ok"].as_bool(), Some(false));
    });
}

#[test]
fn a_sync_deletes_what_is_gone_but_not_at_once_too_much() {
    each(|bench, mut stage| {
        let (from, to) = both(&mut stage, &bench, "same", sync());
        for n in 0..30 {
            bench.write(&format!("from/{n}"), format!("content {n}"));
        }
        assert!(stage.run(&bench, "same").is_success());
        for n in 0..10 {
            fs::remove_file(format!("{from}/{n}")).unwrap();
        }
        let done = stage.run(&bench, "same");
        assert!(done.is_success(), "{done}");
        assert_eq!(tree(&from), tree(&to));
        assert_eq!(
            bench.record("fixture", "same")["numbers"]["deleted"].as_u64(),
            Some(10)
        );
        for n in 10..21 {
            fs::remove_file(format!("{from}/{n}")).unwrap();
        }
        let before = tree(&to);
        let refused = stage.run(&bench, "same");
        assert!(
            !refused.is_success() && refused.stderr.contains("11 of 20 files"),
            "{refused}"
        );
        assert_eq!(tree(&to), before, "a refused run deletes nothing at all");
    });
}

/// Other bytes in a file, of the same size and time.
fn rot(path: &str) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(modified).unwrap();
}

/// rclone compares sizes and times: what decays after it was copied stays good at the destination, and the
/// comparison at the end says that something is wrong. What is written anew is copied, whatever it holds.
#[test]
fn what_decays_in_the_source_is_not_carried_over_what_was_copied() {
    each(|bench, mut stage| {
        for (name, verb) in [("same", sync()), ("keep", copy())] {
            let (from, to) = both(&mut stage, &bench, name, verb);
            bench.write("from/a", "content");
            bench.write("from/b", "more of it");
            let done = stage.run(&bench, name);
            assert!(done.is_success(), "{done}");
            let good = tree(&to);
            rot(&format!("{from}/a"));
            let differs = stage.run(&bench, name);
            assert!(
                !differs.is_success() && differs.stderr.contains("differs from its source"),
                "{differs}"
            );
            assert_eq!(tree(&to), good);
            assert_ne!(tree(&from), good);
            bench.write("from/a", "other");
            rot(&format!("{from}/a"));
            let done = stage.run(&bench, name);
            assert!(done.is_success(), "{done}");
            assert_eq!(tree(&to), tree(&from));
        }
    });
}

#[test]
fn a_sync_follows_what_the_policy_itself_deletes() {
    each(|bench, mut stage| {
        let (from, to) = both(&mut stage, &bench, "same", sync());
        stage.step(
            "drain",
            moving(),
            stage.local(&from),
            stage.local(&bench.path("elsewhere")),
        );
        for n in 0..30 {
            bench.write(&format!("from/{n}"), "old");
        }
        assert!(stage.run(&bench, "same").is_success());
        fs::remove_dir_all(&from).unwrap();
        bench.write("from/new", "new");
        let done = stage.run(&bench, "same");
        assert!(done.is_success(), "{done}");
        assert_eq!(tree(&from), tree(&to));
    });
}

#[test]
fn an_empty_source_empties_nothing() {
    each(|bench, mut stage| {
        let (from, to) = both(&mut stage, &bench, "same", sync());
        bench.write("to/precious", "x");
        fs::create_dir(&from).unwrap();
        let empty = stage.run(&bench, "same");
        assert!(
            !empty.is_success() && empty.stderr.contains("there is nothing in"),
            "{empty}"
        );
        fs::remove_dir(&from).unwrap();
        assert!(!stage.run(&bench, "same").is_success());
        assert_eq!(fs::read_to_string(format!("{to}/precious")).unwrap(), "x");
    });
}

#[test]
fn the_policy_sets_the_limit_and_where_deleted_files_go() {
    each(|bench, mut stage| {
        let trash = bench.path("trash");
        let backup_dir = Some(stage.local(&trash));
        let verb = Verb::Sync {
            max_delete: Some(1),
            backup_dir: backup_dir.map(Box::new),
            transit: false,
        };
        let (from, to) = both(&mut stage, &bench, "same", verb);
        bench.write("from/a", "1");
        bench.write("from/b", "2");
        bench.write("from/c", "3");
        assert!(stage.run(&bench, "same").is_success());
        fs::remove_file(format!("{from}/a")).unwrap();
        let done = stage.run(&bench, "same");
        assert!(done.is_success(), "{done}");
        assert!(!fs::exists(format!("{to}/a")).unwrap());
        assert!(tree(&trash).contains("/a\n"), "{}", tree(&trash));
        fs::remove_file(format!("{from}/b")).unwrap();
        bench.write("to/extra", "4");
        assert!(!stage.run(&bench, "same").is_success());
        assert!(fs::exists(format!("{to}/b")).unwrap());
    });
}

/// Each run has a folder of its own there, and files keep their times.
#[test]
fn what_is_taken_away_twice_is_put_aside_twice() {
    each(|bench, mut stage| {
        let trash = bench.path("trash");
        let verb = Verb::Sync {
            max_delete: None,
            backup_dir: Some(Box::new(stage.local(&trash))),
            transit: false,
        };
        let (from, _) = both(&mut stage, &bench, "same", verb);
        bench.write("from/other", "x");
        bench.write("from/a", "good");
        let long_ago = ["-d", "2001-09-09T01:46:40Z", &format!("{from}/a")];
        run(std::process::Command::new("touch").args(long_ago));
        let modified = |path: &str| fs::metadata(path).unwrap().modified().unwrap();
        let old = modified(&format!("{from}/a"));
        let put_aside = || {
            let runs = fs::read_dir(&trash).unwrap().map(|run| run.unwrap().path());
            let mut runs: Vec<_> = runs.map(|run| run.display().to_string() + "/a").collect();
            runs.sort();
            runs
        };
        assert!(stage.run(&bench, "same").is_success());
        bench.write("from/a", "damaged");
        assert!(stage.run(&bench, "same").is_success());
        let first = put_aside();
        assert_eq!(modified(&first[0]), old);
        std::thread::sleep(std::time::Duration::from_secs(1));
        bench.write("from/a", "damaged and edited");
        assert!(stage.run(&bench, "same").is_success());
        let texts = put_aside()
            .into_iter()
            .map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(texts.collect::<Vec<_>>(), ["good", "damaged"]);
        assert!(first[0].ends_with("Z-same/a"), "{first:?}");
    });
}

fn moving() -> Verb {
    Verb::Move { older_than: None }
}

#[test]
fn a_move_takes_away_only_what_has_arrived() {
    each(|bench, mut stage| {
        let (from, to) = both(&mut stage, &bench, "away", moving());
        bench.write("from/x/a", "1");
        bench.write("from/b", "2");
        let before = tree(&from);
        let done = stage.run(&bench, "away");
        assert!(done.is_success(), "{done}");
        assert_eq!((tree(&to), tree(&from).as_str()), (before, ""));
        assert_eq!(
            bench.record("fixture", "away")["numbers"]["files"].as_u64(),
            Some(2)
        );
        let nothing_more = stage.run(&bench, "away");
        assert!(nothing_more.is_success(), "{nothing_more}");
        bench.write("from/b", "another");
        let clash = stage.run(&bench, "away");
        assert!(!clash.is_success(), "{clash}");
        assert_eq!(fs::read_to_string(format!("{to}/b")).unwrap(), "2");
        assert_eq!(fs::read_to_string(format!("{from}/b")).unwrap(), "another");
    });
}

#[test]
fn a_move_from_nowhere_is_a_failure() {
    each(|bench, mut stage| {
        let (from, _) = both(&mut stage, &bench, "away", moving());
        fs::create_dir(&from).unwrap();
        let done = stage.run(&bench, "away");
        assert!(
            !done.is_success() && done.stderr.contains("nothing was ever moved"),
            "{done}"
        );
    });
}

#[test]
fn nothing_is_read_or_written_where_nothing_is_mounted() {
    each(|bench, mut stage| {
        bench.write("nas/from/a", "1");
        let nas = stage
            .fixture
            .file_system(stage.host, "nas", &bench.path("nas"));
        let from = thrice_target::fixture::Fixture::location(nas, "/from");
        stage.step("keep", copy(), from, stage.local(&bench.path("to")));
        let done = stage.run(&bench, "keep");
        assert!(
            !done.is_success() && done.stderr.contains("nothing is mounted at"),
            "{done}"
        );
    });
}

#[test]
fn what_is_mounted_is_used() {
    // A mount point that every Linux has, so that the test needs no right to mount.
    let folder = tempfile_in_shm();
    each(|bench, mut stage| {
        let shm = stage.fixture.file_system(stage.host, "shm", "/dev/shm");
        let to = thrice_target::fixture::Fixture::location(shm, &format!("/{folder}"));
        stage.step("keep", copy(), stage.local(&bench.path("from")), to);
        bench.write("from/a", "1");
        let done = stage.run(&bench, "keep");
        assert!(done.is_success(), "{done}");
        assert_eq!(
            fs::read_to_string(format!("/dev/shm/{folder}/a")).unwrap(),
            "1"
        );
    });
    fs::remove_dir_all(format!("/dev/shm/{folder}")).unwrap();
}

fn tempfile_in_shm() -> String {
    format!("thrice-rclone-test-{}", std::process::id())
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let mut stage = Stage::new("1.60.1", "/etc/thrice/writer.env");
    let bucket = stage.bucket("b");
    let place = |path: &str| thrice_target::fixture::Fixture::location(bucket, path);
    let (here, trash) = (stage.local("/srv/x"), stage.local("/srv/trash"));
    stage.step("copies", copy(), here.clone(), place("/copies"));
    stage.step("syncs", sync(), here.clone(), place("/syncs"));
    let verb = Verb::Sync {
        max_delete: Some(3),
        backup_dir: Some(trash.into()),
        transit: false,
    };
    stage.step("pulls", verb, place("/pulls"), here.clone());
    stage.step("moves", moving(), place("/moves"), here);
    let bench = Bench::new();
    for script in stage
        .artefacts()
        .iter()
        .filter(|artefact| artefact.kind == "script")
    {
        shellcheck(&bench.install(script)).unwrap_or_else(|remarks| panic!("{remarks}"));
    }
}
