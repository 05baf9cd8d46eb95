//! serde's types as events, responses, bodies and items, read and written by `serde_json`.
//!
//! An error of `serde_json` has values in its message, and its place is a line and a column. So its
//! text is never used: a text that was refused is read again by `reader`, whose errors are
//! `refusal`s, with the place of the value and without its content. The types of a program decide
//! what they expect; a message has what they say of themselves.

mod reader;
mod refusal;

use super::budget::Budget;
use super::mismatch;
use super::spelling::warn_of_repeated_names;
use super::traits::{FromJson, ToJson, invalid_event, text_of};
use crate::Error;
use reader::{explain, is_within};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// A value of a type with serde's derives, wherever minilambda reads or writes JSON.
///
/// ```
/// use minilambda::{Context, Error, Handler, Serde, handler};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize)]
/// #[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
/// enum Payment {
///     Card { last_digits: String },
///     Invoice { due_days: u32 },
/// }
///
/// #[derive(Serialize)]
/// struct Receipt {
///     #[serde(skip_serializing_if = "Option::is_none")]
///     due_days: Option<u32>,
/// }
///
/// fn pay(Serde(payment): Serde<Payment>, _: &Context) -> Result<Serde<Receipt>, Error> {
///     let due_days = match payment {
///         Payment::Card { .. } => None,
///         Payment::Invoice { due_days } => Some(due_days),
///     };
///     Ok(Serde(Receipt { due_days }))
/// }
/// static HANDLERS: &[(&str, Handler)] = &[("pay", handler!(pay))];
///
/// let response = HANDLERS[0].1.call(r#"{"type":"invoice","dueDays":30}"#, &Context::default());
/// assert_eq!(response.unwrap(), br#"{"due_days":30}"#);
/// ```
///
/// It has no `Deref`: a pattern or `.0` takes the value out.
///
/// `serde_json` reads and writes the text, with its rules: a field that comes twice is an error,
/// values may be nested up to 127 levels, and a number that is not finite is written as `null`.
///
/// An error names the place, what the type expects there and the kind of value that was found,
/// never a value. If a type refuses a value by an error of its own, such as that of a `try_from`,
/// the message does not have its text, which may contain the value.
///
/// **What serde holds without a type**, such as a `serde_json::Value`, takes up to a hundred times
/// its text. If a text over 512 KB would take more than half of `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`
/// for it (without it 64 MB), it is refused. Values in enums that serde reads into a copy first,
/// `untagged` and internally tagged ones, are not counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serde<T>(pub T);

impl<T> Serde<T> {
    /// Returns the value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned> FromJson for Serde<T> {
    fn from_json(json: &[u8]) -> Result<Self, Error> {
        let text = text_of(json).map_err(invalid_event)?;
        if let Some(budget) = Budget::for_untyped(text) {
            is_within::<T>(text, budget).map_err(|refused| refusal_of::<T>(text, &refused))?;
        }
        // Not `from_str`, which cuts a key of true or false within a character.
        let read = serde_json::from_slice(text.as_bytes()).map(Self);
        read.map_err(|error| refusal_of::<T>(text, &explain::<T>(text, &error)))
    }
}

#[cold]
fn refusal_of<T>(text: &str, refused: &super::probe::ParseError) -> Error {
    invalid_event(mismatch::explain(text, refused, std::any::type_name::<T>()))
}

impl<T: Serialize> ToJson for Serde<T> {
    fn to_json(&self, mut memory: Vec<u8>) -> Result<Vec<u8>, Error> {
        memory.clear();
        serde_json::to_writer(&mut memory, &self.0).map_err(|error| not_written(&error))?;
        warn_of_repeated_names(&memory);
        Ok(memory)
    }
}

#[cold]
fn not_written(error: &serde_json::Error) -> Error {
    // Its other messages are those of the type, which may have values.
    let reason = match error.classify() {
        Category::Syntax => error.to_string(),
        _ => "its type's `Serialize` failed".to_owned(),
    };
    let message = format!("the value cannot be written as JSON: {reason}");
    Error::new("Function.InvalidResponse", message)
}
