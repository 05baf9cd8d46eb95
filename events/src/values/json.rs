//! Any JSON value, with equality.

use super::from_json;
use crate::Error;
use miniserde::de::{self, Visitor};
use miniserde::json::{Array, Number, Object, Value};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::ops::{Deref, DerefMut};

/// Any JSON value: miniserde's [`Value`] with equality, so that events can be compared. The default is
/// null.
///
/// ```
/// use minilambda_events::Json;
/// use miniserde::json::Value;
///
/// let json: Json = miniserde::json::from_str(r#"{"name":"cup"}"#)?;
/// assert!(matches!(&*json, Value::Object(object) if object.len() == 1));
/// assert!(matches!(json.get("name"), Some(Value::String(name)) if name == "cup"));
/// # Ok::<(), miniserde::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Json(pub Value);

impl Json {
    /// Returns a field of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        match &self.0 {
            Value::Object(object) => object.get(name),
            _ => None,
        }
    }

    /// Decodes the value.
    ///
    /// ```
    /// use minilambda_events::Json;
    /// use miniserde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Index {
    ///     name: String,
    /// }
    ///
    /// let json: Json = miniserde::json::from_str(r#"{"name":"items"}"#)?;
    /// assert_eq!(json.decode::<Index>().map(|index| index.name).ok().as_deref(), Some("items"));
    /// # Ok::<(), miniserde::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the value does not match the type.
    pub fn decode<T: Deserialize>(&self) -> Result<T, Error> {
        from_json(&miniserde::json::to_string(&self.0), "the value")
    }

    /// Returns a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Deref for Json {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for Json {
    fn deref_mut(&mut self) -> &mut Value {
        &mut self.0
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self(Value::Object(object))
    }
}

/// Numbers are equal if they are of the same kind and have the same value: `1` is not `1.0`.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        are_equal(&self.0, &other.0)
    }
}

fn are_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Number(Number::U64(a)), Value::Number(Number::U64(b))) => a == b,
        (Value::Number(Number::I64(a)), Value::Number(Number::I64(b))) => a == b,
        (Value::Number(Number::F64(a)), Value::Number(Number::F64(b))) => {
            a.to_bits() == b.to_bits()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| are_equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut pairs = a.iter().zip(b);
            a.len() == b.len() && pairs.all(|((a, x), (b, y))| a == b && are_equal(x, y))
        }
        _ => false,
    }
}

make_place!(Place);

impl Visitor for Place<Json> {
    fn null(&mut self) -> miniserde::Result<()> {
        self.set(Value::Null)
    }
    fn boolean(&mut self, value: bool) -> miniserde::Result<()> {
        self.set(Value::Bool(value))
    }
    fn string(&mut self, value: &str) -> miniserde::Result<()> {
        self.set(Value::String(value.to_owned()))
    }
    fn negative(&mut self, value: i64) -> miniserde::Result<()> {
        self.set(Value::Number(Number::I64(value)))
    }
    fn nonnegative(&mut self, value: u64) -> miniserde::Result<()> {
        self.set(Value::Number(Number::U64(value)))
    }
    fn float(&mut self, value: f64) -> miniserde::Result<()> {
        self.set(Value::Number(Number::F64(value)))
    }
    fn seq(&mut self) -> miniserde::Result<Box<dyn de::Seq + '_>> {
        Ok(Box::new(Items { out: &mut self.out, items: Array::new(), item: None }))
    }
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        let fields = Object::new();
        Ok(Box::new(Fields { out: &mut self.out, fields, key: String::new(), value: None }))
    }
}

impl Place<Json> {
    fn set(&mut self, value: Value) -> miniserde::Result<()> {
        self.out = Some(Json(value));
        Ok(())
    }
}

struct Items<'a> {
    out: &'a mut Option<Json>,
    items: Array,
    item: Option<Json>,
}

impl de::Seq for Items<'_> {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        self.items.extend(self.item.take().map(|item| item.0));
        Ok(Deserialize::begin(&mut self.item))
    }
    fn finish(&mut self) -> miniserde::Result<()> {
        self.items.extend(self.item.take().map(|item| item.0));
        *self.out = Some(Json(Value::Array(std::mem::take(&mut self.items))));
        Ok(())
    }
}

struct Fields<'a> {
    out: &'a mut Option<Json>,
    fields: Object,
    key: String,
    value: Option<Json>,
}

impl Fields<'_> {
    fn shift(&mut self) {
        if let Some(value) = self.value.take() {
            self.fields.insert(std::mem::take(&mut self.key), value.0);
        }
    }
}

impl de::Map for Fields<'_> {
    fn key(&mut self, key: &str) -> miniserde::Result<&mut dyn Visitor> {
        self.shift();
        key.clone_into(&mut self.key);
        Ok(Deserialize::begin(&mut self.value))
    }
    fn finish(&mut self) -> miniserde::Result<()> {
        self.shift();
        *self.out = Some(Json(Value::Object(std::mem::take(&mut self.fields))));
        Ok(())
    }
}

impl Deserialize for Json {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Serialize for Json {
    fn begin(&self) -> Fragment<'_> {
        self.0.begin()
    }
}

#[cfg(test)]
mod tests {
    use super::Json;
    use miniserde::json;

    #[test]
    fn any_value_is_kept_and_compared() {
        let texts = [
            "null",
            "true",
            "1",
            "-1",
            "0.5",
            "\"é\"",
            "[]",
            "[1,[null],{}]",
            "{}",
            r#"{"a":null,"b":{"c":[1,"2"]}}"#,
        ];
        for (at, text) in texts.iter().enumerate() {
            let value: Json = json::from_str(text).unwrap();
            assert_eq!(json::to_string(&value), *text);
            for (other_at, other) in texts.iter().enumerate() {
                assert_eq!(
                    value == json::from_str(other).unwrap(),
                    at == other_at,
                    "{text} {other}"
                );
            }
        }
    }
}
