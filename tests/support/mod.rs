//! What the tests of whole programs share: a fake Runtime API, and starting a program.
#![allow(dead_code, reason = "each test crate uses its part")]

pub mod failure;
pub mod fake_api;
pub mod program;
pub mod skip;
