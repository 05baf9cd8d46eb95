//! Work around handlers: an init for one of them, middleware, and a hook after each response.

use minilambda::{Context, Error, Handler, Hooks, Middleware, Next, decode, handler};
use miniserde::Deserialize;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

const AROUND: &[Middleware] = &[timed, valid];

static HANDLERS: &[(&str, Handler)] = &[
    ("around.order", handler!(order).init(read_currency).around(AROUND)),
    ("around.echo", Handler::raw(echo).around(&[timed])),
];

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &Hooks::new().after_response(report))
}

static CURRENCY: OnceLock<String> = OnceLock::new();

/// Called before the first event, but not for `around.echo`.
fn read_currency() -> Result<(), Error> {
    CURRENCY.get_or_init(|| std::env::var("CURRENCY").unwrap_or_else(|_| "EUR".to_owned()));
    Ok(())
}

fn timed(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    let start = Instant::now();
    let result = next.run(event, context);
    let kind = result.as_ref().map_or_else(Error::kind, |_| "none");
    log::info!("served in {:?}, error: {kind}", start.elapsed());
    result
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

fn valid(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    if decode::<Order>(&event)?.pieces == 0 {
        return Err(Error::new("EmptyOrder", "an order has pieces"));
    }
    next.run(event, context)
}

fn order(order: Order, _: &Context) -> Result<String, Error> {
    let currency = CURRENCY.get().ok_or("init was not called")?;
    Ok(format!("{}: {} {currency}", order.id, order.pieces * 12))
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok(event)
}

/// Called when the caller has the response.
fn report(context: &Context) {
    log::info!("the response was sent, {:?} are left", context.time_left());
}
