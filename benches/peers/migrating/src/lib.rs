//! What docs/guide/migrating.md shows of `lambda_runtime`, one block each. `docs/guide.rs`
//! compares them with the page; `make lint` compiles them.
#![allow(dead_code, clippy::pedantic, reason = "it is compiled, not run")]

mod concurrent;
mod errors;
mod http;
mod order;
mod snapstart;
mod streaming;
