//! Alarms of Amazon CloudWatch with a Lambda action.
//!
//! In EventBridge, [`AlarmData`] is the detail of an
//! [`eventbridge::Event`](crate::eventbridge::Event). For SNS, see [`alarm_sns`](super::alarm_sns).
//!
//! See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>;
//! examples are in `data/cloudwatch-alarm.json`, `data/cloudwatch-alarm-composite.json`,
//! `data/cloudwatch-alarm-log.json` and `data/eventbridge-alarm.json`, and of a changed state in
//! `data/eventbridge-alarm-state.json` and `data/eventbridge-alarm-log.json`.

use crate::values::{checked_text, from_json};
use crate::{Error, Json, Map, NumberOrText, OneOrMany, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// A change of an alarm's state.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// `aws.cloudwatch`.
    source: Source,
    #[serde(rename = "alarmArn")]
    pub alarm_arn: String,
    /// The alarm's account.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The time of the change.
    pub time: Option<Rfc3339>,
    /// The alarm's region.
    pub region: Option<String>,
    #[serde(rename = "alarmData")]
    pub alarm_data: AlarmData,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct Source(|text| text == "aws.cloudwatch", "aws.cloudwatch")
}

/// An alarm and its state.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AlarmData {
    #[serde(rename = "alarmName")]
    pub alarm_name: String,
    /// `create`, `update` or `delete`: for changes of the alarm itself, through EventBridge.
    pub operation: Option<String>,
    /// The new state.
    pub state: Option<State>,
    /// The previous state.
    #[serde(rename = "previousState")]
    pub previous_state: Option<State>,
    /// The configuration.
    pub configuration: Option<Configuration>,
    /// The previous configuration, for changes of the alarm itself.
    #[serde(rename = "previousConfiguration")]
    pub previous_configuration: Option<Configuration>,
    /// The contributor, for changes of a contributor's state.
    #[serde(rename = "alarmContributor")]
    pub alarm_contributor: Option<Contributor>,
    /// If a mute rule suppresses the alarm's actions: the rule.
    #[serde(rename = "muteDetail")]
    pub mute_detail: Option<MuteDetail>,
    /// The alarm's tags, which [`tag`](Self::tag) finds: one object with all of them, or an object
    /// with `Key` and `Value` for each.
    #[serde(rename = "alarmTags")]
    pub alarm_tags: Option<OneOrMany<Map>>,
    /// `SUCCESS`, or the reason why `alarm_tags` is absent.
    #[serde(rename = "alarmTagsStatus")]
    pub alarm_tags_status: Option<String>,
}

impl AlarmData {
    /// Returns the value of a tag of the alarm, in either form.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.alarm_tags.as_ref().and_then(|tags| tag_of(tags, key))
    }
}

/// Finds a tag in an object with all of them, or in a list of objects with one each.
pub(super) fn tag_of<'a>(tags: &'a OneOrMany<Map>, key: &str) -> Option<&'a str> {
    let either = |tag: &'a Map, upper, lower| tag.get(upper).or(tag.get(lower));
    if let Some(tags) = tags.one() {
        return tags.get(key).map(String::as_str);
    }
    let tag = tags.iter().find(|tag| either(tag, "Key", "key").is_some_and(|it| it == key))?;
    Some(either(tag, "Value", "value").map_or("", String::as_str))
}

/// A contributor of an alarm on a metric query: one time series of many.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Contributor {
    pub id: Option<String>,
    /// The labels of the time series.
    pub attributes: Option<Map>,
}

/// A mute rule, which suppresses an alarm's actions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MuteDetail {
    #[serde(rename = "mutedByArn")]
    pub muted_by_arn: Option<String>,
    #[serde(rename = "muteWindowStart")]
    pub mute_window_start: Option<Rfc3339>,
    #[serde(rename = "muteWindowEnd")]
    pub mute_window_end: Option<Rfc3339>,
}

/// A state of an alarm.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct State {
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub value: String,
    /// The reason.
    pub reason: Option<String>,
    /// The reason as JSON, which [`reason_data`](State::reason_data) decodes.
    #[serde(rename = "reasonData")]
    pub reason_data: Option<String>,
    /// The time of the change.
    pub timestamp: Option<Rfc3339>,
    /// `PARTIAL_DATA` or `EVALUATION_FAILURE`, if not all data could be evaluated.
    #[serde(rename = "evaluationState")]
    pub evaluation_state: Option<String>,
    /// Composite alarms whose actions are suppressed: `Alarm`, `WaitPeriod` or
    /// `ExtensionPeriod`.
    #[serde(rename = "actionsSuppressedBy")]
    pub actions_suppressed_by: Option<String>,
    /// The reason for the suppression.
    #[serde(rename = "actionsSuppressedReason")]
    pub actions_suppressed_reason: Option<String>,
    /// The id of the query of a log alarm.
    #[serde(rename = "queryExecutionId")]
    pub query_execution_id: Option<String>,
}

impl State {
    /// Decodes the reason: the data points, or the alarms, that led to the state.
    ///
    /// # Errors
    /// If there is no such data, or it is not JSON.
    pub fn reason_data(&self) -> Result<Json, Error> {
        let text = self.reason_data.as_deref().unwrap_or_default();
        from_json(text, "reasonData")
            .map_err(|_| crate::error::invalid("expected an alarm's reasonData in JSON"))
    }
}

/// The configuration of an alarm. A composite alarm has a rule, a log alarm a query of logs, and
/// the others have metrics. Most other fields are sent only for a change of the alarm itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Configuration {
    /// The alarm's id.
    pub id: Option<String>,
    #[serde(rename = "alarmName")]
    pub alarm_name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The metrics and the expressions.
    pub metrics: Option<Vec<MetricDataQuery>>,
    /// The rule of a composite alarm, such as `ALARM(a) OR ALARM(b)`.
    #[serde(rename = "alarmRule")]
    pub alarm_rule: Option<String>,
    /// The alarm that suppresses this one's actions.
    #[serde(rename = "actionsSuppressor")]
    pub actions_suppressor: Option<String>,
    /// The wait period, in seconds.
    #[serde(rename = "actionsSuppressorWaitPeriod")]
    pub actions_suppressor_wait_period: Option<NumberOrText>,
    /// The extension period, in seconds.
    #[serde(rename = "actionsSuppressorExtensionPeriod")]
    pub actions_suppressor_extension_period: Option<NumberOrText>,
    /// Whether actions are enabled.
    #[serde(rename = "actionsEnabled")]
    pub actions_enabled: Option<bool>,
    /// The ARNs of the actions in the state `OK`.
    #[serde(rename = "okActions")]
    pub ok_actions: Option<Vec<String>>,
    /// The ARNs of the actions in the state `ALARM`.
    #[serde(rename = "alarmActions")]
    pub alarm_actions: Option<Vec<String>>,
    /// The ARNs of the actions in the state `INSUFFICIENT_DATA`.
    #[serde(rename = "insufficientDataActions")]
    pub insufficient_data_actions: Option<Vec<String>>,
    /// The threshold.
    pub threshold: Option<NumberOrText>,
    /// The id of the anomaly detection band.
    #[serde(rename = "thresholdMetricId")]
    pub threshold_metric_id: Option<String>,
    /// The comparison, such as `GreaterThanThreshold`.
    #[serde(rename = "comparisonOperator")]
    pub comparison_operator: Option<String>,
    /// The number of periods that are evaluated.
    #[serde(rename = "evaluationPeriods")]
    pub evaluation_periods: Option<NumberOrText>,
    /// The number of data points that must breach.
    #[serde(rename = "datapointsToAlarm")]
    pub datapoints_to_alarm: Option<NumberOrText>,
    /// `missing`, `notBreaching`, `breaching` or `ignore`.
    #[serde(rename = "treatMissingData")]
    pub treat_missing_data: Option<String>,
    /// `evaluate` or `ignore`.
    #[serde(rename = "evaluateLowSampleCountPercentile")]
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// The time of the change of the alarm.
    pub timestamp: Option<Rfc3339>,
    /// The log groups of a log alarm, by name or ARN.
    #[serde(rename = "logGroupIdentifiers")]
    pub log_group_identifiers: Option<Vec<String>>,
    /// The query of a log alarm.
    #[serde(rename = "queryString")]
    pub query_string: Option<String>,
    /// What a log alarm makes of the query's results, such as `count(*) by endpoint`.
    #[serde(rename = "aggregationExpression")]
    pub aggregation_expression: Option<String>,
    /// The role that runs the query.
    #[serde(rename = "scheduledQueryRoleARN")]
    pub scheduled_query_role_arn: Option<String>,
    /// When the query runs.
    pub schedule: Option<Schedule>,
    /// The number of results of the query that are evaluated.
    #[serde(rename = "queryResultsToEvaluate")]
    pub query_results_to_evaluate: Option<NumberOrText>,
    /// The number of results of the query that must breach.
    #[serde(rename = "queryResultsToAlarm")]
    pub query_results_to_alarm: Option<NumberOrText>,
    /// The number of log lines in a notification.
    #[serde(rename = "actionLogLineCount")]
    pub action_log_line_count: Option<NumberOrText>,
    /// The role that reads these lines.
    #[serde(rename = "actionLogLineRoleArn")]
    pub action_log_line_role_arn: Option<String>,
}

/// When the query of a log alarm runs, and over which time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Schedule {
    /// Such as `rate(5 minutes)`.
    pub expression: Option<String>,
    /// The begin of the time, in seconds before now.
    #[serde(rename = "startTimeOffset")]
    pub start_time_offset: Option<NumberOrText>,
    /// The end of the time, in seconds before now.
    #[serde(rename = "endTimeOffset")]
    pub end_time_offset: Option<NumberOrText>,
}

/// A metric, or an expression.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricDataQuery {
    /// The id, for use in expressions.
    pub id: Option<String>,
    #[serde(rename = "metricStat")]
    pub metric_stat: Option<MetricStat>,
    pub expression: Option<String>,
    /// The label.
    pub label: Option<String>,
    /// Whether the alarm evaluates it.
    #[serde(rename = "returnData")]
    pub return_data: Option<bool>,
    /// The period of the expression, in seconds.
    pub period: Option<NumberOrText>,
    /// The metric's account, if it differs from the alarm's.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
}

/// A statistic of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricStat {
    pub metric: Option<Metric>,
    /// The period, in seconds.
    pub period: Option<NumberOrText>,
    /// `Average`, `Sum`, `p99`, …
    pub stat: Option<String>,
    /// `Bytes`, `Count`, …
    pub unit: Option<String>,
}

/// A metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Metric {
    /// The namespace, such as `AWS/Lambda`.
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub dimensions: Option<Map>,
}

#[cfg(test)]
mod tests {
    use super::AlarmData;
    use miniserde::json;

    #[test]
    fn a_tag_is_found_in_an_object_and_in_a_list() {
        for (tags, key, value) in [
            (r#"{"team":"shop","Key":"a"}"#, "team", Some("shop")),
            (r#"{"team":"shop","Key":"a"}"#, "a", None),
            (r#"{"team":"shop","Key":"a"}"#, "Key", Some("a")),
            (r#"[{"Key":"a","Value":"1"},{"Key":"team","Value":"shop"}]"#, "team", Some("shop")),
            (r#"[{"key":"team","value":"shop"}]"#, "team", Some("shop")),
            (r#"[{"Key":"team"}]"#, "team", Some("")),
            (r#"[{"Key":"a","Value":"team"}]"#, "team", None),
            (r#"[{"Key":"a","Value":"1"}]"#, "Key", None),
            ("[]", "team", None),
            ("{}", "team", None),
            ("null", "team", None),
        ] {
            let text = format!(r#"{{"alarmName":"orders","alarmTags":{tags}}}"#);
            let alarm: AlarmData = json::from_str(&text).unwrap();
            assert_eq!(alarm.tag(key), value, "{tags} {key}");
        }
    }
}
