//! The client's connection, as responses are written to it: whatever a function responds, the next
//! response begins where the client expects it.

use crate::wire;
use std::io::{self, Write};
use std::net::TcpStream;

/// The headers that say where a response ends and what becomes of the connection. They are the
/// server's.
const OF_CONNECTION: [&str; 8] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The connection of one request.
pub(crate) struct Output<'a> {
    stream: &'a TcpStream,
    /// The response to HEAD has no body.
    is_head: bool,
    /// A client of HTTP/1.0 knows no chunks: the end of the connection ends the body.
    is_old: bool,
    /// Whether the chunks of the response are sent.
    has_chunks: bool,
}

/// Where a response ends, by its status.
enum Body {
    /// It has none, and no header with its length.
    None,
    /// It has none, and a length of 0 says so.
    Empty,
    Any,
}

impl<'a> Output<'a> {
    pub fn new(stream: &'a TcpStream, method: &str, is_old: bool) -> Self {
        Self { stream, is_head: method == "HEAD", is_old, has_chunks: false }
    }

    pub fn send(&mut self, status: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
        (&mut &*self.stream).write_all(&response(status, headers, body, self.is_head))
    }

    /// Begins a response whose body is sent with [`chunk`](Self::chunk) and [`end`](Self::end).
    pub fn begin(&mut self, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
        if !matches!(body_of(status), Body::Any) {
            self.has_chunks = false;
            return self.send(status, headers, b"");
        }
        self.has_chunks = !self.is_head;
        let mut headers = sendable(headers);
        let head = if self.is_old {
            headers.push(("Connection", "close"));
            wire::head(status, &headers)
        } else {
            wire::chunked_head(status, &headers)
        };
        (&mut &*self.stream).write_all(&head)
    }

    pub fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() || !self.has_chunks {
            return Ok(());
        }
        if self.is_old {
            return (&mut &*self.stream).write_all(bytes);
        }
        wire::write_chunk(&mut &*self.stream, bytes)
    }

    pub fn end(&mut self) -> io::Result<()> {
        if self.has_chunks && !self.is_old {
            return wire::write_chunk(&mut &*self.stream, b"");
        }
        Ok(())
    }
}

/// The response with its framing.
pub(super) fn response(
    status: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    is_head: bool,
) -> Vec<u8> {
    let headers = &sendable(headers);
    match body_of(status) {
        Body::None => wire::head(status, headers),
        Body::Empty => wire::response(status, headers, b""),
        Body::Any => {
            let mut response = wire::response(status, headers, body);
            if is_head {
                response.truncate(response.len() - body.len());
            }
            response
        }
    }
}

/// See [RFC 9112, 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3), and for 205
/// [RFC 9110, 15.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-15.3.6).
fn body_of(status: &str) -> Body {
    match status.get(..3) {
        Some("204" | "304") => Body::None,
        Some("205") => Body::Empty,
        Some(status) if status.starts_with('1') => Body::None,
        _ => Body::Any,
    }
}

/// The headers without those of the connection, and without those that are none.
fn sendable<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_of_connection =
        |name: &str| OF_CONNECTION.iter().any(|other| name.eq_ignore_ascii_case(other));
    let is_sendable =
        |(name, value): &&(&str, &str)| wire::is_header(name, value) && !is_of_connection(name);
    headers.iter().filter(is_sendable).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    /// Returns what a client receives.
    fn sent(method: &str, is_old: bool, write: impl Fn(&mut Output) -> io::Result<()>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        write(&mut Output::new(&server, method, is_old)).unwrap();
        drop(server);
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_status_without_a_body_has_none() {
        for (method, status, end) in [
            ("GET", "200 OK", "Content-Length: 4\r\n\r\nbody"),
            ("HEAD", "200 OK", "Content-Length: 4\r\n\r\n"),
            ("GET", "204 No Content", "a: b\r\n\r\n"),
            ("GET", "205 Reset Content", "Content-Length: 0\r\n\r\n"),
            ("GET", "304 Not Modified", "a: b\r\n\r\n"),
            ("HEAD", "304 Not Modified", "a: b\r\n\r\n"),
        ] {
            let text = sent(method, false, |out| out.send(status, &[("a", "b")], b"body"));
            assert_eq!(
                text,
                format!("HTTP/1.1 {status}\r\na: b\r\n{}", end.replace("a: b\r\n", ""))
            );
        }
        let stream = |out: &mut Output, status: &str| {
            out.begin(status, &[])?;
            out.chunk(b"body")?;
            out.end()
        };
        for (method, status, end) in [
            ("GET", "200 OK", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"),
            ("HEAD", "200 OK", "Transfer-Encoding: chunked\r\n\r\n"),
            ("GET", "204 No Content", "\r\n"),
            ("GET", "205 Reset Content", "Content-Length: 0\r\n\r\n"),
            ("GET", "304 Not Modified", "\r\n"),
        ] {
            let text = sent(method, false, |out| stream(out, status));
            assert_eq!(text, format!("HTTP/1.1 {status}\r\n{end}"), "{method}");
        }
        let text = sent("GET", true, |out| stream(out, "200 OK"));
        assert_eq!(text, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody");
    }

    #[test]
    fn no_header_of_a_function_moves_the_end_of_a_response() {
        let headers = [
            ("Content-Length", "999"),
            ("transfer-ENCODING", "chunked"),
            ("connection", "upgrade"),
            ("upgrade", "h2c"),
            ("transfer-encoding ", "chunked"),
            ("transfer-encoding: chunked, a", "b"),
            ("a\r\nb", "c"),
            ("", "empty"),
            ("d", "e\r\nf: g"),
            ("h", "i\0"),
            ("x", "y"),
        ];
        let text = sent("GET", false, |out| out.send("200 OK", &headers, b"body"));
        assert_eq!(text, "HTTP/1.1 200 OK\r\nx: y\r\nContent-Length: 4\r\n\r\nbody");
    }
}
