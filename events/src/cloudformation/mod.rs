//! Custom resources of AWS CloudFormation; its [hooks](hook) and [macros](template_macro).
//!
//! See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>; examples are
//! in `data/cloudformation.json`, `data/cloudformation-update.json` and
//! `data/cloudformation-response.json`.
//!
//! The function does not return the response: it sends it with `PUT` to the event's `response_url`,
//! without a content type. Under the Provider framework of AWS's CDK
//! (<https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html>;
//! examples are in `data/cloudformation-provider.json`, `data/cloudformation-is-complete.json` and
//! `data/cloudformation-is-complete-response.json`) there is no URL. The handler `onEvent` returns
//! a [`Response`], of which the framework uses `physical_resource_id`, `no_echo` and `data`; the
//! handler `isComplete` returns a [`Completion`].

pub mod hook;
pub mod template_macro;

use crate::values::omit_absent;
use crate::{Json, NumberOrText, Secret};
use miniserde::{Deserialize, Serialize};

/// Beside it a response has an id of up to 1 KB, and escapes.
const MAX_REASON_BYTES: usize = 1024;

/// A request to create, update or delete a resource. `P` are the properties of the resource.
/// CloudFormation passes numbers and booleans as strings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event<P = Json> {
    #[serde(rename = "RequestType")]
    pub request_type: RequestType,
    /// The pre-signed URL for the response. Absent under CDK's Provider framework, which sends the
    /// response itself.
    #[serde(rename = "ResponseURL")]
    pub response_url: Option<Secret>,
    #[serde(rename = "StackId")]
    pub stack_id: String,
    #[serde(rename = "RequestId")]
    pub request_id: String,
    /// `Custom::…` or `AWS::CloudFormation::CustomResource`.
    #[serde(rename = "ResourceType")]
    pub resource_type: String,
    #[serde(rename = "LogicalResourceId")]
    pub logical_resource_id: String,
    /// The id that the response to `Create` had. Absent for `Create`.
    #[serde(rename = "PhysicalResourceId")]
    pub physical_resource_id: Option<String>,
    #[serde(rename = "ResourceProperties")]
    pub resource_properties: Option<P>,
    /// `Update`: the previous properties.
    #[serde(rename = "OldResourceProperties")]
    pub old_resource_properties: Option<P>,
    /// The function's ARN.
    #[serde(rename = "ServiceToken")]
    pub service_token: Option<String>,
    /// The limit of the operation in seconds, if the template sets it.
    #[serde(rename = "ServiceTimeout")]
    pub service_timeout: Option<NumberOrText>,
    /// The `isComplete` handler of CDK's Provider framework: the data that `onEvent` returned.
    #[serde(rename = "Data")]
    pub data: Option<Json>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum RequestType {
    #[default]
    Create,
    Update,
    Delete,
}

omit_absent! {
    /// The response. `D` are the values that `Fn::GetAtt` returns.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response<D = Json> {
        /// `SUCCESS` or `FAILED`.
        #[serde(rename = "Status")]
        pub status: Option<String>,
        /// Required if the status is `FAILED`.
        #[serde(rename = "Reason")]
        pub reason: Option<String>,
        /// The resource's id, of up to 1 KB. If an update changes it, CloudFormation deletes the
        /// old resource.
        #[serde(rename = "PhysicalResourceId")]
        pub physical_resource_id: Option<String>,
        #[serde(rename = "StackId")]
        pub stack_id: Option<String>,
        #[serde(rename = "RequestId")]
        pub request_id: Option<String>,
        #[serde(rename = "LogicalResourceId")]
        pub logical_resource_id: Option<String>,
        /// Whether `data` is masked in the console.
        #[serde(rename = "NoEcho")]
        pub no_echo: Option<bool>,
        #[serde(rename = "Data")]
        pub data: Option<D>,
    }
}

omit_absent! {
    /// What an `isComplete` handler of CDK's Provider framework returns. The framework calls it
    /// again until the operation is complete.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Completion<D = Json> {
        #[serde(rename = "IsComplete")]
        pub is_complete: bool,
        /// Values that are added to those of `onEvent`, if the operation is complete.
        #[serde(rename = "Data")]
        pub data: Option<D>,
    }
}

impl<P> Event<P> {
    /// Creates a successful response. CloudFormation takes 4,096 bytes in all, of which the id has
    /// 1,024 at most.
    pub fn success<D>(&self, physical_resource_id: impl Into<String>, data: D) -> Response<D> {
        let physical_resource_id = Some(physical_resource_id.into());
        Response { physical_resource_id, data: Some(data), ..self.response("SUCCESS") }
    }

    /// Creates a failed response. The reason is shown in the stack's events. It is cut to 1,024
    /// bytes: of a response of more than 4,096 bytes CloudFormation shows nothing.
    pub fn failure(&self, reason: impl Into<String>) -> Response {
        let mut reason = reason.into();
        while reason.len() > MAX_REASON_BYTES {
            reason.pop();
        }
        // CloudFormation requires an id, even for a resource that could not be created.
        let id = self.physical_resource_id.clone().unwrap_or_else(|| self.request_id.clone());
        let response = self.response("FAILED");
        Response { physical_resource_id: Some(id), reason: Some(reason), ..response }
    }

    fn response<D>(&self, status: &str) -> Response<D> {
        Response {
            status: Some(status.to_owned()),
            reason: None,
            physical_resource_id: None,
            stack_id: Some(self.stack_id.clone()),
            request_id: Some(self.request_id.clone()),
            logical_resource_id: Some(self.logical_resource_id.clone()),
            no_echo: None,
            data: None,
        }
    }
}
