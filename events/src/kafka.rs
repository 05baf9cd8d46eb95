//! Records of Apache Kafka topics: of Amazon MSK, or of your own cluster.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html>; examples are in
//! `data/kafka.json` and `data/kafka-self-managed.json`; in the form of older guides in
//! `data/kafka-self-managed-old.json`. The response says which records failed:
//! <https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html>; an example is in
//! `data/kafka-response.json`.

use crate::batch;
use crate::values::{checked_text, from_json};
use crate::{Base64, EpochMillis, Error, Map, NumberOrText};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of records of several partitions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The MSK cluster's ARN. Absent for your own cluster.
    #[serde(rename = "eventSourceArn")]
    pub event_source_arn: Option<String>,
    /// The brokers, each as `host:port`, joined with commas.
    #[serde(rename = "bootstrapServers")]
    pub bootstrap_servers: Option<String>,
    /// The records by topic and partition, such as `orders-0`.
    pub records: Map<Vec<Record>>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| matches!(text, "aws:kafka" | "SelfManagedKafka" | "aws:SelfManagedKafka"), "aws:kafka")
}

/// A record of a partition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    pub topic: String,
    /// A number. In older documents of AWS it is a string.
    pub partition: NumberOrText,
    pub offset: u64,
    pub timestamp: Option<EpochMillis>,
    /// `CREATE_TIME` or `LOG_APPEND_TIME`.
    #[serde(rename = "timestampType")]
    pub timestamp_type: Option<String>,
    pub key: Option<Base64>,
    /// Absent for a tombstone, which deletes the key.
    pub value: Option<Base64>,
    /// Each with one name and the bytes of its value, from -128 to 127 or from 0 to 255.
    pub headers: Option<Vec<Map<Vec<i16>>>>,
    #[serde(rename = "keySchemaMetadata")]
    pub key_schema_metadata: Option<SchemaMetadata>,
    #[serde(rename = "valueSchemaMetadata")]
    pub value_schema_metadata: Option<SchemaMetadata>,
}

/// The schema by which Lambda validated a key or a value.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SchemaMetadata {
    /// `AVRO`, `JSON` or `PROTOBUF`.
    #[serde(rename = "dataFormat")]
    pub data_format: Option<String>,
    #[serde(rename = "schemaId")]
    pub schema_id: Option<String>,
}

/// The records of a batch that failed. Lambda sends them again if the event source mapping has
/// `ReportBatchItemFailures`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Response {
    #[serde(rename = "batchItemFailures")]
    pub batch_item_failures: Vec<FailedItem>,
}

/// A record that failed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct FailedItem {
    #[serde(rename = "itemIdentifier")]
    pub item_identifier: ItemIdentifier,
}

/// Identifies a record.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ItemIdentifier {
    /// The topic and the partition, such as `orders-0`.
    pub partition: String,
    pub offset: u64,
}

impl Response {
    /// Adds a failed record.
    pub fn push(&mut self, record: &Record) {
        let partition = format!("{}-{}", record.topic, record.partition);
        let item_identifier = ItemIdentifier { partition, offset: record.offset };
        self.batch_item_failures.push(FailedItem { item_identifier });
    }
}

impl Event {
    /// Returns the records of all partitions.
    pub fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.values().flatten()
    }

    /// Calls a function for each record, and returns the response that reports those that failed. A
    /// panic is an error. Each failure is logged with the record's partition and offset.
    ///
    /// The records of a partition after one that failed are reported as failed without being tried,
    /// so that the order within the partition is kept.
    pub fn each(&self, mut function: impl FnMut(&Record) -> Result<(), Error>) -> Response {
        let mut response = <Response as Default>::default();
        for (partition, records) in &self.records {
            let mut has_failed = false;
            for record in records {
                if !has_failed {
                    let log_failure = |error: &Error| {
                        batch::log_failure(&format!("{partition}-{}", record.offset), error);
                    };
                    if batch::succeeds(|| function(record), log_failure) {
                        continue;
                    }
                    has_failed = true;
                }
                response.push(record);
            }
        }
        response
    }
}

impl FromIterator<Record> for Event {
    /// Creates an event from records, to test a handler without JSON.
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut event = <Self as Default>::default();
        for record in records {
            let partition = format!("{}-{}", record.topic, record.partition);
            event.records.entry(partition).or_default().push(record);
        }
        event
    }
}

impl Record {
    /// Creates a record, to test a handler without JSON. The value is encoded in base64.
    pub fn new(topic: impl Into<String>, offset: u64, value: impl AsRef<[u8]>) -> Self {
        let value = Some(Base64::encode(value));
        Self { topic: topic.into(), offset, value, ..Default::default() }
    }

    /// Decodes the value from JSON.
    ///
    /// # Errors
    /// If there is no value, it is not JSON, or it does not match the type.
    pub fn value_json<T: FromJson>(&self) -> Result<T, Error> {
        let value = self.value.as_ref();
        let value = value.ok_or_else(|| crate::error::invalid("the record has no value"))?;
        from_json(&value.decode_text()?, "the record's value")
    }

    /// Returns the value of a header, the first of equal names.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Vec<u8>> {
        let mut headers = self.headers.iter().flatten();
        let value = headers.find_map(|header| header.get(name))?;
        Some(value.iter().map(|byte| byte.to_le_bytes()[0]).collect())
    }
}
