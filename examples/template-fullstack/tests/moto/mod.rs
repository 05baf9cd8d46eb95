//! moto, which stands in for AWS.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

pub struct Moto {
    server: Child,
    port: u16,
}

impl Moto {
    /// `None` if moto is not installed: the test is skipped then, but not in CI.
    pub fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/moto_server");
        let program = if installed.exists() {
            installed
        } else {
            "moto_server".into()
        };
        let server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = match server {
            Ok(server) => server,
            Err(error) => {
                let test = thread::current().name().unwrap_or_default().to_owned();
                let message = format!("{test}: moto_server: {error}: tests/moto/install brings it");
                assert!(env::var_os("CI").is_none(), "{message}");
                // To stderr itself: what a test prints is shown only if it fails.
                let _ = writeln!(io::stderr(), "\nSKIPPED {message}");
                return None;
            }
        };
        let mut moto = Self { server, port };
        moto.wait();
        Some(moto)
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.server.try_wait().unwrap();
            assert!(ended.is_none(), "moto_server has ended: {ended:?}");
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "moto_server does not listen after 60 s"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends a request to a service, as its API reference has it, and returns the body of the
    /// response. moto knows the service by its name in the signature, which it does not check.
    ///
    /// ```text
    /// aws.call("dynamodb", "POST /", &["X-Amz-Target: DynamoDB_20120810.ListTables"], "{}");
    /// aws.call("s3", "PUT /photos", &[], "");
    /// aws.call("sns", "POST /?Action=CreateTopic&Name=sold", &[], "");
    /// ```
    pub fn call(&self, service: &str, request: &str, headers: &[&str], body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {service}.eu-central-1.amazonaws.com\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=none/20260101/eu-central-1/{service}/aws4_request\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(
            response.starts_with("HTTP/1.1 2"),
            "{service} {request}: {response}"
        );
        response
            .split_once("\r\n\r\n")
            .unwrap_or_default()
            .1
            .to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
