//! Events of AWS CodeDeploy.
//!
//! See <https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html>;
//! an example is in `data/eventbridge-codedeploy.json`.

use miniserde::{Deserialize, Serialize};

/// The detail of a `CodeDeploy Deployment State-change Notification` or a `CodeDeploy Instance
/// State-change Notification`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct StateChange {
    pub application: String,
    #[serde(rename = "deploymentId")]
    pub deployment_id: String,
    #[serde(rename = "deploymentGroup")]
    pub deployment_group: String,
    /// `START`, `SUCCESS`, `FAILURE`, `STOP` or `READY`.
    pub state: String,
    pub region: Option<String>,
    #[serde(rename = "instanceGroupId")]
    pub instance_group_id: Option<String>,
    /// Instances only.
    #[serde(rename = "instanceId")]
    pub instance_id: Option<String>,
}
