//! What the fuzzers call, which are another crate. It is there only in their builds: `fuzz/run`
//! sets `cfg(fuzzing)`.
#![allow(missing_docs, reason = "not a public interface")]

use crate::caller::Caller;
use crate::gateway::claims_of;
use crate::http::HttpRequest;
use crate::log::Lines;
use crate::{glob, json, policy, server, table, variables};

pub use crate::server::Admitted;

/// `None` if the request is refused.
pub fn admit(line: &str, headers: Vec<(String, String)>) -> Option<Admitted> {
    server::admit(line, headers)
}

/// The handlers of a usage.
pub fn handlers(usage: &str) -> Vec<String> {
    table::parse(usage).names
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

/// Reads a text as each of the small formats: variables, claims, an identity, a token, a policy, a
/// pattern.
pub fn read_text(text: &str) {
    if let Ok(variables) = variables::parse(text, "fuzzed.env") {
        for (name, value) in variables {
            assert!(variables::check(&name, &value).is_ok() && !value.contains('\n'));
        }
    }
    let _ = Caller::claims(text);
    let _ = Caller::iam(text);
    let _ = claims_of(&HttpRequest::new("GET", "/").header("authorization", text));
    if let Some(document) = json::parse_object(text.as_bytes()) {
        let _ = policy::evaluate(&document, text);
    }
    let (pattern, rest) = text.split_once('\n').unwrap_or((text, text));
    assert!(glob::matches("*", text));
    let _ = glob::matches(pattern, rest);
}
