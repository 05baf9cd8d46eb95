//! JSON of inputs and results.

use minilambda::{Error, decode, encode};
use miniserde::{Deserialize, Serialize};

/// Encodes a value.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let json = encode(&value);
    String::from_utf8(json).map_err(|error| Error::wrap(INVALID, &error))
}

/// Decodes a value.
pub(crate) fn from_json<T: Deserialize>(json: &str) -> Result<T, Error> {
    decode(json.as_bytes()).map_err(|error| Error::new(INVALID, error.message().to_owned()))
}

/// Encodes a value and decodes it again, so that the first run sees what a replay will see. A
/// result that cannot be read back is an error before it is recorded.
pub(crate) fn round_trip<T: Serialize + Deserialize>(value: &T) -> Result<(String, T), Error> {
    let json = to_json(value)?;
    let value = from_json(&json)?;
    Ok((json, value))
}

const INVALID: &str = "Durable.InvalidResult";
