//! The transport under ureq: four system calls for an invocation instead of seventeen.
//!
//! Replaces ureq's own TCP transport, which probes the socket before and after each use, and sends
//! head and body apart. This one holds the head back until the body, or the wish to read, has come,
//! and knows from the last use whether the connection is open. Cost: this file, and a
//! version of ureq that is pinned to `~3.5`, since `unversioned` may change. Gain: 13 system calls
//! and 0.15 ms of the start. It can go when ureq's transport probes only idle connections.
//!
//! There are no timeouts: /next blocks for as long as no event comes.

use super::connection::{Connection, ConnectionSlot, PROBE_AFTER_IDLE, is_end};
use super::head;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::sync::Arc;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Finds nothing: the slot knows the address, which was resolved at start.
#[derive(Debug)]
pub(crate) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// Gives ureq the connection that POST requests use too.
#[derive(Debug)]
pub(crate) struct LambdaConnector {
    pub slot: ConnectionSlot,
    /// What the names of the headers begin with that are kept.
    pub wanted: &'static str,
}

impl Connector for LambdaConnector {
    type Out = LambdaTransport;

    fn connect(
        &self,
        _: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<LambdaTransport>, Error> {
        Ok(Some(LambdaTransport {
            connection: self.slot.get(PROBE_AFTER_IDLE)?,
            slot: self.slot.clone(),
            space: vec![0; OUTPUT_BYTES + INPUT_BYTES],
            held: 0,
            consumed: OUTPUT_BYTES,
            filled: OUTPUT_BYTES,
            progress: false,
            unsent: None,
            received: 0,
            is_in_head: true,
            wanted: self.wanted,
        }))
    }
}

/// Whether the connection ended before a byte of a response.
pub(crate) fn is_stale(error: &Error) -> bool {
    matches!(error, Error::Io(error) if is_end(error))
}

/// The size of the write buffer: ureq sends GETs only. It must hold the longest line of a request.
pub(super) const OUTPUT_BYTES: usize = 2048;

/// The size of the read buffer. With 64 KiB an event of 256 KB takes twice the system calls and a
/// quarter more time; 512 KiB saves little. It holds the largest head.
const INPUT_BYTES: usize = head::MAX_HEAD_BYTES;

/// The upper bound on the bytes of one response, including the framing of chunks and trailers,
/// which ureq's limit for a body does not count: a peer may send them without end.
const MAX_RECEIVED_BYTES: usize = 96 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct LambdaTransport {
    connection: Arc<Connection>,
    slot: ConnectionSlot,
    /// `space[..held]` is to be sent, with room up to `OUTPUT_BYTES`. `space[consumed..filled]` was
    /// received.
    ///
    /// Both buffers are one allocation, which is large enough to come zeroed from the system: its
    /// pages are taken as they are touched, and a small event touches one.
    space: Vec<u8>,
    held: usize,
    consumed: usize,
    filled: usize,
    progress: bool,
    /// Why the request could not be sent to its end.
    unsent: Option<io::Error>,
    /// The bytes of the response that have come.
    received: usize,
    /// Whether ureq has not read the head yet.
    is_in_head: bool,
    wanted: &'static str,
}

impl LambdaTransport {
    /// Sends what was held back. An error is reported by [`await_input`](Transport::await_input):
    /// the peer may have responded, and closed, before it had read the whole request.
    fn send_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        let bytes = self.space.get(..held).unwrap_or_default();
        if !bytes.is_empty() && self.unsent.is_none() {
            self.received = 0;
            self.is_in_head = true;
            if let Err(error) = self.connection.send(&mut [IoSlice::new(bytes)]) {
                self.unsent = Some(error);
            }
        }
    }

    fn receive(&mut self) -> io::Result<usize> {
        let is_incomplete = self.filled > self.consumed;
        loop {
            let free = self.space.get_mut(self.filled..).unwrap_or_default();
            match self.connection.stream().read(free) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // ureq would take a reset for the end of a body without a length.
                Err(error) if self.received > 0 => return Err(io::Error::other(error)),
                Ok(0) if is_incomplete => {
                    return Err(io::Error::other("unexpected end of the response"));
                }
                result => return result,
            }
        }
    }

    /// Moves an incomplete part of the response to the start of the buffer, so that the rest fits.
    fn make_room(&mut self) -> io::Result<()> {
        if self.consumed > OUTPUT_BYTES {
            self.space.copy_within(self.consumed..self.filled, OUTPUT_BYTES);
            self.filled -= self.consumed - OUTPUT_BYTES;
            self.consumed = OUTPUT_BYTES;
        }
        if self.filled == self.space.len() && self.is_in_head {
            let text = format!("the head of the response has over {} bytes", head::MAX_HEAD_BYTES);
            return Err(io::Error::other(text));
        }
        if self.filled == self.space.len() || self.received > MAX_RECEIVED_BYTES {
            return Err(io::Error::other("the response is too large"));
        }
        Ok(())
    }

    /// Receives a head, and makes one of it that ureq can read. Returns the number of bytes that
    /// came last.
    fn receive_head(&mut self) -> io::Result<usize> {
        loop {
            self.make_room()?;
            let count = self.receive()?;
            if count == 0 {
                return Ok(0);
            }
            let old = self.filled - self.consumed;
            self.filled += count;
            self.received += count;
            let input = self.space.get_mut(self.consumed..self.filled).unwrap_or_default();
            if !head::is_worth_parsing(input, old) {
                continue;
            }
            let (start, is_complete) = head::prepare(input, self.wanted, &mut self.slot.headers());
            self.consumed += start;
            if is_complete {
                return Ok(count);
            }
        }
    }

    fn receive_body(&mut self) -> io::Result<usize> {
        self.make_room()?;
        let count = self.receive()?;
        self.filled += count;
        self.received += count;
        Ok(count)
    }
}

/// ureq drops a transport only when it abandons the exchange, so the connection must not be reused.
impl Drop for LambdaTransport {
    fn drop(&mut self) {
        self.connection.close();
    }
}

impl Transport for LambdaTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.held += amount;
        if self.held == OUTPUT_BYTES {
            self.send_held();
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        self.send_held();
        let received = if self.is_in_head { self.receive_head() } else { self.receive_body() };
        let count = match (received, self.unsent.take()) {
            (Ok(0) | Err(_), Some(unsent)) => Err(unsent),
            (received, _) => received,
        };
        match &count {
            Ok(0) | Err(_) if self.received == 0 => self.connection.ended_before_response(),
            Ok(0) | Err(_) => self.connection.close(),
            Ok(_) => self.connection.touch(),
        }
        Ok(count? > 0)
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_reusable(PROBE_AFTER_IDLE)
    }
}

impl Buffers for LambdaTransport {
    fn output(&mut self) -> &mut [u8] {
        self.space.get_mut(self.held..OUTPUT_BYTES).unwrap_or_default()
    }

    fn input(&self) -> &[u8] {
        self.space.get(self.consumed..self.filled).unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.space.get_mut(self.filled..).unwrap_or_default()
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.consumed += amount;
        self.progress = amount > 0;
        self.is_in_head &= amount == 0;
    }

    /// The first buffer is for bodies of unknown length, which are not sent through ureq.
    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        (&mut [], self.output())
    }

    fn can_use_input(&self) -> bool {
        self.progress && self.filled > self.consumed
    }
}
