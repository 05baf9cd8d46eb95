//! Responds with the event's bytes, several events at once.

use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn, tracing};
use serde_json::value::RawValue;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run_concurrent(service_fn(echo)).await
}

async fn echo(event: LambdaEvent<Box<RawValue>>) -> Result<Box<RawValue>, Error> {
    Ok(event.payload)
}
