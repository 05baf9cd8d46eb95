//! `env_logger` set up as Lambda wants it: one line a record, with the request id.

mod json;

use crate::{Context, Error, environment};
use env_logger::fmt::Formatter;
use env_logger::{Builder, Target};
use log::{Level, LevelFilter, Record};
use std::cell::RefCell;
use std::env;
use std::fs::File;
use std::io::Write;
use std::time::SystemTime;

/// What is logged of the invocation that a thread serves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invocation {
    pub request_id: String,
    pub tenant_id: Option<String>,
    /// Told only where several are served at once; else it is in the environment.
    pub trace_id: Option<String>,
}

impl Invocation {
    pub(crate) fn set(&mut self, context: &Context, concurrent: bool) {
        self.request_id.clone_from(&context.request_id);
        self.tenant_id.clone_from(&context.tenant_id);
        self.trace_id = if concurrent { context.trace_id.clone() } else { None };
    }
}

thread_local! {
    /// Empty between two invocations.
    static INVOCATION: RefCell<Invocation> = RefCell::default();
}

/// From now on this thread's records are this invocation's.
pub(crate) fn begin_invocation(context: &Context, concurrent: bool) {
    INVOCATION.with_borrow_mut(|invocation| invocation.set(context, concurrent));
}

/// The same for a thread that writes for another.
pub(crate) fn adopt(invocation: &Invocation) {
    INVOCATION.set(invocation.clone());
}

/// Nothing of the invocation's log may be left behind: the process may be frozen from here to the
/// next event.
pub(crate) fn end_invocation() {
    log::logger().flush();
    INVOCATION.with_borrow_mut(|invocation| {
        invocation.request_id.clear(); // keeps its memory for the next one
        invocation.tenant_id = None;
        invocation.trace_id = None;
    });
}

/// Logs what went wrong in an invocation, or at the start.
pub(crate) fn error(error: &Error) {
    let frames: Vec<_> = error.frames().iter().map(ToString::to_string).collect();
    log::error!(
        errorType = error.kind(), errorMessage = error.message(), stackTrace = frames.join("\n").as_str();
        "{error}"
    );
}

/// What [`error`] adds for machines; its text says the same for people.
pub(crate) const ERROR_MEMBERS: [&str; 3] = ["errorType", "errorMessage", "stackTrace"];

/// Sets the logger up for a terminal, unless the program has set one.
pub(crate) fn init_at_desk() {
    let format = |out: &mut Formatter, record: &Record| {
        writeln!(
            out,
            "{:<5} {}: {}{}",
            record.level(),
            record.target(),
            record.args(),
            Pairs(record)
        )
    };
    // That it fails where the program has set a logger of its own is as it should be.
    let _ = filtered(LevelFilter::Info).format(format).try_init();
}

/// Sets the logger up as the function's configuration says, unless the program has set one.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>.
pub(crate) fn init_on_lambda() {
    let json = is("AWS_LAMBDA_LOG_FORMAT", "JSON");
    let level = if json { level_of_configuration() } else { LevelFilter::Info };
    let mut builder = filtered(level);
    let telemetry = telemetry();
    let framed = telemetry.is_some();
    if let Some(file) = telemetry {
        builder.target(Target::Pipe(Box::new(file)));
    }
    builder.format(move |out, record| {
        let now = SystemTime::now();
        let mut line = INVOCATION.with_borrow(|invocation| {
            if json { json::line(record, invocation, now) } else { text_line(record, invocation) }
        });
        if framed {
            out.write_all(&frame_head(record.level(), json, line.len(), now))?;
        } else {
            line.push('\n');
        }
        out.write_all(line.as_bytes())
    });
    let _ = builder.try_init();
}

fn filtered(level: LevelFilter) -> Builder {
    let mut builder = Builder::new();
    builder
        .filter_level(level)
        // What ureq says of each request is for those who ask for it by name.
        .filter_module("ureq", LevelFilter::Warn)
        .filter_module("ureq_proto", LevelFilter::Warn)
        .parse_default_env();
    builder
}

fn is(variable: &str, value: &str) -> bool {
    env::var(variable).is_ok_and(|found| found.eq_ignore_ascii_case(value))
}

fn level_of_configuration() -> LevelFilter {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    // Lambda knows one level more than the crate log: FATAL, of which there are no records.
    if level.eq_ignore_ascii_case("FATAL") {
        LevelFilter::Error
    } else {
        level.parse().unwrap_or(LevelFilter::Info)
    }
}

/// A newline starts a new event in CloudWatch Logs, so that inside a record it becomes a carriage
/// return.
fn text_line(record: &Record, invocation: &Invocation) -> String {
    let id = if invocation.request_id.is_empty() { "-" } else { &invocation.request_id };
    let tenant = invocation.tenant_id.iter().map(|id| format!(" tenant={id}"));
    let trace = invocation.trace_id.iter().map(|id| format!(" trace={id}"));
    let more: String = tenant.chain(trace).collect();
    let text = format!(
        "{} {id}{more} {}: {}{}",
        record.level(),
        record.target(),
        record.args(),
        Pairs(record)
    );
    text.replace('\n', "\r")
}

/// The key-values of a record, as text.
struct Pairs<'a>(&'a Record<'a>);

impl std::fmt::Display for Pairs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use log::kv::{self, Key, Value, VisitSource};
        struct Writer<'a, 'b>(&'a mut std::fmt::Formatter<'b>);
        impl<'kvs> VisitSource<'kvs> for Writer<'_, '_> {
            fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
                if ERROR_MEMBERS.contains(&key.as_str()) {
                    return Ok(());
                }
                Ok(write!(self.0, " {key}={value}")?)
            }
        }
        self.0.key_values().visit(&mut Writer(f)).map_err(|_| std::fmt::Error)
    }
}

/// Where Lambda wants framed records, if it does.
fn telemetry() -> Option<File> {
    const VARIABLE: &str = "_LAMBDA_TELEMETRY_LOG_FD";
    let number = env::var_os(VARIABLE)?;
    environment::remove(VARIABLE); // it is not meant for the function's children
    let number: u32 = number.to_str()?.parse().ok()?;
    // Opened by its path: a file descriptor's number cannot be turned into a file by safe code.
    File::options().append(true).open(format!("/proc/self/fd/{number}")).ok()
}

/// Big-endian: type with level, length of the record, microseconds since 1970.
fn frame_head(level: Level, json: bool, length: usize, now: SystemTime) -> [u8; 16] {
    let kind: u32 = if json { 0xa55a_0002 } else { 0xa55a_0003 };
    let level = match level {
        Level::Trace => 1,
        Level::Debug => 2,
        Level::Info => 3,
        Level::Warn => 4,
        Level::Error => 5,
    };
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    let mut head = [0; 16];
    let bytes = (kind | level << 2).to_be_bytes().into_iter().chain(length.to_be_bytes());
    let bytes = bytes.chain(u64::try_from(now).unwrap_or(u64::MAX).to_be_bytes());
    head.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    head
}
