//! Ids as AWS makes them.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};

/// Random hexadecimal digits, in lower case. They are not secret.
pub(crate) fn hex(digits: usize) -> String {
    let mut text = String::with_capacity(digits + 16);
    while text.len() < digits {
        // Each state has keys of its own.
        // Writing to a String cannot fail.
        let _ = write!(text, "{:016x}", RandomState::new().hash_one(text.len()));
    }
    text.truncate(digits);
    text
}

/// A request id: a random UUID.
pub(crate) fn uuid() -> String {
    let digits = hex(32);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// An X-Ray trace header as a front end begins it.
pub(crate) fn trace_root(seconds: u64) -> String {
    format!("Root=1-{seconds:08x}-{}", hex(24))
}

/// An X-Ray trace header, not sampled.
pub(crate) fn trace(seconds: u64) -> String {
    continued(&trace_root(seconds))
}

/// The header of a trace as a function gets it: with a parent, and whether it is sampled.
pub(crate) fn continued(trace: &str) -> String {
    if trace.contains("Parent=") {
        return trace.to_owned();
    }
    format!("{trace};Parent={};Sampled=0", hex(16))
}
