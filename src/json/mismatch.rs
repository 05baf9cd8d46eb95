//! Why a text does not fit its type. Only ever run after decoding has failed.
//!
//! miniserde's error says nothing, so the text is parsed again, into a [`Value`], and the type's
//! own visitor is led through it until it refuses; then it is asked what it would have taken.
//! What is said of the event is names and kinds, never a value: events hold secrets.

use super::event_kind;
use miniserde::de::{Deserialize, Map, Seq, Visitor};
use miniserde::json::{self, Array, Number, Object, Value};
use miniserde::make_place;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::str::Utf8Error;

#[cold]
pub(crate) fn not_utf8(length: usize, error: Utf8Error) -> String {
    format!("the text is not UTF-8: it goes wrong at byte {} of {length}", error.valid_up_to())
}

/// Why `visitor` did not take the JSON `text`.
#[cold]
pub(crate) fn misfit(text: &str, visitor: &mut dyn Visitor) -> String {
    let Ok(value) = json::from_str::<Value>(text) else {
        return not_json(text);
    };
    let mut walk = Walk { path: String::new(), too_deep: false };
    // Of a member that stands twice in an object, `Value` keeps only the last.
    let twice = "an object has the same member twice, and the first is not what is expected";
    let what = walk.lead(visitor, &value, 0).err().unwrap_or_else(|| twice.to_owned());
    let at = if walk.path.is_empty() { "" } else { " at " };
    let like =
        event_kind::what(&value).map_or_else(String::new, |like| format!("; it looks like {like}"));
    format!("the JSON does not fit its type{at}{}: {what}{like}", shown(&walk.path))
}

/// Deeper than any event that AWS documents. A level takes some 300 bytes of stack.
const MAX_DEPTH: usize = 256;

/// Leads a visitor through a value. When it refuses, `path` is where.
struct Walk {
    path: String,
    too_deep: bool,
}

impl Walk {
    fn lead(
        &mut self,
        visitor: &mut dyn Visitor,
        value: &Value,
        depth: usize,
    ) -> Result<(), String> {
        let taken = match value {
            _ if depth > MAX_DEPTH => {
                self.too_deep = true;
                Ok(())
            }
            Value::Array(array) => match visitor.seq() {
                Ok(mut seq) => return self.lead_seq(&mut *seq, array, depth),
                Err(error) => Err(error),
            },
            Value::Object(object) => match visitor.map() {
                Ok(mut map) => return self.lead_map(&mut *map, object, depth),
                Err(error) => Err(error),
            },
            Value::Null => visitor.null(),
            Value::Bool(value) => visitor.boolean(*value),
            Value::Number(Number::U64(value)) => visitor.nonnegative(*value),
            Value::Number(Number::I64(value)) => visitor.negative(*value),
            Value::Number(Number::F64(value)) => visitor.float(*value),
            Value::String(value) => visitor.string(value),
        };
        taken.map_err(|_| refusal(visitor, value))
    }

    fn lead_seq(&mut self, seq: &mut dyn Seq, array: &Array, depth: usize) -> Result<(), String> {
        let length = self.path.len();
        for (index, value) in array.iter().enumerate() {
            let _ = write!(self.path, "[{index}]"); // writing to a String cannot fail
            let visitor = seq.element().map_err(|_| "no further element is expected".to_owned())?;
            self.lead(visitor, value, depth + 1)?;
            self.path.truncate(length);
        }
        seq.finish().map_err(|_| {
            self.unless_too_deep(|| {
                format!("a list of {} elements is not what is expected", array.len())
            })
        })
    }

    fn lead_map(&mut self, map: &mut dyn Map, object: &Object, depth: usize) -> Result<(), String> {
        let length = self.path.len();
        let mut unknown = Vec::new();
        for (key, value) in object {
            push_key(&mut self.path, key);
            let visitor = map.key(key).map_err(|_| "this member is not expected".to_owned())?;
            if is_ignored(visitor) {
                unknown.push(&**key);
            } else {
                self.lead(visitor, value, depth + 1)?;
            }
            self.path.truncate(length);
        }
        map.finish().map_err(|_| self.unless_too_deep(|| lacking(object, &unknown)))
    }

    /// What is wrong with a whole, unless it lacks what was not looked into.
    fn unless_too_deep(&self, what: impl FnOnce() -> String) -> String {
        if self.too_deep {
            return "something below is not what is expected, too deep down to say what".to_owned();
        }
        what()
    }
}

/// What is said of an object whose members all fit, but which lacks one: miniserde cannot tell
/// which, so its members are named, and among them those that the type has no use for.
fn lacking(object: &Object, unknown: &[&str]) -> String {
    if object.is_empty() {
        return "a required member is missing: the object is empty".to_owned();
    }
    let has = names(object.keys().map(|key| &**key));
    if unknown.is_empty() {
        return format!("a required member is missing; the object has {has}");
    }
    let unknown = names(unknown.iter().copied());
    format!("a required member is missing; the object has {has}; no use for {unknown}")
}

const MAX_NAMES: usize = 12;

fn names<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    let mut list = String::new();
    for (index, key) in keys.enumerate() {
        if index == MAX_NAMES {
            list.push_str(", …");
            break;
        }
        if index > 0 {
            list.push_str(", ");
        }
        list.push_str(plain_name(key).unwrap_or("(a key)"));
    }
    list
}

/// A key that reads like a name. Others may be data: a map's keys, say, can be user names.
fn plain_name(key: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    (!key.is_empty() && key.len() <= 64 && key.chars().all(plain)).then_some(key)
}

fn push_key(path: &mut String, key: &str) {
    path.push('.');
    path.push_str(plain_name(key).unwrap_or("(a key)"));
}

fn refusal(visitor: &mut dyn Visitor, value: &Value) -> String {
    let integer = visitor.nonnegative(0).is_ok();
    match value {
        Value::Number(Number::U64(_)) if integer => {
            return "expected a smaller integer, found one out of range".to_owned();
        }
        Value::Number(Number::I64(_)) if integer && visitor.negative(-1).is_ok() => {
            return "expected a greater integer, found one out of range".to_owned();
        }
        Value::Number(Number::I64(_)) if integer => {
            return "expected an integer of zero or more, found a negative one".to_owned();
        }
        Value::Number(Number::F64(_)) if integer => {
            return "expected an integer, found a number with a fraction or out of range"
                .to_owned();
        }
        Value::String(_) if visitor.string("").is_ok() => {
            return "expected a text of another form".to_owned();
        }
        _ => {}
    }
    let mut kinds = Vec::new();
    // Asked in the order in which a reader wants the answer; null comes last, as "or null".
    if visitor.map().is_ok() {
        kinds.push("an object");
    }
    if visitor.seq().is_ok() {
        kinds.push("a list");
    }
    if visitor.string("").is_ok() {
        kinds.push("a string");
    }
    if visitor.float(0.5).is_ok() {
        kinds.push("a number");
    } else if integer {
        kinds.push("an integer");
    }
    if visitor.boolean(false).is_ok() {
        kinds.push("true or false");
    }
    if visitor.null().is_ok() {
        kinds.push("null");
    }
    let found = kind(value);
    if kinds.is_empty() {
        return format!("{found} is not one of the values that are expected");
    }
    format!("expected {}, found {found}", kinds.join(" or "))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(Number::F64(_)) => "a number with a fraction",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether this is how the type skips members that it does not have.
fn is_ignored(visitor: &dyn Visitor) -> bool {
    std::ptr::addr_eq(visitor, <dyn Visitor>::ignore())
}

/// A path as it is shown: nesting may make it long.
fn shown(path: &str) -> Cow<'_, str> {
    match path.char_indices().nth(400) {
        Some((end, _)) => Cow::Owned(format!("{}…", path.get(..end).unwrap_or(path))),
        None => Cow::Borrowed(path),
    }
}

/// Where a text stops being JSON: miniserde's parser is run over it with a visitor that takes
/// everything, and the path of what it was last asked to take is the answer.
fn not_json(text: &str) -> String {
    if text.trim().is_empty() {
        return "JSON is expected, and there is nothing".to_owned();
    }
    PATH.set(String::new());
    let _ = json::from_str::<Anything>(text); // fails, as it did before
    let path = PATH.take();
    let size = text.len();
    match &*path {
        "" => format!("the text ({size} bytes) is not JSON, or goes on behind it"),
        path => format!(
            "the text ({size} bytes) is not JSON: it breaks off or goes wrong at or behind {}",
            shown(path)
        ),
    }
}

thread_local! {
    /// Where [`Anything`] was last. A decoded type has no other way to hand out what it saw.
    static PATH: RefCell<String> = const { RefCell::new(String::new()) };
}

struct Anything;

struct Members {
    start: usize,
    count: usize,
    member: Option<Anything>,
}

impl Members {
    fn new() -> Self {
        Self { start: PATH.with_borrow(String::len), count: 0, member: None }
    }
}

make_place!(Place);

impl Deserialize for Anything {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Anything> {
    fn null(&mut self) -> miniserde::Result<()> {
        Ok(())
    }
    fn boolean(&mut self, _: bool) -> miniserde::Result<()> {
        Ok(())
    }
    fn string(&mut self, _: &str) -> miniserde::Result<()> {
        Ok(())
    }
    fn negative(&mut self, _: i64) -> miniserde::Result<()> {
        Ok(())
    }
    fn nonnegative(&mut self, _: u64) -> miniserde::Result<()> {
        Ok(())
    }
    fn float(&mut self, _: f64) -> miniserde::Result<()> {
        Ok(())
    }
    fn seq(&mut self) -> miniserde::Result<Box<dyn Seq + '_>> {
        Ok(Box::new(Members::new()))
    }
    fn map(&mut self) -> miniserde::Result<Box<dyn Map + '_>> {
        Ok(Box::new(Members::new()))
    }
}

impl Seq for Members {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        PATH.with_borrow_mut(|path| {
            path.truncate(self.start);
            let _ = write!(path, "[{}]", self.count);
        });
        self.count += 1;
        Ok(Deserialize::begin(&mut self.member))
    }
    fn finish(&mut self) -> miniserde::Result<()> {
        Ok(())
    }
}

impl Map for Members {
    fn key(&mut self, key: &str) -> miniserde::Result<&mut dyn Visitor> {
        PATH.with_borrow_mut(|path| {
            path.truncate(self.start);
            push_key(path, key);
        });
        Ok(Deserialize::begin(&mut self.member))
    }
    fn finish(&mut self) -> miniserde::Result<()> {
        Ok(())
    }
}
