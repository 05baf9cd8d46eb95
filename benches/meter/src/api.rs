//! A Runtime API that sends queued events. Each request is timed on the thread of its connection.

use minilambda_local::wire::{self, Acceptor};
use std::collections::{HashMap, VecDeque};
use std::io::{self, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The times of one invocation.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// From sending the event to receiving the response.
    pub response: Duration,
    /// From sending the event to the next request for one.
    pub cycle: Duration,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Arc<[u8]>>,
    /// The number of connections that wait for an event, and since when the last one waits.
    waiting: usize,
    waiting_since: Option<Instant>,
    /// For each event's number: when it was sent, and how long its response took.
    open: HashMap<usize, Instant>,
    responded: HashMap<usize, (Instant, Duration)>,
    turns: Vec<Turn>,
    number: usize,
    /// Whether the process has ended.
    over: bool,
    /// The first error in a response.
    wrong: Option<String>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// For who waits for the process.
    changed: Condvar,
    /// For connections that wait for an event: each would otherwise be woken by each of the others.
    queued: Condvar,
}

/// An API for one process.
pub struct Api {
    acceptor: Acceptor,
    shared: Arc<Shared>,
}

/// A process that takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(180);

impl Api {
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let connections = Arc::clone(&shared);
        let acceptor = Acceptor::start(move |stream| serve(stream, &connections))?;
        Ok(Self { acceptor, shared })
    }

    pub fn address(&self) -> String {
        self.acceptor.address().to_string()
    }

    /// Waits until this many connections ask for an event and the queue is empty. Returns when the
    /// last one asked.
    pub fn wait(&self, connections: usize) -> Result<Instant, String> {
        let state = lock(&self.shared);
        let idle = |state: &State| state.waiting >= connections && state.queue.is_empty();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !idle(state) && state.wrong.is_none())
            .map_err(|_| "a connection's thread panicked".to_owned())?;
        match (&state.wrong, state.waiting_since) {
            (Some(wrong), _) => Err(wrong.clone()),
            (None, Some(since)) if idle(&state) => Ok(since),
            _ => Err(format!("nothing happened for {PATIENCE:?}")),
        }
    }

    /// Sends an event the given number of times, and waits for the responses.
    pub fn invoke(
        &self,
        event: &str,
        times: usize,
        connections: usize,
    ) -> Result<Vec<Turn>, String> {
        self.wait(connections)?;
        let event: Arc<[u8]> = Arc::from(event.as_bytes());
        {
            let mut state = lock(&self.shared);
            state.turns.clear();
            state.queue.extend((0..times).map(|_| Arc::clone(&event)));
            self.shared.queued.notify_all();
        }
        self.wait(connections)?;
        let turns = std::mem::take(&mut lock(&self.shared).turns);
        if turns.len() == times {
            Ok(turns)
        } else {
            Err(format!("{} of {times} events were responded", turns.len()))
        }
    }
}

/// Ends the threads of connections that wait for an event.
impl Drop for Api {
    fn drop(&mut self) {
        lock(&self.shared).over = true;
        self.shared.queued.notify_all();
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.state.lock().expect("no thread panics with the state in hand")
}

/// Serves a connection until it ends. If the process has ended, `wait` reports it.
fn serve(mut stream: TcpStream, shared: &Shared) {
    let served = stream.set_nodelay(true).and_then(|()| converse(&mut stream, shared));
    if let Some(error) = served.err().filter(|error| error.kind() == io::ErrorKind::InvalidData) {
        lock(shared).wrong = Some(error.to_string());
        shared.changed.notify_all();
    }
}

fn converse(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut body = Vec::new();
    while let Some(path) = read_request(&mut reader, stream, &mut body)? {
        let now = Instant::now();
        if path.ends_with("/invocation/next") {
            let Some((number, event)) = next(shared, now) else { return Ok(()) };
            let reply = event_reply(number, &event);
            lock(shared).open.insert(number, Instant::now());
            stream.write_all(&reply)?;
        } else {
            responded(shared, &path, &body, now)?;
            stream.write_all(ACCEPTED)?;
        }
    }
    Ok(())
}

const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n\
    Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

/// Ends the cycle that this request for an event completes, and waits for an event.
fn next(shared: &Shared, now: Instant) -> Option<(usize, Arc<[u8]>)> {
    let mut state = lock(shared);
    // With several connections the oldest response goes first.
    let oldest = state.responded.keys().min().copied();
    if let Some((sent, response)) = oldest.and_then(|number| state.responded.remove(&number)) {
        state.turns.push(Turn { response, cycle: now - sent });
    }
    state.waiting += 1;
    state.waiting_since = Some(now);
    if state.queue.is_empty() {
        shared.changed.notify_all();
    }
    let mut state = shared
        .queued
        .wait_while(state, |state| state.queue.is_empty() && !state.over)
        .expect("no thread panics with the state in hand");
    state.waiting -= 1;
    state.number += 1;
    let event = state.queue.pop_front()?;
    Some((state.number, event))
}

fn event_reply(number: usize, event: &[u8]) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline_ms = now.as_millis() + 60_000;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
         Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-{number:012}\r\n\
         Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:hello\r\n\
         Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\n\
         Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: {}\r\n\r\n",
        event.len()
    );
    [head.as_bytes(), event].concat()
}

fn responded(shared: &Shared, path: &str, body: &[u8], now: Instant) -> io::Result<()> {
    let number =
        path.strip_suffix("/response").and_then(|path| path.rsplit('-').next()?.parse().ok());
    let mut state = lock(shared);
    let sent = number.and_then(|number: usize| Some((number, state.open.remove(&number)?)));
    let Some((number, sent)) = sent else {
        let said = String::from_utf8_lossy(body.get(..500).unwrap_or(body));
        return Err(invalid(&format!("POST {path}: {said}")));
    };
    state.responded.insert(number, (sent, now - sent));
    Ok(())
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Reads a request, and returns its path. Its body is in `body`. `None` at the end of the
/// connection.
fn read_request(
    reader: &mut BufReader<TcpStream>,
    stream: &mut TcpStream,
    body: &mut Vec<u8>,
) -> io::Result<Option<String>> {
    let mut line = String::new();
    let Some(framing) = wire::read_head(reader, &mut line, |_, _| {})? else { return Ok(None) };
    if framing.expects_continue {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?; // curl waits for it
    }
    wire::read_body(reader, framing, usize::MAX, body)?;
    let path = line.split(' ').nth(1).ok_or_else(|| invalid("no request"))?;
    Ok(Some(path.to_owned()))
}
