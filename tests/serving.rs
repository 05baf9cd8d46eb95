//! Requests and responses: what the function gets, and what the Runtime API gets.

mod support;

use miniserde::json::{self, Value};
use support::fake_api::{FakeApi, Reply};
use support::program::{bootstrap, end, example, peak_kb, serve};

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    match value {
        Value::Object(object) => object.get(name).unwrap_or_else(|| panic!("no member {name}")),
        other => panic!("no object: {other:?}"),
    }
}

fn text(value: &Value, name: &str) -> String {
    json::to_string(member(value, name))
}

#[test]
fn a_thousand_events_are_served_in_their_order_over_one_connection() {
    let events = (0..1000).map(|n| Reply::event(&format!("id-{n}"), format!("{{\"n\":{n}}}")));
    let api = FakeApi::start(events, []);
    let ended = serve(&api, "echo");
    assert_eq!(ended.code(), 1, "it ends when the API does: {}", ended.stderr);
    let requests = api.requests();
    assert_eq!(requests.len(), 2001);
    assert_eq!(api.connections(), 1);
    for (n, pair) in requests.chunks(2).take(1000).enumerate() {
        assert_eq!(pair[0].path, "/2018-06-01/runtime/invocation/next");
        assert_eq!(pair[1].path, format!("/2018-06-01/runtime/invocation/id-{n}/response"));
        assert_eq!(pair[1].text(), format!("{{\"n\":{n}}}"));
    }
}

#[test]
fn requests_carry_the_headers_that_the_service_wants_and_no_more() {
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    serve(&api, "echo");
    let requests = api.requests();
    let names = |n: usize| {
        let mut names: Vec<_> = requests[n].headers.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(0), ["host", "user-agent"]);
    assert_eq!(names(1), ["content-length", "content-type", "host", "user-agent"]);
    let agent = concat!("minilambda/", env!("CARGO_PKG_VERSION"));
    assert_eq!(requests[0].header("user-agent"), Some(agent));
    assert_eq!(requests[1].header("content-type"), Some("application/json"));
}

#[test]
fn a_raw_response_is_called_json_only_if_it_begins_like_json() {
    let json = ["{}", " \r\n\t[1]", "\"a\"", "-1", "0", "9", "true", "false", "null", "{ broken"];
    let other =
        ["", "  ", "<p>hi</p>", "hello", "+1", ".5", "\u{feff}{}", "\u{b}{}", "a,b", "%PDF"];
    let mut bodies: Vec<_> = json.iter().chain(&other).map(|text| text.as_bytes()).collect();
    bodies.push(b"\x89PNG\r\n\x1a\n");
    bodies.push(b"\x1f\x8b\x08\0");
    let api = FakeApi::start(bodies.iter().map(|body| Reply::event("1", body)), []);
    serve(&api, "echo");
    let posts = api.posts();
    for (number, body) in bodies.iter().enumerate() {
        let expected =
            if number < json.len() { "application/json" } else { "application/octet-stream" };
        assert_eq!(posts[number].header("content-type"), Some(expected), "{body:?}");
        assert_eq!(posts[number].body, *body);
    }
}

#[test]
fn every_header_and_the_environment_reach_the_context() {
    let event = Reply::event_with(
        "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        &[
            ("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1"),
            ("Lambda-Runtime-Client-Context", r#"{"client":{"app_title":"Até"},"w3c":{}}"#),
            (
                "Lambda-Runtime-Cognito-Identity",
                r#"{"cognitoIdentityId":"eu-central-1:1","cognitoIdentityPoolId":"eu-central-1:2"}"#,
            ),
            ("Lambda-Runtime-Aws-Tenant-Id", "tenant-7"),
            ("Lambda-Runtime-Invocation-Id", "attempt-3"),
        ],
        "{}",
    );
    let api = FakeApi::start([event], []);
    let mut command = bootstrap(&api, "context");
    command
        .env("AWS_LAMBDA_FUNCTION_NAME", "hello")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/hello")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[$LATEST]1")
        .env("AWS_REGION", "eu-central-1");
    end(&mut command, b"");
    let post = &api.posts()[0];
    let seen: Value = json::from_str(&post.text()).unwrap();
    let left: u64 = text(&seen, "seconds_left").parse().unwrap();
    assert!(left > 1_000_000_000, "the year 2100 is far: {left}");
    for (name, expected) in [
        ("request_id", "\"8476a536-e9f4-11e8-9739-2dfe598c3fcd\""),
        ("deadline_ms", "4102444800000"),
        ("invoked_function_arn", "\"arn:aws:lambda:eu-central-1:123456789012:function:hello\""),
        ("trace_id", "\"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1\""),
        ("client", "{\"client\":{\"app_title\":\"Até\"},\"w3c\":{}}"),
        ("identity_id", "\"eu-central-1:1\""),
        ("identity_pool_id", "\"eu-central-1:2\""),
        ("tenant_id", "\"tenant-7\""),
        ("invocation_id", "\"attempt-3\""),
        ("function", "\"hello\""),
        ("version", "\"$LATEST\""),
        ("memory_mb", "128"),
        ("log_group", "\"/aws/lambda/hello\""),
        ("log_stream", "\"2026/11/23/[$LATEST]1\""),
        ("region", "\"eu-central-1\""),
    ] {
        assert_eq!(text(&seen, name), expected, "{name}");
    }
    assert_eq!(post.header("lambda-runtime-invocation-id"), Some("attempt-3"));
}

#[test]
fn what_one_invocation_had_the_next_does_not_see() {
    let rich = [("Lambda-Runtime-Trace-Id", "Root=1-2"), ("Lambda-Runtime-Aws-Tenant-Id", "t")];
    let poor = Reply::new(200, &[("Lambda-Runtime-Aws-Request-Id", "2")], "{}");
    let api = FakeApi::start([Reply::event_with("1", &rich, "{}"), poor], []);
    serve(&api, "context");
    let second: Value = json::from_str(&api.posts()[1].text()).unwrap();
    for name in ["trace_id", "tenant_id", "deadline_ms", "seconds_left", "invocation_id", "client"]
    {
        assert_eq!(text(&second, name), "null", "{name}");
    }
    for name in ["invoked_function_arn", "function", "version", "region"] {
        assert_eq!(text(&second, name), "\"\"", "{name}");
    }
}

#[test]
fn odd_headers_harm_nobody() {
    let with_deadline = |ms: &str| {
        let headers = [("Lambda-Runtime-Aws-Request-Id", "1"), ("Lambda-Runtime-Deadline-Ms", ms)];
        Reply::new(200, &headers, "{}")
    };
    let api = FakeApi::start(
        [
            with_deadline("-5"),
            with_deadline("1000000000001"),
            with_deadline(""),
            with_deadline("soon"),
            with_deadline("99999999999999999999"),
            with_deadline("9223372036854775807"),
            with_deadline("600000"),
            Reply::event_with("1", &[("Lambda-Runtime-Client-Context", "")], "{}"),
            Reply::event_with("1", &[("Lambda-Runtime-Aws-Tenant-Id", "caf\u{e9}")], "{}"),
        ],
        [],
    );
    serve(&api, "context");
    let left: Vec<_> = api
        .posts()
        .iter()
        .map(|post| text(&json::from_str::<Value>(&post.text()).unwrap(), "seconds_left"))
        .collect();
    let (known, unknown) = ("0", "null");
    assert_eq!(left[..5], [known, known, unknown, unknown, unknown], "{left:?}");
    assert!(left[5].parse::<u64>().is_ok_and(|left| left > 1_000_000_000_000), "{left:?}");
    assert_eq!(left[6], unknown, "an emulator's timeout is no deadline");
    assert_eq!(left.len(), 9);
    let tenant: Value = json::from_str(&api.posts()[8].text()).unwrap();
    assert_eq!(text(&tenant, "tenant_id"), "\"café\"");
}

#[test]
fn broken_json_in_a_header_is_an_error_of_the_call_that_asks_for_it() {
    let broken = ("Lambda-Runtime-Cognito-Identity", r#"{"cognitoIdentityId": "secret"}"#);
    let api = FakeApi::start(
        [Reply::event_with("1", &[broken], "{}"), Reply::event_with("2", &[broken], "{}")],
        [],
    );
    serve(&api, "context");
    let post = &api.posts()[0];
    assert!(post.path.ends_with("/1/error"), "{}", post.path);
    assert!(post.text().contains("Function.InvalidCognitoIdentity"), "{}", post.text());
    assert!(!post.text().contains("secret"), "{}", post.text());
    assert_eq!(api.posts().len(), 2);
}

#[test]
fn the_trace_variable_is_set_for_each_invocation_and_removed_where_there_is_none() {
    let traced = |id| Reply::event_with("1", &[("Lambda-Runtime-Trace-Id", id)], "{}");
    let api = FakeApi::start(
        [traced("Root=1"), Reply::event("2", "{}"), traced("Root=3"), traced("")],
        [],
    );
    serve(&api, "trace-variable");
    let seen: Vec<_> = api.posts().iter().map(support::fake_api::Request::text).collect();
    assert_eq!(seen, ["\"Root=1\"", "null", "\"Root=3\"", "null"]);
}

#[test]
fn ten_thousand_trace_ids_take_no_more_memory_than_a_thousand() {
    let peak = |count: usize| {
        let traced = |number| {
            let id = format!("Root=1-5bef4de7-{number:024x};Parent=53995c3f42cd8ad8;Sampled=1");
            Reply::event_with("1", &[("Lambda-Runtime-Trace-Id", &*id)], "{}")
        };
        let api = FakeApi::start((0..count).map(traced), []);
        let peak = peak_kb(&api, "trace-variable");
        assert!(api.posts()[count - 1].text().contains(&format!("{:x};Parent", count - 1)));
        peak
    };
    let (few, many) = (peak(1_000), peak(10_000));
    assert!(many - few < 512, "{few} KiB, {many} KiB");
}

#[test]
fn the_address_may_have_a_scheme_a_host_name_and_a_path() {
    for (before, after, prefix) in [
        ("", "", ""),
        ("http://", "", ""),
        ("HTTP://", "/", ""),
        ("", "/.rt/my-function", "/.rt/my-function"),
        ("http://", "/a/b/", "/a/b"),
    ] {
        for host in ["127.0.0.1", "localhost"] {
            let api = FakeApi::start([Reply::event("1", "{}")], []);
            let address = format!("{before}{host}:{}{after}", api.port());
            let mut command = bootstrap(&api, "echo");
            let ended = end(command.env("AWS_LAMBDA_RUNTIME_API", &address), b"");
            let posts = api.posts();
            assert_eq!(posts.len(), 1, "{address}: {}", ended.stderr);
            let path = format!("{prefix}/2018-06-01/runtime/invocation/1/response");
            assert_eq!(posts[0].path, path);
        }
    }
}

#[test]
fn an_address_that_cannot_be_used_is_said_and_ends_the_process() {
    for address in
        ["https://127.0.0.1:1", "no.such.host.invalid:80", "127.0.0.1:x", "[::1", "a b:1"]
    {
        let api = FakeApi::start([], []);
        let mut command = bootstrap(&api, "echo");
        let ended = end(command.env("AWS_LAMBDA_RUNTIME_API", address), b"");
        assert_eq!(ended.code(), 1, "{address}");
        assert!(ended.stderr.contains("AWS_LAMBDA_RUNTIME_API"), "{address}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{address}: {}", ended.stderr);
    }
}

#[test]
fn an_invocation_id_is_echoed_as_it_came() {
    for id in ["attempt-3", "caf\u{e9} 1"] {
        let api = FakeApi::start(
            [Reply::event_with("1", &[("Lambda-Runtime-Invocation-Id", id)], "{}")],
            [],
        );
        serve(&api, "echo");
        assert_eq!(api.posts()[0].header("lambda-runtime-invocation-id"), Some(id));
    }
}

#[test]
fn a_proxy_in_the_environment_is_not_used() {
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    let mut command = bootstrap(&api, "echo");
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    end(&mut command, b"");
    assert_eq!(api.posts().len(), 1);
}

#[test]
fn where_the_variable_is_not_set_the_first_argument_names_the_handler() {
    for variable in [None, Some("")] {
        let api = FakeApi::start([Reply::event("1", "\"x\"")], []);
        let mut command = example("bootstrap-for-tests");
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()).arg("value");
        variable.map(|empty| command.env("_HANDLER", empty));
        end(&mut command, b"");
        assert_eq!(api.posts()[0].text(), "\"x\"");
    }
}

#[test]
fn a_chunked_event_arrives_whole() {
    let head =
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let api = FakeApi::start(
        [Reply::raw(format!("{head}3\r\n[1,\r\n2;x=y\r\n2]\r\n0\r\n\r\n")), Reply::event("2", "3")],
        [],
    );
    serve(&api, "echo");
    assert_eq!(api.posts()[0].text(), "[1,2]");
    assert_eq!(api.posts()[1].text(), "3");
    assert_eq!(api.connections(), 1);
}

#[test]
fn six_megabytes_go_both_ways() {
    let event = format!("\"{}\"", "é".repeat(3 * 1024 * 1024 - 1));
    for handler in ["echo", "value"] {
        let api = FakeApi::start([Reply::event("1", &event), Reply::event("2", "{}")], []);
        serve(&api, handler);
        let posts = api.posts();
        assert!(posts[0].path.ends_with("/1/response") && posts[0].text() == event, "{handler}");
        assert_eq!(posts[1].text(), "{}");
        assert_eq!(api.connections(), 1);
    }
}

#[test]
fn events_of_all_sizes_come_one_after_the_other_as_they_are() {
    let sizes = [2, 300_000, 5, 70_000, 1_500_000, 3, 300_000, 1_000_000, 2];
    let events: Vec<_> = sizes.iter().map(|size| format!("\"{}\"", "x".repeat(size - 2))).collect();
    let chunked = |event: &str| {
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nTransfer-Encoding: chunked\r\n\r\n\
             {:x}\r\n{event}\r\n0\r\n\r\n",
            event.len()
        ))
    };
    for handler in ["echo", "value", "panic-or-echo"] {
        let replies = events.iter().rev().zip(&events);
        let replies = replies.flat_map(|(one, other)| [Reply::event("1", one), chunked(other)]);
        let api = FakeApi::start(replies, []);
        serve(&api, handler);
        let posts = api.posts();
        assert_eq!(posts.len(), 2 * events.len());
        for (pair, (one, other)) in posts.chunks(2).zip(events.iter().rev().zip(&events)) {
            assert!(pair[0].text() == *one && pair[1].text() == *other, "{handler}");
        }
    }
}

#[test]
fn an_empty_event_and_an_empty_response_are_bytes_too() {
    let api = FakeApi::start([Reply::event("1", ""), Reply::event("2", "")], []);
    serve(&api, "echo");
    let posts = api.posts();
    assert_eq!((posts.len(), posts[0].text().len()), (2, 0));
    assert_eq!(posts[0].header("content-length"), Some("0"));
}
