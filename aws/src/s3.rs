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

use crate::credentials;
use crate::endpoint::{self, Endpoint};
use crate::http::{Payload, Response};
use crate::retry::{Deadline, Outgoing, signing_time};
use crate::sign::{self, Signable, UNSIGNED_PAYLOAD, encode_path};
use crate::xml::Xml;
use base64::Engine;
use minilambda::{Context, Error};
use ring::digest;
use std::fs::File;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

/// A bucket.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Bucket<'a> {
    name: &'a str,
    deadline: Deadline,
}

/// What S3 says about an object.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Head {
    /// The length of the object, or of the range that was asked for, in bytes.
    pub length: u64,
    /// The content type.
    pub content_type: String,
    /// The entity tag, in quotes.
    pub etag: String,
    /// When it was changed, as HTTP writes it.
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
    /// What S3 says about it.
    pub head: Head,
}

/// An object in a list.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The key.
    pub key: String,
    /// The length in bytes.
    pub length: u64,
    /// The entity tag, in quotes.
    pub etag: String,
    /// When it was changed, in RFC 3339.
    pub last_modified: String,
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// The objects, at most 1,000.
    pub objects: Vec<Summary>,
    /// The token of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// An object that is to be written, see [`Bucket::upload`].
#[must_use]
pub struct Upload<'a> {
    bucket: Bucket<'a>,
    key: &'a str,
    headers: Vec<(String, String)>,
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
    /// `NoSuchKey`, or others of the service or of this crate; see the [crate](crate).
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

    /// Asks what S3 says about an object.
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

    /// Lists all objects whose keys begin with a prefix, in the order of their keys.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn list(&self, prefix: &str) -> Result<Vec<Summary>, Error> {
        let mut objects = Vec::new();
        let mut token = None;
        loop {
            let mut page = self.list_page(prefix, token.as_deref())?;
            objects.append(&mut page.objects);
            token = page.next;
            if token.is_none() {
                return Ok(objects);
            }
        }
    }

    /// Lists one page of objects, after the one that has returned this token.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn list_page(&self, prefix: &str, token: Option<&str>) -> Result<Page, Error> {
        let mut outgoing = self.outgoing("ListObjectsV2", "GET", "")?;
        let mut add = |name: &str, value: &str| {
            outgoing.query.push((name.to_owned(), value.to_owned()));
        };
        add("list-type", "2");
        add("encoding-type", "url"); // or keys with control characters would not be XML
        add("prefix", prefix);
        if let Some(token) = token {
            add("continuation-token", token);
        }
        let response = outgoing.send(None)?;
        let xml = Xml::new(String::from_utf8_lossy(&response.body));
        let objects = xml.all("Contents");
        Ok(Page {
            objects: objects.iter().map(Summary::of).collect(),
            next: xml.get("NextContinuationToken").filter(|token| !token.is_empty()),
        })
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

impl Summary {
    fn of(xml: &Xml) -> Self {
        let text = |name: &str| xml.get(name).unwrap_or_default();
        // A plus is a space in S3's encoding of keys.
        let key = text("Key").replace('+', " ");
        Self {
            key: percent_encoding::percent_decode_str(&key).decode_utf8_lossy().into_owned(),
            length: text("Size").parse().unwrap_or(0),
            etag: text("ETag"),
            last_modified: text("LastModified"),
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

    #[test]
    fn keys_of_lists_are_decoded() {
        let xml = Xml::new("<Key>a+b%2Bc/%C3%A9</Key><Size>7</Size><ETag>&quot;x&quot;</ETag>");
        let summary = Summary::of(&xml);
        assert_eq!((&*summary.key, summary.length, &*summary.etag), ("a b+c/é", 7, "\"x\""));
    }
}
