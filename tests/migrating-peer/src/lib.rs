//! What docs/guide/migrating.md shows of `lambda_runtime`, one block each. `tests/guide.rs`
//! compares them with the page; `tests/migrating` compiles them.
#![allow(dead_code, reason = "it is compiled, not run")]

mod concurrent;
mod errors;
mod http;
mod order;
mod snapstart;
mod streaming;
