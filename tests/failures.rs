//! What happens when something goes wrong: in the function, in its event, in the service.

mod support;

use miniserde::json::{self, Value};
use std::backtrace::Backtrace;
use std::net::TcpListener;
use support::failure::{failure, header_type, kind_and_message};
use support::fake_api::{FakeApi, Reply};
use support::program::{bootstrap, end, example, serve};

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
    let event = |text: &str| Reply::event("1", json::to_string(text));
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
fn a_backtrace_has_only_the_users_functions() {
    // A program without line tables has no places, and gives none.
    let has_lines = Backtrace::force_capture().to_string().contains(file!());
    for (handler, event) in
        [("error", "\"X\""), ("converted-error", "\"x\""), ("panic-or-echo", "\"panic\"")]
    {
        for (setting, workers, is_on) in [("1", "1", true), ("1", "2", true), ("0", "1", false)] {
            let told = is_on && has_lines;
            let api = FakeApi::start([Reply::event("1", event)], []);
            let mut command = bootstrap(&api, handler);
            command.env("RUST_BACKTRACE", setting).env("AWS_LAMBDA_MAX_CONCURRENCY", workers);
            end(&mut command, b"");
            let post = &api.posts()[0];
            let function = format!("bootstrap_for_tests::{} (", handler.replace('-', "_"));
            assert_eq!(post.text().contains(&function), told, "{}", post.text());
            let cause = post.header("lambda-runtime-function-xray-error-cause").unwrap();
            assert_eq!(cause.contains("\"label\":\"bootstrap_for_tests::"), told, "{cause}");
            for outside in ["core::ops", "minilambda::", "{{closure}}", "clone", "start_thread"] {
                assert!(!post.text().contains(outside), "{}", post.text());
            }
        }
    }
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
fn a_missing_handler_name_is_reported_at_start() {
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    let ended =
        end(example("bootstrap-for-tests").env("AWS_LAMBDA_RUNTIME_API", api.address()), b"");
    let (kind, message) = init_error(&api, &ended);
    assert_eq!(kind, "Runtime.NoSuchHandler");
    assert!(message.contains("echo, value, order, context"), "{message}");
}

#[test]
fn a_table_that_is_ambiguous_or_empty_is_reported_at_start() {
    for (table, kind, told) in [
        ("ambiguous", "Runtime.AmbiguousHandler", "the name \"a\" twice"),
        ("empty", "Runtime.NoSuchHandler", "is empty"),
    ] {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        let ended = end(bootstrap(&api, "a").env("TEST_TABLE", table), b"");
        let (posted_kind, message) = init_error(&api, &ended);
        assert_eq!(posted_kind, kind);
        assert!(message.contains(told), "{message}");
    }
}

// ---- responses of the service

#[test]
fn a_rejected_response_is_logged_and_the_next_event_is_served() {
    for status in [400, 403, 404, 410, 413] {
        let api = FakeApi::start(
            [Reply::event("1", "{}"), Reply::event("2", "{}")],
            [Reply::new(status, &[], "{\"errorType\":\"InvalidRequestID\"}")],
        );
        let ended = serve(&api, "echo");
        let paths: Vec<_> = api.posts().iter().map(|post| post.path.clone()).collect();
        assert_eq!(paths.len(), 2, "{status}: never posted twice: {paths:?}");
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
            [Reply::event("1", "{}"), Reply::event("2", "{}")],
            [Reply::new(status, &[("Location", "/elsewhere")], "")],
        );
        let ended = serve(&api, "echo");
        assert_eq!(api.posts().len(), 2, "{}", ended.stderr);
        assert!(api.requests().iter().all(|request| request.path != "/elsewhere"));
        assert!(ended.stderr.contains(&status.to_string()), "{}", ended.stderr);
    }
}

#[test]
fn a_500_to_a_response_ends_the_process_at_once() {
    for (handler, event) in [("echo", "{}"), ("error", "\"X\"")] {
        let api = FakeApi::start(
            [Reply::event("1", event), Reply::event("2", "{}")],
            [Reply::new(500, &[], "container error")],
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
fn a_response_whose_connection_breaks_is_never_sent_again() {
    let api = FakeApi::start(
        [Reply::event("1", "{}"), Reply::event("2", "{}")],
        [Reply::raw("").closing()],
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
        let api =
            FakeApi::start([Reply::new(status, &[], "why it is so"), Reply::event("1", "{}")], []);
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
    let served = |id| [Reply::event(id, "{}")];
    let gone = || Reply::raw("").closing();
    // The connection is closed at the second /next; a new one works.
    let [first] = served("1");
    let [second] = served("2");
    let api = FakeApi::start([first.clone(), gone(), second.clone()], []);
    serve(&api, "echo");
    assert_eq!(api.posts().len(), 2);
    assert_eq!(api.connections(), 2);
    // Closed twice in a row: the process ends.
    let api = FakeApi::start([first, gone(), gone(), second], []);
    let ended = serve(&api, "echo");
    assert_eq!((api.posts().len(), ended.code()), (1, 1));
    // Closed before any event: that is not a stale connection.
    let api = FakeApi::start([gone(), Reply::event("1", "{}")], []);
    let ended = serve(&api, "echo");
    assert_eq!((api.requests().len(), ended.code()), (1, 1));
}

#[test]
fn a_connection_that_is_closed_while_the_handler_works_is_not_used_for_its_response() {
    let event = Reply::event("1", "1500").closing();
    let api = FakeApi::start([event], []);
    let ended = serve(&api, "sleep-ms");
    assert_eq!(api.posts().len(), 1, "{}", ended.stderr);
    assert_eq!(api.connections(), 2);
}

#[test]
fn an_event_that_breaks_off_is_reported_under_its_id() {
    let head = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: 10\r\n\r\n";
    let api = FakeApi::start(
        [Reply::raw(format!("{head}{{\"s3")).closing(), Reply::event("2", "{}")],
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
    let without = [Reply::new(200, &[], "{}")];
    for first in unusable.map(|id| Reply::event(id, "{}")).into_iter().chain(without) {
        let api = FakeApi::start([first, Reply::event("1", "{}")], []);
        let ended = serve(&api, "echo");
        assert_eq!((api.requests().len(), ended.code()), (1, 1));
        assert!(ended.stderr.contains("lambda-runtime-aws-request-id"), "{}", ended.stderr);
    }
}

#[test]
fn garbage_instead_of_http_ends_the_process() {
    for garbage in ["SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "\0\0\0\0\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"]
    {
        let api = FakeApi::start([Reply::raw(garbage).closing(), Reply::event("1", "{}")], []);
        let ended = serve(&api, "echo");
        assert_eq!((api.requests().len(), ended.code()), (1, 1), "{garbage}: {}", ended.stderr);
    }
}

#[test]
fn a_peer_that_sends_more_than_its_reply_loses_its_connection() {
    let mut more = Reply::event("1", "{}");
    more.bytes.extend(b"and more");
    let api = FakeApi::start([more, Reply::event("2", "{}")], []);
    let ended = serve(&api, "echo");
    assert_eq!(api.posts().len(), 2, "{}", ended.stderr);
    assert_eq!(api.connections(), 2);
}

#[test]
fn a_peer_that_closes_every_connection_loses_at_most_two_responses() {
    let text = |n: usize| format!("\"event {n}\"");
    for handler in ["echo", "error", "stream-back"] {
        // It closes after each event, after each response, or after both, without announcing it.
        for (closes_events, closes_responses) in [(true, false), (false, true), (true, true)] {
            let with = |reply: Reply, closes| if closes { reply.closing() } else { reply };
            let events =
                (0..30).map(|n| with(Reply::event(&n.to_string(), text(n)), closes_events));
            let accepted = (0..30).map(|_| with(Reply::new(202, &[], ""), closes_responses));
            let api = FakeApi::start(events, accepted);
            let ended = serve(&api, handler);
            let lost = ended.stderr.matches("may or may not have arrived").count();
            let posted = api.posts().len();
            assert!(
                posted >= 28 && posted + lost >= 30,
                "{handler}: {posted} of 30, {}",
                ended.stderr
            );
            assert!(ended.stderr.contains("that was all"), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_keep_alive_shorter_than_the_handler_loses_no_response() {
    for (handler, event) in [("sleep-ms", "300"), ("sleep-ms", "60")] {
        // Each event's connection is closed 50 ms after the event.
        let events = (0..3).map(|n| Reply::event(&n.to_string(), event).closing_after(50));
        let api = FakeApi::start(events, []);
        let ended = serve(&api, handler);
        assert_eq!(api.posts().len(), 3, "{}", ended.stderr);
        assert!(!ended.stderr.contains("may or may not"), "{}", ended.stderr);
    }
}
