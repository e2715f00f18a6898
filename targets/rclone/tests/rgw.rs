//! Scripts between a real object gateway and folders, run with every rclone.
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

use common::{Stage, copy, sync};
use thrice_model::{AgeClock, Location, StoreId, Verb};
use thrice_quantity::Seconds;
use thrice_target::bench::Bench;
use thrice_target::fixture::Fixture;
use thrice_test_support::ceph::Rgw;
use thrice_test_support::rclone::{self, Rclone};
use thrice_test_support::run;

/// A plain rclone with the gateway as remote `g:`, to prepare and to look.
struct Hand<'a> {
    rclone: &'a Rclone,
    config: String,
}

impl Hand<'_> {
    fn run(&self, arguments: &[&str]) -> String {
        run(self.rclone.command(self.config.as_ref()).args(arguments))
    }
}

fn each(prefix: &str, test: impl Fn(Bench, Stage, Hand<'_>, StoreId)) {
    let gateway = Rgw::shared();
    for rclone in rclone::versions() {
        let mut bench = Bench::new();
        bench.set("AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt");
        let mut stage = Stage::on_gateway(&mut bench, rclone, gateway);
        let name = format!("{prefix}-{}", rclone.version.to_string().replace('.', "-"));
        let bucket = stage.bucket(&name);
        let config = bench.write("hand.conf", rclone::remote("g", gateway));
        let hand = Hand { rclone, config };
        hand.run(&["mkdir", &format!("g:{name}")]);
        test(bench, stage, hand, bucket);
    }
}

fn at(store: StoreId, path: &str) -> Location {
    Fixture::location(store, path)
}

fn bucket_name(stage: &Stage, bucket: StoreId) -> String {
    stage.fixture.model.stores[bucket].bucket.clone()
}

fn tree(folder: &str) -> String {
    let find = format!("cd '{folder}' && find . -type f -exec sha256sum {{}} + | sort -k 2");
    run(Command::new("sh").args(["-c", &find]))
}

#[test]
fn a_copy_to_a_bucket_and_back_is_the_same() {
    each("copy", |bench, mut stage, _, bucket| {
        let (from, back) = (bench.path("from"), bench.path("back"));
        stage.step(
            "up",
            copy(),
            stage.local(&from),
            at(bucket, "/a b/$(c)/ünï"),
        );
        stage.step(
            "down",
            copy(),
            at(bucket, "/a b/$(c)/ünï"),
            stage.local(&back),
        );
        bench.write("from/one two/%41", "1");
        bench.write("from/'q'/\"d\"", "2");
        let up = stage.run(&bench, "up");
        assert!(up.is_success(), "{up}");
        let down = stage.run(&bench, "down");
        assert!(down.is_success(), "{down}");
        assert_eq!(tree(&from), tree(&back));
        assert!(!up.stderr.contains("testsecret") && !down.stderr.contains("testsecret"));
    });
}

#[test]
fn an_absent_prefix_or_bucket_empties_nothing() {
    each("absent", |bench, mut stage, _, bucket| {
        let to = bench.path("to");
        let no_bucket = stage.bucket("there-is-none");
        stage.step("prefix", sync(), at(bucket, "/typo"), stage.local(&to));
        stage.step("bucket", sync(), at(no_bucket, "/"), stage.local(&to));
        stage.step("copied", copy(), at(bucket, "/typo"), stage.local(&to));
        stage.step(
            "moved",
            Verb::Move { older_than: None },
            at(no_bucket, "/"),
            stage.local(&to),
        );
        bench.write("to/precious", "x");
        for step in ["prefix", "bucket", "copied", "moved"] {
            let done = stage.run(&bench, step);
            assert!(!done.is_success(), "{step}: {done}");
            assert_eq!(fs::read_to_string(format!("{to}/precious")).unwrap(), "x");
        }
    });
}

#[test]
fn a_sync_makes_the_bucket_the_same() {
    each("sync", |bench, mut stage, hand, bucket| {
        let from = bench.path("from");
        stage.step("same", sync(), stage.local(&from), at(bucket, "/m"));
        bench.write("from/a", "1");
        bench.write("from/b", "2");
        assert!(stage.run(&bench, "same").is_success());
        fs::remove_file(format!("{from}/a")).unwrap();
        bench.write("from/c", "3");
        let done = stage.run(&bench, "same");
        assert!(done.is_success(), "{done}");
        let name = bucket_name(&stage, bucket);
        assert_eq!(hand.run(&["lsf", &format!("g:{name}/m")]), "b\nc\n");
    });
}

#[test]
fn a_move_takes_what_is_old_enough_by_its_clock() {
    each("move", |bench, mut stage, hand, bucket| {
        let name = bucket_name(&stage, bucket);
        let span = stage.fixture.model.hosts[stage.host].named.span;
        let older = |clock| Verb::Move {
            older_than: Some((Seconds::days(90), clock, span)),
        };
        let to = bench.path("to");
        stage.step(
            "uploaded",
            older(AgeClock::Upload),
            at(bucket, "/docs"),
            stage.local(&to),
        );
        stage.step(
            "changed",
            older(AgeClock::Mtime),
            at(bucket, "/docs"),
            stage.local(&to),
        );
        let old = bench.write("up/old", "1");
        run(Command::new("touch").args(["-d", "100 days ago", &old]));
        bench.write("up/new", "2");
        hand.run(&["copy", &bench.path("up"), &format!("g:{name}/docs")]);
        let none = stage.run(&bench, "uploaded");
        assert!(none.is_success(), "{none}");
        assert_eq!(hand.run(&["lsf", &format!("g:{name}/docs")]), "new\nold\n");
        let one = stage.run(&bench, "changed");
        assert!(one.is_success(), "{one}");
        assert_eq!(hand.run(&["lsf", &format!("g:{name}/docs")]), "new\n");
        assert_eq!(fs::read_to_string(format!("{to}/old")).unwrap(), "1");
        let modified = fs::metadata(format!("{to}/old"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(
            modified,
            fs::metadata(&old).unwrap().modified().unwrap(),
            "the file keeps its time"
        );
    });
}

#[test]
fn each_storage_is_opened_with_its_own_keys() {
    let gateway = Rgw::shared();
    let new = ["user", "create", "--uid=second", "--display-name=second"];
    gateway.admin(
        &[
            &new[..],
            &["--access-key=secondaccess", "--secret-key=secondsecret"],
        ]
        .concat(),
    );
    each("two", |bench, mut stage, hand, bucket| {
        let name = bucket_name(&stage, bucket);
        let model = &mut stage.fixture;
        let second = model.host("elsewhere", thrice_model::HostKind::ObjectStorage);
        model.model.hosts.get_mut(second).unwrap().endpoint = Some(gateway.endpoint().to_owned());
        let keys = "AWS_ACCESS_KEY_ID=secondaccess\nAWS_SECRET_ACCESS_KEY=secondsecret\n";
        let file = bench.write("secrets/second.env", keys);
        let credential = model.credential("other", Some(second), Some(&file));
        let held = (
            thrice_model::Holder::Host(stage.host),
            model.model.hosts[second].named.span,
        );
        model
            .model
            .credentials
            .get_mut(credential)
            .unwrap()
            .held
            .push(held);
        let theirs = format!("theirs-{name}");
        let target = model.bucket(second, "b", &theirs);
        stage.step("across", copy(), at(bucket, "/x"), at(target, "/y"));
        bench.write("up/a", "1");
        hand.run(&["copy", &bench.path("up"), &format!("g:{name}/x")]);
        let foreign = "[s]\ntype = s3\nprovider = Ceph\naccess_key_id = secondaccess\nsecret_access_key = secondsecret\n";
        let config = bench.write(
            "second.conf",
            format!("{foreign}endpoint = {}\n", gateway.endpoint()),
        );
        let other = Hand {
            rclone: hand.rclone,
            config,
        };
        other.run(&["mkdir", &format!("s:{theirs}")]);
        let done = stage.run(&bench, "across");
        assert!(done.is_success(), "{done}");
        assert_eq!(other.run(&["cat", &format!("s:{theirs}/y/a")]), "1");
    });
}
