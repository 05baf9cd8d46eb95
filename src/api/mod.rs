//! The Runtime API in calls. It neither logs nor decides what a response means for the process.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

pub(crate) mod error_report;
#[cfg(feature = "shutdown")]
mod extension;
mod headers;
pub(crate) mod metadata;
pub(crate) mod names;
pub(crate) mod stream;

use crate::http::client::{Client, HeaderName, HeaderValue, NoResponse, Response, Uri};
use crate::http::exchange::{Post, PostResponse};
use crate::memory::Memory;
use crate::{Context, Error};
use names::{
    ERROR_TYPE, INIT_ERROR, INVOCATION, INVOCATION_ID, MAX_EVENT_BYTES, MAX_TEXT_BYTES, NEXT,
    PREFIX, RESTORE_ERROR, RESTORE_NEXT, XRAY_CAUSE,
};
use std::fmt::Display;
use std::io;

/// The reason why a worker, or the whole process, cannot continue.
#[derive(Debug)]
pub(crate) struct Fatal {
    pub message: String,
    pub scope: Scope,
}

/// What a [`Fatal`] ends.
#[derive(Debug, PartialEq)]
pub(crate) enum Scope {
    Worker,
    Process,
}

impl Fatal {
    pub(crate) fn worker(message: String) -> Self {
        Self { message, scope: Scope::Worker }
    }
}

/// An event, or why it did not arrive.
pub(crate) struct NextEvent {
    /// The error is of this invocation only: the event did not arrive completely.
    pub body: io::Result<Vec<u8>>,
    /// Why the connection was stale, if the event was asked for twice.
    pub stale: Option<NoResponse>,
}

/// The outcome of a POST. It is never sent twice, because the service may have received it.
#[must_use]
pub(crate) enum Delivery {
    Accepted,
    /// The service has responded with an error.
    Rejected(String),
    /// The service has not responded. The POST may or may not have arrived.
    Lost(String),
}

/// The service as one worker sees it.
pub(crate) struct Api {
    client: Client,
    next: Uri,
    /// Whether the connection has been used, so that it may be stale.
    has_served: bool,
}

impl Api {
    /// `address` is `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn new(address: &str) -> Result<Self, Fatal> {
        let invalid = |reason| {
            Fatal::worker(format!("AWS_LAMBDA_RUNTIME_API={address} cannot be used: {reason}"))
        };
        let client = Client::new(address, PREFIX).map_err(invalid)?;
        let next = client.uri(NEXT).map_err(|error| invalid(error.to_string()))?;
        Ok(Self { client, next, has_served: false })
    }

    /// Creates another worker's view of the same service, with a connection of its own.
    pub(crate) fn with_own_connection(&self) -> Self {
        Self {
            client: self.client.with_own_connection(),
            next: self.next.clone(),
            has_served: false,
        }
    }

    /// Waits for the next event, reads it into `memory`, and writes its headers to `context`.
    pub(crate) fn next(
        &mut self,
        context: &mut Context,
        memory: &mut Memory,
    ) -> Result<NextEvent, Fatal> {
        let fatal = |reason: &dyn Display| {
            Fatal::worker(format!("asking for the next event failed: {reason}"))
        };
        let mut stale = None;
        let mut response = self.client.get(self.next.clone(), None);
        if let Err(error) = response {
            if !self.has_served || !error.is_stale_connection() {
                return Err(fatal(&error));
            }
            // The service has closed a connection that it had responded on. No event was handed
            // out, so asking once more loses nothing.
            stale = Some(error);
            response = self.client.get(self.next.clone(), None);
        }
        let response = response.map_err(|error| fatal(&error))?;
        let response = check_response(response).map_err(|reason| fatal(&reason))?;
        self.has_served = true;
        headers::read(&response, context).map_err(|reason| fatal(&reason))?;
        Ok(NextEvent { body: response.body(MAX_EVENT_BYTES, memory), stale })
    }

    /// Sends a handler's complete response.
    pub(crate) fn respond(&self, context: &Context, body: &[u8]) -> Result<Delivery, Fatal> {
        let path = invocation(context, "/response");
        let post = self.post(&path, content_type(body), context.invocation_id.as_deref());
        delivery(&path, post.send(body, ""))
    }

    /// Reports that the invocation failed.
    pub(crate) fn fail(&self, context: &Context, error: &Error) -> Result<Delivery, Fatal> {
        self.post_error(&invocation(context, "/error"), context.invocation_id.as_deref(), error)
    }

    /// Reports that the function cannot start.
    pub(crate) fn fail_init(&self, error: &Error) -> Result<Delivery, Fatal> {
        self.post_error(INIT_ERROR, None, error)
    }

    /// Waits until a snapshot was taken and restored.
    pub(crate) fn wait_for_restore(&self) -> Result<(), Fatal> {
        self.get(RESTORE_NEXT, None)
            .map_err(|reason| Fatal::worker(format!("waiting for the restore failed: {reason}")))
    }

    /// Reports that the function cannot continue after its restore.
    pub(crate) fn fail_restore(&self, error: &Error) -> Result<Delivery, Fatal> {
        self.post_error(RESTORE_ERROR, None, error)
    }

    /// Sends a GET and ignores the body. Any status but 200 is an error.
    fn get(&self, path: &str, header: Option<(HeaderName, HeaderValue)>) -> Result<(), String> {
        let uri = self.client.uri(path).map_err(|error| error.to_string())?;
        let response = self.client.get(uri, header).map_err(|error| error.to_string())?;
        check_response(response).map(drop)
    }

    fn post_error(
        &self,
        path: &str,
        invocation_id: Option<&str>,
        error: &Error,
    ) -> Result<Delivery, Fatal> {
        let post = self.post(path, "application/json", invocation_id);
        let post = post.header(ERROR_TYPE, &error_report::header_type(error));
        let post = post.header(XRAY_CAUSE, &error_report::xray_cause(error));
        delivery(path, post.send(error_report::to_json(error).as_bytes(), ""))
    }

    /// Begins a POST.
    fn post(&self, path: &str, content_type: &str, invocation_id: Option<&str>) -> Post<'_> {
        let post = self.client.post(path).header("content-type", content_type);
        match invocation_id {
            Some(id) => post.header(INVOCATION_ID, id),
            None => post,
        }
    }
}

/// Returns the type of a complete response by its first byte: a raw handler's may be anything.
fn content_type(body: &[u8]) -> &'static str {
    match body.iter().find(|byte| !b" \t\r\n".contains(byte)) {
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => "application/json",
        _ => "application/octet-stream",
    }
}

/// Returns the path of a call for this invocation.
fn invocation(context: &Context, call: &str) -> String {
    [INVOCATION, &context.request_id, call].concat()
}

/// Returns what the service's response to a POST means.
fn delivery(path: &str, response: io::Result<PostResponse>) -> Result<Delivery, Fatal> {
    match response {
        Ok(response) if names::is_success(response.status) => Ok(Delivery::Accepted),
        Ok(response) => {
            let text = status_text(response.status, &response.text);
            if names::is_fatal(response.status) {
                let message = format!("POST {path} failed: {text}");
                return Err(Fatal { message, scope: Scope::Process });
            }
            Ok(Delivery::Rejected(format!("POST {path} was rejected: {text}")))
        }
        Err(error) => Ok(Delivery::Lost(format!(
            "POST {path} failed, and may or may not have arrived: {error}"
        ))),
    }
}

/// Checks that a GET has the status 200. The error has the status and the service's text.
fn check_response(response: Response<'_>) -> Result<Response<'_>, String> {
    let status = response.status();
    if status == 200 {
        return Ok(response);
    }
    Err(match response.text(MAX_TEXT_BYTES) {
        Ok(text) => status_text(status, &text),
        Err(error) => format!("{status} (its text is incomplete: {error})"),
    })
}

fn status_text(status: u16, text: &[u8]) -> String {
    format!("{status}: {}", String::from_utf8_lossy(text).trim())
}
