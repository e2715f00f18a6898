//! `thrice s3` on a real object gateway, and on one that forgets, breaks off, dawdles or is shared.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

#[path = "../common/mod.rs"]
mod common;
mod https;
mod pages;
mod usage;

use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter, Tag,
};
use common::{Desk, stdout};
use thrice_test_support::ceph::Rgw;
use thrice_test_support::http::{Answer, Request, Server, forward};
use thrice_test_support::s3::{client, wait};

const POLICY: &str = r#"
policy shop "A shop that exports"
provider cloud { site hall; supports lifecycle, versioning, object-lock }
object_storage s3 at cloud/hall {
    endpoint "s3.example.org"
    bucket exports "BUCKET" { medium object; versioning on; quota 1 kB }
}
require headroom 50 % on s3
expire old_exports of s3.exports:/exports after 30 days by upload
expire old_versions of s3.exports:/ after 60 days by upload { noncurrent }
"#;
const SECRET: &str = "testsecret";

struct Stage {
    gateway: &'static Rgw,
    client: Client,
    bucket: String,
    desk: Desk,
}

impl Stage {
    /// A policy about a bucket of that name, which exists.
    fn new(bucket: &str) -> Self {
        let stage = Self::without_bucket(bucket);
        stage.make();
        stage
    }

    /// Makes the bucket.
    fn make(&self) {
        wait(self.client.create_bucket().bucket(&self.bucket).send()).unwrap();
    }

    /// Removes the bucket and all that is in it.
    fn clear(&self) {
        let listed = self.client.list_object_versions().bucket(&self.bucket);
        // One that is gone already is as it should be.
        let Ok(listed) = wait(listed.send()) else {
            return;
        };
        for version in listed.versions() {
            let delete = self.client.delete_object().bucket(&self.bucket);
            let delete = delete.set_key(version.key.clone());
            wait(delete.set_version_id(version.version_id.clone()).send()).unwrap();
        }
        wait(self.client.delete_bucket().bucket(&self.bucket).send()).unwrap();
    }

    fn without_bucket(bucket: &str) -> Self {
        Self::at(Rgw::shared(), bucket)
    }

    /// At a gateway of its own, which no bucket is made at.
    fn at(gateway: &'static Rgw, bucket: &str) -> Self {
        Self {
            gateway,
            client: client(gateway),
            bucket: bucket.to_owned(),
            desk: Desk::new(&[("shop.thrice", &POLICY.replace("BUCKET", bucket))]),
        }
    }

    /// `thrice s3 ACTION` against a URL, with the keys of the gateway.
    fn s3_at(&self, url: &str, action: &str, more: &[&str]) -> (i32, String) {
        let mut command = self
            .desk
            .thrice(&["s3", action, "shop.thrice", "--as-of", "2026-06-01"]);
        command
            .args(["--endpoint-url", url])
            .args(more)
            .envs(self.gateway.environment());
        said(&command.output().unwrap())
    }

    fn s3(&self, action: &str, more: &[&str]) -> (i32, String) {
        self.s3_at(self.gateway.endpoint(), action, more)
    }

    fn put(&self, rules: Vec<LifecycleRule>) {
        let rules = BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules))
            .build()
            .unwrap();
        let request = self
            .client
            .put_bucket_lifecycle_configuration()
            .bucket(&self.bucket);
        wait(request.lifecycle_configuration(rules).send()).unwrap();
    }

    /// IDs and filters of the rules that are there.
    fn rules(&self) -> Vec<LifecycleRule> {
        let request = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(&self.bucket);
        wait(request.send())
            .map(|answer| answer.rules.unwrap_or_default())
            .unwrap_or_default()
    }

    fn ids(&self) -> Vec<String> {
        self.rules()
            .iter()
            .map(|rule| rule.id().unwrap().to_owned())
            .collect()
    }
}

/// Exit code and all that was said, which never holds the secret key. What was wrapped for a terminal is one
/// line again.
fn said(output: &Output) -> (i32, String) {
    let said = format!(
        "{}{}",
        stdout(output),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!said.contains(SECRET), "{said}");
    let frame = |c: char| c.is_whitespace() || c == '│';
    let lines: Vec<&str> = said.lines().map(|line| line.trim_matches(frame)).collect();
    (output.status.code().unwrap(), lines.join(" "))
}

fn rule(id: &str, prefix: &str) -> aws_sdk_s3::types::builders::LifecycleRuleBuilder {
    LifecycleRule::builder()
        .id(id)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
}

fn expiration(days: i32) -> LifecycleExpiration {
    LifecycleExpiration::builder().days(days).build()
}

const OURS: [&str; 3] = [
    "thrice/shop/expire/old_exports",
    "thrice/shop/expire/old_versions",
    "thrice/shop/unfinished-uploads",
];

#[test]
fn what_is_planned_is_applied_and_then_nothing_differs() {
    let stage = Stage::new("planned");
    let (code, shown) = stage.s3("plan", &[]);
    assert_eq!(code, 1, "{shown}");
    for id in OURS {
        assert!(shown.contains(&format!("lacks the rule `{id}`")), "{shown}");
    }
    assert!(
        shown.contains("versioning of `planned` is off; to be on"),
        "{shown}"
    );
    assert!(shown.contains("1 bucket, 4 differences"), "{shown}");
    assert_eq!(stage.ids(), Vec::<String>::new(), "plan changes nothing");
    let (code, shown) = stage.s3("apply", &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("2 changes made, 0 differences left"),
        "{shown}"
    );
    for line in [
        "+ rule `thrice/shop/expire/old_exports`: of `exports/`",
        "~ versioning: is off",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    assert_eq!(stage.ids(), OURS);
    let (code, shown) = stage.s3("drift", &[]);
    assert_eq!(
        (code, shown.contains("as the policy says")),
        (0, true),
        "{shown}"
    );
    let (code, shown) = stage.s3("apply", &[]);
    assert_eq!(
        (code, shown.contains("0 changes made")),
        (0, true),
        "{shown}"
    );
}

#[test]
fn rules_of_others_stay_until_they_are_taken_over() {
    let stage = Stage::new("shared-with-others");
    let tag = Tag::builder().key("kind").value("draft").build().unwrap();
    let and = LifecycleRuleAndOperator::builder()
        .prefix("drafts/")
        .tags(tag)
        .build();
    let tagged = rule("drafts", "").filter(LifecycleRuleFilter::builder().and(and).build());
    let abort = AbortIncompleteMultipartUpload::builder()
        .days_after_initiation(2)
        .build();
    stage.put(vec![
        tagged.expiration(expiration(9)).build().unwrap(),
        rule("parts", "")
            .abort_incomplete_multipart_upload(abort)
            .build()
            .unwrap(),
        rule("thrice/shop/expire/gone", "gone/")
            .expiration(expiration(5))
            .build()
            .unwrap(),
        rule("thrice/other/expire/x", "x/")
            .expiration(expiration(5))
            .build()
            .unwrap(),
        rule(OURS[0], "exports/")
            .expiration(expiration(3))
            .build()
            .unwrap(),
    ]);
    let before: Vec<LifecycleRule> = stage.rules();
    let (code, shown) = stage.s3("apply", &[]);
    assert_eq!(code, 1, "two rules of others take data: {shown}");
    assert!(
        shown.contains(
            "objects expire after 3 days; to be: of `exports/`, objects expire after 30 days"
        ),
        "{shown}"
    );
    assert!(shown.contains("no longer in the policy"), "{shown}");
    assert!(
        shown.contains(
            "the rule `parts` of `shared-with-others` is not of this policy and takes no data"
        ),
        "{shown}"
    );
    assert!(shown.contains("2 differences left"), "{shown}");
    let mut all = vec!["drafts", "parts", "thrice/other/expire/x"];
    all.extend(OURS);
    assert_eq!(stage.ids(), all);
    let drafts = |rules: &[LifecycleRule]| rules.iter().find(|r| r.id() == Some("drafts")).cloned();
    assert_eq!(
        drafts(&stage.rules()),
        drafts(&before),
        "with its tag and its prefix"
    );
    let (code, shown) = stage.s3("apply", &["--take-over"]);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(stage.ids(), ["parts", OURS[0], OURS[1], OURS[2]]);
}

#[test]
fn a_lock_is_compared_and_given_only_when_a_bucket_is_made() {
    let stage = Stage::new("unlocked");
    let locked = |bucket: &str| {
        POLICY
            .replace("BUCKET", bucket)
            .replace("versioning on;", "versioning on; lock compliance 7d;")
    };
    stage.desk.put("shop.thrice", locked("unlocked").as_bytes());
    let (code, shown) = stage.s3("apply", &[]);
    assert_eq!(code, 1, "{shown}");
    assert!(
        shown.contains(
            "lock of `unlocked` is none; to be compliance, 7 days: a bucket is given its lock when it is made"
        ),
        "{shown}"
    );
    let made = stage
        .client
        .create_bucket()
        .bucket("locked")
        .object_lock_enabled_for_bucket(true);
    wait(made.send()).unwrap();
    stage.desk.put("shop.thrice", locked("locked").as_bytes());
    let (code, shown) = stage.s3("apply", &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("lock: written, read back, as meant"),
        "{shown}"
    );
    // There is no lock without old versions, so who says one says both.
    let alone = locked("locked").replace("versioning on; lock", "lock");
    stage.desk.put("shop.thrice", alone.as_bytes());
    let (code, shown) = stage.s3("plan", &[]);
    assert_eq!(
        (code, shown.contains("versioning of")),
        (0, false),
        "{shown}"
    );
}

#[test]
fn wrong_keys_missing_buckets_and_absent_servers_are_told_apart() {
    let stage = Stage::without_bucket("never-made");
    let (code, shown) = stage.s3("plan", &[]);
    assert_eq!(
        (code, shown.contains("there is no such bucket")),
        (2, true),
        "{shown}"
    );
    let (code, shown) = stage.s3("plan", &["--bucket", "nonsense"]);
    assert_eq!(
        (code, shown.contains("has no bucket `nonsense`")),
        (2, true),
        "{shown}"
    );
    let url = stage.gateway.endpoint();
    let plan = [
        "s3",
        "plan",
        "shop.thrice",
        "--as-of",
        "2026-06-01",
        "--endpoint-url",
        url,
    ];
    let mut wrong = stage.desk.thrice(&plan);
    wrong
        .env("AWS_ACCESS_KEY_ID", "testaccess")
        .env("AWS_SECRET_ACCESS_KEY", "wrong-secret");
    let (code, shown) = said(&wrong.output().unwrap());
    assert_eq!(
        (code, shown.contains("these keys may not do that: 403")),
        (2, true),
        "{shown}"
    );
    assert!(!shown.contains("wrong-secret"), "{shown}");
    let (code, shown) = said(&stage.desk.run(&plan));
    assert_eq!(
        (code, shown.contains("no keys: no credential of the policy")),
        (2, true),
        "{shown}"
    );
    let (code, shown) = stage.s3_at("http://127.0.0.1:9", "plan", &[]);
    assert_eq!(
        (code, shown.contains("cannot be reached")),
        (2, true),
        "{shown}"
    );
}

#[test]
fn keys_come_from_a_profile() {
    let stage = Stage::new("by-profile");
    let profile =
        format!("[shop-admin]\naws_access_key_id = testaccess\naws_secret_access_key = {SECRET}\n");
    stage.desk.put("credentials", profile.as_bytes());
    let url = stage.gateway.endpoint();
    for (name, wanted) in [("shop-admin", 1), ("nobody", 2)] {
        let plan = [
            "s3",
            "plan",
            "shop.thrice",
            "--endpoint-url",
            url,
            "--profile",
            name,
        ];
        let mut command = stage.desk.thrice(&plan);
        command.env(
            "AWS_SHARED_CREDENTIALS_FILE",
            stage.desk.path("credentials"),
        );
        let (code, shown) = said(&command.output().unwrap());
        assert_eq!(code, wanted, "{shown}");
    }
}

fn is_lifecycle(request: &Request, method: &str) -> bool {
    request.method == method && request.target.contains("lifecycle")
}

fn replaced(answer: Answer, from: &str, to: &str) -> Answer {
    let text = String::from_utf8(answer.body).unwrap();
    Answer::new(answer.status, text.replace(from, to))
}

/// A gateway behind a server that drops a prefix, after which the rule would be about the whole bucket.
fn forgetful(gateway: &'static Rgw) -> Server {
    let puts = AtomicUsize::new(0);
    Server::start(move |request| {
        let answer = forward(request, gateway.endpoint());
        if is_lifecycle(request, "PUT") {
            puts.fetch_add(1, Ordering::SeqCst);
        }
        if is_lifecycle(request, "GET") && puts.load(Ordering::SeqCst) == 1 {
            return replaced(answer, "<Prefix>exports/</Prefix>", "<Prefix></Prefix>");
        }
        answer
    })
}

/// A gateway at which somebody else writes between the first look and the PUT.
fn contended(gateway: &'static Rgw) -> Server {
    let looks = AtomicUsize::new(0);
    Server::start(move |request| {
        let answer = forward(request, gateway.endpoint());
        if is_lifecycle(request, "GET") && looks.fetch_add(1, Ordering::SeqCst) == 1 {
            return replaced(answer, "<Days>4</Days>", "<Days>400</Days>");
        }
        answer
    })
}

/// A rule of others that takes data.
fn theirs() -> LifecycleRule {
    let new = rule("theirs", "tmp/").expiration(expiration(4));
    new.build().unwrap()
}

#[test]
fn what_a_server_drops_is_noticed_and_undone() {
    let stage = Stage::new("forgetful");
    stage.put(vec![theirs()]);
    let before = stage.rules();
    let server = forgetful(stage.gateway);
    let (code, shown) = stage.s3_at(&server.url, "apply", &[]);
    assert_eq!(code, 2, "{shown}");
    for words in [
        "the server dropped a part of what it took: rule `thrice/shop/",
        "old_exports` is now: of all objects",
    ] {
        assert!(shown.contains(words), "{shown}");
    }
    assert!(
        shown.contains("what was there before is in force again"),
        "{shown}"
    );
    assert_eq!(stage.rules(), before);
}

#[test]
fn rules_that_change_meanwhile_are_not_overwritten() {
    let stage = Stage::new("contended");
    stage.put(vec![theirs()]);
    let server = contended(stage.gateway);
    let (code, shown) = stage.s3_at(&server.url, "apply", &[]);
    assert_eq!(code, 2, "{shown}");
    assert!(
        shown.contains("somebody has changed them meanwhile; nothing was written"),
        "{shown}"
    );
    assert!(
        !server
            .asked()
            .iter()
            .any(|request| is_lifecycle(request, "PUT"))
    );
    assert_eq!(stage.ids(), ["theirs"]);
}

#[test]
fn an_answer_that_breaks_off_leaves_no_doubt_where_the_server_can_be_asked() {
    let stage = Stage::new("cut-off");
    let cut = |whole: Answer| Answer {
        promised: Some(whole.body.len() + 100),
        body: whole.body[..whole.body.len() / 2].to_vec(),
        status: whole.status,
    };
    let server = Server::start(move |request| {
        let answer = forward(request, Rgw::shared().endpoint());
        if is_lifecycle(request, "GET") || is_lifecycle(request, "PUT") {
            cut(answer)
        } else {
            answer
        }
    });
    let (code, shown) = stage.s3_at(&server.url, "plan", &[]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("rules of `cut-off`"), "{shown}");
    let tries = server
        .asked()
        .iter()
        .filter(|request| is_lifecycle(request, "GET"))
        .count();
    assert_eq!(tries, 3, "it was tried again");
    // Only the answers to the PUT are lost: what it did is found by asking.
    let server = Server::start(move |request| {
        let answer = forward(request, Rgw::shared().endpoint());
        if is_lifecycle(request, "PUT") {
            return Answer {
                promised: Some(50),
                body: Vec::new(),
                status: 200,
            };
        }
        answer
    });
    let (code, shown) = stage.s3_at(&server.url, "apply", &[]);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(stage.ids(), OURS);
}

#[test]
fn a_slow_server_is_given_up() {
    let stage = Stage::new("slow");
    let server = Server::start(move |request| {
        sleep(Duration::from_millis(1300));
        forward(request, Rgw::shared().endpoint())
    });
    let (code, shown) = stage.s3_at(&server.url, "plan", &["--timeout", "1"]);
    assert_eq!((code, shown.contains(" in time")), (2, true), "{shown}");
}
