//! Why a type refuses a value, without the value.

use super::super::missing::names_of;
use super::super::probe::ParseError;
use super::super::scan::{Scanner, SyntaxError};
use super::super::spelling::spellings;
use serde::de::{self, Expected, Unexpected};
use std::fmt::{self, Display, Write};

/// The error of [`reader`](super::reader). serde's derives and `serde_json`'s types make it by the
/// methods of [`de::Error`], which say what is expected apart from what was found.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The byte at which the value begins, once it is known.
    at: Option<usize>,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Text(String),
    /// A value of another type or out of its range. The type may have said what it expects after it
    /// saw the value.
    Mismatch {
        expected: String,
        found: &'static str,
    },
    /// A required field that the object does not have.
    Missing(&'static str),
    /// An error of the type's own. Its message may have the value.
    Own,
    OverBudget(String),
}

impl Refusal {
    pub(super) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at: Some(at), reason: Reason::Text(what.into()) }
    }

    pub(super) fn over_budget(at: usize, what: String) -> Self {
        Self { at: Some(at), reason: Reason::OverBudget(what) }
    }

    pub(super) fn is_over_budget(&self) -> bool {
        matches!(self.reason, Reason::OverBudget(_))
    }

    /// Places an error that has no place yet at this byte.
    pub(super) fn placed(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// Places the error of a string, a number or a word. `expected` is what the type has said
    /// before it saw the value: what it says afterwards may contain it.
    pub(super) fn of_scalar(self, at: usize, expected: &str, kind: &'static str) -> Self {
        let reason = match self.reason {
            Reason::Own => {
                Reason::Text(format!("expected {expected}, found {kind} that the type refuses"))
            }
            Reason::Mismatch { found, .. } => {
                Reason::Text(format!("expected {expected}, found {found}"))
            }
            reason => reason,
        };
        Self { at: self.at.or(Some(at)), reason }
    }

    pub(super) fn explained(self, text: &str) -> ParseError {
        let at = self.at.unwrap_or_default();
        ParseError::mismatch(
            at,
            match self.reason {
                Reason::Text(what) | Reason::OverBudget(what) => what,
                Reason::Mismatch { expected, .. } if mentions_part_of(&expected, text, at) => {
                    refused(text, at)
                }
                Reason::Mismatch { expected, found } => {
                    format!("expected {expected}, found {found}")
                }
                Reason::Missing(field) => missing(field, text, at),
                Reason::Own => refused(text, at),
            },
        )
    }

    fn mismatch(expected: &dyn Expected, found: &'static str) -> Self {
        Self { at: None, reason: Reason::Mismatch { expected: expected.to_string(), found } }
    }

    fn text(what: String) -> Self {
        Self { at: None, reason: Reason::Text(what) }
    }
}

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Self {
        Self::new(error.at, error.what)
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not match its type")
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: Display>(message: T) -> Self {
        // serde's own messages, of which only the beginning is known to have no value.
        let mut beginning = Beginning(String::new());
        let _ = write!(beginning, "{message}");
        for (known, what) in [
            ("data did not match any variant of untagged enum", "no variant of the enum matches"),
            ("no variant of enum", "the object has no variant of the enum"),
        ] {
            if beginning.0.starts_with(known) {
                return Self::text(what.to_owned());
            }
        }
        Self { at: None, reason: Reason::Own }
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::mismatch(expected, kind(found))
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Self {
        let other = match found {
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer out of range",
            Unexpected::Str(_) => "another string",
            found => kind(found),
        };
        Self::mismatch(expected, other)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::mismatch(expected, "another number of elements")
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = if spellings(variant).iter().any(|name| expected.contains(&&**name)) {
            "; a variant differs from it only in case or separators"
        } else {
            ""
        };
        Self::text(format!("expected a variant of the enum: {}{hint}", listed(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = if spellings(field).iter().any(|name| expected.contains(&&**name)) {
            "; a field differs from it only in case or separators"
        } else {
            ""
        };
        Self::text(format!("this field is not expected; the type has {}{hint}", listed(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { at: None, reason: Reason::Missing(field) }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::text(format!("the object has the field {field} twice"))
    }
}

/// What a type's own error says. serde reads an enum with its tag inside into a copy first, so the
/// error of a value in it has the place of the enum.
fn refused(text: &str, at: usize) -> String {
    let has_others = matches!(Scanner::at(text, at).next(), b'{' | b'[');
    let others = if has_others { ", or one in it" } else { "" };
    format!("the type's own check refuses this value{others}")
}

/// The beginning of a text: the rest of a custom message is not even copied.
struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const LONGEST: usize = 64;
        self.0.push_str(text.get(..LONGEST).unwrap_or(text));
        if self.0.len() < LONGEST { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Whether a message has a string or a number of the value at this byte as a word.
fn mentions_part_of(message: &str, text: &str, at: usize) -> bool {
    let mut scanner = Scanner::at(text, at);
    let end = scanner.skip_value().map_or(text.len(), |()| scanner.at);
    scanner.at = at;
    loop {
        let first = scanner.next();
        let start = scanner.at;
        if start >= end {
            return false;
        }
        if matches!(first, b'{' | b'}' | b'[' | b']' | b',' | b':') {
            scanner.at += 1;
            continue;
        }
        if scanner.skip_value().is_err() {
            return true;
        }
        let token = text.get(start..scanner.at).unwrap_or_default();
        let is_there = match first {
            b'"' => serde_json::from_str::<String>(token).is_ok_and(|it| mentions(message, &it)),
            b't' | b'f' | b'n' => false,
            _ => {
                let written = token.parse::<f64>().map(|number| number.to_string());
                mentions(message, token) || written.is_ok_and(|it| mentions(message, &it))
            }
        };
        if is_there {
            return true;
        }
    }
}

/// Whether a text has a value as a word. One of a byte is in many texts, and is no secret.
fn mentions(text: &str, value: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    value.len() > 1
        && text.match_indices(value).any(|(at, _)| {
            let (before, after) = (text.get(..at), text.get(at + value.len()..));
            is_end(before.and_then(|it| it.chars().next_back()))
                && is_end(after.and_then(|it| it.chars().next()))
        })
}

/// The kind of a value, as messages name it.
fn kind(value: Unexpected) -> &'static str {
    match value {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a number with a fraction or out of range",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::UnitVariant => "a string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq | Unexpected::TupleVariant => "a list",
        Unexpected::Map | Unexpected::StructVariant => "an object",
        _ => "another value",
    }
}

/// Names of the type, cut after some.
fn listed(names: &[&str]) -> String {
    const MAX_NAMES: usize = 12;
    let more = if names.len() > MAX_NAMES { ", \u{2026}" } else { "" };
    let names: Vec<_> = names.iter().take(MAX_NAMES).copied().collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") + more }
}

/// Explains an object, at this byte, that lacks a field.
fn missing(field: &str, text: &str, at: usize) -> String {
    let (names, other) = names_of(text, at, |key| spellings(key).iter().any(|name| name == field));
    let names = names.map_or_else(String::new, |names| format!("; the object {names}"));
    let hint = other.map_or_else(String::new, |key| {
        format!("; write #[serde(rename = \"{key}\")] on the field, or rename_all on the type")
    });
    format!("the required field {field} is missing{names}{hint}")
}
