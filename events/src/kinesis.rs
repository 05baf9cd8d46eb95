//! Records of an Amazon Kinesis data stream.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>; examples are in
//! `data/kinesis.json` and `data/kinesis-window.json`.

use crate::values::{checked_text, from_json};
use crate::window::Window;
use crate::{Base64, EpochSeconds, Error};
use miniserde::json::Object;
use miniserde::{Deserialize, Serialize};

/// Which records failed, by their sequence numbers: the stream is read again from the first of them.
pub use crate::batch::{Failure, Response};
/// What is answered to a [`WindowEvent`].
pub use crate::window::Response as WindowResponse;

/// A batch of records of one shard.
///
/// ```
/// use minilambda_events::kinesis::{Event, Response};
///
/// fn handle(event: &Event) -> Response {
///     let failed = event.records.iter().find(|record| record.kinesis.data.decode().is_err());
///     failed.map(|record| &record.kinesis.sequence_number).into_iter().collect()
/// }
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// The records, in the order of the stream.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A batch of records in a tumbling window. `S` is the state that the function hands on: an object
/// of any members, or a type of one's own, which has to decode from `{}`, the first state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WindowEvent<S = Object> {
    /// The records; none, it may be, when the window ends.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
    /// The window's time.
    pub window: Window,
    /// What the function answered to the batch before.
    pub state: Option<S>,
    /// The shard.
    #[serde(rename = "shardId")]
    pub shard_id: String,
    /// The stream's ARN.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
    /// Whether the window ends with this batch, so that its sum is due.
    #[serde(rename = "isFinalInvokeForWindow")]
    pub is_final_invoke_for_window: bool,
    /// Whether it ends early, since the state became larger than 1 MB.
    #[serde(rename = "isWindowTerminatedEarly")]
    pub is_window_terminated_early: bool,
}

/// A record and where it comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// The record itself.
    pub kinesis: Data,
    /// `aws:kinesis`.
    #[serde(rename = "eventSource")]
    pub event_source: EventSource,
    /// `1.0`.
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    /// The shard's id, a colon, and the sequence number.
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    /// `aws:kinesis:record`.
    #[serde(rename = "eventName")]
    pub event_name: Option<String>,
    /// The function's role.
    #[serde(rename = "invokeIdentityArn")]
    pub invoke_identity_arn: Option<String>,
    /// The stream's region.
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    /// The stream's ARN, or that of the consumer with enhanced fan-out.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: Option<String>,
}

checked_text! {
    /// `aws:kinesis`, and nothing else.
    pub struct EventSource(|text| text == "aws:kinesis")
}

/// A record as it is in the stream.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Data {
    /// `1.0`.
    #[serde(rename = "kinesisSchemaVersion")]
    pub kinesis_schema_version: Option<String>,
    /// The key by which the producer chose the shard.
    #[serde(rename = "partitionKey")]
    pub partition_key: String,
    /// The record's place in the shard, by which a [`Response`] names it: a number of 56 digits.
    #[serde(rename = "sequenceNumber")]
    pub sequence_number: String,
    /// What the producer sent.
    pub data: Base64,
    /// When the record came into the stream.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochSeconds>,
    /// `NONE` or `KMS`.
    #[serde(rename = "encryptionType")]
    pub encryption_type: Option<String>,
}

impl Record {
    /// The data, decoded from JSON.
    ///
    /// # Errors
    /// If the data is not JSON, or does not fit the type.
    pub fn data_json<T: Deserialize>(&self) -> Result<T, Error> {
        from_json(&self.kinesis.data.decode_text()?, "a record's data")
    }
}
