//! The tool as a program that runs.
#![allow(dead_code, reason = "each test uses a part")]

use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Ends the tool when a test ends, or panics.
pub struct Tool {
    pub process: Child,
    pub url: String,
    pub said: Arc<Mutex<String>>,
}

impl Tool {
    pub fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    /// Waits for a line that contains a text.
    pub fn wait_for_line(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let said = self.said.lock().unwrap().clone();
            if let Some(line) = said.lines().rfind(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(start.elapsed() < Duration::from_secs(300), "no {text} in {said}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn has_said(&self, text: &str) -> bool {
        self.said.lock().unwrap().contains(text)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            eprintln!("the tool has said:\n{}", self.said.lock().unwrap());
        }
    }
}

/// A signal that `nohup` or the like ignores is ignored by what it starts, too.
pub fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(bits.trim(), 16).unwrap() >> (signal.as_raw() - 1) & 1 == 1
}

/// The folder that all projects are built in.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-target")
}

/// Starts the tool in a folder, on a free port.
pub fn start(folder: &Path, arguments: &[&str]) -> Tool {
    let mut process = Command::new(env!("CARGO_BIN_EXE_minilambda-local"))
        .args(["--port", "0"])
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target())
        .env_remove("RUSTFLAGS")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = Arc::new(Mutex::new(String::new()));
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = lines.next().expect("the tool says nothing").unwrap();
    let errors = BufReader::new(process.stderr.take().unwrap()).lines();
    let (of_output, of_errors) = (Arc::clone(&said), Arc::clone(&said));
    let keep = |said: &Mutex<String>, line: String| *said.lock().unwrap() += &(line + "\n");
    thread::spawn(move || lines.map_while(Result::ok).for_each(|line| keep(&of_output, line)));
    thread::spawn(move || errors.map_while(Result::ok).for_each(|line| keep(&of_errors, line)));
    Tool { process, url, said }
}
