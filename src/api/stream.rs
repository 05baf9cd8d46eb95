//! A response that is sent while the handler writes it. An error in the middle becomes trailers.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use super::names::{ERROR_BODY, ERROR_TYPE};
use super::{Api, Delivery, Fatal, delivery, error_report, invocation, push_header};
use crate::http::connection::Connection;
use crate::http::exchange;
use crate::response_stream::ResponseSink;
use crate::{Context, Error};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::time::Duration;

/// One streamed response, from its head to the service's response.
pub(crate) struct PostStream<'a> {
    api: &'a Api,
    context: &'a Context,
    connection: Option<Arc<Connection>>,
}

/// Eight hexadecimal digits and a line end.
const SIZE_LINE_BYTES: usize = 10;
const LINE_END: &[u8] = b"\r\n";

impl<'a> PostStream<'a> {
    pub(crate) fn new(api: &'a Api, context: &'a Context) -> Self {
        Self { api, context, connection: None }
    }

    /// Ends the response, with the error if there is one, and waits for the service's response.
    pub(crate) fn end(self, error: Option<&Error>) -> Result<Delivery, Fatal> {
        let Some(connection) = self.connection else { return Ok(Delivery::Accepted) };
        let mut tail = String::from("0\r\n");
        if let Some(error) = error {
            let body = BASE64_STANDARD.encode(error_report::to_json(error));
            push_header(&mut tail, ERROR_TYPE, &error_report::header_type(error));
            push_header(&mut tail, ERROR_BODY, &body);
        }
        tail.push_str("\r\n");
        let sent = connection.send(&mut [IoSlice::new(tail.as_bytes())]);
        let response = exchange::read_response(&connection, sent, "");
        let is_rejected = response.as_ref().is_ok_and(|response| response.status >= 400);
        if error.is_some() || is_rejected {
            connection.close(); // the service may not have read all of the stream
        }
        delivery(&invocation(self.context, "/response"), response)
    }
}

impl ResponseSink for PostStream<'_> {
    fn begin(&mut self, content_type: &str) -> io::Result<()> {
        let connection = self.api.connection(Duration::ZERO)?; // a stream can afford a probe
        let head = self.api.stream_head(self.context, content_type);
        connection
            .send(&mut [IoSlice::new(head.as_bytes())])
            .inspect_err(|_| connection.close())?;
        self.connection = Some(connection);
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(connection) = &self.connection else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let mut size_line = [0; SIZE_LINE_BYTES];
        write!(size_line.as_mut_slice(), "{:08x}\r\n", bytes.len())?;
        let mut parts = [size_line.as_slice(), bytes, LINE_END].map(IoSlice::new);
        connection.send(&mut parts)
    }
}
