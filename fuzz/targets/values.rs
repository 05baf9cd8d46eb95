//! Values in events that calls decode: base64, times, numbers, keys of objects, documents in
//! strings. They are decoded or refused, never with a panic, and are written back as they came. A
//! document is written as miniserde and serde_json write it; an item of DynamoDB goes there and
//! back, and has one meaning for a type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda::{FromJson, ToJson, decode, encode};
use minilambda_events::__private::Typed;
use minilambda_events::dynamodb::{AttributeValue, Bytes, Set, from_item, to_item};
use minilambda_events::{
    Base64, EpochMillis, EpochSeconds, Json, Map, NumberOrText, Rfc3339, Secret, s3, sns,
};
use miniserde::json::{self, Value};
use miniserde::{Deserialize, Serialize};

// With the runtime's reader and writer, as in a function: miniserde's alone loses the sign of `-0`.
fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let base64 = Base64::from(&*text);
    if let Ok(data) = base64.decode() {
        assert_eq!(Base64::encode(&data).decode().expect("it was encoded here"), data);
    }
    let _ = base64.decode_text();
    let _ = Rfc3339::from(&*text).time();

    let document = json::to_string(&*text);
    for document in [document.as_bytes(), text.as_bytes()] {
        if let Ok(number) = decode::<NumberOrText>(document) {
            let _ = (number.as_i64(), number.as_u64(), number.as_f64());
            let again = decode::<NumberOrText>(&encode(&number));
            assert_eq!(again.expect("it was written here"), number);
        }
        if let Ok(time) = decode::<EpochMillis>(document) {
            let _ = time.time();
        }
        if let Ok(time) = decode::<EpochSeconds>(document) {
            let _ = time.time();
        }
        any_value(document);
        item(document);
    }
    let secret: Secret = json::from_str(&document).expect("it is a string");
    assert_eq!(secret.expose(), &*text);

    let mut object = <s3::Object as Default>::default();
    object.key = text.clone().into_owned();
    let _ = object.decoded_key();
    let mut notification = <sns::Notification as Default>::default();
    notification.message = text.into_owned();
    let _ = notification.message_json::<Value>();
});

/// A document in the two types that hold any, beside serde_json's.
fn any_value(document: &[u8]) {
    let (value, compact) = (decode::<Value>(document).ok(), decode::<Json>(document).ok());
    assert_eq!(value.is_some(), compact.is_some());
    let theirs = serde_json::from_slice::<serde_json::Value>(without_mark(document)).ok();
    let (Some(value), Some(compact)) = (value, compact) else {
        return assert!(theirs.is_none(), "{}", String::from_utf8_lossy(document));
    };
    let written = encode(&value);
    assert_eq!(written, json::to_string(&value).into_bytes());
    // Over the memory of what was read.
    assert_eq!(value.to_json(document.to_vec()).expect("it can be written"), written);
    assert_eq!(decode::<Json>(&written).expect("it was written here"), compact);
    // serde_json takes half of the levels.
    let Some(theirs) = theirs else { return };
    for written in [&written, &encode(&compact)] {
        let read = serde_json::from_slice(written).expect("it is JSON");
        assert!(same(&read, &theirs), "{}", String::from_utf8_lossy(document));
    }
}

fn without_mark(document: &[u8]) -> &[u8] {
    document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(document)
}

/// Whether values are the same, with floats that serde_json reads without its slower way.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(1.0));
            (a - b).abs() <= a.abs() * 1e-15 + 1e-323
        }
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Object(a), Object(b)) => {
            let are_same = |name: &String, a| b.get(name).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(|(name, a)| are_same(name, a))
        }
        _ => a == b,
    }
}

#[derive(PartialEq, Deserialize, Serialize)]
struct Order {
    id: Option<String>,
    a: Option<AttributeValue>,
    b: Option<Vec<AttributeValue>>,
    m: Option<Map<AttributeValue>>,
    n: Option<NumberOrText>,
    x: Option<f64>,
    u: Option<u64>,
    i: Option<Vec<Option<i8>>>,
    t: Option<bool>,
    s: Set,
    d: Set<Bytes>,
    j: Option<Json>,
    o: Option<Box<Order>>,
}

/// An item goes there and back, and a type reads it in two ways.
fn item(document: &[u8]) {
    let Ok(item) = decode::<Map<AttributeValue>>(document) else { return };
    assert_eq!(decode::<Map<AttributeValue>>(&encode(&item)).expect("it was written here"), item);
    assert!(from_item::<Map<AttributeValue>>(&item).expect("it is an item") == item);
    // Some names that begin with a zero are refused.
    assert!(
        to_item(&item).is_ok_and(|it| it == item) || item.keys().any(|it| it.starts_with('\0'))
    );
    agree::<Order>(document, &item);
    agree::<Json>(document, &item);
    agree::<Map<AttributeValue>>(document, &item);
    agree::<Map<Option<AttributeValue>>>(document, &item);
    let Ok(order) = from_item::<Order>(&item) else { return };
    let Ok(written) = to_item(&order) else { return };
    for (name, value) in &written {
        assert!(!["a", "b", "m"].contains(&&**name) || item.get(name) == Some(value), "{name}");
    }
    let again = from_item::<Order>(&written).expect("it was written here");
    assert!(to_item(&again).expect("it was an item") == written);
}

fn agree<T: FromJson + PartialEq>(document: &[u8], item: &Map<AttributeValue>) {
    let directly = decode::<Typed<T>>(document).ok().and_then(Typed::into_inner);
    if directly.is_some() {
        assert!(directly == from_item(item).ok());
    }
}
