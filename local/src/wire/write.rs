//! Responses.

use std::io::{self, Write};

/// Returns a response with a body of known length.
#[must_use]
pub fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = begin(status, headers);
    // Writing to a Vec cannot fail.
    let _ = write!(bytes, "Content-Length: {}\r\n\r\n", body.len());
    bytes.extend_from_slice(body);
    bytes
}

/// Returns the head of a response whose body is sent with [`write_chunk`].
#[must_use]
pub fn chunked_head(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = begin(status, headers);
    bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
    bytes
}

/// Returns the head of a response that says nothing about its body.
#[must_use]
pub fn head(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = begin(status, headers);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Whether a name and a value are those of a header: the name is a token, and the value ends no
/// line.
#[must_use]
pub fn is_header(name: &str, value: &str) -> bool {
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_of_token) && !value.contains(['\r', '\n', '\0'])
}

fn begin(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in headers {
        let _ = write!(bytes, "{name}: {value}\r\n");
    }
    bytes
}

/// Writes a chunk of a body. An empty one ends the body.
///
/// # Errors
/// If it cannot be written.
pub fn write_chunk(writer: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    writer.write_all(&chunk)?;
    writer.flush()
}
