//! What the stub servers of the Runtime API share: reading requests and writing responses.
//!
//! The servers differ in what they do with a request: record it (`tests/support/fake_api.rs`),
//! misbehave (`tests/support/faulty_api.rs`, `benches/soak.rs`), or measure (`benches/meter`).

use std::io::{self, BufRead, Read, Write};

/// How the body of a request is delimited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Framing {
    pub length: usize,
    pub is_chunked: bool,
    /// The client waits for `100 Continue`.
    pub expects_continue: bool,
}

/// Reads the head of a request: the first line into `line`, and each header through `header`, with
/// its name in lower case. `None` at the end of the connection. Nothing is allocated except by the
/// callback and for names that are not in lower case.
pub fn read_head(
    reader: &mut impl BufRead,
    line: &mut String,
    mut header: impl FnMut(&str, &str),
) -> io::Result<Option<Framing>> {
    line.clear();
    if reader.read_line(line)? == 0 {
        return Ok(None);
    }
    line.truncate(line.trim_end().len());
    let mut framing = Framing::default();
    let mut is_valid = true;
    read_headers(reader, |name, value| {
        match name {
            "content-length" => match value.parse() {
                Ok(length) => framing.length = length,
                Err(_) => is_valid = false,
            },
            "transfer-encoding" => framing.is_chunked = value.eq_ignore_ascii_case("chunked"),
            "expect" => framing.expects_continue = true,
            _ => {}
        }
        header(name, value);
    })?;
    if is_valid { Ok(Some(framing)) } else { Err(invalid("the Content-Length is not a number")) }
}

/// Reads the body of a request into `body`, in place of what is there. `chunk` is called with the size
/// of each chunk before it is read, `trailer` with each trailer.
pub fn read_body(
    reader: &mut impl BufRead,
    framing: Framing,
    body: &mut Vec<u8>,
    mut chunk: impl FnMut(usize),
    trailer: impl FnMut(&str, &str),
) -> io::Result<()> {
    body.clear();
    if !framing.is_chunked {
        // Memory is not cleared first, which would be a part of what is measured.
        body.reserve(framing.length);
        let read = reader.take(framing.length as u64).read_to_end(body)?;
        let is_complete = read == framing.length;
        return if is_complete { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
    }
    let mut line = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = line.trim_end();
        let size = usize::from_str_radix(size, 16).map_err(|_| invalid("a chunk has no size"))?;
        if size == 0 {
            return read_headers(reader, trailer);
        }
        chunk(size);
        let start = body.len();
        body.resize(start + size, 0);
        reader.read_exact(&mut body[start..])?;
        reader.read_exact(&mut [0; 2])?;
    }
}

fn read_headers(reader: &mut impl BufRead, mut header: impl FnMut(&str, &str)) -> io::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(()) };
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            header(&name.to_ascii_lowercase(), value.trim());
        } else {
            header(name, value.trim());
        }
    }
}

/// Returns a response with a body of known length.
pub fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in headers {
        // Writing to a Vec cannot fail.
        let _ = write!(bytes, "{name}: {value}\r\n");
    }
    let _ = write!(bytes, "Content-Length: {}\r\n\r\n", body.len());
    bytes.extend_from_slice(body);
    bytes
}

/// Returns an event with the headers that Lambda always sends, and more.
pub fn event(id: &str, more: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut headers = vec![
        ("Lambda-Runtime-Aws-Request-Id", id),
        ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:hello",
        ),
    ];
    headers.extend(more);
    response("200 OK", &headers, body)
}

/// Returns the service's response to a POST.
pub fn accepted() -> Vec<u8> {
    response("202 Accepted", &[], b"{\"status\":\"OK\"}\n")
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
