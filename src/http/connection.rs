//! The connection that all requests share, and whether the next request may use it.

use super::address::Address;
use super::head::Headers;
use crate::panics::lock;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A connection that was idle for this long is probed before it is used: a response must not be
/// sent to a peer that has closed. A probe takes three system calls.
pub(crate) const PROBE_AFTER_IDLE: Duration = Duration::from_millis(10);

/// A connection that ends this soon after its last response was closed by the peer on purpose. A
/// later end may be due to a freeze of the process.
const EARLY_CLOSE: Duration = Duration::from_secs(1);

/// If no byte of a request can be sent for this long, the peer may have responded without reading
/// the request.
const WRITE_TIMEOUT: Duration = Duration::from_millis(200);

/// The rest of a short text comes with its head, or at once.
const TEXT_TIMEOUT: Duration = Duration::from_secs(5);

/// The place for the connection of one worker, and what is known of its peer. ureq uses it for a
/// GET, and `exchange` for a POST.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionSlot(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    address: Address,
    last: Mutex<Option<Arc<Connection>>>,
    /// The headers of the last response to a GET, apart from those that ureq gets.
    headers: Mutex<Headers>,
    /// How many connections the peer has closed early without announcing it. After the first,
    /// connections are always probed. After the second, no connection is used for two requests,
    /// because a probe can come just before the close.
    early_closes: Arc<AtomicU32>,
}

impl ConnectionSlot {
    pub(crate) fn new(address: Address) -> Self {
        Self(Arc::new(Shared {
            address,
            last: Mutex::default(),
            headers: Mutex::default(),
            early_closes: Arc::default(),
        }))
    }

    pub(crate) fn address(&self) -> &Address {
        &self.0.address
    }

    /// Returns the last connection, or a new one if that cannot be used again. The last one is
    /// closed then, so that ureq does not use it either.
    pub(crate) fn get(&self, probe_after: Duration) -> io::Result<Arc<Connection>> {
        let mut last = lock(&self.0.last);
        if let Some(connection) = last.as_ref() {
            if connection.is_reusable(probe_after) {
                return Ok(Arc::clone(connection));
            }
            connection.close();
        }
        Ok(Arc::clone(last.insert(Connection::open(&self.0.address, &self.0.early_closes)?)))
    }

    /// Limits how long a read from the last connection waits.
    pub(crate) fn limit_wait(&self) {
        if let Some(connection) = lock(&self.0.last).as_ref() {
            connection.limit_wait();
        }
    }

    /// Closes the last connection, unless a thread is opening one.
    pub(crate) fn close(&self) {
        if let Ok(last) = self.0.last.try_lock() {
            last.iter().for_each(|connection| connection.close());
        }
    }

    pub(super) fn headers(&self) -> MutexGuard<'_, Headers> {
        lock(&self.0.headers)
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    early_closes: Arc<AtomicU32>,
    is_open: AtomicBool,
    /// When the last part of a response came; `None` before the first.
    last_use: Mutex<Option<Instant>>,
}

impl Connection {
    fn open(address: &Address, early_closes: &Arc<AtomicU32>) -> io::Result<Arc<Self>> {
        let stream = TcpStream::connect(&*address.0)?;
        stream.set_nodelay(true)?; // each write is a complete request or chunk
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        Ok(Arc::new(Self {
            stream,
            early_closes: Arc::clone(early_closes),
            is_open: AtomicBool::new(true),
            last_use: Mutex::new(None),
        }))
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Closes the connection. It is not used again.
    pub(crate) fn close(&self) {
        self.is_open.store(false, Ordering::Relaxed);
        let _ = self.stream.shutdown(Shutdown::Both); // fails if the peer has closed it
    }

    /// Limits how long to wait for a response's text, which is only logged.
    pub(crate) fn limit_wait(&self) {
        let _ = self.stream.set_read_timeout(Some(TEXT_TIMEOUT));
    }

    /// Removes that limit.
    pub(crate) fn wait_forever(&self) {
        let _ = self.stream.set_read_timeout(None);
    }

    /// Notes that a response, or a part of one, has come.
    pub(crate) fn touch(&self) {
        *lock(&self.last_use) = Some(Instant::now());
    }

    /// Notes that the connection ended before a byte of a response.
    pub(crate) fn ended_before_response(&self) {
        if lock(&self.last_use).is_some_and(|used| used.elapsed() < EARLY_CLOSE) {
            self.early_closes.fetch_add(1, Ordering::Relaxed);
        }
        self.close();
    }

    /// Whether another request may be sent. Probes the socket if it has been idle for that long.
    pub(crate) fn is_reusable(&self, probe_after: Duration) -> bool {
        if !self.is_open.load(Ordering::Relaxed) {
            return false;
        }
        let Some(used) = *lock(&self.last_use) else { return true };
        match self.early_closes.load(Ordering::Relaxed) {
            0 if used.elapsed() < probe_after => true,
            0 | 1 => self.has_no_pending_data(),
            _ => false,
        }
    }

    /// Whether the peer has neither closed the connection nor sent data that no request asked for.
    fn has_no_pending_data(&self) -> bool {
        matches!(self.peek(&mut [0]), Ok(None))
    }

    /// Returns the number of bytes that can be read without waiting, at most the buffer's length:
    /// 0 if the peer has closed the connection, `None` if it has sent nothing.
    fn peek(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        self.stream.set_nonblocking(true)?;
        let peeked = self.stream.peek(buffer);
        self.stream.set_nonblocking(false)?;
        match peeked {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            peeked => peeked.map(Some),
        }
    }

    /// Sends the parts of a request. If the peer has responded and reads no more, sending the rest
    /// would never end, so it is dropped.
    pub(crate) fn send(&self, mut parts: &mut [IoSlice]) -> io::Result<()> {
        while !parts.is_empty() {
            let mut stream = &self.stream;
            let written = match parts {
                [part] => stream.write(part),
                _ => stream.write_vectored(parts),
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => IoSlice::advance_slices(&mut parts, count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    if self.has_early_response()? {
                        return Err(io::Error::other("the response came before the request's end"));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a response has come, other than one of 1xx, which announces the real one.
    fn has_early_response(&self) -> io::Result<bool> {
        let mut start = [0; b"HTTP/1.1 1".len()];
        Ok(match self.peek(&mut start)? {
            None => false,
            Some(0) => true,
            Some(count) => count == start.len() && !start.ends_with(b" 1"),
        })
    }
}

/// Whether the connection ended without a response: closed or reset by the peer.
pub(crate) fn is_end(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
