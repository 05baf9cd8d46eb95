//! Objects of Amazon S3.
//!
//! ```no_run
//! use minilambda_aws::Error;
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
//! Keys are written as they are, with spaces, slashes and any other character. A key that is empty
//! would name the bucket itself, and is refused before anything is sent. A bucket of another region
//! is found by what S3 says of it, once. See <https://docs.aws.amazon.com/AmazonS3/latest/API/>.

mod download;
mod list;
mod names;
mod objects;
mod parts;
mod reader;
mod region;
mod upload;

use crate::catalog::S3;
use crate::client::Client;
use crate::error::Error;
use crate::response::Response;
use crate::rest::Request;
use crate::signer;
use crate::url::encode_path;
use minilambda::Context;
use std::ops::Range;
use std::time::Duration;

pub use list::{List, Page, Pages, Summary};
pub use reader::Reader;
pub use upload::Upload;

/// A bucket.
#[derive(Clone, Debug)]
#[must_use]
pub struct Bucket<'a> {
    name: &'a str,
    client: Client<'a>,
    version: Option<&'a str>,
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

/// A request about a bucket or an object.
pub(crate) struct Action<'a> {
    request: Request<'a>,
    bucket: &'a str,
}

impl<'a> Bucket<'a> {
    /// A bucket of this name, in the region of the function.
    pub fn new(name: &'a str) -> Self {
        Self { name, client: S3.client(), version: None }
    }

    /// Uses a client with other choices, such as `S3.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Reads and deletes this version of an object, in a bucket with versions.
    pub fn version(self, id: &'a str) -> Self {
        Self { version: Some(id), ..self }
    }

    /// Reads an object into memory, 64 MB at most: see
    /// [`Client::max_response_bytes`](crate::Client::max_response_bytes).
    ///
    /// # Errors
    /// `NoSuchKey`, or others of the service or of this crate; see the [crate].
    pub fn get(&self, key: &str) -> Result<Object, Error> {
        let response = self.action("GetObject", "GET", key).send(None)?;
        check_object(&response)?;
        Ok(Object::from_response(response))
    }

    /// Reads a range of an object's bytes into memory: all of it, or to the object's end. An empty
    /// range is refused.
    ///
    /// # Errors
    /// Those of [`get`](Self::get); `InvalidRange` if the object is shorter than the start.
    pub fn get_range(&self, key: &str, range: Range<u64>) -> Result<Object, Error> {
        self.range(key, range, None)
    }

    /// Reads a range, of the object with an entity tag if one is given.
    fn range(&self, key: &str, range: Range<u64>, etag: Option<&str>) -> Result<Object, Error> {
        let what = "S3 GetObject";
        if range.is_empty() {
            let reason = format!("the range {}..{} is empty", range.start, range.end);
            return Err(Error::invalid(reason).of_request(what));
        }
        let last = if range.end == u64::MAX { String::new() } else { (range.end - 1).to_string() };
        let mut action = self.action("GetObject", "GET", key);
        action.request = action.request.header("range", &format!("bytes={}-{last}", range.start));
        if let Some(etag) = etag {
            action.request = action.request.header("if-match", etag);
        }
        let response = action.send(None)?;
        let found = response.header("content-range").and_then(content_range);
        let is_whole = found.is_some_and(|(first, last, total)| {
            let is_end = match total {
                Some(total) => last.checked_add(1) == Some(total),
                None => range.end == u64::MAX, // where it ends is known to the service only
            } || last.checked_add(1) == Some(range.end);
            let count = last.checked_sub(first).and_then(|count| count.checked_add(1));
            first == range.start
                && last < range.end
                && is_end
                && count == Some(response.body.len() as u64)
        });
        if response.status != 206 || !is_whole {
            let reason = "the service has not sent the range, but the whole object or another part";
            return Err(Error::invalid_response(reason).of_request(what));
        }
        // Other services than S3 may ignore the condition.
        let found = response.header("etag");
        if etag.is_some() && found.is_some() && found != etag {
            let reason = "the object was changed while it was read: open it again";
            return Err(Error::invalid_response(reason).of_request(what));
        }
        Ok(Object::from_response(response))
    }

    /// Reads the properties of an object.
    ///
    /// # Errors
    /// `NotFound`, or others of the service or of this crate.
    pub fn head(&self, key: &str) -> Result<Head, Error> {
        let response = self.action("HeadObject", "HEAD", key).send(None)?;
        let is_known =
            response.header("content-length").is_some_and(|it| it.parse::<u64>().is_ok());
        if response.status == 200 && is_known {
            return Ok(Head::from_response(&response));
        }
        // Without a length the object would be an empty one.
        let reason =
            format!("expected the length of an object, found none (status {})", response.status);
        Err(Error::invalid_response(reason).of_request("S3 HeadObject"))
    }

    /// Writes an object. S3 checks the bytes that arrive by their SHA-256.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn put(&self, key: &str, body: impl AsRef<[u8]>) -> Result<Head, Error> {
        self.upload(key).bytes(body.as_ref())
    }

    /// Begins to write an object, with a content type and metadata.
    pub fn upload<'b>(&'b self, key: &'b str) -> Upload<'b> {
        Upload::new(self, key)
    }

    /// Deletes an object, if it is there.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        self.action("DeleteObject", "DELETE", key).send(None).map(drop)
    }

    /// Begins any other request about an object, such as a change of its storage class:
    ///
    /// ```no_run
    /// # use minilambda_aws::s3::Bucket;
    /// let change = Bucket::new("photos").request("PUT", "a.jpg");
    /// let change = change.header("x-amz-copy-source", "photos/a.jpg");
    /// change.header("x-amz-storage-class", "GLACIER").send()?;
    /// # Ok::<(), minilambda_aws::Error>(())
    /// ```
    ///
    /// Unlike the actions that have a function here, it is sent to the region of the client only:
    /// see [`client`](Self::client).
    pub fn request(&self, method: &'a str, key: &str) -> Request<'a> {
        self.action(method, method, key).request
    }

    /// Begins any other request about the bucket itself, such as `GET` with the query `versioning`.
    pub fn request_about_bucket(&self, method: &'a str) -> Request<'a> {
        self.about_bucket(method, method).request
    }

    /// Returns a URL with which anybody can read an object for a while, from a second to seven
    /// days, if the credentials live as long: those of a function live for some hours. It is made
    /// without a request, so the region of the [`client`](Self::client) has to be that of the
    /// bucket.
    ///
    /// # Errors
    /// If there are no credentials or no region.
    pub fn presigned_get(&self, key: &str, expires: Duration) -> Result<String, Error> {
        self.presigned(self.action("a presigned URL", "GET", key), expires)
    }

    /// Returns a URL with which anybody can write an object for a while, as
    /// [`presigned_get`](Self::presigned_get) does; see also [`Upload::presigned`].
    ///
    /// # Errors
    /// If there are no credentials or no region.
    pub fn presigned_put(&self, key: &str, expires: Duration) -> Result<String, Error> {
        self.upload(key).presigned(expires)
    }

    fn presigned(&self, action: Action, expires: Duration) -> Result<String, Error> {
        let Action { request, bucket } = action;
        let place = region::place(&request, bucket)?;
        let keys = self.client.keys(&place.region);
        signer::presigned(&request.filled(place)?, &keys, expires)
    }

    /// A request about an object. `name` is that of the action, for errors.
    fn action(&self, name: &str, method: &'a str, key: &str) -> Action<'a> {
        let mut action = self.about_bucket(name, method);
        if let Err(error) = names::check_key(key) {
            action.request = action.request.failed(error);
        }
        action.request = action.request.with_key(&encode_path(key));
        if let (Some(version), "GET" | "HEAD" | "DELETE") = (self.version, method) {
            action.request = action.request.query("versionId", version);
        }
        action
    }

    /// A request about the bucket.
    fn about_bucket(&self, name: &str, method: &'a str) -> Action<'a> {
        let request = Request::new(self.client.clone(), method, "/".to_owned(), name.to_owned());
        let request = match names::check_bucket(self.name) {
            Ok(()) => request.of_bucket(self.name),
            Err(error) => request.failed(error),
        };
        Action { request, bucket: self.name }
    }
}

/// The response of a read: 200. Without an object, such as 204, it would be taken for an empty one;
/// without a length, one that is cut off for a complete one.
fn check_object(response: &Response) -> Result<(), Error> {
    let has_end = ["content-length", "transfer-encoding"];
    let reason = if response.status != 200 {
        format!("expected an object, found the status {}", response.status)
    } else if !has_end.iter().any(|name| response.header(name).is_some()) {
        "the response has no length, so it may be cut off".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::invalid_response(reason).of_request("S3 GetObject"))
}

/// The first and the last byte of `bytes 0-9/100`, and the length of the object if it is known.
fn content_range(text: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()))
}

impl Object {
    /// The length is that of the body, which may have come in chunks.
    fn from_response(response: Response) -> Self {
        let head = Head::from_response(&response);
        Self { head: Head { length: response.body.len() as u64, ..head }, body: response.body }
    }
}

impl Head {
    fn from_response(response: &Response) -> Self {
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
