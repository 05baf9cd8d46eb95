//! A function with your own event and response. Run it:
//! `cargo run --example order -- shop.order data/order.json`

use minilambda::{Context, Error, Handler, handler};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("shop.order", handler!(order))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

#[derive(Serialize)]
struct Receipt {
    order: String,
    boxes: u32,
}

const PIECES_IN_A_BOX: u32 = 6;

fn order(order: Order, _: &Context) -> Result<Receipt, Error> {
    if order.pieces == 0 {
        return Err(Error::new("EmptyOrder", format!("order {} has no pieces", order.id)));
    }
    log::info!("{} pieces", order.pieces);
    Ok(Receipt { order: order.id, boxes: order.pieces.div_ceil(PIECES_IN_A_BOX) })
}
