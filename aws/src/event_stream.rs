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

    /// Returns what has come of it, after the response was read, or was not.
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

    fn take(&mut self, message: &Message) -> io::Result<()> {
        let kind = message.header(":message-type").unwrap_or_default();
        let event = message.header(":event-type").unwrap_or_default();
        match (kind, event) {
            ("event", "PayloadChunk") => return self.into.write_all(message.payload),
            ("event", "InvokeComplete") => {
                let text = String::from_utf8_lossy(message.payload);
                let end: Completion =
                    json::from_str(&text).unwrap_or(Completion { code: None, details: None });
                self.end = Some(match end.code {
                    Some(code) => Err(Error::of_invoked(&code, &end.details.unwrap_or_default())),
                    None => Ok(()),
                });
            }
            ("exception" | "error", _) => {
                let code = message.header(":exception-type").or(message.header(":error-code"));
                let text = String::from_utf8_lossy(message.payload);
                let text = message.header(":error-message").unwrap_or(&text);
                let error = Error::with_outcome("", text, Outcome::Unknown);
                self.end = Some(Err(error.with_code(code.unwrap_or("UnknownError").to_owned())));
            }
            // Other events may come in the future.
            _ => {}
        }
        Ok(())
    }
}

impl Write for Messages<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut rest = &buffer[..];
        loop {
            match Message::split(rest) {
                Ok(Some((message, after))) => {
                    self.take(&message)?;
                    rest = after;
                }
                Ok(None) => break,
                Err(mistake) => {
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

    /// Returns a header that is a string. Those of Lambda all are.
    fn header(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.headers;
        loop {
            let (length, after) = rest.split_first()?;
            let (found, after) = after.split_at_checked(usize::from(*length))?;
            let (&STRING, after) = after.split_first()? else { return None };
            let (length, after) = after.split_first_chunk::<2>()?;
            let (value, after) =
                after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            if found == name.as_bytes() {
                return std::str::from_utf8(value).ok();
            }
            rest = after;
        }
    }
}

fn read_u32(bytes: Option<&[u8]>) -> Option<u32> {
    bytes?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: (&str, &str), payload: &[u8]) -> Vec<u8> {
        let mut headers = Vec::new();
        for (name, value) in [(":message-type", kind.0), (":event-type", kind.1)] {
            headers.push(u8::try_from(name.len()).unwrap());
            headers.extend(name.bytes());
            headers.push(STRING);
            headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            headers.extend(value.bytes());
        }
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
