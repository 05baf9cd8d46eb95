//! Sends messages to a queue of SQS, ten at a time.
//!
//! `QUEUE_URL` is the queue's URL. The role needs `sqs:SendMessage`.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::sqs::{Message, Queue};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("producer.send", handler!(send))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: String,
    pieces: u32,
}

fn send(orders: Vec<Order>, _: &Context) -> Result<usize, Error> {
    let queue_url = env::var("QUEUE_URL")
        .map_err(|error| Error::new("NoQueue", format!("QUEUE_URL: {error}")))?;
    Queue::new(&queue_url).send_all(orders.iter().map(Message::json))?;
    Ok(orders.len())
}
