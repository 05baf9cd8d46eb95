//! Amazon Data Firehose: transformation of records.
//!
//! See <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>; examples are in
//! `data/kinesis-firehose.json`, `data/kinesis-firehose-msk.json` and
//! `data/kinesis-firehose-response.json`.

use crate::values::{Absent, from_json, omit_absent};
use crate::{Base64, EpochMillis, Error, Map, NumberOrText};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of records to transform.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The batch's id.
    #[serde(rename = "invocationId")]
    pub invocation_id: String,
    /// The Firehose stream's ARN. Generators of sample events omit it.
    #[serde(rename = "deliveryStreamArn")]
    pub delivery_stream_arn: Option<String>,
    /// The ARN of the Kinesis data stream that Firehose reads, if it is one.
    #[serde(rename = "sourceKinesisStreamArn")]
    pub source_kinesis_stream_arn: Option<String>,
    /// The ARN of the MSK cluster that Firehose reads, if it is one.
    #[serde(rename = "sourceMSKArn")]
    pub source_msk_arn: Option<String>,
    /// The Firehose stream's region.
    pub region: Option<String>,
    /// The records. Each needs a record in the response.
    pub records: Vec<Record>,
    /// Only events of Kinesis Data Analytics have it.
    #[serde(rename = "applicationArn")]
    application_arn: Absent,
}

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// The record's id, which the response repeats.
    #[serde(rename = "recordId")]
    pub record_id: String,
    /// When Firehose received the record.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochMillis>,
    /// The data. Absent if the record comes from MSK.
    pub data: Option<Base64>,
    /// The data, if the record comes from MSK.
    #[serde(rename = "kafkaRecordValue")]
    pub kafka_record_value: Option<Base64>,
    /// The record in its Kinesis data stream.
    #[serde(rename = "kinesisRecordMetadata")]
    pub kinesis_record_metadata: Option<KinesisRecordMetadata>,
    /// The record in its Kafka topic.
    #[serde(rename = "mskRecordMetadata")]
    pub msk_record_metadata: Option<MskRecordMetadata>,
}

/// A record in its Kinesis data stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct KinesisRecordMetadata {
    #[serde(rename = "shardId")]
    pub shard_id: Option<String>,
    /// The partition key.
    #[serde(rename = "partitionKey")]
    pub partition_key: Option<String>,
    /// The time when the record entered the stream. In AWS's sample it is in the form of RFC 3339.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochMillis>,
    /// The position in the shard.
    #[serde(rename = "sequenceNumber")]
    pub sequence_number: Option<String>,
    /// The position among the records that were aggregated into one, or an empty string.
    #[serde(rename = "subsequenceNumber")]
    pub subsequence_number: Option<NumberOrText>,
}

/// A record in its Kafka topic.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MskRecordMetadata {
    /// The position in the partition.
    pub offset: Option<NumberOrText>,
    #[serde(rename = "partitionId")]
    pub partition_id: Option<NumberOrText>,
    /// The time when the record entered the topic.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub approximate_arrival_timestamp: Option<EpochMillis>,
}

impl Record {
    /// Returns the data of the record, from either source.
    ///
    /// # Errors
    /// If there is none, or it is not base64.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        self.base64()?.decode()
    }

    /// Decodes the data from JSON.
    ///
    /// # Errors
    /// If the data is not JSON, or does not match the type.
    pub fn data_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.base64()?.decode_text()?, "a record's data")
    }

    fn base64(&self) -> Result<&Base64, Error> {
        let data = self.data.as_ref().or(self.kafka_record_value.as_ref());
        data.ok_or_else(|| crate::error::invalid("expected a record with data"))
    }

    /// Returns the record with this data, transformed.
    ///
    /// ```
    /// use minilambda_events::kinesis::firehose::{Event, Response};
    ///
    /// fn shout(event: Event) -> Response {
    ///     let shouted = event.records.iter().map(|record| match record.bytes() {
    ///         Ok(bytes) => record.ok(bytes.to_ascii_uppercase()),
    ///         Err(_) => record.processing_failed(),
    ///     });
    ///     Response { records: shouted.collect() }
    /// }
    /// ```
    pub fn ok(&self, data: impl AsRef<[u8]>) -> Transformed {
        self.transformed("Ok", Some(Base64::encode(data)))
    }

    /// Returns the record as dropped on purpose.
    #[must_use]
    pub fn dropped(&self) -> Transformed {
        self.transformed("Dropped", None)
    }

    /// Returns the record as failed: Firehose writes it to the error output.
    #[must_use]
    pub fn processing_failed(&self) -> Transformed {
        self.transformed("ProcessingFailed", self.base64().ok().cloned())
    }

    /// Firehose expects the data of a record from MSK in another field.
    fn transformed(&self, result: &str, data: Option<Base64>) -> Transformed {
        let (data, kafka_record_value) =
            if self.kafka_record_value.is_some() { (None, data) } else { (data, None) };
        Transformed {
            record_id: self.record_id.clone(),
            result: result.to_owned(),
            data,
            kafka_record_value,
            metadata: None,
        }
    }
}

/// The results of the records.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Response {
    /// A result for each record of the event.
    pub records: Vec<Transformed>,
}

omit_absent! {
    /// The result of a record.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Transformed {
        #[serde(rename = "recordId")]
        pub record_id: String,
        /// `Ok`, `Dropped` or `ProcessingFailed`.
        pub result: String,
        /// The transformed data.
        pub data: Option<Base64>,
        /// The transformed data of a record from MSK.
        #[serde(rename = "kafkaRecordValue")]
        pub kafka_record_value: Option<Base64>,
        /// The destination.
        pub metadata: Option<Metadata>,
    }
}

omit_absent! {
    /// The destination of a record.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Metadata {
        /// The keys of dynamic partitioning.
        #[serde(rename = "partitionKeys")]
        pub partition_keys: Option<Map>,
        /// The table, if the destination is Apache Iceberg.
        #[serde(rename = "otfMetadata")]
        pub otf_metadata: Option<OtfMetadata>,
    }
}

omit_absent! {
    /// A table, and the operation on the row.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct OtfMetadata {
        #[serde(rename = "destinationDatabaseName")]
        pub destination_database_name: Option<String>,
        #[serde(rename = "destinationTableName")]
        pub destination_table_name: Option<String>,
        /// `insert`, `update` or `delete`.
        pub operation: Option<String>,
    }
}
