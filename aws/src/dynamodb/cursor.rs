//! Where a page of a query begins.

use crate::dynamodb::{AttributeValue, Item};
use crate::error::Error;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minilambda::__private::to_text;
use miniserde::json;
use std::fmt;
use std::str::FromStr;

/// Where a page begins: the key of the last item before it.
///
/// As text it is a part of a URL, for the pages of an HTTP API: `cursor.to_string()` and
/// `text.parse()`. The text is not encrypted. One that a client has made up, or that is of another
/// query, begins this one elsewhere, but never outside of its condition; or it is refused: see
/// [`Error::is_invalid_cursor`](crate::Error::is_invalid_cursor).
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor(pub Item);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(to_text(&self.0)))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let key = bytes.and_then(|bytes| json::from_str(std::str::from_utf8(&bytes).ok()?).ok());
        let key = key.filter(is_key).map(Self);
        key.ok_or_else(|| Error::invalid_cursor("the text is not that of a cursor"))
    }
}

/// The most attributes of a key of a table and of an index: two of the table, and up to four each
/// for the partition and the order of a global secondary index.
const MAX_ATTRIBUTES: usize = 10;

/// Whether it may be such a key: each attribute is a string, a number or binary data.
fn is_key(item: &Item) -> bool {
    let is_of_key = |value: &AttributeValue| {
        matches!(value, AttributeValue::S(_) | AttributeValue::N(_) | AttributeValue::B(_))
    };
    (1..=MAX_ATTRIBUTES).contains(&item.len()) && item.values().all(is_of_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_there_and_back_as_a_part_of_a_url() {
        let key = r#"{"id":{"S":"ä/?&="},"n":{"N":"17"}}"#;
        let cursor = Cursor(json::from_str(key).unwrap());
        let text = cursor.to_string();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(text.parse::<Cursor>().unwrap(), cursor);
        let of_attributes = |count: usize| {
            let fields: Vec<_> = (0..count).map(|at| format!(r#""a{at}":{{"N":"1"}}"#)).collect();
            format!("{{{}}}", fields.join(","))
        };
        // Of an index whose partition and order have four attributes each.
        let many = Cursor(json::from_str(&of_attributes(10)).unwrap());
        assert_eq!(many.to_string().parse::<Cursor>().unwrap(), many);
        let more = of_attributes(11);
        let of_json =
            [r#"{"id":{"L":[]}}"#, r#"{"id":{"BOOL":true}}"#, r#"{"id":1}"#, &*more, "{}"];
        let of_json = of_json.map(|text| URL_SAFE_NO_PAD.encode(text));
        let of_json = of_json.iter().map(|text| &**text);
        for text in ["", "?", "bnVsbA", &text[1..]].into_iter().chain(of_json) {
            let error = text.parse::<Cursor>().unwrap_err();
            assert!(error.is_invalid_cursor() && error.was_not_sent(), "{text}: {error}");
        }
    }
}
