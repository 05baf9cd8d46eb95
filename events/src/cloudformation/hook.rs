//! Lambda Hooks of AWS CloudFormation: functions that check resources, stacks and change sets
//! before they are created, changed or deleted.
//!
//! See
//! <https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/lambda-hooks-create-lambda-function.html>;
//! examples are in `data/cloudformation-hook.json`, `data/cloudformation-hook-stack.json` and
//! `data/cloudformation-hook-response.json`.

use crate::values::omit_absent;
use crate::{Json, NumberOrText, Secret};
use miniserde::{Deserialize, Serialize};

/// A resource, a stack or a change set that is to be checked. `P` is the type of a resource's
/// properties.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event<P = Json> {
    /// The id of the request. The response has it too.
    #[serde(rename = "clientRequestToken")]
    pub client_request_token: Option<String>,
    #[serde(rename = "awsAccountId")]
    pub aws_account_id: Option<String>,
    /// Absent or empty if Cloud Control API calls.
    #[serde(rename = "stackId")]
    pub stack_id: Option<String>,
    #[serde(rename = "changeSetId")]
    pub change_set_id: Option<String>,
    #[serde(rename = "hookTypeName")]
    pub hook_type_name: String,
    #[serde(rename = "hookTypeVersion")]
    pub hook_type_version: Option<NumberOrText>,
    /// The Hook's configuration: the function's ARN, in `LambdaFunction`.
    #[serde(rename = "hookModel")]
    pub hook_model: Option<Json>,
    /// `CREATE_PRE_PROVISION`, `UPDATE_PRE_PROVISION` or `DELETE_PRE_PROVISION`.
    #[serde(rename = "actionInvocationPoint")]
    pub action_invocation_point: String,
    #[serde(rename = "requestData")]
    pub request_data: RequestData<P>,
    #[serde(rename = "requestContext")]
    pub request_context: Option<RequestContext>,
}

/// What is to be checked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestData<P = Json> {
    /// A resource's type, such as `AWS::S3::Bucket`; `STACK` or `CHANGE_SET`.
    #[serde(rename = "targetName")]
    pub target_name: String,
    #[serde(rename = "targetType")]
    pub target_type: Option<String>,
    /// The logical id of a resource, or the name of a stack.
    #[serde(rename = "targetLogicalId")]
    pub target_logical_id: Option<String>,
    /// Resources only.
    #[serde(rename = "targetModel")]
    pub target_model: Option<TargetModel<P>>,
    /// Stacks and change sets: a signed URL of a JSON document with the templates and changes.
    pub payload: Option<Secret>,
}

/// The properties of a resource.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TargetModel<P = Json> {
    /// The new properties. Absent if the resource is deleted.
    #[serde(rename = "resourceProperties")]
    pub resource_properties: Option<P>,
    /// The present properties. Absent if the resource is created.
    #[serde(rename = "previousResourceProperties")]
    pub previous_resource_properties: Option<P>,
}

/// The attempt.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    /// The number of the invocation, from 1.
    pub invocation: Option<u64>,
    /// What the function's last response `IN_PROGRESS` said.
    #[serde(rename = "callbackContext")]
    pub callback_context: Option<Json>,
}

omit_absent! {
    /// The result of the check.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// `SUCCESS`, `FAILED` or `IN_PROGRESS`.
        #[serde(rename = "hookStatus")]
        pub hook_status: String,
        /// If the check failed: `NonCompliant` or `InternalFailure`.
        #[serde(rename = "errorCode")]
        pub error_code: Option<String>,
        /// The reason, which CloudFormation shows.
        pub message: Option<String>,
        #[serde(rename = "clientRequestToken")]
        pub client_request_token: Option<String>,
        /// `IN_PROGRESS`: what the next event has in `request_context`.
        #[serde(rename = "callbackContext")]
        pub callback_context: Option<Json>,
        /// `IN_PROGRESS`: the seconds until the next event.
        #[serde(rename = "callbackDelaySeconds")]
        pub callback_delay_seconds: Option<u64>,
    }
}

impl<P> Event<P> {
    /// Returns the response that lets the operation go on.
    #[must_use]
    pub fn success(&self) -> Response {
        Response {
            hook_status: "SUCCESS".to_owned(),
            client_request_token: self.client_request_token.clone(),
            ..Default::default()
        }
    }

    /// Returns the response of a check that failed, with a reason. The Hook's configuration says
    /// whether it stops the operation or is a warning.
    pub fn failure(&self, reason: impl Into<String>) -> Response {
        Response {
            hook_status: "FAILED".to_owned(),
            error_code: Some("NonCompliant".to_owned()),
            message: Some(reason.into()),
            ..self.success()
        }
    }
}
