//! AWS CodeCommit: triggers of a repository.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html>; an example is in
//! `data/codecommit.json`.

use crate::values::checked_text;
use miniserde::{Deserialize, Serialize};

/// Changes of a repository.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The repository's ARN.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    pub codecommit: Changes,
    /// The text of the trigger's configuration.
    #[serde(rename = "customData")]
    pub custom_data: Option<String>,
    #[serde(rename = "eventId")]
    pub event_id: Option<String>,
    /// `ReferenceChanges` or `TriggerEventTest`.
    #[serde(rename = "eventName")]
    pub event_name: Option<String>,
    #[serde(rename = "eventPartNumber")]
    pub event_part_number: Option<i64>,
    #[serde(rename = "eventTotalParts")]
    pub event_total_parts: Option<i64>,
    #[serde(rename = "eventTime")]
    pub event_time: Option<String>,
    #[serde(rename = "eventTriggerConfigId")]
    pub event_trigger_config_id: Option<String>,
    #[serde(rename = "eventTriggerName")]
    pub event_trigger_name: Option<String>,
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    #[serde(rename = "userIdentityARN")]
    pub user_identity_arn: Option<String>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:codecommit", "aws:codecommit")
}

/// The references that changed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Changes {
    pub references: Vec<Reference>,
}

/// A branch or a tag.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Reference {
    pub commit: Option<String>,
    pub created: Option<bool>,
    pub deleted: Option<bool>,
    /// Such as `refs/heads/main`.
    #[serde(rename = "ref")]
    pub reference: String,
}
