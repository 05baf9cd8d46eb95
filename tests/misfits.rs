//! Events that do not fit the handler's type: what is told of them, and what never is.

mod support;

use support::failure::{failure, header_type};
use support::fake_api::{Answer, FakeApi};
use support::program::serve;

fn misfit(event: impl AsRef<[u8]>) -> String {
    let (post, kind, message) = failure("order", event);
    assert_eq!(kind, "Function.InvalidEvent");
    assert_eq!(header_type(&post), "Function.InvalidEvent");
    message
}

#[test]
fn an_event_that_does_not_fit_is_refused_with_the_path_and_never_a_value() {
    let order =
        |items: &str| format!(r#"{{"id":"s3cret","items":[{{"name":"ok","count":1}},{items}]}}"#);
    for (event, told) in [
        (r#"{"id":"s3cret"}"#.to_owned(), "a required member is missing; the object has id"),
        (r#"{"id":"s3cret","itms":[]}"#.to_owned(), "the object has id, itms; no use for itms"),
        ("{}".to_owned(), "a required member is missing: the object is empty"),
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
            "at .items[1].count: expected a smaller integer, found one out of range",
        ),
        (
            order(r#"{"name":"s3cret","count":-1}"#),
            "at .items[1].count: expected an integer of zero or more, found a negative one",
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
            "at .items[1]: a required member is missing; the object has name",
        ),
        (
            order(r#"{"name":"x","count":1,"tags":{"a":["x","s3cret",5]}}"#),
            "at .items[1].tags.a[2]: expected a string, found an integer",
        ),
        (
            order(r#"{"name":"x","count":1,"tags":{"jo s3cret":5}}"#),
            "at .items[1].tags.(a key): expected a list, found an integer",
        ),
    ] {
        let message = misfit(&event);
        assert!(message.contains(told), "{event}\n  told: {message}\n  expected: {told}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn an_event_of_another_source_is_told_by_its_members() {
    for (event, told) in [
        (r#"{"Records":[{"messageId":"s3cret","receiptHandle":"s3cret"}]}"#, "an SQS event"),
        (r#"{"detail-type":"s3cret","source":"s3cret"}"#, "an EventBridge event"),
        (
            r#"{"requestContext":{"elb":{}},"httpMethod":"s3cret"}"#,
            "an Application Load Balancer event",
        ),
        (r#"[{"info":{"fieldName":"s3cret"}}]"#, "an AppSync batch event"),
    ] {
        let message = misfit(event);
        assert!(message.ends_with(&format!("; it looks like {told}")), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
    for event in ["{}", "[]", "7", r#"{"Records":[]}"#, r#"{"Records":{"receiptHandle":1}}"#] {
        assert!(!misfit(event).contains("looks like"));
    }
}

#[test]
fn what_is_not_json_or_not_utf8_is_refused_with_the_place() {
    for (event, told) in [
        (&b""[..], "JSON is expected, and there is nothing"),
        (b" \n ", "JSON is expected, and there is nothing"),
        (b"s3cret", "is not JSON"),
        (b"{\"id\":\"s3cret\"} x", "is not JSON"),
        (
            b"{\"id\":\"s3cret\",\"items\":[{\"name\":\"s3cr",
            "breaks off or goes wrong at or behind .items[0].name",
        ),
        (
            b"{\"id\":\"s3cret\",\"items\":[{\"name\":\"\\ud83d\"}]}",
            "goes wrong at or behind .items[0].name",
        ),
        (b"{\"id\":\"s3cret\",\"items\":[1,2,}", "goes wrong at or behind .items[2]"),
        (b"{\"id\":\"s3cret\xff\"}", "not UTF-8: it goes wrong at byte 13 of 16"),
    ] {
        let message = misfit(event);
        assert!(message.contains(told), "{message}\n  expected: {told}");
        assert!(!message.contains("s3cr"), "{message}");
    }
}

#[test]
fn deep_nesting_is_refused_or_ignored_and_harms_nobody() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let (open, told) = ("[".repeat(200_000), "goes wrong at or behind [0][0]");
    assert!(misfit(&open).contains(told));
    assert!(
        misfit(format!(r#"{{"id":{}}}"#, deep(200_000)))
            .contains("at .id: expected a string, found a list")
    );
    // In a member that the type does not have, anything may stand.
    let event = format!(r#"{{"id":"x","items":[],"more":{}}}"#, deep(200_000));
    let value = deep(200_000);
    for (handler, event, response) in [("order", &event, "\"x: \""), ("value", &value, &*value)] {
        let api = FakeApi::start([Answer::event("1", event)], []);
        serve(&api, handler);
        assert!(api.posts()[0].text() == response, "{handler}");
    }
    // Nor does it hide what is wrong beside it.
    let event = format!(r#"{{"more":{},"items":7}}"#, deep(200_000));
    assert!(misfit(event).contains("at .items: expected a list, found an integer"));
}

#[test]
fn a_large_event_that_does_not_fit_is_explained_too() {
    let item = r#"{"name":"teapot","count":1},"#;
    let event = format!(
        r#"{{"id":"x","items":[{}{{"name":"cup","count":"s3cret"}}]}}"#,
        item.repeat(220_000)
    );
    assert!(event.len() > 5_900_000);
    let message = misfit(&event);
    assert!(
        message.contains("at .items[220000].count: expected an integer, found a string"),
        "{message}"
    );
}

#[test]
fn a_member_that_stands_twice_is_not_passed_over_in_silence() {
    let message = misfit(r#"{"id":5,"id":"x","items":[]}"#);
    assert!(message.contains("the same member twice"), "{message}");
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    let api = FakeApi::start([Answer::event("1", "\u{feff}{\"id\":\"x\",\"items\":[]}")], []);
    serve(&api, "order");
    assert_eq!(api.posts()[0].text(), "\"x: \"");
}
