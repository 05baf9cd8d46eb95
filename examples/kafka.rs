//! Handles the orders of a Kafka topic. Lambda sends those that fail again. The event source
//! mapping must have `ReportBatchItemFailures`.
//!
//! ```text
//! cargo run --example kafka -- kafka.orders data/kafka.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::kafka;
use miniserde::Deserialize;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("kafka.orders", handler!(handle_all))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

fn handle_all(event: kafka::Event, _: &Context) -> Result<kafka::Response, Error> {
    Ok(event.each(handle))
}

fn handle(record: &kafka::Record) -> Result<(), Error> {
    let order: Order = record.value_json()?;
    log::info!("{}: {} pieces", order.id, order.pieces);
    Ok(())
}
