//! The limits of the service. They are checked here, before anything is sent: the service would
//! refuse the whole checkpoint, and with it end the execution.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_OperationUpdate.html>.

use minilambda::Error;
use std::time::Duration;

/// The payload of a step, a context, a callback and an invocation.
const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

/// A larger result of a context is not recorded: a replay makes it again from its operations.
pub(crate) const MAX_RECORDED_BYTES: usize = 256 * 1024;

/// The response of a function, less its envelope.
pub(crate) const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024 - 50;

/// The result of an execution.
pub(crate) const MAX_RESULT_BYTES: usize = 6 * 1024 * 1024;

/// AWS's SDKs send batches of at most this size.
pub(crate) const MAX_BATCH_BYTES: usize = 750 * 1024;
pub(crate) const MAX_BATCH_UPDATES: usize = 250;

/// The most bytes of an error. The service takes 1 MB, AWS's local runner 32 KB as JSON in ASCII
/// with the names of its fields.
const MAX_MESSAGE_BYTES: usize = 30 * 1024;
const MAX_KIND_BYTES: usize = 256;

/// The most operations of an execution, with each retry of a step: what the service in memory
/// takes.
pub(crate) const MAX_OPERATIONS: u32 = 3000;

const MAX_ID_BYTES: usize = 64;
const MAX_NAME_BYTES: usize = 256;

/// Of a wait, and of the delay before a retry: 366 days.
const MAX_SECONDS: u64 = 31_622_400;
const MAX_CALLBACK_SECONDS: u64 = 99_999_999;

pub(crate) const INVALID_ARGUMENT: &str = "Durable.InvalidArgument";

/// Checks the name of an operation.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let is_printable = name.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if is_printable && (1..=MAX_NAME_BYTES).contains(&name.len()) {
        return Ok(());
    }
    let message = format!(
        "the name of an operation has {} bytes, or characters that are not printable ASCII: it has \
         1 to {MAX_NAME_BYTES} of printable ASCII",
        name.len()
    );
    Err(Error::new(INVALID_ARGUMENT, message))
}

/// Checks a payload.
pub(crate) fn check_payload(what: &str, payload: &str) -> Result<(), Error> {
    if payload.len() <= MAX_PAYLOAD_BYTES {
        return Ok(());
    }
    Err(too_large(what, payload.len(), MAX_PAYLOAD_BYTES))
}

/// The error for what the service does not take.
pub(crate) fn too_large(what: &str, length: usize, limit: usize) -> Error {
    let message = format!(
        "{what} has {length} bytes as JSON, and the service takes {limit}: keep it in S3, and its \
         key here"
    );
    Error::new("Durable.TooLarge", message)
}

/// Returns the time of a wait or a delay in whole seconds, rounded up, at least 1.
pub(crate) fn seconds(time: Duration) -> Result<u64, Error> {
    let seconds = rounded_up(time).max(1);
    if seconds <= MAX_SECONDS {
        return Ok(seconds);
    }
    Err(too_long("a wait", seconds, MAX_SECONDS))
}

/// Returns the time that a callback has in whole seconds, rounded up; 0 is no limit.
pub(crate) fn callback_seconds(time: Duration) -> Result<u64, Error> {
    let seconds = rounded_up(time);
    if seconds <= MAX_CALLBACK_SECONDS {
        return Ok(seconds);
    }
    Err(too_long("the timeout of a callback", seconds, MAX_CALLBACK_SECONDS))
}

fn rounded_up(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

fn too_long(what: &str, seconds: u64, limit: u64) -> Error {
    let message = format!("{what} of {seconds} s: the service takes {limit} s at most");
    Error::new(INVALID_ARGUMENT, message)
}

/// Cuts the kind and the message of an error.
pub(crate) fn cut_error(kind: &mut String, message: &mut String) {
    cut(kind, MAX_KIND_BYTES);
    cut(message, MAX_MESSAGE_BYTES);
}

/// Cuts a text to a number of bytes as JSON in ASCII, which is its longest form.
fn cut(text: &mut String, limit: usize) {
    const END: char = '…';
    let (mut bytes, mut kept) = (0, 0);
    for (at, c) in text.char_indices() {
        bytes += bytes_in_ascii(c);
        if bytes > limit {
            text.truncate(kept);
            text.push(END);
            return;
        }
        if bytes <= limit - bytes_in_ascii(END) {
            kept = at + c.len_utf8();
        }
    }
}

fn bytes_in_ascii(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        ' '..='~' => 1,
        // A surrogate, or two of them.
        _ => 6 * c.len_utf16(),
    }
}

/// Returns the id of the operation with this number in a context: `2-1-3`, which the service takes
/// as it is and a reader of the history understands. Only one that is too long is hashed.
pub(crate) fn operation_id(context: &str, number: u32) -> String {
    let id = if context.is_empty() { number.to_string() } else { format!("{context}-{number}") };
    if id.len() > MAX_ID_BYTES { hash(&id) } else { id }
}

/// FNV-1a of 128 bits, in 32 digits: the same in every version of the program.
pub(crate) fn hash(text: &str) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in text.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_durations_and_payloads_are_those_that_the_service_takes() {
        for name in ["a", "two words", &"x".repeat(256)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "käse", "a\nb", "\u{7f}", &"x".repeat(257)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        let of = |seconds| Duration::from_secs(seconds);
        assert_eq!(seconds(Duration::ZERO).unwrap(), 1);
        assert_eq!(seconds(Duration::from_millis(1001)).unwrap(), 2);
        assert_eq!(seconds(of(31_622_400)).unwrap(), 31_622_400);
        for time in [of(31_622_401), Duration::from_millis(31_622_400_001), Duration::MAX] {
            assert_eq!(seconds(time).unwrap_err().kind(), INVALID_ARGUMENT);
        }
        assert_eq!(callback_seconds(Duration::ZERO).unwrap(), 0);
        assert_eq!(callback_seconds(of(99_999_999)).unwrap(), 99_999_999);
        assert!(callback_seconds(of(100_000_000)).is_err());
        assert!(check_payload("it", &"x".repeat(1_048_576)).is_ok());
        let error = check_payload("it", &"x".repeat(1_048_577)).unwrap_err();
        assert_eq!(error.kind(), "Durable.TooLarge");
    }

    #[test]
    fn an_error_is_cut_between_two_characters() {
        let (mut kind, mut message) = ("k".repeat(300), "ä".repeat(4_000_000));
        cut_error(&mut kind, &mut message);
        assert_eq!(kind, "k".repeat(250) + "…");
        assert_eq!(message, "ä".repeat(MAX_MESSAGE_BYTES / 6 - 1) + "…");
        for (text, limit, expected) in [
            ("ä", 6, "ä"),
            ("1234567", 7, "1234567"),
            ("12345678", 7, "1…"),
            ("\"\n\\4567", 9, "\"…"),
            ("\u{1f980}\u{1f980}", 24, "\u{1f980}\u{1f980}"),
            ("\u{1f980}\u{1f980}\u{1}", 24, "\u{1f980}…"),
        ] {
            let mut text = text.to_owned();
            cut(&mut text, limit);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn an_id_is_a_path_and_is_hashed_when_it_is_too_long() {
        assert_eq!(operation_id("", 3), "3");
        assert_eq!(operation_id("2-1", 3), "2-1-3");
        let long = "1-".repeat(31) + "1";
        assert_eq!(operation_id(&long, 1).len(), 32);
        // The ids of executions that run have to stay what they are.
        assert_eq!(operation_id(&long, 1), hash(&format!("{long}-1")));
        assert_eq!(hash(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(hash("foobar"), "343e1662793c64bf6f0d3597ba446f18");
    }
}
