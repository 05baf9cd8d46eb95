//! JSON of inputs and results.

use minilambda::{Error, FromJson, ToJson};
use std::fmt::Arguments;

/// Encodes a value.
pub(crate) fn to_json<T: ToJson + ?Sized>(value: &T) -> Result<String, Error> {
    let json = value.to_json(Vec::new()).map_err(invalid)?;
    String::from_utf8(json).map_err(|error| Error::wrap(INVALID, &error))
}

/// Decodes a value.
pub(crate) fn from_json<T: FromJson>(json: &str) -> Result<T, Error> {
    T::from_json(json.as_bytes()).map_err(invalid)
}

/// Decodes the input of an execution, or the result of an operation: an error says which.
pub(crate) fn from_json_of<T: FromJson>(place: Arguments, json: &str) -> Result<T, Error> {
    let at_place = |error: Error| Error::new(INVALID, format!("{place}: {}", error.message()));
    T::from_json(json.as_bytes()).map_err(at_place)
}

/// Encodes a value and decodes it again, so that the first run sees what a replay will see. A
/// result that cannot be read back is an error before it is recorded.
pub(crate) fn round_trip<T: FromJson + ToJson>(value: &T) -> Result<(String, T), Error> {
    let json = to_json(value)?;
    let value = from_json(&json)?;
    Ok((json, value))
}

const INVALID: &str = "Durable.InvalidResult";

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn invalid(error: Error) -> Error {
    Error::new(INVALID, error.message().to_owned())
}
