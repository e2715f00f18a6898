//! The library of AWS on a gateway.

use std::future::Future;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

use crate::ceph::Rgw;

/// A client with the keys of the one user.
#[must_use]
pub fn client(gateway: &Rgw) -> Client {
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

/// Waits for work of the library.
///
/// # Panics
/// If the system gives no means to wait.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}
