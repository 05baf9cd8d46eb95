//! A stream of Kinesis or of a DynamoDB table that is polled, as an event source mapping does: the
//! records of a shard in their order, and none before those before it are processed.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

mod shard;
mod window;

use super::{PAUSE, Running};
use crate::aws::Service;
use crate::json::{self, object, text};
use crate::settings::Settings;
use miniserde::json::Value;
use shard::Shard;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const KINESIS: Service = Service {
    name: "kinesis",
    variable: "AWS_ENDPOINT_URL_KINESIS",
    version: "1.1",
    target: "Kinesis_20131202",
};

const DYNAMODB: Service = Service {
    name: "dynamodb",
    variable: "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
    version: "1.0",
    target: "DynamoDBStreams_20120810",
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Kinesis,
    /// That of a table of DynamoDB.
    Table,
}

/// A stream with the options of its mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    kind: Kind,
    name: String,
    batch: usize,
    window: Duration,
    /// The attempts after the first one; without a number Lambda goes on until the record is gone.
    retries: Option<usize>,
    /// Whether it begins with the oldest record.
    is_from_start: bool,
    bisects: bool,
    is_partial: bool,
    /// The seconds of a tumbling window.
    tumbling: Option<u64>,
}

/// A stream that there is.
#[derive(Clone)]
struct Found {
    arn: String,
    /// Shards and their parents.
    shards: Vec<(String, Option<String>)>,
}

impl Stream {
    /// `stream` or `table`, and what is after it in the line.
    pub fn parse(key: &str, value: &str) -> Result<Self, String> {
        let mut words = value.split_whitespace();
        let name = words.next().ok_or_else(|| {
            format!(
                "it is {key} NAME, with from start, batch COUNT, window SECONDS, retries COUNT, \
                 tumbling SECONDS, bisect and partial"
            )
        })?;
        let mut stream = Self {
            kind: if key == "table" { Kind::Table } else { Kind::Kinesis },
            name: name.to_owned(),
            batch: 100,
            window: Duration::ZERO,
            retries: None,
            is_from_start: false,
            bisects: false,
            is_partial: false,
            tumbling: None,
        };
        while let Some(option) = words.next() {
            let mut count = |least, most| {
                let count = words.next().and_then(|word| word.parse::<usize>().ok());
                let count = count.filter(|count| (least..=most).contains(count));
                count.ok_or_else(|| format!("{option} is from {least} to {most}"))
            };
            match option {
                "partial" => stream.is_partial = true,
                "bisect" => stream.bisects = true,
                "batch" => stream.batch = count(1, 10_000)?,
                "window" => stream.window = Duration::from_secs(count(0, 300)? as u64),
                "tumbling" => stream.tumbling = Some(count(1, 900)? as u64),
                "retries" => stream.retries = Some(count(0, 10_000)?),
                "from" => {
                    stream.is_from_start = match words.next() {
                        Some("start") => true,
                        Some("latest") => false,
                        _ => return Err("from is start or latest".to_owned()),
                    };
                }
                _ => return Err(format!("there is no option {option} of a {key}")),
            }
        }
        Ok(stream)
    }

    fn is_of_table(&self) -> bool {
        self.kind == Kind::Table
    }

    fn service(&self) -> &'static Service {
        if self.is_of_table() { &DYNAMODB } else { &KINESIS }
    }

    fn what(&self) -> String {
        let kind = if self.is_of_table() { "table" } else { "stream" };
        format!("the {kind} {}", self.name)
    }

    /// Reads the shards until the source has ended: each one in a thread, and not before its parent
    /// is read.
    pub fn follow(&self, running: &Running) {
        let mut said = String::new();
        let mut read: BTreeMap<String, Arc<AtomicBool>> = BTreeMap::new();
        let mut is_first = true;
        while running.wait_for_handler(&mut said).is_some() {
            let found = match self.find(&running.site.lambda.settings()) {
                Ok(found) => found,
                Err(message) => {
                    running.say_once(&mut said, &format!("{}: {message}", self.what()));
                    thread::sleep(PAUSE);
                    continue;
                }
            };
            for (id, parent) in &found.shards {
                let is_open = |parent: &String| {
                    found.shards.iter().any(|(other, _)| other == parent)
                        && !read.get(parent).is_some_and(|is_over| is_over.load(Ordering::SeqCst))
                };
                if read.contains_key(id) || parent.as_ref().is_some_and(is_open) {
                    continue;
                }
                // A shard that appears later is read from its first record.
                let from = if is_first && !self.is_from_start { "LATEST" } else { "TRIM_HORIZON" };
                let is_over = Arc::new(AtomicBool::new(false));
                read.insert(id.clone(), Arc::clone(&is_over));
                let (stream, running) = (self.clone(), running.clone());
                let (arn, id, of_thread) = (found.arn.clone(), id.clone(), id.clone());
                let run = move || {
                    let shard = Shard { stream: &stream, running: &running, arn: &arn, id: &id };
                    shard.follow(from);
                    is_over.store(true, Ordering::SeqCst);
                };
                if thread::Builder::new().spawn(run).is_err() {
                    // It is tried again.
                    read.remove(&of_thread);
                }
            }
            running.say_once(&mut said, &format!("{} is read", self.what()));
            is_first = false;
            thread::sleep(PAUSE);
        }
    }

    /// Finds the stream and its shards.
    fn find(&self, settings: &Settings) -> Result<Found, String> {
        let service = self.service();
        let wanted = if self.is_of_table() {
            let listed = service.call(
                settings,
                "ListStreams",
                &object([("TableName", text(&*self.name))]),
            )?;
            let Some(Value::Array(streams)) = listed.get("Streams") else {
                return Err("it has no stream".to_owned());
            };
            // The newest one, if it was turned on again.
            let arns = streams.iter().filter_map(|stream| match stream {
                Value::Object(stream) => json::string(stream, "StreamArn"),
                _ => None,
            });
            let arn =
                arns.max().ok_or("it has no stream: turn it on with a StreamSpecification")?;
            object([("StreamArn", text(arn))])
        } else {
            object([("StreamName", text(&*self.name))])
        };
        let mut described = service.call(settings, "DescribeStream", &wanted)?;
        let Some(Value::Object(description)) = described.remove("StreamDescription") else {
            return Err("it has no description".to_owned());
        };
        let arn = json::string(&description, "StreamARN")
            .or(json::string(&description, "StreamArn"))
            .unwrap_or_default();
        let shards = match description.get("Shards") {
            Some(Value::Array(shards)) => shards.iter().filter_map(shard).collect(),
            _ => Vec::new(),
        };
        Ok(Found { arn: arn.to_owned(), shards })
    }
}

fn shard(value: &Value) -> Option<(String, Option<String>)> {
    let Value::Object(shard) = value else { return None };
    let parent = json::string(shard, "ParentShardId").map(str::to_owned);
    Some((json::string(shard, "ShardId")?.to_owned(), parent))
}
