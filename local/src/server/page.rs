//! The page, and what it asks for below `/local/`.

use super::documents;
use super::durable_page;
use super::kept;
use super::output::Output;
use super::running;
use super::site::Site;
use crate::caller::Caller;
use crate::front_end::FrontEnd;
use crate::gateway::Gateway;
use crate::http::HttpRequest;
use crate::ids;
use crate::json::{self, array};
use crate::lock::lock;
use crate::settings::{self, Limits};
use miniserde::json::{Object, Value};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const PAGE: &str = include_str!("../../page/page.html");
const STYLE: &str = include_str!("../../page/style.css");
const SCRIPTS: [&str; 8] = [
    include_str!("../../page/json.js"),
    include_str!("../../page/copies.js"),
    include_str!("../../page/view.js"),
    include_str!("../../page/log.js"),
    include_str!("../../page/request.js"),
    include_str!("../../page/samples.js"),
    include_str!("../../page/durable.js"),
    include_str!("../../page/page.js"),
];

/// The time after which a page gets a comment, if there are no news.
const SILENCE: Duration = Duration::from_secs(15);

/// The pause before the page is told that executions have changed.
const COALESCING: Duration = Duration::from_millis(50);

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
        ("POST", "/local/run") => running::run(site, &request.body, &query, address.port()),
        ("POST", "/local/settings") => configure(site, &request.body),
        ("POST", "/local/clear") => {
            site.journal.clear();
            Ok(Value::Null)
        }
        ("PUT" | "PATCH" | "DELETE", "/local/event") => keep(site, request, &query),
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

// ---- settings and events

fn configure(site: &Site, body: &[u8]) -> Result<Value, String> {
    let document = json::parse_object(body).ok_or("the settings are not an object")?;
    let given = |name: &str| float(&document, name).ok_or(format!("the {name} is not a number"));
    // A limit that is null is that of functions.conf.
    let limit = |name: &str| match document.get(name) {
        Some(Value::Null) => Ok(None),
        _ => given(name).map(Some),
    };
    let workers = settings::workers(given("workers")?)?;
    let limits = Limits {
        timeout: limit("timeout")?.map(|it| settings::timeout(it, workers)).transpose()?,
        memory_mb: limit("memory")?.map(settings::memory_mb).transpose()?,
    };
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
        settings.limits = limits;
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

/// Writes an event to the folder of the user, renames it, or removes it.
fn keep(
    site: &Site,
    request: &HttpRequest,
    query: &dyn Fn(&str) -> Option<String>,
) -> Result<Value, String> {
    let folder = site.events.as_ref().ok_or("no folder for events was given")?;
    let name = query("name").unwrap_or_default();
    match &*request.method {
        "PUT" => kept::write(folder, &name, &request.body, query("replace").is_some())?,
        "PATCH" => kept::rename(folder, &name, &query("to").unwrap_or_default())?,
        _ => kept::remove(folder, &name)?,
    }
    Ok(array(kept::list(folder)))
}
