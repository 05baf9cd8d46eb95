//! Typed AWS Lambda events for miniserde: one module for each source, plain structs.
//!
//! Names are meant to be used with their module: `apigateway::Request`, `sqs::Event`.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod omit;

pub mod apigateway;
