//! The documents for the page, as JSON.

use super::kept;
use super::site::Site;
use crate::caller::Caller;
use crate::clock::fraction_ms;
use crate::fault::Fault;
use crate::front_end::{self, FrontEnd};
use crate::gateway::Gateway;
use crate::http::HttpRequest;
use crate::journal::{Build, Run};
use crate::json::{self, array, fraction, number, object, text};
use crate::samples::SAMPLES;
use crate::settings::Limits;
use base64::Engine;
use miniserde::json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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
    // Those of a service follow each other.
    let groups = SAMPLES.chunk_by(|one, next| one.service == next.service).map(|samples| {
        let documents = samples
            .iter()
            .map(|sample| object([("name", text(sample.name)), ("text", text(sample.document))]));
        let first = samples.first();
        object([
            ("service", text(first.map_or("", |first| first.service))),
            ("description", text(first.map_or("", |first| first.description))),
            ("samples", array(documents)),
        ])
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

/// What a command needs to know to run a handler without this tool.
fn program(site: &Site) -> Value {
    let settings = site.lambda.settings();
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = &settings.program;
    let folder = site.project.as_ref().map(|project| &*project.folder);
    let in_project = |path: &Option<PathBuf>| {
        // That of a project may be made later.
        let path = absolute(path.as_deref().filter(|path| path.exists())?);
        let inside = folder.and_then(|folder| path.strip_prefix(folder).ok());
        Some(inside.map_or_else(|| path.clone(), Path::to_owned))
    };
    // As the user has called it, unless it is not in PATH.
    let tool = std::env::args().next().filter(|name| !name.contains('/')).map(PathBuf::from);
    let tool = tool.or_else(|| std::env::current_exe().ok()).unwrap_or_default();
    let shown = |path: &Path| text(path.display().to_string());
    let project = site.project.as_ref().map_or(Value::Null, |project| {
        let makefile = fs::read_to_string(project.folder.join("Makefile")).unwrap_or_default();
        object([
            ("folder", shown(&project.folder)),
            ("hasRun", Value::Bool(makefile.lines().any(|line| line.starts_with("run:")))),
            ("build", array(project.options.iter().map(|option| text(&**option)))),
        ])
    });
    let is_example = path.parent().is_some_and(|folder| folder.ends_with("examples"));
    object([
        ("path", if path.as_os_str().is_empty() { text("") } else { shown(&absolute(path)) }),
        ("name", text(path.file_name().unwrap_or_default().to_string_lossy())),
        ("isExample", Value::Bool(is_example)),
        ("project", project),
        ("envFile", in_project(&site.env_file).as_deref().map_or(Value::Null, shown)),
        ("functions", in_project(&site.functions).as_deref().map_or(Value::Null, shown)),
        ("tool", shown(&tool)),
    ])
}

pub(super) fn settings(site: &Site) -> Value {
    let settings = site.lambda.settings();
    let gateway = site.gateway();
    let (caller, identity) = gateway.caller.describe();
    // Those of the functions that the file does not name have no name.
    let usual = std::iter::once((String::new(), limits(settings.file_limits.usual())));
    let each =
        settings.file_limits.each.iter().map(|(handler, its)| (handler.clone(), limits(*its)));
    object([
        ("limits", limits(settings.limits)),
        ("fileLimits", Value::Object(usual.chain(each).collect())),
        ("freeze", Value::Bool(settings.freeze)),
        ("workers", number(settings.workers.unwrap_or(0) as u64)),
        ("frontEnd", text(gateway.front_end.name())),
        ("caller", text(caller)),
        ("identity", text(identity)),
    ])
}

/// The limits that are set.
fn limits(limits: Limits) -> Value {
    let timeout = limits.timeout.map(|it| ("timeout".to_owned(), fraction(it.as_secs_f64())));
    let memory = limits.memory_mb.map(|it| ("memory".to_owned(), number(it.into())));
    Value::Object(timeout.into_iter().chain(memory).collect())
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
        ("program", program(site)),
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
        let stack = array(failure.stack_trace.iter().map(|frame| text(&**frame)));
        let message = text(&*failure.message);
        object([("type", text(&*failure.kind)), ("message", message), ("stack", stack)])
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
        ("request", run.asked.as_ref().map_or(Value::Null, |it| request(&it.request))),
        ("through", run.asked.as_ref().map_or(Value::Null, |it| through(&it.gateway))),
        ("http", http_document(&site.gateway(), run)),
        ("refused", Value::Bool(run.refusal.is_some())),
        ("log", array(invocation.log.iter().map(|line| text(&**line)))),
        ("duration", ms(report.duration)),
        ("billed", number(report.billed_ms)),
        ("init", report.init.map_or(Value::Null, ms)),
        ("memory", report.max_memory_kb.map_or(Value::Null, number)),
        ("limit", number(report.memory_mb.into())),
    ])
}

fn request(request: &HttpRequest) -> Value {
    object([
        ("method", text(&*request.method)),
        ("target", text(request.target())),
        ("headers", pairs(&request.headers)),
        ("body", bytes(&request.body)),
    ])
}

/// What a request came through, for a test that does the same.
fn through(gateway: &Gateway) -> Value {
    let (caller, identity) = gateway.caller.describe();
    let (is_of_request, sources) = match &gateway.caller {
        Caller::Lambda(authorizer) => (authorizer.is_of_request(), authorizer.sources()),
        _ => (false, Vec::new()),
    };
    object([
        ("frontEnd", text(format!("{:?}", gateway.front_end))),
        ("caller", text(caller)),
        ("identity", text(identity)),
        ("isOfRequest", Value::Bool(is_of_request)),
        ("sources", array(sources.into_iter().map(text))),
        ("binaryTypes", array(gateway.binary_types.iter().map(|kind| text(&**kind)))),
    ])
}

/// Returns the response that the client got, or would get if the event is one of HTTP.
fn http_document(gateway: &Gateway, run: &Run) -> Value {
    let (head, body) = match (&run.refusal, &run.asked) {
        (Some(refusal), _) => refusal.clone(),
        (None, Some(asked)) => asked.gateway.response(&asked.request, &run.invocation),
        (None, None) => {
            let payload = json::parse_object(&run.invocation.payload);
            let is_structured = payload.is_some_and(|payload| payload.contains_key("statusCode"));
            let is_stream = run.invocation.content_type == front_end::INTEGRATION;
            if run.invocation.failure.is_some() || !(is_structured || is_stream) {
                return Value::Null;
            }
            gateway.response_to_event(&run.event, &run.invocation)
        }
    };
    object([
        ("status", number(head.status.into())),
        ("headers", pairs(&head.headers)),
        ("body", bytes(&body)),
    ])
}

fn pairs(pairs: &[(String, String)]) -> Value {
    array(pairs.iter().map(|(name, value)| array([text(&**name), text(&**value)])))
}

/// Text, or base64 of bytes that are not UTF-8.
fn bytes(bytes: &[u8]) -> Value {
    if let Ok(plain) = std::str::from_utf8(bytes) {
        return object([("text", text(plain))]);
    }
    object([("base64", text(base64::engine::general_purpose::STANDARD.encode(bytes)))])
}
