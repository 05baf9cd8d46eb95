//! Requests to a stand-in for AWS on this machine. It knows a service by its name in the signature,
//! which it does not check.

use crate::wire::{self, Framing};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The most bytes of a response.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The longest time without a byte: the longest wait for a message, and some.
const LIMIT: Duration = Duration::from_secs(60);

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
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    stream.write_all(&[message.as_bytes(), body].concat())?;
    let mut bytes = Vec::new();
    stream.take(MAX_BYTES as u64).read_to_end(&mut bytes).map_err(|error| match error.kind() {
        // The limit of a read.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            let message = format!("it has sent nothing for {} s", LIMIT.as_secs());
            io::Error::new(io::ErrorKind::TimedOut, message)
        }
        _ => error,
    })?;
    read(&bytes)
}

fn read(bytes: &[u8]) -> io::Result<(u16, String)> {
    if bytes.is_empty() {
        let kind = io::ErrorKind::UnexpectedEof;
        return Err(io::Error::new(kind, "it has closed the connection"));
    }
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "the response is not HTTP");
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").ok_or_else(wrong)?;
    let (head, body) = bytes.split_at(end + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(wrong)?;
    let mut whole = Vec::new();
    if head.contains("\r\ntransfer-encoding: chunked\r\n") {
        let framing = Framing { is_chunked: true, ..Framing::default() };
        wire::read_body(&mut &*body, framing, MAX_BYTES, &mut whole)?;
    } else {
        whole.extend_from_slice(body);
    }
    Ok((status, String::from_utf8_lossy(&whole).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_response_is_read_in_one_piece_or_in_chunks() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(read(plain).unwrap(), (200, "{}".to_owned()));
        let chunked =
            b"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), (400, "{}".to_owned()));
        assert!(read(b"SSH-2.0").is_err() && read(b"HTTP/1.1\r\n\r\n").is_err());
    }
}
