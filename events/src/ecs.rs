//! Amazon ECS: functions that Lambda hooks of a service's deployments invoke.
//!
//! The events of tasks, services and deployments come from EventBridge: see
//! [`eventbridge::ecs`](crate::eventbridge::ecs).
//!
//! See <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html>;
//! examples are in `data/ecs-hook.json` and `data/ecs-hook-response.json`.

use crate::values::omit_absent;
use crate::{Json, Map, NumberOrText};
use miniserde::{Deserialize, Serialize};

/// A stage of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct HookEvent {
    #[serde(rename = "executionId")]
    pub execution_id: String,
    /// `RECONCILE_SERVICE`, `PRE_SCALE_UP`, `POST_SCALE_UP`, `TEST_TRAFFIC_SHIFT`,
    /// `POST_TEST_TRAFFIC_SHIFT`, `PRE_PRODUCTION_TRAFFIC_SHIFT`, `PRODUCTION_TRAFFIC_SHIFT` or
    /// `POST_PRODUCTION_TRAFFIC_SHIFT`.
    #[serde(rename = "lifecycleStage")]
    pub lifecycle_stage: String,
    /// The ARN of the deployment.
    #[serde(rename = "resourceArn")]
    pub resource_arn: Option<String>,
    #[serde(rename = "executionDetails")]
    pub execution_details: Option<ExecutionDetails>,
    /// The data of the hook's configuration, and of the last response `IN_PROGRESS`.
    #[serde(rename = "hookDetails")]
    pub hook_details: Option<Json>,
}

/// The deployment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ExecutionDetails {
    #[serde(rename = "serviceArn")]
    pub service_arn: Option<String>,
    /// The revision that is deployed, also while it is rolled back.
    #[serde(rename = "targetServiceRevisionArn")]
    pub target_service_revision_arn: Option<String>,
    /// The percentage of the test traffic by the ARN of a revision.
    #[serde(rename = "testTrafficWeights")]
    pub test_traffic_weights: Option<Map<NumberOrText>>,
    /// The percentage of the production traffic by the ARN of a revision.
    #[serde(rename = "productionTrafficWeights")]
    pub production_traffic_weights: Option<Map<NumberOrText>>,
}

omit_absent! {
    /// Whether the deployment goes on.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct HookResponse {
        /// `SUCCEEDED`; `FAILED`, which rolls the deployment back; or `IN_PROGRESS`.
        #[serde(rename = "hookStatus")]
        pub hook_status: String,
        /// `IN_PROGRESS`: the seconds until the next event; 30 if it is absent.
        #[serde(rename = "callBackDelay")]
        pub call_back_delay: Option<u64>,
        /// `IN_PROGRESS`: data for the next event.
        #[serde(rename = "hookDetails")]
        pub hook_details: Option<Json>,
    }
}

impl HookResponse {
    /// Lets the deployment go on.
    #[must_use]
    pub fn succeeded() -> Self {
        Self { hook_status: "SUCCEEDED".to_owned(), ..Default::default() }
    }

    /// Rolls the deployment back.
    #[must_use]
    pub fn failed() -> Self {
        Self { hook_status: "FAILED".to_owned(), ..Default::default() }
    }

    /// Asks for another event, after a delay in seconds.
    #[must_use]
    pub fn in_progress(delay_s: u64) -> Self {
        let call_back_delay = Some(delay_s);
        Self { hook_status: "IN_PROGRESS".to_owned(), call_back_delay, ..Default::default() }
    }
}
