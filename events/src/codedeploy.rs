//! AWS CodeDeploy: hooks of a deployment's lifecycle.
//!
//! See
//! <https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html>;
//! an example is in `data/codedeploy-lifecycle-hook.json`. The function reports the result with
//! `PutLifecycleEventHookExecutionStatus`.

use miniserde::{Deserialize, Serialize};

/// A hook that a deployment waits for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "DeploymentId")]
    pub deployment_id: String,
    #[serde(rename = "LifecycleEventHookExecutionId")]
    pub lifecycle_event_hook_execution_id: String,
}
