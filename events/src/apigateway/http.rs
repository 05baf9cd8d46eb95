//! API Gateway: HTTP APIs with payload format 2.0, which is that of Lambda function URLs too.
//!
//! See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>;
//! examples are in `data/apigateway-http.json`, `data/apigateway-http-iam.json`,
//! `data/apigateway-http-lambda.json` and `data/apigateway-http-response.json`.
//! With payload format 1.0, an HTTP API sends an [`apigateway::rest::Request`](crate::apigateway::rest::Request).

use crate::apigateway::rest::ClientCert;
use crate::values::Absent;
use crate::values::http::{
    builds_path, builds_request, decode_part, looks_up, makes_response, reads_body, split_target,
};
use crate::values::omit_absent;
use crate::{EpochMillis, Headers, Json, Map, OneOrMany};
use miniserde::json::Value;
use miniserde::{Deserialize, Serialize};

/// An HTTP request, as API Gateway or a function URL hands it to the function.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The payload format, `2.0`.
    pub version: Option<String>,
    /// The route, such as `GET /pets/{id}`, or `$default`.
    #[serde(rename = "routeKey")]
    pub route_key: Option<String>,
    /// The path as requested, with the stage unless that is `$default`.
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
    /// What API Gateway knows of the request: method, caller, stage, times.
    #[serde(rename = "requestContext")]
    pub request_context: RequestContext,
    /// The body, in base64 where `is_base64_encoded`.
    pub body: Option<String>,
    /// Whether `body` is base64.
    #[serde(rename = "isBase64Encoded")]
    pub is_base64_encoded: Option<bool>,
    /// Only an authorizer's request has it.
    #[serde(rename = "routeArn")]
    route_arn: Absent,
}

/// What API Gateway knows of a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    /// The account that owns the API; of a function URL the caller's, or `anonymous`.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The API's id, or that of the function URL.
    #[serde(rename = "apiId")]
    pub api_id: Option<String>,
    /// What TLS tells of the client.
    pub authentication: Option<Authentication>,
    /// What the authorizer found.
    pub authorizer: Option<Authorizer>,
    /// The host that was asked.
    #[serde(rename = "domainName")]
    pub domain_name: Option<String>,
    /// The first label of `domain_name`.
    #[serde(rename = "domainPrefix")]
    pub domain_prefix: Option<String>,
    /// The request line and its sender.
    pub http: Http,
    #[serde(rename = "requestId")]
    pub request_id: Option<String>,
    /// The route's id, which the service sends although AWS does not document it.
    #[serde(rename = "routeId")]
    pub route_id: Option<String>,
    #[serde(rename = "routeKey")]
    pub route_key: Option<String>,
    /// The stage, such as `$default`.
    pub stage: Option<String>,
    /// When the request came, such as `12/Mar/2026:21:14:25 +0000`.
    pub time: Option<String>,
    /// The same.
    #[serde(rename = "timeEpoch")]
    pub time_epoch: Option<EpochMillis>,
}

/// A request line and its sender.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Http {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as requested.
    pub path: Option<String>,
    /// `HTTP/1.1`.
    pub protocol: Option<String>,
    /// The address that the request came from.
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<String>,
    /// The header `User-Agent`.
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
}

/// What TLS tells of a client.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Authentication {
    /// The client's certificate, where TLS is mutual.
    #[serde(rename = "clientCert")]
    pub client_cert: Option<ClientCert>,
}

/// What an authorizer found; one of the three is there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Authorizer {
    /// Who signed the request.
    pub iam: Option<Iam>,
    /// What a token says.
    pub jwt: Option<Jwt>,
    /// The context that an authorizer function gave.
    pub lambda: Option<Map<Json>>,
}

/// Who signed a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Iam {
    #[serde(rename = "accessKey")]
    pub access_key: Option<String>,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The principal's id.
    #[serde(rename = "callerId")]
    pub caller_id: Option<String>,
    #[serde(rename = "cognitoIdentity")]
    pub cognito_identity: Option<CognitoIdentity>,
    /// The caller's organization.
    #[serde(rename = "principalOrgId")]
    pub principal_org_id: Option<String>,
    #[serde(rename = "userArn")]
    pub user_arn: Option<String>,
    #[serde(rename = "userId")]
    pub user_id: Option<String>,
}

/// A Cognito identity.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CognitoIdentity {
    /// How it signed in.
    pub amr: Option<OneOrMany>,
    #[serde(rename = "identityId")]
    pub identity_id: Option<String>,
    #[serde(rename = "identityPoolId")]
    pub identity_pool_id: Option<String>,
}

/// What a token says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Jwt {
    /// Its claims; API Gateway makes strings of them.
    pub claims: Option<Map<Json>>,
    /// Those of its scopes that the route asks for.
    pub scopes: Option<Vec<String>>,
}

impl Request {
    /// Creates a request, to test a handler without JSON. The target may have a query.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = split_target(target);
        let request = Self {
            version: Some("2.0".to_owned()),
            route_key: Some("$default".to_owned()),
            raw_path: path.to_owned(),
            raw_query_string: target.split_once('?').map(|(_, query)| query.to_owned()),
            request_context: RequestContext {
                http: Http {
                    method: method.to_owned(),
                    path: Some(path.to_owned()),
                    ..Default::default()
                },
                stage: Some("$default".to_owned()),
                ..Default::default()
            },
            ..Default::default()
        };
        query.into_iter().fold(request, |request, (name, value)| {
            request.with_query(&decode_part(name), decode_part(value))
        })
    }
}
looks_up!(Request, cookies: cookies, path: path_parameters);
builds_request!(Request);
builds_path!(Request);
reads_body!(Request);

impl RequestContext {
    /// A claim of the token that the authorizer has checked, such as `sub`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.authorizer.as_ref()?.jwt.as_ref()?.claims.as_ref()?.get(name).map(|claim| &**claim)
    }
}

omit_absent! {
    /// The HTTP response that is made of the function's answer.
    ///
    /// ```
    /// use minilambda_events::apigateway::http::Response;
    ///
    /// let response = Response::text(200, "Hi").with_header("Cache-Control", "no-store").with_cookie("a=1");
    /// assert_eq!(response.headers.as_ref().and_then(|headers| headers.get("cache-control")), Some("no-store"));
    /// assert_eq!(response.cookies.as_deref(), Some(&["a=1".to_owned()][..]));
    /// assert_eq!(miniserde::json::to_string(&Response::empty(204)), r#"{"statusCode":204}"#);
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        pub headers: Option<Headers>,
        /// The cookies, each as the value of a `Set-Cookie` header.
        pub cookies: Option<Vec<String>>,
        /// The body, in base64 where `is_base64_encoded`.
        pub body: Option<String>,
        /// Whether `body` is base64.
        #[serde(rename = "isBase64Encoded")]
        pub is_base64_encoded: Option<bool>,
    }
}
makes_response!(Response);

impl Response {
    /// Adds a cookie: the value of a `Set-Cookie` header.
    #[must_use]
    pub fn with_cookie(mut self, cookie: impl Into<String>) -> Self {
        self.cookies.get_or_insert_default().push(cookie.into());
        self
    }
}
