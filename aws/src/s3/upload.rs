//! Objects that are written.

use super::{Bucket, Head};
use crate::http::Payload;
use crate::retry::Outgoing;
use crate::sign;
use base64::Engine;
use minilambda::Error;
use ring::digest;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// An object that is to be written, see [`Bucket::upload`].
#[must_use]
pub struct Upload<'a> {
    pub(super) bucket: Bucket<'a>,
    pub(super) key: &'a str,
    pub(super) headers: Vec<(String, String)>,
}

impl Upload<'_> {
    /// Sets the content type, `application/octet-stream` if it is not set.
    pub fn content_type(self, content_type: &str) -> Self {
        self.header("content-type", content_type)
    }

    /// Adds metadata: a name, and a value in ASCII.
    pub fn metadata(self, name: &str, value: &str) -> Self {
        self.header(&format!("x-amz-meta-{}", name.to_ascii_lowercase()), value)
    }

    /// Sets a header, such as `cache-control` or `if-none-match`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn bytes(self, bytes: &[u8]) -> Result<Head, Error> {
        let hash = digest::digest(&digest::SHA256, bytes);
        self.send(Payload::Bytes(bytes), hash.as_ref(), bytes.len() as u64)
    }

    /// Writes a file of at most 5 GB. It is read twice: for the checksum, and to send it.
    ///
    /// # Errors
    /// Those of the service or of this crate, or if the file cannot be read.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Head, Error> {
        let path = path.as_ref();
        let (hash, length) = hash_file(path).map_err(|error| {
            Error::new("Aws.InvalidRequest", format!("cannot read {}: {error}", path.display()))
        })?;
        self.send(Payload::File(path, length), hash.as_ref(), length)
    }

    fn send(self, payload: Payload, hash: &[u8], length: u64) -> Result<Head, Error> {
        let mut outgoing =
            Outgoing { payload, ..self.bucket.outgoing("PutObject", "PUT", self.key)? };
        outgoing.payload_hash = sign::hex(hash);
        outgoing.headers = self.headers;
        // A condition does not hold any more after a response that was lost.
        outgoing.is_idempotent = !outgoing.headers.iter().any(|(name, _)| name.starts_with("if-"));
        let mut add = |name: &str, value: String| outgoing.headers.push((name.to_owned(), value));
        let checksum = base64::engine::general_purpose::STANDARD.encode(hash);
        add("x-amz-checksum-sha256", checksum);
        let response = outgoing.send(None)?;
        Ok(Head { length, ..Head::of(&response) })
    }
}

fn hash_file(path: &Path) -> std::io::Result<(digest::Digest, u64)> {
    let mut file = File::open(path)?;
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
    }
    Ok((context.finish(), length))
}
