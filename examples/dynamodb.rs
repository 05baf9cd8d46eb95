//! Reacts to changes of a table of orders: announces those that were packed, and forgets the
//! baskets whose time to live is over. The stream has to hold new and old images.
//!
//! ```text
//! cargo run --example dynamodb -- dynamodb.announce data/dynamodb.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::dynamodb::{self, Record};
use miniserde::Deserialize;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("dynamodb.announce", handler!(announce_all))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

fn announce_all(event: dynamodb::Event, _: &Context) -> Result<Vec<String>, Error> {
    let mut announced = Vec::new();
    for record in &event.records {
        if record.is_expiry() {
            let id = record.key("id").and_then(|id| id.as_s());
            log::info!("the basket {} is forgotten", id.unwrap_or("without an id"));
        } else if was_packed(record) {
            let order: Order = record.new_item()?.ok_or("the order was removed")?;
            announced.push(format!("{}: {} pieces are on their way", order.id, order.pieces));
        }
    }
    Ok(announced)
}

fn was_packed(record: &Record) -> bool {
    let packed = Some("packed");
    let [before, now] = [record.old_value("status"), record.new_value("status")]
        .map(|status| status.and_then(|status| status.as_s()));
    now == packed && before != packed
}
