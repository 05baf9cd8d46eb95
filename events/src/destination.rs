//! Results of asynchronous invocations, as AWS Lambda sends them to a destination or a dead-letter queue.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>; examples are in
//! `data/lambda-destination.json` and `data/lambda-destination-success.json`.

use crate::{Json, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// The record of an invocation. `Q` is the event that the function got, `R` what it returned.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event<Q = Json, R = Json> {
    pub version: Option<String>,
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "requestContext")]
    pub request_context: RequestContext,
    #[serde(rename = "requestPayload")]
    pub request_payload: Option<Q>,
    /// Absent if the function was not invoked.
    #[serde(rename = "responseContext")]
    pub response_context: Option<ResponseContext>,
    #[serde(rename = "responsePayload")]
    pub response_payload: Option<R>,
}

/// The invocation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    #[serde(rename = "requestId")]
    pub request_id: String,
    #[serde(rename = "functionArn")]
    pub function_arn: String,
    /// `Success`, `RetriesExhausted`, `EventAgeExceeded`, …
    pub condition: String,
    #[serde(rename = "approximateInvokeCount")]
    pub approximate_invoke_count: Option<i64>,
}

/// The result of the invocation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct ResponseContext {
    #[serde(rename = "statusCode")]
    pub status_code: Option<i64>,
    #[serde(rename = "executedVersion")]
    pub executed_version: Option<String>,
    /// `Handled` or `Unhandled`.
    #[serde(rename = "functionError")]
    pub function_error: Option<String>,
}
