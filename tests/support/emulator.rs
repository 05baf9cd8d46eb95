//! AWS's own Runtime Interface Emulator, with a program of ours as its bootstrap.
//!
//! What is known of it: it starts the bootstrap at the first invocation, in a process group of its
//! own, with the handler both in `_HANDLER` and as the first argument; it hands a large event out
//! chunked; it answers a failed invocation with 200, and one whose bootstrap ended with 502; two
//! invocations at once crash it.

use crate::support::program::path_of;
use std::env;
use std::io::{self, Read, Write};
use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A free port can be taken by somebody else before the emulator has it.
const MAX_STARTS: usize = 10;

/// A running emulator; it ends, and the bootstrap with it, when this is dropped.
pub struct Emulator {
    process: Child,
    address: SocketAddr,
    log: Vec<JoinHandle<String>>,
}

/// What the caller of the function sees.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Emulator {
    /// An emulator for one handler of an example; none where it cannot be had and the test is to
    /// be skipped.
    pub fn start(example: &str, handler: &str) -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let program = fetched()?;
        // One at a time, so that no two tests are given the same port.
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let started = (0..MAX_STARTS).find_map(|_| Self::try_start(program, example, handler));
        Some(started.expect("the emulator does not start; its output stands above"))
    }

    fn try_start(program: &Path, example: &str, handler: &str) -> Option<Self> {
        let [address, api_address] = free_addresses();
        let mut process = Command::new(program)
            // Without these two it listens on every interface.
            .args(["--runtime-interface-emulator-address", &address.to_string()])
            .args(["--runtime-api-address", &api_address.to_string()])
            .arg(path_of(example))
            .arg(handler)
            // It stays in the process group of the tests, so that Ctrl-C ends it too.
            .env_clear() // the bootstrap inherits the environment
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log =
            vec![collect(process.stdout.take().unwrap()), collect(process.stderr.take().unwrap())];
        let mut emulator = Self { process, address, log };
        let start = Instant::now();
        while !(accepts(address) && accepts(api_address)) {
            if emulator.process.try_wait().unwrap().is_some() || start.elapsed() > PATIENCE {
                eprintln!("{}", emulator.end());
                return None;
            }
            thread::sleep(Duration::from_millis(2));
        }
        Some(emulator)
    }

    /// Invokes the function, as an SDK or the console would.
    ///
    /// It takes the emulator for itself, since that cannot do two things at once.
    pub fn invoke(&mut self, event: impl AsRef<[u8]>) -> Answer {
        self.try_invoke(event.as_ref()).unwrap_or_else(|error| {
            panic!("the emulator did not answer: {error}; its log:\n{}", self.end())
        })
    }

    fn try_invoke(&self, event: &[u8]) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // The answer to HTTP/1.0 is not chunked, and ends with the connection.
        let head = format!(
            "POST /2015-03-31/functions/function/invocations HTTP/1.0\r\nContent-Length: {}\r\n\r\n",
            event.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(event)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8(answer).map_err(io::Error::other)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no HTTP: {head:?}")))?;
        Ok(Answer { status, body: body.to_owned() })
    }

    /// Ends the emulator and the bootstrap; the log is what both have written.
    pub fn end(&mut self) -> String {
        let id = self.process.id().to_string();
        if let Ok(None) = self.process.try_wait() {
            // On this it kills the bootstrap, even one in the middle of a handler. The `kill` is
            // the shell's: not every container has the program.
            let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        }
        let start = Instant::now();
        while let Ok(None) = self.process.try_wait() {
            if start.elapsed() > PATIENCE {
                // Never seen. The bootstrap then ends by itself, since its /next fails.
                let _ = self.process.kill();
            }
            thread::sleep(Duration::from_millis(1));
        }
        mem::take(&mut self.log).into_iter().filter_map(|log| log.join().ok()).collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
    }
}

/// The emulator's path. Where it cannot be had, in CI that is a failure, elsewhere `None`.
fn fetched() -> Option<&'static Path> {
    static FETCHED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FETCHED.get_or_init(fetch) {
        Ok(path) => Some(path),
        Err(why) => {
            assert!(env::var_os("CI").is_none(), "AWS's emulator cannot be had: {why}");
            let name = thread::current().name().unwrap_or("a test").to_owned();
            let why = why.lines().last().unwrap_or_default();
            // Not with `eprintln!`, which is shown only for tests that fail.
            let _ = writeln!(io::stderr(), "SKIPPED {name}: no emulator of AWS's: {why}");
            None
        }
    }
}

fn fetch() -> Result<PathBuf, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/fetch");
    let output = Command::new(script).arg("rie").output().map_err(|error| error.to_string())?;
    let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout).into())
    } else {
        Err(text(&output.stderr))
    }
}

/// Two addresses on which nobody listens.
fn free_addresses() -> [SocketAddr; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

fn accepts(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// Reads to the end, while the emulator goes on.
fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
