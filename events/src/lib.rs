//! Typed AWS Lambda events for miniserde: one module for each source, plain structs.
//!
//! Names are meant to be used with their module: `apigateway::rest::Request`, `sqs::Event`.
//!
//! - A member that AWS may leave out, or send as null, is an `Option`. What AWS always sends, and
//!   tells the event apart from others, is required. Members that are not known are ignored.
//! - A text of which AWS may add to the values is a `String`.
//! - What has to be read first is kept as it was sent, and read by a call: [`Base64`],
//!   [`EpochSeconds`], [`EpochMillis`], [`Rfc3339`], [`NumberOrText`]. A wrong one is an [`Error`]
//!   of that call, not of the event.
//! - What AWS sends now as one value, now as a list is a [`OneOrMany`].
//! - A member that only another event has is [`Absent`]: an event with it is that other one.
//! - Objects whose keys are data are a [`Map`], or [`Headers`], whose names are found in any case.
//! - What a function answers is written without its absent members; AWS takes none as null.
//!
//! # What JSON loses
//! Members with any value are miniserde's [`Value`](miniserde::json::Value). It keeps integers
//! from `i64::MIN` to `u64::MAX` exactly, and a float apart from an integer (`1.0` stays `1.0`);
//! `1e3` is written back as `1000.0`, which is equal. Greater integers, and numbers of more than
//! 15 digits with a fraction, become a float whose last bit may be off by one. Of a member that stands twice the last
//! is kept, and members are written in the order of their names.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(missing_docs, reason = "a field has a comment only if it adds a fact")]

mod error;
mod values;

pub mod alb;
pub mod alexa;
pub mod apigateway;
pub mod appsync;
pub mod batch;
pub mod cloudwatch;
pub mod cognito;
pub mod dynamodb;
pub mod eventbridge;
pub mod iam;
pub mod kinesis;
pub mod s3;
pub mod sns;
pub mod sqs;
pub mod window;

pub use minilambda::Error;
pub use values::{
    Base64, EpochMillis, EpochSeconds, Headers, Json, Map, MultiHeaders, NumberOrText, OneOrMany,
    Rfc3339,
};
