//! Subsegments of AWS X-Ray: how long a part of an invocation has taken.
//!
//! ```
//! use minilambda_aws::trace;
//!
//! let rows = trace::span("database", || 3);
//! assert_eq!(rows, 3);
//! ```
//!
//! A subsegment is one datagram to the daemon on this machine, if the invocation is sampled. Spans inside
//! others are shown so. With several workers there is no variable for the trace: use [`span_of`].
//!
//! See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.

use minilambda::Context;
use miniserde::json::{self, Number, Object, Value};
use std::cell::RefCell;
use std::env;
use std::hash::{BuildHasher, RandomState};
use std::net::UdpSocket;
use std::time::{SystemTime, UNIX_EPOCH};

thread_local! {
    /// The ids of the spans that the thread is in, with their trace.
    static OPEN: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// Runs a function as a subsegment of the invocation, and returns what it returns. The trace is that of
/// `_X_AMZN_TRACE_ID`.
pub fn span<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let header = env::var("_X_AMZN_TRACE_ID").unwrap_or_default();
    traced(name, &header, run)
}

/// Like [`span`], with the trace of a context.
pub fn span_of<T>(context: &Context, name: &str, run: impl FnOnce() -> T) -> T {
    traced(name, context.trace_id.as_deref().unwrap_or_default(), run)
}

fn traced<T>(name: &str, header: &str, run: impl FnOnce() -> T) -> T {
    let Some((trace, parent)) = sampled(header) else { return run() };
    let inner = OPEN.with_borrow(|open| {
        let last = open.last().filter(|(_, of)| *of == trace);
        last.map(|(id, _)| id.clone())
    });
    let mut span = Span {
        name,
        id: format!("{:016x}", RandomState::new().hash_one(name)),
        parent: inner.unwrap_or_else(|| parent.to_owned()),
        trace: trace.to_owned(),
        start: now(),
        has_failed: true,
    };
    OPEN.with_borrow_mut(|open| open.push((span.id.clone(), span.trace.clone())));
    let result = run();
    span.has_failed = false;
    result
}

/// The trace and the parent of a sampled invocation.
fn sampled(header: &str) -> Option<(&str, &str)> {
    let field = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name));
    let is_sampled = field("Sampled=")? == "1";
    Some((field("Root=")?, field("Parent=")?)).filter(|_| is_sampled)
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// A subsegment. It is sent at its end, also if that is a panic.
struct Span<'a> {
    name: &'a str,
    id: String,
    parent: String,
    trace: String,
    start: f64,
    has_failed: bool,
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| open.retain(|(id, _)| *id != self.id));
        let address = env::var("AWS_XRAY_DAEMON_ADDRESS").unwrap_or_default();
        let address = if address.is_empty() { "127.0.0.1:2000" } else { &address };
        // A lost subsegment is no reason to fail.
        let sent = UdpSocket::bind(("0.0.0.0", 0))
            .and_then(|socket| socket.send_to(self.datagram(now()).as_bytes(), address));
        if let Err(error) = sent {
            log::debug!("the subsegment {} was not sent: {error}", self.name);
        }
    }
}

impl Span<'_> {
    fn datagram(&self, end: f64) -> String {
        let text = |text: &str| Value::String(text.to_owned());
        let fields: Object = [
            ("name", text(&clean(self.name))),
            ("id", text(&self.id)),
            ("trace_id", text(&self.trace)),
            ("parent_id", text(&self.parent)),
            ("type", text("subsegment")),
            ("start_time", Value::Number(Number::F64(self.start))),
            ("end_time", Value::Number(Number::F64(end))),
            ("fault", Value::Bool(self.has_failed)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        format!("{{\"format\": \"json\", \"version\": 1}}\n{}", json::to_string(&fields))
    }
}

/// X-Ray accepts 200 letters, digits, blanks and some signs.
fn clean(name: &str) -> String {
    let is_allowed = |c: &char| c.is_alphanumeric() || " _.:/%&#=+\\-@".contains(*c);
    name.chars().filter(is_allowed).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sampled_invocations_are_traced() {
        let header = "Root=1-5f84c7a1-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1";
        let expected = ("1-5f84c7a1-0123456789abcdef01234567", "0123456789abcdef");
        assert_eq!(sampled(header), Some(expected));
        assert_eq!(sampled(&header.replace("Sampled=1", "Sampled=0")), None);
        assert_eq!(sampled("Root=1"), None);
        assert_eq!(sampled(""), None);
    }
}
