//! The program that the tests start: handlers that report what they get, and that fail in every
//! way.

use minilambda::{Context, Error, Handler, Hooks, Next, ResponseStream, handler};
use miniserde::json::Value;
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fmt, fs, thread};

static HANDLERS: &[(&str, Handler)] = &[
    ("echo", Handler::raw(echo)),
    ("value", handler!(value)),
    ("order", handler!(order)),
    ("context", handler!(context)),
    ("trace-variable", handler!(trace_variable)),
    ("log", handler!(log)),
    ("telemetry-variable", handler!(telemetry_variable)),
    ("of-size", handler!(of_size)),
    ("sleep-ms", handler!(sleep_ms)),
    ("error", handler!(error)),
    ("converted-error", handler!(converted_error)),
    ("panic-or-echo", handler!(panic_or_echo)),
    ("stream", Handler::streaming(stream)),
    ("stream-back", Handler::streaming(stream_back)),
    ("stream-http", Handler::streaming(stream_http)),
    ("stream-megabytes", Handler::streaming(stream_megabytes)),
    ("node", handler!(node)),
    ("twice", handler!(twice)),
    ("snake", handler!(snake)),
    ("with-init", handler!(value).init(|| said("init of the handler"))),
    ("with-failing-init", handler!(value).init(|| Err(Error::new("NoKey", "the key is gone")))),
    ("with-panicking-init", handler!(value).init(|| panic!("no key"))),
    ("stream-around", Handler::streaming(stream).around(&[mark])),
];

/// Logs what it is around, and sends a text after the response, or in its place.
fn mark(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    let result = next.run(event, context);
    log::info!("around: {}", result.as_ref().map_or_else(Error::kind, |_| "fine"));
    match result {
        Err(error) if error.kind() == "TooEarly" => Ok(b"instead".to_vec()),
        Ok(_) => Ok(b", and after".to_vec()),
        error => error,
    }
}

/// A logger that the program sets itself.
struct Shout;

impl log::Log for Shout {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }
    fn log(&self, record: &log::Record) {
        if record.target().starts_with("bootstrap") {
            eprintln!("{}!", record.args().to_string().to_uppercase());
        }
    }
    fn flush(&self) {
        eprintln!("flushed");
    }
}

fn main() -> ExitCode {
    if env::var_os("TEST_LOGGER").is_some() && log::set_logger(&Shout).is_ok() {
        log::set_max_level(log::LevelFilter::Info);
    }
    let code = match env::var("TEST_TABLE").as_deref() {
        Ok("ambiguous") => minilambda::run(&[("a", Handler::raw(echo)), ("a", Handler::raw(echo))]),
        Ok("empty") => minilambda::run(&[]),
        _ => minilambda::run_with(HANDLERS, &hooks()),
    };
    if let Ok(report) = env::var("TEST_PEAK_MEMORY") {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak_kb = line.map_or("", |line| line.trim().trim_end_matches(" kB"));
        fs::write(report, peak_kb).ok();
    }
    code
}

/// The hooks that the variable names; none without it.
fn hooks() -> Hooks {
    let hooks = Hooks::new();
    match env::var("TEST_HOOKS").as_deref() {
        Ok("init") => hooks.init(|| said("init")),
        Ok("init-error") => hooks.init(|| Err(Error::new("NoTable", "the table is not there"))),
        Ok("init-panic") => hooks.init(|| panic!("no table")),
        Ok("snapshot") => hooks
            .init(|| said("init"))
            .before_snapshot(|| said("before"))
            .after_restore(|| said("after")),
        Ok("snapshot-error") => hooks.before_snapshot(|| Err("no snapshot, please".into())),
        Ok("restore-error") => {
            hooks.after_restore(|| Err(Error::new("Function.NoSeed", "no seed")))
        }
        #[cfg(feature = "shutdown")]
        Ok("shutdown") => hooks.on_shutdown(|| said("shutdown")),
        #[cfg(feature = "shutdown")]
        Ok("shutdown-panic") => hooks.on_shutdown(|| panic!("oh")),
        Ok("after-response") => hooks.after_response(|context| {
            log::info!("after {}", context.request_id);
            print!("[after {}]", context.request_id); // without a line feed
        }),
        Ok("after-response-panic") => hooks.after_response(|_| panic!("cannot send metrics")),
        Ok("after-response-ms") => hooks.after_response(|_| {
            let ms = env::var("TEST_MS").ok().and_then(|ms| ms.parse().ok());
            thread::sleep(Duration::from_millis(ms.unwrap_or_default()));
            log::info!("the hook has returned");
        }),
        #[cfg(feature = "shutdown")]
        Ok("after-response-shutdown") => {
            hooks.on_shutdown(|| said("shutdown")).after_response(|_| {
                log::info!("the hook begins");
                thread::sleep(Duration::from_secs(600));
            })
        }
        Ok("no-deadline-warning") => hooks.without_deadline_warning(),
        _ => hooks,
    }
}

fn said(what: &str) -> Result<(), Error> {
    log::info!("{what}");
    Ok(())
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

/// Two fields have the same name.
#[derive(Serialize)]
struct Twice {
    id: u8,
    #[serde(rename = "id")]
    other: u8,
}

fn twice((): (), _: &Context) -> Result<Vec<Twice>, Error> {
    Ok(vec![Twice { id: 1, other: 2 }])
}

/// A type that contains itself.
#[derive(Deserialize)]
struct Node {
    child: Option<Box<Node>>,
}

/// Returns how many nodes are below the first.
fn node(mut node: Node, _: &Context) -> Result<usize, Error> {
    let mut count = 0;
    while let Some(child) = node.child.take() {
        node = *child;
        count += 1;
    }
    Ok(count)
}

#[derive(Deserialize)]
struct Snake {
    unit_price: i16,
    kind: Option<Kind>,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "gold")]
    Gold,
}

fn snake(event: Snake, _: &Context) -> Result<bool, Error> {
    Ok(matches!((event.unit_price, event.kind), (1, Some(Kind::Gold))))
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

fn telemetry_variable(_: Value, _: &Context) -> Result<Option<String>, Error> {
    Ok(env::var("_LAMBDA_TELEMETRY_LOG_FD").ok())
}

fn log(text: String, _: &Context) -> Result<(), Error> {
    if text == "levels" {
        log::trace!("t");
        log::warn!(count = 3, name = "x\ny"; "w");
        log::error!("e");
    }
    log::info!("{text}");
    log::debug!("in detail: {text}");
    Ok(())
}

/// Responds with the requested number of bytes.
fn of_size(bytes: usize, _: &Context) -> Result<String, Error> {
    Ok("x".repeat(bytes.saturating_sub(2))) // in JSON two quotes come on top
}

/// Writes two parts, with the requested action between them.
fn stream(event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    let what: String = minilambda::decode(&event)?;
    if what == "type" {
        out.content_type("text/plain; charset=utf-8")?;
    }
    if what == "nothing" {
        return Ok(());
    }
    assert!(what != "early-panic", "an early panic");
    if what == "early-error" {
        out.write_all(b"never seen")?;
        return Err(Error::new("TooEarly", "before the first byte"));
    }
    if what == "late" {
        thread::sleep(Duration::from_millis(100));
    }
    out.write_all("première".as_bytes())?;
    out.flush()?;
    if what == "late-type" {
        out.content_type("text/plain")?;
    }
    thread::sleep(Duration::from_millis(300));
    assert!(what != "panic", "a late panic");
    if what == "error" {
        return Err(Error::new("TooLate", "the rest is lost – désolé"));
    }
    out.write_all(b" second")?;
    Ok(())
}

fn stream_http(_: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    out.http(201, &[("Content-Type", "text/html"), ("X-Quote", "\"")], &["a=1", "b=2; Secure"])?;
    out.write_all(b"<p>hello")?;
    Ok(())
}

fn stream_megabytes(event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    let megabytes: usize = minilambda::decode(&event)?;
    let part = vec![b'x'; 1024 * 1024];
    for _ in 0..megabytes {
        out.write_all(&part)?;
    }
    Ok(())
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

/// Streams the event back in parts, and flushes each.
fn stream_back(event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    for part in event.chunks(48 * 1024) {
        out.write_all(part)?;
        out.flush()?;
    }
    Ok(())
}
