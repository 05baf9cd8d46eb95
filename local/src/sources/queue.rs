//! A queue of SQS that is polled, as an event source mapping of Lambda does.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.

use super::messages::{self, MAX_MESSAGES};
use super::{PAUSE, Running, Words, failures, records};
use crate::aws::{self, SQS};
use crate::error::{Error, ErrorKind};
use crate::invocation::Invocation;
use crate::json::{self, array, object, text};
use crate::lock::{lock, unpoisoned};
use crate::settings::{MAX_EVENT_BYTES, Settings};
use miniserde::json::{Object, Value};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The time after which a queue is looked at again: its visibility timeout may be another one.
const AGAIN: Duration = Duration::from_secs(60);

/// The batches at once of a queue that is not FIFO, as Lambda begins with.
const CONCURRENCY: usize = 5;

const USAGE: &str =
    "a line is queue NAME, with batch COUNT, window SECONDS, concurrency COUNT and partial";

/// A queue with the options of its mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Polled {
    pub name: String,
    batch: usize,
    window: Duration,
    is_fifo: bool,
    /// Whether the function reports the messages that have failed: `ReportBatchItemFailures`.
    is_partial: bool,
    concurrency: usize,
}

/// A queue that there is.
struct Queue {
    url: String,
    arn: String,
}

/// The number of batches that are processed.
type Busy = Arc<(Mutex<usize>, Condvar)>;

impl Polled {
    pub fn parse(value: &str) -> Result<Self, String> {
        let mut words = Words::from(value);
        let name = words.name("queue", USAGE, 80, "-_.")?;
        let is_fifo = name.rsplit_once('.').is_some_and(|(_, kind)| kind == "fifo");
        let (mut batch, mut window, mut concurrency) = (10, 0, None);
        let mut is_partial = false;
        while let Some(option) = words.option()? {
            match option {
                "partial" => is_partial = true,
                "batch" => batch = words.count(option, 1, 10_000)?,
                "window" => window = words.count(option, 0, 300)?,
                "concurrency" => concurrency = Some(words.count(option, 1, 1000)?),
                _ => return Err(format!("there is no option {option} of a queue: {USAGE}")),
            }
        }
        if is_fifo && (batch > MAX_MESSAGES || window > 0 || concurrency.is_some()) {
            let message = "a batch of a FIFO queue has at most 10 messages, without a window, and one is \
                           processed at once";
            return Err(message.to_owned());
        }
        if batch > MAX_MESSAGES && window == 0 {
            return Err(
                "a batch of more than 10 messages needs a window of a second at least".into()
            );
        }
        Ok(Self {
            name,
            batch,
            window: Duration::from_secs(window as u64),
            is_fifo,
            is_partial,
            // The groups of a FIFO queue keep their order.
            concurrency: concurrency.unwrap_or(if is_fifo { 1 } else { CONCURRENCY }),
        })
    }

    /// Polls the queue until the source has ended.
    pub fn follow(&self, running: &Running) {
        let mut said = String::new();
        let busy = Busy::default();
        while running.wait_for_handler(&mut said).is_some() {
            if let Err(message) = self.poll(running, &busy, &mut said) {
                running.say_once(&mut said, &format!("the queue {}: {message}", self.name));
                thread::sleep(PAUSE);
            }
        }
    }

    /// Receives batches, and starts their invocations. Returns at an error, or after a while.
    fn poll(&self, running: &Running, busy: &Busy, said: &mut String) -> Result<(), String> {
        let handler = running.site.lambda.find(&running.handler).unwrap_or_default();
        let queue = self.open(&running.site.lambda.settings(), &handler)?;
        running.say_once(said, &format!("the queue {} is polled", self.name));
        // The queue is looked at again after a while.
        let end = Instant::now() + AGAIN;
        while running.goes_on() && Instant::now() < end {
            if running.site.wait_for_program().is_err() {
                return Ok(());
            }
            wait_for_room(busy, running.most(self.concurrency));
            let settings = running.site.lambda.settings();
            let messages = self.receive(running, &settings, &queue)?;
            if messages.is_empty() {
                continue;
            }
            let batch = Batch { polled: self.clone(), queue: queue.copy(), messages };
            let (running, of_batch) = (running.clone(), Arc::clone(busy));
            *lock(&busy.0) += 1;
            let run = move || {
                batch.process(&running);
                *lock(&of_batch.0) -= 1;
                of_batch.1.notify_all();
            };
            // Without a thread the messages are visible again later.
            if thread::Builder::new().spawn(run).is_err() {
                *lock(&busy.0) -= 1;
            }
        }
        Ok(())
    }

    /// Finds the queue, and says what Lambda would refuse.
    fn open(&self, settings: &Settings, handler: &str) -> Result<Queue, String> {
        let url = aws::queue_url(settings, &self.name)?;
        let names = array([text("QueueArn"), text("VisibilityTimeout")]);
        let wanted = object([("QueueUrl", text(&*url)), ("AttributeNames", names)]);
        let got = SQS.call(settings, "GetQueueAttributes", &wanted)?;
        let Some(Value::Object(attributes)) = got.get("Attributes") else {
            return Err("it has no attributes".to_owned());
        };
        let attribute = |name: &str| json::string(attributes, name).unwrap_or_default();
        let visible_after = attribute("VisibilityTimeout").parse().unwrap_or(0);
        let timeout = settings.timeout_of(handler).as_secs_f64();
        if f64::from(visible_after) < timeout {
            let message = format!(
                "its messages are visible again after {visible_after} s, before the function's timeout \
                 of {timeout} s: Lambda refuses that. Set its VisibilityTimeout to six times the timeout"
            );
            return Err(message);
        }
        Ok(Queue { url, arn: attribute("QueueArn").to_owned() })
    }

    /// Receives the messages of one batch: within the window, if there is one.
    fn receive(
        &self,
        running: &Running,
        settings: &Settings,
        queue: &Queue,
    ) -> Result<Vec<Object>, String> {
        let mut messages: Vec<Object> = Vec::new();
        let mut bytes = 0;
        let mut end = None;
        while messages.len() < self.batch && bytes < MAX_EVENT_BYTES / 2 && running.goes_on() {
            let left = end.map(|end: Instant| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            let most = self.batch - messages.len();
            let received = match messages::receive(settings, &queue.url, most, left) {
                Err(message) if messages.is_empty() => return Err(message),
                // The next request says it, too. What is there is processed.
                Err(_) => break,
                Ok(received) => received,
            };
            if received.is_empty() && end.is_none() {
                break;
            }
            for message in received {
                bytes += miniserde::json::to_string(&message).len();
                messages.push(message);
            }
            end.get_or_insert_with(|| Instant::now() + self.window);
        }
        Ok(messages)
    }
}

impl Queue {
    fn copy(&self) -> Self {
        Self { url: self.url.clone(), arn: self.arn.clone() }
    }
}

fn wait_for_room(busy: &Busy, most: usize) {
    let count = lock(&busy.0);
    drop(unpoisoned(busy.1.wait_while(count, |count| *count >= most)));
}

/// The messages of one event.
struct Batch {
    polled: Polled,
    queue: Queue,
    messages: Vec<Object>,
}

impl Batch {
    /// Invokes the function, and deletes the messages that it has processed. The others are visible
    /// again when the queue says so. Returns whether there are none.
    fn process(mut self, running: &Running) -> bool {
        let settings = running.site.lambda.settings();
        let event = records::of_queue(&self.messages, &self.queue.arn, &settings.region);
        let count = self.messages.len();
        if event.len() > MAX_EVENT_BYTES && count > 1 {
            // Lambda cuts it, too. The groups of a FIFO queue keep their order.
            let (polled, queue) = (self.polled.clone(), self.queue.copy());
            let is_fifo = polled.is_fifo;
            let later = Self { polled, queue, messages: self.messages.split_off(count / 2) };
            let is_done = self.process(running);
            if is_fifo && !is_done {
                return false;
            }
            return later.process(running) && is_done;
        }
        let failed = if let Err(reason) = running.site.wait_for_program() {
            Err(reason)
        } else {
            match running.site.lambda.run(running.request(&event), &mut |_| {}) {
                Ok(invocation) => self.failed(&invocation),
                Err(error) => Err(refusal(&error)),
            }
        };
        let kept = match &failed {
            Ok(ids) => ids.len(),
            Err(_) => count,
        };
        if kept > 0 {
            let why = failed.as_ref().err().map_or(String::new(), |why| format!(": {why}"));
            running.say(&format!(
                "the queue {}: {kept} of {count} messages have failed, and come again{why}",
                self.polled.name
            ));
        }
        let Ok(ids) = failed else { return false };
        let handles = self.handles_without(&ids);
        if let Err(message) = messages::delete(&settings, &self.queue.url, &handles) {
            running.say(&format!(
                "the queue {}: processed messages are not deleted, and come again: {message}",
                self.polled.name
            ));
        }
        ids.is_empty()
    }

    /// The receipt handles of the messages that have not failed.
    fn handles_without(&self, failed: &[String]) -> Vec<&str> {
        // One without an id is none of those that a response names.
        let is_processed = |message: &&Object| {
            let id = json::string(message, "MessageId");
            id.is_none_or(|id| !failed.iter().any(|other| other == id))
        };
        let processed = self.messages.iter().filter(is_processed);
        processed.filter_map(|message| json::string(message, "ReceiptHandle")).collect()
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().filter_map(|message| json::string(message, "MessageId"))
    }

    /// The ids of the messages that have failed, or why all have.
    fn failed(&self, invocation: &Invocation) -> Result<Vec<String>, String> {
        let is_known = |id: &str| self.ids().any(|other| other == id);
        failures::failed_items(invocation, self.polled.is_partial, is_known)
    }
}

fn refusal(error: &Error) -> String {
    if error.kind() == ErrorKind::Throttled {
        // Soon there may be a program for it.
        thread::sleep(PAUSE);
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(options: &str) -> Batch {
        let message = |id: &str| object([("MessageId", text(id))]);
        let messages = json::objects(["1", "2"].map(message));
        Batch {
            polled: Polled::parse(options).unwrap(),
            queue: Queue { url: String::new(), arn: "arn".to_owned() },
            messages,
        }
    }

    #[test]
    fn a_message_without_an_id_is_none_that_a_response_names() {
        let message = |fields: &str| json::parse_object(fields.as_bytes()).unwrap();
        let messages = vec![
            message(r#"{"MessageId":"1","ReceiptHandle":"a"}"#),
            message(r#"{"ReceiptHandle":"b"}"#),
            message(r#"{"MessageId":7,"ReceiptHandle":"c"}"#),
            message(r#"{"MessageId":"4"}"#),
        ];
        let batch = Batch { messages, ..batch("a partial") };
        let failed = |id: &str| {
            let response = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{id}"}}]}}"#);
            batch.failed(&Invocation::of_response(response))
        };
        assert_eq!(batch.handles_without(&failed("1").unwrap()), ["b", "c"]);
        assert_eq!(batch.handles_without(&failed("4").unwrap()), ["a", "b", "c"]);
        // It is not the id of one without.
        assert!(failed("").is_err());
    }

    #[test]
    fn a_response_says_which_messages_have_failed() {
        let failed = |options: &str, response: &str| {
            batch(options).failed(&Invocation::of_response(response)).map(|ids| ids.join(" "))
        };
        let of = |id: &str| format!(r#"{{"batchItemFailures":[{{"itemIdentifier":{id}}}]}}"#);
        assert_eq!(failed("a partial", &of("\"2\"")), Ok("2".to_owned()));
        for response in
            ["null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#]
        {
            assert_eq!(failed("a partial", response), Ok(String::new()), "{response}");
        }
        for response in [
            "",
            "1",
            "[]",
            &of("\"\""),
            &of("null"),
            &of("\"3\""),
            r#"{"batchItemFailures":1}"#,
            r#"{"batchItemFailures":[{"id":"1"}]}"#,
        ] {
            assert!(failed("a partial", response).is_err(), "{response}");
        }
        // Without the option it is no matter.
        assert_eq!(failed("a", &of("\"2\"")), Ok(String::new()));
    }
}
