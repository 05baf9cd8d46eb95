//! The Telemetry API: the records of a program and of the platform, for the extensions that have
//! subscribed. They are sent in batches, and not while the program is frozen.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html>.

use crate::clock;
use crate::json::{array, number, object, text};
use crate::lock::{lock, unpoisoned};
use crate::subscription::{Stream, Subscription};
use miniserde::json::{self, Value};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The most bytes of records that wait for one subscriber. Further ones are left out.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The most bytes of records from before a subscription.
const MAX_EARLY_BYTES: usize = 256 * 1024;

/// The longest time for a batch to be accepted.
const LIMIT: Duration = Duration::from_secs(5);

/// The pause after a batch that was not accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// The records of one program.
#[derive(Default)]
pub(crate) struct Telemetry {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The records from before a subscription, until the initialisation is over.
    early: Option<Vec<(Stream, String)>>,
    early_bytes: usize,
    subscribers: Vec<Subscriber>,
    is_frozen: bool,
    is_closing: bool,
}

struct Subscriber {
    subscription: Arc<Subscription>,
    records: VecDeque<String>,
    bytes: usize,
    /// When the first record came.
    since: Option<Instant>,
    left_out: (u64, u64),
    is_sending: bool,
}

impl Subscriber {
    fn push(&mut self, record: String) {
        if self.bytes + record.len() > MAX_BYTES {
            self.left_out.0 += 1;
            self.left_out.1 += record.len() as u64;
            return;
        }
        self.bytes += record.len();
        self.since.get_or_insert_with(Instant::now);
        self.records.push_back(record);
    }

    /// The records of one batch. They stay until it is accepted.
    fn batch(&self) -> Vec<String> {
        let mut bytes = 0;
        let fits = |record: &&String| {
            bytes += record.len();
            bytes <= self.subscription.max_bytes || bytes == record.len()
        };
        let most = self.subscription.max_items;
        self.records.iter().take(most).take_while(fits).cloned().collect()
    }

    /// The time until a batch is due; zero if it is.
    fn due_in(&self) -> Option<Duration> {
        let subscription = &self.subscription;
        let waited = self.since?.elapsed();
        let is_full =
            self.records.len() >= subscription.max_items || self.bytes >= subscription.max_bytes;
        Some(if is_full { Duration::ZERO } else { subscription.timeout.saturating_sub(waited) })
    }
}

impl Telemetry {
    pub fn new() -> Arc<Self> {
        let state = State { early: Some(Vec::new()), ..State::default() };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    /// Adds a record: of the platform with a name such as `start`, or a line of a log.
    pub fn add(&self, stream: Stream, name: &str, record: impl FnOnce() -> Value) {
        let mut state = lock(&self.state);
        let is_wanted = |one: &Subscriber| one.subscription.streams.contains(&stream);
        if state.early.is_none() && !state.subscribers.iter().any(is_wanted) {
            return;
        }
        let kind = match stream {
            Stream::Platform => format!("platform.{name}"),
            _ => stream.name().to_owned(),
        };
        let time = clock::rfc3339(clock::now());
        let record = object([("time", text(time)), ("type", text(kind)), ("record", record())]);
        let record = json::to_string(&record);
        for subscriber in state.subscribers.iter_mut().filter(|one| is_wanted(one)) {
            subscriber.push(record.clone());
        }
        let bytes = state.early_bytes + record.len();
        if let Some(early) = state.early.as_mut().filter(|_| bytes <= MAX_EARLY_BYTES) {
            early.push((stream, record));
            state.early_bytes = bytes;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Subscribes, while the initialisation goes on. Returns whether it does.
    pub fn subscribe(self: &Arc<Self>, subscription: Subscription) -> io::Result<bool> {
        let subscription = Arc::new(subscription);
        let mut state = lock(&self.state);
        let Some(early) = &state.early else { return Ok(false) };
        let mut subscriber = Subscriber {
            subscription: Arc::clone(&subscription),
            records: VecDeque::new(),
            bytes: 0,
            since: None,
            left_out: (0, 0),
            is_sending: false,
        };
        for (stream, record) in early {
            if subscription.streams.contains(stream) {
                subscriber.push(record.clone());
            }
        }
        let (number, telemetry) = (state.subscribers.len(), Arc::clone(self));
        let send = move || telemetry.send(number, &subscription);
        thread::Builder::new().spawn(send)?;
        state.subscribers.push(subscriber);
        Ok(true)
    }

    /// The initialisation is over: there are no more subscriptions.
    pub fn close_subscriptions(&self) {
        lock(&self.state).early = None;
    }

    pub fn set_frozen(&self, is_frozen: bool) {
        lock(&self.state).is_frozen = is_frozen;
        self.changed.notify_all();
    }

    /// Sends what there is, and nothing after it. Waits for it for a time.
    pub fn close(&self, limit: Duration) {
        let end = Instant::now() + limit;
        let mut state = lock(&self.state);
        state.early = None;
        state.is_closing = true;
        self.changed.notify_all();
        let is_open = |state: &State| {
            state.subscribers.iter().any(|one| one.is_sending || !one.records.is_empty())
        };
        while is_open(&state) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = unpoisoned(self.changed.wait_timeout(state, left)).0;
        }
        state.subscribers.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// Sends the batches of one subscriber, until the end of the program.
    fn send(&self, number: usize, subscription: &Subscription) {
        while let Some(batch) = self.take_batch(number) {
            let body = format!("[{}]", batch.join(","));
            let is_accepted = self.post(subscription, &body).is_ok();
            let mut state = lock(&self.state);
            let Some(subscriber) = state.subscribers.get_mut(number) else { return };
            subscriber.is_sending = false;
            if is_accepted {
                for record in subscriber.records.drain(..batch.len()) {
                    subscriber.bytes -= record.len();
                }
                subscriber.since = (!subscriber.records.is_empty()).then(Instant::now);
                let left_out = std::mem::take(&mut subscriber.left_out);
                if left_out.0 > 0 {
                    subscriber.push(dropped(left_out));
                }
            }
            drop(state);
            self.changed.notify_all();
            if !is_accepted {
                thread::sleep(PAUSE);
            }
        }
    }

    /// Waits until a batch is due. `None` at the end of the program.
    fn take_batch(&self, number: usize) -> Option<Vec<String>> {
        let mut state = lock(&self.state);
        loop {
            let (is_frozen, is_closing) = (state.is_frozen, state.is_closing);
            let subscriber = state.subscribers.get_mut(number)?;
            match subscriber.due_in() {
                Some(due) if !is_frozen && (due.is_zero() || is_closing) => {
                    subscriber.is_sending = true;
                    return Some(subscriber.batch());
                }
                Some(due) if !is_frozen => {
                    state = unpoisoned(self.changed.wait_timeout(state, due)).0;
                }
                None if is_closing => return None,
                _ => state = unpoisoned(self.changed.wait(state)),
            }
        }
    }

    /// Posts a batch to the subscriber. Its program may be frozen meanwhile.
    fn post(&self, subscription: &Subscription, body: &str) -> io::Result<()> {
        let Subscription { port, path, .. } = subscription;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
        stream.set_write_timeout(Some(LIMIT))?;
        stream.set_read_timeout(Some(PAUSE))?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: sandbox.localdomain:{port}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut status = Vec::new();
        let mut end = Instant::now() + LIMIT;
        while !status.contains(&b'\n') {
            let mut bytes = [0; 512];
            match stream.read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => status.extend_from_slice(bytes.get(..count).unwrap_or_default()),
                Err(error) if is_early(&error) => {
                    if lock(&self.state).is_frozen {
                        end = Instant::now() + LIMIT;
                    } else if Instant::now() > end {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let is_accepted = status.get(..10).is_some_and(|line| line.ends_with(b" 2"));
        if is_accepted { Ok(()) } else { Err(io::Error::other("the batch is not accepted")) }
    }
}

fn is_early(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn dropped((records, bytes): (u64, u64)) -> String {
    let record = object([
        ("reason", text("the subscriber does not accept its batches soon enough")),
        ("droppedRecords", number(records)),
        ("droppedBytes", number(bytes)),
    ]);
    let time = text(clock::rfc3339(clock::now()));
    let kind = text("platform.logsDropped");
    json::to_string(&object([("time", time), ("type", kind), ("record", record)]))
}

/// The record of a subscription.
pub(crate) fn subscribed(name: &str, types: Vec<&'static str>) -> Value {
    let types = array(types.into_iter().map(text));
    object([("name", text(name)), ("state", text("Subscribed")), ("types", types)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_the_limits_of_its_subscription_and_a_full_buffer_says_what_it_drops() {
        let text =
            br#"{"types":["function"],"destination":{"protocol":"HTTP","URI":"http://sandbox:1"}}"#;
        let subscription = Arc::new(Subscription::parse(text).unwrap());
        let mut subscriber = Subscriber {
            subscription,
            records: VecDeque::new(),
            bytes: 0,
            since: None,
            left_out: (0, 0),
            is_sending: false,
        };
        assert_eq!(subscriber.due_in(), None);
        subscriber.push("x".repeat(200_000));
        assert!(subscriber.due_in().is_some_and(|due| !due.is_zero()));
        subscriber.push("x".repeat(200_000));
        assert_eq!(subscriber.due_in(), Some(Duration::ZERO));
        assert_eq!(subscriber.batch().len(), 1);
        subscriber.push("x".repeat(MAX_BYTES));
        assert_eq!((subscriber.records.len(), subscriber.left_out), (2, (1, MAX_BYTES as u64)));
        assert!(dropped(subscriber.left_out).contains("\"droppedRecords\":1"));
    }
}
