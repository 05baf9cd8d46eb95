//! Reads the JSON of an item into your own type, without the item in between.
//!
//! A type's visitors get what the tags of the values say: of `{"S":"a"}` the string, of `{"N":"1"}`
//! the number. Whatever is unusual is refused: the reader makes an `AttributeValue` of it then,
//! which decides.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example is in `data/dynamodb.json`.

use crate::Map;
use crate::dynamodb::decode::Tag;
use crate::dynamodb::read::{is_attribute_value, visit_number};
use crate::dynamodb::value::AttributeValue;
use minilambda::FromJson;
use miniserde::de::{self, Visitor};
use miniserde::{Deserialize, Error, Result, make_place};
use std::any::type_name;

/// The value of this type that an item was read into, for `minilambda-aws`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed<T>(Option<T>);

impl<T: FromJson> Typed<T> {
    /// Whether miniserde reads the type. Another library needs plain JSON.
    #[must_use]
    pub fn is_possible() -> bool {
        T::visitor(&mut None).is_some()
    }

    /// Returns the value.
    #[must_use]
    pub fn into_inner(self) -> Option<T> {
        self.0
    }
}

make_place!(Place);

impl<T: FromJson> Deserialize for Typed<T> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

/// Whether a type is an item, whose attributes need not be recognised one by one.
fn is_item<T>() -> bool {
    type_name::<T>() == type_name::<Map<AttributeValue>>()
}

impl<T: FromJson> Visitor for Place<Typed<T>> {
    fn map(&mut self) -> Result<Box<dyn de::Map + '_>> {
        let Typed(place) = self.out.insert(Typed(None));
        let fields = T::visitor(place).ok_or(Error)?.map()?;
        Ok(if is_item::<T>() { fields } else { Fields::boxed(fields) })
    }
}

/// The fields of an item or a map. It is the visitor of the value of each, too.
struct Fields<'a> {
    fields: Box<dyn de::Map + 'a>,
    name: String,
}

impl<'a> Fields<'a> {
    fn boxed(fields: Box<dyn de::Map + 'a>) -> Box<dyn de::Map + 'a> {
        Box::new(Self { fields, name: String::new() })
    }
}

impl de::Map for Fields<'_> {
    fn key(&mut self, name: &str) -> Result<&mut dyn Visitor> {
        name.clone_into(&mut self.name);
        Ok(self)
    }

    fn finish(&mut self) -> Result<()> {
        self.fields.finish()
    }
}

impl Visitor for Fields<'_> {
    fn map(&mut self) -> Result<Box<dyn de::Map + '_>> {
        Value::boxed(self.fields.key(&self.name)?)
    }
}

/// The elements of a list. It is the visitor of each, too.
struct Elements<'a>(Box<dyn de::Seq + 'a>);

impl de::Seq for Elements<'_> {
    fn element(&mut self) -> Result<&mut dyn Visitor> {
        Ok(self)
    }

    fn finish(&mut self) -> Result<()> {
        self.0.finish()
    }
}

impl Visitor for Elements<'_> {
    fn map(&mut self) -> Result<Box<dyn de::Map + '_>> {
        Value::boxed(self.0.element()?)
    }
}

/// The object that is a value: one tag. It is the visitor of what the tag has, too.
struct Value<'a> {
    to: &'a mut dyn Visitor,
    tag: Tag,
    is_there: bool,
}

impl<'a> Value<'a> {
    fn boxed(to: &'a mut dyn Visitor) -> Result<Box<dyn de::Map + 'a>> {
        if is_attribute_value(to) {
            return to.map();
        }
        Ok(Box::new(Self { to, tag: Tag::S, is_there: false }))
    }

    fn is_ignored(&self) -> bool {
        std::ptr::addr_eq(self.to, <dyn Visitor>::ignore())
    }
}

impl de::Map for Value<'_> {
    fn key(&mut self, tag: &str) -> Result<&mut dyn Visitor> {
        if self.is_ignored() {
            self.is_there = true;
            return Ok(<dyn Visitor>::ignore());
        }
        self.tag = Tag::of(tag).ok_or(Error)?;
        // There is one tag.
        if std::mem::replace(&mut self.is_there, true) { Err(Error) } else { Ok(self) }
    }

    fn finish(&mut self) -> Result<()> {
        if self.is_there { Ok(()) } else { Err(Error) }
    }
}

impl Visitor for Value<'_> {
    fn boolean(&mut self, value: bool) -> Result<()> {
        match self.tag {
            Tag::Bool => self.to.boolean(value),
            Tag::Null => self.to.null(),
            _ => Err(Error),
        }
    }

    fn string(&mut self, text: &str) -> Result<()> {
        match self.tag {
            Tag::S | Tag::B => self.to.string(text),
            Tag::N => visit_number(text, self.to),
            _ => Err(Error),
        }
    }

    fn seq(&mut self) -> Result<Box<dyn de::Seq + '_>> {
        let elements = match self.tag {
            Tag::L | Tag::Ss | Tag::Ns | Tag::Bs => self.to.seq()?,
            _ => return Err(Error),
        };
        Ok(match self.tag {
            Tag::L => Box::new(Elements(elements)),
            tag => Box::new(Set { elements, is_of_numbers: tag == Tag::Ns }),
        })
    }

    fn map(&mut self) -> Result<Box<dyn de::Map + '_>> {
        match self.tag {
            Tag::M => Ok(Fields::boxed(self.to.map()?)),
            _ => Err(Error),
        }
    }
}

/// The elements of a set. It is the visitor of each, too.
struct Set<'a> {
    elements: Box<dyn de::Seq + 'a>,
    is_of_numbers: bool,
}

impl de::Seq for Set<'_> {
    fn element(&mut self) -> Result<&mut dyn Visitor> {
        Ok(self)
    }

    fn finish(&mut self) -> Result<()> {
        self.elements.finish()
    }
}

impl Visitor for Set<'_> {
    fn string(&mut self, text: &str) -> Result<()> {
        let to = self.elements.element()?;
        if self.is_of_numbers { visit_number(text, to) } else { to.string(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;
    use crate::dynamodb::{AttributeValue, Bytes, Set, from_item};
    use crate::{Json, Map, NumberOrText};
    use minilambda::FromJson;
    use miniserde::{Deserialize, json};
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    fn typed<T: FromJson>(text: &str) -> Option<T> {
        json::from_str::<Typed<T>>(text).ok()?.into_inner()
    }

    /// The value must be the one that is read by way of an item. Returns whether there is one.
    fn agrees<T: FromJson + Debug + PartialEq>(text: &str) -> bool {
        let item = json::from_str::<Map<AttributeValue>>(text);
        let by_item = item.ok().and_then(|item| from_item::<T>(&item).ok());
        let found = typed::<T>(text);
        if found.is_some() {
            assert_eq!(found, by_item, "{text}");
        }
        found.is_some()
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        a: Option<bool>,
        b: Option<Box<Inner>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        id: String,
        pieces: Option<Vec<Option<u32>>>,
        price: Option<f64>,
        weight: Option<NumberOrText>,
        tags: Option<Set>,
        sizes: Option<Set<i32>>,
        data: Option<Bytes>,
        parts: Option<Set<Bytes>>,
        inner: Option<Inner>,
        any: Option<Json>,
        map: Option<BTreeMap<String, Vec<u8>>>,
        kept: Option<AttributeValue>,
        boxed: Option<Box<AttributeValue>>,
        all: Option<Map<Vec<AttributeValue>>>,
    }

    const WHOLE: &str = r#"{"id":{"S":"A-1"},"pieces":{"L":[{"N":"1"},{"NULL":true},{"N":"3"}]},
        "price":{"N":"0.1"},"weight":{"N":"0.12345678901234567890123456789012345678"},
        "tags":{"SS":["b","a"]},"sizes":{"NS":["-1","2"]},"data":{"B":"AQI="},
        "parts":{"BS":["AA==","AQI="]},"inner":{"M":{"a":{"BOOL":true},"b":{"M":{}}}},
        "any":{"M":{"z":{"L":[{"S":"x"},{"N":"1e3"},{"BOOL":false},{"NULL":true}]},"a":{"NS":["1"]}}},
        "map":{"M":{"x":{"L":[{"N":"1"}]},"y":{"B":"AA=="}}},
        "kept":{"M":{"S":{"SS":["x"]}}},"boxed":{"NS":["1"]},"all":{"M":{"z":{"L":[{"B":"AA=="},{"NULL":true}]}}},
        "other":{"L":[{"M":{"a":{"S":"\ud834\udd1e"}}}]}}"#;

    #[test]
    fn what_is_read_is_what_the_item_has() {
        let whole = WHOLE.replace(r#""y":{"B":"AA=="}"#, r#""y":{"NS":["7","8"]}"#);
        assert!(agrees::<Order>(&whole) && agrees::<Json>(&whole));
        assert!(agrees::<Map<AttributeValue>>(&whole), "an item keeps its tags");
        assert!(!agrees::<Order>(WHOLE), "a list is no binary data");
        for text in [
            r#"{"id":{"S":"a"}}"#,
            r#"{"id":{"N":"17"}}"#,
            r#"{"id":{"B":"AA=="}}"#,
            r#"{"id":{"S":"a"},"id":{"S":"b"}}"#,
            r#"{"id":{"S":"a"},"price":{"NULL":true}}"#,
            r#"{"other":{"N":"1"},"id":{"S":"a"}}"#,
        ] {
            assert!(agrees::<Order>(text) && agrees::<Json>(text), "{text}");
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_the_item() {
        for text in [
            "{}",
            "[]",
            "null",
            r#"{"id":null}"#,
            r#"{"id":"a"}"#,
            r#"{"id":{}}"#,
            r#"{"id":{"S":null}}"#,
            r#"{"id":{"S":1}}"#,
            r#"{"id":{"N":1}}"#,
            r#"{"id":{"s":"a"}}"#,
            r#"{"id":{"S":"a","N":null}}"#,
            r#"{"id":{"S":"a","N":"1"}}"#,
            r#"{"id":{"L":[]}}"#,
            r#"{"id":{"S":"a"},"pieces":{"L":[null]}}"#,
            r#"{"id":{"S":"a"},"pieces":{"L":[{}]}}"#,
            r#"{"id":{"S":"a"},"tags":{"SS":[1]}}"#,
            r#"{"id":{"S":"a"},"price":{"S":"0.1"}}"#,
            r#"{"id":{"S":"a"},"price":{"BOOL":"true"}}"#,
        ] {
            assert_eq!(typed::<Order>(text), None, "{text}");
        }
    }

    /// Each place of a text is damaged: what is read then is what the item has.
    #[test]
    fn a_damaged_item_is_read_as_the_item_or_not_at_all() {
        let whole = WHOLE.replace(r#""y":{"B":"AA=="}"#, r#""y":{"NS":["7","8"]}"#);
        let (head, other) = whole.split_at(whole.find(r#""other""#).unwrap());
        let pieces = ["", "null", "{}", "[]", "\"S\"", "1", "true", "{\"N\":\"1\"}", ",", ":"];
        let mut taken = 0;
        for start in 0..head.len() {
            for length in [0, 1, 3, 9] {
                let Some(after) = whole.get(start + length..) else { continue };
                for piece in pieces {
                    let text = [&whole[..start], piece, after].concat();
                    // What is ignored may be damaged.
                    taken += usize::from(text.ends_with(other) && agrees::<Order>(&text));
                }
            }
        }
        assert!(taken > 500, "{taken}");
    }

    /// Numbers that look random, the same in each run.
    struct Random(u64);

    impl Random {
        fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            of[usize::try_from(self.0 >> 33).unwrap() % of.len()]
        }

        fn parts(&mut self, part: &mut dyn FnMut(&mut Self) -> String) -> String {
            let count = self.one(&["", ".", ".", "..", "..."]).len();
            (0..count).map(|_| part(self)).collect::<Vec<_>>().join(",")
        }

        /// The value of an attribute.
        fn value(&mut self, depth: usize) -> String {
            let many_digits = "\"12345678901234567890123456789012345678\"";
            let numbers = ["\"1\"", "\"-1\"", "\"0.1\"", "\"1e3\"", "\"007\"", many_digits];
            let texts = ["\"\"", "\"a\"", "\"AQI=\"", "\"\\u00e9\"", "\"1\""];
            let tags = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"];
            let tag = self.one(if depth < 4 { &tags } else { &tags[..8] });
            let inside = match tag {
                "S" | "B" => self.one(&texts).to_owned(),
                "N" => self.one(&numbers).to_owned(),
                "BOOL" | "NULL" => self.one(&["true", "false"]).to_owned(),
                "SS" | "BS" => format!("[{}]", self.parts(&mut |it| it.one(&texts).to_owned())),
                "NS" => format!("[{}]", self.parts(&mut |it| it.one(&numbers).to_owned())),
                "L" => format!("[{}]", self.parts(&mut |it| it.value(depth + 1))),
                _ => format!("{{{}}}", self.parts(&mut |it| it.field(&["a", "b", "z"], depth + 1))),
            };
            format!(r#"{{"{tag}":{inside}}}"#)
        }

        fn field(&mut self, names: &[&str], depth: usize) -> String {
            format!(r#""{}":{}"#, self.one(names), self.value(depth))
        }
    }

    #[test]
    fn any_item_is_read_as_the_item_or_not_at_all() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Loose {
            a: Option<Json>,
            b: Option<NumberOrText>,
            c: Option<Vec<Json>>,
            d: Option<BTreeMap<String, Json>>,
            e: Option<String>,
            f: Option<AttributeValue>,
            g: Option<Box<AttributeValue>>,
        }
        let names = ["a", "b", "c", "d", "e", "f", "g", "other"];
        let unusual = ["null", "{}", "\"a\"", "[]", r#"{"X":1}"#, r#"{"S":"a","N":"1"}"#];
        let mut random = Random(32);
        let mut counts = [0, 0];
        for _ in 0..3_000 {
            let mut text = format!("{{{}}}", random.parts(&mut |it| it.field(&names, 0)));
            if random.one(&["", "", "", "."]) == "." {
                let (name, value) = (random.one(&names[..7]), random.one(&unusual));
                text = text.replacen('{', &format!(r#"{{"{name}":{value},"#), 1);
            }
            counts[usize::from(agrees::<Loose>(&text))] += 1;
            agrees::<Json>(&text);
            agrees::<Map<AttributeValue>>(&text);
            agrees::<BTreeMap<String, Option<NumberOrText>>>(&text);
        }
        assert!(counts.iter().all(|count| *count > 300), "{counts:?}");
    }
}
