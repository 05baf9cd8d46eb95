//! The event of a durable function, with its operations and their payloads, and what the service
//! responds to its checkpoints: no panic, a response that is one, and no payload in an error.
//!
//! The first line is the event, each further one a response.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda_durable::fuzzing::invoke;
use miniserde::Deserialize;
use miniserde::json::{self, Number, Object, Value};

/// What is in place of each text, and of each number, in a payload.
const TEXT: &str = "hush-7f3a";
const NUMBER: u64 = 7_316_717_653;

/// A value may be replaced up to this depth; deeper ones are not searched for.
const MAX_DEPTH: usize = 200;

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "Status")]
    status: String,
    #[serde(rename = "Result")]
    result: Option<String>,
    #[serde(rename = "Error")]
    error: Option<Object>,
}

fuzz_target!(|bytes: &[u8]| {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let Some((event, responses)) = lines.split_first() else { return };
    run(event, responses);
    let hidden: Vec<_> = lines.iter().map(|line| hidden(line)).collect();
    let hidden: Vec<&[u8]> = hidden.iter().map(|line| &**line).collect();
    let Some((event, responses)) = hidden.split_first() else { return };
    if let Some(error) = run(event, responses) {
        let is_told = error.contains("hush") || error.contains("73167");
        assert!(!is_told || bytes.windows(4).any(|part| part == b"hush"), "{error}");
    }
});

/// Returns the error of an invocation or of its execution, as a text.
fn run(event: &[u8], responses: &[&[u8]]) -> Option<String> {
    let response = match invoke(event, responses) {
        Err(error) => {
            assert_ne!(error.kind(), "Function.Panic", "{error}");
            return Some(error.to_string());
        }
        Ok(response) => String::from_utf8(response).unwrap(),
    };
    let said: Response = json::from_str(&response).unwrap();
    match (&*said.status, said.result, said.error) {
        ("SUCCEEDED", Some(_), None) | ("PENDING", None, None) => None,
        ("FAILED", None, Some(error)) => {
            let error = json::to_string(&error);
            // A panic that the state has recorded is not one of this invocation.
            assert!(!error.contains("Function.Panic") || is_in(event, responses, "Function.Panic"));
            Some(error)
        }
        _ => panic!("{response}"),
    }
}

fn is_in(event: &[u8], responses: &[&[u8]], word: &str) -> bool {
    let mut all = responses.iter().chain([&event]);
    // It may be written with escapes.
    all.any(|line| {
        line.contains(&b'\\') || line.windows(word.len()).any(|it| it == word.as_bytes())
    })
}

/// The line with other payloads, if it is JSON.
fn hidden(line: &[u8]) -> Vec<u8> {
    let value = std::str::from_utf8(line).ok().and_then(|text| json::from_str::<Value>(text).ok());
    let Some(mut value) = value.filter(|_| !line.starts_with(b"!")) else { return line.to_vec() };
    hide_payloads(&mut value, 0);
    json::to_string(&value).into_bytes()
}

/// Replaces what is in the inputs and results of operations.
fn hide_payloads(value: &mut Value, depth: usize) {
    match value {
        _ if depth > MAX_DEPTH => {}
        Value::Array(values) => values.iter_mut().for_each(|it| hide_payloads(it, depth + 1)),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(payload) if name == "InputPayload" || name == "Result" => {
                        let inner = json::from_str::<Value>(payload).ok();
                        *payload = match inner.map(|mut it| (hide(&mut it, 0), it)) {
                            Some((true, inner)) => json::to_string(&inner),
                            _ => TEXT.to_owned(),
                        };
                    }
                    _ => hide_payloads(value, depth + 1),
                }
            }
        }
        _ => {}
    }
}

/// Replaces each value with a recognisable one; `false` if it is nested too deeply.
fn hide(value: &mut Value, depth: usize) -> bool {
    match value {
        _ if depth > MAX_DEPTH => return false,
        Value::String(text) => *text = TEXT.to_owned(),
        Value::Number(number) => *number = Number::U64(NUMBER),
        Value::Array(values) => return values.iter_mut().all(|value| hide(value, depth + 1)),
        Value::Object(fields) => {
            return fields.iter_mut().all(|(_, value)| hide(value, depth + 1));
        }
        _ => {}
    }
    true
}
