//! AWS Config: evaluations of custom rules.
//!
//! See
//! <https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html>;
//! an example is in `data/config.json`. The events of Config in EventBridge have the detail
//! [`InvokingEvent`]: examples are in `data/eventbridge-config.json` and
//! `data/eventbridge-config-oversized.json`.

use crate::values::from_json;
use crate::{Error, Json, Map, NumberOrText, Rfc3339, Secret};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A request to evaluate resources.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// JSON, decoded by [`invoking_event`](Self::invoking_event).
    #[serde(rename = "invokingEvent")]
    pub invoking_event_json: String,
    /// JSON, decoded by [`rule_parameters`](Self::rule_parameters).
    #[serde(rename = "ruleParameters")]
    pub rule_parameters_json: Option<String>,
    /// The token for `PutEvaluations`.
    #[serde(rename = "resultToken")]
    pub result_token: Secret,
    /// Whether the resource was removed from the rule's scope.
    #[serde(rename = "eventLeftScope")]
    pub event_left_scope: Option<bool>,
    #[serde(rename = "executionRoleArn")]
    pub execution_role_arn: Option<String>,
    #[serde(rename = "configRuleArn")]
    pub config_rule_arn: Option<String>,
    #[serde(rename = "configRuleName")]
    pub config_rule_name: Option<String>,
    #[serde(rename = "configRuleId")]
    pub config_rule_id: Option<String>,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// `DETECTIVE` or `PROACTIVE`.
    #[serde(rename = "evaluationMode")]
    pub evaluation_mode: Option<String>,
    pub version: Option<String>,
}

impl Event {
    /// Decodes the event that started the evaluation. `C` is the configuration of the resource,
    /// which depends on its type.
    ///
    /// # Errors
    /// If it is not JSON, or does not match the type.
    pub fn invoking_event<C: Deserialize>(&self) -> Result<InvokingEvent<C>, Error> {
        from_json(&self.invoking_event_json, "the invoking event")
    }

    /// Decodes the rule's parameters: `None` if the rule has none.
    ///
    /// # Errors
    /// If they are not JSON, or do not match the type.
    pub fn rule_parameters<T: FromJson>(&self) -> Result<Option<T>, Error> {
        let parameters = self.rule_parameters_json.as_deref().filter(|json| !json.is_empty());
        parameters.map(|json| from_json(json, "the rule's parameters")).transpose()
    }
}

/// What started an evaluation: a change of a resource, or a schedule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct InvokingEvent<C = Json> {
    /// `ConfigurationItemChangeNotification`, `OversizedConfigurationItemChangeNotification` or
    /// `ScheduledNotification`.
    #[serde(rename = "messageType")]
    pub message_type: String,
    /// Changes only.
    #[serde(rename = "configurationItem")]
    pub configuration_item: Option<ConfigurationItem<C>>,
    /// Changes whose configuration is too large for the event.
    #[serde(rename = "configurationItemSummary")]
    pub configuration_item_summary: Option<ConfigurationItem<C>>,
    #[serde(rename = "configurationItemDiff")]
    pub configuration_item_diff: Option<Json>,
    /// Schedules only.
    #[serde(rename = "awsAccountId")]
    pub aws_account_id: Option<String>,
    #[serde(rename = "notificationCreationTime")]
    pub notification_creation_time: Option<Rfc3339>,
    #[serde(rename = "recordVersion")]
    pub record_version: Option<NumberOrText>,
    /// Changes that are too large for the event: the object of S3 that has them.
    #[serde(rename = "s3DeliverySummary")]
    pub s3_delivery_summary: Option<Json>,
}

/// A resource as it was at a time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ConfigurationItem<C = Json> {
    /// Such as `AWS::S3::Bucket`.
    #[serde(rename = "resourceType")]
    pub resource_type: String,
    #[serde(rename = "resourceId")]
    pub resource_id: String,
    #[serde(rename = "resourceName")]
    pub resource_name: Option<String>,
    #[serde(rename = "ARN")]
    pub arn: Option<String>,
    #[serde(rename = "awsAccountId")]
    pub aws_account_id: Option<String>,
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    #[serde(rename = "availabilityZone")]
    pub availability_zone: Option<String>,
    /// `OK`, `ResourceDiscovered`, `ResourceDeleted`, `ResourceNotRecorded`, …
    #[serde(rename = "configurationItemStatus")]
    pub configuration_item_status: Option<String>,
    #[serde(rename = "configurationItemCaptureTime")]
    pub configuration_item_capture_time: Option<Rfc3339>,
    #[serde(rename = "resourceCreationTime")]
    pub resource_creation_time: Option<Rfc3339>,
    #[serde(rename = "configurationItemVersion")]
    pub configuration_item_version: Option<NumberOrText>,
    /// Orders the states of a resource.
    #[serde(rename = "configurationStateId")]
    pub configuration_state_id: Option<NumberOrText>,
    #[serde(rename = "configurationStateMd5Hash")]
    pub configuration_state_md5_hash: Option<String>,
    /// Summaries: `CREATE`, `UPDATE` or `DELETE`.
    #[serde(rename = "changeType")]
    pub change_type: Option<String>,
    /// Absent if the resource is deleted.
    pub configuration: Option<C>,
    #[serde(rename = "supplementaryConfiguration")]
    pub supplementary_configuration: Option<Json>,
    pub tags: Option<Map>,
    pub relationships: Option<Vec<Json>>,
    /// Ids of events of `CloudTrail`.
    #[serde(rename = "relatedEvents")]
    pub related_events: Option<Vec<String>>,
}
