//! Events of Amazon EventBridge (formerly CloudWatch Events): an envelope with a service's detail.
//!
//! They come from a rule, or from a schedule of EventBridge Scheduler. For the detail of another
//! service, use your own struct with the fields that the function reads, or [`Json`]. Details that
//! services send in another way too are in their modules: those of CloudWatch in
//! [`cloudwatch::alarm`](crate::cloudwatch::alarm), of Config in
//! [`config`](crate::config::InvokingEvent), of SES in [`ses::sending`](crate::ses::sending).
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>;
//! examples are in `data/eventbridge.json`, `data/eventbridge-scheduled.json`,
//! `data/eventbridge-scheduler.json`, `data/eventbridge-s3.json`, `data/eventbridge-ec2.json`,
//! `data/eventbridge-ec2-spot.json`, and of annotations and Object Lock in
//! `data/eventbridge-s3-annotation.json` and `data/eventbridge-s3-retention.json`.

pub mod autoscaling;
pub mod batch;
pub mod cloudtrail;
pub mod codebuild;
pub mod codedeploy;
pub mod codepipeline;
pub mod ecr;
pub mod ecs;
pub mod guardduty;
pub mod health;
pub mod states;

use crate::values::checked_text;
use crate::{Json, Map, NumberOrText, Rfc3339};
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::borrow::Cow;

/// An event. `T` is the type of its detail.
///
/// ```
/// use minilambda_events::eventbridge;
/// use miniserde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Order {
///     id: String,
/// }
///
/// fn ordered(event: eventbridge::Event<Order>) -> String {
///     format!("{} of {}", event.detail.id, event.source)
/// }
/// # let event = r#"{"detail-type":"Ordered","source":"com.example.shop","detail":{"id":"A-1"}}"#;
/// # assert_eq!(ordered(miniserde::json::from_str(event)?), "A-1 of com.example.shop");
/// # Ok::<(), miniserde::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event<T = Json> {
    /// The version of the envelope: `0`.
    pub version: Option<NumberOrText>,
    pub id: Option<String>,
    /// The type of the detail, such as `Object Created`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// The sender, such as `aws.s3`.
    pub source: String,
    /// The sender's account.
    pub account: Option<String>,
    /// The time, to the second.
    pub time: Option<Rfc3339>,
    /// The region.
    pub region: Option<String>,
    /// The ARNs of the resources.
    pub resources: Option<Vec<String>>,
    /// The name of the replay, if the event is replayed.
    #[serde(rename = "replay-name")]
    pub replay_name: Option<String>,
    /// The details.
    pub detail: T,
}

/// The detail of a `Scheduled Event`, which is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheduled {
    /// `{}`, from a rule with a schedule.
    #[default]
    Rule,
    /// The string `{}`, from EventBridge Scheduler.
    Scheduler,
}

make_place!(Place);

impl Visitor for Place<Scheduled> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        if text != "{}" {
            return Err(miniserde::Error);
        }
        self.out = Some(Scheduled::Scheduler);
        Ok(())
    }

    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Box::new(Nothing(&mut self.out)))
    }
}

/// An object without fields. The detail of another event must not match.
struct Nothing<'a>(&'a mut Option<Scheduled>);

impl de::Map for Nothing<'_> {
    fn key(&mut self, _: &str) -> miniserde::Result<&mut dyn Visitor> {
        Err(miniserde::Error)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        *self.0 = Some(Scheduled::Rule);
        Ok(())
    }
}

impl Deserialize for Scheduled {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Serialize for Scheduled {
    fn begin(&self) -> Fragment<'_> {
        match self {
            Self::Rule => crate::values::members(Vec::new()),
            Self::Scheduler => Fragment::Str(Cow::Borrowed("{}")),
        }
    }
}

/// The detail of the events of S3 (`Object Created`, `Object Deleted`, `Object Restore Completed`,
/// `Object Tags Added`, …). The fields depend on the type.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Object {
    /// The version of the detail: `0`.
    pub version: Option<NumberOrText>,
    /// The version of the detail, with its minor number.
    #[serde(rename = "event-version")]
    pub event_version: Option<NumberOrText>,
    pub bucket: S3Bucket,
    /// The object.
    pub object: S3Key,
    /// The id of the request that caused the event.
    #[serde(rename = "request-id")]
    pub request_id: Option<String>,
    /// The account or the service that made the request.
    pub requester: Option<String>,
    /// The source of the request.
    #[serde(rename = "source-ip-address")]
    pub source_ip_address: Option<String>,
    /// The cause: `PutObject`, `CopyObject`, `Lifecycle Expiration`, …
    pub reason: Option<String>,
    /// Deletions: `Permanently Deleted` or `Delete Marker Created`.
    #[serde(rename = "deletion-type")]
    pub deletion_type: Option<String>,
    /// Restored objects: when the copy expires.
    #[serde(rename = "restore-expiry-time")]
    pub restore_expiry_time: Option<Rfc3339>,
    /// Restored objects: the storage class that the object was restored from.
    #[serde(rename = "source-storage-class")]
    pub source_storage_class: Option<String>,
    /// Changes of the storage class: the new one.
    #[serde(rename = "destination-storage-class")]
    pub destination_storage_class: Option<String>,
    /// Changes of the access tier: the new one.
    #[serde(rename = "destination-access-tier")]
    pub destination_access_tier: Option<String>,
    /// `Object Annotation Created` and `Object Annotation Removed`: the annotation.
    #[serde(rename = "object-annotation")]
    pub object_annotation: Option<S3Annotation>,
    /// `Object Retention Updated`: the retention by Object Lock after the change.
    #[serde(rename = "object-retention-event-data")]
    pub object_retention_event_data: Option<S3Retention>,
}

/// A bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Bucket {
    pub name: String,
    /// The tags that services such as `CloudFormation` gave the bucket.
    #[serde(rename = "aws-generated-tags")]
    pub aws_generated_tags: Option<Map>,
}

/// An object in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Key {
    /// The key. It is not URL-encoded here.
    pub key: String,
    /// The size in bytes.
    pub size: Option<u64>,
    /// The entity tag.
    pub etag: Option<String>,
    /// The version, if the bucket has versioning.
    #[serde(rename = "version-id")]
    pub version_id: Option<String>,
    /// `CopyObject`: whether the copy has annotations.
    #[serde(rename = "has-object-annotation")]
    pub has_object_annotation: Option<bool>,
    /// Orders the events of one key: hexadecimal digits, compared after the shorter is filled up
    /// with zeros on its left. A later event has the greater value.
    pub sequencer: Option<String>,
}

/// An annotation of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Annotation {
    pub name: String,
    /// The size in bytes. Absent if the annotation was removed.
    pub size: Option<u64>,
    /// The entity tag. Absent if the annotation was removed.
    pub etag: Option<String>,
}

/// The retention of an object by Object Lock.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Retention {
    /// `COMPLIANCE` or `GOVERNANCE`.
    pub mode: Option<String>,
    #[serde(rename = "retain-until-date")]
    pub retain_until_date: Option<Rfc3339>,
    /// If an event hold was set or released: `ON` or `OFF`.
    #[serde(rename = "event-hold")]
    pub event_hold: Option<String>,
    /// The duration of an event hold by its unit, `days` or `years`.
    #[serde(rename = "event-hold-duration")]
    pub event_hold_duration: Option<Map<u64>>,
}

/// The detail of an `EC2 Instance State-change Notification`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Ec2StateChange {
    #[serde(rename = "instance-id")]
    pub instance_id: InstanceId,
    /// `pending`, `running`, `stopping`, `stopped`, `shutting-down` or `terminated`.
    pub state: String,
}

/// The detail of an `EC2 Spot Instance Interruption Warning`, which comes two minutes before.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Ec2SpotInterruption {
    #[serde(rename = "instance-id")]
    pub instance_id: InstanceId,
    /// `hibernate`, `stop` or `terminate`.
    #[serde(rename = "instance-action")]
    pub instance_action: String,
}

checked_text! {
    /// An instance's id: `i-`, and hexadecimal digits.
    pub struct InstanceId(|text| text.starts_with("i-"), "i-0")
}
