//! What a function's log looks like on Lambda.

mod support;

use miniserde::json::{self, Object, Value};
use std::process::Stdio;
use support::fake_api::{FakeApi, Reply};
use support::program::{bootstrap, end};

fn logged(text: &str, rust_log: Option<&str>) -> Vec<String> {
    let api = FakeApi::start([Reply::event("id-1", json::to_string(text))], []);
    let mut command = bootstrap(&api, "log");
    rust_log.map(|filter| command.env("RUST_LOG", filter));
    let ended = end(&mut command, b"");
    assert_eq!(ended.stdout, "");
    let mut lines: Vec<_> = ended.stderr.split_inclusive('\n').map(str::to_owned).collect();
    lines.pop(); // that the API ran out
    lines
}

#[test]
fn a_record_is_one_line_with_level_request_id_and_target() {
    assert_eq!(
        logged("first\nsecond\n\tthird", None),
        ["INFO id-1 bootstrap_for_tests: first\rsecond\r\tthird\n"]
    );
}

#[test]
fn the_filter_comes_from_rust_log() {
    assert_eq!(logged("x", Some("warn")), [""; 0]);
    assert_eq!(
        logged("x", Some("bootstrap_for_tests=debug")),
        ["INFO id-1 bootstrap_for_tests: x\n", "DEBUG id-1 bootstrap_for_tests: in detail: x\n"]
    );
    // Records of the HTTP client are shown only if the filter names it.
    assert_eq!(logged("x", Some("debug")).len(), 2);
    assert!(logged("x", Some("debug,ureq=debug")).len() > 4);
}

#[test]
fn the_end_is_logged_without_a_request_id_of_the_past() {
    let api = FakeApi::start([Reply::event("id-1", "\"x\"")], []);
    let ended = end(&mut bootstrap(&api, "log"), b"");
    let last = ended.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("ERROR - minilambda::runtime: asking for the next event failed: 500"),
        "{last}"
    );
}

/// The records of one invocation in JSON mode, each decoded.
fn json_records(handler: &str, event: &str, variables: &[(&str, &str)]) -> Vec<Object> {
    let api = FakeApi::start(
        [Reply::event_with("id-1", &[("Lambda-Runtime-Aws-Tenant-Id", "t-1")], event)],
        [],
    );
    let mut command = bootstrap(&api, handler);
    command.env("AWS_LAMBDA_LOG_FORMAT", "JSON").envs(variables.iter().copied());
    let ended = end(&mut command, b"");
    let objects = ended.stderr.lines().map(|line| match json::from_str(line) {
        Ok(Value::Object(object)) => object,
        _ => panic!("no JSON object: {line}"),
    });
    objects.filter(|object| object.contains_key("requestId")).collect()
}

fn text(record: &Object, name: &str) -> String {
    record.get(name).map_or_else(String::new, json::to_string)
}

#[test]
fn in_json_mode_a_record_is_an_object() {
    let message = "a\nb\u{1}\"\\ü \u{1f600}\u{7f}";
    let records = json_records("log", &json::to_string(message), &[]);
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert!(matches!(&record["message"], Value::String(text) if text == message));
    assert_eq!(text(record, "level"), "\"INFO\"");
    assert_eq!(text(record, "target"), "\"bootstrap_for_tests\"");
    assert_eq!(text(record, "requestId"), "\"id-1\"");
    assert_eq!(text(record, "tenantId"), "\"t-1\"");
    let timestamp = text(record, "timestamp");
    assert!(
        timestamp.len() == 26 && timestamp.starts_with("\"20") && timestamp.ends_with("Z\""),
        "{timestamp}"
    );
}

#[test]
fn in_json_mode_the_level_is_the_functions() {
    for (level, levels) in [
        ("TRACE", "TRACE WARN ERROR INFO DEBUG"),
        ("debug", "WARN ERROR INFO DEBUG"),
        ("INFO", "WARN ERROR INFO"),
        ("", "WARN ERROR INFO"),
        ("WARN", "WARN ERROR"),
        ("ERROR", "ERROR"),
        ("FATAL", "ERROR"),
    ] {
        let records = json_records("log", "\"levels\"", &[("AWS_LAMBDA_LOG_LEVEL", level)]);
        let seen: Vec<_> =
            records.iter().map(|record| text(record, "level").replace('"', "")).collect();
        assert_eq!(seen.join(" "), levels, "{level}");
    }
    // The program's own variable has precedence.
    let asked = [("AWS_LAMBDA_LOG_LEVEL", "ERROR"), ("RUST_LOG", "warn")];
    assert_eq!(json_records("log", "\"levels\"", &asked).len(), 2);
}

#[test]
fn key_values_are_members_or_text() {
    let records = json_records("log", "\"levels\"", &[]);
    assert_eq!(
        (text(&records[0], "count"), text(&records[0], "name")),
        ("3".into(), "\"x\\ny\"".into())
    );
    assert!(
        logged("levels", None)
            .contains(&"WARN id-1 bootstrap_for_tests: w count=3 name=x\\ny\n".to_owned())
    );
}

#[test]
fn errors_and_panics_are_records_with_members_of_their_own() {
    let records = json_records("error", "\"OutOfStock\"", &[]);
    assert_eq!(records.len(), 1);
    assert_eq!(text(&records[0], "level"), "\"ERROR\"");
    assert_eq!(text(&records[0], "errorType"), "\"OutOfStock\"");
    assert!(text(&records[0], "errorMessage").contains("até amanhã"));
    assert_eq!(text(&records[0], "stackTrace"), "[]");
    let records = json_records("panic-or-echo", "\"panic\"", &[]);
    assert_eq!(text(&records[0], "errorType"), "\"Function.Panic\"");
    assert!(text(&records[0], "stackTrace").starts_with("[\"panic (tests/support/bootstrap.rs:"));
}

#[test]
fn where_lambda_wants_frames_records_are_framed() {
    for (format, kind) in [("Text", 0xa55a_0003_u32), ("JSON", 0xa55a_0002)] {
        let api = FakeApi::start([Reply::event("id-1", "\"levels\"")], []);
        let mut command = bootstrap(&api, "log");
        // Any inherited descriptor will do, such as stdout.
        command.env("_LAMBDA_TELEMETRY_LOG_FD", "1").env("AWS_LAMBDA_LOG_FORMAT", format);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "all goes to the descriptor");
        let mut rest = &output.stdout[..];
        for (level, told) in
            [(4, "w"), (5, "e"), (3, "levels"), (5, "asking for the next event failed")]
        {
            let number = |range: std::ops::Range<usize>| {
                rest[range].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
            };
            assert_eq!(number(0..4), u64::from(kind | level << 2), "{told}");
            let length = usize::try_from(number(4..8)).unwrap();
            assert!(number(8..16) > 1_700_000_000_000_000, "microseconds");
            let record = std::str::from_utf8(&rest[16..16 + length]).unwrap();
            assert!(record.contains(told) && !record.ends_with('\n'), "{record}");
            assert_eq!(record.starts_with('{'), format == "JSON", "{record}");
            rest = &rest[16 + length..];
        }
        assert_eq!(rest, b"");
    }
}

#[test]
fn the_descriptor_is_not_handed_on_and_a_wrong_one_loses_no_record() {
    for number in ["1", "77", "x", "-1"] {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        let mut command = bootstrap(&api, "telemetry-variable");
        let ended = end(command.env("_LAMBDA_TELEMETRY_LOG_FD", number), b"");
        assert_eq!(api.posts()[0].text(), "null");
        assert_eq!(number != "1", ended.stderr.contains("asking for the next event failed"));
    }
}

#[test]
fn a_logger_of_the_programs_own_is_respected_and_flushed() {
    let api = FakeApi::start([Reply::event("id-1", "\"hello\"")], []);
    let ended = end(bootstrap(&api, "log").env("TEST_LOGGER", "own"), b"");
    assert_eq!(ended.stderr, "HELLO!\nflushed\nflushed\n");
}
