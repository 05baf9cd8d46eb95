//! Calling AWS from a Lambda function without async: signed requests over blocking HTTP, with
//! miniserde's types in and out.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::{DYNAMODB, SQS, dynamodb::Table, s3::Bucket};
//! use miniserde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Message {
//!     #[serde(rename = "QueueUrl")]
//!     queue_url: String,
//!     #[serde(rename = "MessageBody")]
//!     body: String,
//! }
//!
//! #[derive(Deserialize)]
//! struct Sent {
//!     #[serde(rename = "MessageId")]
//!     id: String,
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! struct User {
//!     id: String,
//!     name: String,
//! }
//!
//! #[derive(Serialize)]
//! struct Key<'a> {
//!     id: &'a str,
//! }
//!
//! fn welcome(queue_url: String) -> Result<(), Error> {
//!     // Any action of any JSON service.
//!     let message = Message { queue_url, body: "welcome".to_owned() };
//!     let sent: Sent = SQS.call("SendMessage", &message)?;
//!     log::info!("sent {}", sent.id);
//!
//!     // Items and objects.
//!     let users = Table::new("users");
//!     users.put(&User { id: "ada".to_owned(), name: "Ada".to_owned() })?;
//!     let user: Option<User> = users.get(&Key { id: "ada" })?;
//!     Bucket::new("photos").put("ada.txt", user.map_or(String::new(), |user| user.name))?;
//!     Ok(())
//! }
//! ```
//!
//! # What a request does
//!
//! Region, credentials and endpoints are read for each request from the environment that Lambda sets; see
//! [`credentials`]. A request has a second to connect and ten for each response. It is tried three
//! times, with random delays, if it was throttled, could not be sent, or if repeating it is safe; see
//! [`Client::idempotent`]. [`Client::within`] keeps it inside the time that an invocation has left.
//! The connection stays open between invocations. All of it works from several threads.
//!
//! An error of the service is an [`Error`](minilambda::Error) whose kind is the service's code, such as
//! `ConditionalCheckFailedException`. Errors of this crate have these kinds:
//!
//! | kind | meaning |
//! |---|---|
//! | `Aws.NoCredentials` | there are no credentials, or they cannot be read |
//! | `Aws.NoRegion` | `AWS_REGION` is not set |
//! | `Aws.NotSent` | no connection was made: the request was not carried out |
//! | `Aws.NoResponse` | the response did not arrive: nobody knows whether the request was carried out |
//! | `Aws.InvalidResponse` | the response does not match its type |
//! | `Aws.InvalidRequest` | the request cannot be written |
//!
//! # Features
//!
//! `services`, on by default, is everything over TLS. Without it there are [`extension`], [`metrics`]
//! and [`trace`], which need no TLS.

#[cfg(feature = "services")]
pub mod credentials;
#[cfg(feature = "services")]
mod date;
#[cfg(feature = "services")]
pub mod dynamodb;
#[cfg(feature = "services")]
mod endpoint;
pub mod extension;
#[cfg(feature = "services")]
mod failure;
#[cfg(feature = "services")]
mod http;
pub mod metrics;
#[cfg(feature = "services")]
pub mod parameters;
#[cfg(feature = "services")]
mod retry;
#[cfg(feature = "services")]
pub mod s3;
#[cfg(feature = "services")]
mod service;
#[cfg(feature = "services")]
mod sign;
#[cfg(all(test, feature = "services"))]
mod sign_tests;
pub mod trace;
#[cfg(feature = "services")]
mod xml;

#[cfg(feature = "services")]
pub use service::*;

/// The code of the README.
#[cfg(all(doctest, feature = "services"))]
#[doc = include_str!("../README.md")]
struct Readme;
