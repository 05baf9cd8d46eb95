//! The example that writes events as it reads them.

mod support;

use std::fs;
use support::program::{Ended, end, example};

fn echo(name: &str, event: &[u8]) -> Ended {
    end(example("echo").args([name, "-"]), event)
}

fn data(name: &str) -> Vec<u8> {
    fs::read(format!("{}/data/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn a_document_is_decoded_and_encoded_again_also_behind_a_byte_order_mark() {
    let plain = echo("sqs.event", &data("sqs"));
    assert_eq!(plain.code(), 0, "{}", plain.stderr);
    assert!(plain.stdout.contains("\"SentTimestamp\":\"1773350065123\""), "{}", plain.stdout);
    let marked = echo("sqs.event", &["\u{feff}".as_bytes(), &data("sqs")].concat());
    assert_eq!(marked.stdout, plain.stdout);
}

#[test]
fn a_document_of_another_event_fails_and_an_unknown_name_has_a_status_of_its_own() {
    let wrong = echo("sqs.event", &data("apigateway-rest"));
    assert_eq!(wrong.code(), 1);
    assert!(wrong.stderr.contains("Function.InvalidEvent"), "{}", wrong.stderr);
    assert_eq!(echo("fax.event", b"{}").code(), 3);
}
