//! Functions of batches: messages of queues, records of streams and windows.

use minilambda::{Context, Error};
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

#[derive(Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "messageId")]
    id: String,
    body: String,
    attributes: BTreeMap<String, String>,
    #[serde(rename = "eventSourceARN")]
    source: String,
}

#[derive(Serialize)]
pub struct Failures {
    #[serde(rename = "batchItemFailures")]
    items: Vec<FailedItem>,
}

#[derive(Serialize)]
struct FailedItem {
    #[serde(rename = "itemIdentifier")]
    id: String,
}

/// Fails for messages that say `bad`, and as a whole for `broken`. It takes a while for `slow`.
pub fn worker(batch: Batch, _: &Context) -> Result<Failures, Error> {
    let mut items = Vec::new();
    log::info!("a batch of {}", batch.records.len());
    for message in batch.records {
        let count = message.attributes.get("ApproximateReceiveCount");
        let queue = message.source.rsplit(':').next().unwrap_or_default();
        log::info!("got {} from {queue}, time {}", message.body, count.map_or("", String::as_str));
        match &*message.body {
            "bad" => items.push(FailedItem { id: message.id }),
            "slow" => thread::sleep(Duration::from_millis(300)),
            "broken" => return Err(Error::new("Broken", "as asked")),
            _ => {}
        }
    }
    Ok(Failures { items })
}

#[derive(Deserialize)]
pub struct Changes {
    #[serde(rename = "Records")]
    records: Vec<Change>,
}

/// A record of Kinesis, or a change of a table with the key `id`.
#[derive(Deserialize)]
struct Change {
    #[serde(rename = "eventName")]
    name: String,
    kinesis: Option<Record>,
    dynamodb: Option<Item>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "partitionKey")]
    key: String,
    #[serde(rename = "sequenceNumber")]
    number: String,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "Keys")]
    keys: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(rename = "SequenceNumber")]
    number: String,
}

/// Stops at a record with the key `bad`.
pub fn reader(changes: Changes, _: &Context) -> Result<Failures, Error> {
    log::info!("a batch of {}", changes.records.len());
    for Change { name, kinesis, dynamodb } in changes.records {
        let of_item = |item: Item| {
            let id = item.keys.get("id").and_then(|value| value.get("S")).cloned();
            (id.unwrap_or_default(), item.number)
        };
        let found = kinesis.map(|record| (record.key, record.number)).or(dynamodb.map(of_item));
        let (key, number) = found.unwrap_or_default();
        log::info!("read {key} of {name}.");
        if key == "bad" {
            return Ok(Failures { items: vec![FailedItem { id: number }] });
        }
    }
    Ok(Failures { items: Vec::new() })
}

/// A batch of a tumbling window.
#[derive(Deserialize)]
pub struct Windowed {
    #[serde(rename = "Records")]
    records: Vec<Change>,
    state: Collected,
    #[serde(rename = "isFinalInvokeForWindow")]
    is_final: bool,
    #[serde(rename = "isWindowTerminatedEarly")]
    is_early: bool,
}

#[derive(Deserialize, Serialize)]
struct Collected {
    keys: Option<String>,
    padding: Option<String>,
}

#[derive(Serialize)]
pub struct Stated {
    state: Option<Collected>,
}

/// Collects the keys of a window. It fails for `bad`, has no state for `none`, and a large one for
/// `large`.
pub fn collector(event: Windowed, _: &Context) -> Result<Stated, Error> {
    let mut keys = event.state.keys.unwrap_or_default();
    let mut padding = None;
    for key in event.records.into_iter().filter_map(|record| Some(record.kinesis?.key)) {
        match &*key {
            "bad" => return Err(Error::new("Broken", "as asked")),
            "none" => return Ok(Stated { state: None }),
            "large" => padding = Some("x".repeat(1024 * 1024)),
            _ => {}
        }
        keys += &key;
        keys += ",";
    }
    if event.is_final {
        log::info!("window of {keys} early {}.", event.is_early);
    }
    Ok(Stated { state: Some(Collected { keys: Some(keys), padding }) })
}
