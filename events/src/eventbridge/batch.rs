//! Events of AWS Batch.
//!
//! See <https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html>; an example is in
//! `data/eventbridge-batch.json`.

use crate::{EpochMillis, Json, Map};
use miniserde::{Deserialize, Serialize};

/// The detail of a `Batch Job State Change`, or of a `Batch Job Queue Blocked`, whose job is the
/// one at the head of the queue.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct JobStateChange {
    #[serde(rename = "jobName")]
    pub job_name: String,
    #[serde(rename = "jobId")]
    pub job_id: String,
    #[serde(rename = "jobQueue")]
    pub job_queue: String,
    #[serde(rename = "jobArn")]
    pub job_arn: Option<String>,
    #[serde(rename = "jobDefinition")]
    pub job_definition: Option<String>,
    /// `SUBMITTED`, `PENDING`, `RUNNABLE`, `STARTING`, `RUNNING`, `SUCCEEDED` or `FAILED`.
    pub status: String,
    #[serde(rename = "statusReason")]
    pub status_reason: Option<String>,
    pub attempts: Option<Vec<Attempt>>,
    #[serde(rename = "createdAt")]
    pub created_at: Option<EpochMillis>,
    #[serde(rename = "startedAt")]
    pub started_at: Option<EpochMillis>,
    #[serde(rename = "stoppedAt")]
    pub stopped_at: Option<EpochMillis>,
    #[serde(rename = "retryStrategy")]
    pub retry_strategy: Option<Json>,
    pub timeout: Option<Json>,
    #[serde(rename = "dependsOn")]
    pub depends_on: Option<Vec<Json>>,
    pub parameters: Option<Map>,
    /// The container of a job with one: `image`, `exitCode`, `reason`, `logStreamName`, ….
    pub container: Option<Json>,
    /// The job's place in a parallel job of several nodes.
    #[serde(rename = "nodeDetails")]
    pub node_details: Option<Json>,
    #[serde(rename = "nodeProperties")]
    pub node_properties: Option<Json>,
    #[serde(rename = "arrayProperties")]
    pub array_properties: Option<Json>,
    #[serde(rename = "eksProperties")]
    pub eks_properties: Option<Json>,
    #[serde(rename = "ecsProperties")]
    pub ecs_properties: Option<Json>,
    #[serde(rename = "consumableResourceProperties")]
    pub consumable_resource_properties: Option<Json>,
    pub tags: Option<Map>,
    #[serde(rename = "propagateTags")]
    pub propagate_tags: Option<bool>,
    #[serde(rename = "platformCapabilities")]
    pub platform_capabilities: Option<Vec<String>>,
    #[serde(rename = "shareIdentifier")]
    pub share_identifier: Option<String>,
    #[serde(rename = "schedulingPriority")]
    pub scheduling_priority: Option<i64>,
    #[serde(rename = "isCancelled")]
    pub is_cancelled: Option<bool>,
    #[serde(rename = "isTerminated")]
    pub is_terminated: Option<bool>,
    #[serde(rename = "eksAttempts")]
    pub eks_attempts: Option<Vec<Json>>,
}

/// An attempt of a job that has ended.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    pub container: Option<AttemptContainer>,
    #[serde(rename = "startedAt")]
    pub started_at: Option<EpochMillis>,
    #[serde(rename = "stoppedAt")]
    pub stopped_at: Option<EpochMillis>,
    #[serde(rename = "statusReason")]
    pub status_reason: Option<String>,
    /// The tasks of a job with several containers.
    #[serde(rename = "taskProperties")]
    pub task_properties: Option<Vec<Json>>,
}

/// The container of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AttemptContainer {
    #[serde(rename = "exitCode")]
    pub exit_code: Option<i64>,
    /// Such as `OutOfMemoryError: Container killed due to memory usage`.
    pub reason: Option<String>,
    /// The stream in the log group of the job definition, or in `/aws/batch/job`.
    #[serde(rename = "logStreamName")]
    pub log_stream_name: Option<String>,
    #[serde(rename = "taskArn")]
    pub task_arn: Option<String>,
    #[serde(rename = "containerInstanceArn")]
    pub container_instance_arn: Option<String>,
    #[serde(rename = "networkInterfaces")]
    pub network_interfaces: Option<Vec<Json>>,
}
