//! `thrice audit` about a bucket on a real object gateway.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use aws_sdk_s3::primitives::ByteStream;
use common::{Desk, session, stdout};
use serde_json::Value;
use thrice_diagnostics::{all_codes, explain};
use thrice_test_support::authority::Authority;
use thrice_test_support::ceph::Rgw;
use thrice_test_support::restic::{PASSWORD, Restic, versions};
use thrice_test_support::run;
use thrice_test_support::s3::{client, wait};

const POLICY: &str = r#"
policy shop "A shop that exports"
provider home { site shed }
provider cloud { site hall; supports lifecycle, versioning }
host web at home/shed { runs cron; has rclone 1.60.1; store disk { medium nvme } }
object_storage s3 at cloud/hall {
    endpoint "s3.example.org"
    bucket exports "BUCKET" { medium object; versioning on; quota 1 kB }
}
credential writer { account s3; may read, write on s3.exports; held on web; file "DESK/s3.env" }
class letters is files on web.disk:DESK/srv/letters { size 100..400 B }
copy up of letters to s3.exports:/letters by web.cron {
    daily at 03:00
    taking 1s..10m
    credential writer
}
expire old_letters of s3.exports:/letters after 400 days by upload
require headroom 50 % on s3
"#;
/// A backup into the bucket.
const BACKUP: &str = r#"
vault envelope at home/shed
key restic_key { held on web, envelope; file "DESK/key" }
repository safe in s3.exports:/safe { engine restic 0.14.0; key restic_key; credential writer }
class site is files on web.disk:DESK/srv/site { size 1..2 GB }
backup nightly of site to safe by web.cron {
    daily at 03:00
    keep 2 daily
    taking 1s..10m
    credential writer
}
"#;
const NOW: [&str; 2] = ["--now", "2026-02-15T05:00:00Z"];

struct Stage {
    gateway: &'static Rgw,
    desk: Desk,
    bucket: &'static str,
    /// Words that say where the storage is, if the policy does not.
    where_to: Vec<&'static str>,
}

impl Stage {
    fn new(bucket: &'static str) -> Self {
        let gateway = Rgw::shared();
        Self {
            where_to: vec!["--endpoint-url", gateway.endpoint()],
            ..Self::at(gateway, bucket, POLICY)
        }
    }

    /// A policy about a bucket of a gateway, which exists, and what the runs of its steps have left.
    fn at(gateway: &'static Rgw, bucket: &'static str, policy: &str) -> Self {
        let desk = Desk::new(&[("srv/letters/a", "x")]);
        let folder = desk.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        let policy = policy.replace("DESK", folder).replace("BUCKET", bucket);
        desk.put("shop.thrice", policy.as_bytes());
        let keys = format!(
            "AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY='{}'\n",
            gateway.access_key(),
            gateway.secret_key()
        );
        desk.put("s3.env", keys.as_bytes());
        for step in ["up", "nightly"] {
            shop::record(&desk, step, shop::NIGHT, shop::NIGHT + 60, true, 1);
        }
        wait(client(gateway).create_bucket().bucket(bucket).send()).unwrap();
        Self {
            gateway,
            desk,
            bucket,
            where_to: Vec::new(),
        }
    }

    fn put(&self, key: &str, bytes: usize) {
        let body = ByteStream::from(vec![b'x'; bytes]);
        let request = client(self.gateway).put_object().bucket(self.bucket);
        wait(request.key(key).body(body).send()).unwrap();
    }

    fn audit(&self, more: &[&str]) -> (i32, String) {
        let mut command = self.desk.thrice(&["audit", "shop.thrice"]);
        command
            .args(NOW)
            .args(&self.where_to)
            .args(more)
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", restic().folder().display()),
            )
            .env("THRICE_STATE", "state");
        let output = command.output().unwrap();
        let said = format!(
            "{}{}",
            stdout(&output),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!said.contains(self.gateway.secret_key()), "{said}");
        (output.status.code().unwrap(), said)
    }

    fn codes(&self) -> (i32, Vec<String>) {
        self.codes_with(&[])
    }

    fn codes_with(&self, more: &[&str]) -> (i32, Vec<String>) {
        let (code, said) = self.audit(&[&["--format", "json"], more].concat());
        let document: Value = serde_json::from_str(&said).unwrap();
        let findings = document["findings"].as_array().unwrap().iter();
        let codes = findings.map(|f| {
            let (code, message) = (f["code"].as_str().unwrap(), f["message"].as_str().unwrap());
            format!("{code} {message}")
        });
        (code, codes.collect())
    }
}

/// The oldest: it has no variable for an authority.
fn restic() -> &'static Restic {
    versions().first().unwrap()
}

/// What the page of a code shows of a session.
fn shown(code: &str) -> &'static str {
    let code = all_codes().find(|known| known.0 == code).unwrap();
    let (_, answer) = session(explain(code).unwrap()).unwrap();
    answer
}

#[test]
fn a_bucket_is_as_the_policy_says_and_no_fuller() {
    let stage = Stage::new("shop-exports");
    let (code, said) = stage.audit(&[]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(shown("T3208")), "{}\n{said}", shown("T3208"));
    let (_, codes) = stage.codes();
    let wanted = [
        "T3208 the lifecycle rule `thrice/shop/expire/old_letters` of bucket `s3.exports` is not as the policy says",
        "T3208 the lifecycle rule `thrice/shop/unfinished-uploads` of bucket `s3.exports` is not as the policy says",
        "T3208 the versioning of bucket `s3.exports` is not as the policy says",
    ];
    let bucket: Vec<&String> = codes
        .iter()
        .filter(|code| code.starts_with("T3208"))
        .collect();
    assert_eq!(bucket, wanted);
    let mut apply = stage
        .desk
        .thrice(&["s3", "apply", "shop.thrice", "--as-of", "2026-02-15"]);
    apply.args(["--endpoint-url", stage.gateway.endpoint()]);
    let applied = apply.envs(stage.gateway.environment()).output().unwrap();
    assert!(applied.status.success(), "{}", stdout(&applied));
    stage.put("letters/a", 300);
    let (code, codes) = stage.codes();
    assert_eq!(
        (
            code,
            codes.iter().any(|code| code.starts_with("T3210 bucket"))
        ),
        (0, false),
        "{codes:#?}"
    );
    stage.put("letters/a", 300);
    let (code, said) = stage.audit(&[]);
    assert_eq!(
        (code, said.contains(shown("T3204"))),
        (1, true),
        "{}\n{said}",
        shown("T3204")
    );
    assert_eq!(stage.audit(&["--buckets", "none"]).0, 0);
}

#[test]
fn what_nobody_mentions_in_a_bucket_and_an_account_is_told_of() {
    let stage = Stage::new("shop-strange");
    let forgotten = client(stage.gateway);
    wait(forgotten.create_bucket().bucket("forgotten").send()).unwrap();
    stage.put("tmp/old/config", 10);
    stage.put(&format!("tmp/old/keys/{}", "0".repeat(64)), 10);
    stage.put("letters2/b", 5);
    let (_, codes) = stage.codes();
    let wanted = "T3210 bucket `s3.exports` holds what the policy does not mention: `letters2/` (5 B), `tmp/` (20 B, a \
                  repository of restic)";
    assert!(codes.iter().any(|code| code == wanted), "{codes:#?}");
    let account = "T3210 the account at `s3` has buckets that the policy does not mention: ";
    let account = codes.iter().find(|code| code.starts_with(account)).unwrap();
    assert!(account.contains("`forgotten`"), "{account}");
    assert!(!account.contains("`shop-strange`"), "{account}");
}

#[test]
fn a_bucket_that_cannot_be_asked_is_not_measured() {
    let stage = Stage::new("shop-denied");
    stage.desk.put(
        "s3.env",
        b"AWS_ACCESS_KEY_ID=nobody\nAWS_SECRET_ACCESS_KEY=wrong-secret\n",
    );
    let (code, codes) = stage.codes();
    assert_eq!(code, 3, "{codes:#?}");
    assert!(codes[0].starts_with("T3209 `s3.exports` could not be measured: rules of `shop-denied`: these keys may not do that"), "{codes:#?}");
    stage.desk.put("s3.env", b"OTHER=1\n");
    let (code, codes) = stage.codes();
    assert_eq!(
        (code, codes[0].contains("sets no AWS_ACCESS_KEY_ID")),
        (3, true),
        "{codes:#?}"
    );
}

/// By HTTPS, with an authority of one's own that the environment file of the credential names, as scripts have
/// it: the bucket and the repository in it are looked at, and neither is without.
#[test]
fn an_authority_is_trusted_as_by_the_scripts() {
    let gateway: &'static Rgw = Box::leak(Box::new(Rgw::start_secure()));
    let policy = format!("{POLICY}{BACKUP}")
        .replace("s3.example.org", &gateway.secure_authority())
        .replace("has rclone", "has restic 0.14.0; has rclone");
    let stage = Stage::at(gateway, "shop-secure", &policy);
    stage.desk.put("key", PASSWORD.as_bytes());
    let repository = gateway.restic_repository("shop-secure/safe");
    let mut init = restic().command(&repository);
    run(init.envs(gateway.environment()).arg("init"));
    let unmeasured = |more: &[&str]| -> Vec<String> {
        let (_, codes) = stage.codes_with(more);
        let is_unmeasured = |code: &String| code.contains("could not be measured");
        codes.into_iter().filter(is_unmeasured).collect()
    };
    let blind = unmeasured(&[]);
    let wanted =
        ["`safe`", "`s3.exports`"].map(|name| format!("T3209 {name} could not be measured"));
    assert_eq!(blind.len(), 2, "{blind:#?}");
    for (told, wanted) in blind.iter().zip(&wanted) {
        assert!(told.starts_with(wanted), "{told}");
    }
    assert!(blind[0].contains("x509: "), "{blind:#?}");
    let why = "its certificate is not trusted";
    assert!(blind[1].contains(why), "{blind:#?}");
    let file = gateway.authority();
    let word = file.to_str().unwrap();
    assert_eq!(unmeasured(&["--ca-bundle", word]), Vec::<String>::new());
    let settings = stage.desk.text("s3.env");
    let settings = format!("{settings}AWS_CA_BUNDLE='{word}'\n");
    stage.desk.put("s3.env", settings.as_bytes());
    assert_eq!(unmeasured(&[]), Vec::<String>::new());
    // What is said goes before what the keys come with, for both.
    let elsewhere = stage.desk.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let wrong = Authority::make(&elsewhere).unwrap().certificate();
    let untrusted = unmeasured(&["--ca-bundle", wrong.to_str().unwrap()]);
    assert_eq!(untrusted.len(), 2, "{untrusted:#?}");
    assert!(untrusted[0].contains("x509: "), "{untrusted:#?}");
}
