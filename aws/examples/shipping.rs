//! Hands the orders of a queue over to a warehouse, each once, although a message may come twice.
//! Only if the response to a request is lost may an order be there twice.
//!
//! `TABLE` is the table that remembers what is done, with the key `id`, and `WAREHOUSE` the URL of
//! another queue. The role needs `dynamodb:PutItem`, `GetItem`, `UpdateItem` and `DeleteItem`, and
//! `sqs:SendMessage`. The trigger has `ReportBatchItemFailures`.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::idempotency::Once;
use minilambda_aws::metrics::{self, Unit};
use minilambda_aws::sqs::{Message, Queue};
use minilambda_events::{batch, sqs};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] = &[("shipping.queue", handler!(ship_all))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: String,
    pieces: u32,
}

/// As long as SQS keeps a message at most.
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

fn variable(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|error| Error::new("Settings", format!("{name}: {error}")))
}

/// An order that fails, or that another worker is at, comes again.
fn ship_all(event: sqs::Event, _: &Context) -> Result<batch::Response, Error> {
    let (table, warehouse) = (variable("TABLE")?, variable("WAREHOUSE")?);
    let once = Once::new(&table).keep_for(KEPT);
    Ok(event.each(|message| ship(message, &once, &Queue::new(&warehouse))))
}

fn ship(message: &sqs::Message, once: &Once, warehouse: &Queue) -> Result<(), Error> {
    let order: Order = message.body_json()?;
    if order.pieces == 0 {
        return Err(Error::new("EmptyOrder", format!("the order {} has no pieces", order.id)));
    }
    let mut is_first = false;
    let sent: String = once.run(&order.id, &order, || {
        is_first = true;
        warehouse.send(Message::json(&order))
    })?;
    let metric = if is_first { "Shipped" } else { "Duplicates" };
    metrics::put(metric, 1.0, Unit::Count, &[("service", "shipping")]);
    log::info!(order = order.id.as_str(), message = sent.as_str(); "{metric}");
    Ok(())
}
