//! Ships the orders of a queue, each once, by the HTTP API of a carrier; and counts each night the
//! orders that were begun and not finished.
//!
//! `TABLE` is the table of [`Once`], `CARRIER` the URL of the carrier's API, and `SECRET` the name
//! of a secret with its token: `{"token":"…"}`.

mod carrier;

use minilambda::{Context, Error, Handler, Hooks, handler};
use minilambda_aws::dynamodb::{Table, expression};
use minilambda_aws::idempotency::Once;
use minilambda_aws::metrics::{Metrics, Unit};
use minilambda_events::{batch, eventbridge, sqs};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

static HANDLERS: &[(&str, Handler)] = &[
    ("worker.ship", handler!(ship_all).init(carrier::connect)),
    ("worker.nightly", handler!(nightly)),
];

static HOOKS: Hooks = Hooks::new().after_response(|_| METRICS.flush());

static METRICS: Metrics = Metrics::new().namespace("worker");

/// SQS keeps a message for 14 days at most.
const KEPT: Duration = Duration::from_secs(14 * 24 * 3600);

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &HOOKS)
}

fn setting(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|error| Error::new("NoSetting", format!("{name}: {error}")))
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: String,
    address: String,
}

#[derive(Deserialize, Serialize)]
struct Parcel {
    number: String,
}

fn ship_all(event: sqs::Event, _: &Context) -> Result<batch::Response, Error> {
    let table = setting("TABLE")?;
    let once = Once::new(&table).keep_for(KEPT);
    Ok(event.each(|message| ship(&message.body_json()?, &once)))
}

fn ship(order: &Order, once: &Once) -> Result<(), Error> {
    let parcel = once.run(&order.id, order, || {
        let parcel = carrier::book(order).inspect_err(|_| count("Failed", 1.0))?;
        count("Shipped", 1.0);
        Ok::<_, Error>(parcel)
    })?;
    log::info!(order = &*order.id, parcel = &*parcel.number; "the order is shipped");
    Ok(())
}

fn count(name: &str, value: f64) {
    METRICS.add(name, value, Unit::Count);
}

/// The orders whose worker ended in the middle, and that did not come again.
fn nightly(event: eventbridge::Event<eventbridge::Scheduled>, _: &Context) -> Result<u64, Error> {
    let time = event.time.ok_or("the event has no time")?.time()?;
    let now_ms = u64::try_from(time.duration_since(UNIX_EPOCH)?.as_millis())?;
    let unfinished = expression("status = :started AND in_progress_expiration < :now")
        .value("started", "INPROGRESS")
        .value("now", now_ms);
    let orders = Table::new(&setting("TABLE")?).scan().filter(unfinished).count()?;
    count("Unfinished", orders as f64);
    Ok(orders)
}
