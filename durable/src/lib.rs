//! Durable functions of AWS Lambda without async: a workflow is a plain function, which may last a
//! year.
//!
//! ```no_run
//! use minilambda::{Context, Error, Handler, handler};
//! use minilambda_durable::{Durable, Retry, Step, When, durable};
//! use miniserde::{Deserialize, Serialize};
//! use std::process::ExitCode;
//! use std::time::Duration;
//!
//! static HANDLERS: &[(&str, Handler)] =
//!     &[("shop.order", durable!(order)), ("shop.ship", handler!(ship))];
//!
//! static CARDS: Retry = Retry { attempts: 3, unless: &["CardRefused"], ..Retry::DEFAULT };
//!
//! fn main() -> ExitCode {
//!     minilambda::run(HANDLERS)
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! struct Order {
//!     id: String,
//!     items: Vec<String>,
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! struct Receipt {
//!     charge: String,
//!     approved_by: String,
//!     tracking: String,
//! }
//!
//! fn order(order: Order, durable: &Durable) -> minilambda_durable::Result<Receipt> {
//!     let charge = durable.retry(&CARDS).at_most_once().step("charge", |step| charge(&order, step))?;
//!     durable.wait("cool-down", Duration::from_secs(3600))?;
//!     let approved_by = durable.wait_for_callback("approval", |id, _| ask(&order, id))?;
//!     let parcels = durable.map("pack", &order.items, When::ALL_ARE_OVER, |branch, item| {
//!         let shelf: String = branch.step("find", |_| Ok(format!("shelf of {item}")))?;
//!         branch.step("box", |_| Ok(format!("{item} from {shelf}")))
//!     })?;
//!     let tracking = durable.invoke("shop-ship:live", &parcels.all()?)?;
//!     Ok(Receipt { charge, approved_by, tracking })
//! }
//!
//! fn charge(order: &Order, step: &Step) -> Result<String, Error> {
//!     log::info!("charging {} with the key {}", order.id, step.key);
//!     Ok(format!("charge of {}", order.id))
//! }
//!
//! fn ask(order: &Order, callback: &str) -> Result<(), Error> {
//!     log::info!("who approves {}? the answer goes to {callback}", order.id);
//!     Ok(())
//! }
//!
//! fn ship(parcels: Vec<String>, _: &Context) -> Result<String, Error> {
//!     Ok(format!("{} parcels", parcels.len()))
//! }
//! ```
//!
//! - [`durable!`] makes a handler of the function. The function needs a `DurableConfig`, which is
//!   set when it is created.
//! - [`Durable::step`] runs what may happen only once, and records its result with Lambda. When
//!   the function is invoked again, the step returns the recorded result.
//! - [`Durable::wait`], [`Durable::wait_for_callback`], [`Durable::invoke`] and
//!   [`Durable::wait_until`] end the invocation. Their error passes through `?`, and Lambda invokes
//!   the function again when they are over. While it waits, nothing runs and nothing is paid.
//! - [`Durable::map`] and [`Durable::parallel`] run branches, [`Durable::child`] groups operations.
//! - [`Caught::caught`] tells the failure of an operation from a wait, to undo what was done.
//! - [`callbacks`] answers a callback from elsewhere. [`testing`] runs a function in a unit test.
//!
//! # What has to be deterministic
//!
//! The function is called from its beginning in each invocation, so it has to begin the same
//! operations in the same order each time. What differs from one call to the next, such as the
//! time, a random number, or what a service says, belongs in a step. A change of the program is
//! such a difference too: publish versions, and invoke by a version or an alias, so that an
//! execution goes on with the program that it began with.
//!
//! # Logs
//!
//! What an invocation logs while it repeats what an earlier one has done is not written, and
//! neither are its metrics and spans. Steps always log. [`Durable::show_replay`] shows all of it. A
//! logger of the program's own has to ask [`Durable::is_replaying`].
//!
//! # Kinds of failures
//!
//! | kind | meaning |
//! |---|---|
//! | `Durable.NotDeterministic` | the function has begun another operation than was recorded; it cannot be caught |
//! | `Durable.WrongContext` | a step or a child has used the context around it; it cannot be caught |
//! | `Durable.InvalidArgument` | the service does not take a name or a time |
//! | `Durable.TooLarge` | a payload has over 1 MB, or the result over 6 MB |
//! | `Durable.InvalidResult` | JSON does not match its type |
//! | `Durable.Interrupted` | an attempt of a step at most once was interrupted |
//! | `Durable.FAILED`, `Durable.TIMED_OUT`, `Durable.STOPPED`, `Durable.CANCELLED` | an operation has ended so, and its error has no kind |
//! | `Callback.Timeout`, `Callback.Heartbeat` | the service's, for a callback without a result |
//! | `ChainedInvoke.Timeout` | the service's, for a durable function that was invoked and timed out |
//! | `Durable.NotOver` | a branch was not over when its batch was |
//! | `Function.Panic` | the function, a step or a branch has panicked |
//!
//! Errors of an invocation, which Lambda repeats: `Durable.NotConfigured` for an event of another
//! kind, `Durable.OutOfTime` if the invocation has no time left for a step, `Durable.InvalidState`
//! and `Durable.InvalidResponse` for what the service sends, and those of [`minilambda_aws`].
//!
//! The role needs `lambda:CheckpointDurableExecution` and `lambda:GetDurableExecutionState`, and
//! `lambda:InvokeFunction` for what it invokes. See
//! <https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html>.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod batch;
mod board;
pub mod callbacks;
mod context;
mod execution;
#[cfg(test)]
mod execution_tests;
mod failure;
mod function;
#[cfg(fuzzing)]
pub mod fuzzing;
mod json;
mod limits;
mod retry;
mod serve;
mod service;
mod step;
pub mod testing;
mod wait;
mod wire;

pub use batch::{Batch, InBranch, Named, Outcome};
pub use board::When;
pub use context::Durable;
pub use failure::{Caught, Failure, Result, Stop};
pub use function::Function;
pub use retry::{Jitter, Retry};
pub use step::{Check, Step, With};
pub use wait::{Callback, Invoking};

/// For this crate's macro. It may change with any version.
#[doc(hidden)]
pub mod __private {
    pub use crate::serve::serve;
    pub use minilambda::{Error, Handler};
}

/// The code of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
