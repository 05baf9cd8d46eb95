//! The program that the tests start: handlers that say what they see, and fail in every way.

use minilambda::{Context, Error, Handler, Stream, handler};
use miniserde::json::Value;
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fmt, thread};

static HANDLERS: &[(&str, Handler)] = &[
    ("echo", Handler::raw(echo)),
    ("value", handler!(value)),
    ("order", handler!(order)),
    ("context", handler!(context)),
    ("trace-variable", handler!(trace_variable)),
    ("log", handler!(log)),
    ("of-size", handler!(of_size)),
    ("sleep-ms", handler!(sleep_ms)),
    ("error", handler!(error)),
    ("converted-error", handler!(converted_error)),
    ("panic-or-echo", handler!(panic_or_echo)),
    ("stream", Handler::streaming(stream)),
];

fn main() -> ExitCode {
    match env::var("TEST_TABLE").as_deref() {
        Ok("ambiguous") => minilambda::run(&[("a", Handler::raw(echo)), ("a", Handler::raw(echo))]),
        Ok("empty") => minilambda::run(&[]),
        _ => minilambda::run(HANDLERS),
    }
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok(event)
}

fn value(event: Value, _: &Context) -> Result<Value, Error> {
    Ok(event)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    items: Vec<Item>,
    note: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    count: u8,
    tags: Option<BTreeMap<String, Vec<String>>>,
}

fn order(order: Order, _: &Context) -> Result<String, Error> {
    let items = order.items.iter().map(|item| {
        let tags = item.tags.as_ref().map_or(0, BTreeMap::len);
        format!("{} {} ({tags} tags)", item.count, item.name)
    });
    let items: Vec<_> = items.collect();
    let note = order.note.unwrap_or_default();
    Ok(format!("{}: {}{note}", order.id, items.join(", ")))
}

#[derive(Serialize)]
struct Seen {
    request_id: String,
    deadline_ms: Option<i64>,
    seconds_left: Option<u64>,
    invoked_function_arn: String,
    trace_id: Option<String>,
    client: Option<Value>,
    identity_id: Option<String>,
    identity_pool_id: Option<String>,
    tenant_id: Option<String>,
    invocation_id: Option<String>,
    function: String,
    version: String,
    memory_mb: Option<u32>,
    log_group: Option<String>,
    log_stream: Option<String>,
    region: String,
}

fn context(_: Value, context: &Context) -> Result<Seen, Error> {
    let identity = context.cognito_identity()?;
    Ok(Seen {
        request_id: context.request_id.clone(),
        deadline_ms: context.deadline_ms,
        seconds_left: context.time_left().map(|left| left.as_secs()),
        invoked_function_arn: context.invoked_function_arn.clone(),
        trace_id: context.trace_id.clone(),
        client: context.client_context()?,
        identity_id: identity.as_ref().map(|identity| identity.identity_id.clone()),
        identity_pool_id: identity.map(|identity| identity.identity_pool_id),
        tenant_id: context.tenant_id.clone(),
        invocation_id: context.invocation_id.clone(),
        function: context.function_name.clone(),
        version: context.function_version.clone(),
        memory_mb: context.memory_limit_mb,
        log_group: context.log_group.clone(),
        log_stream: context.log_stream.clone(),
        region: context.region.clone(),
    })
}

fn trace_variable(_: Value, _: &Context) -> Result<Option<String>, Error> {
    Ok(env::var("_X_AMZN_TRACE_ID").ok())
}

fn log(text: String, _: &Context) -> Result<(), Error> {
    log::info!("{text}");
    log::debug!("in detail: {text}");
    Ok(())
}

/// A response of as many bytes as are asked for.
fn of_size(bytes: usize, _: &Context) -> Result<String, Error> {
    Ok("x".repeat(bytes.saturating_sub(2))) // in JSON two quotes come on top
}

fn sleep_ms(ms: u64, _: &Context) -> Result<(), Error> {
    thread::sleep(Duration::from_millis(ms));
    Ok(())
}

fn error(kind: String, _: &Context) -> Result<(), Error> {
    Err(Error::new(kind, "the warehouse is \"closed\" – até amanhã"))
}

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the count cannot be read")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn converted_error(text: String, _: &Context) -> Result<i32, Error> {
    Ok(text.parse().map_err(Outer)?)
}

fn panic_or_echo(text: String, _: &Context) -> Result<String, Error> {
    assert!(text != "panic", "the {text} that was asked for");
    Ok(text)
}

/// Streams the event back in parts, each on its way before the next is written.
fn stream(event: Vec<u8>, _: &Context, out: &mut Stream) -> Result<(), Error> {
    for part in event.chunks(48 * 1024) {
        out.write_all(part)?;
        out.flush()?;
    }
    Ok(())
}
