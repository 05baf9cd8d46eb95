//! A function with an event and a response of its own. Run it:
//! `cargo run --example order -- order data/order.json`

use minilambda::{Context, Error, Handler, handler};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("order", handler!(order))];

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

#[derive(Serialize)]
struct Receipt {
    order: String,
    pieces: u64,
}

fn order(order: Order, _: &Context) -> Result<Receipt, Error> {
    let pieces = order.items.iter().map(|item| u64::from(item.count)).sum();
    if pieces == 0 {
        return Err(Error::new("EmptyOrder", format!("order {} has no pieces", order.id)));
    }
    for item in &order.items {
        log::info!("{} of {}", item.count, item.name);
    }
    Ok(Receipt { order: order.id, pieces })
}
