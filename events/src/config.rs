//! AWS Config: evaluations of custom rules.
//!
//! See <https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html>; an
//! example is in `data/config.json`.

use crate::Error;
use crate::values::from_json;
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
    pub result_token: String,
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
    /// Decodes the event that started the evaluation: a change of a resource (`configurationItem`), or
    /// a schedule.
    ///
    /// # Errors
    /// If it is not JSON, or does not match the type.
    pub fn invoking_event<T: Deserialize>(&self) -> Result<T, Error> {
        from_json(&self.invoking_event_json, "the invoking event")
    }

    /// Decodes the rule's parameters: `None` if the rule has none.
    ///
    /// # Errors
    /// If they are not JSON, or do not match the type.
    pub fn rule_parameters<T: Deserialize>(&self) -> Result<Option<T>, Error> {
        let parameters = self.rule_parameters_json.as_deref().filter(|json| !json.is_empty());
        parameters.map(|json| from_json(json, "the rule's parameters")).transpose()
    }
}
