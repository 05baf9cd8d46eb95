//! A Runtime API over a real socket. It records every request and sends the given responses. The
//! first /next without one gets status 500, which ends the runtime.

use minilambda_local::script;
use minilambda_local::wire::{self, Acceptor};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A request as it was received.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The number of its connection, from 0.
    pub connection: usize,
    pub method: String,
    pub path: String,
    /// The headers, with names in lower case, and the trailers of a chunked body.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When each chunk of a chunked body was received, and its length.
    pub chunks: Vec<(Instant, usize)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What is sent back for a request, and whether the connection stays open.
#[derive(Clone, Debug)]
pub struct Reply {
    pub bytes: Vec<u8>,
    pub close: bool,
    /// How long after the response the connection is closed.
    pub close_delay: Duration,
    /// How long the response takes.
    pub delay: Duration,
}

impl Reply {
    /// A response with a body of known length.
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let bytes = wire::response(&format!("{status} Some Reason"), headers, body.as_ref());
        Self { bytes, close: false, close_delay: Duration::ZERO, delay: Duration::ZERO }
    }

    /// An event with the headers that Lambda always sends.
    pub fn event(id: &str, body: impl AsRef<[u8]>) -> Self {
        Self::event_with(id, &[], body)
    }

    pub fn event_with(id: &str, more: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        Self::raw(script::event(id, more, body.as_ref()))
    }

    /// Exactly these bytes.
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self {
            bytes: bytes.as_ref().to_vec(),
            close: false,
            close_delay: Duration::ZERO,
            delay: Duration::ZERO,
        }
    }

    /// The same, after which the connection is closed.
    pub fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    /// The same; the connection is closed this many milliseconds later.
    pub fn closing_after(self, ms: u64) -> Self {
        Self { close: true, close_delay: Duration::from_millis(ms), ..self }
    }

    /// The same, after a while.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    next: VecDeque<Reply>,
    post: VecDeque<Reply>,
    connections: usize,
    registration_delay: Duration,
}

impl State {
    fn reply(&mut self, path: &str) -> Reply {
        if path.ends_with("/invocation/next") {
            let end = || Reply::new(500, &[], "that was all");
            return self.next.pop_front().unwrap_or_else(end);
        }
        if path.ends_with("/extension/event/next") {
            return Reply::new(200, &[], "").after(Duration::from_secs(600));
        }
        if path.ends_with("/extension/register") {
            return Reply::new(200, &[("Lambda-Extension-Identifier", "extension-1")], "{}")
                .after(self.registration_delay);
        }
        if path.ends_with("/restore/next") {
            return Reply::new(200, &[], "");
        }
        let accepted = || Reply::new(202, &[], "{\"status\":\"OK\"}\n");
        self.post.pop_front().unwrap_or_else(accepted)
    }
}

pub struct FakeApi {
    acceptor: Acceptor,
    state: Arc<Mutex<State>>,
}

impl FakeApi {
    /// Serves the items of `next` to /next, and those of `post` to POSTs, in order;
    /// further POSTs with 202.
    pub fn start(
        next: impl IntoIterator<Item = Reply>,
        post: impl IntoIterator<Item = Reply>,
    ) -> Self {
        let state = Arc::new(Mutex::new(State {
            next: next.into_iter().collect(),
            post: post.into_iter().collect(),
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        let acceptor = Acceptor::start(move |stream| serve(stream, &shared)).unwrap();
        Self { acceptor, state }
    }

    /// Makes the response to an extension's registration take this long.
    pub fn delay_registration(&self, delay: Duration) {
        self.state.lock().unwrap().registration_delay = delay;
    }

    pub fn address(&self) -> String {
        self.acceptor.address().to_string()
    }

    pub fn port(&self) -> u16 {
        self.acceptor.address().port()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The requests that are not /next.
    pub fn posts(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.method == "POST").collect()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    stream.set_nodelay(true).unwrap();
    let connection = {
        let mut state = state.lock().unwrap();
        state.connections += 1;
        state.connections - 1
    };
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(mut request) = read_request(&mut reader) {
        request.connection = connection;
        let reply = {
            let mut state = state.lock().unwrap();
            let reply = state.reply(&request.path);
            state.requests.push(request);
            reply
        };
        thread::sleep(reply.delay);
        let is_written = writer.write_all(&reply.bytes).is_ok();
        if reply.close {
            thread::sleep(reply.close_delay);
        }
        if !is_written || reply.close {
            let _ = writer.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let (mut line, mut request) = (String::new(), Request::default());
    let headers = &mut request.headers;
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    let framing = wire::read_head(reader, &mut line, &mut add).unwrap()?;
    let chunks = &mut request.chunks;
    let note = |size| chunks.push((Instant::now(), size));
    wire::read_body_with(reader, framing, usize::MAX, &mut request.body, note, add).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    (request.method, request.path) = (words.next()?, words.next()?);
    Some(request)
}
