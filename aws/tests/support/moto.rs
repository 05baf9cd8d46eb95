//! What stands in for AWS: moto for all of it, dynalite for DynamoDB. With botocore to prepare and to
//! read back.
#![allow(dead_code, reason = "each test uses a part")]

use super::local_support::tool;
use minilambda_local::{Builder, Lambda};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A stand-in of AWS. It ends with the test, even if the test is killed: then its shell's input ends.
pub struct StandIn {
    shell: Child,
    input: Option<ChildStdin>,
    port: u16,
    python: PathBuf,
    /// Whether it has transactions, and the item in errors of conditions. Dynalite is from before that.
    pub is_of_today: bool,
}

impl StandIn {
    /// `None` if the test is to be skipped.
    pub fn moto() -> Option<Self> {
        Self::start("moto_server", "-H 127.0.0.1 -p", true)
    }

    /// `None` if the test is to be skipped. It refuses what DynamoDB refuses.
    pub fn dynalite() -> Option<Self> {
        Self::start("dynalite", "--host 127.0.0.1 --createTableMs 50 --port", false)
    }

    fn start(server: &str, options: &str, is_of_today: bool) -> Option<Self> {
        let (server, boto3) = (tool(server)?, tool("boto3")?);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let script = format!(
            "\"$0\" {options} {port} >/dev/null 2>&1 & pid=$!; read -r line; kill $pid; wait"
        );
        let mut shell = Command::new("sh")
            .args(["-c", &script])
            .arg(server)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let input = shell.stdin.take();
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "{options} does not start");
            thread::sleep(Duration::from_millis(20));
        }
        let python = boto3.join("bin/python3");
        Some(Self { shell, input, port, python, is_of_today })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs a script with clients of boto3; returns what it prints.
    pub fn python(&self, script: &str) -> String {
        let prelude = "import boto3, json, sys\n\
            def client(name): return boto3.client(name, endpoint_url=sys.argv[1])\n";
        let mut command = Command::new(&self.python);
        command.args(["-c", &format!("{prelude}{script}"), &self.url()]).env_clear();
        let output = command
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.input.take().map(|mut input| input.write_all(b"end\n")));
        let _ = self.shell.wait();
    }
}

/// An example with the environment to reach it.
pub fn lambda(example: &str, url: &str) -> Builder {
    Lambda::builder(Lambda::path_of_example(example))
        .timeout(Duration::from_secs(60))
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
}
