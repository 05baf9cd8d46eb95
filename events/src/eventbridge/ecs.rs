//! Events of Amazon ECS.
//!
//! See <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html>; examples
//! are in `data/eventbridge-ecs.json`, `data/eventbridge-ecs-action.json`,
//! `data/eventbridge-ecs-deployment.json`, `data/eventbridge-ecs-hook.json` and
//! `data/eventbridge-ecs-instance.json`.

use crate::values::checked_text;
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
    #[serde(rename = "platformFamily")]
    pub platform_family: Option<String>,
    #[serde(rename = "ephemeralStorage")]
    pub ephemeral_storage: Option<Json>,
    #[serde(rename = "fargateEphemeralStorage")]
    pub fargate_ephemeral_storage: Option<Json>,
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
    #[serde(rename = "neuronDeviceIds")]
    pub neuron_device_ids: Option<Vec<String>>,
    #[serde(rename = "networkBindings")]
    pub network_bindings: Option<Vec<Json>>,
    #[serde(rename = "networkInterfaces")]
    pub network_interfaces: Option<Vec<Json>>,
    #[serde(rename = "managedAgents")]
    pub managed_agents: Option<Vec<Json>>,
}

/// The detail of an `ECS Container Instance State Change`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ContainerInstance {
    #[serde(rename = "containerInstanceArn")]
    pub container_instance_arn: String,
    #[serde(rename = "clusterArn")]
    pub cluster_arn: String,
    /// `ACTIVE`, `DRAINING`, `INACTIVE`, …
    pub status: String,
    #[serde(rename = "statusReason")]
    pub status_reason: Option<String>,
    #[serde(rename = "ec2InstanceId")]
    pub ec2_instance_id: Option<String>,
    #[serde(rename = "capacityProviderName")]
    pub capacity_provider_name: Option<String>,
    #[serde(rename = "agentConnected")]
    pub agent_connected: Option<bool>,
    #[serde(rename = "agentUpdateStatus")]
    pub agent_update_status: Option<String>,
    #[serde(rename = "versionInfo")]
    pub version_info: Option<Json>,
    #[serde(rename = "healthStatus")]
    pub health_status: Option<Json>,
    #[serde(rename = "runningTasksCount")]
    pub running_tasks_count: Option<u64>,
    #[serde(rename = "pendingTasksCount")]
    pub pending_tasks_count: Option<u64>,
    #[serde(rename = "registeredResources")]
    pub registered_resources: Option<Vec<Json>>,
    #[serde(rename = "remainingResources")]
    pub remaining_resources: Option<Vec<Json>>,
    pub attributes: Option<Vec<Json>>,
    pub attachments: Option<Vec<Json>>,
    #[serde(rename = "registeredAt")]
    pub registered_at: Option<Rfc3339>,
    #[serde(rename = "updatedAt")]
    pub updated_at: Option<Rfc3339>,
    pub version: Option<NumberOrText>,
    pub tags: Option<Vec<Json>>,
    #[serde(rename = "accountType")]
    pub account_type: Option<String>,
}

/// The detail of an `ECS Service Action`, an `ECS Deployment State Change` or an `ECS Hook State
/// Change`. The event's `resources` have the service, or of a hook the deployment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ServiceChange {
    #[serde(rename = "eventType")]
    pub event_type: Severity,
    /// `SERVICE_STEADY_STATE`, `SERVICE_TASK_PLACEMENT_FAILURE`, `SERVICE_DEPLOYMENT_COMPLETED`,
    /// `HOOK_AWAITING_ACTION`, …
    #[serde(rename = "eventName")]
    pub event_name: String,
    #[serde(rename = "clusterArn")]
    pub cluster_arn: Option<String>,
    #[serde(rename = "serviceArn")]
    pub service_arn: Option<String>,
    /// The cause of a failure, or the state of a deployment in words.
    pub reason: Option<String>,
    #[serde(rename = "createdAt")]
    pub created_at: Option<Rfc3339>,
    #[serde(rename = "updatedAt")]
    pub updated_at: Option<Rfc3339>,
    /// Actions only.
    #[serde(rename = "capacityProviderArns")]
    pub capacity_provider_arns: Option<Vec<String>>,
    /// Actions only.
    #[serde(rename = "containerInstanceArns")]
    pub container_instance_arns: Option<Vec<String>>,
    /// Actions only.
    #[serde(rename = "ec2InstanceIds")]
    pub ec2_instance_ids: Option<Vec<String>>,
    /// Actions only.
    #[serde(rename = "taskArns")]
    pub task_arns: Option<Vec<String>>,
    /// Actions only.
    #[serde(rename = "taskSetArns")]
    pub task_set_arns: Option<Vec<String>>,
    /// Actions only.
    #[serde(rename = "serviceRegistryArns")]
    pub service_registry_arns: Option<Vec<String>>,
    /// Actions only.
    #[serde(rename = "targetGroupArns")]
    pub target_group_arns: Option<Vec<String>>,
    /// Actions: what is registered in the target groups.
    pub targets: Option<Vec<String>>,
    /// Actions only.
    #[serde(rename = "containerPort")]
    pub container_port: Option<u16>,
    /// Actions only.
    #[serde(rename = "desiredCount")]
    pub desired_count: Option<u64>,
    /// Deployments: `ecs-svc/` and a number.
    #[serde(rename = "deploymentId")]
    pub deployment_id: Option<String>,
    /// Hooks only.
    #[serde(rename = "serviceDeploymentArn")]
    pub service_deployment_arn: Option<String>,
    #[serde(rename = "hookId")]
    pub hook_id: Option<String>,
    /// Such as `PAUSE`.
    #[serde(rename = "hookType")]
    pub hook_type: Option<String>,
    /// Hooks: the stage, such as `POST_TEST_TRAFFIC_SHIFT`.
    #[serde(rename = "lifecycleStage")]
    pub lifecycle_stage: Option<String>,
    /// Hooks: the end of the wait for an action.
    #[serde(rename = "expiresAt")]
    pub expires_at: Option<Rfc3339>,
}

checked_text! {
    /// `INFO`, `WARN` or `ERROR`. It dereferences to its text.
    pub struct Severity(|text| matches!(text, "INFO" | "WARN" | "ERROR"), "INFO")
}
