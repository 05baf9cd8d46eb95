//! Subsegments of AWS X-Ray: how long a part of an invocation has taken.
//!
//! ```
//! use minilambda_aws::trace;
//!
//! let rows = trace::span("database", || 3);
//! assert_eq!(rows, 3);
//! ```
//!
//! [`try_span`] is for what can fail: an error is shown as a fault. [`annotate`] adds what
//! subsegments are searched by.
//!
//! A subsegment is one datagram to the daemon on this machine, if the invocation is sampled. Spans
//! inside others are shown so. With several workers there is no variable for the trace: use
//! [`span_of`].
//!
//! See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.

use crate::environment::{now, random, variable};
use crate::http;
use minilambda::__private::{is_silent, to_text};
use minilambda::Context;
use miniserde::json::{Number, Object, Value};
use std::cell::RefCell;
use std::net::{SocketAddr, UdpSocket};
use std::sync::OnceLock;
use std::time::Duration;

/// X-Ray takes 50 for each trace.
const MAX_ANNOTATIONS: usize = 50;

const MAX_TEXT_CHARS: usize = 1000;

/// The most bytes of a subsegment: X-Ray takes 64 KB, and a datagram has no more than 65,507.
const MAX_BYTES: usize = 64_000;

/// How long the daemon's address is looked up, if it is a name. On Lambda it is an IP address.
const LOOKUP: Duration = Duration::from_secs(1);

thread_local! {
    /// The spans that the thread is in.
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

/// What is known of a span while it is open.
struct Open {
    id: String,
    trace: String,
    annotations: Object,
    has_failed: bool,
    /// Whether a span inside it was sent, which names it as its parent.
    has_sent: bool,
}

/// A value of an annotation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Annotation {
    /// A text; of a long one the first 1,000 characters.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Bool(bool),
}

impl From<&str> for Annotation {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Annotation {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Annotation {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Annotation {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Annotation {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Runs a function as a subsegment of the invocation, and returns what it returns. The trace is
/// that of `_X_AMZN_TRACE_ID`. For a function that returns a `Result` there is [`try_span`]: here
/// only a panic is a fault.
pub fn span<T>(name: &str, run: impl FnOnce() -> T) -> T {
    traced(name, &from_environment(), run)
}

/// Like [`span`], with the trace of a context.
pub fn span_of<T>(context: &Context, name: &str, run: impl FnOnce() -> T) -> T {
    traced(name, context.trace_id.as_deref().unwrap_or_default(), run)
}

/// Runs a function as a subsegment, which is shown as a fault if the function returns an error.
///
/// # Errors
/// Those of the function.
pub fn try_span<T, E>(name: &str, run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    traced(name, &from_environment(), || marked(run()))
}

/// Like [`try_span`], with the trace of a context.
///
/// # Errors
/// Those of the function.
pub fn try_span_of<T, E>(
    context: &Context,
    name: &str,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    traced(name, context.trace_id.as_deref().unwrap_or_default(), || marked(run()))
}

/// Adds an annotation to the innermost open span of this thread: a name of letters, digits and
/// underscores, and a value. Without a span, and in an invocation that is not sampled, nothing
/// happens. A span has at most 50. If they do not fit into a datagram, the longest are left out,
/// and a warning is logged.
pub fn annotate(name: &str, value: impl Into<Annotation>) {
    let value = match value.into() {
        Annotation::Text(text) => Value::String(text.chars().take(MAX_TEXT_CHARS).collect()),
        Annotation::Number(number) if number.is_finite() => Value::Number(Number::F64(number)),
        Annotation::Number(number) => Value::String(number.to_string()),
        Annotation::Bool(value) => Value::Bool(value),
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = name.replace(|c: char| !is_allowed(c), "_");
    with_last(|open| {
        if open.annotations.len() < MAX_ANNOTATIONS {
            open.annotations.insert(name, value);
        }
    });
}

fn with_last(change: impl FnOnce(&mut Open)) {
    OPEN.with_borrow_mut(|open| open.last_mut().map(change));
}

fn marked<T, E>(result: Result<T, E>) -> Result<T, E> {
    if result.is_err() {
        with_last(|open| open.has_failed = true);
    }
    result
}

fn from_environment() -> String {
    variable("_X_AMZN_TRACE_ID").unwrap_or_default()
}

fn traced<T>(name: &str, header: &str, run: impl FnOnce() -> T) -> T {
    let Some((trace, parent)) = sampled(header) else { return run() };
    let inner = OPEN.with_borrow(|open| {
        let last = open.last().filter(|open| open.trace == trace);
        last.map(|open| open.id.clone())
    });
    let mut span = Span {
        name,
        id: format!("{:016x}", random()),
        parent: inner.unwrap_or_else(|| parent.to_owned()),
        start: now().as_secs_f64(),
        has_panicked: true,
    };
    let open = Open {
        id: span.id.clone(),
        trace: trace.to_owned(),
        annotations: Object::new(),
        has_failed: false,
        has_sent: false,
    };
    OPEN.with_borrow_mut(|spans| spans.push(open));
    let result = run();
    span.has_panicked = false;
    result
}

/// The trace and the parent of a sampled invocation.
fn sampled(header: &str) -> Option<(&str, &str)> {
    let field = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name));
    let is_sampled = field("Sampled=")? == "1";
    Some((field("Root=")?, field("Parent=")?)).filter(|_| is_sampled)
}

/// A subsegment. It is sent when it ends, even by a panic.
struct Span<'a> {
    name: &'a str,
    id: String,
    parent: String,
    start: f64,
    has_panicked: bool,
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        let open = OPEN.with_borrow_mut(|spans| {
            let at = spans.iter().rposition(|open| open.id == self.id)?;
            Some(spans.remove(at))
        });
        let Some(open) = open else { return };
        // A durable function repeats it, or will. But what was sent inside it has to be somewhere.
        if is_silent() && !open.has_sent {
            return;
        }
        OPEN.with_borrow_mut(|spans| {
            let mut parents = spans.iter_mut().filter(|open| open.id == self.parent);
            parents.next().map(|parent| parent.has_sent = true)
        });
        // A lost subsegment is no reason to fail.
        if let Err(reason) = send(&self.datagram(open, now().as_secs_f64())) {
            log::debug!("the subsegment {} was not sent: {reason}", self.name);
        }
    }
}

fn send(datagram: &str) -> Result<(), String> {
    let daemon = daemon()?;
    let any = if daemon.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let socket = UdpSocket::bind(any).map_err(|error| error.to_string())?;
    socket.send_to(datagram.as_bytes(), daemon).map(drop).map_err(|error| error.to_string())
}

/// The daemon's address, which is looked up once: a name that is not found costs each process a
/// second, and not each span.
fn daemon() -> Result<SocketAddr, String> {
    static DAEMON: OnceLock<Result<SocketAddr, String>> = OnceLock::new();
    let find = || {
        let address = variable("AWS_XRAY_DAEMON_ADDRESS");
        resolve(address.as_deref().map_or("127.0.0.1:2000", udp_address))
    };
    DAEMON.get_or_init(find).clone()
}

fn resolve(address: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = address.parse() {
        return Ok(address);
    }
    let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = parts.ok_or("AWS_XRAY_DAEMON_ADDRESS has no host and port")?;
    let addresses = http::resolve(host, port, LOOKUP)?;
    addresses.first().copied().ok_or_else(|| format!("the host {host} has no address"))
}

/// The address for datagrams, of `host:port` or of `tcp:host:port udp:host:port`.
fn udp_address(address: &str) -> &str {
    let mut parts = address.split_whitespace();
    parts.find_map(|part| part.strip_prefix("udp:")).unwrap_or(address.trim())
}

impl Span<'_> {
    fn datagram(&self, mut open: Open, end: f64) -> String {
        let mut left_out = 0;
        loop {
            let document = self.document(&open, end);
            if document.len() <= MAX_BYTES || open.annotations.is_empty() {
                if left_out > 0 {
                    let name = self.name;
                    log::warn!(
                        "the subsegment {name} has more than {MAX_BYTES} bytes with {left_out} of \
                         its annotations, which are left out"
                    );
                }
                return format!("{{\"format\": \"json\", \"version\": 1}}\n{document}");
            }
            let bytes = |(name, value): &(&String, &Value)| name.len() + to_text(value).len();
            let longest = open.annotations.iter().max_by_key(bytes).map(|(name, _)| name.clone());
            longest.and_then(|name| open.annotations.remove(&name));
            left_out += 1;
        }
    }

    fn document(&self, open: &Open, end: f64) -> String {
        let text = |text: &str| Value::String(text.to_owned());
        let mut fields: Object = [
            ("name", text(&clean(self.name))),
            ("id", text(&self.id)),
            ("trace_id", text(&open.trace)),
            ("parent_id", text(&self.parent)),
            ("type", text("subsegment")),
            ("start_time", Value::Number(Number::F64(self.start))),
            ("end_time", Value::Number(Number::F64(end))),
            ("fault", Value::Bool(self.has_panicked || open.has_failed)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        if !open.annotations.is_empty() {
            fields.insert("annotations".to_owned(), Value::Object(open.annotations.clone()));
        }
        to_text(&fields)
    }
}

/// X-Ray accepts 200 letters, digits, blanks and some signs.
fn clean(name: &str) -> String {
    let is_allowed = |c: &char| c.is_alphanumeric() || " _.:/%&#=+\\-@".contains(*c);
    let clean: String = name.chars().filter(is_allowed).take(200).collect();
    if clean.trim().is_empty() { "unnamed".to_owned() } else { clean }
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

    #[test]
    fn the_daemons_address_has_two_forms() {
        for (text, address) in [
            ("127.0.0.1:2000", "127.0.0.1:2000"),
            ("tcp:127.0.0.1:2000 udp:127.0.0.2:2001", "127.0.0.2:2001"),
            ("udp:127.0.0.2:2001 tcp:127.0.0.1:2000", "127.0.0.2:2001"),
            (" xray.local:2000 ", "xray.local:2000"),
        ] {
            assert_eq!(udp_address(text), address);
        }
        for (address, expected) in [
            ("169.254.79.129:2000", "169.254.79.129:2000"),
            ("[::1]:2000", "[::1]:2000"),
            ("localhost:2000", "127.0.0.1:2000"),
        ] {
            let found = resolve(address).unwrap();
            assert_eq!((found.is_ipv6(), found.port()), (expected.starts_with('['), 2000));
        }
        for (address, reason) in [
            ("", "no host and port"),
            ("127.0.0.1", "no host and port"),
            ("localhost:port", "no host and port"),
            ("no-such-host.invalid:2000", "no-such-host.invalid"),
        ] {
            assert!(resolve(address).unwrap_err().contains(reason), "{address}");
        }
    }

    #[test]
    fn annotations_that_do_not_fit_into_a_datagram_are_left_out() {
        let header = "Root=1-5f84c7a1-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1";
        let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (trace, parent) = sampled(header).unwrap();
        let open = |annotations: Object| Open {
            id: "0123456789abcde0".to_owned(),
            trace: trace.to_owned(),
            annotations,
            has_failed: false,
            has_sent: false,
        };
        let span = Span {
            name: "large",
            id: "0123456789abcde0".to_owned(),
            parent: parent.to_owned(),
            start: 1.0,
            has_panicked: false,
        };
        let text = |text: &str, count| Value::String(text.repeat(count));
        let small = || ("orders".to_owned(), Value::Number(Number::U64(7)));
        for (count, value, name) in [
            (49, text("\u{1}", 1000), "a".to_owned()), // six bytes each
            (49, text("\u{1d11e}", 1000), "a".to_owned()),
            (1, text("x", 1), "name".repeat(20_000)),
        ] {
            let many = (0..count).map(|at| (format!("{name}{at}"), value.clone()));
            let datagram = span.datagram(open(many.chain([small()]).collect()), 2.0);
            assert!(datagram.len() < MAX_BYTES + 100, "{}", datagram.len());
            daemon.send_to(datagram.as_bytes(), daemon.local_addr().unwrap()).unwrap();
            assert!(datagram.contains("\"orders\":7"), "the short ones stay");
            assert_eq!(datagram.contains("\"a0\"") || datagram.contains("\"a9\""), count > 1);
        }
        // Without annotations too a span is one.
        let all = span.datagram(open([small()].into_iter().collect()), 2.0);
        assert!(all.contains("\"annotations\":{\"orders\":7}"), "{all}");
        std::mem::forget(span); // it was not begun
    }
}
