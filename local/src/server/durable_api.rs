//! The API of durable executions, for functions and for the AWS CLI and SDKs.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html>.

use super::invoke_api::{JSON, service_error};
use super::output::Output;
use super::site::Site;
use crate::durable::execution::{Execution, ExecutionStatus};
use crate::durable::fault::CheckpointFault;
use crate::durable::operation::{Form, Problem, set};
use crate::durable::refusal::Refusal;
use crate::durable::service::Service;
use crate::durable::time;
use crate::durable::update::{Checkpoint, MAX_PAYLOAD_BYTES, MAX_SECONDS};
use crate::http::{HttpRequest, decode};
use crate::json::{array, object, text};
use crate::settings::Settings;
use miniserde::Deserialize;
use miniserde::json::{self, Object, Value};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The first segment of the paths.
pub(super) const VERSION: &str = "2025-12-01";

/// The most bytes of a request. A checkpoint has payloads of 6 MB, which are escaped.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The items of a page, if the request does not say it, and the most.
const ITEMS: usize = 100;
const MAX_ITEMS: usize = 1000;

/// A response with its status, and the fault that happens to it.
struct Response {
    status: &'static str,
    document: String,
    fault: Option<CheckpointFault>,
}

impl Response {
    fn ok(document: &Value) -> Self {
        Self { status: "200 OK", document: json::to_string(document), fault: None }
    }

    fn accepted(document: &Value) -> Self {
        Self { status: "202 Accepted", ..Self::ok(document) }
    }
}

pub(super) fn serve(out: &mut Output, site: &Site, request: &HttpRequest) -> io::Result<()> {
    match respond(site, request) {
        Ok(response) => match response.fault {
            Some(CheckpointFault::LostResponse | CheckpointFault::Kill) => {
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(CheckpointFault::ServerError) => {
                let (kind, status) = ("ServiceException", "500 Internal Server Error");
                service_error(out, kind, status, "a fault on demand")
            }
            Some(CheckpointFault::Throttled) => {
                let (kind, status) = ("TooManyRequestsException", "429 Too Many Requests");
                service_error(out, kind, status, "a fault on demand")
            }
            Some(CheckpointFault::StaleToken) => refuse(out, &Refusal::stale_token()),
            Some(CheckpointFault::NoToken) | None => {
                out.send(response.status, &[JSON], response.document.as_bytes())
            }
        },
        Err(refusal) => refuse(out, &refusal),
    }
}

fn refuse(out: &mut Output, refusal: &Refusal) -> io::Result<()> {
    service_error(out, refusal.kind, refusal.status, &refusal.message)
}

fn respond(site: &Site, request: &HttpRequest) -> Result<Response, Refusal> {
    let segments: Vec<_> = request.path.trim_matches('/').split('/').skip(1).collect();
    let service = &site.durable;
    match (&*request.method, &*segments) {
        ("GET", ["functions", name, "durable-executions"]) => list(site, &decode(name), request),
        (method, ["durable-executions", arn, rest @ ..]) => {
            let arn = decode(arn);
            let number = service.number_of(&arn);
            match (method, rest) {
                ("POST", ["checkpoint"]) => checkpoint(service, number, &request.body),
                ("GET", ["state"]) => state(service, number, request),
                ("GET", []) => describe(site, number?, request),
                ("DELETE", []) => delete(service, number?),
                ("GET", ["history"]) => history(service, number?, request),
                ("POST", ["stop"]) => stop(service, number?, &request.body),
                ("POST", ["pause"]) => pause(service, number?, &request.body),
                ("POST", ["resume"]) => resume(service, number?, &request.body),
                _ => Err(unknown(request)),
            }
        }
        ("POST", ["durable-execution-callbacks", id, action]) => {
            callback(service, &decode(id), action, &request.body)
                .unwrap_or_else(|| Err(unknown(request)))
        }
        _ => Err(unknown(request)),
    }
}

fn unknown(request: &HttpRequest) -> Refusal {
    Refusal {
        kind: "UnknownOperationException",
        status: "404 Not Found",
        message: format!("there is no {} {} here", request.method, request.path),
    }
}

fn parse<T: Deserialize>(body: &[u8]) -> Result<T, Refusal> {
    let parsed = std::str::from_utf8(body).ok().and_then(|text| json::from_str(text).ok());
    parsed.ok_or_else(|| Refusal {
        kind: "SerializationException",
        status: "400 Bad Request",
        message: "the body is no JSON of the operation's shape: a field is missing or has another \
                  type"
            .to_owned(),
    })
}

fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    request.parameters().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn flag(request: &HttpRequest, name: &str, default: bool) -> Result<bool, Refusal> {
    match parameter(request, name).as_deref() {
        None | Some("") => Ok(default),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(Refusal::invalid(format!("{name} is true or false"))),
    }
}

/// The place of the first item of a page, and the number of items.
fn page(request: &HttpRequest) -> Result<(usize, usize), Refusal> {
    let number = |name: &str, most: usize| match parameter(request, name).as_deref() {
        None | Some("") => Ok(0),
        Some(value) => match value.parse::<usize>() {
            Ok(number) if number <= most => Ok(number),
            _ => Err(Refusal::invalid(format!("{name} is not one that was given, or too large"))),
        },
    };
    let items = number("MaxItems", MAX_ITEMS)?;
    Ok((number("Marker", usize::MAX)?, if items == 0 { ITEMS } else { items }))
}

/// The items of a page, and the place of the next one.
fn cut<T>(items: Vec<T>, from: usize, count: usize) -> (Vec<T>, Option<usize>) {
    let next = from.saturating_add(count);
    let marker = (next < items.len()).then_some(next);
    (items.into_iter().skip(from).take(count).collect(), marker)
}

// ---- for functions

fn checkpoint(
    service: &Arc<Service>,
    number: Result<u64, Refusal>,
    body: &[u8],
) -> Result<Response, Refusal> {
    let request: Checkpoint = parse(body)?;
    let number = number.map_err(|_| Refusal::stale_token())?;
    let (response, request_id) = service.checkpoint(number, request)?;
    if let (Some(CheckpointFault::Kill), Some(id)) = (response.fault, request_id) {
        service.kill(&id);
    }
    Ok(Response { status: "200 OK", document: response.document, fault: response.fault })
}

fn state(
    service: &Service,
    number: Result<u64, Refusal>,
    request: &HttpRequest,
) -> Result<Response, Refusal> {
    let token = parameter(request, "CheckpointToken").unwrap_or_default();
    let (from, items) = page(request)?;
    let number = number.map_err(|_| Refusal::stale_token())?;
    let document = service.read(number, |execution| execution.state(&token, from, items));
    let document = document.map_err(|_| Refusal::stale_token())??;
    Ok(Response { status: "200 OK", document, fault: None })
}

// ---- for everybody

/// What all descriptions of an execution have.
fn summary(execution: &Execution, settings: &Settings) -> Object {
    let mut fields = Object::new();
    let function = format!("{}:$LATEST", settings.arn(&execution.new.handler));
    set(&mut fields, "DurableExecutionArn", Some(text(&*execution.new.arn)));
    set(&mut fields, "DurableExecutionName", Some(text(&*execution.new.name)));
    set(&mut fields, "FunctionArn", Some(text(function)));
    set(&mut fields, "Status", Some(text(execution.status().name())));
    set(&mut fields, "StartTimestamp", Some(Form::Api.time(execution.started)));
    set(&mut fields, "EndTimestamp", execution.ended.map(|ended| Form::Api.time(ended)));
    fields
}

fn describe(site: &Site, number: u64, request: &HttpRequest) -> Result<Response, Refusal> {
    let with_data = flag(request, "IncludeExecutionData", true)?;
    let settings = site.lambda.settings();
    let document = site.durable.read(number, |execution| {
        let mut fields = summary(execution, &settings);
        let data = |value: Option<Value>| value.filter(|_| with_data);
        set(&mut fields, "InputPayload", data(Some(text(&*execution.new.input))));
        set(&mut fields, "Result", data(execution.result.as_deref().map(text)));
        set(&mut fields, "Error", data(execution.error.as_ref().map(Problem::to_json)));
        set(&mut fields, "Version", Some(text("$LATEST")));
        set(&mut fields, "ExecutionDataIncluded", Some(Value::Bool(with_data)));
        let timeout = crate::json::number(execution.new.timeout.min(MAX_SECONDS));
        set(&mut fields, "DurableConfig", Some(object([("ExecutionTimeout", timeout)])));
        let trace = execution.new.trace.as_deref();
        let trace = trace.map(|trace| object([("XAmznTraceId", text(trace))]));
        set(&mut fields, "TraceHeader", trace);
        let pause = execution.paused_at().map(|(at, stops_timeout)| {
            object([
                ("PauseRequestTimestamp", Form::Api.time(at)),
                ("ExecutionTimeoutPaused", Value::Bool(stops_timeout)),
            ])
        });
        set(&mut fields, "PauseDetails", pause);
        Value::Object(fields)
    });
    Ok(Response::ok(&document.map_err(|_| gone())?))
}

fn gone() -> Refusal {
    Refusal::not_found("Durable Execution does not exist")
}

fn history(service: &Service, number: u64, request: &HttpRequest) -> Result<Response, Refusal> {
    let with_data = flag(request, "IncludeExecutionData", true)?;
    let is_reverse = flag(request, "ReverseOrder", false)?;
    let (from, count) = page(request)?;
    let document = service.read(number, |execution| {
        let mut events: Vec<_> = execution.history.iter().collect();
        if is_reverse {
            events.reverse();
        }
        let (events, marker) = cut(events, from, count);
        let mut fields = Object::new();
        let events = events.into_iter().map(|event| event.to_json(with_data));
        set(&mut fields, "Events", Some(array(events)));
        set(&mut fields, "NextMarker", marker.map(|marker| text(marker.to_string())));
        Value::Object(fields)
    });
    Ok(Response::ok(&document.map_err(|_| gone())?))
}

fn list(site: &Site, function: &str, request: &HttpRequest) -> Result<Response, Refusal> {
    let handler = site.lambda.find(function);
    let handler = handler.map_err(|error| Refusal::not_found(error.to_string()))?;
    let is_oldest_first = flag(request, "ReverseOrder", false)?;
    let (from, count) = page(request)?;
    let name = parameter(request, "DurableExecutionName").filter(|name| !name.is_empty());
    let statuses: Vec<_> = request.parameters().filter(|(key, _)| key == "Statuses").collect();
    for (_, status) in &statuses {
        let is_status = ExecutionStatus::ALL.iter().any(|(name, _)| name == status);
        if !is_status && status != "DELETING" {
            return Err(Refusal::invalid("Statuses has a status that there is not"));
        }
    }
    let time = |name: &str| match parameter(request, name).filter(|time| !time.is_empty()) {
        None => Ok(None),
        Some(value) => time::parse(&value).map(Some).ok_or_else(|| {
            Refusal::invalid(format!("{name} is not a time such as 2026-11-29T10:00:00Z"))
        }),
    };
    let (after, before) = (time("StartedAfter")?, time("StartedBefore")?);
    let settings = site.lambda.settings();
    let mut found = Vec::new();
    site.durable.each(|_, execution| {
        let is_named = name.as_ref().is_none_or(|name| *name == execution.new.name);
        let status = execution.status().name();
        let has_status = statuses.is_empty() || statuses.iter().any(|(_, it)| it == status);
        let is_in_time = after.is_none_or(|after| execution.started > after)
            && before.is_none_or(|before| execution.started < before);
        if execution.new.handler == handler && is_named && has_status && is_in_time {
            found.push(Value::Object(summary(execution, &settings)));
        }
    });
    if is_oldest_first {
        found.reverse();
    }
    let (found, marker) = cut(found, from, count);
    let mut fields = Object::new();
    set(&mut fields, "DurableExecutions", Some(array(found)));
    set(&mut fields, "NextMarker", marker.map(|marker| text(marker.to_string())));
    Ok(Response::ok(&Value::Object(fields)))
}

fn delete(service: &Service, number: u64) -> Result<Response, Refusal> {
    let at = service.delete(number)?;
    Ok(Response::accepted(&object([("DeletionRequestTimestamp", Form::Api.time(at))])))
}

/// The error of a request, which may be absent.
fn problem(body: &[u8]) -> Result<Option<Problem>, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let problem: Problem = parse(body)?;
    let bytes = problem.bytes();
    if bytes > MAX_PAYLOAD_BYTES {
        let message =
            format!("the error has {bytes} bytes, and at most {MAX_PAYLOAD_BYTES} are accepted");
        return Err(Refusal::invalid(message));
    }
    Ok(Some(problem))
}

fn stop(service: &Service, number: u64, body: &[u8]) -> Result<Response, Refusal> {
    let error = problem(body)?.filter(|error| error.bytes() > 0);
    let at: Duration = service.change(number, |execution, now| {
        execution.stop(error, now);
        Ok(execution.ended.unwrap_or(now))
    })?;
    Ok(Response::ok(&object([("StopTimestamp", Form::Api.time(at))])))
}

/// The body of a request to pause or to resume.
#[derive(Deserialize)]
struct Pause {
    #[serde(rename = "Reason")]
    reason: Option<String>,
    #[serde(rename = "ExecutionTimeoutPaused")]
    stops_timeout: Option<bool>,
}

impl Pause {
    fn parse(body: &[u8]) -> Result<Self, Refusal> {
        if body.trim_ascii().is_empty() {
            return Ok(Self { reason: None, stops_timeout: None });
        }
        let pause: Self = parse(body)?;
        if pause.reason.as_ref().is_some_and(|reason| reason.len() > 1024) {
            return Err(Refusal::invalid("Reason has at most 1024 bytes"));
        }
        Ok(pause)
    }
}

fn pause(service: &Service, number: u64, body: &[u8]) -> Result<Response, Refusal> {
    let pause = Pause::parse(body)?;
    let stops_timeout = pause.stops_timeout == Some(true);
    service.change(number, |execution, now| execution.pause(pause.reason, stops_timeout, now))?;
    Ok(Response::accepted(&object([])))
}

fn resume(service: &Service, number: u64, body: &[u8]) -> Result<Response, Refusal> {
    let pause = Pause::parse(body)?;
    service.change(number, |execution, now| execution.resume(pause.reason, now))?;
    Ok(Response::accepted(&object([])))
}

/// `None` if there is no such action.
fn callback(
    service: &Service,
    id: &str,
    action: &str,
    body: &[u8],
) -> Option<Result<Response, Refusal>> {
    let result = match action {
        "succeed" => text_of(body).and_then(|result| {
            service.callback(id, |execution, index, now| execution.answer(index, Ok(result), now))
        }),
        "fail" => problem(body).and_then(|error| {
            let error = error.unwrap_or_default();
            service.callback(id, |execution, index, now| execution.answer(index, Err(error), now))
        }),
        "heartbeat" => service.callback(id, Execution::heartbeat),
        _ => return None,
    };
    Some(result.map(|()| Response::ok(&object([]))))
}

/// The result of a callback.
fn text_of(body: &[u8]) -> Result<Option<Arc<str>>, Refusal> {
    if body.len() > MAX_PAYLOAD_BYTES {
        let message = format!(
            "the result has {} bytes, and at most {MAX_PAYLOAD_BYTES} are accepted",
            body.len()
        );
        return Err(Refusal::invalid(message));
    }
    let text = std::str::from_utf8(body).map_err(|_| Refusal::invalid("the result is UTF-8"))?;
    Ok((!text.is_empty()).then(|| text.into()))
}
