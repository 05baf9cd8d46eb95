//! Bodies of requests.

use super::{Framing, MAX_HEAD_BYTES, MAX_HEADERS, invalid, wait};
use std::io::{self, BufRead, Read};

/// The longest line with the size of a chunk, in bytes.
const MAX_CHUNK_LINE_BYTES: u64 = 1024;

/// Reads the body of a request into `body`, in place of what is there.
///
/// # Errors
/// If the connection fails or ends within the body, if the chunks are not well-formed, or if there
/// are more than `limit` bytes ([`is_too_large`]).
pub fn read_body(
    reader: &mut impl BufRead,
    framing: Framing,
    limit: usize,
    body: &mut Vec<u8>,
) -> io::Result<()> {
    read_body_with(reader, framing, limit, body, |_| {}, |_, _| {})
}

/// Like [`read_body`]. `chunk` is called with the size of each chunk before it is read, `trailer`
/// with the name and value of each trailer.
///
/// # Errors
/// Those of [`read_body`].
pub fn read_body_with(
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
