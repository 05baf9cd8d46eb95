//! The parts of lists, objects and enums, as serde asks for them.

use super::{Asked, Reader, Result, Value};
use crate::json::serde_bridge::refusal::Refusal;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// The elements of a list.
pub(super) struct Elements<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) depth: usize,
    pub(super) is_first: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let scanner = &mut self.reader.scanner;
        let has_more = if self.is_first { scanner.next() != b']' } else { scanner.skip_byte(b',') };
        self.is_first = false;
        if !has_more {
            return Ok(None);
        }
        self.reader.element(self.depth, seed).map(Some)
    }
}

/// The fields of an object.
pub(super) struct Fields<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) depth: usize,
    pub(super) count: usize,
    pub(super) asked: Asked,
}

impl Fields<'_, '_> {
    fn spend(&mut self, at: usize) -> Result<()> {
        let count = self.count;
        self.reader.spend(at, |budget| budget.has_field(count, false))
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let scanner = &mut self.reader.scanner;
        let is_first = self.count == 0;
        let has_more = if is_first { scanner.next() != b'}' } else { scanner.skip_byte(b',') };
        if !has_more {
            return Ok(None);
        }
        self.count += 1;
        let at = self.reader.next();
        if self.asked == Asked::Any {
            self.spend(at)?;
        }
        let key = self.reader.key(self.depth)?;
        seed.deserialize(key).map(Some).map_err(|it| it.placed(at))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        self.reader.scanner.expect(b':')?;
        let at = self.reader.next();
        let value = self.reader.element(self.depth, seed)?;
        if self.asked == Asked::Map && !self.reader.untyped.is_empty() {
            self.spend(at)?;
        }
        Ok(value)
    }
}

/// The field of an object that is an enum's variant.
pub(super) struct Variant<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) depth: usize,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        let at = self.reader.next();
        let key = self.reader.key(self.depth)?;
        let variant = seed.deserialize(key).map_err(|it| it.placed(at))?;
        self.reader.scanner.expect(b':')?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<()> {
        self.reader.element(self.depth, std::marker::PhantomData::<()>)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        self.reader.element(self.depth, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        let Self { reader, depth } = self;
        Value { reader, depth }.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let Self { reader, depth } = self;
        Value { reader, depth }.deserialize_struct("", fields, visitor)
    }
}
