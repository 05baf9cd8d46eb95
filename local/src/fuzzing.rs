//! Doors for the fuzzers, which are another crate. In a build for anything else there are none:
//! `cargo fuzz` sets `cfg(fuzzing)`, so that this is no hidden part of the interface.
#![allow(missing_docs, reason = "it is nobody's interface")]

use crate::log::Lines;
use crate::{server, table};

/// What a request is for, if it is served: its host, its path, and the function of the host.
pub type Admitted = (String, String, Option<String>);

/// `None` if the request is refused.
pub fn admit(line: &str, headers: Vec<(String, String)>) -> Option<Admitted> {
    server::admit(line, headers)
}

/// The handlers of a usage.
pub fn handlers(usage: &str) -> Vec<String> {
    table::names(usage)
}

/// The lines of a log that comes in pieces.
pub fn lines(bytes: &[u8], piece: usize) -> Vec<String> {
    let (mut lines, mut found) = (Lines::default(), Vec::new());
    bytes.chunks(piece).for_each(|piece| lines.push(piece, &mut found));
    found.extend(lines.finish());
    found
}

/// What a client receives for the status and the headers of a function.
pub fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    server::response(status, headers, body)
}
