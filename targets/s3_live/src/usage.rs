//! What lies in a bucket: all that is paid for, not only what a listing of objects shows.

use std::fmt;

use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::types::MultipartUpload;
use thrice_quantity::Bytes;

use crate::session::Session;
use crate::trouble::{Trouble, TroubleKind};

/// A part of what lies in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its size, in bytes.
    pub bytes: u64,
    /// How many things it is.
    pub count: u64,
}

/// What lies in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Objects as they are now.
    pub current: Held,
    /// Versions that were overwritten or deleted, and are still there.
    pub noncurrent: Held,
    /// Uploads that were begun and never finished: their parts are no objects, but are paid for.
    pub unfinished: Held,
}

impl Held {
    /// Adds a thing of that size, and returns what it added.
    fn add(&mut self, bytes: Option<i64>) -> u64 {
        let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
        let bytes = bytes.unwrap_or_default();
        self.bytes = self.bytes.saturating_add(bytes);
        self.count += 1;
        bytes
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |held: Held, one: &str, many: &str| {
            let what = if held.count == 1 { one } else { many };
            format!("{} in {} {what}", Bytes(held.bytes).rounded(), held.count)
        };
        write!(
            f,
            "{}, {}, {}",
            part(self.current, "object", "objects"),
            part(self.noncurrent, "old version", "old versions"),
            part(self.unfinished, "unfinished upload", "unfinished uploads"),
        )
    }
}

impl Usage {
    /// All of it, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.current
            .bytes
            .saturating_add(self.noncurrent.bytes)
            .saturating_add(self.unfinished.bytes)
    }
}

/// Where a listing goes on: a page that names the place of the page before would have no end.
#[derive(Default, PartialEq, Eq)]
struct Place {
    key: Option<String>,
    second: Option<String>,
}

impl Place {
    /// The place of the next page.
    fn next(
        &self,
        what: &str,
        key: Option<String>,
        second: Option<String>,
    ) -> Result<Self, Trouble> {
        let next = Self { key, second };
        if next.key.is_some() && next != *self {
            return Ok(next);
        }
        let message = format!("{what}: it goes on, but the server does not say where");
        Err(Trouble::new(TroubleKind::Refused, message))
    }
}

impl Session {
    /// What lies in a bucket, page by page: versions, then unfinished uploads with their parts, each of
    /// which takes a request of its own.
    ///
    /// # Errors
    /// Whatever keeps the server from listing it.
    pub fn usage(&self, bucket: &str) -> Result<Usage, Trouble> {
        self.usage_of(bucket, |_, _| {})
    }

    /// The same, and shows each version to somebody: its key, and its size in bytes.
    ///
    /// # Errors
    /// Whatever keeps the server from listing it.
    pub fn usage_of(&self, bucket: &str, visit: impl FnMut(&str, u64)) -> Result<Usage, Trouble> {
        let mut usage = Usage::default();
        self.versions(bucket, &mut usage, visit)?;
        self.unfinished(bucket, &mut usage)?;
        Ok(usage)
    }

    fn versions(
        &self,
        bucket: &str,
        usage: &mut Usage,
        mut visit: impl FnMut(&str, u64),
    ) -> Result<(), Trouble> {
        let what = format!("listing of `{bucket}`");
        let mut place = Place::default();
        loop {
            let request = self
                .client
                .list_object_versions()
                .bucket(bucket)
                .set_key_marker(place.key.clone())
                .set_version_id_marker(place.second.clone());
            let answer = self.runtime.block_on(request.send());
            let page = answer.map_err(|error| Trouble::of(&what, &error))?;
            for version in page.versions() {
                let held = match version.is_latest() {
                    Some(false) => &mut usage.noncurrent,
                    _ => &mut usage.current,
                };
                let bytes = held.add(version.size());
                visit(version.key().unwrap_or_default(), bytes);
            }
            if page.is_truncated() != Some(true) {
                return Ok(());
            }
            place = place.next(&what, page.next_key_marker, page.next_version_id_marker)?;
        }
    }

    fn unfinished(&self, bucket: &str, usage: &mut Usage) -> Result<(), Trouble> {
        let what = format!("unfinished uploads of `{bucket}`");
        let mut place = Place::default();
        loop {
            let request = self
                .client
                .list_multipart_uploads()
                .bucket(bucket)
                .set_key_marker(place.key.clone())
                .set_upload_id_marker(place.second.clone());
            let answer = self.runtime.block_on(request.send());
            let page = answer.map_err(|error| Trouble::of(&what, &error))?;
            for upload in page.uploads() {
                let bytes = self.parts(&what, bucket, upload)?;
                usage.unfinished.add(bytes);
            }
            if page.is_truncated() != Some(true) {
                return Ok(());
            }
            place = place.next(&what, page.next_key_marker, page.next_upload_id_marker)?;
        }
    }

    /// The size of an upload's parts; none if it has been finished or removed meanwhile.
    fn parts(
        &self,
        what: &str,
        bucket: &str,
        upload: &MultipartUpload,
    ) -> Result<Option<i64>, Trouble> {
        let mut bytes = 0_i64;
        let mut place = Place::default();
        loop {
            let request = self
                .client
                .list_parts()
                .bucket(bucket)
                .set_key(upload.key.clone())
                .set_upload_id(upload.upload_id.clone())
                .set_part_number_marker(place.key.clone());
            let page = match self.runtime.block_on(request.send()) {
                Ok(page) => page,
                Err(SdkError::ServiceError(e)) if e.err().code() == Some("NoSuchUpload") => {
                    return Ok(None);
                }
                Err(error) => return Err(Trouble::of(what, &error)),
            };
            for part in page.parts() {
                bytes = bytes.saturating_add(part.size().unwrap_or_default());
            }
            if page.is_truncated() != Some(true) {
                return Ok(Some(bytes));
            }
            place = place.next(what, page.next_part_number_marker, None)?;
        }
    }
}
