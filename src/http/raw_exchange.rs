//! A response, sent by hand on the connection that ureq keeps: ureq takes 21,000
//! instructions more for it, copies it, and cannot end a stream with an error.

use super::connector::Connection;
use std::io::{self, BufRead, BufReader, ErrorKind, IoSlice, Read, Write};
use std::str::FromStr;

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

/// The service answers a POST with a head and a line or two.
pub(crate) const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What the service says to a response.
pub(crate) struct Answer {
    pub status: u16,
    pub text: Vec<u8>,
    /// Whether it has come to its end and the connection may serve on.
    pub keeps: bool,
}

/// Reads as much text as the head says there is: nobody waits for the connection's end to learn
/// where a text of unknown length ends.
pub(crate) fn read_answer(connection: &mut impl Read) -> io::Result<Answer> {
    // Nearly always 200 bytes come. For the usual 8 KB musl would ask the system each time.
    let mut input = BufReader::with_capacity(512, connection.take(MAX_ANSWER_BYTES));
    let mut line = Vec::with_capacity(128); // which all lines are read into
    loop {
        let head = read_head(&mut input, &mut line)?;
        // Other heads of 1xx only announce the one that counts.
        if head.status >= 200 || head.status == 101 {
            let mut text = line;
            text.clear();
            let length = head.length.unwrap_or(0);
            let read = (&mut input).take(length).read_to_end(&mut text);
            let whole = read.is_ok_and(|read| Some(read as u64) == head.length);
            let keeps = whole && head.keeps && input.buffer().is_empty();
            // A part of the text is better than none.
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

fn read_head(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Head> {
    let first = read_line(input, line)?;
    let status = first.strip_prefix(b"HTTP/1.").and_then(|rest| number(rest.get(2..5)?));
    let status = status.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "no HTTP answer"))?;
    let mut head = Head { status, length: None, keeps: first.starts_with(b"HTTP/1.1") };
    loop {
        let line = read_line(input, line)?;
        if line.is_empty() {
            return Ok(head);
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default();
        let value = parts.next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            head.length = number(value);
        } else if name.eq_ignore_ascii_case(b"connection") {
            let mut options = value.split(|byte| *byte == b',');
            head.keeps &= !options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            head.keeps = false;
        }
    }
}

fn number<T: FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A line without its end.
fn read_line<'a>(input: &mut impl BufRead, line: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
    line.clear();
    input.read_until(b'\n', line)?;
    let broken = || io::Error::new(ErrorKind::UnexpectedEof, "the answer broke off");
    line.strip_suffix(b"\n").map(<[u8]>::trim_ascii_end).ok_or_else(broken)
}
