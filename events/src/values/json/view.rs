//! A value within a [`Json`].

use super::tree::Cursor;
use super::{Json, from_tree};
use crate::Error;
use crate::values::from_json;
use minilambda::FromJson;
use miniserde::Serialize;
use miniserde::json::Number;
use miniserde::ser::{self, Fragment};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A value within a [`Json`], borrowed from it. It is as small as a `&str`, and copying is free.
///
/// ```
/// use minilambda_events::Json;
///
/// let json: Json = miniserde::json::from_str(r#"{"cups":[{"name":"blue","size":2}]}"#)?;
/// let cups = json.get("cups").and_then(|cups| cups.items()).into_iter().flatten();
/// let names: Vec<_> = cups.filter_map(|cup| cup.get("name")?.as_str()).collect();
/// assert_eq!(names, ["blue"]);
/// # Ok::<(), miniserde::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct JsonRef<'a>(pub(super) &'a str);

impl<'a> JsonRef<'a> {
    /// An empty tree is null.
    fn tag(self) -> u8 {
        self.0.as_bytes().first().copied().unwrap_or(b'n')
    }

    fn after_tag(self) -> Cursor<'a> {
        Cursor { bytes: self.0.as_bytes(), at: 1 }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.tag() == b'n'
    }

    /// Returns true or false.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.tag() {
            b't' => Some(true),
            b'f' => Some(false),
            _ => None,
        }
    }

    /// Returns a string.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        if self.tag() != b's' {
            return None;
        }
        self.0.get(self.after_tag().text())
    }

    /// Returns a number.
    #[must_use]
    pub fn as_number(self) -> Option<Number> {
        let bits = || self.after_tag().varint();
        match self.tag() {
            b'u' => Some(Number::U64(bits())),
            b'i' => Some(Number::I64(0_i64.wrapping_sub_unsigned(bits()))),
            b'd' => Some(Number::F64(f64::from_bits(bits().swap_bytes()))),
            _ => None,
        }
    }

    /// Returns an integer of zero or more.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        match self.as_number()? {
            Number::U64(number) => Some(number),
            _ => None,
        }
    }

    /// Returns an integer.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self.as_number()? {
            Number::U64(number) => number.try_into().ok(),
            Number::I64(number) => Some(number),
            Number::F64(_) => None,
        }
    }

    /// Returns any number as a float, which is the nearest one if it is an integer of more than 53
    /// bits.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "the nearest one")]
    pub fn as_f64(self) -> Option<f64> {
        Some(match self.as_number()? {
            Number::U64(number) => number as f64,
            Number::I64(number) => number as f64,
            Number::F64(number) => number,
        })
    }

    /// Returns a list's elements.
    #[must_use]
    pub fn items(self) -> Option<JsonItems<'a>> {
        (self.tag() == b'a').then(|| JsonItems(self.content()))
    }

    /// Returns an object's fields, in the order in which they came. Each name comes once.
    #[must_use]
    pub fn fields(self) -> Option<JsonFields<'a>> {
        (self.tag() == b'o').then(|| JsonFields(self.content()))
    }

    pub(super) fn fragment(self) -> Fragment<'a> {
        if let Some(rest) = self.items() {
            return Fragment::Seq(Box::new(Written { rest, name: "", value: self }));
        }
        if let Some(rest) = self.fields() {
            return Fragment::Map(Box::new(Written { rest, name: "", value: self }));
        }
        if let Some(text) = self.as_str() {
            return Fragment::Str(Cow::Borrowed(text));
        }
        match (self.as_number(), self.as_bool()) {
            (Some(Number::U64(number)), _) => Fragment::U64(number),
            (Some(Number::I64(number)), _) => Fragment::I64(number),
            (Some(Number::F64(number)), _) => Fragment::F64(number),
            (None, Some(value)) => Fragment::Bool(value),
            (None, None) => Fragment::Null,
        }
    }

    /// Whether it is `0.0` or `-0.0`.
    fn is_zero(self) -> bool {
        matches!(self.as_number(), Some(Number::F64(number)) if number == 0.0)
    }

    /// Returns the elements of a list, or the fields of an object, sorted by their names.
    fn parts(self) -> Option<Vec<(Option<&'a str>, Self)>> {
        if let Some(items) = self.items() {
            return Some(items.map(|item| (None, item)).collect());
        }
        let mut fields = BTreeMap::new(); // less code than `sort`
        for (name, value) in self.fields()? {
            fields.insert(Some(name), value);
        }
        Some(fields.into_iter().collect())
    }

    fn content(self) -> Content<'a> {
        let mut cursor = self.after_tag();
        cursor.length();
        Content { text: self.0.get(cursor.at..).unwrap_or_default(), at: 0 }
    }

    /// Returns a field of an object. It reads the fields before it.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        self.fields()?.find(|(it, _)| *it == name).map(|(_, value)| value)
    }

    /// Returns an element of a list. It reads the elements before it.
    #[must_use]
    pub fn at(self, index: usize) -> Option<Self> {
        self.items()?.nth(index)
    }

    /// Returns the value at a path of names and indexes, such as `items.0.name`.
    #[must_use]
    pub fn path(self, path: &str) -> Option<Self> {
        path.split('.').try_fold(self, |value, step| {
            let is_index = step.bytes().all(|byte| byte.is_ascii_digit());
            value.get(step).or_else(|| value.at(step.parse().ok().filter(|_| is_index)?))
        })
    }

    /// Decodes the value, like [`Json::decode`].
    ///
    /// # Errors
    /// If the value does not match the type.
    pub fn decode<T: FromJson>(self) -> Result<T, Error> {
        from_json(&self.to_string(), "the value")
    }

    /// Copies the value.
    #[must_use]
    pub fn to_json(self) -> Json {
        from_tree(self.0.to_owned())
    }
}

/// A position in the content of a list or an object.
#[derive(Clone, Debug)]
struct Content<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Content<'a> {
    fn step<T>(&mut self, read: impl FnOnce(&mut Cursor<'a>) -> Option<T>) -> Option<T> {
        let mut cursor = Cursor { bytes: self.text.as_bytes(), at: self.at };
        let place = read(&mut cursor);
        self.at = cursor.at;
        place
    }
}

/// The elements of a list: see [`JsonRef::items`].
#[derive(Clone, Debug)]
pub struct JsonItems<'a>(Content<'a>);

impl<'a> Iterator for JsonItems<'a> {
    type Item = JsonRef<'a>;

    fn next(&mut self) -> Option<JsonRef<'a>> {
        let place = self.0.step(Cursor::value)?;
        self.0.text.get(place).map(JsonRef)
    }
}

/// The fields of an object: see [`JsonRef::fields`].
#[derive(Clone, Debug)]
pub struct JsonFields<'a>(Content<'a>);

impl<'a> Iterator for JsonFields<'a> {
    type Item = (&'a str, JsonRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.step(Cursor::field)?;
        Some((self.0.text.get(name)?, self.0.text.get(value).map(JsonRef)?))
    }
}

/// Numbers are equal if they are of the same kind and have the same value: `1` is not `1.0`. The
/// order of an object's fields does not count.
impl PartialEq for JsonRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.0 == other.0 {
            return true;
        }
        // A list, because values of any depth are compared.
        let mut pairs = vec![(*self, *other)];
        while let Some((a, b)) = pairs.pop() {
            let is_same = match (a.parts(), b.parts()) {
                (Some(_), Some(_)) if a.tag() != b.tag() => false,
                (Some(a), Some(b)) => {
                    let is_same = a.iter().map(|(name, _)| name).eq(b.iter().map(|(name, _)| name));
                    pairs.extend(a.iter().zip(b).map(|((_, a), (_, b))| (*a, b)));
                    is_same
                }
                (None, None) => {
                    a.0 == b.0 || a.is_null() && b.is_null() || a.is_zero() && b.is_zero()
                }
                _ => false,
            };
            if !is_same {
                return false;
            }
        }
        true
    }
}

impl Serialize for JsonRef<'_> {
    fn begin(&self) -> Fragment<'_> {
        self.fragment()
    }
}

/// A value that is written with the fields of each object in the order of their names.
#[derive(Debug)]
pub struct Sorted<'a>(pub JsonRef<'a>);

impl<'a> From<JsonRef<'a>> for Sorted<'a> {
    fn from(value: JsonRef<'a>) -> Self {
        Self(value)
    }
}

impl Serialize for Sorted<'_> {
    fn begin(&self) -> Fragment<'_> {
        if let Some(rest) = self.0.items() {
            return Fragment::Seq(Box::new(Written { rest, name: "", value: Self(self.0) }));
        }
        if let Some(fields) = self.0.fields() {
            let rest = fields.collect::<BTreeMap<_, _>>().into_iter();
            return Fragment::Map(Box::new(Written { rest, name: "", value: Self(self.0) }));
        }
        self.0.fragment()
    }
}

/// What is left to write, and the value that is written.
struct Written<'a, I, V> {
    rest: I,
    /// The name of a field.
    name: &'a str,
    value: V,
}

impl<'a, I, V> ser::Seq for Written<'a, I, V>
where
    I: Iterator<Item = JsonRef<'a>>,
    V: From<JsonRef<'a>> + Serialize,
{
    fn next(&mut self) -> Option<&dyn Serialize> {
        self.value = self.rest.next()?.into();
        Some(&self.value)
    }
}

impl<'a, I, V> ser::Map for Written<'a, I, V>
where
    I: Iterator<Item = (&'a str, JsonRef<'a>)>,
    V: From<JsonRef<'a>> + Serialize,
{
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        let (name, value) = self.rest.next()?;
        self.name = name;
        self.value = value.into();
        Some((Cow::Borrowed(self.name), &self.value))
    }
}

/// Writes JSON.
impl fmt::Display for JsonRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&miniserde::json::to_string(self))
    }
}

/// Writes JSON.
impl fmt::Debug for JsonRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Sorted};
    use miniserde::json;

    #[test]
    fn fields_are_written_in_the_order_of_their_names() {
        for (text, sorted) in [
            (r#"{"b":1,"a":[{"d":{},"c":null}]}"#, r#"{"a":[{"c":null,"d":{}}],"b":1}"#),
            (r#"{"a":{"":"é","B":-0.5},"A":[]}"#, r#"{"A":[],"a":{"":"é","B":-0.5}}"#),
            (r#"[[2,1],"b","a"]"#, r#"[[2,1],"b","a"]"#),
            ("7", "7"),
        ] {
            let value: Json = json::from_str(text).unwrap();
            assert_eq!(json::to_string(&Sorted(value.view())), sorted);
        }
    }
}
