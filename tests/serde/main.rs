//! serde's types as events and responses, by `Serde<T>`: what they accept is what `serde_json`
//! accepts, and an error has the place and what was expected, never a value.

mod crates;

use chrono::{DateTime, NaiveDate, Utc};
use minilambda::{Context, Error, Handler, Serde, ToJson, decode, handler};
use rust_decimal::Decimal;
use serde::de::{self, DeserializeOwned, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU8;
use uuid::Uuid;

/// A type of each form that serde has.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    order_id: Uuid,
    created: DateTime<Utc>,
    day: NaiveDate,
    total: Decimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    payment: Payment,
    contact: Contact,
    state: State,
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
enum Payment {
    Card { digits: String, valid: bool },
    Invoice(Invoice),
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Invoice {
    days: u32,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
enum Contact {
    Phone { phone: u64 },
    Mail { mail: String },
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    New,
    OnHold { since: u32 },
    Moved(u8, u8),
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", content = "value")]
enum Delivery {
    Post(String),
    Shop(u16),
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Item {
    name: String,
    #[serde(flatten)]
    size: Size,
    #[serde(flatten)]
    rest: BTreeMap<String, i64>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Size {
    width: u8,
    height: Option<f32>,
}

/// It refuses a value by a message that contains it.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
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

/// It says what it expects of the value that it got.
#[derive(Debug, PartialEq, Serialize)]
struct Picky(String);

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
struct Loud(String);

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

const ORDER: &str = r#"{
    "orderId": "67e55044-10b1-426f-9247-bb680e5fe0c8", "created": "2026-11-29T11:00:00Z",
    "day": "2026-11-29", "total": "19.99", "note": "a note",
    "payment": {"type": "invoice", "days": 30}, "contact": {"mail": "ada@a.example"},
    "state": {"on-hold": {"since": 7}}, "delivery": {"kind": "Shop", "value": 12},
    "item": {"name": "cup", "width": 9, "height": 1.5, "depth": -4},
    "prices": {"cup": 3, "pot \"large\"": 12}, "byNumber": {"1": true}, "pair": [-1, "b"],
    "bytes": [1, 2, 255], "letter": "é", "count": 1, "address": "10.0.0.1", "code": "C-1",
    "large": 340282366920938463463374607431768211455, "picky": "p", "loud": "A", "time": "90s"}"#;

fn refused<T: DeserializeOwned>(text: &str) -> String {
    let error = decode::<Serde<T>>(text.as_bytes()).err();
    let error = error.unwrap_or_else(|| panic!("it is accepted: {text:.100}"));
    assert_eq!(error.kind(), "Function.InvalidEvent");
    error.message().replacen("the JSON does not match its type", "", 1)
}

#[test]
fn a_handler_takes_and_returns_types_of_serde() {
    fn order(Serde(order): Serde<Order>, _: &Context) -> Result<Serde<Order>, Error> {
        Ok(Serde(order))
    }
    fn state(Serde(order): Serde<Order>, _: &Context) -> Result<Serde<State>, Error> {
        Ok(Serde(order.state))
    }
    static HANDLERS: &[(&str, Handler)] = &[("order", handler!(order)), ("state", handler!(state))];
    let [order, state] = [0, 1].map(|at| HANDLERS[at].1.call(ORDER, &Context::default()).unwrap());
    assert_eq!(state, br#"{"on-hold":{"since":7}}"#);
    let direct = serde_json::from_str::<Order>(ORDER).unwrap();
    assert_eq!(order, serde_json::to_vec(&direct).unwrap());
    let Serde(with_mark) = decode(format!("\u{feff}{ORDER}").as_bytes()).unwrap();
    assert_eq!(direct, with_mark);
}

/// A path to a value, and a text with another value in its place.
fn replaced(text: &Value, path: &str, new: &Value) -> String {
    let mut text = text.clone();
    *text.pointer_mut(path).unwrap() = new.clone();
    text.to_string()
}

fn paths(value: &Value, path: &str, into: &mut Vec<String>) {
    into.push(path.to_owned());
    match value {
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                paths(value, &format!("{path}/{at}"), into);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                paths(value, &format!("{path}/{key}"), into);
            }
        }
        _ => {}
    }
}

#[test]
fn no_error_contains_a_value_wherever_a_secret_is() {
    // `large` has more digits than a `Value` keeps.
    let order: Value =
        serde_json::from_str(&ORDER.replace("340282366920938463463374607431768211455", "5"))
            .unwrap();
    let mut all = Vec::new();
    paths(&order, "", &mut all);
    let secrets = [
        r#""s3cret""#,
        r#""pin 9070605""#,
        "9070605",
        "-9070605",
        "9070605.25",
        "90706059070605907060590706",
        "9070605e300",
        r#"["s3cret"]"#,
        r#"[9070605, "s3cret"]"#,
        r#"{"s3 cret": 9070605}"#,
        r#"{"type": "s3cret"}"#,
        r#"{"type": "card", "digits": 9070605}"#,
        r#"{"type": 9070605}"#,
        r#"{"kind": "s3cret", "value": "s3cret"}"#,
        r#"{"kind": "Shop", "value": "s3cret"}"#,
        r#"{"phone": "s3cret", "mail": 9070605}"#,
        r#"{"on-hold": "s3cret"}"#,
        r#"{"moved": [1, 9070605]}"#,
        r#"{"on-hold": {"since": "s3cret"}}"#,
        r#"{"name": "s3cret", "width": 9070605}"#,
        "true",
        "null",
        r#"{"s3 cret": {"s3 cret": "s3cret"}}"#,
        r#""\u0073\u0033cret \"9070605\"""#,
    ];
    let (mut refusals, mut accepted) = (0, 0);
    for path in &all {
        for secret in secrets {
            let secret: Value = serde_json::from_str(secret).unwrap();
            let text = replaced(&order, path, &secret);
            let is_accepted = serde_json::from_str::<Order>(&text).is_ok();
            match decode::<Serde<Order>>(text.as_bytes()) {
                Ok(_) => accepted += 1,
                Err(error) => {
                    refusals += 1;
                    let message = error.message();
                    for secret in ["s3cret", "s3 cret", "9070605"] {
                        assert!(!message.contains(secret), "{message}\n{text}");
                    }
                    assert!(!message.contains("the type refuses this value"), "{message}\n{text}");
                    let place = path.replace("/bytes/1", ".bytes[1]");
                    let first = place.split('/').nth(1).unwrap_or_default();
                    assert!(message.contains(first), "{message}\n{text}");
                }
            }
            assert_eq!(is_accepted, decode::<Serde<Order>>(text.as_bytes()).is_ok(), "{text}");
        }
    }
    assert!(refusals > 700 && accepted > 20, "{refusals} {accepted}");
}

/// What is replaced in the order, by what, and the message.
const MISMATCHES: &[(&str, &str, &str)] = &[
    (
        "67e55044-",
        "s3cret",
        " at .orderId: expected a formatted UUID string, found a string that the type refuses",
    ),
    (
        "11:00:00Z",
        "s3cret",
        " at .created: expected an RFC 3339 formatted date and time string, found a string that the type refuses",
    ),
    ("\"2026-11-29\"", "7", " at .day: expected a formatted date string, found an integer"),
    (
        "19.99",
        "s3cret",
        " at .total: expected a Decimal type representing a fixed-point number, found another string",
    ),
    ("\"a note\"", "[1]", " at .note: expected a string, found a list"),
    ("invoice", "s3cret", " at .payment.type: expected a variant of the enum: card, invoice"),
    (
        "invoice",
        "Invoice",
        " at .payment.type: expected a variant of the enum: card, invoice; a variant differs from it only in case or separators",
    ),
    (
        "\"type\": \"invoice\"",
        "\"typ\": \"invoice\"",
        " at .payment: the required field type is missing; the object has typ, days",
    ),
    ("\"days\": 30", "\"days\": \"s3cret\"", " at .payment: expected u32, found a string"),
    (
        "{\"mail\": \"ada@a.example\"}",
        "{\"mial\": \"s3cret\"}",
        " at .contact: no variant of the enum matches",
    ),
    (
        "\"on-hold\"",
        "\"onHold\"",
        " at .state.onHold: expected a variant of the enum: new, on-hold, moved; a variant differs from it only in case or separators",
    ),
    (
        "{\"since\": 7}",
        "{}",
        " at .state.on-hold: the required field since is missing; the object is empty",
    ),
    (
        "{\"on-hold\": {\"since\": 7}}",
        "17",
        " at .state: expected a variant of State: a string, or an object with one field",
    ),
    ("{\"on-hold\": {\"since\": 7}}", "{}", " at .state: expected a field with a variant's name"),
    (
        "{\"on-hold\": {\"since\": 7}}",
        "{\"new\": null, \"moved\": [1, 2]}",
        " at .state: the object has another field beside the variant's",
    ),
    (
        "{\"on-hold\": {\"since\": 7}}",
        "{\"moved\": [1, 2, 3]}",
        " at .state.moved: the list has more elements than its type",
    ),
    (
        "\"value\": 12",
        "\"value\": -12",
        " at .delivery.value: expected u16, found an integer out of range",
    ),
    ("\"width\": 9", "\"width\": 900", " at .item: expected u8, found an integer out of range"),
    (
        "\"cup\": 3",
        "\"cup\": 3.5",
        " at .prices.cup: expected u32, found a number with a fraction or out of range",
    ),
    (
        "\"pot \\\"large\\\"\": 12",
        "\"s3 cret\": -1",
        " at .prices.(a key): expected u32, found an integer out of range",
    ),
    (
        "\"1\": true",
        "\"s3 cret\": true",
        " at .byNumber.(a key): expected a number in quotes as the key",
    ),
    (
        "\"1\": true",
        "\"256\": true",
        " at .byNumber.256: expected u8, found an integer out of range",
    ),
    (
        "[-1, \"b\"]",
        "[-1]",
        " at .pair: expected a tuple of size 2, found another number of elements",
    ),
    ("[1, 2, 255]", "[1, 2, 256]", " at .bytes[2]: expected u8, found an integer out of range"),
    ("\"é\"", "\"s3cret\"", " at .letter: expected a character, found another string"),
    (
        "\"count\": 1",
        "\"count\": 0",
        " at .count: expected a nonzero u8, found an integer out of range",
    ),
    (
        "\"10.0.0.1\"",
        "\"s3cret\"",
        " at .address: expected IP address, found a string that the type refuses",
    ),
    ("\"C-1\"", "\"s3cret\"", " at .code: the type's own check refuses this value"),
    ("\"A\"", "\"s3cret\"", " at .loud: the type's own check refuses this value"),
    ("\"p\"", "\"s3cret\"", " at .picky: expected a text that begins with p, found another value"),
    (
        "\"p\"",
        "9070605",
        " at .picky: expected a text that begins with p, found an integer out of range",
    ),
    ("\"90s\"", "\"s3cret\"", " at .time: expected seconds, found another string"),
    (
        "\"time\": \"90s\"",
        "\"time\": \"90s\", \"extra\": \"s3cret\"",
        " at .extra: this field is not expected; the type has orderId, created, day, total, note, payment, contact, state, delivery, item, prices, byNumber, \u{2026}",
    ),
    (
        "\"orderId\"",
        "\"order_id\"",
        " at .order_id: this field is not expected; the type has orderId, created, day, total, note, payment, contact, state, delivery, item, prices, byNumber, \u{2026}; a field differs from it only in case or separators",
    ),
    (
        "\"time\": \"90s\"",
        "\"time\": \"90s\", \"time\": \"s3cret\"",
        ": the object has the field time twice",
    ),
    (
        "\"a note\"",
        "\"\\ud800\"",
        " at .note: the string has half of a surrogate pair (\\ud800 to \\udfff)",
    ),
    (
        "\"days\": 30",
        "\"days\": 1e400",
        " at .payment.days: the number is too large for 64 bits of floating point",
    ),
];

#[test]
fn an_error_has_the_path_and_what_is_expected() {
    let mut wrong = Vec::new();
    for (from, to, told) in MISMATCHES {
        let text = ORDER.replacen(from, to, 1);
        assert_ne!(text, ORDER, "{from}");
        let message = refused::<Order>(&text);
        if message != *told {
            wrong.push(format!("{to}\n  found: {message}\n  expected: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_text_that_is_no_json_is_refused_as_for_other_types() {
    for (text, told) in [
        ("", "invalid JSON: the text is empty"),
        (&ORDER[..ORDER.len() - 1], "unexpected end of the text"),
        (
            r#"{"orderId":tru"s3cret"}"#,
            "invalid JSON at byte 11 of 23, in .orderId: unexpected character",
        ),
        ("[] s3cret", "unexpected text after the JSON value"),
    ] {
        let message = refused::<Order>(text);
        assert!(message.contains(told) && !message.contains("s3cret"), "{message}");
    }
    let error = decode::<Serde<Order>>(b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!(error.message(), "invalid UTF-8 at byte 6 of 9");
    let event = include_str!("../../data/s3.json");
    let message = refused::<Order>(event);
    assert!(message.ends_with("; it looks like an S3 event"), "{message}");
}

/// What is inserted into the order, separated by `|`.
const PIECES: &str = "{|}|[|]|,|:|\"|\\|\"a\"|\"a\":|null|true|false|nul|0|-|1|-0|00|+1|1.|.5|0.5|1e5|-1E-3|\
    1e|1e400|18446744073709551616|-9223372036854775809| |\n|\t|\x0c|\0|\x7f|\\n|\\/|\\x|\\u0041|\\ud834|\
    \\udd1e|é|𝄞|\"type\":\"card\",|\"kind\":\"Shop\",|\"new\"|{\"moved\":[1,2]}|\"digits\":\"1\",";

/// The second reading refuses what `serde_json` has refused, and names the place.
#[test]
fn each_text_that_is_refused_is_explained() {
    let pieces: Vec<_> = PIECES.split('|').collect();
    let mut state = 1_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % end
    };
    let (mut accepted, mut mismatches) = (0, 0);
    for _ in 0..2000 {
        let mut text: Vec<char> = ORDER.chars().collect();
        for _ in 0..=below(2) {
            let start = below(text.len() + 1);
            let end = (start + below(4)).min(text.len());
            text.splice(start..end, pieces[below(pieces.len())].chars());
        }
        let text: String = text.into_iter().collect();
        let is_accepted = serde_json::from_str::<Order>(&text).is_ok();
        match decode::<Serde<Order>>(text.as_bytes()) {
            Ok(_) => accepted += usize::from(is_accepted),
            Err(error) => {
                assert!(!is_accepted, "{text}");
                let message = error.message();
                assert!(!message.contains("the type refuses this value"), "{message}\n{text}");
                mismatches += usize::from(message.contains("does not match its type"));
            }
        }
    }
    assert!(accepted > 50 && mismatches > 200, "{accepted} {mismatches}");
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its decoding is of interest")]
struct Node {
    child: Option<Box<Node>>,
}

#[test]
fn nesting_is_limited() {
    let lists = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let nodes = |depth| format!("{}null{}", r#"{"child":"#.repeat(depth), "}".repeat(depth));
    assert!(decode::<Serde<Value>>(lists(127).as_bytes()).is_ok());
    assert!(decode::<Serde<Node>>(nodes(127).as_bytes()).is_ok());
    for depth in [128, 129, 100_000] {
        for message in [refused::<Value>(&lists(depth)), refused::<Node>(&nodes(depth))] {
            assert!(message.contains("nested deeper than 127 levels"), "{depth} {message}");
        }
    }
    let ignored = format!(r#"{{"child":null,"other":{}}}"#, lists(100_000));
    assert!(decode::<Serde<Node>>(ignored.as_bytes()).is_ok());
}

fn list(element: &str, bytes: usize) -> String {
    let count = bytes / (element.len() + 1);
    format!("[{}{element}]", format!("{element},").repeat(count))
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its decoding is of interest")]
enum Either {
    A { a: u8 },
    B { b: u8 },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "t")]
enum Tagged {
    A { n: u8 },
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its decoding is of interest")]
struct Event {
    detail: Option<Value>,
    numbers: Option<Vec<u64>>,
    map: Option<HashMap<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
#[allow(dead_code, reason = "only its decoding is of interest")]
struct Wrapped(Value);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "only its decoding is of interest")]
enum Held {
    Any(Value),
}

/// Without `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` the limit is 64 MB.
#[test]
fn what_is_held_without_a_type_is_limited() {
    let objects = list(r#"{"":0}"#, 700_000);
    for message in [
        refused::<Value>(&objects),
        refused::<Vec<Value>>(&objects),
        refused::<Vec<BTreeMap<String, Value>>>(&list(r#"{"":[]}"#, 900_000)),
        refused::<Vec<Wrapped>>(&objects),
        refused::<Vec<Held>>(&list(r#"{"any":{"":0}}"#, 1_300_000)),
        refused::<Event>(&format!(r#"{{"detail":{objects}}}"#)),
        refused::<Event>(&format!(r#"{{"map":{{"a":{objects}}}}}"#)),
    ] {
        assert!(message.contains("held without a type it would take more than 64 MB"), "{message}");
    }
    // These are typed, or serde keeps only one aside at a time.
    let event = format!(r#"{{"numbers":{},"other":{objects}}}"#, list("7", 600_000));
    let Serde(event) = decode::<Serde<Event>>(event.as_bytes()).unwrap();
    assert_eq!(event.numbers.map(|numbers| numbers.len()), Some(300_001));
    assert!(decode::<Serde<Vec<Either>>>(list(r#"{"a":1}"#, 700_000).as_bytes()).is_ok());
    let Serde(tagged) =
        decode::<Serde<Vec<Tagged>>>(list(r#"{"t":"A","n":1}"#, 1_500_000).as_bytes()).unwrap();
    assert!(tagged.iter().all(|Tagged::A { n }| *n == 1));
    assert!(decode::<Serde<Value>>(list(r#"{"":0}"#, 550_000).as_bytes()).is_ok());
}

/// A type whose own `Deserialize` borrows the text is read from an event, so it is no reason for an
/// error at another place either.
#[test]
fn a_type_that_borrows_its_text_is_no_reason_for_another_error() {
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Id(u32);
    impl<'de> Deserialize<'de> for Id {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = <&str>::deserialize(deserializer)?;
            text.parse().map(Self).map_err(de::Error::custom)
        }
    }
    #[derive(Debug, Deserialize)]
    struct Parcel {
        id: Id,
        by_id: HashMap<Id, u8>,
        pieces: u32,
    }
    let text = r#"{"id":"7","by_id":{"8":1},"pieces":"#;
    let Serde(parcel) = decode::<Serde<Parcel>>(format!("{text}9}}").as_bytes()).unwrap();
    assert_eq!((parcel.id, parcel.by_id.get(&Id(8)), parcel.pieces), (Id(7), Some(&1), 9));
    let message = refused::<Parcel>(&format!("{text}true}}"));
    assert!(message.contains(" at .pieces: expected u32, found true or false"), "{message}");
}

#[test]
fn a_raw_value_is_no_reason_for_another_error() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its decoding is of interest")]
    struct Envelope {
        any: Value,
        bytes: Bytes,
        large: i128,
        key: HashMap<bool, Option<Uuid>>,
        count: u8,
    }
    /// Bytes of a string or a list.
    #[derive(Debug)]
    struct Bytes;
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Any;
            impl<'de> Visitor<'de> for Any {
                type Value = Bytes;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes)
                }
                fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Bytes, A::Error> {
                    while list.next_element::<u8>()?.is_some() {}
                    Ok(Bytes)
                }
            }
            deserializer.deserialize_bytes(Any)
        }
    }
    let text = r#"{"any":[{"a":[null,-0,"\u00e9"]}],"bytes":"x","large":-170141183460469231731687303715884105728,
        "key":{"true":null,"false":"67e55044-10b1-426f-9247-bb680e5fe0c8"},"count":300}"#;
    assert_eq!(refused::<Envelope>(text), " at .count: expected u8, found an integer out of range");
    let text = text.replace("\"x\"", "[1,2]").replace("300", "3");
    assert!(decode::<Serde<Envelope>>(text.as_bytes()).is_ok());
    let text = text.replace("false", "s3 cret");
    assert_eq!(
        refused::<Envelope>(&text),
        " at .key.(a key): expected true or false in quotes as the key"
    );
}

/// It cannot be written.
struct Failing;

impl Serialize for Failing {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("s3cret"))
    }
}

#[test]
fn a_response_that_cannot_be_written_is_an_error_without_a_value() {
    fn failing((): (), _: &Context) -> Result<Serde<Failing>, Error> {
        Ok(Serde(Failing))
    }
    let error = handler!(failing).call("null", &Context::default()).unwrap_err();
    assert_eq!(error.kind(), "Function.InvalidResponse");
    let told = "the value cannot be written as JSON: its type's `Serialize` failed";
    assert_eq!(error.message(), told);
    let keys = BTreeMap::from([((1, 2), 3)]);
    let error = Serde(keys).to_json(Vec::new()).unwrap_err();
    assert_eq!(error.message(), "the value cannot be written as JSON: key must be a string");
}

#[test]
fn a_value_is_written_over_the_memory() {
    let memory = b"the event, which is longer than the response".to_vec();
    let written = Serde((1.5_f32, f64::NAN, "a\n\"b\"")).to_json(memory).unwrap();
    assert_eq!(written, br#"[1.5,null,"a\n\"b\""]"#);
    assert_eq!(Serde(7).into_inner(), 7);
    assert_eq!(format!("{:?}", Serde("a")), "Serde(\"a\")");
}
