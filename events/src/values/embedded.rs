//! Texts that have something else in them: JSON, or what a URL would be written with.

use crate::Error;
use miniserde::{Deserialize, json};

/// The value that the JSON text holds; `what` names the text in the error.
pub(crate) fn from_json<T: Deserialize>(text: &str, what: &str) -> Result<T, Error> {
    json::from_str(text).map_err(|_| {
        let wanted = std::any::type_name::<T>();
        Error::new(format!("expected {what} in JSON that fits {wanted}"))
    })
}

/// The text that stands in a URL's query: `+` is a blank, `%C3%A9` an é.
pub(crate) fn from_url(text: &str) -> Result<String, Error> {
    let refusal = || Error::new("expected a text as it stands in a URL, in UTF-8");
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
    fn a_text_in_a_url_is_decoded() {
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
    fn what_does_not_fit_is_told_without_the_text() {
        assert_eq!(from_json::<u8>("1", "a number").unwrap(), 1);
        let error = from_json::<u8>("secret", "a number").unwrap_err();
        assert_eq!(error.to_string(), "expected a number in JSON that fits u8");
    }
}
