//! Everything that waits has a limit: stalls in each phase of a request, endless and broken
//! responses.

#[path = "support/service.rs"]
mod service;

use minilambda_local::script::Step;
use minilambda_local::wire;
use service::{Service, error, fine, respond};
use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

const READ: &str = r#"{"service":"dynamodb","action":"GetItem","input":{},"choices":CHOICES}"#;

fn read(choices: &str) -> String {
    READ.replace("CHOICES", choices)
}

fn wait(seconds: u64) -> Step {
    Step::Wait(Duration::from_secs(seconds))
}

/// Sends an event; returns the outcome, the number of requests, and the seconds.
fn timed(service: &Service, handler: &str, event: &str) -> (String, usize, f64) {
    let lambda = service.any().build();
    let start = Instant::now();
    let done = lambda.invoke(handler, event).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let count = service.requests().len();
    (done.json().unwrap(), count, start.elapsed().as_secs_f64())
}

/// The head and the first half of a response.
fn half(body: &[u8]) -> Vec<u8> {
    let all = wire::response("200 OK", &[], body);
    all[..all.len() - body.len() / 2].to_vec()
}

#[test]
fn a_head_that_does_not_come_is_waited_for_as_long_as_is_set() {
    let service = Service::start(vec![vec![wait(30)]]);
    let (told, count, seconds) = timed(&service, "action", &read(r#"{"timeout_ms":300}"#));
    assert!(told.starts_with("Aws.NoResponse: DYNAMODB GetItem: no response"), "{told}");
    assert!(
        told.contains("timeout: waiting for the head") && told.ends_with("[Unknown]"),
        "{told}"
    );
    assert!(count == 3 && seconds < 10.0, "{count} {seconds}");
    // The head drips: its limit is one of all of it.
    let drip = vec![
        Step::SendSlowly(b"HTTP/1.1 200 OK\r\n".to_vec()),
        wait(1),
        Step::Send(b"a: b\r\n".to_vec()),
        wait(30),
    ];
    let service = Service::start(vec![drip]);
    let (told, _, seconds) = timed(&service, "action", &read(r#"{"timeout_ms":1500}"#));
    assert!(told.contains("timeout: waiting for the head") && seconds < 15.0, "{told} {seconds}");
}

#[test]
fn a_body_that_stops_in_the_middle_is_no_hang() {
    let stalls = vec![Step::Send(half(b"{\"a\":\"0123456789\"}")), wait(30)];
    let service = Service::start(vec![stalls.clone(), fine()]);
    let (told, count, seconds) = timed(&service, "action", &read(r#"{"body_timeout_ms":300}"#));
    assert_eq!((&*told, count), ("done: ", 2), "it is repeated, as it reads");
    assert!(seconds < 10.0);
    let service = Service::start(vec![stalls]);
    let write = read(r#"{"body_timeout_ms":300}"#).replace("GetItem", "UpdateItem");
    let (told, count, _) = timed(&service, "action", &write);
    assert!(told.contains("timeout: waiting for the rest of the response"), "{told}");
    assert!(told.ends_with("[Unknown]") && count == 1, "{told} {count}");
    // Chunks, too.
    let chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\"".to_vec();
    let service = Service::start(vec![vec![Step::Send(chunks), wait(30)]]);
    let (told, ..) = timed(&service, "action", &write);
    assert!(told.contains("timeout: waiting for the rest"), "{told}");
}

#[test]
fn a_peer_that_does_not_read_is_no_hang() {
    let service = Service::start(vec![fine()]);
    let path = env::temp_dir().join(format!("minilambda-aws-large-{}", process::id()));
    fs::write(&path, vec![7; 40_000_000]).unwrap();
    let refusal = wire::response("403 Forbidden", &[], b"<Error><Code>AccessDenied</Code></Error>");
    for (says, expected) in [
        (Vec::new(), "the request was not sent to its end: timeout"),
        (refusal, "AccessDenied: S3"),
    ] {
        // Accepts, reads the head, may respond, and does nothing more.
        let server = wire::Acceptor::start(move |mut stream| {
            stream.read_exact(&mut [0; 100]).unwrap();
            stream.write_all(&says).unwrap();
            thread::sleep(Duration::from_secs(60));
        });
        let address = server.as_ref().unwrap().address();
        let event = format!(
            r#"{{"action":"file","bucket":"photos","key":"a","path":{path:?},"choices":{{
                "endpoint":"http://{address}","body_timeout_ms":300}}}}"#
        );
        let (told, _, seconds) = timed(&service, "bucket", &event);
        assert!(told.contains(expected), "{told}");
        assert!(seconds < 20.0, "{seconds}");
    }
    fs::remove_file(&path).unwrap();
}

#[test]
fn an_invocation_that_ends_earlier_is_the_limit_without_a_word() {
    for script in [vec![wait(30)], vec![Step::Send(half(b"{\"a\":\"0123456789\"}")), wait(30)]] {
        let service = Service::start(vec![script]);
        let lambda = service.any().timeout(Duration::from_secs(2)).build();
        let start = Instant::now();
        let done = lambda.invoke("action", read("null")).unwrap();
        // The function reports it itself, before Lambda ends it.
        assert_eq!(done.failure, None, "{:#?}", done.log);
        assert!(done.text().contains("timeout"), "{}", done.text());
        assert!(start.elapsed() < Duration::from_secs(3));
        assert_eq!(service.requests().len(), 1);
    }
}

/// How many seconds each action gets is checked beside the catalog.
#[test]
fn long_polling_waits_as_long_as_it_asks_and_a_task_is_asked_for_once() {
    let service =
        Service::start(vec![vec![wait(2), Step::Send(wire::response("200 OK", &[], b"{}"))]]);
    let event = r#"{"service":"sqs","action":"ReceiveMessage","input":{"WaitTimeSeconds":20}}"#;
    let (told, count, seconds) = timed(&service, "action", event);
    assert_eq!((&*told, count), ("done: ", 1));
    assert!(seconds >= 2.0);
    let service = Service::start(vec![vec![Step::Close]]);
    let event = r#"{"service":"stepfunctions","action":"GetActivityTask","input":{}}"#;
    let (told, count, _) = timed(&service, "action", event);
    assert!(count == 1 && told.ends_with("[Unknown]"), "{count} {told}");
}

#[test]
fn a_response_in_memory_has_a_limit_and_one_to_a_writer_has_none() {
    let large = respond("200 OK", &[], "x".repeat(2000));
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n".to_vec();
    let chunk = [
        chunked,
        vec![b'x'; 1000],
        b"\r\n3e8\r\n".to_vec(),
        vec![b'x'; 1000],
        b"\r\n0\r\n\r\n".to_vec(),
    ]
    .concat();
    for script in [large.clone(), vec![Step::Send(chunk)]] {
        let service = Service::start(vec![script]);
        let get = r#"{"action":"ACTION","bucket":"photos","key":"a","choices":{"max_response_bytes":1000}}"#;
        let (told, count) = service.send("bucket", &get.replace("ACTION", "get"));
        assert!(
            told.starts_with("Aws.InvalidResponse: S3 GetObject: the response has more than 1000"),
            "{told}"
        );
        assert!(count == 1 && told.ends_with("[CarriedOut]"), "{told}");
        assert_eq!(service.send("bucket", &get.replace("ACTION", "get_to")).0, "done: 2000 bytes");
    }
    // The error of a service is kept in part, and its code is found by the status.
    let error = format!("{{\"message\":\"{}", "x".repeat(4_000_000));
    let service = Service::start(vec![respond("400 Bad", &[], &error)]);
    let (told, _) = service.send("action", &read("null"));
    assert!(
        told.starts_with("BadRequest: DYNAMODB GetItem: the service gives no reason"),
        "{told}"
    );
    // Also one in chunks without end.
    let head = b"HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunks = vec![Step::Send(head), Step::SendForever(b"1\r\nx\r\n".to_vec())];
    let (told, count, seconds) = timed(&Service::start(vec![chunks]), "action", &read("null"));
    assert!(told.starts_with("BadRequest") && count == 1 && seconds < 15.0, "{told} {seconds}");
}

#[test]
fn a_response_that_is_no_http_or_has_no_end_is_an_error() {
    for (bytes, reason) in [
        (&b"SSH-2.0-OpenSSH\r\n\r\n"[..], "not HTTP"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", "two lengths"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "no size"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n",
            "longer than its size",
        ),
    ] {
        let service = Service::start(vec![vec![Step::Send(bytes.to_vec()), Step::Close]]);
        let (told, _) = service.send("action", &read("null").replace("GetItem", "UpdateItem"));
        assert!(told.contains(reason) && told.ends_with("[Unknown]"), "{told}");
    }
    for forever in [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], b"a: b\r\n", b"x"] {
        let start = b"HTTP/1.1 200 OK\r\n".to_vec();
        let first = if forever.starts_with(b"HTTP") { Vec::new() } else { start };
        let service =
            Service::start(vec![vec![Step::Send(first), Step::SendForever(forever.to_vec())]]);
        let (told, _, seconds) =
            timed(&service, "action", &read("null").replace("GetItem", "UpdateItem"));
        assert!(told.contains("too") && seconds < 15.0, "{told} {seconds}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Service::start(vec![fine()]);
    let location = format!("http://{}/", elsewhere.address);
    let service =
        Service::start(vec![respond("307 Temporary Redirect", &[("Location", &location)], "")]);
    let (told, count) = service.send("action", &read("null"));
    assert!(told.starts_with("Redirect: ") && told.ends_with("[Refused]") && count == 1, "{told}");
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn an_error_with_odd_fields_says_what_it_can() {
    let service =
        Service::start(vec![respond("400 Bad", &[], r#"{"code":17,"message":"the reason"}"#)]);
    assert!(
        service
            .send("action", &read("null"))
            .0
            .starts_with("17: DYNAMODB GetItem: the reason (status 400)")
    );
    let repeats = "x-amz-security-token:a-token-that-nobody-sees a-secret-that-nobody-sees";
    let body = format!(r#"{{"__type":"InvalidSignatureException","message":"{repeats}"}}"#);
    let service = Service::start(vec![respond("403 Forbidden", &[], &body)]);
    assert!(
        service.send("action", &read("null")).0.contains("x-amz-security-token:(hidden) (hidden)")
    );
    // A date whose year has two digits is not believed.
    let date = [("Date", "Sunday, 06-Nov-94 08:49:37 GMT")];
    let skewed = respond("403 Forbidden", &date, r#"{"__type":"RequestTimeTooSkewed"}"#);
    let service = Service::start(vec![skewed, fine()]);
    let (told, count) = service.send("action", &read("null"));
    assert!(told.starts_with("RequestTimeTooSkewed") && count == 1, "{told}");
}

#[test]
fn a_request_whose_time_is_over_is_not_sent() {
    let service = Service::start(vec![error("429 Too Many", "X")]);
    let lambda = service.any().timeout(Duration::from_millis(1200)).build();
    // Each attempt is refused; the delays come to their end before the invocation does.
    let event = r#"{"service":"dynamodb","action":"GetItem","input":{},"times":100000}"#;
    let done = lambda.invoke("action", event).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let told = done.text();
    assert!(
        told.contains("the invocation's time was over") && told.contains("[NotSent]"),
        "{told}"
    );
}

/// Beside its code and its text it may have an item, or a part of the request.
#[test]
fn the_document_of_an_error_takes_little_memory() {
    let item = r#"{"":0},"#.repeat(400_000);
    let error = format!(r#"{{"__type":"a#Odd","Item":[{item}0],"message":"the reason"}}"#);
    let service = Service::start(vec![respond("400 Bad", &[], &error)]);
    let done = service.any().memory_mb(128).build().invoke("action", read("null")).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    assert!(done.text().starts_with("\"Odd: DYNAMODB GetItem: the reason"), "{}", done.text());
}

/// Whether the table hears of work that ends in the last tenth of an invocation's time, which is
/// for its response.
fn is_heard_of(work: &str, expected: &str, action: &str) -> bool {
    let runs = env::temp_dir().join(format!("minilambda-{}-{action}", process::id()));
    // On a busy machine the moment may be too short.
    let is_heard_of = (0..12).any(|_| {
        let _ = fs::remove_file(&runs);
        let service = Service::start(vec![fine()]);
        let builder = service.of("aws-once").env("RUNS", runs.display().to_string());
        let lambda = builder.timeout(Duration::from_secs(5)).build();
        let event = format!(r#"{{"key":"a","payload":"p","work":"{work}","ms":480}}"#);
        let done = lambda.invoke("once", event).unwrap();
        let told = done.failure.as_ref().map_or_else(|| done.text(), |it| it.kind.clone());
        let requests = service.requests();
        told == expected
            && !done.has_logged("a response is not kept")
            && requests.len() == 2
            && requests[1].contains(&format!(".{action}\n"))
            && requests[1].contains(r##""ConditionExpression":"#owner = :owner""##)
    });
    fs::remove_file(&runs).unwrap();
    is_heard_of
}

/// Without the record the work would be done again.
#[test]
fn what_is_done_in_the_last_moment_is_kept() {
    assert!(is_heard_of("late", r#"{"number":1,"text":"p"}"#, "UpdateItem"));
}

/// Otherwise the next attempt would find the key in progress.
#[test]
fn the_key_of_what_fails_in_the_last_moment_is_given_back() {
    assert!(is_heard_of("late failure", "Work", "DeleteItem"));
}

/// A thread on managed instances that is not attached to an invocation does not know its deadline.
#[test]
fn outside_of_an_invocation_a_key_is_in_progress_for_the_longest_timeout() {
    for (handler, expected_s) in [("nothing", 120), ("outside", 5400)] {
        let service = Service::start(vec![fine()]);
        let lambda = service.of("aws-once").events_per_program(2).max_programs(1).build();
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let begin = now();
        assert_eq!(lambda.invoke(handler, "\"k\"").unwrap().failure, None);
        let request = service.requests().remove(0);
        let number = |name: &str| -> u64 {
            let (_, rest) = request.split_once(&format!(r#""{name}":{{"N":""#)).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let end_s = number("in_progress_expiration") / 1000;
        let expected = begin + expected_s..=now() + expected_s;
        assert!(expected.contains(&end_s), "{handler}: {end_s}, {expected:?}");
        // The record is not removed before that.
        assert_eq!(number("expiration"), end_s + 3600);
    }
}

#[test]
fn a_response_in_memory_has_the_limits_of_its_record() {
    let runs = env::temp_dir().join(format!("minilambda-{}-memory", process::id()));
    let lambda =
        |service: &Service| service.of("aws-once").env("RUNS", runs.display().to_string()).build();
    let event = |work: &str, settings: &str| {
        format!(r#"{{"key":"a","payload":"p","work":"{work}","settings":["cached"{settings}]}}"#)
    };
    // One of over 64 KB is not kept, nor is one whose time is over.
    for (work, settings, pause_ms) in [("quotes", "", 0), ("", r#","second""#, 2100)] {
        let service = Service::start(vec![fine()]);
        let lambda = lambda(&service);
        for requests in [2, 4] {
            assert_eq!(lambda.invoke("once", event(work, settings)).unwrap().failure, None);
            assert_eq!(service.requests().len(), requests, "{work}");
            thread::sleep(Duration::from_millis(pause_ms));
        }
    }
    // That of another worker is kept.
    let id = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    let there = format!(
        r#"{{"__type":"x#ConditionalCheckFailedException","Item":{{"id":{{"S":"work#{id}"}},
        "expiration":{{"N":"9999999999"}},"status":{{"S":"COMPLETED"}},
        "data":{{"S":"{{\"number\":7,\"text\":\"t\"}}"}}}}}}"#
    );
    let service = Service::start(vec![respond("400 Bad Request", &[], there)]);
    let lambda = lambda(&service);
    for _ in 0..2 {
        let done = lambda.invoke("once", event("", "")).unwrap();
        assert_eq!(done.text(), r#"{"number":7,"text":"t"}"#, "{:#?}", done.log);
        assert_eq!(service.requests().len(), 1);
    }
    let _ = fs::remove_file(&runs);
}

#[test]
fn a_payload_of_many_objects_takes_little_memory() {
    let service = Service::start(vec![fine()]);
    let done = service.of("aws-once").memory_mb(128).build().invoke("many", "{}").unwrap();
    assert_eq!((done.text(), &done.failure), ("1".to_owned(), &None), "{:#?}", done.log);
}
