//! Kinds of errors: your own, of a library, of several libraries by anyhow, and a panic.

use minilambda::{Context, Error, Handler, handler};
use miniserde::Deserialize;
use std::fs;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    ("errors.own", handler!(own)),
    ("errors.library", handler!(library)),
    ("errors.wrapped", handler!(wrapped)),
    ("errors.anyhow", handler!(by_anyhow)),
    ("errors.panic", handler!(panics)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    id: String,
}

/// A Step Functions `Retry`, or a metric, can match on the kind `OutOfStock`.
fn own(order: Order, _: &Context) -> Result<(), Error> {
    Err(Error::new("OutOfStock", format!("nothing is left for order {}", order.id)))
}

/// The kind is the type of the error, here `ParseIntError`.
fn library(order: Order, _: &Context) -> Result<u32, Error> {
    Ok(order.id.parse()?)
}

/// The kind is `Warehouse`, the message that of the error and of what caused it.
fn wrapped(_: Order, _: &Context) -> Result<String, Error> {
    fs::read_to_string("/warehouse").map_err(|error| Error::wrap("Warehouse", &error))
}

fn by_anyhow(order: Order, _: &Context) -> Result<u32, Error> {
    use anyhow::Context;
    Ok(order.id.parse().context("the id of the order is not a number")?)
}

/// A panic is logged and reported, and the process serves the next event.
fn panics(order: Order, _: &Context) -> Result<String, Error> {
    Ok(order.id.strip_prefix("order-").expect("an id with a prefix").to_owned())
}
