//! What `minilambda.rs` beside this does, with AWS's own Rust runtime.

use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Deserialize)]
struct Event {
    r#do: String,
    text: Option<String>,
    number: Option<u64>,
}

#[derive(Serialize)]
struct Response {
    text: String,
}

#[derive(Debug)]
struct OutOfStock;

impl std::fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no cups are left")
    }
}

impl std::error::Error for OutOfStock {}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os("CONFORMANCE_INIT_ERROR").is_some() {
        return Err("the configuration is missing".into());
    }
    // One after the other, unless it is reported of several at once.
    run_concurrent(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Event>) -> Result<Response, Error> {
    let event = event.payload;
    let number = event.number.unwrap_or_default();
    match &*event.r#do {
        "error" => return Err(OutOfStock.into()),
        "panic" => panic!("the panic that was asked for"),
        "exit" => std::process::exit(i32::try_from(number)?),
        "sleep" => tokio::time::sleep(Duration::from_millis(number)).await,
        "bytes" => return Ok(Response { text: "x".repeat(usize::try_from(number)?) }),
        _ => {}
    }
    Ok(Response { text: event.text.unwrap_or_default() })
}
