//! Secrets wherever a value can be: no error has one.

use crate::refused;
use crate::types::{Code, ORDER, Order};
use minilambda::{Serde, decode};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

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

/// It refuses everything, and puts the value into each text that an error can have.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tells;

impl<'de> Deserialize<'de> for Tells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Tells;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an offer")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tells, E> {
                Err(E::custom(value))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Tells, E> {
                Err(E::invalid_length(1, &&*format!("fewer than {number}")))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Tells, E> {
                Err(E::invalid_value(Unexpected::Other("it"), &&*format!("another than {number}")))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Tells, E> {
                Err(E::invalid_type(Unexpected::Map, &&*format!("less than {number}")))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Tells, E> {
                let (first, rest) = text.split_at(1);
                if rest.is_empty() {
                    return Err(E::custom(format_args!("no {first}")));
                }
                Err(E::invalid_value(Unexpected::Str(first), &&*format!("another than {text}")))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Tells, E> {
                Err(E::invalid_type(Unexpected::Unit, &self))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tells, A::Error> {
                let mut all = Vec::new();
                while let Some(value) = list.next_element::<Value>()? {
                    all.push(value.to_string());
                }
                Err(de::Error::invalid_length(
                    all.len(),
                    &&*format!("other than {}", all.join(", ")),
                ))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tells, A::Error> {
                let mut all = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    all.push(format!("{key} = {value}"));
                }
                Err(de::Error::invalid_type(Unexpected::Map, &&*all.join(", ")))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The error of its `TryFrom` has the value.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
struct Tried;

impl TryFrom<Value> for Tried {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        Err(format!("data did not match: {value}"))
    }
}

/// It borrows its text, and tells it.
#[derive(Debug)]
struct Borrows;

impl<'de> Deserialize<'de> for Borrows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        Err(de::Error::invalid_value(Unexpected::Str(text), &&*format!("not {text}")))
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its decoding is of interest")]
enum External<T> {
    Newtype(T),
    Tuple(u8, T),
    Struct { field: T },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "t")]
#[allow(dead_code, reason = "only its decoding is of interest")]
enum Internal<T> {
    Struct { field: T },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "t", content = "c")]
#[allow(dead_code, reason = "only its decoding is of interest")]
enum Adjacent<T> {
    Newtype(T),
    Struct { field: T },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its decoding is of interest")]
enum Untagged<T> {
    Newtype(T),
    Struct { field: T },
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its decoding is of interest")]
struct Flat<T> {
    #[serde(flatten)]
    inner: Inner<T>,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its decoding is of interest")]
struct Inner<T> {
    field: T,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its decoding is of interest")]
struct Strict<T> {
    #[serde(flatten)]
    inner: Inner<T>,
}

const SECRETS: &[&str] = &[
    r#""s3cret""#,
    r#""s3cret word""#,
    r#""\u0073\u0033cret""#,
    "9070605",
    "-9070605",
    "9070605.25",
    "90706050e-1",
    "9070605907060590706059070605",
    r#"["s3cret", 9070605]"#,
    r#"{"s3 cret": "s3cret"}"#,
    r#"{"a": {"b": [9070605.25]}}"#,
    r#"{"field": "s3cret"}"#,
    r#"{"t": "s3cret", "c": 9070605}"#,
    r#"{"Newtype": "s3cret"}"#,
    r#"{"9070605": null}"#,
];

/// Checks the messages of a type in which each `§` of a text is a secret.
fn check<T: DeserializeOwned>(texts: &[&str]) {
    for text in texts {
        for secret in SECRETS {
            let text = text.replace('§', secret);
            let message = refused::<T>(&text);
            for secret in ["s3cret", "s3 cret", "9070605"] {
                assert!(!message.contains(secret), "{message}\n{text}");
            }
        }
    }
}

fn check_everywhere<T: DeserializeOwned>() {
    check::<T>(&["§"]);
    check::<Option<T>>(&["§"]);
    check::<Vec<T>>(&["[§]", r#"{"field":§}"#]);
    check::<(u8, T)>(&["[1,§]"]);
    check::<BTreeMap<String, T>>(&[r#"{"a":§}"#]);
    check::<Inner<T>>(&[r#"{"field":§}"#, r#"{"field":null,"field":§}"#]);
    check::<External<T>>(&[
        r#"{"Newtype":§}"#,
        r#"{"Tuple":[1,§]}"#,
        r#"{"Struct":{"field":§}}"#,
        r#"{"s3 cret":§}"#,
    ]);
    check::<Internal<T>>(&[r#"{"t":"Struct","field":§}"#, r#"{"field":§,"t":"Struct"}"#]);
    check::<Adjacent<T>>(&[
        r#"{"t":"Newtype","c":§}"#,
        r#"{"c":§,"t":"Newtype"}"#,
        r#"{"t":"Struct","c":{"field":§}}"#,
        r#"{"c":{"field":§},"t":"Struct"}"#,
    ]);
    check::<Untagged<T>>(&["§", r#"{"field":§}"#]);
    check::<Flat<T>>(&[r#"{"field":§}"#, r#"{"field":§,"more":§}"#, r#"{"more":§}"#]);
    check::<Strict<T>>(&[r#"{"field":§}"#, r#"{"field":null,"more":§}"#]);
    check::<Vec<Untagged<Internal<T>>>>(&[r#"[{"t":"Struct","field":§}]"#]);
}

#[test]
fn what_a_type_says_of_a_value_is_in_no_error_whatever_is_around_it() {
    check_everywhere::<Tells>();
    check_everywhere::<Tried>();
    check_everywhere::<Code>();
    check_everywhere::<Borrows>();
    check_everywhere::<External<()>>();
}

#[test]
fn a_key_is_in_no_error() {
    let texts = [r#"{"s3 cret":1}"#, r#"{"90706059070605":1}"#, r#"{"-9070605":1}"#];
    check::<BTreeMap<Tells, u8>>(&texts);
    check::<BTreeMap<i8, u8>>(&texts);
    check::<BTreeMap<char, u8>>(&texts);
    check::<Vec<BTreeMap<bool, u8>>>(
        &texts.map(|text| format!("[{text}]")).each_ref().map(|it| &**it),
    );
    // A number of 128 bits too, and as the value beside it.
    check::<BTreeMap<u128, u128>>(&[r#"{"s3 cret":1}"#, r#"{"-9070605":1}"#, r#"{"1":"9070605"}"#]);
    check::<u128>(&["-9070605", "9070605.5", r#""9070605""#]);
    check::<BTreeMap<String, u8>>(&[r#"{"s3 cret":"s3cret"}"#, r#"{"4111907060511111":§}"#]);
}
