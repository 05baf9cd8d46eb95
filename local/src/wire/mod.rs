//! HTTP/1.1 as a server needs it: requests are read and responses are written.
//!
//! For this workspace: it is not a part of the stable interface. Heads are parsed by `httparse`.

mod accept;
mod body;
mod write;

use std::io::{self, BufRead};

pub use accept::Acceptor;
pub use body::{is_too_large, read_body, read_body_with, read_parts};
pub use write::{chunked_head, head, is_header, response, write_chunk};

/// The largest head of a request, in bytes.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most headers of a request, and the most trailers.
pub const MAX_HEADERS: usize = 128;

/// How the body of a request is delimited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts of one head")]
pub struct Framing {
    /// The length in bytes. It is 0 for a request without a body, and for one in chunks.
    pub length: usize,
    /// Whether the body comes in chunks.
    pub is_chunked: bool,
    /// Whether the client waits for `100 Continue`.
    pub expects_continue: bool,
    /// Whether the client asks for the end of the connection after this request.
    pub closes: bool,
    /// Whether the client knows no chunks: it speaks HTTP/1.0.
    pub is_http_1_0: bool,
}

/// Reads the head of a request: method and target, with a space between them, into `line`, and each
/// header through `header`, with its name in lower case. Returns `None` at the end of the
/// connection.
///
/// Nothing is allocated if the head is already in the reader's buffer, except for names that are
/// not in lower case.
///
/// # Errors
/// If the connection fails or ends within the head, or if the head is not HTTP, is larger than
/// [`MAX_HEAD_BYTES`], has more than [`MAX_HEADERS`] headers, or has headers that contradict each
/// other about the length of the body.
pub fn read_head(
    reader: &mut impl BufRead,
    line: &mut String,
    mut header: impl FnMut(&str, &str),
) -> io::Result<Option<Framing>> {
    wait(reader)?;
    let buffer = reader.fill_buf()?;
    if buffer.is_empty() {
        return Ok(None);
    }
    if let Some((used, framing)) = parse_head(buffer, line, &mut header)? {
        reader.consume(used);
        return Ok(Some(framing));
    }
    // The head is in parts.
    let mut head = Vec::new();
    loop {
        wait(reader)?;
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let before = head.len();
        head.extend_from_slice(buffer);
        let read = buffer.len();
        // Parsing all of it for each byte of a slow client would take the square of its length.
        let is_complete = head.get(before.saturating_sub(2)..).is_some_and(has_end);
        if is_complete {
            if let Some((used, framing)) = parse_head(&head, line, &mut header)? {
                reader.consume(used.saturating_sub(before));
                return Ok(Some(framing));
            }
        }
        reader.consume(read);
        if head.len() > MAX_HEAD_BYTES {
            return Err(invalid("the head of the request is too large"));
        }
    }
}

/// Waits until the buffer has bytes, or the connection has ended. Other functions of the standard
/// library go on after an interruption, but `fill_buf` does not.
fn wait(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        match reader.fill_buf() {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns the length of a complete head, and what it says.
fn parse_head(
    bytes: &[u8],
    line: &mut String,
    header: &mut impl FnMut(&str, &str),
) -> io::Result<Option<(usize, Framing)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let used = match request.parse(bytes) {
        Ok(httparse::Status::Complete(used)) if used <= MAX_HEAD_BYTES => used,
        Ok(httparse::Status::Complete(_)) => {
            return Err(invalid("the head of the request is too large"));
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(invalid(format!("the request is not HTTP/1.1: {error}"))),
    };
    line.clear();
    line.push_str(request.method.unwrap_or_default());
    line.push(' ');
    line.push_str(request.path.unwrap_or_default());
    let is_http_1_0 = request.version == Some(0);
    let mut framing = Framing { closes: is_http_1_0, is_http_1_0, ..Framing::default() };
    let mut length = None;
    for field in request.headers {
        let lower;
        let name = if field.name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower = field.name.to_ascii_lowercase();
            &lower
        } else {
            field.name
        };
        let text = String::from_utf8_lossy(field.value);
        // Other white space is a part of the value.
        let value = text.trim_matches([' ', '\t']);
        match name {
            "content-length" => {
                let is_number = !value.is_empty() && value.bytes().all(|c| c.is_ascii_digit());
                let Some(bytes) = value.parse().ok().filter(|_| is_number) else {
                    return Err(invalid("the Content-Length is not a number"));
                };
                if length.is_some_and(|length| length != bytes) {
                    return Err(invalid("there are two different Content-Lengths"));
                }
                length = Some(bytes);
            }
            "transfer-encoding" if framing.is_chunked => {
                return Err(invalid("there are two Transfer-Encodings"));
            }
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => {
                framing.is_chunked = true;
            }
            "transfer-encoding" => return Err(invalid("the Transfer-Encoding is not chunked")),
            // A client of HTTP/1.0 does not know the response.
            "expect" => {
                framing.expects_continue =
                    value.eq_ignore_ascii_case("100-continue") && !is_http_1_0;
            }
            "connection" => {
                let mut options = value.split(',').map(str::trim);
                framing.closes |= options.any(|option| option.eq_ignore_ascii_case("close"));
            }
            _ => {}
        }
        header(name, value);
    }
    if framing.is_chunked && length.is_some() {
        return Err(invalid("there are both a Content-Length and a Transfer-Encoding"));
    }
    framing.length = length.unwrap_or(0);
    Ok(Some((used, framing)))
}

/// Whether there is an empty line.
fn has_end(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(3).any(|end| end == b"\n\r\n")
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    /// The first line, the headers with the trailers, and the body.
    type Read = (String, Vec<(String, String)>, String);

    /// Reads a request in pieces of `size` bytes.
    fn read(bytes: &str, size: usize) -> io::Result<Read> {
        let mut reader = BufReader::with_capacity(size, bytes.as_bytes());
        let (mut line, mut fields) = (String::new(), Vec::new());
        let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        let framing =
            read_head(&mut reader, &mut line, &mut add)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut body = Vec::new();
        read_body_with(&mut reader, framing, 100, &mut body, |_| {}, add)?;
        let mut rest = String::new();
        io::Read::read_to_string(&mut reader, &mut rest)?;
        assert_eq!(rest, "next");
        Ok((line, fields, String::from_utf8(body).unwrap()))
    }

    #[test]
    fn a_request_is_the_same_in_pieces_of_any_size() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for size in 1..200 {
            let (line, fields, body) =
                read("POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcnext", size)
                    .unwrap();
            assert_eq!((&*line, &*body), ("POST /a?b=c", "abc"));
            assert_eq!(fields, [field("host", "x"), field("content-length", "3")]);
            let (_, fields, body) = read(
                "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                 2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer-A: b\r\n\r\nnext",
                size,
            )
            .unwrap();
            assert_eq!(body, "abc");
            assert_eq!(fields[1], field("trailer-a", "b"));
        }
    }

    #[test]
    fn a_connection_is_closed_and_a_client_is_told_to_go_on_as_it_asks() {
        for (version, header, closes, expects) in [
            (1, "Connection: close", true, false),
            (1, "Connection: x, Close", true, false),
            (1, "Connection: keep-alive\r\nConnection: close", true, false),
            (1, "Connection: closed", false, false),
            (1, "X: close", false, false),
            (0, "Connection: keep-alive", true, false),
            (1, "Expect: 100-Continue", false, true),
            (0, "Expect: 100-continue", true, false),
            (1, "Expect: 200-ok", false, false),
        ] {
            let text = format!("GET / HTTP/1.{version}\r\n{header}\r\n\r\n");
            let framing = read_head(&mut text.as_bytes(), &mut String::new(), |_, _| {});
            let framing = framing.unwrap().unwrap();
            assert_eq!((framing.closes, framing.expects_continue), (closes, expects), "{text}");
        }
    }

    #[test]
    fn requests_that_are_not_well_formed_are_errors() {
        let long = format!("GET / HTTP/1.1\r\na: {}\r\n\r\nnext", "b".repeat(MAX_HEAD_BYTES));
        let many = format!("GET / HTTP/1.1\r\n{}\r\nnext", "a: b\r\n".repeat(MAX_HEADERS + 1));
        for (text, told) in [
            ("SSH-2.0\r\n\r\nnext", "not HTTP"),
            ("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\nnext", "not a number"),
            ("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\nnext", "not a number"),
            ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nnext", "different"),
            ("GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nnext", "not a number"),
            ("GET / HTTP/1.1\r\nContent-Length: \u{a0}1\r\n\r\nnext", "not a number"),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nnext", "not chunked"),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\nnext", "not chunked"),
            (
                "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\nnext",
                "two Transfer",
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\nnext", "not HTTP"),
            (
                "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nnext",
                "both",
            ),
            ("GET / HTTP/1.1\r\nContent-Length: 101\r\n\r\nnext", "large"),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "no size"),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc0\r\n", "longer"),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "end of file"),
            ("GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\nnext", "end of file"),
            ("GET / HTTP/1.1\r\nHost", "end of file"),
            (&long, "too large"),
            (&many, "too many headers"),
        ] {
            for size in [1, 64, 100_000] {
                let error = read(text, size).unwrap_err().to_string();
                assert!(error.contains(told), "{error} for {}", &text[..text.len().min(80)]);
            }
        }
    }
}
