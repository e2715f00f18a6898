//! What is emitted, word by word, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;

use common::{Stage, copy, sync};
use thrice_model::{AgeClock, CaptureMethod, CaptureParts, HostKind, Location, Source, Step, Verb};
use thrice_quantity::{Bytes, Interval, Seconds};
use thrice_target::fixture::Fixture;
use thrice_target_rclone::{emit, read};

fn stage() -> (Stage, thrice_model::StoreId) {
    let mut stage = Stage::new("1.75.2", "/etc/thrice/s3_writer.env");
    stage
        .fixture
        .model
        .hosts
        .get_mut(stage.storage)
        .unwrap()
        .endpoint = Some("fsn1.your-objectstorage.com".to_owned());
    let bucket = stage.bucket("vpai-backups");
    (stage, bucket)
}

/// The part of a script that is this target's.
fn work(script: &str) -> &str {
    let from = script.find("# ---- the work ----").unwrap();
    let to = script.find("# ---- the frame ----").unwrap();
    &script[from..to]
}

#[test]
fn a_sync_of_a_bucket() {
    let (mut stage, bucket) = stage();
    let trash = Some(stage.local("/srv/trash"));
    let verb = Verb::Sync {
        max_delete: Some(1000),
        backup_dir: trash.map(Box::new),
        transit: false,
    };
    let id = stage.step(
        "pull",
        verb,
        Fixture::location(bucket, "/documents"),
        stage.local("/srv/mirror"),
    );
    stage.fixture.edit(id, |step| {
        step.pace_mut().transfers = Some(4);
        step.pace_mut().checkers = Some(8);
        step.pace_mut().limit = Some(Bytes(1_200_000));
    });
    insta::assert_snapshot!(work(stage.script("pull").text()));
}

#[test]
fn a_move_by_age() {
    let (mut stage, bucket) = stage();
    let span = stage.fixture.model.hosts[stage.host].named.span;
    let verb = Verb::Move {
        older_than: Some((Seconds::days(90), AgeClock::Upload, span)),
    };
    stage.step(
        "archives",
        verb,
        Fixture::location(bucket, "/documents"),
        stage.local("/srv/archives"),
    );
    insta::assert_snapshot!(work(stage.script("archives").text()));
}

/// The dumps before the newest one bear other names, and would never be overwritten.
#[test]
fn latest_only_takes_the_newest_of_what_a_capture_keeps() {
    let chosen = |keeps: bool, runs: Option<&str>, include: &[&str], latest_only: bool| {
        let (mut stage, bucket) = stage();
        let span = stage.fixture.model.hosts[stage.host].named.span;
        let parts = CaptureParts {
            method: CaptureMethod::PgDump,
            atomic: true,
            runs: runs.map(str::to_owned),
            user: None,
            container: None,
            keeps: keeps.then(|| (Interval::point(Seconds::days(3)), span)),
        };
        let dumps = stage.local("/dumps");
        let dump = stage.step(
            "dump",
            Verb::Capture(Box::new(parts)),
            stage.local("/db"),
            dumps.clone(),
        );
        let copy = Verb::Copy {
            include: include.iter().map(|text| (*text).to_owned()).collect(),
            latest_only,
            immutable: false,
            transit: false,
        };
        let out = Fixture::location(bucket, "/dumps");
        let id = stage.step("out", copy, dumps, out);
        let edited = |step: &mut Step| step.source = Source::Step(dump, span);
        stage.fixture.edit(id, edited);
        read(stage.script("out").text()).unwrap().chosen
    };
    let newest = [
        "--filter",
        "+ *-latest.*",
        "--filter",
        "+ *-latest/**",
        "--filter",
        "- **",
    ];
    assert_eq!(chosen(true, None, &[], true), newest);
    let named = ["--filter", "+ *.dump", "--filter", "- **"];
    assert_eq!(chosen(true, None, &["*.dump"], true), named);
    // All of them lie side by side; there is but one; nobody knows their names.
    let all = [
        (true, None, false),
        (false, None, true),
        (true, Some("/opt/dump"), true),
    ];
    for (keeps, runs, latest_only) in all {
        assert!(chosen(keeps, runs, &[], latest_only).is_empty());
    }
}

#[test]
fn a_mirror_of_a_bucket_with_repositories_and_more() {
    let (mut stage, bucket) = stage();
    let key = stage.fixture.key("k", None);
    for path in ["/vpai", "/se[k]o"] {
        let place = Location {
            store: bucket,
            path: path.into(),
        };
        stage.fixture.repository(path, place, (0, 18), key, None);
    }
    stage.step(
        "mirror",
        sync(),
        Fixture::location(bucket, "/"),
        stage.local("/srv/mirror"),
    );
    let script = stage.script("mirror");
    insta::assert_snapshot!(work(script.text()));
    assert!(
        script.text().contains("  hold 'fixture.repository._se_k_o"),
        "{}",
        script.text()
    );
    let facts = read(script.text()).unwrap();
    assert_eq!(facts.source, "s3_writer:vpai-backups");
    assert_eq!(
        facts.chosen,
        ["--filter", "- /se\\[k\\]o/**", "--filter", "- /vpai/**"]
    );
    let expected = [
        vec!["mirror_repository", "/se[k]o"],
        vec!["mirror_repository", "/vpai"],
        vec!["sync_files"],
    ];
    assert_eq!(facts.work, expected);
    assert_eq!(facts.remotes["S3_WRITER_PROVIDER"], "Hetzner");
}

#[test]
fn remotes_hold_no_secret_and_fit_the_version() {
    let (mut stage, bucket) = stage();
    stage.step(
        "up",
        copy(),
        stage.local("/srv/x"),
        Fixture::location(bucket, "/x"),
    );
    let conf = |stage: &Stage| {
        let all = stage.artefacts();
        let conf = all
            .into_iter()
            .find(|artefact| artefact.path == "hosts/app/rclone.conf")
            .unwrap();
        assert_eq!(conf.secrets, ["/etc/thrice/s3_writer.env"]);
        assert_eq!(
            conf.install_to.as_deref(),
            Some("/etc/thrice/fixture/rclone.conf")
        );
        conf.text().to_owned()
    };
    insta::assert_snapshot!(conf(&stage));
    stage
        .fixture
        .model
        .hosts
        .get_mut(stage.host)
        .unwrap()
        .tools
        .clear();
    assert!(
        conf(&stage).contains("provider = Ceph\n"),
        "1.60 does not know Hetzner"
    );
}

#[test]
fn a_profile_is_named_where_there_is_no_file() {
    let (mut stage, bucket) = stage();
    let credential = stage
        .fixture
        .model
        .credentials
        .get_mut(stage.credential)
        .unwrap();
    credential.file = None;
    credential.profile = Some("hetzner".to_owned());
    stage.step(
        "up",
        copy(),
        stage.local("/srv/x"),
        Fixture::location(bucket, "/x"),
    );
    let script = stage.script("up");
    assert!(script.secrets.is_empty(), "{:?}", script.secrets);
    assert_eq!(
        read(script.text()).unwrap().remotes["S3_WRITER_PROFILE"],
        "hetzner"
    );
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_each_step_is_emitted_once() {
    let (mut stage, bucket) = stage();
    for n in 0..5 {
        let place = Fixture::location(bucket, &format!("/{n}"));
        stage.step(
            &format!("s{n}"),
            copy(),
            stage.local(&format!("/srv/{n}")),
            place,
        );
    }
    let all = stage.artefacts();
    assert_eq!(all, stage.artefacts());
    let steps: Vec<_> = all
        .iter()
        .filter_map(|artefact| artefact.step.clone())
        .collect();
    assert_eq!(steps, ["s0", "s1", "s2", "s3", "s4"]);
}

/// The codes and messages of what is refused.
fn refused(stage: &Stage) -> Vec<String> {
    let mistakes = emit(&stage.fixture.plan()).unwrap_err();
    mistakes
        .iter()
        .map(|mistake| format!("{} {}", mistake.code, mistake.message))
        .collect()
}

#[test]
fn what_cannot_be_done_is_refused_all_at_once() {
    let (mut stage, bucket) = stage();
    let span = stage.fixture.model.hosts[stage.host].named.span;
    let key = stage.fixture.key("k", None);
    let repository = Location {
        store: bucket,
        path: "/repo".into(),
    };
    stage
        .fixture
        .repository("r", repository.clone(), (0, 18), key, None);
    let here = stage.local("/srv/x");
    let other = stage.fixture.host("other", HostKind::Host);
    let far = stage.fixture.file_system(other, "local", "/");
    stage.step("far", copy(), Fixture::location(far, "/x"), here.clone());
    stage.step(
        "moves_repository",
        Verb::Move { older_than: None },
        repository.clone(),
        here.clone(),
    );
    let part = Location {
        store: bucket,
        path: "/repo/data".into(),
    };
    stage.step("part", sync(), part, here.clone());
    let include = vec!["*.x".to_owned()];
    let some = Verb::Copy {
        include: include.into(),
        latest_only: false,
        immutable: false,
        transit: false,
    };
    stage.step("some", some, repository, here.clone());
    stage.step("into_itself", copy(), here.clone(), stage.local("/srv/x/y"));
    let by_use = Verb::Move {
        older_than: Some((Seconds::days(1), AgeClock::Upload, span)),
    };
    stage.step(
        "no_clock",
        by_use,
        here.clone(),
        Fixture::location(bucket, "/m"),
    );
    let inside = Verb::Sync {
        max_delete: None,
        backup_dir: Some(stage.local("/srv/x/t").into()),
        transit: false,
    };
    stage.step(
        "bad_trash",
        inside,
        Fixture::location(bucket, "/t"),
        here.clone(),
    );
    let second = stage.fixture.host("elsewhere", HostKind::ObjectStorage);
    let theirs = stage.fixture.bucket(second, "b", "b");
    stage.step("no_key", copy(), here, Fixture::location(theirs, "/"));
    insta::assert_debug_snapshot!(refused(&stage));
}
