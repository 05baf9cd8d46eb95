//! Decoding JSON into miniserde's types, and explaining why it does not match.

mod event_kind;
mod mismatch;
mod parser;

use crate::Error;
use miniserde::{Deserialize, json};

/// Decodes an event, for handlers that get its bytes.
///
/// # Errors
/// `Function.InvalidEvent` when it is not JSON or does not fit `E`, with the place where it does not.
pub fn decode<E: Deserialize>(event: &[u8]) -> Result<E, Error> {
    decode_as(event, "Function.InvalidEvent")
}

/// Decodes JSON text; an error has the given kind and says where it does not fit.
pub(crate) fn decode_as<T: Deserialize>(bytes: &[u8], kind: &'static str) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::new(kind, mismatch::not_utf8(bytes.len(), error)))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(value) = parser::read(text) {
        return Ok(value);
    }
    json::from_str(text).map_err(|_| {
        let mut place = None;
        Error::new(kind, mismatch::misfit(text, T::begin(&mut place)))
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    /// Beyond that miniserde may be off by the last bit.
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
