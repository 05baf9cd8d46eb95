//! A kept connection costs no lookup, no thread and one write for each request: counted by strace.

#[path = "support/service.rs"]
mod service;

use minilambda_local::script::Step;
use minilambda_local::wire;
use service::{Service, fine};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::{env, fs};

/// Counts lines of a trace.
fn count(trace: &str, is_it: impl Fn(&str) -> bool) -> usize {
    trace.lines().filter(|line| is_it(line)).count()
}

#[test]
fn fifty_requests_take_one_lookup_and_fifty_writes() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(env::var_os("CI").is_none(), "strace is needed in CI");
        eprintln!("SKIPPED: strace is not there");
        return;
    }
    let service = Service::start(vec![fine()]);
    let folder = env::temp_dir().join(format!("minilambda-aws-strace-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (program, trace) = (folder.join("traced"), folder.join("trace"));
    let example = minilambda_local::Lambda::path_of_example("aws-requests");
    let script = format!(
        "#!/bin/sh\nexec strace -f -qq -o {} -e trace=openat,clone,clone3,write,writev,sendto,sendmsg,connect {}\n",
        trace.display(),
        example.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let run_at = |url: &str, proxy: &str, times: usize| {
        let lambda = minilambda_local::Lambda::builder(&program)
            .timeout(std::time::Duration::from_secs(120))
            .env("AWS_ENDPOINT_URL", url)
            .env("HTTP_PROXY", proxy)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .build();
        let event = format!(
            r#"{{"service":"dynamodb","action":"UpdateItem","input":{{"a":1}},"times":{times}}}"#
        );
        let done = lambda.invoke("action", event).unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        drop(lambda);
        fs::read_to_string(&trace).unwrap()
    };
    let url = |service: &Service| format!("http://localhost:{}", service.address.port());
    let run = |service: &Service, times: usize| run_at(&url(service), "", times);
    let text = run(&service, 50);
    assert_eq!(service.requests().len(), 50);
    assert_eq!(count(&text, |line| line.contains("\"/etc/hosts\"")), 1, "one lookup");
    let is_thread = |line: &str| line.contains("clone") && line.contains("CLONE_THREAD");
    assert_eq!(count(&text, is_thread), count(&run(&service, 1), is_thread), "threads do not grow");
    assert!(count(&text, is_thread) <= 2, "the lookup's, and the runtime's for the deadline");
    let is_head = |line: &str| line.contains("POST / HTTP/1.1");
    assert_eq!(count(&text, is_head), 50, "one write for each head");
    // The body is in the same system call.
    let with_body = |line: &str| {
        is_head(line) && line.contains("iov_len=7")
            || is_head(line) && line.contains("{\\\"a\\\":1}")
    };
    assert_eq!(count(&text, with_body), 50, "{text}");
    let port = format!("htons({})", service.address.port());
    assert_eq!(count(&text, |line| line.contains("connect(") && line.contains(&port)), 1);

    let lookups = |text: &str| count(text, |line| line.contains("\"/etc/hosts\""));
    // A service that closes each connection: they share the address while it is fresh.
    let closing =
        vec![Step::Send(wire::response("200 OK", &[("Connection", "close")], b"{}")), Step::Close];
    let service = Service::start(vec![closing]);
    assert_eq!(lookups(&run(&service, 10)), 1);
    assert_eq!(service.connections(), 10);
    // After a failure it is looked up again.
    let service = Service::start(vec![vec![Step::Close]]);
    assert_eq!(lookups(&run(&service, 3)), 3);
    // So is a proxy: each of three attempts does it.
    assert_eq!(lookups(&run_at("http://dynamodb.test", &url(&service), 1)), 3);
    fs::remove_dir_all(&folder).unwrap();
}
