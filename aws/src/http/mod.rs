//! Blocking HTTP/1.1, for one attempt of a request.
//!
//! Replaces ureq, which resolves the host's name and starts a thread for it before each request,
//! also over a kept connection; sends head and body apart; and cannot say whether a request that
//! failed was sent, nor limit the wait between two pieces of a body without limiting the wait for
//! its head. Cost: this folder. Gain, for a request over a kept connection: no lookup, no thread,
//! and one write, which `tests/connections.rs` counts. It can go when ureq asks its pool first and
//! tells its transport the phase of a request.

mod address;
mod body;
mod connection;
mod head;
mod pool;
mod proxy;
mod socket;
#[cfg(feature = "services")]
mod tls;

use crate::error::{Error, Outcome};
use crate::limits::{Limits, MAX_ERROR_BYTES};
use crate::response::Response;
use crate::url::Url;
use connection::Connection;
use std::io::Write;
use std::path::Path;

pub(crate) use address::resolve;

const USER_AGENT: &str = concat!("minilambda-aws/", env!("CARGO_PKG_VERSION"));

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    Bytes(&'a [u8]),
    /// A file with its length.
    File(&'a Path, u64),
}

/// A request as it is sent.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    /// Without `host` and `content-length`.
    pub headers: &'a [(String, String)],
    pub body: Body<'a>,
    pub limits: Limits,
}

/// The reason why there is no response.
#[derive(Debug)]
pub(crate) struct NoResponse {
    pub error: Error,
    /// Whether another attempt would fail too, or must not be made.
    pub is_final: bool,
}

impl NoResponse {
    fn not_sent(message: impl Into<String>) -> Self {
        Self { error: Error::new("Aws.NotSent", message), is_final: false }
    }

    fn unknown(reason: impl Into<String>) -> Self {
        let reason: String = reason.into();
        let message = format!("no response, and it may or may not have been carried out: {reason}");
        let error = Error::with_outcome("Aws.NoResponse", message, Outcome::Unknown);
        Self { error, is_final: false }
    }

    fn last(self) -> Self {
        Self { is_final: true, ..self }
    }
}

/// Opens a connection, unless one is kept, and keeps it.
#[cfg(feature = "services")]
pub(crate) fn connect(url: &Url, limits: &Limits) -> Result<(), NoResponse> {
    pool::give_back(match pool::take(url) {
        Some(connection) => connection,
        None => Connection::open(url, limits).inspect_err(|_| forget(url))?,
    });
    Ok(())
}

/// Sends a request once. The body of a successful response is written to `into`, if it is given.
pub(crate) fn send(
    message: &Message,
    into: Option<&mut dyn Write>,
) -> Result<Response, NoResponse> {
    let mut connection = match pool::take(message.url) {
        Some(connection) => connection,
        None => {
            Connection::open(message.url, &message.limits).inspect_err(|_| forget(message.url))?
        }
    };
    let result = exchange(&mut connection, message, into);
    match &result {
        Ok((_, true)) => pool::give_back(connection),
        Ok((_, false)) => {}
        Err(_) => forget(message.url),
    }
    result.map(|(response, _)| response)
}

/// After a failure the host's addresses are looked up again, and those of its proxy.
fn forget(url: &Url) {
    address::forget(url.host_and_port().0);
    if let Ok(Some(proxy)) = proxy::for_url(url) {
        address::forget(proxy.url.host_and_port().0);
    }
}

/// Returns the response, and whether the connection can be used again.
fn exchange(
    connection: &mut Connection,
    message: &Message,
    into: Option<&mut dyn Write>,
) -> Result<(Response, bool), NoResponse> {
    let is_sent_completely = connection.send(message)?;
    let head = connection.read_head(message)?;
    let mut response = Response { status: head.status, headers: head.headers, body: Vec::new() };
    let max_bytes = message.limits.max_response_bytes;
    let is_complete = match into {
        Some(writer) if (200..300).contains(&response.status) => {
            let mut written = 0;
            let copied = connection.read_body(&head.framing, &message.limits, &mut |part| {
                writer.write_all(part).map_err(|error| {
                    let reason = format!("the response cannot be written: {error}");
                    NoResponse { error: Error::invalid_response(reason), is_final: true }
                })?;
                written += part.len() as u64;
                Ok(true)
            });
            // The bytes cannot be taken back from the writer.
            copied.map_err(|failure| failure.after_writing(written))?
        }
        _ => {
            let is_error = response.status >= 300;
            let body = &mut response.body;
            body::check_length(&head.framing, max_bytes, is_error)?;
            connection.read_body(&head.framing, &message.limits, &mut |part| {
                if is_error {
                    let room = MAX_ERROR_BYTES - body.len();
                    body.extend_from_slice(part.get(..room).unwrap_or(part));
                    return Ok(body.len() < MAX_ERROR_BYTES);
                }
                body.extend_from_slice(part);
                if body.len() as u64 > max_bytes {
                    Err(body::too_large(max_bytes))
                } else {
                    Ok(true)
                }
            })?
        }
    };
    Ok((response, is_complete && is_sent_completely && head.is_kept))
}

impl NoResponse {
    fn after_writing(self, written: u64) -> Self {
        if written == 0 {
            return self;
        }
        let reason = format!("{} ({written} bytes were written)", self.error.message());
        let code = if self.is_final { "Aws.InvalidResponse" } else { "Aws.NoResponse" };
        Self { error: Error::with_outcome(code, reason, self.error.outcome()), is_final: true }
    }
}
