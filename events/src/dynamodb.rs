//! Changes of a table of Amazon DynamoDB, from its stream.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>; examples are in
//! `data/dynamodb.json`, `data/dynamodb-window.json` and `data/dynamodb-kinesis.json`.

use crate::values::checked_text;
use crate::window::Window;
use crate::{EpochSeconds, Map};
use miniserde::json::Object;
use miniserde::{Deserialize, Serialize};

/// Which records failed, by their sequence numbers: the stream is read again from the first of them.
pub use crate::batch::{Failure, Response};
pub use crate::dynamodb_value::{AttributeValue, item};
/// What is answered to a [`WindowEvent`].
pub use crate::window::Response as WindowResponse;

/// A batch of changes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// The changes, in their order.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A batch of changes in a tumbling window. `S` is the state that the function hands on: an object
/// of any members, or a type of one's own, which has to decode from `{}`, the first state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WindowEvent<S = Object> {
    /// The changes; none, it may be, when the window ends.
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

/// A change and where it comes from. It is also what a Kinesis data stream holds where the table
/// is captured into one ([`kinesis::Record::data_json`](crate::kinesis::Record::data_json)).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// The change's id.
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    /// `INSERT`, `MODIFY` or `REMOVE`.
    #[serde(rename = "eventName")]
    pub event_name: String,
    /// `1.1`, and the like.
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    /// `aws:dynamodb`.
    #[serde(rename = "eventSource")]
    pub event_source: EventSource,
    /// The table's region.
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    /// The change itself.
    pub dynamodb: StreamRecord,
    /// The ARN of the table's stream.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: Option<String>,
    /// Who removed the item, where DynamoDB did by itself.
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
    /// `aws:dynamodb`, and nothing else.
    pub struct EventSource(|text| text == "aws:dynamodb")
}

/// What was changed, and how.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StreamRecord {
    /// When: seconds since 1970, to the second.
    ///
    /// In a Kinesis data stream it counts milliseconds, or what
    /// `approximate_creation_date_time_precision` says.
    #[serde(rename = "ApproximateCreationDateTime")]
    pub approximate_creation_date_time: Option<EpochSeconds>,
    /// In a Kinesis data stream: `MILLISECOND` or `MICROSECOND`.
    #[serde(rename = "ApproximateCreationDateTimePrecision")]
    pub approximate_creation_date_time_precision: Option<String>,
    /// The item's key.
    #[serde(rename = "Keys")]
    pub keys: Option<Map<AttributeValue>>,
    /// The item as it is now; absent of a removed one, or where the stream has no new images.
    #[serde(rename = "NewImage")]
    pub new_image: Option<Map<AttributeValue>>,
    /// The item as it was; absent of a new one, or where the stream has no old images.
    #[serde(rename = "OldImage")]
    pub old_image: Option<Map<AttributeValue>>,
    /// The change's place in the shard, by which a [`Response`] names it.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: Option<String>,
    /// The size of the change.
    #[serde(rename = "SizeBytes")]
    pub size_bytes: Option<u64>,
    /// `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`.
    #[serde(rename = "StreamViewType")]
    pub stream_view_type: Option<String>,
}

/// Who made a change.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Identity {
    /// `Service`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `dynamodb.amazonaws.com`.
    #[serde(rename = "principalId")]
    pub principal_id: Option<String>,
}

impl Record {
    /// An attribute of the item's key.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&AttributeValue> {
        self.dynamodb.keys.as_ref()?.get(name)
    }

    /// An attribute of the item as it is now.
    #[must_use]
    pub fn new_value(&self, name: &str) -> Option<&AttributeValue> {
        self.dynamodb.new_image.as_ref()?.get(name)
    }

    /// An attribute of the item as it was.
    #[must_use]
    pub fn old_value(&self, name: &str) -> Option<&AttributeValue> {
        self.dynamodb.old_image.as_ref()?.get(name)
    }

    /// Whether DynamoDB removed the item, since its time to live was over.
    #[must_use]
    pub fn is_expiry(&self) -> bool {
        let principal = self.user_identity.as_ref().and_then(|user| user.principal_id.as_deref());
        self.event_name == "REMOVE" && principal == Some("dynamodb.amazonaws.com")
    }
}
