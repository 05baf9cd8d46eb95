//! HTTP headers.

use super::map::{Members, written};
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::collections::BTreeMap;

/// HTTP headers: names are found in any case, and kept as they were sent.
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
/// The map inside is as it was sent: two names that differ in case are two members, and a lookup
/// finds the first in the order of bytes, capitals before small letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub BTreeMap<String, String>);

impl Headers {
    /// The value of a header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.0, name).map(String::as_str)
    }

    /// Sets a header, in place of those of the same name in any case.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.0.retain(|key, _| !key.eq_ignore_ascii_case(&name));
        self.0.insert(name, value.into());
    }
}

/// HTTP headers with several values each.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MultiHeaders(pub BTreeMap<String, Vec<String>>);

impl MultiHeaders {
    /// The first value of a header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).first().map(String::as_str)
    }

    /// All values of a header.
    #[must_use]
    pub fn get_all(&self, name: &str) -> &[String] {
        find(&self.0, name).map_or(&[], Vec::as_slice)
    }

    /// Adds a value to a header, whichever case its name has there.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        match self.0.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some((_, values)) => values.push(value.into()),
            None => drop(self.0.insert(name.to_owned(), vec![value.into()])),
        }
    }
}

fn find<'a, V>(headers: &'a BTreeMap<String, V>, name: &str) -> Option<&'a V> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Headers {
    fn from(headers: [(K, V); N]) -> Self {
        headers.into_iter().collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(headers: I) -> Self {
        Self(headers.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

make_place!(Place);

macro_rules! around_a_map {
    ($name:ident, $value:ty) => {
        impl From<BTreeMap<String, $value>> for $name {
            fn from(map: BTreeMap<String, $value>) -> Self {
                Self(map)
            }
        }

        impl Visitor for Place<$name> {
            fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
                Ok(Members::into(&mut self.out))
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
around_a_map!(MultiHeaders, Vec<String>);

#[cfg(test)]
mod tests {
    use super::{Headers, MultiHeaders};
    use miniserde::json;

    #[test]
    fn names_are_found_in_any_case_and_kept() {
        let text = r#"{"X-Forwarded-For":"203.0.113.7","accept":"*/*"}"#;
        let headers: Headers = json::from_str(text).unwrap();
        assert_eq!(headers.get("x-forwarded-for"), Some("203.0.113.7"));
        assert_eq!(headers.get("ACCEPT"), Some("*/*"));
        assert_eq!(headers.get(""), None);
        assert_eq!(json::to_string(&headers), text);
    }

    #[test]
    fn null_headers_are_left_out() {
        let headers: MultiHeaders = json::from_str(r#"{"a":null,"b":["1","2"],"c":[]}"#).unwrap();
        assert_eq!(headers.get_all("B"), ["1", "2"]);
        assert_eq!((headers.get("a"), headers.get("c")), (None, None));
        assert_eq!(json::to_string(&headers), r#"{"b":["1","2"],"c":[]}"#);
    }
}
