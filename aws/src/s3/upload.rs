//! Objects that are written.

use super::{Action, Bucket, Head};
use crate::error::Error;
use crate::rest::Content;
use crate::sign;
use base64::Engine;
use ring::digest;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The largest object of one request.
const MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// What S3 takes for bytes whose type is not given is `binary/octet-stream`, which no registry
/// knows.
const DEFAULT_TYPE: &str = "application/octet-stream";

/// An object that is to be written, see [`Bucket::upload`].
#[must_use]
pub struct Upload<'a> {
    action: Action<'a>,
}

impl std::fmt::Debug for Upload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Upload").field("request", &self.action.request).finish()
    }
}

impl<'a> Upload<'a> {
    pub(super) fn new(bucket: &Bucket<'a>, key: &str) -> Self {
        let action = bucket.action("PutObject", "PUT", key);
        Self { action }.header("content-type", DEFAULT_TYPE)
    }

    /// Sets the content type, `application/octet-stream` if it is not set.
    pub fn content_type(self, content_type: &str) -> Self {
        self.header("content-type", content_type)
    }

    /// Adds metadata: a name, and a value in ASCII. Of equal names the last counts.
    pub fn metadata(self, name: &str, value: &str) -> Self {
        let header = if name.is_empty() { String::new() } else { format!("x-amz-meta-{name}") };
        self.header(&header, value)
    }

    /// Sets a header, such as `cache-control` or `if-none-match`. Of equal names the last counts.
    pub fn header(self, name: &str, value: &str) -> Self {
        let Action { request, bucket } = self.action;
        Self { action: Action { request: request.header(name, value), bucket } }
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn bytes(self, bytes: &[u8]) -> Result<Head, Error> {
        let hash = digest::digest(&digest::SHA256, bytes);
        let Action { request, bucket } = self.action;
        let request = request.content(Content::Bytes(Cow::Borrowed(bytes)));
        send(Action { request, bucket }, hash.as_ref(), bytes.len() as u64)
    }

    /// Writes a file of at most 5 GB. It is read twice: for the checksum, and to send it.
    ///
    /// # Errors
    /// Those of the service or of this crate, or if the file cannot be read, or changes meanwhile.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Head, Error> {
        let path = path.as_ref();
        let (hash, length) = hash_file(path).map_err(|error| {
            Error::invalid(format!("cannot read {}: {error}", path.display()))
                .of_request("S3 PutObject")
        })?;
        let Action { request, bucket } = self.action;
        let content = Content::File { path, length, hash: sign::hex(hash.as_ref()) };
        send(Action { request: request.content(content), bucket }, hash.as_ref(), length)
    }
}

fn send(action: Action, hash: &[u8], length: u64) -> Result<Head, Error> {
    let checksum = base64::engine::general_purpose::STANDARD.encode(hash);
    let Action { request, bucket } = action;
    let request = request.header("x-amz-checksum-sha256", &checksum);
    let response = Action { request, bucket }.send(None)?;
    Ok(Head { length, ..Head::from_response(&response) })
}

fn hash_file(path: &Path) -> io::Result<(digest::Digest, u64)> {
    // Before it is opened: opening a pipe waits for somebody who writes.
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut file = File::open(path)?;
    let too_large = || io::Error::other("it has more than 5 GB, which S3 takes in parts only");
    if about.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut context = digest::Context::new(&digest::SHA256);
    let mut bytes = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        let count = file.read(&mut bytes)?;
        if count == 0 {
            break;
        }
        context.update(bytes.get(..count).unwrap_or_default());
        length += count as u64;
        if length > MAX_BYTES {
            return Err(too_large()); // it grows
        }
    }
    Ok((context.finish(), length))
}
