//! Alarms of Amazon CloudWatch as the message of an Amazon SNS notification.
//!
//! See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>;
//! examples, of the message alone, are in `data/cloudwatch-alarm-sns.json`,
//! `data/cloudwatch-alarm-sns-math.json`, `data/cloudwatch-alarm-sns-composite.json` and
//! `data/cloudwatch-alarm-sns-log.json`.

use crate::cloudwatch::alarm::tag_of;
use crate::{Map, NumberOrText, OneOrMany, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// A change of an alarm's state. Decode it with
/// [`message_json`](crate::sns::Notification::message_json) of a notification.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Alarm {
    #[serde(rename = "AlarmName")]
    pub alarm_name: String,
    /// The description.
    #[serde(rename = "AlarmDescription")]
    pub alarm_description: Option<String>,
    /// The alarm's account.
    #[serde(rename = "AWSAccountId")]
    pub aws_account_id: Option<String>,
    /// The time of the last change of the alarm's configuration.
    #[serde(rename = "AlarmConfigurationUpdatedTimestamp")]
    pub alarm_configuration_updated_timestamp: Option<Rfc3339>,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(rename = "NewStateValue")]
    pub new_state_value: String,
    /// The reason.
    #[serde(rename = "NewStateReason")]
    pub new_state_reason: Option<String>,
    /// The reason as JSON.
    #[serde(rename = "NewStateReasonData")]
    pub new_state_reason_data: Option<String>,
    /// The time of the change.
    #[serde(rename = "StateChangeTime")]
    pub state_change_time: Option<Rfc3339>,
    /// The region's name, such as `EU (Stockholm)`.
    #[serde(rename = "Region")]
    pub region: Option<String>,
    #[serde(rename = "AlarmArn")]
    pub alarm_arn: Option<String>,
    /// The previous state.
    #[serde(rename = "OldStateValue")]
    pub old_state_value: Option<String>,
    /// The ARNs of the actions in the state `OK`.
    #[serde(rename = "OKActions")]
    pub ok_actions: Option<Vec<String>>,
    /// The ARNs of the actions in the state `ALARM`.
    #[serde(rename = "AlarmActions")]
    pub alarm_actions: Option<Vec<String>>,
    /// The ARNs of the actions in the state `INSUFFICIENT_DATA`.
    #[serde(rename = "InsufficientDataActions")]
    pub insufficient_data_actions: Option<Vec<String>>,
    /// The configuration. A composite alarm has a rule instead.
    #[serde(rename = "Trigger")]
    pub trigger: Option<Trigger>,
    /// The rule of a composite alarm.
    #[serde(rename = "AlarmRule")]
    pub alarm_rule: Option<String>,
    /// The alarms that triggered the change.
    #[serde(rename = "TriggeringChildren")]
    pub triggering_children: Option<Vec<Child>>,
    /// The alarm that suppresses this one's actions.
    #[serde(rename = "ActionsSuppressor")]
    pub actions_suppressor: Option<String>,
    /// The wait period, in seconds.
    #[serde(rename = "ActionsSuppressorWaitPeriod")]
    pub actions_suppressor_wait_period: Option<NumberOrText>,
    /// The extension period, in seconds.
    #[serde(rename = "ActionsSuppressorExtensionPeriod")]
    pub actions_suppressor_extension_period: Option<NumberOrText>,
    /// What suppresses the actions: `Alarm`, `WaitPeriod` or `ExtensionPeriod`.
    #[serde(rename = "ActionsSuppressedBy")]
    pub actions_suppressed_by: Option<String>,
    /// The reason for the suppression.
    #[serde(rename = "ActionsSuppressedReason")]
    pub actions_suppressed_reason: Option<String>,
    /// The alarm's tags, which [`tag`](Self::tag) finds: an object with `Key` and `Value` for each,
    /// or one object with all of them.
    #[serde(rename = "AlarmTags")]
    pub alarm_tags: Option<OneOrMany<Map>>,
    /// `SUCCESS`, or the reason why the alarm's tags are absent.
    #[serde(rename = "AlarmTagsStatus")]
    pub alarm_tags_status: Option<String>,
    /// The log groups of a log alarm.
    #[serde(rename = "LogGroups")]
    pub log_groups: Option<Vec<String>>,
    /// The query of a log alarm.
    #[serde(rename = "QueryString")]
    pub query_string: Option<String>,
    /// What a log alarm makes of the query's results, such as `count(*)`.
    #[serde(rename = "AggregationExpression")]
    pub aggregation_expression: Option<String>,
    /// The id of the query of a log alarm.
    #[serde(rename = "QueryExecutionId")]
    pub query_execution_id: Option<String>,
}

impl Alarm {
    /// Returns the value of a tag of the alarm, in either form.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.alarm_tags.as_ref().and_then(|tags| tag_of(tags, key))
    }
}

/// The configuration of an alarm: a metric, or the metrics of an expression.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Trigger {
    #[serde(rename = "MetricName")]
    pub metric_name: Option<String>,
    /// The metric's namespace.
    #[serde(rename = "Namespace")]
    pub namespace: Option<String>,
    /// `Statistic` or `ExtendedStatistic`.
    #[serde(rename = "StatisticType")]
    pub statistic_type: Option<String>,
    /// `AVERAGE`, `SUM`, …
    #[serde(rename = "Statistic")]
    pub statistic: Option<String>,
    /// `p99`, …
    #[serde(rename = "ExtendedStatistic")]
    pub extended_statistic: Option<String>,
    /// `Bytes`, `Count`, …
    #[serde(rename = "Unit")]
    pub unit: Option<String>,
    /// The metric's dimensions.
    #[serde(rename = "Dimensions")]
    pub dimensions: Option<Vec<Dimension>>,
    /// The period, in seconds.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// The number of periods that are evaluated.
    #[serde(rename = "EvaluationPeriods")]
    pub evaluation_periods: Option<NumberOrText>,
    /// The number of data points that must breach.
    #[serde(rename = "DatapointsToAlarm")]
    pub datapoints_to_alarm: Option<NumberOrText>,
    /// The comparison, such as `GreaterThanThreshold`.
    #[serde(rename = "ComparisonOperator")]
    pub comparison_operator: Option<String>,
    /// The threshold.
    #[serde(rename = "Threshold")]
    pub threshold: Option<NumberOrText>,
    /// The id of the anomaly detection band.
    #[serde(rename = "ThresholdMetricId")]
    pub threshold_metric_id: Option<String>,
    /// `missing`, `notBreaching`, … after a label.
    #[serde(rename = "TreatMissingData")]
    pub treat_missing_data: Option<String>,
    /// `evaluate` or `ignore`, after a label. Empty if it does not apply.
    #[serde(rename = "EvaluateLowSampleCountPercentile")]
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// The metrics and the expressions.
    #[serde(rename = "Metrics")]
    pub metrics: Option<Vec<MetricDataQuery>>,
}

/// A dimension of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Dimension {
    pub name: Option<String>,
    pub value: Option<String>,
}

/// A metric, or an expression.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricDataQuery {
    /// The id, for use in expressions.
    #[serde(rename = "Id")]
    pub id: Option<String>,
    #[serde(rename = "MetricStat")]
    pub metric_stat: Option<MetricStat>,
    #[serde(rename = "Expression")]
    pub expression: Option<String>,
    /// The label.
    #[serde(rename = "Label")]
    pub label: Option<String>,
    /// Whether the alarm evaluates it.
    #[serde(rename = "ReturnData")]
    pub return_data: Option<bool>,
    /// The period of the expression, in seconds.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// The metric's account, if it differs from the alarm's.
    #[serde(rename = "AccountId")]
    pub account_id: Option<String>,
}

/// A statistic of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricStat {
    #[serde(rename = "Metric")]
    pub metric: Option<Metric>,
    /// The period, in seconds.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// `Average`, `Sum`, `p99`, …
    #[serde(rename = "Stat")]
    pub stat: Option<String>,
    /// `Bytes`, `Count`, …
    #[serde(rename = "Unit")]
    pub unit: Option<String>,
}

/// A metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Metric {
    /// The namespace, such as `AWS/EC2`.
    #[serde(rename = "Namespace")]
    pub namespace: Option<String>,
    #[serde(rename = "MetricName")]
    pub metric_name: Option<String>,
    #[serde(rename = "Dimensions")]
    pub dimensions: Option<Vec<Dimension>>,
}

/// An alarm that triggered a change of a composite alarm.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Child {
    #[serde(rename = "Arn")]
    pub arn: Option<String>,
    #[serde(rename = "State")]
    pub state: Option<ChildState>,
}

/// The state of an alarm.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ChildState {
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(rename = "Value")]
    pub value: Option<String>,
    /// The time of the change.
    #[serde(rename = "Timestamp")]
    pub timestamp: Option<Rfc3339>,
}
