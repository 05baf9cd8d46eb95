//! Events of AWS CodeBuild.
//!
//! See
//! <https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html>; an
//! example is in `data/eventbridge-codebuild.json`.

use crate::{Json, NumberOrText};
use miniserde::{Deserialize, Serialize};

/// The detail of a `CodeBuild Build State Change` or a `CodeBuild Build Phase Change`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Build {
    #[serde(rename = "project-name")]
    pub project_name: String,
    /// The build's ARN.
    #[serde(rename = "build-id")]
    pub build_id: String,
    /// State changes: `IN_PROGRESS`, `SUCCEEDED`, `FAILED` or `STOPPED`.
    #[serde(rename = "build-status")]
    pub build_status: Option<String>,
    #[serde(rename = "current-phase")]
    pub current_phase: Option<String>,
    #[serde(rename = "current-phase-context")]
    pub current_phase_context: Option<String>,
    /// Phase changes only.
    #[serde(rename = "completed-phase")]
    pub completed_phase: Option<String>,
    #[serde(rename = "completed-phase-status")]
    pub completed_phase_status: Option<String>,
    #[serde(rename = "completed-phase-context")]
    pub completed_phase_context: Option<String>,
    /// In words: `Sep 1, 2017 4:12:29 PM`.
    #[serde(rename = "completed-phase-start")]
    pub completed_phase_start: Option<String>,
    #[serde(rename = "completed-phase-end")]
    pub completed_phase_end: Option<String>,
    #[serde(rename = "completed-phase-duration-seconds")]
    pub completed_phase_duration_seconds: Option<NumberOrText>,
    pub version: Option<NumberOrText>,
    /// The build's source, artifacts, environment, logs and phases.
    #[serde(rename = "additional-information")]
    pub additional_information: Option<Json>,
}
