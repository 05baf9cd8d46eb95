//! Any response to a stream is read to its end and has a status.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda::fuzzing;
use std::io::{self, Read};

/// Hands bytes out in pieces.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let size = self.1.min(out.len());
        self.0.by_ref().take(size as u64).read(out)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((size, rest)) = bytes.split_first() else { return };
    let mut pieces = Pieces(rest, usize::from(*size).max(1));
    if let Some((status, text)) = fuzzing::stream_response(&mut pieces) {
        assert!(status >= 200 || status == 101);
        assert!(text.len() <= rest.len());
    }
});
