//! Changes of the table, as events.

use crate::{Product, setting};
use minilambda::{Context, Error};
use minilambda_aws::eventbridge::{Bus, Event};
use minilambda_events::dynamodb::{self, Record};
use miniserde::Serialize;

#[derive(Serialize)]
struct Change {
    r#type: &'static str,
    product: Product,
}

#[derive(Serialize)]
struct Update {
    r#type: &'static str,
    old: Product,
    new: Product,
}

/// If an event is not accepted, Lambda sends the whole batch again.
pub fn send(event: dynamodb::Event, _: &Context) -> Result<(), Error> {
    let events = event.records.iter().map(event_of).collect::<Result<Vec<_>, _>>()?;
    log::info!("{} changes", events.len());
    Ok(Bus::new(&setting("BUS")?).put_all(events)?)
}

fn event_of(record: &Record) -> Result<Event, Error> {
    Ok(match (record.old_item::<Product>()?, record.new_item::<Product>()?) {
        (None, Some(new)) => change("ProductCreated", "Created", new),
        (Some(old), None) => change("ProductDeleted", "Deleted", old),
        (Some(old), Some(new)) => {
            let id = new.id.clone();
            let update = Update { r#type: "Updated", old, new };
            Event::new("products", "ProductUpdated", &update).resource(id)
        }
        (None, None) => return Err(Error::new("NoImages", "the record has no images")),
    })
}

fn change(detail_type: &str, r#type: &'static str, product: Product) -> Event {
    let id = product.id.clone();
    Event::new("products", detail_type, &Change { r#type, product }).resource(id)
}
