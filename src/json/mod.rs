//! Decodes JSON into miniserde's types, and explains why it does not match.

mod budget;
mod event_kind;
mod locate;
mod mismatch;
mod missing;
mod number;
mod output;
mod parser;
mod path;
mod probe;
mod scan;
#[cfg(feature = "serde")]
mod serde_bridge;
mod skip;
mod spelling;
mod traits;
mod writer;

pub(crate) use locate::{event_source, scalar_at};
#[cfg(feature = "serde")]
pub use serde_bridge::Serde;
pub(crate) use spelling::warn_of_names;
pub use traits::{FromJson, ToJson};

use crate::Error;
use miniserde::Serialize;

/// Decodes an event, for handlers that get its bytes.
///
/// A byte order mark at the start is ignored. If a field comes twice, the last one counts. A field
/// that `E` does not have may hold anything that is JSON. Values may be nested up to 256 levels.
///
/// **miniserde ignores container attributes** such as `#[serde(rename_all = "camelCase")]`. Write
/// `#[serde(rename = "orderId")]` on each field whose JSON name differs. If such a field is
/// required, the error says which `rename` is missing. If it is an `Option`, it is always `None`; a
/// local run and minilambda-local warn of it. A type with serde's derives is decoded as `Serde<T>`,
/// with the feature `serde`.
///
/// **A [`Value`](miniserde::json::Value)** takes up to a hundred times its text. One that would
/// take more than half of `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` (without it 64 MB) is refused before it
/// does.
///
/// # Errors
/// `Function.InvalidEvent` if the event is not JSON or does not match `E`. The message has the
/// place and what was expected, never a value.
pub fn decode<E: FromJson>(event: &[u8]) -> Result<E, Error> {
    E::from_json(event)
}

/// Encodes a value of miniserde's as JSON, for handlers that return bytes. Any other is written by
/// [`ToJson`].
///
/// A number that is not finite becomes `null`. An `f32` is written in its shortest form: `19.99`.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    writer::encode_into(value, Vec::new())
}

/// Encodes a value of miniserde's as a JSON text that is a part of another one, or is kept.
#[must_use]
pub fn to_text<T: Serialize + ?Sized>(value: &T) -> String {
    String::from_utf8(writer::write_into(&value, Vec::new())).unwrap_or_default() // it is UTF-8
}

/// Decodes JSON like [`decode`]. `error` makes an error of the message.
///
/// # Errors
/// What `error` returns.
pub fn decode_or<T: FromJson, E>(bytes: &[u8], error: impl FnOnce(String) -> E) -> Result<T, E> {
    T::from_json(bytes).map_err(|refused| error(refused.into_message()))
}
