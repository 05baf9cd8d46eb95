//! Functions that invoke others, and that send messages to clients of a WebSocket API.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use minilambda_local::Lambda;
use minilambda_local::script::Step;
use moto::{StandIn, lambda};
use service::{Service, error, respond};

/// A function that invokes others of the same program, by the API of minilambda-local.
#[test]
fn a_function_gets_the_response_or_the_error_of_another() {
    let others = Lambda::builder(Lambda::path_of_example("aws-calls")).build();
    let server = others.serve(0).unwrap();
    let caller = lambda("aws-calls", &server.url()).build();
    let run = |handler: &str, event: &str| {
        let done = caller.invoke(handler, event).unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        done.json::<String>().unwrap()
    };
    for (event, expected) in [
        (r#"{"function":"double","number":21}"#, "42"),
        (r#"{"function":"double","qualifier":"$LATEST","number":21}"#, "42"),
        (
            r#"{"function":"arn:aws:lambda:eu-central-1:123456789012:function:double","number":1}"#,
            "2",
        ),
        (r#"{"function":"fail","number":7}"#, "function ThrottlingException: no 7 (CarriedOut)"),
        (r#"{"function":"double","kind":"async","number":21}"#, "accepted"),
        (r#"{"function":"double","kind":"check","number":21}"#, "there"),
    ] {
        assert_eq!(run("invoke", event), expected, "{event}");
    }
    let panicked = run("invoke", r#"{"function":"panic","number":7}"#);
    assert!(panicked.starts_with("function Function.Panic: there is no 7"), "{panicked}");
    for kind in ["invoke", "check", "async"] {
        let event = format!(r#"{{"function":"nobody","kind":"{kind}","number":1}}"#);
        let missing = run("invoke", &event);
        assert!(missing.starts_with("service ResourceNotFoundException: "), "{missing}");
        assert!(missing.ends_with("(Refused)"), "{missing}");
    }
    for name in ["", ".."] {
        let event = format!(r#"{{"function":"{name}","number":1}}"#);
        let refused = run("invoke", &event);
        assert!(refused.contains("Aws.InvalidRequest") && refused.contains("NotSent"), "{refused}");
    }
}

#[test]
fn a_stream_is_written_as_it_comes_and_its_error_is_at_its_end() {
    let others = Lambda::builder(Lambda::path_of_example("aws-calls")).build();
    let server = others.serve(0).unwrap();
    let caller = lambda("aws-calls", &server.url()).build();
    let run = |event: &str| caller.invoke("stream", event).unwrap().json::<String>().unwrap();
    // 0 + 1 + … + 19, 100,000 times each.
    assert_eq!(run(r#"{"function":"pages","number":20}"#), "2000000 bytes 121eac0 complete");
    assert_eq!(run(r#"{"function":"pages","number":0}"#), "0 bytes 0 complete");
    assert_eq!(run(r#"{"function":"double","number":4}"#), "1 bytes 38 complete");
    let broken = run(r#"{"function":"broken","number":2}"#);
    assert_eq!(broken, "200000 bytes 186a0 function OutOfPaper: the pages are over");
    let failed = run(r#"{"function":"fail","number":2}"#);
    assert!(failed.ends_with("function ThrottlingException: no 2"), "{failed}");
    let missing = run(r#"{"function":"nobody","number":2}"#);
    assert!(missing.starts_with("0 bytes 0 service ResourceNotFoundException"), "{missing}");
}

/// An invocation may have an effect: it is repeated only if it was not carried out.
#[test]
fn an_invocation_whose_response_is_lost_is_not_repeated_and_a_dry_run_is() {
    let event = |kind: &str| format!(r#"{{"function":"double","kind":"{kind}","number":1}}"#);
    for (kind, requests, expected) in [
        ("sync", 1, "service Aws.NoResponse"),
        ("async", 1, "service Aws.NoResponse"),
        ("check", 2, "there"),
    ] {
        let service = Service::start(vec![vec![Step::Close], respond("204 No Content", &[], "")]);
        let done = service.of("aws-calls").build().invoke("invoke", event(kind)).unwrap();
        let told: String = done.json().unwrap();
        assert!(told.starts_with(expected), "{kind}: {told}");
        assert_eq!(service.requests().len(), requests, "{kind}");
    }
    let service = Service::start(vec![
        error("429 Too Many Requests", "TooManyRequestsException"),
        respond("200 OK", &[], "2"),
    ]);
    let done = service.of("aws-calls").build().invoke("invoke", event("sync")).unwrap();
    assert_eq!((&*done.json::<String>().unwrap(), service.requests().len()), ("2", 2));
    // A function that has run out of time has no type of its error.
    let late = r#"{"errorMessage":"2026-11-29 Task timed out after 3.00 seconds"}"#;
    let late = respond("200 OK", &[("X-Amz-Function-Error", "Unhandled")], late);
    let service = Service::start(vec![late]);
    let done = service.of("aws-calls").build().invoke("invoke", event("sync")).unwrap();
    let expected = "function Unhandled: 2026-11-29 Task timed out after 3.00 seconds (CarriedOut)";
    assert_eq!(done.json::<String>().unwrap(), expected);
}

/// Lambda knows the name of an execution again, so the request is repeated.
#[test]
fn an_execution_with_a_name_is_started_although_the_first_response_is_lost() {
    for (kind, expected) in [("async", "accepted"), ("sync", "2")] {
        let event =
            format!(r#"{{"function":"loan","execution":"A-1","kind":"{kind}","number":1}}"#);
        let service = Service::start(vec![vec![Step::Close], respond("200 OK", &[], "2")]);
        let done = service.of("aws-calls").build().invoke("invoke", event).unwrap();
        assert_eq!(done.json::<String>().unwrap(), expected, "{:#?}", done.log);
        for request in service.requests() {
            assert!(request.contains("x-amz-durable-execution-name: A-1\n"), "{kind}: {request}");
        }
        assert_eq!(service.requests().len(), 2, "{kind}");
    }
}

const MESSAGE: &str = include_str!("../../data/apigateway-websocket-message.json");

#[test]
fn messages_reach_a_connection_as_botocore_would_send_them() {
    let Some(moto) = StandIn::moto() else { return };
    let done = lambda("aws-calls", &moto.url()).build().invoke("connections", MESSAGE).unwrap();
    let told: Vec<String> = done.json().unwrap();
    assert_eq!(told, ["sent", "sent", "192.168.0.1", "deleted"], "{:#?}", done.log);
}

#[test]
fn a_client_that_is_gone_is_no_error_and_a_message_that_may_have_come_is_not_sent_again() {
    let gone = || respond("410 Gone", &[("x-amzn-ErrorType", "GoneException")], "");
    let service = Service::start(vec![
        respond("200 OK", &[], ""),
        gone(),
        gone(),
        gone(),
        vec![Step::Close],
        error("403 Forbidden", "ForbiddenException"),
    ]);
    let lambda = service.of("aws-calls").build();
    let run = || lambda.invoke("connections", MESSAGE).unwrap().json::<Vec<String>>().unwrap();
    assert_eq!(run(), ["sent", "gone", "gone", "deleted"]);
    let requests = service.requests();
    let first = &requests[0];
    assert!(first.starts_with("POST /@connections/De1FgeR3FiACEAw%3D\n"), "{first}");
    assert!(first.ends_with("\nÜbergröße"), "{first}");
    assert!(requests[1].ends_with(r#"{"text":"dinner"}"#), "{}", requests[1]);
    let told = run();
    assert!(told[0].starts_with("service Aws.NoResponse"), "{told:?}");
    assert_eq!(told[1..], ["service ForbiddenException: the reason"; 3]);
    assert_eq!(service.requests().len(), 8);
}

/// No request with credentials goes to a host that is none of API Gateway.
#[test]
fn the_stage_of_a_request_is_one_of_api_gateway_or_named_by_the_program() {
    let lambda = Lambda::builder(Lambda::path_of_example("aws-calls")).build();
    for domain in [
        "",
        "chat.example.com",
        "a.execute-api.eu-central-1.evil.com",
        "evil.com/a.execute-api.eu-central-1.amazonaws.com",
        "a.execute-api.eu-central-1.amazonaws.com@evil.com",
    ] {
        let of_aws = "w1x2y3z4a5.execute-api.eu-central-1.amazonaws.com";
        let event = MESSAGE.replace(of_aws, domain);
        let told: Vec<String> = lambda.invoke("connections", event).unwrap().json().unwrap();
        let is_refused = told[0].contains("Aws.InvalidRequest: the WebSocket request came by");
        assert!(told.len() == 1 && is_refused, "{told:?}");
    }
}
