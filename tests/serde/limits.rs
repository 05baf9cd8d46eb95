//! What a text may take: levels of nesting, and memory.

use crate::refused;
use minilambda::{Serde, decode};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

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
