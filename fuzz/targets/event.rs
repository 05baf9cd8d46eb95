//! Decodes an event and explains a mismatch: no panic, no value of the event in the message, and
//! the same value as miniserde's own parser builds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda::{Error, decode};
use minilambda_events::apigateway;
use miniserde::json::{self, Number, Value};
use miniserde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoded")]
struct Everything {
    id: String,
    count: u8,
    signed: i32,
    fraction: f64,
    flag: bool,
    note: Option<String>,
    tags: Option<BTreeMap<String, Vec<String>>>,
    items: Vec<Item>,
    nested: Option<Box<Everything>>,
    pair: (u16, String),
    table: HashMap<String, Option<Item>>,
    any: Option<Value>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoded")]
struct Item {
    name: String,
    count: Option<i64>,
    deep: Vec<Vec<Option<u32>>>,
}

/// What is in place of each text, and of each number, in an event.
const TEXT: &str = "hush-7f3a";
const NUMBER: u64 = 7_316_717_653;

/// A value may be replaced up to this depth; deeper ones are not searched for.
const MAX_DEPTH: usize = 200;

fuzz_target!(|bytes: &[u8]| {
    try_all(bytes);
    let Some((cut, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    agree::<Value>(text);
    agree::<BTreeMap<String, Option<Vec<bool>>>>(text);
    agree::<apigateway::rest::Request>(text);
    agree::<String>(text);
    agree::<Vec<Option<f64>>>(text);
    let Ok(mut value) = json::from_str::<Value>(text) else { return };
    if text.contains("hush") || text.contains("73167") || !hide(&mut value, 0) {
        return;
    }
    let text = json::to_string(&value);
    let short = text.len() * usize::from(*cut) / 256;
    let broken = text.get(..short).unwrap_or_default();
    for message in try_all(text.as_bytes()).into_iter().chain(try_all(broken.as_bytes())) {
        let message = message.to_string();
        assert!(!message.contains("hush") && !message.contains("73167"), "{message}");
    }
});

fn agree<T: Deserialize + Serialize>(text: &str) {
    // The runtime removes a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let ours = decode::<T>(text.as_bytes()).ok().map(|value| json::to_string(&value));
    let theirs = json::from_str::<T>(text).ok().map(|value| json::to_string(&value));
    // The runtime limits nesting, and skips fields that miniserde would refuse.
    let may_be_deep = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > 256;
    let may_be_lenient = text.contains("\\u") || text.contains(['e', 'E']);
    // miniserde's floats may be off by one in the last place, and its `-0` has no sign.
    let is_exact =
        !text.contains(['.', 'e', 'E']) && !text.contains("-0") && !has_long_number(text);
    if !(may_be_deep && ours.is_none()) && !(may_be_lenient && theirs.is_none()) {
        assert!(ours == theirs || !is_exact, "{text}");
    }
    if let (Ok(ours), Ok(std)) = (decode::<f64>(text.as_bytes()), text.trim().parse::<f64>()) {
        assert_eq!(ours.to_bits(), std.to_bits(), "{text}");
    }
}

fn has_long_number(text: &str) -> bool {
    text.as_bytes().windows(16).any(|digits| digits.iter().all(u8::is_ascii_digit))
}

fn try_all(bytes: &[u8]) -> Vec<Error> {
    let errors = [
        decode::<Everything>(bytes).err(),
        decode::<Vec<Item>>(bytes).err(),
        decode::<BTreeMap<String, Option<Vec<bool>>>>(bytes).err(),
        decode::<apigateway::rest::Request>(bytes).err(),
        decode::<Value>(bytes).err(),
        decode::<String>(bytes).err(),
        decode::<()>(bytes).err(),
    ];
    errors.into_iter().flatten().collect()
}

/// Replaces each value with a recognisable one; `false` if it is nested too deeply.
fn hide(value: &mut Value, depth: usize) -> bool {
    match value {
        _ if depth > MAX_DEPTH => return false,
        Value::String(text) => *text = TEXT.to_owned(),
        Value::Number(number) => *number = Number::U64(NUMBER),
        Value::Array(values) => return values.iter_mut().all(|value| hide(value, depth + 1)),
        Value::Object(members) => {
            return members.iter_mut().all(|(_, value)| hide(value, depth + 1));
        }
        _ => {}
    }
    true
}
