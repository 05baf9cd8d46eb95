//! The page, and what it asks for below `/local/`.

use super::documents::{self, FAULTS};
use super::durable_page;
use super::kept;
use super::output::Output;
use super::site::Site;
use crate::error::Error;
use crate::front_end::{FrontEnd, REASON};
use crate::gateway::{Admission, Caller, Gateway};
use crate::http::HttpRequest;
use crate::ids;
use crate::invocation::Request;
use crate::json::{self, array};
use crate::lock::lock;
use crate::settings;
use miniserde::json::{Object, Value};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, atomic::AtomicUsize, atomic::Ordering};
use std::thread;
use std::time::Duration;

const PAGE: &str = include_str!("../../page/page.html");
const STYLE: &str = include_str!("../../page/style.css");
const SCRIPTS: [&str; 5] = [
    include_str!("../../page/json.js"),
    include_str!("../../page/copies.js"),
    include_str!("../../page/view.js"),
    include_str!("../../page/durable.js"),
    include_str!("../../page/page.js"),
];

/// The time after which a page gets a comment, if there are no news.
const SILENCE: Duration = Duration::from_secs(15);

/// The pause before the page is told that executions have changed.
const COALESCING: Duration = Duration::from_millis(50);

/// The most times that one press of the button runs a handler.
const MAX_TIMES: usize = 1000;

/// The most runs at once.
const MAX_AT_ONCE: usize = 64;

const TEXT: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");

pub(super) fn serve(
    out: &mut Output,
    site: &Arc<Site>,
    request: &HttpRequest,
    address: SocketAddr,
) -> io::Result<()> {
    let query = |name: &str| request.parameters().find(|(key, _)| key == name).map(|it| it.1);
    let result = match (&*request.method, &*request.path) {
        ("GET" | "HEAD", "/") => return send_page(out),
        ("GET", "/local/news") => return send_news(out, site),
        ("GET", "/local/executions") => Ok(durable_page::list(site)),
        ("GET", "/local/execution") => durable_page::detail(site, &query),
        ("POST", "/local/execution") => durable_page::act(site, &query, &request.body),
        ("POST", "/local/start") => durable_page::start(site, &query, &request.body),
        ("POST", "/local/time") => durable_page::set_time(site, &query),
        ("GET", "/local/state") => Ok(documents::state(site, address)),
        ("POST", "/local/run") => run(site, &request.body, &query),
        ("POST", "/local/settings") => configure(site, &request.body),
        ("POST", "/local/clear") => {
            site.journal.clear();
            Ok(Value::Null)
        }
        ("PUT", "/local/event") => keep(site, &query("name").unwrap_or_default(), &request.body),
        ("GET", "/favicon.ico") => return out.send("204 No Content", &[], b""),
        _ => {
            let help = format!(
                "there is no {} {} here\n\nthe page is at http://{address}/, functions at \
                 http://HANDLER.localhost:{}/\n",
                request.method,
                request.path,
                address.port()
            );
            return out.send("404 Not Found", &[TEXT], help.as_bytes());
        }
    };
    match result {
        Ok(document) => {
            let document = miniserde::json::to_string(&document);
            let headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")];
            out.send("200 OK", &headers, document.as_bytes())
        }
        Err(message) => out.send("400 Bad Request", &[TEXT], message.as_bytes()),
    }
}

/// Only its own script runs, and nothing is loaded from elsewhere.
fn send_page(out: &mut Output) -> io::Result<()> {
    let nonce = ids::hex(32);
    let page = PAGE
        .replace("/*STYLE*/", STYLE)
        .replace("NONCE", &nonce)
        .replace("/*SCRIPT*/", &SCRIPTS.concat());
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; \
         connect-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", &*policy),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ];
    out.send("200 OK", &headers, page.as_bytes())
}

/// Sends runs and builds as they happen, as
/// [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
fn send_news(out: &mut Output, site: &Site) -> io::Result<()> {
    let headers = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")];
    out.begin("200 OK", &headers)?;
    let mut bookmark = site.journal.bookmark();
    send_one(out, "build", &documents::build(site))?;
    loop {
        let news = site.journal.wait(&mut bookmark, SILENCE);
        for one in &news.runs {
            send_one(out, "run", &documents::run(site, one))?;
        }
        if news.build.is_some() {
            send_one(out, "build", &documents::build(site))?;
        }
        if news.has_executions {
            // More of them come at once: the page asks for what it shows.
            thread::sleep(COALESCING);
            send_one(out, "executions", &Value::Null)?;
        }
        if news.runs.is_empty() && news.build.is_none() && !news.has_executions {
            out.chunk(b": nothing new\n\n")?;
        }
    }
}

fn send_one(out: &mut Output, kind: &str, document: &Value) -> io::Result<()> {
    let document = miniserde::json::to_string(document);
    out.chunk(format!("event: {kind}\ndata: {document}\n\n").as_bytes())
}

// ---- running

/// Runs a handler, and returns the last run.
fn run(site: &Site, body: &[u8], query: &dyn Fn(&str) -> Option<String>) -> Result<Value, String> {
    site.wait_for_program()?;
    let count = |name: &str, most: usize| {
        query(name).and_then(|count| count.parse().ok()).unwrap_or(1).clamp(1, most)
    };
    let (times, at_once) = (count("times", MAX_TIMES), count("atOnce", MAX_AT_ONCE));
    let handler = query("handler").unwrap_or_default();
    let request = if query("as").as_deref() == Some("http") {
        let admitted = site.gateway().admit(&site.lambda, &handler, &read_request(body)?);
        match admitted.map_err(|error| error.to_string())? {
            Admission::Run(request) => request,
            Admission::Refused { head, body, .. } => {
                let reason = head.headers.iter().find(|(name, _)| name == REASON);
                let reason = reason.map_or("", |(_, reason)| reason);
                let body = String::from_utf8_lossy(&body);
                return Err(format!("status {}: {body}\n{reason}", head.status));
            }
        }
    } else {
        Request::new(&handler, body)
    };
    let fault = query("fault").and_then(|name| FAULTS.iter().find(|(other, _)| *other == name));
    let asked = Request {
        fault: fault.map(|(_, fault)| fault()),
        is_cold: query("cold").is_some(),
        ..request
    };
    let left = AtomicUsize::new(times);
    let last = Mutex::new(None);
    let work = || {
        let take = |left: usize| left.checked_sub(1);
        while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            let result = site.lambda.run(asked.clone(), &mut |_| {});
            *lock(&last) = Some(result.map(|invocation| invocation.request_id));
        }
    };
    thread::scope(|scope| {
        for _ in 1..at_once.min(times) {
            // Without more threads it takes longer.
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    let id = lock(&last).take().unwrap_or_else(|| Ok(String::new()));
    let run = id.map(|id| site.journal.run(&id)).map_err(|error: Error| error.to_string())?;
    Ok(run.map_or(Value::Null, |run| documents::run(site, &run)))
}

/// An HTTP request as the page writes it: `{"method","path","headers","body"}`.
fn read_request(body: &[u8]) -> Result<HttpRequest, String> {
    let form = r#"an HTTP request is {"method":"GET","path":"/?a=b","headers":{},"body":""}"#;
    let document = json::parse_object(body).ok_or(form)?;
    let method = json::string(&document, "method").unwrap_or("GET");
    let path = json::string(&document, "path").ok_or(form)?;
    let mut request = HttpRequest::new(method, path);
    if let Some(Value::Object(headers)) = document.get("headers") {
        for (name, value) in headers {
            if let Value::String(value) = value {
                request.headers.push((name.clone(), value.clone()));
            }
        }
    }
    request.body = match document.get("body") {
        Some(Value::String(body)) => body.clone().into_bytes(),
        Some(Value::Null) | None => Vec::new(),
        Some(body) => miniserde::json::to_string(body).into_bytes(),
    };
    Ok(request)
}

// ---- settings and events

fn configure(site: &Site, body: &[u8]) -> Result<Value, String> {
    let document = json::parse_object(body).ok_or("the settings are not an object")?;
    let given = |name: &str| float(&document, name).ok_or(format!("the {name} is not a number"));
    let workers = settings::workers(given("workers")?)?;
    let timeout = settings::timeout(given("timeout")?, workers)?;
    let memory_mb = settings::memory_mb(given("memory")?)?;
    let freeze = matches!(document.get("freeze"), Some(Value::Bool(true)));
    let front_end = json::string(&document, "frontEnd").and_then(FrontEnd::from_name);
    let front_end = front_end.ok_or("there is no such front end")?;
    let old = site.gateway();
    let text = |name| json::string(&document, name).unwrap_or_default();
    let caller = Caller::parse(text("caller"), text("identity"), &old.caller);
    let caller = caller.map_err(|error| error.to_string())?;
    let gateway = Gateway::new(front_end, caller, old.binary_types.clone());
    gateway.check().map_err(|error| error.to_string())?;
    *lock(&site.gateway) = Arc::new(gateway);
    site.lambda.configure(|settings| {
        settings.timeout = timeout;
        settings.memory_mb = memory_mb;
        settings.freeze = freeze;
        settings.workers = workers;
    });
    Ok(documents::settings(site))
}

fn float(object: &Object, name: &str) -> Option<f64> {
    use miniserde::json::Number;
    match object.get(name)? {
        #[allow(clippy::cast_precision_loss, reason = "small numbers are asked for")]
        Value::Number(Number::U64(number)) => Some(*number as f64),
        #[allow(clippy::cast_precision_loss, reason = "small numbers are asked for")]
        Value::Number(Number::I64(number)) => Some(*number as f64),
        Value::Number(Number::F64(number)) => Some(*number),
        _ => None,
    }
}

/// Writes an event to the folder of the user.
fn keep(site: &Site, name: &str, event: &[u8]) -> Result<Value, String> {
    let folder = site.events.as_ref().ok_or("no folder for events was given")?;
    kept::write(folder, name, event)?;
    Ok(array(kept::list(folder)))
}
