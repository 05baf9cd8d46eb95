//! A response sent while it is being made. ureq cannot send trailers, by which an error in the
//! middle is told, so that this request is written by hand, on a connection of its own.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use crate::api::{self, Stop};
use crate::stream::Sink;
use crate::{Error, report};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::{self, Read, Write};
use std::net::TcpStream;

/// The request, from its head to the service's answer.
pub(crate) struct PostStream<'a> {
    api: &'a api::Api,
    context: &'a crate::Context,
    connection: Option<TcpStream>,
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
        let Some(mut connection) = self.connection else { return Ok(()) };
        let mut tail = String::from("0\r\n");
        if let Some(error) = error {
            let body = BASE64_STANDARD.encode(report::to_json(error));
            tail.push_str(&api::error_trailers(&report::header_type(error), &body));
        }
        tail.push_str("\r\n");
        // The service may have answered, and closed, in the middle: its answer says more than
        // that nothing more can be written.
        let sent = connection.write_all(tail.as_bytes());
        let answer = read_answer(&mut connection).map_err(|error| sent.err().unwrap_or(error));
        api::judge_stream(self.context, answer)
    }
}

impl Sink for PostStream<'_> {
    fn begin(&mut self, content_type: &str) -> io::Result<()> {
        let mut connection = self.api.connect()?;
        connection.write_all(self.api.stream_head(self.context, content_type).as_bytes())?;
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
        connection.write_all(&self.frame)
    }
}

/// An answer is a head and a line or two.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The status, and what is said to it.
fn read_answer(connection: &mut TcpStream) -> io::Result<(u16, String)> {
    let mut bytes = Vec::new();
    while bytes.len() < MAX_ANSWER_BYTES && !is_whole(&bytes) {
        let mut part = [0; 4096];
        match connection.read(&mut part) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(part.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
    let status =
        status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer"))?;
    Ok((status, body.trim().to_owned()))
}

/// Whether an answer has come in to its end, so that nobody waits for a peer to close the connection.
fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let header = |wanted: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        values.next().map(|(_, value)| value.trim().to_owned())
    };
    match header("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => body.len() >= length,
        None => header("transfer-encoding").is_some() && body.ends_with("0\r\n\r\n"),
    }
}
