//! The result of an invocation, and the lines that Lambda adds to its log.

use crate::clock::{self, fraction_ms};
use crate::error::Error;
use crate::fault::Fault;
use crate::ids;
use crate::json::{self, fraction, number, object, text};
use miniserde::Deserialize;
use miniserde::json::Value;
use std::fmt::Write;
use std::time::Duration;

/// A request for an invocation.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub handler: String,
    pub event: Vec<u8>,
    pub id: Option<String>,
    pub headers: Vec<(&'static str, String)>,
    pub fault: Option<Fault>,
    /// Lines for the log of the invocation, before those of the function.
    pub notes: Vec<String>,
    /// Whether a program has to be started for it.
    pub is_cold: bool,
    /// Whether it runs the handler of a durable function once, instead of starting an execution.
    pub is_once: bool,
    /// Whether it is asynchronous: nobody waits for its response.
    pub is_event: bool,
    /// How many functions in a row were called by destinations.
    pub hops: u8,
}

/// The header with the tenant of an event.
pub(crate) const TENANT: &str = "Lambda-Runtime-Aws-Tenant-Id";

/// The header with the X-Ray trace of an event. Each event has one.
pub(crate) const TRACE: &str = "Lambda-Runtime-Trace-Id";

impl Request {
    /// Returns the value of a header of the Runtime API's response.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| *other == name);
        header.map(|(_, value)| &**value)
    }

    pub fn new(handler: &str, event: &[u8]) -> Self {
        Self { handler: handler.to_owned(), event: event.to_vec(), ..Self::default() }
    }

    /// The request of a service of AWS's, with an id and a trace of its own.
    pub fn of_service(handler: &str, event: &str) -> Self {
        let headers = vec![(TRACE, ids::trace(clock::now().as_secs()))];
        Self { id: Some(ids::uuid()), headers, ..Self::new(handler, event.as_bytes()) }
    }
}

/// The result of one event: the response or the failure, the log, and the figures of Lambda's
/// report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Invocation {
    /// The request id, as the function's context has it.
    pub request_id: String,
    /// The response, or the error document if [`failure`](Self::failure) is set. A streamed
    /// response is here completely.
    pub payload: Vec<u8>,
    /// The failure of the function, if it failed.
    pub failure: Option<FunctionError>,
    /// The content type of the response.
    pub content_type: String,
    /// Whether the response was streamed.
    pub is_streamed: bool,
    /// The lines of the log, with Lambda's own `START`, `END` and `REPORT`. A record of several
    /// lines is one element.
    pub log: Vec<String>,
    /// The figures.
    pub report: Report,
}

/// The failure of a function, as a caller gets it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FunctionError {
    /// The `errorType`, such as `Function.Panic`.
    pub kind: String,
    /// The `errorMessage`.
    pub message: String,
    /// The `stackTrace`, one frame in each element.
    pub stack_trace: Vec<String>,
}

/// The figures of one invocation.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Report {
    /// From the event to the request for the next one.
    pub duration: Duration,
    /// The duration and the initialisation, in milliseconds.
    pub billed_ms: u64,
    /// The duration of the initialisation, if this event started the program.
    pub init: Option<Duration>,
    /// The most memory that the program has had, in KiB. Known on Linux only.
    pub max_memory_kb: Option<u64>,
    /// The memory of the function's configuration, in MiB.
    pub memory_mb: u32,
}

impl Invocation {
    /// Returns the invocation of a handler that was called without a program, with its response. It
    /// has no log, and its figures are zero.
    #[must_use]
    pub fn of_response(payload: impl Into<Vec<u8>>) -> Self {
        Self {
            request_id: String::new(),
            payload: payload.into(),
            failure: None,
            content_type: String::new(),
            is_streamed: false,
            log: Vec::new(),
            report: Report::new(Duration::ZERO, None, None, 0),
        }
    }

    /// Returns the payload as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    /// Reads the payload as JSON.
    ///
    /// # Errors
    /// If the payload does not match the type.
    pub fn json<T: Deserialize>(&self) -> Result<T, Error> {
        json::typed(&self.payload, "response")
    }

    /// Returns the `errorType` of the failure, such as `Function.Panic`; `None` if there is none.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.failure.as_ref().map(|failure| &*failure.kind)
    }

    /// Whether a line of the log contains a text.
    #[must_use]
    pub fn has_logged(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.contains(text))
    }

    /// The end of the log as the Invoke API returns it.
    pub(crate) fn log_tail(&self) -> Vec<u8> {
        let mut log = self.log.join("\n").into_bytes();
        log.push(b'\n');
        let start = log.len().saturating_sub(4096);
        log.split_off(start)
    }
}

impl FunctionError {
    /// Reads an error document.
    pub(crate) fn of(document: &[u8]) -> Self {
        let object = json::parse_object(document).unwrap_or_default();
        let field = |name| json::string(&object, name).unwrap_or_default().to_owned();
        let stack_trace = match object.get("stackTrace") {
            Some(Value::Array(frames)) => frames
                .iter()
                .filter_map(|frame| match frame {
                    Value::String(frame) => Some(frame.clone()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        Self { kind: field("errorType"), message: field("errorMessage"), stack_trace }
    }
}

impl Report {
    pub(crate) fn new(
        duration: Duration,
        init: Option<Duration>,
        max_memory_kb: Option<u64>,
        memory_mb: u32,
    ) -> Self {
        let billed = duration + init.unwrap_or_default();
        // Every begun millisecond counts.
        let billed_ms = billed.as_nanos().div_ceil(1_000_000);
        let billed_ms = u64::try_from(billed_ms).unwrap_or(u64::MAX);
        Self { duration, billed_ms, init, max_memory_kb, memory_mb }
    }

    /// Lambda's line. `status` is `timeout`, or `error` with the type of the error.
    pub(crate) fn line(&self, id: &str, status: Option<&str>) -> String {
        let mut line = format!(
            "REPORT RequestId: {id}\tDuration: {:.2} ms\tBilled Duration: {} ms\t\
             Memory Size: {} MB\tMax Memory Used: {} MB",
            fraction_ms(self.duration),
            self.billed_ms,
            self.memory_mb,
            self.max_memory_kb.unwrap_or(0).div_ceil(1024)
        );
        if let Some(init) = self.init {
            // Writing to a String cannot fail.
            let _ = write!(line, "\tInit Duration: {:.2} ms", fraction_ms(init));
        }
        let _ = match status {
            Some("timeout") => write!(line, "\tStatus: timeout"),
            Some(kind) => write!(line, "\tStatus: error\tError Type: {kind}"),
            None => Ok(()),
        };
        line
    }

    /// Its record for the Telemetry API, with the same `status`.
    pub(crate) fn record(&self, id: &str, status: Option<&str>, has_failed: bool) -> Value {
        let metrics = [
            ("durationMs", fraction(fraction_ms(self.duration))),
            ("billedDurationMs", number(self.billed_ms)),
            ("memorySizeMB", number(self.memory_mb.into())),
            ("maxMemoryUsedMB", number(self.max_memory_kb.unwrap_or(0).div_ceil(1024))),
        ];
        let init = self.init.map(|init| ("initDurationMs", fraction(fraction_ms(init))));
        let metrics = metrics.into_iter().chain(init);
        let metrics = metrics.map(|(name, value)| (name.to_owned(), value)).collect();
        let (status, kind) = match status {
            Some("timeout") => ("timeout", None),
            Some(kind) => ("failure", Some(kind)),
            None => (if has_failed { "error" } else { "success" }, None),
        };
        let mut record = object([
            ("requestId", text(id)),
            ("status", text(status)),
            ("metrics", Value::Object(metrics)),
        ]);
        if let (Value::Object(fields), Some(kind)) = (&mut record, kind) {
            fields.insert("errorType".to_owned(), text(kind));
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_as_lambda_writes_it() {
        let ms = Duration::from_micros;
        let report = Report::new(ms(340), Some(ms(3_630)), Some(2_600), 128);
        assert_eq!(
            report.line("a", None),
            "REPORT RequestId: a\tDuration: 0.34 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 3 MB\tInit Duration: 3.63 ms"
        );
        let report = Report::new(ms(3_000_000), None, None, 256);
        assert_eq!(
            report.line("b", Some("timeout")),
            "REPORT RequestId: b\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t\
             Memory Size: 256 MB\tMax Memory Used: 0 MB\tStatus: timeout"
        );
        assert!(
            report.line("c", Some("Runtime.ExitError")).ends_with("Error Type: Runtime.ExitError")
        );
    }
}
