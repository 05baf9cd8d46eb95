//! One connection: a request is written at once, and its response is read through a buffer.

use super::head::{self, Head};
use super::socket::{Phase, Socket, is_timeout};
use super::{Body, Message, NoResponse, USER_AGENT, address, proxy};
use crate::error::Error;
use crate::limits::{Deadline, Limits};
use crate::url::Url;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What is read at once: a record of TLS. Each kept connection has this memory.
const INPUT_BYTES: usize = 16 * 1024;

/// The head of a response of most services is shorter.
const USUAL_HEAD_BYTES: usize = 512;

/// What is read of a file at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A service that has refused a request in the middle has this long to say why.
const REFUSAL: Duration = Duration::from_secs(5);

/// The same if it has not taken a piece for the time of a timeout: what it said has arrived since.
const AT_ONCE: Duration = Duration::from_millis(10);

#[derive(Debug)]
enum Stream {
    Plain(Socket),
    #[cfg(feature = "services")]
    Tls(Box<super::tls::Tls>),
}

impl Stream {
    fn socket(&mut self) -> &mut Socket {
        match self {
            Self::Plain(socket) => socket,
            #[cfg(feature = "services")]
            Self::Tls(tls) => &mut tls.socket,
        }
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    /// `input[start..end]` was received and not yet read.
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// The scheme and the host.
    pub key: String,
    /// The time of day of the last use.
    pub used: SystemTime,
    /// Whether an earlier request has had a response on it.
    is_reused: bool,
}

impl Connection {
    pub fn open(url: &Url, limits: &Limits) -> Result<Self, NoResponse> {
        let proxy = proxy::for_url(url).map_err(|error| NoResponse { error, is_final: true })?;
        let end = limits.deadline.or_earlier(Deadline::after(limits.connect));
        let phase = Phase { waits_for: "the connection", end, between: None };
        let (host, port) = url.host_and_port();
        let (via, via_port) = proxy.as_ref().map_or((host, port), |it| it.url.host_and_port());
        let fail = |reason: String| {
            NoResponse::not_sent(format!("no connection to {}: {reason}", url.host))
        };
        let left = end.left().unwrap_or(limits.connect);
        let addresses = address::resolve(via, via_port, left).map_err(fail)?;
        let mut socket = Socket::connect(&addresses, phase).map_err(|error| {
            let is_timeout = is_timeout(&error);
            fail(if is_timeout { format!("timeout after {left:.1?}") } else { error.to_string() })
        })?;
        if let Some(proxy) = &proxy {
            proxy.ask(&mut socket, host, port).map_err(fail)?;
        }
        Ok(Self {
            stream: secure(url, socket)?,
            input: Vec::new(),
            start: 0,
            end: 0,
            key: key(url),
            used: SystemTime::now(),
            is_reused: false,
        })
    }

    fn phase(&mut self, waits_for: &'static str, end: Deadline, between: Option<Duration>) {
        self.stream.socket().phase = Phase { waits_for, end, between };
    }

    /// Sends the request. Returns whether the service has taken all of it: it may have responded
    /// before.
    pub fn send(&mut self, message: &Message) -> Result<bool, NoResponse> {
        let Limits { deadline, between, .. } = message.limits;
        self.phase("the request to be taken", deadline, Some(between));
        let head = text_of_head(message);
        let sent = match message.body {
            Body::Bytes(bytes) => self.write_all([head.as_bytes(), bytes]).map_err(Unsent::Peer),
            Body::File(path, length) => self.write_file(head.as_bytes(), path, length),
        };
        match sent {
            Ok(()) => Ok(true),
            Err(Unsent::File(message)) => {
                Err(NoResponse { error: Error::new("Aws.InvalidRequest", message), is_final: true })
            }
            // The service may have refused it without reading it all.
            Err(Unsent::Peer(error)) => {
                let is_timeout = is_timeout(&error);
                let patience = if is_timeout { AT_ONCE } else { REFUSAL };
                self.phase("the response", deadline.or_earlier(Deadline::after(patience)), None);
                match self.fill() {
                    Ok(1..) => Ok(false),
                    _ if is_timeout => {
                        let reason = format!("the request was not sent to its end: {error}");
                        Err(NoResponse::unknown(reason))
                    }
                    _ => Err(self.lost(&error, "the connection ended while the request was sent")),
                }
            }
        }
    }

    /// Reads the head of the response. Heads that only announce another one are skipped.
    pub fn read_head(&mut self, message: &Message) -> Result<Head, NoResponse> {
        let Limits { deadline, head, .. } = message.limits;
        let end = deadline.or_earlier(Deadline::after(head));
        self.phase("the head of the response", end, None);
        let mut bytes = Vec::with_capacity(USUAL_HEAD_BYTES);
        for _ in 0..head::MAX_HEADS {
            bytes.clear();
            while self.line(&mut bytes, head::MAX_BYTES).map_err(|error| self.no_head(&error))? > 0
            {
            }
            let head = head::parse(&bytes, message.method).map_err(|reason| {
                NoResponse::unknown(format!("the response is not HTTP: {reason}")).last()
            })?;
            if !head.is_informational() {
                self.is_reused = true;
                return Ok(head);
            }
        }
        Err(NoResponse::unknown("the response has too many heads").last())
    }

    fn no_head(&self, error: &io::Error) -> NoResponse {
        if is_timeout(error) {
            return NoResponse::unknown(error.to_string());
        }
        self.lost(error, "the connection ended before the response")
    }

    fn lost(&self, error: &io::Error, what: &str) -> NoResponse {
        let of = if self.is_reused { " (it had been open for an earlier request)" } else { "" };
        NoResponse::unknown(format!("{what}: {error}{of}"))
    }

    /// Limits the reads of a body.
    pub fn begin_body(&mut self, limits: &Limits) {
        self.phase("the rest of the response", limits.deadline, Some(limits.between));
    }

    /// Appends a line with its end. Returns its length without the end.
    pub fn line(&mut self, line: &mut Vec<u8>, max_bytes: usize) -> io::Result<usize> {
        let before = line.len();
        loop {
            let buffered = self.buffered();
            let end = buffered.iter().position(|byte| *byte == b'\n');
            let count = end.map_or(buffered.len(), |at| at + 1);
            line.extend_from_slice(buffered.get(..count).unwrap_or_default());
            self.start += count;
            if line.len() > max_bytes {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    "a line or the head is too long",
                ));
            }
            if end.is_some() {
                return Ok(line.get(before..).unwrap_or_default().trim_ascii_end().len());
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// What was received and not yet read.
    pub fn buffered(&self) -> &[u8] {
        self.input.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether nothing has come after the last response. Over TLS it may be decrypted already.
    pub fn is_quiet(&mut self) -> bool {
        let is_quiet = match &mut self.stream {
            Stream::Plain(_) => true,
            #[cfg(feature = "services")]
            Stream::Tls(tls) => tls.is_open_after(&[]),
        };
        is_quiet && self.buffered().is_empty()
    }

    pub fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Receives more, if all was read. Zero is the end of the connection.
    pub fn fill(&mut self) -> io::Result<usize> {
        (self.start, self.end) = (0, 0);
        self.input.resize(INPUT_BYTES, 0); // at the first time
        let result = match &mut self.stream {
            Stream::Plain(socket) => socket.read(&mut self.input),
            #[cfg(feature = "services")]
            Stream::Tls(tls) => tls.read(&mut self.input),
        };
        self.end = *result.as_ref().unwrap_or(&0);
        result
    }

    /// Writes parts, in one system call if they are small.
    fn write_all(&mut self, parts: [&[u8]; 2]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(socket) => {
                let mut slices = parts.map(IoSlice::new);
                let mut slices = &mut slices[..];
                IoSlice::advance_slices(&mut slices, 0);
                while !slices.is_empty() {
                    let count = socket.write_vectored(slices)?;
                    IoSlice::advance_slices(&mut slices, count);
                }
                Ok(())
            }
            #[cfg(feature = "services")]
            Stream::Tls(tls) => {
                for mut rest in parts {
                    while !rest.is_empty() {
                        let count = tls.buffer(rest)?;
                        if count == 0 {
                            tls.flush()?;
                        }
                        rest = rest.get(count..).unwrap_or_default();
                    }
                }
                tls.flush()
            }
        }
    }

    fn write_file(&mut self, head: &[u8], path: &Path, length: u64) -> Result<(), Unsent> {
        let unreadable = |error| Unsent::File(format!("cannot read {}: {error}", path.display()));
        let mut file = File::open(path).map_err(unreadable)?.take(length);
        let (mut head, mut sent) = (head, 0);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let count = file.read(&mut piece).map_err(unreadable)?;
            if count == 0 && sent < length {
                let path = path.display();
                let reason = format!(
                    "{path} has become shorter while it was sent: {sent} of {length} bytes are left"
                );
                return Err(Unsent::File(reason));
            }
            let bytes = piece.get(..count).unwrap_or_default();
            self.write_all([head, bytes]).map_err(Unsent::Peer)?;
            head = b"";
            sent += count as u64;
            if sent == length {
                return Ok(());
            }
        }
    }

    /// Until something has arrived, or the end of the connection.
    #[cfg(test)]
    pub fn wait_for_more(&mut self) {
        self.stream.socket().stream.peek(&mut [0]).unwrap();
    }

    /// Whether the peer has left an idle connection open. Takes three system calls, if nothing has
    /// arrived.
    pub fn is_open(&mut self) -> bool {
        let socket = self.stream.socket();
        if socket.stream.set_nonblocking(true).is_err() {
            return false;
        }
        let arrived = socket.stream.peek(&mut [0]);
        if socket.stream.set_nonblocking(false).is_err() {
            return false;
        }
        match (arrived, &mut self.stream) {
            (Err(error), _) => error.kind() == ErrorKind::WouldBlock,
            #[cfg(feature = "services")]
            (Ok(1), Stream::Tls(tls)) => {
                let mut bytes = [0; 4096];
                let count = tls.socket.stream.read(&mut bytes).unwrap_or_default();
                count > 0 && tls.is_open_after(bytes.get(..count).unwrap_or_default())
            }
            (Ok(_), _) => false,
        }
    }
}

/// Why a request was not sent to its end.
enum Unsent {
    File(String),
    Peer(io::Error),
}

/// What connections of the same kind have in common.
pub(super) fn key(url: &Url) -> String {
    url.origin()
}

#[cfg(feature = "services")]
fn secure(url: &Url, socket: Socket) -> Result<Stream, NoResponse> {
    if !url.is_tls {
        return Ok(Stream::Plain(socket));
    }
    let host = url.host_and_port().0;
    let tls = super::tls::Tls::connect(host, socket).map_err(|refused| {
        let reason = format!("no connection to {}: {}", url.host, refused.reason);
        NoResponse { is_final: refused.is_final, ..NoResponse::not_sent(reason) }
    })?;
    Ok(Stream::Tls(Box::new(tls)))
}

#[cfg(not(feature = "services"))]
fn secure(_: &Url, socket: Socket) -> Result<Stream, NoResponse> {
    Ok(Stream::Plain(socket))
}

fn text_of_head(message: &Message) -> String {
    let Message { method, url, headers, body, .. } = message;
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut head = String::with_capacity(bytes + USUAL_HEAD_BYTES);
    head.extend([*method, " ", &url.target(), " HTTP/1.1\r\nhost: ", &url.host, "\r\n"]);
    let mut add = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
    for (name, value) in *headers {
        add(name, value);
    }
    if !headers.iter().any(|(name, _)| name == "user-agent") {
        add("user-agent", USER_AGENT);
    }
    let length = match body {
        Body::Bytes(bytes) => bytes.len() as u64,
        Body::File(_, length) => *length,
    };
    if length > 0 || !matches!(*method, "GET" | "HEAD" | "DELETE") {
        add("content-length", &length.to_string());
    }
    head.push_str("\r\n");
    head
}
