//! The function of the tests of batches: it sends this many entries to each service.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::eventbridge::{Bus, Event};
use minilambda_aws::firehose::DeliveryStream;
use minilambda_aws::kinesis::{Record, Stream};
use minilambda_aws::sns::Topic;
use minilambda_aws::sqs::Queue;
use minilambda_aws::{Unsent, object, sns, sqs};
use miniserde::Deserialize;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

static HANDLERS: &[(&str, Handler)] = &[
    ("send", handler!(send)),
    ("messages", handler!(messages)),
    ("ordered", handler!(ordered)),
    ("records", handler!(records)),
    ("publish", handler!(publish)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Places {
    queue: String,
    fifo: String,
    topic: String,
    bus: String,
    stream: String,
    delivery_stream: String,
}

fn send(to: Places, context: &Context) -> Result<(), Error> {
    let text = |number: usize| format!("Übergröße {number} & more = ü");
    let queue = Queue::new(&to.queue).within(context);
    queue.send_all((0..25).map(|number| {
        let message = sqs::Message::new(text(number));
        message.attribute("kind", "a & b").delay(Duration::from_secs(0))
    }))?;
    queue.send("alone")?;
    // Each is a third of a request.
    queue.send_all((0..4).map(|number| number.to_string().repeat(340_000)))?;
    Queue::new(&to.fifo).send_all((0..12).map(|number| {
        let message = sqs::Message::json(&number);
        message.group(format!("g{}", number % 2)).deduplication_id(number.to_string())
    }))?;
    let topic = Topic::new(&to.topic).within(context);
    topic.publish_all((0..12).map(|number| {
        sns::Message::new(text(number)).subject("a & b").attribute("kind", "c = d")
    }))?;
    topic.publish(sns::Message::json(&object! { "alone": true }))?;
    Bus::new(&to.bus).put_all((0..12).map(|number| {
        Event::new("shop", "ordered", &object! { "number": number })
            .resource("arn:aws:s3:::photos")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000))
    }))?;
    records(to.stream, context)?;
    DeliveryStream::new(&to.delivery_stream)
        .put_all((0..501).map(|number| format!("{number}\n")))?;
    Ok(())
}

fn records(stream: String, _: &Context) -> Result<(), Error> {
    let records = (0..501).map(|number| Record::new(number.to_string(), [0xff, 0]));
    Ok(Stream::new(&stream).put_all(records)?)
}

/// Sends two messages of a group to a FIFO queue or topic.
fn ordered(to: String, _: &Context) -> Result<(), Error> {
    let ids = ["0", "1"];
    let topic = Topic::new("arn:aws:sns:eu-central-1:123456789012:orders.fifo");
    let queue = Queue::new("http://queue/orders.fifo");
    match &*to {
        "queue" => queue.send_all(ids.map(|id| sqs::Message::new(id).group("g")))?,
        "strict queue" => {
            let queue = queue.in_strict_order();
            queue.send_all(ids.map(|id| sqs::Message::new(id).group("g")))?;
        }
        "topic" => topic.publish_all(ids.map(|id| sns::Message::new(id).group("g")))?,
        _ => {
            let topic = topic.in_strict_order();
            topic.publish_all(ids.map(|id| sns::Message::new(id).group("g")))?;
        }
    }
    Ok(())
}

/// Sends messages to a queue, those with `=` in two parts, and says which were not accepted.
fn messages(bodies: Vec<String>, _: &Context) -> Result<String, Error> {
    let told = |unsent: Unsent| {
        let entries = unsent.entries().iter();
        let entry = |entry: &minilambda_aws::UnsentEntry| {
            format!("{} {} {:?}", entry.index, entry.error.code(), entry.error.outcome())
        };
        entries.map(entry).collect::<Vec<_>>().join(", ")
    };
    let message = |body: String| match body.split_once('=') {
        Some((body, kind)) => sqs::Message::new(body).attribute("kind", kind),
        None => sqs::Message::new(body),
    };
    let result = Queue::new("http://queue/orders").send_all(bodies.into_iter().map(message));
    Ok(result.map_or_else(told, |()| "sent".to_owned()))
}

/// Publishes a message, and returns its id.
fn publish(body: String, _: &Context) -> Result<String, Error> {
    Ok(Topic::new("arn:aws:sns:eu-central-1:123456789012:orders").publish(body)?)
}
