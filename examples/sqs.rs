//! Ships the orders in a queue; those that fail come again, the others are deleted. The event source
//! mapping has to say `ReportBatchItemFailures`.
//!
//! ```text
//! cargo run --example sqs -- sqs.ship data/sqs.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::sqs;
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

fn ship_all(event: sqs::Event, _: &Context) -> Result<sqs::Response, Error> {
    let mut response = sqs::Response::none_failed();
    for message in event.records {
        if let Err(error) = ship(&message) {
            log::warn!("{}: {error}", message.message_id);
            response.push(message.message_id);
        }
    }
    Ok(response)
}

fn ship(message: &sqs::Message) -> Result<(), Error> {
    let order: Order = message.body_json()?;
    for item in &order.items {
        log::info!("{}: {} of {}", order.id, item.count, item.name);
    }
    Ok(())
}
