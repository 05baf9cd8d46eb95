//! The availability zone, from the metadata endpoint.

mod support;

use minilambda_local::Lambda;
use minilambda_local::script::{Server, Step, respond};
use std::time::{Duration, Instant};
use support::fake_api::{FakeApi, Reply};
use support::program::{Ended, end, example, path_of};

const ZONE: &str = r#"{"AvailabilityZoneID":"use1-az1","more":[1]}"#;

fn document() -> Vec<Step> {
    respond("200 OK", &[("Content-Type", "application/json")], ZONE)
}

/// Serves events to the handler, with a metadata endpoint that follows the script.
fn serve(handler: &str, events: usize, variables: &[(&str, &str)]) -> (Ended, Vec<String>) {
    let api = FakeApi::start((0..events).map(|n| Reply::event(&n.to_string(), "{}")), []);
    let mut command = example("logging-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", handler);
    let ended = end(command.envs(variables.iter().copied()), b"");
    (ended, api.posts().iter().map(support::fake_api::Request::text).collect())
}

#[test]
fn the_zone_is_asked_for_once_and_kept() {
    for (handler, workers, events) in [("zone", "1", 3), ("zone", "4", 12), ("zones", "1", 2)] {
        let server = Server::start(vec![document()]).unwrap();
        let address = server.address().to_string();
        let variables = [
            ("AWS_LAMBDA_METADATA_API", &*address),
            ("AWS_LAMBDA_METADATA_TOKEN", "t-17"),
            ("AWS_LAMBDA_MAX_CONCURRENCY", workers),
        ];
        let (ended, posts) = serve(handler, events, &variables);
        assert_eq!(posts.len(), events, "{}", ended.stderr);
        let all = format!("[{}]", ["\"use1-az1\""; 8].join(","));
        let expected = if handler == "zone" { "\"use1-az1\"" } else { &all };
        assert!(posts.iter().all(|post| post == expected), "{posts:?}");
        let requests = server.requests();
        assert_eq!((requests.len(), server.connections()), (1, 1));
        assert_eq!(requests[0].line, "GET /2026-01-15/metadata/execution-environment");
        let token = requests[0].headers.iter().find(|(name, _)| name == "authorization");
        assert_eq!(token.map(|(_, value)| &**value), Some("Bearer t-17"));
    }
}

/// Each way in which the endpoint can fail is an error in time, with the reason and without the
/// token. It is the error of the next call too, and the endpoint is not asked again.
#[test]
fn an_endpoint_that_fails_is_an_error_in_time() {
    let long = "x".repeat(200_000);
    for (script, told) in [
        (respond("401 Unauthorized", &[], "no"), "401: no"),
        (respond("500 Internal Server Error", &[], ""), "500: "),
        (respond("200 OK", &[], "{}"), "AvailabilityZoneID"),
        (respond("200 OK", &[], "<html>"), "invalid JSON"),
        (respond("200 OK", &[], r#"{"AvailabilityZoneID":7}"#), "expected a string"),
        (respond("200 OK", &[], &long), ""),
        (respond("302 Found", &[("Location", "http://127.0.0.1:1/")], ""), "302"),
        (vec![Step::Close], ""),
        (vec![Step::ReadAll, Step::Reset], ""),
        (
            vec![Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{".into()), Step::Close],
            "",
        ),
        (vec![Step::Wait(Duration::from_secs(20))], "no response within 1000 ms"),
        (vec![Step::SendSlowly(vec![b'H'; 4000])], ""),
    ] {
        let server = Server::start(vec![script, document()]).unwrap();
        let address = server.address().to_string();
        let variables =
            [("AWS_LAMBDA_METADATA_API", &*address), ("AWS_LAMBDA_METADATA_TOKEN", "s3cret")];
        let begin = Instant::now();
        let (ended, posts) = serve("zone", 2, &variables);
        assert!(begin.elapsed() < Duration::from_secs(8), "{told}");
        assert!(posts[0].contains("Function.NoMetadata"), "{told}: {}", posts[0]);
        assert!(posts[0].contains("from the metadata endpoint: "), "{}", posts[0]);
        assert!(posts[0].contains(told), "{told}: {}", posts[0]);
        assert_eq!(posts[1], posts[0], "{told}");
        assert_eq!(server.connections(), 1, "{told}");
        assert!(!ended.stderr.contains("s3cret") && !posts[0].contains("s3cret"));
    }
}

/// Otherwise each thread would wait for a second after the other.
#[test]
fn threads_that_ask_at_once_wait_for_one_second_in_all() {
    let scripts = (0..8).map(|_| vec![Step::Wait(Duration::from_secs(20))]).collect();
    let server = Server::start(scripts).unwrap();
    let address = server.address().to_string();
    let variables = [("AWS_LAMBDA_METADATA_API", &*address), ("AWS_LAMBDA_METADATA_TOKEN", "t")];
    let begin = Instant::now();
    let (_, posts) = serve("zones", 1, &variables);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert!(posts[0].contains("no response within 1000 ms"), "{}", posts[0]);
}

#[test]
fn without_an_endpoint_there_is_an_error() {
    let token = ("AWS_LAMBDA_METADATA_TOKEN", "t");
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unused = unused.to_string();
    for (variables, told) in [
        (&[][..], "are not set; Lambda and minilambda-local set them"),
        (&[token], "are not set"),
        (
            &[("AWS_LAMBDA_METADATA_API", "127.0.0.1:1"), ("AWS_LAMBDA_METADATA_TOKEN", "")],
            "are not",
        ),
        (&[("AWS_LAMBDA_METADATA_API", &*unused), token], "refused"),
        (&[("AWS_LAMBDA_METADATA_API", "https://x"), token], "it must be plain http"),
        (&[("AWS_LAMBDA_METADATA_API", "nowhere:1"), token], "nowhere"),
        (&[("AWS_LAMBDA_METADATA_API", &*unused), ("AWS_LAMBDA_METADATA_TOKEN", "a\nb")], "value"),
    ] {
        let (_, posts) = serve("zone", 1, variables);
        assert!(posts[0].contains("Function.NoMetadata"), "{}", posts[0]);
        assert!(posts[0].contains(told), "{told}: {}", posts[0]);
    }
}

#[test]
fn a_restored_snapshot_asks_again() {
    let server = Server::start(vec![
        document(),
        respond("200 OK", &[], r#"{"AvailabilityZoneID":"use1-az2"}"#),
    ]);
    let server = server.unwrap();
    let address = server.address().to_string();
    let variables = [
        ("AWS_LAMBDA_METADATA_API", &*address),
        ("AWS_LAMBDA_METADATA_TOKEN", "t"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"),
        ("TEST_HOOKS", "snapshot"),
    ];
    let (ended, posts) = serve("zone", 2, &variables);
    assert_eq!(posts, ["\"use1-az2\"", "\"use1-az2\""], "{}", ended.stderr);
}

#[test]
fn minilambda_local_has_the_endpoint() {
    for (region, zone) in [
        ("eu-central-1", "euc1-az1"),
        ("us-east-1", "use1-az1"),
        ("ap-southeast-2", "apse2-az1"),
        ("us-gov-west-1", "usgw1-az1"),
        ("ap-northeast-1", "apne1-az1"),
    ] {
        let lambda = Lambda::builder(path_of("logging-for-tests")).region(region).build();
        let done = lambda.invoke("zone", "null").unwrap();
        assert_eq!(done.text(), format!("\"{zone}\""), "{region}");
    }
}
