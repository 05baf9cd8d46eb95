//! The Runtime API: the only file that knows a URL, a header name or a status code.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

pub(crate) mod error_report;
pub(crate) mod stream_response;

use self::error_report as report;
use crate::http::client::{Answer, Client, HeaderName, HeaderValue, Uri};
use crate::http::connector::{Connection, RESTED};
use crate::http::raw_exchange::{self as post, MAX_ANSWER_BYTES};
use crate::{Context, Error};
use std::borrow::Cow;
use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";
const RESTORE_NEXT: &str = "/2018-06-01/runtime/restore/next";
const RESTORE_ERROR: &str = "/2018-06-01/runtime/restore/error";

/// The largest response that Lambda takes, in bytes.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// Far above the largest event (6 MB); only a broken peer sends more.
const MAX_EVENT_BYTES: u64 = 64 * 1024 * 1024;

const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const XRAY_CAUSE: HeaderName = HeaderName::from_static("lambda-runtime-function-xray-error-cause");
const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");

/// Why a worker cannot continue.
#[derive(Debug)]
pub(crate) struct Fatal {
    pub message: String,
    pub scope: Scope,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Scope {
    Worker,
    Process,
}

impl Fatal {
    pub(crate) fn of_worker(message: String) -> Self {
        Self { message, scope: Scope::Worker }
    }
    pub(crate) fn is_of_process(&self) -> bool {
        self.scope == Scope::Process
    }
}

/// The service as one worker sees it.
pub(crate) struct Api {
    client: Client,
    next: Uri,
    /// Whether the connection has served: only then can it have gone stale.
    served: bool,
}

impl Api {
    /// `address` is `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn new(address: &str) -> Result<Self, Fatal> {
        let bad = |why| {
            Fatal::of_worker(format!("AWS_LAMBDA_RUNTIME_API={address} cannot be used: {why}"))
        };
        let client = Client::new(address).map_err(bad)?;
        let next = client.uri(NEXT).map_err(|why| bad(why.to_string()))?;
        Ok(Self { client, next, served: false })
    }

    /// The same service, over a connection of its own.
    pub(crate) fn another(&self) -> Self {
        Self { client: self.client.another(), next: self.next.clone(), served: false }
    }

    /// Waits for the next event, and notes in `context` what came with it. The event is read into
    /// `memory`, if there is room for it.
    ///
    /// The inner error is of one invocation: its event did not arrive whole.
    pub(crate) fn next(
        &mut self,
        context: &mut Context,
        memory: Vec<u8>,
    ) -> Result<Result<Vec<u8>, Error>, Fatal> {
        let mut answer = self.client.get(self.next.clone(), None);
        if let (Err(why), true) = (&answer, self.served) {
            if why.is_of_a_stale_connection() {
                // Nobody answers any more on a connection that did. That loses nothing, unlike
                // anything else that can go wrong here, so it is tried once more.
                log::debug!("the connection to the Runtime API went stale ({why}); asking again");
                self.served = false;
                answer = self.client.get(self.next.clone(), None);
            }
        }
        let stop = |why: &dyn Display| {
            Fatal::of_worker(format!("asking for the next event failed: {why}"))
        };
        let answer = answer.map_err(|why| stop(&why))?;
        let answer = only_200(answer).map_err(|why| stop(&why))?;
        self.served = true;
        read_headers(&answer, context);
        if !fits_into_a_path(&context.request_id) {
            return Err(stop(&format!("the answer has no {REQUEST_ID} header that can be used")));
        }
        Ok(answer.body(MAX_EVENT_BYTES, memory).map_err(|error| {
            Error::new("Runtime.TruncatedEvent", format!("the event did not arrive whole: {error}"))
        }))
    }

    /// Sends a handler's response, or, if that is larger than Lambda takes, an error that says so.
    pub(crate) fn respond(&self, context: &Context, body: &[u8]) -> Result<(), Fatal> {
        if body.len() > MAX_RESPONSE_BYTES {
            let error = Error::new(
                "Function.ResponseSizeTooLarge",
                format!(
                    "the response has {} bytes, and Lambda takes at most {MAX_RESPONSE_BYTES}: \
                     answer with less, or put it in S3 and answer with its key",
                    body.len()
                ),
            );
            crate::logging::error(&error);
            return self.fail(context, &error);
        }
        let mut head = self.response_head(context, "application/json");
        head.extend(["Content-Length: ", &body.len().to_string(), "\r\n\r\n"]);
        let connection = self.connection(RESTED);
        judge(context, connection.and_then(|connection| post::whole(&connection, &head, body)))
    }

    /// Reports that the invocation failed.
    pub(crate) fn fail(&self, context: &Context, error: &Error) -> Result<(), Fatal> {
        self.post_error(&invocation(context, "/error"), invocation_id(context), error)
    }

    /// Reports that the function cannot start.
    pub(crate) fn fail_init(&self, error: &Error) -> Result<(), Fatal> {
        self.post_error(INIT_ERROR, None, error)
    }

    /// Waits until a snapshot has been taken and restored.
    pub(crate) fn restored(&self) -> Result<(), Fatal> {
        let stop = |why| Fatal::of_worker(format!("waiting for the restore failed: {why}"));
        self.wait(RESTORE_NEXT, None).map_err(stop)
    }

    /// Reports that the function cannot go on after its restore.
    pub(crate) fn fail_restore(&self, error: &Error) -> Result<(), Fatal> {
        self.post_error(RESTORE_ERROR, None, error)
    }

    /// Waits for an answer of which the status says it all.
    fn wait(&self, path: &str, header: Option<(HeaderName, HeaderValue)>) -> Result<(), String> {
        let uri = self.client.uri(path).map_err(|why| why.to_string())?;
        let answer = self.client.get(uri, header).map_err(|why| why.to_string())?;
        only_200(answer).map(drop)
    }

    fn post_error(
        &self,
        path: &str,
        id: Option<(HeaderName, HeaderValue)>,
        error: &Error,
    ) -> Result<(), Fatal> {
        let kind =
            HeaderValue::try_from(report::header_type(error)).ok().map(|kind| (ERROR_TYPE, kind));
        let cause =
            HeaderValue::try_from(report::xray_cause(error)).ok().map(|cause| (XRAY_CAUSE, cause));
        let headers = id.into_iter().chain(kind).chain(cause);
        self.post(path, headers, report::to_json(error).as_bytes())
    }

    /// Posts once. What came of it is logged here, unless it is the end: the answer to an
    /// invocation is never posted again, since nobody can tell whether it arrived.
    fn post(
        &self,
        path: &str,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: &[u8],
    ) -> Result<(), Fatal> {
        match self.client.post(path, headers, body) {
            Ok(answer) if is_fine(answer.status()) => {
                if let Err(error) = answer.text(MAX_ANSWER_BYTES) {
                    log::warn!("POST {path}: the answer broke off: {error}");
                }
                Ok(())
            }
            Ok(answer) => refused(path, answer.status(), &describe(answer)),
            Err(why) => lost(path, &why),
        }
    }
}

/// Responses, whose requests are written by hand.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.
impl Api {
    pub(crate) fn connection(&self, rested: Duration) -> io::Result<Arc<Connection>> {
        self.client.connection(rested)
    }

    /// The lines that all responses begin with.
    fn response_head(&self, context: &Context, content_type: &str) -> String {
        let mut head = self.client.head("POST", &invocation(context, "/response"));
        // An id came in a header, and so may go in one.
        let id = context.invocation_id.as_deref().map(|id| (INVOCATION_ID, id));
        for (name, value) in [(CONTENT_TYPE, content_type)].into_iter().chain(id) {
            head.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        head
    }

    /// The head of a response of unknown length.
    pub(crate) fn stream_head(&self, context: &Context, content_type: &str) -> String {
        // Nothing but a header's own text may get into a header.
        let content_type = content_type.replace(|c: char| !(' '..='~').contains(&c), "?");
        let head = self.response_head(context, &content_type);
        format!(
            "{head}lambda-runtime-function-response-mode: streaming\r\n\
             Transfer-Encoding: chunked\r\nTrailer: {ERROR_TYPE}, {ERROR_BODY}\r\n\r\n"
        )
    }
}

const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// The end of a response in whose middle an error came up; its body is base64.
pub(crate) fn error_trailers(error_type: &str, error_body: &str) -> String {
    format!("{ERROR_TYPE}: {error_type}\r\n{ERROR_BODY}: {error_body}\r\n")
}

/// What the service's answer to a response means.
pub(crate) fn judge(context: &Context, answer: io::Result<post::Answer>) -> Result<(), Fatal> {
    let path = || invocation(context, "/response");
    match answer {
        Ok(answer) if is_fine(answer.status) => Ok(()),
        Ok(post::Answer { status, text, .. }) => refused(&path(), status, &told(status, &text)),
        Err(error) => lost(&path(), &error),
    }
}

/// An extension without events, for the sake of SIGTERM.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.
#[cfg(feature = "shutdown")]
mod extension {
    use super::{Api, HeaderName, HeaderValue, MAX_ANSWER_BYTES, only_200};

    const REGISTER: &str = "/2020-01-01/extension/register";
    const EVENT_NEXT: &str = "/2020-01-01/extension/event/next";
    const NAME: HeaderName = HeaderName::from_static("lambda-extension-name");
    const ID: &str = "lambda-extension-identifier";

    impl Api {
        /// Makes this process its own extension: its id, or why it cannot be.
        pub(crate) fn register_extension(&self) -> Result<Vec<u8>, String> {
            let name = [(NAME, HeaderValue::from_static("minilambda"))];
            let answer = self.client.post(REGISTER, name, br#"{"events":[]}"#);
            let answer = only_200(answer.map_err(|why| why.to_string())?)?;
            let id = answer.headers().find(|(name, _)| *name == ID).map(|(_, id)| id.to_vec());
            let _ = answer.text(MAX_ANSWER_BYTES); // read, the connection can be used again
            id.ok_or_else(|| format!("the answer has no {ID} header"))
        }

        /// Blocks until Lambda has an event for the extension, which is never.
        pub(crate) fn await_extension_event(&self, id: &[u8]) -> Result<(), String> {
            let id = HeaderValue::from_bytes(id).ok().map(|id| (HeaderName::from_static(ID), id));
            self.wait(EVENT_NEXT, id)
        }
    }
}

fn invocation(context: &Context, what: &str) -> String {
    [INVOCATION, &context.request_id, what].concat()
}

/// What tells this attempt from others, echoed.
fn invocation_id(context: &Context) -> Option<(HeaderName, HeaderValue)> {
    let id = context.invocation_id.as_ref()?;
    Some((INVOCATION_ID, HeaderValue::from_bytes(id.as_bytes()).ok()?))
}

fn is_fine(status: u16) -> bool {
    (200..300).contains(&status)
}

/// The service did not take what was posted.
fn refused(path: &str, status: u16, what: &str) -> Result<(), Fatal> {
    if status >= 500 {
        return Err(Fatal {
            message: format!("POST {path} failed: {what}"),
            scope: Scope::Process,
        });
    }
    log::error!("POST {path} was refused: {what}");
    Ok(())
}

fn lost(path: &str, why: &dyn Display) -> Result<(), Fatal> {
    log::error!("POST {path} failed, and may or may not have arrived: {why}");
    Ok(())
}

fn read_headers(answer: &Answer, context: &mut Context) {
    context.request_id.clear();
    context.invoked_function_arn.clear();
    context.deadline_ms = None;
    context.trace_id = None;
    context.client_context_json = None;
    context.cognito_identity_json = None;
    context.tenant_id = None;
    context.invocation_id = None;
    for (name, value) in answer.headers() {
        let Some(name) = name.strip_prefix("lambda-runtime-") else { continue };
        // Nearly always it is ASCII, which this finds out sooner than the lossy way alone.
        let text =
            std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::from);
        let some = || (!text.is_empty()).then(|| text.to_string());
        match name {
            "aws-request-id" => context.request_id.push_str(&text),
            "deadline-ms" => context.deadline_ms = text.parse().ok(),
            "invoked-function-arn" => context.invoked_function_arn.push_str(&text),
            "trace-id" => context.trace_id = some(),
            "client-context" => context.client_context_json = some(),
            "cognito-identity" => context.cognito_identity_json = some(),
            "aws-tenant-id" => context.tenant_id = some(),
            "invocation-id" => context.invocation_id = some(),
            _ => {}
        }
    }
}

fn fits_into_a_path(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn only_200(answer: Answer) -> Result<Answer, String> {
    if answer.status() == 200 { Ok(answer) } else { Err(describe(answer)) }
}

/// The status and what the service says to it.
fn describe(answer: Answer) -> String {
    let status = answer.status();
    match answer.text(MAX_ANSWER_BYTES) {
        Ok(text) => told(status, &text),
        Err(error) => format!("{status} (and its text broke off: {error})"),
    }
}

fn told(status: u16, text: &[u8]) -> String {
    format!("{status}: {}", String::from_utf8_lossy(text).trim())
}
