//! Reads types of serde: what `serde_json` accepts is accepted, with the same value; each refusal
//! is explained by the second reading, without a panic and without a value of the event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda::{Serde, decode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU8;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    order_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'static, str>>,
    payment: Payment,
    contact: Contact,
    state: State,
    delivery: Delivery,
    item: Item,
    by_number: BTreeMap<i16, bool>,
    by_letter: BTreeMap<char, Option<u128>>,
    #[serde(default)]
    by_large: BTreeMap<i128, bool>,
    #[serde(default)]
    by_word: BTreeMap<bool, u8>,
    pair: (i8, f32),
    bytes: [u8; 3],
    count: NonZeroU8,
    large: i128,
    code: Code,
    nested: Option<Box<Order>>,
    any: Value,
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "type")]
enum Payment {
    Card { digits: String, valid: bool },
    Invoice(Invoice),
    None,
}

#[derive(Deserialize, Serialize)]
struct Invoice {
    days: u32,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Contact {
    Phone { phone: u64 },
    Mail(String),
    Other(Vec<Value>),
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
enum State {
    New,
    OnHold { since: u32 },
    Moved(u8, i64),
    Named(String),
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", content = "value")]
enum Delivery {
    Post(String),
    Shop { number: u16 },
}

#[derive(Deserialize, Serialize)]
struct Item {
    name: String,
    #[serde(flatten)]
    size: Size,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize, Serialize)]
struct Size {
    width: u8,
    height: Option<f64>,
}

/// It refuses a value by a message that has it.
#[derive(Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct Code(String);

impl Clone for Code {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with("C-") { Ok(Self(text)) } else { Err(format!("no code: {text}")) }
    }
}

impl From<Code> for String {
    fn from(Code(text): Code) -> Self {
        text
    }
}

/// What is in place of each text, and of each number, in an event.
const TEXT: &str = "hush-7f3a";
const NUMBER: u64 = 7_316_717_653;

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    try_all(text);
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    if text.contains("hush") || text.contains("73167") {
        return;
    }
    // All values are others, and then one after the other.
    let all = hidden(&value, &mut |_| true).to_string();
    let short = all.len() * usize::from(*cut) / 256;
    let broken = all.get(..short).unwrap_or_default();
    let chosen = usize::from(*cut);
    let one = hidden(&value, &mut |at| at == chosen).to_string();
    for text in [&*all, broken, &*one] {
        for message in try_all(text) {
            assert!(!message.contains("hush") && !message.contains("73167"), "{message}\n{text}");
        }
    }
});

/// Returns the messages of the types that refuse a text.
fn try_all(text: &str) -> Vec<String> {
    let messages = [
        agree::<Order>(text),
        agree::<Value>(text),
        agree::<Vec<Contact>>(text),
        agree::<BTreeMap<State, Payment>>(text),
        agree::<Item>(text),
        agree::<Option<Delivery>>(text),
        agree::<(String, f64)>(text),
    ];
    messages.into_iter().flatten().collect()
}

/// Compares the runtime with `serde_json`. Returns the message if both refuse a text.
fn agree<T: DeserializeOwned + Serialize>(text: &str) -> Option<String> {
    // The runtime removes a byte order mark.
    let expected = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Not `from_str`, which cuts a key of true or false within a character.
    let expected = serde_json::from_slice::<T>(expected.as_bytes());
    match (decode::<Serde<T>>(text.as_bytes()), expected) {
        (Ok(Serde(ours)), Ok(theirs)) => {
            let [ours, theirs] = [ours, theirs].map(|it| serde_json::to_string(&it).ok());
            assert_eq!(ours, theirs, "{text}");
            None
        }
        (Err(error), Err(_)) => {
            let message = error.message();
            // The second reading must refuse it too.
            assert!(!message.ends_with("the type refuses this value"), "{message}\n{text}");
            Some(message.to_owned())
        }
        (ours, theirs) => panic!("{:?} {:?}: {text}", ours.err(), theirs.err()),
    }
}

/// Returns a value in which a recognisable one is in place of each scalar that is chosen by its
/// number.
fn hidden(value: &Value, is_chosen: &mut impl FnMut(usize) -> bool) -> Value {
    fn hide(value: &mut Value, number: &mut usize, is_chosen: &mut impl FnMut(usize) -> bool) {
        match value {
            Value::Array(values) => {
                values.iter_mut().for_each(|value| hide(value, number, is_chosen));
            }
            Value::Object(fields) => {
                fields.values_mut().for_each(|value| hide(value, number, is_chosen));
            }
            scalar => {
                *number += 1;
                match scalar {
                    _ if !is_chosen(*number) => {}
                    Value::String(text) => *text = TEXT.to_owned(),
                    other => *other = NUMBER.into(),
                }
            }
        }
    }
    let mut value = value.clone();
    hide(&mut value, &mut 0, is_chosen);
    value
}
