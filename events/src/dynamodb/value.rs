//! The values of an item of Amazon DynamoDB.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::values::from_json;
use crate::{Base64, Error, Map};
use miniserde::json::{self, Number, Value};
use miniserde::ser::{self, Fragment};
use miniserde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A value, under the tag of its type: `{"N":"17"}`.
///
/// Lists and maps may nest 128 levels deep, four times of what DynamoDB takes; what goes deeper
/// does not decode, since dropping it could overflow the stack.
///
/// ```
/// use minilambda_events::dynamodb::AttributeValue;
///
/// let value: AttributeValue = miniserde::json::from_str(r#"{"N":"0.1"}"#)?;
/// assert_eq!(value, AttributeValue::N("0.1".to_owned()));
/// assert_eq!(value.as_n(), Some("0.1"));
/// # Ok::<(), miniserde::Error>(())
/// ```
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
        /// The string, if it is one.
        as_s S str,
        /// The number's digits, if it is one.
        as_n N str,
        /// The binary data, if it is such.
        as_b B Base64,
        /// The list, if it is one.
        as_l L [AttributeValue],
        /// The map, if it is one.
        as_m M Map<AttributeValue>,
        /// The set of strings, if it is one.
        as_ss Ss [String],
        /// The set of numbers, if it is one.
        as_ns Ns [String],
        /// The set of binary data, if it is one.
        as_bs Bs [Base64],
    }

    /// True or false, if it is that.
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

    /// The value without its tags: a set becomes a list, binary data a string in base64, a number
    /// the integer or the nearest float.
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

fn number(digits: &str) -> Value {
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

/// An item, or an image of one, decoded into a type of your own, by way of
/// [`AttributeValue::to_json`].
///
/// ```
/// use minilambda_events::{dynamodb, Map};
/// use miniserde::{Deserialize, json};
///
/// #[derive(Deserialize)]
/// struct Order {
///     id: String,
///     pieces: Vec<u32>,
/// }
///
/// let image = r#"{"id":{"S":"A-1007"},"pieces":{"L":[{"N":"1"},{"N":"6"}]}}"#;
/// let order: Order = dynamodb::item(&json::from_str(image)?)?;
/// assert_eq!((&*order.id, order.pieces), ("A-1007", vec![1, 6]));
/// # Ok::<(), minilambda_events::Error>(())
/// ```
///
/// # Errors
/// If the item does not match the type.
pub fn item<T: Deserialize>(attributes: &Map<AttributeValue>) -> Result<T, Error> {
    let plain = |(key, value): (&String, &AttributeValue)| (key.clone(), value.to_json());
    let plain: BTreeMap<String, Value> = attributes.iter().map(plain).collect();
    from_json(&json::to_string(&plain), "an item")
}

impl Serialize for AttributeValue {
    fn begin(&self) -> Fragment<'_> {
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
        Fragment::Map(Box::new(Member(Some((tag, value)))))
    }
}

/// An object's only field, until it is written.
struct Member<'a>(Option<(&'static str, &'a dyn Serialize)>);

impl ser::Map for Member<'_> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        self.0.take().map(|(tag, value)| (Cow::Borrowed(tag), value))
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
