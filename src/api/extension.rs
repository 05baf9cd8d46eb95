//! An extension without events: Lambda sends SIGTERM only to a function that has one.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.

use super::names::extension::{EVENT_NEXT, ID, NAME, REGISTER};
use super::{Api, names, status_text};
use crate::http::client::{HeaderName, HeaderValue};

impl Api {
    /// Registers this process as its own extension. Returns the extension's id.
    pub(crate) fn register_extension(&self) -> Result<Vec<u8>, String> {
        let post = self.post(REGISTER, "application/json", None).header(NAME, "minilambda");
        let response = post.send(br#"{"events":[]}"#, ID).map_err(|error| error.to_string())?;
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
