//! The responses of API Gateway to requests that an authorizer refuses.
//!
//! See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.

use super::FrontEnd;
use super::response::{Head, reason_header, with_content_type};

/// The reason why a request does not reach its function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    kind: Kind,
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The caller is not known.
    Unauthorized,
    /// The same, of an authorizer that reads tokens itself.
    NoToken,
    Forbidden {
        is_explicit: bool,
    },
    /// The authorizer has failed, or its response is wrong.
    Failed,
}

impl Refusal {
    pub fn unauthorized(reason: impl Into<String>) -> Self {
        Self { kind: Kind::Unauthorized, reason: reason.into() }
    }

    pub fn no_token(reason: impl Into<String>) -> Self {
        Self { kind: Kind::NoToken, reason: reason.into() }
    }

    /// A policy denies it, or none allows it.
    pub fn forbidden(is_explicit: bool, reason: impl Into<String>) -> Self {
        Self { kind: Kind::Forbidden { is_explicit }, reason: reason.into() }
    }

    pub fn failed(reason: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, reason: reason.into() }
    }

    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the response that a client gets. The reason is in the header `x-local-reason`.
    pub fn response(&self, front_end: FrontEnd) -> (Head, Vec<u8>) {
        let is_rest = front_end == FrontEnd::RestApi;
        let (status, body) = match self.kind {
            Kind::Unauthorized | Kind::NoToken => (401, r#"{"message":"Unauthorized"}"#),
            Kind::Forbidden { .. } if !is_rest => (403, r#"{"message":"Forbidden"}"#),
            Kind::Forbidden { is_explicit: true } => (
                403,
                r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
            ),
            Kind::Forbidden { is_explicit: false } => {
                (403, r#"{"Message":"User is not authorized to access this resource"}"#)
            }
            Kind::Failed if is_rest => (500, r#"{"message":null}"#),
            Kind::Failed => (500, r#"{"message":"Internal Server Error"}"#),
        };
        let mut head = with_content_type(status, "application/json");
        let mut add = |name: &str, value: &str| {
            head.headers.push((name.to_owned(), value.to_owned()));
        };
        match self.kind {
            Kind::NoToken if !is_rest => add("www-authenticate", "Bearer"),
            _ if !is_rest => {}
            Kind::Unauthorized | Kind::NoToken => add("x-amzn-errortype", "UnauthorizedException"),
            Kind::Forbidden { .. } => add("x-amzn-errortype", "AccessDeniedException"),
            Kind::Failed => add("x-amzn-errortype", "AuthorizerConfigurationException"),
        }
        head.headers.push(reason_header(&self.reason));
        (head, body.as_bytes().to_vec())
    }
}
