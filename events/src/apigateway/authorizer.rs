//! API Gateway: authorizer functions, of REST, WebSocket and HTTP APIs.
//!
//! See <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
//! and <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>;
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
use crate::{Headers, Json, Map, MultiHeaders, OneOrMany, apigateway};
use miniserde::json::Value;
use miniserde::{Deserialize, Serialize};

/// May the bearer of a token call a method of a REST API?
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TokenRequest {
    /// `TOKEN`.
    #[serde(rename = "type")]
    kind: TokenKind,
    /// The header that the authorizer names, such as `Bearer …`.
    #[serde(rename = "authorizationToken")]
    pub authorization_token: String,
    /// The ARN of the method that is called.
    #[serde(rename = "methodArn")]
    pub method_arn: String,
}

checked_text! {
    /// `TOKEN`, and nothing else.
    pub(crate) struct TokenKind(|text| text == "TOKEN", "TOKEN")
}

checked_text! {
    /// `REQUEST`, and nothing else.
    pub(crate) struct RequestKind(|text| text == "REQUEST", "REQUEST")
}

/// May a request to a REST API pass, or one to an HTTP API with payload format 1.0?
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The payload format, `1.0`; only in HTTP APIs.
    pub version: Option<String>,
    /// `REQUEST`.
    #[serde(rename = "type")]
    kind: RequestKind,
    /// The ARN of the method or route that is called.
    #[serde(rename = "methodArn")]
    pub method_arn: String,
    /// The values by which the response is cached, joined with commas; only in HTTP APIs.
    #[serde(rename = "identitySource")]
    pub identity_source: Option<OneOrMany>,
    /// The same.
    #[serde(rename = "authorizationToken")]
    pub authorization_token: Option<String>,
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
    /// The path parameters, by the names in `resource`.
    #[serde(rename = "pathParameters")]
    pub path_parameters: Option<Map>,
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// What API Gateway knows of the request.
    #[serde(rename = "requestContext")]
    pub request_context: apigateway::rest::RequestContext,
}

/// May a client connect to a WebSocket API?
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct WebSocketRequest {
    /// `REQUEST`.
    #[serde(rename = "type")]
    kind: RequestKind,
    /// The ARN of the route `$connect`.
    #[serde(rename = "methodArn")]
    pub method_arn: String,
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
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// The connection.
    #[serde(rename = "requestContext")]
    pub request_context: websocket::RequestContext,
}

/// May a request to an HTTP API with payload format 2.0 pass?
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The payload format, `2.0`.
    pub version: Option<String>,
    /// `REQUEST`.
    #[serde(rename = "type")]
    kind: RequestKind,
    /// The ARN of the route that is called.
    #[serde(rename = "routeArn")]
    pub route_arn: String,
    /// The values by which the response is cached.
    #[serde(rename = "identitySource")]
    pub identity_source: Option<OneOrMany>,
    /// The route, such as `GET /pets/{id}`, or `$default`.
    #[serde(rename = "routeKey")]
    pub route_key: Option<String>,
    /// The path as requested.
    #[serde(rename = "rawPath")]
    pub raw_path: String,
    /// The query as requested.
    #[serde(rename = "rawQueryString")]
    pub raw_query_string: Option<String>,
    /// The cookies, each as `name=value`.
    pub cookies: Option<Vec<String>>,
    /// The headers, cookies apart; the values of a repeated one are joined with commas.
    pub headers: Option<Headers>,
    /// The query, decoded; the values of a repeated parameter are joined with commas.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map>,
    /// The path parameters, by the names of the route.
    #[serde(rename = "pathParameters")]
    pub path_parameters: Option<Map>,
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// What API Gateway knows of the request.
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
    /// The response: an IAM policy. API Gateway keeps it for a while, for all requests with the same
    /// token or identity source, so it has to say of other methods too whether they may be called.
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
        /// Who the caller is.
        #[serde(rename = "principalId")]
        pub principal_id: Option<String>,
        /// What the caller may do.
        #[serde(rename = "policyDocument")]
        pub policy_document: Policy,
        /// What the function after the API gets to know, as `authorizer` in its request's
        /// context: strings, numbers and booleans.
        pub context: Option<Map<Json>>,
        /// The API key by which a usage plan counts the request.
        #[serde(rename = "usageIdentifierKey")]
        pub usage_identifier_key: Option<String>,
    }
}

omit_absent! {
    /// The simple answer, yes or no, of an authorizer with payload format 2.0 and simple responses.
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
        /// Whether the request may pass.
        #[serde(rename = "isAuthorized")]
        pub is_authorized: bool,
        /// What the function after the API gets to know, as `authorizer.lambda` in its request's
        /// context.
        pub context: Option<Map<Json>>,
    }
}

/// What a policy for an API allows or denies.
const INVOKE: &str = "execute-api:Invoke";

impl Response {
    /// The caller may call the methods, which are one ARN or many, with `*` in them or without.
    #[must_use]
    pub fn allow(principal_id: impl Into<String>, methods: impl Into<OneOrMany>) -> Self {
        Self::new(principal_id, Policy::new(vec![Statement::allow(INVOKE, methods)]))
    }

    /// The caller may not call the methods.
    #[must_use]
    pub fn deny(principal_id: impl Into<String>, methods: impl Into<OneOrMany>) -> Self {
        Self::new(principal_id, Policy::new(vec![Statement::deny(INVOKE, methods)]))
    }

    /// The caller may do what the policy says.
    #[must_use]
    pub fn new(principal_id: impl Into<String>, policy_document: Policy) -> Self {
        let principal_id = Some(principal_id.into());
        Self { principal_id, policy_document, context: None, usage_identifier_key: None }
    }

    /// The response with one more text for the function after the API.
    #[must_use]
    pub fn with_context(mut self, name: &str, value: impl Into<String>) -> Self {
        let context = self.context.get_or_insert_default();
        context.insert(name.to_owned(), Value::String(value.into()).into());
        self
    }
}

impl SimpleResponse {
    /// The request may pass, or not.
    #[must_use]
    pub fn new(is_authorized: bool) -> Self {
        Self { is_authorized, context: None }
    }

    /// The response with one more text for the function after the API.
    #[must_use]
    pub fn with_context(mut self, name: &str, value: impl Into<String>) -> Self {
        let context = self.context.get_or_insert_default();
        context.insert(name.to_owned(), Value::String(value.into()).into());
        self
    }
}
