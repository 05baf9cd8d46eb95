//! A Runtime API that follows a script of faults: at one request, at two in a row, or at every one.
//! It responds correctly to all others.
//!
//! It hands out three events with the same body, and responds to the fourth /next with status 500
//! and "that was all".

use minilambda_local::script::{Connection, Host, Step, accepted};
use minilambda_local::wire::Acceptor;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

/// How long a freeze lasts: longer than a connection may be idle before it is probed.
pub const FREEZE: Step = Step::Freeze(Duration::from_millis(1200));

/// Where the script begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// At the /next that would give out this event.
    Next(usize),
    /// At the response to this event.
    Post(usize),
    /// At the request for this.
    Path(&'static str),
}

/// A request whose first line at least was received.
#[derive(Clone, Debug)]
pub struct Seen {
    pub line: String,
    /// Its length if it was read completely.
    pub bytes: Option<usize>,
}

pub struct FaultyApi {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    at: At,
    /// How often the script is followed.
    times: usize,
    script: Vec<Step>,
    event: Vec<u8>,
    program: OnceLock<u32>,
    acceptor: OnceLock<Acceptor>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    handed_out: usize,
    acted: usize,
    seen: Vec<Seen>,
    connections: usize,
}

impl FaultyApi {
    pub fn start(at: At, times: usize, script: Vec<Step>, event: Vec<u8>) -> Self {
        let shared = Arc::new(Shared {
            at,
            times,
            script,
            event,
            program: OnceLock::new(),
            acceptor: OnceLock::new(),
            state: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        // It ends with its connection; its result does not matter.
        let acceptor = Acceptor::start(move |stream| drop(serve(stream, &accepting))).unwrap();
        let address = acceptor.address();
        shared.acceptor.set(acceptor).unwrap();
        Self { address, shared }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Sets the process to freeze.
    pub fn program_is(&self, id: u32) {
        self.shared.program.set(id).unwrap();
    }

    pub fn refuse(&self) {
        self.shared.refuse();
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state.lock().unwrap().seen.clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }
}

impl Drop for FaultyApi {
    fn drop(&mut self) {
        self.shared.refuse();
    }
}

impl Shared {
    fn refuse(&self) {
        if let Some(acceptor) = self.acceptor.get() {
            acceptor.close();
        }
    }

    /// The number of the request that begins with this line, and what to do for it.
    fn script_for(&self, line: &str) -> (usize, Vec<Step>) {
        let mut state = self.state.lock().unwrap();
        let state = &mut *state;
        let number = state.seen.len();
        state.seen.push(Seen { line: line.to_owned(), bytes: None });
        let next = line.contains("/invocation/next");
        let has_begun = state.acted > 0;
        let here = match self.at {
            At::Next(event) => next && (has_begun || state.handed_out + 1 == event),
            At::Post(event) => {
                let path = format!("/invocation/{event}/");
                line.starts_with("POST") && (has_begun || line.contains(&path))
            }
            At::Path(path) => line.contains(path),
        };
        state.handed_out += usize::from(next);
        if here && state.acted < self.times && state.handed_out <= 3 {
            state.acted += 1;
            return (number, self.script_of_event(state.handed_out));
        }
        let reply = match state.handed_out {
            _ if !next => accepted(),
            event @ 1..=3 => event_reply(event, &self.event),
            _ => b"HTTP/1.1 500 No\r\nContent-Length: 12\r\n\r\nthat was all".to_vec(),
        };
        (number, vec![Step::ReadAll, Step::Send(reply)])
    }

    /// The script, in which an event that is handed out has this number.
    fn script_of_event(&self, number: usize) -> Vec<Step> {
        let renumbered = |act: &Step| match act {
            Step::Send(bytes) if self.times > 1 => {
                let text = String::from_utf8_lossy(bytes);
                let id = format!("Request-Id: {number}\r");
                Step::Send(text.replace("Request-Id: 2\r", &id).into_bytes())
            }
            act => act.clone(),
        };
        self.script.iter().map(renumbered).collect()
    }

    /// Sends a signal to the program, which may have ended.
    fn signal(&self, name: &str) {
        let id = loop {
            match self.program.get() {
                Some(id) => break id.to_string(),
                None => thread::sleep(Duration::from_millis(1)), // it is being started
            }
        };
        Command::new("sh").args(["-c", "kill -$0 $1", name, &id]).output().unwrap();
    }
}

/// A well-formed event of this number.
pub fn event_reply(number: usize, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {number}\r\n\
         Lambda-Runtime-Deadline-Ms: 4102444800000\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    shared.state.lock().unwrap().connections += 1;
    let mut connection = Connection::new(stream);
    loop {
        let line = connection.first_line()?;
        // Of another test's program, which asks for a service that had this port before.
        if line.starts_with("POST / ") {
            return Ok(());
        }
        let (number, script) = shared.script_for(&line);
        let done = connection.follow(&script, shared);
        shared.state.lock().unwrap().seen[number].bytes = connection.request_length();
        done?;
        if !connection.is_open() {
            return Ok(());
        }
    }
}

impl Host for Shared {
    fn freeze(&self) {
        self.signal("STOP");
    }

    fn thaw(&self) {
        self.signal("CONT");
    }

    fn refuse(&self) {
        Shared::refuse(self);
    }
}
