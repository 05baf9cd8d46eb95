//! API Gateway REST APIs with Lambda proxy integration.
//!
//! See <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>;
//! an example is in `data/apigateway-rest.json`.

use crate::values::omit_absent;
use crate::{Headers, Map, MultiHeaders};
use miniserde::json::Object;
use miniserde::{Deserialize, Serialize, json};

/// An HTTP request, as API Gateway hands it to the function.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Request {
    /// The resource's path pattern, such as `/pets/{id}`.
    pub resource: String,
    /// The path as requested, without the stage.
    pub path: String,
    /// `GET`, `POST`, …
    #[serde(rename = "httpMethod")]
    pub http_method: String,
    /// The headers; of a repeated one, the last.
    pub headers: Option<Headers>,
    /// The headers with all their values.
    #[serde(rename = "multiValueHeaders")]
    pub multi_value_headers: Option<MultiHeaders>,
    /// The query, decoded; of a repeated parameter, the last.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map>,
    /// The query with all values.
    #[serde(rename = "multiValueQueryStringParameters")]
    pub multi_value_query_string_parameters: Option<Map<Vec<String>>>,
    /// What stands for the placeholders of `resource`.
    #[serde(rename = "pathParameters")]
    pub path_parameters: Option<Map>,
    /// The stage's variables.
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// What API Gateway knows of the request: caller, stage, times.
    #[serde(rename = "requestContext")]
    pub request_context: Object,
    /// The body, in base64 where `is_base64_encoded`.
    pub body: Option<String>,
    /// Whether `body` is base64.
    #[serde(rename = "isBase64Encoded")]
    pub is_base64_encoded: bool,
}

impl Request {
    /// The value of a header, whose name may be written in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.get(name)
    }
}

omit_absent! {
    /// The HTTP response that API Gateway makes of the function's answer.
    #[derive(Clone, Debug, Default, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        /// Headers with one value.
        pub headers: Option<Headers>,
        /// Headers with several values.
        #[serde(rename = "multiValueHeaders")]
        pub multi_value_headers: Option<MultiHeaders>,
        /// The body, in base64 where `is_base64_encoded`.
        pub body: Option<String>,
        /// Whether `body` is base64.
        #[serde(rename = "isBase64Encoded")]
        pub is_base64_encoded: Option<bool>,
    }
}

impl Response {
    /// A response with a body of JSON.
    #[must_use]
    pub fn json(status_code: u16, body: &impl Serialize) -> Self {
        Self::with_type(status_code, "application/json", json::to_string(body))
    }

    /// A response with a body of plain text.
    #[must_use]
    pub fn text(status_code: u16, body: impl Into<String>) -> Self {
        Self::with_type(status_code, "text/plain; charset=utf-8", body.into())
    }

    fn with_type(status_code: u16, content_type: &str, body: String) -> Self {
        let headers = Headers::from([("Content-Type", content_type)]);
        Self { status_code, headers: Some(headers), body: Some(body), ..Default::default() }
    }
}
