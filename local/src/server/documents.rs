//! The documents for the page, as JSON.

use super::kept;
use super::site::Site;
use crate::clock::fraction_ms;
use crate::fault::Fault;
use crate::front_end::{self, FrontEnd};
use crate::gateway::Gateway;
use crate::journal::{Build, Run};
use crate::json::{self, array, fraction, number, object, text};
use crate::samples::SAMPLES;
use base64::Engine;
use miniserde::json::Value;
use std::net::SocketAddr;
use std::time::Duration;

/// A fault and its name on the page.
type NamedFault = (&'static str, fn() -> Fault);

pub(super) const FAULTS: [NamedFault; 8] = [
    ("the event comes 1 s late", || Fault::at_event().delay(Duration::from_secs(1))),
    ("status 500 instead of the event", || Fault::at_event().status(500)),
    ("the event is truncated", || Fault::at_event().truncate()),
    ("the connection is reset before the event", || Fault::at_event().reset()),
    ("the response is accepted 1 s late", || Fault::at_response().delay(Duration::from_secs(1))),
    ("status 413 for the response", || Fault::at_response().status(413)),
    ("status 500 for the response", || Fault::at_response().status(500)),
    ("the connection is reset after the response", || Fault::at_response().reset()),
];

/// Returns the state that the page shows first.
pub(super) fn state(site: &Site, address: SocketAddr) -> Value {
    let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
    for sample in SAMPLES {
        let document = object([("name", text(sample.name)), ("text", text(sample.document))]);
        match groups.iter_mut().find(|(service, _)| *service == sample.service) {
            Some((_, samples)) => samples.push(document),
            None => groups.push((sample.service, vec![document])),
        }
    }
    let groups = groups.into_iter().map(|(service, samples)| {
        object([("service", text(service)), ("samples", array(samples))])
    });
    let own = site.events.as_deref().map(kept::list).unwrap_or_default();
    let front_ends = FrontEnd::ALL.iter().map(|front_end| text(front_end.name()));
    object([
        ("title", text(&*site.title)),
        ("port", number(address.port().into())),
        ("build", build(site)),
        ("settings", settings(site)),
        ("frontEnds", array(front_ends)),
        ("faults", array(FAULTS.iter().map(|(name, _)| text(*name)))),
        ("services", array(groups)),
        ("kept", array(own)),
        (
            "keepsIn",
            site.events.as_ref().map_or(Value::Null, |path| text(path.display().to_string())),
        ),
        ("runs", array(site.journal.runs().iter().map(|one| run(site, one)))),
    ])
}

pub(super) fn settings(site: &Site) -> Value {
    let settings = site.lambda.settings();
    let gateway = site.gateway();
    let (caller, identity) = gateway.caller.describe();
    object([
        ("timeout", fraction(settings.timeout.as_secs_f64())),
        ("memory", number(settings.memory_mb.into())),
        ("freeze", Value::Bool(settings.freeze)),
        ("workers", number(settings.workers.unwrap_or(0) as u64)),
        ("frontEnd", text(gateway.front_end.name())),
        ("caller", text(caller)),
        ("identity", text(identity)),
    ])
}

/// The state of the build, with the handlers of the program if there is one.
pub(super) fn build(site: &Site) -> Value {
    let empty = || text("");
    let (state, said, took, at) = match site.journal.build() {
        Build::None => ("given", empty(), 0.0, 0),
        Build::Running { progress } => ("running", text(progress), 0.0, 0),
        Build::Done { took, at_ms } => ("done", empty(), fraction_ms(took), at_ms),
        Build::Failed { messages } => ("failed", text(messages), 0.0, 0),
    };
    let handlers = match state {
        "given" | "done" => site.lambda.handlers(),
        _ => Ok(Vec::new()),
    };
    let (said, handlers) = match handlers {
        Ok(handlers) => (said, handlers),
        Err(error) => (text(error.to_string()), Vec::new()),
    };
    object([
        ("state", text(state)),
        ("said", said),
        ("tookMs", fraction(took)),
        ("at", number(at)),
        ("durable", array(handlers.iter().filter(|name| site.lambda.is_durable(name)).map(text))),
        ("handlers", array(handlers.into_iter().map(text))),
    ])
}

/// A run as the page shows it.
pub(super) fn run(site: &Site, run: &Run) -> Value {
    let invocation = &run.invocation;
    let report = &invocation.report;
    let ms = |time: Duration| fraction(fraction_ms(time));
    let failure = invocation.failure.as_ref().map_or(Value::Null, |failure| {
        object([("type", text(&*failure.kind)), ("message", text(&*failure.message))])
    });
    object([
        ("number", number(run.number)),
        ("at", number(run.at_ms)),
        ("id", text(&*invocation.request_id)),
        ("handler", text(&*run.handler)),
        ("event", bytes(&run.event)),
        ("payload", bytes(&invocation.payload)),
        ("failure", failure),
        ("streamed", Value::Bool(invocation.is_streamed)),
        ("contentType", text(&*invocation.content_type)),
        ("http", http_document(&site.gateway(), run)),
        ("log", array(invocation.log.iter().map(|line| text(&**line)))),
        ("duration", ms(report.duration)),
        ("billed", number(report.billed_ms)),
        ("init", report.init.map_or(Value::Null, ms)),
        ("memory", report.max_memory_kb.map_or(Value::Null, number)),
        ("limit", number(report.memory_mb.into())),
    ])
}

/// Returns the response of a client, if it is one for HTTP.
fn http_document(gateway: &Gateway, run: &Run) -> Value {
    let payload = json::parse_object(&run.invocation.payload);
    let is_structured = payload.is_some_and(|payload| payload.contains_key("statusCode"));
    let is_stream = run.invocation.content_type == front_end::INTEGRATION;
    if run.invocation.failure.is_some() || !(is_structured || is_stream) {
        return Value::Null;
    }
    let (head, body) = gateway.response_to_event(&run.event, &run.invocation);
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| array([text(&**name), text(&**value)]));
    object([
        ("status", number(head.status.into())),
        ("headers", array(headers)),
        ("body", bytes(&body)),
    ])
}

/// Text, or base64 of bytes that are not UTF-8.
fn bytes(bytes: &[u8]) -> Value {
    if let Ok(plain) = std::str::from_utf8(bytes) {
        return object([("text", text(plain))]);
    }
    object([("base64", text(base64::engine::general_purpose::STANDARD.encode(bytes)))])
}
