//! Requests that are sent without ureq: every POST.
//!
//! Replaces ureq's own POST. Cost: this file and `connection.rs`. Gain: 21,000
//! instructions less for each response (of some 58,000 for a small event), a response of 6 MB is
//! not copied, a response that comes before the request's end is read, and a stream can end with
//! trailers. It can go when ureq sends trailers and takes less than a microsecond for a POST.

use super::connection::{Connection, ConnectionSlot, PROBE_AFTER_IDLE};
use super::head::{self, MAX_HEAD_BYTES};
use httparse::{ParserConfig, Response};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// A request whose head is being written.
pub(crate) struct Post<'a> {
    slot: &'a ConnectionSlot,
    head: String,
}

impl<'a> Post<'a> {
    /// `lines` are the end of the first line, and the header lines that every POST has.
    pub(super) fn new(slot: &'a ConnectionSlot, prefix: &str, path: &str, lines: &str) -> Self {
        let parts = ["POST ", prefix, path, lines];
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        let mut head = String::with_capacity(bytes + USUAL_HEADER_BYTES);
        head.extend(parts);
        Self { slot, head }
    }

    /// Appends a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        push_header(&mut self.head, name, value);
        self
    }

    /// Sends the complete request, and reads the response. `wanted` names a response header to
    /// return.
    pub(crate) fn send(mut self, body: &[u8], wanted: &str) -> io::Result<PostResponse> {
        self.head.extend(["content-length: ", &body.len().to_string(), "\r\n\r\n"]);
        let connection = self.slot.get(PROBE_AFTER_IDLE)?;
        let sent = connection.send(&mut [IoSlice::new(self.head.as_bytes()), IoSlice::new(body)]);
        let response = read_response(&connection, sent, wanted)?;
        if body.len() > MAX_UNREAD_BYTES && response.status >= 400 {
            connection.close();
        }
        Ok(response)
    }

    /// Sends the head. The body is sent in chunks, and may have trailers of these names.
    pub(crate) fn send_head(self, trailers: [&str; 2]) -> io::Result<ChunkedPost> {
        let post =
            self.header("transfer-encoding", "chunked").header("trailer", &trailers.join(", "));
        let connection = post.slot.get(Duration::ZERO)?; // a stream can afford a probe
        let head = [IoSlice::new(post.head.as_bytes()), IoSlice::new(LINE_END)];
        connection.send(&mut { head }).inspect_err(|_| connection.close())?;
        Ok(ChunkedPost(connection))
    }
}

/// The bytes of the header lines that most requests get.
const USUAL_HEADER_BYTES: usize = 128;

/// A request whose body is being sent.
pub(crate) struct ChunkedPost(Arc<Connection>);

/// Eight hexadecimal digits and a line end.
const SIZE_LINE_BYTES: usize = 10;
const LINE_END: &[u8] = b"\r\n";

impl ChunkedPost {
    /// Sends a part of the body, which is not empty.
    pub(crate) fn chunk(&self, bytes: &[u8]) -> io::Result<()> {
        let mut size_line = [0; SIZE_LINE_BYTES];
        write!(size_line.as_mut_slice(), "{:08x}\r\n", bytes.len())?;
        self.0.send(&mut [size_line.as_slice(), bytes, LINE_END].map(IoSlice::new))
    }

    /// Ends the body, and reads the response. Trailers say that the body is incomplete.
    pub(crate) fn end(self, trailers: &[(&str, &str)]) -> io::Result<PostResponse> {
        let mut tail = String::from("0\r\n");
        for (name, value) in trailers {
            push_header(&mut tail, name, value);
        }
        tail.push_str("\r\n");
        let sent = self.0.send(&mut [IoSlice::new(tail.as_bytes())]);
        let response = read_response(&self.0, sent, "");
        if !trailers.is_empty() || response.as_ref().is_ok_and(|response| response.status >= 400) {
            self.0.close(); // the service may not have read all of the body
        }
        response
    }
}

/// Appends a header line. A character that no header may have becomes a question mark.
fn push_header(head: &mut String, name: &str, value: &str) {
    head.extend([name, ": "]);
    // Bytes are faster than characters.
    let is_plain = |byte: u8| matches!(byte, b'\t' | b' '..=b'~');
    if value.bytes().all(is_plain) {
        head.push_str(value);
    } else {
        let is_control = |c: char| c != '\t' && c.is_control();
        head.extend(value.chars().map(|c| if is_control(c) { '?' } else { c }));
    }
    head.push_str("\r\n");
}

/// The service responds to a POST with a head and a line or two, in 200 bytes.
const USUAL_BYTES: usize = 512;
const MAX_POST_RESPONSE_BYTES: usize = MAX_HEAD_BYTES;

/// A request may wait in the buffers of the sockets. If the service rejects a larger one, it may
/// not have read it, and would take the rest of it for the next request.
const MAX_UNREAD_BYTES: usize = 4096;

/// The response to a POST.
#[derive(Debug)]
pub(crate) struct PostResponse {
    pub status: u16,
    /// The body, or as much of it as came. Empty if the head does not say how long it is.
    pub text: Vec<u8>,
    /// The value of the header that was asked for, if there is exactly one.
    #[cfg_attr(not(feature = "shutdown"), allow(dead_code))]
    pub header: Option<Vec<u8>>,
    /// Whether the connection can be used for another request.
    is_reusable: bool,
}

/// Reads the response to a request, even if the request could not be sent to its end: the service
/// may have responded, and closed, before it had read everything.
fn read_response(
    connection: &Connection,
    sent: io::Result<()>,
    wanted: &str,
) -> io::Result<PostResponse> {
    let mut has_waited = false;
    let response = parse_response(&mut connection.stream(), wanted, || {
        has_waited = true;
        connection.limit_wait();
    });
    match response {
        Ok(response) => {
            connection.touch();
            if has_waited {
                connection.wait_forever();
            }
            if sent.is_err() || !response.is_reusable {
                connection.close();
            }
            Ok(response)
        }
        Err(error) => {
            connection.ended_before_response();
            Err(sent.err().unwrap_or(error))
        }
    }
}

/// Reads and parses a response. `before_waiting` is called if the body does not come with the head.
pub(crate) fn parse_response(
    connection: &mut impl Read,
    wanted: &str,
    before_waiting: impl FnOnce(),
) -> io::Result<PostResponse> {
    // Of a POST that was accepted no header line may make a failure.
    let mut config = ParserConfig::default();
    config.ignore_invalid_headers_in_responses(true);
    let mut input = Vec::with_capacity(USUAL_BYTES);
    loop {
        let parsed =
            head::parse(&config, &input, |response, bytes| (bytes, Head::new(response, wanted)));
        let not_http = |_| io::Error::new(ErrorKind::InvalidData, "the response is not HTTP");
        let Some((bytes, head)) = parsed.map_err(not_http)? else {
            read_more(connection, &mut input)?;
            continue;
        };
        if head.status < 100 {
            return Err(not_http(httparse::Error::Status));
        }
        input.drain(..bytes);
        if head::is_informational(head.status) {
            continue;
        }
        let length = head.text_length();
        let mut is_complete = true;
        if let Some(missing @ 1..) = length.checked_sub(input.len() as u64) {
            before_waiting();
            let missing = missing.min(MAX_POST_RESPONSE_BYTES as u64);
            let read = connection.take(missing).read_to_end(&mut input);
            is_complete = read.is_ok() && input.len() as u64 == length;
        }
        let has_surplus = input.len() as u64 > length;
        input.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        let is_reusable = is_complete && head.is_delimited() && !has_surplus;
        return Ok(PostResponse {
            status: head.status,
            text: input,
            header: head.header,
            is_reusable,
        });
    }
}

/// Reads more of a head, until it is worth parsing again.
fn read_more(connection: &mut impl Read, input: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let filled = input.len();
        input.resize(filled + filled.max(USUAL_BYTES), 0);
        let read = connection.read(input.get_mut(filled..).unwrap_or_default());
        input.truncate(filled + read.as_ref().map_or(0, |count| *count));
        match read {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(1..) if input.len() <= MAX_POST_RESPONSE_BYTES => {
                if head::is_worth_parsing(input, filled) {
                    return Ok(());
                }
            }
            Ok(_) => {
                let text = "unexpected end of the response";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, text));
            }
            Err(error) => return Err(error),
        }
    }
}

struct Head {
    status: u16,
    /// The first `Content-Length`.
    length: Option<u64>,
    /// Whether the connection is kept, by the version and `Connection`.
    is_kept: bool,
    /// Whether the head has a `Transfer-Encoding`, or two different lengths: the body is not read
    /// then.
    is_ambiguous: bool,
    header: Option<Vec<u8>>,
}

impl Head {
    fn new(response: &Response, wanted: &str) -> Self {
        let mut head = Self {
            status: response.code.unwrap_or_default(),
            length: None,
            is_kept: response.version == Some(1),
            is_ambiguous: false,
            header: None,
        };
        let mut has_header = false;
        for header in response.headers.iter() {
            let (name, value) = (header.name, header.value);
            if head::is_name(name, "content-length") {
                let length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                head.is_ambiguous |=
                    length.is_none() || head.length.is_some_and(|it| Some(it) != length);
                head.length = head.length.or(length);
            } else if head::is_name(name, "connection") {
                let mut options = value.split(|byte| *byte == b',');
                head.is_kept &=
                    !options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"));
            } else if head::is_name(name, "transfer-encoding") {
                head.is_ambiguous = true;
            } else if name.eq_ignore_ascii_case(wanted) {
                head.header = (!has_header).then(|| value.to_vec());
                has_header = true;
            }
        }
        head
    }

    fn has_no_text(&self) -> bool {
        matches!(self.status, 101 | 204 | 304)
    }

    fn text_length(&self) -> u64 {
        if self.has_no_text() || self.is_ambiguous { 0 } else { self.length.unwrap_or(0) }
    }

    /// Whether it is certain where the response ends.
    fn is_delimited(&self) -> bool {
        let is_length_known =
            if self.has_no_text() { self.length.unwrap_or(0) == 0 } else { self.length.is_some() };
        self.is_kept && is_length_known && !self.is_ambiguous && self.status != 101
    }
}

#[cfg(test)]
mod tests {
    use super::parse_response;

    /// Status, text, the header `x`, whether the connection is reusable, and whether the parser
    /// waited for the body.
    fn parsed(response: &str) -> (u16, String, Option<String>, bool, bool) {
        let mut waited = false;
        let response =
            parse_response(&mut response.replace('\n', "\r\n").as_bytes(), "X", || waited = true)
                .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let header = response.header.map(text);
        (response.status, text(response.text), header, response.is_reusable, waited)
    }

    #[test]
    fn a_response_ends_where_its_head_says() {
        for (response, expected) in [
            ("HTTP/1.1 202 OK\nContent-Length: 3\n\nabc", (202, "abc", true, false)),
            ("HTTP/1.1 202 OK\nContent-Length: 3\n\nabcd", (202, "abc", false, false)),
            ("HTTP/1.1 202 OK\nContent-Length: 3\n\nab", (202, "ab", false, true)),
            (
                "HTTP/1.1 202 OK\nContent-Length: 3\nContent-Length: 3\n\nabc",
                (202, "abc", true, false),
            ),
            (
                "HTTP/1.1 202 OK\nContent-Length: 3\nContent-Length: 4\n\nabc",
                (202, "", false, false),
            ),
            ("HTTP/1.1 202 OK\nContent-Length: x\n\nabc", (202, "", false, false)),
            ("HTTP/1.1 202 OK\n\nabc", (202, "", false, false)),
            (
                "HTTP/1.1 202 OK\nConnection: a, Close\nContent-Length: 0\n\n",
                (202, "", false, false),
            ),
            ("HTTP/1.0 202 OK\nContent-Length: 0\n\n", (202, "", false, false)),
            ("HTTP/1.1 202 OK\nTransfer-Encoding: identity\n\nabc", (202, "", false, false)),
            ("HTTP/1.1 202 OK\nTransfer-Encoding: chunked\n\n3\nabc", (202, "", false, false)),
            ("HTTP/1.1 204 No\nContent-Length: 3\n\n", (204, "", false, false)),
            ("HTTP/1.1 304 No\nContent-Length: 3\n\n", (304, "", false, false)),
            ("HTTP/1.1 204 No\n\n", (204, "", true, false)),
            (
                "HTTP/1.1 100 C\n\nHTTP/1.1 103 E\nA: b\n\nHTTP/1.1 200 OK\nContent-Length: 0\n\n",
                (200, "", true, false),
            ),
            ("HTTP/1.1 101 Other\n\n", (101, "", false, false)),
        ] {
            let (status, text, _, is_reusable, waited) = parsed(response);
            assert_eq!((status, &*text, is_reusable, waited), expected, "{response}");
        }
    }

    #[test]
    fn a_status_has_three_digits() {
        for line in ["HTTP/1. 2012 Ac", "HTTP/1.1 099 x", "HTTP/1.1 20", "HTTP/2 200 OK", "x"] {
            let text = format!("{line}\r\nContent-Length: 0\r\n\r\n");
            assert!(parse_response(&mut text.as_bytes(), "", || {}).is_err(), "{line}");
        }
    }

    #[test]
    fn a_header_is_returned_if_there_is_one() {
        for (lines, expected) in
            [("", None), ("x: 1\n", Some("1")), ("X:\n", Some("")), ("x: 1\nx: 1\n", None)]
        {
            let (.., header, _, _) = parsed(&format!("HTTP/1.1 200 OK\n{lines}\n"));
            assert_eq!(header.as_deref(), expected, "{lines}");
        }
    }
}
