//! The body of a response, in pieces.

use super::NoResponse;
use super::connection::Connection;
use super::head::Framing;
use super::socket::is_timeout;
use crate::error::Error;
use crate::limits::Limits;
use std::io::{self, ErrorKind};

/// A line with the size of a chunk, or of a trailer.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// The most trailers.
const MAX_TRAILERS: usize = 64;

/// Takes a piece. `false` means that no more is wanted.
type Sink<'a> = dyn FnMut(&[u8]) -> Result<bool, NoResponse> + 'a;

/// Refuses a response before it is read.
pub(super) fn check_length(
    framing: &Framing,
    max_bytes: u64,
    is_error: bool,
) -> Result<(), NoResponse> {
    match framing {
        Framing::Length(length) if *length > max_bytes && !is_error => Err(too_large(max_bytes)),
        _ => Ok(()),
    }
}

pub(super) fn too_large(max_bytes: u64) -> NoResponse {
    let reason = format!(
        "the response has more than {max_bytes} bytes: read it in parts, or set `max_response_bytes`"
    );
    NoResponse { error: Error::invalid_response(reason), is_final: true }
}

impl Connection {
    /// Reads a body to its end, or to where the sink wants no more. Returns whether all of it was
    /// wanted.
    pub(super) fn read_body(
        &mut self,
        framing: &Framing,
        limits: &Limits,
        sink: &mut Sink,
    ) -> Result<bool, NoResponse> {
        self.begin_body(limits);
        match framing {
            Framing::Length(length) => self.read_part(Some(*length), sink),
            Framing::Close => self.read_part(None, sink),
            Framing::Chunked => self.read_chunks(sink),
        }
    }

    /// Reads a number of bytes, or to the end of the connection. `false` means that no more is
    /// wanted.
    fn read_part(&mut self, length: Option<u64>, sink: &mut Sink) -> Result<bool, NoResponse> {
        let mut read = 0;
        loop {
            let left = length.map_or(u64::MAX, |length| length - read);
            if left == 0 {
                return Ok(true);
            }
            let buffered = self.buffered();
            let count = buffered.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if count > 0 {
                let goes_on = sink(buffered.get(..count).unwrap_or_default())?;
                self.consume(count);
                read += count as u64;
                if !goes_on {
                    return Ok(false);
                }
            } else if self.fill().map_err(|error| cut(&error))? == 0 {
                let Some(length) = length else { return Ok(true) };
                let reason =
                    format!("the response ended too early: {read} of {length} bytes have come");
                return Err(NoResponse::unknown(reason));
            }
        }
    }

    fn read_chunks(&mut self, sink: &mut Sink) -> Result<bool, NoResponse> {
        let mut line = Vec::new();
        loop {
            line.clear();
            self.line(&mut line, MAX_LINE_BYTES).map_err(|error| cut(&error))?;
            let text = String::from_utf8_lossy(&line);
            let digits = text.split(';').next().unwrap_or_default().trim();
            let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let size = u64::from_str_radix(digits, 16).ok().filter(|_| is_number);
            let size =
                size.ok_or_else(|| NoResponse::unknown("a chunk of the response has no size"))?;
            if size == 0 {
                return self.read_trailers();
            }
            if !self.read_part(Some(size), sink)? {
                return Ok(false);
            }
            line.clear();
            if self.line(&mut line, MAX_LINE_BYTES).map_err(|error| cut(&error))? != 0 {
                return Err(NoResponse::unknown("a chunk of the response is longer than its size"));
            }
        }
    }

    fn read_trailers(&mut self) -> Result<bool, NoResponse> {
        let mut line = Vec::new();
        for _ in 0..MAX_TRAILERS {
            line.clear();
            if self.line(&mut line, MAX_LINE_BYTES).map_err(|error| cut(&error))? == 0 {
                return Ok(true);
            }
        }
        Err(NoResponse::unknown("the response has too many trailers"))
    }
}

fn cut(error: &io::Error) -> NoResponse {
    let is_end = error.kind() == ErrorKind::UnexpectedEof;
    let reason = if is_end { "the connection was closed".to_owned() } else { error.to_string() };
    let what = if is_timeout(error) {
        "the response did not come to its end"
    } else {
        "the response ended too early"
    };
    NoResponse::unknown(format!("{what}: {reason}"))
}
