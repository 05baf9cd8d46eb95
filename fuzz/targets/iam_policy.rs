//! Whatever is offered as an IAM policy: what is taken comes out as it went in, nulls apart.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda_events::iam::Policy;
use miniserde::json::{self, Number, Value};

fuzz_target!(|text: &str| {
    if let Ok(policy) = json::from_str::<Policy>(text) {
        let written = json::to_string(&policy);
        let again: Policy = json::from_str(&written).expect("what was read can be read again");
        let rewritten = json::to_string(&again);
        assert!(same(&value(&written), &value(&rewritten)), "{written}\n{rewritten}");
        for statement in policy.statement.iter() {
            let _ = format!("{statement:?}");
        }
    }
});

fn value(text: &str) -> Value {
    json::from_str(text).expect("what was written is JSON")
}

/// miniserde reads the last digit of a number of more than 15 as one more or less at times.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(Number::F64(one)), Value::Number(Number::F64(other))) => {
            one == other || ((one - other) / one).abs() < 1e-14
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other.iter()).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let pairs = || one.iter().zip(other.iter());
            one.len() == other.len()
                && pairs().all(|((name, one), (other_name, other))| {
                    name == other_name && same(one, other)
                })
        }
        _ => json::to_string(one) == json::to_string(other),
    }
}
