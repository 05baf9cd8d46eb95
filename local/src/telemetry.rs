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

/// The most bytes of a response in which its status is looked for.
const MAX_STATUS_BYTES: usize = 8 * 1024;

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
    /// The id of the extension.
    id: String,
    subscription: Arc<Subscription>,
    records: VecDeque<String>,
    bytes: usize,
    /// When the first record came.
    since: Option<Instant>,
    left_out: (u64, u64),
    is_sending: bool,
}

impl Subscriber {
    fn new(id: &str, subscription: Arc<Subscription>) -> Self {
        Self {
            id: id.to_owned(),
            subscription,
            records: VecDeque::new(),
            bytes: 0,
            since: None,
            left_out: (0, 0),
            is_sending: false,
        }
    }

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

    /// Subscribes an extension, while the initialisation goes on. Returns whether it does. Another
    /// subscription of the same extension replaces the first one.
    pub fn subscribe(self: &Arc<Self>, id: &str, subscription: Subscription) -> io::Result<bool> {
        let mut state = lock(&self.state);
        let Some(early) = &state.early else { return Ok(false) };
        let mut subscriber = Subscriber::new(id, Arc::new(subscription));
        for (stream, record) in early {
            if subscriber.subscription.streams.contains(stream) {
                subscriber.push(record.clone());
            }
        }
        if let Some(before) = state.subscribers.iter_mut().find(|one| one.id == id) {
            *before = subscriber;
        } else {
            let (number, telemetry) = (state.subscribers.len(), Arc::clone(self));
            thread::Builder::new().spawn(move || telemetry.send(number))?;
            state.subscribers.push(subscriber);
        }
        drop(state);
        self.changed.notify_all();
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
    fn send(&self, number: usize) {
        while let Some((subscription, batch)) = self.take_batch(number) {
            let body = format!("[{}]", batch.join(","));
            let is_accepted = self.post(&subscription, &body, LIMIT).is_ok();
            let mut state = lock(&self.state);
            let Some(subscriber) = state.subscribers.get_mut(number) else { return };
            let is_same = Arc::ptr_eq(&subscriber.subscription, &subscription);
            subscriber.is_sending = false;
            if is_accepted && is_same {
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
            if !is_accepted && is_same {
                thread::sleep(PAUSE);
            }
        }
    }

    /// Waits until a batch is due. `None` at the end of the program.
    fn take_batch(&self, number: usize) -> Option<(Arc<Subscription>, Vec<String>)> {
        let mut state = lock(&self.state);
        loop {
            let (is_frozen, is_closing) = (state.is_frozen, state.is_closing);
            let subscriber = state.subscribers.get_mut(number)?;
            match subscriber.due_in() {
                Some(due) if !is_frozen && (due.is_zero() || is_closing) => {
                    subscriber.is_sending = true;
                    return Some((Arc::clone(&subscriber.subscription), subscriber.batch()));
                }
                Some(due) if !is_frozen => {
                    state = unpoisoned(self.changed.wait_timeout(state, due)).0;
                }
                None if is_closing => return None,
                _ => state = unpoisoned(self.changed.wait(state)),
            }
        }
    }

    /// Posts a batch to the subscriber, within a time in which its program is not frozen.
    fn post(&self, subscription: &Subscription, body: &str, limit: Duration) -> io::Result<()> {
        let Subscription { port, path, .. } = subscription;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_write_timeout(Some(PAUSE))?;
        stream.set_read_timeout(Some(PAUSE))?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: sandbox.localdomain:{port}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let message = head + body;
        let mut left = message.as_bytes();
        let mut end = Instant::now() + limit;
        while !left.is_empty() {
            let written = stream.write(left);
            let written = self.within((&mut end, limit), written)?;
            left = left.get(written..).unwrap_or_default();
        }
        let mut status = Vec::new();
        while !status.contains(&b'\n') && status.len() < MAX_STATUS_BYTES {
            let mut bytes = [0; 512];
            let read = stream.read(&mut bytes);
            let read = self.within((&mut end, limit), read)?;
            status.extend_from_slice(bytes.get(..read).unwrap_or_default());
        }
        let is_accepted = status.get(..10).is_some_and(|line| line.ends_with(b" 2"));
        if is_accepted { Ok(()) } else { Err(io::Error::other("the batch is not accepted")) }
    }

    /// The bytes that were read or written: none if it is to be tried again, before the `end`.
    fn within(
        &self,
        (end, limit): (&mut Instant, Duration),
        done: io::Result<usize>,
    ) -> io::Result<usize> {
        if lock(&self.state).is_frozen {
            *end = Instant::now() + limit;
        } else if Instant::now() > *end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match done {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if is_early(&error) => Ok(0),
            done => done,
        }
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
    use std::net::TcpListener;

    /// What comes of a batch for a subscriber that sends these bytes, one by one with a pause
    /// between them, and stays.
    fn posted(bytes: &[u8], pause: Duration) -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let text = format!(
            r#"{{"types":["function"],"destination":{{"protocol":"HTTP","URI":"http://sandbox:{port}"}}}}"#
        );
        let subscription = Subscription::parse(text.as_bytes()).unwrap();
        thread::scope(|scope| {
            let subscriber = scope.spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                for byte in bytes {
                    // The other side may have left.
                    if stream.write_all(&[*byte]).is_err() {
                        break;
                    }
                    thread::sleep(pause);
                }
                stream
            });
            let limit = if pause.is_zero() { Duration::from_secs(60) } else { pause * 5 };
            let posted = Telemetry::new().post(&subscription, "[]", limit);
            drop(subscriber.join());
            posted
        })
    }

    #[test]
    fn a_subscriber_has_a_limit_for_all_of_its_response() {
        assert!(posted(b"HTTP/1.1 204 No\r\n", Duration::ZERO).is_ok());
        assert!(posted(b"HTTP/1.1 500 No\r\n", Duration::ZERO).is_err());
        // Its status would be complete after twenty pauses.
        let slow = posted(b"HTTP/1.1 200 All well\n", Duration::from_millis(20)).unwrap_err();
        assert_eq!(slow.kind(), io::ErrorKind::TimedOut);
        let endless = posted(&[b'x'; 2 * MAX_STATUS_BYTES], Duration::ZERO).unwrap_err();
        assert_eq!(endless.to_string(), "the batch is not accepted");
    }

    #[test]
    fn a_batch_has_the_limits_of_its_subscription_and_a_full_buffer_says_what_it_drops() {
        let text =
            br#"{"types":["function"],"destination":{"protocol":"HTTP","URI":"http://sandbox:1"}}"#;
        let subscription = Arc::new(Subscription::parse(text).unwrap());
        let mut subscriber = Subscriber::new("id", subscription);
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
