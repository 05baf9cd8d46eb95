//! Macros of AWS CloudFormation: functions that change a template, or a part of one.
//!
//! See
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html>;
//! examples are in `data/cloudformation-macro.json` and `data/cloudformation-macro-response.json`.

use crate::values::omit_absent;
use crate::{Json, Map};
use miniserde::{Deserialize, Serialize};

/// A template or a part of one that is to be changed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    pub region: Option<String>,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The template, or the siblings of `Fn::Transform`.
    pub fragment: Json,
    /// The macro's name.
    #[serde(rename = "transformId")]
    pub transform_id: String,
    /// The parameters of `Fn::Transform`. Absent or empty for a whole template.
    pub params: Option<Json>,
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// The parameters of the stack.
    #[serde(rename = "templateParameterValues")]
    pub template_parameter_values: Option<Map<Json>>,
}

omit_absent! {
    /// The changed template, or the part of it.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response<F = Json> {
        /// The event's.
        #[serde(rename = "requestId")]
        pub request_id: String,
        /// `success`. Any other status is a failure.
        pub status: String,
        pub fragment: Option<F>,
        /// The reason of a failure.
        #[serde(rename = "errorMessage")]
        pub error_message: Option<String>,
    }
}

impl Event {
    /// Returns the response with the changed template or part of it.
    pub fn success<F>(&self, fragment: F) -> Response<F> {
        Response {
            request_id: self.request_id.clone(),
            status: "success".to_owned(),
            fragment: Some(fragment),
            error_message: None,
        }
    }

    /// Returns the response that stops the operation, with a reason.
    pub fn failure(&self, reason: impl Into<String>) -> Response {
        Response {
            request_id: self.request_id.clone(),
            status: "failure".to_owned(),
            fragment: None,
            error_message: Some(reason.into()),
        }
    }
}
