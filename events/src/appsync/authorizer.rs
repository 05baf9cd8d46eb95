//! Lambda authorizers of AWS AppSync: of GraphQL APIs and of the Events API.
//!
//! See
//! <https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#aws-lambda-authorization>
//! and <https://docs.aws.amazon.com/appsync/latest/eventapi/configure-event-api-auth.html>;
//! examples are in `data/appsync-authorizer.json`, `data/appsync-authorizer-events.json` and
//! `data/appsync-authorizer-response.json`.

use crate::values::Absent;
use crate::values::omit_absent;
use crate::{Headers, Json, Secret};
use miniserde::{Deserialize, Serialize};

/// A request to authorize.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The token that the client sent: the header `authorization`.
    #[serde(rename = "authorizationToken")]
    pub authorization_token: Secret,
    /// The request's context.
    #[serde(rename = "requestContext")]
    pub request_context: RequestContext,
    #[serde(rename = "requestHeaders")]
    pub request_headers: Option<Headers>,
    /// Only requests to authorizers of API Gateway have it.
    #[serde(rename = "methodArn")]
    method_arn: Absent,
}

impl Request {
    /// Returns the token without `Bearer` in front of it.
    #[must_use]
    pub fn bearer_token(&self) -> &str {
        let token = self.authorization_token.expose();
        match token.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
            _ => token,
        }
    }
}

/// The request's context.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    #[serde(rename = "apiId")]
    pub api_id: String,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The request.
    #[serde(rename = "requestId")]
    pub request_id: Option<String>,
    /// The query, in GraphQL.
    #[serde(rename = "queryString")]
    pub query_string: Option<String>,
    /// The operation's name.
    #[serde(rename = "operationName")]
    pub operation_name: Option<String>,
    /// The query's variables.
    pub variables: Option<Json>,
    /// In the Events API: `EVENT_CONNECT`, `EVENT_SUBSCRIBE` or `EVENT_PUBLISH`.
    pub operation: Option<String>,
    /// In the Events API: the channel's namespace. Absent for `EVENT_CONNECT`.
    #[serde(rename = "channelNamespaceName")]
    pub channel_namespace_name: Option<String>,
    /// In the Events API: the channel's path. Absent for `EVENT_CONNECT`.
    pub channel: Option<String>,
}

omit_absent! {
    /// The response.
    ///
    /// ```
    /// use minilambda_events::appsync::authorizer::Response;
    ///
    /// let response = Response { denied_fields: Some(vec!["Mutation.drop".into()]), ..Response::allow() };
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// Whether the request is authorized.
        #[serde(rename = "isAuthorized")]
        pub is_authorized: bool,
        /// Data for resolvers, in the identity.
        #[serde(rename = "resolverContext")]
        pub resolver_context: Option<Json>,
        /// In the Events API: data for handlers, in the identity.
        #[serde(rename = "handlerContext")]
        pub handler_context: Option<Json>,
        /// Fields that become null for this request, as ARNs or as `Type.field`.
        #[serde(rename = "deniedFields")]
        pub denied_fields: Option<Vec<String>>,
        /// How long AppSync caches the response, in seconds, instead of the API's setting.
        #[serde(rename = "ttlOverride")]
        pub ttl_override: Option<u64>,
    }
}

impl Response {
    /// Authorizes the request.
    #[must_use]
    pub fn allow() -> Self {
        Self { is_authorized: true, ..Default::default() }
    }

    /// Denies the request.
    #[must_use]
    pub fn deny() -> Self {
        Self { is_authorized: false, ..Default::default() }
    }
}
