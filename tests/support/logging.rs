//! The program whose log the tests read: it sets keys, and has each setting of the logger.

use minilambda::{
    Context, CorrelationId, Error, Handler, Hooks, Logger, availability_zone_id, handler, log_key,
    log_key_always,
};
use minilambda_events::sqs;
use miniserde::Deserialize;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

static HANDLERS: &[(&str, Handler)] =
    &[("work", handler!(work)), ("zone", Handler::raw(zone)), ("zones", Handler::raw(zones))];

static KEYS: Logger = Logger::new().cold_start().event_source();
static API_GATEWAY: Logger = Logger::new().correlation_id(CorrelationId::API_GATEWAY);
static LOAD_BALANCER: Logger = Logger::new().correlation_id(CorrelationId::LOAD_BALANCER);
static EVENT_BRIDGE: Logger = Logger::new().correlation_id(CorrelationId::EVENT_BRIDGE);
static X_RAY: Logger = Logger::new().correlation_id(CorrelationId::X_RAY);
static BY_PATH: Logger =
    Logger::new().correlation_id(CorrelationId::path("Records.0.messageAttributes.n.value"));
static ALWAYS: Logger = Logger::new().sample_debug(1.0);
static HALF: Logger = Logger::new().sample_debug(0.5);
static NEVER: Logger = Logger::new().sample_debug(0.0);
static BUFFER: Logger = Logger::new().buffer_debug(2000);
static ALL: Logger = Logger::new()
    .cold_start()
    .event_source()
    .correlation_id(CorrelationId::API_GATEWAY)
    .sample_debug(1.0)
    .buffer_debug(2000);

/// A logger that the program sets itself.
struct Shout;

impl log::Log for Shout {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }
    fn log(&self, record: &log::Record) {
        if record.target().starts_with("logging") {
            eprintln!("{}!", record.args().to_string().to_uppercase());
        }
    }
    fn flush(&self) {}
}

fn main() -> ExitCode {
    if env::var_os("TEST_LOGGER").is_some() && log::set_logger(&Shout).is_ok() {
        log::set_max_level(log::LevelFilter::Info);
    }
    let hooks = Hooks::new();
    let hooks = match env::var("TEST_HOOKS").as_deref() {
        Ok("always") => hooks.init(|| {
            log_key_always("service", "shop");
            log_key("lost", 1);
            Ok(())
        }),
        Ok("snapshot") => hooks.before_snapshot(|| availability_zone_id().map(drop)),
        _ => hooks,
    };
    let settings = match env::var("TEST_SETTINGS").as_deref() {
        Ok("keys") => &KEYS,
        Ok("api-gateway") => &API_GATEWAY,
        Ok("load-balancer") => &LOAD_BALANCER,
        Ok("event-bridge") => &EVENT_BRIDGE,
        Ok("x-ray") => &X_RAY,
        Ok("by-path") => &BY_PATH,
        Ok("always") => &ALWAYS,
        Ok("half") => &HALF,
        Ok("never") => &NEVER,
        Ok("buffer") => &BUFFER,
        Ok("all") => &ALL,
        _ => return minilambda::run_with(HANDLERS, &hooks),
    };
    minilambda::run_with(HANDLERS, &hooks.logger(settings))
}

#[derive(Deserialize)]
struct Work {
    order: Option<String>,
    what: Option<String>,
}

fn work(work: Work, context: &Context) -> Result<(), Error> {
    if let Some(order) = &work.order {
        log_key("order", order);
        log_key("pieces", 7);
    }
    log::debug!("in detail");
    log::info!("it begins");
    match work.what.as_deref() {
        Some("error") => return Err(Error::new("Broken", "as asked")),
        Some("panic") => panic!("as asked"),
        Some("caught") => log::error!("a part has failed"),
        Some("slow") => thread::sleep(Duration::from_millis(900)),
        Some("many") => {
            (0..100).for_each(|number| log::debug!("detail {number}"));
            return Err(Error::new("Broken", "as asked"));
        }
        Some("again") => {
            log_key("pieces", 8.5);
            log_key("requestId", true);
            log_key("line\nfeed", "a\nb");
            log::info!(pieces = 9; "again");
        }
        Some("batch") => batch(),
        Some("thread") => thread::scope(|scope| {
            scope.spawn(|| {
                context.attach_to_thread();
                log_key("thread", "inner");
                log::info!("in a thread");
            });
        }),
        _ => {}
    }
    log::debug!("at the end");
    log::info!("it ends");
    Ok(())
}

/// Each record but the second sets a key; the last one fails.
fn batch() {
    let event: sqs::Event =
        ["a", "b", "c"].map(|id| sqs::Message::new(id, "")).into_iter().collect();
    let response = event.each(|message| {
        if message.message_id != "b" {
            log_key("message", &message.message_id);
        }
        log::info!("one");
        if message.message_id == "c" { Err(Error::new("Broken", "as asked")) } else { Ok(()) }
    });
    log::info!("{} failed", response.batch_item_failures.len());
}

fn zone(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok(format!("{:?}", availability_zone_id()?).into_bytes())
}

/// Several threads ask at once.
fn zones(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(availability_zone_id)).collect();
    let results: Result<Vec<_>, _> =
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect();
    Ok(minilambda::encode(&results?))
}
