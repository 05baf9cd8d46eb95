//! Responses that are sent while they are written.

use crate::Response;
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
pub struct BodyStream<'a> {
    out: &'a mut dyn Out,
    /// Adds the headers that the API adds to every response.
    finish: &'a dyn Fn(Response) -> Response,
    head: Option<Response>,
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
    pub(crate) fn new(out: &'a mut dyn Out, finish: &'a dyn Fn(Response) -> Response) -> Self {
        Self { out, finish, head: None }
    }

    /// Begins the response with a status and headers. Its body is the first part of the response.
    /// Without this call, the status is 200 and the content type `application/octet-stream`.
    ///
    /// # Errors
    /// `Function.StreamBegun` if it has begun already.
    pub fn begin(&mut self, head: Response) -> Result<(), Error> {
        if self.head.is_some() {
            return Err(Error::new("Function.StreamBegun", "the response has begun already"));
        }
        let head = (self.finish)(head);
        self.out.head(&head)?;
        let body = head.body().to_vec();
        self.head = Some(head.with_body(Vec::new()));
        self.out.write_all(&body)?;
        Ok(())
    }

    /// Returns the status and the headers, if the response has begun.
    pub(crate) fn into_head(self) -> Option<Response> {
        self.head
    }

    fn begin_by_default(&mut self) -> io::Result<()> {
        if self.head.is_some() {
            return Ok(());
        }
        let head = Response::bytes(200, "application/octet-stream", Vec::new());
        self.begin(head).map_err(|error| io::Error::other(error.message().to_owned()))
    }
}

impl Write for BodyStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin_by_default()?;
        self.out.write(bytes)
    }

    /// Sends what was written.
    fn flush(&mut self) -> io::Result<()> {
        self.begin_by_default()?;
        self.out.flush()
    }
}
