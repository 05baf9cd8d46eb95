//! Programs under AWS's Runtime Interface Emulator: what the caller of a function gets.

#[path = "support/emulator.rs"]
mod aws;
mod support;

use aws::{Emulator, Response};
use miniserde::{Deserialize, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The document in place of a response when the function failed.
#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "errorType")]
    kind: String,
}

fn failure(response: &Response) -> Failure {
    json::from_str(&response.body).unwrap_or_else(|_| panic!("no error document: {response:?}"))
}

/// Returns the function's response. The emulator responds to a failure with 200 too.
fn response(response: Response) -> String {
    assert_eq!(response.status, 200, "{}", response.body);
    response.body
}

/// Returns the line of a log that contains a text.
fn line<'a>(log: &'a str, part: &str) -> &'a str {
    log.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("no {part} in:\n{log}"))
}

fn data(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(file)).unwrap()
}

// ---- responses

#[test]
fn a_request_from_api_gateway_gets_a_response() {
    let Some(mut emulator) = Emulator::start("hello", "hello.apigateway") else { return };
    let body = response(emulator.invoke(data("apigateway-rest.json")));
    assert!(body.contains("\"statusCode\":200"), "{body}");
    assert!(body.contains("\"body\":\"Hello, curl/8.5.0!\\n\""), "{body}");
}

/// A list that the process keeps is there at the next invocation.
#[test]
fn the_to_do_application_serves_http_requests() {
    let Some(mut emulator) = Emulator::start("todo", "todo.http") else { return };
    let list = String::from_utf8(data("todo-list.json")).unwrap();
    let create = list
        .replace("\"method\": \"GET\"", "\"method\": \"POST\"")
        .replace("\"user-agent\"", "\"content-type\": \"application/json\", \"user-agent\"")
        .replace("\"isBase64Encoded\"", r#""body": "{\"title\":\"tea\"}", "isBase64Encoded""#);
    let created = response(emulator.invoke(create.into_bytes()));
    assert!(created.contains("\"statusCode\":201"), "{created}");
    assert!(created.contains("\"location\":\"/todos/1\""), "{created}");
    let listed = response(emulator.invoke(list.into_bytes()));
    assert!(listed.contains(r#"{\"id\":1,\"title\":\"tea\",\"done\":false}"#), "{listed}");
    let log = emulator.end();
    assert!(line(&log, "POST /todos 201 in ").contains("minilambda_http"), "{log}");
}

#[test]
fn a_custom_event_is_logged_under_its_request_id() {
    let Some(mut emulator) = Emulator::start("hello", "hello.order") else { return };
    let body = response(emulator.invoke(data("order.json")));
    assert_eq!(body, "{\"order\":\"A-1007\",\"pieces\":7}");
    let log = emulator.end();
    let start = line(&log, "START RequestId: ");
    let id = start.split(' ').nth(2).unwrap();
    let record = line(&log, "6 of cup");
    assert!(record.starts_with("INFO ") && record.contains(id), "{record}");
}

#[test]
fn bytes_are_returned_as_bytes() {
    let Some(mut emulator) = Emulator::start("hello", "hello.raw") else { return };
    assert_eq!(response(emulator.invoke("no JSON\n at all\n")), "noJSONatall");
    assert_eq!(response(emulator.invoke("")), "");
}

#[test]
fn an_event_of_6_mb_is_served_and_so_is_the_next() {
    let Some(mut emulator) = Emulator::start("hello", "hello.raw") else { return };
    let event = format!("\"{}\"", "x".repeat(6 * 1024 * 1024 - 2));
    // Compared so that a failure does not print them.
    assert!(response(emulator.invoke(&event)) == event);
    assert_eq!(response(emulator.invoke("{}")), "{}");
}

#[test]
fn a_function_sees_what_is_known_of_it_and_how_much_time_it_has() {
    #[derive(Deserialize)]
    struct Seen {
        request_id: String,
        seconds_left: Option<u64>,
        invoked_function_arn: String,
        function: String,
        memory_mb: Option<u32>,
    }
    let Some(mut emulator) = Emulator::start("bootstrap-for-tests", "context") else { return };
    let seen: Seen = json::from_str(&response(emulator.invoke("{}"))).unwrap();
    line(&emulator.end(), &format!("START RequestId: {}", seen.request_id));
    let seconds_left = seen.seconds_left.unwrap();
    assert!((200..=300).contains(&seconds_left), "{seconds_left}");
    assert!(seen.invoked_function_arn.ends_with(":function:test_function"));
    assert_eq!(seen.function, "test_function");
    assert_eq!(seen.memory_mb, Some(3008));
}

// ---- failures

#[test]
fn an_error_reaches_the_caller_with_its_kind_and_message() {
    let Some(mut emulator) = Emulator::start("bootstrap-for-tests", "error") else { return };
    let response = emulator.invoke("\"OutOfStock\"");
    // The exact document, because callers in other languages parse it.
    assert_eq!(
        response.body,
        "{\"errorMessage\":\"the warehouse is \\\"closed\\\" – até amanhã\",\
         \"errorType\":\"OutOfStock\",\"stackTrace\":[]}"
    );
    assert_eq!(response.status, 200, "the emulator's way for a handler's error");
    let log = emulator.end();
    assert!(line(&log, "OutOfStock").starts_with("ERROR "), "{log}");
}

#[test]
fn a_managed_instance_is_served_by_as_many_workers_as_it_says() {
    let workers = 4;
    let Some(mut emulator) = Emulator::start_managed("bootstrap-for-tests", "sleep-ms", workers)
    else {
        return;
    };
    let (responses, took) = emulator.invoke_at_once(&["1000"; 4]);
    assert!(responses.iter().all(|response| response.body == "null"), "{responses:?}");
    assert!(took < Duration::from_millis(3500), "one after the other: {took:?}");
    // A failure affects no other event.
    let (responses, _) = emulator.invoke_at_once(&["300", "\"x\"", "300"]);
    assert_eq!(responses[0].body, "null");
    assert_eq!(failure(&responses[1]).kind, "Function.InvalidEvent");
    assert_eq!(responses[2].body, "null");
    let log = emulator.end();
    // Our record is JSON; the emulator adds its own line.
    assert!(
        line(&log, "\"errorType\":\"Function.InvalidEvent\"").contains("\"level\":\"ERROR\""),
        "{log}"
    );
}
