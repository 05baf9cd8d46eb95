//! The page's button: a handler is run on an event or a request, once or many times.

use super::documents::{self, FAULTS};
use super::sending::{How, Sent, send};
use super::site::Site;
use crate::error::Error;
use crate::http::HttpRequest;
use crate::ids;
use crate::invocation::Request;
use crate::journal::Asked;
use crate::json::{self, fraction, number, object};
use crate::lock::lock;
use crate::wire;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miniserde::Deserialize;
use miniserde::json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The most times that one press of the button runs a handler.
const MAX_TIMES: usize = 1000;

/// The most runs at once.
const MAX_AT_ONCE: usize = 64;

/// An HTTP request as the page writes it.
#[derive(Deserialize)]
struct Form {
    method: String,
    /// The path and the query, percent-encoded.
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    #[serde(rename = "isBase64")]
    is_base64: bool,
}

/// What is run.
enum What<'a> {
    Event(&'a [u8]),
    Http(Asked),
}

/// The end of one run.
struct Outcome {
    /// A status, or the type of a failure.
    name: String,
    has_failed: bool,
    /// `None` if there was no invocation.
    duration: Option<Duration>,
}

/// The ends of all runs.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, usize>,
    failed: usize,
    durations: Vec<Duration>,
    /// The id of the last one that was run, and the last error of one that was not.
    last: Option<String>,
    error: Option<Error>,
}

/// Runs a handler. Returns the last run, and a summary of many.
pub(super) fn run(
    site: &Site,
    body: &[u8],
    query: &dyn Fn(&str) -> Option<String>,
    port: u16,
) -> Result<Value, String> {
    site.wait_for_program()?;
    let count = |name: &str, most: usize| {
        query(name).and_then(|count| count.parse().ok()).unwrap_or(1).clamp(1, most)
    };
    let (times, at_once) = (count("times", MAX_TIMES), count("atOnce", MAX_AT_ONCE));
    let handler = query("handler").unwrap_or_default();
    let what = if query("as").as_deref() == Some("http") {
        let host = format!("{handler}.localhost:{port}");
        let request = request_of(body, &host)?.into();
        What::Http(Asked { request, gateway: site.gateway() })
    } else {
        What::Event(body)
    };
    let fault = query("fault").and_then(|name| FAULTS.iter().find(|(other, _)| *other == name));
    let how = How { fault: fault.map(|(_, fault)| fault()), is_cold: query("cold").is_some() };
    let left = AtomicUsize::new(times);
    let tally = Mutex::new(Tally::default());
    let work = || {
        let take = |left: usize| left.checked_sub(1);
        while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            let id = ids::uuid();
            let result = what.run(site, &handler, &id, how.clone());
            lock(&tally).add(id, result);
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
    let mut tally = std::mem::take(&mut *lock(&tally));
    let last = match (tally.last.take(), tally.error.take()) {
        (Some(id), _) => id,
        (None, error) => return Err(error.map_or_else(String::new, |error| error.to_string())),
    };
    let run = site.journal.run(&last);
    Ok(object([
        ("run", run.map_or(Value::Null, |run| documents::run(site, &run))),
        ("many", if times > 1 { tally.document() } else { Value::Null }),
    ]))
}

/// The request of a form.
fn request_of(form: &[u8], host: &str) -> Result<HttpRequest, String> {
    let form: Form = json::typed(form, "form").map_err(|error| error.to_string())?;
    if !wire::is_header(&form.method, "") {
        return Err("the method is one word, such as GET".to_owned());
    }
    if !form.target.starts_with('/') || !form.target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the URL is a path with or without a query, such as /orders?id=7".to_owned());
    }
    if let Some((name, _)) = form.headers.iter().find(|(name, value)| !wire::is_header(name, value))
    {
        return Err(format!("{name:?} is no header: a header is `name: value`, in one line"));
    }
    let mut request = HttpRequest::new(&form.method, &form.target);
    request.headers = form.headers;
    request.body = if form.is_base64 {
        let decoded = STANDARD.decode(form.body.trim_ascii());
        decoded.map_err(|error| format!("the body is not base64: {error}"))?
    } else {
        form.body.into_bytes()
    };
    request.complete(host);
    Ok(request)
}

impl What<'_> {
    fn run(&self, site: &Site, handler: &str, id: &str, how: How) -> Result<Outcome, Error> {
        let asked = match self {
            Self::Http(asked) => asked,
            Self::Event(event) => {
                let How { fault, is_cold } = how;
                let id = Some(id.to_owned());
                let request = Request { id, fault, is_cold, ..Request::new(handler, event) };
                let invocation = site.lambda.run(request, &mut |_| {})?;
                let duration = Some(invocation.report.duration);
                let failure = invocation.failure.map(|failure| failure.kind);
                let has_failed = failure.is_some();
                let name = failure.unwrap_or_else(|| "succeeded".to_owned());
                return Ok(Outcome { name, has_failed, duration });
            }
        };
        let (status, duration) = match send(site, handler, asked, id, how, &mut |_| {})? {
            Sent::Refused(head, _) => (head.status, None),
            Sent::Ran(invocation) => {
                let (head, _) = asked.gateway.response(&asked.request, &invocation);
                (head.status, Some(invocation.report.duration))
            }
        };
        Ok(Outcome { name: status.to_string(), has_failed: status >= 400, duration })
    }
}

impl Tally {
    fn add(&mut self, id: String, result: Result<Outcome, Error>) {
        let outcome = match result {
            Ok(outcome) => {
                self.last = Some(id);
                outcome
            }
            Err(error) => {
                let name = error.to_string();
                self.error = Some(error);
                Outcome { name, has_failed: true, duration: None }
            }
        };
        *self.counts.entry(outcome.name).or_default() += 1;
        self.failed += usize::from(outcome.has_failed);
        self.durations.extend(outcome.duration);
    }

    fn document(mut self) -> Value {
        self.durations.sort_unstable();
        let ms = |percent: usize| {
            let rank = (self.durations.len() * percent).div_ceil(100).saturating_sub(1);
            let duration = self.durations.get(rank);
            duration.map_or(Value::Null, |it| fraction(crate::clock::fraction_ms(*it)))
        };
        let counts = self.counts.iter().map(|(name, count)| (name.clone(), number(*count as u64)));
        object([
            ("count", number(self.counts.values().sum::<usize>() as u64)),
            ("failed", number(self.failed as u64)),
            ("outcomes", Value::Object(counts.collect())),
            ("p50", ms(50)),
            ("p95", ms(95)),
            ("most", ms(100)),
        ])
    }
}
