//! Ships the orders in a queue. Lambda sends those that fail again, and deletes the others. The
//! event source mapping must have `ReportBatchItemFailures`.
//!
//! ```text
//! cargo run --example sqs -- sqs.ship data/sqs.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{batch, sqs};
use miniserde::Deserialize;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("sqs.ship", handler!(ship_all))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    count: u32,
}

fn ship_all(event: sqs::Event, _: &Context) -> Result<batch::Response, Error> {
    Ok(event.each(ship))
}

fn ship(message: &sqs::Message) -> Result<(), Error> {
    let order: Order = message.body_json()?;
    for item in &order.items {
        log::info!("{}: {} of {}", order.id, item.count, item.name);
    }
    Ok(())
}
