//! What the tests of whole programs share: a fake Runtime API, and starting a program.
#![allow(dead_code, reason = "each test crate uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

pub mod fake_api;
pub mod program;
