//! Keys of the log, and debug records of some invocations.

mod support;

use miniserde::json::{self, Object, Value};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use support::fake_api::{FakeApi, Reply};
use support::program::{Ended, end, example};

/// Serves events to the program, with variables.
fn serve(events: impl IntoIterator<Item = Reply>, variables: &[(&str, &str)]) -> Ended {
    let api = FakeApi::start(events, []);
    let mut command = example("logging-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", "work");
    end(command.envs(variables.iter().copied()), b"")
}

/// The records of the program, without its name.
fn lines(ended: &Ended) -> Vec<String> {
    let lines = ended.stderr.lines().filter(|line| line.contains("logging_for_tests"));
    lines.map(|line| line.replace("logging_for_tests: ", "")).collect()
}

fn records(ended: &Ended) -> Vec<Object> {
    let parse = |line| match json::from_str(line) {
        Ok(Value::Object(object)) => object,
        other => panic!("{other:?} {line}"),
    };
    let lines = ended.stderr.lines().filter(|line| line.contains("logging_for_tests"));
    lines.map(parse).collect()
}

fn text(record: &Object, name: &str) -> String {
    record.get(name).map_or("-".to_owned(), json::to_string)
}

#[test]
fn a_key_is_in_the_records_of_its_invocation_and_one_for_good_in_all() {
    let events =
        [r#"{"order":"A-1"}"#, "{}"].iter().zip(["1", "2"]).map(|(e, id)| Reply::event(id, e));
    let ended = serve(events, &[("TEST_HOOKS", "always")]);
    assert_eq!(
        lines(&ended),
        [
            "INFO 1 it begins service=shop order=A-1 pieces=7",
            "INFO 1 it ends service=shop order=A-1 pieces=7",
            "INFO 2 it begins service=shop",
            "INFO 2 it ends service=shop",
        ],
        "{}",
        ended.stderr
    );
    let warning = "log_key(\"lost\"): there is no invocation here";
    assert_eq!(ended.stderr.matches(warning).count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.lines().last().unwrap().ends_with("that was all service=shop"));
}

#[test]
fn a_key_that_a_record_of_a_batch_has_set_is_not_one_of_the_next() {
    // The first key of the process is one of a record; then there are keys around the batch.
    for (event, keys) in
        [(r#"{"what":"batch"}"#, ""), (r#"{"order":"A-1","what":"batch"}"#, " order=A-1 pieces=7")]
    {
        let ended = serve([Reply::event("1", event)], &[]);
        assert_eq!(
            lines(&ended),
            [
                format!("INFO 1 it begins{keys}"),
                format!("INFO 1 one{keys} message=a"),
                format!("INFO 1 one{keys}"),
                format!("INFO 1 one{keys} message=c"),
                format!("INFO 1 1 failed{keys}"),
                format!("INFO 1 it ends{keys}"),
            ],
            "{}",
            ended.stderr
        );
        let failed = ended.stderr.lines().find(|line| line.contains("record c failed")).unwrap();
        assert!(failed.ends_with(&format!("{keys} message=c")), "{failed}");
    }
}

#[test]
fn a_key_that_is_set_again_has_the_last_value_and_no_name_is_twice() {
    let event = r#"{"order":"A-1","what":"again"}"#;
    let ended = serve([Reply::event("1", event)], &[]);
    assert_eq!(
        lines(&ended)[1],
        "INFO 1 again pieces=9 order=A-1 pieces=8.5 requestId=true line\\nfeed=a\\nb"
    );
    let ended = serve([Reply::event("1", event)], &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]);
    let records = records(&ended);
    assert_eq!((&*text(&records[0], "order"), &*text(&records[0], "pieces")), ("\"A-1\"", "7"));
    let again = &records[1];
    for (name, value) in [
        ("pieces", "9"),
        ("_pieces", "8.5"),
        ("order", "\"A-1\""),
        ("requestId", "\"1\""),
        ("_requestId", "true"),
        ("line\nfeed", "\"a\\nb\""),
    ] {
        assert_eq!(text(again, name), value, "{name}");
    }
}

#[test]
fn each_worker_has_the_keys_of_its_own_event_also_in_a_thread() {
    let events = (0..100).map(|n| {
        let what = if n % 2 == 0 { "thread" } else { "nothing" };
        Reply::event(&format!("id-{n}"), format!(r#"{{"order":"A-{n}","what":"{what}"}}"#))
    });
    let ended = serve(events, &[("AWS_LAMBDA_MAX_CONCURRENCY", "4")]);
    let lines = lines(&ended);
    for n in 0..100 {
        let thread = if n % 2 == 0 { " thread=inner" } else { "" };
        let end = format!("INFO id-{n} it ends order=A-{n} pieces=7{thread}");
        assert_eq!(lines.iter().filter(|line| **line == end).count(), 1, "{end} {lines:#?}");
    }
    let in_threads = lines.iter().filter(|line| line.contains("in a thread order=A-")).count();
    assert_eq!(in_threads, 50);
}

#[test]
fn the_first_invocation_of_a_process_is_a_cold_start() {
    let sqs = include_str!("../data/sqs.json");
    for (kind, first) in [
        ("on-demand", true),
        ("snap-start", true),
        ("provisioned-concurrency", false),
        ("lambda-managed-instances", false),
    ] {
        let events = [Reply::event("1", sqs), Reply::event("2", r#"{"order":"A-1"}"#)];
        let variables = [("TEST_SETTINGS", "keys"), ("AWS_LAMBDA_INITIALIZATION_TYPE", kind)];
        let ended = serve(events, &variables);
        let expected = [
            format!("INFO 1 it begins coldStart={first} eventSource=SQS"),
            format!("INFO 1 it ends coldStart={first} eventSource=SQS"),
            "INFO 2 it begins coldStart=false order=A-1 pieces=7".to_owned(),
            "INFO 2 it ends coldStart=false order=A-1 pieces=7".to_owned(),
        ];
        assert_eq!(lines(&ended), expected);
    }
    let events = [Reply::event("1", "{}")];
    let variables = [("TEST_SETTINGS", "keys"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    assert_eq!(text(&records(&serve(events, &variables))[0], "coldStart"), "true");
}

#[test]
fn the_correlation_id_is_found_where_the_setting_says() {
    let long = format!(r#"{{"id":"{}é"}}"#, "x".repeat(255));
    for (settings, event, expected) in [
        ("api-gateway", include_str!("../data/apigateway-rest.json"), "requestContext.requestId"),
        ("api-gateway", include_str!("../data/apigateway-http.json"), "requestContext.requestId"),
        ("api-gateway", include_str!("../data/function-url.json"), "requestContext.requestId"),
        ("load-balancer", include_str!("../data/alb.json"), "headers.x-amzn-trace-id"),
        ("event-bridge", include_str!("../data/eventbridge.json"), "id"),
        ("api-gateway", include_str!("../data/sqs.json"), ""),
        ("event-bridge", r#"{"id":"a\nb c"}"#, "a\\nb c"),
        ("event-bridge", r#"{"id":7}"#, "7"),
        ("event-bridge", r#"{"id":{"secret":1}}"#, ""),
        ("event-bridge", &long, &"x".repeat(255)),
    ] {
        let expected = match minilambda_events_path(event, expected) {
            Some(value) => value,
            None => expected.to_owned(),
        };
        let ended = serve([Reply::event("1", event)], &[("TEST_SETTINGS", settings)]);
        let key =
            if expected.is_empty() { String::new() } else { format!(" correlationId={expected}") };
        assert_eq!(lines(&ended)[0], format!("INFO 1 it begins{key}"), "{settings}");
    }
    let trace = [("Lambda-Runtime-Trace-Id", "Parent=53; Root=1-5759-bd;Sampled=1")];
    let ended = serve([Reply::event_with("1", &trace, "{}")], &[("TEST_SETTINGS", "x-ray")]);
    assert_eq!(lines(&ended)[0], "INFO 1 it begins correlationId=1-5759-bd");
    let event = r#"{"Records":[{"messageAttributes":{"n":{"value":"c-1"}}}]}"#;
    let ended = serve([Reply::event("1", event)], &[("TEST_SETTINGS", "by-path")]);
    assert_eq!(lines(&ended)[0], "INFO 1 it begins correlationId=c-1");
}

/// The string at a path of a document, by another reader than the runtime's.
fn minilambda_events_path(document: &str, path: &str) -> Option<String> {
    let json: minilambda_events::Json = minilambda::decode(document.as_bytes()).unwrap();
    json.path(path).and_then(minilambda_events::JsonRef::as_str).map(str::to_owned)
}

#[test]
fn debug_records_are_those_of_the_sampled_invocations() {
    let events = || (0..40).map(|n| Reply::event(&n.to_string(), "{}"));
    let count = |settings| {
        let ended = serve(events(), &[("TEST_SETTINGS", settings)]);
        lines(&ended).iter().filter(|line| line.starts_with("DEBUG")).count()
    };
    assert_eq!((count("always"), count("never")), (80, 0));
    // An invocation has both of its records, or none. All or none of 40: once in 10^11 runs.
    let half = count("half");
    assert!(half % 2 == 0 && (2..80).contains(&half), "{half}");
}

/// The records of an invocation with a buffer.
fn buffered(event: &str) -> Vec<String> {
    lines(&serve([Reply::event("1", event)], &[("TEST_SETTINGS", "buffer")]))
}

#[test]
fn the_buffer_is_written_if_the_invocation_fails() {
    assert_eq!(buffered("{}"), ["INFO 1 it begins", "INFO 1 it ends"]);
    let failed = ["INFO 1 it begins", "DEBUG 1 in detail"];
    assert_eq!(buffered(r#"{"what":"error"}"#), failed);
    assert_eq!(buffered(r#"{"what":"panic"}"#), failed);
    assert_eq!(
        buffered(r#"{"what":"caught"}"#),
        [
            "INFO 1 it begins",
            "DEBUG 1 in detail",
            "ERROR 1 a part has failed",
            "DEBUG 1 at the end",
            "INFO 1 it ends",
        ]
    );
    let ended = serve(
        [Reply::event("1", r#"{"what":"error"}"#), Reply::event("2", "{}")],
        &[("TEST_SETTINGS", "buffer")],
    );
    let all: Vec<_> = ended.stderr.lines().collect();
    let debug = all.iter().position(|line| line.starts_with("DEBUG 1")).unwrap();
    let error = all.iter().position(|line| line.starts_with("ERROR 1")).unwrap();
    assert!(debug < error, "{}", ended.stderr);
    assert!(!ended.stderr.contains("DEBUG 2"), "the next invocation has its own buffer");
}

#[test]
fn the_buffer_is_written_before_a_timeout() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let deadline = (now + Duration::from_millis(600)).as_millis().to_string();
    let headers =
        [("Lambda-Runtime-Aws-Request-Id", "1"), ("Lambda-Runtime-Deadline-Ms", &*deadline)];
    let event = Reply::new(200, &headers, r#"{"what":"slow"}"#);
    let ended = serve([event], &[("TEST_SETTINGS", "buffer")]);
    let debug = ended.stderr.find("DEBUG 1 logging_for_tests: in detail").expect("the record");
    let warning = ended.stderr.find("will time out").expect("the warning");
    assert!(debug < warning, "{}", ended.stderr);
}

#[test]
fn the_buffer_has_a_limit_and_says_what_it_left_out() {
    let ended = serve([Reply::event("1", r#"{"what":"many"}"#)], &[("TEST_SETTINGS", "buffer")]);
    let lines = lines(&ended);
    let debug: Vec<_> = lines.iter().filter(|line| line.starts_with("DEBUG")).collect();
    assert!(debug.len() > 30 && debug.len() < 60, "{}", debug.len());
    assert_eq!(debug.last().unwrap().as_str(), "DEBUG 1 detail 99");
    let left_out = 101 - debug.len();
    let warning =
        format!("WARN 1 minilambda: {left_out} debug records did not fit into 2000 bytes");
    assert!(ended.stderr.contains(&warning), "{}", ended.stderr);
}

#[test]
fn a_record_that_has_waited_has_a_frame_of_its_own() {
    let api = FakeApi::start([Reply::event("1", r#"{"what":"caught"}"#)], []);
    let mut command = example("logging-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", "work");
    command.env("TEST_SETTINGS", "buffer").env("_LAMBDA_TELEMETRY_LOG_FD", "1");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let number =
        |bytes: &[u8]| bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let (mut rest, mut frames) = (&output.stdout[..], Vec::new());
    while let Some((head, after)) = rest.split_at_checked(16) {
        let (record, after) = after.split_at(number(&head[4..8]));
        let message = String::from_utf8_lossy(record).split(": ").nth(1).unwrap().to_owned();
        frames.push((number(&head[..4]) >> 2 & 7, message));
        rest = after;
    }
    let expected = [
        (3, "it begins"),
        (2, "in detail"),
        (5, "a part has failed"),
        (2, "at the end"),
        (3, "it ends"),
        (5, "asking for the next event failed"),
    ];
    assert_eq!(frames, expected.map(|(level, message)| (level, message.to_owned())));
    assert_eq!((rest, &*output.stderr), (&b""[..], &b""[..]));
}

#[test]
fn a_failure_of_one_worker_writes_no_other_buffer() {
    let events = (0..60).map(|n| {
        let what = if n % 3 == 0 { "error" } else { "nothing" };
        Reply::event(&format!("id-{n}"), format!(r#"{{"what":"{what}"}}"#))
    });
    let variables = [("TEST_SETTINGS", "buffer"), ("AWS_LAMBDA_MAX_CONCURRENCY", "4")];
    let lines = lines(&serve(events, &variables));
    for n in 0..60 {
        let debug = format!("DEBUG id-{n} in detail");
        let expected = usize::from(n % 3 == 0);
        assert_eq!(lines.iter().filter(|line| **line == debug).count(), expected, "{n}");
    }
}

/// Everything is on, and the event has a secret in each value, and in each name but the known.
#[test]
fn nothing_else_of_an_event_is_in_the_log() {
    let event = r#"{"Records":[{"receiptHandle":"s3cret","body":"s3cret","s3cret":1}],
        "requestContext":{"requestId":"r-1","identity":"s3cret"},"what":"caught"}"#;
    for format in ["Text", "JSON"] {
        let variables = [("TEST_SETTINGS", "all"), ("AWS_LAMBDA_LOG_FORMAT", format)];
        let ended = serve([Reply::event("1", event)], &variables);
        assert!(
            ended.stderr.contains("r-1") && !ended.stderr.contains("s3cret"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_local_run_has_keys_too_and_the_programs_own_logger_has_none() {
    let run = |what: &str| {
        let mut command = example("logging-for-tests");
        let event = format!(r#"{{"order":"A-1","what":"{what}"}}"#);
        end(command.arg("work").env("TEST_SETTINGS", "buffer"), event.as_bytes()).stderr
    };
    let local = "INFO  logging_for_tests: it begins order=A-1 pieces=7\n";
    let debug = "DEBUG logging_for_tests: in detail order=A-1 pieces=7\n";
    let fine = run("nothing");
    assert!(fine.contains(local) && !fine.contains(debug), "{fine}");
    // The error of a local run is its document, and no record.
    let document = r#"{"errorMessage":"as asked","errorType":"Broken","stackTrace":[]}"#;
    let failed = run("error");
    assert!(failed.ends_with(&format!("{local}{debug}{document}\n")), "{failed}");
    let ended = serve(
        [Reply::event("1", r#"{"order":"A-1"}"#)],
        &[("TEST_SETTINGS", "all"), ("TEST_LOGGER", "1")],
    );
    assert!(ended.stderr.contains("IT BEGINS!\n"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("order"), "{}", ended.stderr);
}
