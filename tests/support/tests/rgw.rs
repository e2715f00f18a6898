//! The object gateway must take what real clients store, give it back, and expire what it is told to.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "tests of the outside world: they write files, and a failure is a failed test"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use thrice_test_support::ceph::{Lifecycle, Rgw};
use thrice_test_support::restic::Restic;
use thrice_test_support::{rclone, restic, run, run_fails, until};

/// A rule that removes what is under a prefix after a day.
fn put_lifecycle(gateway: &Rgw, folder: &Path, prefix: &str) {
    let rule = format!(
        "<LifecycleConfiguration><Rule><ID>r</ID><Filter><Prefix>{prefix}</Prefix></Filter>\
         <Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"
    );
    let body = folder.join("rule.xml");
    fs::write(&body, rule).expect("the folder can be written");
    let user = format!(
        "user = \"{}:{}\"\n",
        gateway.access_key(),
        gateway.secret_key()
    );
    fs::write(folder.join("curlrc"), user).expect("the folder can be written");
    let mut curl = Command::new("curl");
    curl.current_dir(folder).args([
        "--silent",
        "--show-error",
        "--fail-with-body",
        "--config",
        "curlrc",
    ]);
    curl.args([
        "--aws-sigv4",
        "aws:amz:us-east-1:s3",
        "--upload-file",
        "rule.xml",
    ]);
    let sum = run(Command::new("sha256sum").arg(&body));
    let sum = sum.split_whitespace().next().unwrap_or_default();
    curl.args(["--header", &format!("x-amz-content-sha256: {sum}")]);
    run(curl.arg(format!("{}/bucket?lifecycle=", gateway.endpoint())));
}

fn write_tree(folder: &Path) {
    fs::create_dir_all(folder.join("a folder")).expect("the folder can be written");
    fs::write(folder.join("a folder/b"), vec![7; 100_000]).expect("the folder can be written");
    fs::write(folder.join("empty"), "").expect("the folder can be written");
}

#[test]
fn every_restic_restores_what_it_backed_up() {
    let gateway = Rgw::shared();
    for restic in restic::versions() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = folder.path().join("source");
        write_tree(&source);
        let repository = gateway.restic_repository(&format!("restic-{}/repo", restic.version));
        let call = |arguments: &[&str]| {
            let mut command: Command = Restic::command(restic, &repository);
            command
                .envs(gateway.environment())
                .args(arguments)
                .current_dir(&source);
            command
        };
        run(&mut call(&["init"]));
        run(&mut call(&["backup", "."]));
        let target = folder.path().join("restored");
        run(call(&["restore", "latest", "--target"]).arg(&target));
        run(Command::new("diff").arg("-r").arg(&source).arg(&target));
        fs::write(target.join("empty"), "no more").expect("the folder can be written");
        run_fails(Command::new("diff").arg("-r").arg(&source).arg(&target));
    }
}

#[test]
fn every_rclone_reads_what_the_other_wrote() {
    let gateway = Rgw::shared();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("rclone.conf");
    fs::write(&config, rclone::remote("s3", gateway)).expect("the folder can be written");
    let source = folder.path().join("source");
    write_tree(&source);
    let [old, new] = rclone::versions() else {
        panic!("two versions")
    };
    for (writer, reader) in [(old, new), (new, old)] {
        let place = format!("s3:rclone-{}", writer.version);
        let target = folder.path().join(writer.version.to_string());
        run(writer.command(&config).arg("copy").arg(&source).arg(&place));
        run(reader.command(&config).arg("copy").arg(&place).arg(&target));
        run(Command::new("diff").arg("-r").arg(&source).arg(&target));
    }
}

#[test]
fn a_gateway_with_short_days_expires_objects_and_is_gone_when_dropped() {
    let gateway = Rgw::start_with(Lifecycle::SecondsPerDay(2));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("rclone.conf");
    fs::write(&config, rclone::remote("s3", &gateway)).expect("the folder can be written");
    let rclone = rclone::versions().last().expect("at least one version");
    let list = || {
        run(rclone
            .command(&config)
            .args(["lsf", "-R", "--files-only", "s3:bucket"]))
    };
    for name in ["logs/a", "logsX"] {
        run(rclone
            .command(&config)
            .args(["touch", &format!("s3:bucket/{name}")]));
    }
    assert_eq!(list(), "logs/a\nlogsX\n");
    put_lifecycle(&gateway, folder.path(), "logs/");
    until(Duration::from_secs(60), || {
        (list() == "logsX\n").then_some(())
    })
    .unwrap_or_else(|| {
        panic!(
            "still there: {}\n{}",
            list(),
            gateway.admin(&["lc", "list"])
        )
    });
    drop(gateway);
    run_fails(rclone.command(&config).args([
        "--retries=1",
        "--low-level-retries=1",
        "lsf",
        "s3:bucket",
    ]));
}
