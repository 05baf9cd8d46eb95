#![no_main]
//! A request to a server of minilambda-local: it is the same in pieces of any size, and nothing of
//! the next request is taken.

use libfuzzer_sys::fuzz_target;
use minilambda_local::wire;
use std::io::{BufReader, Read};

type Request = (String, Vec<(String, String)>, Vec<u8>, Vec<u8>);

const LIMIT: usize = 100_000;

/// Reads a request, and returns it with what is left. `None` if it is not well-formed.
fn read(bytes: &[u8], piece: usize, in_parts: bool) -> Option<Request> {
    let mut reader = BufReader::with_capacity(piece, bytes);
    let (mut line, mut fields, mut body) = (String::new(), Vec::new(), Vec::new());
    let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
    let framing = wire::read_head(&mut reader, &mut line, &mut add).ok()??;
    if in_parts {
        let part = |part: &[u8]| {
            body.extend_from_slice(part);
            Ok(())
        };
        wire::read_parts(&mut reader, framing, part, add).ok()?;
    } else {
        wire::read_body_with(&mut reader, framing, LIMIT, &mut body, |_| {}, add).ok()?;
    }
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).ok()?;
    Some((line, fields, body, rest))
}

fuzz_target!(|data: &[u8]| {
    let complete = read(data, 1 << 17, false);
    for piece in [1, 7, 64] {
        assert_eq!(read(data, piece, false), complete);
    }
    if let Some((line, fields, body, rest)) = complete {
        assert!(body.len() + rest.len() < data.len() && data.ends_with(&rest));
        assert!(line.contains(' ') && !line.contains(['\r', '\n']));
        for (name, value) in &fields {
            assert!(!name.contains(['\r', '\n', ':']) && !value.contains(['\r', '\n']));
        }
        assert_eq!(read(data, 64, true), Some((line, fields, body, rest)));
    }
});
