//! The Invoke API, for the AWS CLI and SDKs.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.

use super::output::Output;
use super::site::Site;
use crate::durable::execution::New;
use crate::durable::service::Start;
use crate::error::{Error, ErrorKind};
use crate::event_stream;
use crate::http::{HttpRequest, decode};
use crate::ids;
use crate::invocation::{Invocation, Request, TENANT, TRACE};
use crate::json::{array, is_document, number, object, text};
use crate::names::{UNQUALIFIED, check_qualifiers, is_name, is_qualified};
use crate::supervisor::Part;
use crate::wire;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miniserde::Deserialize;
use miniserde::json::{self, Value};
use std::io;

/// The most bytes of a client context, in base64.
const MAX_CLIENT_CONTEXT_BYTES: usize = 3583;

pub(super) const JSON: (&str, &str) = ("Content-Type", "application/json");

pub(super) fn serve(out: &mut Output, site: &Site, request: &HttpRequest) -> io::Result<()> {
    let mut segments = request.path.trim_matches('/').split('/');
    let (version, kind) = (segments.next(), segments.next());
    let name = segments.next().filter(|name| !name.is_empty());
    let action = segments.next();
    if let Err(reason) = site.wait_for_program() {
        return service_error(out, "ServiceException", "500 Internal Server Error", &reason);
    }
    let name = name.map(decode);
    let result = match (&*request.method, version, kind, &name, action) {
        ("POST", Some("2015-03-31"), Some("functions"), Some(name), Some("invocations")) => {
            return invoke(out, site, request, name);
        }
        (
            "POST",
            Some("2021-11-15"),
            Some("functions"),
            Some(name),
            Some("response-streaming-invocations"),
        ) => return invoke_streaming(out, site, request, name),
        ("GET", Some("2015-03-31"), Some("functions"), None, None) => list(site),
        (
            "GET",
            Some("2015-03-31"),
            Some("functions"),
            Some(name),
            None | Some("configuration"),
        ) => describe(site, name, action.is_some()),
        _ => {
            let message = format!(
                "there is no {} {} here: only functions are invoked, listed and described",
                request.method, request.path
            );
            return service_error(out, "UnknownOperationException", "404 Not Found", &message);
        }
    };
    match result {
        Ok(document) => out.send("200 OK", &[JSON], json::to_string(&document).as_bytes()),
        Err(error) => fail(out, &error),
    }
}

/// The invocation that is asked for, with what goes to the function's context.
fn invocation(site: &Site, request: &HttpRequest, name: &str) -> Result<Request, Error> {
    let handler = site.lambda.find(name)?;
    let named = if name == handler { "" } else { name };
    let beside = request.parameters().find(|(key, _)| key == "Qualifier");
    check_qualifiers(named, beside.as_ref().map(|(_, value)| &**value))
        .map_err(|message| Error::new(ErrorKind::Refused, message))?;
    let mut headers = Vec::new();
    if let Some(context) = request.value_of("x-amz-client-context") {
        let decoded = STANDARD.decode(context).ok();
        let document = decoded.filter(|bytes| is_document(bytes));
        let document = document.and_then(|bytes| String::from_utf8(bytes).ok());
        let document = document.filter(|_| context.len() <= MAX_CLIENT_CONTEXT_BYTES);
        let document = document.ok_or_else(|| {
            let message = format!(
                "the client context is not base64 of JSON, with at most {MAX_CLIENT_CONTEXT_BYTES} \
                 bytes of base64"
            );
            Error::new(ErrorKind::InvalidEvent, message)
        })?;
        // No other control character is in a document, but this one may be in a string.
        let document = document.replace(['\r', '\n'], " ").replace('\u{7f}', "\\u007f");
        headers.push(("Lambda-Runtime-Client-Context", document));
    }
    if let Some(tenant) = request.value_of("x-amz-tenant-id") {
        if !is_name(tenant, 256, "._:/=+-@ ") {
            let message =
                "the tenant id is of 1 to 256 letters, digits, blanks and . _ : / = + - @";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        headers.push((TENANT, tenant.to_owned()));
    }
    let now = crate::clock::now().as_secs();
    let trace = request.value_of("x-amzn-trace-id").map_or_else(|| ids::trace(now), str::to_owned);
    headers.push((TRACE, trace));
    let id = Some(ids::uuid());
    // Of a service that runs somewhere else: this is an invocation of its execution.
    let is_once = request.value_of("x-dex-handler-invoke").is_some_and(|value| value == "true")
        || is_durable_event(&request.body);
    Ok(Request { id, headers, is_once, ..Request::new(&handler, &request.body) })
}

/// Whether Lambda takes a text as the id of a tenant.
/// The type of an invocation, one of these, or the message of Lambda's error.
fn kind_of_invocation<'a>(request: &'a HttpRequest, kinds: &[&str]) -> Result<&'a str, String> {
    let kind = request.value_of("x-amz-invocation-type").unwrap_or("RequestResponse");
    if kinds.contains(&kind) {
        return Ok(kind);
    }
    Err(format!(
        "Value '{kind}' at 'invocationType' failed to satisfy constraint: it is one of {}",
        kinds.join(", ")
    ))
}

/// Responds to a request that only asks whether the function could be invoked.
fn dry_run(out: &mut Output, site: &Site, mut asked: Request) -> io::Result<()> {
    let id = asked.id.clone().unwrap_or_default();
    match site.lambda.check(&mut asked) {
        Ok(()) => out.send("204 No Content", &[("x-amzn-RequestId", &id)], b""),
        Err(error) => fail(out, &error),
    }
}

/// Whether an event is one that the durable service gives to a function.
fn is_durable_event(event: &[u8]) -> bool {
    let has = |name: &str| event.windows(name.len()).any(|part| part == name.as_bytes());
    if !has("\"DurableExecutionArn\"") || !has("\"CheckpointToken\"") {
        return false;
    }
    let text = std::str::from_utf8(event).ok();
    text.is_some_and(|text| json::from_str::<DurableEvent>(text).is_ok())
}

/// The fields that only the event of a durable function has.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only their presence counts")]
struct DurableEvent {
    #[serde(rename = "DurableExecutionArn")]
    arn: String,
    #[serde(rename = "CheckpointToken")]
    token: String,
}

/// The execution that an invocation starts, if the function is durable.
fn execution(
    site: &Site,
    request: &HttpRequest,
    function: &str,
    asked: &Request,
) -> Result<Option<Start>, Error> {
    if asked.is_once {
        return Ok(None);
    }
    let name = request.value_of("x-amz-durable-execution-name").map(str::to_owned);
    if name.is_none() && !site.lambda.is_durable(&asked.handler) {
        return Ok(None);
    }
    let is_sync = request.value_of("x-amz-invocation-type") != Some("Event");
    let is_qualified =
        is_qualified(function) || request.parameters().any(|(key, _)| key == "Qualifier");
    // The handler's name is not one of Lambda.
    if !is_qualified && function != asked.handler && site.lambda.is_durable(&asked.handler) {
        return Err(Error::new(ErrorKind::Refused, UNQUALIFIED));
    }
    let input = if asked.event.is_empty() { b"{}" } else { &*asked.event };
    let input = std::str::from_utf8(input)
        .map_err(|_| Error::new(ErrorKind::InvalidEvent, "the event is not JSON in UTF-8"))?;
    let header = |name: &str| request.value_of(name).map(str::to_owned);
    let new = New {
        handler: asked.handler.clone(),
        input: input.into(),
        trace: header("x-amzn-trace-id"),
        tenant: header("x-amz-tenant-id"),
        ..New::default()
    };
    Ok(Some(Start { name, is_sync, new }))
}

/// Starts an execution, and waits for its end if the caller does.
fn start(out: &mut Output, site: &Site, id: &str, start: Start) -> io::Result<()> {
    let is_sync = start.is_sync;
    let number = match site.durable.start(start) {
        Ok(number) => number,
        Err(error) => return fail(out, &error),
    };
    let arn = site.durable.read(number, |execution| execution.new.arn.clone()).unwrap_or_default();
    let mut headers = vec![
        ("x-amzn-RequestId", id),
        ("X-Amz-Durable-Execution-Arn", &arn),
        ("X-Amz-Executed-Version", "$LATEST"),
    ];
    if !is_sync {
        return out.send("202 Accepted", &headers, b"");
    }
    let invocation = match site.durable.wait_for_invocation(number) {
        Ok(invocation) => invocation,
        Err(error) => return fail(out, &error),
    };
    headers.push(JSON);
    if invocation.failure.is_some() {
        headers.push(("X-Amz-Function-Error", "Unhandled"));
    }
    out.send("200 OK", &headers, &invocation.payload)
}

fn invoke(out: &mut Output, site: &Site, request: &HttpRequest, name: &str) -> io::Result<()> {
    let asked = match invocation(site, request, name) {
        Ok(asked) => asked,
        Err(error) => return fail(out, &error),
    };
    let id = asked.id.clone().unwrap_or_default();
    let id_header = ("x-amzn-RequestId", &*id);
    let kind = match kind_of_invocation(request, &["Event", "RequestResponse", "DryRun"]) {
        Ok("DryRun") => return dry_run(out, site, asked),
        Ok(kind) => kind,
        Err(message) => return invalid(out, &message),
    };
    match execution(site, request, name, &asked) {
        Ok(Some(execution)) => return start(out, site, &id, execution),
        Ok(None) => {}
        Err(error) => return fail(out, &error),
    }
    if kind == "Event" {
        return match site.queue.accept(&site.lambda, asked) {
            Ok(()) => out.send("202 Accepted", &[id_header], b""),
            Err(error) => fail(out, &error),
        };
    }
    let invocation = match site.lambda.run(asked, &mut |_| {}) {
        Ok(invocation) => invocation,
        Err(error) => return fail(out, &error),
    };
    let tail = STANDARD.encode(invocation.log_tail());
    let mut headers = vec![JSON, id_header, ("X-Amz-Executed-Version", "$LATEST")];
    if request.value_of("x-amz-log-type") == Some("Tail") {
        headers.push(("X-Amz-Log-Result", &tail));
    }
    if invocation.failure.is_some() {
        headers.push(("X-Amz-Function-Error", "Unhandled"));
    }
    out.send("200 OK", &headers, &invocation.payload)
}

fn invoke_streaming(
    out: &mut Output,
    site: &Site,
    request: &HttpRequest,
    name: &str,
) -> io::Result<()> {
    let asked = match invocation(site, request, name) {
        Ok(asked) => asked,
        Err(error) => return fail(out, &error),
    };
    let id = asked.id.clone().unwrap_or_default();
    match kind_of_invocation(request, &["RequestResponse", "DryRun"]) {
        Ok("DryRun") => return dry_run(out, site, asked),
        Ok(_) => {}
        Err(message) => return invalid(out, &message),
    }
    let mut written = Ok(());
    let mut has_begun = false;
    let result = site.lambda.run(asked, &mut |part| {
        if written.is_ok() {
            written = match part {
                Part::Begin { content_type, .. } => {
                    has_begun = true;
                    begin_stream(out, &id, content_type)
                }
                Part::Bytes(bytes) => {
                    let mut chunks = bytes.chunks(event_stream::MAX_CHUNK_BYTES);
                    chunks.try_for_each(|part| out.chunk(&event_stream::payload_chunk(part)))
                }
            };
        }
    });
    written?;
    let invocation = match result {
        Ok(invocation) => invocation,
        Err(error) => return fail(out, &error),
    };
    if !has_begun {
        begin_stream(out, &id, "application/json")?;
    }
    let with_log = request.value_of("x-amz-log-type") == Some("Tail");
    let end = json::to_string(&completion(&invocation, with_log));
    out.chunk(&event_stream::invoke_complete(end.as_bytes()))?;
    out.end()
}

fn begin_stream(out: &mut Output, id: &str, content_type: &str) -> io::Result<()> {
    let headers = [
        ("Content-Type", "application/vnd.amazon.eventstream"),
        ("X-Amzn-Remapped-Content-Type", content_type),
        ("X-Amz-Executed-Version", "$LATEST"),
        ("x-amzn-RequestId", id),
    ];
    out.begin("200 OK", &headers)
}

fn completion(invocation: &Invocation, with_log: bool) -> Value {
    let mut document = object([]);
    if let Value::Object(fields) = &mut document {
        let mut set = |name: &str, value: String| drop(fields.insert(name.to_owned(), text(value)));
        if let Some(failure) = &invocation.failure {
            set("ErrorCode", failure.kind.clone());
            set("ErrorDetails", failure.message.clone());
        }
        if with_log {
            set("LogResult", STANDARD.encode(invocation.log_tail()));
        }
    }
    document
}

fn list(site: &Site) -> Result<Value, Error> {
    let names = site.lambda.handlers()?;
    let functions = array(names.iter().map(|name| configuration(site, name)));
    Ok(object([("Functions", functions)]))
}

fn describe(site: &Site, name: &str, only_configuration: bool) -> Result<Value, Error> {
    let configuration = configuration(site, &site.lambda.find(name)?);
    Ok(if only_configuration { configuration } else { object([("Configuration", configuration)]) })
}

fn configuration(site: &Site, handler: &str) -> Value {
    let settings = site.lambda.settings();
    object([
        ("FunctionName", text(settings.names.function_of(handler))),
        ("FunctionArn", text(settings.arn(handler))),
        ("Runtime", text("provided.al2023")),
        ("Handler", text(handler)),
        ("Timeout", number(settings.timeout_of(handler).as_secs().max(1))),
        ("MemorySize", number(settings.memory_mb_of(handler).into())),
        ("Version", text("$LATEST")),
        ("State", text("Active")),
        ("LastUpdateStatus", text("Successful")),
    ])
}

fn fail(out: &mut Output, error: &Error) -> io::Result<()> {
    let (kind, status) = kind_of(error);
    service_error(out, kind, status, &error.to_string())
}

fn invalid(out: &mut Output, message: &str) -> io::Result<()> {
    service_error(out, "ValidationException", "400 Bad Request", message)
}

fn kind_of(error: &Error) -> (&'static str, &'static str) {
    match error.kind() {
        ErrorKind::NoSuchHandler => ("ResourceNotFoundException", "404 Not Found"),
        ErrorKind::InvalidEvent => ("InvalidRequestContentException", "400 Bad Request"),
        ErrorKind::EventTooLarge => ("RequestTooLargeException", "413 Content Too Large"),
        ErrorKind::Refused => ("InvalidParameterValueException", "400 Bad Request"),
        ErrorKind::AlreadyStarted => ("DurableExecutionAlreadyStartedException", "409 Conflict"),
        ErrorKind::Throttled => ("TooManyRequestsException", "429 Too Many Requests"),
        _ => ("ServiceException", "500 Internal Server Error"),
    }
}

pub(super) fn service_error(
    out: &mut Output,
    kind: &str,
    status: &str,
    message: &str,
) -> io::Result<()> {
    out.send(status, &[JSON, ("x-amzn-ErrorType", kind)], document(message).as_bytes())
}

/// The response to an event that is too large to be read.
pub(super) fn error_response(error: &Error) -> Vec<u8> {
    let (kind, status) = kind_of(error);
    let headers = [JSON, ("x-amzn-ErrorType", kind), ("Connection", "close")];
    wire::response(status, &headers, document(&error.to_string()).as_bytes())
}

fn document(message: &str) -> String {
    json::to_string(&object([("Type", text("User")), ("Message", text(message))]))
}
