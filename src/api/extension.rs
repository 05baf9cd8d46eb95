//! An extension without events: Lambda sends SIGTERM only to a function that has one.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.

use super::names::extension::{EVENT_NEXT, ID, NAME, REGISTER};
use super::{Api, end_head, names, push_header, status_text};
use crate::http::client::{HeaderName, HeaderValue};
use crate::http::connection::PROBE_AFTER_IDLE;
use crate::http::exchange;

impl Api {
    /// Registers this process as its own extension. Returns the extension's id.
    pub(crate) fn register_extension(&self) -> Result<Vec<u8>, String> {
        let body = br#"{"events":[]}"#;
        let mut head = self.client.post_head(REGISTER);
        push_header(&mut head, "content-type", "application/json");
        push_header(&mut head, NAME, "minilambda");
        end_head(&mut head, body);
        let response = self
            .connection(PROBE_AFTER_IDLE)
            .and_then(|connection| exchange::send_buffered(&connection, &head, body, ID))
            .map_err(|error| error.to_string())?;
        if !names::is_success(response.status) {
            return Err(status_text(response.status, &response.text));
        }
        response.header.ok_or_else(|| format!("the response has no usable {ID} header"))
    }

    /// Blocks until Lambda has an event for the extension, which is never.
    pub(crate) fn await_extension_event(&self, id: &[u8]) -> Result<(), String> {
        let id = HeaderValue::from_bytes(id).ok().map(|id| (HeaderName::from_static(ID), id));
        self.get(EVENT_NEXT, id)
    }
}
