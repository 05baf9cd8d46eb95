//! Interceptors of the Gateway of Amazon Bedrock `AgentCore`: functions that see each request
//! before its target, and each response before the caller.
//!
//! See
//! <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-interceptors-types.html>;
//! examples are in `data/bedrock-gateway.json`, `data/bedrock-gateway-result.json`,
//! `data/bedrock-gateway-http.json` and `data/bedrock-gateway-response.json`.

use crate::values::omit_absent;
use crate::{Headers, Json, Map};
use miniserde::{Deserialize, Serialize};

/// A request or a response. One of `mcp` and `http` is set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// `1.0`.
    #[serde(rename = "interceptorInputVersion")]
    pub interceptor_input_version: String,
    /// Targets that speak MCP: bodies are JSON.
    pub mcp: Option<Exchange>,
    /// Other targets: bodies are strings in base64.
    pub http: Option<Exchange>,
}

/// A request, and its response if there is one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    #[serde(rename = "rawGatewayRequest")]
    pub raw_gateway_request: Option<RawRequest>,
    #[serde(rename = "gatewayRequest")]
    pub gateway_request: Option<GatewayRequest>,
    /// Absent before the target is called.
    #[serde(rename = "gatewayResponse")]
    pub gateway_response: Option<GatewayResponse>,
    #[serde(rename = "requestContext")]
    pub request_context: Option<Json>,
}

/// The request as it came.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RawRequest {
    pub body: Option<String>,
}

/// The request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct GatewayRequest {
    pub path: Option<String>,
    #[serde(rename = "httpMethod")]
    pub http_method: Option<String>,
    /// Absent or empty unless the interceptor's configuration passes them.
    pub headers: Option<Headers>,
    /// The message of JSON-RPC, with `method` and `params`; a string in base64 for HTTP.
    pub body: Option<Json>,
    pub context: Option<Json>,
}

/// The target's response.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct GatewayResponse {
    /// Absent after the first event of a stream.
    #[serde(rename = "statusCode")]
    pub status_code: Option<u16>,
    pub headers: Option<Headers>,
    /// The response is a stream, and `body` one event of it.
    #[serde(rename = "isStreamingResponse")]
    pub is_streaming_response: Option<bool>,
    pub body: Option<Json>,
}

omit_absent! {
    /// What the Gateway goes on with.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// `1.0`.
        #[serde(rename = "interceptorOutputVersion")]
        pub interceptor_output_version: String,
        pub mcp: Option<ExchangeResult>,
        pub http: Option<ExchangeResult>,
    }
}

omit_absent! {
    /// The request for the target, or the response for the caller, which counts if both are set.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ExchangeResult {
        #[serde(rename = "transformedGatewayRequest")]
        pub transformed_gateway_request: Option<RequestResult>,
        #[serde(rename = "transformedGatewayResponse")]
        pub transformed_gateway_response: Option<ResponseResult>,
    }
}

omit_absent! {
    /// The request for the target.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct RequestResult {
        pub headers: Option<Map>,
        pub body: Option<Json>,
    }
}

omit_absent! {
    /// The response for the caller.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ResponseResult {
        #[serde(rename = "statusCode")]
        pub status_code: Option<u16>,
        pub headers: Option<Map>,
        pub body: Option<Json>,
    }
}

impl Event {
    /// Returns the response that lets the request or the response pass as it is.
    #[must_use]
    pub fn pass(&self) -> Response {
        let unchanged = |exchange: &Exchange| match &exchange.gateway_response {
            Some(response) => ExchangeResult {
                transformed_gateway_response: Some(ResponseResult {
                    status_code: response.status_code,
                    headers: None,
                    body: response.body.clone(),
                }),
                transformed_gateway_request: None,
            },
            None => ExchangeResult {
                transformed_gateway_request: Some(RequestResult {
                    headers: None,
                    body: exchange.gateway_request.as_ref().and_then(|it| it.body.clone()),
                }),
                transformed_gateway_response: None,
            },
        };
        self.response(unchanged)
    }

    /// Returns the response that the caller gets instead of the target's. With HTTP the body is a
    /// string in base64; with MCP it is a message of JSON-RPC.
    pub fn respond(&self, status_code: u16, body: impl Into<Json>) -> Response {
        let body = body.into();
        let respond = |_: &Exchange| ExchangeResult {
            transformed_gateway_request: None,
            transformed_gateway_response: Some(ResponseResult {
                status_code: Some(status_code),
                headers: None,
                body: Some(body.clone()),
            }),
        };
        self.response(respond)
    }

    fn response(&self, result: impl Fn(&Exchange) -> ExchangeResult) -> Response {
        Response {
            interceptor_output_version: "1.0".to_owned(),
            mcp: self.mcp.as_ref().map(&result),
            http: self.http.as_ref().map(&result),
        }
    }
}
