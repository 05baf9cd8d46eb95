//! Sets up `env_logger` as Lambda needs it: one line for each record, with the request id.

mod json;
mod output;
mod telemetry;
mod text;

use self::output::Blocking;
use crate::{Context, Error, invocation, panics};
use env_logger::fmt::Formatter;
use env_logger::{Builder, Target};
use log::{LevelFilter, Record};
use std::env;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// The target of records that [`error`] writes. Their key-values repeat the message, so text logs
/// leave them out.
const ERROR_TARGET: &str = "minilambda";

/// From now on the records carry the ids of this invocation.
pub(crate) fn begin_invocation(context: &Context, concurrent: bool) {
    invocation::begin(context, concurrent);
}

/// Ends the invocation of the records, and writes all that is buffered: Lambda may freeze the
/// process from here to the next event.
pub(crate) fn end_invocation(concurrent: bool) {
    flush();
    invocation::end(concurrent);
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

/// Sets the logger up for a terminal, unless the program has set one.
pub(crate) fn init_locally() {
    let format = |out: &mut Formatter, record: &Record| {
        if is_left_out(record) {
            return Ok(());
        }
        writeln!(out, "{}", text::local_line(record))
    };
    set(builder(LevelFilter::Info).format(format));
}

/// Sets the logger up as the function's configuration says, unless the program has set one.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>.
pub(crate) fn init_on_lambda() {
    let json = env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|it| it.eq_ignore_ascii_case("JSON"));
    let mut builder = builder(if json { configured_level() } else { LevelFilter::Info });
    let telemetry = telemetry::file();
    let framed = telemetry.is_some();
    let target: Box<dyn Write + Send> = match telemetry {
        Some(file) => Box::new(Blocking(file)),
        None => Box::new(Blocking(io::stderr())),
    };
    builder.target(Target::Pipe(target)).format(move |out, record| {
        if is_left_out(record) {
            return Ok(());
        }
        let now = SystemTime::now();
        let invocation = invocation::current();
        let mut line = if json {
            json::line(record, &invocation, now)
        } else {
            text::line(record, &invocation)
        };
        if framed {
            out.write_all(&telemetry::frame_head(record.level(), json, line.len(), now))?;
        } else {
            line.push('\n');
        }
        out.write_all(line.as_bytes())
    });
    set(&mut builder);
}

/// Whether a record repeats one of an earlier invocation. This crate's own errors do not.
fn is_left_out(record: &Record) -> bool {
    invocation::is_silent() && record.target() != ERROR_TARGET
}

/// Sets the logger. This fails if the program has set one of its own, which then stays.
fn set(builder: &mut Builder) {
    IS_OURS.store(builder.try_init().is_ok(), Ordering::Relaxed);
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
