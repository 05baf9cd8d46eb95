//! Objects of JSON without a type: the inputs of actions.

use crate::error::Error;
use minilambda::ToJson;
use miniserde::Serialize;
use miniserde::ser::{Fragment, Map};
use std::borrow::Cow;

/// An object of JSON, for an input that needs no type of its own; [`object!`](crate::object) makes
/// one.
///
/// Values are whatever miniserde writes, also other objects. A value that is `None` is left out,
/// because AWS refuses null.
#[derive(Default)]
pub struct Object<'a>(Vec<(&'a str, Box<dyn Serialize + 'a>)>);

impl<'a> Object<'a> {
    /// An object without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field, in place of one of the same name.
    pub fn set(&mut self, name: &'a str, value: impl Serialize + 'a) {
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, Box::new(value)));
    }
}

impl<'a, V: Serialize + 'a> FromIterator<(&'a str, V)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(fields: I) -> Self {
        let mut object = Self::new();
        for (name, value) in fields {
            object.set(name, value);
        }
        object
    }
}

/// Writes a value as text. Only a type of another library than miniserde can fail.
pub(crate) fn text(value: &(impl ToJson + ?Sized)) -> Result<String, Error> {
    let text = value.to_json(Vec::new()).map_err(|error| Error::invalid(error.message()))?;
    String::from_utf8(text).map_err(|_| Error::invalid("the JSON of the value is not UTF-8"))
}

/// Without the values: they may be secrets.
impl std::fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Serialize for Object<'_> {
    fn begin(&self) -> Fragment<'_> {
        Fragment::Map(Box::new(Fields(self.0.iter())))
    }
}

struct Fields<'a>(std::slice::Iter<'a, (&'a str, Box<dyn Serialize + 'a>)>);

impl Map for Fields<'_> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        let (name, value) = self.0.find(|(_, value)| !matches!(value.begin(), Fragment::Null))?;
        Some((Cow::Borrowed(name), &**value))
    }
}

/// Makes an [`Object`](crate::Object), the input of an action:
///
/// ```no_run
/// use minilambda_aws::{Error, Json, SQS, object};
///
/// fn send(url: &str, body: &str, delay_s: Option<u32>) -> Result<String, Error> {
///     let input = object! { "QueueUrl": url, "MessageBody": body, "DelaySeconds": delay_s };
///     let sent: Json = SQS.client().call("SendMessage", &input)?;
///     Ok(sent.path("MessageId").and_then(|id| id.as_str()).unwrap_or_default().to_owned())
/// }
/// ```
///
/// What is `None` is left out. A name that comes twice has its last value.
#[macro_export]
macro_rules! object {
    ($($name:literal: $value:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "an object may have no fields")]
        let mut object = $crate::Object::new();
        $(object.set($name, $value);)*
        object
    }};
}

#[cfg(test)]
mod tests {
    use minilambda::encode;

    #[test]
    fn absent_values_are_left_out_and_others_are_written() {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let none: Option<&str> = None;
        let object = object! {
            "Name": "ada", "None": none, "Some": Some(1), "List": &names, "Last": false,
            "Object": object! { "None": None::<u32>, "Nested": 0.5 }, "Last": true,
        };
        let expected =
            r#"{"Name":"ada","Some":1,"List":["a","b"],"Object":{"Nested":0.5},"Last":true}"#;
        assert_eq!(String::from_utf8(encode(&object)).unwrap(), expected);
        assert!(!format!("{object:?}").contains("ada"));
        assert_eq!(encode(&object! {}), b"{}");
    }
}
