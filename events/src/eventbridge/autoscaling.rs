//! Events of Amazon EC2 Auto Scaling.
//!
//! See
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html>;
//! examples are in `data/eventbridge-autoscaling.json` and
//! `data/eventbridge-autoscaling-lifecycle.json`.

use crate::{Json, Map, Rfc3339, Secret};
use miniserde::{Deserialize, Serialize};

/// The detail of the events of an instance: a lifecycle action, or a launch or a termination.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Instance {
    #[serde(rename = "AutoScalingGroupName")]
    pub auto_scaling_group_name: String,
    #[serde(rename = "EC2InstanceId")]
    pub ec2_instance_id: Option<String>,
    /// `EC2`, `WarmPool` or `AutoScalingGroup`.
    #[serde(rename = "Origin")]
    pub origin: Option<String>,
    /// `EC2`, `WarmPool` or `AutoScalingGroup`.
    #[serde(rename = "Destination")]
    pub destination: Option<String>,
    /// Lifecycle actions: the token for `CompleteLifecycleAction`.
    #[serde(rename = "LifecycleActionToken")]
    pub lifecycle_action_token: Option<Secret>,
    #[serde(rename = "LifecycleHookName")]
    pub lifecycle_hook_name: Option<String>,
    /// `autoscaling:EC2_INSTANCE_LAUNCHING` or `autoscaling:EC2_INSTANCE_TERMINATING`.
    #[serde(rename = "LifecycleTransition")]
    pub lifecycle_transition: Option<String>,
    #[serde(rename = "NotificationMetadata")]
    pub notification_metadata: Option<Json>,
    /// Launches and terminations: `InProgress` or `Failed`.
    #[serde(rename = "StatusCode")]
    pub status_code: Option<String>,
    #[serde(rename = "StatusMessage")]
    pub status_message: Option<String>,
    #[serde(rename = "Description")]
    pub description: Option<String>,
    #[serde(rename = "Cause")]
    pub cause: Option<String>,
    #[serde(rename = "ActivityId")]
    pub activity_id: Option<String>,
    #[serde(rename = "RequestId")]
    pub request_id: Option<String>,
    #[serde(rename = "StartTime")]
    pub start_time: Option<Rfc3339>,
    #[serde(rename = "EndTime")]
    pub end_time: Option<Rfc3339>,
    /// With `Availability Zone` and `Subnet ID`.
    #[serde(rename = "Details")]
    pub details: Option<Map>,
}
