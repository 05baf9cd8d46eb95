//! Sets and binary data as types of Rust, for the fields of items.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example of an item is in `data/dynamodb.json`.

use crate::Base64;
use crate::dynamodb::mark::{BYTES, Marked, SET, is_asked_for_mark};
use miniserde::de::{self, Visitor};
use miniserde::ser::{self, Fragment};
use miniserde::{Deserialize, Serialize, make_place};
use std::borrow::Cow;
use std::collections::{BTreeSet, btree_set};
use std::mem;
use std::ops::{Deref, DerefMut};

/// A set of strings, numbers or [`Bytes`], as a field of an item. In any other JSON it is a list.
///
/// DynamoDB has no empty sets: an empty one is not written, and an absent field is an empty one.
///
/// ```
/// use minilambda_events::dynamodb::{Set, from_item, to_item};
/// use miniserde::{Deserialize, Serialize, json};
///
/// #[derive(Deserialize, Serialize)]
/// struct Order {
///     tags: Set,
///     sizes: Set<u32>,
/// }
///
/// let order = Order { tags: ["new"].into_iter().collect(), sizes: Set::new() };
/// let item = to_item(&order)?;
/// assert_eq!(json::to_string(&item), r#"{"tags":{"SS":["new"]}}"#);
/// assert!(from_item::<Order>(&item)?.sizes.is_empty());
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<T = String>(pub BTreeSet<T>);

impl<T> Set<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for Set<T> {
    type Target = BTreeSet<T>;
    fn deref(&self) -> &BTreeSet<T> {
        &self.0
    }
}

impl<T> DerefMut for Set<T> {
    fn deref_mut(&mut self) -> &mut BTreeSet<T> {
        &mut self.0
    }
}

impl<T: Ord, U: Into<T>> FromIterator<U> for Set<T> {
    fn from_iter<I: IntoIterator<Item = U>>(values: I) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn begin(&self) -> Fragment<'_> {
        match (is_asked_for_mark(), self.is_empty()) {
            (true, true) => Fragment::Null,
            (true, false) => Fragment::Map(Box::new(Marked(Some((SET, self))))),
            (false, _) => Fragment::Seq(Box::new(Elements(self.iter()))),
        }
    }
}

struct Elements<'a, T>(btree_set::Iter<'a, T>);

impl<T: Serialize> ser::Seq for Elements<'_, T> {
    fn next(&mut self) -> Option<&dyn Serialize> {
        self.0.next().map(|element| element as &dyn Serialize)
    }
}

make_place!(Place);

impl<T: Deserialize + Ord> Deserialize for Set<T> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }

    fn default() -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: Deserialize + Ord> Visitor for Place<Set<T>> {
    fn null(&mut self) -> miniserde::Result<()> {
        self.out = Some(Set::new());
        Ok(())
    }

    fn seq(&mut self) -> miniserde::Result<Box<dyn de::Seq + '_>> {
        Ok(Box::new(Collected { out: &mut self.out, set: BTreeSet::new(), element: None }))
    }
}

struct Collected<'a, T> {
    out: &'a mut Option<Set<T>>,
    set: BTreeSet<T>,
    element: Option<T>,
}

impl<T: Deserialize + Ord> de::Seq for Collected<'_, T> {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        self.set.extend(self.element.take());
        Ok(T::begin(&mut self.element))
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        self.set.extend(self.element.take());
        *self.out = Some(Set(mem::take(&mut self.set)));
        Ok(())
    }
}

/// Binary data, as a field of an item. In any other JSON it is a string in base64.
///
/// ```
/// use minilambda_events::dynamodb::{Bytes, to_value};
/// use miniserde::json;
///
/// assert_eq!(json::to_string(&to_value(&Bytes(vec![1, 2]))?), r#"{"B":"AQI="}"#);
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn begin(&self) -> Fragment<'_> {
        if is_asked_for_mark() {
            return Fragment::Map(Box::new(Marked(Some((BYTES, self)))));
        }
        Fragment::Str(Cow::Owned(Base64::encode(&self.0).0))
    }
}

impl Deserialize for Bytes {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Bytes> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        let bytes = Base64(text.to_owned()).decode().map_err(|_| miniserde::Error)?;
        self.out = Some(Bytes(bytes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Map;
    use crate::dynamodb::{AttributeValue, Bytes, Set, from_item, to_item, to_value};
    use miniserde::{Deserialize, Serialize, json};

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Item {
        texts: Set,
        numbers: Set<i32>,
        data: Set<Bytes>,
        bytes: Bytes,
        list: Vec<Bytes>,
        optional: Option<Set<u8>>,
    }

    fn item() -> Item {
        Item {
            texts: ["b", "a", "b"].into_iter().collect(),
            numbers: [2, -1].into_iter().collect(),
            data: [Bytes(vec![0])].into_iter().collect(),
            bytes: Bytes(vec![]),
            list: vec![Bytes(vec![255])],
            optional: None,
        }
    }

    #[test]
    fn sets_and_bytes_go_there_and_back() {
        let written = to_item(&item()).unwrap();
        assert_eq!(
            json::to_string(&written),
            concat!(
                r#"{"bytes":{"B":""},"data":{"BS":["AA=="]},"list":{"L":[{"B":"/w=="}]},"#,
                r#""numbers":{"NS":["-1","2"]},"texts":{"SS":["a","b"]}}"#
            )
        );
        assert_eq!(from_item::<Item>(&written).unwrap(), item());
        let plain = r#"{"texts":["a","b"],"numbers":[-1,2],"data":["AA=="],"bytes":"","list":["/w=="],"optional":null}"#;
        assert_eq!(json::to_string(&item()), plain);
        assert_eq!(json::from_str::<Item>(plain).unwrap(), item());
    }

    #[test]
    fn what_is_no_set_of_dynamodb_is_an_error_or_absent() {
        let of = |set: Set<bool>| to_value(&set).unwrap_err().message().to_owned();
        assert!(of([true].into_iter().collect()).contains("strings, numbers or binary"));
        assert_eq!(to_value(&Set::<u8>::new()).unwrap(), AttributeValue::Null(true));
        let sets = [vec![Set::new()]];
        let sets: Map<Vec<Set>> = sets.into_iter().map(|set| ("a", set)).collect();
        assert_eq!(json::to_string(&to_item(&sets).unwrap()), r#"{"a":{"L":[{"NULL":true}]}}"#);
        assert!(json::from_str::<Bytes>(r#""?""#).is_err());
    }
}
