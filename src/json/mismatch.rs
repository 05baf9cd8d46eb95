//! Explains why a JSON text does not match its type, from the text at the place where the type's
//! visitor refused.
//!
//! The explanation costs no memory beyond the message. miniserde's errors say nothing, so a visitor
//! that refused is asked what it would accept. Messages have names and kinds, never a value: events
//! hold secrets.

use super::event_kind;
use super::number::Number;
use super::parser::Failure;
use super::path::{path_of, plain_name};
use super::scan::Scanner;
use miniserde::de::{Map, Visitor};
use std::str::Utf8Error;

/// Returns the message for bytes that are not UTF-8.
#[cold]
pub(super) fn not_utf8(length: usize, error: Utf8Error) -> String {
    format!("invalid UTF-8 at byte {} of {length}", error.valid_up_to())
}

/// Returns the message for a string that could not be decoded. A string that is not JSON, for example
/// because it was cut off, is explained as such, whatever was refused first.
#[cold]
pub(super) fn explain(text: &str, failure: &Failure) -> String {
    if text.trim().is_empty() {
        return "invalid JSON: the text is empty".to_owned();
    }
    let mut scanner = Scanner::new(text);
    if let Err(error) = scanner.skip_value().and_then(|()| scanner.end()) {
        let path = path_of(text, error.at);
        let place = if path.is_empty() { String::new() } else { format!(", in {path}") };
        return format!(
            "invalid JSON at byte {} of {}{place}: {}",
            error.at,
            text.len(),
            error.what
        );
    }
    let path = path_of(text, failure.at);
    let place = if path.is_empty() { String::new() } else { format!(" at {path}") };
    let kind = event_kind::of(text).map_or_else(String::new, |it| format!("; it looks like {it}"));
    format!("the JSON does not match its type{place}: {}{kind}", failure.what)
}

/// Whether a type ignores a field with this visitor.
pub(super) fn is_ignored(visitor: &dyn Visitor) -> bool {
    std::ptr::addr_eq(visitor, <dyn Visitor>::ignore())
}

/// Explains an object, at this byte, that lacks a field. miniserde cannot tell which, so the fields
/// that are there are listed, and those that the type does not have.
#[cold]
pub(super) fn missing_field(text: &str, start: usize, map: &mut dyn Map) -> String {
    let (mut present, mut unknown) = (Names::default(), Names::default());
    let mut hint = None;
    let _ = Scanner::at(text, start).fields(|_, key| {
        present.add(key);
        if map.key(key).is_ok_and(|visitor| is_ignored(visitor)) {
            unknown.add(key);
            hint = hint.take().or_else(|| rename_hint(key, map));
        }
        Ok(false)
    });
    let missing = missing_names(text, start, map);
    let missing = if missing.is_empty() { String::new() } else { format!(": {missing}") };
    if present.count == 0 {
        return format!("a required field is missing{missing}; the object is empty");
    }
    let mut message =
        format!("a required field is missing{missing}; the object has {}", present.list);
    if unknown.count > 0 {
        message.push_str("; the type does not have ");
        message.push_str(&unknown.list);
    }
    message.push_str(&hint.unwrap_or_default());
    message
}

/// Lists the required fields of AWS's events that the type has and the object has not. If there is
/// none, a field of any JSON type is missing, which accepts null like an `Option` does.
fn missing_names(text: &str, start: usize, map: &mut dyn Map) -> String {
    for accepts_null in [false, true] {
        let mut names = Names::default();
        for name in event_kind::REQUIRED_FIELDS {
            let is_candidate = map.key(name).is_ok_and(|visitor| {
                !is_ignored(visitor) && visitor.null().is_ok() == accepts_null
            });
            if is_candidate && !has_field(text, start, name) {
                names.add(name);
            }
        }
        if names.count > 0 {
            return names.list;
        }
    }
    String::new()
}

fn has_field(text: &str, start: usize, name: &str) -> bool {
    let mut found = false;
    let _ = Scanner::at(text, start).fields(|_, key| {
        found |= key == name;
        Ok(false)
    });
    found
}

/// Says which `rename` is missing, if the type has a field of the same name in another case.
fn rename_hint(key: &str, map: &mut dyn Map) -> Option<String> {
    let name = plain_name(key)?;
    let mut has = |field: &String| map.key(field).is_ok_and(|visitor| !is_ignored(visitor));
    let field = spellings(name).into_iter().find(|field| field != name && has(field))?;
    Some(format!(
        "; the type has the field {field}: write #[serde(rename = \"{name}\")] on it, because \
         miniserde ignores rename_all"
    ))
}

/// Returns the spellings of a name in the usual conventions.
fn spellings(name: &str) -> [String; 5] {
    let words = words(name);
    let capitalized = |word: &String| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    let pascal: String = words.iter().map(capitalized).collect();
    let camel =
        words.iter().take(1).cloned().chain(words.iter().skip(1).map(capitalized)).collect();
    [words.join("_"), camel, pascal, words.join("-"), words.concat()]
}

/// Splits a name into its words, in lower case: `an_a`, `anA`, `AnA` and `an-a` have the same two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_start = true;
    let mut was_lower = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if is_start || (c.is_ascii_uppercase() && was_lower) {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        is_start = !c.is_ascii_alphanumeric();
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words
}

/// A list of names, cut after some.
#[derive(Default)]
struct Names {
    list: String,
    count: usize,
}

impl Names {
    fn add(&mut self, key: &str) {
        const MAX_NAMES: usize = 12;
        if self.count < MAX_NAMES {
            if self.count > 0 {
                self.list.push_str(", ");
            }
            self.list.push_str(plain_name(key).unwrap_or("(a key)"));
        } else if self.count == MAX_NAMES {
            self.list.push_str(", \u{2026}");
        }
        self.count += 1;
    }
}

/// Explains a value, at this byte, that its visitor has refused.
#[cold]
pub(super) fn refusal(visitor: &mut dyn Visitor, text: &str, start: usize) -> String {
    let found = Found::at(text, start);
    let is_integer = visitor.nonnegative(0).is_ok() || visitor.negative(-1).is_ok();
    let is_string = visitor.string("").is_ok();
    match found {
        Found::Integer if is_integer => {
            return format!("expected an integer{}, found one out of range", range(visitor));
        }
        Found::Fraction if is_integer => {
            return "expected an integer, found a number with a fraction or out of range"
                .to_owned();
        }
        Found::String if is_string => return "the string has an unexpected value".to_owned(),
        _ => {}
    }
    // In the order in which a reader wants to know them.
    let is_object = visitor.map().is_ok();
    let is_list = visitor.seq().is_ok();
    let is_number = visitor.float(0.5).is_ok();
    let is_bool = visitor.boolean(false).is_ok();
    let is_null = visitor.null().is_ok();
    let kinds = [
        (is_object, "an object"),
        (is_list, "a list"),
        (is_string, "a string"),
        (is_number, "a number"),
        (is_integer && !is_number, "an integer"),
        (is_bool, "true or false"),
        (is_null, "null"),
    ];
    let kinds: Vec<_> =
        kinds.into_iter().filter_map(|(is_accepted, kind)| is_accepted.then_some(kind)).collect();
    if kinds.iter().any(|kind| *kind != "null") {
        return format!("expected {}, found {}", kinds.join(" or "), found.name());
    }
    // An enum accepts only its variants, and cannot list them.
    let or_null = if is_null { " or null" } else { "" };
    if found == Found::String {
        let hint = variant_hint(visitor, text, start);
        return format!("expected a variant of the enum{or_null}, found another string{hint}");
    }
    if is_null && matches!(found, Found::Object | Found::List) {
        return format!("expected null, found {}", found.name()); // the type `()`
    }
    format!("expected a string with a variant of the enum{or_null}, found {}", found.name())
}

/// Says if an enum has the same variant in another case. The hint has no part of the value.
fn variant_hint(visitor: &mut dyn Visitor, text: &str, start: usize) -> &'static str {
    let end = Scanner::at(text, start).plain_string();
    let Some(value) = end else { return "" };
    let [snake, camel, pascal, kebab, joined] = spellings(value);
    let screaming = snake.to_ascii_uppercase();
    let upper = joined.to_ascii_uppercase();
    let mut is_variant = |text: &String| visitor.string(text).is_ok();
    if [snake, camel, pascal, kebab, joined, screaming, upper].iter().any(&mut is_variant) {
        return "; a variant differs from it only in case or separators: write \
                #[serde(rename = \"\u{2026}\")] on the variant";
    }
    ""
}

/// Returns the range of an integer type, if it is one of Rust's.
fn range(visitor: &mut dyn Visitor) -> String {
    let bits = [7, 8, 15, 16, 31, 32, 63];
    let maxima = bits.iter().map(|bits| (1_u64 << bits) - 1);
    let max = maxima.clone().find(|max| {
        visitor.nonnegative(*max).is_ok() && visitor.nonnegative(max.saturating_add(1)).is_err()
    });
    let min = [i64::from(i8::MIN), i64::from(i16::MIN), i64::from(i32::MIN)]
        .into_iter()
        .find(|min| visitor.negative(*min).is_ok() && visitor.negative(min - 1).is_err());
    let is_signed = visitor.negative(-1).is_ok();
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (None, Some(max)) if is_signed => format!(" from {} to {max}", i64::MIN),
        (None, Some(max)) => format!(" from 0 to {max}"),
        (_, None) if !is_signed => format!(" from 0 to {}", u64::MAX),
        _ => String::new(),
    }
}

/// The kind of a value in a string.
#[derive(Clone, Copy, PartialEq)]
enum Found {
    Null,
    Bool,
    Integer,
    Fraction,
    String,
    List,
    Object,
}

impl Found {
    fn at(text: &str, start: usize) -> Self {
        match text.as_bytes().get(start) {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Bool,
            Some(b'"') => Self::String,
            Some(b'[') => Self::List,
            Some(b'{') => Self::Object,
            // An integer beyond 64 bits becomes a float.
            _ => match Scanner::at(text, start).number() {
                Ok(Number::Float(_)) | Err(_) => Self::Fraction,
                Ok(_) => Self::Integer,
            },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Integer => "an integer",
            Self::Fraction => "a number with a fraction",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn a_name_has_its_spellings() {
        for name in ["an_order_id", "anOrderId", "AnOrderId", "an-order-id", "AN_ORDER_ID"] {
            let expected = ["an_order_id", "anOrderId", "AnOrderId", "an-order-id", "anorderid"];
            assert_eq!(spellings(name), expected, "{name}");
        }
    }
}
