//! Skipping a test that needs a tool which is missing. The tests of all crates include it.

use std::io::{self, Write};
use std::{env, thread};

/// Says that this test is skipped, for the table of `tests/run`, or fails in CI. The last line of
/// `why` says what is missing, and the command that brings it.
pub fn skip(why: &str) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let why = why.trim().lines().last().unwrap_or_default();
    assert!(env::var_os("CI").is_none(), "{test} cannot be skipped in CI: {why}");
    // To stderr itself: what a test prints is shown only if it fails. In one write, so it is a
    // line.
    let _ = io::stderr().write_all(format!("\nSKIPPED {test}: {why}\n").as_bytes());
}
