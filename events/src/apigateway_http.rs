//! API Gateway: HTTP APIs with payload format 2.0, which is that of Lambda function URLs too.
//!
//! See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>;
//! examples are in `data/apigateway-http.json`, `data/apigateway-http-iam.json`,
//! `data/apigateway-http-lambda.json` and `data/apigateway-http-response.json`.
//! With payload format 1.0, an HTTP API sends an [`apigateway::Request`](crate::apigateway::Request).

use crate::apigateway::ClientCert;
use crate::values::http::{makes_response, reads_body};
use crate::values::omit_absent;
use crate::{Absent, EpochMillis, Headers, Map, OneOrMany};
use miniserde::json::Value;
use miniserde::{Deserialize, Serialize};

/// An HTTP request, as API Gateway or a function URL hands it to the function.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// What stands for the placeholders of the route.
    #[serde(rename = "pathParameters")]
    pub path_parameters: Option<Map>,
    /// The stage's variables.
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
    pub route_arn: Absent,
}

/// What API Gateway knows of a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// The request's id.
    #[serde(rename = "requestId")]
    pub request_id: Option<String>,
    /// The route.
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
#[derive(Clone, Debug, Deserialize, Serialize)]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Authentication {
    /// The client's certificate, where TLS is mutual.
    #[serde(rename = "clientCert")]
    pub client_cert: Option<ClientCert>,
}

/// What an authorizer found; one of the three is there.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Authorizer {
    /// Who signed the request.
    pub iam: Option<Iam>,
    /// What a token says.
    pub jwt: Option<Jwt>,
    /// The context that an authorizer function gave.
    pub lambda: Option<Map<Value>>,
}

/// Who signed a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Iam {
    /// The access key.
    #[serde(rename = "accessKey")]
    pub access_key: Option<String>,
    /// The account.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The principal's id.
    #[serde(rename = "callerId")]
    pub caller_id: Option<String>,
    /// The Cognito identity.
    #[serde(rename = "cognitoIdentity")]
    pub cognito_identity: Option<CognitoIdentity>,
    /// The caller's organization.
    #[serde(rename = "principalOrgId")]
    pub principal_org_id: Option<String>,
    /// The user's ARN.
    #[serde(rename = "userArn")]
    pub user_arn: Option<String>,
    /// The user's id.
    #[serde(rename = "userId")]
    pub user_id: Option<String>,
}

/// A Cognito identity.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CognitoIdentity {
    /// How it signed in.
    pub amr: Option<OneOrMany>,
    /// Its id.
    #[serde(rename = "identityId")]
    pub identity_id: Option<String>,
    /// The identity pool that it is of.
    #[serde(rename = "identityPoolId")]
    pub identity_pool_id: Option<String>,
}

/// What a token says.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Jwt {
    /// Its claims; API Gateway makes texts of them.
    pub claims: Option<Map<Value>>,
    /// Those of its scopes that the route asks for.
    pub scopes: Option<Vec<String>>,
}

impl Request {
    /// The value of a header, whose name may be written in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.get(name)
    }

    /// The value of a cookie.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut cookies = self.cookies.iter().flatten().filter_map(|cookie| cookie.split_once('='));
        cookies.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// A parameter of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query_string_parameters.as_ref()?.get(name).map(String::as_str)
    }

    /// What stands for a placeholder of the route: of `{id}`, by the name `id`.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.as_ref()?.get(name).map(String::as_str)
    }
}
reads_body!(Request);

impl RequestContext {
    /// A claim of the token that the authorizer has checked, such as `sub`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.authorizer.as_ref()?.jwt.as_ref()?.claims.as_ref()?.get(name)
    }
}

omit_absent! {
    /// The HTTP response that is made of the function's answer.
    ///
    /// ```
    /// use minilambda_events::apigateway_http::Response;
    ///
    /// let response = Response::text(200, "Hi").with_header("Cache-Control", "no-store").with_cookie("a=1");
    /// assert_eq!(response.headers.as_ref().and_then(|headers| headers.get("cache-control")), Some("no-store"));
    /// assert_eq!(response.cookies.as_deref(), Some(&["a=1".to_owned()][..]));
    /// assert_eq!(miniserde::json::to_string(&Response::empty(204)), r#"{"statusCode":204}"#);
    /// ```
    #[derive(Clone, Debug, Default, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        /// The headers.
        pub headers: Option<Headers>,
        /// The cookies: of each, what stands in a header `Set-Cookie`.
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
    /// The response with one more cookie: what stands in a header `Set-Cookie`.
    #[must_use]
    pub fn with_cookie(mut self, cookie: impl Into<String>) -> Self {
        self.cookies.get_or_insert_default().push(cookie.into());
        self
    }
}
