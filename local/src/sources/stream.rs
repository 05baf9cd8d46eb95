//! A stream of Kinesis or of a DynamoDB table that is polled, as an event source mapping does: the
//! records of a shard in their order, and none before those before it are processed.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

use super::failures;
use super::records::{self, position};
use super::{PAUSE, Running};
use crate::aws::Service;
use crate::json::{self, number, object, text};
use crate::settings::Settings;
use miniserde::json::{Object, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

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

/// The pause between two requests for records, as Lambda has it for Kinesis.
const INTERVAL: Duration = Duration::from_secs(1);

/// The longest pause between two attempts of a batch.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// The most records of one request.
const MAX_RECORDS: usize = 1000;

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
}

/// A stream that there is.
#[derive(Clone)]
struct Found {
    arn: String,
    /// Shards and their parents.
    shards: Vec<(String, Option<String>)>,
}

/// Where a shard is read.
struct Shard<'a> {
    stream: &'a Stream,
    running: &'a Running,
    arn: &'a str,
    id: &'a str,
}

impl Stream {
    /// `stream` or `table`, and what is after it in the line.
    pub fn parse(key: &str, value: &str) -> Result<Self, String> {
        let mut words = value.split_whitespace();
        let name = words.next().ok_or_else(|| {
            format!(
                "it is {key} NAME, with from start, batch COUNT, window SECONDS, retries COUNT, bisect \
                 and partial"
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

impl Shard<'_> {
    /// Reads the shard to its end, or to that of the source.
    fn follow(&self, from: &str) {
        let mut said = String::new();
        let mut iterator: Option<String> = None;
        // After the last record that was processed; an iterator is valid for minutes only.
        let mut after: Option<String> = None;
        while self.running.goes_on() {
            let settings = self.running.site.lambda.settings();
            let got = match &iterator {
                Some(iterator) => self.records(&settings, iterator),
                None => match self.iterator(&settings, from, after.as_deref()) {
                    Ok(found) => {
                        iterator = Some(found);
                        continue;
                    }
                    Err(message) => Err(message),
                },
            };
            let (records, next) = match got {
                Ok(got) => got,
                Err(message) => {
                    let line = format!("{}: {message}", self.stream.what());
                    self.running.say_once(&mut said, &line);
                    iterator = None;
                    thread::sleep(PAUSE);
                    continue;
                }
            };
            let is_empty = records.is_empty();
            for batch in records.chunks(self.stream.batch) {
                if !self.process(batch) {
                    return;
                }
                after = batch.last().map(position);
            }
            iterator = next;
            if iterator.is_none() {
                return;
            }
            if is_empty {
                thread::sleep(INTERVAL);
            }
        }
    }

    fn iterator(
        &self,
        settings: &Settings,
        from: &str,
        after: Option<&str>,
    ) -> Result<String, String> {
        let kind = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { from };
        let stream = if self.stream.is_of_table() {
            ("StreamArn", text(self.arn))
        } else {
            ("StreamName", text(&*self.stream.name))
        };
        let mut wanted =
            object([stream, ("ShardId", text(self.id)), ("ShardIteratorType", text(kind))]);
        let number_field =
            if self.stream.is_of_table() { "SequenceNumber" } else { "StartingSequenceNumber" };
        if let (Value::Object(fields), Some(after)) = (&mut wanted, after) {
            fields.insert(number_field.to_owned(), text(after));
        }
        let got = self.stream.service().call(settings, "GetShardIterator", &wanted)?;
        let iterator = json::string(&got, "ShardIterator").ok_or("there is no iterator")?;
        Ok(iterator.to_owned())
    }

    /// The next records, collected within the window, and the iterator after them.
    fn records(
        &self,
        settings: &Settings,
        iterator: &str,
    ) -> Result<(Vec<Object>, Option<String>), String> {
        let mut all = Vec::new();
        let mut next = Some(iterator.to_owned());
        let mut end: Option<Instant> = None;
        while let Some(iterator) = next.take() {
            let most = (self.stream.batch - all.len()).min(MAX_RECORDS) as u64;
            let wanted = object([("ShardIterator", text(iterator)), ("Limit", number(most))]);
            let mut got = self.stream.service().call(settings, "GetRecords", &wanted)?;
            if let Some(Value::Array(records)) = got.remove("Records") {
                all.extend(records.into_iter().filter_map(|record| match record {
                    Value::Object(record) => Some(record),
                    _ => None,
                }));
            }
            next = json::string(&got, "NextShardIterator").map(str::to_owned);
            if all.is_empty() {
                break;
            }
            let end = *end.get_or_insert_with(|| Instant::now() + self.stream.window);
            let left = end.saturating_duration_since(Instant::now());
            if all.len() >= self.stream.batch || left.is_zero() || !self.running.goes_on() {
                break;
            }
            thread::sleep(left.min(INTERVAL));
        }
        Ok((all, next))
    }

    /// Processes records in their order, as often as it needs. Returns whether the source goes on.
    fn process(&self, records: &[Object]) -> bool {
        // What is left of the batch, and how often it has failed. Bisecting puts two in its place.
        let mut left = vec![(records, 0_usize)];
        while let Some((batch, failures)) = left.pop() {
            if batch.is_empty() {
                continue;
            }
            if !self.running.goes_on()
                || self.running.wait_for_handler(&mut String::new()).is_none()
            {
                return false;
            }
            let Err((first_failed, why)) = self.invoke(batch) else { continue };
            // What was processed before the first failure does not come again.
            let rest = batch.get(first_failed..).unwrap_or_default();
            let count = rest.len();
            let what = self.stream.what();
            if self.stream.retries.is_some_and(|most| failures >= most) {
                self.running.say(&format!("{what}: {count} records are discarded: {why}"));
                continue;
            }
            self.running
                .say(&format!("{what}: {count} records have failed, and come again: {why}"));
            if self.stream.bisects && count > 1 {
                let (one, other) = rest.split_at(count / 2);
                // AWS does not count it as an attempt.
                left.extend([(other, failures), (one, failures)]);
            } else {
                left.push((rest, failures + 1));
                self.pause(failures);
            }
        }
        true
    }

    fn pause(&self, failures: usize) {
        let doubled = INTERVAL.saturating_mul(1 << failures.min(4));
        let end = Instant::now() + doubled.min(MAX_BACKOFF);
        while self.running.goes_on() && Instant::now() < end {
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Invokes the function. If it has failed, returns the place of the first record that has, and
    /// why.
    fn invoke(&self, batch: &[Object]) -> Result<(), (usize, String)> {
        let all = |why: String| (0, why);
        let region = self.running.site.lambda.settings().region.clone();
        let event = match self.stream.kind {
            Kind::Kinesis => records::of_stream(batch, self.id, self.arn, &region),
            Kind::Table => records::of_table(batch, self.arn, &region),
        };
        let run = self.running.site.lambda.run(self.running.request(&event), &mut |_| {});
        let invocation = run.map_err(|error| all(error.to_string()))?;
        let positions: Vec<_> = batch.iter().map(position).collect();
        let is_known = |id: &str| positions.iter().any(|other| other == id);
        let failed = failures::failed_items(&invocation, self.stream.is_partial, is_known);
        let failed = failed.map_err(all)?;
        // The lowest one is where the stream goes on.
        let first = positions.iter().position(|position| failed.contains(position));
        first.map_or(Ok(()), |first| Err((first, "as its response says".to_owned())))
    }
}
