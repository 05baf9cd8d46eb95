//! The connections that are kept for the next requests.

use super::connection::{self, Connection};
use crate::environment::lock;
use crate::limits::MAX_IDLE;
use crate::url::Url;
use std::sync::Mutex;
use std::time::SystemTime;

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
        // Even if it was used a moment ago: its end may come right after a response.
        if connection.is_open() {
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

#[cfg(test)]
mod tests {
    use super::{Connection, give_back, take};
    use crate::limits::Limits;
    use crate::url::Url;
    use std::io::Write;
    use std::net::{Shutdown, TcpListener};

    /// A service may close a connection without a word, or say more than it was asked.
    #[test]
    fn what_comes_right_after_a_response_is_noticed_before_the_next_request() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let url = Url::base(&url, "the test").unwrap();
        for (is_closed, bytes) in [(false, &b""[..]), (true, b""), (false, b"HTTP/1.1 200 OK\r\n")]
        {
            let mut connection = Connection::open(&url, &Limits::default()).unwrap();
            let (mut service, _) = listener.accept().unwrap();
            service.write_all(bytes).unwrap();
            if is_closed {
                service.shutdown(Shutdown::Write).unwrap();
            }
            let is_quiet = !is_closed && bytes.is_empty();
            if !is_quiet {
                connection.wait_for_more();
            }
            give_back(connection);
            assert_eq!(take(&url).is_some(), is_quiet, "{is_closed} {bytes:?}");
        }
    }
}
