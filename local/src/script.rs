//! Scripts of what a server does with one request on its connection, down to the byte.
//!
//! A [`Fault`](crate::Fault) is such a script, and a [`Server`] follows them in place of a service:
//!
//! ```
//! use minilambda_local::script::{Server, Step, respond};
//!
//! // The first request is reset, each further one gets a response.
//! let server = Server::start(vec![vec![Step::Reset], respond("200 OK", &[], "{}")])?;
//! let endpoint = server.url();
//! // … a function that is given `endpoint` is invoked …
//! assert!(server.requests().is_empty());
//! # Ok::<_, std::io::Error>(())
//! ```

use crate::lock::lock;
use crate::wire::{self, Acceptor};
use rustix::net::sockopt;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// The longest time for which bytes are sent without end.
const FOREVER: Duration = Duration::from_secs(20);

/// The longest time in which nothing more of a request comes, after its first byte.
const STALLED: Duration = Duration::from_secs(60);

/// One step of a script.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// Reads the request to its end.
    ReadAll,
    /// The same without the last byte: closing a connection with unread bytes resets it.
    ReadAllButOne,
    /// Reads this many bytes.
    Read(usize),
    /// Reads to the end in small pieces, with pauses.
    ReadSlowly,
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends them byte by byte.
    SendSlowly(Vec<u8>),
    /// Sends them again and again until the program closes the connection, for 20 s at most.
    SendForever(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Stops the program for this time, as Lambda does between two events.
    Freeze(Duration),
    /// Lets the program go on.
    Thaw,
    /// Accepts no more connections. Those that exist stay open.
    Refuse,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
}

/// The server that follows a script, for the steps that are not about the connection. A host that
/// has no program, or no listener, does nothing at these steps.
pub trait Host {
    /// Stops the program with SIGSTOP.
    fn freeze(&self) {}
    /// Lets the program go on with SIGCONT.
    fn thaw(&self) {}
    /// Accepts no more connections.
    fn refuse(&self) {}
}

/// A host for scripts that are about the connection only.
#[derive(Clone, Copy, Debug)]
pub struct NoHost;

impl Host for NoHost {}

/// A stub server on a free port of 127.0.0.1. It reads each request and then follows a script. It
/// accepts connections until it is dropped, or a script has [`Step::Refuse`].
#[derive(Debug)]
pub struct Server {
    stub: Arc<Stub>,
    address: SocketAddr,
}

#[derive(Debug)]
struct Stub {
    scripts: Vec<Vec<Step>>,
    acceptor: OnceLock<Acceptor>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Request>,
    connections: usize,
}

/// A request that a [`Server`] has read.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The number of its connection, from 0.
    pub connection: usize,
    /// Method and target, with a space between them.
    pub line: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Server {
    /// Starts a server. The first request is responded to by the first script, on whatever
    /// connection it comes, and so on; further ones by the last script.
    ///
    /// # Errors
    /// If there is no free port, or no thread.
    pub fn start(scripts: Vec<Vec<Step>>) -> io::Result<Self> {
        let stub = Stub { scripts, acceptor: OnceLock::new(), seen: Mutex::default() };
        let stub = Arc::new(stub);
        let of_connections = Arc::downgrade(&stub);
        let acceptor = Acceptor::start(move |stream| {
            if let Some(stub) = of_connections.upgrade() {
                // It ends with its connection; the client notices.
                let _ = stub.serve(&stream);
            }
        })?;
        let address = acceptor.address();
        let _ = stub.acceptor.set(acceptor);
        Ok(Self { stub, address })
    }

    /// Returns the address that clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL, such as `http://127.0.0.1:4711`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests that were read until now.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.stub.seen).requests.clone()
    }

    /// Returns the number of connections that were accepted until now.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.stub.seen).connections
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stub.refuse();
    }
}

impl Host for Stub {
    fn refuse(&self) {
        if let Some(acceptor) = self.acceptor.get() {
            acceptor.close();
        }
    }
}

impl Stub {
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let connection = {
            let mut seen = lock(&self.seen);
            seen.connections += 1;
            seen.connections - 1
        };
        let mut reader = BufReader::new(stream);
        loop {
            let mut request = Request { connection, ..Request::default() };
            let headers = &mut request.headers;
            let add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
            let Some(framing) = wire::read_head(&mut reader, &mut request.line, add)? else {
                return Ok(());
            };
            wire::read_body(&mut reader, framing, usize::MAX, &mut request.body)?;
            let number = {
                let mut seen = lock(&self.seen);
                seen.requests.push(request);
                seen.requests.len() - 1
            };
            let script = self.scripts.get(number).or(self.scripts.last());
            // A reset is sent when the last handle is closed, which is at the end.
            let mut connection = Connection::new(stream.try_clone()?);
            connection.follow(script.map_or(&[], Vec::as_slice), self)?;
            if !connection.is_open() {
                return Ok(());
            }
        }
    }
}

/// A connection of a client, before a request of it is read.
#[derive(Debug)]
pub struct Connection {
    stream: Option<TcpStream>,
    /// The bytes of the request that were read.
    read: Vec<u8>,
}

impl Connection {
    /// Makes it of a socket.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        Self { stream: Some(stream), read: Vec::new() }
    }

    /// Waits for a request, and returns its first line without reading it.
    ///
    /// # Errors
    /// If the connection ends or fails before.
    pub fn first_line(&mut self) -> io::Result<String> {
        let length = self.peek(|bytes| bytes.iter().position(|byte| *byte == b'\n'))?;
        let mut bytes = vec![0; length];
        let count = self.stream()?.peek(&mut bytes)?;
        bytes.truncate(count);
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// Follows a script for one request.
    ///
    /// # Errors
    /// If a step fails, mostly because the client has closed the connection. The steps after it are
    /// not taken, except [`Step::Thaw`].
    pub fn follow(&mut self, script: &[Step], host: &dyn Host) -> io::Result<()> {
        self.read.clear();
        let done = script.iter().try_for_each(|step| self.take(step, host));
        if done.is_err() && script.iter().any(|step| matches!(step, Step::Thaw)) {
            host.thaw();
        }
        done
    }

    /// The length of the request that was read completely.
    #[must_use]
    pub fn request_length(&self) -> Option<usize> {
        complete_length(&self.read).filter(|length| *length == self.read.len())
    }

    /// Whether a script has left the connection open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    fn take(&mut self, step: &Step, host: &dyn Host) -> io::Result<()> {
        match step {
            Step::ReadAll => return self.read_all(64 * 1024, Duration::ZERO),
            Step::ReadSlowly => return self.read_all(16 * 1024, Duration::from_micros(500)),
            Step::ReadAllButOne => {
                let length = self.peek(complete_length)?;
                return self.read_some(length.saturating_sub(1));
            }
            Step::Read(count) => return self.read_some(*count),
            Step::Send(bytes) => return self.stream()?.write_all(bytes),
            Step::SendSlowly(bytes) => {
                return bytes.iter().try_for_each(|byte| {
                    thread::sleep(Duration::from_micros(100));
                    self.stream()?.write_all(&[*byte])
                });
            }
            Step::SendForever(bytes) => {
                let many = bytes.repeat(64 * 1024 / bytes.len().max(1) + 1);
                let start = Instant::now();
                while start.elapsed() < FOREVER {
                    self.stream()?.write_all(&many)?;
                }
            }
            Step::Wait(time) => thread::sleep(*time),
            Step::Freeze(time) => {
                host.freeze();
                thread::sleep(*time);
            }
            Step::Thaw => host.thaw(),
            Step::Refuse => host.refuse(),
            Step::Close => {
                // Closing with unread bytes resets the connection, so the end is sent first.
                self.stream()?.shutdown(Shutdown::Write)?;
                if self.request_length().is_none() {
                    thread::sleep(Duration::from_millis(100));
                }
                self.stream = None;
            }
            Step::Reset => {
                let stream = self.stream.take().ok_or(io::ErrorKind::NotConnected)?;
                // Without a time to linger, closing resets.
                sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
            }
        }
        Ok(())
    }

    fn stream(&mut self) -> io::Result<&mut TcpStream> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn read_all(&mut self, at_once: usize, pause: Duration) -> io::Result<()> {
        let mut part = vec![0; at_once];
        while complete_length(&self.read).is_none() {
            thread::sleep(pause);
            let count = self.stream()?.peek(&mut part)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let before = self.read.len();
            self.read.extend(part.iter().take(count));
            // The bytes after it belong to the next request.
            self.read.truncate(complete_length(&self.read).unwrap_or(before + count));
            let mut used = vec![0; self.read.len() - before];
            self.stream()?.read_exact(&mut used)?;
        }
        Ok(())
    }

    fn read_some(&mut self, count: usize) -> io::Result<()> {
        let mut part = vec![0; count];
        self.stream()?.read_exact(&mut part)?;
        self.read.extend(part);
        Ok(())
    }

    /// Waits until something is found in the bytes that have arrived.
    fn peek(&mut self, find: impl Fn(&[u8]) -> Option<usize>) -> io::Result<usize> {
        let mut bytes = vec![0; 64 * 1024];
        let (mut before, mut end) = (0, Instant::now() + STALLED);
        loop {
            let count = self.stream()?.peek(&mut bytes)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if count != before {
                (before, end) = (count, Instant::now() + STALLED);
            } else if Instant::now() > end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if let Some(place) = bytes.get(..count).and_then(&find) {
                return Ok(place);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The length of the request that these bytes begin with, if they hold all of it.
fn complete_length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let (mut line, mut body) = (String::new(), Vec::new());
    let framing = wire::read_head(&mut rest, &mut line, |_, _| {}).ok()??;
    if !framing.is_chunked {
        let length = framing.length.saturating_add(bytes.len() - rest.len());
        return (length <= bytes.len()).then_some(length);
    }
    wire::read_body(&mut rest, framing, usize::MAX, &mut body).ok()?;
    Some(bytes.len() - rest.len())
}

/// Returns the script of a response.
#[must_use]
pub fn respond(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<Step> {
    vec![Step::Send(wire::response(status, headers, body.as_ref()))]
}

/// Returns the Runtime API's response to /next: an event with the headers that Lambda always sends,
/// and more.
#[must_use]
pub fn event(request_id: &str, more: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut headers = vec![
        ("Lambda-Runtime-Aws-Request-Id", request_id),
        ("Lambda-Runtime-Deadline-Ms", "4102444800000"), // the year 2100
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:hello",
        ),
    ];
    headers.extend(more);
    wire::response("200 OK", &headers, body)
}

/// Returns the Runtime API's response to a POST.
#[must_use]
pub fn accepted() -> Vec<u8> {
    wire::response("202 Accepted", &[], b"{\"status\":\"OK\"}\n")
}
