//! Doors for the fuzzers, which are another crate. In a build for anything else there are none:
//! `fuzz/run` sets `cfg(fuzzing)`, so that this is no hidden part of the interface.
#![allow(missing_docs, reason = "not a public interface")]

use crate::Context;
use crate::api::Api;
use crate::http::exchange;
use std::io::Read;

/// Asks a peer for an event and responds to it.
pub fn ask_and_respond(address: &str) {
    let mut context = Context::default();
    let Ok(mut api) = Api::new(address) else { return };
    let Ok(next) = api.next(&mut context, Vec::new()) else { return };
    if let Ok(event) = next.body {
        let _ = api.respond(&context, &event); // any outcome is fine but a panic
    }
}

/// The status and body of the peer's reply to a posted response.
pub fn stream_answer(connection: &mut impl Read) -> Option<(u16, Vec<u8>)> {
    let response = exchange::parse_response(connection, "", || {}).ok()?;
    Some((response.status, response.text))
}
