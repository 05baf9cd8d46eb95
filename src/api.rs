//! The Runtime API's client: the only file that knows a URL, a header name or a status code.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use crate::transport::{self, Address, Lean};
use crate::{Context, Error};
use std::fmt;
use std::io::{self, Read};
use std::net::TcpStream;
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use ureq::{Agent, Body};

const RUNTIME: &str = "/2018-06-01/runtime";
#[cfg(feature = "shutdown")]
const EXTENSION: &str = "/2020-01-01/extension";

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

const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";
#[cfg(feature = "shutdown")]
const EXTENSION_NAME: &str = "lambda-extension-name";
#[cfg(feature = "shutdown")]
const EXTENSION_ID: &str = "lambda-extension-identifier";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Why a worker cannot go on.
#[derive(Debug)]
pub(crate) struct Stop {
    pub why: String,
    /// Whether the whole process cannot: the service has said that it is beyond help.
    pub of_process: bool,
}

impl Stop {
    pub(crate) fn new(why: String) -> Self {
        Self { why, of_process: false }
    }
}

/// A client with a connection of its own.
pub(crate) struct Api {
    agent: Agent,
    addresses: Address,
    host: String,
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
            Stop::new(format!("AWS_LAMBDA_RUNTIME_API={address} cannot be used: {why}"))
        };
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(bad(&"the Runtime API is plain http"));
        }
        let rest = rest.trim_end_matches('/');
        let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
        let addresses = Address::resolve(authority).map_err(|error| bad(&error))?;
        let base = format!("http://{rest}");
        let next =
            format!("{base}{RUNTIME}/invocation/next").parse().map_err(|error| bad(&error))?;
        let agent = Agent::with_parts(config(), Lean, addresses.clone());
        Ok(Self { agent, addresses, host: authority.to_owned(), base, next, served: false })
    }

    /// Another client of the same service, with a connection of its own.
    pub(crate) fn another(&self) -> Self {
        Self {
            agent: Agent::with_parts(config(), Lean, self.addresses.clone()),
            addresses: self.addresses.clone(),
            host: self.host.clone(),
            base: self.base.clone(),
            next: self.next.clone(),
            served: false,
        }
    }

    /// Waits for the next event, and notes in `context` what came with it.
    ///
    /// The inner error is of one invocation: its event did not arrive whole.
    pub(crate) fn next(&mut self, context: &mut Context) -> Result<Result<Vec<u8>, Error>, Stop> {
        let mut answer = self.ask();
        let stale = answer.as_ref().err().filter(|error| self.served && transport::is_stale(error));
        if let Some(error) = stale {
            // Nobody answers any more on a connection that did. That loses nothing, unlike
            // anything else that can go wrong here, so it is tried once more.
            log::debug!("the connection to the Runtime API went stale ({error}); asking again");
            self.served = false;
            answer = self.ask();
        }
        let stop =
            |why: &dyn fmt::Display| Stop::new(format!("asking for the next event failed: {why}"));
        let answer = answer.map_err(|error| stop(&error))?;
        let mut answer = only_200(answer).map_err(|why| stop(&why))?;
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
        let path = response_path(context);
        self.post(&path, context.invocation_id.as_deref(), None, body)
    }

    /// Reports that the invocation failed.
    pub(crate) fn fail(&self, context: &Context, error: &Error) -> Result<(), Stop> {
        let path = format!("{RUNTIME}/invocation/{}/error", context.request_id);
        self.post(&path, context.invocation_id.as_deref(), Some(error), error.to_json().as_bytes())
    }

    /// Waits until a snapshot has been taken and restored.
    pub(crate) fn restored(&self) -> Result<(), Stop> {
        let url = format!("{}{RUNTIME}/restore/next", self.base);
        self.get(&url, &[])
            .map(|_| ())
            .map_err(|why| Stop::new(format!("waiting for the restore failed: {why}")))
    }

    /// Reports that the function cannot go on after its restore.
    pub(crate) fn fail_restore(&self, error: &Error) -> Result<(), Stop> {
        self.post(
            &format!("{RUNTIME}/restore/error"),
            None,
            Some(error),
            error.to_json().as_bytes(),
        )
    }

    /// Makes this process its own extension, without events: its id, or why it cannot be.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.
    #[cfg(feature = "shutdown")]
    pub(crate) fn register_extension(&self) -> Result<String, String> {
        let url = format!("{}{EXTENSION}/register", self.base);
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, JSON)
            .header(EXTENSION_NAME, "minilambda");
        let request = request.body(&br#"{"events":[]}"#[..]).map_err(|error| error.to_string())?;
        let answer = self.agent.run(request).map_err(|error| error.to_string())?;
        let mut answer = only_200(answer)?;
        let id = answer
            .headers()
            .get(EXTENSION_ID)
            .map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        read_body(&mut answer, MAX_ANSWER_BYTES).map_err(|error| error.to_string())?;
        id.ok_or_else(|| format!("the answer has no {EXTENSION_ID} header"))
    }

    /// Blocks until Lambda has an event for the extension, which is never.
    #[cfg(feature = "shutdown")]
    pub(crate) fn await_extension_event(&self, id: &str) {
        let url = format!("{}{EXTENSION}/event/next", self.base);
        if let Err(why) = self.get(&url, &[(EXTENSION_ID, id)]) {
            log::debug!("the extension's wait for its end has ended: {why}");
        }
    }

    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Vec<u8>, String> {
        let request = headers
            .iter()
            .fold(Request::get(url), |request, (name, value)| request.header(*name, *value));
        let answer =
            request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request));
        let mut answer = answer.map_err(|error| error.to_string()).and_then(only_200)?;
        read_body(&mut answer, MAX_ANSWER_BYTES).map_err(|error| error.to_string())
    }

    /// Reports that the function cannot start.
    pub(crate) fn fail_init(&self, error: &Error) -> Result<(), Stop> {
        self.post(&format!("{RUNTIME}/init/error"), None, Some(error), error.to_json().as_bytes())
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
                if let Err(error) = read_text(&mut answer) {
                    log::warn!("POST {path}: the answer broke off: {error}");
                }
                Ok(())
            }
            Ok(mut answer) => {
                refused(path, answer.status().is_server_error(), &describe(&mut answer))
            }
            Err(error) => {
                lost(path, &error);
                Ok(())
            }
        }
    }

    /// A connection for a request that is written by hand.
    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        self.addresses.connect()
    }

    /// The head of a response of unknown length.
    pub(crate) fn stream_head(&self, context: &Context, content_type: &str) -> String {
        let path = response_path(context);
        // Nothing but a header's own text may get into a header.
        let content_type = content_type.replace(|c: char| !(' '..='~').contains(&c), "?");
        let id = context.invocation_id.iter().map(|id| format!("{INVOCATION_ID}: {id}\r\n"));
        let id: String = id.collect();
        let prefix = self.next.path().strip_suffix("/2018-06-01/runtime/invocation/next");
        format!(
            "POST {}{path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\n\
             Content-Type: {content_type}\r\n{RESPONSE_MODE}: streaming\r\n{id}\
             Transfer-Encoding: chunked\r\nTrailer: {ERROR_TYPE}, {ERROR_BODY}\r\n\
             Connection: close\r\n\r\n",
            prefix.unwrap_or_default(),
            self.host
        )
    }
}

/// What the service's answer to a stream means: its status and text, or that there is none.
pub(crate) fn judge_stream(
    context: &Context,
    answer: io::Result<(u16, String)>,
) -> Result<(), Stop> {
    let path = response_path(context);
    match answer {
        Ok((200..=299, _)) => Ok(()),
        Ok((status, text)) => refused(&path, status >= 500, &format!("{status}: {text}")),
        Err(error) => {
            lost(&path, &error);
            Ok(())
        }
    }
}

fn response_path(context: &Context) -> String {
    format!("{RUNTIME}/invocation/{}/response", context.request_id)
}

/// The service did not take what was posted.
fn refused(path: &str, beyond_help: bool, what: &str) -> Result<(), Stop> {
    if beyond_help {
        return Err(Stop { why: format!("POST {path} failed: {what}"), of_process: true });
    }
    log::error!("POST {path} was refused: {what}");
    Ok(())
}

fn lost(path: &str, error: &dyn fmt::Display) {
    log::error!("POST {path} failed, and may or may not have arrived: {error}");
}

/// The end of a response in whose middle an error came up; its body is base64.
pub(crate) fn error_trailers(error_type: &str, error_body: &str) -> String {
    format!("{ERROR_TYPE}: {error_type}\r\n{ERROR_BODY}: {error_body}\r\n")
}

const USER_AGENT: &str = concat!("minilambda/", env!("CARGO_PKG_VERSION"));

/// Each option is given, since what ureq does by default is meant for the open internet.
fn config() -> ureq::config::Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(USER_AGENT)
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

fn read_body(answer: &mut Response<Body>, max_bytes: u64) -> io::Result<Vec<u8>> {
    let body = answer.body_mut();
    let expected = body.content_length().unwrap_or(0).min(max_bytes);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    body.with_config().limit(max_bytes).reader().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads what the service says to a POST. Where it does not say how long that is, nobody waits
/// for the connection's end to learn it.
fn read_text(answer: &mut Response<Body>) -> io::Result<Vec<u8>> {
    let known = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    if known.iter().any(|name| answer.headers().contains_key(name)) {
        read_body(answer, MAX_ANSWER_BYTES)
    } else {
        Ok(Vec::new())
    }
}

fn fits_into_a_path(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn only_200(mut answer: Response<Body>) -> Result<Response<Body>, String> {
    if answer.status() == 200 { Ok(answer) } else { Err(describe(&mut answer)) }
}

/// The status and what the service says to it.
fn describe(answer: &mut Response<Body>) -> String {
    let status = answer.status();
    match read_text(answer) {
        Ok(bytes) => format!("{status}: {}", String::from_utf8_lossy(&bytes).trim()),
        Err(error) => format!("{status} (and its text broke off: {error})"),
    }
}
