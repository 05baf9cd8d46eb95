//! Events of AWS Step Functions.
//!
//! See <https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html>; an
//! example is in `data/eventbridge-states.json`.

use crate::{EpochMillis, Json};
use miniserde::{Deserialize, Serialize};

/// The detail of a `Step Functions Execution Status Change`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Execution {
    #[serde(rename = "executionArn")]
    pub execution_arn: String,
    #[serde(rename = "stateMachineArn")]
    pub state_machine_arn: String,
    pub name: Option<String>,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED` or `PENDING_REDRIVE`.
    pub status: String,
    #[serde(rename = "startDate")]
    pub start_date: Option<EpochMillis>,
    #[serde(rename = "stopDate")]
    pub stop_date: Option<EpochMillis>,
    /// JSON. Absent if input and output are too large.
    pub input: Option<String>,
    #[serde(rename = "inputDetails")]
    pub input_details: Option<Json>,
    /// JSON. Absent if the execution did not succeed.
    pub output: Option<String>,
    #[serde(rename = "outputDetails")]
    pub output_details: Option<Json>,
    pub error: Option<String>,
    pub cause: Option<String>,
    #[serde(rename = "stateMachineVersionArn")]
    pub state_machine_version_arn: Option<String>,
    #[serde(rename = "stateMachineAliasArn")]
    pub state_machine_alias_arn: Option<String>,
    #[serde(rename = "redriveCount")]
    pub redrive_count: Option<u64>,
    #[serde(rename = "redriveDate")]
    pub redrive_date: Option<EpochMillis>,
    #[serde(rename = "redriveStatus")]
    pub redrive_status: Option<String>,
    #[serde(rename = "redriveStatusReason")]
    pub redrive_status_reason: Option<String>,
}
