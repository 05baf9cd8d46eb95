//! A Runtime API that follows a script of faults: at one request, at two in a row, or at every one. It responds
//! correctly to all others.
//!
//! It hands out three events, each with the same body, and responses the fourth /next with 500 and
//! "that was all". It uses sockets directly, because no HTTP server can be told to do this.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a freeze lasts: longer than a connection may be idle before it is probed.
const FROZEN: Duration = Duration::from_millis(1200);

/// The longest time for which bytes are sent without end.
const FOREVER: Duration = Duration::from_secs(20);

/// One step of a script.
#[derive(Clone, Debug)]
pub enum Do {
    /// Reads the request to its end.
    ReadAll,
    /// The same without the last byte: closing a connection with unread bytes resets it.
    ReadAllButOne,
    /// Reads so many bytes.
    Read(usize),
    /// Reads to the end in small pieces, with pauses.
    ReadSlowly,
    Send(Vec<u8>),
    /// Sends it byte by byte.
    SendSlowly(Vec<u8>),
    /// Sends it again and again until the program closes the connection.
    SendForever(Vec<u8>),
    Wait(Duration),
    /// Stops the program, as Lambda does between two events, and waits.
    Freeze,
    Thaw,
    /// Accepts no more connections. Those that exist stay open.
    Refuse,
    Close,
    Reset,
}

/// Where the script begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// At the /next that would give out this event.
    Next(usize),
    /// At the response to this event.
    Post(usize),
    /// At the request for this.
    Path(&'static str),
}

/// A request whose first line at least was received.
#[derive(Clone, Debug)]
pub struct Seen {
    pub line: String,
    /// Its length if it was read completely.
    pub bytes: Option<usize>,
}

pub struct FaultyApi {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    at: At,
    /// How often the script is followed.
    times: usize,
    script: Vec<Do>,
    event: Vec<u8>,
    address: SocketAddr,
    program: OnceLock<u32>,
    /// Whether no more connections are accepted.
    closing: AtomicBool,
    acceptor: Mutex<Option<JoinHandle<()>>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    handed_out: usize,
    acted: usize,
    seen: Vec<Seen>,
    connections: usize,
}

impl FaultyApi {
    pub fn start(at: At, times: usize, script: Vec<Do>, event: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            at,
            times,
            script,
            event,
            address,
            program: OnceLock::new(),
            closing: AtomicBool::new(false),
            acceptor: Mutex::new(None),
            state: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // It ends with its connection; its result does not matter.
                thread::spawn(move || stream.and_then(|stream| serve(stream, &shared)));
            }
        });
        *shared.acceptor.lock().unwrap() = Some(acceptor);
        Self { address, shared }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Sets the process to freeze.
    pub fn program_is(&self, id: u32) {
        self.shared.program.set(id).unwrap();
    }

    pub fn refuse(&self) {
        self.shared.refuse();
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state.lock().unwrap().seen.clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }
}

impl Drop for FaultyApi {
    fn drop(&mut self) {
        self.shared.refuse();
    }
}

impl Shared {
    fn refuse(&self) {
        self.closing.store(true, Ordering::SeqCst);
        let acceptor = self.acceptor.lock().unwrap().take();
        if let Some(acceptor) = acceptor {
            let _ = TcpStream::connect(self.address); // wakes it up
            acceptor.join().unwrap();
        }
    }

    /// The number of the request that begins with this line, and what to do for it.
    fn script_for(&self, line: &str) -> (usize, Vec<Do>) {
        let mut state = self.state.lock().unwrap();
        let state = &mut *state;
        let number = state.seen.len();
        state.seen.push(Seen { line: line.to_owned(), bytes: None });
        let next = line.contains("/invocation/next");
        let has_begun = state.acted > 0;
        let here = match self.at {
            At::Next(event) => next && (has_begun || state.handed_out + 1 == event),
            At::Post(event) => {
                let path = format!("/invocation/{event}/");
                line.starts_with("POST") && (has_begun || line.contains(&path))
            }
            At::Path(path) => line.contains(path),
        };
        state.handed_out += usize::from(next);
        if here && state.acted < self.times && state.handed_out <= 3 {
            state.acted += 1;
            return (number, self.script_of_event(state.handed_out));
        }
        let answer = match state.handed_out {
            _ if !next => accepted(),
            event @ 1..=3 => event_answer(event, &self.event),
            _ => b"HTTP/1.1 500 No\r\nContent-Length: 12\r\n\r\nthat was all".to_vec(),
        };
        (number, vec![Do::ReadAll, Do::Send(answer)])
    }

    /// The script, in which an event that is handed out has this number.
    fn script_of_event(&self, number: usize) -> Vec<Do> {
        let renumbered = |act: &Do| match act {
            Do::Send(bytes) if self.times > 1 => {
                let text = String::from_utf8_lossy(bytes);
                let id = format!("Request-Id: {number}\r");
                Do::Send(text.replace("Request-Id: 2\r", &id).into_bytes())
            }
            act => act.clone(),
        };
        self.script.iter().map(renumbered).collect()
    }

    fn signal(&self, name: &str) {
        let id = loop {
            match self.program.get() {
                Some(id) => break id.to_string(),
                None => thread::sleep(Duration::from_millis(1)), // it is being started
            }
        };
        let status = Command::new("sh").args(["-c", "kill -$0 $1", name, &id]).status();
        assert!(status.unwrap().success());
    }
}

/// A well-formed event of this number.
pub fn event_answer(number: usize, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {number}\r\n\
         Lambda-Runtime-Deadline-Ms: 4102444800000\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub use stub_api::accepted;

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    shared.state.lock().unwrap().connections += 1;
    let mut connection = Connection { stream: Some(stream), read: Vec::new() };
    loop {
        let line = connection.peek(|bytes| bytes.iter().position(|byte| *byte == b'\n'))?;
        let line = connection.peeked(line)?;
        let (number, script) = shared.script_for(line.trim_end());
        connection.read.clear();
        let done = script.iter().try_for_each(|act| connection.act(act, shared));
        if whole_length(&connection.read) == Some(connection.read.len()) {
            let bytes = Some(connection.read.len());
            shared.state.lock().unwrap().seen[number].bytes = bytes;
        }
        // The script is followed even if the program has closed the connection.
        if done.is_err() && script.iter().any(|act| matches!(act, Do::Thaw)) {
            shared.signal("CONT");
        }
        done?;
        if connection.stream.is_none() {
            return Ok(());
        }
    }
}

struct Connection {
    stream: Option<TcpStream>,
    /// What was read of the request.
    read: Vec<u8>,
}

impl Connection {
    fn act(&mut self, act: &Do, shared: &Shared) -> io::Result<()> {
        match act {
            Do::ReadAll => self.read_all(64 * 1024, Duration::ZERO),
            Do::ReadSlowly => self.read_all(16 * 1024, Duration::from_micros(500)),
            Do::ReadAllButOne => {
                let length = self.peek(whole_length)?;
                self.read_some(length - 1)
            }
            Do::Read(count) => self.read_some(*count),
            Do::Send(bytes) => self.stream()?.write_all(bytes),
            Do::SendSlowly(bytes) => bytes.iter().try_for_each(|byte| {
                thread::sleep(Duration::from_micros(100));
                self.stream()?.write_all(&[*byte])
            }),
            Do::SendForever(bytes) => {
                let many = bytes.repeat(64 * 1024 / bytes.len() + 1);
                let start = Instant::now();
                while start.elapsed() < FOREVER {
                    self.stream()?.write_all(&many)?;
                }
                Ok(())
            }
            Do::Wait(time) => {
                thread::sleep(*time);
                Ok(())
            }
            Do::Freeze => {
                shared.signal("STOP");
                thread::sleep(FROZEN);
                Ok(())
            }
            Do::Thaw => {
                shared.signal("CONT");
                Ok(())
            }
            Do::Refuse => {
                shared.refuse();
                Ok(())
            }
            Do::Close => {
                // Unread bytes would make a reset of it; so the end comes first.
                self.stream()?.shutdown(Shutdown::Write)?;
                if whole_length(&self.read) != Some(self.read.len()) {
                    thread::sleep(Duration::from_millis(100));
                }
                self.stream = None;
                Ok(())
            }
            Do::Reset => {
                self.stream()?.peek(&mut [0])?; // without unread bytes it would be none
                self.stream = None;
                Ok(())
            }
        }
    }

    fn stream(&mut self) -> io::Result<&mut TcpStream> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn read_all(&mut self, at_once: usize, pause: Duration) -> io::Result<()> {
        let mut part = vec![0; at_once];
        while whole_length(&self.read).is_none() {
            thread::sleep(pause);
            let count = self.stream()?.peek(&mut part)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let before = self.read.len();
            self.read.extend_from_slice(&part[..count]);
            // Behind it the next request may stand.
            self.read.truncate(whole_length(&self.read).unwrap_or(before + count));
            let count = self.read.len() - before;
            self.stream()?.read_exact(&mut part[..count])?;
        }
        Ok(())
    }

    fn read_some(&mut self, count: usize) -> io::Result<()> {
        let mut part = vec![0; count];
        self.stream()?.read_exact(&mut part)?;
        self.read.extend(part);
        Ok(())
    }

    /// Looks at what has come until something is found in it.
    fn peek(&mut self, find: impl Fn(&[u8]) -> Option<usize>) -> io::Result<usize> {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let count = self.stream()?.peek(&mut bytes)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(place) = find(&bytes[..count]) {
                return Ok(place);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn peeked(&mut self, count: usize) -> io::Result<String> {
        let mut bytes = vec![0; count];
        let count = self.stream()?.peek(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes[..count]).into_owned())
    }
}

/// The length of the request that these bytes begin with, if it is there whole.
fn whole_length(bytes: &[u8]) -> Option<usize> {
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|it| it == what);
    let head_length = find(bytes, b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..head_length]).to_ascii_lowercase();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    if header("transfer-encoding: chunked").is_none() {
        let length = header("content-length: ").map_or(0, |length| length.parse().unwrap());
        return (bytes.len() >= head_length + length).then_some(head_length + length);
    }
    let mut at = head_length;
    loop {
        let line = find(bytes.get(at..)?, b"\r\n")?;
        let size = std::str::from_utf8(&bytes[at..at + line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return Some(at + line + find(bytes.get(at + line..)?, b"\r\n\r\n")? + 4);
        }
        at += line + 2 + size + 2;
    }
}
