//! Percent-encoding, and the query of a URL.

use crate::Error;
use crate::error::invalid;
use std::borrow::Cow;

/// Decodes `%C3%A9` to the bytes of an é. Also returns whether each `%` has two digits: one without
/// them stays.
fn decode(text: &[u8]) -> (Cow<'_, [u8]>, bool) {
    if !text.contains(&b'%') {
        return (text.into(), true);
    }
    let (mut bytes, mut is_valid, mut rest) = (Vec::with_capacity(text.len()), true, text);
    while let [first, after @ ..] = rest {
        let code = if *first == b'%' { code(after) } else { None };
        is_valid &= code.is_some() || *first != b'%';
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    (bytes.into(), is_valid)
}

/// Returns the byte of two hexadecimal digits.
fn code(text: &[u8]) -> Option<u8> {
    let digit = |index| char::from(*text.get(index)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

fn with_spaces(text: &str) -> Cow<'_, str> {
    if text.contains('+') { text.replace('+', " ").into() } else { text.into() }
}

/// Decodes a value of a query: `+` is a space.
///
/// # Errors
/// If a `%` has no two digits, or the value is not UTF-8.
pub(crate) fn from_url(text: &str) -> Result<String, Error> {
    let text = with_spaces(text);
    let (bytes, is_valid) = decode(text.as_bytes());
    let text = String::from_utf8(bytes.into_owned()).ok().filter(|_| is_valid);
    text.ok_or_else(|| invalid("expected a percent-encoded string in UTF-8"))
}

/// Decodes a part of a query or a form: `+` is a space. Bytes that are not UTF-8 become U+FFFD, and
/// a `%` without two digits stays.
#[must_use]
pub fn decode_form(part: &str) -> String {
    String::from_utf8_lossy(&decode(with_spaces(part).as_bytes()).0).into_owned()
}

/// Decodes a segment of a path. A `%` without two digits stays. Returns none if it is not UTF-8.
#[must_use]
pub fn decode_segment(segment: &str) -> Option<Cow<'_, str>> {
    match decode(segment.as_bytes()).0 {
        Cow::Borrowed(_) => Some(segment.into()),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::from),
    }
}

/// Splits a query into its pairs, still percent-encoded. A pair without `=` has an empty value.
pub fn split_query(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Parses a query or a form.
#[must_use]
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    split_query(query).map(|(name, value)| (decode_form(name), decode_form(value))).collect()
}

/// Splits a target such as `/pets?limit=2&all` into the path and the query.
pub(crate) fn split_target(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

#[cfg(test)]
mod tests {
    use super::{decode_form, decode_segment, from_url, parse_query};

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
            assert_eq!(decode_form(text), decoded);
            assert_eq!(decode_segment(text).unwrap(), decoded.replace("a b", "a+b"));
        }
    }

    #[test]
    fn an_odd_text_is_an_error_or_stays() {
        for (text, form, segment) in [
            ("%", "%", Some("%")),
            ("%4", "%4", Some("%4")),
            ("%zz%41", "%zzA", Some("%zzA")),
            ("%%41", "%A", Some("%A")),
            ("%+1", "% 1", Some("%+1")),
            ("%C3", "\u{fffd}", None),
            ("a%e9b", "a\u{fffd}b", None),
        ] {
            assert!(from_url(text).is_err(), "{text}");
            assert_eq!(decode_form(text), form);
            assert_eq!(decode_segment(text).as_deref(), segment, "{text}");
        }
    }

    #[test]
    fn a_query_is_split_before_it_is_decoded() {
        let pairs = parse_query("&a=1%262&&b+c=%3D=&d&=e");
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(pairs, [("a", "1&2"), ("b c", "=="), ("d", ""), ("", "e")]);
    }
}
