//! Sets up `env_logger` as Lambda needs it: one line for each record, with the request id.

mod json;
pub(crate) mod keys;
pub(crate) mod logger;
mod output;
mod telemetry;
mod text;

use self::json::LogKey;
use self::keys::EXTRAS;
use self::logger::Plugin;
use self::output::Blocking;
use crate::{Context, Error, invocation, panics};
use env_logger::{Builder, Target};
use log::{LevelFilter, Record};
use std::env;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// The target of records that [`error`] writes. Their key-values repeat the message, so text logs
/// leave them out.
const ERROR_TARGET: &str = "minilambda";

/// The target of the warning before a timeout.
pub(crate) const DEADLINE_TARGET: &str = "minilambda::lifecycle::deadline";

/// From now on the records carry the ids of this invocation.
#[inline(always)]
#[allow(clippy::inline_always, reason = "measured")]
pub(crate) fn begin_invocation(context: &Context, concurrent: bool) {
    invocation::begin(context, concurrent);
}

/// Ends the invocation of the records, and writes all that is buffered: Lambda may freeze the
/// process from here to the next event.
pub(crate) fn end_invocation(context: &Context, concurrent: bool) {
    flush();
    invocation::end(context, concurrent);
    if let Some(extras) = EXTRAS.get() {
        (extras.end)(&context.request_id);
    }
}

/// Writes all that the logger and stdout have buffered.
pub(crate) fn flush() {
    output::flush_stdout();
    without_panic(|| log::logger().flush());
}

/// Calls the logger. The program may have set one of its own; if it panics, the panic's message is
/// on stderr already, and the event must get its response nevertheless.
pub(crate) fn without_panic(log: impl FnOnce()) {
    let _ = panics::catch_any(log);
}

/// Logs a failure of an invocation or of the start, unless the log has it already.
pub fn error(error: &Error) {
    if !error.is_logged() {
        without_panic(|| write_error(error));
    }
}

fn write_error(error: &Error) {
    let frames: Vec<_> = error.frames().iter().map(ToString::to_string).collect();
    log::error!(
        target: ERROR_TARGET,
        errorType = error.kind(),
        errorMessage = error.message(),
        stackTrace = frames.join("\n").as_str();
        "{error}"
    );
}

/// Whether the logger is this crate's.
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// Logs a panic from the panic hook, or returns false. A logger of the program's own is not called
/// there: it may hold a lock, or be what panicked, and a panic in the hook aborts the process.
pub(crate) fn panic(error: &Error) -> bool {
    let is_shown = IS_OURS.load(Ordering::Relaxed)
        && log::log_enabled!(target: ERROR_TARGET, log::Level::Error);
    if is_shown {
        write_error(error);
    }
    is_shown
}

/// How records are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    Terminal,
    Lambda { json: bool, framed: bool },
}

impl Format {
    /// Formats a record with the ids and keys of the current invocation.
    fn bytes(self, record: &Record) -> Vec<u8> {
        let invocation = invocation::current();
        let keys = EXTRAS.get().map(|extras| (extras.keys)(&invocation.request_id));
        let keys: &[LogKey] = keys.as_deref().unwrap_or_default();
        let (json, framed) = match self {
            Self::Terminal => (false, false),
            Self::Lambda { json, framed } => (json, framed),
        };
        let now = SystemTime::now();
        let mut line = match self {
            Self::Terminal => text::local_line(record, keys),
            Self::Lambda { json: true, .. } => json::line(record, &invocation, keys, now),
            Self::Lambda { .. } => text::line(record, &invocation, keys),
        };
        if framed {
            let head = telemetry::frame_head(record.level(), json, line.len(), now);
            return [&head, line.as_bytes()].concat();
        }
        line.push('\n');
        line.into_bytes()
    }
}

/// Sets the logger up for a terminal, unless the program has set one.
pub(crate) fn init_locally(plugin: Option<Plugin>) {
    // In the same wrapper as on Lambda: a second type of writer is 2.5 KB of each program.
    let stderr = Box::new(Blocking(io::stderr()));
    set(builder(LevelFilter::Info), Format::Terminal, stderr, plugin);
}

/// Sets the logger up as the function's configuration says, unless the program has set one.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>.
pub(crate) fn init_on_lambda(plugin: Option<Plugin>) {
    let json = env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|it| it.eq_ignore_ascii_case("JSON"));
    let builder = builder(if json { configured_level() } else { LevelFilter::Info });
    let telemetry = telemetry::file();
    let framed = telemetry.is_some();
    let target: Box<dyn Write + Send> = match telemetry {
        Some(file) => Box::new(Blocking(file)),
        None => Box::new(Blocking(io::stderr())),
    };
    set(builder, Format::Lambda { json, framed }, target, plugin);
}

/// Whether a record repeats one of an earlier invocation. This crate's own errors do not.
fn is_left_out(record: &Record) -> bool {
    invocation::is_silent() && record.target() != ERROR_TARGET
}

/// Sets the logger. This fails if the program has set one of its own, which then stays.
fn set(
    mut builder: Builder,
    format: Format,
    target: Box<dyn Write + Send>,
    plugin: Option<Plugin>,
) {
    let is_set = if let Some(plugin) = plugin {
        (plugin.install)(plugin, builder, format, target)
    } else {
        builder.target(Target::Pipe(target)).format(move |out, record| {
            if is_left_out(record) { Ok(()) } else { out.write_all(&format.bytes(record)) }
        });
        builder.try_init().is_ok()
    };
    IS_OURS.store(is_set, Ordering::Relaxed);
}

fn builder(level: LevelFilter) -> Builder {
    let mut builder = Builder::new();
    builder
        .filter_level(level)
        // ureq logs each request; RUST_LOG can ask for it by name.
        .filter_module("ureq", LevelFilter::Warn)
        .filter_module("ureq_proto", LevelFilter::Warn)
        .parse_default_env();
    builder
}

/// The level of the function's logging configuration. Lambda knows one that the crate `log` does
/// not: FATAL, of which there are no records.
fn configured_level() -> LevelFilter {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    if level.eq_ignore_ascii_case("FATAL") {
        LevelFilter::Error
    } else {
        level.parse().unwrap_or(LevelFilter::Info)
    }
}
