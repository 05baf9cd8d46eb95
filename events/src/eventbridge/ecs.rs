//! Events of Amazon ECS.
//!
//! See <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html>; an
//! example is in `data/eventbridge-ecs.json`.

use crate::{Json, NumberOrText, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// The detail of an `ECS Task State Change`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Task {
    #[serde(rename = "taskArn")]
    pub task_arn: String,
    #[serde(rename = "clusterArn")]
    pub cluster_arn: String,
    /// `PENDING`, `RUNNING`, `STOPPED`, …
    #[serde(rename = "lastStatus")]
    pub last_status: String,
    #[serde(rename = "desiredStatus")]
    pub desired_status: Option<String>,
    #[serde(rename = "taskDefinitionArn")]
    pub task_definition_arn: Option<String>,
    /// `service:` and the name, or `family:` and the name.
    pub group: Option<String>,
    /// `EC2`, `FARGATE` or `EXTERNAL`.
    #[serde(rename = "launchType")]
    pub launch_type: Option<String>,
    #[serde(rename = "capacityProviderName")]
    pub capacity_provider_name: Option<String>,
    #[serde(rename = "platformVersion")]
    pub platform_version: Option<String>,
    #[serde(rename = "availabilityZone")]
    pub availability_zone: Option<String>,
    #[serde(rename = "containerInstanceArn")]
    pub container_instance_arn: Option<String>,
    pub containers: Option<Vec<Container>>,
    pub attachments: Option<Vec<Json>>,
    pub attributes: Option<Vec<Json>>,
    pub overrides: Option<Json>,
    #[serde(rename = "ephemeralStorage")]
    pub ephemeral_storage: Option<Json>,
    #[serde(rename = "inferenceAccelerators")]
    pub inference_accelerators: Option<Vec<Json>>,
    /// In CPU units, 1,024 to a core.
    pub cpu: Option<String>,
    /// In MiB.
    pub memory: Option<String>,
    pub connectivity: Option<String>,
    #[serde(rename = "connectivityAt")]
    pub connectivity_at: Option<Rfc3339>,
    #[serde(rename = "enableExecuteCommand")]
    pub enable_execute_command: Option<bool>,
    #[serde(rename = "healthStatus")]
    pub health_status: Option<String>,
    #[serde(rename = "createdAt")]
    pub created_at: Option<Rfc3339>,
    #[serde(rename = "pullStartedAt")]
    pub pull_started_at: Option<Rfc3339>,
    #[serde(rename = "pullStoppedAt")]
    pub pull_stopped_at: Option<Rfc3339>,
    #[serde(rename = "startedAt")]
    pub started_at: Option<Rfc3339>,
    #[serde(rename = "startedBy")]
    pub started_by: Option<String>,
    #[serde(rename = "stoppingAt")]
    pub stopping_at: Option<Rfc3339>,
    #[serde(rename = "stoppedAt")]
    pub stopped_at: Option<Rfc3339>,
    #[serde(rename = "executionStoppedAt")]
    pub execution_stopped_at: Option<Rfc3339>,
    /// `EssentialContainerExited`, `TaskFailedToStart`, `UserInitiated`, …
    #[serde(rename = "stopCode")]
    pub stop_code: Option<String>,
    #[serde(rename = "stoppedReason")]
    pub stopped_reason: Option<String>,
    #[serde(rename = "updatedAt")]
    pub updated_at: Option<Rfc3339>,
    pub version: Option<NumberOrText>,
    pub tags: Option<Vec<Json>>,
}

/// A container of a task.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Container {
    #[serde(rename = "containerArn")]
    pub container_arn: Option<String>,
    pub name: Option<String>,
    pub image: Option<String>,
    #[serde(rename = "imageDigest")]
    pub image_digest: Option<String>,
    #[serde(rename = "lastStatus")]
    pub last_status: Option<String>,
    #[serde(rename = "exitCode")]
    pub exit_code: Option<i64>,
    pub reason: Option<String>,
    #[serde(rename = "runtimeId")]
    pub runtime_id: Option<String>,
    #[serde(rename = "taskArn")]
    pub task_arn: Option<String>,
    #[serde(rename = "healthStatus")]
    pub health_status: Option<String>,
    pub cpu: Option<NumberOrText>,
    pub memory: Option<NumberOrText>,
    #[serde(rename = "memoryReservation")]
    pub memory_reservation: Option<NumberOrText>,
    #[serde(rename = "gpuIds")]
    pub gpu_ids: Option<Vec<String>>,
    #[serde(rename = "networkBindings")]
    pub network_bindings: Option<Vec<Json>>,
    #[serde(rename = "networkInterfaces")]
    pub network_interfaces: Option<Vec<Json>>,
    #[serde(rename = "managedAgents")]
    pub managed_agents: Option<Vec<Json>>,
}
