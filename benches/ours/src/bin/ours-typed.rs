//! Responds with the number of messages of an SQS batch.

use minilambda::{Context, Error, handler};
use minilambda_events::sqs;
use std::process::ExitCode;

fn main() -> ExitCode {
    minilambda::run(&[("echo", handler!(batch))])
}

fn batch(event: sqs::Event, _: &Context) -> Result<String, Error> {
    Ok(event.records.len().to_string())
}
