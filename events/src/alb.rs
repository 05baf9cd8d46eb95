//! Application Load Balancer, with a function as the target.
//!
//! See <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>;
//! examples are in `data/alb.json`, `data/alb-multi-value.json`, `data/alb-response.json` and
//! `data/alb-multi-value-response.json`.

use crate::values::http::{builds_request, looks_up, makes_response, reads_body};
use crate::values::{from_url, omit_absent, split_query, split_target};
use crate::{Error, Headers, Map, MultiHeaders};
use miniserde::{Deserialize, Serialize};

/// An HTTP request, or a health check.
///
/// The target group says whether headers and query have one value each, or several.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The source of the request.
    #[serde(rename = "requestContext")]
    pub request_context: RequestContext,
    /// `GET`, `POST`, …
    #[serde(rename = "httpMethod")]
    pub http_method: String,
    /// The path as it was requested.
    pub path: String,
    /// The query, still percent-encoded. A repeated parameter has its last value.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map>,
    /// The query with all values, still percent-encoded.
    #[serde(rename = "multiValueQueryStringParameters")]
    pub multi_value_query_string_parameters: Option<Map<Vec<String>>>,
    /// The headers. A repeated one has its last value.
    pub headers: Option<Headers>,
    /// The headers with all their values.
    #[serde(rename = "multiValueHeaders")]
    pub multi_value_headers: Option<MultiHeaders>,
    /// The body, in base64 if `is_base64_encoded`.
    pub body: Option<String>,
    /// Whether `body` is base64.
    #[serde(rename = "isBase64Encoded")]
    pub is_base64_encoded: Option<bool>,
}

/// The source of a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    /// The load balancer.
    pub elb: Elb,
}

/// A load balancer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Elb {
    /// The ARN of the target group that the function is in.
    #[serde(rename = "targetGroupArn")]
    pub target_group_arn: String,
}

impl Request {
    /// Creates a request, to test a handler without JSON. The target may have a query.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = split_target(target);
        let request =
            Self { http_method: method.to_owned(), path: path.to_owned(), ..Default::default() };
        split_query(query).fold(request, |request, (name, value)| request.with_query(name, value))
    }

    /// Returns a parameter of the query, decoded: a load balancer leaves the query percent-encoded,
    /// and so does [`query`](Self::query).
    ///
    /// # Errors
    /// If the value is not percent-encoded UTF-8.
    pub fn query_decoded(&self, name: &str) -> Result<Option<String>, Error> {
        self.query(name).map(from_url).transpose()
    }
}
looks_up!(
    Request,
    multi_headers: multi_value_headers,
    multi_query: multi_value_query_string_parameters
);
builds_request!(
    Request,
    multi_headers: multi_value_headers,
    multi_query: multi_value_query_string_parameters
);
reads_body!(Request);

omit_absent! {
    /// The response, which the load balancer sends to the client.
    ///
    /// If `lambda.multi_value_headers.enabled` is set for the target group, only
    /// `multi_value_headers` is used:
    ///
    /// ```
    /// use minilambda_events::alb::Response;
    ///
    /// let response = Response::text(200, "Hi").multi_value().with_cookie("a=1").with_cookie("b=2");
    /// let headers = response.multi_value_headers.unwrap_or_default();
    /// assert_eq!(headers.get("content-type"), Some("text/plain; charset=utf-8"));
    /// assert_eq!(headers.get_all("set-cookie"), ["a=1", "b=2"]);
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        /// The status with its reason, such as `200 OK`.
        #[serde(rename = "statusDescription")]
        pub status_description: Option<String>,
        /// Headers with one value.
        pub headers: Option<Headers>,
        /// Headers with several values.
        #[serde(rename = "multiValueHeaders")]
        pub multi_value_headers: Option<MultiHeaders>,
        /// The body, in base64 if `is_base64_encoded`.
        pub body: Option<String>,
        /// Whether `body` is base64.
        #[serde(rename = "isBase64Encoded")]
        pub is_base64_encoded: Option<bool>,
    }
}
makes_response!(Response, |response, name, value| {
    match &mut response.multi_value_headers {
        Some(headers) => headers.set(name, value),
        None => response.headers.get_or_insert_default().set(name, value),
    }
});

impl Response {
    /// Moves the headers to `multi_value_headers`, for a target group with
    /// `lambda.multi_value_headers.enabled`.
    #[must_use]
    pub fn multi_value(mut self) -> Self {
        let mut headers = self.multi_value_headers.unwrap_or_default();
        for (name, value) in self.headers.take().unwrap_or_default().iter() {
            headers.add(name, value);
        }
        Self { multi_value_headers: Some(headers), ..self }
    }

    /// Adds a cookie (the value of a `Set-Cookie` header), for a target group with
    /// `lambda.multi_value_headers.enabled`. For other target groups, set the header.
    #[must_use]
    pub fn with_cookie(mut self, cookie: impl Into<String>) -> Self {
        self.multi_value_headers.get_or_insert_default().add("Set-Cookie", cookie);
        self
    }
}
