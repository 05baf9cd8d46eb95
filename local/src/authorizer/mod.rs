//! Lambda authorizers: a handler decides whether a request may reach another one, and who has sent
//! it.
//!
//! See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
//! and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

mod response;

pub(crate) use response::Cache;

use crate::error::{Error, ErrorKind};
use crate::front_end::{FrontEnd, Identity, Refusal};
use crate::http::HttpRequest;
use crate::invocation::{Invocation, Request};
use crate::json::{array, object, text};
use crate::pool::Pool;
use crate::settings::ACCOUNT;
use miniserde::json::{Object, Value};
use response::Response;
use std::time::Duration;

/// The time for which a response is kept, as API Gateway keeps it for a REST API.
const TTL: Duration = Duration::from_secs(300);

/// A Lambda authorizer of API Gateway: a handler of the same program that decides about each
/// request.
///
/// It gets what API Gateway sends: through an HTTP API an event of type REQUEST in the payload
/// format of the front end, through a REST API one of type TOKEN, or REQUEST. It returns a policy,
/// or through an HTTP API with payload format 2.0 a simple response (`isAuthorized`). The context
/// of its response goes to the function.
#[derive(Clone, Debug)]
#[must_use]
pub struct Authorizer {
    handler: String,
    is_of_token: bool,
    sources: Result<Vec<Source>, String>,
    ttl: Duration,
}

/// The part of a request that identifies its caller.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    Header(String),
    Query(String),
}

/// The decision about a request, with the invocation of the authorizer if it was invoked for it.
pub(crate) type Decision = (Result<Identity, Refusal>, Option<Invocation>);

impl Authorizer {
    /// Returns an authorizer with the header `Authorization` as its identity source, whose
    /// responses are kept for 300 s.
    pub fn new(handler: impl Into<String>) -> Self {
        let sources = Ok(vec![Source::Header("authorization".to_owned())]);
        Self { handler: handler.into(), is_of_token: true, sources, ttl: TTL }
    }

    /// Makes the type REQUEST of it if it belongs to a REST API. It is TOKEN if this is not called;
    /// other front ends have REQUEST only.
    pub fn of_request(mut self) -> Self {
        self.is_of_token = false;
        self
    }

    /// Sets the identity sources: names of headers, or AWS's expressions such as
    /// `$request.querystring.key` and `method.request.header.X-Key`. A request without one of them
    /// is refused with 401. Without identity sources, each request is decided again.
    pub fn identity_sources<S: AsRef<str>>(mut self, sources: impl IntoIterator<Item = S>) -> Self {
        self.sources = sources.into_iter().map(|source| Source::parse(source.as_ref())).collect();
        self
    }

    /// Sets how long a response is kept for the same values of the identity sources; zero is not at
    /// all.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// The handler of the authorizer.
    pub(crate) fn handler(&self) -> &str {
        &self.handler
    }

    /// Whether its type for a REST API is REQUEST.
    pub(crate) fn is_of_request(&self) -> bool {
        !self.is_of_token
    }

    /// The identity sources, as [`identity_sources`](Self::identity_sources) takes them.
    pub(crate) fn sources(&self) -> Vec<String> {
        let name = |source: &Source| match source {
            Source::Header(name) => name.clone(),
            Source::Query(name) => format!("$request.querystring.{name}"),
        };
        self.sources.iter().flatten().map(name).collect()
    }

    /// Decides about a request; `event` is the one that the function would get.
    pub(crate) fn decide(
        &self,
        cache: &Cache,
        lambda: &Pool,
        front_end: FrontEnd,
        request: &HttpRequest,
        event: &Object,
    ) -> Result<Decision, Error> {
        let wrong = |reason: &String| Error::new(ErrorKind::InvalidSettings, reason.clone());
        let mut values = Vec::new();
        for source in self.sources.as_ref().map_err(wrong)? {
            let Some(value) = source.value(request).filter(|value| !value.is_empty()) else {
                let reason = format!("the request has no {}", source.describe());
                return Ok((Err(Refusal::unauthorized(reason)), None));
            };
            values.push(value);
        }
        let settings = lambda.settings();
        let arn = method_arn(front_end, request, &settings.region);
        if let Some(response) = cache.get(&values, &settings, self.ttl) {
            return Ok((response.apply(front_end, &arn), None));
        }
        let event = self.event(front_end, &values, event, &arn);
        let event = miniserde::json::to_string(&event);
        let asked = Request::new(&self.handler, event.as_bytes());
        let invocation = lambda.run(asked, &mut |_| {})?;
        if let Some(failure) = &invocation.failure {
            let reason = format!("the authorizer {} failed: {}", self.handler, failure.kind);
            // API Gateway makes 401 of just this message.
            let refusal = if failure.message == "Unauthorized" {
                Refusal::unauthorized(reason)
            } else {
                Refusal::failed(reason)
            };
            return Ok((Err(refusal), Some(invocation)));
        }
        let response = match Response::parse(front_end, &invocation.payload) {
            Ok(response) => response,
            Err(reason) => {
                let reason = format!("the response of the authorizer {}: {reason}", self.handler);
                return Ok((Err(Refusal::failed(reason)), Some(invocation)));
            }
        };
        let decision = response.apply(front_end, &arn);
        if !values.is_empty() && !self.ttl.is_zero() {
            cache.keep(values, settings, response, self.ttl);
        }
        Ok((decision, Some(invocation)))
    }

    /// The event of the authorizer. It has the fields of the function's event without the body.
    fn event(&self, front_end: FrontEnd, values: &[String], event: &Object, arn: &str) -> Value {
        if front_end == FrontEnd::RestApi && self.is_of_token {
            let token = values.first().map_or("", |value| &**value);
            return object([
                ("type", text("TOKEN")),
                ("authorizationToken", text(token)),
                ("methodArn", text(arn)),
            ]);
        }
        let is_body = |name: &str| name == "body" || name == "isBase64Encoded";
        let mut fields = Object::new();
        for (name, value) in event.iter().filter(|(name, _)| !is_body(name)) {
            // For an authorizer they are objects.
            let is_null = matches!(value, Value::Null);
            let value = if is_null { Value::Object(Object::new()) } else { value.clone() };
            fields.insert(name.clone(), value);
        }
        let mut set = |name: &str, value| drop(fields.insert(name.to_owned(), value));
        set("type", text("REQUEST"));
        match front_end {
            FrontEnd::HttpApi => {
                set("routeArn", text(arn));
                set("identitySource", array(values.iter().map(|value| text(&**value))));
            }
            FrontEnd::HttpApiV1 => {
                set("methodArn", text(arn));
                set("identitySource", text(values.join(",")));
                set("authorizationToken", text(values.join(",")));
            }
            _ => set("methodArn", text(arn)),
        }
        Value::Object(fields)
    }
}

impl From<&str> for Authorizer {
    fn from(handler: &str) -> Self {
        Self::new(handler)
    }
}

impl From<String> for Authorizer {
    fn from(handler: String) -> Self {
        Self::new(handler)
    }
}

fn method_arn(front_end: FrontEnd, request: &HttpRequest, region: &str) -> String {
    let stage = front_end.stage();
    let path = request.path.trim_start_matches('/');
    format!("arn:aws:execute-api:{region}:{ACCOUNT}:local/{stage}/{}/{path}", request.method)
}

impl Source {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let rest = text.strip_prefix("$request.").or_else(|| text.strip_prefix("method.request."));
        let source = match rest {
            None if text.contains(['$', '.']) || text.is_empty() => None,
            None => Some(Self::Header(text.to_ascii_lowercase())),
            Some(rest) => match rest.split_once('.') {
                Some(("header", name)) => Some(Self::Header(name.to_ascii_lowercase())),
                Some(("querystring", name)) => Some(Self::Query(name.to_owned())),
                _ => None,
            },
        };
        source.ok_or_else(|| {
            format!(
                "{text:?} is no identity source here: it is the name of a header, or \
                 $request.header.NAME or $request.querystring.NAME"
            )
        })
    }

    fn value(&self, request: &HttpRequest) -> Option<String> {
        match self {
            Self::Header(name) => request.value_of(name).map(str::to_owned),
            Self::Query(name) => request.parameters().find(|(key, _)| key == name).map(|it| it.1),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Header(name) => format!("header {name}"),
            Self::Query(name) => format!("parameter {name} in its query"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_sources_are_headers_and_parameters() {
        let request = HttpRequest::new("GET", "/?a=1&my%20key=x+y&a=2").header("X-Key", "k");
        let value = |text: &str| Source::parse(text).unwrap().value(&request);
        for (text, expected) in [
            ("x-key", Some("k")),
            ("$request.header.X-Key", Some("k")),
            ("method.request.header.x-KEY", Some("k")),
            ("$request.querystring.a", Some("1")),
            ("method.request.querystring.my key", Some("x y")),
            ("Authorization", None),
            ("$request.querystring.b", None),
        ] {
            assert_eq!(value(text).as_deref(), expected, "{text}");
        }
        for text in ["", "$context.identity.sourceIp", "stageVariables.a", "$request.body.a"] {
            assert!(Source::parse(text).is_err(), "{text}");
        }
    }
}
