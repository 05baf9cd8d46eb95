//! Alarms of Amazon CloudWatch that call a function themselves.
//!
//! Through EventBridge, [`AlarmData`] comes as the detail of an
//! [`eventbridge::Event`](crate::eventbridge::Event); through SNS, see `cloudwatch::alarm_sns`.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>;
//! examples are in `data/cloudwatch-alarm.json`, `data/cloudwatch-alarm-composite.json` and
//! `data/eventbridge-alarm.json`.

use crate::values::checked_text;
use crate::{Error, Map, NumberOrText, Rfc3339};
use miniserde::json::Value;
use miniserde::{Deserialize, Serialize, json};

/// An alarm has changed its state.
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
    /// When it changed.
    pub time: Option<Rfc3339>,
    /// The alarm's region.
    pub region: Option<String>,
    #[serde(rename = "alarmData")]
    pub alarm_data: AlarmData,
}

checked_text! {
    /// `aws.cloudwatch`, and nothing else.
    pub(crate) struct Source(|text| text == "aws.cloudwatch", "aws.cloudwatch")
}

/// An alarm and its state.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AlarmData {
    #[serde(rename = "alarmName")]
    pub alarm_name: String,
    /// Of a change of the alarm itself, through EventBridge: `create`, `update` or `delete`.
    pub operation: Option<String>,
    /// The state now.
    pub state: Option<State>,
    /// The state before.
    #[serde(rename = "previousState")]
    pub previous_state: Option<State>,
    /// What the alarm watches.
    pub configuration: Option<Configuration>,
    /// Of a change of the alarm itself: what it watched before.
    #[serde(rename = "previousConfiguration")]
    pub previous_configuration: Option<Configuration>,
    /// Of a change of a contributor's state: the contributor.
    #[serde(rename = "alarmContributor")]
    pub alarm_contributor: Option<Contributor>,
    /// If a mute rule holds the alarm's actions back: the rule.
    #[serde(rename = "muteDetail")]
    pub mute_detail: Option<MuteDetail>,
    #[serde(rename = "alarmTags")]
    pub alarm_tags: Option<Map>,
    /// `SUCCESS`, or why `alarm_tags` is absent.
    #[serde(rename = "alarmTagsStatus")]
    pub alarm_tags_status: Option<String>,
}

/// A contributor of an alarm on a metric query: one time series of many.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Contributor {
    pub id: Option<String>,
    /// The labels of the time series.
    pub attributes: Option<Map>,
}

/// A mute rule that holds an alarm's actions back.
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
    /// Why, in words.
    pub reason: Option<String>,
    /// Why, in JSON, which [`reason_data`](State::reason_data) reads.
    #[serde(rename = "reasonData")]
    pub reason_data: Option<String>,
    /// Since when.
    pub timestamp: Option<Rfc3339>,
    /// `PARTIAL_DATA` or `EVALUATION_FAILURE`, if not all could be looked at.
    #[serde(rename = "evaluationState")]
    pub evaluation_state: Option<String>,
    /// Of a composite alarm that takes no actions now: `Alarm`, `WaitPeriod` or
    /// `ExtensionPeriod`.
    #[serde(rename = "actionsSuppressedBy")]
    pub actions_suppressed_by: Option<String>,
    /// Why it takes none.
    #[serde(rename = "actionsSuppressedReason")]
    pub actions_suppressed_reason: Option<String>,
}

impl State {
    /// Why the alarm is in this state: the data points, or the alarms, that led to it.
    ///
    /// # Errors
    /// If there is no such data, or it is not JSON.
    pub fn reason_data(&self) -> Result<Value, Error> {
        let text = self.reason_data.as_deref().unwrap_or_default();
        json::from_str(text)
            .map_err(|_| crate::error::invalid("expected an alarm's reasonData in JSON"))
    }
}

/// What an alarm watches. A composite alarm has a rule, the others have metrics; most of the rest
/// is only told of a change of the alarm itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Configuration {
    /// The alarm's id.
    pub id: Option<String>,
    #[serde(rename = "alarmName")]
    pub alarm_name: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// The metrics, and the expressions over them.
    pub metrics: Option<Vec<MetricDataQuery>>,
    /// The rule over other alarms, such as `ALARM(a) OR ALARM(b)`.
    #[serde(rename = "alarmRule")]
    pub alarm_rule: Option<String>,
    /// The alarm that keeps this one from taking actions.
    #[serde(rename = "actionsSuppressor")]
    pub actions_suppressor: Option<String>,
    /// How many seconds this one waits for it.
    #[serde(rename = "actionsSuppressorWaitPeriod")]
    pub actions_suppressor_wait_period: Option<NumberOrText>,
    /// How many seconds this one waits after it.
    #[serde(rename = "actionsSuppressorExtensionPeriod")]
    pub actions_suppressor_extension_period: Option<NumberOrText>,
    /// Whether it takes actions.
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
    /// With what the metric is compared.
    pub threshold: Option<NumberOrText>,
    /// The id of the metric with which it is compared.
    #[serde(rename = "thresholdMetricId")]
    pub threshold_metric_id: Option<String>,
    /// How, such as `GreaterThanThreshold`.
    #[serde(rename = "comparisonOperator")]
    pub comparison_operator: Option<String>,
    /// Over how many periods.
    #[serde(rename = "evaluationPeriods")]
    pub evaluation_periods: Option<NumberOrText>,
    /// In how many of them.
    #[serde(rename = "datapointsToAlarm")]
    pub datapoints_to_alarm: Option<NumberOrText>,
    /// `missing`, `notBreaching`, `breaching` or `ignore`.
    #[serde(rename = "treatMissingData")]
    pub treat_missing_data: Option<String>,
    /// `evaluate` or `ignore`.
    #[serde(rename = "evaluateLowSampleCountPercentile")]
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// When the alarm was changed.
    pub timestamp: Option<Rfc3339>,
}

/// A metric, or an expression over others.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricDataQuery {
    /// The id by which an expression names it.
    pub id: Option<String>,
    #[serde(rename = "metricStat")]
    pub metric_stat: Option<MetricStat>,
    pub expression: Option<String>,
    /// Its name to people.
    pub label: Option<String>,
    /// Whether it is what the alarm watches.
    #[serde(rename = "returnData")]
    pub return_data: Option<bool>,
    /// The seconds in a period of the expression.
    pub period: Option<NumberOrText>,
    /// The metric's account, if it is another.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
}

/// A statistic of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricStat {
    pub metric: Option<Metric>,
    /// The seconds in a period.
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
