//! Writes attribute values into the memory of the runtime's writer: without a box for each.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::dynamodb::value::AttributeValue;
use minilambda::__private::{Output, WriteItself};
use miniserde::json;

/// Deeper values are left to miniserde, which does not recurse. Of AWS's own none is.
const MAX_DEPTH: usize = 64;

impl WriteItself for AttributeValue {
    fn write(&self, out: &mut Output, at: usize) -> usize {
        value(self, 0, out, at)
    }
}

fn value(of: &AttributeValue, depth: usize, out: &mut Output, at: usize) -> usize {
    match of {
        AttributeValue::S(text) => out.string(br#"{"S":""#, text, br#""}"#, at),
        AttributeValue::N(digits) => out.string(br#"{"N":""#, digits, br#""}"#, at),
        AttributeValue::B(data) => out.string(br#"{"B":""#, &data.0, br#""}"#, at),
        AttributeValue::Bool(true) => out.bytes(br#"{"BOOL":true}"#, at),
        AttributeValue::Bool(false) => out.bytes(br#"{"BOOL":false}"#, at),
        AttributeValue::Null(true) => out.bytes(br#"{"NULL":true}"#, at),
        AttributeValue::Null(false) => out.bytes(br#"{"NULL":false}"#, at),
        AttributeValue::Ss(set) => texts(br#"{"SS":["#, set, String::as_str, out, at),
        AttributeValue::Ns(set) => texts(br#"{"NS":["#, set, String::as_str, out, at),
        AttributeValue::Bs(set) => texts(br#"{"BS":["#, set, |data| &data.0, out, at),
        _ if depth == MAX_DEPTH => out.bytes(json::to_string(of).as_bytes(), at),
        AttributeValue::L(list) => {
            let mut at = out.bytes(br#"{"L":["#, at);
            for (index, element) in list.iter().enumerate() {
                at = if index > 0 { out.bytes(b",", at) } else { at };
                at = value(element, depth + 1, out, at);
            }
            out.bytes(b"]}", at)
        }
        AttributeValue::M(map) => {
            let mut at = out.bytes(br#"{"M":{"#, at);
            let mut before: &[u8] = b"";
            for (name, field) in map {
                at = out.bytes(before, at);
                at = out.string(b"\"", name, b"\":", at);
                at = value(field, depth + 1, out, at);
                before = b",";
            }
            out.bytes(b"}}", at)
        }
    }
}

fn texts<T>(
    open: &[u8],
    set: &[T],
    text: impl Fn(&T) -> &str,
    out: &mut Output,
    at: usize,
) -> usize {
    let mut at = out.bytes(open, at);
    for (index, element) in set.iter().enumerate() {
        at = if index > 0 { out.bytes(b",", at) } else { at };
        at = out.string(b"\"", text(element), b"\"", at);
    }
    out.bytes(b"]}", at)
}

#[cfg(test)]
mod tests {
    use super::MAX_DEPTH;
    use crate::Map;
    use crate::dynamodb::{AttributeValue, Event};
    use minilambda::{decode, encode};
    use miniserde::ser::Fragment;
    use miniserde::{Serialize, json};

    fn check(value: &impl Serialize) {
        assert_eq!(String::from_utf8(encode(value)).unwrap(), json::to_string(value));
    }

    fn item(text: &str) -> Map<AttributeValue> {
        decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_item_is_written_as_its_fields_are() {
        let empty = item("{}");
        let alignment = match empty.begin() {
            Fragment::Map(fields) => align_of_val(&*fields),
            _ => 0,
        };
        assert_eq!(alignment, 16, "its values write themselves");
        for text in [
            "{}",
            r#"{"":{"S":""},"\"":{"S":"\"\\\n\u0001é𝄞"},"long":{"S":"0123456789012345678901234567890123456789"}}"#,
            r#"{"n":{"N":"-1e5"},"b":{"B":"AA=="},"t":{"BOOL":true},"f":{"BOOL":false}}"#,
            r#"{"t":{"NULL":true},"f":{"NULL":false},"m":{"M":{}},"l":{"L":[]},"s":{"SS":[]}}"#,
            r#"{"l":{"L":[{"L":[{"N":"1"},{"S":"a"}]},{"NULL":true},{"M":{"a":{"M":{"b":{"S":"c"}}}}}]}}"#,
            r#"{"m":{"M":{"a":{"N":"1"},"\t":{"N":"2"},"c":{"NS":["1","2","3"]}}}}"#,
            r#"{"s":{"SS":["a","\"",""]},"n":{"NS":["1"]},"b":{"BS":["AA==","AQI="]}}"#,
        ] {
            let item = item(text);
            check(&item);
            check(&vec![Some(&item), None]);
            check(&item.values().collect::<Vec<_>>());
            assert_eq!(decode::<Map<AttributeValue>>(&encode(&item)).unwrap(), item);
        }
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/dynamodb.json");
        check(&decode::<Event>(&std::fs::read(file).unwrap()).unwrap());
    }

    #[test]
    fn values_of_any_depth_are_written() {
        for depth in [MAX_DEPTH - 2, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 100] {
            let nested = (0..depth).fold(AttributeValue::Null(true), |value, index| {
                if index % 2 == 0 {
                    AttributeValue::L(vec![value])
                } else {
                    AttributeValue::M([("a", value)].into())
                }
            });
            check(&Map::from([("a", nested)]));
        }
    }

    /// A type of a program, at the address of its item, that writes it as text.
    #[test]
    fn a_type_that_calls_another_writer_gets_plain_json() {
        struct Text<T>(T);
        impl<T: Serialize> Serialize for Text<T> {
            fn begin(&self) -> Fragment<'_> {
                Fragment::Str(json::to_string(&self.0).into())
            }
        }
        let item = item(r#"{"a":{"S":"b"}}"#);
        let value = item["a"].clone();
        assert_eq!(encode(&Text(item.clone())), br#""{\"a\":{\"S\":\"b\"}}""#);
        let texts = Map::from([("a", Text(value)), ("b", Text(AttributeValue::Null(true)))]);
        check(&texts);
        check(&Map::from([("item", Text(item))]));
    }
}
