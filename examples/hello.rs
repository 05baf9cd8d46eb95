//! Three handlers in one executable: a typed AWS event, your own event, and bytes.
//!
//! ```text
//! cargo run --example hello -- hello.apigateway data/apigateway-rest.json
//! cargo run --example hello -- hello.order data/order.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::apigateway;
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    ("hello.apigateway", handler!(hello)),
    ("hello.order", handler!(order)),
    ("hello.raw", Handler::raw(raw)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// An event of AWS's: its type comes from minilambda-events.
fn hello(
    request: apigateway::rest::Request,
    _: &Context,
) -> Result<apigateway::rest::Response, Error> {
    log::info!("{} {}", request.http_method, request.path);
    let agent = request.header("user-agent").unwrap_or("somebody");
    Ok(apigateway::rest::Response::text(200, format!("Hello, {agent}!\n")))
}

/// Your own event: any struct that derives `Deserialize`.
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
    pieces: u32,
}

fn order(order: Order, _: &Context) -> Result<Receipt, Error> {
    let mut pieces: u32 = 0;
    for item in &order.items {
        log::info!("{} of {}", item.count, item.name);
        pieces = pieces.checked_add(item.count).ok_or("more pieces than can be counted")?;
    }
    if pieces == 0 {
        return Err(Error::new("EmptyOrder", format!("order {} has no items", order.id)));
    }
    Ok(Receipt { order: order.id, pieces })
}

/// No type at all: bytes in, bytes out.
fn raw(mut event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    event.retain(|byte| !byte.is_ascii_whitespace());
    Ok(event)
}
