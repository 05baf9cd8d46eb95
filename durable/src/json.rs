//! JSON of inputs and results.

use minilambda::{Error, FromJson, ToJson};

/// Encodes a value.
pub(crate) fn to_json<T: ToJson + ?Sized>(value: &T) -> Result<String, Error> {
    let json = value.to_json(Vec::new()).map_err(invalid)?;
    String::from_utf8(json).map_err(|error| Error::wrap(INVALID, &error))
}

/// Decodes a value.
pub(crate) fn from_json<T: FromJson>(json: &str) -> Result<T, Error> {
    T::from_json(json.as_bytes()).map_err(invalid)
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
