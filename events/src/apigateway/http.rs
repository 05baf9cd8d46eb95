//! HTTP APIs of Amazon API Gateway with payload format 2.0, which Lambda function URLs have too.
//!
//! See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>;
//! examples are in `data/apigateway-http.json`, `data/apigateway-http-iam.json`,
//! `data/apigateway-http-lambda.json` and `data/apigateway-http-response.json`. With payload format
//! 1.0, an HTTP API sends an [`apigateway::rest::Request`](crate::apigateway::rest::Request).

use crate::apigateway::rest::ClientCert;
use crate::values::http::{builds_path, builds_request, looks_up, makes_response, reads_body};
use crate::values::{Absent, omit_absent, parse_query, split_target};
use crate::{EpochMillis, Headers, Json, JsonRef, Map, OneOrMany, Secret};
use miniserde::{Deserialize, Serialize};

/// An HTTP request from an HTTP API or a function URL.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The payload format, `2.0`.
    pub version: Option<String>,
    /// The route, such as `GET /pets/{id}`, or `$default`.
    #[serde(rename = "routeKey")]
    pub route_key: Option<String>,
    /// The path as it was requested, with the stage unless that is `$default`.
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
    /// The request's context: method, caller, stage, times.
    #[serde(rename = "requestContext")]
    pub request_context: RequestContext,
    /// The body, in base64 if `is_base64_encoded`.
    pub body: Option<String>,
    /// Whether `body` is base64.
    #[serde(rename = "isBase64Encoded")]
    pub is_base64_encoded: Option<bool>,
    /// Only authorizers' requests have it.
    #[serde(rename = "routeArn")]
    route_arn: Absent,
}

/// The context of a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    /// The API's account. Of a function URL: the caller's account, or `anonymous`.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The API's id, or that of the function URL.
    #[serde(rename = "apiId")]
    pub api_id: Option<String>,
    /// The client's TLS authentication.
    pub authentication: Option<Authentication>,
    /// The authorizer's result.
    pub authorizer: Option<Authorizer>,
    /// The host name of the request.
    #[serde(rename = "domainName")]
    pub domain_name: Option<String>,
    /// The first label of `domain_name`.
    #[serde(rename = "domainPrefix")]
    pub domain_prefix: Option<String>,
    /// The request line and the client.
    pub http: Http,
    #[serde(rename = "requestId")]
    pub request_id: Option<String>,
    /// The route's id. AWS sends it but does not document it.
    #[serde(rename = "routeId")]
    pub route_id: Option<String>,
    #[serde(rename = "routeKey")]
    pub route_key: Option<String>,
    /// The stage, such as `$default`.
    pub stage: Option<String>,
    /// The time of the request, such as `12/Mar/2026:21:14:25 +0000`.
    pub time: Option<String>,
    /// The same in another form.
    #[serde(rename = "timeEpoch")]
    pub time_epoch: Option<EpochMillis>,
}

/// The request line and the client.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Http {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as it was requested.
    pub path: Option<String>,
    /// `HTTP/1.1`.
    pub protocol: Option<String>,
    /// The client's address.
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<String>,
    /// The header `User-Agent`.
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
}

/// The TLS authentication of a client.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Authentication {
    /// The client's certificate, of mutual TLS.
    #[serde(rename = "clientCert")]
    pub client_cert: Option<ClientCert>,
}

/// The result of an authorizer: one of the three.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Authorizer {
    /// The IAM principal that signed the request.
    pub iam: Option<Iam>,
    /// The claims of a token.
    pub jwt: Option<Jwt>,
    /// The context of a Lambda authorizer.
    pub lambda: Option<Map<Json>>,
}

/// The IAM principal that signed a request.
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
    /// The way of authentication.
    pub amr: Option<OneOrMany>,
    #[serde(rename = "identityId")]
    pub identity_id: Option<String>,
    #[serde(rename = "identityPoolId")]
    pub identity_pool_id: Option<String>,
}

/// The claims of a token.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Jwt {
    /// The claims. API Gateway converts them to strings.
    pub claims: Option<Map<Json>>,
    /// The scopes that the route requires.
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
        let pairs = parse_query(query).into_iter();
        pairs.fold(request, |request, (name, value)| request.with_query(&name, value))
    }
}
looks_up!(Request, cookies: cookies, path: path_parameters);
builds_request!(Request);
builds_path!(Request);
reads_body!(Request);

impl RequestContext {
    /// Returns a claim of the token that the authorizer has checked, such as `sub`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<JsonRef<'_>> {
        self.authorizer.as_ref()?.jwt.as_ref()?.claims.as_ref()?.get(name).map(Json::view)
    }
}

omit_absent! {
    /// The HTTP response.
    ///
    /// ```
    /// use minilambda_events::apigateway::http::Response;
    ///
    /// let response = Response::text(200, "Hi").with_header("Cache-Control", "no-store").with_cookie("a=1");
    /// assert_eq!(response.headers.as_ref().and_then(|headers| headers.get("cache-control")), Some("no-store"));
    /// assert_eq!(response.cookies.as_deref(), Some(&["a=1".into()][..]));
    /// assert_eq!(miniserde::json::to_string(&Response::empty(204)), r#"{"statusCode":204}"#);
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        pub headers: Option<Headers>,
        /// The cookies, each as the value of a `Set-Cookie` header.
        pub cookies: Option<Vec<Secret>>,
        /// The body, in base64 if `is_base64_encoded`.
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
        self.cookies.get_or_insert_default().push(Secret::from(cookie.into()));
        self
    }
}
