//! Events that do not match the handler's type: the error names the place and never a value.

mod support;

use support::failure::{failure, header_type};
use support::fake_api::{FakeApi, Reply};
use support::program::{bootstrap, end, serve};

fn mismatch(event: impl AsRef<[u8]>) -> String {
    let (post, kind, message) = failure("order", event);
    assert_eq!(kind, "Function.InvalidEvent");
    assert_eq!(header_type(&post), "Function.InvalidEvent");
    message
}

#[test]
fn an_event_that_does_not_match_is_refused_with_the_path_and_never_a_value() {
    let order =
        |items: &str| format!(r#"{{"id":"s3cret","items":[{{"name":"ok","count":1}},{items}]}}"#);
    for (event, told) in [
        (r#"{"id":"s3cret"}"#.to_owned(), "a required field is missing; the object has id"),
        (
            r#"{"id":"s3cret","itms":[]}"#.to_owned(),
            "the object has id, itms; the type does not have itms",
        ),
        ("{}".to_owned(), "a required field is missing: id; the object is empty"),
        ("[]".to_owned(), "expected an object, found a list"),
        ("\"s3cret\"".to_owned(), "expected an object, found a string"),
        (r#"{"id":99,"items":[]}"#.to_owned(), "at .id: expected a string, found an integer"),
        (r#"{"id":null,"items":[]}"#.to_owned(), "at .id: expected a string, found null"),
        (r#"{"id":"s3cret","items":{}}"#.to_owned(), "at .items: expected a list, found an object"),
        (
            r#"{"id":"s3cret","items":[],"note":7}"#.to_owned(),
            "at .note: expected a string or null, found an integer",
        ),
        (
            order(r#"{"name":"s3cret","count":"7"}"#),
            "at .items[1].count: expected an integer, found a string",
        ),
        (
            order(r#"{"name":"s3cret","count":300}"#),
            "at .items[1].count: expected an integer from 0 to 255, found one out of range",
        ),
        (
            order(r#"{"name":"s3cret","count":-1}"#),
            "at .items[1].count: expected an integer from 0 to 255, found one out of range",
        ),
        (
            order(r#"{"name":"s3cret","count":1.5}"#),
            "at .items[1].count: expected an integer, found a number with a fraction",
        ),
        (
            order(r#"{"name":"s3cret","count":123456789012345678901234567890}"#),
            "at .items[1].count: expected an integer, found a number",
        ),
        (
            order(r#"{"name":"s3cret","count":true}"#),
            "at .items[1].count: expected an integer, found true or false",
        ),
        (
            order(r#"{"name":"s3cret"}"#),
            "at .items[1]: a required field is missing; the object has name",
        ),
        (
            order(r#"{"name":"x","count":1,"tags":{"a":["x","s3cret",5]}}"#),
            "at .items[1].tags.a[2]: expected a string, found an integer",
        ),
        (
            order(r#"{"name":"x","count":1,"tags":{"jo s3cret":5}}"#),
            "at .items[1].tags.(a key): expected a list, found an integer",
        ),
        (
            order(r#"{"name":"x","count":1,"t\u0061gs":{"\u0061":["x","s3cret",5]}}"#),
            "at .items[1].tags.a[2]: expected a string, found an integer",
        ),
    ] {
        let message = mismatch(&event);
        assert!(message.contains(told), "{event}\n  found: {message}\n  expected: {told}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn an_event_of_another_source_is_recognised_by_its_fields() {
    for (event, told) in [
        (r#"{"Records":[{"messageId":"s3cret","receiptHandle":"s3cret"}]}"#, "an SQS event"),
        (
            r#"{"Rec\u006frds":[{"messageId":"s3cret","receipt\u0048andle":"s3cret"}]}"#,
            "an SQS event",
        ),
        (r#"{"detail-type":"s3cret","source":"s3cret"}"#, "an EventBridge event"),
        (
            r#"{"requestContext":{"elb":{}},"httpMethod":"s3cret"}"#,
            "an Application Load Balancer event",
        ),
        (r#"[{"info":{"fieldName":"s3cret"}}]"#, "an AppSync batch event"),
    ] {
        let message = mismatch(event);
        assert!(message.ends_with(&format!("; it looks like {told}")), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
    for event in ["{}", "[]", "7", r#"{"Records":[]}"#, r#"{"Records":{"receiptHandle":1}}"#] {
        assert!(!mismatch(event).contains("looks like"));
    }
}

#[test]
fn invalid_json_and_invalid_utf8_are_refused_with_the_place() {
    for (event, told) in [
        (&b""[..], "invalid JSON: the text is empty"),
        (b" \n ", "invalid JSON: the text is empty"),
        (b"s3cret", "invalid JSON at byte 0 of 6: unexpected character"),
        (
            b"{\"id\":\"s3cret\"} x",
            "invalid JSON at byte 16 of 17: unexpected text after the JSON value",
        ),
        (
            b"{\"id\":\"s3cret\",\"items\":[{\"name\":\"s3cr",
            "invalid JSON at byte 37 of 37, in .items[0].name: unexpected end of the text",
        ),
        (
            b"{\"id\":\"s3cret\",\"items\":[{\"name\":\"\\ud83d\"}]}",
            "at .items[0].name: the string has half of a surrogate pair",
        ),
        (
            b"{\"id\":\"s3cret\",\"items\":[1,2,}",
            "invalid JSON at byte 28 of 29, in .items[2]: unexpected character",
        ),
        (b"{\"id\":\"s3cret\xff\"}", "invalid UTF-8 at byte 13 of 16"),
    ] {
        let message = mismatch(event);
        assert!(message.contains(told), "{message}\n  expected: {told}");
        assert!(!message.contains("s3cr"), "{message}");
    }
}

#[test]
fn deep_nesting_is_refused_or_ignored() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let (open, told) = ("[".repeat(200_000), "invalid JSON at byte 200000 of 200000, in [0][0]");
    assert!(mismatch(&open).contains(told));
    assert!(
        mismatch(format!(r#"{{"id":{}}}"#, deep(200_000)))
            .contains("at .id: expected a string, found a list")
    );
    // A field that the type does not have may hold anything.
    let event = format!(r#"{{"id":"x","items":[],"more":{}}}"#, deep(200_000));
    let api = FakeApi::start([Reply::event("1", event)], []);
    serve(&api, "order");
    assert_eq!(api.posts()[0].text(), "\"x: \"");
    // A type that can hold anything is limited.
    for (levels, is_ok) in [(256, true), (257, false), (200_000, false)] {
        let api = FakeApi::start([Reply::event("1", deep(levels))], []);
        serve(&api, "value");
        let text = api.posts()[0].text();
        assert_eq!(text == deep(levels), is_ok, "{levels} {text}");
        assert!(is_ok || text.contains("nested deeper than 256 levels"), "{text}");
    }
    // So is a type of the user's that contains itself.
    let nested =
        |levels: usize| format!("{}null{}", "{\"child\":".repeat(levels), "}".repeat(levels));
    for (levels, is_ok) in [(256, true), (257, false), (200_000, false)] {
        let api = FakeApi::start([Reply::event("1", nested(levels))], []);
        let ended = serve(&api, "node");
        let text = api.posts()[0].text();
        assert_eq!(text == (levels - 1).to_string(), is_ok, "{levels} {text} {}", ended.stderr);
        assert!(is_ok || text.contains("nested deeper than 256 levels"), "{text}");
    }
    // It does not hide what is wrong after it.
    let event = format!(r#"{{"more":{},"items":7}}"#, deep(200_000));
    assert!(mismatch(event).contains("at .items: expected a list, found an integer"));
}

#[test]
fn a_large_event_that_does_not_match_is_explained_too() {
    let item = r#"{"name":"teapot","count":1},"#;
    let event = format!(
        r#"{{"id":"x","items":[{}{{"name":"cup","count":"s3cret"}}]}}"#,
        item.repeat(220_000)
    );
    assert!(event.len() > 5_900_000);
    let message = mismatch(&event);
    assert!(
        message.contains("at .items[220000].count: expected an integer, found a string"),
        "{message}"
    );
}

#[test]
fn of_a_field_that_comes_twice_each_must_match_and_the_last_counts() {
    let message = mismatch(r#"{"id":5,"id":"x","items":[]}"#);
    assert!(message.contains("at .id: expected a string, found an integer"), "{message}");
    let api = FakeApi::start([Reply::event("1", r#"{"id":"x","id":"y","items":[]}"#)], []);
    serve(&api, "order");
    assert_eq!(api.posts()[0].text(), "\"y: \"");
}

#[test]
fn a_missing_rename_is_named() {
    for (event, field, name) in [
        (r#"{"id":"s3cret","Items":[]}"#, "items", "Items"),
        (r#"{"ID":"s3cret","items":[]}"#, "id", "ID"),
        (r#"{"id":"s3cret","ITEMS":[],"x":1}"#, "items", "ITEMS"),
    ] {
        let hint =
            format!("the type has the field {field}: write #[serde(rename = \"{name}\")] on it");
        let message = mismatch(event);
        assert!(message.contains(&hint), "{message}");
        assert!(!message.contains("s3cret"));
    }
    let (_, _, message) = failure("snake", r#"{"unitPrice":"s3cret"}"#);
    assert!(
        message
            .contains("the type has the field unit_price: write #[serde(rename = \"unitPrice\")]"),
        "{message}"
    );
    let (_, _, message) = failure("snake", r#"{"unit_price":5,"kind":"Gold"}"#);
    assert!(
        message.contains("at .kind: expected a variant of the enum or null, found another string; a variant differs"),
        "{message}"
    );
    let (_, _, message) = failure("snake", r#"{"unit_price":5,"kind":"s3cret"}"#);
    assert!(
        message.contains("at .kind: expected a variant of the enum or null, found another string"),
        "{message}"
    );
    assert!(!message.contains("differs") && !message.contains("s3cret"), "{message}");
    let (_, _, message) = failure("snake", r#"{"unit_price":5,"kind":7}"#);
    assert!(
        message.contains("expected a string with a variant of the enum or null, found an integer"),
        "{message}"
    );
    let (_, _, message) = failure("snake", r#"{"unit_price":40000}"#);
    assert!(
        message.contains("expected an integer from -32768 to 32767, found one out of range"),
        "{message}"
    );
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    let api = FakeApi::start([Reply::event("1", "\u{feff}{\"id\":\"x\",\"items\":[]}")], []);
    serve(&api, "order");
    assert_eq!(api.posts()[0].text(), "\"x: \"");
}

#[test]
fn a_field_in_another_spelling_is_warned_of_locally_and_not_on_lambda() {
    for is_local in [true, false] {
        let event = r#"{"id":"x","items":[],"Note":"s3cret"}"#;
        let api = FakeApi::start([Reply::event("1", event)], []);
        let mut command = bootstrap(&api, "order");
        if is_local {
            command.env("MINILAMBDA_LOCAL", "true");
        }
        let ended = end(&mut command, b"");
        assert_eq!(api.posts()[0].text(), "\"x: \"");
        let told = "the event has `Note`, the type has no such field but `note` is absent";
        assert_eq!(ended.stderr.contains(told), is_local, "{}", ended.stderr);
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    }
}

#[test]
fn an_event_that_would_take_too_much_as_a_value_is_refused_before_it_does() {
    let event = format!("[{}0]", r#"{"":0},"#.repeat(190_000));
    for (memory, told) in [(None, Some("more than 64 MB")), (Some("128"), Some("more than 64 MB"))]
        .into_iter()
        .chain([
            (Some("256"), Some("more than 128 MB")),
            (Some("512"), None),
            (Some("?"), Some("64 MB")),
        ])
    {
        let api = FakeApi::start([Reply::event("1", event.clone())], []);
        let mut command = bootstrap(&api, "value");
        command.env_remove("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
        if let Some(memory) = memory {
            command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory);
        }
        let peak = std::env::temp_dir().join(format!("minilambda-peak-{}", std::process::id()));
        end(command.env("TEST_PEAK_MEMORY", &peak), b"");
        let text = api.posts()[0].text();
        let peak_kb: u64 = std::fs::read_to_string(&peak).unwrap().parse().unwrap();
        match told {
            Some(told) => assert!(text.contains(told) && text.contains("Function.InvalidEvent")),
            None => assert_eq!(text, event),
        }
        let most = if memory == Some("256") { 160_000 } else { 90_000 };
        assert!(told.is_none() || peak_kb < most, "{memory:?}: {peak_kb} KB");
        std::fs::remove_file(&peak).unwrap();
    }
}

#[test]
fn minus_zero_is_zero() {
    let api = FakeApi::start(
        [Reply::event("1", r#"{"id":"x","items":[{"name":"cup","count":-0}]}"#)],
        [],
    );
    serve(&api, "order");
    assert_eq!(api.posts()[0].text(), "\"x: 0 cup (0 tags)\"");
}
