//! A GraphQL API of products: fields one by one, and the stock of many products at once.
//!
//! ```text
//! cargo run --example appsync -- appsync.product data/appsync-cognito.json
//! cargo run --example appsync -- appsync.stock data/appsync-batch.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::Json;
use minilambda_events::appsync::{Batch, BatchResult, Event};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] =
    &[("appsync.product", handler!(product)), ("appsync.stock", handler!(stock))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// A resolver for several fields.
fn product(event: Event, _: &Context) -> Result<Json, Error> {
    let staff = event.identity.as_ref().is_some_and(|user| user.in_group("staff"));
    match event.field() {
        ("Query", "product") => Ok(event.arguments),
        ("Mutation", "createProduct") if staff => event
            .arguments
            .get("input")
            .map(Json::from)
            .ok_or_else(|| "the input is missing".into()),
        (parent, field) => Err(Error::new("Unauthorized", format!("{parent}.{field}"))),
    }
}

/// A resolver with batching on: a value for each product, or its error.
fn stock(products: Batch, _: &Context) -> Result<Vec<BatchResult>, Error> {
    let pieces = |event: Event| {
        let product = event.source.ok_or("the source is missing")?;
        product.get("pieces").map(Json::from).ok_or("no such product")
    };
    Ok(products.into_iter().map(|event| pieces(event).into()).collect())
}
