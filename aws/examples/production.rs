//! An order function with all that stands around a handler in production: types of serde, an init
//! of its own, middleware, keys of the log, metrics, spans and a feature flag.
//!
//! Set `OTEL_EXPORTER_OTLP_ENDPOINT`, and allow `appconfig:StartConfigurationSession` and
//! `appconfig:GetLatestConfiguration`. Without a collector or a configuration it serves orders too.

use minilambda::{
    Context, CorrelationId, Error, Handler, Hooks, Logger, Middleware, Next, Serde, handler,
    log_key, log_key_always,
};
use minilambda_aws::appconfig::Configuration;
use minilambda_aws::flags::Flags;
use minilambda_aws::metrics::{Metrics, Unit};
use minilambda_aws::{object, otel};
use serde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Instant;

/// From the outside: the span of the invocation, then its time.
const AROUND: &[Middleware] = &[otel::invocation, timed];

static HANDLERS: &[(&str, Handler)] =
    &[("shop.order", handler!(order).init(read_flags).around(AROUND))];

static HOOKS: Hooks = Hooks::new().logger(&LOGGER).init(name_service).after_response(flush);

/// Debug records are written if the invocation fails, and for one of a hundred.
static LOGGER: Logger = Logger::new()
    .cold_start()
    .correlation_id(CorrelationId::path("id"))
    .sample_debug(0.01)
    .buffer_debug(20_000);

static METRICS: Metrics =
    Metrics::new().namespace("shop").default_dimensions(&[("service", "orders")]).with_cold_start();

static FLAGS: Flags = Flags::new(Configuration::new("shop", "production", "flags"));

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &HOOKS)
}

fn name_service() -> Result<(), Error> {
    log_key_always("service", "orders");
    Ok(())
}

/// The flags are read while the function has a whole CPU. Without them the defaults hold.
fn read_flags() -> Result<(), Error> {
    if let Err(error) = FLAGS.features() {
        log::warn!("the flags are not read yet: {}", error.message());
    }
    Ok(())
}

/// The caller does not wait for it.
fn flush(_: &Context) {
    METRICS.flush();
    otel::flush();
}

fn timed(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    let start = Instant::now();
    let response = next.run(event, context);
    METRICS.add("Handler", start.elapsed().as_secs_f64() * 1000.0, Unit::Milliseconds);
    if response.is_err() {
        METRICS.add("Failures", 1.0, Unit::Count);
    }
    response
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Order {
    Books { id: String, pieces: u32 },
    Voucher { id: String },
}

#[derive(Serialize)]
struct Receipt {
    order: String,
    pieces: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    gift: Option<&'static str>,
}

fn order(Serde(order): Serde<Order>, _: &Context) -> Result<Serde<Receipt>, Error> {
    let (order, pieces) = match order {
        Order::Books { id, pieces } => (id, pieces),
        Order::Voucher { id } => (id, 1),
    };
    log_key("pieces", pieces);
    otel::attribute("shop.pieces", pieces);
    METRICS.add("Pieces", pieces.into(), Unit::Count);
    log::debug!("it is being packed");
    if pieces == 0 {
        return Err(Error::new("EmptyOrder", "the order has no pieces"));
    }
    let has_gift = FLAGS.is_on("gifts", &object! { "pieces": pieces }, false);
    let gift = has_gift.then_some("bookmark");
    Ok(Serde(Receipt { order, pieces, gift }))
}
