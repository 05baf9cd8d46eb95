//! Sends messages to a queue of SQS, ten at a time.
//!
//! `QUEUE_URL` is the queue's URL. The role needs `sqs:SendMessage`.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::SQS;
use miniserde::{Deserialize, Serialize, json};
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

#[derive(Serialize)]
struct SendMessageBatch<'a> {
    #[serde(rename = "QueueUrl")]
    queue_url: &'a str,
    #[serde(rename = "Entries")]
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "MessageBody")]
    body: String,
}

#[derive(Deserialize)]
struct Output {
    #[serde(rename = "Failed")]
    failed: Option<Vec<Failed>>,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "Code")]
    code: String,
}

fn send(orders: Vec<Order>, _: &Context) -> Result<usize, Error> {
    let queue_url = env::var("QUEUE_URL").map_err(|error| Error::wrap("NoQueue", &error))?;
    for batch in orders.chunks(10) {
        let entries = batch
            .iter()
            .enumerate()
            .map(|(number, order)| Entry { id: number.to_string(), body: json::to_string(order) });
        let input = SendMessageBatch { queue_url: &queue_url, entries: entries.collect() };
        let output: Output = SQS.client().call("SendMessageBatch", &input)?;
        if let Some(failed) = output.failed.and_then(|failed| failed.into_iter().next()) {
            let message = format!("message {} of a batch was not sent", failed.id);
            return Err(Error::new(failed.code, message));
        }
    }
    Ok(orders.len())
}
