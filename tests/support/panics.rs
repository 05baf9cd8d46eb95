//! Handlers that panic in every way, and programs with a logger or a panic hook of their own.

use minilambda::{Context, Error, Handler, Hooks};
use std::borrow::Cow;
use std::cell::RefCell;
use std::panic::{catch_unwind, panic_any, resume_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, io, thread};

static HANDLERS: &[(&str, Handler)] = &[
    ("echo", Handler::raw(echo)),
    ("panic", Handler::raw(panic)),
    ("panic-in-panic", Handler::raw(panic_in_panic)),
    ("panic-in-c", Handler::raw(panic_in_c)),
    ("caught", Handler::raw(caught)),
    ("caught-then-resumed", Handler::raw(caught_then_resumed)),
    ("in-thread", Handler::raw(in_thread)),
    ("payload", Handler::raw(payload)),
    ("log-at-thread-end", Handler::raw(log_at_thread_end)),
    ("log-in-threads", Handler::raw(log_in_threads)),
    ("log-in-adopting-thread", Handler::raw(log_in_adopting_thread)),
    ("panic-in-display", Handler::raw(panic_in_display)),
    ("print", Handler::raw(print)),
    ("fail", Handler::raw(fail)),
    ("log", Handler::raw(log_pairs)),
    ("many-records", Handler::raw(many_records)),
    ("state", Handler::raw(state)),
];

fn main() -> ExitCode {
    if env::var_os("TEST_HOOK").is_some() {
        std::panic::set_hook(Box::new(|info| eprintln!("sent to the tracker: {info}")));
    }
    if let Ok(panics_in) = env::var("TEST_LOGGER") {
        let logger = Box::leak(Box::new(PanickingLogger(panics_in)));
        log::set_logger(logger).expect("no logger is set");
        log::set_max_level(log::LevelFilter::Info);
    }
    let hooks = Hooks::new();
    let hooks = match env::var("TEST_INIT").as_deref() {
        Ok("panic") => hooks.init(|| panic!("no table")),
        Ok("payload") => hooks.init(|| panic_any(Bomb)),
        _ => hooks,
    };
    #[cfg(feature = "shutdown")]
    let hooks =
        if env::var_os("TEST_SHUTDOWN").is_some() { hooks.on_shutdown(|| Ok(())) } else { hooks };
    minilambda::run_with(HANDLERS, &hooks)
}

/// A logger that panics in one of its methods.
struct PanickingLogger(String);

impl log::Log for PanickingLogger {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }
    fn log(&self, record: &log::Record) {
        assert!(self.0 != "log" || !record.target().starts_with("minilambda"), "the logger broke");
        eprintln!("{} {}", record.level(), record.args());
    }
    fn flush(&self) {
        assert!(self.0 != "flush", "the logger broke");
    }
}

/// A value whose `Drop` panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the ledger was left open");
    }
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok(event)
}

fn panic(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    assert!(event != b"1", "the shop is closed");
    Ok(event)
}

fn panic_in_panic(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let _bomb = Bomb;
    panic!("the shop is closed");
}

fn panic_in_c(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    extern "C" fn callback() {
        panic!("the callback failed");
    }
    callback();
    Ok(Vec::new())
}

/// As thread pools, parsers and plugins do.
fn caught(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let _ = catch_unwind(|| panic!("a plugin failed"));
    Ok(b"null".to_vec())
}

/// The first event's panic is caught, those of the others come from another thread; before that of
/// the third another one is caught.
fn caught_then_resumed(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    if event == b"1" {
        let _ = catch_unwind(|| panic!("of an event"));
        return Ok(event);
    }
    if event == b"3" {
        let _ = catch_unwind(|| panic!("a plugin failed"));
    }
    match thread::spawn(|| panic!("of an event")).join() {
        Err(payload) => resume_unwind(payload),
        Ok(()) => Ok(event),
    }
}

fn in_thread(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let thread = thread::Builder::new().name("pool-1".to_owned()).spawn(|| panic!("no water"))?;
    assert!(thread.join().is_err());
    Ok(event)
}

fn payload(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    match &*event {
        b"1" => panic_any(Bomb),
        b"i32" => panic_any(1234),
        b"u64" => panic_any(7_u64),
        b"bool" => panic_any(true),
        b"string" => panic_any("of stock".to_owned()),
        b"box" => panic_any("of stock".to_owned().into_boxed_str()),
        b"cow" => panic_any(Cow::Borrowed("of stock")),
        b"error" => panic_any(Error::new("OutOfStock", "no teapots")),
        b"boxed error" => panic_any(Box::<dyn std::error::Error + Send + Sync>::from("secret")),
        b"thread" => panic_any(thread::spawn(|| panic!("of stock")).join().unwrap_err()),
        b"own" => panic_any(Counted),
        b"dropped" => Ok(DROPPED.load(Ordering::Relaxed).to_string().into_bytes()),
        _ => Ok(event),
    }
}

static DROPPED: AtomicU32 = AtomicU32::new(0);

/// A payload of the program's own type.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

struct Pool;

impl Drop for Pool {
    fn drop(&mut self) {
        log::info!("a connection is closed");
    }
}

thread_local! {
    static POOL: RefCell<Option<Pool>> = const { RefCell::new(None) };
}

fn log_at_thread_end(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let worker = thread::spawn(|| {
        POOL.set(Some(Pool)); // destroyed after the logger's own locals, which are younger
        log::info!("a connection is opened");
    });
    assert!(worker.join().is_ok());
    Ok(event)
}

fn log_in_threads(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    log::info!("in the handler");
    thread::scope(|scope| {
        scope.spawn(|| log::info!("in a scoped thread"));
    });
    let worker = thread::spawn(|| log::info!("in a thread"));
    assert!(worker.join().is_ok());
    Ok(event)
}

fn log_in_adopting_thread(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
    thread::scope(|scope| {
        scope.spawn(|| {
            context.attach_to_thread();
            log::info!("of {}", context.request_id);
        });
    });
    Ok(event)
}

fn panic_in_display(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    struct Broken;
    impl std::fmt::Display for Broken {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("cannot be displayed")
        }
    }
    log::info!("{Broken}");
    Ok(event)
}

fn print(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
    print!("done with {} ", context.request_id);
    Ok(event)
}

fn fail(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Err(Error::new("OutOfStock", "no pots"))
}

fn log_pairs(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    log::warn!(errorType = "Declined", errorMessage = "no funds", attempt = 2; "tried again");
    Ok(b"null".to_vec())
}

/// Thirty records of 8 KB on a stderr that may be non-blocking.
fn many_records(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let text = "x".repeat(8192);
    for n in 0..30 {
        log::info!("{n} {text}");
    }
    io::Write::flush(&mut io::stderr())?;
    Ok(event)
}

/// Does what the event names, and responds with all that a handler can see.
fn state(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
    let what = String::from_utf8_lossy(&event).into_owned();
    match &*what {
        "caught" => drop(catch_unwind(|| panic!("of an event"))),
        "resumed" => {
            let joined = thread::spawn(|| panic!("of an event")).join();
            joined.unwrap_or_else(|payload| resume_unwind(payload));
        }
        "panic" => panic!("of an event"),
        "payload" => panic_any(Bomb),
        "error" => return Err(Error::new("Odd", "of an event")),
        "print" => print!("{} ", context.request_id),
        "thread" => thread::scope(|scope| {
            scope.spawn(|| {
                context.attach_to_thread();
                log::info!("in a thread");
            });
        }),
        "identity" => drop(context.cognito_identity()?),
        _ => {}
    }
    log::info!("of an event");
    let trace_id = env::var("_X_AMZN_TRACE_ID");
    Ok(format!("{what} {trace_id:?} {context:?}").into_bytes())
}
