//! Objects that are written.

use super::objects::{checksum, with_checksum};
use super::{Action, Bucket, Head};
use crate::error::Error;
use crate::rest::Content;
use crate::sign;
use crate::url::query_text;
use ring::digest;
use std::time::Duration;

/// The size of a part, if it is not set.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// How many parts are sent at once, if it is not set.
const PARTS_AT_ONCE: usize = 4;

/// What S3 takes for bytes whose type is not given is `binary/octet-stream`, which no registry
/// knows.
const DEFAULT_TYPE: &str = "application/octet-stream";

/// An object that is to be written, see [`Bucket::upload`].
#[derive(Clone)]
#[must_use]
pub struct Upload<'a> {
    pub(super) bucket: &'a Bucket<'a>,
    pub(super) key: &'a str,
    /// As they were set: the request checks them, and takes the last of equal names.
    pub(super) headers: Vec<(String, String)>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) part_bytes: usize,
    pub(super) parts_at_once: usize,
}

/// Without the key and the metadata, which may come from an event.
impl std::fmt::Debug for Upload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Upload").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl<'a> Upload<'a> {
    pub(super) fn new(bucket: &'a Bucket<'a>, key: &'a str) -> Self {
        Self {
            bucket,
            key,
            headers: Vec::new(),
            tags: Vec::new(),
            part_bytes: PART_BYTES,
            parts_at_once: PARTS_AT_ONCE,
        }
    }

    /// Sets the content type, `application/octet-stream` if it is not set.
    pub fn content_type(self, content_type: &str) -> Self {
        self.header("content-type", content_type)
    }

    /// Adds metadata: a name, and a value in ASCII. Of equal names the last counts.
    pub fn metadata(self, name: &str, value: &str) -> Self {
        self.header(&format!("x-amz-meta-{name}"), value)
    }

    /// Adds a tag; at most ten.
    pub fn tag(mut self, name: &str, value: &str) -> Self {
        self.tags.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes the object only if there is none with the key. Otherwise the error
    /// [`is_condition_failed`](crate::Error::is_condition_failed).
    pub fn if_absent(self) -> Self {
        self.header("if-none-match", "*")
    }

    /// Writes the object only in place of the one with this entity tag.
    pub fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    /// Sets a header, such as `cache-control`. Of equal names the last counts.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn bytes(self, bytes: impl AsRef<[u8]>) -> Result<Head, Error> {
        self.hashed(bytes.as_ref())
    }

    fn hashed(self, bytes: &[u8]) -> Result<Head, Error> {
        let hash = digest::digest(&digest::SHA256, bytes);
        let content = Content::Hashed(bytes, sign::hex(hash.as_ref()));
        send(self.put(), content, hash.as_ref(), bytes.len() as u64)
    }

    /// Returns a URL with which anybody can write the object for a while, as
    /// [`Bucket::presigned_get`] does. The headers that are set have to be sent with it.
    ///
    /// # Errors
    /// If there are no credentials or no region.
    pub fn presigned(self, expires: Duration) -> Result<String, Error> {
        self.bucket.presigned(self.with_headers("a presigned URL", "PUT", |_| true), expires)
    }

    pub(super) fn put(&self) -> Action<'a> {
        self.typed("PutObject", "PUT", |_| true)
    }

    /// A request that makes the object, with its content type.
    pub(super) fn typed(
        &self,
        name: &str,
        method: &'a str,
        is_taken: impl Fn(&str) -> bool,
    ) -> Action<'a> {
        let mut action = self.with_headers(name, method, is_taken);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            action.request = action.request.header("content-type", DEFAULT_TYPE);
        }
        action
    }

    /// A request with those of the headers that are taken, by their names in lower case.
    pub(super) fn with_headers(
        &self,
        name: &str,
        method: &'a str,
        is_taken: impl Fn(&str) -> bool,
    ) -> Action<'a> {
        let Action { mut request, bucket } = self.bucket.action(name, method, self.key);
        for (name, value) in &self.headers {
            if is_taken(&name.to_ascii_lowercase()) {
                request = request.header(name, value);
            }
        }
        if !self.tags.is_empty() && is_taken("x-amz-tagging") {
            request = request.header("x-amz-tagging", &query_text(&self.tags));
        }
        Action { request, bucket }
    }
}

pub(super) fn send(
    action: Action,
    content: Content,
    hash: &[u8],
    length: u64,
) -> Result<Head, Error> {
    let Action { request, bucket } = action;
    let request = with_checksum(request.content(content), &checksum(hash));
    let response = Action { request, bucket }.send(None)?;
    Ok(Head { length, ..Head::from_response(&response) })
}
