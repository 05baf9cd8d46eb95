//! Notifications of an Amazon S3 bucket: what became of its objects.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>;
//! examples are in `data/s3.json`, `data/s3-removed.json`, `data/s3-families.json` and
//! `data/s3-test.json`.

pub mod batch;
pub mod object_lambda;

use crate::batch::collects_records;
use crate::values::{checked_text, from_url};
use crate::{Error, Map, NumberOrText, Rfc3339};
use miniserde::{Deserialize, Serialize};
use std::fmt::Write;

/// Notifications.
///
/// ```
/// use minilambda_events::s3;
///
/// fn new_keys(event: &s3::Event) -> Vec<String> {
///     let created = event.records.iter().filter(|record| record.is("ObjectCreated:"));
///     created.filter_map(|record| record.s3.object.decoded_key().ok()).collect()
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The notifications.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// What became of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// `2.1`.
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    /// `aws:s3`.
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The bucket's region.
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    /// When S3 was done with it.
    #[serde(rename = "eventTime")]
    pub event_time: Option<Rfc3339>,
    /// `ObjectCreated:Put`, `ObjectRemoved:Delete`, …, with or without an `s3:` before it.
    #[serde(rename = "eventName")]
    pub event_name: String,
    /// Who did it.
    #[serde(rename = "userIdentity")]
    pub user_identity: Option<Identity>,
    /// Where the request came from.
    #[serde(rename = "requestParameters")]
    pub request_parameters: Option<RequestParameters>,
    /// For requests to AWS Support.
    #[serde(rename = "responseElements")]
    pub response_elements: Option<ResponseElements>,
    /// The bucket and the object.
    pub s3: Entity,
    /// Of `ObjectRestore:Completed`: the restored copy.
    #[serde(rename = "glacierEventData")]
    pub glacier_event_data: Option<GlacierEventData>,
    /// The restored copy, where it is outside of `glacier_event_data`.
    #[serde(rename = "restoreEventData")]
    pub restore_event_data: Option<RestoreEventData>,
    /// Of `Replication:…`: the replication.
    #[serde(rename = "replicationEventData")]
    pub replication_event_data: Option<ReplicationEventData>,
    /// Of `IntelligentTiering`: where the object went.
    #[serde(rename = "intelligentTieringEventData")]
    pub intelligent_tiering_event_data: Option<IntelligentTieringEventData>,
    /// Of `LifecycleTransition`: where the object went.
    #[serde(rename = "lifecycleEventData")]
    pub lifecycle_event_data: Option<LifecycleEventData>,
}

collects_records!(Event, Record);

impl Record {
    /// Creates a notification, such as of `ObjectCreated:Put`, to test a handler without JSON. The key
    /// is percent-encoded as S3 does it; the string given here is not.
    #[must_use]
    pub fn new(event_name: &str, bucket: &str, key: &str) -> Self {
        let s3 = Entity {
            bucket: Bucket { name: bucket.to_owned(), ..Default::default() },
            object: Object { key: encode_key(key), ..Default::default() },
            ..Default::default()
        };
        Self { event_name: event_name.to_owned(), s3, ..Default::default() }
    }
}

/// Encodes a key as S3 does in its notifications.
fn encode_key(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                encoded.push(char::from(byte));
            }
            byte => {
                let _ = write!(encoded, "%{byte:02X}"); // writing to a String cannot fail
            }
        }
    }
    encoded
}

checked_text! {
    /// `aws:s3`, and nothing else.
    pub(crate) struct EventSource(|text| text == "aws:s3", "aws:s3")
}

/// Who did it, or who owns the bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// The id of a customer, of a role's session, or the name of a service.
    #[serde(rename = "principalId")]
    pub principal_id: Option<String>,
}

/// Where the request came from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestParameters {
    /// The address, or the name of a service.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: Option<String>,
}

/// For requests to AWS Support.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct ResponseElements {
    #[serde(rename = "x-amz-request-id")]
    pub x_amz_request_id: Option<String>,
    /// The host that served it.
    #[serde(rename = "x-amz-id-2")]
    pub x_amz_id_2: Option<String>,
}

/// A bucket and an object in it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Entity {
    /// `1.0`.
    #[serde(rename = "s3SchemaVersion")]
    pub s3_schema_version: Option<String>,
    /// The id of the rule in the bucket's configuration.
    #[serde(rename = "configurationId")]
    pub configuration_id: Option<String>,
    pub bucket: Bucket,
    /// The object.
    pub object: Object,
}

/// A bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// The bucket's owner.
    #[serde(rename = "ownerIdentity")]
    pub owner_identity: Option<Identity>,
    /// The bucket's ARN.
    pub arn: Option<String>,
    /// The tags that services such as `CloudFormation` gave the bucket.
    #[serde(rename = "awsGeneratedTags")]
    pub aws_generated_tags: Option<Map>,
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Object {
    /// The key, percent-encoded as in a URL's query; see [`Object::decoded_key`].
    pub key: String,
    /// The key decoded, in documents that AWS's own library for Go has written.
    #[serde(rename = "urlDecodedKey")]
    pub url_decoded_key: Option<String>,
    /// The size in bytes; absent of a removed one.
    pub size: Option<u64>,
    /// The digest of its content; absent of a removed one.
    #[serde(rename = "eTag")]
    pub e_tag: Option<String>,
    /// The version, where the bucket keeps versions.
    #[serde(rename = "versionId")]
    pub version_id: Option<String>,
    /// Of two changes of an object, the later has the greater sequencer: hexadecimal digits, to be
    /// compared from the left, the shorter filled up with zeros.
    pub sequencer: Option<String>,
}

/// A copy that was restored from an archive.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct GlacierEventData {
    /// The copy.
    #[serde(rename = "restoreEventData")]
    pub restore_event_data: Option<RestoreEventData>,
}

/// How long a restored copy stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RestoreEventData {
    /// When it is removed.
    #[serde(rename = "lifecycleRestorationExpiryTime")]
    pub lifecycle_restoration_expiry_time: Option<Rfc3339>,
    /// The storage class that it was restored from.
    #[serde(rename = "lifecycleRestoreStorageClass")]
    pub lifecycle_restore_storage_class: Option<String>,
}

/// The replication of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ReplicationEventData {
    #[serde(rename = "replicationRuleId")]
    pub replication_rule_id: Option<String>,
    /// The ARN of the bucket that it goes to.
    #[serde(rename = "destinationBucket")]
    pub destination_bucket: Option<String>,
    /// `OBJECT_PUT`, `OBJECT_PUT_TAGGING`, …
    #[serde(rename = "s3Operation")]
    pub s3_operation: Option<String>,
    /// When it was asked for.
    #[serde(rename = "requestTime")]
    pub request_time: Option<Rfc3339>,
    /// Of a failed one: why, such as `AssumeRoleNotPermitted`.
    #[serde(rename = "failureReason")]
    pub failure_reason: Option<String>,
    /// Of a late one: the minutes that it should take.
    pub threshold: Option<NumberOrText>,
    /// Of a late one: how long it took.
    #[serde(rename = "replicationTime")]
    pub replication_time: Option<NumberOrText>,
}

/// Where S3 Intelligent-Tiering moved an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct IntelligentTieringEventData {
    /// `ARCHIVE_ACCESS` or `DEEP_ARCHIVE_ACCESS`.
    #[serde(rename = "destinationAccessTier")]
    pub destination_access_tier: Option<String>,
}

/// Where a lifecycle rule moved an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct LifecycleEventData {
    /// The move.
    #[serde(rename = "transitionEventData")]
    pub transition_event_data: Option<TransitionEventData>,
}

/// The storage class that an object was moved to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TransitionEventData {
    /// `GLACIER`, `STANDARD_IA`, …
    #[serde(rename = "destinationStorageClass")]
    pub destination_storage_class: Option<String>,
}

/// What S3 sends to a queue or a topic once, when notifications to it are set up.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TestEvent {
    /// `Amazon S3`.
    #[serde(rename = "Service")]
    pub service: String,
    /// `s3:TestEvent`.
    #[serde(rename = "Event")]
    event: TestEventName,
    /// When it was sent.
    #[serde(rename = "Time")]
    pub time: Option<Rfc3339>,
    /// The bucket's name.
    #[serde(rename = "Bucket")]
    pub bucket: Option<String>,
    #[serde(rename = "RequestId")]
    pub request_id: Option<String>,
    /// The host that served it.
    #[serde(rename = "HostId")]
    pub host_id: Option<String>,
}

checked_text! {
    /// `s3:TestEvent`, and nothing else.
    pub(crate) struct TestEventName(|text| text == "s3:TestEvent", "s3:TestEvent")
}

impl Record {
    /// Whether the event's name begins so, such as `ObjectCreated:`; an `s3:` before it, which
    /// some events have, does not count.
    #[must_use]
    pub fn is(&self, family: &str) -> bool {
        self.event_name.strip_prefix("s3:").unwrap_or(&self.event_name).starts_with(family)
    }
}

impl Object {
    /// The key, as the API of S3 wants it: `red flower.jpg` where `key` is `red+flower.jpg`.
    ///
    /// # Errors
    /// If `key` is not encoded as it would be in a URL, or the key is not UTF-8.
    pub fn decoded_key(&self) -> Result<String, Error> {
        from_url(&self.key)
    }
}
