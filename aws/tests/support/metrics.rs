//! The function of the tests of metrics.

use minilambda::{Context, Error, Handler, Hooks, handler};
use minilambda_aws::metrics::{Metrics, Unit};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] = &[
    ("order", handler!(order)),
    ("many", handler!(many)),
    ("worker", handler!(worker)),
    ("late", handler!(late)),
    ("forgetful", handler!(forgetful)),
    ("refused", handler!(refused)),
    ("repeated", handler!(repeated)),
];

static HOOKS: Hooks = Hooks::new().init(init).after_response(|_| METRICS.flush());

static METRICS: Metrics = Metrics::new()
    .namespace("shop")
    .default_dimensions(&[("service", "orders"), ("Stage", "test")])
    .with_cold_start();

/// Of the namespace that the environment names; no hook flushes it.
static FORGOTTEN: Metrics = Metrics::new();

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &HOOKS)
}

fn init() -> Result<(), Error> {
    METRICS.set_default_dimension("Stage", "prod");
    METRICS.set_default_dimension("", "secret");
    Ok(())
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: Vec<f64>,
    end: String,
}

#[derive(Serialize)]
struct Place {
    shelf: u32,
}

fn order(order: Order, _: &Context) -> Result<(), Error> {
    METRICS.add("Orders", 1.0, Unit::Count);
    for pieces in order.pieces {
        METRICS.add_high_resolution("Pieces", pieces, Unit::CountPerSecond);
    }
    METRICS.add_metadata("order", &order.id);
    METRICS.add_metadata("place", Place { shelf: 7 });
    METRICS.add_dimension("Country", "DE");
    METRICS.add_dimensions(&[("City", "Berlin"), ("Country", "DE")]);
    METRICS.add_dimensions(&[("Shop", "a\"b\\c")]);
    match &*order.end {
        "error" => Err(Error::new("Sold", "nothing is left")),
        "panic" => panic!("on purpose"),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
struct Many {
    names: u32,
    values: u32,
}

fn many(many: Many, _: &Context) -> Result<(), Error> {
    for name in 0..many.names {
        for value in 0..many.values {
            METRICS.add(&format!("Metric{name}"), value.into(), Unit::None);
        }
    }
    METRICS.add_dimension("Late", "yes");
    Ok(())
}

/// One of several at the same time.
fn worker(id: String, context: &Context) -> Result<(), Error> {
    METRICS.add_dimension("Id", &id);
    METRICS.add("Begun", 1.0, Unit::Count);
    thread::sleep(Duration::from_millis(200));
    thread::scope(|scope| {
        scope.spawn(|| {
            context.attach_to_thread();
            METRICS.add("Attached", 1.0, Unit::Count);
        });
        scope.spawn(|| METRICS.add("Unknown", 1.0, Unit::Count));
    });
    METRICS.add("Ended", 1.0, Unit::Count);
    Ok(())
}

/// A thread that goes on after the response: as long as the event says.
fn late(ms: u64, context: &Context) -> Result<(), Error> {
    let context = context.clone();
    thread::spawn(move || {
        context.attach_to_thread();
        thread::sleep(Duration::from_millis(ms));
        METRICS.add_dimension("Thread", &context.request_id);
        METRICS.add("Late", 1.0, Unit::Count);
    });
    Ok(())
}

fn forgetful(name: String, _: &Context) -> Result<(), Error> {
    FORGOTTEN.add(&name, 1.0, Unit::Count);
    Ok(())
}

fn refused(_: (), _: &Context) -> Result<(), Error> {
    METRICS.add("Good", 1.0, Unit::Count);
    METRICS.add("Good", f64::NAN, Unit::Count);
    METRICS.add("Good", 1.0, Unit::Bytes);
    METRICS.add_dimension("Good", "secret");
    METRICS.add_dimension("Stage", "secret");
    METRICS.add_dimensions(&[("Stage", "secret")]);
    METRICS.add_metadata("Stage", "secret");
    Ok(())
}

/// What a durable function repeats is not written again, but it describes what comes after.
fn repeated(_: (), _: &Context) -> Result<(), Error> {
    let before = minilambda::__private::silence(true);
    METRICS.add("Again", 1.0, Unit::Count);
    METRICS.add_dimension("Step", "first");
    minilambda::__private::silence(before);
    METRICS.add("New", 1.0, Unit::Count);
    Ok(())
}
