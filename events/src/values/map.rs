//! Objects whose keys are data.

use miniserde::de::{self, Visitor};
use miniserde::ser::{self, Fragment};
use miniserde::{Deserialize, Serialize, make_place};
use std::borrow::Cow;
use std::collections::{BTreeMap, btree_map};
use std::ops::{Deref, DerefMut};

/// An object whose keys are data, such as the parameters of a query: a `BTreeMap`.
///
/// A field that is null is left out, so that `{"a":null}` is an empty map and not an error.
///
/// ```
/// use minilambda_events::Map;
///
/// let query: Map = miniserde::json::from_str(r#"{"page":"2","size":null}"#)?;
/// assert_eq!(query.get("page").map(String::as_str), Some("2"));
/// assert_eq!(query.len(), 1);
/// # Ok::<(), miniserde::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map<V = String>(pub BTreeMap<String, V>);

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V> Deref for Map<V> {
    type Target = BTreeMap<String, V>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> DerefMut for Map<V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<V> From<BTreeMap<String, V>> for Map<V> {
    fn from(map: BTreeMap<String, V>) -> Self {
        Self(map)
    }
}

impl<K: Into<String>, V, const N: usize> From<[(K, V); N]> for Map<V> {
    fn from(members: [(K, V); N]) -> Self {
        members.into_iter().collect()
    }
}

impl<K: Into<String>, V> FromIterator<(K, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        Self(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a String, &'a V);
    type IntoIter = btree_map::Iter<'a, String, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<V> IntoIterator for Map<V> {
    type Item = (String, V);
    type IntoIter = btree_map::IntoIter<String, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

make_place!(Place);

impl<V: Deserialize> Visitor for Place<Map<V>> {
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Members::into(&mut self.out))
    }
}

impl<V: Deserialize> Deserialize for Map<V> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl<V: Serialize> Serialize for Map<V> {
    fn begin(&self) -> Fragment<'_> {
        written(&self.0)
    }
}

/// Serializes a map like miniserde does a `BTreeMap`, but without copying each key.
pub(crate) fn written<K: AsRef<str>, V: Serialize>(map: &BTreeMap<K, V>) -> Fragment<'_> {
    Fragment::Map(Box::new(Written(map.iter())))
}

struct Written<'a, K, V>(btree_map::Iter<'a, K, V>);

impl<K: AsRef<str>, V: Serialize> ser::Map for Written<'_, K, V> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        self.0.next().map(|(key, value)| (Cow::Borrowed(key.as_ref()), value as &dyn Serialize))
    }
}

/// Collects an object's fields, but those that are null, for a type that is made of a map, if it
/// takes them.
pub(crate) struct Members<'a, T, V> {
    out: &'a mut Option<T>,
    members: BTreeMap<String, V>,
    key: String,
    #[allow(clippy::option_option, reason = "a member that is there and null")]
    value: Option<Option<V>>,
}

impl<'a, T: TryFrom<BTreeMap<String, V>>, V: Deserialize> Members<'a, T, V> {
    pub(crate) fn into(out: &'a mut Option<T>) -> Box<dyn de::Map + 'a>
    where
        V: 'a,
    {
        Box::new(Self { out, members: BTreeMap::new(), key: String::new(), value: None })
    }
}

impl<T, V> Members<'_, T, V> {
    fn shift(&mut self) {
        if let Some(Some(value)) = self.value.take() {
            self.members.insert(std::mem::take(&mut self.key), value);
        }
    }
}

impl<T: TryFrom<BTreeMap<String, V>>, V: Deserialize> de::Map for Members<'_, T, V> {
    fn key(&mut self, key: &str) -> miniserde::Result<&mut dyn Visitor> {
        self.shift();
        key.clone_into(&mut self.key);
        Ok(Deserialize::begin(&mut self.value))
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        self.shift();
        let made = std::mem::take(&mut self.members).try_into();
        *self.out = Some(made.map_err(|_| miniserde::Error)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Map;
    use miniserde::json;

    #[test]
    fn null_members_are_left_out_wherever_they_stand() {
        for (text, kept) in [
            ("{}", "{}"),
            (r#"{"a":null}"#, "{}"),
            (r#"{"a":null,"b":"1"}"#, r#"{"b":"1"}"#),
            (r#"{"a":"1","b":null}"#, r#"{"a":"1"}"#),
            (r#"{"":"","é":"𝄞"}"#, r#"{"":"","é":"𝄞"}"#),
            (r#"{"a":"1","a":"2"}"#, r#"{"a":"2"}"#),
        ] {
            let map: Map = json::from_str(text).unwrap();
            assert_eq!(json::to_string(&map), kept);
        }
        for text in ["null", "[]", r#"{"a":1}"#, r#"{"a":{}}"#] {
            assert!(json::from_str::<Map>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn maps_nest() {
        let map: Map<Map<Vec<u64>>> = json::from_str(r#"{"a":{"b":[1,2],"c":null}}"#).unwrap();
        assert_eq!(map["a"]["b"], [1, 2]);
    }
}
