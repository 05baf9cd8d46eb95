//! The head of a response.

use std::borrow::Cow;
use std::str;

/// As ureq and most servers limit it.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// Heads of the status 1xx, and the real one.
pub(super) const MAX_HEADS: usize = 16;

#[derive(Debug)]
pub(super) struct Head {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub framing: Framing,
    /// Whether the connection stays open.
    pub is_kept: bool,
}

/// How a body ends.
#[derive(Debug, PartialEq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// With the connection.
    Close,
}

impl Head {
    /// A head of the status 1xx announces the real one.
    pub fn is_informational(&self) -> bool {
        self.status < 200
    }
}

pub(super) fn parse(bytes: &[u8], method: &str) -> Result<Head, &'static str> {
    // Checking for UTF-8 first is faster than the lossy conversion alone.
    let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::from);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let first = lines.next().unwrap_or_default();
    let rest = first.strip_prefix("HTTP/1.").ok_or("it does not begin with HTTP/1")?;
    let (version, rest) = rest.split_once(' ').ok_or("it has no status")?;
    let status = rest.split(' ').next().filter(|digits| digits.len() == 3);
    let status = status.and_then(|digits| digits.parse().ok()).filter(|status| *status >= 100);
    let status: u16 = status.ok_or("its status is no number of three digits")?;
    if status == 101 {
        return Err("it changes the protocol, which was not asked for");
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            // A folded value, as HTTP once had.
            let (_, value) = headers.last_mut().ok_or("its first header has no name")?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or("a header has no colon")?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let framing = framing(status, method, &headers)?;
    let closes = all(&headers, "connection").any(|option| option.eq_ignore_ascii_case("close"));
    // Without a length the connection is the framing; with both forms it may be meant to deceive. A
    // status without a body may be followed by one if it names a length.
    let is_ambiguous = framing == Framing::Close
        || (framing == Framing::Chunked && all(&headers, "content-length").next().is_some())
        || (status == 204 && all(&headers, "content-length").any(|length| length != "0"));
    let is_kept = version == "1" && !closes && !is_ambiguous;
    Ok(Head { status, headers, framing, is_kept })
}

fn framing(
    status: u16,
    method: &str,
    headers: &[(String, String)],
) -> Result<Framing, &'static str> {
    if method == "HEAD" || status < 200 || status == 204 || status == 304 {
        return Ok(Framing::Length(0));
    }
    let mut encodings = all(headers, "transfer-encoding");
    if let Some(encoding) = encodings.next() {
        let is_plain = encoding.eq_ignore_ascii_case("chunked") && encodings.next().is_none();
        return if is_plain {
            Ok(Framing::Chunked)
        } else {
            Err("its transfer encoding is not known")
        };
    }
    let mut length = None;
    for text in all(headers, "content-length") {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let this: u64 = text.parse().ok().filter(|_| is_number).ok_or("its length is no number")?;
        if length.is_some_and(|other| other != this) {
            return Err("it has two lengths");
        }
        length = Some(this);
    }
    Ok(length.map_or(Framing::Close, Framing::Length))
}

/// The values of a header, those of a list one by one.
fn all<'a>(headers: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    let values = headers.iter().filter(move |(other, _)| other == name);
    values.flat_map(|(_, value)| value.split(',').map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_ends_where_its_head_says() {
        use Framing::{Chunked, Close, Length};
        for (method, text, framing, is_kept) in [
            ("GET", "HTTP/1.1 200 OK\nContent-Length: 3\n", Length(3), true),
            ("GET", "HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 3\n", Length(3), true),
            ("GET", "HTTP/1.1 200\nContent-Length: 3\nConnection: a, Close\n", Length(3), false),
            ("GET", "HTTP/1.0 200 OK\nContent-Length: 3\n", Length(3), false),
            ("GET", "HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n", Chunked, true),
            (
                "GET",
                "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Length: 3\n",
                Chunked,
                false,
            ),
            ("GET", "HTTP/1.1 200 OK\n", Close, false),
            ("HEAD", "HTTP/1.1 200 OK\nContent-Length: 3\n", Length(0), true),
            ("GET", "HTTP/1.1 204 No\n", Length(0), true),
            ("GET", "HTTP/1.1 204 No\nContent-Length: 0\n", Length(0), true),
            ("GET", "HTTP/1.1 204 No\nContent-Length: 3\n", Length(0), false),
            ("GET", "HTTP/1.1 304 No\nContent-Length: 3\n", Length(0), true),
        ] {
            let head = parse(text.replace('\n', "\r\n").as_bytes(), method).unwrap();
            assert_eq!((head.framing, head.is_kept), (framing, is_kept), "{text}");
        }
        let head = parse(b"HTTP/1.1 200 OK\nA: b\n c\n\n", "GET").unwrap();
        assert_eq!(head.headers, [("a".to_owned(), "b c".to_owned())]);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for text in [
            "",
            "HTTP/2 200 OK",
            "HTTP/1.1",
            "HTTP/1.1 20",
            "HTTP/1.1 2000",
            "HTTP/1.1 099",
            "HTTP/1.1 101 Switching Protocols",
            "x",
            "HTTP/1.1 200 OK\nno colon",
            "HTTP/1.1 200 OK\n folded",
            "HTTP/1.1 200 OK\nContent-Length: x",
            "HTTP/1.1 200 OK\nContent-Length: +3",
            "HTTP/1.1 200 OK\nContent-Length: 3, 4",
            "HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 4",
            "HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked",
        ] {
            assert!(parse(text.as_bytes(), "GET").is_err(), "{text}");
        }
    }
}
