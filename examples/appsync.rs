//! A GraphQL API of products: fields one by one, and prices of many products at once.
//!
//! ```text
//! cargo run --example appsync -- appsync.product data/appsync-cognito.json
//! cargo run --example appsync -- appsync.prices data/appsync-batch.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::appsync::{Batch, BatchResult, Event};
use miniserde::json::{Object, Value};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] =
    &[("appsync.product", handler!(product)), ("appsync.prices", handler!(prices))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// A resolver for several fields.
fn product(event: Event, _: &Context) -> Result<Value, Error> {
    match event.field() {
        ("Query", "product") => Ok(Value::Object(event.arguments)),
        ("Mutation", "createProduct") => {
            let staff = event.identity.as_ref().is_some_and(|user| user.in_group("staff"));
            if !staff {
                return Err(Error::new("Unauthorized", "only staff may create products"));
            }
            event.arguments.get("input").cloned().ok_or_else(|| "the input is missing".into())
        }
        (parent, field) => Err(Error::new("UnknownField", format!("{parent}.{field}"))),
    }
}

#[derive(Deserialize)]
struct Product {
    id: String,
    pieces: u32,
}

#[derive(Serialize)]
struct Price {
    cents: u32,
}

/// A resolver with batching on: as many prices as there are products, each of which may fail.
fn prices(products: Batch<Object, Product>, _: &Context) -> Result<Vec<BatchResult<Price>>, Error> {
    let price = |product: Product| match product.pieces {
        0 => Err(format!("{} is sold out", product.id)),
        pieces => Ok(Price { cents: 2450 / pieces }),
    };
    let one =
        |event: Event<Object, Product>| event.source.ok_or("no product".into()).and_then(price);
    Ok(products.into_iter().map(|event| one(event).into()).collect())
}
