//! Watches the readings in a data stream. The first that fails ends the batch: Lambda continues the
//! stream there, so the order is kept. The event source mapping must have
//! `ReportBatchItemFailures`.
//!
//! ```text
//! cargo run --example kinesis -- kinesis.watch data/kinesis.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{batch, kinesis};
use miniserde::Deserialize;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("kinesis.watch", handler!(watch_all))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Reading {
    sensor: String,
    celsius: f64,
}

fn watch_all(event: kinesis::Event, _: &Context) -> Result<batch::Response, Error> {
    Ok(event.each(watch))
}

fn watch(record: &kinesis::Record) -> Result<(), Error> {
    let Reading { sensor, celsius } = record.data_json()?;
    if celsius > 21.0 {
        log::info!("{sensor}: {celsius} °C is too warm");
    }
    Ok(())
}
