//! Results of asynchronous invocations, as AWS Lambda sends them to a destination or a dead-letter
//! queue.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>;
//! examples are in `data/lambda-destination.json`, `data/lambda-destination-success.json`, and of
//! batches of streams in `data/lambda-destination-stream.json`, `data/lambda-destination-s3.json`
//! and `data/lambda-destination-kafka.json`.

use crate::values::from_json;
use crate::{Error, Json, Rfc3339};
use minilambda::FromJson;
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
    /// If the events were a batch of a Kinesis stream: which records the function did not process.
    #[serde(rename = "KinesisBatchInfo")]
    pub kinesis_batch_info: Option<BatchInfo>,
    /// If the events were a batch of a DynamoDB stream: which records the function did not process.
    #[serde(rename = "DDBStreamBatchInfo")]
    pub dynamodb_batch_info: Option<BatchInfo>,
    /// If the events were a batch of a Kafka topic: which records the function did not process.
    #[serde(rename = "KafkaBatchInfo")]
    pub kafka_batch_info: Option<Json>,
    /// A failed batch, if the destination is a bucket or a Kafka topic: the event that the function
    /// got, as a string with its JSON in a bucket. See [`Event::payload`].
    pub payload: Option<Json>,
}

impl<Q, R> Event<Q, R> {
    /// Decodes the event of a failed batch.
    ///
    /// # Errors
    ///
    /// If the record has none, or if it does not match `T`.
    pub fn payload<T: FromJson>(&self) -> Result<T, Error> {
        let payload = self.payload.as_ref();
        let payload = payload.ok_or_else(|| crate::error::invalid("the record has no payload"))?;
        match payload.as_str() {
            Some(json) => from_json(json, "the record's payload"),
            None => payload.decode(),
        }
    }
}

/// The invocation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    #[serde(rename = "requestId")]
    pub request_id: String,
    #[serde(rename = "functionArn")]
    pub function_arn: String,
    /// `Success`, `RetriesExhausted`, `EventAgeExceeded`; of a batch `RetryAttemptsExhausted`,
    /// `MaximumPayloadSizeExceeded`, …
    pub condition: String,
    #[serde(rename = "approximateInvokeCount")]
    pub approximate_invoke_count: Option<i64>,
}

/// The records of a batch that the function did not process.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct BatchInfo {
    #[serde(rename = "shardId")]
    pub shard_id: Option<String>,
    #[serde(rename = "startSequenceNumber")]
    pub start_sequence_number: Option<String>,
    #[serde(rename = "endSequenceNumber")]
    pub end_sequence_number: Option<String>,
    #[serde(rename = "approximateArrivalOfFirstRecord")]
    pub approximate_arrival_of_first_record: Option<Rfc3339>,
    #[serde(rename = "approximateArrivalOfLastRecord")]
    pub approximate_arrival_of_last_record: Option<Rfc3339>,
    #[serde(rename = "batchSize")]
    pub batch_size: Option<u64>,
    #[serde(rename = "streamArn")]
    pub stream_arn: Option<String>,
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
