//! The connector under ureq: four system calls for an invocation.
//!
//! ureq's own TCP transport probes the socket before and after each use and sends head and body
//! apart. This one holds the head back until the body, or the wish to read, has come, and
//! answers "is it open?" from what it has seen.
//!
//! There are no timeouts here: /next blocks for as long as no event comes, and the peer of all
//! other calls is a process on the same machine.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Where the Runtime API listens, resolved once at start.
#[derive(Clone, Debug)]
pub(crate) struct Address(Vec<SocketAddr>);

impl Address {
    /// Resolves `host:port`; no resolver is asked about an IP literal or `localhost`.
    pub(crate) fn resolve(authority: &str) -> io::Result<Self> {
        if let Ok(address) = authority.parse::<SocketAddr>() {
            return Ok(Self(vec![address]));
        }
        let with_port = match authority.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => authority.to_owned(),
            _ => format!("{authority}:80"),
        };
        if let Some(port) = with_port.strip_prefix("localhost:") {
            let port = port.parse().unwrap_or(80);
            return Ok(Self(vec![([127, 0, 0, 1], port).into()]));
        }
        Ok(Self(with_port.to_socket_addrs()?.collect()))
    }

    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        connect(&self.0)
    }
}

fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(addresses)?;
    stream.set_nodelay(true)?; // what is written is whole, and need not wait for more
    Ok(stream)
}

/// What ureq's list of addresses holds.
const MAX_ADDRESSES: usize = 16;

/// Hands out the address that was resolved at start.
impl Resolver for Address {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        self.0.iter().take(MAX_ADDRESSES).for_each(|address| addresses.push(*address));
        Ok(addresses)
    }
}

/// Opens connections for ureq's agent.
#[derive(Debug)]
pub(crate) struct Lean;

impl Connector for Lean {
    type Out = LeanTransport;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<LeanTransport>, Error> {
        let stream = connect(&details.addrs)?;
        Ok(Some(LeanTransport {
            stream,
            input: vec![0; BUFFER_BYTES],
            consumed: 0,
            filled: 0,
            progress: false,
            output: vec![0; BUFFER_BYTES],
            held: 0,
            unsent: None,
            received: 0,
            open: true,
            last_used: Instant::now(),
        }))
    }
}

/// Whether a connection was closed before a byte of an answer came.
pub(crate) fn is_stale(error: &Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let Error::Io(error) = error else { return false };
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Memory that is never touched is never taken, so a small event costs a page or two of this;
/// and a large one, 100 system calls of 64 KiB.
const BUFFER_BYTES: usize = 64 * 1024;

/// ureq refuses a head of more than 64 KiB, and all else that waits in the buffer is shorter.
const MAX_BUFFER_BYTES: usize = 2 * BUFFER_BYTES;

/// No answer is larger, however it is cut into chunks. A peer that never ends would keep this
/// process busy with what is no part of a body, and so is under no other limit.
const MAX_ANSWER_BYTES: usize = 96 * 1024 * 1024;

/// A connection that has rested for this long may have been closed by the other side, and is
/// looked at before it is used: an answer must not be sent into the void.
const RESTED: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct LeanTransport {
    stream: TcpStream,
    /// Received bytes are `input[consumed..filled]`.
    input: Vec<u8>,
    consumed: usize,
    filled: usize,
    progress: bool,
    /// Bytes yet to be sent are `output[..held]`.
    output: Vec<u8>,
    held: usize,
    /// Why the request could not be sent to its end.
    unsent: Option<io::Error>,
    /// How much of the answer has come.
    received: usize,
    open: bool,
    last_used: Instant,
}

impl LeanTransport {
    /// Sends what was held back. That it fails is told by [`await_input`](Transport::await_input):
    /// the other side may have answered, and closed, before it had read all, and its answer says
    /// more than that nothing more could be written.
    fn send_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        let bytes = self.output.get(..held).unwrap_or_default();
        if !bytes.is_empty() && self.unsent.is_none() {
            self.received = 0;
            if let Err(error) = self.stream.write_all(bytes) {
                self.open = false;
                self.unsent = Some(error);
            }
        }
    }

    fn receive(&mut self) -> io::Result<usize> {
        loop {
            let free = self.input.get_mut(self.filled..).unwrap_or_default();
            match self.stream.read(free) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // ureq would take a reset for the end of a body without a length.
                Err(error) if self.received > 0 => return Err(io::Error::other(error)),
                Ok(0) if self.filled > 0 => return Err(io::Error::other("the answer broke off")),
                result => return result,
            }
        }
    }

    /// Room for more of what cannot be used before the rest of it has come.
    fn make_room(&mut self) -> io::Result<()> {
        if self.consumed > 0 {
            self.input.copy_within(self.consumed..self.filled, 0);
            self.filled -= self.consumed;
            self.consumed = 0;
        }
        if self.filled == MAX_BUFFER_BYTES || self.received > MAX_ANSWER_BYTES {
            return Err(io::Error::other("the answer does not end"));
        }
        if self.filled == self.input.len() {
            self.input.resize(MAX_BUFFER_BYTES, 0);
        }
        Ok(())
    }

    /// Whether the other side has neither closed nor sent what nobody asked for.
    fn is_quiet(&self) -> bool {
        let looked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let quiet = matches!(looked, Err(error) if error.kind() == ErrorKind::WouldBlock);
        quiet && self.stream.set_nonblocking(false).is_ok()
    }
}

impl Transport for LeanTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.held += amount;
        if self.held == self.output.len() {
            self.send_held();
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        self.send_held();
        let received = self.make_room().and_then(|()| self.receive());
        let count = match (received, self.unsent.take()) {
            (Ok(0) | Err(_), Some(unsent)) => Err(unsent),
            (received, _) => received,
        };
        let count = count.inspect_err(|_| self.open = false)?;
        self.filled += count;
        self.received += count;
        self.open &= count > 0;
        self.last_used = Instant::now();
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        self.open && (self.last_used.elapsed() < RESTED || self.is_quiet())
    }
}

impl Buffers for LeanTransport {
    fn output(&mut self) -> &mut [u8] {
        self.output.get_mut(self.held..).unwrap_or_default()
    }

    fn input(&self) -> &[u8] {
        self.input.get(self.consumed..self.filled).unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.input.get_mut(self.filled..).unwrap_or_default()
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.consumed += amount;
        self.progress = amount > 0;
    }

    /// The first is for bodies of unknown length only; those that are sent here have one.
    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        (
            self.input.get_mut(self.filled..).unwrap_or_default(),
            self.output.get_mut(self.held..).unwrap_or_default(),
        )
    }

    fn can_use_input(&self) -> bool {
        self.progress && self.filled > self.consumed
    }
}
