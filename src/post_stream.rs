//! A response sent while it is being made. ureq cannot send trailers, by which an error in the
//! middle is told, so that this request is written by hand, on the connection that ureq keeps.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use crate::api::{self, Stop};
use crate::stream::Sink;
use crate::transport::Connection;
use crate::{Error, report};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;

/// The request, from its head to the service's answer.
pub(crate) struct PostStream<'a> {
    api: &'a api::Api,
    context: &'a crate::Context,
    connection: Option<Arc<Connection>>,
    frame: Vec<u8>,
}

/// A chunk's size takes eight digits, and two bytes stand behind it; they end the chunk, too.
const SIZE_LINE_BYTES: usize = 10;
const LINE_END: &[u8] = b"\r\n";

impl<'a> PostStream<'a> {
    pub(crate) fn new(api: &'a api::Api, context: &'a crate::Context) -> Self {
        Self { api, context, connection: None, frame: Vec::new() }
    }

    /// Ends the response, with the error if there was one, and waits for the service's answer.
    pub(crate) fn end(self, error: Option<&Error>) -> Result<(), Stop> {
        let Some(connection) = self.connection else { return Ok(()) };
        let mut tail = String::from("0\r\n");
        if let Some(error) = error {
            let body = BASE64_STANDARD.encode(report::to_json(error));
            tail.push_str(&api::error_trailers(&report::header_type(error), &body));
        }
        tail.push_str("\r\n");
        // The service may have answered, and closed, in the middle: its answer says more than
        // that nothing more can be written.
        let sent = connection.stream().write_all(tail.as_bytes());
        let answer = read_answer(&mut connection.stream());
        if error.is_some() || sent.is_err() || !answer.as_ref().is_ok_and(|answer| answer.keeps) {
            connection.close();
        }
        let answer = answer.map(|answer| (answer.status, answer.text));
        api::judge_stream(self.context, answer.map_err(|error| sent.err().unwrap_or(error)))
    }
}

impl Sink for PostStream<'_> {
    fn begin(&mut self, content_type: &str) -> io::Result<()> {
        let connection = self.api.connection()?;
        let head = self.api.stream_head(self.context, content_type);
        connection.stream().write_all(head.as_bytes()).inspect_err(|_| connection.close())?;
        self.connection = Some(connection);
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(connection) = &mut self.connection else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        self.frame.clear();
        self.frame.reserve(bytes.len() + SIZE_LINE_BYTES + LINE_END.len());
        write!(self.frame, "{:08x}\r\n", bytes.len())?;
        self.frame.extend_from_slice(bytes);
        self.frame.extend_from_slice(LINE_END);
        connection.stream().write_all(&self.frame)
    }
}

/// An answer is a head and a line or two.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What the service says to a stream.
pub(crate) struct Answer {
    pub status: u16,
    pub text: String,
    /// Whether it has come to its end and the connection may serve on.
    pub keeps: bool,
}

/// Reads as much text as the head says there is: nobody waits for the connection's end to learn
/// where a text of unknown length ends.
pub(crate) fn read_answer(connection: &mut impl Read) -> io::Result<Answer> {
    let mut input = BufReader::new(connection.take(MAX_ANSWER_BYTES));
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
    let status =
        status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer"))?;
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
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer broke off"));
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
