//! Amazon S3: notifications about objects.
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

/// A notification.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// `2.6`. Before 2.4, each family of events had a version of its own.
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    /// `aws:s3`.
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The bucket's region.
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    /// The time when S3 finished the request.
    #[serde(rename = "eventTime")]
    pub event_time: Option<Rfc3339>,
    /// `ObjectCreated:Put`, `ObjectRemoved:Delete`, …, with or without the prefix `s3:`.
    #[serde(rename = "eventName")]
    pub event_name: String,
    /// The principal that made the request.
    #[serde(rename = "userIdentity")]
    pub user_identity: Option<Identity>,
    /// The source of the request.
    #[serde(rename = "requestParameters")]
    pub request_parameters: Option<RequestParameters>,
    /// Ids for AWS Support.
    #[serde(rename = "responseElements")]
    pub response_elements: Option<ResponseElements>,
    /// The bucket and the object.
    pub s3: Entity,
    /// `ObjectRestore:Completed`: the restored copy.
    #[serde(rename = "glacierEventData")]
    pub glacier_event_data: Option<GlacierEventData>,
    /// The restored copy, if it is not in `glacier_event_data`.
    #[serde(rename = "restoreEventData")]
    pub restore_event_data: Option<RestoreEventData>,
    /// `Replication:…`: the replication.
    #[serde(rename = "replicationEventData")]
    pub replication_event_data: Option<ReplicationEventData>,
    /// `IntelligentTiering`: the new tier.
    #[serde(rename = "intelligentTieringEventData")]
    pub intelligent_tiering_event_data: Option<IntelligentTieringEventData>,
    /// `LifecycleTransition`: the new storage class.
    #[serde(rename = "lifecycleEventData")]
    pub lifecycle_event_data: Option<LifecycleEventData>,
    /// `ObjectAnnotation:…`: the annotation.
    #[serde(rename = "objectAnnotation")]
    pub object_annotation: Option<Vec<ObjectAnnotation>>,
    /// `ObjectRetention:Put`: the retention by Object Lock after the change.
    #[serde(rename = "objectRetentionEventData")]
    pub object_retention_event_data: Option<ObjectRetentionEventData>,
}

collects_records!(Event, Record);

impl Record {
    /// Creates a notification, such as `ObjectCreated:Put`, to test a handler without JSON. The key
    /// is given plain and stored URL-encoded, as S3 sends it.
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
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:s3", "aws:s3")
}

/// A principal: of a request, or the owner of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// The id of an account, a user or a role's session, or the name of a service.
    #[serde(rename = "principalId")]
    pub principal_id: Option<String>,
}

/// The source of the request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestParameters {
    /// The address, or the name of a service.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: Option<String>,
}

/// Ids for AWS Support.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct ResponseElements {
    #[serde(rename = "x-amz-request-id")]
    pub x_amz_request_id: Option<String>,
    /// The host that served the request.
    #[serde(rename = "x-amz-id-2")]
    pub x_amz_id_2: Option<String>,
}

/// A bucket and an object.
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
    /// The key, URL-encoded. See [`Object::decoded_key`].
    pub key: String,
    /// The decoded key. Only in documents that AWS's library for Go has written.
    #[serde(rename = "urlDecodedKey")]
    pub url_decoded_key: Option<String>,
    /// The size in bytes. Absent if the object was removed.
    pub size: Option<u64>,
    /// The entity tag. Absent if the object was removed.
    #[serde(rename = "eTag")]
    pub e_tag: Option<String>,
    /// The version, if the bucket has versioning.
    #[serde(rename = "versionId")]
    pub version_id: Option<String>,
    /// `ObjectCreated:Copy`: whether the copy has annotations.
    #[serde(rename = "hasObjectAnnotation")]
    pub has_object_annotation: Option<bool>,
    /// Orders the events of one key: hexadecimal digits, compared after the shorter is filled up
    /// with zeros on its left. A later event has the greater value.
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

/// The restoration of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RestoreEventData {
    /// The time when the copy expires.
    #[serde(rename = "lifecycleRestorationExpiryTime")]
    pub lifecycle_restoration_expiry_time: Option<Rfc3339>,
    /// The storage class that the object was restored from.
    #[serde(rename = "lifecycleRestoreStorageClass")]
    pub lifecycle_restore_storage_class: Option<String>,
}

/// The replication of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ReplicationEventData {
    #[serde(rename = "replicationRuleId")]
    pub replication_rule_id: Option<String>,
    /// The ARN of the destination bucket.
    #[serde(rename = "destinationBucket")]
    pub destination_bucket: Option<String>,
    /// `OBJECT_PUT`, `OBJECT_PUT_TAGGING`, …
    #[serde(rename = "s3Operation")]
    pub s3_operation: Option<String>,
    /// The time of the request.
    #[serde(rename = "requestTime")]
    pub request_time: Option<Rfc3339>,
    /// Failed replications: the reason, such as `AssumeRoleNotPermitted`.
    #[serde(rename = "failureReason")]
    pub failure_reason: Option<String>,
    /// Late replications: the threshold in minutes.
    pub threshold: Option<NumberOrText>,
    /// Late replications: the duration.
    #[serde(rename = "replicationTime")]
    pub replication_time: Option<NumberOrText>,
}

/// An annotation of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ObjectAnnotation {
    pub name: String,
    /// The size in bytes. Absent if the annotation was removed.
    pub size: Option<u64>,
    /// The entity tag. Absent if the annotation was removed.
    #[serde(rename = "eTag")]
    pub e_tag: Option<String>,
}

/// The retention of an object by Object Lock.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ObjectRetentionEventData {
    /// `COMPLIANCE` or `GOVERNANCE`.
    pub mode: Option<String>,
    #[serde(rename = "retainUntilDate")]
    pub retain_until_date: Option<Rfc3339>,
    /// If an event hold was set or released: `ON` or `OFF`.
    #[serde(rename = "eventHold")]
    pub event_hold: Option<String>,
    /// The duration of an event hold by its unit, `days` or `years`.
    #[serde(rename = "eventHoldDuration")]
    pub event_hold_duration: Option<Map<u64>>,
}

/// A move of S3 Intelligent-Tiering.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct IntelligentTieringEventData {
    /// `ARCHIVE_ACCESS` or `DEEP_ARCHIVE_ACCESS`.
    #[serde(rename = "destinationAccessTier")]
    pub destination_access_tier: Option<String>,
}

/// A move by a lifecycle rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct LifecycleEventData {
    /// The move.
    #[serde(rename = "transitionEventData")]
    pub transition_event_data: Option<TransitionEventData>,
}

/// The new storage class of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TransitionEventData {
    /// `GLACIER`, `STANDARD_IA`, …
    #[serde(rename = "destinationStorageClass")]
    pub destination_storage_class: Option<String>,
}

/// The test message that S3 sends when notifications to a queue or a topic are configured.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TestEvent {
    /// `Amazon S3`.
    #[serde(rename = "Service")]
    pub service: String,
    /// `s3:TestEvent`.
    #[serde(rename = "Event")]
    event: TestEventName,
    /// The time of the message.
    #[serde(rename = "Time")]
    pub time: Option<Rfc3339>,
    /// The bucket's name.
    #[serde(rename = "Bucket")]
    pub bucket: Option<String>,
    #[serde(rename = "RequestId")]
    pub request_id: Option<String>,
    /// The host that served the request.
    #[serde(rename = "HostId")]
    pub host_id: Option<String>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct TestEventName(|text| text == "s3:TestEvent", "s3:TestEvent")
}

impl Record {
    /// Whether the event's name has a prefix such as `ObjectCreated:`. The prefix `s3:`, which some
    /// events have, is ignored.
    #[must_use]
    pub fn is(&self, family: &str) -> bool {
        self.event_name.strip_prefix("s3:").unwrap_or(&self.event_name).starts_with(family)
    }
}

impl Object {
    /// Decodes the key for use with the API of S3: `red+flower.jpg` becomes `red flower.jpg`.
    ///
    /// # Errors
    /// If `key` is not URL-encoded, or the key is not UTF-8.
    pub fn decoded_key(&self) -> Result<String, Error> {
        from_url(&self.key)
    }
}
