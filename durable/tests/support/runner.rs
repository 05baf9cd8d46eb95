//! Runs `runner.py` with AWS's local service for durable functions.

use super::skip::skip;
use minilambda_local::{Lambda, Server};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// An example of this crate behind the Invoke API, whose functions reach the service at a port.
pub struct Functions {
    program: PathBuf,
    workers: Option<usize>,
}

/// What the script says.
pub struct Output {
    pub is_right: bool,
    pub text: String,
}

impl Functions {
    pub fn of(example: &str) -> Self {
        Self { program: Lambda::path_of_example(example), workers: None }
    }

    /// With several workers in one process.
    pub fn workers(self, workers: usize) -> Self {
        Self { workers: Some(workers), ..self }
    }

    /// Without a port the service is that of `minilambda-local`.
    fn serve(&self, port: Option<u16>) -> (Lambda, Server) {
        let mut builder = Lambda::builder(&self.program)
            .timeout(Duration::from_secs(60))
            .env("AWS_ACCESS_KEY_ID", "none")
            .env("AWS_SECRET_ACCESS_KEY", "none");
        if let Some(port) = port {
            let url = format!("http://127.0.0.1:{port}");
            builder = builder.env("AWS_ENDPOINT_URL_LAMBDA", url);
        }
        if let Some(workers) = self.workers {
            builder = builder.events_per_program(workers).max_programs(1);
        }
        let lambda = builder.build();
        let server = lambda.serve(0).unwrap();
        (lambda, server)
    }
}

/// Runs a part of the script. `None` if AWS's runner is missing and the test is to be skipped.
pub fn run(functions: &Functions, what: &str, arguments: &[&str]) -> Option<Output> {
    // The script takes the port that was free a moment ago.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    run_at(Some(port), functions, what, arguments)
}

/// The same with the service of `minilambda-local`.
pub fn run_locally(functions: &Functions, what: &str, arguments: &[&str]) -> Option<Output> {
    run_at(None, functions, what, arguments)
}

fn run_at(
    port: Option<u16>,
    functions: &Functions,
    what: &str,
    arguments: &[&str],
) -> Option<Output> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let fetched = Command::new(root.join("tests/tools/fetch")).arg("dex_local_runner").output();
    let fetched = fetched.unwrap();
    if !fetched.status.success() {
        skip(&String::from_utf8_lossy(&fetched.stderr));
        return None;
    }
    let program = PathBuf::from(String::from_utf8(fetched.stdout).unwrap().trim());
    let python = program.canonicalize().unwrap().with_file_name("python");
    let (lambda, server) = functions.serve(port);
    let mut command = Command::new(python);
    command.arg(root.join("durable/tests/runner.py")).arg(&program).arg(server.url());
    command
        .arg(port.unwrap_or_default().to_string())
        .arg(lambda.handlers().unwrap().join(","))
        .arg(what);
    command.args(arguments.iter().filter(|argument| !argument.is_empty()));
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    println!("{text}");
    Some(Output { is_right: output.status.success(), text })
}
