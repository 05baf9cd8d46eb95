//! AWS Lambda on your own machine: the functions of a program run as Lambda runs them, without
//! Docker, without an account, and without async.
//!
//! ```no_run
//! use minilambda_local::Lambda;
//!
//! // In a test of the crate: env!("CARGO_BIN_EXE_shop")
//! let lambda = Lambda::new("target/debug/shop");
//! let done = lambda.invoke("shop.order", r#"{"id":"A-1","pieces":7}"#)?;
//! assert_eq!(done.text(), r#"{"order":"A-1","boxes":2}"#);
//! assert!(done.failure.is_none() && done.has_logged("7 pieces"));
//!
//! let response = lambda.http("shop.http").get("/orders/A-1")?;
//! assert_eq!(response.status, 200);
//! # Ok::<_, minilambda_local::Error>(())
//! ```
//!
//! [`Lambda::new`] prepares a program. [`Lambda::invoke`] starts it, as a cold start does, with an
//! environment that is made from nothing, and a Runtime API that only this program knows. The
//! program stays for the next event and is frozen between two events. The function's timeout, its
//! memory and its exit are watched: the [`Invocation`] has what a caller on AWS would get, the
//! lines of the log that belong to the event, and the figures of the report.
//!
//! [`Lambda::start`] starts an execution of a durable function. Its time can be moved by the test.
//!
//! [`Lambda::http`] sends HTTP requests through a [`FrontEnd`], with an [`Authorizer`] if the API
//! has one, [`Fault`] makes the Runtime API fail, and [`Lambda::serve`] serves all of it on a port
//! of 127.0.0.1: the Invoke API for the AWS CLI and SDKs, HTTP, and a page. The tool
//! `minilambda-local` builds a project and does the same.
//!
//! Programs with any runtime can be invoked. It runs on Linux and macOS. On macOS the memory is not
//! measured.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[cfg(not(unix))]
compile_error!("minilambda-local needs the signals of Linux or macOS; on Windows it runs in WSL");

mod asynchronous;
mod authorizer;
mod aws;
mod builder;
mod caller;
mod caller_options;
mod client;
mod clock;
mod conf;
mod debug;
mod durable;
mod error;
mod event_stream;
mod extension_api;
mod fault;
mod front_end;
mod functions_file;
#[cfg(test)]
mod functions_file_tests;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod glob;
mod guardian;
mod http;
mod ids;
mod instance;
mod invocation;
mod journal;
mod json;
mod lambda;
mod listener;
mod lock;
mod log;
mod moto;
mod names;
mod option_value;
mod options;
mod policy;
mod pool;
mod port;
mod process;
mod project;
mod queue;
mod runtime_api;
mod samples;
pub mod script;
mod server;
mod settings;
mod sources;
mod stand_in;
mod subscription;
mod supervisor;
mod table;
mod target;
mod telemetry;
mod terminal;
#[doc(hidden)]
pub mod tool;
mod variables;
mod watch;
mod watched;
#[doc(hidden)]
pub mod wire;

pub use authorizer::Authorizer;
pub use builder::Builder;
pub use client::{HttpClient, HttpResponse};
pub use durable::execution::ExecutionStatus;
pub use durable::fault::CheckpointFault;
pub use durable::handle::{
    DurableExecution, DurableOutcome, DurableStart, HistoryEvent, PendingCallback,
};
pub use durable::time::DurableTime;
pub use error::{Error, ErrorKind};
pub use fault::{Fault, FaultPoint};
pub use front_end::FrontEnd;
pub use http::HttpRequest;
pub use invocation::{FunctionError, Invocation, Report};
pub use lambda::Lambda;
pub use moto::Moto;
pub use server::Server;
