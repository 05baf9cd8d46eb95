//! What the fuzzers call, which are another crate. It is there only in their builds: `fuzz/run`
//! sets `cfg(fuzzing)`.
#![allow(missing_docs, reason = "only fuzzers use it")]

use crate::Context;
use crate::api::Api;
use crate::http::exchange;
use crate::memory::Memory;
use std::io::Read;

/// Asks a peer for an event, and responds with its body.
pub fn ask_and_respond(address: &str) {
    let mut context = Context::default();
    let Ok(mut api) = Api::new(address) else { return };
    let mut memory = Memory::new(true);
    let Ok(next) = api.next(&mut context, &mut memory) else { return };
    if let Ok(event) = next.body {
        let _ = api.respond(&context, &event); // any outcome is fine but a panic
    }
}

/// Reads a peer's response: its status and its text.
pub fn stream_response(connection: &mut impl Read) -> Option<(u16, Vec<u8>)> {
    let response = exchange::parse_response(connection, "", || {}).ok()?;
    Some((response.status, response.text))
}
