//! A table of DynamoDB with one item, which it returns at once.

use minilambda_local::wire::{self, Acceptor};
use std::io::{self, BufReader, Write};
use std::net::TcpStream;

/// The response to a `GetItem`.
pub const ITEM: &str = r#"{"Item":{"id":{"S":"ada"},"name":{"S":"Ada"},"age":{"N":"36"},"tags":{"L":[{"S":"new"},{"S":"gift"}]}}}"#;

/// Starts it, on a port of this machine.
///
/// # Errors
/// If no port can be listened on.
pub fn start() -> io::Result<Acceptor> {
    Acceptor::start(|stream| drop(serve(&stream)))
}

fn serve(mut stream: &TcpStream) -> io::Result<()> {
    let headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "1")];
    let response = wire::response("200 OK", &headers, ITEM.as_bytes());
    let mut reader = BufReader::new(stream);
    let (mut line, mut bytes) = (String::new(), Vec::new());
    stream.set_nodelay(true)?;
    while let Some(framing) = wire::read_head(&mut reader, &mut line, |_, _| {})? {
        wire::read_body(&mut reader, framing, usize::MAX, &mut bytes)?;
        stream.write_all(&response)?;
    }
    Ok(())
}
