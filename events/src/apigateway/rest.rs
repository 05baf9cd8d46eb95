//! REST APIs of Amazon API Gateway with Lambda proxy integration, and HTTP APIs with payload format
//! 1.0.
//!
//! See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>;
//! examples are in `data/apigateway-rest.json`, `data/apigateway-rest-iam.json`,
//! `data/apigateway-http-1.json` and `data/apigateway-rest-response.json`.

use crate::values::http::{builds_path, builds_request, looks_up, makes_response, reads_body};
use crate::values::{Absent, omit_absent, parse_query, split_target};
use crate::{EpochMillis, Headers, Json, JsonRef, Map, MultiHeaders, OneOrMany, Secret};
use miniserde::{Deserialize, Serialize};

/// An HTTP request from a REST API.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The payload format, `1.0`. Only of HTTP APIs.
    pub version: Option<String>,
    /// The path pattern of the resource, such as `/pets/{id}`. AWS always sends it; requests that
    /// are written by hand often lack it.
    pub resource: Option<String>,
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
    pub request_context: RequestContext,
    /// The body, in base64 if `is_base64_encoded`.
    pub body: Option<String>,
    /// Whether `body` is base64.
    #[serde(rename = "isBase64Encoded")]
    pub is_base64_encoded: Option<bool>,
    /// Only authorizers' requests have it.
    #[serde(rename = "methodArn")]
    method_arn: Absent,
}

/// The context of a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    /// Only requests of Application Load Balancers have it.
    elb: Absent,
    /// The account that owns the API.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(rename = "apiId")]
    pub api_id: Option<String>,
    /// The authorizer's result: `claims` and `scopes` of a token, or `principalId` and the context
    /// of a Lambda authorizer.
    pub authorizer: Option<Map<Json>>,
    /// The id of the API's deployment.
    #[serde(rename = "deploymentId")]
    pub deployment_id: Option<String>,
    /// The host name of the request.
    #[serde(rename = "domainName")]
    pub domain_name: Option<String>,
    /// The first label of `domain_name`.
    #[serde(rename = "domainPrefix")]
    pub domain_prefix: Option<String>,
    /// Another id of the request.
    #[serde(rename = "extendedRequestId")]
    pub extended_request_id: Option<String>,
    /// `GET`, `POST`, …
    #[serde(rename = "httpMethod")]
    pub http_method: Option<String>,
    /// The caller.
    pub identity: Option<Identity>,
    /// The operation's name in the API's definition.
    #[serde(rename = "operationName")]
    pub operation_name: Option<String>,
    /// The path with the stage.
    pub path: Option<String>,
    /// `HTTP/1.1`.
    pub protocol: Option<String>,
    #[serde(rename = "requestId")]
    pub request_id: Option<String>,
    /// The time of the request, such as `12/Mar/2026:21:14:25 +0000`.
    #[serde(rename = "requestTime")]
    pub request_time: Option<String>,
    /// The same in another form.
    #[serde(rename = "requestTimeEpoch")]
    pub request_time_epoch: Option<EpochMillis>,
    #[serde(rename = "resourceId")]
    pub resource_id: Option<String>,
    /// The resource's path pattern.
    #[serde(rename = "resourcePath")]
    pub resource_path: Option<String>,
    pub stage: Option<String>,
    /// HTTP APIs with payload format 1.0: `method`, `path`, `protocol`, `sourceIp`, `userAgent`.
    pub http: Option<Map>,
    /// HTTP APIs with payload format 1.0: the route, such as `GET /pets/{id}`.
    #[serde(rename = "routeKey")]
    pub route_key: Option<String>,
    /// HTTP APIs with payload format 1.0: the same as `request_time`.
    pub time: Option<String>,
    /// HTTP APIs with payload format 1.0: the same as `request_time_epoch`.
    #[serde(rename = "timeEpoch")]
    pub time_epoch: Option<EpochMillis>,
    /// Only events of WebSocket APIs have it.
    #[serde(rename = "connectionId")]
    connection_id: Absent,
}

/// The caller of a request. Fields that do not apply are null.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// The access key that signed the request.
    #[serde(rename = "accessKey")]
    pub access_key: Option<String>,
    /// The caller's account, if the request is signed.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(rename = "apiKey")]
    pub api_key: Option<Secret>,
    #[serde(rename = "apiKeyId")]
    pub api_key_id: Option<String>,
    /// The principal that signed the request.
    pub caller: Option<String>,
    /// The client's certificate, of mutual TLS.
    #[serde(rename = "clientCert")]
    pub client_cert: Option<ClientCert>,
    /// The way of authentication of a Cognito identity.
    #[serde(rename = "cognitoAmr")]
    pub cognito_amr: Option<OneOrMany>,
    /// The identity provider of a Cognito identity.
    #[serde(rename = "cognitoAuthenticationProvider")]
    pub cognito_authentication_provider: Option<String>,
    /// `authenticated` or `unauthenticated`.
    #[serde(rename = "cognitoAuthenticationType")]
    pub cognito_authentication_type: Option<String>,
    #[serde(rename = "cognitoIdentityId")]
    pub cognito_identity_id: Option<String>,
    #[serde(rename = "cognitoIdentityPoolId")]
    pub cognito_identity_pool_id: Option<String>,
    /// The caller's organization.
    #[serde(rename = "principalOrgId")]
    pub principal_org_id: Option<String>,
    /// The client's address. `test-invoke-source-ip` in the console.
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<String>,
    /// The user that signed the request.
    pub user: Option<String>,
    /// The header `User-Agent`.
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
    /// The ARN of the user that signed the request.
    #[serde(rename = "userArn")]
    pub user_arn: Option<String>,
    /// Private APIs: the client's VPC.
    #[serde(rename = "vpcId")]
    pub vpc_id: Option<String>,
    /// Private APIs: the VPC endpoint.
    #[serde(rename = "vpceId")]
    pub vpce_id: Option<String>,
}

/// A client's certificate.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ClientCert {
    /// The certificate in PEM.
    #[serde(rename = "clientCertPem")]
    pub client_cert_pem: Option<String>,
    /// The subject.
    #[serde(rename = "subjectDN")]
    pub subject_dn: Option<String>,
    /// The issuer.
    #[serde(rename = "issuerDN")]
    pub issuer_dn: Option<String>,
    /// The serial number, in hexadecimal digits.
    #[serde(rename = "serialNumber")]
    pub serial_number: Option<String>,
    /// The period of validity.
    pub validity: Option<Validity>,
}

/// The period of validity of a certificate, with times such as `May 28 12:30:02 2026 GMT`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Validity {
    /// The beginning.
    #[serde(rename = "notBefore")]
    pub not_before: Option<String>,
    /// The end.
    #[serde(rename = "notAfter")]
    pub not_after: Option<String>,
}

impl Request {
    /// Creates a request, to test a handler without JSON. The target may have a query.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = split_target(target);
        let request = Self {
            resource: Some(path.to_owned()),
            path: path.to_owned(),
            http_method: method.to_owned(),
            request_context: RequestContext {
                http_method: Some(method.to_owned()),
                path: Some(path.to_owned()),
                ..Default::default()
            },
            ..Default::default()
        };
        let pairs = parse_query(query).into_iter();
        pairs.fold(request, |request, (name, value)| request.with_query(&name, value))
    }
}
looks_up!(
    Request,
    multi_headers: multi_value_headers,
    multi_query: multi_value_query_string_parameters,
    path: path_parameters
);
builds_request!(
    Request,
    multi_headers: multi_value_headers,
    multi_query: multi_value_query_string_parameters
);
builds_path!(Request);
reads_body!(Request);

impl RequestContext {
    /// Returns a claim of the token that the authorizer has checked, such as `sub`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<JsonRef<'_>> {
        self.authorizer.as_ref()?.get("claims")?.get(name)
    }
}

omit_absent! {
    /// The HTTP response.
    ///
    /// ```
    /// use minilambda_events::{Map, apigateway::rest::Response};
    ///
    /// let response = Response::json(200, &Map::from([("name", "Rex".to_owned())]));
    /// assert_eq!(response.body.as_deref(), Some(r#"{"name":"Rex"}"#));
    ///
    /// let response = Response::redirect(303, "/pets").with_cookie("a=1; Secure").with_cookie("b=2");
    /// assert_eq!(
    ///     miniserde::json::to_string(&response),
    ///     concat!(
    ///         r#"{"statusCode":303,"headers":{"Location":"/pets"},"#,
    ///         r#""multiValueHeaders":{"Set-Cookie":["a=1; Secure","b=2"]}}"#,
    ///     )
    /// );
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
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
makes_response!(Response);

impl Response {
    /// Adds a cookie: the value of a `Set-Cookie` header.
    #[must_use]
    pub fn with_cookie(mut self, cookie: impl Into<String>) -> Self {
        self.multi_value_headers.get_or_insert_default().add("Set-Cookie", cookie);
        self
    }
}
