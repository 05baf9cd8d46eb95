//! A TCP connection whose every wait is limited.

use crate::limits::Deadline;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long the steps of the present phase may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    /// For the message of a timeout, such as `the head of the response`.
    pub waits_for: &'static str,
    /// The end of the phase.
    pub end: Deadline,
    /// The longest time without a byte.
    pub between: Option<Duration>,
}

/// The least time for an address, if there is as much.
const LEAST_SHARE: Duration = Duration::from_millis(1200);

#[derive(Debug)]
pub(super) struct Socket {
    pub stream: TcpStream,
    pub phase: Phase,
    /// What the system has been told; each change is a system call.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Socket {
    /// Connects to the first of the addresses that accepts. Each gets a share of the time.
    pub fn connect(addresses: &[SocketAddr], phase: Phase) -> io::Result<Self> {
        let mut failure = io::Error::from(ErrorKind::NotFound);
        for (tried, address) in addresses.iter().enumerate() {
            let remaining = u32::try_from(addresses.len() - tried).unwrap_or(1);
            let left = phase.end.left().unwrap_or(Duration::from_secs(1));
            let share = share(left, remaining);
            if share.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => {
                    stream.set_nodelay(true)?; // head and body are written at once
                    return Ok(Self { stream, phase, read_timeout: None, write_timeout: None });
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Runs a step until it is done or its time is over. `set` tells the system the limit.
    fn wait<T>(
        &mut self,
        mut step: impl FnMut(&mut TcpStream) -> io::Result<T>,
        limit: fn(&mut Self) -> &mut Option<Duration>,
        set: fn(&TcpStream, Option<Duration>) -> io::Result<()>,
    ) -> io::Result<T> {
        let start = Instant::now();
        loop {
            let of_step = self.phase.between.map(|between| between.saturating_sub(start.elapsed()));
            let left = of_step.into_iter().chain(self.phase.end.left()).min();
            if left.is_some_and(|left| left.is_zero()) {
                let message = format!("timeout: waiting for {}", self.phase.waits_for);
                return Err(io::Error::new(ErrorKind::TimedOut, message));
            }
            let known = *limit(self);
            if !is_near(known, left) {
                set(&self.stream, left)?;
                *limit(self) = left;
            }
            match step(&mut self.stream) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The limit of the system may be shorter than what is left.
                Err(error) if is_timeout(&error) => *limit(self) = None,
                result => return result,
            }
        }
    }
}

/// How long the first of some addresses is waited for. S3 has eight: an equal part of the time
/// would be shorter than the way to a region at the other end of the world, or to a second packet
/// after one that was lost.
fn share(left: Duration, addresses: u32) -> Duration {
    let equal = left / addresses;
    if addresses > 1 { equal.max(LEAST_SHARE.min(left / 2)) } else { equal }
}

/// Whether the system's limit is as good as the wanted one: not longer by more than a sixteenth,
/// and not much shorter.
fn is_near(known: Option<Duration>, wanted: Option<Duration>) -> bool {
    match (known, wanted) {
        (None, None) => true,
        (Some(known), Some(wanted)) => known <= wanted + wanted / 16 && known >= wanted / 2,
        _ => false,
    }
}

pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let step = |stream: &mut TcpStream| stream.read(bytes);
        self.wait(step, |socket| &mut socket.read_timeout, TcpStream::set_read_timeout)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice]) -> io::Result<usize> {
        let step = |stream: &mut TcpStream| stream.write_vectored(parts);
        self.wait(step, |socket| &mut socket.write_timeout, TcpStream::set_write_timeout)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Socket, share};
    use crate::limits::Deadline;
    use std::io::ErrorKind;
    use std::net::TcpListener;
    use std::time::Duration;

    #[test]
    fn an_address_at_the_other_end_of_the_world_has_time_to_accept() {
        let shares = |left: u64, addresses: u32| -> Vec<Duration> {
            let mut left = Duration::from_millis(left);
            let share = |remaining| {
                let share = share(left, remaining);
                left -= share;
                share
            };
            (1..=addresses).rev().map(share).collect()
        };
        let ms =
            |times: &[u64]| times.iter().copied().map(Duration::from_millis).collect::<Vec<_>>();
        assert_eq!(shares(3000, 1), ms(&[3000]));
        assert_eq!(shares(3000, 2), ms(&[1500, 1500]));
        assert_eq!(shares(3000, 8)[..3], ms(&[1200, 900, 450]));
        assert_eq!(shares(100, 3), ms(&[50, 25, 25]));
        for left in [1, 100, 3000, 60_000] {
            assert_eq!(shares(left, 8).iter().sum::<Duration>(), Duration::from_millis(left));
        }
    }

    fn phase(time: Duration) -> Phase {
        Phase { waits_for: "the connection", end: Deadline::after(time), between: None }
    }

    #[test]
    fn the_first_address_that_accepts_is_taken() {
        let [first, second] = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let [first_at, second_at] = [&first, &second].map(|it| it.local_addr().unwrap());
        let refused = ([127, 0, 0, 1], 1).into(); // no program takes this port
        let minute = || phase(Duration::from_secs(60));
        let socket = Socket::connect(&[refused, first_at, second_at], minute()).unwrap();
        assert_eq!(socket.stream.peer_addr().unwrap(), first_at);
        assert!(socket.stream.nodelay().unwrap());
        let error = Socket::connect(&[refused], minute()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(Socket::connect(&[], minute()).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn without_time_no_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let error = Socket::connect(&[address; 3], phase(Duration::ZERO)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        listener.set_nonblocking(true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}
