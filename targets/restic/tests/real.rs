//! Emitted scripts, run with every restic that the project promises.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use common::{World, backup, keep_daily, write_tree};
use thrice_model::{MonitorKind, Subset, Verb};
use thrice_target::bench::Monitor;
use thrice_test_support::ceph::Rgw;
use thrice_test_support::restic::{Restic, versions};
use thrice_test_support::run;
use thrice_test_support::shell::shellcheck;

/// The oldest and the newest: opening a repository takes restic half a second by design.
fn both() -> [&'static Restic; 2] {
    [versions().first().unwrap(), versions().last().unwrap()]
}

fn restores_equal(world: &World, folder: &str) {
    let target = world.bench.folder().join("restored");
    run(world.call(&["restore", "latest", "--target"]).arg(&target));
    let source = world.bench.folder().join(folder);
    let restored = target.join(source.strip_prefix("/").unwrap());
    run(Command::new("diff")
        .args(["-r", "--no-dereference"])
        .arg(&source)
        .arg(&restored));
    fs::write(restored.join("a folder/empty"), "no more").unwrap();
    thrice_test_support::run_fails(Command::new("diff").arg("-r").arg(&source).arg(&restored));
}

/// The whole life of a repository: backups, thinning with pruning, a check, a drill, a prune.
fn whole_life(mut world: World) {
    world.backup("full", "source of p", backup(Some(keep_daily(1)), true));
    world.step("read", Verb::Check(Subset::Rotating(2)));
    world.step("whole", Verb::Check(Subset::All));
    world.step("structure", Verb::Check(Subset::Structure));
    world.step("drill", Verb::Drill);
    world.step("tidy", Verb::Prune);
    let source = world.bench.folder().join("source of p");
    write_tree(&source, 1);
    world.succeed("full");
    fs::write(source.join("more"), "and more").unwrap();
    world.succeed("full");
    assert_eq!(world.snapshots().len(), 1, "one a day is kept");
    assert_eq!(world.bench.record("p", "full")["numbers"]["files"], 4);
    for step in ["read", "whole", "structure", "drill", "tidy"] {
        world.succeed(step);
        assert_eq!(
            shellcheck(&world.bench.install(&world.script(step))),
            Ok(()),
            "{step}"
        );
    }
    let part = world.bench.record("p", "read")["numbers"]["part"]
        .as_u64()
        .unwrap();
    assert!((1..=2).contains(&part));
    let drilled = &world.bench.record("p", "drill")["numbers"];
    assert_eq!(
        (&drilled["files"], &drilled["bytes"]),
        (&4.into(), &(200_000 + 6 + 8).into())
    );
    restores_equal(&world, "source of p");
    assert_eq!(
        shellcheck(&world.bench.install(&world.script("full"))),
        Ok(())
    );
    assert_eq!(world.bench.left_behind(), Vec::<String>::new());
}

#[test]
fn a_local_repository_lives_its_whole_life() {
    for restic in versions() {
        whole_life(World::local(restic));
    }
}

#[test]
fn a_repository_in_rgw_lives_its_whole_life() {
    let gateway = Rgw::shared();
    for restic in both() {
        whole_life(World::in_bucket(
            restic,
            gateway,
            &format!("life-{}", restic.version),
        ));
    }
}

#[test]
fn sources_that_are_absent_or_empty_fail() {
    for restic in both() {
        let mut world = World::local(restic);
        let step = world.backup("full", "good", backup(None, false));
        let second = world.backup("other", "bad", backup(None, false));
        let classes = world.fixture.model.steps[second].classes.clone();
        world
            .fixture
            .edit(step, |step| step.classes.extend(classes));
        world.bench.write("good/file", "content");
        world.fail("full", 1, "the source is not there");
        fs::create_dir_all(world.bench.folder().join("bad/with/folders")).unwrap();
        world.fail("full", 1, "the source is empty");
        assert_eq!(world.snapshots().len(), 0);
        world.bench.write("bad/with/file", "content");
        world.succeed("full");
        fs::write(world.bench.folder().join("good/file"), "").unwrap();
        fs::write(world.bench.folder().join("bad/with/file"), "").unwrap();
        world.fail("full", 1, "2 files of 0 bytes");
    }
}

/// restic's exit code 3: some files could not be read. As root nothing is unreadable but what the
/// kernel refuses, such as the memory of a process.
#[test]
fn an_incomplete_snapshot_fails_and_thins_nothing() {
    for restic in both() {
        let mut world = World::local(restic);
        world.backup("full", "source", backup(Some(keep_daily(1)), true));
        world.bench.write("source/file", "content");
        world.succeed("full");
        let unreadable = world.bench.folder().join("source/unreadable");
        fs::write(&unreadable, "secret").unwrap();
        fs::set_permissions(&unreadable, fs::Permissions::from_mode(0o000)).unwrap();
        for folder in [
            "repo of p",
            "keys",
            "tmp",
            "state",
            "source",
            "out",
            ".cache",
        ] {
            let folder = world.bench.folder().join(folder);
            run(Command::new("chown").args(["-R", "65534"]).arg(folder));
        }
        fs::set_permissions(world.bench.folder(), fs::Permissions::from_mode(0o777)).unwrap();
        let script = world.script("full");
        let installed = world.bench.install(&script);
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(installed);
        command
            .env("THRICE_STATE", world.bench.folder().join("state"))
            .env("TMPDIR", world.bench.folder().join("tmp"));
        command.env("HOME", world.bench.folder());
        let path =
            std::env::join_paths([restic.folder(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
        let finished = thrice_test_support::finish(command.env("PATH", path));
        assert_eq!(finished.code, Some(3), "{}: {finished}", restic.version);
        assert!(
            finished
                .stderr
                .contains("lacks files that could not be read"),
            "{finished}"
        );
        assert_eq!(world.snapshots().len(), 2, "nothing was forgotten");
    }
}

#[test]
fn a_repository_that_is_not_there_is_not_made() {
    for restic in both() {
        let mut world = World::local(restic);
        world.backup("full", "source", backup(None, false));
        world.bench.write("source/file", "content");
        fs::remove_dir_all(world.bench.folder().join("repo of p")).unwrap();
        let command = format!("restic --repo '{}' --password-file ", world.url);
        world.fail("full", 10, &command);
        assert!(!world.bench.folder().join("repo of p").exists());
        world.bench.write("keys/it's the key", "");
        world.fail(
            "full",
            1,
            "the file with the key cannot be read or is empty",
        );
    }
}

#[test]
fn a_restic_older_than_the_policy_says_is_refused() {
    let [oldest, .., newest] = versions() else {
        panic!("two versions")
    };
    let mut world = World::local(newest);
    world.backup("full", "source", backup(None, false));
    world.bench.write("source/file", "content");
    world.bench.programs(oldest.folder());
    world.fail("full", 1, "restic is 0.14.0 here, and the policy says 0.");
}

#[test]
fn steps_that_share_a_repository_do_not_touch_each_others_snapshots() {
    for restic in both() {
        let mut world = World::local(restic);
        world.backup("one", "first", backup(Some(keep_daily(1)), true));
        world.backup("two", "second", backup(None, false));
        for name in ["first", "second"] {
            write_tree(&world.bench.folder().join(name), 2);
        }
        for step in ["two", "two", "one", "one", "two"] {
            world.succeed(step);
        }
        let tags: Vec<String> = world
            .snapshots()
            .iter()
            .map(|snapshot| snapshot["tags"][0].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            tags,
            [
                "thrice:p:two",
                "thrice:p:two",
                "thrice:p:one",
                "thrice:p:two"
            ],
            "{}",
            restic.version
        );
        assert!(
            world
                .snapshots()
                .iter()
                .all(|snapshot| snapshot["hostname"] == "h")
        );
    }
}

#[test]
fn a_changed_list_of_paths_does_not_begin_a_group_of_its_own() {
    for restic in both() {
        let mut world = World::local(restic);
        let step = world.backup("full", "first", backup(Some(keep_daily(1)), false));
        let other = world.backup("other", "second", backup(None, false));
        world.bench.write("first/file", "content");
        world.bench.write("second/file", "content");
        world.succeed("full");
        let classes = world.fixture.model.steps[other].classes.clone();
        world
            .fixture
            .edit(step, |step| step.classes.extend(classes));
        world.succeed("full");
        assert_eq!(world.snapshots().len(), 1, "{}", restic.version);
    }
}

#[test]
fn a_monitor_hears_once_of_success_and_never_of_a_failure_as_one() {
    let restic = versions().last().unwrap();
    let mut world = World::local(restic);
    let step = world.backup("full", "source", backup(Some(keep_daily(2)), true));
    let monitor_id = world
        .fixture
        .monitor("deadman", MonitorKind::Healthchecks, "HC_PING_KEY");
    world.fixture.edit(step, |step| {
        step.monitor = Some((monitor_id, thrice_target::fixture::span()))
    });
    let monitor = Monitor::start();
    world.bench.set("HC_PING_KEY", &monitor.url);
    world.fail("full", 1, "the source is not there");
    assert_eq!(monitor.asked(), ["/p-full/fail"]);
    world.bench.write("source/file", "content");
    world.succeed("full");
    assert_eq!(monitor.asked(), ["/p-full/fail", "/p-full"]);
}

#[test]
fn a_drill_of_damaged_data_fails() {
    for restic in both() {
        let mut world = World::local(restic);
        world.backup("full", "source", backup(None, false));
        world.step("drill", Verb::Drill);
        write_tree(&world.bench.folder().join("source"), 3);
        world.succeed("full");
        // Every pack is damaged in its middle.
        let packs = run(Command::new("find")
            .arg(world.bench.folder().join("repo of p/data"))
            .args(["-type", "f"]));
        for pack in packs.lines() {
            fs::set_permissions(pack, fs::Permissions::from_mode(0o600)).unwrap();
            let mut bytes = fs::read(pack).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0xff;
            bytes[20] ^= 0xff;
            fs::write(pack, bytes).unwrap();
        }
        let finished = world.bench.run(&world.script("drill"));
        assert!(!finished.is_success(), "{}: {finished}", restic.version);
        assert_eq!(world.bench.record("p", "drill")["ok"], false);
    }
}
