//! Amazon DynamoDB Streams: changes of a table.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>; examples are in
//! `data/dynamodb.json`, `data/dynamodb-window.json` and `data/dynamodb-kinesis.json`.

mod decode;
mod encode;
mod mark;
mod plain;
mod read;
mod set;
pub(crate) mod typed;
mod value;

use crate::batch::{self, AfterFailure, collects_records};
use crate::error::invalid;
use crate::values::checked_text;
use crate::{EpochSeconds, Error, Map};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

pub use crate::dynamodb::encode::{to_item, to_value};
pub use crate::dynamodb::read::from_item;
pub use crate::dynamodb::set::{Bytes, Set};
pub use crate::dynamodb::value::AttributeValue;

/// A batch of changes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The changes in their order.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A change and its source. If a table's changes go to a Kinesis data stream, it is the data of a
/// record ([`kinesis::Record::data_json`](crate::kinesis::Record::data_json)).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// The change's id.
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    /// `INSERT`, `MODIFY` or `REMOVE`.
    #[serde(rename = "eventName")]
    pub event_name: String,
    /// `1.1`.
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    /// `aws:dynamodb`.
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The table's region.
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    /// The change itself.
    pub dynamodb: StreamRecord,
    /// The ARN of the table's stream.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: Option<String>,
    /// `Service`, if DynamoDB removed the item at the end of its time to live.
    #[serde(rename = "userIdentity")]
    pub user_identity: Option<Identity>,
    /// In a Kinesis data stream: the table.
    #[serde(rename = "tableName")]
    pub table_name: Option<String>,
    /// In a Kinesis data stream: `application/json`.
    #[serde(rename = "recordFormat")]
    pub record_format: Option<String>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:dynamodb", "aws:dynamodb")
}

/// A change of an item.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct StreamRecord {
    /// The time, in seconds since 1970.
    ///
    /// In a Kinesis data stream it is in milliseconds, or in the unit of
    /// `approximate_creation_date_time_precision`.
    #[serde(rename = "ApproximateCreationDateTime")]
    pub approximate_creation_date_time: Option<EpochSeconds>,
    /// In a Kinesis data stream: `MILLISECOND` or `MICROSECOND`.
    #[serde(rename = "ApproximateCreationDateTimePrecision")]
    pub approximate_creation_date_time_precision: Option<String>,
    /// The item's key.
    #[serde(rename = "Keys")]
    pub keys: Option<Map<AttributeValue>>,
    /// The new item. Absent if it was removed, or the stream has no new images.
    #[serde(rename = "NewImage")]
    pub new_image: Option<Map<AttributeValue>>,
    /// The old item. Absent if it is new, or the stream has no old images.
    #[serde(rename = "OldImage")]
    pub old_image: Option<Map<AttributeValue>>,
    /// The position in the shard, which a [`batch::Response`] names.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: Option<String>,
    /// The size of the change in bytes.
    #[serde(rename = "SizeBytes")]
    pub size_bytes: Option<u64>,
    /// `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`.
    #[serde(rename = "StreamViewType")]
    pub stream_view_type: Option<String>,
}

/// The principal that made a change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// `Service`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `dynamodb.amazonaws.com`.
    #[serde(rename = "principalId")]
    pub principal_id: Option<String>,
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
        let id =
            |record: &'a Record| record.dynamodb.sequence_number.as_deref().unwrap_or_default();
        batch::each(&self.records, id, |_| None, AfterFailure::Stop, function)
    }
}

impl Record {
    /// Creates a record, to test a handler without JSON. `event_name` is `INSERT`, `MODIFY` or
    /// `REMOVE`.
    pub fn new(event_name: impl Into<String>, sequence_number: impl Into<String>) -> Self {
        let dynamodb =
            StreamRecord { sequence_number: Some(sequence_number.into()), ..Default::default() };
        Self { event_name: event_name.into(), dynamodb, ..Default::default() }
    }

    /// Sets an attribute of the item's key.
    #[must_use]
    pub fn with_key(mut self, name: &str, value: AttributeValue) -> Self {
        self.dynamodb.keys.get_or_insert_default().insert(name.to_owned(), value);
        self
    }

    /// Sets an attribute of the new item.
    #[must_use]
    pub fn with_new_value(mut self, name: &str, value: AttributeValue) -> Self {
        self.dynamodb.new_image.get_or_insert_default().insert(name.to_owned(), value);
        self
    }

    /// Sets an attribute of the old item.
    #[must_use]
    pub fn with_old_value(mut self, name: &str, value: AttributeValue) -> Self {
        self.dynamodb.old_image.get_or_insert_default().insert(name.to_owned(), value);
        self
    }

    /// Returns an attribute of the item's key.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&AttributeValue> {
        self.dynamodb.keys.as_ref()?.get(name)
    }

    /// Returns an attribute of the new item.
    #[must_use]
    pub fn new_value(&self, name: &str) -> Option<&AttributeValue> {
        self.dynamodb.new_image.as_ref()?.get(name)
    }

    /// Returns an attribute of the old item.
    #[must_use]
    pub fn old_value(&self, name: &str) -> Option<&AttributeValue> {
        self.dynamodb.old_image.as_ref()?.get(name)
    }

    /// Decodes the new item: `None` if the item was removed.
    ///
    /// ```
    /// use minilambda_events::{Error, dynamodb};
    /// use miniserde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Order {
    ///     id: String,
    /// }
    ///
    /// fn describe(record: &dynamodb::Record) -> Result<String, Error> {
    ///     Ok(match (record.old_item::<Order>()?, record.new_item::<Order>()?) {
    ///         (None, Some(new)) => format!("{} is new", new.id),
    ///         (_, Some(new)) => format!("{} has changed", new.id),
    ///         (_, None) => "an order is gone".to_owned(),
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    /// If the item does not match the type, or if the stream's view type leaves new images out.
    pub fn new_item<T: FromJson>(&self) -> Result<Option<T>, Error> {
        self.item(self.dynamodb.new_image.as_ref(), "new", "REMOVE")
    }

    /// Decodes the item as it was before the change: `None` if it is a new one.
    ///
    /// # Errors
    /// As [`new_item`](Self::new_item), for old images.
    pub fn old_item<T: FromJson>(&self) -> Result<Option<T>, Error> {
        self.item(self.dynamodb.old_image.as_ref(), "old", "INSERT")
    }

    /// `without` is the one change that has no such image.
    fn item<T: FromJson>(
        &self,
        image: Option<&Map<AttributeValue>>,
        which: &str,
        without: &str,
    ) -> Result<Option<T>, Error> {
        match image {
            Some(image) => from_item(image).map(Some),
            None if self.event_name == without => Ok(None),
            None => Err(invalid(format!(
                "the record has no {which} image: set the view type of the table's stream to \
                 NEW_AND_OLD_IMAGES"
            ))),
        }
    }

    /// Whether DynamoDB removed the item at the end of its time to live.
    #[must_use]
    pub fn is_expiry(&self) -> bool {
        let principal = self.user_identity.as_ref().and_then(|user| user.principal_id.as_deref());
        self.event_name == "REMOVE" && principal == Some("dynamodb.amazonaws.com")
    }
}
