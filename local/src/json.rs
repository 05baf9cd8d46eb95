//! JSON documents of strings, numbers and objects.

use crate::error::{Error, Kind};
use miniserde::Deserialize;
use miniserde::json::{self, Number, Object, Value};

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

/// Reads a document.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

pub(crate) fn parse_object(bytes: &[u8]) -> Option<Object> {
    match parse(bytes)? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// A string field of an object.
pub(crate) fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    match object.get(name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Reads a document of a type; `what` names it in the error.
pub(crate) fn typed<T: Deserialize>(bytes: &[u8], what: &str) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes).ok();
    text.and_then(|text| json::from_str(text).ok()).ok_or_else(|| {
        let message = format!("the {what} is JSON of another type, or not JSON");
        Error::new(Kind::InvalidResponse, message)
    })
}
