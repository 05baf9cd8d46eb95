//! Pairs of a name and a value, such as headers and parameters, in the forms that events have.

use crate::json::{array, text};
use miniserde::json::{Object, Value};

pub(super) type Pair = (String, String);

/// Pairs as an object with the last of equal names.
pub(super) fn last(pairs: &[Pair]) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| (name.clone(), text(&**value))).collect())
}

/// Pairs as an object with arrays of all values of a name.
pub(super) fn all(pairs: &[Pair]) -> Value {
    let mut object = Object::new();
    for (name, value) in pairs {
        match object.get_mut(name) {
            Some(Value::Array(values)) => values.push(text(&**value)),
            _ => drop(object.insert(name.clone(), array([text(&**value)]))),
        }
    }
    Value::Object(object)
}

/// Pairs as an object with all values of a name, separated by commas.
pub(super) fn joined(pairs: &[Pair]) -> Value {
    let mut object = Object::new();
    for (name, value) in pairs {
        match object.get_mut(name) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(value);
            }
            _ => drop(object.insert(name.clone(), text(&**value))),
        }
    }
    Value::Object(object)
}

pub(super) fn or_null(pairs: &[Pair], object: impl Fn(&[Pair]) -> Value) -> Value {
    if pairs.is_empty() { Value::Null } else { object(pairs) }
}
