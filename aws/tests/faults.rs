//! A service that misbehaves: requests that are tried again, requests that are not, and the errors.

#[path = "support/service.rs"]
mod service;

use minilambda_local::Lambda;
use minilambda_local::script::Step;
use minilambda_local::wire;
use service::{Service, error, fine, respond};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn what_is_refused_for_a_while_is_tried_again() {
    for script in [
        error("400 Bad Request", "ProvisionedThroughputExceededException"),
        error("400 Bad Request", "ThrottlingException"),
        error("429 Too Many", "Whatever"),
        error("503 Unavailable", "ServiceUnavailable"),
    ] {
        for handler in ["read", "write"] {
            let service = Service::start(vec![script.clone(), script.clone(), fine()]);
            assert_eq!(service.run(handler), ("done".to_owned(), 3), "{handler}");
            let service = Service::start(vec![script.clone()]);
            let (told, count) = service.run(handler);
            assert!(told.contains("the reason (status ") && count == 3, "{told} {count}");
        }
    }
}

/// Another region was writing the item of a table with strong consistency in several.
#[test]
fn a_write_that_meets_one_of_another_region_is_sent_again() {
    let conflict = error("409 Conflict", "ReplicatedWriteConflictException");
    let service = Service::start(vec![conflict.clone(), conflict, fine()]);
    assert_eq!(service.run("write"), ("done".to_owned(), 3));
}

/// Secrets Manager refuses a secret without a token, which SDKs make, and knows one that is
/// written twice by it.
#[test]
fn a_secret_has_a_token_that_is_its_own_also_when_it_is_sent_again() {
    let service = Service::start(vec![vec![Step::Reset], fine()]);
    assert_eq!(service.run("set-secret"), ("done".to_owned(), 3));
    let requests = service.requests();
    let tokens: Vec<_> = requests
        .iter()
        .map(|request| request.split_once(r#""ClientRequestToken":""#).unwrap().1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(tokens.iter().all(|token| token.len() == 32), "{tokens:?}");
    assert!(tokens[0] == tokens[1] && tokens[1] != tokens[2], "{tokens:?}");
}

/// An error in the middle may come after the effect.
#[test]
fn what_may_have_been_carried_out_is_tried_again_only_if_that_is_safe() {
    let all = wire::response("200 OK", &[], b"{\"a\":1}");
    let half = all[..all.len() - 3].to_vec();
    for script in [
        error("500 Internal Server Error", "InternalServerError"),
        error("502 Bad Gateway", "X"),
        // As an HTTP API says it while its function goes on: no code of AWS.
        respond("503 Unavailable", &[], "{\"message\":\"the reason\"}"),
        vec![Step::Close],
        vec![Step::Reset],
        vec![Step::Send(half.clone()), Step::Close],
        vec![Step::Send(half[..20].to_vec()), Step::Reset],
    ] {
        let service = Service::start(vec![script.clone(), fine()]);
        assert_eq!(service.run("read"), ("done".to_owned(), 2), "{script:?}");
        let service = Service::start(vec![script.clone(), fine()]);
        let (told, count) = service.run("write");
        assert_eq!(count, 1, "{script:?}: {told}");
        let is_told = told
            .starts_with("Aws.NoResponse: DYNAMODB UpdateItem: no response, and it may")
            || told.contains("the reason (status 50");
        assert!(is_told, "{told}");
    }
}

/// Taken for the content, it would say that an item is not there, or that an object is empty.
#[test]
fn a_success_without_its_content_is_an_error() {
    let get_item = r#"{"service":"dynamodb","action":"GetItem","input":{}}"#;
    let get = r#"{"action":"get","bucket":"photos","key":"a"}"#;
    let get_to = r#"{"action":"get_to","bucket":"photos","key":"a"}"#;
    let closed = vec![Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Step::Close];
    for (script, handler, event) in [
        (respond("200 OK", &[], ""), "action", get_item),
        (closed, "action", get_item),
        (respond("204 No Content", &[], ""), "action", get_item),
        (respond("204 No Content", &[], ""), "bucket", get),
        (respond("202 Accepted", &[], "x"), "bucket", get_to),
    ] {
        let (told, count) = Service::start(vec![script.clone()]).send(handler, event);
        assert!(told.starts_with("Aws.InvalidResponse") && count == 1, "{script:?}: {told}");
    }
    // An action that only writes may have no output; one that changes the protocol is none of HTTP.
    let update = get_item.replace("GetItem", "UpdateItem");
    let service = Service::start(vec![respond("200 OK", &[], "")]);
    assert_eq!(service.send("action", &update).0, "done: ");
    let service = Service::start(vec![vec![Step::Send(
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec(),
    )]]);
    let (told, count) = service.send("action", &update);
    assert!(told.starts_with("Aws.NoResponse") && told.ends_with("[Unknown]"), "{told}");
    assert_eq!(count, 1);
}

#[test]
fn what_is_wrong_is_not_tried_again() {
    let service = Service::start(vec![error("400 Bad Request", "ValidationException")]);
    let (told, count) = service.run("read");
    assert!(told.starts_with("ValidationException: DYNAMODB GetItem: the reason"), "{told}");
    assert_eq!(count, 1);
    let service = Service::start(vec![respond("200 OK", &[], "[]")]);
    let (told, count) = service.run("read");
    assert!(told.starts_with("Aws.InvalidResponse: DYNAMODB GetItem: the response: "), "{told}");
    assert_eq!(count, 1);
    let service = Service::start(vec![respond("200 OK", &[], "")]);
    assert_eq!(service.run("write").0, "done");
}

#[test]
fn a_service_that_is_not_there_was_not_sent_anything() {
    let service = Service::start(vec![fine()]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lambda = service.lambda().env("AWS_ENDPOINT_URL", format!("http://{nobody}")).build();
    let told = lambda.invoke("write", "{}").unwrap().text();
    assert!(
        told.contains("Aws.NotSent: DYNAMODB UpdateItem: no connection to 127.0.0.1:"),
        "{told}"
    );
}

#[test]
fn a_slow_service_is_waited_for_no_longer_than_the_invocation_has() {
    let slow = vec![Step::Wait(Duration::from_secs(20)), Step::Close];
    let service = Service::start(vec![slow.clone()]);
    let lambda = service.lambda().timeout(Duration::from_secs(2)).build();
    let start = Instant::now();
    let done = lambda.invoke("within", "{}").unwrap();
    // The function reports it itself, before Lambda ends it.
    assert_eq!(done.failure, None, "{:#?}", done.log);
    assert!(
        done.text().contains("Aws.NoResponse") && done.text().contains("timeout"),
        "{}",
        done.text()
    );
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_clock_that_is_wrong_is_corrected_once() {
    let skewed = respond(
        "403 Forbidden",
        &[("Date", "Thu, 01 Jan 2099 00:00:00 GMT")],
        "{\"__type\":\"a#InvalidSignatureException\",\"message\":\"Signature expired: now\"}",
    );
    let service = Service::start(vec![skewed, fine()]);
    let lambda = service.lambda().build();
    for _ in 0..2 {
        assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
    }
    let requests = service.requests();
    assert_eq!(requests.len(), 3);
    assert!(
        !requests[0].contains("x-amz-date: 2099") && requests[1].contains("x-amz-date: 20990101T")
    );
    assert!(requests[2].contains("x-amz-date: 20990101T"));
}

/// The clock or the keys are corrected once, whichever attempt it is.
#[test]
fn a_correction_may_come_after_another_failure() {
    let date = [("Date", "Thu, 01 Jan 2099 00:00:00 GMT")];
    let skewed = respond("403 Forbidden", &date, "{\"__type\":\"RequestTimeTooSkewed\"}");
    for refusal in [skewed, error("400 Bad Request", "ExpiredTokenException")] {
        let busy = error("503 Unavailable", "ServiceUnavailable");
        let service = Service::start(vec![busy, refusal.clone(), fine()]);
        assert_eq!(service.run("write"), ("done".to_owned(), 3));
        let service = Service::start(vec![refusal]);
        let (told, count) = service.run("write");
        assert!(told != "done" && count == 2, "{told} {count}");
    }
}

#[test]
fn credentials_of_the_container_are_kept_and_asked_for_again_when_they_have_expired() {
    let document = |key: &str| {
        let document = format!(
            "{{\"AccessKeyId\":\"{key}\",\"SecretAccessKey\":\"s\",\"Token\":\"token-{key}\",\
             \"Expiration\":\"2099-01-01T00:00:00Z\"}}"
        );
        respond("200 OK", &[], &document)
    };
    let container = Service::start(vec![document("FIRST"), document("SECOND")]);
    let expired = error("400 Bad Request", "ExpiredTokenException");
    let service = Service::start(vec![fine(), fine(), expired, fine()]);
    let lambda = service
        .lambda()
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/", container.address))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "may I")
        .build();
    for _ in 0..3 {
        assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
    }
    let asked = container.requests();
    assert!(asked.len() == 2 && asked[0].contains("authorization: may I"), "{asked:?}");
    let requests = service.requests();
    let keys: Vec<_> = requests.iter().map(|head| head.contains("Credential=FIRST/")).collect();
    assert_eq!(keys, [true, true, true, false]);
    assert!(requests[3].contains("x-amz-security-token: token-SECOND"), "{}", requests[3]);

    let lambda = service.lambda().env("AWS_ACCESS_KEY_ID", "").build();
    let told = lambda.invoke("write", "{}").unwrap().text();
    assert!(told.contains("Aws.NoCredentials"), "{told}");
}

#[test]
fn a_download_that_breaks_off_is_not_begun_again() {
    let all = wire::response("200 OK", &[], &[7; 1000]);
    let half = vec![Step::Send(all[..all.len() - 400].to_vec()), Step::Close];
    let service = Service::start(vec![half, respond("200 OK", &[], "x")]);
    assert_eq!(service.run("download"), ("Aws.NoResponse after 600 bytes".to_owned(), 1));
}

#[test]
fn the_connection_is_kept_and_a_freeze_that_kills_it_is_noticed() {
    let service = Service::start(vec![fine()]);
    let lambda = service.lambda().build();
    for _ in 0..5 {
        assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
    }
    assert_eq!(service.connections(), 1);

    // Closed while the function is frozen: it may be seen before the next request, or, after
    // more than five seconds, is not relied on.
    let closing = vec![Step::Send(wire::response("200 OK", &[], b"{}")), Step::Close];
    let service = Service::start(vec![closing]);
    let lambda = service.lambda().build();
    for _ in 0..3 {
        assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
        thread::sleep(Duration::from_millis(50));
    }
    // Lost without a word, as by a firewall: the packets go nowhere, so the old connection must not
    // be used.
    let service = Service::start(vec![fine()]);
    let lambda = service.lambda().build();
    assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
    thread::sleep(Duration::from_millis(5500));
    assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
    assert_eq!(service.connections(), 2);
}

#[test]
fn several_threads_call_at_once() {
    let service = Service::start(vec![fine()]);
    let lambda = service.lambda().build();
    assert_eq!(lambda.invoke("at-once", r#"{"count":"32"}"#).unwrap().text(), "32");
    assert_eq!(service.requests().len(), 32);
}

#[test]
fn the_extension_is_asked_without_a_signature() {
    let parameter = respond("200 OK", &[], r#"{"Parameter":{"Name":"a","Value":"orders"}}"#);
    let secret = respond("200 OK", &[], r#"{"SecretString":"hunter2"}"#);
    let missing = respond("400 Bad Request", &[], "ParameterNotFound");
    let service = Service::start(vec![missing, parameter, secret]);
    let port = service.address.port().to_string();
    let lambda = service
        .lambda()
        .env("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)
        .env("AWS_SESSION_TOKEN", "the-token")
        .build();
    let done = lambda.invoke("extension", r#"{"parameter":"/shop/a b","secret":"db"}"#).unwrap();
    let got: Vec<String> = done.json().unwrap();
    assert_eq!((&*got[0], &*got[1]), ("orders", "hunter2"));
    assert!(got[2].contains("status 400: ParameterNotFound"), "{}", got[2]);
    let requests = service.requests();
    let path = "/systemsmanager/parameters/get?name=%2Fshop%2Fa%20b&withDecryption=true";
    assert!(requests[1].contains(path), "{}", requests[1]);
    assert!(requests[2].contains("/secretsmanager/get?secretId=db"), "{}", requests[2]);
    assert!(requests.iter().all(|head| head.contains("x-aws-parameters-secrets-token: the-token")));
}

/// Invokes a function in a trace.
fn traced(lambda: &Lambda, handler: &str, trace: &str) -> String {
    let server = lambda.serve(0).unwrap();
    let address = server.address();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /2015-03-31/functions/{handler}/invocations HTTP/1.1\r\nHost: {address}\r\n\
         X-Amzn-Trace-Id: {trace}\r\nX-Amz-Log-Type: Tail\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    let response = std::io::read_to_string(&mut stream).unwrap();
    stream.shutdown(Shutdown::Both).ok();
    response
}

/// AWS's SDKs send it, too. By the lineage in it Lambda stops a function that sends events to
/// itself.
#[test]
fn a_request_has_the_trace_of_its_invocation() {
    let trace = "Root=1-5f84c7a1-0123456789abcdef01234567;Parent=00000000000000aa;Sampled=0;\
                 Lineage=1:a87bd80c:0";
    for (workers, handler) in [(1, "read"), (2, "write")] {
        let service = Service::start(vec![fine()]);
        let lambda = service.lambda().events_per_program(workers).build();
        let response = traced(&lambda, handler, trace);
        assert!(response.ends_with("\"done\""), "{response}");
        let request = &service.requests()[0];
        let header = format!("x-amzn-trace-id: {trace}\n");
        assert!(request.contains(&header), "{workers}: {request}");
    }
}

#[test]
fn metrics_are_lines_of_the_log_and_spans_are_datagrams() {
    let daemon = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let service = Service::start(vec![fine()]);
    let lambda = service
        .lambda()
        .env("AWS_XRAY_DAEMON_ADDRESS", daemon.local_addr().unwrap().to_string())
        .build();
    let trace = "Root=1-5f84c7a1-0123456789abcdef01234567;Parent=00000000000000aa;Sampled=1";
    let response = traced(&lambda, "observe", trace);
    assert!(response.ends_with("\"17\""), "{response}");
    let mut spans = Vec::new();
    for _ in 0..3 {
        let mut bytes = [0; 4096];
        let count = daemon.recv(&mut bytes).unwrap();
        let text = String::from_utf8(bytes[..count].to_vec()).unwrap();
        let (head, body) = text.split_once('\n').unwrap();
        assert_eq!(head, "{\"format\": \"json\", \"version\": 1}");
        let object: miniserde::json::Object = miniserde::json::from_str(body).unwrap();
        let field = |name: &str| miniserde::json::to_string(&object[name]);
        assert_eq!(field("trace_id"), "\"1-5f84c7a1-0123456789abcdef01234567\"");
        spans.push((field("name"), field("id"), field("parent_id"), field("fault")));
    }
    // The inner one ends first.
    assert_eq!(
        (&*spans[0].0, &*spans[1].0, &*spans[2].0),
        ("\"inner\"", "\"outer\"", "\"failed\"")
    );
    assert_eq!(spans[0].2, spans[1].1, "the inner one is in the outer one");
    assert_eq!((&*spans[1].2, &*spans[2].2), ("\"00000000000000aa\"", "\"00000000000000aa\""));
    assert_eq!((&*spans[0].3, &*spans[2].3), ("false", "true"));
    let done = lambda.invoke("observe", "{}").unwrap();
    let metric = done.log.iter().find(|line| line.contains("\"Orders\":1")).unwrap();
    assert!(metric.contains("\"Namespace\":\"observe\"") && metric.contains("\"Shop\":\"berlin\""));
    assert!(done.has_logged("is not written: its value NaN is not finite"));
}
