//! Answering callbacks: for the function, or any program, that has a callback's id.
//!
//! ```no_run
//! use minilambda::{Context, Error};
//! use minilambda_durable::callbacks;
//! use miniserde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Click {
//!     callback: String,
//!     by: Option<String>,
//! }
//!
//! #[derive(Serialize)]
//! struct Approval {
//!     by: String,
//! }
//!
//! fn clicked(click: Click, _: &Context) -> Result<(), Error> {
//!     match click.by {
//!         Some(by) => callbacks::succeed(&click.callback, &Approval { by })?,
//!         None => callbacks::fail(&click.callback, "Rejected", "not approved")?,
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The role needs `lambda:SendDurableExecutionCallbackSuccess`, `…Failure` and `…Heartbeat`.

use crate::failure::Failure;
use minilambda::ToJson;
use minilambda_aws::{Client, Error, LAMBDA, Request};

/// Ends a callback with a result, of 1 MB at most as JSON.
///
/// # Errors
/// `CallbackTimeoutException` if the callback has timed out; those of
/// [`Client::call`](minilambda_aws::Client::call).
pub fn succeed<T: ToJson + ?Sized>(id: &str, result: &T) -> Result<(), Error> {
    request(&LAMBDA.client(), id, "succeed").json(result).send().map(drop)
}

/// Ends a callback with a failure, whose kind is that of the [`Failure`] which the durable function
/// gets.
///
/// # Errors
/// Those of [`succeed`].
pub fn fail(id: &str, kind: &str, message: &str) -> Result<(), Error> {
    let failure = Failure::cut(kind.to_owned(), message.to_owned(), "");
    let request = request(&LAMBDA.client(), id, "fail");
    let request = request.header("content-type", "application/json");
    request.body(failure.to_json()).send().map(drop)
}

/// Says that the result of a callback will come: its
/// [`heartbeat`](crate::Durable::heartbeat) begins again.
///
/// # Errors
/// Those of [`succeed`].
pub fn heartbeat(id: &str) -> Result<(), Error> {
    // A second one has the effect of one.
    request(&LAMBDA.client().idempotent(), id, "heartbeat").send().map(drop)
}

fn request(client: &Client<'static>, id: &str, what: &str) -> Request<'static> {
    client.request("POST", "/2025-12-01/durable-execution-callbacks").segment(id).segment(what)
}
