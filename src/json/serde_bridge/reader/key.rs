//! The names of fields, which may be the keys of a map of any type.

use super::{Result, Value};
use crate::json::serde_bridge::refusal::Refusal;
use serde::de::{Deserializer, Expected, Visitor};
use std::borrow::Cow;

/// The name of a field, which may be a key of another type than a string. It has not been read.
pub(super) struct Key<'r, 'a>(pub(super) Value<'r, 'a>);

/// Methods that read a number in quotes, as it would be read without them.
macro_rules! number_keys {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let Value { reader, depth } = self.0;
            let at = reader.next();
            let no_number = || Refusal::new(at, "expected a number in quotes as the key");
            reader.scanner.at += 1;
            let [b'0'..=b'9' | b'-', ..] = reader.scanner.rest() else { return Err(no_number()) };
            let number = Value { reader: &mut *reader, depth }.$method(visitor)?;
            let [b'"', ..] = reader.scanner.rest() else { return Err(no_number()) };
            reader.scanner.at += 1;
            Ok(number)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'_, 'de> {
    type Error = Refusal;

    number_keys! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let reader = self.0.reader;
        let at = reader.next();
        let expected = (&visitor as &dyn Expected).to_string();
        let visited = match reader.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        };
        visited.map_err(|it: Refusal| it.of_scalar(at, &expected, "a key"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let scanner = &mut self.0.reader.scanner;
        for (word, value) in [("\"true\"", true), ("\"false\"", false)] {
            if scanner.rest().starts_with(word.as_bytes()) {
                scanner.at += word.len();
                return visitor.visit_bool(value);
            }
        }
        Err(Refusal::new(scanner.at, "expected true or false in quotes as the key"))
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.0.deserialize_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.0.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
