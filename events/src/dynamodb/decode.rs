//! Decodes the values of Amazon DynamoDB items, up to a depth.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::dynamodb::mark::VALUE;
use crate::dynamodb::value::AttributeValue;
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

/// Four times DynamoDB's limit. Values are dropped recursively, and a function's own threads may
/// have a small stack.
pub(super) const MAX_DEPTH: usize = 128;

/// The place of a value inside another, with its depth.
struct Inner {
    value: Option<AttributeValue>,
    depth: usize,
    /// A field of a map may be null, and is omitted then. An element of a list may not.
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

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tag {
    S,
    N,
    B,
    Bool,
    Null,
    L,
    M,
    Ss,
    Ns,
    Bs,
}

impl Tag {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "S" => Self::S,
            "N" => Self::N,
            "B" => Self::B,
            "BOOL" => Self::Bool,
            "NULL" => Self::Null,
            "L" => Self::L,
            "M" => Self::M,
            "SS" => Self::Ss,
            "NS" => Self::Ns,
            "BS" => Self::Bs,
            _ => return None,
        })
    }
}

/// An object with one type tag. Null tags and other fields are ignored. Of a repeated tag the last
/// counts.
struct Tagged<'a> {
    out: &'a mut Option<AttributeValue>,
    depth: usize,
    /// The last tag and its value. Usually it is the only one.
    tag: Tag,
    value: Option<AttributeValue>,
    others: Vec<(Tag, AttributeValue)>,
}

impl<'a> Tagged<'a> {
    fn new(out: &'a mut Option<AttributeValue>, depth: usize) -> Self {
        Self { out, depth, tag: Tag::S, value: None, others: Vec::new() }
    }
}

impl de::Map for Tagged<'_> {
    fn key(&mut self, key: &str) -> miniserde::Result<&mut dyn Visitor> {
        let Some(tag) = Tag::of(key) else {
            // By this refusal an `AttributeValue` is recognised.
            return if key == VALUE { Err(miniserde::Error) } else { Ok(<dyn Visitor>::ignore()) };
        };
        self.others.extend(self.value.take().map(|value| (self.tag, value)));
        self.others.retain(|(other, _)| *other != tag);
        self.tag = tag;
        Ok(self)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        let value = self.value.take().or_else(|| self.others.pop().map(|(_, value)| value));
        if value.is_none() || !self.others.is_empty() {
            return Err(miniserde::Error);
        }
        *self.out = value;
        Ok(())
    }
}

/// The value of a tag.
impl Visitor for Tagged<'_> {
    fn null(&mut self) -> miniserde::Result<()> {
        self.value = None;
        Ok(())
    }

    fn boolean(&mut self, value: bool) -> miniserde::Result<()> {
        self.value = Some(match self.tag {
            Tag::Bool => AttributeValue::Bool(value),
            Tag::Null => AttributeValue::Null(value),
            _ => return Err(miniserde::Error),
        });
        Ok(())
    }

    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.value = Some(match self.tag {
            Tag::S => AttributeValue::S(text.to_owned()),
            Tag::N => AttributeValue::N(text.to_owned()),
            Tag::B => AttributeValue::B(Base64(text.to_owned())),
            _ => return Err(miniserde::Error),
        });
        Ok(())
    }

    fn seq(&mut self) -> miniserde::Result<Box<dyn de::Seq + '_>> {
        let empty = match self.tag {
            Tag::L => AttributeValue::L(Vec::new()),
            Tag::Ss => AttributeValue::Ss(Vec::new()),
            Tag::Ns => AttributeValue::Ns(Vec::new()),
            Tag::Bs => AttributeValue::Bs(Vec::new()),
            _ => return Err(miniserde::Error),
        };
        match self.value.insert(empty) {
            AttributeValue::L(list) => {
                let element = Inner { value: None, depth: self.depth + 1, is_member: false };
                Ok(Box::new(Elements { list, element }))
            }
            AttributeValue::Ss(set) | AttributeValue::Ns(set) => Ok(Box::new(Texts(set))),
            AttributeValue::Bs(set) => Ok(Box::new(Texts(set))),
            _ => Err(miniserde::Error),
        }
    }

    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        if self.tag != Tag::M {
            return Err(miniserde::Error);
        }
        match self.value.insert(AttributeValue::M(Map(BTreeMap::new()))) {
            AttributeValue::M(Map(map)) => {
                let member = Inner { value: None, depth: self.depth + 1, is_member: true };
                Ok(Box::new(Named { map, key: String::new(), member }))
            }
            _ => Err(miniserde::Error),
        }
    }
}

/// The elements of a set.
struct Texts<'a, T>(&'a mut Vec<T>);

impl<T: From<String>> de::Seq for Texts<'_, T> {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        Ok(self)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        Ok(())
    }
}

impl<T: From<String>> Visitor for Texts<'_, T> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.0.push(T::from(text.to_owned()));
        Ok(())
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
