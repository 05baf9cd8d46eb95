//! WebSocket APIs of Amazon API Gateway: a client connects, sends messages, and disconnects.
//!
//! See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html>;
//! examples are in `data/apigateway-websocket-connect.json`,
//! `data/apigateway-websocket-message.json`, `data/apigateway-websocket-disconnect.json` and
//! `data/apigateway-websocket-response.json`.

use crate::apigateway::rest::Identity;
use crate::values::Absent;
use crate::values::http::{builds_parts, looks_up, reads_body};
use crate::{EpochMillis, Headers, Json, Map, MultiHeaders, NumberOrText};
use miniserde::{Deserialize, Serialize};

/// A connection, a message, or the end of a connection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// As in a REST API; AWS does not document it.
    pub resource: Option<String>,
    /// As in a REST API; AWS does not document it.
    pub path: Option<String>,
    /// As in a REST API; AWS does not document it.
    #[serde(rename = "httpMethod")]
    pub http_method: Option<String>,
    /// The headers, in `CONNECT` and `DISCONNECT`. A repeated one has its last value.
    pub headers: Option<Headers>,
    /// The headers with all their values.
    #[serde(rename = "multiValueHeaders")]
    pub multi_value_headers: Option<MultiHeaders>,
    /// The decoded query, in `CONNECT`. A repeated parameter has its last value.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map>,
    /// The query with all values.
    #[serde(rename = "multiValueQueryStringParameters")]
    pub multi_value_query_string_parameters: Option<Map<Vec<String>>>,
    /// As in a REST API; AWS does not document it.
    #[serde(rename = "pathParameters")]
    pub path_parameters: Option<Map>,
    #[serde(rename = "stageVariables")]
    pub stage_variables: Option<Map>,
    /// The connection and the kind of the event.
    #[serde(rename = "requestContext")]
    pub request_context: RequestContext,
    /// The message, in base64 if `is_base64_encoded`.
    pub body: Option<String>,
    /// Whether `body` is base64.
    #[serde(rename = "isBase64Encoded")]
    pub is_base64_encoded: Option<bool>,
    /// Only authorizers' requests have it.
    #[serde(rename = "methodArn")]
    method_arn: Absent,
}

/// A connection and the kind of the event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    /// `$connect`, `$disconnect`, `$default`, or the route that the message selects.
    #[serde(rename = "routeKey")]
    pub route_key: String,
    /// `CONNECT`, `MESSAGE` or `DISCONNECT`.
    #[serde(rename = "eventType")]
    pub event_type: String,
    /// The connection's id, for messages to the client.
    #[serde(rename = "connectionId")]
    pub connection_id: String,
    /// The time of the connection.
    #[serde(rename = "connectedAt")]
    pub connected_at: Option<EpochMillis>,
    /// The reason for the end of the connection.
    #[serde(rename = "disconnectReason")]
    pub disconnect_reason: Option<String>,
    /// The status code with which the connection was closed, such as 1001.
    #[serde(rename = "disconnectStatusCode")]
    pub disconnect_status_code: Option<NumberOrText>,
    #[serde(rename = "messageId")]
    pub message_id: Option<String>,
    /// `IN`.
    #[serde(rename = "messageDirection")]
    pub message_direction: Option<String>,
    /// The account that owns the API.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(rename = "apiId")]
    pub api_id: Option<String>,
    /// `principalId` and the context of the Lambda authorizer that authorized the connection.
    pub authorizer: Option<Map<Json>>,
    /// The host for messages to the client, with `stage`.
    #[serde(rename = "domainName")]
    pub domain_name: Option<String>,
    /// The first label of `domain_name`.
    #[serde(rename = "domainPrefix")]
    pub domain_prefix: Option<String>,
    /// An error of API Gateway.
    pub error: Option<Json>,
    /// Another id of the request.
    #[serde(rename = "extendedRequestId")]
    pub extended_request_id: Option<String>,
    /// As in a REST API; AWS does not document it.
    #[serde(rename = "httpMethod")]
    pub http_method: Option<String>,
    /// The client.
    pub identity: Option<Identity>,
    /// The duration of the integration, in milliseconds.
    #[serde(rename = "integrationLatency")]
    pub integration_latency: Option<NumberOrText>,
    /// As in a REST API; AWS does not document it.
    pub path: Option<String>,
    /// As in a REST API; AWS does not document it.
    pub protocol: Option<String>,
    #[serde(rename = "requestId")]
    pub request_id: Option<String>,
    /// The time of the event, such as `12/Mar/2026:21:14:25 +0000`.
    #[serde(rename = "requestTime")]
    pub request_time: Option<String>,
    /// The same in another form.
    #[serde(rename = "requestTimeEpoch")]
    pub request_time_epoch: Option<EpochMillis>,
    /// As in a REST API; AWS does not document it.
    #[serde(rename = "resourceId")]
    pub resource_id: Option<String>,
    /// As in a REST API; AWS does not document it.
    #[serde(rename = "resourcePath")]
    pub resource_path: Option<String>,
    pub stage: Option<String>,
    /// The status of the response.
    pub status: Option<NumberOrText>,
}

looks_up!(
    Request,
    multi_headers: multi_value_headers,
    multi_query: multi_value_query_string_parameters
);
reads_body!(Request);
builds_parts!(
    Request,
    multi_headers: multi_value_headers,
    multi_query: multi_value_query_string_parameters
);

impl Request {
    /// Creates an event of a connection, to test a handler without JSON. Its route is `$connect`,
    /// `$disconnect`, or one of messages.
    #[must_use]
    pub fn new(route_key: impl Into<String>, connection_id: impl Into<String>) -> Self {
        let route_key = route_key.into();
        let event_type = match &*route_key {
            "$connect" => "CONNECT",
            "$disconnect" => "DISCONNECT",
            _ => "MESSAGE",
        };
        Self {
            request_context: RequestContext {
                event_type: event_type.to_owned(),
                route_key,
                connection_id: connection_id.into(),
                ..Default::default()
            },
            ..Default::default()
        }
    }
}
