//! Starting a built program and waiting for its end.

use super::fake_api::FakeApi;
use minilambda_local::Lambda;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Longer than anything here takes on a slow machine; a program that hangs is killed then.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a program did.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn code(&self) -> i32 {
        self.status.code().expect("ended by a signal")
    }
}

/// A program among the examples, which cargo builds before it runs tests; without any
/// environment but what the test gives it.
pub fn example(name: &str) -> Command {
    let mut command = Command::new(path_of(name));
    command.env_clear();
    command
}

pub fn path_of(example: &str) -> PathBuf {
    Lambda::path_of_example(example)
}

/// The program of the tests, as Lambda starts it.
pub fn bootstrap(api: &FakeApi, handler: &str) -> Command {
    let mut command = example("bootstrap-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", handler);
    command
}

/// Serves what the API has to give, to the end.
pub fn serve(api: &FakeApi, handler: &str) -> Ended {
    end(&mut bootstrap(api, handler), b"")
}

/// Runs a program to its end.
pub fn end(command: &mut Command, stdin: &[u8]) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    thread::spawn(move || input.write_all(&stdin)); // a program may end without reading it all
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    let status = wait(&mut child);
    Ended { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the program did not end within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The most memory that the program of the tests has had when all events are served, in KiB.
pub fn peak_kb(api: &FakeApi, handler: &str) -> i64 {
    let report = env::temp_dir().join(format!("minilambda-rss-{}", api.port()));
    end(bootstrap(api, handler).env("TEST_PEAK_MEMORY", &report), b"");
    let text = fs::read_to_string(&report).unwrap();
    fs::remove_file(&report).unwrap();
    text.trim().parse().unwrap()
}
