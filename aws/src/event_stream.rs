//! The messages of `InvokeWithResponseStream`, `application/vnd.amazon.eventstream`: taken apart as
//! they come.
//!
//! A message is its length, the length of its headers and the checksum of both, the headers, the
//! payload, and the checksum of all of it. Numbers have four bytes, the first is the highest. See
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>.

use crate::error::{Error, Outcome};
use crate::response::Response;
use minilambda_events::__private::crc32;
use miniserde::{Deserialize, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The two lengths and their checksum.
const PRELUDE_BYTES: usize = 12;

/// A checksum.
const SUM_BYTES: usize = 4;

/// The largest message. Those of Lambda are much smaller.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// The type of a header whose value is a string.
const STRING: u8 = 7;

/// A writer that takes messages apart: the parts of the response go to another writer.
pub(crate) struct Messages<'a> {
    into: &'a mut dyn Write,
    /// The beginning of a message that is not complete.
    buffer: Vec<u8>,
    /// After the last message.
    end: Option<Result<(), Error>>,
    /// What is wrong with the messages.
    mistake: Option<&'static str>,
}

#[derive(Deserialize)]
struct Completion {
    #[serde(rename = "ErrorCode")]
    code: Option<String>,
    #[serde(rename = "ErrorDetails")]
    details: Option<String>,
}

impl<'a> Messages<'a> {
    pub fn new(into: &'a mut dyn Write) -> Self {
        Self { into, buffer: Vec::new(), end: None, mistake: None }
    }

    /// Returns the outcome, after the response was read or could not be.
    pub fn finish(self, sent: Result<Response, Error>) -> Result<(), Error> {
        if let Some(mistake) = self.mistake {
            let reason = format!("the response is no stream of events: {mistake}");
            return Err(Error::invalid_response(reason));
        }
        let response = sent?;
        let reason = "the response ended too early: its last message is missing";
        let missing = || Err(Error::with_outcome("Aws.NoResponse", reason, Outcome::Unknown));
        self.end.unwrap_or_else(missing).map_err(|error| error.of_response(&response))
    }

    /// Takes a message over. What is not understood is a mistake: it may be a part of the response.
    fn take(&mut self, message: &Message) -> Result<(), Failure> {
        let headers = strings(message.headers).ok_or("the headers of a message are damaged")?;
        let header = |name| headers.get(name).copied();
        let text = || String::from_utf8_lossy(message.payload);
        if self.end.is_some() {
            return Err("a message comes after the last one".into());
        }
        match (header(":message-type"), header(":event-type")) {
            (Some("event"), Some("PayloadChunk")) => self.into.write_all(message.payload)?,
            (Some("event"), Some("InvokeComplete")) => {
                let is_empty = message.payload.is_empty();
                let text = if is_empty { "{}".into() } else { text() };
                let end = json::from_str(&text);
                let Completion { code, details } =
                    end.map_err(|_| "the last message does not say how the response has ended")?;
                let details = details.unwrap_or_default();
                self.end =
                    Some(code.map_or(Ok(()), |code| Err(Error::of_invoked(&code, &details))));
            }
            // Other events may come in the future.
            (Some("event"), Some(_)) => {}
            (Some("exception" | "error"), _) => {
                let code = header(":exception-type").or(header(":error-code"));
                let text = header(":error-message").map_or_else(text, Cow::from);
                let error = Error::with_outcome("", text, Outcome::Unknown);
                self.end = Some(Err(error.with_code(code.unwrap_or("UnknownError").to_owned())));
            }
            _ => return Err("a message has no type that is known".into()),
        }
        Ok(())
    }
}

/// What ends the reading.
enum Failure {
    Mistake(&'static str),
    /// The writer has failed.
    Writer(io::Error),
}

impl From<&'static str> for Failure {
    fn from(mistake: &'static str) -> Self {
        Self::Mistake(mistake)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Writer(error)
    }
}

impl Write for Messages<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut rest = &buffer[..];
        loop {
            let taken = Message::split(rest).map_err(Failure::from).and_then(|split| {
                let Some((message, after)) = split else { return Ok(None) };
                self.take(&message).map(|()| Some(after))
            });
            match taken {
                Ok(Some(after)) => rest = after,
                Ok(None) => break,
                Err(Failure::Writer(error)) => return Err(error),
                Err(Failure::Mistake(mistake)) => {
                    self.mistake = Some(mistake);
                    return Err(io::Error::other(mistake));
                }
            }
        }
        let read = buffer.len() - rest.len();
        buffer.drain(..read);
        self.buffer = buffer;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

struct Message<'a> {
    headers: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// Takes the first message off some bytes, if it is complete.
    fn split(bytes: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, &'static str> {
        let Some((prelude, _)) = bytes.split_at_checked(PRELUDE_BYTES) else { return Ok(None) };
        let number = |at: usize| read_u32(prelude.get(at..)).unwrap_or_default();
        if number(8) != crc32(prelude.get(..8).unwrap_or_default()) {
            return Err("the checksum of a length is wrong");
        }
        let length = |at: usize| usize::try_from(number(at)).unwrap_or(usize::MAX);
        let (total, headers) = (length(0), length(4));
        let is_possible = total <= MAX_MESSAGE_BYTES
            && headers <= total.saturating_sub(PRELUDE_BYTES + SUM_BYTES)
            && total >= PRELUDE_BYTES + SUM_BYTES;
        if !is_possible {
            return Err("a length is impossible");
        }
        let Some((message, after)) = bytes.split_at_checked(total) else { return Ok(None) };
        let (checked, sum) = message.split_at(total - SUM_BYTES);
        if read_u32(Some(sum)) != Some(crc32(checked)) {
            return Err("the checksum of a message is wrong");
        }
        let (_, content) = checked.split_at(PRELUDE_BYTES);
        let (headers, payload) = content.split_at(headers);
        Ok(Some((Self { headers, payload }, after)))
    }
}

/// Reads the headers. Returns those that are strings; `None` if they are damaged. A header is the
/// length of its name, the name, the type of its value, and the value.
fn strings(mut rest: &[u8]) -> Option<BTreeMap<&str, &str>> {
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let mut strings = BTreeMap::new();
    while let Some((length, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(*length))?;
        let (kind, after) = after.split_first()?;
        let fixed = match kind {
            0 | 1 => Some(0),
            2 => Some(1),
            3 => Some(2),
            4 => Some(4),
            5 | 8 => Some(8),
            9 => Some(16),
            6 | &STRING => None,
            _ => return None,
        };
        let (length, after) = if let Some(length) = fixed {
            (length, after)
        } else {
            let (length, after) = after.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), after)
        };
        let (value, after) = after.split_at_checked(length)?;
        if *kind == STRING {
            strings.insert(text(name)?, text(value)?);
        }
        rest = after;
    }
    Some(strings)
}

fn read_u32(bytes: Option<&[u8]>) -> Option<u32> {
    bytes?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, kind: u8, value: &[u8]) -> Vec<u8> {
        let mut header = vec![u8::try_from(name.len()).unwrap()];
        header.extend(name.bytes());
        header.push(kind);
        if matches!(kind, 6 | STRING) {
            header.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        }
        header.extend(value);
        header
    }

    fn message((kind, event): (&str, &str), payload: &[u8]) -> Vec<u8> {
        let kind = header(":message-type", STRING, kind.as_bytes());
        let event = header(":event-type", STRING, event.as_bytes());
        with_headers(&[kind, event].concat(), payload)
    }

    fn with_headers(headers: &[u8], payload: &[u8]) -> Vec<u8> {
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
        let mut message = length(16 + headers.len() + payload.len()).to_vec();
        message.extend(length(headers.len()));
        message.extend(crc32(&message).to_be_bytes());
        message.extend(headers);
        message.extend(payload);
        message.extend(crc32(&message).to_be_bytes());
        message
    }

    fn read(bytes: &[u8], at_once: usize) -> (Result<(), Error>, String) {
        let mut into = Vec::new();
        let mut messages = Messages::new(&mut into);
        let written = bytes.chunks(at_once).try_for_each(|part| messages.write_all(part));
        let sent = written.map(|()| Response::default());
        let result = messages.finish(sent.map_err(|_| Error::invalid_response("the writer")));
        (result, String::from_utf8(into).unwrap())
    }

    #[test]
    fn messages_are_taken_apart_wherever_they_are_cut() {
        let bytes = [
            message(("event", "PayloadChunk"), b"one "),
            message(("event", "Another"), b"unknown"),
            message(("event", "PayloadChunk"), b"two"),
            message(("event", "InvokeComplete"), b"{}"),
        ];
        let bytes = bytes.concat();
        for at_once in [1, 7, 64, 10_000] {
            let (result, text) = read(&bytes, at_once);
            assert!(result.is_ok(), "{result:?}");
            assert_eq!(text, "one two");
        }
    }

    #[test]
    fn a_stream_that_is_cut_off_or_damaged_is_an_error() {
        let part = message(("event", "PayloadChunk"), b"one");
        let (result, text) = read(&part, 5);
        assert!(result.is_err_and(|error| error.code() == "Aws.NoResponse"));
        assert_eq!(text, "one");
        for at in 0..part.len() {
            let mut damaged = part.clone();
            damaged[at] ^= 0x10;
            let (result, text) = read(&damaged, 1000);
            let error = result.unwrap_err();
            assert_eq!((error.code(), &*text), ("Aws.InvalidResponse", ""), "{at}");
        }
    }

    #[test]
    fn a_part_is_taken_whatever_other_headers_it_has() {
        let part = [
            header("a", 0, b""),
            header("b", 1, b""),
            header("c", 2, &[1]),
            header("d", 3, &[1; 2]),
            header("e", 4, &[1; 4]),
            header("f", 5, &[1; 8]),
            header("g", 6, b"bytes"),
            header(":date", 8, &[1; 8]),
            header("h", 9, &[1; 16]),
            header(":message-type", STRING, b"event"),
            header(":event-type", STRING, b"PayloadChunk"),
        ];
        let end = message(("event", "InvokeComplete"), b"");
        let (result, text) = read(&[with_headers(&part.concat(), b"one"), end].concat(), 1000);
        assert!(result.is_ok() && text == "one", "{result:?} {text}");
    }

    /// What is not understood may be a part of the response, so it is not skipped.
    #[test]
    fn what_is_not_understood_is_no_complete_response() {
        let end = || message(("event", "InvokeComplete"), b"{}");
        let part = || message(("event", "PayloadChunk"), b"one");
        let of_kind = header(":message-type", STRING, b"event");
        for (first, last) in [
            (with_headers(b"", b"one"), end()),
            (with_headers(&of_kind, b"one"), end()),
            (with_headers(&of_kind[1..], b"one"), end()),
            (with_headers(&header("a", 10, b""), b"one"), end()),
            (with_headers(&header("a", STRING, &[0xff]), b"one"), end()),
            (message(("another", "PayloadChunk"), b"one"), end()),
            (part(), message(("event", "InvokeComplete"), b"?")),
            (part(), message(("event", "InvokeComplete"), br#"{"ErrorCode":7}"#)),
            (end(), part()),
            (message(("exception", ""), b"why"), end()),
        ] {
            let (result, _) = read(&[first, last].concat(), 1000);
            let error = result.unwrap_err();
            assert_eq!(error.code(), "Aws.InvalidResponse", "{error:?}");
        }
    }

    #[test]
    fn the_errors_of_the_function_and_of_the_stream_are_told_apart() {
        let end = br#"{"ErrorCode":"Unhandled","ErrorDetails":"it broke"}"#;
        let (result, _) = read(&message(("event", "InvokeComplete"), end), 1000);
        let error = result.unwrap_err();
        assert!(error.is_of_function(), "{error:?}");
        assert_eq!((error.code(), error.message()), ("Unhandled", "it broke"));
        let (result, _) = read(&message(("exception", ""), b"why"), 1000);
        let error = result.unwrap_err();
        assert!(!error.is_of_function() && error.message() == "why", "{error:?}");
    }
}
