//! A response sent while it is being made. An error in the middle is told by trailers.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use super::error_report as report;
use crate::Error;
use crate::api::{self, Fatal};
use crate::http::connector::Connection;
use crate::http::raw_exchange as post;
use crate::response_stream::ResponseSink;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

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
    pub(crate) fn end(self, error: Option<&Error>) -> Result<(), Fatal> {
        let Some(connection) = self.connection else { return Ok(()) };
        let mut tail = String::from("0\r\n");
        if let Some(error) = error {
            let body = BASE64_STANDARD.encode(report::to_json(error));
            tail.push_str(&api::error_trailers(&report::header_type(error), &body));
        }
        tail.push_str("\r\n");
        let sent = connection.stream().write_all(tail.as_bytes());
        let answer = post::finish(&connection, sent);
        if error.is_some() {
            connection.close();
        }
        api::judge(self.context, answer)
    }
}

impl ResponseSink for PostStream<'_> {
    fn begin(&mut self, content_type: &str) -> io::Result<()> {
        let connection = self.api.connection(Duration::ZERO)?; // looked at: a stream can spare that
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
