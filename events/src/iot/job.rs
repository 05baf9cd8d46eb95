//! Events of AWS IoT Jobs, as a rule on `$aws/events/job/#` or `$aws/events/jobExecution/#` passes
//! them to a function.
//!
//! See <https://docs.aws.amazon.com/iot/latest/developerguide/events-jobs.html>; examples are in
//! `data/iot-job.json` and `data/iot-job-execution.json`.

use crate::{EpochMillis, EpochSeconds, Map};
use miniserde::{Deserialize, Serialize};

/// A job has changed, or its execution on a thing has ended.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// `JOB` or `JOB_EXECUTION`.
    #[serde(rename = "eventType")]
    pub event_type: String,
    #[serde(rename = "eventId")]
    pub event_id: String,
    pub timestamp: Option<EpochSeconds>,
    /// `completed`, `canceled`, `deleted`, …; of an execution `succeeded`, `failed`, `timed_out`, …
    pub operation: String,
    #[serde(rename = "jobId")]
    pub job_id: String,
    /// The status, which is the one before if a job is deleted.
    pub status: Option<String>,
    /// Executions only.
    #[serde(rename = "thingArn")]
    pub thing_arn: Option<String>,
    /// Executions: what the device says.
    #[serde(rename = "statusDetails")]
    pub status_details: Option<Map>,
    /// Jobs: `SNAPSHOT` or `CONTINUOUS`. The fields below are of jobs, too.
    #[serde(rename = "targetSelection")]
    pub target_selection: Option<String>,
    pub targets: Option<Vec<String>>,
    pub description: Option<String>,
    pub comment: Option<String>,
    #[serde(rename = "reasonCode")]
    pub reason_code: Option<String>,
    #[serde(rename = "forceCanceled")]
    pub force_canceled: Option<bool>,
    #[serde(rename = "createdAt")]
    pub created_at: Option<EpochMillis>,
    #[serde(rename = "lastUpdatedAt")]
    pub last_updated_at: Option<EpochMillis>,
    #[serde(rename = "completedAt")]
    pub completed_at: Option<EpochMillis>,
    /// The number of things by status, such as `numberOfFailedThings`.
    #[serde(rename = "jobProcessDetails")]
    pub job_process_details: Option<Map<u64>>,
}
