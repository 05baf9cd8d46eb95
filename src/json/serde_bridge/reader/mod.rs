//! Reads a text again that `serde_json` has refused, to find the value and what is wrong with it;
//! and reads a large text first, to find out what it would take in memory.
//!
//! Each value is a [`Value`], at its place in the text. The errors are [`Refusal`]s, and one that
//! has no place gets that of the innermost value that it passes. A value that serde keeps aside
//! until it knows the variant of an enum has no place any more: its error is that of the enum.

mod access;
mod key;

use super::super::budget::Budget;
use super::super::number::Number;
use super::super::probe::ParseError;
use super::super::scan::Scanner;
use super::refusal::Refusal;
use access::{Elements, Fields, Variant};
use key::Key;
use serde::de::value::MapDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, Visitor,
};
use std::any::type_name;
use std::borrow::Cow;
use std::fmt::Write;
use std::iter;

type Result<T> = std::result::Result<T, Refusal>;

/// The limit of `serde_json`, which refuses the 128th level.
const MAX_DEPTH: usize = 127;

/// The name by which `serde_json::value::RawValue` asks for the text of a value.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The name of what serde keeps aside for an enum.
const ASIDE: &str = "::Content";

/// Explains why `serde_json` has refused a text.
#[cold]
pub(super) fn explain<T: DeserializeOwned>(text: &str, error: &serde_json::Error) -> ParseError {
    if let Err(refusal) = read::<T>(text, None) {
        return refusal.explained(text);
    }
    // The type does not refuse it a second time.
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = lines.map(str::len).sum::<usize>() + error.column();
    ParseError::mismatch(at.saturating_sub(1), "the type refuses this value".to_owned())
}

/// Checks that the type holds no more of a text without types than the budget has. All other errors
/// are `serde_json`'s to find.
#[cold]
pub(super) fn is_within<T: DeserializeOwned>(
    text: &str,
    budget: Budget,
) -> std::result::Result<(), ParseError> {
    match read::<T>(text, Some(budget)) {
        Err(refusal) if refusal.is_over_budget() => Err(refusal.explained(text)),
        _ => Ok(()),
    }
}

fn read<T: DeserializeOwned>(text: &str, budget: Option<Budget>) -> Result<()> {
    let scanner = Scanner::new(text);
    let mut reader = Reader { scanner, budget, expected: String::new(), untyped: "" };
    let at = reader.next();
    T::deserialize(Value { reader: &mut reader, depth: 0 }).map_err(|it| it.placed(at))?;
    Ok(reader.scanner.end()?)
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    /// What may still be held without a type, in a large text.
    budget: Option<Budget>,
    /// What the type of the last scalar has said that it expects.
    expected: String,
    /// The type as which the last value was read, if it takes any value: a `serde_json::Value`, or
    /// what serde keeps aside for an enum. Otherwise it is empty.
    untyped: &'static str,
}

impl<'a> Reader<'a> {
    /// Returns where the next token begins.
    fn next(&mut self) -> usize {
        self.scanner.next();
        self.scanner.at
    }

    fn string(&mut self) -> Result<Cow<'a, str>> {
        if let Some(text) = self.scanner.plain_string() {
            return Ok(Cow::Borrowed(text));
        }
        if self.scanner.next() != b'"' {
            return Err(self.scanner.error().into());
        }
        let start = self.scanner.at;
        self.scanner.skip_string()?;
        let quoted = self.since(start);
        serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| {
            Refusal::new(start, "the string has half of a surrogate pair (\\ud800 to \\udfff)")
        })
    }

    /// Returns the name of a field, which begins here.
    fn key(&mut self, depth: usize) -> Result<Key<'_, 'a>> {
        if self.scanner.next() != b'"' {
            return Err(self.scanner.error().into());
        }
        Ok(Key(Value { reader: self, depth }))
    }

    /// Skips a string as `serde_json` reads one for bytes: with control characters, and halves of
    /// surrogate pairs.
    fn skip_byte_string(&mut self) -> Result<()> {
        loop {
            self.scanner.at += 1;
            match self.scanner.rest() {
                [b'"', ..] => break,
                [b'\\', ..] => self.scanner.at += 1,
                [] => return Err(self.scanner.error().into()),
                _ => {}
            }
        }
        self.scanner.at += 1;
        Ok(())
    }

    fn since(&self, start: usize) -> &'a str {
        self.scanner.text.get(start..self.scanner.at).unwrap_or_default()
    }

    /// Gives a scalar, which begins here and has been read, to its visitor.
    fn scalar<'de, V: Visitor<'de>>(
        &mut self,
        (start, kind): (usize, &'static str),
        visitor: V,
        visit: impl FnOnce(V) -> Result<V::Value>,
    ) -> Result<V::Value> {
        self.untyped = "";
        self.expected.clear();
        // Writing to a String fails only if the type's own text does.
        let _ = write!(self.expected, "{}", &visitor as &dyn Expected);
        visit(visitor).map_err(|refusal| refusal.of_scalar(start, &self.expected, kind))
    }

    fn number<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let start = self.scanner.at;
        let number = self.scanner.number()?;
        let kind = if matches!(number, Number::Float(_)) { "a number" } else { "an integer" };
        self.scalar((start, kind), visitor, |visitor| match number {
            Number::Nonnegative(number) => visitor.visit_u64(number),
            Number::Negative(number) => visitor.visit_i64(number),
            Number::MinusZero => visitor.visit_f64(-0.0),
            Number::Float(number) if number.is_finite() => visitor.visit_f64(number),
            Number::Float(_) => {
                Err(Refusal::new(start, "the number is too large for 64 bits of floating point"))
            }
        })
    }

    fn word<'de, V: Visitor<'de>>(
        &mut self,
        (word, kind): (&'static str, &'static str),
        visitor: V,
        visit: impl FnOnce(V) -> Result<V::Value>,
    ) -> Result<V::Value> {
        let start = self.scanner.at;
        self.scanner.literal(word)?;
        self.scalar((start, kind), visitor, visit)
    }

    /// Counts what is held without a type.
    fn spend(&mut self, at: usize, cost: impl FnOnce(&mut Budget) -> bool) -> Result<()> {
        let Some(budget) = &mut self.budget else { return Ok(()) };
        if cost(budget) {
            return Ok(());
        }
        let what = budget.refusal("held without a type", "a type with the fields that are needed");
        Err(Refusal::over_budget(at, what))
    }

    /// Reads a value of a list or an object. What serde has kept aside meanwhile is free again.
    fn element<S: DeserializeSeed<'a>>(&mut self, depth: usize, seed: S) -> Result<S::Value> {
        let at = self.next();
        let before = self.budget.clone();
        let value = seed.deserialize(Value { reader: self, depth }).map_err(|it| it.placed(at))?;
        let is_aside = self.untyped.contains(ASIDE);
        if before.is_some() && is_aside && !type_name::<S::Value>().contains(self.untyped) {
            (self.budget, self.untyped) = (before, "");
        }
        Ok(value)
    }
}

/// A value that has not been read.
struct Value<'r, 'a> {
    reader: &'r mut Reader<'a>,
    depth: usize,
}

/// What a type asks for.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    /// Whatever comes, which it keeps.
    Any,
    /// A map, whose fields take any name.
    Map,
    Typed,
}

impl<'de> Value<'_, 'de> {
    /// Reads a value of any kind.
    fn read<V: Visitor<'de>>(self, visitor: V, asked: Asked) -> Result<V::Value> {
        let Self { reader, depth } = self;
        let first = reader.scanner.next();
        let start = reader.scanner.at;
        if asked == Asked::Any && reader.budget.is_some() {
            let bytes = 2 * size_of::<V::Value>();
            reader.spend(start, |budget| budget.has_untyped(bytes, first == b'"'))?;
        }
        let value = match first {
            b'{' | b'[' if depth == MAX_DEPTH => {
                Err(Refusal::new(start, format!("nested deeper than {MAX_DEPTH} levels")))
            }
            b'{' => {
                reader.scanner.at += 1;
                let fields = Fields { reader, depth: depth + 1, count: 0, asked };
                let value = visitor.visit_map(fields).map_err(|it| it.placed(start))?;
                reader.end(b'}', start, "the object has more fields than its type reads")?;
                Ok(value)
            }
            b'[' => {
                reader.scanner.at += 1;
                let elements = Elements { reader, depth: depth + 1, is_first: true };
                let value = visitor.visit_seq(elements).map_err(|it| it.placed(start))?;
                reader.end(b']', start, "the list has more elements than its type")?;
                Ok(value)
            }
            b'"' => {
                let text = reader.string()?;
                reader.scalar((start, "a string"), visitor, |visitor| match text {
                    Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                    Cow::Owned(text) => visitor.visit_string(text),
                })
            }
            b'n' => reader.word(("null", "null"), visitor, V::visit_unit),
            b't' => reader.word(("true", "true or false"), visitor, |it| it.visit_bool(true)),
            b'f' => reader.word(("false", "true or false"), visitor, |it| it.visit_bool(false)),
            _ => reader.number(visitor),
        };
        reader.untyped = if asked == Asked::Any { type_name::<V::Value>() } else { "" };
        value
    }
}

impl Reader<'_> {
    /// Reads the end of a list or an object that the visitor has read.
    fn end(&mut self, close: u8, start: usize, what: &str) -> Result<()> {
        if self.scanner.skip_byte(close) { Ok(()) } else { Err(Refusal::new(start, what)) }
    }
}

/// Methods that read a value in the same way, whichever type is asked for.
macro_rules! typed {
    ($($method:ident($($name:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value> {
            $(let _ = $name;)*
            self.read(visitor, Asked::Typed)
        }
    )*};
}

/// Methods that read an integer of 128 bits.
macro_rules! wide_integers {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let Self { reader, depth } = self;
            let start = reader.next();
            let is_read = reader.scanner.number().is_ok();
            match reader.since(start).parse() {
                Ok(number) if is_read => {
                    reader.scalar((start, "an integer"), visitor, |it| it.$visit(number))
                }
                _ => {
                    reader.scanner.at = start;
                    Value { reader, depth }.read(visitor, Asked::Typed)
                }
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Refusal;

    typed! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_f32()
        deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
        deserialize_unit() deserialize_unit_struct(name: &'static str) deserialize_seq()
        deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_identifier()
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.read(visitor, Asked::Any)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.read(visitor, Asked::Map)
    }

    wide_integers! { deserialize_i128 visit_i128 deserialize_u128 visit_u128 }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let start = self.reader.next();
        if self.reader.scanner.next() != b'"' {
            return self.read(visitor, Asked::Typed);
        }
        self.reader.skip_byte_string()?;
        let quoted = self.reader.since(start);
        self.reader.scalar((start, "a string"), visitor, |visitor| {
            let mut reader = serde_json::Deserializer::from_str(quoted);
            reader.deserialize_bytes(visitor).map_err(de::Error::custom)
        })
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.reader.scanner.next() == b'n' {
            self.reader.untyped = "";
            return self.reader.word(("null", "null"), visitor, V::visit_none);
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        if name != RAW_VALUE {
            return visitor.visit_newtype_struct(self);
        }
        let start = self.reader.next();
        self.reader.scanner.skip_value()?;
        self.reader.untyped = "";
        let text = self.reader.since(start);
        visitor.visit_map(MapDeserializer::new(iter::once((RAW_VALUE, text))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let Self { reader, depth } = self;
        let first = reader.scanner.next();
        let start = reader.scanner.at;
        match first {
            b'"' => {
                let text = reader.string()?;
                reader.untyped = "";
                let variant = IntoDeserializer::<Refusal>::into_deserializer(&*text);
                visitor.visit_enum(variant).map_err(|it| it.placed(start))
            }
            b'{' if depth < MAX_DEPTH => {
                reader.scanner.at += 1;
                if reader.scanner.next() != b'"' {
                    return Err(Refusal::new(start, "expected a field with a variant's name"));
                }
                let variant = Variant { reader, depth: depth + 1 };
                let value = visitor.visit_enum(variant).map_err(|it| it.placed(start))?;
                reader.end(b'}', start, "the object has another field beside the variant's")?;
                reader.untyped = "";
                Ok(value)
            }
            _ => {
                let what = format!("expected a variant of {name}: a string, or an object");
                Err(Refusal::new(start, what + " with one field"))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.reader.untyped = "";
        self.reader.scanner.skip_value()?;
        visitor.visit_unit()
    }
}
