//! Values that must not get into a log.

use super::{Map, Members};
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::collections::BTreeMap;
use std::fmt;

/// A secret, such as a password or a token. `Debug` prints nothing of it, so that a logged event
/// does not reveal it. It is decoded, encoded and compared like the value inside.
///
/// The value is a string, a [`Base64`](crate::Base64) or a [`Map`]. [`expose`](Self::expose)
/// returns it: the word marks each place of a program that uses a secret.
///
/// ```
/// use minilambda_events::Secret;
///
/// let password: Secret = miniserde::json::from_str(r#""open-sesame""#)?;
/// assert_eq!(password.expose(), "open-sesame");
/// assert_eq!(password, Secret::from("open-sesame"));
/// assert_eq!(format!("{password:?}"), "Secret(…)");
/// assert_eq!(miniserde::json::to_string(&password), r#""open-sesame""#);
/// # Ok::<(), miniserde::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T = String>(T);

impl<T> Secret<T> {
    /// Returns the value.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Returns the value itself.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<V> From<BTreeMap<String, V>> for Secret<Map<V>> {
    fn from(map: BTreeMap<String, V>) -> Self {
        Self(Map(map))
    }
}

make_place!(Place);

impl<T: From<String>> Visitor for Place<Secret<T>> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(Secret(T::from(text.to_owned())));
        Ok(())
    }
}

impl<T: From<String>> Deserialize for Secret<T> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl<V: Deserialize> Visitor for Place<Secret<Map<V>>> {
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Members::into(&mut self.out))
    }
}

impl<V: Deserialize> Deserialize for Secret<Map<V>> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl<T: Serialize> Serialize for Secret<T> {
    fn begin(&self) -> Fragment<'_> {
        self.0.begin()
    }
}

/// Words in the names of HTTP headers whose values are secrets.
const SECRET_WORDS: [&str; 9] = [
    "authorization",
    "cookie",
    "token",
    "password",
    "secret",
    "credential",
    "signature",
    "api-key",
    "oidc-data",
];

/// Whether an HTTP header's value is a secret, according to its name.
pub(crate) fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// The value of a header as `Debug` prints it.
pub(crate) fn header_to_print<'a>(name: &str, value: &'a dyn fmt::Debug) -> &'a dyn fmt::Debug {
    if is_secret_header(name) { &Secret(()) } else { value }
}

#[cfg(test)]
mod tests {
    use super::{Secret, is_secret_header};
    use crate::{Base64, Map};
    use miniserde::json;

    #[test]
    fn it_is_decoded_and_encoded_like_its_value() {
        let text: Secret = json::from_str(r#""é\"""#).unwrap();
        assert_eq!(json::to_string(&text), r#""é\"""#);
        assert_eq!(text.into_exposed(), "é\"");
        let data: Secret<Base64> = json::from_str(r#""Zm9v""#).unwrap();
        assert_eq!(data.expose().decode_text().unwrap(), "foo");
        assert_eq!(data, Base64::encode("foo").into());
        let map: Secret<Map<Vec<u8>>> = json::from_str(r#"{"a":[1],"b":null}"#).unwrap();
        assert_eq!(json::to_string(&map), r#"{"a":[1]}"#);
        let none: Option<Secret> = json::from_str("null").unwrap();
        assert_eq!(none, None);
        for text in ["null", "1", "true", "[]", "{}"] {
            assert!(json::from_str::<Secret>(text).is_err(), "{text}");
        }
        assert!(json::from_str::<Secret<Map>>("\"\"").is_err());
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let map = Secret::from(Map::from([("user", "open-sesame")]));
        let text: Secret = "open-sesame".into();
        assert_eq!(format!("{map:?} {text:#?}"), "Secret(…) Secret(…)");
    }

    #[test]
    fn headers_with_secrets_are_known_by_their_names() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "set-cookie",
            "X-API-Key",
            "x_api_key",
            "X-Amz-Security-Token",
            "x-amzn-oidc-data",
            "x-amzn-oidc-accesstoken",
            "x-hub-signature-256",
        ] {
            assert!(is_secret_header(name), "{name}");
        }
        for name in ["", "Accept", "Content-Type", "X-Forwarded-For", "X-Amzn-Trace-Id", "Host"] {
            assert!(!is_secret_header(name), "{name}");
        }
    }
}
