//! Mirrors of a restic repository in a real bucket: whole at every moment, whatever runs beside.
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
use std::process::Command;

use common::{Stage, sync};
use thrice_model::{Location, Verb};
use thrice_target::bench::Bench;
use thrice_target::fixture::Fixture;
use thrice_test_support::ceph::Rgw;
use thrice_test_support::restic::{PASSWORD, Restic};
use thrice_test_support::{Finished, finish, rclone, restic, run};

/// A repository in a bucket, a script that mirrors it to a folder, and a restic.
struct Scene {
    bench: Bench,
    stage: Stage,
    restic: Restic,
    bucket: String,
    sub: &'static str,
}

impl Scene {
    fn new(
        name: &str,
        restic: &Restic,
        rclone: &rclone::Rclone,
        verb: Verb,
        sub: &'static str,
    ) -> Self {
        let mut bench = Bench::new();
        let mut stage = Stage::on_gateway(&mut bench, rclone, Rgw::shared());
        let bucket = format!("{name}-{}", restic.version.to_string().replace('.', "-"));
        let store = stage.bucket(&bucket);
        let key = stage.fixture.key("k", Some("/etc/thrice/k"));
        let path = if sub.is_empty() { "/" } else { sub };
        let place = Location {
            store,
            path: path.into(),
        };
        stage.fixture.repository("r", place, (0, 14), key, None);
        let to = stage.local(&bench.path("mirror"));
        stage.step("mirror", verb, Fixture::location(store, "/"), to);
        let scene = Self {
            bench,
            stage,
            restic: restic.clone(),
            bucket,
            sub,
        };
        run(scene.at_source().arg("init"));
        scene
    }

    fn at_source(&self) -> Command {
        let gateway = Rgw::shared();
        let mut command = self
            .restic
            .command(&gateway.restic_repository(&format!("{}{}", self.bucket, self.sub)));
        command.envs(gateway.environment());
        command
    }

    fn at_mirror(&self, folder: &str) -> Command {
        self.restic
            .command(&format!("{}{}", self.bench.path(folder), self.sub))
    }

    fn backup(&self, name: &str, content: &str) {
        self.bench.write(&format!("data/{name}"), content);
        run(self
            .at_source()
            .args(["backup", "--host", "h", &self.bench.path("data")]));
    }

    fn run(&self) -> Finished {
        self.stage.run(&self.bench, "mirror")
    }

    /// Puts a shell script before rclone: it runs with the number of the call in `$n`.
    fn around(&mut self, before: &str, after: &str) {
        let rclone = run(Command::new("sh")
            .args(["-c", "command -v rclone"])
            .env("PATH", self.path()));
        let keys: String = Rgw::shared()
            .environment()
            .iter()
            .map(|(name, value)| format!("export {name}={value}\n"))
            .collect();
        let text = format!(
            "#!/bin/bash\nset -e\nn=$(($(cat \"$HOME/calls\" 2>/dev/null || echo 0) + 1))\necho $n >\"$HOME/calls\"\n\
             r() {{ ( {keys} RESTIC_PASSWORD='{PASSWORD}' '{}' --no-cache -r '{}' \"$@\" >/dev/null 2>&1 ) }}\n\
             {before}\n'{}' \"$@\"\n{after}\n",
            self.restic.path.display(),
            Rgw::shared().restic_repository(&format!("{}{}", self.bucket, self.sub)),
            rclone.trim(),
        );
        self.bench.instead("rclone", text);
    }

    fn path(&self) -> std::ffi::OsString {
        let folders = rclone::versions().iter().map(|r| r.folder().to_owned());
        std::env::join_paths(folders).unwrap()
    }

    fn is_whole(&self, folder: &str) {
        let check = finish(
            self.at_mirror(folder)
                .args(["check", "--read-data", "--no-lock"]),
        );
        assert!(check.is_success(), "{folder}: {check}");
    }

    fn snapshots(&self, mut command: Command) -> usize {
        let answer = run(command.args(["snapshots", "--json"]));
        answer.matches("\"short_id\"").count()
    }
}

fn newest() -> &'static rclone::Rclone {
    rclone::versions().last().unwrap()
}

#[test]
fn a_mirror_restores_the_same_and_follows_a_prune() {
    // Each restic with one of the versions of rclone in turn: the two do not know of each other.
    for (restic, rclone) in restic::versions()
        .iter()
        .zip(rclone::versions().iter().cycle())
    {
        let scene = Scene::new("follow", restic, rclone, sync(), "");
        for n in 0..3 {
            scene.backup(&format!("file {n}"), &format!("content {n}"));
        }
        let first = scene.run();
        assert!(first.is_success(), "{first}");
        scene.is_whole("mirror");
        assert_eq!(scene.snapshots(scene.at_mirror("mirror")), 3);
        run(scene
            .at_source()
            .args(["forget", "--keep-last", "1", "--group-by", "", "--prune"]));
        let second = scene.run();
        assert!(second.is_success(), "{second}");
        scene.is_whole("mirror");
        assert_eq!(scene.snapshots(scene.at_mirror("mirror")), 1);
        assert!(
            scene.bench.record("fixture", "mirror")["numbers"]["mirror_deleted"].as_u64() > Some(0)
        );
        let restored = scene.bench.path("restored");
        run(scene
            .at_mirror("mirror")
            .args(["restore", "latest", "--target", &restored]));
        let data = scene.bench.path("data");
        run(Command::new("diff").args(["-r", &data, &format!("{restored}{data}")]));
    }
}

#[test]
fn a_mirror_is_whole_at_every_moment_while_backups_run() {
    let restic = restic::versions().last().unwrap();
    let mut scene = Scene::new("moments", restic, newest(), sync(), "/vpai");
    scene.backup("first", "1");
    let first = scene.run();
    assert!(first.is_success(), "{first}");
    // Before each call of rclone a backup comes in, after each call a copy of the mirror is kept.
    let (data, copies) = (scene.bench.path("data"), scene.bench.path("copies"));
    let mirror = scene.bench.path("mirror");
    scene.around(
        &format!("echo $n >'{data}/new'; r backup --host h '{data}'"),
        &format!("mkdir -p '{copies}'; cp -a '{mirror}' '{copies}/'$n"),
    );
    let second = scene.run();
    assert!(second.is_success(), "{second}");
    let calls: usize = fs::read_to_string(scene.bench.path("calls"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(calls > 10, "the mirror takes several calls: {calls}");
    let mut last = String::new();
    let mut looked_at = 0;
    for call in 1..=calls {
        // Most calls only read: what is as it was need not be looked at again.
        let files = format!("cd '{copies}/{call}' && find . -type f -exec sha256sum {{}} + | sort");
        let files = run(Command::new("sh").args(["-c", &files]));
        if files != last {
            scene.is_whole(&format!("copies/{call}"));
            looked_at += 1;
            last = files;
        }
    }
    assert!(
        looked_at > 3,
        "data, index and snapshots arrive one after the other: {looked_at}"
    );
    scene.is_whole("mirror");
    assert!(
        scene.snapshots(scene.at_mirror("mirror")) > 1,
        "a part of the new backups has arrived"
    );
}

#[test]
fn a_prune_beside_it_fails_the_run_and_harms_no_mirror() {
    let restic = restic::versions().last().unwrap();
    let mut scene = Scene::new("prune", restic, newest(), sync(), "");
    for n in 0..3 {
        scene.backup("file", &format!("content {n}"));
    }
    assert!(scene.run().is_success());
    scene.backup("file", "one more");
    scene.around(
        "[ $n != 9 ] || r forget --keep-last 1 --group-by '' --prune --max-unused 0",
        "",
    );
    let pruned = scene.run();
    assert!(!pruned.is_success(), "{pruned}");
    scene.is_whole("mirror");
    assert!(
        scene.snapshots(scene.at_mirror("mirror")) >= 3,
        "nothing was deleted"
    );
}

#[test]
fn a_vanished_or_damaged_repository_harms_no_mirror() {
    let restic = restic::versions().last().unwrap();
    let scene = Scene::new("vanish", restic, newest(), sync(), "");
    scene.backup("file", "content");
    assert!(scene.run().is_success());
    // Somebody puts other bytes under the name of a pack.
    let gateway = rclone::remote("g", Rgw::shared());
    let config = scene.bench.write("hand.conf", gateway);
    let hand = |arguments: &[&str]| run(newest().command(config.as_ref()).args(arguments));
    let digest = "0".repeat(64);
    scene
        .bench
        .write(&format!("bad/data/00/{digest}"), "not what the name says");
    scene
        .bench
        .write("bad/locks/0123", "of a backup that was killed");
    hand(&[
        "copy",
        &scene.bench.path("bad"),
        &format!("g:{}", scene.bucket),
    ]);
    let damaged = scene.run();
    assert!(
        !fs::exists(scene.bench.path("mirror/locks")).unwrap(),
        "a lock would hold for ever"
    );
    assert!(
        !damaged.is_success() && damaged.stderr.contains("does not hold what its name says"),
        "{damaged}"
    );
    assert!(!fs::exists(scene.bench.path(&format!("mirror/data/00/{digest}"))).unwrap());
    scene.is_whole("mirror");
    hand(&["delete", &format!("g:{}", scene.bucket)]);
    let vanished = scene.run();
    assert!(
        !vanished.is_success() && vanished.stderr.contains("there is no repository in"),
        "{vanished}"
    );
    scene.is_whole("mirror");
}

/// A mirror does not look at what it has: a pack that decays in the bucket stays good there.
#[test]
fn packs_that_decay_in_their_bucket_stay_good_in_the_mirror() {
    let restic = restic::versions().last().unwrap();
    let scene = Scene::new("decay", restic, newest(), sync(), "");
    scene.backup("file", "content");
    assert!(scene.run().is_success());
    let gateway = rclone::remote("g", Rgw::shared());
    let config = scene.bench.write("hand.conf", gateway);
    let hand = |arguments: &[&str]| run(newest().command(config.as_ref()).args(arguments));
    let bucket = format!("g:{}", scene.bucket);
    let packs = hand(&[
        "lsf",
        "--recursive",
        "--files-only",
        &format!("{bucket}/data"),
    ]);
    for pack in packs.lines() {
        let mut bytes = fs::read(scene.bench.path(&format!("mirror/data/{pack}"))).unwrap();
        bytes[0] ^= 1;
        scene.bench.write(&format!("decayed/data/{pack}"), bytes);
    }
    let decayed = scene.bench.path("decayed");
    hand(&["copy", "--ignore-times", &decayed, &bucket]);
    let check = hand(&["check", "--one-way", &decayed, &bucket]);
    assert!(packs.lines().count() > 0, "{check}");
    let done = scene.run();
    assert!(done.is_success(), "{done}");
    scene.is_whole("mirror");
    assert_eq!(scene.snapshots(scene.at_mirror("mirror")), 1);
}

#[test]
fn a_repository_is_mirrored_from_bucket_to_bucket() {
    let restic = restic::versions().first().unwrap();
    let mut scene = Scene::new("across", restic, newest(), sync(), "/repo");
    let model = &mut scene.stage.fixture;
    let second = model.bucket(scene.stage.storage, "second", "across-second");
    let id = model.model.steps.ids().next().unwrap();
    model.edit(id, |step| {
        step.target = Fixture::writes(Fixture::location(second, "/m"))
    });
    let config = scene
        .bench
        .write("hand.conf", rclone::remote("g", Rgw::shared()));
    run(newest()
        .command(config.as_ref())
        .args(["mkdir", "g:across-second"]));
    for n in 0..3 {
        scene.backup(&format!("file {n}"), &format!("content {n}"));
    }
    let first = scene.run();
    assert!(first.is_success(), "{first}");
    run(scene
        .at_source()
        .args(["forget", "--keep-last", "1", "--group-by", "", "--prune"]));
    let done = scene.run();
    assert!(done.is_success(), "{done}");
    let mirror = Rgw::shared().restic_repository("across-second/m/repo");
    let at_mirror = || {
        let mut command = scene.restic.command(&mirror);
        command.envs(Rgw::shared().environment());
        command
    };
    run(at_mirror().args(["check", "--read-data"]));
    assert_eq!(scene.snapshots(at_mirror()), 1);
    let restored = scene.bench.path("restored");
    run(at_mirror().args(["restore", "latest", "--target", &restored]));
    let data = scene.bench.path("data");
    run(Command::new("diff").args(["-r", &data, &format!("{restored}{data}")]));
}
