//! Watches the readings in a data stream. The first that cannot be read ends the batch: the stream
//! is read again from there, so that the order is kept. The event source mapping has to say
//! `ReportBatchItemFailures`.
//!
//! ```text
//! cargo run --example kinesis -- kinesis.watch data/kinesis.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::kinesis;
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

fn watch_all(event: kinesis::Event, _: &Context) -> Result<kinesis::Response, Error> {
    let mut response = kinesis::Response::none_failed();
    for record in event.records {
        if let Err(error) = watch(&record) {
            log::warn!("{}: {error}", record.kinesis.partition_key);
            response.push(record.kinesis.sequence_number);
            break;
        }
    }
    Ok(response)
}

fn watch(record: &kinesis::Record) -> Result<(), Error> {
    let Reading { sensor, celsius } = record.data_json()?;
    if celsius > 21.0 {
        log::info!("{sensor}: {celsius} °C is too warm");
    }
    Ok(())
}
