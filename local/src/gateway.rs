//! A front end with its configuration: who the callers are, and which bodies are binary.

use crate::authorizer::Cache;
use crate::caller::{Caller, invalid};
use crate::error::{Error, ErrorKind};
use crate::front_end::{
    self, AuthorizerKind, FrontEnd, Head, Identity, MAX_LOAD_BALANCER_BYTES, Made, REASON, Refusal,
};
use crate::http::{self, HttpRequest};
use crate::invocation::{Invocation, Request, TRACE};
use crate::json;
use crate::pool::Pool;
use crate::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniserde::json::{Object, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub front_end: FrontEnd,
    /// The `binaryMediaTypes` of a REST API.
    pub binary_types: Vec<String>,
    pub caller: Caller,
    cache: Arc<Cache>,
    said: Arc<Said>,
}

/// The warnings that are given once.
#[derive(Debug, Default)]
struct Said {
    unverified: AtomicBool,
    damaged: AtomicBool,
    streamed: AtomicBool,
}

/// The decision about a request.
pub(crate) enum Admission {
    Run(Request),
    /// The authorizer refuses it. It may have been invoked.
    Refused {
        head: Head,
        body: Vec<u8>,
        invocation: Option<Invocation>,
    },
}

/// The caller of a request, if it has one, with the invocation of the authorizer.
type Known = (Result<Option<Identity>, Refusal>, Option<Invocation>);

pub(crate) const UNVERIFIED: &str = "WARNING: the claims are those of the request's own token, and NOTHING of it is verified: no signature, \
     issuer, audience or time";

const STILL_IN_BASE64: &str = "the body stays in base64, as on AWS: the first type in the request's Accept is none of the \
     REST API's binaryMediaTypes";

const DAMAGED: &str = "WARNING: the body of a request is not UTF-8 and its content type is none of the \
     binaryMediaTypes, so the function gets it damaged, as from a REST API on AWS \
     (--binary-media-types, or HttpClient::binary_media_types)";

const STREAMED: &str = "the function streams, for which a REST API on AWS needs the response transfer mode STREAM: \
     otherwise the client gets no body";

impl Gateway {
    pub fn new(front_end: FrontEnd, caller: Caller, binary_types: Vec<String>) -> Self {
        let (cache, said) = (Arc::default(), Arc::default());
        Self { front_end, binary_types, caller, cache, said }
    }

    /// Returns an error if the front end has no such authorizer on AWS.
    pub fn check(&self) -> Result<(), Error> {
        let Some(kind) = self.caller.kind().filter(|kind| !self.front_end.has_authorizer(*kind))
        else {
            return Ok(());
        };
        let what = match kind {
            AuthorizerKind::Claims => "callers with claims",
            AuthorizerKind::Token => "an authorizer that reads tokens",
            AuthorizerKind::Iam => "callers of IAM",
            AuthorizerKind::Lambda => "a Lambda authorizer",
        };
        let others = FrontEnd::ALL.iter().filter(|other| other.has_authorizer(kind));
        let others: Vec<_> = others.map(|other| other.name()).collect();
        let name = self.front_end.name();
        Err(invalid(format!("{name} does not have {what}; these have: {}", others.join(", "))))
    }

    /// Makes the invocation of a request, or refuses it.
    pub fn admit(
        &self,
        lambda: &Pool,
        handler: &str,
        request: &HttpRequest,
    ) -> Result<Admission, Error> {
        self.check()?;
        let length = request.body.len();
        if self.front_end.is_load_balancer() && length > MAX_LOAD_BALANCER_BYTES {
            let message = format!(
                "the body has {length} bytes, and a load balancer takes {MAX_LOAD_BALANCER_BYTES}"
            );
            return Err(Error::new(ErrorKind::EventTooLarge, message));
        }
        let handler = &*lambda.find(handler)?;
        let settings = lambda.settings();
        let region = &settings.region;
        let Made { mut event, trace, is_damaged } =
            front_end::event(self.front_end, request, region, Some(&self.binary_types));
        let identity = self.identity(lambda, request, &event).inspect_err(|error| {
            let line = format!("the request is not sent on: its authorizer: {error}");
            settings.note_line(handler, &line);
        });
        let (identity, invocation) = identity?;
        match identity {
            Ok(Some(identity)) => front_end::apply(self.front_end, &mut event, &identity, region),
            Ok(None) => {}
            Err(refusal) => {
                let (head, body) = refusal.response(self.front_end);
                let line = format!("status {}: {}", head.status, refusal.reason());
                settings.note_line(handler, &line);
                return Ok(Admission::Refused { head, body, invocation });
            }
        }
        let mut notes = Vec::new();
        let mut say = |said: &AtomicBool, line: &str| {
            if !said.swap(true, Ordering::SeqCst) {
                notes.push(line.to_owned());
            }
        };
        if is_damaged {
            say(&self.said.damaged, DAMAGED);
        }
        if matches!(self.caller, Caller::Token) {
            say(&self.said.unverified, UNVERIFIED);
        }
        let event = miniserde::json::to_string(&Value::Object(event));
        let headers = trace.map(|trace| (TRACE, trace)).into_iter().collect();
        Ok(Admission::Run(Request { headers, notes, ..Request::new(handler, event.as_bytes()) }))
    }

    /// Finds out who has sent a request.
    fn identity(
        &self,
        lambda: &Pool,
        request: &HttpRequest,
        event: &Object,
    ) -> Result<Known, Error> {
        // A browser sends no token with a preflight, so APIs let them pass.
        let is_preflight = request.method == "OPTIONS"
            && request.value_of("origin").is_some()
            && request.value_of("access-control-request-method").is_some();
        let known = match &self.caller {
            Caller::Unknown => Ok(None),
            Caller::Claims(claims) => Ok(Some(Identity::Claims(claims.clone()))),
            Caller::Iam(fields) => Ok(Some(Identity::Iam(fields.clone()))),
            Caller::Token | Caller::Lambda(_) if is_preflight => Ok(None),
            Caller::Token => claims_of(request).map(|claims| Some(Identity::Claims(claims))),
            Caller::Lambda(authorizer) => {
                let decided =
                    authorizer.decide(&self.cache, lambda, self.front_end, request, event)?;
                return Ok((decided.0.map(Some), decided.1));
            }
        };
        Ok((known, None))
    }

    /// Says what differs on AWS: that a response came too late, and, once, which transfer mode it
    /// needs, for here it has that of its function.
    pub fn note(&self, settings: &Settings, handler: &str, invocation: &Invocation) {
        if let Some(line) = self.lateness(invocation) {
            settings.note_line(handler, &line);
        }
        let is_meant = self.front_end == FrontEnd::RestApi && invocation.is_streamed;
        if is_meant && !self.said.streamed.swap(true, Ordering::SeqCst) {
            settings.note_line(handler, STREAMED);
        }
    }

    /// What an API does if a function takes longer than it waits. See
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
    /// and
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>.
    fn lateness(&self, invocation: &Invocation) -> Option<String> {
        let (seconds, status) = match self.front_end {
            FrontEnd::RestApi if !invocation.is_streamed => (29, 504),
            FrontEnd::HttpApi | FrontEnd::HttpApiV1 => (30, 503),
            _ => return None,
        };
        let took = invocation.report.duration;
        (took > Duration::from_secs(seconds)).then(|| {
            format!(
                "on AWS the client gets status {status}: {} waits for {seconds} s, and the function \
                 took {:.1} s",
                self.front_end.name(),
                took.as_secs_f64()
            )
        })
    }

    /// The response that a client gets.
    pub fn response(&self, request: &HttpRequest, invocation: &Invocation) -> (Head, Vec<u8>) {
        let is_decoded =
            front_end::is_decoded(self.front_end, &request.headers, &self.binary_types);
        let (mut head, body) = front_end::response(self.front_end, invocation, is_decoded);
        let is_in_base64 = || {
            let payload = json::parse_object(&invocation.payload).unwrap_or_default();
            matches!(payload.get("isBase64Encoded"), Some(Value::Bool(true)))
        };
        if !is_decoded && http::value_of(&head.headers, REASON).is_none() && is_in_base64() {
            head.headers.push((REASON.to_owned(), STILL_IN_BASE64.to_owned()));
        }
        if let Some(lateness) = self.lateness(invocation) {
            if http::value_of(&head.headers, REASON).is_none() {
                head.headers.push((REASON.to_owned(), lateness));
            }
        }
        (head, body)
    }

    /// The response that a client gets, by the event that was made of its request.
    pub fn response_to_event(&self, event: &[u8], invocation: &Invocation) -> (Head, Vec<u8>) {
        let mut request = HttpRequest::default();
        let event = json::parse_object(event).unwrap_or_default();
        if let Some(Value::Object(headers)) = event.get("headers") {
            let text = |value: &Value| match value {
                Value::String(text) => Some(text.clone()),
                _ => None,
            };
            let pairs = headers.iter().filter_map(|(name, it)| Some((name.clone(), text(it)?)));
            request.headers = pairs.collect();
        }
        self.response(&request, invocation)
    }
}

/// The claims of the token in `Authorization`, with or without `Bearer`.
pub(crate) fn claims_of(request: &HttpRequest) -> Result<Object, Refusal> {
    let refused = |reason: &str| Err(Refusal::no_token(reason));
    let Some(header) = http::value_of(&request.headers, "authorization") else {
        return refused("the request has no header authorization");
    };
    let token = match header.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => token.trim(),
        _ => header.trim(),
    };
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return refused("the token is not a JWT: it has not three parts");
    };
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok();
    let claims = claims.and_then(|claims| json::parse_object(&claims));
    claims.ok_or_else(|| Refusal::no_token("the token is not a JWT: its claims are not an object"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use FrontEnd::{FunctionUrl, HttpApi, HttpApiV1, LatticeV1, LatticeV2, LoadBalancer, RestApi};

    #[test]
    fn the_claims_are_those_of_the_requests_token() {
        // {"sub":"user-17"}
        for header in [
            "Bearer e30.eyJzdWIiOiJ1c2VyLTE3In0.c2ln",
            "bearer  e30.eyJzdWIiOiJ1c2VyLTE3In0.",
            "e30.eyJzdWIiOiJ1c2VyLTE3In0=.c2ln",
        ] {
            let request = HttpRequest::new("GET", "/").header("Authorization", header);
            let claims = claims_of(&request).unwrap();
            assert_eq!(json::string(&claims, "sub"), Some("user-17"), "{header}");
        }
        let deep = format!(r#"{{"sub":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        let deep = format!("Bearer e30.{}.c2ln", URL_SAFE_NO_PAD.encode(deep));
        for header in [
            "",
            "Bearer",
            "Bearer a.b",
            "Bearer a.b.c",
            "Bearer a.W10.c",
            "é.ü.ß",
            "a.b.c.d",
            &deep,
        ] {
            let request = HttpRequest::new("GET", "/").header("Authorization", header);
            assert!(claims_of(&request).is_err(), "{header}");
        }
        assert!(claims_of(&HttpRequest::new("GET", "/")).is_err());
    }

    #[test]
    fn a_response_says_if_an_api_would_not_have_waited_for_it() {
        let said = |front_end, seconds, is_streamed| {
            let mut done = Invocation::of_response(r#"{"statusCode":200}"#);
            (done.report.duration, done.is_streamed) = (Duration::from_secs(seconds), is_streamed);
            let gateway = Gateway::new(front_end, Caller::Unknown, Vec::new());
            let (head, _) = gateway.response(&HttpRequest::default(), &done);
            http::value_of(&head.headers, REASON).unwrap_or_default().to_owned()
        };
        for (front_end, seconds, is_said) in [
            (RestApi, 29, false),
            (RestApi, 31, true),
            (HttpApi, 30, false),
            (HttpApi, 31, true),
            (HttpApiV1, 31, true),
            (FunctionUrl, 31, false),
            (LoadBalancer, 31, false),
        ] {
            let said = said(front_end, seconds, false);
            assert_eq!(said.contains("took 31.0 s"), is_said, "{front_end:?}: {said}");
        }
        assert!(!said(RestApi, 31, true).contains("31"));
        let expected = "on AWS the client gets status 504: rest-api waits for 29 s, and the function \
                        took 31.0 s";
        assert_eq!(said(RestApi, 31, false), expected);
    }

    #[test]
    fn an_authorizer_that_a_front_end_does_not_have_is_an_error() {
        let claims = || Caller::claims("{}").unwrap();
        let has = |front_end, caller| Gateway::new(front_end, caller, Vec::new()).check().is_ok();
        for front_end in FrontEnd::ALL {
            assert!(has(front_end, Caller::Unknown));
        }
        for front_end in [HttpApi, HttpApiV1, RestApi, LoadBalancer] {
            assert!(has(front_end, claims()), "{front_end:?}");
        }
        for front_end in [HttpApi, HttpApiV1, RestApi, FunctionUrl, LatticeV2] {
            assert!(has(front_end, Caller::iam("{}").unwrap()), "{front_end:?}");
        }
        for front_end in [FunctionUrl, LoadBalancer, LatticeV1, LatticeV2] {
            assert!(!has(front_end, Caller::Token), "{front_end:?}");
            assert!(!has(front_end, Caller::Lambda("gate".into())), "{front_end:?}");
        }
        let error = Gateway::new(FunctionUrl, claims(), Vec::new()).check().unwrap_err();
        assert!(error.to_string().contains("rest-api"), "{error}");
        for document in ["", "[]", "{\"sub\":", "\"user\""] {
            assert!(Caller::claims(document).is_err() && Caller::iam(document).is_err());
        }
        assert!(Caller::iam("{\"arn\":\"a\"}").unwrap_err().to_string().contains("userArn"));
    }
}
