//! Rules put to a real object gateway by the AWS library, read back, and seen to do what they say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, LifecycleRule, VersioningConfiguration,
};
use thrice_model::{AgeClock, HostKind, RunnerKind, StoreId, Verb};
use thrice_quantity::{Interval, Seconds};
use thrice_s3_live::{Meaning, library};
use thrice_target::fixture::Fixture;
use thrice_target_s3_lifecycle::{Configuration, emit};
use thrice_test_support::ceph::{Lifecycle, Rgw};
use thrice_test_support::s3::{client, wait};

/// A policy with expire steps: name, bucket, path, days, and whether noncurrent versions are meant.
fn emitted(steps: &[(&str, &str, &str, i64, bool)]) -> Vec<(String, String)> {
    let mut fixture = Fixture::new("fixture");
    let storage = fixture.host("s3", HostKind::ObjectStorage);
    let mut buckets: Vec<(String, StoreId)> = Vec::new();
    for (name, bucket, path, days, noncurrent) in steps {
        let known = buckets
            .iter()
            .find(|(other, _)| other == bucket)
            .map(|(_, id)| *id);
        let store = known.unwrap_or_else(|| fixture.bucket(storage, bucket, bucket));
        if known.is_none() {
            buckets.push(((*bucket).to_owned(), store));
        }
        let verb = Verb::Expire {
            after: Interval::point(Seconds::days(*days)),
            clock: AgeClock::Upload,
            deprecated_prefix: name.starts_with("deprecated"),
            noncurrent: *noncurrent,
        };
        let id = fixture.step(name, verb, storage);
        fixture.edit(id, |step| {
            step.source = Fixture::reads(Fixture::location(store, path));
            step.runner.kind = RunnerKind::Lifecycle;
        });
    }
    let all = emit(&fixture.plan()).unwrap();
    buckets
        .into_iter()
        .map(|(b, _)| b)
        .zip(all.iter().map(|a| a.text().to_owned()))
        .collect()
}

/// The rules of a file in the words of the AWS library: what its command line does with the file.
fn in_library(text: &str) -> Vec<LifecycleRule> {
    let configuration: Configuration = serde_json::from_str(text).unwrap();
    let rules = configuration.rules.iter();
    rules.map(|rule| library(rule).unwrap()).collect()
}

async fn put(client: &Client, bucket: &str, text: &str) {
    let configuration = BucketLifecycleConfiguration::builder()
        .set_rules(Some(in_library(text)))
        .build()
        .unwrap();
    let request = client.put_bucket_lifecycle_configuration().bucket(bucket);
    request
        .lifecycle_configuration(configuration)
        .send()
        .await
        .unwrap();
}

/// What the rules of the server mean, by ID.
async fn get(client: &Client, bucket: &str) -> Vec<Meaning> {
    let answer = client
        .get_bucket_lifecycle_configuration()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let mut rules: Vec<Meaning> = answer.rules().iter().map(Meaning::of).collect();
    rules.sort();
    rules
}

#[test]
fn what_is_put_is_what_is_read_back() {
    let gateway = Rgw::start();
    let client = client(&gateway);
    let emitted = emitted(&[
        ("exports", "rules", "/exports", 30, false),
        ("hostile", "rules", "/a b/$(c)/'d'/ünï <&>", 5, false),
        ("versions", "rules", "/", 60, true),
        ("deprecated", "rules", "/seed-data", 7, false),
    ]);
    wait(async {
        for (bucket, text) in &emitted {
            client.create_bucket().bucket(bucket).send().await.unwrap();
            put(&client, bucket, text).await;
            let meant: Vec<Meaning> = in_library(text).iter().map(Meaning::of).collect();
            assert_eq!(get(&client, bucket).await, meant);
        }
    });
}

async fn upload(client: &Client, bucket: &str, key: &str) {
    let body = ByteStream::from_static(b"x");
    client
        .put_object()
        .bucket(bucket)
        .key(key)
        .body(body)
        .send()
        .await
        .unwrap();
}

async fn keys(client: &Client, bucket: &str) -> Vec<String> {
    let answer = client
        .list_objects_v2()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    answer
        .contents()
        .iter()
        .filter_map(|object| object.key().map(str::to_owned))
        .collect()
}

/// Numbers of versions of all objects, delete markers left out.
async fn versions(client: &Client, bucket: &str) -> usize {
    client
        .list_object_versions()
        .bucket(bucket)
        .send()
        .await
        .unwrap()
        .versions()
        .len()
}

#[test]
fn the_right_objects_expire_and_no_others() {
    // A day of the rules lasts three seconds here.
    let gateway = Rgw::start_with(Lifecycle::SecondsPerDay(3));
    let client = client(&gateway);
    let emitted = emitted(&[
        ("exports", "plain", "/exports", 3, false),
        ("old", "versioned", "/", 3, true),
    ]);
    wait(async {
        for (bucket, _) in &emitted {
            client.create_bucket().bucket(bucket).send().await.unwrap();
        }
        let on = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        let request = client.put_bucket_versioning().bucket("versioned");
        request.versioning_configuration(on).send().await.unwrap();
        for key in [
            "exports/a",
            "exports/b/c",
            "exports-of-the-year",
            "exports",
            "other/exports/a",
        ] {
            upload(&client, "plain", key).await;
        }
        for _ in 0..3 {
            upload(&client, "versioned", "config").await;
        }
        client
            .create_multipart_upload()
            .bucket("plain")
            .key("big")
            .send()
            .await
            .unwrap();
        assert_eq!(versions(&client, "versioned").await, 3);
        for (bucket, text) in &emitted {
            put(&client, bucket, text).await;
        }
        let mut left = Vec::new();
        for _ in 0..180 {
            let unfinished = client
                .list_multipart_uploads()
                .bucket("plain")
                .send()
                .await
                .unwrap();
            left = vec![
                keys(&client, "plain").await.len(),
                versions(&client, "versioned").await,
                unfinished.uploads().len(),
            ];
            if left == [3, 1, 0] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(left, [3, 1, 0], "objects, versions, unfinished uploads");
        assert_eq!(
            keys(&client, "plain").await,
            ["exports", "exports-of-the-year", "other/exports/a"]
        );
        assert_eq!(keys(&client, "versioned").await, ["config"]);
    });
}
