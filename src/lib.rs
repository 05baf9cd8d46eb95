//! AWS Lambda functions without async: a custom runtime as one small static binary.
//!
//! ```no_run
//! use minilambda::{Context, Error, Handler, handler};
//! use miniserde::{Deserialize, Serialize};
//! use std::process::ExitCode;
//!
//! static HANDLERS: &[(&str, Handler)] = &[("shop.order", handler!(order))];
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
//!     boxes: u32,
//! }
//!
//! const PIECES_IN_A_BOX: u32 = 6;
//!
//! fn order(order: Order, _: &Context) -> Result<Receipt, Error> {
//!     if order.pieces == 0 {
//!         return Err(Error::new("EmptyOrder", format!("order {} has no pieces", order.id)));
//!     }
//!     log::info!("{} pieces", order.pieces);
//!     Ok(Receipt { order: order.id, boxes: order.pieces.div_ceil(PIECES_IN_A_BOX) })
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
//! - [`Handler::init`] prepares one handler before the first event, and [`Handler::around`] puts
//!   functions around it. [`Hooks`] are for the whole process.
//! - [`Handler::call`] calls a handler in a test.
//!
//! **miniserde ignores container attributes**: `#[serde(rename_all = "camelCase")]`,
//! `deny_unknown_fields` and `default` on a struct compile and do nothing. Write
//! `#[serde(rename = "orderId")]` on each field whose JSON name differs. With the feature `serde`,
//! a type with serde's derives and all their attributes is taken as `Serde<T>`.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api;
mod backtrace;
mod calendar;
mod chance;
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
mod memory;
mod panics;
mod response_stream;
mod runtime;

pub use api::metadata::availability_zone_id;
pub use context::{CognitoIdentity, Context};
pub use error::Error;
pub use handler::Handler;
pub use handler::lookup::unique_names;
pub use handler::middleware::{Middleware, Next};
#[cfg(feature = "serde")]
pub use json::Serde;
pub use json::{FromJson, ToJson, decode, encode};
pub use lifecycle::hooks::{Hook, Hooks};
pub use logging::keys::{log_key, log_key_always};
pub use logging::logger::{CorrelationId, Logger};
pub use response_stream::ResponseStream;
pub use runtime::{run, run_with};

/// For this crate's macros and its sister crates. It may change with any version.
#[doc(hidden)]
pub mod __private {
    pub use crate::calendar::{date_and_time, days, is_recent, now};
    pub use crate::chance::{fraction, random};
    pub use crate::environment::{function_memory, is_started_ahead, variable};
    pub use crate::error::ErrorKind;
    pub use crate::handler::function::{Function, call_typed};
    pub use crate::invocation::{is_served, is_silent, request_id, silence, time_left, trace_id};
    pub use crate::json::{decode_or, to_text};
    pub use crate::logging::error as log_error;
    pub use crate::logging::keys::within_keys;
    pub use crate::panics::{catch as catch_panic, lock};
}
