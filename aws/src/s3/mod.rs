//! Objects of Amazon S3.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::s3::Bucket;
//! use std::time::Duration;
//!
//! fn copy(key: &str) -> Result<String, Error> {
//!     let photos = Bucket::new("photos");
//!     let photo = photos.get(key)?;
//!     let copy = format!("copies/{key}");
//!     photos.upload(&copy).content_type("image/jpeg").bytes(&photo.body)?;
//!     photos.presigned_get(&copy, Duration::from_secs(600))
//! }
//! ```
//!
//! Keys are written as they are, with spaces, slashes and any other character. See
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/>.

mod list;
mod upload;

use crate::credentials;
use crate::endpoint::{self, Endpoint};
use crate::http::{Payload, Response};
use crate::retry::{Deadline, Outgoing, signing_time};
use crate::sign::{self, Signable, UNSIGNED_PAYLOAD, encode_path};
use minilambda::{Context, Error};
use std::io::Write;
use std::ops::Range;
use std::time::Duration;

pub use list::{Page, Summary};
pub use upload::Upload;

/// A bucket.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Bucket<'a> {
    name: &'a str,
    deadline: Deadline,
}

/// The properties of an object, or of its range.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Head {
    /// The length of the object, or of the range that was asked for, in bytes.
    pub length: u64,
    /// The content type.
    pub content_type: String,
    /// The entity tag, in quotes.
    pub etag: String,
    /// The time of the last change, as HTTP writes it.
    pub last_modified: String,
    /// The version, in a bucket with versions.
    pub version: Option<String>,
    /// The metadata of the user, without `x-amz-meta-`.
    pub metadata: Vec<(String, String)>,
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// The object's bytes, or those of the range.
    pub body: Vec<u8>,
    /// The object's properties.
    pub head: Head,
}

impl<'a> Bucket<'a> {
    /// A bucket of this name, in the region of the function.
    pub fn new(name: &'a str) -> Self {
        Self { name, deadline: Deadline::default() }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { deadline: Deadline::of(context), ..self }
    }

    /// Reads an object into memory.
    ///
    /// # Errors
    /// `NoSuchKey`, or others of the service or of this crate; see the [crate].
    pub fn get(&self, key: &str) -> Result<Object, Error> {
        self.read(key, None, None)
    }

    /// Reads a range of an object's bytes into memory.
    ///
    /// # Errors
    /// Those of [`get`](Self::get); `InvalidRange` if the object is shorter than the start.
    pub fn get_range(&self, key: &str, range: Range<u64>) -> Result<Object, Error> {
        self.read(key, Some(range), None)
    }

    /// Writes an object to a writer as it comes.
    ///
    /// # Errors
    /// Those of [`get`](Self::get). A part of the object may have been written: the request is not
    /// repeated after that.
    pub fn get_to(&self, key: &str, writer: &mut dyn Write) -> Result<Head, Error> {
        self.read(key, None, Some(writer)).map(|object| object.head)
    }

    fn read(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        into: Option<&mut dyn Write>,
    ) -> Result<Object, Error> {
        let mut outgoing = self.outgoing("GetObject", "GET", key)?;
        if let Some(range) = range {
            let last = range.end.saturating_sub(1);
            outgoing.headers.push(("range".to_owned(), format!("bytes={}-{last}", range.start)));
        }
        let response = outgoing.send(into)?;
        Ok(Object { head: Head::of(&response), body: response.body })
    }

    /// Reads the properties of an object.
    ///
    /// # Errors
    /// `NotFound`, or others of the service or of this crate.
    pub fn head(&self, key: &str) -> Result<Head, Error> {
        let response = self.outgoing("HeadObject", "HEAD", key)?.send(None)?;
        Ok(Head::of(&response))
    }

    /// Writes an object. S3 checks the bytes that arrive by their SHA-256.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn put(&self, key: &str, body: impl AsRef<[u8]>) -> Result<Head, Error> {
        self.upload(key).bytes(body.as_ref())
    }

    /// Begins to write an object, with a content type and metadata.
    pub fn upload(&self, key: &'a str) -> Upload<'a>
    where
        Self: 'a,
    {
        Upload { bucket: *self, key, headers: Vec::new() }
    }

    /// Deletes an object, if it is there.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        self.outgoing("DeleteObject", "DELETE", key)?.send(None).map(drop)
    }

    /// Returns a URL with which anybody can read an object for a while, at most seven days.
    ///
    /// # Errors
    /// If there are no credentials or no region.
    pub fn presigned_get(&self, key: &str, expires: Duration) -> Result<String, Error> {
        self.presigned("GET", key, expires)
    }

    /// Returns a URL with which anybody can write an object for a while, at most seven days.
    ///
    /// # Errors
    /// If there are no credentials or no region.
    pub fn presigned_put(&self, key: &str, expires: Duration) -> Result<String, Error> {
        self.presigned("PUT", key, expires)
    }

    fn presigned(&self, method: &str, key: &str, expires: Duration) -> Result<String, Error> {
        let region = endpoint::region()?;
        let (endpoint, path) = self.place(key, &region)?;
        let path = format!("{}{path}", endpoint.path);
        let mut signable = Signable {
            method,
            path: &path,
            query: Vec::new(),
            headers: vec![("host".to_owned(), endpoint.host.clone())],
            payload: UNSIGNED_PAYLOAD.to_owned(),
            service: "s3",
            region: &region,
            is_s3: true,
            time: signing_time(),
        };
        sign::presign(&mut signable, &credentials::current()?, expires.as_secs());
        let query = sign::query_text(&signable.query);
        Ok(format!("{}://{}{path}?{query}", endpoint.scheme, endpoint.host))
    }

    fn place(&self, key: &str, region: &str) -> Result<(Endpoint, String), Error> {
        Ok(place(endpoint::of_service("S3", "s3", region)?, self.name, key))
    }

    fn outgoing<'b>(
        &self,
        action: &str,
        method: &'b str,
        key: &str,
    ) -> Result<Outgoing<'b>, Error> {
        let (endpoint, path) = self.place(key, &endpoint::region()?)?;
        Ok(Outgoing {
            what: format!("S3 {action}"),
            method,
            endpoint,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            payload: Payload::Bytes(b""),
            payload_hash: sign::hash(b""),
            signing_name: "s3",
            is_s3: true,
            is_idempotent: true,
            deadline: self.deadline,
        })
    }
}

/// The endpoint and the path of a key. On AWS the bucket is a part of the host, unless its name has dots,
/// which the certificate does not match.
fn place(mut endpoint: Endpoint, bucket: &str, key: &str) -> (Endpoint, String) {
    let key = encode_path(key);
    if endpoint.is_custom || bucket.contains('.') {
        return (endpoint, format!("/{}/{key}", sign::encode(bucket)));
    }
    endpoint.host = format!("{bucket}.{}", endpoint.host);
    (endpoint, format!("/{key}"))
}

impl Head {
    fn of(response: &Response) -> Self {
        let text = |name: &str| response.header(name).unwrap_or_default().to_owned();
        let metadata = response.headers.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix("x-amz-meta-")?.to_owned(), value.clone()))
        });
        Self {
            length: response.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0),
            content_type: text("content-type"),
            etag: text("etag"),
            last_modified: text("last-modified"),
            version: response.header("x-amz-version-id").map(str::to_owned),
            metadata: metadata.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_in_the_host_or_in_the_path() {
        let endpoint = |is_custom| Endpoint {
            scheme: "https".to_owned(),
            host: "s3.eu-central-1.amazonaws.com".to_owned(),
            path: String::new(),
            is_custom,
        };
        for (is_custom, bucket, host, path) in [
            (false, "photos", "photos.s3.eu-central-1.amazonaws.com", "/a%20b/c%2B.jpg"),
            (false, "my.photos", "s3.eu-central-1.amazonaws.com", "/my.photos/a%20b/c%2B.jpg"),
            (true, "photos", "s3.eu-central-1.amazonaws.com", "/photos/a%20b/c%2B.jpg"),
        ] {
            let (endpoint, at) = place(endpoint(is_custom), bucket, "a b/c+.jpg");
            assert_eq!((&*endpoint.host, &*at), (host, path));
        }
    }
}
