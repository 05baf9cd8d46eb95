//! Functions of the tests over sockets.
#![allow(dead_code, reason = "each test uses a part")]

#[path = "../../../tests/support/skip.rs"]
pub mod skip;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A response as it was received, with the time of each part.
#[derive(Debug)]
pub struct Received {
    pub status: u16,
    pub head: String,
    /// The body, without the framing of chunks.
    pub body: Vec<u8>,
    /// The number of reads that returned bytes.
    pub parts: usize,
}

impl Received {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends a request on a connection of its own. A `host` header is given by the caller or is the
/// address.
pub fn request(address: SocketAddr, head: &str, body: &[u8]) -> Received {
    let mut stream = TcpStream::connect(address).unwrap();
    // A first request may wait until a program is built.
    stream.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let has_host = headers.to_ascii_lowercase().contains("host:");
    let host = if has_host { String::new() } else { format!("Host: {address}\r\n") };
    let headers = headers.trim().replace('\n', "\r\n");
    let end = if headers.is_empty() { "" } else { "\r\n" };
    let head = format!(
        "{line} HTTP/1.1\r\n{host}{headers}{end}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A server that refuses does not read it all.
    let _ = stream.write_all(body);
    let (mut bytes, mut parts, mut part) = (Vec::new(), 0, vec![0; 64 * 1024]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            // A read with a time limit may be interrupted without a signal.
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // A server that refuses may reset the connection after its response.
            Err(_) if !bytes.is_empty() => break,
            Err(error) => panic!("no response to {line}: {error}"),
            Ok(count) => {
                bytes.extend_from_slice(&part[..count]);
                parts += 1;
            }
        }
    }
    let end = bytes
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no response to {line}: {}", String::from_utf8_lossy(&bytes)));
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if head.contains("Transfer-Encoding: chunked") { dechunked(&body) } else { body };
    Received { status, head, body, parts }
}

fn dechunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|end| end == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            body.extend_from_slice(b"(end)");
            break;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
    body
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Fetches a tool that only tests need. `None` if the test is to be skipped, as it never is in CI.
pub fn tool(name: &str) -> Option<PathBuf> {
    let output = Command::new(root().join("tests/tools/fetch")).arg(name).output().unwrap();
    if output.status.success() {
        return Some(String::from_utf8(output.stdout).unwrap().trim().into());
    }
    skip::skip(&String::from_utf8_lossy(&output.stderr));
    None
}
