//! What lies in buckets, against the room that was promised.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use thrice_test_support::ceph::Rgw;
use thrice_test_support::s3::wait;

use super::Stage;

impl Stage {
    /// Writes that many bytes under a name.
    pub(crate) fn upload(&self, key: &str, bytes: usize) {
        let body = ByteStream::from(vec![b'x'; bytes]);
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        wait(put.body(body).send()).unwrap();
    }

    /// Begins an upload with that many parts, and never ends it.
    fn begin(&self, key: &str, parts: i32, bytes: usize) {
        let begun = self.client.create_multipart_upload().bucket(&self.bucket);
        let begun = wait(begun.key(key).send()).unwrap();
        for part in 1..=parts {
            let upload = self.client.upload_part().bucket(&self.bucket).key(key);
            let upload = upload
                .upload_id(begun.upload_id().unwrap())
                .part_number(part);
            let body = ByteStream::from(vec![b'x'; bytes]);
            wait(upload.body(body).send()).unwrap();
        }
    }

    fn remove(&self, key: &str) {
        let delete = self.client.delete_object().bucket(&self.bucket);
        wait(delete.key(key).send()).unwrap();
    }

    fn keep_versions(&self) {
        let on = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        let put = self.client.put_bucket_versioning().bucket(&self.bucket);
        wait(put.versioning_configuration(on).send()).unwrap();
    }
}

#[test]
fn usage_beyond_the_promised_headroom_differs() {
    let stage = Stage::new("used");
    assert_eq!(stage.s3("apply", &[]).0, 0);
    stage.upload("a", 300);
    stage.upload("a", 200);
    let (code, shown) = stage.s3("drift", &[]);
    let within = "200 B in 1 object, 300 B in 1 old version, 0 B in 0 unfinished uploads";
    assert_eq!((code, shown.contains(within)), (0, true), "{shown}");
    // A byte more than half of the 1 kB.
    stage.begin("b", 1, 1);
    let (code, shown) = stage.s3("drift", &[]);
    let wanted = "`used` holds 501 B, and the policy promises to use no more than 500 B of 1 kB";
    assert_eq!((code, shown.contains(wanted)), (1, true), "{shown}");
    assert!(
        shown.contains("error[T3105]") && shown.contains("1 B in 1 unfinished upload"),
        "{shown}"
    );
    assert_eq!(stage.s3("drift", &["--no-usage"]).0, 0);
}

/// Listings of versions, of uploads and of parts each take several pages, and end at a page's end, too.
#[test]
fn all_pages_are_counted() {
    let gateway: &'static Rgw = Box::leak(Box::new(Rgw::start_with_pages_of(3)));
    let stage = Stage::at(gateway, "many");
    stage.make();
    stage.keep_versions();
    for key in ["a", "b/c", "d e", "\u{fc}&<"] {
        for bytes in [1, 10, 100] {
            stage.upload(key, bytes);
        }
    }
    stage.remove("a");
    for (key, parts) in [
        ("a", 0),
        ("a", 1),
        ("z", 3),
        ("z", 4),
        ("z", 7),
        ("\u{fc}&<", 1),
    ] {
        stage.begin(key, parts, 1000);
    }
    let (code, shown) = stage.s3("drift", &[]);
    let wanted = "300 B in 3 objects, 144 B in 9 old versions, 16 kB in 6 unfinished uploads";
    assert_eq!((code, shown.contains(wanted)), (1, true), "{shown}");
}

/// A volume that is included in the price of an account is shared by all its buckets.
#[test]
fn buckets_that_share_an_included_volume_are_counted_together() {
    let stage = Stage::new("first");
    let second = Stage::without_bucket("second");
    second.make();
    let text = stage.desk.text("shop.thrice");
    let text = text.replace(
        "; quota 1 kB }",
        " }\n    included 1 kB\n    bucket more \"second\" { medium object }",
    );
    stage.desk.put("shop.thrice", text.as_bytes());
    assert_eq!(stage.s3("apply", &[]).0, 0);
    stage.upload("a", 400);
    second.upload("b", 100);
    let (code, shown) = stage.s3("drift", &[]);
    assert_eq!(code, 0, "{shown}");
    second.upload("c", 1);
    let (code, shown) = stage.s3("drift", &[]);
    let wanted =
        "the buckets of `s3` hold 501 B, and the policy promises to use no more than 500 B of 1 kB";
    assert_eq!(
        (code, shown.matches(wanted).count()),
        (1, 1),
        "told once: {shown}"
    );
    assert!(shown.contains("`second`: 101 B in 2 objects"), "{shown}");
    let (code, shown) = stage.s3("drift", &["--bucket", "second"]);
    assert_eq!(
        (code, shown.contains(wanted)),
        (1, true),
        "the other counts, too: {shown}"
    );
}
