//! Rules put to a real object gateway by the AWS library, read back, and seen to do what they say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketVersioningStatus,
    ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    NoncurrentVersionExpiration, VersioningConfiguration,
};
use thrice_model::{AgeClock, HostKind, RunnerKind, StoreId, Verb};
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::Fixture;
use thrice_target_s3_lifecycle::{Action, Configuration, Facts, Rule, emit, read};
use thrice_test_support::ceph::{Lifecycle, Rgw};

fn client(gateway: &Rgw) -> Client {
    let keys = Credentials::new(
        gateway.access_key(),
        gateway.secret_key(),
        None,
        None,
        "test",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(gateway.endpoint())
        .region(Region::new("us-east-1"))
        .credentials_provider(keys)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

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

/// A rule of the file in the words of the AWS library: what its command line does with the file.
fn rule(rule: &Rule) -> LifecycleRule {
    let new = LifecycleRule::builder()
        .id(&rule.id)
        .status(ExpirationStatus::from(rule.status.as_str()));
    let new = match (&rule.filter, &rule.prefix) {
        (Some(filter), _) => new.filter(
            LifecycleRuleFilter::builder()
                .prefix(&filter.prefix)
                .build(),
        ),
        (None, prefix) =>
        {
            #[expect(deprecated, reason = "the policy may ask for the deprecated form")]
            new.set_prefix(prefix.clone())
        }
    };
    let days = |days: i64| i32::try_from(days).unwrap();
    match &rule.action {
        Action::Expiration(e) => {
            new.expiration(LifecycleExpiration::builder().days(days(e.days)).build())
        }
        Action::Noncurrent(n) => new.noncurrent_version_expiration(
            NoncurrentVersionExpiration::builder()
                .noncurrent_days(days(n.days))
                .build(),
        ),
        Action::Abort(a) => new.abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(days(a.days))
                .build(),
        ),
    }
    .build()
    .unwrap()
}

async fn put(client: &Client, bucket: &str, text: &str) {
    let configuration: Configuration = serde_json::from_str(text).unwrap();
    let rules: Vec<LifecycleRule> = configuration.rules.iter().map(rule).collect();
    let configuration = BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .unwrap();
    let request = client.put_bucket_lifecycle_configuration().bucket(bucket);
    request
        .lifecycle_configuration(configuration)
        .send()
        .await
        .unwrap();
}

/// What the server has, as the AWS command line prints it.
async fn get(client: &Client, bucket: &str) -> Vec<Facts> {
    let answer = client
        .get_bucket_lifecycle_configuration()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let rules: Vec<serde_json::Value> = answer
        .rules()
        .iter()
        .map(|rule| {
            #[expect(deprecated, reason = "the policy may ask for the deprecated form")]
            let prefix = rule.prefix();
            let mut out = serde_json::json!({"ID": rule.id(), "Status": rule.status().as_str()});
            if let Some(prefix) = prefix {
                out["Prefix"] = prefix.into();
            }
            if let Some(filter) = rule.filter() {
                out["Filter"]["Prefix"] = filter.prefix().into();
                if filter.object_size_greater_than().is_some() || filter.tag().is_some() {
                    out["Filter"]["Unexpected"] = true.into();
                }
            }
            if let Some(days) = rule.expiration().and_then(LifecycleExpiration::days) {
                out["Expiration"]["Days"] = days.into();
            }
            if let Some(days) = rule
                .noncurrent_version_expiration()
                .and_then(NoncurrentVersionExpiration::noncurrent_days)
            {
                out["NoncurrentVersionExpiration"]["NoncurrentDays"] = days.into();
            }
            if let Some(abort) = rule.abort_incomplete_multipart_upload() {
                out["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] =
                    abort.days_after_initiation().into();
            }
            out
        })
        .collect();
    read(&serde_json::json!({ "Rules": rules }).to_string()).unwrap()
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
            assert_eq!(get(&client, bucket).await, read(text).unwrap());
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
