//! A server that stands in for S3's uploads in parts: it discards the bytes, and counts them.

use minilambda_local::wire::Acceptor;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

/// The bytes of each part, by its number.
pub type Parts = BTreeMap<u32, u64>;

pub struct Discarding {
    pub address: SocketAddr,
    received: Arc<Received>,
    _acceptor: Acceptor,
}

#[derive(Default)]
struct Received {
    parts: Mutex<Parts>,
    /// How many parts the last request has named.
    completed: Mutex<usize>,
}

impl Discarding {
    pub fn start() -> Self {
        let received = Arc::<Received>::default();
        let shared = received.clone();
        let acceptor = Acceptor::start(move |stream| drop(shared.serve(stream))).unwrap();
        Self { address: acceptor.address(), received, _acceptor: acceptor }
    }

    /// The parts, and how many of them the object has.
    pub fn parts(&self) -> (Parts, usize) {
        (self.received.parts.lock().unwrap().clone(), *self.received.completed.lock().unwrap())
    }
}

impl Received {
    /// Until the client closes the connection.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::with_capacity(1 << 20, stream);
        loop {
            let (mut line, mut length) = (String::new(), 0);
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            loop {
                let mut header = String::new();
                reader.read_line(&mut header)?;
                match header.trim().to_ascii_lowercase().split_once(": ") {
                    Some(("content-length", value)) => length = value.parse().unwrap(),
                    Some(_) => {}
                    None => break,
                }
            }
            let body = if let Some((_, rest)) = line.split_once("partNumber=") {
                let number = rest.split('&').next().unwrap().parse().unwrap();
                let bytes = io::copy(&mut (&mut reader).take(length), &mut io::sink())?;
                let other = self.parts.lock().unwrap().insert(number, bytes);
                assert_eq!(other, None, "part {number} comes twice");
                String::new()
            } else {
                let mut text = String::new();
                (&mut reader).take(length).read_to_string(&mut text)?;
                *self.completed.lock().unwrap() = text.matches("<PartNumber>").count();
                let (name, field) = if line.contains("?uploads=") {
                    ("InitiateMultipartUploadResult", "UploadId")
                } else {
                    ("CompleteMultipartUploadResult", "ETag")
                };
                format!("<{name}><{field}>a</{field}></{name}>")
            };
            let length = body.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: {length}\r\n\r\n");
            writer.write_all((head + &body).as_bytes())?;
        }
    }
}
