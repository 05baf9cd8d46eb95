//! Streamed responses.

mod support;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use miniserde::json::{self, Value};
use std::time::Duration;
use support::fake_api::{FakeApi, Reply, Request};
use support::program::{Ended, end, example, peak_kb, serve};

/// Returns what was posted for one event. Another event is served after it.
fn streamed(handler: &str, event: &str) -> (Request, Ended) {
    let api = FakeApi::start([Reply::event("1", event), Reply::event("2", "\"nothing\"")], []);
    let ended = serve(&api, handler);
    let posts = api.posts();
    assert_eq!(posts.len(), 2, "{posts:?} {}", ended.stderr);
    assert!(posts[1].path.ends_with("/2/response"));
    let paths: Vec<_> = api.requests().iter().map(|request| request.path.clone()).collect();
    assert!(paths[2].ends_with("/next"), "the stream ends before /next is asked: {paths:?}");
    assert_eq!(posts[0].connection, 0, "it goes out where the event came in");
    let broken = posts[0].header("lambda-runtime-function-error-type").is_some();
    let streaming = posts[0].header("lambda-runtime-function-response-mode").is_some();
    // After an error in the middle the connection is closed.
    assert_eq!(posts[1].connection, usize::from(broken && streaming));
    (posts[0].clone(), ended)
}

#[test]
fn what_is_flushed_leaves_before_the_handler_ends() {
    let (post, _) = streamed("stream", "\"\"");
    assert!(post.path.ends_with("/invocation/1/response"));
    assert_eq!(post.text(), "première second");
    let [(first, _), (second, _)] = post.chunks[..] else { panic!("{:?}", post.chunks) };
    let between = second - first;
    assert!(between > Duration::from_millis(200), "{between:?}");
    for (name, value) in [
        ("lambda-runtime-function-response-mode", "streaming"),
        ("transfer-encoding", "chunked"),
        ("content-type", "application/octet-stream"),
        ("trailer", "lambda-runtime-function-error-type, lambda-runtime-function-error-body"),
        ("user-agent", concat!("minilambda/", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(post.header(name), Some(value));
    }
    assert!(post.header("host").is_some_and(|host| host.starts_with("127.0.0.1:")));
    assert_eq!(post.header("lambda-runtime-function-error-type"), None);
}

#[test]
fn the_content_type_is_the_handlers() {
    let (post, _) = streamed("stream", "\"type\"");
    assert_eq!(post.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[test]
fn an_http_response_has_its_prelude() {
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    serve(&api, "stream-http");
    let post = &api.posts()[0];
    let integration = "application/vnd.awslambda.http-integration-response";
    assert_eq!(post.header("content-type"), Some(integration));
    let text = post.text();
    let (prelude, body) = text.split_once("\0\0\0\0\0\0\0\0").unwrap();
    assert_eq!(
        prelude,
        r#"{"statusCode":201,"headers":{"Content-Type":"text/html","X-Quote":"\""},"cookies":["a=1","b=2; Secure"]}"#
    );
    assert_eq!(body, "<p>hello");
}

#[test]
fn an_empty_stream_is_a_response() {
    let (post, _) = streamed("stream", "\"nothing\"");
    assert_eq!((post.body.len(), post.chunks.len()), (0, 0));
    assert_eq!(post.header("lambda-runtime-function-response-mode"), Some("streaming"));
}

#[test]
fn an_error_or_panic_in_the_middle_arrives_in_the_trailers_and_closes_the_connection() {
    for (event, kind, header, told) in [
        ("\"error\"", "TooLate", "Function.TooLate", "the rest is lost – désolé"),
        ("\"panic\"", "Function.Panic", "Function.Panic", "a late panic"),
        (
            "\"late-type\"",
            "Function.StreamBegun",
            "Function.StreamBegun",
            "before anything is written",
        ),
    ] {
        let (post, ended) = streamed("stream", event);
        assert_eq!(post.text(), "première");
        assert_eq!(post.header("lambda-runtime-function-error-type"), Some(header));
        let body = post.header("lambda-runtime-function-error-body").unwrap();
        let body = String::from_utf8(BASE64_STANDARD.decode(body).unwrap()).unwrap();
        let Ok(Value::Object(error)) = json::from_str(&body) else { panic!("{body}") };
        assert!(matches!(&error["errorType"], Value::String(text) if text == kind), "{body}");
        assert!(body.contains(told), "{body}");
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn an_error_or_panic_before_the_first_byte_is_an_error_like_any_other() {
    for (event, kind) in [
        ("\"early-error\"", "TooEarly"),
        ("\"early-panic\"", "Function.Panic"),
        ("17", "Function.InvalidEvent"),
    ] {
        let (post, _) = streamed("stream", event);
        assert!(post.path.ends_with("/invocation/1/error"), "{}", post.path);
        assert!(post.text().contains(&format!("\"errorType\":\"{kind}\"")), "{}", post.text());
        assert_eq!(post.header("lambda-runtime-function-response-mode"), None);
    }
}

#[test]
fn a_refused_stream_is_logged_and_a_500_ends_the_process() {
    for (status, posts, code_told) in
        [(403, 2, "was rejected: 403"), (413, 2, "was rejected: 413"), (500, 1, "failed: 500")]
    {
        let api = FakeApi::start(
            [Reply::event("1", "\"\""), Reply::event("2", "\"\"")],
            [Reply::new(status, &[], "why it is so")],
        );
        let ended = serve(&api, "stream");
        assert_eq!(api.posts().len(), posts, "{}", ended.stderr);
        assert!(ended.stderr.contains(code_told), "{}", ended.stderr);
        assert!(ended.stderr.contains("why it is so"), "{}", ended.stderr);
    }
}

#[test]
fn the_connection_is_kept_if_the_reply_has_an_end_and_holds_nobody_up_if_not() {
    let chunked = "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let with = |head: &str| Reply::raw(format!("HTTP/1.{head}\r\nContent-Length: 2\r\n\r\nok"));
    for (reply, connections) in [
        (Reply::new(202, &[], ""), 1),
        (Reply::new(202, &[], "ok"), 1),
        (with("1 202 x\r\nConnection: Keep-Alive"), 1),
        (with("1 202 x\r\nConnection: Close"), 2),
        (with("0 202 x"), 2),
        (with("1 202 x\r\nTransfer-Encoding: chunked"), 2),
        (Reply::raw(chunked), 2),
        (Reply::raw("HTTP/1.1 202 x\r\n\r\n").closing(), 2),
        (Reply::raw("HTTP/1.1 202 x\r\nContent-Length: 0\r\n\r\nmore"), 2),
    ] {
        let said = String::from_utf8_lossy(&reply.bytes).into_owned();
        let api = FakeApi::start([Reply::event("1", "\"\""), Reply::event("2", "\"\"")], [reply]);
        let ended = serve(&api, "stream");
        assert_eq!(api.posts().len(), 2, "{said} {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{said} {}", ended.stderr);
        assert_eq!(api.connections(), connections, "{said}");
    }
}

#[test]
fn a_connection_that_closed_while_the_handler_ran_is_not_written_on() {
    let api = FakeApi::start(
        [Reply::event("1", "\"late\"").closing(), Reply::event("2", "\"nothing\"")],
        [],
    );
    let ended = serve(&api, "stream");
    let posts = api.posts();
    assert_eq!(posts.len(), 2, "{}", ended.stderr);
    assert_eq!(posts[0].text(), "première second");
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn two_hundred_megabytes_take_no_more_memory_than_two() {
    let peak = |megabytes: usize| {
        let api = FakeApi::start([Reply::event("1", megabytes.to_string())], []);
        let peak = peak_kb(&api, "stream-megabytes");
        let post = &api.posts()[0];
        assert_eq!(post.chunks.iter().map(|(_, length)| length).sum::<usize>(), megabytes << 20);
        peak
    };
    let (small, large) = (peak(2), peak(200));
    assert!(large - small < 512, "{small} KiB, {large} KiB");
}

#[test]
fn at_a_desk_a_stream_is_shown_as_it_comes() {
    for (handler, event, code, shown) in [
        ("stream", "\"\"", 0, "première second\n"),
        ("stream", "\"error\"", 1, "première"),
        ("stream", "\"early-error\"", 1, ""),
    ] {
        let ended = end(example("bootstrap-for-tests").arg(handler), event.as_bytes());
        assert_eq!((ended.code(), &*ended.stdout), (code, shown), "{}", ended.stderr);
    }
}
