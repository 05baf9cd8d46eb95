//! The values of an item of Amazon DynamoDB.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::dynamodb::mark::{Marked, VALUE, is_asked_for_mark};
use crate::dynamodb::set::Bytes;
use crate::values::from_json;
use crate::{Base64, Error, Map};
use minilambda::__private::to_text;
use minilambda::FromJson;
use miniserde::Serialize;
use miniserde::de::Visitor;
use miniserde::json::{self, Number, Value};
use miniserde::ser::Fragment;
use std::any::type_name;

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

/// Decodes an item, or an image of one, into your own type.
///
/// A set is read by a list or a [`Set`](crate::dynamodb::Set), binary data by a `String`, in
/// base64, or by [`Bytes`](crate::dynamodb::Bytes). A number fits a field of numbers, and a
/// `String`: DynamoDB's numbers have up to 38 digits, which an `f64` would round. A
/// [`NumberOrText`](crate::NumberOrText) or a [`Json`](crate::Json) holds a number of more than 17
/// digits as text. `Map<AttributeValue>` keeps sets and binary data as they are.
///
/// ```
/// use minilambda_events::{dynamodb, Map};
/// use miniserde::{Deserialize, json};
///
/// #[derive(Deserialize)]
/// struct Order {
///     id: String,
///     pieces: Vec<u32>,
///     weight: String,
/// }
///
/// let image = r#"{"id":{"S":"A-1007"},"pieces":{"L":[{"N":"1"},{"N":"6"}]},"weight":{"N":"0.10"}}"#;
/// let order: Order = dynamodb::from_item(&json::from_str(image)?)?;
/// assert_eq!((&*order.id, order.pieces, &*order.weight), ("A-1007", vec![1, 6], "0.10"));
/// # Ok::<(), minilambda_events::Error>(())
/// ```
///
/// # Errors
/// If the item does not match the type.
pub fn from_item<T: FromJson>(attributes: &Map<AttributeValue>) -> Result<T, Error> {
    if is_item::<T>() {
        return from_json(&to_text(attributes), "an item");
    }
    let mut item = None;
    let visited = T::visitor(&mut item).map(|visitor| visit_map(attributes, visitor));
    if let (Some(Ok(())), Some(item)) = (visited, item) {
        return Ok(item);
    }
    // Another library reads the item as JSON, and the error is that of the JSON.
    let mut plain = String::new();
    write_map(attributes, &mut plain);
    from_json(&plain, "an item")
}

/// Whether a type is an item itself, whose values keep their tags.
pub(super) fn is_item<T>() -> bool {
    type_name::<T>() == type_name::<Map<AttributeValue>>()
}

/// Writes plain JSON, with all digits of a number.
fn write(value: &AttributeValue, out: &mut String) {
    match value {
        AttributeValue::S(text) => out.push_str(&to_text(text)),
        AttributeValue::N(digits) => write_number(digits, out),
        AttributeValue::B(data) => out.push_str(&to_text(&data.0)),
        AttributeValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        AttributeValue::Null(_) => out.push_str("null"),
        AttributeValue::L(list) => write_list(list, out, write),
        AttributeValue::M(map) => write_map(map, out),
        AttributeValue::Ss(set) => write_list(set, out, |it, out| *out += &to_text(it)),
        AttributeValue::Ns(set) => write_list(set, out, |digits, out| write_number(digits, out)),
        AttributeValue::Bs(set) => write_list(set, out, |it, out| *out += &to_text(&it.0)),
    }
}

fn write_map(map: &Map<AttributeValue>, out: &mut String) {
    let mut before = '{';
    for (key, value) in map {
        out.push(before);
        out.push_str(&to_text(key));
        out.push(':');
        write(value, out);
        before = ',';
    }
    out.push_str(if before == '{' { "{}" } else { "}" });
}

fn write_list<V>(values: &[V], out: &mut String, write: impl Fn(&V, &mut String)) {
    let mut before = '[';
    for value in values {
        out.push(before);
        write(value, out);
        before = ',';
    }
    out.push_str(if before == '[' { "[]" } else { "]" });
}

/// DynamoDB's digits are a number of JSON. Others become a string.
fn write_number(digits: &str, out: &mut String) {
    if json::from_str::<f64>(digits).is_ok() {
        out.push_str(digits);
    } else {
        out.push_str(&to_text(digits));
    }
}

fn visit(value: &AttributeValue, visitor: &mut dyn Visitor) -> miniserde::Result<()> {
    match value {
        AttributeValue::S(text) => visitor.string(text),
        AttributeValue::N(digits) => visit_number(digits, visitor),
        AttributeValue::B(data) => visitor.string(&data.0),
        AttributeValue::Bool(value) => visitor.boolean(*value),
        AttributeValue::Null(_) => visitor.null(),
        AttributeValue::L(list) => visit_seq(list, visitor, visit),
        AttributeValue::M(map) => visit_map(map, visitor),
        AttributeValue::Ss(set) => visit_seq(set, visitor, |text, visitor| visitor.string(text)),
        AttributeValue::Ns(set) => visit_seq(set, visitor, |digits, it| visit_number(digits, it)),
        AttributeValue::Bs(set) => visit_seq(set, visitor, |data, it| it.string(&data.0)),
    }
}

fn visit_map(map: &Map<AttributeValue>, visitor: &mut dyn Visitor) -> miniserde::Result<()> {
    let mut fields = visitor.map()?;
    for (key, value) in map {
        visit(value, fields.key(key)?)?;
    }
    fields.finish()
}

fn visit_seq<V>(
    values: &[V],
    visitor: &mut dyn Visitor,
    visit: impl Fn(&V, &mut dyn Visitor) -> miniserde::Result<()>,
) -> miniserde::Result<()> {
    let mut elements = visitor.seq()?;
    for value in values {
        visit(value, elements.element()?)?;
    }
    elements.finish()
}

pub(super) fn visit_number(digits: &str, visitor: &mut dyn Visitor) -> miniserde::Result<()> {
    // An `f64` tells decimals of up to 15 to 17 digits apart.
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    match number(digits) {
        Value::Number(Number::U64(number)) => visitor.nonnegative(number),
        Value::Number(Number::I64(number)) => visitor.negative(number),
        Value::Number(Number::F64(number)) if count <= 17 => visitor.float(number),
        Value::Number(Number::F64(number)) => {
            visitor.string(digits).or_else(|_| visitor.float(number))
        }
        _ => visitor.string(digits),
    }
    .or_else(|_| visitor.string(digits))
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
    use super::{AttributeValue, from_item};
    use crate::{Json, Map, NumberOrText};
    use miniserde::{Deserialize, json};

    fn attributes(text: &str) -> Map<AttributeValue> {
        json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_of_38_digits_are_read_as_text() {
        const LONG: &str = "0.12345678901234567890123456789012345678";
        #[derive(Debug, Deserialize)]
        struct Item {
            text: String,
            integer: String,
            either: NumberOrText,
            any: Json,
            float: f64,
            short: f64,
            set: Vec<String>,
            list: Vec<Option<u8>>,
            map: Map<i64>,
        }
        let text = r#"{"text":{"N":"LONG"},"integer":{"N":"-17"},"either":{"N":"LONG"},"any":{"N":"LONG"},
            "float":{"N":"LONG"},"short":{"N":"0.5"},"set":{"NS":["LONG","1"]},
            "list":{"L":[{"N":"1"},{"NULL":true}]},"map":{"M":{"a":{"N":"-1"}}},"more":{"B":"AA=="}}"#;
        let item: Item = from_item(&attributes(&text.replace("LONG", LONG))).unwrap();
        assert_eq!((&*item.text, &*item.integer), (LONG, "-17"));
        assert_eq!(item.either, NumberOrText::Text(LONG.to_owned()));
        assert_eq!(item.any.as_str(), Some(LONG));
        assert_eq!((item.float.to_string(), item.short), ("0.12345678901234568".to_owned(), 0.5));
        assert_eq!(item.set, [LONG, "1"]);
        assert_eq!((item.list, item.map["a"]), (vec![Some(1), None], -1));
    }

    #[test]
    fn an_item_that_does_not_match_says_where() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "only decoded")]
        struct Item {
            list: Vec<u8>,
        }
        let error = from_item::<Item>(&attributes(r#"{"list":{"L":[{"N":"1"},{"S":"x"}]}}"#));
        let message = error.unwrap_err().message().to_owned();
        assert!(message.starts_with("an item: ") && message.contains(".list[1]"), "{message}");
    }

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
