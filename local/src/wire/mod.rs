//! HTTP/1.1 as a server needs it: requests are read and responses are written.
//!
//! Stub servers of your own can use it too. Heads are parsed by `httparse`.

mod write;

use std::io::{self, BufRead, Read};

pub use write::{chunked_head, head, is_header, response, write_chunk};

/// The largest head of a request, in bytes.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most headers of a request, and the most trailers.
pub const MAX_HEADERS: usize = 128;

/// The longest line with the size of a chunk, in bytes.
const MAX_CHUNK_LINE_BYTES: u64 = 1024;

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
/// header through `header`, with its name in lower case. Returns `None` at the end of the connection.
///
/// Nothing is allocated if the head is already in the reader's buffer, except for names that are not
/// in lower case.
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

/// Waits until the buffer has bytes, or the connection has ended. Other functions of the standard library
/// go on after an interruption, but `fill_buf` does not.
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
        let value = text.trim();
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
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => {
                framing.is_chunked = true;
            }
            "transfer-encoding" => return Err(invalid("the Transfer-Encoding is not chunked")),
            "expect" => framing.expects_continue = value.eq_ignore_ascii_case("100-continue"),
            "connection" if value.eq_ignore_ascii_case("close") => framing.closes = true,
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

/// Reads the body of a request into `body`, in place of what is there. `chunk` is called with the size
/// of each chunk before it is read, `trailer` with each trailer.
///
/// # Errors
/// If the connection fails or ends within the body, if the chunks are not well-formed, or if there are
/// more than `limit` bytes ([`is_too_large`]).
pub fn read_body(
    reader: &mut impl BufRead,
    framing: Framing,
    limit: usize,
    body: &mut Vec<u8>,
    mut chunk: impl FnMut(usize),
    trailer: impl FnMut(&str, &str),
) -> io::Result<()> {
    body.clear();
    if !framing.is_chunked {
        check_limit(framing.length, limit)?;
        // Memory is not cleared first, which would be a part of what a benchmark measures.
        body.try_reserve(framing.length).map_err(|_| io::ErrorKind::FileTooLarge)?;
        return read_exactly(reader, framing.length, body);
    }
    while let Some(size) = read_chunk_size(reader)? {
        chunk(size);
        check_limit(body.len().saturating_add(size), limit)?;
        read_exactly(reader, size, body)?;
        read_chunk_end(reader)?;
    }
    read_trailers(reader, trailer)
}

/// Reads the body of a request, and calls `part` with its bytes as they come.
///
/// # Errors
/// Those of [`read_body`], and those of `part`.
pub fn read_parts(
    reader: &mut impl BufRead,
    framing: Framing,
    mut part: impl FnMut(&[u8]) -> io::Result<()>,
    trailer: impl FnMut(&str, &str),
) -> io::Result<()> {
    if !framing.is_chunked {
        return pass_on(reader, framing.length, &mut part);
    }
    while let Some(size) = read_chunk_size(reader)? {
        pass_on(reader, size, &mut part)?;
        read_chunk_end(reader)?;
    }
    read_trailers(reader, trailer)
}

fn read_exactly(reader: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.take(length as u64).read_to_end(body)?;
    if read == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn pass_on(
    reader: &mut impl BufRead,
    length: usize,
    part: &mut impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut left = length;
    while left > 0 {
        wait(reader)?;
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = buffer.get(..left).unwrap_or(buffer);
        part(bytes)?;
        let used = bytes.len();
        reader.consume(used);
        left -= used;
    }
    Ok(())
}

/// Returns the size of the next chunk, or `None` for the last one.
fn read_chunk_size(reader: &mut impl BufRead) -> io::Result<Option<usize>> {
    let mut line = Vec::new();
    reader.take(MAX_CHUNK_LINE_BYTES).read_until(b'\n', &mut line)?;
    match httparse::parse_chunk_size(&line) {
        Ok(httparse::Status::Complete((_, size))) => {
            let size = usize::try_from(size).map_err(|_| invalid("a chunk is too large"))?;
            Ok((size > 0).then_some(size))
        }
        Ok(httparse::Status::Partial) if line.last() != Some(&b'\n') => {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
        _ => Err(invalid("a chunk has no size")),
    }
}

fn read_chunk_end(reader: &mut impl BufRead) -> io::Result<()> {
    let mut end = [0; 2];
    reader.read_exact(&mut end)?;
    if end == *b"\r\n" { Ok(()) } else { Err(invalid("a chunk is longer than its size")) }
}

fn read_trailers(reader: &mut impl BufRead, mut trailer: impl FnMut(&str, &str)) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let start = bytes.len();
        let left = (MAX_HEAD_BYTES - start) as u64;
        let read = reader.take(left).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            let is_full = left == 0;
            let too_large = || invalid("the trailers are too large");
            return Err(if is_full { too_large() } else { io::ErrorKind::UnexpectedEof.into() });
        }
        if matches!(bytes.get(start..), Some(b"\r\n" | b"\n")) {
            break;
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let parsed = httparse::parse_headers(&bytes, &mut headers);
    let Ok(httparse::Status::Complete((_, trailers))) = parsed else {
        return Err(invalid("the trailers are not headers"));
    };
    for field in trailers {
        let value = String::from_utf8_lossy(field.value);
        trailer(&field.name.to_ascii_lowercase(), value.trim());
    }
    Ok(())
}

/// Whether [`read_body`] failed because of its limit.
#[must_use]
pub fn is_too_large(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}

fn check_limit(length: usize, limit: usize) -> io::Result<()> {
    if length <= limit { Ok(()) } else { Err(io::ErrorKind::FileTooLarge.into()) }
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
        read_body(&mut reader, framing, 100, &mut body, |_| {}, add)?;
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
    fn requests_that_are_not_well_formed_are_errors() {
        let long = format!("GET / HTTP/1.1\r\na: {}\r\n\r\nnext", "b".repeat(MAX_HEAD_BYTES));
        let many = format!("GET / HTTP/1.1\r\n{}\r\nnext", "a: b\r\n".repeat(MAX_HEADERS + 1));
        for (text, told) in [
            ("SSH-2.0\r\n\r\nnext", "not HTTP"),
            ("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\nnext", "not a number"),
            ("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\nnext", "not a number"),
            ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nnext", "different"),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nnext", "not chunked"),
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
