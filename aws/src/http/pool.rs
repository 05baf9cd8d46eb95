//! The connections that are kept for the next requests.

use super::connection::{self, Connection};
use crate::environment::lock;
use crate::limits::MAX_IDLE;
use crate::url::Url;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// A connection that was idle for longer is probed before it is used.
const PROBE_AFTER: Duration = Duration::from_millis(10);

/// The oldest are closed.
const MAX_CONNECTIONS: usize = 16;

static IDLE: Mutex<Vec<Connection>> = Mutex::new(Vec::new());

/// Takes the connection to a host that was used last, if it can be used again.
pub(super) fn take(url: &Url) -> Option<Connection> {
    let key = connection::key(url);
    loop {
        let mut connection = {
            let mut idle = lock(&IDLE);
            let now = SystemTime::now();
            // An earlier time of day than the last use is a changed clock.
            let age = |connection: &Connection| now.duration_since(connection.used).ok();
            idle.retain(|connection| age(connection).is_some_and(|age| age < MAX_IDLE));
            let at = idle.iter().rposition(|connection| connection.key == key)?;
            idle.remove(at)
        };
        let age = connection.used.elapsed().unwrap_or(MAX_IDLE);
        if age < PROBE_AFTER || connection.is_open() {
            return Some(connection);
        }
    }
}

/// Keeps a connection whose last response was read to its end.
pub(super) fn give_back(mut connection: Connection) {
    if !connection.is_quiet() {
        return; // the service has sent more than a response
    }
    connection.used = SystemTime::now();
    let mut idle = lock(&IDLE);
    if idle.len() >= MAX_CONNECTIONS {
        idle.remove(0);
    }
    idle.push(connection);
}
