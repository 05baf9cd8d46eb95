//! Requests of services with paths.

use crate::attempts::{self, MAX_ATTEMPTS};
use crate::client::{Client, Place};
use crate::error::Error;
use crate::http::Body;
use crate::request::{self, Headers};
use crate::response::Response;
use crate::service::Protocol;
use crate::sign;
use crate::url::{encode, encode_literal, encode_path, has_dots_or_gaps};
use minilambda::ToJson;
use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::path::Path;

/// A request of a REST service.
#[derive(Clone)]
#[must_use]
pub struct Request<'a> {
    client: Client<'a>,
    method: &'a str,
    /// Percent-encoded.
    path: String,
    /// For errors: the path without what may come from an event.
    label: String,
    query: Vec<(String, String)>,
    headers: Headers,
    body: Content<'a>,
    is_repeatable: bool,
    /// The bucket, which becomes a part of the host or of the path.
    bucket: Option<&'a str>,
    /// The first mistake, which [`send`](Self::send) reports.
    problem: Option<Error>,
}

/// The body of a request, and its hash if it is known.
#[derive(Clone)]
pub(crate) enum Content<'a> {
    Bytes(Cow<'a, [u8]>),
    /// With their hash.
    Hashed(&'a [u8], String),
    File {
        path: &'a Path,
        length: u64,
        hash: String,
    },
}

/// Without the values, which may come from an event.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Request").field("what", &self.what()).finish_non_exhaustive()
    }
}

impl<'a> Client<'a> {
    /// Begins a request of a REST service. The path is not encoded: it begins with a slash, and
    /// [`Request::segment`] adds what comes from outside.
    pub fn request(&self, method: &'a str, path: &str) -> Request<'a> {
        let is_s3 = self.service().signing_name == "s3";
        let encoded = if is_s3 { encode_path(path) } else { encode_literal(path) };
        let request = Request::new(self.clone(), method, encoded, path.to_owned());
        if !path.starts_with('/') {
            return request.refused("the path does not begin with a slash");
        }
        if has_dots_or_gaps(path) {
            return request.refused("the path has an empty segment or one of dots");
        }
        request
    }
}

impl<'a> Request<'a> {
    /// A request of an encoded path.
    pub(crate) fn new(client: Client<'a>, method: &'a str, path: String, label: String) -> Self {
        let is_repeatable = matches!(method, "GET" | "HEAD" | "PUT" | "DELETE");
        let request = Self {
            client,
            method,
            path,
            label,
            query: Vec::new(),
            headers: Headers::default(),
            body: Content::Bytes(Cow::Borrowed(b"")),
            is_repeatable,
            bucket: None,
            problem: None,
        };
        if !matches!(request.client.service().protocol, Protocol::Rest) {
            return request.refused("the service has no paths: use `call` or `call_form`");
        }
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_method {
            request
        } else {
            request.refused("the method is no word in capital letters")
        }
    }

    /// Says that the request may be sent twice, whatever its method, unless it has a condition.
    pub(crate) fn repeatable(self) -> Self {
        Self { is_repeatable: true, ..self }
    }

    pub(crate) fn refused(self, reason: &str) -> Self {
        self.failed(Error::invalid(reason))
    }

    pub(crate) fn failed(mut self, error: Error) -> Self {
        self.problem.get_or_insert(error);
        self
    }

    /// Sets what is after the bucket, encoded.
    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.path = format!("/{key}");
        self
    }

    /// Sets the bucket, whose name has been checked.
    pub(crate) fn of_bucket(self, name: &'a str) -> Self {
        Self { bucket: Some(name), ..self }
    }

    /// Adds a segment to the path. Slashes in it are encoded. One that is empty, `.` or `..` would
    /// make another path of it, and is an error of [`send`](Self::send).
    pub fn segment(mut self, segment: &str) -> Self {
        if matches!(segment, "" | "." | "..") {
            return self.refused("a segment of the path is empty or consists of dots");
        }
        if !self.path.ends_with('/') {
            self.path.push('/');
        }
        self.path.push_str(&encode(segment));
        self.label.push_str("/*");
        self
    }

    /// Adds segments that are known, with a slash before each.
    pub(crate) fn then(mut self, segments: &str) -> Self {
        self.path.push_str(segments);
        self.label.push_str(segments);
        self
    }

    /// Adds a parameter of the query.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a header, in place of an earlier one with the name. Those that the signature or the
    /// connection needs, such as `host`, are set by this crate and are an error of
    /// [`send`](Self::send).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match self.headers.set(name, value) {
            Ok(()) => self,
            Err(error) => self.failed(error),
        }
    }

    /// Sets the body.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        self.content(Content::Bytes(Cow::Owned(body.into())))
    }

    pub(crate) fn content(self, body: Content<'a>) -> Self {
        Self { body, ..self }
    }

    /// Sets the body and its content type.
    pub fn json<T: ToJson + ?Sized>(self, body: &T) -> Self {
        match body.to_json(Vec::new()) {
            Ok(body) => self.header("content-type", "application/json").body(body),
            Err(error) => self.failed(Error::invalid(error.message())),
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub fn send(&self) -> Result<Response, Error> {
        self.send_to(self.place_in(None)?, None, &mut MAX_ATTEMPTS.clone())
    }

    /// Returns the region and the endpoint, of another region if one is given.
    pub(crate) fn place_in(&self, region: Option<&str>) -> Result<Place, Error> {
        let place = match region {
            Some(region) => self.client.clone().region(region).place(),
            None => self.client.place(),
        };
        place.map_err(|error| error.of_request(&self.what()))
    }

    fn what(&self) -> String {
        let id = self.client.service().id;
        if id == "S3" {
            format!("S3 {}", self.label)
        } else {
            format!("{id} {} {}", self.method, self.label)
        }
    }

    pub(crate) fn send_to(
        &self,
        place: Place,
        into: Option<&mut dyn Write>,
        attempts_left: &mut u32,
    ) -> Result<Response, Error> {
        let request = self.filled(place)?;
        let keys = self.client.keys(&request.region);
        attempts::send_counted(&request, &keys, into, attempts_left)
    }

    /// Fills the request for an endpoint.
    pub(crate) fn filled(&self, place: Place) -> Result<request::Request<'_>, Error> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone().of_request(&self.what()));
        }
        let (body, hash) = match &self.body {
            Content::Bytes(bytes) => (Body::Bytes(bytes), sign::hash(bytes)),
            Content::Hashed(bytes, hash) => (Body::Bytes(bytes), hash.clone()),
            Content::File { path, length, hash } => (Body::File(path, *length), hash.clone()),
        };
        let bytes = if let Content::Bytes(bytes) = &self.body { &**bytes } else { b"" };
        let mut url = place.endpoint;
        match self.bucket {
            // On AWS the bucket is a part of the host, unless its name has dots, which the
            // certificate does not match.
            Some(bucket) if !place.is_custom && !bucket.contains('.') => {
                url.host = format!("{bucket}.{}", url.host);
            }
            Some(bucket) => url.path.extend(["/", bucket]),
            None => {}
        }
        url.path.push_str(&self.path);
        url.query.clone_from(&self.query);
        // A condition does not hold any more after a response that was lost.
        let is_conditional = self.headers.has(|name| name.starts_with("if-"));
        let is_read = matches!(self.method, "GET" | "HEAD");
        Ok(request::Request {
            what: self.what(),
            method: self.method,
            url,
            headers: self.headers.clone(),
            body,
            hash,
            secret: String::new(),
            service: self.client.service().signing_name,
            region: place.region,
            is_repeatable: self
                .client
                .is_repeatable(self.is_repeatable && (is_read || !is_conditional)),
            limits: self.client.limits(self.client.wait(|end| self.path.ends_with(end), bytes)),
        })
    }
}
