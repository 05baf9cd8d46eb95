//! Alarms of Amazon CloudWatch as the message of an Amazon SNS notification.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>;
//! examples, of the message alone, are in `data/cloudwatch-alarm-sns.json`,
//! `data/cloudwatch-alarm-sns-math.json` and `data/cloudwatch-alarm-sns-composite.json`.

use crate::{NumberOrText, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// An alarm has changed its state: what a notification's
/// [`message_json`](crate::sns::Notification::message_json) decodes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Alarm {
    #[serde(rename = "AlarmName")]
    pub alarm_name: String,
    /// What is said of it.
    #[serde(rename = "AlarmDescription")]
    pub alarm_description: Option<String>,
    /// The alarm's account.
    #[serde(rename = "AWSAccountId")]
    pub aws_account_id: Option<String>,
    /// When the alarm itself was changed.
    #[serde(rename = "AlarmConfigurationUpdatedTimestamp")]
    pub alarm_configuration_updated_timestamp: Option<Rfc3339>,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(rename = "NewStateValue")]
    pub new_state_value: String,
    /// Why, in words.
    #[serde(rename = "NewStateReason")]
    pub new_state_reason: Option<String>,
    /// Why, in JSON.
    #[serde(rename = "NewStateReasonData")]
    pub new_state_reason_data: Option<String>,
    /// When the state changed.
    #[serde(rename = "StateChangeTime")]
    pub state_change_time: Option<Rfc3339>,
    /// The region's name, such as `EU (Stockholm)`.
    #[serde(rename = "Region")]
    pub region: Option<String>,
    #[serde(rename = "AlarmArn")]
    pub alarm_arn: Option<String>,
    /// The state before.
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
    /// The metrics that the alarm watches. A composite alarm has a rule instead.
    #[serde(rename = "Trigger")]
    pub trigger: Option<Trigger>,
    /// The rule over other alarms.
    #[serde(rename = "AlarmRule")]
    pub alarm_rule: Option<String>,
    /// The alarms that led to the state.
    #[serde(rename = "TriggeringChildren")]
    pub triggering_children: Option<Vec<Child>>,
    /// The alarm that keeps this one from taking actions.
    #[serde(rename = "ActionsSuppressor")]
    pub actions_suppressor: Option<String>,
    /// How many seconds this one waits for it.
    #[serde(rename = "ActionsSuppressorWaitPeriod")]
    pub actions_suppressor_wait_period: Option<NumberOrText>,
    /// How many seconds this one waits after it.
    #[serde(rename = "ActionsSuppressorExtensionPeriod")]
    pub actions_suppressor_extension_period: Option<NumberOrText>,
    /// By what the actions are kept back: `Alarm`, `WaitPeriod` or `ExtensionPeriod`.
    #[serde(rename = "ActionsSuppressedBy")]
    pub actions_suppressed_by: Option<String>,
    /// Why they are.
    #[serde(rename = "ActionsSuppressedReason")]
    pub actions_suppressed_reason: Option<String>,
    /// `SUCCESS`, or why the alarm's tags are absent.
    #[serde(rename = "AlarmTagsStatus")]
    pub alarm_tags_status: Option<String>,
}

/// What an alarm watches: a metric, or the metrics of an expression.
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
    /// The seconds in a period.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// Over how many periods.
    #[serde(rename = "EvaluationPeriods")]
    pub evaluation_periods: Option<NumberOrText>,
    /// In how many of them.
    #[serde(rename = "DatapointsToAlarm")]
    pub datapoints_to_alarm: Option<NumberOrText>,
    /// How, such as `GreaterThanThreshold`.
    #[serde(rename = "ComparisonOperator")]
    pub comparison_operator: Option<String>,
    /// With what the metric is compared.
    #[serde(rename = "Threshold")]
    pub threshold: Option<NumberOrText>,
    /// The id of the metric with which it is compared.
    #[serde(rename = "ThresholdMetricId")]
    pub threshold_metric_id: Option<String>,
    /// `missing`, `notBreaching`, … after a label.
    #[serde(rename = "TreatMissingData")]
    pub treat_missing_data: Option<String>,
    /// `evaluate` or `ignore`, after a label; empty where it does not matter.
    #[serde(rename = "EvaluateLowSampleCountPercentile")]
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// The metrics, and the expressions over them.
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

/// A metric, or an expression over others.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricDataQuery {
    /// The id by which an expression names it.
    #[serde(rename = "Id")]
    pub id: Option<String>,
    #[serde(rename = "MetricStat")]
    pub metric_stat: Option<MetricStat>,
    #[serde(rename = "Expression")]
    pub expression: Option<String>,
    /// Its name to people.
    #[serde(rename = "Label")]
    pub label: Option<String>,
    /// Whether it is what the alarm watches.
    #[serde(rename = "ReturnData")]
    pub return_data: Option<bool>,
    /// The seconds in a period of the expression.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// The metric's account, if it is another.
    #[serde(rename = "AccountId")]
    pub account_id: Option<String>,
}

/// A statistic of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MetricStat {
    #[serde(rename = "Metric")]
    pub metric: Option<Metric>,
    /// The seconds in a period.
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

/// An alarm that led to the state of a composite one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Child {
    #[serde(rename = "Arn")]
    pub arn: Option<String>,
    #[serde(rename = "State")]
    pub state: Option<ChildState>,
}

/// A state of such an alarm.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ChildState {
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(rename = "Value")]
    pub value: Option<String>,
    /// Since when.
    #[serde(rename = "Timestamp")]
    pub timestamp: Option<Rfc3339>,
}
