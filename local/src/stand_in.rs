//! Requests to a stand-in for AWS on this machine. It knows a service by its name in the signature,
//! which it does not check.

use crate::wire::{self, Framing};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// The most bytes of a response.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The most bytes and headers of a response's head.
const MAX_HEAD_BYTES: u64 = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// The longest time for a request and its response: the longest wait for a message, and some.
const LIMIT: Duration = Duration::from_secs(60);

/// The longest time for a connection: it is on this machine, or near it.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The address of a URL of a stand-in: `127.0.0.1:5000` of `http://127.0.0.1:5000/`.
pub(crate) fn address(url: &str) -> Option<String> {
    let rest = url.strip_prefix("http://")?;
    let authority = rest.trim_end_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if authority.is_empty() || !authority.chars().all(is_plain) {
        return None;
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Some(if has_port { authority.to_owned() } else { format!("{authority}:80") })
}

/// Sends a request, its first line without the version and whole lines of headers. Returns the
/// status and the body of the response.
pub(crate) fn send(
    address: &str,
    (service, region): (&str, &str),
    request: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<(u16, String)> {
    let headers: String = headers.iter().flat_map(|line| [line, "\r\n"]).collect();
    let message = format!(
        "{request} HTTP/1.1\r\nHost: {service}.{region}.amazonaws.com\r\nConnection: close\r\n\
         X-Amz-Date: 20260101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=none/20260101/{region}/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=none\r\n\
         {headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    let message = [message.as_bytes(), body].concat();
    exchange(address, &message, LIMIT)
}

fn exchange(address: &str, message: &[u8], limit: Duration) -> io::Result<(u16, String)> {
    let mut stream = Limited { stream: connect(address)?, end: Instant::now() + limit };
    let is_head = message.starts_with(b"HEAD ");
    let exchanged =
        stream.write_all(message).and_then(|()| read(&mut BufReader::new(stream), is_head));
    exchanged.map_err(|error| match error.kind() {
        // The limit of a read or a write.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            let message = format!("its response is not complete after {} s", limit.as_secs_f64());
            io::Error::new(io::ErrorKind::TimedOut, message)
        }
        _ => error,
    })
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "its name has no address"));
    for address in address.to_socket_addrs()? {
        result = TcpStream::connect_timeout(&address, CONNECT_LIMIT);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// A connection that ends at a time, however little it sends at once.
struct Limited {
    stream: TcpStream,
    end: Instant,
}

impl Limited {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Limited {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(bytes)
    }
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Reads a response to its end, which need not be that of the connection.
fn read(reader: &mut impl BufRead, is_head: bool) -> io::Result<(u16, String)> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut head = Vec::new();
    while !head.ends_with(b"\n\r\n") && !head.ends_with(b"\n\n") {
        let left = MAX_HEAD_BYTES.saturating_sub(head.len() as u64);
        if reader.take(left).read_until(b'\n', &mut head)? == 0 {
            let closed = "it has closed the connection";
            return Err(wrong(if head.is_empty() { closed } else { "the response is not HTTP" }));
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(&head);
    let status = response.code.filter(|_| parsed.is_ok_and(|parsed| parsed.is_complete()));
    let status = status.ok_or_else(|| wrong("the response is not HTTP"))?;
    let value = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| String::from_utf8_lossy(header.value).trim().to_ascii_lowercase())
    };
    let is_chunked = value("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    let length = value("content-length").map(|length| length.parse::<usize>());
    let length = length.transpose().map_err(|_| wrong("its Content-Length is not a number"))?;
    let mut body = Vec::new();
    let has_no_body = is_head || matches!(status, 204 | 304);
    if has_no_body {
        // Its length, if it has one, is that of another response.
    } else if is_chunked || length.is_some() {
        let framing =
            Framing { is_chunked, length: length.unwrap_or_default(), ..Framing::default() };
        wire::read_body(reader, framing, MAX_BYTES, &mut body).map_err(|error| {
            match error.kind() {
                io::ErrorKind::UnexpectedEof => wrong("its response ends in the middle"),
                _ if wire::is_too_large(&error) => wrong("its response has more than 32 MB"),
                _ => error,
            }
        })?;
    } else {
        reader.take(MAX_BYTES as u64).read_to_end(&mut body)?;
    }
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn an_address_is_that_of_a_url_without_tls() {
        for (url, expected) in [
            ("http://127.0.0.1:5000", Some("127.0.0.1:5000")),
            ("http://localhost:4566/", Some("localhost:4566")),
            ("http://moto", Some("moto:80")),
            ("http://[::1]:9", Some("[::1]:9")),
            ("https://sqs.eu-central-1.amazonaws.com", None),
            ("http://", None),
            ("http://a/b", None),
            ("http://a b:1", None),
        ] {
            assert_eq!(address(url).as_deref(), expected, "{url}");
        }
    }

    /// What comes of a server that sends these bytes, and then neither goes on nor ends.
    fn response(bytes: &'static [u8], stays: bool) -> Result<(u16, String), String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let read = stream.read(&mut [0; 100]).unwrap();
            assert_eq!(read, 1);
            stream.write_all(bytes).unwrap();
            stays.then_some(stream)
        });
        let got = exchange(&address, b"-", Duration::from_millis(if stays { 300 } else { 60_000 }));
        drop(server.join());
        got.map_err(|error| error.to_string())
    }

    #[test]
    fn a_response_ends_where_it_says() {
        for (bytes, expected) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"[..], (200, "{}")),
            (b"HTTP/1.1 204 No\r\n\r\n", (204, "")),
            (
                b"HTTP/1.1 400 No\r\ntransfer-encoding:chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
                (400, "{}"),
            ),
        ] {
            // Whether the connection stays or ends.
            for stays in [true, false] {
                assert_eq!(response(bytes, stays), Ok((expected.0, expected.1.to_owned())));
            }
        }
        let of_head = &mut &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"[..];
        assert_eq!(read(of_head, true).unwrap(), (200, String::new()));
        let to_the_end = b"HTTP/1.0 200 OK\n\n{}";
        assert_eq!(response(to_the_end, false), Ok((200, "{}".to_owned())));
    }

    #[test]
    fn what_is_no_whole_response_is_an_error_in_time() {
        let late = "its response is not complete after 0.3 s";
        for (bytes, stays, said) in [
            (&b""[..], false, "it has closed the connection"),
            (b"SSH-2.0\n\n", false, "the response is not HTTP"),
            (b"HTTP/1.1 200 OK\r\n", false, "the response is not HTTP"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", false, "ends in the middle"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", false, "not a number"),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
                false,
                "ends in the middle",
            ),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", false, "32 MB"),
            (b"", true, late),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", true, late),
        ] {
            let error = response(bytes, stays).unwrap_err();
            assert!(error.contains(said), "{error} for {}", String::from_utf8_lossy(bytes));
        }
    }
}
