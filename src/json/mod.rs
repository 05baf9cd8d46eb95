//! Decodes JSON into miniserde's types, and explains why it does not match.

mod event_kind;
mod mismatch;
mod parser;
mod path;
mod scan;
mod writer;

pub(crate) use writer::encode_into;

use crate::Error;
use miniserde::{Deserialize, Serialize};

/// Decodes an event, for handlers that get its bytes.
///
/// A byte order mark at the start is ignored. If a field comes twice, the last one counts. A field
/// that `E` does not have may hold anything that is JSON. Values may be nested up to 256 levels.
///
/// **miniserde ignores container attributes** such as `#[serde(rename_all = "camelCase")]`. Write
/// `#[serde(rename = "orderId")]` on each field whose JSON name differs. If such a field is
/// required, the error says which `rename` is missing. If it is an `Option`, it is always `None`.
///
/// # Errors
/// `Function.InvalidEvent` if the event is not JSON or does not match `E`. The message has the place
/// and what was expected, never a value.
pub fn decode<E: Deserialize>(event: &[u8]) -> Result<E, Error> {
    decode_as(event, "Function.InvalidEvent")
}

/// Encodes a value as JSON, for handlers that return bytes.
///
/// A number that is not finite becomes `null`.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    encode_into(value, Vec::new())
}

/// Decodes JSON like [`decode`]. An error has the given kind.
pub(crate) fn decode_as<T: Deserialize>(bytes: &[u8], kind: &'static str) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::new(kind, mismatch::not_utf8(bytes.len(), error)))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    parser::parse(text).map_err(|failure| Error::new(kind, mismatch::explain(text, &failure)))
}

#[cfg(test)]
mod tests {
    use super::decode;

    /// With more digits miniserde may be off by the last bit.
    #[test]
    fn fractions_of_up_to_15_digits_are_read_exactly() {
        for digits in (1..=15).map(|count| 0.1 + f64::from(count) / 7.0).map(|it| it.to_string()) {
            for length in 3..=16 {
                for exponent in ["", "e7", "E-6"] {
                    let text = [digits.get(..length).unwrap_or(&digits), exponent].concat();
                    let expected: f64 = text.parse().unwrap();
                    assert_eq!(
                        decode::<f64>(text.as_bytes()).unwrap().to_bits(),
                        expected.to_bits()
                    );
                }
            }
        }
        assert_eq!(decode::<u64>(u64::MAX.to_string().as_bytes()).unwrap(), u64::MAX);
        assert_eq!(decode::<i64>(i64::MIN.to_string().as_bytes()).unwrap(), i64::MIN);
    }
}
