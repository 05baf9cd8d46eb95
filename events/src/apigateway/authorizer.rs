//! Authorizers of Amazon API Gateway, for REST, WebSocket and HTTP APIs.
//!
//! See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
//! and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>;
//! examples are in `data/apigateway-authorizer-token.json`,
//! `data/apigateway-authorizer-request.json`, `data/apigateway-authorizer-http-1.json`,
//! `data/apigateway-authorizer-http.json`, `data/apigateway-authorizer-websocket.json`,
//! `data/apigateway-authorizer-response.json` and
//! `data/apigateway-authorizer-simple-response.json`.
//!
//! An authorizer of type REQUEST gets a [`Request`] from a REST API, and from an HTTP API with
//! payload format 1.0; an [`HttpRequest`] from an HTTP API with payload format 2.0; and a
//! [`WebSocketRequest`] from a WebSocket API. One of type TOKEN, which only REST APIs have, gets a
//! [`TokenRequest`].

use crate::apigateway::websocket;
use crate::iam::{Policy, Statement};
use crate::values::http::looks_up;
use crate::values::{checked_text, omit_absent};
use crate::{Headers, Json, Map, MultiHeaders, OneOrMany, Secret, apigateway};
use miniserde::json::Value;
use miniserde::{Deserialize, Serialize};

/// A request to authorize the call of a REST API's method by a token.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TokenRequest {
    /// `TOKEN`.
    #[serde(rename = "type")]
    kind: TokenKind,
    /// The value of the header that the authorizer is configured with, such as `Bearer …`.
    #[serde(rename = "authorizationToken")]
    pub authorization_token: Secret,
    /// The ARN of the method.
    #[serde(rename = "methodArn")]
    pub method_arn: String,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct TokenKind(|text| text == "TOKEN", "TOKEN")
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct RequestKind(|text| text == "REQUEST", "REQUEST")
}

/// A request to authorize the call of a REST API, or of an HTTP API with payload format 1.0.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The payload format, `1.0`. Only of HTTP APIs.
    pub version: Option<String>,
    /// `REQUEST`.
    #[serde(rename = "type")]
    kind: RequestKind,
    /// The ARN of the method or route.
    #[serde(rename = "methodArn")]
    pub method_arn: String,
    /// The values that are the cache's key, joined with commas. Only of HTTP APIs.
    #[serde(rename = "identitySource")]
    pub identity_source: Option<OneOrMany<Secret>>,
    /// The same in another form.
    #[serde(rename = "authorizationToken")]
    pub authorization_token: Option<Secret>,
    /// The resource's path pattern, such as `/pets/{id}`.
    pub resource: String,
    /// The path as it was requested, without the stage.
    pub path: String,
    /// `GET`, `POST`, …
    #[serde(rename = "httpMethod")]
    pub http_method: String,
    /// The headers. A repeated one has its last value.
    pub headers: Option<Headers>,
    /// The headers with all their values.
    #[serde(rename = "multiValueHeaders")]
    pub multi_value_headers: Option<MultiHeaders>,
    /// The query, decoded. A repeated parameter has its last value.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map>,
    /// The query with all values.
    #[serde(rename = "multiValueQueryStringParameters")]
    pub multi_value_query_string_parameters: Option<Map<Vec<String>>>,
    /// The path parameters by the names in `resource`.
    #[serde(rename = "pathParameters")]
    pub path_parameters: Option<Map>,
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// The request's context: caller, stage, times.
    #[serde(rename = "requestContext")]
    pub request_context: apigateway::rest::RequestContext,
}

/// A request to authorize a connection to a WebSocket API.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct WebSocketRequest {
    /// `REQUEST`.
    #[serde(rename = "type")]
    kind: RequestKind,
    /// The ARN of the route `$connect`.
    #[serde(rename = "methodArn")]
    pub method_arn: String,
    /// The headers. A repeated one has its last value.
    pub headers: Option<Headers>,
    /// The headers with all their values.
    #[serde(rename = "multiValueHeaders")]
    pub multi_value_headers: Option<MultiHeaders>,
    /// The query, decoded. A repeated parameter has its last value.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map>,
    /// The query with all values.
    #[serde(rename = "multiValueQueryStringParameters")]
    pub multi_value_query_string_parameters: Option<Map<Vec<String>>>,
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// The connection.
    #[serde(rename = "requestContext")]
    pub request_context: websocket::RequestContext,
}

/// A request to authorize the call of an HTTP API with payload format 2.0.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The payload format, `2.0`.
    pub version: Option<String>,
    /// `REQUEST`.
    #[serde(rename = "type")]
    kind: RequestKind,
    /// The ARN of the route.
    #[serde(rename = "routeArn")]
    pub route_arn: String,
    /// The values that are the cache's key.
    #[serde(rename = "identitySource")]
    pub identity_source: Option<OneOrMany<Secret>>,
    /// The route, such as `GET /pets/{id}`, or `$default`.
    #[serde(rename = "routeKey")]
    pub route_key: Option<String>,
    /// The path as it was requested.
    #[serde(rename = "rawPath")]
    pub raw_path: String,
    /// The query as it was requested.
    #[serde(rename = "rawQueryString")]
    pub raw_query_string: Option<String>,
    /// The cookies, each as `name=value`.
    pub cookies: Option<Vec<Secret>>,
    /// The headers without cookies. The values of a repeated one are joined with commas.
    pub headers: Option<Headers>,
    /// The query, decoded. The values of a repeated parameter are joined with commas.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map>,
    /// The path parameters by the names in the route.
    #[serde(rename = "pathParameters")]
    pub path_parameters: Option<Map>,
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// The request's context: caller, stage, times.
    #[serde(rename = "requestContext")]
    pub request_context: apigateway::http::RequestContext,
}

looks_up!(
    Request,
    multi_headers: multi_value_headers,
    multi_query: multi_value_query_string_parameters,
    path: path_parameters
);
looks_up!(WebSocketRequest, multi_headers: multi_value_headers, multi_query: multi_value_query_string_parameters);
looks_up!(HttpRequest, cookies: cookies, path: path_parameters);

omit_absent! {
    /// The response: an IAM policy. API Gateway caches it for all requests with the same token or
    /// identity source, so it must cover other methods too.
    ///
    /// A function that fails with the message `Unauthorized` makes the client see status 401; a
    /// policy that denies, 403.
    ///
    /// ```
    /// use minilambda_events::apigateway::authorizer::Response;
    ///
    /// let all = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*";
    /// let response = Response::allow("user-17", all).with_context("tenant", "blue");
    /// assert_eq!(response.policy_document.statement[0].effect, "Allow");
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The caller's id.
        #[serde(rename = "principalId")]
        pub principal_id: Option<String>,
        /// The policy.
        #[serde(rename = "policyDocument")]
        pub policy_document: Policy,
        /// Data for the integration, which finds it as `authorizer` in the request's context:
        /// strings, numbers and booleans.
        pub context: Option<Map<Json>>,
        /// The API key for the usage plan.
        #[serde(rename = "usageIdentifierKey")]
        pub usage_identifier_key: Option<Secret>,
    }
}

omit_absent! {
    /// The response of an authorizer with payload format 2.0 and simple responses.
    ///
    /// ```
    /// use minilambda_events::apigateway::authorizer::SimpleResponse;
    ///
    /// let response = SimpleResponse::new(true).with_context("tenant", "blue");
    /// assert_eq!(
    ///     miniserde::json::to_string(&response),
    ///     r#"{"isAuthorized":true,"context":{"tenant":"blue"}}"#
    /// );
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct SimpleResponse {
        /// Whether the request is authorized.
        #[serde(rename = "isAuthorized")]
        pub is_authorized: bool,
        /// Data for the integration, which finds it as `authorizer.lambda` in the request's
        /// context.
        pub context: Option<Map<Json>>,
    }
}

/// The action of a policy for an API.
const INVOKE: &str = "execute-api:Invoke";

impl Response {
    /// Creates a response that allows the caller to call methods: one ARN or several, which may
    /// have `*`.
    #[must_use]
    pub fn allow(principal_id: impl Into<String>, methods: impl Into<OneOrMany>) -> Self {
        Self::new(principal_id, Policy::new(vec![Statement::allow(INVOKE, methods)]))
    }

    /// Creates a response that denies the caller to call methods.
    #[must_use]
    pub fn deny(principal_id: impl Into<String>, methods: impl Into<OneOrMany>) -> Self {
        Self::new(principal_id, Policy::new(vec![Statement::deny(INVOKE, methods)]))
    }

    /// Creates a response with a custom policy.
    #[must_use]
    pub fn new(principal_id: impl Into<String>, policy_document: Policy) -> Self {
        let principal_id = Some(principal_id.into());
        Self { principal_id, policy_document, context: None, usage_identifier_key: None }
    }

    /// Adds a string for the integration.
    #[must_use]
    pub fn with_context(mut self, name: &str, value: impl Into<String>) -> Self {
        let context = self.context.get_or_insert_default();
        context.insert(name.to_owned(), Value::String(value.into()).into());
        self
    }
}

impl SimpleResponse {
    /// Creates a response.
    #[must_use]
    pub fn new(is_authorized: bool) -> Self {
        Self { is_authorized, context: None }
    }

    /// Adds a string for the integration.
    #[must_use]
    pub fn with_context(mut self, name: &str, value: impl Into<String>) -> Self {
        let context = self.context.get_or_insert_default();
        context.insert(name.to_owned(), Value::String(value.into()).into());
        self
    }
}
