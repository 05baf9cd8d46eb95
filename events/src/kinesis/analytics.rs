//! Amazon Kinesis Data Analytics for SQL: records of an application's output, or of its input for
//! preprocessing.
//!
//! See <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/how-it-works-output-lambda.html>
//! and <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/lambda-preprocessing.html>;
//! examples are in `data/kinesis-analytics-output.json`, `data/kinesis-analytics-input.json` and
//! `data/kinesis-analytics-response.json`.

use crate::values::{from_json, omit_absent};
use crate::{Base64, EpochMillis, Error};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of records of an application's output, or of its input, which has a `stream_arn`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The batch's id.
    #[serde(rename = "invocationId")]
    pub invocation_id: String,
    #[serde(rename = "applicationArn")]
    pub application_arn: String,
    /// Input: the ARN of the data stream or Firehose stream that the records come from.
    #[serde(rename = "streamArn")]
    pub stream_arn: Option<String>,
    /// The records. The response needs a result for each.
    pub records: Vec<Record>,
}

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// The record's id, which the response repeats.
    #[serde(rename = "recordId")]
    pub record_id: String,
    /// The row.
    pub data: Base64,
    /// Output: the delivery.
    #[serde(rename = "lambdaDeliveryRecordMetadata")]
    pub lambda_delivery_record_metadata: Option<DeliveryMetadata>,
    /// Input from a data stream: the record in the stream.
    #[serde(rename = "kinesisStreamRecordMetadata")]
    pub kinesis_stream_record_metadata: Option<StreamMetadata>,
    /// Input from a Firehose stream: the record in the stream.
    #[serde(rename = "kinesisFirehoseRecordMetadata")]
    pub kinesis_firehose_record_metadata: Option<FirehoseMetadata>,
}

/// The delivery of a record.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct DeliveryMetadata {
    /// The number of deliveries before this one.
    #[serde(rename = "retryHint")]
    pub retry_hint: Option<u64>,
}

/// A record in its data stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct StreamMetadata {
    /// The position in the shard.
    #[serde(rename = "sequenceNumber")]
    pub sequence_number: Option<String>,
    /// The partition key.
    #[serde(rename = "partitionKey")]
    pub partition_key: Option<String>,
    #[serde(rename = "shardId")]
    pub shard_id: Option<String>,
    /// The time when the record entered the stream.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochMillis>,
}

/// A record in its Firehose stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct FirehoseMetadata {
    /// The time when the record entered the stream.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochMillis>,
}

impl Record {
    /// Decodes the data from JSON.
    ///
    /// # Errors
    /// If the data is not JSON, or does not match the type.
    pub fn data_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.data.decode_text()?, "a record's data")
    }

    /// Creates the result `Ok`, `DeliveryFailed` (of output), `Dropped` or `ProcessingFailed` (of
    /// input), without data.
    pub fn result(&self, result: impl Into<String>) -> ResponseRecord {
        ResponseRecord { record_id: self.record_id.clone(), result: result.into(), data: None }
    }

    /// Creates the result `Ok` with new data, for input.
    pub fn ok(&self, data: impl AsRef<[u8]>) -> ResponseRecord {
        ResponseRecord { data: Some(Base64::encode(data)), ..self.result("Ok") }
    }
}

/// The results of the records.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Response {
    /// A result for each record of the event.
    pub records: Vec<ResponseRecord>,
}

omit_absent! {
    /// The result of a record.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ResponseRecord {
        #[serde(rename = "recordId")]
        pub record_id: String,
        /// `Ok`, `DeliveryFailed`, `Dropped` or `ProcessingFailed`.
        pub result: String,
        /// Input: the new data.
        pub data: Option<Base64>,
    }
}
