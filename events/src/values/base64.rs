//! Data as base64.

use super::text::plain_text;
use crate::Error;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Data in base64 with the standard alphabet. It is kept as it was sent, and decoded on demand.
///
/// ```
/// use minilambda_events::Base64;
///
/// let data = Base64::encode("Hello");
/// assert_eq!(data.to_string(), "SGVsbG8=");
/// assert_eq!(data.decode()?, b"Hello");
/// assert_eq!(data.decode_text()?, "Hello");
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Base64(pub String);

plain_text!(Base64);

/// Decoding accepts a missing `=` at the end. Encoding writes it.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Base64 {
    /// Encodes bytes.
    #[must_use]
    pub fn encode(data: impl AsRef<[u8]>) -> Self {
        Self(ENGINE.encode(data))
    }

    /// Decodes the bytes.
    ///
    /// # Errors
    /// If the string is not base64.
    pub fn decode(&self) -> Result<Vec<u8>, Error> {
        // The library's error names the symbol, which is a part of the value.
        ENGINE
            .decode(&self.0)
            .map_err(|_| crate::error::invalid("expected base64 in the standard alphabet"))
    }

    /// Decodes the bytes as text.
    ///
    /// # Errors
    /// If the string is not base64, or the bytes are not UTF-8.
    pub fn decode_text(&self) -> Result<String, Error> {
        String::from_utf8(self.decode()?)
            .map_err(|_| crate::error::invalid("expected UTF-8 in base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::Base64;
    use miniserde::json;

    #[test]
    fn it_goes_there_and_back() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"\0\xff\xfe", "é𝄞".as_bytes()] {
            assert_eq!(Base64::encode(bytes).decode().unwrap(), bytes);
        }
    }

    #[test]
    fn padding_may_be_missing() {
        assert_eq!(Base64::from("Zg").decode().unwrap(), b"f");
    }

    #[test]
    fn a_wrong_text_is_an_error_of_the_call_and_not_told() {
        for text in ["!", "Zm9v\n", "a-_b", "Z", "Zh==", "é"] {
            let data: Base64 = json::from_str(&json::to_string(text)).unwrap();
            let error = data.decode().unwrap_err().message().to_owned();
            assert_eq!(error, "expected base64 in the standard alphabet", "{text}");
            assert_eq!(json::to_string(&data), json::to_string(text));
        }
        assert!(Base64::encode(b"\xff").decode_text().is_err());
    }
}
