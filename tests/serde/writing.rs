//! Responses, and those that cannot be written.

use minilambda::{Context, Error, Serde, ToJson, handler};
use serde::Serialize;
use std::collections::BTreeMap;

/// It cannot be written.
pub struct Failing;

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
