//! The place of an error, and what is expected there.

use crate::refused;
use crate::types::{Code, ORDER, Order};
use minilambda::{Serde, decode};
use serde::Deserialize;

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

/// serde reads an enum with its tag inside into a copy, in which places are lost.
#[test]
fn a_check_in_an_enum_has_the_place_of_the_value_if_the_content_has_a_field() {
    #[derive(Debug, Deserialize)]
    #[serde(tag = "type")]
    enum Inside {
        Book { _code: Code },
    }
    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", content = "value")]
    enum Beside {
        Book { _code: Code },
    }
    let message = |error: minilambda::Error| error.message().to_owned();
    let inside = br#"[{"type":"Book","_code":"s3cret"}]"#;
    let inside = decode::<Serde<Vec<Inside>>>(inside).map_err(message).unwrap_err();
    assert!(
        inside.ends_with(" at [0]: the type's own check refuses this value, or one in it"),
        "{inside}"
    );
    let beside = br#"[{"type":"Book","value":{"_code":"s3cret"}}]"#;
    let beside = decode::<Serde<Vec<Beside>>>(beside).map_err(message).unwrap_err();
    assert!(
        beside.ends_with(" at [0].value._code: the type's own check refuses this value"),
        "{beside}"
    );
}
