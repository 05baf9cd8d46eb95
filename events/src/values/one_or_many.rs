//! Values that are either single or a list.

use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::fmt;
use std::ops::Deref;
use std::slice;

/// One value, or a list of values. It dereferences to a slice and is written back as it was sent.
///
/// ```
/// use minilambda_events::OneOrMany;
/// use miniserde::json;
///
/// for text in [r#""s3:GetObject""#, r#"["s3:GetObject"]"#] {
///     let actions: OneOrMany = json::from_str(text)?;
///     assert_eq!(actions[0], "s3:GetObject");
///     assert_eq!(json::to_string(&actions), text);
/// }
/// let actions: OneOrMany = "s3:*".into();
/// assert_eq!(actions.len(), 1);
/// # Ok::<(), miniserde::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OneOrMany<T = String> {
    // One of the two is set. A visitor needs a separate `Option` for each.
    one: Option<T>,
    many: Option<Vec<T>>,
}

impl<T: fmt::Debug> fmt::Debug for OneOrMany<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.one {
            Some(one) => one.fmt(f),
            None => self.many.as_deref().unwrap_or_default().fmt(f),
        }
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self { one: None, many: None }
    }
}

impl<T> From<OneOrMany<T>> for Vec<T> {
    fn from(values: OneOrMany<T>) -> Self {
        values.many.unwrap_or_else(|| values.one.into_iter().collect())
    }
}

impl<T> OneOrMany<T> {
    /// The value, unless a list was sent.
    pub(crate) fn one(&self) -> Option<&T> {
        self.one.as_ref()
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.one.as_ref().map_or_else(|| self.many.as_deref().unwrap_or_default(), slice::from_ref)
    }
}

impl<T> From<T> for OneOrMany<T> {
    fn from(one: T) -> Self {
        Self { one: Some(one), many: None }
    }
}

impl From<&str> for OneOrMany {
    fn from(one: &str) -> Self {
        Self::from(one.to_owned())
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(many: Vec<T>) -> Self {
        Self { one: None, many: Some(many) }
    }
}

make_place!(Place);

impl<T: Deserialize> Place<OneOrMany<T>> {
    fn empty(&mut self) -> &mut OneOrMany<T> {
        self.out.insert(OneOrMany { one: None, many: None })
    }

    fn one(&mut self) -> &mut dyn Visitor {
        Deserialize::begin(&mut self.empty().one)
    }
}

impl<T: Deserialize> Visitor for Place<OneOrMany<T>> {
    fn null(&mut self) -> miniserde::Result<()> {
        self.one().null()
    }
    fn boolean(&mut self, value: bool) -> miniserde::Result<()> {
        self.one().boolean(value)
    }
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.one().string(text)
    }
    fn negative(&mut self, number: i64) -> miniserde::Result<()> {
        self.one().negative(number)
    }
    fn nonnegative(&mut self, number: u64) -> miniserde::Result<()> {
        self.one().nonnegative(number)
    }
    fn float(&mut self, number: f64) -> miniserde::Result<()> {
        self.one().float(number)
    }
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        self.one().map()
    }
    fn seq(&mut self) -> miniserde::Result<Box<dyn de::Seq + '_>> {
        Deserialize::begin(&mut self.empty().many).seq()
    }
}

impl<T: Deserialize> Deserialize for OneOrMany<T> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn begin(&self) -> Fragment<'_> {
        match &self.one {
            Some(one) => one.begin(),
            None => self.many.begin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OneOrMany;
    use crate::{Map, NumberOrText};
    use miniserde::json;

    #[test]
    fn it_is_written_back_as_it_came() {
        for text in ["\"\"", "[]", r#"["a","b"]"#] {
            let texts: OneOrMany = json::from_str(text).unwrap();
            assert_eq!(json::to_string(&texts), text);
        }
        for text in [r#"{"a":"1"}"#, r#"[{"a":"1"},{}]"#] {
            let maps: OneOrMany<Map> = json::from_str(text).unwrap();
            assert_eq!(maps[0]["a"], "1");
            assert_eq!(json::to_string(&maps), text);
        }
        for text in ["1", "-1", "0.5", "[1,\"2\"]"] {
            let numbers: OneOrMany<NumberOrText> = json::from_str(text).unwrap();
            assert_eq!(json::to_string(&numbers), text);
        }
        let none: Option<OneOrMany> = json::from_str("null").unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn other_kinds_are_refused() {
        for text in ["null", "true", "1", "-1", "0.5", "{}", "[null]", "[[]]", "[{}]"] {
            assert!(json::from_str::<OneOrMany>(text).is_err(), "{text}");
        }
    }
}
