//! Calling AWS from a Lambda function without async: signed requests over blocking HTTP, with
//! miniserde's types in and out.
//!
//! ```no_run
//! use minilambda_aws::{Error, Json, SFN, dynamodb::Table, object, s3::Bucket, sqs::Queue};
//! use miniserde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Serialize)]
//! struct User {
//!     id: String,
//!     name: String,
//! }
//!
//! fn welcome(machine: &str, queue_url: &str) -> Result<(), Error> {
//!     // Any action of any JSON service.
//!     let input = object! { "stateMachineArn": machine, "input": r#"{"name":"ada"}"# };
//!     let started: Json = SFN.client().call("StartExecution", &input)?;
//!     log::info!("{:?}", started.path("executionArn").and_then(|arn| arn.as_str()));
//!
//!     // Messages, items and objects.
//!     Queue::new(queue_url).send("welcome")?;
//!     let users = Table::new("users");
//!     users.put(&User { id: "ada".to_owned(), name: "Ada".to_owned() })?;
//!     let user: Option<User> = users.get(&object! { "id": "ada" })?;
//!     Bucket::new("photos").put("ada.txt", user.map_or(String::new(), |user| user.name))?;
//!     Ok(())
//! }
//! ```
//!
//! # What a request does
//!
//! Region, credentials and endpoints are read for each request from the environment that Lambda
//! sets; see [`credentials`]. [`Client`] has methods to choose others.
//!
//! Everything that waits has a limit: 3 s to connect, 60 s for the head of a response (more for
//! actions that are known to take longer), 60 s between two pieces of a body, and in an invocation
//! never longer than it has left, less a tenth of its time, half a second at most, for its
//! response. A request is tried three times at most, with random delays, if it was throttled, could
//! not be sent, or if repeating it is safe; see [`Client::idempotent`]. Connections stay open
//! between invocations. All of it works from several threads.
//!
//! An [`Error`] says what the service said, and whether the request was carried out. `?` makes it a
//! [`minilambda::Error`] whose kind is its code. The codes of this crate:
//!
//! | code | meaning |
//! |---|---|
//! | `Aws.NoCredentials` | there are no credentials, or they cannot be read |
//! | `Aws.NoRegion` | `AWS_REGION` is not set, or is no name of a region |
//! | `Aws.NotSent` | the request was not sent: no connection, or no time left |
//! | `Aws.NoResponse` | the response did not arrive: the request may or may not have been carried out |
//! | `Aws.InvalidResponse` | the response does not match its type, or cannot be kept |
//! | `Aws.InvalidRequest` | the request cannot be written, or would mean something else |
//! | `Aws.InvalidCursor` | the cursor or the token of a page is none of that list; see [`Error::is_invalid_cursor`] |
//! | `Aws.Unprocessed` | DynamoDB has left a part of a batch, again and again |
//! | `Aws.InProgress`, `Aws.OtherPayload`, `Aws.NoResponseKept` | a key that was used before; see [`idempotency`] |
//! | `Aws.Extension` | the Parameters and Secrets extension has refused, or is not there |
//!
//! # Features
//!
//! `services`, on by default, is everything over TLS. Without it there are [`extension`],
//! [`metrics`], [`trace`] and [`otel`], which need no TLS.
//!
//! The sources are layers, and each imports only from those before it; `tests/layers.txt` of the
//! project lists them.
#![cfg_attr(
    not(test), // its tests share files with those of others
    warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)
)]

#[cfg(feature = "services")]
pub mod appconfig;
#[cfg(feature = "services")]
mod attempts;
#[cfg(feature = "services")]
mod batches;
#[cfg(all(test, feature = "services"))]
mod batches_tests;
#[cfg(feature = "services")]
mod catalog;
#[cfg(all(test, feature = "services"))]
mod catalog_tests;
#[cfg(feature = "services")]
mod client;
#[cfg(feature = "services")]
pub mod credentials;
#[cfg(feature = "services")]
mod date;
#[cfg(feature = "services")]
pub mod dynamodb;
#[cfg(feature = "services")]
mod endpoint;
mod environment;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod error;
#[cfg(feature = "services")]
mod event_stream;
#[cfg(feature = "services")]
pub mod eventbridge;
pub mod extension;
#[cfg(feature = "services")]
mod failure;
#[cfg(feature = "services")]
pub mod firehose;
#[cfg(feature = "services")]
pub mod flags;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod http;
#[cfg(feature = "services")]
pub mod idempotency;
#[cfg(feature = "services")]
pub mod kinesis;
#[cfg(feature = "services")]
pub mod lambda;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod limits;
pub mod metrics;
#[cfg(feature = "services")]
mod object;
pub mod otel;
#[cfg(feature = "services")]
pub mod parameters;
#[cfg(feature = "services")]
mod profile;
#[cfg(feature = "services")]
mod request;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod response;
#[cfg(feature = "services")]
mod rest;
#[cfg(feature = "services")]
pub mod s3;
#[cfg(feature = "services")]
mod service;
#[cfg(feature = "services")]
mod sign;
#[cfg(all(test, feature = "services"))]
mod sign_tests;
#[cfg(feature = "services")]
pub mod signer;
#[cfg(feature = "services")]
pub mod sns;
#[cfg(feature = "services")]
pub mod sqs;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod stored;
pub mod trace;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod url;
#[cfg(feature = "services")]
pub mod websocket;
#[cfg(feature = "services")]
mod xml;

#[cfg(feature = "services")]
pub use batches::{Unsent, UnsentEntry};
#[cfg(feature = "services")]
pub use catalog::{
    APPCONFIG_DATA, APPSYNC, ATHENA, BEDROCK_RUNTIME, CLOUDWATCH_LOGS, COGNITO_IDENTITY_PROVIDER,
    DYNAMODB, ECS, EVENTBRIDGE, EXECUTE_API, FIREHOSE, KINESIS, KMS, LAMBDA, OPENSEARCH, S3,
    SCHEDULER, SECRETS_MANAGER, SES, SESV2, SFN, SNS, SQS, SSM, STS,
};
#[cfg(feature = "services")]
pub use client::{Client, Empty};
pub use error::{Error, Outcome};
#[cfg(feature = "services")]
pub use failure::CancellationReason;
#[cfg(feature = "services")]
pub use minilambda_events::{Json, JsonRef};
#[cfg(feature = "services")]
pub use object::Object;
#[cfg(feature = "services")]
pub use response::Response;
#[cfg(feature = "services")]
pub use rest::Request;
#[cfg(feature = "services")]
pub use service::Service;
#[cfg(feature = "services")]
pub use xml::Xml;

/// The code of the README.
#[cfg(all(doctest, feature = "services"))]
#[doc = include_str!("../README.md")]
struct Readme;
