//! The Runtime API's client: the only file that knows a URL, a header name or a status code.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use crate::transport::{Address, Lean};
use crate::{Context, Error};
use std::fmt;
use std::io::Read;
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use ureq::{Agent, Body};

/// The largest response that Lambda takes, in bytes.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// Far above the largest event (6 MB); only a broken peer sends more.
const MAX_EVENT_BYTES: u64 = 64 * 1024 * 1024;

/// The service answers a POST with a line or two.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE_MS: &str = "lambda-runtime-deadline-ms";
const INVOKED_FUNCTION_ARN: &str = "lambda-runtime-invoked-function-arn";
const TRACE_ID: &str = "lambda-runtime-trace-id";
const CLIENT_CONTEXT: &str = "lambda-runtime-client-context";
const COGNITO_IDENTITY: &str = "lambda-runtime-cognito-identity";
const TENANT_ID: &str = "lambda-runtime-aws-tenant-id";
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const XRAY_CAUSE: &str = "lambda-runtime-function-xray-error-cause";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Why the process cannot go on.
#[derive(Debug)]
pub(crate) struct Stop(pub String);

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client with a connection of its own.
pub(crate) struct Api {
    agent: Agent,
    base: String,
    next: Uri,
    /// Whether the connection has served: only then can it have gone stale.
    served: bool,
}

impl Api {
    /// `address` is `AWS_LAMBDA_RUNTIME_API`: `ip:port`, or a host name, with a scheme and a
    /// path prefix where an emulator wants them.
    pub(crate) fn new(address: &str) -> Result<Self, Stop> {
        let bad = |why: &dyn fmt::Display| {
            Stop(format!("AWS_LAMBDA_RUNTIME_API={address} cannot be used: {why}"))
        };
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(bad(&"the Runtime API is plain http"));
        }
        let rest = rest.trim_end_matches('/');
        let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
        let addresses = Address::resolve(authority).map_err(|error| bad(&error))?;
        let base = format!("http://{rest}/2018-06-01/runtime");
        let next = format!("{base}/invocation/next").parse().map_err(|error| bad(&error))?;
        Ok(Self { agent: Agent::with_parts(config(), Lean, addresses), base, next, served: false })
    }

    /// Waits for the next event, and notes in `context` what came with it.
    ///
    /// The inner error is of one invocation: its event did not arrive whole.
    pub(crate) fn next(&mut self, context: &mut Context) -> Result<Result<Vec<u8>, Error>, Stop> {
        let mut answer = self.ask();
        if let (Err(ureq::Error::Io(error)), true) = (&answer, self.served) {
            // Nobody answers any more on a connection that did. That loses nothing, unlike
            // anything else that can go wrong here, so it is tried once more.
            log::debug!("the connection to the Runtime API went stale ({error}); asking again");
            self.served = false;
            answer = self.ask();
        }
        let stop =
            |why: &dyn fmt::Display| Stop(format!("asking for the next event failed: {why}"));
        let mut answer = answer.map_err(|error| stop(&error))?;
        if answer.status() != 200 {
            return Err(stop(&describe(&mut answer)));
        }
        self.served = true;
        read_headers(answer.headers(), context);
        if !fits_into_a_path(&context.request_id) {
            return Err(stop(&format!("the answer has no {REQUEST_ID} header that can be used")));
        }
        Ok(read_body(&mut answer, MAX_EVENT_BYTES).map_err(|error| {
            Error::new("Runtime.TruncatedEvent", format!("the event did not arrive whole: {error}"))
        }))
    }

    fn ask(&self) -> Result<Response<Body>, ureq::Error> {
        self.agent.run(Request::get(self.next.clone()).body(())?)
    }

    /// Sends a handler's response, or, if that is larger than Lambda takes, an error that says so.
    pub(crate) fn respond(&self, context: &Context, body: &[u8]) -> Result<(), Stop> {
        if body.len() > MAX_RESPONSE_BYTES {
            let error = Error::new(
                "Function.ResponseSizeTooLarge",
                format!(
                    "the response has {} bytes, and Lambda takes at most {MAX_RESPONSE_BYTES}: \
                     answer with less, or put it in S3 and answer with its key",
                    body.len()
                ),
            );
            log::error!("{error}");
            return self.fail(context, &error);
        }
        let path = format!("/invocation/{}/response", context.request_id);
        self.post(&path, context.invocation_id.as_deref(), None, body)
    }

    /// Reports that the invocation failed.
    pub(crate) fn fail(&self, context: &Context, error: &Error) -> Result<(), Stop> {
        let path = format!("/invocation/{}/error", context.request_id);
        self.post(&path, context.invocation_id.as_deref(), Some(error), error.to_json().as_bytes())
    }

    /// Reports that the function cannot start.
    pub(crate) fn fail_init(&self, error: &Error) -> Result<(), Stop> {
        self.post("/init/error", None, Some(error), error.to_json().as_bytes())
    }

    /// Posts once. What came of it is logged here, unless it is the end: the answer to an
    /// invocation is never posted again, since nobody can tell whether it arrived.
    fn post(
        &self,
        path: &str,
        invocation_id: Option<&str>,
        error: Option<&Error>,
        body: &[u8],
    ) -> Result<(), Stop> {
        let mut request =
            Request::post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, JSON);
        if let Some(id) = invocation_id {
            request = request.header(INVOCATION_ID, id.as_bytes());
        }
        if let Some(error) = error {
            request = request.header(ERROR_TYPE, error.header_type());
            request = request.header(XRAY_CAUSE, error.xray_cause());
        }
        let answer = request
            .body(body)
            .map_err(ureq::Error::from)
            .and_then(|request| self.agent.run(request));
        match answer {
            Ok(mut answer) if answer.status().is_success() => {
                if let Err(error) = read_body(&mut answer, MAX_ANSWER_BYTES) {
                    log::warn!("POST {path}: the answer broke off: {error}");
                }
                Ok(())
            }
            Ok(mut answer) if answer.status().is_server_error() => {
                Err(Stop(format!("POST {path} failed: {}", describe(&mut answer))))
            }
            Ok(mut answer) => {
                log::error!("POST {path} was refused: {}", describe(&mut answer));
                Ok(())
            }
            Err(error) => {
                log::error!("POST {path} failed, and may or may not have arrived: {error}");
                Ok(())
            }
        }
    }
}

/// Each option is given, since what ureq does by default is meant for the open internet.
fn config() -> ureq::config::Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("minilambda/", env!("CARGO_PKG_VERSION")))
        .accept("")
        .accept_encoding("")
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        // A handler may take 15 minutes, and the freeze after it any time; `Lean` notices a
        // connection that did not survive it.
        .max_idle_age(Duration::from_secs(u64::from(u32::MAX)))
        .build()
}

fn read_headers(headers: &HeaderMap, context: &mut Context) {
    let text = |name| {
        let value: &HeaderValue = headers.get(name)?;
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (!text.is_empty()).then_some(text)
    };
    context.request_id = text(REQUEST_ID).unwrap_or_default();
    context.deadline_ms = text(DEADLINE_MS).and_then(|ms| ms.parse().ok());
    context.invoked_function_arn = text(INVOKED_FUNCTION_ARN).unwrap_or_default();
    context.trace_id = text(TRACE_ID);
    context.client_context_json = text(CLIENT_CONTEXT);
    context.cognito_identity_json = text(COGNITO_IDENTITY);
    context.tenant_id = text(TENANT_ID);
    context.invocation_id = text(INVOCATION_ID);
}

fn read_body(answer: &mut Response<Body>, max_bytes: u64) -> std::io::Result<Vec<u8>> {
    let body = answer.body_mut();
    let expected = body.content_length().unwrap_or(0).min(max_bytes);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    body.with_config().limit(max_bytes).reader().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn fits_into_a_path(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// The status and what the service says to it.
fn describe(answer: &mut Response<Body>) -> String {
    let status = answer.status();
    match read_body(answer, MAX_ANSWER_BYTES) {
        Ok(bytes) => format!("{status}: {}", String::from_utf8_lossy(&bytes).trim()),
        Err(error) => format!("{status} (and its text broke off: {error})"),
    }
}
