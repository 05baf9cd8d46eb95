//! JSON documents of strings, numbers and objects.

use crate::error::{Error, ErrorKind};
use miniserde::de::{Deserialize, Visitor};
use miniserde::json::{self, Number, Object, Value};
use std::borrow::Cow;

/// The most levels of lists and objects in a document that is read. Copying a deeper one would
/// overflow the stack.
const MAX_DEPTH: usize = 128;

pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

pub(crate) fn number(number: u64) -> Value {
    Value::Number(Number::U64(number))
}

pub(crate) fn fraction(number: f64) -> Value {
    Value::Number(Number::F64(number))
}

/// An object of these fields.
pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(crate) fn array(values: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(values.into_iter().collect())
}

/// A string in quotes.
pub(crate) fn quoted(text: &str) -> String {
    json::to_string(text)
}

/// The document that Lambda gives for a failure.
pub(crate) fn error_document(kind: &str, message: &str) -> Vec<u8> {
    json::to_string(&object([("errorType", text(kind)), ("errorMessage", text(message))]))
        .into_bytes()
}

/// Whether it is a document, of any depth. Nothing of it is kept. It may have half of a surrogate
/// pair, which a program in JavaScript sends when it cuts a text: only who reads it as text cannot.
pub(crate) fn is_document(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).ok().map(without_surrogates);
    text.is_some_and(|text| json::from_str::<Ignored>(&text).is_ok())
}

/// Replaces the escapes of surrogates, which miniserde takes in pairs only, by others.
fn without_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return text.into();
    }
    let (mut other, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, escape)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        let is_surrogate = matches!(
            escape.as_bytes(),
            [_, b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..]
        );
        let length =
            if is_surrogate { 4 } else { escape.chars().take(2).map(char::len_utf8).sum() };
        let (escape, after) = escape.split_at(length);
        other.extend([before, if is_surrogate { "\\u00" } else { escape }]);
        rest = after;
    }
    (other + rest).into()
}

/// Reads a document, unless it has more than [`MAX_DEPTH`] levels.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    if is_deep(bytes) {
        return None;
    }
    json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

/// Reads an object in the same way.
pub(crate) fn parse_object(bytes: &[u8]) -> Option<Object> {
    // A value takes a hundred times the memory of its text.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    match parse(bytes)? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn is_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    bytes.iter().any(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            b'[' | b'{' if !is_in_string => depth += 1,
            b']' | b'}' if !is_in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}

/// A value of any kind, which is not kept.
struct Ignored;

impl Deserialize for Ignored {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        *out = Some(Self);
        <dyn Visitor>::ignore()
    }
}

/// A string field of an object.
pub(crate) fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    match object.get(name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The objects of a list.
pub(crate) fn objects(list: impl IntoIterator<Item = Value>) -> Vec<Object> {
    let objects = list.into_iter().filter_map(|value| match value {
        Value::Object(object) => Some(object),
        _ => None,
    });
    objects.collect()
}

/// Reads a document of a type; `what` names it in the error.
pub(crate) fn typed<T: Deserialize>(bytes: &[u8], what: &str) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes).ok();
    text.and_then(|text| json::from_str(text).ok()).ok_or_else(|| {
        let message = format!("the {what} is JSON of another type, or not JSON");
        Error::new(ErrorKind::InvalidResponse, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_any_depth_is_one_and_a_deep_one_is_not_read() {
        for text in ["1", " null ", "-0", "1e40", "\"a\"", "[]", "{\"a\":[1,{\"b\":null}]}"] {
            assert!(is_document(text.as_bytes()), "{text}");
        }
        for text in ["", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"a", "{a:1}"] {
            assert!(!is_document(text.as_bytes()) && parse(text.as_bytes()).is_none(), "{text}");
        }
        for text in [
            r#""\ud834""#,
            r#""\uDd1e\ud834""#,
            r#""\uD834a\n""#,
            r#"{"\udfff":"\\\ud800"}"#,
            r#""\\ud8 é\\""#,
            r#""\ud834\udd1e""#,
        ] {
            assert!(is_document(text.as_bytes()), "{text}");
        }
        for text in
            [r#""\ud8""#, r#""\ud80""#, r#""\ud8g0""#, r#""\\\ud8""#, "\"\\", "\"\\é\"", r"\ud834"]
        {
            assert!(!is_document(text.as_bytes()), "{text}");
        }
        assert!(!is_document(b"\"\xff\""));
        let nested =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse_object(nested(MAX_DEPTH - 1).as_bytes()).is_some());
        for levels in [MAX_DEPTH, 1_000_000] {
            let text = nested(levels);
            assert!(is_document(text.as_bytes()) && parse(text.as_bytes()).is_none(), "{levels}");
        }
        // Brackets in strings are no levels.
        let text = format!(r#"{{"a\\":"\"{}"}}"#, "[{".repeat(1000));
        assert!(parse_object(text.as_bytes()).is_some());
        assert!(parse_object(b" \n[]").is_none());
    }
}
