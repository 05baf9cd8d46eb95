//! The values of an item of Amazon DynamoDB.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::dynamodb::mark::{Marked, VALUE, is_asked_for_mark};
use crate::dynamodb::set::Bytes;
use crate::{Base64, Map};
use miniserde::Serialize;
use miniserde::json::{Number, Value};
use miniserde::ser::Fragment;

/// A value with its type: `{"N":"17"}`.
///
/// Lists and maps may be nested 128 levels deep, four times DynamoDB's limit. Deeper ones do not
/// decode, because dropping them could overflow the stack.
///
/// ```
/// use minilambda_events::dynamodb::AttributeValue;
///
/// let value: AttributeValue = miniserde::json::from_str(r#"{"N":"0.1"}"#)?;
/// assert_eq!(value, AttributeValue::N("0.1".to_owned()));
/// assert_eq!(value.as_n(), Some("0.1"));
/// assert_eq!(AttributeValue::from(17), AttributeValue::N("17".to_owned()));
/// # Ok::<(), miniserde::Error>(())
/// ```
///
/// It is made of a text, an integer, a boolean, [`Bytes`], a list or a map of others with `into`,
/// and of any other type with [`to_value`](crate::dynamodb::to_value).
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A string.
    S(String),
    /// A number of up to 38 digits, as text.
    N(String),
    /// Binary data.
    B(Base64),
    /// True or false.
    Bool(bool),
    /// Null; always `true`.
    Null(bool),
    /// A list.
    L(Vec<AttributeValue>),
    /// A map.
    M(Map<AttributeValue>),
    /// A set of strings.
    Ss(Vec<String>),
    /// A set of numbers, as strings.
    Ns(Vec<String>),
    /// A set of binary data.
    Bs(Vec<Base64>),
}

macro_rules! accessors {
    ($($(#[doc = $about:literal])* $name:ident $variant:ident $type:ty),* $(,)?) => {$(
        $(#[doc = $about])*
        #[must_use]
        pub fn $name(&self) -> Option<&$type> {
            match self {
                Self::$variant(value) => Some(value),
                _ => None,
            }
        }
    )*};
}

impl AttributeValue {
    accessors! {
        /// Returns the string.
        as_s S str,
        /// Returns the digits of the number.
        as_n N str,
        /// Returns the binary data.
        as_b B Base64,
        /// Returns the list.
        as_l L [AttributeValue],
        /// Returns the map.
        as_m M Map<AttributeValue>,
        /// Returns the set of strings.
        as_ss Ss [String],
        /// Returns the set of numbers.
        as_ns Ns [String],
        /// Returns the set of binary data.
        as_bs Bs [Base64],
    }

    /// Returns the boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// Returns the value as plain JSON: a set becomes a list, binary data a string in base64, a
    /// number an integer or the nearest float.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let texts = |texts: &[String]| texts.iter().cloned().map(Value::String).collect();
        match self {
            Self::S(text) => Value::String(text.clone()),
            Self::N(digits) => number(digits),
            Self::B(data) => Value::String(data.0.clone()),
            Self::Bool(value) => Value::Bool(*value),
            Self::Null(_) => Value::Null,
            Self::L(list) => Value::Array(list.iter().map(Self::to_json).collect()),
            Self::M(map) => Value::Object(
                map.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
            ),
            Self::Ss(set) => Value::Array(texts(set)),
            Self::Ns(set) => Value::Array(set.iter().map(|digits| number(digits)).collect()),
            Self::Bs(set) => {
                Value::Array(set.iter().map(|data| Value::String(data.0.clone())).collect())
            }
        }
    }
}

macro_rules! from_values {
    ($($type:ty: $value:ident => $written:expr;)*) => {$(
        impl From<$type> for AttributeValue {
            fn from($value: $type) -> Self {
                $written
            }
        }
    )*};
}
from_values! {
    &str: text => Self::S(text.to_owned());
    String: text => Self::S(text);
    bool: value => Self::Bool(value);
    Bytes: data => Self::B(Base64::encode(data.0));
    Vec<AttributeValue>: list => Self::L(list);
    Map<AttributeValue>: map => Self::M(map);
}

macro_rules! from_numbers {
    ($($number:ty)*) => {
        from_values! { $($number: number => Self::N(number.to_string());)* }
    };
}
from_numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

pub(super) fn number(digits: &str) -> Value {
    if let Ok(number) = digits.parse() {
        return Value::Number(Number::U64(number));
    }
    if let Ok(number) = digits.parse() {
        return Value::Number(Number::I64(number));
    }
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Number(Number::F64(number)),
        _ => Value::String(digits.to_owned()),
    }
}

impl Serialize for AttributeValue {
    fn begin(&self) -> Fragment<'_> {
        if is_asked_for_mark() {
            return Fragment::Map(Box::new(Marked(Some((VALUE, self)))));
        }
        let (tag, value): (_, &dyn Serialize) = match self {
            Self::S(text) => ("S", text),
            Self::N(digits) => ("N", digits),
            Self::B(data) => ("B", data),
            Self::Bool(value) => ("BOOL", value),
            Self::Null(value) => ("NULL", value),
            Self::L(list) => ("L", list),
            Self::M(map) => ("M", map),
            Self::Ss(set) => ("SS", set),
            Self::Ns(set) => ("NS", set),
            Self::Bs(set) => ("BS", set),
        };
        Fragment::Map(Box::new(Marked(Some((tag, value)))))
    }
}

#[cfg(test)]
mod tests {
    use super::AttributeValue;
    use miniserde::json;

    #[test]
    fn without_its_tags_it_is_plain_json() {
        let text = r#"{"M":{"a":{"N":"18446744073709551615"},"b":{"N":"-1"},"c":{"N":"0.5"},"d":{"N":"?"},
            "e":{"NS":["1"]},"f":{"BS":["AA=="]},"g":{"B":"AA=="},"h":{"NULL":true},"i":{"SS":["x"]},
            "j":{"L":[{"BOOL":true}]}}}"#;
        let value: AttributeValue = json::from_str(text).unwrap();
        assert_eq!(
            json::to_string(&value.to_json()),
            r#"{"a":18446744073709551615,"b":-1,"c":0.5,"d":"?","e":[1],"f":["AA=="],"g":"AA==","h":null,"i":["x"],"j":[true]}"#
        );
    }
}
