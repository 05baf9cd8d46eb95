//! Changes of the table, as events.

use crate::{Product, setting};
use minilambda::{Context, Error};
use minilambda_aws::eventbridge::{Bus, Event};
use minilambda_events::Map;
use minilambda_events::dynamodb::{self, AttributeValue, Record, from_item};
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
    let (old, new) = (&record.dynamodb.old_image, &record.dynamodb.new_image);
    Ok(match &*record.event_name {
        "INSERT" => change("ProductCreated", "Created", product(new)?),
        "REMOVE" => change("ProductDeleted", "Deleted", product(old)?),
        "MODIFY" => {
            let (old, new) = (product(old)?, product(new)?);
            let id = new.id.clone();
            let update = Update { r#type: "Updated", old, new };
            Event::new("products", "ProductUpdated", &update).resource(id)
        }
        other => return Err(Error::new("UnknownChange", other)),
    })
}

fn change(detail_type: &str, r#type: &'static str, product: Product) -> Event {
    let id = product.id.clone();
    Event::new("products", detail_type, &Change { r#type, product }).resource(id)
}

fn product(image: &Option<Map<AttributeValue>>) -> Result<Product, Error> {
    let image = image.as_ref().ok_or("the stream has no images: its view type is another")?;
    from_item(image)
}
