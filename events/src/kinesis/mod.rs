//! Records of Amazon Kinesis data streams.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>; examples are in
//! `data/kinesis.json` and `data/kinesis-window.json`.

pub mod analytics;
pub mod firehose;

use crate::batch::{self, AfterFailure, collects_records};
use crate::values::{checked_text, from_json};
use crate::{Base64, EpochSeconds, Error};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of records of one shard.
///
/// ```
/// use minilambda_events::{batch, kinesis};
///
/// fn handle(event: &kinesis::Event) -> batch::Response {
///     event.each(|record| {
///         let reading: f64 = record.data_json()?;
///         println!("{reading}");
///         Ok(())
///     })
/// }
/// let records = [("1", "0.5"), ("2", "?"), ("3", "0.7")];
/// let event = records.map(|(number, data)| kinesis::Record::new(number, data)).into_iter().collect();
/// assert_eq!(handle(&event), ["2"].into_iter().collect());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The records in the order of the stream.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A record and its source.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// The record itself.
    pub kinesis: Data,
    /// `aws:kinesis`.
    #[serde(rename = "eventSource")]
    event_source: EventSource,
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
    /// The stream's ARN, or the consumer's ARN with enhanced fan-out.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: Option<String>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:kinesis", "aws:kinesis")
}

/// The content of a record.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Data {
    /// `1.0`.
    #[serde(rename = "kinesisSchemaVersion")]
    pub kinesis_schema_version: Option<String>,
    /// The partition key.
    #[serde(rename = "partitionKey")]
    pub partition_key: String,
    /// The position in the shard, a number of 56 digits, which a [`batch::Response`] names.
    #[serde(rename = "sequenceNumber")]
    pub sequence_number: String,
    /// The data.
    pub data: Base64,
    /// The time when the record entered the stream.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochSeconds>,
    /// `NONE` or `KMS`.
    #[serde(rename = "encryptionType")]
    pub encryption_type: Option<String>,
}

collects_records!(Event, Record);

impl Event {
    /// Calls a function for each record up to the first that fails, by an error or a panic, and
    /// returns that one: Lambda sends it and all later ones of the shard again. The failure is
    /// logged with the record's sequence number.
    pub fn each<'a>(
        &'a self,
        function: impl FnMut(&'a Record) -> Result<(), Error>,
    ) -> batch::Response {
        let id = |record: &'a Record| &*record.kinesis.sequence_number;
        batch::each(&self.records, id, |_| None, AfterFailure::Stop, function)
    }
}

impl Record {
    /// Creates a record, to test a handler without JSON. The data is encoded in base64.
    pub fn new(sequence_number: impl Into<String>, data: impl AsRef<[u8]>) -> Self {
        let kinesis = Data {
            sequence_number: sequence_number.into(),
            data: Base64::encode(data),
            ..Default::default()
        };
        Self { kinesis, ..Default::default() }
    }

    /// Decodes the data from JSON.
    ///
    /// # Errors
    /// If the data is not JSON, or does not match the type.
    pub fn data_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.kinesis.data.decode_text()?, "a record's data")
    }
}
