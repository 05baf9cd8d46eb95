//! Decoding the values of an item of Amazon DynamoDB: one tag each, and not too deep.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::dynamodb_value::AttributeValue;
use crate::{Base64, Map};
use miniserde::de::{self, Visitor};
use miniserde::{Deserialize, make_place};
use std::collections::BTreeMap;

impl Deserialize for AttributeValue {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        make_place!(Place);

        impl Visitor for Place<AttributeValue> {
            fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
                Ok(Box::new(Tagged::new(&mut self.out, 0)))
            }
        }

        Place::new(out)
    }
}

/// Four times of what DynamoDB takes. Values are dropped recursively, and a function's own threads
/// may have little stack.
const MAX_DEPTH: usize = 128;

/// A place for a value inside another, which knows how deep it is.
struct Inner {
    value: Option<AttributeValue>,
    depth: usize,
    /// Members of a map may be null, and are left out then; elements of a list may not.
    is_member: bool,
}

impl Visitor for Inner {
    fn null(&mut self) -> miniserde::Result<()> {
        if self.is_member { Ok(()) } else { Err(miniserde::Error) }
    }

    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        if self.depth > MAX_DEPTH {
            return Err(miniserde::Error);
        }
        Ok(Box::new(Tagged::new(&mut self.value, self.depth)))
    }
}

/// An object with one tag. Tags that are null, and members of other names, do not count.
#[allow(clippy::option_option, reason = "a tag that is there and null")]
struct Tagged<'a> {
    out: &'a mut Option<AttributeValue>,
    s: Option<Option<String>>,
    n: Option<Option<String>>,
    b: Option<Option<Base64>>,
    bool: Option<Option<bool>>,
    null: Option<Option<bool>>,
    l: List,
    m: Members,
    ss: Option<Option<Vec<String>>>,
    ns: Option<Option<Vec<String>>>,
    bs: Option<Option<Vec<Base64>>>,
}

impl<'a> Tagged<'a> {
    fn new(out: &'a mut Option<AttributeValue>, depth: usize) -> Self {
        Self {
            out,
            s: None,
            n: None,
            b: None,
            bool: None,
            null: None,
            l: List { list: None, depth },
            m: Members { map: None, depth },
            ss: None,
            ns: None,
            bs: None,
        }
    }
}

impl de::Map for Tagged<'_> {
    fn key(&mut self, key: &str) -> miniserde::Result<&mut dyn Visitor> {
        Ok(match key {
            "S" => Deserialize::begin(&mut self.s),
            "N" => Deserialize::begin(&mut self.n),
            "B" => Deserialize::begin(&mut self.b),
            "BOOL" => Deserialize::begin(&mut self.bool),
            "NULL" => Deserialize::begin(&mut self.null),
            "L" => &mut self.l,
            "M" => &mut self.m,
            "SS" => Deserialize::begin(&mut self.ss),
            "NS" => Deserialize::begin(&mut self.ns),
            "BS" => Deserialize::begin(&mut self.bs),
            _ => <dyn Visitor>::ignore(),
        })
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        let mut found = [
            self.s.take().flatten().map(AttributeValue::S),
            self.n.take().flatten().map(AttributeValue::N),
            self.b.take().flatten().map(AttributeValue::B),
            self.bool.take().flatten().map(AttributeValue::Bool),
            self.null.take().flatten().map(AttributeValue::Null),
            self.l.list.take().map(AttributeValue::L),
            self.m.map.take().map(|map| AttributeValue::M(Map(map))),
            self.ss.take().flatten().map(AttributeValue::Ss),
            self.ns.take().flatten().map(AttributeValue::Ns),
            self.bs.take().flatten().map(AttributeValue::Bs),
        ]
        .into_iter()
        .flatten();
        match (found.next(), found.next()) {
            (Some(value), None) => *self.out = Some(value),
            _ => return Err(miniserde::Error),
        }
        Ok(())
    }
}

struct List {
    list: Option<Vec<AttributeValue>>,
    depth: usize,
}

impl Visitor for List {
    fn null(&mut self) -> miniserde::Result<()> {
        self.list = None;
        Ok(())
    }

    fn seq(&mut self) -> miniserde::Result<Box<dyn de::Seq + '_>> {
        let element = Inner { value: None, depth: self.depth + 1, is_member: false };
        Ok(Box::new(Elements { list: self.list.insert(Vec::new()), element }))
    }
}

struct Elements<'a> {
    list: &'a mut Vec<AttributeValue>,
    element: Inner,
}

impl de::Seq for Elements<'_> {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        self.list.extend(self.element.value.take());
        Ok(&mut self.element)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        self.list.extend(self.element.value.take());
        Ok(())
    }
}

struct Members {
    map: Option<BTreeMap<String, AttributeValue>>,
    depth: usize,
}

impl Visitor for Members {
    fn null(&mut self) -> miniserde::Result<()> {
        self.map = None;
        Ok(())
    }

    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        let member = Inner { value: None, depth: self.depth + 1, is_member: true };
        let map = self.map.insert(BTreeMap::new());
        Ok(Box::new(Named { map, key: String::new(), member }))
    }
}

struct Named<'a> {
    map: &'a mut BTreeMap<String, AttributeValue>,
    key: String,
    member: Inner,
}

impl de::Map for Named<'_> {
    fn key(&mut self, key: &str) -> miniserde::Result<&mut dyn Visitor> {
        self.finish()?;
        key.clone_into(&mut self.key);
        Ok(&mut self.member)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        if let Some(value) = self.member.value.take() {
            self.map.insert(std::mem::take(&mut self.key), value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::MAX_DEPTH;
    use crate::dynamodb::AttributeValue;
    use miniserde::json;

    fn decoded(text: &str) -> miniserde::Result<AttributeValue> {
        json::from_str(text)
    }

    #[test]
    fn each_type_goes_there_and_back() {
        for text in [
            r#"{"S":""}"#,
            r#"{"S":"né 𝄞"}"#,
            r#"{"N":"123456789012345678901234567890.12345678"}"#,
            r#"{"B":"AAEqQQ=="}"#,
            r#"{"BOOL":false}"#,
            r#"{"NULL":true}"#,
            r#"{"L":[]}"#,
            r#"{"L":[{"S":"a"},{"L":[{"N":"1"}]},{"NULL":true}]}"#,
            r#"{"M":{}}"#,
            r#"{"M":{"":{"S":"a"},"b":{"M":{"c":{"BOOL":true}}}}}"#,
            r#"{"SS":[]}"#,
            r#"{"SS":["a","b"]}"#,
            r#"{"NS":["1","2.5"]}"#,
            r#"{"BS":["AAEqQQ==","QSoBAA=="]}"#,
        ] {
            assert_eq!(json::to_string(&decoded(text).unwrap()), text);
        }
    }

    #[test]
    fn there_is_one_tag_and_null_ones_do_not_count() {
        for (text, kept) in [
            (r#"{"S":"a","N":null,"L":null,"M":null}"#, r#"{"S":"a"}"#),
            (r#"{"L":[{"S":"a"}],"L":[{"S":"b"}]}"#, r#"{"L":[{"S":"b"}]}"#),
            (
                r#"{"M":{"a":{"S":"b"},"c":null,"d":{"N":"1"}}}"#,
                r#"{"M":{"a":{"S":"b"},"d":{"N":"1"}}}"#,
            ),
            (r#"{"X":{"S":[]},"S":"a"}"#, r#"{"S":"a"}"#),
        ] {
            assert_eq!(json::to_string(&decoded(text).unwrap()), kept);
        }
        for text in [
            "{}",
            "null",
            "[]",
            "\"a\"",
            r#"{"S":null}"#,
            r#"{"s":"a"}"#,
            r#"{"S":"a","N":"1"}"#,
            r#"{"N":1}"#,
            r#"{"S":1}"#,
            r#"{"L":[null]}"#,
            r#"{"L":[{}]}"#,
            r#"{"M":{"a":{}}}"#,
            r#"{"SS":[1]}"#,
            r#"{"BOOL":"true"}"#,
        ] {
            assert!(decoded(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_nests_too_deep_is_refused_and_leaves_the_stack_alone() {
        for (open, close) in [(r#"{"L":["#, "]}"), (r#"{"M":{"a":"#, "}}")] {
            let nested =
                |depth| format!("{}{}{}", open.repeat(depth), r#"{"S":"a"}"#, close.repeat(depth));
            let value = decoded(&nested(MAX_DEPTH)).unwrap();
            assert_eq!(json::to_string(&value.clone()), nested(MAX_DEPTH));
            assert!(decoded(&nested(MAX_DEPTH + 1)).is_err());
            assert!(decoded(&nested(200_000)).is_err());
            assert!(decoded(&open.repeat(200_000)).is_err());
        }
    }
}
