//! Strings that contain something else: JSON, or a value as in a URL's query.

use crate::Error;
use crate::error::invalid;
use minilambda::__private::decode_or;
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Decodes JSON in a string. `what` names the string in the error, which says where and why the
/// JSON does not match the type.
pub(crate) fn from_json<T: Deserialize>(text: &str, what: &str) -> Result<T, Error> {
    decode_or(text.as_bytes(), |message| invalid(format!("{what}: {message}")))
}

/// Decodes an object whose fields have been collected, for a type that is chosen by them.
pub(crate) fn from_members<T: Deserialize>(
    members: &BTreeMap<String, impl Serialize>,
) -> miniserde::Result<T> {
    let text = miniserde::json::to_string(members);
    from_json(&text, "the object").map_err(|_| miniserde::Error)
}

/// Decodes a value of a URL's query: `+` is a space, `%C3%A9` an é.
pub(crate) fn from_url(text: &str) -> Result<String, Error> {
    let refusal = || invalid("expected a percent-encoded string in UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let code = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                code.and_then(|code| u8::try_from(code).ok()).ok_or_else(refusal)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| refusal())
}

#[cfg(test)]
mod tests {
    use super::{from_json, from_url};

    #[test]
    fn a_percent_encoded_string_is_decoded() {
        for (text, decoded) in [
            ("", ""),
            ("a/b.txt", "a/b.txt"),
            ("a+b%2Bc%20d", "a b+c d"),
            ("Caf%C3%A9%2f%F0%9D%84%9E", "Café/𝄞"),
            ("é", "é"),
        ] {
            assert_eq!(from_url(text).unwrap(), decoded);
        }
        for text in ["%", "%4", "%zz", "%+1", "%C3", "a%e9"] {
            assert!(from_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mismatch_is_explained_without_the_value() {
        assert_eq!(from_json::<u8>("1", "the message").unwrap(), 1);
        assert_eq!(from_json::<u8>("\u{feff}1", "the message").unwrap(), 1);
        let error = from_json::<u8>("\"secret\"", "the message").unwrap_err();
        assert_eq!(
            error.message(),
            "the message: the JSON does not match its type: expected an integer, found a string"
        );
    }
}
