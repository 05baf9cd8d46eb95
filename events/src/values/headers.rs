//! HTTP headers.

use super::OneOrMany;
use super::map::{Members, written};
use super::secret::header_to_print;
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// HTTP headers. Names are found in any case.
///
/// ```
/// use minilambda_events::Headers;
///
/// let mut headers = Headers::from([("Content-Type", "text/plain")]);
/// assert_eq!(headers.get("content-type"), Some("text/plain"));
/// headers.set("content-type", "text/html");
/// assert_eq!(headers, Headers::from([("content-type", "text/html")]));
/// ```
///
/// Names are kept as they were sent. Two names that differ in case are two headers, of which a
/// lookup finds the first in the order of bytes (capital letters come first).
///
/// `Debug` does not print the values of headers such as `Authorization` and `Cookie`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<Name, String>);

/// A header's name. Names that differ only in case are next to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name(String);

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let lower = self.0.bytes().map(|byte| byte.to_ascii_lowercase());
        let other_lower = other.0.bytes().map(|byte| byte.to_ascii_lowercase());
        // The spelling in capital letters is the first of equal names.
        lower.cmp(other_lower).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Returns the spellings of a name that are in a map, in the order of bytes.
fn spellings<'a, V>(
    map: &'a BTreeMap<Name, V>,
    name: &str,
) -> impl Iterator<Item = (&'a Name, &'a V)> + use<'a, V> {
    let first = Name(name.to_ascii_uppercase());
    let capitals = first.0.clone();
    map.range(first..).take_while(move |(key, _)| key.0.eq_ignore_ascii_case(&capitals))
}

impl Headers {
    /// The value of a header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        spellings(&self.0, name).next().map(|(_, value)| &**value)
    }

    /// Sets a header. It replaces those of the same name in any case.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.remove(&name);
        self.0.insert(Name(name), value.into());
    }
}

/// HTTP headers with several values each. A value that is sent as one string instead of a list is
/// written back so.
///
/// ```
/// use minilambda_events::MultiHeaders;
///
/// let mut headers: MultiHeaders = miniserde::json::from_str(r#"{"Accept":["text/html","*/*"]}"#)?;
/// assert_eq!(headers.get("accept"), Some("text/html"));
/// assert_eq!(headers.get_all("accept"), ["text/html", "*/*"]);
/// headers.add("Set-Cookie", "a=1");
/// headers.add("set-cookie", "b=2");
/// assert_eq!(headers.get_all("Set-Cookie"), ["a=1", "b=2"]);
/// # Ok::<(), miniserde::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MultiHeaders(BTreeMap<Name, OneOrMany>);

impl MultiHeaders {
    /// Returns the first value of a header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).first().map(String::as_str)
    }

    /// Returns all values of a header.
    #[must_use]
    pub fn get_all(&self, name: &str) -> &[String] {
        spellings(&self.0, name).next().map_or(&[], |(_, values)| values)
    }

    /// Adds a value to a header, in whichever case its name is there.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        let known = spellings(&self.0, name).next().map(|(key, _)| key.clone());
        let key = known.unwrap_or_else(|| Name(name.to_owned()));
        let values = self.0.entry(key).or_default();
        let mut all = Vec::from(std::mem::take(values));
        all.push(value.into());
        *values = all.into();
    }

    /// Sets a header to one value. It replaces those of the same name in any case.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.0.insert(Name(name.to_owned()), vec![value.into()].into());
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Headers {
    fn from(headers: [(K, V); N]) -> Self {
        headers.into_iter().collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(headers: I) -> Self {
        let pairs = headers.into_iter().map(|(key, value)| (Name(key.into()), value.into()));
        Self(pairs.collect())
    }
}

/// Sets each header. It replaces those of the same name in any case.
impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Headers {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, headers: I) {
        headers.into_iter().for_each(|(name, value)| self.set(name, value));
    }
}

/// Adds each value to its header.
impl<K: AsRef<str>, V: Into<String>> Extend<(K, V)> for MultiHeaders {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, headers: I) {
        headers.into_iter().for_each(|(name, value)| self.add(name.as_ref(), value));
    }
}

make_place!(Place);

macro_rules! around_a_map {
    ($name:ident, $value:ty) => {
        impl From<BTreeMap<String, $value>> for $name {
            fn from(map: BTreeMap<String, $value>) -> Self {
                Self(map.into_iter().map(|(key, value)| (Name(key), value)).collect())
            }
        }

        impl $name {
            /// Returns the names and values, ordered by the names in lower case.
            pub fn iter(&self) -> impl Iterator<Item = (&str, &$value)> {
                self.0.iter().map(|(name, value)| (&*name.0, value))
            }

            /// Removes a header, whose name may be in any case, and returns its value. If the name
            /// is there in several cases, all are removed, and the first is returned.
            pub fn remove(&mut self, name: &str) -> Option<$value> {
                let equal: Vec<_> = spellings(&self.0, name).map(|(key, _)| key.clone()).collect();
                equal.iter().rev().fold(None, |_, key| self.0.remove(key))
            }

            /// Returns the number of names.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there are no headers.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl IntoIterator for $name {
            type Item = (String, $value);
            type IntoIter = std::vec::IntoIter<Self::Item>;

            fn into_iter(self) -> Self::IntoIter {
                let pairs: Vec<_> = self.0.into_iter().map(|(name, it)| (name.0, it)).collect();
                pairs.into_iter()
            }
        }

        impl<'a> IntoIterator for &'a $name {
            type Item = (&'a str, &'a $value);
            type IntoIter = std::vec::IntoIter<Self::Item>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter().collect::<Vec<_>>().into_iter()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let headers = self.iter().map(|(name, value)| (name, header_to_print(name, value)));
                f.debug_map().entries(headers).finish()
            }
        }

        impl Visitor for Place<$name> {
            fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
                Ok(Members::<$name, $value>::into(&mut self.out))
            }
        }

        impl Deserialize for $name {
            fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
                Place::new(out)
            }
        }

        impl Serialize for $name {
            fn begin(&self) -> Fragment<'_> {
                written(&self.0)
            }
        }
    };
}
around_a_map!(Headers, String);
around_a_map!(MultiHeaders, OneOrMany);

impl From<BTreeMap<String, Vec<String>>> for MultiHeaders {
    fn from(map: BTreeMap<String, Vec<String>>) -> Self {
        map.into_iter()
            .map(|(name, values)| (name, OneOrMany::from(values)))
            .collect::<BTreeMap<_, _>>()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Headers, MultiHeaders};
    use miniserde::json;

    #[test]
    fn names_are_found_in_any_case_and_kept() {
        let text = r#"{"accept":"*/*","X-Forwarded-For":"203.0.113.7"}"#;
        let headers: Headers = json::from_str(text).unwrap();
        assert_eq!(headers.get("x-forwarded-for"), Some("203.0.113.7"));
        assert_eq!(headers.get("ACCEPT"), Some("*/*"));
        assert_eq!(headers.get(""), None);
        assert_eq!(json::to_string(&headers), text);
    }

    #[test]
    fn a_name_in_two_cases_is_two_headers_until_it_is_set() {
        let text = r#"{"A":"0","X-B":"1","X-b":"2","x-b":"3","y":"4"}"#;
        let mut headers: Headers = json::from_str(text).unwrap();
        assert_eq!((headers.get("x-B"), headers.len()), (Some("1"), 5));
        assert_eq!(json::to_string(&headers), text);
        headers.set("x-B", "5");
        assert_eq!(json::to_string(&headers), r#"{"A":"0","x-B":"5","y":"4"}"#);
    }

    #[test]
    fn headers_are_removed_added_and_taken_apart() {
        let mut headers: Headers = json::from_str(r#"{"A":"0","X-B":"1","x-b":"2"}"#).unwrap();
        assert_eq!((headers.remove("x-B").as_deref(), headers.remove("x-b")), (Some("1"), None));
        headers.extend([("a", "3"), ("c", "4")]);
        let pairs: Vec<_> = (&headers).into_iter().collect();
        assert_eq!(pairs, [("a", &"3".to_owned()), ("c", &"4".to_owned())]);
        assert_eq!(headers.clone().into_iter().collect::<Headers>(), headers);

        let mut several: MultiHeaders = json::from_str(r#"{"A":["0"],"b":"1"}"#).unwrap();
        several.extend([("a", "2"), ("c", "3")]);
        assert_eq!(
            (several.get_all("A"), several.get_all("c")),
            (&["0", "2"].map(String::from)[..], &["3".to_owned()][..])
        );
        assert_eq!(several.remove("a").map(Vec::from), Some(vec!["0".to_owned(), "2".to_owned()]));
        assert_eq!(several.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn many_headers_are_set_without_looking_at_each() {
        let (mut headers, mut several) = (Headers::default(), MultiHeaders::default());
        for n in 0..200_000 {
            headers.set(format!("X-{n}"), "1");
            several.add(&format!("X-{n}"), "1");
        }
        assert_eq!((headers.len(), several.len()), (200_000, 200_000));
    }

    #[test]
    fn a_single_value_may_be_a_string() {
        let text = r#"{"Accept":"*/*","via":["a","b"]}"#;
        let mut headers: MultiHeaders = json::from_str(text).unwrap();
        assert_eq!((headers.get("accept"), headers.get_all("via").len()), (Some("*/*"), 2));
        assert_eq!(json::to_string(&headers), text);
        headers.add("ACCEPT", "text/html");
        assert_eq!(headers.get_all("accept"), ["*/*", "text/html"]);
    }

    #[test]
    fn headers_with_secrets_are_not_printed() {
        let headers = Headers::from([("Accept", "*/*"), ("AUTHORIZATION", "Bearer open-sesame")]);
        assert_eq!(format!("{headers:?}"), r#"{"Accept": "*/*", "AUTHORIZATION": Secret(…)}"#);
        let mut headers = MultiHeaders::default();
        headers.add("x-a", "1");
        headers.add("Set-Cookie", "open-sesame");
        assert_eq!(format!("{headers:?}"), r#"{"Set-Cookie": Secret(…), "x-a": ["1"]}"#);
    }

    #[test]
    fn null_headers_are_left_out() {
        let headers: MultiHeaders = json::from_str(r#"{"a":null,"b":["1","2"],"c":[]}"#).unwrap();
        assert_eq!(headers.get_all("B"), ["1", "2"]);
        assert_eq!((headers.get("a"), headers.get("c")), (None, None));
        assert_eq!(json::to_string(&headers), r#"{"b":["1","2"],"c":[]}"#);
    }
}
