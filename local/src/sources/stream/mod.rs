//! A stream of Kinesis or of a DynamoDB table that is polled, as an event source mapping does: the
//! records of a shard in their order, and none before those before it are processed.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

mod shard;
mod window;

use super::{PAUSE, Running, Words};
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

/// The place of the oldest record of a shard.
const FROM_START: &str = "TRIM_HORIZON";

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
    /// When it was created, in any form: a stand-in that is started again has another stream of
    /// the same name, whose positions are those of the first one.
    created: String,
    /// Shards and their parents.
    shards: Vec<(String, Option<String>)>,
}

impl Stream {
    /// `stream` or `table`, and what is after it in the line.
    pub fn parse(key: &str, value: &str) -> Result<Self, String> {
        let usage = format!(
            "a line is {key} NAME, with from start, batch COUNT, window SECONDS, retries COUNT, \
             tumbling SECONDS, bisect and partial"
        );
        let (kind, most) = if key == "table" { (Kind::Table, 255) } else { (Kind::Kinesis, 128) };
        let mut words = Words::from(value);
        let mut stream = Self {
            kind,
            name: words.name(key, &usage, most, "-_.")?,
            batch: 100,
            window: Duration::ZERO,
            retries: None,
            is_from_start: false,
            bisects: false,
            is_partial: false,
            tumbling: None,
        };
        while let Some(option) = words.option()? {
            let mut count = |least, most| words.count(option, least, most);
            match option {
                "partial" => stream.is_partial = true,
                "bisect" => stream.bisects = true,
                "batch" => stream.batch = count(1, 10_000)?,
                "window" => stream.window = Duration::from_secs(count(0, 300)? as u64),
                "tumbling" => stream.tumbling = Some(count(1, 900)? as u64),
                "retries" => stream.retries = Some(count(0, 10_000)?),
                "from" => {
                    stream.is_from_start = match words.words.next() {
                        Some("start") => true,
                        Some("latest") => false,
                        _ => return Err("from is start or latest".to_owned()),
                    };
                }
                _ => return Err(format!("there is no option {option} of a {key}: {usage}")),
            }
        }
        Ok(stream)
    }

    /// Whether it is the same stream, with any options.
    pub fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
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
        let mut reading = Reading::default();
        // What appears later, a shard or a stream, is read from its first record.
        let mut from = if self.is_from_start { FROM_START } else { "LATEST" };
        while running.wait_for_handler(&mut said).is_some() {
            match self.find(&running.site.lambda.settings()) {
                Ok(found) => {
                    reading.change_to(&found);
                    reading.start(self, running, &found, from);
                    running.say_once(&mut said, &format!("{} is read", self.what()));
                    from = FROM_START;
                }
                Err(absence) => {
                    if absence.is_certain {
                        from = FROM_START;
                    }
                    let message = absence.message;
                    running.say_once(&mut said, &format!("{}: {message}", self.what()));
                }
            }
            thread::sleep(PAUSE);
        }
    }

    /// Finds the stream and its shards.
    fn find(&self, settings: &Settings) -> Result<Found, Absence> {
        let service = self.service();
        let endpoint = service.endpoint(settings).map_err(|message| Absence::from(&*message))?;
        let call = |action: &str, wanted: &Value| {
            service.call_at(&endpoint, action, wanted).map_err(|message| {
                let is_certain = message.contains("ResourceNotFound");
                let command =
                    format!("kinesis create-stream --stream-name {} --shard-count 1", self.name);
                let message = match self.kind {
                    Kind::Kinesis => endpoint.or_absent(message, &["ResourceNotFound"], &command),
                    Kind::Table => message,
                };
                Absence { is_certain, message }
            })
        };
        let wanted = if self.is_of_table() {
            let listed = call("ListStreams", &object([("TableName", text(&*self.name))]))?;
            let Some(Value::Array(streams)) = listed.get("Streams") else {
                return Err("it has no stream".into());
            };
            // The newest one, if it was turned on again.
            let arns = streams.iter().filter_map(|stream| match stream {
                Value::Object(stream) => json::string(stream, "StreamArn"),
                _ => None,
            });
            let arn = arns.max().ok_or_else(|| Absence {
                is_certain: true,
                message: format!(
                    "it has no stream, or there is no such table; {} turns its stream on",
                    endpoint.command(&format!(
                        "dynamodb update-table --table-name {} --stream-specification \
                         StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES",
                        self.name
                    ))
                ),
            })?;
            object([("StreamArn", text(arn))])
        } else {
            object([("StreamName", text(&*self.name))])
        };
        let mut described = call("DescribeStream", &wanted)?;
        let Some(Value::Object(description)) = described.remove("StreamDescription") else {
            return Err("it has no description".into());
        };
        let arn = json::string(&description, "StreamARN")
            .or(json::string(&description, "StreamArn"))
            .unwrap_or_default();
        let shards = match description.get("Shards") {
            Some(Value::Array(shards)) => shards.iter().filter_map(shard).collect(),
            _ => Vec::new(),
        };
        // The ARN of a table's stream has its time.
        let time = description.get("StreamCreationTimestamp").map(miniserde::json::to_string);
        let created = format!("{arn} {}", time.unwrap_or_default());
        Ok(Found { arn: arn.to_owned(), created, shards })
    }
}

/// Why a stream is not found, and whether the stand-in says that there is none.
struct Absence {
    is_certain: bool,
    message: String,
}

impl From<&str> for Absence {
    fn from(message: &str) -> Self {
        Self { is_certain: false, message: message.to_owned() }
    }
}

/// The shards of a stream that are read.
#[derive(Default)]
struct Reading {
    created: String,
    is_replaced: Arc<AtomicBool>,
    /// Each with whether it is read to its end.
    shards: BTreeMap<String, Arc<AtomicBool>>,
}

impl Reading {
    /// Begins again if it is another stream.
    fn change_to(&mut self, found: &Found) {
        if self.created != found.created {
            self.is_replaced.store(true, Ordering::SeqCst);
            *self = Self { created: found.created.clone(), ..Self::default() };
        }
    }

    fn start(&mut self, stream: &Stream, running: &Running, found: &Found, from: &'static str) {
        for (id, parent) in &found.shards {
            let is_open = |parent: &String| {
                found.shards.iter().any(|(other, _)| other == parent)
                    && !self
                        .shards
                        .get(parent)
                        .is_some_and(|is_over| is_over.load(Ordering::SeqCst))
            };
            if self.shards.contains_key(id) || parent.as_ref().is_some_and(is_open) {
                continue;
            }
            let is_over = Arc::new(AtomicBool::new(false));
            self.shards.insert(id.clone(), Arc::clone(&is_over));
            let (stream, running) = (stream.clone(), running.clone());
            let (arn, of_thread) = (found.arn.clone(), id.clone());
            let is_replaced = Arc::clone(&self.is_replaced);
            let run = move || {
                let (stream, running, is_replaced) = (&stream, &running, &*is_replaced);
                let shard = Shard { stream, running, arn: &arn, id: &of_thread, is_replaced };
                shard.follow(from);
                is_over.store(true, Ordering::SeqCst);
            };
            if thread::Builder::new().spawn(run).is_err() {
                // It is tried again.
                self.shards.remove(id);
            }
        }
    }
}

fn shard(value: &Value) -> Option<(String, Option<String>)> {
    let Value::Object(shard) = value else { return None };
    let parent = json::string(shard, "ParentShardId").map(str::to_owned);
    Some((json::string(shard, "ShardId")?.to_owned(), parent))
}
