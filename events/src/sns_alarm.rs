//! What an Amazon CloudWatch alarm publishes to an SNS topic: the message of a notification.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>;
//! examples are in `data/alarm-message.json`, `data/alarm-message-metrics.json` and
//! `data/alarm-message-composite.json`.

use crate::NumberOrText;
use miniserde::{Deserialize, Serialize};

/// An alarm that changed its state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Alarm {
    /// The alarm's name.
    #[serde(rename = "AlarmName")]
    pub alarm_name: String,
    /// What the alarm is for.
    #[serde(rename = "AlarmDescription")]
    pub alarm_description: Option<String>,
    /// The alarm's account.
    #[serde(rename = "AWSAccountId")]
    pub aws_account_id: Option<String>,
    /// When the alarm was last set up, such as `2026-03-12T21:14:25.123+0000`.
    #[serde(rename = "AlarmConfigurationUpdatedTimestamp")]
    pub alarm_configuration_updated_timestamp: Option<String>,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(rename = "NewStateValue")]
    pub new_state_value: String,
    /// Why, in words.
    #[serde(rename = "NewStateReason")]
    pub new_state_reason: Option<String>,
    /// When the state changed.
    #[serde(rename = "StateChangeTime")]
    pub state_change_time: Option<String>,
    /// The region's name in words, such as `EU (Frankfurt)`.
    #[serde(rename = "Region")]
    pub region: Option<String>,
    /// The alarm's ARN.
    #[serde(rename = "AlarmArn")]
    pub alarm_arn: Option<String>,
    /// The state before.
    #[serde(rename = "OldStateValue")]
    pub old_state_value: Option<String>,
    /// ARNs of what is done on `OK`.
    #[serde(rename = "OKActions")]
    pub ok_actions: Option<Vec<String>>,
    /// ARNs of what is done on `ALARM`.
    #[serde(rename = "AlarmActions")]
    pub alarm_actions: Option<Vec<String>>,
    /// ARNs of what is done on `INSUFFICIENT_DATA`.
    #[serde(rename = "InsufficientDataActions")]
    pub insufficient_data_actions: Option<Vec<String>>,
    /// What the alarm watches, unless it is composite.
    #[serde(rename = "Trigger")]
    pub trigger: Option<Trigger>,
    /// Of a composite alarm: the rule over other alarms.
    #[serde(rename = "AlarmRule")]
    pub alarm_rule: Option<String>,
    /// Of a composite alarm: those that changed it.
    #[serde(rename = "TriggeringChildren")]
    pub triggering_children: Option<Vec<Child>>,
}

/// What an alarm watches: one metric, or `metrics` and expressions over them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Trigger {
    /// The metric.
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
    /// A percentile, such as `p99`.
    #[serde(rename = "ExtendedStatistic")]
    pub extended_statistic: Option<String>,
    /// `Bytes`, `Percent`, …
    #[serde(rename = "Unit")]
    pub unit: Option<String>,
    /// Which of the metric's series it is.
    #[serde(rename = "Dimensions")]
    pub dimensions: Option<Vec<Dimension>>,
    /// The seconds of a period.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// How many periods are looked at.
    #[serde(rename = "EvaluationPeriods")]
    pub evaluation_periods: Option<NumberOrText>,
    /// How many of them have to breach the threshold.
    #[serde(rename = "DatapointsToAlarm")]
    pub datapoints_to_alarm: Option<NumberOrText>,
    /// `GreaterThanThreshold`, …
    #[serde(rename = "ComparisonOperator")]
    pub comparison_operator: Option<String>,
    /// The threshold.
    #[serde(rename = "Threshold")]
    pub threshold: Option<NumberOrText>,
    /// Of anomaly detection: the metric that is the threshold.
    #[serde(rename = "ThresholdMetricId")]
    pub threshold_metric_id: Option<String>,
    /// `missing`, `ignore`, `breaching` or `notBreaching`.
    #[serde(rename = "TreatMissingData")]
    pub treat_missing_data: Option<String>,
    /// Of a percentile: what becomes of it while there is little data.
    #[serde(rename = "EvaluateLowSampleCountPercentile")]
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// Metrics, and expressions over them.
    #[serde(rename = "Metrics")]
    pub metrics: Option<Vec<Metric>>,
}

/// A metric among several, or an expression over them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Metric {
    /// The name by which expressions know it.
    #[serde(rename = "Id")]
    pub id: String,
    /// The expression.
    #[serde(rename = "Expression")]
    pub expression: Option<String>,
    /// The metric.
    #[serde(rename = "MetricStat")]
    pub metric_stat: Option<MetricStat>,
    /// The name by which people know it.
    #[serde(rename = "Label")]
    pub label: Option<String>,
    /// The seconds of a period.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// The metric's account, where it is another.
    #[serde(rename = "AccountId")]
    pub account_id: Option<String>,
    /// Whether it is this one that the alarm watches.
    #[serde(rename = "ReturnData")]
    pub return_data: Option<bool>,
}

/// A statistic of a metric.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MetricStat {
    /// The metric.
    #[serde(rename = "Metric")]
    pub metric: Option<MetricName>,
    /// The seconds of a period.
    #[serde(rename = "Period")]
    pub period: Option<NumberOrText>,
    /// `Average`, `p99`, …
    #[serde(rename = "Stat")]
    pub stat: Option<String>,
    /// `Bytes`, `Percent`, …
    #[serde(rename = "Unit")]
    pub unit: Option<String>,
}

/// A metric.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MetricName {
    /// Its name.
    #[serde(rename = "MetricName")]
    pub metric_name: Option<String>,
    /// Its namespace.
    #[serde(rename = "Namespace")]
    pub namespace: Option<String>,
    /// Which of its series it is.
    #[serde(rename = "Dimensions")]
    pub dimensions: Option<Vec<Dimension>>,
}

/// A name and a value that tell the series of a metric apart.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Dimension {
    /// The name, such as `InstanceId`.
    pub name: String,
    /// The value.
    pub value: String,
}

/// An alarm that changed a composite one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Child {
    /// The alarm's ARN.
    #[serde(rename = "Arn")]
    pub arn: Option<String>,
    /// Its state.
    #[serde(rename = "State")]
    pub state: Option<ChildState>,
}

/// The state of an alarm that changed a composite one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ChildState {
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(rename = "Value")]
    pub value: Option<String>,
    /// Since when.
    #[serde(rename = "Timestamp")]
    pub timestamp: Option<String>,
}
