//! AWS Lambda functions without async: a custom runtime as one small static binary.
//!
//! ```no_run
//! use minilambda::{Context, Error, Handler, handler};
//! use miniserde::{Deserialize, Serialize};
//! use std::process::ExitCode;
//!
//! static HANDLERS: &[(&str, Handler)] = &[
//!     ("shop.order", handler!(order)),
//!     ("shop.echo", Handler::raw(echo)),
//! ];
//!
//! fn main() -> ExitCode {
//!     minilambda::run(HANDLERS)
//! }
//!
//! #[derive(Deserialize)]
//! struct Order {
//!     id: String,
//!     pieces: u32,
//! }
//!
//! #[derive(Serialize)]
//! struct Receipt {
//!     order: String,
//! }
//!
//! fn order(order: Order, context: &Context) -> Result<Receipt, Error> {
//!     log::info!("{} pieces, {:?} left", order.pieces, context.time_left());
//!     if order.pieces == 0 {
//!         return Err(Error::new("EmptyOrder", "an order needs a piece at least"));
//!     }
//!     Ok(Receipt { order: order.id })
//! }
//!
//! fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
//!     Ok(event)
//! }
//! ```
//!
//! The table is data: each entry is a name and a plain function pointer, and the function's
//! handler setting (`_HANDLER`) picks one. [`run`] then asks Lambda for an event, calls the
//! function, posts what it returns, and asks again, over one connection of blocking HTTP.
//!
//! - A typed handler, made by [`handler!`], takes any type that derives miniserde's `Deserialize`
//!   and returns any that derives its `Serialize`. The types of AWS's own events are in the crate
//!   `minilambda-events`. An event that does not fit is answered with an error that says where.
//! - A raw one, made by [`Handler::raw`], takes bytes and returns bytes.
//! - [`Context`] is what is known of the invocation. [`Error`] is what `?` makes of other errors,
//!   and what the caller gets to see. A panic is caught and reported too.
//! - What is written with the macros of the crate `log` goes to CloudWatch Logs, with the request id;
//!   `RUST_LOG` says how much.
//! - Without Lambda around it the same binary runs a handler on an event from a file:
//!   `bootstrap shop.order event.json`. That, and the exit statuses, is told at [`run`].
//!
//! Each file of the source is a room with one purpose: `runtime` (the loop), `table` (handlers by
//! name), `handler` (decoding and encoding), `reader` (a quicker way to miniserde's types), `explain`
//! (why an event does not fit), `invoke` (panics), `context`, `error`, `api` (the Runtime API's
//! words), `client` (ureq), `post` (what is sent by hand), `transport` (the socket), `logging`, and
//! `local` (one event at a desk).
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api;
mod backtrace;
mod cli;
mod context;
mod environment;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handler;
mod http;
mod json;
mod lifecycle;
mod logging;
mod response_stream;
mod runtime;

pub use context::{CognitoIdentity, Context};
pub use error::Error;
pub use handler::{Handler, typed};
pub use json::decode;
pub use lifecycle::hooks::{Hook, Hooks};
pub use response_stream::Stream;
pub use runtime::{run, run_with};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
