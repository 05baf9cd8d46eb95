//! Events of Amazon EventBridge, once CloudWatch Events: an envelope around a service's detail.
//!
//! The events that a rule passes on, and those that a schedule of EventBridge Scheduler makes.
//! The details of other services are a struct of your own, or [`Json`].
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>;
//! examples are in `data/eventbridge.json`, `data/eventbridge-scheduled.json`,
//! `data/eventbridge-scheduler.json`, `data/eventbridge-s3.json` and `data/eventbridge-ec2.json`.

pub mod autoscaling;
pub mod batch;
pub mod codebuild;
pub mod codedeploy;
pub mod codepipeline;
pub mod ecr;
pub mod ecs;
pub mod health;
pub mod states;

use crate::values::checked_text;
use crate::{Json, NumberOrText, Rfc3339};
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::borrow::Cow;

/// An event with a detail: of any kind, or of the type that a function is made for.
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
    /// What the detail is about, such as `Object Created`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// Who sent it, such as `aws.s3`.
    pub source: String,
    /// The sender's account.
    pub account: Option<String>,
    /// When it happened, to the second.
    pub time: Option<Rfc3339>,
    /// Where it happened.
    pub region: Option<String>,
    /// The ARNs of what it is about.
    pub resources: Option<Vec<String>>,
    /// The name of the replay by which the event comes again.
    #[serde(rename = "replay-name")]
    pub replay_name: Option<String>,
    /// What happened.
    pub detail: T,
}

/// The detail of a `Scheduled Event`: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheduled {
    /// `{}`, of a rule with a schedule.
    #[default]
    Rule,
    /// The string `{}`, of EventBridge Scheduler.
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

/// An object without a field: another event's detail must not pass for it.
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
/// `Object Tags Added`, …): which fields there are depends on what happened.
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
    /// The id of the request that did it.
    #[serde(rename = "request-id")]
    pub request_id: Option<String>,
    /// The account, or the service, that asked for it.
    pub requester: Option<String>,
    /// Where the request came from.
    #[serde(rename = "source-ip-address")]
    pub source_ip_address: Option<String>,
    /// By what it came about: `PutObject`, `CopyObject`, `Lifecycle Expiration`, …
    pub reason: Option<String>,
    /// Of a deletion: `Permanently Deleted` or `Delete Marker Created`.
    #[serde(rename = "deletion-type")]
    pub deletion_type: Option<String>,
    /// Of a restored object: how long it stays.
    #[serde(rename = "restore-expiry-time")]
    pub restore_expiry_time: Option<Rfc3339>,
    /// Of a restored object: where it came from.
    #[serde(rename = "source-storage-class")]
    pub source_storage_class: Option<String>,
    /// Of a change of the storage class: the new one.
    #[serde(rename = "destination-storage-class")]
    pub destination_storage_class: Option<String>,
    /// Of a change of the access tier: the new one.
    #[serde(rename = "destination-access-tier")]
    pub destination_access_tier: Option<String>,
}

/// A bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Bucket {
    pub name: String,
}

/// An object in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Key {
    /// Its key, which is not URL-encoded here.
    pub key: String,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its version, where the bucket keeps versions.
    #[serde(rename = "version-id")]
    pub version_id: Option<String>,
    /// Which of two events of the same key came later: the one with the greater text.
    pub sequencer: Option<String>,
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

checked_text! {
    /// An instance's id: `i-`, and hexadecimal digits.
    pub struct InstanceId(|text| text.starts_with("i-"), "i-0")
}
