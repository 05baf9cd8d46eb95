//! Announces the changes of a table of products on an event bus.
//!
//! `BUS` is the name of the bus. The role needs `events:PutEvents`. The stream of the table has new
//! and old images.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::eventbridge::{Bus, Event};
use minilambda_aws::object;
use minilambda_events::dynamodb::{self, Record, from_item};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("changes.stream", handler!(announce))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Product {
    id: String,
    name: String,
    cents: u64,
}

/// If some events are not accepted, the records come again, and events may come twice.
fn announce(event: dynamodb::Event, _: &Context) -> Result<usize, Error> {
    let bus = env::var("BUS").map_err(|error| Error::new("NoBus", format!("BUS: {error}")))?;
    let events = event.records.iter().map(change).collect::<Result<Vec<_>, _>>()?;
    let count = events.len();
    Bus::new(&bus).put_all(events)?;
    Ok(count)
}

fn change(record: &Record) -> Result<Event, Error> {
    let images = &record.dynamodb;
    let old: Option<Product> = images.old_image.as_ref().map(from_item).transpose()?;
    let new: Option<Product> = images.new_image.as_ref().map(from_item).transpose()?;
    let name = match (&old, &new) {
        (None, Some(_)) => "ProductCreated",
        (Some(_), Some(_)) => "ProductChanged",
        (Some(_), None) => "ProductDeleted",
        (None, None) => return Err(Error::new("NoImage", "the stream has no images of items")),
    };
    let id = new.as_ref().or(old.as_ref()).map_or_else(String::new, |product| product.id.clone());
    Ok(Event::new("products", name, &object! { "old": old, "new": new }).resource(id))
}
