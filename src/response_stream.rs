//! The writer that a streaming handler gets.

use crate::Error;
use miniserde::{Serialize, json};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

/// The response of a [streaming handler](crate::Handler::streaming).
///
/// It implements [`Write`]: bytes are sent when [`flush`](Write::flush) is called, and whenever
/// 32 KiB have accumulated. The content type, or for a function URL the status, headers and
/// cookies, must be set before the first byte is written.
///
/// If the handler fails before the first byte was sent, the caller gets an error as from any other
/// handler. If it fails later, the caller has received a part of the response, and gets the error
/// at its end.
pub struct ResponseStream<'a> {
    sink: &'a mut dyn ResponseSink,
    content_type: Option<String>,
    /// Status, headers and cookies as JSON, sent before the body of an HTTP response.
    prelude: Option<String>,
    buffer: Vec<u8>,
    begun: bool,
    /// Writing a part has failed, so nothing may be sent after it.
    broken: bool,
}

/// The destination of a stream: Lambda, a terminal, or a test's buffer.
pub(crate) trait ResponseSink {
    /// Begins the response. It is called once, before the first chunk.
    fn begin(&mut self, content_type: &str) -> io::Result<()>;
    /// Sends a part of the response, which is never empty.
    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl<W: Write> ResponseSink for W {
    fn begin(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.flush()
    }
}

const BUFFER_BYTES: usize = 32 * 1024;

const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

/// The content type of a stream that begins with a prelude.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html>.
const HTTP_CONTENT_TYPE: &str = "application/vnd.awslambda.http-integration-response";

/// Separates the prelude from the body.
const PRELUDE_END: [u8; 8] = [0; 8];

/// Status, headers and cookies of an HTTP response.
#[derive(Serialize)]
struct Prelude<'a> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<&'a str>,
}

impl<'a> ResponseStream<'a> {
    /// Creates a stream that writes to any writer, to test a streaming function without Lambda.
    /// [`flush`](Write::flush) it before you look at what was written.
    ///
    /// ```
    /// use minilambda::ResponseStream;
    /// use std::io::Write;
    ///
    /// let mut written = Vec::new();
    /// let mut stream = ResponseStream::to_writer(&mut written);
    /// write!(stream, "one, two")?;
    /// stream.flush()?;
    /// assert_eq!(written, b"one, two");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// If [`http`](Self::http) was called, the output begins as Lambda expects it: with a JSON
    /// object that has `statusCode`, `headers` and `cookies`, and then eight zero bytes.
    pub fn to_writer<W: Write>(writer: &'a mut W) -> Self {
        Self::new(writer)
    }

    pub(crate) fn new(sink: &'a mut dyn ResponseSink) -> Self {
        Self {
            sink,
            content_type: None,
            prelude: None,
            buffer: Vec::new(),
            begun: false,
            broken: false,
        }
    }

    /// Sets the content type of the response, which is `application/octet-stream` otherwise.
    ///
    /// # Errors
    /// `Function.StreamBegun` if something was written already.
    pub fn content_type(&mut self, content_type: &str) -> Result<(), Error> {
        self.check_not_begun()?;
        self.content_type = Some(content_type.to_owned());
        Ok(())
    }

    /// Makes this an HTTP response, for a function URL or an API that streams: sets its status,
    /// its headers, and its cookies, each as the value of a `Set-Cookie` header.
    ///
    /// Headers of the same name, in any case, are joined with a comma
    /// ([RFC 9110 §5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)), and `Set-Cookie`
    /// headers become cookies.
    ///
    /// # Errors
    /// `Function.StreamBegun` if something was written already.
    pub fn http(
        &mut self,
        status_code: u16,
        headers: &[(&str, &str)],
        cookies: &[&str],
    ) -> Result<(), Error> {
        self.check_not_begun()?;
        let is_cookie = |name: &str| name.eq_ignore_ascii_case("set-cookie");
        let mut prelude =
            Prelude { status_code, headers: BTreeMap::new(), cookies: cookies.to_vec() };
        for (name, value) in headers {
            if is_cookie(name) {
                prelude.cookies.push(value);
            } else {
                add_header(&mut prelude.headers, name, value);
            }
        }
        self.content_type = Some(HTTP_CONTENT_TYPE.to_owned());
        self.prelude = Some(json::to_string(&prelude));
        Ok(())
    }

    /// Whether something was sent, so that the caller has a part of the response.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Forgets what was written and set, unless a part of the response was sent.
    pub(crate) fn discard_unsent(&mut self) {
        if !self.begun {
            self.buffer.clear();
            self.content_type = None;
            self.prelude = None;
        }
    }

    /// Sends what is left. An empty response is begun too.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.flush()
    }

    fn check_not_begun(&self) -> Result<(), Error> {
        if self.begun || self.prelude.is_some() || !self.buffer.is_empty() {
            return Err(Error::new(
                "Function.StreamBegun",
                "the content type or the HTTP status and headers of a response stream must be set \
                 once, before anything is written",
            ));
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.begun {
            return Ok(());
        }
        let begun = self.sink.begin(self.content_type.as_deref().unwrap_or(DEFAULT_CONTENT_TYPE));
        self.begun = begun.is_ok();
        let sent = begun.and_then(|()| self.send_prelude());
        self.broken = sent.is_err();
        sent
    }

    /// Lambda looks for the zeros. cargo-lambda's emulator takes the first chunk for the prelude
    /// and the second for the zeros, so they are sent as two.
    fn send_prelude(&mut self) -> io::Result<()> {
        let Some(prelude) = &self.prelude else { return Ok(()) };
        self.sink.chunk(prelude.as_bytes())?;
        self.sink.chunk(&PRELUDE_END)
    }
}

fn add_header(headers: &mut BTreeMap<String, String>, name: &str, value: &str) {
    match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, values)) => values.extend([", ", value]),
        None => drop(headers.insert(name.to_owned(), value.to_owned())),
    }
}

impl Write for ResponseStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        let (accepted, _) = bytes.split_at(bytes.len().min(BUFFER_BYTES));
        self.buffer.extend_from_slice(accepted);
        Ok(accepted.len())
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

impl fmt::Debug for ResponseStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseStream").field("begun", &self.begun).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::ResponseStream;
    use std::io::Write;

    fn http(headers: &[(&str, &str)], cookies: &[&str]) -> String {
        let mut written = Vec::new();
        let mut stream = ResponseStream::to_writer(&mut written);
        stream.http(200, headers, cookies).unwrap();
        stream.write_all(b"body").unwrap();
        stream.finish().unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn equal_headers_are_joined_and_cookies_are_kept() {
        let headers = [
            ("Set-Cookie", "session=1"),
            ("vary", "Origin"),
            ("set-cookie", "csrf=2"),
            ("Vary", "Accept"),
            ("X-One", "1"),
            ("VARY", "Cookie"),
        ];
        assert_eq!(
            http(&headers, &["first=0"]),
            "{\"statusCode\":200,\"headers\":{\"X-One\":\"1\",\"vary\":\"Origin, Accept, Cookie\"},\
             \"cookies\":[\"first=0\",\"session=1\",\"csrf=2\"]}\0\0\0\0\0\0\0\0body"
        );
    }

    #[test]
    fn a_failed_write_is_the_last() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0 += 1;
                if self.0 == 2 {
                    Err(std::io::ErrorKind::StorageFull.into())
                } else {
                    Ok(bytes.len())
                }
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut full = Full(0);
        let mut stream = ResponseStream::to_writer(&mut full);
        for (part, is_ok) in [(b"1", true), (b"2", false), (b"3", false)] {
            stream.write_all(part).unwrap();
            assert_eq!(stream.flush().is_ok(), is_ok);
        }
        assert_eq!(full.0, 2);
    }
}
