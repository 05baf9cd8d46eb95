//! Amazon CloudWatch: [alarms](alarm), [alarms in SNS notifications](alarm_sns), [custom widgets of
//! dashboards](dashboard), and [log events](logs).

pub mod alarm;
pub mod alarm_sns;
pub mod dashboard;
pub mod logs;
