//! One shard of a stream: its records in their order, as often as it needs.

use super::window::{self, Phase, Window};
use super::{Kind, Stream};
use crate::clock;
use crate::json::{self, number, object, text};
use crate::settings::{MAX_EVENT_BYTES, Settings};
use crate::sources::failures;
use crate::sources::records::{self, position};
use crate::sources::{PAUSE, Running};
use miniserde::json::{Object, Value};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The pause between two requests for records, as Lambda has it for Kinesis.
const INTERVAL: Duration = Duration::from_secs(1);

/// The longest pause between two attempts of a batch.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// The most records of one request.
const MAX_RECORDS: usize = 1000;

/// Where a shard is read.
pub(super) struct Shard<'a> {
    pub stream: &'a Stream,
    pub running: &'a Running,
    pub arn: &'a str,
    pub id: &'a str,
    /// Whether another stream has the place of this one.
    pub is_replaced: &'a AtomicBool,
}

impl Shard<'_> {
    /// Reads the shard to its end, or to that of the source.
    pub fn follow(&self, from: &str) {
        let mut said = String::new();
        let mut iterator: Option<String> = None;
        // After the last record that was processed; an iterator is valid for minutes only.
        let mut after: Option<String> = None;
        let mut window: Option<Window> = None;
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
                    if self.is_replaced.load(Ordering::SeqCst) {
                        self.close(&mut window, Phase::Final);
                        return;
                    }
                    // "The latest" is asked for once: another time it would leave out what came
                    // meanwhile.
                    if after.is_some() || message.contains(" has status 4") {
                        iterator = None;
                    }
                    thread::sleep(PAUSE);
                    continue;
                }
            };
            said.clear();
            let is_empty = records.is_empty();
            for batch in records.chunks(self.stream.batch) {
                if !self.process_in_windows(batch, &mut window) {
                    return;
                }
                after = batch.last().map(position);
            }
            // What a stream still has is read before the one that has replaced it is all there is.
            let is_replaced = is_empty && self.is_replaced.load(Ordering::SeqCst);
            iterator = next.filter(|_| !is_replaced);
            let is_over = window.as_ref().is_some_and(|open| open.is_over(clock::now()));
            let ends = iterator.is_none() || (is_empty && is_over);
            if ends && !self.close(&mut window, Phase::Final) {
                return;
            }
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
            // Without them it is no end of the shard.
            let Some(Value::Array(records)) = got.remove("Records") else {
                return Err("the response to GetRecords has no records".to_owned());
            };
            all.extend(json::objects(records));
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

    /// Processes records, each one in the window of its time. Returns whether the source goes on.
    fn process_in_windows(&self, records: &[Object], window: &mut Option<Window>) -> bool {
        let Some(seconds) = self.stream.tumbling else { return self.process(records, window) };
        let mut left = records;
        while let Some(first) = left.first() {
            // A window does not begin again.
            let least = window.as_ref().map_or(0, |open| open.start);
            let start = window::start(first, seconds).max(least);
            let is_in = |record: &&Object| window::start(record, seconds).max(least) == start;
            let (records, later) = left.split_at(left.iter().take_while(is_in).count());
            let is_next = window.as_ref().is_some_and(|open| open.start != start);
            if is_next && !self.close(window, Phase::Final) {
                return false;
            }
            window.get_or_insert_with(|| Window::new(start, seconds));
            if !self.process(records, window) {
                return false;
            }
            left = later;
        }
        true
    }

    /// Ends a window: the function gets its state without records, as often as it needs. Returns
    /// whether the source goes on.
    fn close(&self, window: &mut Option<Window>, phase: Phase) -> bool {
        let Some(open) = window else { return true };
        open.phase = phase;
        let mut failures = 0;
        while self.running.wait_for_handler(&mut String::new()).is_some() {
            let event = self.event(&[], window.as_ref());
            let Err((_, why)) = self.invoke(&event, &[], window) else {
                *window = None;
                return true;
            };
            let what = self.stream.what();
            if self.stream.retries.is_some_and(|most| failures >= most) {
                self.running.say(&format!("{what}: the state of a window is discarded: {why}"));
                *window = None;
                return true;
            }
            self.running.say(&format!("{what}: the end of a window comes again: {why}"));
            self.pause(failures);
            failures += 1;
        }
        false
    }

    /// Processes records in their order, as often as it needs. Returns whether the source goes on.
    fn process(&self, records: &[Object], window: &mut Option<Window>) -> bool {
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
            // What is bisected may be left after the end of a window.
            if let (None, Some(seconds), Some(first)) =
                (&window, self.stream.tumbling, batch.first())
            {
                *window = Some(Window::new(window::start(first, seconds), seconds));
            }
            let event = self.event(batch, window.as_ref());
            if event.len() > MAX_EVENT_BYTES && batch.len() > 1 {
                // Lambda cuts it, too, and that is no attempt.
                let (one, other) = batch.split_at(batch.len() / 2);
                left.extend([(other, failures), (one, failures)]);
                continue;
            }
            let invoked = self.invoke(&event, batch, window);
            let is_large = window.as_ref().is_some_and(Window::is_large);
            if is_large && !self.close(window, Phase::Early) {
                return false;
            }
            let Err((first_failed, why)) = invoked else { continue };
            // What was processed before the first failure does not come again.
            let rest = batch.get(first_failed..).unwrap_or_default();
            let count = rest.len();
            let what = self.stream.what();
            if self.stream.retries.is_some_and(|most| failures >= most) {
                self.running.say(&format!("{what}: {} discarded: {why}", named(rest)));
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

    fn event(&self, batch: &[Object], window: Option<&Window>) -> String {
        let region = self.running.site.lambda.settings().region.clone();
        let event = match self.stream.kind {
            Kind::Kinesis => records::of_stream(batch, self.id, self.arn, &region),
            Kind::Table => records::of_table(batch, self.arn, &region),
        };
        match window {
            Some(open) => open.event(&event, self.id, self.arn),
            None => event,
        }
    }

    /// Invokes the function with the event of a batch. If it has failed, returns the place of the
    /// first record that has, and why.
    fn invoke(
        &self,
        event: &str,
        batch: &[Object],
        window: &mut Option<Window>,
    ) -> Result<(), (usize, String)> {
        let all = |why: String| (0, why);
        let run = self.running.site.lambda.run(self.running.request(event), &mut |_| {});
        let invocation = run.map_err(|error| all(error.to_string()))?;
        let positions: Vec<_> = batch.iter().map(position).collect();
        let is_known = |id: &str| positions.iter().any(|other| other == id);
        let failed = failures::failed_items(&invocation, self.stream.is_partial, is_known);
        let failed = failed.map_err(all)?;
        if let Some(open) = window {
            open.take_state(&invocation).map_err(all)?;
        }
        // The lowest one is where the stream goes on.
        let first = positions.iter().position(|position| failed.contains(position));
        first.map_or(Ok(()), |first| Err((first, "as its response says".to_owned())))
    }
}

/// Which records of a shard these are, so that what is lost can be read again.
fn named(records: &[Object]) -> String {
    match records {
        [one] => format!("the record {} is", position(one)),
        [first, .., last] => {
            format!("{} records, {} to {}, are", records.len(), position(first), position(last))
        }
        [] => "no record is".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_named_by_its_sequence_numbers() {
        let record = |number: &str| object([("SequenceNumber", text(number))]);
        let records = ["7", "8", "9"].map(record).map(|record| match record {
            Value::Object(record) => record,
            _ => Object::new(),
        });
        assert_eq!(named(&records), "3 records, 7 to 9, are");
        assert_eq!(named(&records[..1]), "the record 7 is");
    }
}
