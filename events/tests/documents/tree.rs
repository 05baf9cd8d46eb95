//! Looking at JSON values, and changing them in one place.

use miniserde::json::{self, Value};
use std::collections::BTreeSet;
use std::fmt::Write as _;

#[derive(Clone)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// A path as it is shown: `Records[].body`, the same for all elements of a list.
pub fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Index(_) => text.push_str("[]"),
        }
    }
    if text.is_empty() { "(all)".to_owned() } else { text }
}

/// The paths to a value and to everything in it.
pub fn paths(value: &Value) -> Vec<Vec<Step>> {
    let mut found = vec![Vec::new()];
    let mut add = |step: &dyn Fn() -> Step, value| {
        for mut path in paths(value) {
            path.insert(0, step());
            found.push(path);
        }
    };
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| add(&|| Step::Key(key.clone()), value));
        }
        Value::Array(array) => {
            array.iter().enumerate().for_each(|(index, value)| add(&|| Step::Index(index), value));
        }
        _ => {}
    }
    found
}

pub fn at<'a>(value: &'a mut Value, path: &[Step]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match (value, step) {
        (Value::Object(object), Step::Key(key)) => object.get_mut(key).unwrap(),
        (Value::Array(array), Step::Index(index)) => &mut array[*index],
        _ => panic!("no such path"),
    })
}

/// The value with another in place of the one at the path.
pub fn replaced(value: &Value, path: &[Step], by: Value) -> Value {
    let mut value = value.clone();
    *at(&mut value, path) = by;
    value
}

/// The value without the field at the path; none if the path does not end at a field.
pub fn removed(value: &Value, path: &[Step]) -> Option<Value> {
    let (Step::Key(key), object) = path.split_last()? else { return None };
    let mut value = value.clone();
    let Value::Object(object) = at(&mut value, object) else { return None };
    object.remove(key);
    Some(value)
}

/// Whether two values are equal, fields apart that are null.
pub fn same(a: &Value, b: &Value) -> bool {
    json::to_string(&without_nulls(a)) == json::to_string(&without_nulls(b))
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(_, value)| !matches!(value, Value::Null));
            Value::Object(members.map(|(key, v)| (key.clone(), without_nulls(v))).collect())
        }
        Value::Array(array) => Value::Array(array.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

/// The JSON text with each field written twice.
pub fn members_twice(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let twice = object.iter().flat_map(|member| [member, member]);
            let member = |(key, v): (&String, &Value)| {
                format!("{}:{}", json::to_string(key), members_twice(v))
            };
            format!("{{{}}}", twice.map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(array) => {
            format!("[{}]", array.iter().map(members_twice).collect::<Vec<_>>().join(","))
        }
        other => json::to_string(other),
    }
}

/// The JSON text with each letter of its strings escaped.
pub fn escaped(value: &Value) -> String {
    let mut text = String::new();
    let mut in_string = false;
    let plain = json::to_string(value);
    let mut letters = plain.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                in_string = !in_string;
                text.push('"');
            }
            '\\' => text.extend(['\\', letters.next().unwrap()]),
            _ if in_string => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(text, "\\u{unit:04X}").unwrap();
                }
            }
            _ => text.push(letter),
        }
    }
    text
}

/// A key that an object has twice, of a JSON text without spaces.
pub fn key_written_twice(text: &str) -> Option<String> {
    let mut objects = Vec::new();
    let mut rest = text.char_indices();
    while let Some((start, c)) = rest.next() {
        match c {
            '{' | '[' => objects.push(BTreeSet::new()),
            '}' | ']' => drop(objects.pop()),
            '"' => {
                while let Some((end, c)) = rest.next() {
                    if c == '\\' {
                        rest.next();
                    } else if c == '"' {
                        let is_key = text[end + 1..].starts_with(':');
                        let key = &text[start + 1..end];
                        if is_key && !objects.last_mut()?.insert(key) {
                            return Some(key.to_owned());
                        }
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    None
}
