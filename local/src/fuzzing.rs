//! Doors for the fuzzers, as in the runtime: a build for anything else has none.
#![allow(missing_docs, reason = "it is nobody's interface")]

use crate::gateway::{Caller, claims_of};
use crate::http::HttpRequest;
use crate::{glob, json, policy, variables};

/// Reads a text as each of the small formats: variables, claims, an identity, a token, a policy, a pattern.
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
