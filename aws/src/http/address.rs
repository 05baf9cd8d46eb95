//! The addresses of hosts, kept for a short while.
//!
//! They are looked up only when a connection is made. Connections that are made at the same time
//! share them; one that is made after a failure, or after a time without any, asks again.

use crate::environment::lock;
use crate::limits::MAX_IDLE;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

/// AWS's own names are valid for no longer.
const MAX_AGE: Duration = Duration::from_secs(60);

/// A function talks to a few hosts; S3 has one for each bucket.
const MAX_HOSTS: usize = 64;

struct Known {
    host: String,
    addresses: Vec<IpAddr>,
    /// By the time of day, which goes on while the function is frozen.
    looked_up: SystemTime,
    used: SystemTime,
}

static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// Returns the addresses of a host.
pub(crate) fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    let with_port = |addresses: &[IpAddr]| {
        addresses.iter().map(|address| SocketAddr::new(*address, port)).collect()
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(with_port(&[address]));
    }
    let now = SystemTime::now();
    // A time in the future is a changed clock.
    let is_within = |time: SystemTime, limit| now.duration_since(time).is_ok_and(|age| age < limit);
    if let Some(known) = lock(&KNOWN).iter_mut().find(|known| known.host == host) {
        if is_within(known.looked_up, MAX_AGE) && is_within(known.used, MAX_IDLE) {
            known.used = now;
            return Ok(with_port(&known.addresses));
        }
    }
    let addresses = look_up(host, limit)?;
    let found = with_port(&addresses);
    forget(host);
    let mut known = lock(&KNOWN);
    if known.len() >= MAX_HOSTS {
        known.clear();
    }
    known.push(Known { host: host.to_owned(), addresses, looked_up: now, used: now });
    Ok(found)
}

/// The next connection asks again.
pub(super) fn forget(host: &str) {
    lock(&KNOWN).retain(|known| known.host != host);
}

/// The system's own function has no limit, so it runs in a thread, which ends by itself.
fn look_up(host: &str, limit: Duration) -> Result<Vec<IpAddr>, String> {
    let (sender, receiver) = mpsc::channel();
    let name = host.to_owned();
    let thread = thread::Builder::new().name("lookup".to_owned()).spawn(move || {
        let found = (&*name, 0).to_socket_addrs();
        let found = found.map(|addresses| addresses.map(|it| it.ip()).collect::<Vec<_>>());
        // The caller may have stopped waiting.
        let _ = sender.send(found);
    });
    thread.map_err(|error| format!("no thread can be started to look up {host}: {error}"))?;
    match receiver.recv_timeout(limit) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err(format!("the host {host} has no address")),
        Ok(Err(error)) => Err(format!("the host {host} is not found: {error}")),
        Err(_) => Err(format!("timeout: the address of {host} was not found in {limit:.1?}")),
    }
}
