//! Settings of the log: keys of each invocation, and its debug records.

use super::json::LogKey;
use super::keys;
use super::{Format, is_left_out, without_panic};
use crate::chance::fraction;
use crate::environment::is_started_ahead;
use crate::panics::lock;
use crate::{Context, invocation, json};
use env_logger::{Builder, Logger as Filter};
use log::kv::ToValue;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

/// Settings of the log, for [`Hooks::logger`](crate::Hooks::logger). Without them, records are
/// written as the function's logging configuration and `RUST_LOG` say.
///
/// ```
/// use minilambda::{CorrelationId, Hooks, Logger};
///
/// static LOGGER: Logger = Logger::new()
///     .cold_start()
///     .correlation_id(CorrelationId::API_GATEWAY)
///     .sample_debug(0.01)
///     .buffer_debug(20_000);
/// static HOOKS: Hooks = Hooks::new().logger(&LOGGER);
/// ```
///
/// A program that has set its own logger before [`run`](crate::run) keeps it, and none of this is
/// done.
#[derive(Clone, Copy, Debug)]
pub struct Logger {
    has_cold_start: bool,
    has_event_source: bool,
    correlation_id: Option<CorrelationId>,
    debug_rate: f64,
    debug_bytes: usize,
}

impl Default for Logger {
    fn default() -> Self {
        Self::new()
    }
}

impl Logger {
    /// Creates settings that change nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            has_cold_start: false,
            has_event_source: false,
            correlation_id: None,
            debug_rate: 0.0,
            debug_bytes: 0,
        }
    }

    /// Adds the key `coldStart` to the records of each invocation: true in the first one of a
    /// process, unless Lambda has started it ahead (provisioned concurrency, managed instances).
    #[must_use]
    pub const fn cold_start(self) -> Self {
        Self { has_cold_start: true, ..self }
    }

    /// Adds the key `eventSource`, the kind of AWS's event, to the records of each invocation:
    /// `SQS`, `EventBridge`, `API Gateway REST API`. It is recognised by the names of the event's
    /// fields, for which the event is read once more; your own events have no such key.
    #[must_use]
    pub const fn event_source(self) -> Self {
        Self { has_event_source: true, ..self }
    }

    /// Adds the key `correlationId` to the records of each invocation whose event, or context, has
    /// it.
    #[must_use]
    pub const fn correlation_id(self, id: CorrelationId) -> Self {
        Self { correlation_id: Some(id), ..self }
    }

    /// Writes the debug records of this part of the invocations, chosen at random: 0.01 is one of a
    /// hundred. The others have none, unless the log's level asks for them.
    #[must_use]
    pub const fn sample_debug(self, rate: f64) -> Self {
        Self { debug_rate: rate, ..self }
    }

    /// Keeps the debug records of an invocation that are not written, up to this many bytes, of
    /// which the oldest give way. They are written, before the record, when the invocation logs an
    /// error, which the runtime does for each one that fails or panics, or shortly before it times
    /// out. Otherwise they are forgotten when it ends. Debug records after such an error are
    /// written at once.
    ///
    /// Those of the crates `ureq` and `ureq_proto` are not kept. Each debug record is formatted,
    /// which takes some microseconds.
    #[must_use]
    pub const fn buffer_debug(self, bytes: usize) -> Self {
        Self { debug_bytes: bytes, ..self }
    }

    fn changes_debug(&self) -> bool {
        self.debug_bytes > 0 || self.debug_rate > 0.0
    }
}

/// Where the correlation id of an invocation is, for [`Logger::correlation_id`].
///
/// Only the value that is named here goes from an event to the log. It is cut after 256 bytes.
#[derive(Clone, Copy, Debug)]
pub struct CorrelationId(Place);

#[derive(Clone, Copy, Debug)]
enum Place {
    Path(&'static str),
    XRay,
}

impl CorrelationId {
    /// The request id of REST APIs, HTTP APIs, WebSocket APIs and function URLs.
    pub const API_GATEWAY: Self = Self::path("requestContext.requestId");
    /// The trace id of a request of an Application Load Balancer.
    pub const LOAD_BALANCER: Self = Self::path("headers.x-amzn-trace-id");
    /// The trace id of a request to AppSync.
    pub const APPSYNC: Self = Self::path("request.headers.x-amzn-trace-id");
    /// The id of an event of EventBridge.
    pub const EVENT_BRIDGE: Self = Self::path("id");
    /// The root of the X-Ray trace of the invocation, `1-…`. It is not in the event.
    pub const X_RAY: Self = Self(Place::XRay);

    /// A string, number or boolean of the event: names of fields, and indexes of arrays from 0,
    /// with dots between them, such as `detail.order.id` or `Records.0.messageId`. A name with a
    /// dot cannot be named.
    #[must_use]
    pub const fn path(path: &'static str) -> Self {
        Self(Place::Path(path))
    }

    fn find(self, context: &Context, event: &[u8]) -> Option<String> {
        const MAX_BYTES: usize = 256;
        let mut id = match self.0 {
            Place::Path(path) => json::scalar_at(event, path)?,
            Place::XRay => {
                let mut parts = context.trace_id.as_deref()?.split(';');
                parts.find_map(|part| part.trim().strip_prefix("Root="))?.to_owned()
            }
        };
        let end = (0..=MAX_BYTES).rev().find(|end| id.is_char_boundary(*end)).unwrap_or(0);
        id.truncate(end);
        Some(id)
    }
}

/// The functions of this file, for the rest of the runtime. A program without a [`Logger`] does not
/// contain them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plugin {
    settings: &'static Logger,
    pub install: fn(Self, Builder, Format, Box<dyn Write + Send>) -> bool,
    pub begin: fn(Self, &Context, &[u8]),
    /// Writes the debug records of an invocation whose failure is not logged.
    pub fail: fn(&Context),
}

impl Plugin {
    pub const fn new(settings: &'static Logger) -> Self {
        Self { settings, install, begin, fail }
    }
}

/// Sets the logger of the crate `log`. Returns false if the program has set one.
fn install(plugin: Plugin, mut usual: Builder, format: Format, out: Box<dyn Write + Send>) -> bool {
    keys::enable();
    let usual = usual.build();
    let settings = plugin.settings;
    let debug = if settings.changes_debug() { LevelFilter::Debug } else { LevelFilter::Off };
    let level = usual.filter().max(debug);
    let logger = Installed { settings, usual, format, out: Mutex::new(out) };
    let is_set = log::set_logger(INSTALLED.get_or_init(|| logger)).is_ok();
    if is_set {
        log::set_max_level(level);
    }
    is_set
}

/// Sets the keys of an invocation that begins, and decides about its debug records.
fn begin(plugin: Plugin, context: &Context, event: &[u8]) {
    static IS_WARM: AtomicBool = AtomicBool::new(false);
    let (settings, id) = (plugin.settings, &context.request_id);
    let put = |name, value: &dyn ToValue| keys::put_of(id, LogKey::new(name, &value.to_value()));
    if settings.has_cold_start {
        let is_first = !IS_WARM.swap(true, Ordering::Relaxed);
        put("coldStart", &(is_first && !is_started_ahead()));
    }
    if let Some(id) = settings.correlation_id.and_then(|place| place.find(context, event)) {
        put("correlationId", &id);
    }
    if settings.has_event_source {
        if let Some(kind) = json::event_source(event) {
            put("eventSource", &kind);
        }
    }
    if settings.debug_rate > 0.0 && fraction() < settings.debug_rate {
        keys::with(id, |it| it.writes_debug = true);
    }
}

fn fail(context: &Context) {
    if let Some(logger) = INSTALLED.get().filter(|logger| logger.settings.debug_bytes > 0) {
        logger.release(&context.request_id);
    }
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// The logger of a program with a [`Logger`].
struct Installed {
    settings: &'static Logger,
    /// Decides which records are written anyway.
    usual: Filter,
    format: Format,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Installed {
    fn is_debug(&self, metadata: &Metadata) -> bool {
        let of_ureq = ["ureq", "ureq_proto"];
        let crate_name = metadata.target().split("::").next().unwrap_or_default();
        metadata.level() == Level::Debug
            && self.settings.changes_debug()
            && !of_ureq.contains(&crate_name)
    }

    fn write(&self, bytes: &[u8]) {
        let _ = lock(&self.out).write_all(bytes); // there is nowhere to report it
    }

    /// Writes the debug records that wait, as the invocation fails.
    fn release(&self, request_id: &str) {
        let Some((lines, left_out)) = keys::with(request_id, keys::OfInvocation::release) else {
            return;
        };
        if left_out > 0 {
            let limit = self.settings.debug_bytes;
            let mut record = Record::builder();
            let record = record.level(Level::Warn).target("minilambda");
            let text = format!("{left_out} debug records did not fit into {limit} bytes");
            self.write(&self.format.bytes(&record.args(format_args!("{text}")).build()));
        }
        self.write(&lines);
    }
}

impl Log for Installed {
    fn enabled(&self, metadata: &Metadata) -> bool {
        self.usual.enabled(metadata) || self.is_debug(metadata)
    }

    fn log(&self, record: &Record) {
        if is_left_out(record) {
            return;
        }
        if self.usual.matches(record) {
            // The value's code is called before a lock is taken: it may log.
            let line = self.format.bytes(record);
            if is_failure(record) && self.settings.debug_bytes > 0 {
                self.release(&invocation::current().request_id);
            }
            self.write(&line);
        } else if self.is_debug(record.metadata()) {
            let request_id = invocation::current().request_id;
            let is_written = keys::with(&request_id, |it| it.writes_debug).unwrap_or(false);
            if is_written {
                self.write(&self.format.bytes(record));
            } else if self.settings.debug_bytes > 0 {
                let line = self.format.bytes(record);
                keys::with(&request_id, |it| it.keep(line, self.settings.debug_bytes));
            }
        }
    }

    fn flush(&self) {
        without_panic(|| drop(lock(&self.out).flush()));
    }
}

/// Whether a record says that its invocation fails: an error, or the warning before a timeout.
fn is_failure(record: &Record) -> bool {
    record.level() == Level::Error
        || (record.level() == Level::Warn && record.target() == crate::logging::DEADLINE_TARGET)
}
