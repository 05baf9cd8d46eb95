//! A type with its documents.

use miniserde::{Deserialize, Serialize, json};
use std::fs;
use std::path::PathBuf;

pub struct Row {
    name: fn() -> &'static str,
    pub is_event: bool,
    /// Names of files in `data/`, without `.json`.
    pub documents: &'static [&'static str],
    /// Decodes a document and encodes the value again, if it matches.
    pub there_and_back: fn(&str) -> Option<String>,
    /// The message of the error, if the text does not match.
    pub error: fn(&str) -> Option<String>,
}

impl Row {
    /// Returns the type's path in the crate, without default parameters.
    pub fn name(&self) -> String {
        let name = (self.name)().replace("minilambda_events::", "");
        name.replace("values::json::Json", "").replace(", ", "").replace("<>", "")
    }
}

/// An event of a function: it must be distinguished from every other event.
pub const fn event<T: Deserialize + Serialize>(documents: &'static [&'static str]) -> Row {
    Row {
        name: std::any::type_name::<T>,
        is_event: true,
        documents,
        there_and_back: there_and_back::<T>,
        error: error::<T>,
    }
}

/// What a function returns.
pub const fn response<T: Deserialize + Serialize>(documents: &'static [&'static str]) -> Row {
    Row {
        name: std::any::type_name::<T>,
        is_event: false,
        documents,
        there_and_back: there_and_back::<T>,
        error: error::<T>,
    }
}

fn error<T: Deserialize>(text: &str) -> Option<String> {
    minilambda::decode::<T>(text.as_bytes()).err().map(|error| error.message().to_owned())
}

fn there_and_back<T: Deserialize + Serialize>(text: &str) -> Option<String> {
    json::from_str::<T>(text).ok().map(|value| json::to_string(&value))
}

pub fn data() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"))
}

pub fn document(name: &str) -> json::Value {
    let text = fs::read_to_string(data().join(name).with_extension("json"))
        .unwrap_or_else(|error| panic!("data/{name}.json: {error}"));
    json::from_str(&text).unwrap_or_else(|_| panic!("data/{name}.json is not JSON"))
}
