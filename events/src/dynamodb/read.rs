//! Reads an item into your own type, value by value.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::dynamodb::mark::VALUE;
use crate::dynamodb::value::{AttributeValue, number};
use crate::values::from_json;
use crate::{Error, Map};
use minilambda::__private::to_text;
use minilambda::FromJson;
use miniserde::Serialize;
use miniserde::de::Visitor;
use miniserde::json::{self, Number, Value};
use miniserde::ser::Fragment;

/// Decodes an item, or an image of one, into your own type.
///
/// A set is read by a list or a [`Set`](crate::dynamodb::Set), binary data by a `String`, in
/// base64, or by [`Bytes`](crate::dynamodb::Bytes). A number fits a field of numbers, and a
/// `String`: DynamoDB's numbers have up to 38 digits, which an `f64` would round. A
/// [`NumberOrText`](crate::NumberOrText) or a [`Json`](crate::Json) holds a number of more than 17
/// significant digits as text. An [`AttributeValue`] keeps what it is, as a field and in lists and
/// maps: it alone is written back as it was, whatever it is.
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
    let (mut item, mut reader) = (None, Reader::default());
    let read = T::visitor(&mut item).map(|visitor| reader.map(attributes, visitor));
    if let (Some(Ok(())), Some(item)) = (read, item) {
        return Ok(item);
    }
    // Another library reads the item as JSON, and the error is that of the JSON.
    let mut plain = String::new();
    reader.write_map(attributes, &mut plain);
    from_json(&plain, "an item")
}

/// Whether a visitor builds an `AttributeValue`, or an `Option` or a `Box` of one. Visitors have no
/// names, but they have the size of what they build, and of an object no other refuses just this
/// name.
pub(super) fn is_attribute_value(visitor: &mut dyn Visitor) -> bool {
    let takes_tags = |visitor: &mut dyn Visitor| {
        visitor.map().is_ok_and(|mut fields| {
            fields.key(VALUE).is_err() && ["S", "BOOL"].iter().all(|tag| fields.key(tag).is_ok())
        })
    };
    let sizes = [
        size_of::<Option<AttributeValue>>(),
        size_of::<Option<Box<AttributeValue>>>(),
        size_of::<Option<Option<Box<AttributeValue>>>>(),
    ];
    sizes.contains(&size_of_val(visitor)) && takes_tags(visitor)
}

/// Gives values to the visitors of a type.
#[derive(Default)]
struct Reader<'a> {
    /// The values that the type keeps with their tags, up to one that it refuses.
    tagged: Vec<&'a AttributeValue>,
}

impl<'a> Reader<'a> {
    fn value(
        &mut self,
        value: &'a AttributeValue,
        visitor: &mut dyn Visitor,
    ) -> miniserde::Result<()> {
        if is_attribute_value(visitor) {
            self.tagged.push(value);
            return copy(value, visitor);
        }
        match value {
            AttributeValue::S(text) => visitor.string(text),
            AttributeValue::N(digits) => visit_number(digits, visitor),
            AttributeValue::B(data) => visitor.string(&data.0),
            AttributeValue::Bool(value) => visitor.boolean(*value),
            AttributeValue::Null(_) => visitor.null(),
            AttributeValue::L(list) => {
                list_of(list, visitor, |it, visitor| self.value(it, visitor))
            }
            AttributeValue::M(map) => self.map(map, visitor),
            AttributeValue::Ss(set) => list_of(set, visitor, |text, visitor| visitor.string(text)),
            AttributeValue::Ns(set) => list_of(set, visitor, |digits, it| visit_number(digits, it)),
            AttributeValue::Bs(set) => list_of(set, visitor, |data, it| it.string(&data.0)),
        }
    }

    fn map(
        &mut self,
        map: &'a Map<AttributeValue>,
        visitor: &mut dyn Visitor,
    ) -> miniserde::Result<()> {
        let mut fields = visitor.map()?;
        for (key, value) in map {
            self.value(value, fields.key(key)?)?;
        }
        fields.finish()
    }

    /// Writes JSON for the type: plain, with all digits of a number, but for what it keeps with its
    /// tags.
    fn write(&self, value: &AttributeValue, out: &mut String) {
        if self.tagged.iter().any(|tagged| std::ptr::eq(*tagged, value)) {
            return out.push_str(&to_text(value));
        }
        match value {
            AttributeValue::S(text) => out.push_str(&to_text(text)),
            AttributeValue::N(digits) => write_number(digits, out),
            AttributeValue::B(data) => out.push_str(&to_text(&data.0)),
            AttributeValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            AttributeValue::Null(_) => out.push_str("null"),
            AttributeValue::L(list) => write_list(list, out, |value, out| self.write(value, out)),
            AttributeValue::M(map) => self.write_map(map, out),
            AttributeValue::Ss(set) => write_list(set, out, |it, out| *out += &to_text(it)),
            AttributeValue::Ns(set) => {
                write_list(set, out, |digits, out| write_number(digits, out));
            }
            AttributeValue::Bs(set) => write_list(set, out, |it, out| *out += &to_text(&it.0)),
        }
    }

    fn write_map(&self, map: &Map<AttributeValue>, out: &mut String) {
        let mut before = '{';
        for (key, value) in map {
            out.push(before);
            out.push_str(&to_text(key));
            out.push(':');
            self.write(value, out);
            before = ',';
        }
        out.push_str(if before == '{' { "{}" } else { "}" });
    }
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

fn list_of<'a, V>(
    values: &'a [V],
    visitor: &mut dyn Visitor,
    mut give: impl FnMut(&'a V, &mut dyn Visitor) -> miniserde::Result<()>,
) -> miniserde::Result<()> {
    let mut elements = visitor.seq()?;
    for value in values {
        give(value, elements.element()?)?;
    }
    elements.finish()
}

pub(super) fn visit_number(digits: &str, visitor: &mut dyn Visitor) -> miniserde::Result<()> {
    match number(digits) {
        Value::Number(Number::U64(number)) => visitor.nonnegative(number),
        Value::Number(Number::I64(number)) => visitor.negative(number),
        Value::Number(Number::F64(number)) if significant_digits(digits) <= 17 => {
            visitor.float(number)
        }
        Value::Number(Number::F64(number)) => {
            visitor.string(digits).or_else(|_| visitor.float(number))
        }
        _ => visitor.string(digits),
    }
    .or_else(|_| visitor.string(digits))
}

/// An `f64` tells decimals of up to 15 to 17 of these apart, and is written with as many: zeros at
/// either end, and the exponent, do not count.
fn significant_digits(digits: &str) -> usize {
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    let mantissa = mantissa.trim_matches(|c| matches!(c, '-' | '+' | '.' | '0'));
    mantissa.bytes().filter(u8::is_ascii_digit).count()
}

/// Gives a value, as it is written, to the visitor of another one.
fn copy(value: &dyn Serialize, visitor: &mut dyn Visitor) -> miniserde::Result<()> {
    match value.begin() {
        Fragment::Bool(value) => visitor.boolean(value),
        Fragment::Str(text) => visitor.string(&text),
        Fragment::Seq(mut values) => {
            let mut elements = visitor.seq()?;
            while let Some(value) = values.next() {
                copy(value, elements.element()?)?;
            }
            elements.finish()
        }
        Fragment::Map(mut values) => {
            let mut fields = visitor.map()?;
            while let Some((name, value)) = values.next() {
                copy(value, fields.key(&name)?)?;
            }
            fields.finish()
        }
        _ => Err(miniserde::Error), // no attribute value has another
    }
}

#[cfg(test)]
mod tests {
    use super::{from_item, is_attribute_value};
    use crate::dynamodb::{AttributeValue, Set, to_item};
    use crate::{Json, Map, NumberOrText};
    use miniserde::{Deserialize, Serialize, json};
    use std::collections::BTreeMap;

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
    fn a_float_that_is_written_is_read_as_a_number() {
        #[derive(Deserialize, Serialize)]
        struct Item {
            any: Json,
            either: NumberOrText,
            float: f64,
        }
        let mut state = 1_u64;
        let random = (0..20_000).map(|at| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Half of them as prices and weights are, and half of any size.
            let number = f64::from_bits(state);
            let fraction = number.to_bits() >> 12 | 1023 << 52;
            if at % 2 == 0 { number } else { f64::from_bits(fraction) / 1000.0 }
        });
        let known = [0.1 + 0.2, 1e22, 1e23, -1e-7, 5e-324, f64::MAX, 0.012_345_678_901_234_567];
        for float in random.chain(known).filter(|float| float.is_finite()) {
            let item = Item { any: Json::new(&float), either: float.into(), float };
            let read: Item = from_item(&to_item(&item).unwrap()).unwrap();
            let found = [read.any.as_f64(), read.either.as_f64().ok(), Some(read.float)];
            assert_eq!(found.map(|it| it.map(f64::to_bits)), [Some(float.to_bits()); 3], "{float}");
            assert!(!matches!(read.either, NumberOrText::Text(_)), "{float}");
        }
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

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Kept {
        id: String,
        one: AttributeValue,
        some: Option<AttributeValue>,
        none: Option<AttributeValue>,
        boxed: Option<Box<AttributeValue>>,
        list: Vec<AttributeValue>,
        map: Map<AttributeValue>,
        sorted: BTreeMap<String, Option<AttributeValue>>,
        inner: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Inner {
        any: AttributeValue,
    }

    /// Each kind of value, and a map that looks like one.
    const VALUES: [&str; 13] = [
        r#"{"S":""}"#,
        r#"{"N":"0.12345678901234567890123456789012345678"}"#,
        r#"{"B":"AQI="}"#,
        r#"{"BOOL":false}"#,
        r#"{"NULL":true}"#,
        r#"{"L":[]}"#,
        r#"{"L":[{"M":{"S":{"N":"1"}}},{"SS":["a"]}]}"#,
        r#"{"M":{}}"#,
        r#"{"M":{"S":{"S":"x"}}}"#,
        r#"{"M":{"L":{"L":[{"BS":["AA=="]}]}}}"#,
        r#"{"SS":["a","b"]}"#,
        r#"{"NS":["1","2.5"]}"#,
        r#"{"BS":["AA=="]}"#,
    ];

    #[test]
    fn an_attribute_value_is_kept_wherever_it_is_in_a_type() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "only decoded")]
        struct Item {
            a: AttributeValue,
            b: Vec<AttributeValue>,
            c: Vec<u8>,
        }
        for value in VALUES {
            let text = r#"{"id":{"S":"1"},"inner":{"L":[{"M":{"any":V}}]},"list":{"L":[V,V]},
                "boxed":V,"map":{"M":{"a":V,"b":V}},"one":V,"some":V,"sorted":{"M":{"a":V}}}"#;
            let item = attributes(&text.replace('V', value));
            let kept: Kept = from_item(&item).unwrap();
            let value: AttributeValue = json::from_str(value).unwrap();
            assert_eq!((&kept.one, kept.some.as_ref(), &kept.none), (&value, Some(&value), &None));
            assert_eq!(kept.inner[0].any, value);
            assert_eq!(to_item(&kept).unwrap(), item, "it is written as it was");
            assert_eq!(from_item::<Map<AttributeValue>>(&item).unwrap(), item);
        }
        // The place of what does not match is found behind values that are kept.
        let item = attributes(r#"{"a":{"SS":["x"]},"b":{"L":[{"S":"x"}]},"c":{"L":[{"S":"x"}]}}"#);
        let message = from_item::<Item>(&item).unwrap_err().message().to_owned();
        assert!(message.contains(".c[0]"), "{message}");
    }

    #[test]
    fn no_other_type_is_taken_for_an_attribute_value() {
        #[derive(Deserialize)]
        #[allow(dead_code, reason = "only decoded")]
        struct Tags {
            #[serde(rename = "S")]
            s: Option<String>,
            #[serde(rename = "BOOL")]
            bool: Option<bool>,
        }
        fn check<T: Deserialize>() -> bool {
            is_attribute_value(T::begin(&mut None))
        }
        assert!(check::<AttributeValue>() && check::<Option<AttributeValue>>());
        assert!(check::<Box<AttributeValue>>() && check::<Option<Box<AttributeValue>>>());
        assert!(!check::<Box<Tags>>() && !check::<Option<Box<Tags>>>() && !check::<Box<Json>>());
        assert!(!check::<Tags>() && !check::<Option<Tags>>() && !check::<Map<AttributeValue>>());
        assert!(!check::<BTreeMap<char, u8>>() && !check::<BTreeMap<u8, u8>>());
        assert!(!check::<Json>() && !check::<NumberOrText>() && !check::<json::Value>());
        assert!(!check::<Set>() && !check::<Vec<AttributeValue>>() && !check::<[u64; 4]>());
    }
}
