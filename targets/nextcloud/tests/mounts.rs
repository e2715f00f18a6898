//! What Nextcloud's users see, imported by its program into a stand-in of occ that behaves as its source.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::fs;

use serde_json::{Value, json};
use thrice_model::{AccessPath, HostKind, Lifetime, Mount, Named, ServiceId, StoreId};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target_nextcloud::{emit, read};
use thrice_test_support::{Finished, finish, shell::shellcheck};

fn named(name: &str) -> Named {
    Named {
        name: name.into(),
        span: span(),
        doc: "".into(),
    }
}

fn lifetime() -> Lifetime {
    Lifetime {
        from: jiff::civil::date(2026, 1, 1),
        until: None,
        since: None,
    }
}

fn mount(
    fixture: &mut Fixture,
    name: &str,
    store: StoreId,
    path: &str,
    access: AccessPath,
    groups: &[&str],
) {
    fixture.model.mounts.push(Mount {
        named: named(name),
        service: ServiceId::new(0),
        store,
        path: path.into(),
        folder: name.to_owned(),
        access,
        credential: None,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        all_users: false,
        read_only: false,
        port: None,
        ssl: true,
        path_style: true,
        upload_limit: None,
        limits: vec!["slow".to_owned()],
        lifetime: lifetime(),
        classes: Vec::new(),
    });
}

/// A Nextcloud that shows a bucket, a folder of its host and a NAS; secrets lie in the bench.
fn usual(bench: &Bench) -> Fixture {
    let mut f = Fixture::new("p");
    let apps = f.host("apps", HostKind::Host);
    let nas = f.host("nas", HostKind::Nas);
    let s3 = f.host("s3", HostKind::ObjectStorage);
    f.service("apps.nextcloud", apps);
    let (local, tank, bucket) = (
        f.file_system(apps, "local", "/"),
        f.file_system(nas, "tank", "/mnt/tank"),
        f.bucket(s3, "shared", "vpai-shared"),
    );
    let env = bench.write(
        "s3.env",
        "AWS_ACCESS_KEY_ID='AKIA it'\\''s'\nAWS_SECRET_ACCESS_KEY='hush \"hush\"'\n",
    );
    let account = bench.write(
        "nas.env",
        "MOUNT_USER=reader\nMOUNT_PASSWORD=word-of-the-pass\n",
    );
    let (s3_credential, nas_credential) = (
        f.credential("s3", Some(s3), Some(&env)),
        f.credential("nas", None, Some(&account)),
    );
    mount(
        &mut f,
        "Archives",
        bucket,
        "/",
        AccessPath::S3,
        &["staff", "boss"],
    );
    mount(
        &mut f,
        "Projects",
        local,
        "/projects",
        AccessPath::Local,
        &[],
    );
    mount(&mut f, "NAS", tank, "/media", AccessPath::Sftp, &["staff"]);
    f.model.mounts[0].credential = Some(s3_credential);
    f.model.mounts[0].read_only = true;
    f.model.mounts[1].all_users = true;
    f.model.mounts[2].credential = Some(nas_credential);
    f
}

struct Cloud {
    bench: Bench,
}

impl Cloud {
    fn new() -> Self {
        let mut bench = Bench::new();
        let program = bench.program("programs/occ", include_bytes!("occ"));
        let state = bench.write("occ.json", json!({ "next": 0, "mounts": [] }).to_string());
        bench.set("OCC", &program);
        bench.set("OCC_STATE", &state);
        Self { bench }
    }

    fn apply(&self, emitted: &[Artefact], arguments: &[&str]) -> Finished {
        self.bench.install(&emitted[0]);
        finish(self.bench.command(&emitted[1]).args(arguments))
    }

    fn mounts(&self) -> Vec<Value> {
        let state: Value =
            serde_json::from_slice(&fs::read(self.bench.folder().join("occ.json")).unwrap())
                .unwrap();
        state["mounts"].as_array().unwrap().clone()
    }

    fn edit(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut mounts = self.mounts();
        change(&mut mounts);
        self.bench.write(
            "occ.json",
            json!({ "next": 9, "mounts": mounts }).to_string(),
        );
    }

    /// What occ was called with: what other users of the host may see.
    fn calls(&self) -> String {
        fs::read_to_string(self.bench.folder().join("occ.json.calls")).unwrap()
    }
}

#[test]
fn mounts_in_the_form_that_occ_imports() {
    let cloud = Cloud::new();
    let emitted = emit(&usual(&cloud.bench).plan()).unwrap();
    assert_eq!(
        emitted
            .iter()
            .map(|file| file.path.as_str())
            .collect::<Vec<_>>(),
        [
            "hosts/apps/nextcloud/mounts.json",
            "hosts/apps/nextcloud/apply"
        ]
    );
    let text = emitted[0]
        .text()
        .replace(cloud.bench.folder().to_str().unwrap(), "/etc/thrice/p");
    insta::assert_snapshot!(text);
    let shown = read(emitted[0].text()).unwrap();
    assert_eq!(shown[0].groups, ["staff", "boss"]);
    assert_eq!((shown[0].read_only, shown[2].read_only), (true, false));
    assert_eq!(
        (shown[1].folder.as_str(), shown[1].groups.len()),
        ("/Projects", 0),
        "for all users, as the policy says"
    );
    assert!(read(&emitted[0].text().replace("applicable_groups", "groups")).is_err());
}

#[test]
fn nobody_is_not_everybody_and_a_part_of_a_bucket_is_not_the_whole() {
    let cloud = Cloud::new();
    let mut fixture = usual(&cloud.bench);
    fixture.model.mounts[0].path = "/documents".into();
    fixture.model.mounts[1].all_users = false;
    let emitted = emit(&fixture.plan()).unwrap();
    let list: Value = serde_json::from_str(emitted[0].text()).unwrap();
    assert_eq!(read(emitted[0].text()).unwrap().len(), 1);
    let why = |index: usize| list["left_out"][index]["why"].as_str().unwrap().to_owned();
    assert!(
        why(0).contains("see all of `vpai-shared`, not `/documents` alone"),
        "{list}"
    );
    assert!(why(1).contains("that is everybody"), "{list}");
    let applied = cloud.apply(&emitted, &[]);
    assert_eq!(
        (applied.code, cloud.mounts().len()),
        (Some(3), 1),
        "{applied}"
    );
    assert!(applied.stderr.contains("not made: Archives"), "{applied}");
}

#[test]
fn the_second_time_nothing_changes_and_no_secret_shows() {
    let cloud = Cloud::new();
    let emitted = emit(&usual(&cloud.bench).plan()).unwrap();
    assert_eq!(shellcheck(&cloud.bench.install(&emitted[1])), Ok(()));
    let checked = cloud.apply(&emitted, &["--check"]);
    assert_eq!(
        (checked.code, cloud.mounts().len()),
        (Some(2), 0),
        "{checked}"
    );
    let first = cloud.apply(&emitted, &[]);
    assert!(
        first.is_success() && first.stderr.contains("3 changes"),
        "{first}"
    );
    let after = cloud.mounts();
    assert_eq!(after[0]["configuration"]["key"], "AKIA it's");
    assert_eq!(after[0]["configuration"]["secret"], "hush \"hush\"");
    let second = cloud.apply(&emitted, &[]);
    assert!(
        second.is_success() && second.stderr.contains("0 changes"),
        "{second}"
    );
    assert_eq!(cloud.mounts(), after);
    let seen = format!(
        "{first}{second}{}{}{}",
        cloud.calls(),
        emitted[0].text(),
        emitted[1].text()
    );
    for secret in ["AKIA", "hush", "word-of-the-pass"] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
}

#[test]
fn what_differs_is_changed_in_place_and_never_shown_to_everybody() {
    let cloud = Cloud::new();
    let emitted = emit(&usual(&cloud.bench).plan()).unwrap();
    assert!(cloud.apply(&emitted, &[]).is_success());
    let right = cloud.mounts();
    cloud.edit(|mounts| {
        mounts[0]["configuration"]["region"] = "elsewhere".into();
        mounts[0]["options"]["readonly"] = false.into();
        mounts[0]["applicable_groups"] = json!(["guests"]);
        mounts[0]["applicable_users"] = json!(["eve"]);
        mounts[1]["applicable_groups"] = json!(["staff"]);
        let mut foreign = mounts[0].clone();
        foreign["mount_point"] = "/Other".into();
        foreign["mount_id"] = 8.into();
        mounts.push(foreign);
    });
    let theirs = cloud.mounts()[3].clone();
    let again = cloud.apply(&emitted, &[]);
    assert!(
        again.is_success() && again.stderr.contains("7 changes"),
        "{again}"
    );
    let mut mounts = cloud.mounts();
    assert_eq!(mounts.pop(), Some(theirs), "somebody else's");
    assert_eq!(mounts, right);
    assert_eq!(
        cloud.calls().matches("everybody").count(),
        1,
        "but the one that is for all"
    );
}

#[test]
fn another_secret_or_class_of_storage_takes_the_mount_anew() {
    let cloud = Cloud::new();
    let emitted = emit(&usual(&cloud.bench).plan()).unwrap();
    assert!(cloud.apply(&emitted, &[]).is_success());
    cloud
        .bench
        .write("nas.env", "MOUNT_USER=reader\nMOUNT_PASSWORD=another\n");
    let again = cloud.apply(&emitted, &[]);
    assert!(
        again.is_success() && again.stderr.contains("replace /NAS"),
        "{again}"
    );
    let mounts = cloud.mounts();
    assert_eq!(
        (mounts.len(), &mounts[2]["configuration"]["password"]),
        (3, &"another".into())
    );
    assert!(!cloud.calls().contains("another"));
    cloud.edit(|mounts| mounts[1]["storage"] = "\\OC\\Files\\Storage\\DAV".into());
    assert!(
        cloud
            .apply(&emitted, &[])
            .stderr
            .contains("replace /Projects")
    );
    assert!(cloud.apply(&emitted, &[]).stderr.contains("0 changes"));
}

#[test]
fn it_stops_before_anything_is_done() {
    let cloud = Cloud::new();
    let emitted = emit(&usual(&cloud.bench).plan()).unwrap();
    cloud.bench.write("nas.env", "MOUNT_USER=reader\n");
    let stopped = cloud.apply(&emitted, &[]);
    assert!(
        !stopped.is_success() && stopped.stderr.contains("MOUNT_PASSWORD is not set"),
        "{stopped}"
    );
    fs::remove_file(cloud.bench.folder().join("nas.env")).unwrap();
    let stopped = cloud.apply(&emitted, &[]);
    assert!(
        !stopped.is_success() && stopped.stderr.contains("cannot be read"),
        "{stopped}"
    );
    assert_eq!(cloud.mounts(), Vec::<Value>::new());
    cloud
        .bench
        .write("nas.env", "MOUNT_USER=reader\nMOUNT_PASSWORD=x\n");
    cloud.edit(|mounts| {
        mounts.extend([
            json!({ "mount_point": "/NAS" }),
            json!({ "mount_point": "/NAS" }),
        ])
    });
    let stopped = cloud.apply(&emitted, &[]);
    assert!(
        !stopped.is_success() && stopped.stderr.contains("several mounts are called /NAS"),
        "{stopped}"
    );
}
