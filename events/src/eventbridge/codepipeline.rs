//! Events of AWS CodePipeline.
//!
//! See
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html>;
//! examples are in `data/eventbridge-codepipeline.json` and
//! `data/eventbridge-codepipeline-stopping.json`.

use crate::{Json, NumberOrText, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// The detail of a `CodePipeline Pipeline`, `Stage` or `Action Execution State Change`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct StateChange {
    pub pipeline: String,
    #[serde(rename = "execution-id")]
    pub execution_id: String,
    /// `STARTED`, `SUCCEEDED`, `FAILED`, `CANCELED`, …
    pub state: String,
    pub version: Option<NumberOrText>,
    pub region: Option<String>,
    /// Stages and actions only.
    pub stage: Option<String>,
    /// Actions only.
    pub action: Option<String>,
    /// Actions only.
    #[serde(rename = "action-execution-id")]
    pub action_execution_id: Option<String>,
    /// Actions only.
    #[serde(rename = "type")]
    pub kind: Option<ActionType>,
    #[serde(rename = "start-time")]
    pub start_time: Option<Rfc3339>,
    #[serde(rename = "execution-trigger")]
    pub execution_trigger: Option<Json>,
    #[serde(rename = "execution-result")]
    pub execution_result: Option<Json>,
    #[serde(rename = "input-artifacts")]
    pub input_artifacts: Option<Vec<Json>>,
    #[serde(rename = "output-artifacts")]
    pub output_artifacts: Option<Vec<Json>>,
    #[serde(rename = "pipeline-execution-attempt")]
    pub pipeline_execution_attempt: Option<NumberOrText>,
    #[serde(rename = "stage-last-retry-attempt-time")]
    pub stage_last_retry_attempt_time: Option<Rfc3339>,
    /// The reason of who has stopped the pipeline.
    #[serde(rename = "stop-execution-comments")]
    pub stop_execution_comments: Option<String>,
}

/// The type of an action.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ActionType {
    /// `AWS`, `ThirdParty` or `Custom`.
    pub owner: Option<String>,
    pub category: Option<String>,
    pub provider: Option<String>,
    pub version: Option<NumberOrText>,
}
