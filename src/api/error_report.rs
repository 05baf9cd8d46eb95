//! The error report for the service.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror>.

use crate::Error;
use crate::backtrace::Frame;
use miniserde::{Serialize, json};
use std::fmt::Write as _;

/// The document that the service hands to the caller.
pub(crate) fn to_json(error: &Error) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "errorMessage")]
        message: &'a str,
        #[serde(rename = "errorType")]
        kind: &'a str,
        #[serde(rename = "stackTrace")]
        stack_trace: Vec<String>,
    }
    json::to_string(&Body {
        message: shorten(error.message(), MAX_MESSAGE_BYTES),
        kind: shorten(error.kind(), MAX_MESSAGE_BYTES),
        stack_trace: error.frames().iter().map(ToString::to_string).collect(),
    })
}

/// The kind as the service accepts it in a header: `(Runtime|Function)\.[A-Z][a-zA-Z]+`.
///
/// A kind that already has that form stays; of a type's path the last part is taken.
pub(crate) fn header_type(error: &Error) -> String {
    let (family, name) = match error.kind().split_once('.') {
        Some((family @ ("Runtime" | "Function"), name)) => (family, name),
        _ => ("Function", error.kind()),
    };
    let path = name.split(['<', ' ']).next().unwrap_or_default();
    let name = path.rsplit(':').next().unwrap_or_default();
    let mut letters = name.chars().filter(char::is_ascii_alphabetic);
    match letters.next() {
        Some(first) if letters.clone().next().is_some() => {
            let rest: String = letters.take(MAX_NAME_LETTERS).collect();
            format!("{family}.{}{rest}", first.to_ascii_uppercase())
        }
        _ => format!("{family}.Error"),
    }
}

/// The error as X-Ray shows it: one line of JSON in ASCII, short enough for a header.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.
pub(crate) fn xray_cause(error: &Error) -> String {
    let whole = xray_cause_of(error, 8 * 1024, error.frames());
    // A byte may have become six.
    if whole.len() <= MAX_XRAY_BYTES { whole } else { xray_cause_of(error, 4 * 1024, &[]) }
}

fn xray_cause_of(error: &Error, max_message_bytes: usize, frames: &[Frame]) -> String {
    #[derive(Serialize)]
    struct Cause<'a> {
        working_directory: String,
        exceptions: Vec<Exception<'a>>,
        paths: Vec<&'a str>,
    }
    #[derive(Serialize)]
    struct Exception<'a> {
        message: &'a str,
        #[serde(rename = "type")]
        kind: &'a str,
        stack: Vec<Place<'a>>,
    }
    #[derive(Serialize)]
    struct Place<'a> {
        path: &'a str,
        line: u32,
        label: &'a str,
    }
    let mut paths: Vec<_> = frames.iter().map(|frame| &*frame.path).collect();
    paths.dedup();
    let directory = std::env::current_dir().unwrap_or_default();
    escape_non_ascii(&json::to_string(&Cause {
        working_directory: directory.to_string_lossy().into_owned(),
        exceptions: vec![Exception {
            message: shorten(error.message(), max_message_bytes),
            kind: shorten(error.kind(), 512),
            stack: frames
                .iter()
                .map(|frame| Place { path: &frame.path, line: frame.line, label: &frame.label })
                .collect(),
        }],
        paths,
    }))
}

/// Far more than a reader takes in, far less than the service's limit for a body.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The service keeps 64 KiB of the header.
const MAX_XRAY_BYTES: usize = 60 * 1024;

/// The most letters of a kind in the header that metrics go by.
const MAX_NAME_LETTERS: usize = 100;

fn shorten(text: &str, max_bytes: usize) -> &str {
    let mut end = max_bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

fn escape_non_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}"); // writing to a String cannot fail
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{header_type, to_json, xray_cause};
    use crate::Error;
    use crate::backtrace::Frame;

    #[test]
    fn a_type_is_known_by_its_last_name() {
        let number = "x".parse::<u8>().unwrap_err();
        assert_eq!(header_type(&Error::from(number)), "Function.ParseIntError");
    }

    #[test]
    fn what_goes_into_headers_and_documents_has_a_limit() {
        for text in ["\u{1}", "é", "x", "\u{1f600}"] {
            let error = Error::new(text.repeat(500_000), text.repeat(500_000));
            assert!(xray_cause(&error).len() < 60_000);
            assert!(xray_cause(&error).is_ascii());
            assert!(header_type(&error).len() < 120);
            assert!(to_json(&error).len() < 6_000_000);
        }
    }

    #[test]
    fn a_deep_trace_leaves_room_for_the_message() {
        let frame = Frame { label: "é".repeat(1000), path: "é".repeat(1000), line: 7 };
        let error = Error::with_frames("Function.Panic", "x".repeat(100_000), vec![frame; 50]);
        let cause = xray_cause(&error);
        assert!(cause.len() < 60_000 && cause.contains("xxxx"));
        assert!(to_json(&error).contains("(é"));
    }
}
