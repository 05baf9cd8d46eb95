//! What the tests of this crate share.
#![allow(dead_code, reason = "each test crate uses its part")]

pub mod runner;
#[path = "../../../tests/support/skip.rs"]
mod skip;
