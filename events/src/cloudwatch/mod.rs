//! Amazon CloudWatch: [alarms](alarm), also [by way of SNS](alarm_sns), [custom widgets of
//! dashboards](dashboard), and [log lines](logs).

pub mod alarm;
pub mod alarm_sns;
pub mod dashboard;
pub mod logs;
