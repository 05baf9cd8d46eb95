//! The connector under ureq: four system calls for an invocation.
//!
//! ureq's own TCP transport probes the socket before and after each use and sends head and body
//! apart. This one holds the head back until the body, or the wish to read, has come, and
//! answers "is it open?" from what it has seen.
//!
//! There are no timeouts here: /next blocks for as long as no event comes, and the peer of all
//! other calls is a process on the same machine.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Where the Runtime API listens, resolved once at start.
#[derive(Clone, Debug)]
pub(crate) struct Address(pub Vec<SocketAddr>);

impl Address {
    /// Resolves `host:port`, where the host is an IP literal or stands in `/etc/hosts`.
    ///
    /// The C library's resolver is not asked: linked statically it takes 170 KB and 140 KB of
    /// memory, and finds names only where the system's own libraries are at hand. On Lambda the
    /// address is an IP literal; the names of emulators are those of this machine or its containers.
    pub(crate) fn resolve(authority: &str) -> Result<Self, String> {
        if let Ok(address) = authority.parse::<SocketAddr>() {
            return Ok(Self(vec![address]));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| format!("{port} is no port"))?),
            None => (authority, 80),
        };
        let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
        let mut ips = find_host(&hosts, host);
        if ips.is_empty() && host.eq_ignore_ascii_case("localhost") {
            ips.push(Ipv4Addr::LOCALHOST.into());
        }
        ips.extend(host.parse::<IpAddr>().ok());
        if ips.is_empty() {
            return Err(format!("the host {host} is neither an IP address nor in /etc/hosts"));
        }
        Ok(Self(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()))
    }
}

/// The addresses of a name in a hosts file: lines of an address and its names, `#` before comments.
fn find_host(hosts: &str, wanted: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in hosts.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let ip: Option<IpAddr> = words.next().and_then(|word| word.parse().ok());
        if words.any(|name| name.eq_ignore_ascii_case(wanted)) {
            found.extend(ip);
        }
    }
    found
}

/// A connection, and whether another request may go out on it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    open: AtomicBool,
    /// When the last answer came.
    used: Mutex<Instant>,
}

impl Connection {
    fn new(addresses: &[SocketAddr]) -> io::Result<Arc<Self>> {
        let stream = TcpStream::connect(addresses)?;
        stream.set_nodelay(true)?; // what is written is whole, and need not wait for more
        let used = Mutex::new(Instant::now());
        Ok(Arc::new(Self { stream, open: AtomicBool::new(true), used }))
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// No request is to go out on it any more.
    pub(crate) fn close(&self) {
        self.open.store(false, Ordering::Relaxed);
        let _ = self.stream.shutdown(Shutdown::Both); // it may be closed already
    }

    /// An answer has come.
    pub(crate) fn use_now(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether a request may go out on it. One that has rested for so long is looked at first.
    fn serves(&self, rested: Duration) -> bool {
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.open.load(Ordering::Relaxed) && (used.elapsed() < rested || self.is_quiet())
    }

    /// Whether the other side has neither closed nor sent what nobody asked for.
    fn is_quiet(&self) -> bool {
        let looked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let quiet = matches!(looked, Err(error) if error.kind() == ErrorKind::WouldBlock);
        quiet && self.stream.set_nonblocking(false).is_ok()
    }
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

/// Opens connections, for ureq's agent and for what is sent by hand: both go on with the last one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lean(Arc<Mutex<Option<Arc<Connection>>>>);

impl Lean {
    /// The last connection, or where that does not serve, a new one.
    pub(crate) fn connection(
        &self,
        addresses: &[SocketAddr],
        rested: Duration,
    ) -> io::Result<Arc<Connection>> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = last.as_ref().filter(|connection| connection.serves(rested)) {
            return Ok(Arc::clone(connection));
        }
        Ok(Arc::clone(last.insert(Connection::new(addresses)?)))
    }
}

impl Connector for Lean {
    type Out = LeanTransport;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<LeanTransport>, Error> {
        let connection = self.connection(&details.addrs, RESTED)?;
        Ok(Some(LeanTransport {
            connection,
            space: vec![0; 2 * BUFFER_BYTES],
            held: 0,
            consumed: BUFFER_BYTES,
            filled: BUFFER_BYTES,
            progress: false,
            unsent: None,
            received: 0,
        }))
    }
}

/// Whether a connection was closed before a byte of an answer came.
pub(crate) fn is_stale(error: &Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let Error::Io(error) = error else { return false };
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Of what is read, and of what is sent, at once: with a quarter of this an event of 256 KB takes
/// twice the system calls and a quarter more time; twice as much saves little. There is room for
/// more than the 64 KiB that ureq allows a head to have, and all else that waits here is shorter.
///
/// Both are one piece, which is large enough for the allocator to ask the system for it: such
/// memory comes zeroed, and is taken page by page as it is touched, by large events only.
const BUFFER_BYTES: usize = 256 * 1024;

/// No answer is larger, however it is cut into chunks. A peer that never ends would keep this
/// process busy with what is no part of a body, and so is under no other limit.
const MAX_ANSWER_BYTES: usize = 96 * 1024 * 1024;

/// A connection that has rested for this long may have been closed by the other side, and is
/// looked at before it is used: an answer must not be sent into the void.
pub(crate) const RESTED: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct LeanTransport {
    connection: Arc<Connection>,
    /// Bytes yet to be sent are `space[..held]`, with room up to `BUFFER_BYTES`; behind that,
    /// received bytes are `space[consumed..filled]`.
    space: Vec<u8>,
    held: usize,
    consumed: usize,
    filled: usize,
    progress: bool,
    /// Why the request could not be sent to its end.
    unsent: Option<io::Error>,
    /// How much of the answer has come.
    received: usize,
}

impl LeanTransport {
    /// Sends what was held back. That it fails is told by [`await_input`](Transport::await_input):
    /// the other side may have answered, and closed, before it had read all, and its answer says
    /// more than that nothing more could be written.
    fn send_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        let bytes = self.space.get(..held).unwrap_or_default();
        if !bytes.is_empty() && self.unsent.is_none() {
            self.received = 0;
            if let Err(error) = self.connection.stream().write_all(bytes) {
                self.connection.close();
                self.unsent = Some(error);
            }
        }
    }

    fn receive(&mut self) -> io::Result<usize> {
        let waiting = self.filled > self.consumed;
        loop {
            let free = self.space.get_mut(self.filled..).unwrap_or_default();
            match self.connection.stream().read(free) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // ureq would take a reset for the end of a body without a length.
                Err(error) if self.received > 0 => return Err(io::Error::other(error)),
                Ok(0) if waiting => return Err(io::Error::other("the answer broke off")),
                result => return result,
            }
        }
    }

    /// Room for more of what cannot be used before the rest of it has come.
    fn make_room(&mut self) -> io::Result<()> {
        if self.consumed > BUFFER_BYTES {
            self.space.copy_within(self.consumed..self.filled, BUFFER_BYTES);
            self.filled -= self.consumed - BUFFER_BYTES;
            self.consumed = BUFFER_BYTES;
        }
        if self.filled == self.space.len() || self.received > MAX_ANSWER_BYTES {
            return Err(io::Error::other("the answer does not end"));
        }
        Ok(())
    }
}

/// What ureq gives up is not to be gone on with.
impl Drop for LeanTransport {
    fn drop(&mut self) {
        self.connection.close();
    }
}

impl Transport for LeanTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.held += amount;
        if self.held == BUFFER_BYTES {
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
        let count = count.inspect_err(|_| self.connection.close())?;
        self.filled += count;
        self.received += count;
        if count == 0 {
            self.connection.close();
        }
        self.connection.use_now();
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        self.connection.serves(RESTED)
    }
}

impl Buffers for LeanTransport {
    fn output(&mut self) -> &mut [u8] {
        self.space.get_mut(self.held..BUFFER_BYTES).unwrap_or_default()
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
    }

    /// The first is for bodies of unknown length only; those that are sent here have one.
    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        (&mut [], self.output())
    }

    fn can_use_input(&self) -> bool {
        self.progress && self.filled > self.consumed
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, find_host};

    #[test]
    fn a_hosts_file_is_read_as_it_is_written() {
        let hosts = "127.0.0.1\tlocalhost # here\n\n#10.0.0.9 api\n::1 localhost ip6\n\
                     10.0.0.1 API.internal api\nx y\n";
        let find =
            |name| find_host(hosts, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(find("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(find("Api"), ["10.0.0.1"]);
        assert_eq!(find("api.internal"), ["10.0.0.1"]);
        assert_eq!(find("y"), [""; 0]);
        assert_eq!(find("here"), [""; 0]);
    }

    #[test]
    fn an_address_has_an_ip_or_a_known_name_and_a_port_or_none() {
        for (text, expected) in [
            ("127.0.0.1:9001", "127.0.0.1:9001"),
            ("[::1]:9001", "[::1]:9001"),
            ("10.0.0.1", "10.0.0.1:80"),
            ("localhost:1", "127.0.0.1:1"),
        ] {
            let Address(found) = Address::resolve(text).unwrap();
            assert!(
                found.iter().any(|address| address.to_string() == expected),
                "{text} {found:?}"
            );
        }
        for text in ["", ":", "127.0.0.1:x", "127.0.0.1:99999", "no.such.host.invalid:1"] {
            assert!(Address::resolve(text).is_err(), "{text}");
        }
    }
}
