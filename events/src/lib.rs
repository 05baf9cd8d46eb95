//! Typed AWS Lambda events and responses for miniserde: one module for each service, plain structs.
//!
//! Types are used with their module: `sqs::Event`, `apigateway::rest::Request`.
//!
//! - A field that AWS may omit or send as null is an `Option`. A field that AWS always sends, and
//!   that identifies the event, is required. Unknown fields are ignored.
//! - A string to whose values AWS may add is a `String`.
//! - Encoded values are kept as they were sent and decoded by a method: [`Base64`],
//!   [`EpochSeconds`], [`EpochMillis`], [`Rfc3339`], [`NumberOrText`]. An invalid one is an
//!   [`Error`] of that method, not of the event.
//! - A value that AWS sends as one value or as a list is a [`OneOrMany`].
//! - An object whose keys are data is a [`Map`], or [`Headers`], whose names are found in any case.
//! - Any JSON value is a [`Json`].
//! - A password, a token, or a URL that whoever has it can use is a [`Secret`], which `Debug` does
//!   not print. Neither does it print headers such as `Authorization` and `Cookie`.
//! - Responses are written without their absent fields, because AWS accepts none of them as null.
//! - JSON inside an event (the body of a message, a notification's text) is decoded by a method
//!   such as [`sqs::Message::body_json`]. If it does not match, the error says where and why.
//!
//! # Testing a handler
//!
//! Events can be created without JSON: `sqs::Message::new("id", "body")`,
//! `messages.into_iter().collect::<sqs::Event>()`, `apigateway::rest::Request::get("/pets/1")`.
//! Structs that AWS sends are `#[non_exhaustive]`, because AWS adds fields: create one with a
//! constructor or with `Default`, and set its fields.
//!
//! If miniserde's trait `Deserialize` is imported, `sqs::Event::default()` is ambiguous, because
//! the trait has a function of that name. Write `<sqs::Event as Default>::default()`, or
//! `Default::default()` if the type is known.
//!
//! # Numbers and duplicate fields in [`Json`]
//!
//! Integers from `i64::MIN` to `u64::MAX` are exact, and `1.0` stays apart from `1`. `1e3` is
//! written as `1000.0`. Larger integers and fractions become the nearest `f64`. Of a field that
//! comes twice the last one counts. Fields are written in the order in which they came.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(missing_docs, reason = "a field has a comment only if it adds a fact")]

mod error;
mod values;

pub mod alb;
pub mod alexa;
pub mod apigateway;
pub mod appsync;
pub mod autoscaling;
pub mod batch;
pub mod bedrock;
pub mod chime;
pub mod clientvpn;
pub mod cloudformation;
pub mod cloudfront;
pub mod cloudwatch;
pub mod codecommit;
pub mod codedeploy;
pub mod codepipeline;
pub mod cognito;
pub mod config;
pub mod connect;
pub mod destination;
pub mod documentdb;
pub mod dynamodb;
pub mod ecs;
pub mod eventbridge;
pub mod iam;
pub mod iot;
pub mod kafka;
pub mod kinesis;
pub mod lattice;
pub mod lex;
pub mod mq;
pub mod pipes;
pub mod redshift;
pub mod s3;
pub mod sagemaker;
pub mod secretsmanager;
pub mod ses;
pub mod sns;
pub mod sqs;
pub mod transfer;
pub mod window;
pub mod workmail;

pub use minilambda::Error;
pub use values::{
    Base64, EpochMillis, EpochSeconds, Headers, Json, JsonFields, JsonItems, JsonRef, Map,
    MultiHeaders, NumberOrText, OneOrMany, Rfc3339, Secret, cookie,
};

/// What the sister crates use. It may change at any time.
#[doc(hidden)]
pub mod __private {
    pub use crate::dynamodb::typed::Typed;
    pub use crate::values::gzip::crc32;
    pub use crate::values::{Sorted, decode_form, decode_segment, parse_query, split_query};
}
