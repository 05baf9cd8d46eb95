//! Batches of Amazon EventBridge Pipes: an array of records, without an envelope.
//!
//! A pipe invokes a function, as its enrichment or its target, with a `Vec` of records. Those of
//! SQS are [`sqs::Message`](crate::sqs::Message), those of DynamoDB
//! [`dynamodb::Record`](crate::dynamodb::Record); the records of Kinesis and Kafka have another
//! form than in a batch of Lambda's. What an enrichment returns, an array too, goes to the target.
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html>;
//! examples are in `data/pipes-sqs.json`, `data/pipes-dynamodb.json`, `data/pipes-kinesis.json` and
//! `data/pipes-kafka.json`.
//!
//! ```
//! use minilambda_events::sqs;
//!
//! fn longest(messages: Vec<sqs::Message>) -> usize {
//!     messages.iter().map(|message| message.body.len()).max().unwrap_or_default()
//! }
//!
//! assert_eq!(longest(vec![sqs::Message::new("id-1", "hello")]), 5);
//! ```

use crate::values::{checked_text, from_json};
use crate::{Base64, EpochMillis, EpochSeconds, Error, Map};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A record of a Kinesis data stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct KinesisRecord {
    #[serde(rename = "kinesisSchemaVersion")]
    pub kinesis_schema_version: Option<String>,
    #[serde(rename = "partitionKey")]
    pub partition_key: String,
    #[serde(rename = "sequenceNumber")]
    pub sequence_number: String,
    pub data: Base64,
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochSeconds>,
    #[serde(rename = "encryptionType")]
    pub encryption_type: Option<String>,
    #[serde(rename = "eventSource")]
    event_source: KinesisSource,
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    /// The shard's id, a colon, and the sequence number.
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    #[serde(rename = "eventName")]
    pub event_name: Option<String>,
    /// The pipe's role.
    #[serde(rename = "invokeIdentityArn")]
    pub invoke_identity_arn: Option<String>,
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: Option<String>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct KinesisSource(|text| text == "aws:kinesis", "aws:kinesis")
}

/// A record of an Apache Kafka topic.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct KafkaRecord {
    #[serde(rename = "eventSource")]
    event_source: KafkaSource,
    #[serde(rename = "eventSourceArn")]
    pub event_source_arn: Option<String>,
    /// The topic and the partition, such as `orders-0`.
    #[serde(rename = "eventSourceKey")]
    pub event_source_key: String,
    #[serde(rename = "bootstrapServers")]
    pub bootstrap_servers: Option<String>,
    pub topic: String,
    pub partition: u64,
    pub offset: u64,
    pub timestamp: Option<EpochMillis>,
    #[serde(rename = "timestampType")]
    pub timestamp_type: Option<String>,
    pub key: Option<Base64>,
    pub value: Option<Base64>,
    /// Each with one name and the bytes of its value.
    pub headers: Option<Vec<Map<Vec<i16>>>>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct KafkaSource(|text| matches!(text, "aws:kafka" | "SelfManagedKafka"), "aws:kafka")
}

impl KinesisRecord {
    /// Decodes the data from JSON.
    ///
    /// # Errors
    /// If it is not base64 of JSON, or does not match the type.
    pub fn json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.data.decode_text()?, "the record's data")
    }
}

impl KafkaRecord {
    /// Decodes the value from JSON.
    ///
    /// # Errors
    /// If there is no value, it is not JSON, or it does not match the type.
    pub fn value_json<T: FromJson>(&self) -> Result<T, Error> {
        let value = self.value.as_ref();
        let value = value.ok_or_else(|| crate::error::invalid("the record has no value"))?;
        from_json(&value.decode_text()?, "the record's value")
    }
}
