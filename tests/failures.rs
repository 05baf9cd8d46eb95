//! What happens when something goes wrong: in the function, in its event, in the service.

mod support;

use miniserde::json::{self, Value};
use std::net::TcpListener;
use support::fake_api::{Answer, FakeApi, Request};
use support::program::{bootstrap, end, example, serve};

/// The error that was posted for the only event, and the request that carried it.
fn failure(handler: &str, event: impl AsRef<[u8]>) -> (Request, String, String) {
    let api = FakeApi::start([Answer::event("1", event), Answer::event("2", "\"next\"")], []);
    let ended = serve(&api, handler);
    let posts = api.posts();
    assert_eq!(posts.len(), 2, "one answer for each event: {}", ended.stderr);
    assert!(posts[0].path.ends_with("/invocation/1/error"), "{}", posts[0].path);
    assert_eq!(api.connections(), 1);
    let (kind, message) = kind_and_message(&posts[0]);
    (posts[0].clone(), kind, message)
}

fn kind_and_message(post: &Request) -> (String, String) {
    let Ok(Value::Object(body)) = json::from_str(&post.text()) else {
        panic!("no error document: {}", post.text())
    };
    let text = |name: &str| match body.get(name) {
        Some(Value::String(text)) => text.clone(),
        other => panic!("{name}: {other:?}"),
    };
    assert!(matches!(body.get("stackTrace"), Some(Value::Array(_))), "{}", post.text());
    (text("errorType"), text("errorMessage"))
}

fn header_type(post: &Request) -> &str {
    post.header("lambda-runtime-function-error-type").unwrap()
}

// ---- the function's own failures

#[test]
fn an_error_has_the_kind_and_message_that_the_handler_gave_it() {
    for (kind, in_header) in [
        ("OutOfStock", "Function.OutOfStock"),
        ("Function.OutOfStock", "Function.OutOfStock"),
        ("Runtime.OutOfStock", "Runtime.OutOfStock"),
        ("out of stock", "Function.Out"),
        ("Error404", "Function.Error"),
        ("my_crate::errors::OutOfStock<alloc::string::String>", "Function.OutOfStock"),
        ("Größe", "Function.Gre"),
        ("", "Function.Error"),
        ("x", "Function.Error"),
        ("\r\nInjected: yes", "Function.Error"),
    ] {
        let (post, posted_kind, message) = failure("error", json::to_string(kind));
        assert_eq!(posted_kind, kind);
        assert_eq!(message, "the warehouse is \"closed\" – até amanhã");
        assert_eq!(header_type(&post), in_header, "{kind}");
    }
}

#[test]
fn a_converted_error_tells_its_rust_type_and_its_sources() {
    let (post, kind, message) = failure("converted-error", "\"many\"");
    assert_eq!(kind, "bootstrap_for_tests::Outer");
    assert_eq!(message, "the count cannot be read: invalid digit found in string");
    assert_eq!(header_type(&post), "Function.Outer");
}

#[test]
fn xray_gets_the_cause_as_one_line_of_ascii_json() {
    let (post, ..) = failure("error", "\"OutOfStock\"");
    let cause = post.header("lambda-runtime-function-xray-error-cause").unwrap();
    assert!(cause.is_ascii(), "{cause}");
    let value: Value = json::from_str(cause).unwrap();
    let text = json::to_string(&value);
    assert!(
        text.contains("\"message\":\"the warehouse is \\\"closed\\\" – até amanhã\""),
        "{text}"
    );
    assert!(text.contains("\"type\":\"OutOfStock\""), "{text}");
    assert!(text.contains("working_directory") && text.contains("\"paths\":[]"), "{text}");
}

#[test]
fn a_panicking_handler_is_reported_with_its_place_and_the_next_event_is_served() {
    let event = |text: &str| Answer::event("1", json::to_string(text));
    let api =
        FakeApi::start([event("a"), event("panic"), event("b"), event("panic"), event("c")], []);
    let ended = serve(&api, "panic-or-echo");
    let posts = api.posts();
    let ends: Vec<_> = posts.iter().map(|post| post.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(ends, ["response", "error", "response", "error", "response"], "{}", ended.stderr);
    let (kind, message) = kind_and_message(&posts[1]);
    assert_eq!((&*kind, &*message), ("Function.Panic", "the panic that was asked for"));
    assert_eq!(header_type(&posts[1]), "Function.Panic");
    let place = "tests/support/bootstrap.rs:";
    assert!(posts[1].text().contains(place), "{}", posts[1].text());
    let cause = posts[1].header("lambda-runtime-function-xray-error-cause").unwrap();
    assert!(cause.contains(place.trim_end_matches(':')) && cause.contains("\"line\":"), "{cause}");
    assert!(ended.stderr.contains(place), "{}", ended.stderr);
    assert_eq!(posts[4].text(), "\"c\"");
    assert_eq!(api.connections(), 1);
}

#[test]
fn with_a_backtrace_the_users_own_functions_are_told() {
    for (handler, event) in
        [("error", "\"X\""), ("converted-error", "\"x\""), ("panic-or-echo", "\"panic\"")]
    {
        for (setting, told) in [("1", true), ("0", false)] {
            let api = FakeApi::start([Answer::event("1", event)], []);
            end(bootstrap(&api, handler).env("RUST_BACKTRACE", setting), b"");
            let post = &api.posts()[0];
            let function = format!("bootstrap_for_tests::{} (", handler.replace('-', "_"));
            assert_eq!(post.text().contains(&function), told, "{}", post.text());
            let cause = post.header("lambda-runtime-function-xray-error-cause").unwrap();
            assert_eq!(cause.contains("\"label\":\"bootstrap_for_tests::"), told, "{cause}");
            assert!(!post.text().contains("core::ops"), "{}", post.text());
        }
    }
}

#[test]
fn a_response_of_the_largest_size_is_sent_and_a_larger_one_is_refused_with_its_size() {
    let limit = 6_291_556;
    let api = FakeApi::start(
        [Answer::event("1", limit.to_string()), Answer::event("2", (limit + 1).to_string())],
        [],
    );
    serve(&api, "of-size");
    let posts = api.posts();
    assert!(posts[0].path.ends_with("/1/response"));
    assert_eq!(posts[0].body.len(), limit);
    assert!(posts[1].path.ends_with("/2/error"));
    let (kind, message) = kind_and_message(&posts[1]);
    assert_eq!(kind, "Function.ResponseSizeTooLarge");
    assert_eq!(header_type(&posts[1]), "Function.ResponseSizeTooLarge");
    assert!(message.contains("6291557") && message.contains("6291556"), "{message}");
}

// ---- events that do not fit

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

// ---- a function that cannot start

fn init_error(api: &FakeApi, ended: &support::program::Ended) -> (String, String) {
    assert_eq!(ended.code(), 1);
    let requests = api.requests();
    assert_eq!(requests.len(), 1, "no event is asked for: {requests:?}");
    assert_eq!(requests[0].path, "/2018-06-01/runtime/init/error");
    assert_eq!(requests[0].header("lambda-runtime-invocation-id"), None);
    let (kind, message) = kind_and_message(&requests[0]);
    assert_eq!(header_type(&requests[0]), kind);
    assert!(ended.stderr.contains(&*message), "{}", ended.stderr);
    (kind, message)
}

#[test]
fn an_unknown_handler_is_reported_at_start_with_the_names_there_are() {
    let api = FakeApi::start([Answer::event("1", "{}")], []);
    let (kind, message) = init_error(&api, &serve(&api, "ordre"));
    assert_eq!(kind, "Runtime.NoSuchHandler");
    assert!(message.contains("did you mean \"order\"?"), "{message}");
    assert!(message.contains("echo, value, order, context"), "{message}");
}

#[test]
fn a_missing_handler_name_is_reported_at_start() {
    let api = FakeApi::start([Answer::event("1", "{}")], []);
    let ended =
        end(example("bootstrap-for-tests").env("AWS_LAMBDA_RUNTIME_API", api.address()), b"");
    let (kind, message) = init_error(&api, &ended);
    assert_eq!(kind, "Runtime.NoSuchHandler");
    assert!(message.contains("echo, value, order, context"), "{message}");
}

#[test]
fn a_table_that_is_ambiguous_or_empty_is_reported_at_start() {
    for (table, kind, told) in [
        ("ambiguous", "Runtime.AmbiguousHandler", "two of the name \"a\""),
        ("empty", "Runtime.NoSuchHandler", "is empty"),
    ] {
        let api = FakeApi::start([Answer::event("1", "{}")], []);
        let ended = end(bootstrap(&api, "a").env("TEST_TABLE", table), b"");
        let (posted_kind, message) = init_error(&api, &ended);
        assert_eq!(posted_kind, kind);
        assert!(message.contains(told), "{message}");
    }
}

// ---- what the service answers

#[test]
fn a_refused_answer_is_logged_and_the_next_event_is_served() {
    for status in [400, 403, 404, 410, 413] {
        let api = FakeApi::start(
            [Answer::event("1", "{}"), Answer::event("2", "{}")],
            [Answer::new(status, &[], "{\"errorType\":\"InvalidRequestID\"}")],
        );
        let ended = serve(&api, "echo");
        let paths: Vec<_> = api.posts().iter().map(|post| post.path.clone()).collect();
        assert_eq!(paths.len(), 2, "{status}: never answered twice: {paths:?}");
        assert!(paths[1].ends_with("/2/response"), "{paths:?}");
        let line = ended.stderr.lines().next().unwrap();
        assert!(line.contains(&status.to_string()) && line.contains("InvalidRequestID"), "{line}");
        assert!(line.starts_with("ERROR 1 "), "{line}");
        assert_eq!(api.connections(), 1, "the body was drained");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    for status in [301, 302, 307] {
        let api = FakeApi::start(
            [Answer::event("1", "{}"), Answer::event("2", "{}")],
            [Answer::new(status, &[("Location", "/elsewhere")], "")],
        );
        let ended = serve(&api, "echo");
        assert_eq!(api.posts().len(), 2, "{}", ended.stderr);
        assert!(api.requests().iter().all(|request| request.path != "/elsewhere"));
        assert!(ended.stderr.contains(&status.to_string()), "{}", ended.stderr);
    }
}

#[test]
fn a_500_to_an_answer_ends_the_process_at_once() {
    for (handler, event) in [("echo", "{}"), ("error", "\"X\"")] {
        let api = FakeApi::start(
            [Answer::event("1", event), Answer::event("2", "{}")],
            [Answer::new(500, &[], "container error")],
        );
        let ended = serve(&api, handler);
        assert_eq!(ended.code(), 1);
        assert_eq!(api.requests().len(), 2, "no further event is asked for");
        assert!(
            ended.stderr.contains("500") && ended.stderr.contains("container error"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn an_answer_whose_connection_breaks_is_never_sent_again() {
    let api = FakeApi::start(
        [Answer::event("1", "{}"), Answer::event("2", "{}")],
        [Answer::raw("").closing()],
    );
    let ended = serve(&api, "echo");
    let paths: Vec<_> = api.posts().iter().map(|post| post.path.clone()).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(paths[0].ends_with("/1/response") && paths[1].ends_with("/2/response"), "{paths:?}");
    assert_eq!(api.connections(), 2);
    assert!(ended.stderr.contains("may or may not have arrived"), "{}", ended.stderr);
}

#[test]
fn next_failing_ends_the_process_and_is_not_asked_again() {
    for status in [202, 301, 400, 403, 404, 410, 500, 503] {
        let api = FakeApi::start(
            [Answer::new(status, &[], "why it is so"), Answer::event("1", "{}")],
            [],
        );
        let ended = serve(&api, "echo");
        assert_eq!(ended.code(), 1, "{status}");
        assert_eq!(api.requests().len(), 1, "{status}");
        assert!(
            ended.stderr.contains(&status.to_string()) && ended.stderr.contains("why it is so"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn nobody_listening_ends_the_process() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = example("bootstrap-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", format!("127.0.0.1:{port}")).env("_HANDLER", "echo");
    let ended = end(&mut command, b"");
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("asking for the next event failed"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn a_stale_connection_is_replaced_once() {
    let served = |id| [Answer::event(id, "{}")];
    let gone = || Answer::raw("").closing();
    // Gone at the second /next; then all is well.
    let [first] = served("1");
    let [second] = served("2");
    let api = FakeApi::start([first.clone(), gone(), second.clone()], []);
    serve(&api, "echo");
    assert_eq!(api.posts().len(), 2);
    assert_eq!(api.connections(), 2);
    // Gone twice in a row: the end.
    let api = FakeApi::start([first, gone(), gone(), second], []);
    let ended = serve(&api, "echo");
    assert_eq!((api.posts().len(), ended.code()), (1, 1));
    // Gone before it ever served: that is no stale connection.
    let api = FakeApi::start([gone(), Answer::event("1", "{}")], []);
    let ended = serve(&api, "echo");
    assert_eq!((api.requests().len(), ended.code()), (1, 1));
}

#[test]
fn a_connection_that_is_closed_while_the_handler_works_is_not_used_for_its_answer() {
    let event = Answer::event("1", "1500").closing();
    let api = FakeApi::start([event], []);
    let ended = serve(&api, "sleep-ms");
    assert_eq!(api.posts().len(), 1, "{}", ended.stderr);
    assert_eq!(api.connections(), 2);
}

#[test]
fn an_event_that_breaks_off_is_reported_under_its_id() {
    let head = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: 10\r\n\r\n";
    let api = FakeApi::start(
        [Answer::raw(format!("{head}{{\"s3")).closing(), Answer::event("2", "{}")],
        [],
    );
    let ended = serve(&api, "echo");
    let posts = api.posts();
    assert_eq!(posts.len(), 2, "{}", ended.stderr);
    assert!(posts[0].path.ends_with("/1/error"), "{}", posts[0].path);
    assert_eq!(kind_and_message(&posts[0]).0, "Runtime.TruncatedEvent");
    assert!(posts[1].path.ends_with("/2/response"));
}

#[test]
fn an_event_without_a_usable_id_ends_the_process() {
    let unusable = ["", " ", "a b", "../init", "a?b", "é"];
    let without = [Answer::new(200, &[], "{}")];
    for first in unusable.map(|id| Answer::event(id, "{}")).into_iter().chain(without) {
        let api = FakeApi::start([first, Answer::event("1", "{}")], []);
        let ended = serve(&api, "echo");
        assert_eq!((api.requests().len(), ended.code()), (1, 1));
        assert!(ended.stderr.contains("lambda-runtime-aws-request-id"), "{}", ended.stderr);
    }
}

#[test]
fn garbage_instead_of_http_ends_the_process() {
    for garbage in ["SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "\0\0\0\0\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"]
    {
        let api = FakeApi::start([Answer::raw(garbage).closing(), Answer::event("1", "{}")], []);
        let ended = serve(&api, "echo");
        assert_eq!((api.requests().len(), ended.code()), (1, 1), "{garbage}: {}", ended.stderr);
    }
}

#[test]
fn a_peer_that_sends_more_than_its_answer_loses_its_connection() {
    let mut more = Answer::event("1", "{}");
    more.bytes.extend(b"and more");
    let api = FakeApi::start([more, Answer::event("2", "{}")], []);
    let ended = serve(&api, "echo");
    assert_eq!(api.posts().len(), 2, "{}", ended.stderr);
    assert_eq!(api.connections(), 2);
}
