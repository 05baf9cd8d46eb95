//! Runs AWS's Runtime Interface Emulator with one of our programs as its bootstrap.
//!
//! The emulator starts the bootstrap at the first invocation, in its own process group, with
//! the handler in `_HANDLER` and as the first argument. It sends a large event chunked. It responds
//! to a failed invocation with 200, and with 502 if the bootstrap ended. Two invocations at once
//! crash it. With a concurrency it behaves like a managed instance: it starts
//! `/var/runtime/bootstrap` at once and sets the log format JSON.
#![allow(dead_code, reason = "each test crate uses its part")]

use crate::support::program::path_of;
use crate::support::skip::skip;
use std::env;
use std::io::{self, Read, Write};
use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longer than any test takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Another process can take the free port before the emulator does.
const MAX_STARTS: usize = 10;

/// A running emulator. It and the bootstrap end when this is dropped.
pub struct Emulator {
    process: Child,
    address: SocketAddr,
    log: Vec<JoinHandle<String>>,
}

/// The response to the caller of the function.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

impl Emulator {
    /// Starts an emulator for one handler of an example. `None` if it is missing and the test is to
    /// be skipped.
    pub fn start(example: &str, handler: &str) -> Option<Self> {
        Self::start_with(&|emulator, addresses| {
            let mut command = Command::new(emulator);
            command.args(addresses).arg(path_of(example)).arg(handler).env_clear();
            command
        })
    }

    /// Starts an emulator of a managed instance, which sends several events at once. It needs root,
    /// to mount the bootstrap where the emulator expects it.
    pub fn start_managed(example: &str, handler: &str, workers: usize) -> Option<Self> {
        const SCRIPT: &str = "mount -t tmpfs none /var && mkdir /var/runtime /var/task \
            && cp \"$1\" /var/runtime/bootstrap && shift && exec \"$@\"";
        let can = Command::new("unshare").args(["--mount", "true"]).output();
        if !can.is_ok_and(|output| output.status.success()) {
            skip("a managed instance needs root and unshare: sudo make test");
            return None;
        }
        Self::start_with(&|emulator, addresses| {
            let mut command = Command::new("unshare");
            command.args(["--mount", "sh", "-c", SCRIPT, "sh"]).arg(path_of(example));
            command.arg(emulator).args(addresses).args(["/var/runtime/bootstrap", handler]);
            command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", workers.to_string());
            command
        })
    }

    fn start_with(command: &dyn Fn(&Path, &[String]) -> Command) -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let program = fetched()?;
        // One at a time, so that no two tests get the same port.
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let started = (0..MAX_STARTS).find_map(|_| Self::try_start(program, command));
        Some(started.expect("the emulator does not start; its output stands above"))
    }

    fn try_start(program: &Path, command: &dyn Fn(&Path, &[String]) -> Command) -> Option<Self> {
        let [address, api_address] = free_addresses();
        // Without these two it listens on every interface. The bootstrap inherits the environment.
        let addresses = [
            ["--runtime-interface-emulator-address".to_owned(), address.to_string()],
            ["--runtime-api-address".to_owned(), api_address.to_string()],
        ];
        // It stays in the process group of the tests, so that Ctrl-C ends it too.
        let mut process = command(program, addresses.as_flattened())
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

    /// Invokes the function as an SDK does.
    ///
    /// `&mut self`, because the emulator cannot serve two requests at once.
    pub fn invoke(&mut self, event: impl AsRef<[u8]>) -> Response {
        self.try_invoke(event.as_ref()).unwrap_or_else(|error| {
            panic!("the emulator did not respond: {error}; its log:\n{}", self.end())
        })
    }

    fn try_invoke(&self, event: &[u8]) -> io::Result<Response> {
        invoke(self.address, event)
    }

    /// Invokes the function with several events at once, and returns how long that took. Only a
    /// managed instance allows it. While a worker has not asked yet, the emulator responds with
    /// 400; then all are tried again.
    pub fn invoke_at_once(&self, events: &[&str]) -> (Vec<Response>, Duration) {
        let start = Instant::now();
        loop {
            let begin = Instant::now();
            let calls = events.iter().map(|event| {
                let (address, event) = (self.address, event.as_bytes().to_vec());
                thread::spawn(move || invoke(address, &event).unwrap())
            });
            let calls: Vec<_> = calls.collect();
            let responses: Vec<_> = calls.into_iter().map(|call| call.join().unwrap()).collect();
            if responses.iter().all(|response| response.status != 400) {
                return (responses, begin.elapsed());
            }
            assert!(start.elapsed() < PATIENCE, "never all at once: {responses:?}");
        }
    }

    /// Ends the emulator and the bootstrap, and returns the log of both.
    pub fn end(&mut self) -> String {
        let id = self.process.id().to_string();
        if let Ok(None) = self.process.try_wait() {
            // It then kills the bootstrap. `kill` is part of every shell, but not of every system.
            let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        }
        let start = Instant::now();
        while let Ok(None) = self.process.try_wait() {
            if start.elapsed() > PATIENCE {
                // The bootstrap then ends by itself, because its /next fails.
                let _ = self.process.kill();
            }
            thread::sleep(Duration::from_millis(1));
        }
        mem::take(&mut self.log).into_iter().filter_map(|log| log.join().ok()).collect()
    }
}

fn invoke(address: SocketAddr, event: &[u8]) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // The response to HTTP/1.0 is not chunked, and ends with the connection.
    let head = format!(
        "POST /2015-03-31/functions/function/invocations HTTP/1.0\r\nContent-Length: {}\r\n\r\n",
        event.len()
    );
    // In one write: the emulator resets a connection with unread bytes if it refuses the request.
    stream.write_all(&[head.as_bytes(), event].concat())?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response)?;
    let response = String::from_utf8(response).map_err(io::Error::other)?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no HTTP: {head:?}")))?;
    Ok(Response { status, body: body.to_owned() })
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns the emulator's path, or `None` if it cannot be fetched. In CI that is a failure.
fn fetched() -> Option<&'static Path> {
    static FETCHED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FETCHED.get_or_init(fetch) {
        Ok(path) => Some(path),
        Err(why) => {
            skip(why);
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

/// Returns two addresses with free ports.
fn free_addresses() -> [SocketAddr; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

fn accepts(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// Reads to the end while the emulator continues.
fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
