//! Events of AWS Health.
//!
//! See <https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html>; an
//! example is in `data/eventbridge-health.json`.

use crate::{Map, NumberOrText};
use miniserde::{Deserialize, Serialize};

/// The detail of an `AWS Health Event`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct HealthEvent {
    #[serde(rename = "eventArn")]
    pub event_arn: String,
    pub service: String,
    /// Such as `AWS_EC2_OPERATIONAL_ISSUE`.
    #[serde(rename = "eventTypeCode")]
    pub event_type_code: String,
    /// `issue`, `accountNotification`, `scheduledChange` or `investigation`.
    #[serde(rename = "eventTypeCategory")]
    pub event_type_category: String,
    /// `PUBLIC` or `ACCOUNT_SPECIFIC`.
    #[serde(rename = "eventScopeCode")]
    pub event_scope_code: Option<String>,
    #[serde(rename = "communicationId")]
    pub communication_id: Option<String>,
    /// In the form of RFC 1123: `Thu, 12 Mar 2026 21:00:00 GMT`. So are the other times.
    #[serde(rename = "startTime")]
    pub start_time: Option<String>,
    #[serde(rename = "endTime")]
    pub end_time: Option<String>,
    #[serde(rename = "lastUpdatedTime")]
    pub last_updated_time: Option<String>,
    /// `open`, `closed` or `upcoming`.
    #[serde(rename = "statusCode")]
    pub status_code: Option<String>,
    #[serde(rename = "eventRegion")]
    pub event_region: Option<String>,
    #[serde(rename = "eventDescription")]
    pub event_description: Option<Vec<Description>>,
    #[serde(rename = "eventMetadata")]
    pub event_metadata: Option<Map>,
    #[serde(rename = "affectedEntities")]
    pub affected_entities: Option<Vec<Entity>>,
    #[serde(rename = "affectedAccount")]
    pub affected_account: Option<String>,
    pub page: Option<NumberOrText>,
    #[serde(rename = "totalPages")]
    pub total_pages: Option<NumberOrText>,
    #[serde(rename = "backupEvent")]
    pub backup_event: Option<NumberOrText>,
    pub actionability: Option<String>,
    pub personas: Option<Vec<String>>,
}

/// A description of an event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Description {
    pub language: Option<String>,
    #[serde(rename = "latestDescription")]
    pub latest_description: Option<String>,
}

/// A resource that is affected.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Entity {
    #[serde(rename = "entityValue")]
    pub entity_value: Option<String>,
    #[serde(rename = "entityArn")]
    pub entity_arn: Option<String>,
    #[serde(rename = "entityUrl")]
    pub entity_url: Option<String>,
    pub status: Option<String>,
    #[serde(rename = "lastUpdatedTime")]
    pub last_updated_time: Option<String>,
    pub tags: Option<Map>,
    #[serde(rename = "entityMetadata")]
    pub entity_metadata: Option<Map>,
}
