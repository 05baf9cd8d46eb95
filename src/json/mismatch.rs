//! Explains why a JSON text does not match its type, from the text at the place where the type's
//! visitor refused.
//!
//! The explanation costs no memory beyond the message. miniserde's errors say nothing, so a visitor
//! that refused is asked what it would accept. Messages have names and kinds, never a value: events
//! hold secrets.

use super::event_kind;
use super::number::Number;
use super::path::path_of;
use super::probe::ParseError;
use super::scan::Scanner;
use super::spelling::spellings;
use miniserde::de::Visitor;
use std::str::Utf8Error;

/// Returns the message for bytes that are not UTF-8.
#[cold]
pub(super) fn not_utf8(length: usize, error: Utf8Error) -> String {
    format!("invalid UTF-8 at byte {} of {length}", error.valid_up_to())
}

/// Returns the message for a text that could not be decoded. If it is not JSON at all (cut off,
/// say), the message says so, whatever failed first.
#[cold]
pub(super) fn explain(text: &str, error: &ParseError, type_name: &str) -> String {
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
    let path = path_of(text, error.at);
    let place = if path.is_empty() { String::new() } else { format!(" at {path}") };
    let kind =
        event_kind::recognize(text).map_or_else(String::new, |it| format!("; it looks like {it}"));
    let name = short_type_name(type_name);
    let definition = match error.is_unnamed {
        true if path.is_empty() => format!("; see the definition of {name}"),
        true => format!("; see the type of {path} in {name}"),
        false => String::new(),
    };
    format!("the JSON does not match its type{place}: {}{definition}{kind}", error.what)
}

/// Returns a type's name without its modules: `Vec<Order>`.
fn short_type_name(name: &str) -> String {
    let (mut short, mut word) = (String::new(), 0);
    for c in name.chars() {
        if c == ':' {
            short.truncate(word);
            continue;
        }
        short.push(c);
        if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' {
            word = short.len();
        }
    }
    short
}

/// Explains a value, at this byte, that its visitor has refused.
#[cold]
pub(super) fn refusal(visitor: &mut dyn Visitor, text: &str, start: usize) -> String {
    let found = JsonType::at(text, start);
    let is_integer = visitor.nonnegative(0).is_ok() || visitor.negative(-1).is_ok();
    let is_string = visitor.string("").is_ok();
    match found {
        JsonType::Integer if is_integer => {
            return format!("expected an integer{}, found one out of range", range(visitor));
        }
        JsonType::Fraction if is_integer => {
            return "expected an integer, found a number with a fraction or out of range"
                .to_owned();
        }
        JsonType::String if is_string => return "the string has an unexpected value".to_owned(),
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
    if found == JsonType::String {
        let hint = variant_hint(visitor, text, start);
        return format!("expected a variant of the enum{or_null}, found another string{hint}");
    }
    if is_null && matches!(found, JsonType::Object | JsonType::List) {
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

/// The JSON type of a value in the text.
#[derive(Clone, Copy, PartialEq)]
enum JsonType {
    Null,
    Bool,
    Integer,
    Fraction,
    String,
    List,
    Object,
}

impl JsonType {
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
    use super::short_type_name;

    #[test]
    fn a_type_has_a_short_name() {
        for (name, short) in [
            ("shop::orders::Order", "Order"),
            ("alloc::vec::Vec<shop::Order>", "Vec<Order>"),
            ("core::option::Option<(u8, a::b::C<d::E, [f::G; 3]>)>", "Option<(u8, C<E, [G; 3]>)>"),
            ("u8", "u8"),
        ] {
            assert_eq!(short_type_name(name), short);
        }
    }
}
