//! A response that is sent while the handler writes it. An error in the middle becomes trailers.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use super::names::{ERROR_BODY, ERROR_TYPE, RESPONSE_MODE};
use super::{Api, Delivery, Fatal, delivery, error_report, invocation};
use crate::http::exchange::ChunkedPost;
use crate::response_stream::ResponseSink;
use crate::{Context, Error};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io;

/// One streamed response, from its head to the service's response.
pub(crate) struct PostStream<'a> {
    api: &'a Api,
    context: &'a Context,
    post: Option<ChunkedPost>,
}

impl<'a> PostStream<'a> {
    pub(crate) fn new(api: &'a Api, context: &'a Context) -> Self {
        Self { api, context, post: None }
    }

    /// Ends the response, with the error if there is one, and waits for the service's response.
    pub(crate) fn end(self, error: Option<&Error>) -> Result<Delivery, Fatal> {
        let Some(post) = self.post else { return Ok(Delivery::Accepted) };
        let response = match error {
            None => post.end(&[]),
            Some(error) => {
                let kind = error_report::header_type(error);
                let body = BASE64_STANDARD.encode(error_report::to_json(error));
                post.end(&[(ERROR_TYPE, &kind), (ERROR_BODY, &body)])
            }
        };
        delivery(&invocation(self.context, "/response"), response)
    }
}

impl ResponseSink for PostStream<'_> {
    fn begin(&mut self, content_type: &str) -> io::Result<()> {
        let path = invocation(self.context, "/response");
        let post = self.api.post(&path, content_type, self.context.invocation_id.as_deref());
        let post = post.header(RESPONSE_MODE, "streaming");
        self.post = Some(post.send_head([ERROR_TYPE, ERROR_BODY])?);
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.post.as_ref().ok_or(io::ErrorKind::NotConnected)?.chunk(bytes)
    }
}
