//! A response, sent by hand on the connection that ureq keeps: ureq takes 14,000
//! instructions more for it, copies it, and cannot end a stream with an error.

use crate::transport::Connection;
use std::io::{self, BufRead, BufReader, ErrorKind, IoSlice, Read, Write};

/// Sends a whole response, and waits for what the service says to it.
pub(crate) fn whole(connection: &Connection, head: &str, body: &[u8]) -> io::Result<Answer> {
    let mut parts = [IoSlice::new(head.as_bytes()), IoSlice::new(body)];
    finish(connection, write_all(&mut connection.stream(), &mut parts))
}

fn write_all(out: &mut impl Write, mut parts: &mut [IoSlice]) -> io::Result<()> {
    while !parts.is_empty() {
        match out.write_vectored(parts) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut parts, count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads the answer, whether or not all could be sent: the service may have answered, and closed, in
/// the middle, and what it says tells more than that nothing more could be written.
pub(crate) fn finish(connection: &Connection, sent: io::Result<()>) -> io::Result<Answer> {
    let answer = read_answer(&mut connection.stream());
    connection.use_now();
    if sent.is_err() || !answer.as_ref().is_ok_and(|answer| answer.keeps) {
        connection.close();
    }
    answer.map_err(|error| sent.err().unwrap_or(error))
}

/// An answer is a head and a line or two.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What the service says to a response.
pub(crate) struct Answer {
    pub status: u16,
    pub text: String,
    /// Whether it has come to its end and the connection may serve on.
    pub keeps: bool,
}

/// Reads as much text as the head says there is: nobody waits for the connection's end to learn
/// where a text of unknown length ends.
pub(crate) fn read_answer(connection: &mut impl Read) -> io::Result<Answer> {
    // Nearly always 200 bytes come. For the usual 8 KB musl would ask the system each time.
    let mut input = BufReader::with_capacity(512, connection.take(MAX_ANSWER_BYTES));
    loop {
        let head = read_head(&mut input)?;
        // Other heads of 1xx only announce the one that counts.
        if head.status >= 200 || head.status == 101 {
            let mut text = Vec::new();
            let length = head.length.unwrap_or(0);
            let read = (&mut input).take(length).read_to_end(&mut text);
            let whole = read.is_ok_and(|read| Some(read as u64) == head.length);
            let keeps = whole && head.keeps && input.buffer().is_empty();
            // A part of the text is better than none.
            let text = String::from_utf8_lossy(&text).trim().to_owned();
            return Ok(Answer { status: head.status, text, keeps });
        }
    }
}

struct Head {
    status: u16,
    /// Of the text behind it, where it is told.
    length: Option<u64>,
    /// Whether the connection is to be kept.
    keeps: bool,
}

fn read_head(input: &mut impl BufRead) -> io::Result<Head> {
    let first = read_line(input)?;
    let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
    let status = status.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "no HTTP answer"))?;
    let mut head = Head { status, length: None, keeps: first.starts_with("HTTP/1.1") };
    loop {
        let line = read_line(input)?;
        if line.is_empty() {
            return Ok(head);
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.trim().parse().ok(),
            "connection" => head.keeps &= !value.to_ascii_lowercase().contains("close"),
            "transfer-encoding" => head.keeps = false,
            _ => {}
        }
    }
}

fn read_line(input: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "the answer broke off"));
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
