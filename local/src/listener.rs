//! Connections: one accept loop for all servers, a limit for their number, and limits for the time
//! that each one takes.
//!
//! A connection has [`HEAD_LIMIT`] for the head of a request, from its first byte, and a first
//! request is due at once. So a client that sends its head byte by byte, or nothing, takes a thread
//! for that long at most.

use crate::terminal;
use crate::wire;
use std::fmt::Display;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The most connections that a server has at once. The next one gets status 503.
pub(crate) const MAX_CONNECTIONS: usize = 256;

/// The longest time for the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// The longest time between two pieces of a body, and the longest time for writing a piece.
pub(crate) const PIECE_LIMIT: Duration = Duration::from_secs(60);

/// The pause after an error of accepting, such as too few descriptors: it would come again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// How often [`wake`] tries.
const WAKES: usize = 100;

/// The longest time for what a client still sends after the last response.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// The most bytes that are read after the last response on a connection.
const MAX_DRAINED_BYTES: u64 = 64 * 1024 * 1024;

/// The same trouble is said once in this time.
const SILENCE: Duration = Duration::from_secs(60);

/// Accepts connections until one comes when `is_over`, and serves each one in a thread of its own.
///
/// # Errors
/// If there is no thread for it.
pub(crate) fn accept(
    listener: TcpListener,
    most: usize,
    is_over: impl Fn() -> bool + Send + 'static,
    serve: impl Fn(&TcpStream) + Send + Sync + 'static,
) -> io::Result<()> {
    let serve = Arc::new(serve);
    let mut troubles = Troubles::default();
    let mut accept_one = move || {
        let accepted = listener.accept();
        if is_over() {
            return false;
        }
        match accepted {
            Ok((stream, _)) => begin(stream, most, &serve, &mut troubles),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                troubles.say("cannot accept a connection", &error);
                thread::sleep(PAUSE);
            }
        }
        true
    };
    thread::Builder::new().spawn(move || while accept_one() {}).map(drop)
}

/// Lets [`accept`] see that it is over.
pub(crate) fn wake(address: SocketAddr) {
    // Without descriptors it is tried again.
    for _ in 0..WAKES {
        match TcpStream::connect(address) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => thread::sleep(PAUSE),
            _ => return,
        }
    }
}

/// A listener that ends with this value.
#[derive(Debug)]
pub(crate) struct Listening {
    pub address: SocketAddr,
    pub is_closing: Arc<AtomicBool>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::SeqCst);
        wake(self.address);
    }
}

fn begin(
    stream: TcpStream,
    most: usize,
    serve: &Arc<impl Fn(&TcpStream) + Send + Sync + 'static>,
    troubles: &mut Troubles,
) {
    // Each thread has a reference.
    if Arc::strong_count(serve) > most {
        let reason = format!("{most} connections are open, and no more are served at once");
        troubles.say("a connection is refused with status 503", &reason);
        return turn_away(&stream, &reason);
    }
    let stream = Arc::new(stream);
    let (of_thread, serve) = (Arc::clone(&stream), Arc::clone(serve));
    if let Err(error) = thread::Builder::new().spawn(move || serve(&of_thread)) {
        troubles.say("a connection is refused with status 503: there is no thread", &error);
        turn_away(&stream, &format!("there is no thread for this connection: {error}"));
    }
}

/// The client has left, or a signal came: the next connection is not concerned.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted)
}

/// Responds in the thread that accepts, which must not wait.
fn turn_away(stream: &TcpStream, reason: &str) {
    let headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")];
    let response =
        wire::response("503 Service Unavailable", &headers, format!("{reason}\n").as_bytes());
    if stream.set_nonblocking(true).is_ok() && (&mut &*stream).write_all(&response).is_ok() {
        let _ = stream.shutdown(Shutdown::Write);
        // Closing with unread bytes resets the connection.
        let _ = (&mut &*stream).read(&mut [0; 16 * 1024]);
    }
}

/// What goes wrong again and again is said once in a while.
#[derive(Default)]
struct Troubles {
    said: Vec<(&'static str, Instant)>,
}

impl Troubles {
    fn say(&mut self, what: &'static str, reason: &dyn Display) {
        self.said.retain(|(_, at)| at.elapsed() < SILENCE);
        if self.said.iter().any(|(other, _)| *other == what) {
            return;
        }
        self.said.push((what, Instant::now()));
        terminal::say(format_args!("minilambda-local: {what}: {reason}"));
    }
}

/// Whether a connection was without a request for too long: it is closed without a word.
pub(crate) fn is_idle(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotConnected
}

/// The reading side of a connection, with the limits of what is read.
pub(crate) struct Timed<'a> {
    stream: &'a TcpStream,
    phase: Phase,
    limits: Limits,
    /// The limit that the socket has.
    current: Option<Duration>,
}

/// The limits that differ between servers.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Between two requests.
    pub idle: Option<Duration>,
    /// Between two pieces of a body.
    pub piece: Duration,
}

#[derive(Clone, Copy)]
enum Phase {
    /// No byte of the next request has come.
    Idle,
    /// The head has to be complete then.
    Head(Instant),
    Body,
}

impl<'a> Timed<'a> {
    /// Returns a reader of a connection that was just accepted: its first request is due.
    pub fn reader(stream: &'a TcpStream, limits: Limits) -> BufReader<Self> {
        let phase = Phase::Head(Instant::now() + HEAD_LIMIT);
        let timed = Self { stream, phase, limits, current: None };
        BufReader::with_capacity(64 * 1024, timed)
    }

    /// Waits for the next request from now on.
    pub fn expect_head(reader: &mut BufReader<Self>) {
        let has_begun = !reader.buffer().is_empty();
        let head = Phase::Head(Instant::now() + HEAD_LIMIT);
        reader.get_mut().phase = if has_begun { head } else { Phase::Idle };
    }

    /// Reads what the client still sends after the last response, so that it sees this: closing
    /// with unread bytes resets the connection.
    pub fn drain(reader: &mut BufReader<Self>) -> io::Result<()> {
        reader.get_ref().stream.shutdown(Shutdown::Write)?;
        reader.get_mut().phase = Phase::Head(Instant::now() + DRAIN_LIMIT);
        io::copy(&mut reader.take(MAX_DRAINED_BYTES), &mut io::sink()).map(drop)
    }

    /// Reads a body from now on.
    pub fn expect_body(reader: &mut BufReader<Self>) {
        reader.get_mut().phase = Phase::Body;
    }

    fn limit(&self) -> io::Result<Option<Duration>> {
        match self.phase {
            Phase::Idle => Ok(self.limits.idle),
            Phase::Body => Ok(Some(self.limits.piece)),
            Phase::Head(end) => match end.saturating_duration_since(Instant::now()) {
                Duration::ZERO => Err(self.timed_out()),
                left => Ok(Some(left)),
            },
        }
    }

    fn timed_out(&self) -> io::Error {
        let message = match self.phase {
            Phase::Idle => return io::ErrorKind::NotConnected.into(),
            Phase::Head(_) => {
                format!("the head of the request took more than {} s", HEAD_LIMIT.as_secs())
            }
            Phase::Body => {
                format!("no piece of the body came for {} s", self.limits.piece.as_secs())
            }
        };
        io::Error::new(io::ErrorKind::TimedOut, message)
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let limit = self.limit()?;
        if limit != self.current {
            self.stream.set_read_timeout(limit)?;
            self.current = limit;
        }
        let count = match self.stream.read(bytes) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(self.timed_out());
            }
            Err(error) => return Err(error),
        };
        if matches!(self.phase, Phase::Idle) {
            self.phase = Phase::Head(Instant::now() + HEAD_LIMIT);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_and_the_next_request_have_limits_too() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let short = Duration::from_millis(100);
        let mut reader = Timed::reader(&server, Limits { idle: Some(short), piece: short });
        let mut line = String::new();
        let mut body = Vec::new();
        client.write_all(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\na").unwrap();
        let framing = wire::read_head(&mut reader, &mut line, |_, _| {}).unwrap().unwrap();
        Timed::expect_body(&mut reader);
        let error = wire::read_body(&mut reader, framing, 9, &mut body);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().starts_with("no piece of the body came for "), "{error}");

        Timed::expect_head(&mut reader);
        let error = wire::read_head(&mut reader, &mut line, |_, _| {}).unwrap_err();
        assert!(is_idle(&error), "{error}");
        // A head that has begun has its own limit.
        client.write_all(b"GET").unwrap();
        let of_client = thread::spawn(move || {
            thread::sleep(short * 3);
            client.write_all(b" / HTTP/1.1\r\n\r\n").unwrap();
            client
        });
        assert!(wire::read_head(&mut reader, &mut line, |_, _| {}).unwrap().is_some());
        of_client.join().unwrap();
    }

    #[test]
    fn the_same_trouble_is_said_once_in_a_while() {
        let mut troubles = Troubles::default();
        (0..1000).for_each(|_| troubles.say("a trouble of a test", &"expected"));
        assert_eq!(troubles.said.len(), 1);
    }
}
