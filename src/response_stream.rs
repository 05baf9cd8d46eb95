//! A response that is written bit by bit.

use crate::Error;
use miniserde::{Serialize, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Where the response of a [streaming handler](crate::Handler::streaming) goes.
///
/// It is a [`Write`]r: what is written leaves when [`flush`](Write::flush) is called, and whenever
/// 32 KiB have come together. What the caller should know before the first byte (the content type;
/// for a function URL status, headers and cookies) is said first.
///
/// An error or a panic before the first byte has left is an error like any other; after it the
/// caller has a part of the response already, and learns of the error at its end.
pub struct Stream<'a> {
    sink: &'a mut dyn Sink,
    content_type: Option<String>,
    /// What stands before the body of an HTTP response.
    prelude: Option<String>,
    buffer: Vec<u8>,
    begun: bool,
    /// A part was lost, so that what comes after it must not be sent.
    broken: bool,
}

/// Where a stream ends up: Lambda, or a terminal.
pub(crate) trait Sink {
    /// The response begins; called once, before the first chunk.
    fn begin(&mut self, content_type: &str) -> io::Result<()>;
    /// A part of the response; never empty.
    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()>;
}

const BUFFER_BYTES: usize = 32 * 1024;

const BYTES: &str = "application/octet-stream";
const HTTP: &str = "application/vnd.awslambda.http-integration-response";

/// What stands between that and the body.
const PRELUDE_END: [u8; 8] = [0; 8];

impl<'a> Stream<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink) -> Self {
        Self {
            sink,
            content_type: None,
            prelude: None,
            buffer: Vec::new(),
            begun: false,
            broken: false,
        }
    }

    /// Says what the bytes are; `application/octet-stream` else.
    ///
    /// # Errors
    /// When something was written already: `Function.StreamBegun`.
    pub fn content_type(&mut self, content_type: &str) -> Result<(), Error> {
        self.not_begun()?;
        self.content_type = Some(content_type.to_owned());
        Ok(())
    }

    /// Makes this an HTTP response, for a function URL or an API that streams: its status, its
    /// headers, and its cookies, each as it stands in a `Set-Cookie` header.
    ///
    /// # Errors
    /// When something was written already: `Function.StreamBegun`.
    pub fn http(
        &mut self,
        status_code: u16,
        headers: &[(&str, &str)],
        cookies: &[&str],
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Prelude<'a> {
            #[serde(rename = "statusCode")]
            status_code: u16,
            headers: BTreeMap<String, &'a str>,
            cookies: Vec<&'a str>,
        }
        self.not_begun()?;
        self.content_type = Some(HTTP.to_owned());
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let prelude = Prelude { status_code, headers, cookies: cookies.to_vec() };
        self.prelude = Some(json::to_string(&prelude));
        Ok(())
    }

    /// Whether something has left, so that the caller has a part of the response.
    pub(crate) fn begun(&self) -> bool {
        self.begun
    }

    /// Sends what is left, so that even an empty response has begun.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.flush()
    }

    fn not_begun(&self) -> Result<(), Error> {
        if self.begun || self.prelude.is_some() || !self.buffer.is_empty() {
            let why = "what a response is must be said once, before any of it is written";
            return Err(Error::new("Function.StreamBegun", why));
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if !self.begun {
            let begun = self.sink.begin(self.content_type.as_deref().unwrap_or(BYTES));
            self.begun = begun.is_ok();
            let sent = begun.and_then(|()| self.send_prelude());
            self.broken = sent.is_err();
            return sent;
        }
        Ok(())
    }

    /// Lambda looks for the zeros; cargo-lambda's emulator takes the first chunk for the prelude
    /// and the second for the zeros, whatever is in them.
    fn send_prelude(&mut self) -> io::Result<()> {
        let Some(prelude) = &self.prelude else { return Ok(()) };
        self.sink.chunk(prelude.as_bytes())?;
        self.sink.chunk(&PRELUDE_END)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        let (now, _) = bytes.split_at(bytes.len().min(BUFFER_BYTES));
        self.buffer.extend_from_slice(now);
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.begin()?;
        let result = self.sink.chunk(&self.buffer);
        self.buffer.clear();
        self.broken = result.is_err();
        result
    }
}

impl std::fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("begun", &self.begun).finish_non_exhaustive()
    }
}
