//! Types whose `Deserialize` is their own.

use crate::refused;
use crate::types::Bytes;
use minilambda::{Serde, decode};
use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

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
