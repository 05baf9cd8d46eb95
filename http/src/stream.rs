//! Responses that are sent while they are written.

use crate::request::Request;
use crate::response::Response;
use http::Method;
use minilambda::{Error, ResponseStream};
use std::io::{self, Write};

/// The response of a [`stream`](crate::stream) route. It implements [`Write`].
///
/// ```
/// use minilambda_http::{Api, BodyStream, Failure, Request, Response, stream};
/// use std::io::Write;
///
/// static API: Api = Api::new(&[stream("/numbers", numbers)]);
///
/// fn numbers(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
///     out.begin(Response::empty(200).with_header("Content-Type", "text/csv"))?;
///     for number in 1..=3 {
///         writeln!(out, "{number}")?;
///     }
///     Ok(())
/// }
///
/// assert_eq!(API.call(Request::get("/numbers")).body(), b"1\n2\n3\n");
/// ```
///
/// The response begins with the first byte that is written. If the function fails before that, even
/// after [`begin`](Self::begin), the client gets an ordinary response with the status of the
/// failure.
///
/// For HEAD the function is called too, because it knows the status and the headers.
/// [`begin`](Self::begin) returns an error then, so that `?` ends the function before it makes a
/// body.
pub struct BodyStream<'a> {
    out: &'a mut dyn Out,
    /// Adds the headers that the API adds to every response.
    finish: &'a dyn Fn(Response) -> Result<Response, Error>,
    /// The status, the headers and, until they are sent, the first part of the body.
    head: Option<Response>,
    is_sent: bool,
    /// Whether the function has written all of it.
    is_complete: bool,
    is_head_only: bool,
}

/// Where a stream goes.
pub(crate) trait Out: Write {
    /// Sends the status and the headers.
    fn head(&mut self, head: &Response) -> Result<(), Error>;
}

/// A front end, or a handler, that does not stream.
impl Out for Vec<u8> {
    fn head(&mut self, _: &Response) -> Result<(), Error> {
        Ok(())
    }
}

impl Out for ResponseStream<'_> {
    fn head(&mut self, head: &Response) -> Result<(), Error> {
        let texts: Vec<_> = head
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let headers: Vec<_> = texts.iter().map(|(name, value)| (*name, &**value)).collect();
        self.http(head.status().as_u16(), &headers, &[])
    }
}

impl std::fmt::Debug for BodyStream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyStream").field("head", &self.head).finish_non_exhaustive()
    }
}

impl<'a> BodyStream<'a> {
    pub(crate) fn new(
        out: &'a mut dyn Out,
        finish: &'a dyn Fn(Response) -> Result<Response, Error>,
        request: &Request,
    ) -> Self {
        let is_head_only = request.method() == Method::HEAD;
        Self { out, finish, head: None, is_sent: false, is_complete: false, is_head_only }
    }

    /// Begins the response with a status and headers. Its body is the first part of the response.
    /// Without this call, the status is 200 and the content type `application/octet-stream`.
    ///
    /// # Errors
    /// `Function.StreamBegun` if it has begun already, `Function.HeadOnly` if the request is HEAD,
    /// and the panic of the function [after](crate::Api::after) all routes.
    pub fn begin(&mut self, head: Response) -> Result<(), Error> {
        if self.head.is_some() {
            return Err(Error::new("Function.StreamBegun", "the response has begun already"));
        }
        self.head = Some((self.finish)(head)?.without_forbidden_body());
        if self.is_head_only { Err(head_only()) } else { Ok(()) }
    }

    /// Sends the rest. This also begins a response without a body.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.send_head()?;
        self.out.flush()?;
        self.is_complete = true;
        Ok(())
    }

    /// Whether the client has a part of the response, and its function has failed.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_sent && !self.is_complete
    }

    /// Returns the status and the headers, if [`begin`](Self::begin) was called, and whether they
    /// were sent.
    pub(crate) fn into_head(self) -> (Option<Response>, bool) {
        (self.head, self.is_sent)
    }

    fn send_head(&mut self) -> Result<(), Error> {
        if self.head.is_none() {
            self.begin(Response::bytes(200, "application/octet-stream", Vec::new()))?;
        }
        if self.is_head_only {
            return Err(head_only());
        }
        if let Some(head) = self.head.as_mut().filter(|_| !self.is_sent) {
            self.is_sent = true;
            self.out.head(head)?;
            self.out.write_all(&head.take_body())?;
        }
        Ok(())
    }

    fn begin_body(&mut self) -> io::Result<()> {
        self.send_head().map_err(|error| io::Error::other(error.message().to_owned()))
    }
}

fn head_only() -> Error {
    Error::new("Function.HeadOnly", "the request is HEAD: its response has no body")
}

/// A body that the status cannot have is dropped.
impl Write for BodyStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin_body()?;
        match &self.head {
            Some(head) if !head.can_have_body() => Ok(bytes.len()),
            _ => self.out.write(bytes),
        }
    }

    /// Sends the bytes that are still buffered.
    fn flush(&mut self) -> io::Result<()> {
        let has_first_part = self.head.as_ref().is_some_and(|head| !head.body().is_empty());
        if !self.is_sent && !has_first_part {
            return Ok(());
        }
        self.begin_body()?;
        self.out.flush()
    }
}
