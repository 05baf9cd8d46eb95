//! Events of the AWS IoT registry, as a rule passes them to a function.
//!
//! See <https://docs.aws.amazon.com/iot/latest/developerguide/registry-events.html>; an example is
//! in `data/iot-registry.json`.

use crate::values::Absent;
use crate::{EpochMillis, Json, Map};
use miniserde::{Deserialize, Serialize};

/// A thing, a type or a group was created, changed or deleted, or a membership.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// `THING_EVENT`, `THING_TYPE_EVENT`, `THING_GROUP_EVENT`, …
    #[serde(rename = "eventType")]
    pub event_type: String,
    #[serde(rename = "eventId")]
    pub event_id: String,
    pub timestamp: Option<EpochMillis>,
    /// `CREATED`, `UPDATED`, `DELETED`, `ADDED` or `REMOVED`.
    pub operation: String,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(rename = "thingId")]
    pub thing_id: Option<String>,
    #[serde(rename = "thingArn")]
    pub thing_arn: Option<String>,
    #[serde(rename = "thingName")]
    pub thing_name: Option<String>,
    #[serde(rename = "versionNumber")]
    pub version_number: Option<i64>,
    #[serde(rename = "thingTypeName")]
    pub thing_type_name: Option<String>,
    #[serde(rename = "thingTypeId")]
    pub thing_type_id: Option<String>,
    #[serde(rename = "thingTypeArn")]
    pub thing_type_arn: Option<String>,
    #[serde(rename = "billingGroupName")]
    pub billing_group_name: Option<String>,
    pub attributes: Option<Map>,
    #[serde(rename = "isDeprecated")]
    pub is_deprecated: Option<bool>,
    #[serde(rename = "deprecationDate")]
    pub deprecation_date: Option<String>,
    #[serde(rename = "searchableAttributes")]
    pub searchable_attributes: Option<Json>,
    #[serde(rename = "propagatingAttributes")]
    pub propagating_attributes: Option<Json>,
    pub description: Option<String>,
    #[serde(rename = "thingGroupName")]
    pub thing_group_name: Option<String>,
    #[serde(rename = "thingGroupId")]
    pub thing_group_id: Option<String>,
    #[serde(rename = "thingGroupArn")]
    pub thing_group_arn: Option<String>,
    #[serde(rename = "groupArn")]
    pub group_arn: Option<String>,
    #[serde(rename = "groupId")]
    pub group_id: Option<String>,
    #[serde(rename = "membershipId")]
    pub membership_id: Option<String>,
    #[serde(rename = "parentGroupName")]
    pub parent_group_name: Option<String>,
    #[serde(rename = "parentGroupId")]
    pub parent_group_id: Option<String>,
    #[serde(rename = "childGroupName")]
    pub child_group_name: Option<String>,
    #[serde(rename = "childGroupId")]
    pub child_group_id: Option<String>,
    #[serde(rename = "rootToParentThingGroups")]
    pub root_to_parent_thing_groups: Option<Json>,
    #[serde(rename = "dynamicGroupMappingId")]
    pub dynamic_group_mapping_id: Option<String>,
    #[serde(rename = "queryString")]
    pub query_string: Option<String>,
    #[serde(rename = "queryVersion")]
    pub query_version: Option<String>,
    #[serde(rename = "indexName")]
    pub index_name: Option<String>,
    pub status: Option<String>,
    /// Only in events of jobs.
    #[serde(rename = "jobId")]
    job_id: Absent,
}
