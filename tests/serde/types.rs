//! A type of each form that serde has, and a text of it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU8;
use uuid::Uuid;

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    order_id: Uuid,
    created: DateTime<Utc>,
    day: NaiveDate,
    total: Decimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    payment: Payment,
    contact: Contact,
    pub state: State,
    delivery: Delivery,
    item: Item,
    prices: BTreeMap<String, u32>,
    by_number: BTreeMap<u8, bool>,
    pair: (i8, String),
    bytes: [u8; 3],
    letter: char,
    count: NonZeroU8,
    address: IpAddr,
    code: Code,
    large: u128,
    picky: Picky,
    loud: Loud,
    #[serde(with = "seconds")]
    time: u64,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Payment {
    Card { digits: String, valid: bool },
    Invoice(Invoice),
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub struct Invoice {
    pub days: u32,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Contact {
    Phone { phone: u64 },
    Mail { mail: String },
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    New,
    OnHold { since: u32 },
    Moved(u8, u8),
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", content = "value")]
pub enum Delivery {
    Post(String),
    Shop(u16),
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub struct Item {
    name: String,
    #[serde(flatten)]
    size: Size,
    #[serde(flatten)]
    rest: BTreeMap<String, i64>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub struct Size {
    width: u8,
    height: Option<f32>,
}

/// It refuses a value by a message that contains it.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

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

/// It says what it expects of the value that it got.
#[derive(Debug, PartialEq, Serialize)]
pub struct Picky(String);

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Picky;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text that begins with p")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Picky, E> {
                if text.starts_with('p') {
                    return Ok(Picky(text.to_owned()));
                }
                let expected = format!("something other than {text}");
                Err(E::invalid_value(Unexpected::Other("it"), &&*expected))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Picky, E> {
                let expected = format!("not {number}");
                Err(E::invalid_value(Unexpected::Unsigned(number), &&*expected))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// Its own error, of a visitor that says what it expects.
#[derive(Debug, PartialEq, Serialize)]
pub struct Loud(String);

impl<'de> Deserialize<'de> for Loud {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == text.to_uppercase() {
            return Ok(Self(text));
        }
        Err(de::Error::custom(format_args!("{text} is too quiet")))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
mod seconds {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(seconds: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{seconds}s"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let seconds = text.strip_suffix('s').and_then(|text| text.parse().ok());
        seconds.ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &"seconds"))
    }
}

pub const ORDER: &str = r#"{
    "orderId": "67e55044-10b1-426f-9247-bb680e5fe0c8", "created": "2026-11-29T11:00:00Z",
    "day": "2026-11-29", "total": "19.99", "note": "a note",
    "payment": {"type": "invoice", "days": 30}, "contact": {"mail": "ada@a.example"},
    "state": {"on-hold": {"since": 7}}, "delivery": {"kind": "Shop", "value": 12},
    "item": {"name": "cup", "width": 9, "height": 1.5, "depth": -4},
    "prices": {"cup": 3, "pot \"large\"": 12}, "byNumber": {"1": true}, "pair": [-1, "b"],
    "bytes": [1, 2, 255], "letter": "é", "count": 1, "address": "10.0.0.1", "code": "C-1",
    "large": 340282366920938463463374607431768211455, "picky": "p", "loud": "A", "time": "90s"}"#;

/// The bytes of a string, which may be more than a `String` takes, or of a list.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = list.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Any)
    }
}
