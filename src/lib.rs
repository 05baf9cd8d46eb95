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
//!         return Err(Error::new("EmptyOrder", "an order needs at least one piece"));
//!     }
//!     Ok(Receipt { order: order.id })
//! }
//!
//! fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
//!     Ok(event)
//! }
//! ```
//!
//! The table is data: each entry is a name and a plain function pointer. The function's handler
//! setting (`_HANDLER`) selects one. [`run`] then asks Lambda for an event, calls the function,
//! sends its response, and starts again, over one connection of blocking HTTP.
//!
//! - A typed handler, made by [`handler!`], takes any type that derives miniserde's `Deserialize`
//!   and returns any type that derives its `Serialize`. The types of AWS's events are in the crate
//!   `minilambda-events`. If an event does not match, the error says where and why.
//! - A raw handler, made by [`Handler::raw`], takes bytes and returns bytes. A streaming handler,
//!   made by [`Handler::streaming`], writes its response to a [`ResponseStream`].
//! - [`Context`] has the request id, the deadline, and the function's configuration. [`Error`] is
//!   what `?` converts other errors to, and what the caller gets. A panic becomes an `Error` too.
//! - Records of the crate `log` go to CloudWatch Logs, with the request id. `RUST_LOG` sets the
//!   level.
//! - Outside Lambda the same binary runs a handler on an event from a file:
//!   `bootstrap shop.order event.json`. See [`run`].
//! - [`Handler::call`] calls a handler in a test.
//!
//! **miniserde ignores container attributes**: `#[serde(rename_all = "camelCase")]`,
//! `deny_unknown_fields` and `default` on a struct compile and do nothing. Write
//! `#[serde(rename = "orderId")]` on each field whose JSON name differs.
//!
//! The sources are layers, and each imports only from those before it: `civil_date`, `backtrace`, `error`,
//! `panics`, `json`, `context`, `invocation`, `logging`, `response_stream`, `handler`, `http` (the
//! only folder that names ureq), `api` (the Runtime API), `lifecycle` (hooks, workers, deadlines),
//! `runtime` (the loop) and `cli` (a local run). `docs/ARCHITECTURE.md` follows an event through
//! them.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api;
mod backtrace;
mod civil_date;
mod cli;
mod context;
mod environment;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handler;
mod http;
mod invocation;
mod json;
mod lifecycle;
mod logging;
mod panics;
mod response_stream;
mod runtime;

#[doc(hidden)]
pub use civil_date::civil_date;
pub use context::{CognitoIdentity, Context};
#[doc(hidden)]
pub use environment::function_memory;
pub use error::Error;
#[doc(hidden)]
pub use error::ErrorKind;
pub use handler::Handler;
#[doc(hidden)]
pub use handler::function::{Event, Function, ToResponse, call_typed};
pub use handler::lookup::unique;
pub use json::{decode, encode};
pub use lifecycle::hooks::{Hook, Hooks};
#[doc(hidden)]
pub use panics::catch as catch_panic;
pub use response_stream::ResponseStream;
pub use runtime::{run, run_with};
