//! The two readings of a text, by `serde_json` and by what explains its errors, agree on each value
//! and on each key: otherwise another value would be blamed, or the memory would not be counted.

use crate::refused;
use crate::types::Bytes;
use minilambda::{Serde, decode, encode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::any::type_name;
use std::collections::HashMap;
use std::hash::Hash;

/// What is written between quotes as a key, and as a value in quotes and without.
const TEXTS: &[&str] = &[
    "",
    "0",
    "-0",
    "00",
    "007",
    "+1",
    "-1",
    "- 1",
    "-",
    " 1",
    "1 ",
    "1.",
    "1.5",
    "1.0",
    ".5",
    "1e2",
    "1E400",
    "-1e400",
    "0x1",
    "1_0",
    "inf",
    "NaN",
    "255",
    "256",
    "-128",
    "65536",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456",
    "-170141183460469231731687303715884105728",
    "\\u0031",
    "1\\u0030",
    "true",
    "false",
    "True",
    "true ",
    "\\u0074rue",
    "null",
    "a",
    "é",
    "\\u00e9",
    "\\x",
    "\\",
    "\\ud800",
    "\\ud83d\\ude00",
    "\u{1}",
    "\n",
    "New",
    "new",
    "Held",
];

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
enum State {
    New,
    Held(u8),
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Wrapped<T>(T);

/// A floating-point number as a key.
#[derive(Debug, Deserialize)]
struct Float<T>(T);

impl<T> PartialEq for Float<T> {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}
impl<T> Eq for Float<T> {}
impl<T> Hash for Float<T> {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// Reads a value, and then another that is refused, which must be blamed if the first is accepted.
fn compare<T: DeserializeOwned>(value: &str) -> Result<(), String> {
    // Not `from_str`, which cuts a key of true or false within a character.
    let is_accepted = serde_json::from_slice::<T>(value.as_bytes()).is_ok();
    let blamed = refused::<(T, bool)>(&format!("[{value},[]]"));
    let is_json = serde_json::from_str::<IgnoredAny>(value).is_ok();
    // Bytes may have a control character, which is no JSON: it has the blame.
    let blames_the_second = blamed.starts_with(" at [1]: expected a boolean")
        || is_accepted && !is_json && blamed.starts_with("invalid JSON at ");
    if is_accepted == blames_the_second && !blamed.ends_with("the type refuses this value") {
        return Ok(());
    }
    Err(format!("{} {value}: accepted {is_accepted}, {blamed}", type_name::<T>()))
}

/// Returns the disagreements about a type.
fn compare_keys<T: DeserializeOwned + Eq + Hash>() -> Vec<String> {
    let keys = TEXTS.iter().map(|text| compare::<HashMap<T, u8>>(&format!(r#"{{"{text}":1}}"#)));
    let values = TEXTS.iter().flat_map(|text| {
        [compare::<T>(&format!("\"{text}\"")), compare::<Vec<T>>(&format!("[{text}]"))]
    });
    keys.chain(values).filter_map(Result::err).collect()
}

#[test]
fn the_readings_agree_on_each_value_and_each_key() {
    macro_rules! compare_types {
        ($($type:ty)*) => { [$(compare_keys::<$type>(),)*].concat() };
    }
    let wrong = compare_types! {
        bool char String i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 Float<f32> Float<f64> State
        Wrapped<u8> Wrapped<i128> Wrapped<bool> Wrapped<Bytes> Option<u8> Option<String> Bytes
    };
    assert!(wrong.is_empty(), "{} of them\n{}", wrong.len(), wrong.join("\n"));
}

/// What is held without a type is counted behind what only `serde_json` would take.
#[test]
fn the_memory_is_counted_behind_each_value() {
    type Large = Vec<serde_json::Value>;
    let objects = format!("[{}{{}}]", r#"{"":0},"#.repeat(100_000));
    for message in [
        refused::<(HashMap<u128, u8>, Large)>(&format!(
            r#"[{{"340282366920938463463374607431768211455":1}},{objects}]"#
        )),
        refused::<(Bytes, Large)>(&format!("[\"\\ud800\",{objects}]")),
        refused::<(HashMap<Bytes, u8>, Large)>(&format!("[{{\"\\ud800\":1}},{objects}]")),
    ] {
        assert!(message.contains("held without a type it would take more than 64 MB"), "{message}");
    }
}

/// Texts that are JSON, nearly JSON, or JSON with what no type can hold.
const DOCUMENTS: &[&str] = &[
    "",
    " ",
    "\n\t\r 1 \r\t\n",
    "\u{feff}1",
    "\u{feff} 1",
    "\u{feff}\u{feff}1",
    "1\u{feff}",
    "\u{a0}1",
    "1\u{a0}",
    "\u{c}1",
    "1\0",
    "1 2",
    "1,",
    "//a\n1",
    "1/**/",
    "01",
    "-0",
    "-",
    "- 1",
    "+1",
    "1.",
    ".5",
    "-.5",
    "1.e5",
    "1e",
    "1e+",
    "1E+5",
    "1e-5",
    "1e400",
    "-1E400",
    "1e-400",
    "0e999999999999999999999",
    "1_000",
    "0x10",
    "1\u{661}",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "NaN",
    "Infinity",
    "nul",
    "null",
    "nullx",
    "Null",
    "true",
    "tru e",
    "false",
    "'a'",
    "\"a",
    "\"a\"\"",
    "\"\\",
    "\"\\\"",
    "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
    "\"\\'\"",
    "\"\\x41\"",
    "\"\\u41\"",
    "\"\\u12g4\"",
    "\"\\u+041\"",
    "\"\\u 041\"",
    "\"\\U0041\"",
    "\"\\u0000\"",
    "\"\0\"",
    "\"\u{1f}\"",
    "\"\t\"",
    "\"\n\"",
    "\"\u{7f}\u{80}\u{2028}\u{fffd}\u{1d11e}\"",
    "\"\\ud834\\udd1e\"",
    "\"\\uD834\\uDd1E\"",
    "\"\\ud834\"",
    "\"\\ud834a\"",
    "\"\\ud834\\n\"",
    "\"\\ud834\\u0041\"",
    "\"\\ud834\\ud834\\udd1e\"",
    "\"\\udd1e\"",
    "\"\\udd1e\\ud834\"",
    "[",
    "[]",
    "[ ]",
    "[1,]",
    "[,1]",
    "[,]",
    "[1 2]",
    "[1]]",
    "[1}",
    "]",
    "{",
    "{}",
    "{ }",
    "{,}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{\"a\":1 \"b\":2}",
    "{\"a\" : 1 , \"b\" : [ ] }",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "{\"\":{\"\":null}}",
    "{\"\\ud834\":1}",
    "{\"\\ud834\\udd1e\":1}",
    "{\"a\n\":1}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "{\"a\";1}",
    "{\"a\":1]",
];

#[test]
fn each_reading_takes_the_same_texts() {
    #[derive(Deserialize, miniserde::Deserialize)]
    struct Nothing {}
    let mut wrong = Vec::new();
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let deep = [nested(127), "[".repeat(300)];
    for text in DOCUMENTS.iter().copied().chain(deep.iter().map(String::as_str)) {
        let bytes = text.as_bytes();
        // One mark is removed, as from a file that an editor has written.
        let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes();
        let expected = serde_json::from_slice::<serde_json::Value>(without_mark).ok();
        let value = decode::<miniserde::json::Value>(bytes).ok();
        let compact = decode::<minilambda_events::Json>(bytes).ok();
        let bridged = decode::<Serde<serde_json::Value>>(bytes).ok().map(|Serde(value)| value);
        let again =
            |written: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&written).unwrap();
        let found = [value.map(|it| encode(&it)), compact.map(|it| encode(&it))];
        let [value, compact] = found.map(|written| written.map(again));
        for (reader, found) in [("Value", value), ("Json", compact), ("Serde", bridged)] {
            if found != expected {
                wrong.push(format!("{text:?}: {reader} {found:?}, serde_json {expected:?}"));
            }
        }
        // In a field that is not read, anything that is JSON may be.
        let within = format!("{{\"x\":{text}}}");
        let skipped = decode::<Nothing>(within.as_bytes()).is_ok();
        let bridged = decode::<Serde<Nothing>>(within.as_bytes()).is_ok();
        let expected = serde_json::from_slice::<Nothing>(within.as_bytes()).is_ok();
        if [skipped, bridged] != [expected; 2] {
            wrong.push(format!("{within:?}: skipped {skipped}, {bridged}, serde_json {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of them\n{}", wrong.len(), wrong.join("\n"));
}
