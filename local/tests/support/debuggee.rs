//! A function without any crate, which the test compiles with debug information: whether there is
//! some in the programs of the workspace differs.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn main() {
    let Ok(address) = env::var("AWS_LAMBDA_RUNTIME_API") else { return };
    let mut stream = TcpStream::connect(&address).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        write!(
            stream,
            "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n"
        )
        .unwrap();
        let (id, event) = response(&mut reader);
        let body = double(&event);
        let path = format!("/2018-06-01/runtime/invocation/{id}/response");
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        response(&mut reader);
    }
}

/// Reads a response: the id of the event, if there is one, and the body.
fn response(reader: &mut impl BufRead) -> (String, String) {
    let (mut id, mut length) = (String::new(), 0);
    for line in reader.by_ref().lines().map(Result::unwrap) {
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("lambda-runtime-aws-request-id") => {
                value.clone_into(&mut id)
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap()
            }
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (id, String::from_utf8(body).unwrap())
}

#[inline(never)]
fn double(event: &str) -> String {
    let number: u32 = event.trim().parse().unwrap();
    (number * 2).to_string()
}
