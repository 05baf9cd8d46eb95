//! The hook after each response.

mod support;

use std::thread;
use std::time::{Duration, Instant};
use support::fake_api::{FakeApi, Reply};
use support::program::{Ended, bootstrap, end, example};

fn serve(api: &FakeApi, handler: &str, hooks: &str) -> Ended {
    end(bootstrap(api, handler).env("TEST_HOOKS", hooks), b"")
}

fn after(ended: &Ended) -> Vec<&str> {
    let lines = ended.stderr.lines().filter(|line| line.contains("bootstrap_for_tests: after "));
    lines.collect()
}

/// The hook is called once for each event, with its id in the record and in the context.
#[test]
fn it_is_called_after_responses_errors_panics_and_streams() {
    for (handler, event, path) in [
        ("echo", "{}", "/response"),
        ("error", "\"Kind\"", "/error"),
        ("panic-or-echo", "\"panic\"", "/error"),
        ("order", "\"no order\"", "/error"),
        ("stream", "\"fine\"", "/response"),
        ("stream", "\"early-error\"", "/error"),
        ("stream", "\"error\"", "/response"),
        ("of-size", "7000000", "/error"),
    ] {
        let api = FakeApi::start([Reply::event("1", event), Reply::event("2", event)], []);
        let ended = serve(&api, handler, "after-response");
        let expected =
            ["INFO 1 bootstrap_for_tests: after 1", "INFO 2 bootstrap_for_tests: after 2"];
        assert_eq!(after(&ended), expected, "{handler} {event}: {}", ended.stderr);
        assert_eq!(ended.stdout, "[after 1][after 2]", "stdout is flushed");
        assert!(api.posts().iter().all(|post| post.path.ends_with(path)), "{handler} {event}");
        assert_eq!(api.posts().len(), 2, "{handler} {event}");
    }
}

#[test]
fn it_is_called_if_the_response_was_rejected_or_lost_or_the_event_is_incomplete() {
    let rejected = || Reply::new(410, &[], "too late");
    let lost = || Reply::raw(b"").closing();
    for post in [rejected(), lost()] {
        let api = FakeApi::start([Reply::event("1", "{}"), Reply::event("2", "{}")], [post]);
        let ended = serve(&api, "echo", "after-response");
        assert_eq!(after(&ended).len(), 2, "{}", ended.stderr);
        assert!(ended.stderr.contains("POST /2018-06-01/runtime/invocation/1/"), "it is logged");
    }
    let mut half = Reply::event("1", "{\"a\":\"long enough\"}");
    half.bytes.truncate(half.bytes.len() - 5);
    let api = FakeApi::start([half.closing(), Reply::event("2", "{}")], []);
    let ended = serve(&api, "echo", "after-response");
    assert_eq!(after(&ended).len(), 2, "{}", ended.stderr);
    assert!(api.posts()[0].text().contains("Runtime.TruncatedEvent"));
}

#[test]
fn it_is_not_called_if_the_service_ends_the_process() {
    let api = FakeApi::start([Reply::event("1", "{}")], [Reply::new(500, &[], "beyond help")]);
    let ended = serve(&api, "echo", "after-response");
    assert_eq!((ended.code(), after(&ended).len()), (1, 0), "{}", ended.stderr);
}

#[test]
fn its_panic_is_logged_once_and_the_next_event_is_served() {
    let api = FakeApi::start([Reply::event("1", "{}"), Reply::event("2", "{}")], []);
    let ended = serve(&api, "echo", "after-response-panic");
    assert_eq!(api.posts().len(), 2, "{}", ended.stderr);
    for id in 1..=2 {
        let line = format!("ERROR {id} minilambda: Function.Panic: cannot send metrics");
        assert_eq!(ended.stderr.matches(&line).count(), 1, "{}", ended.stderr);
    }
}

/// The caller has the response before the hook has run.
#[test]
fn the_response_does_not_wait_for_it_and_the_next_event_does() {
    let api = FakeApi::start([Reply::event("1", "{}"), Reply::event("2", "{}")], []);
    let begin = Instant::now();
    thread::scope(|scope| {
        let program = scope.spawn(|| {
            let mut command = bootstrap(&api, "echo");
            end(command.env("TEST_HOOKS", "after-response-ms").env("TEST_MS", "600"), b"")
        });
        while api.posts().is_empty() && begin.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(200));
        let asked = api.requests().iter().filter(|it| it.path.ends_with("/next")).count();
        assert_eq!((api.posts().len(), asked), (1, 1), "the hook runs");
        program.join().unwrap();
    });
    assert!(begin.elapsed() >= Duration::from_millis(1200), "each event has its hook");
    assert_eq!(api.posts().len(), 2);
}

#[test]
fn each_worker_calls_it_for_its_own_event() {
    let events = (0..100).map(|n| Reply::event(&format!("id-{n}"), "{}"));
    let api = FakeApi::start(events, []);
    let mut command = bootstrap(&api, "echo");
    command.env("TEST_HOOKS", "after-response").env("AWS_LAMBDA_MAX_CONCURRENCY", "4");
    let ended = end(&mut command, b"");
    for n in 0..100 {
        let line = format!("INFO id-{n} bootstrap_for_tests: after id-{n}\n");
        assert_eq!(ended.stderr.matches(&line).count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn the_deadline_is_watched_while_it_runs() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let deadline = (now + Duration::from_millis(700)).as_millis().to_string();
    let headers =
        [("Lambda-Runtime-Aws-Request-Id", "1"), ("Lambda-Runtime-Deadline-Ms", &*deadline)];
    let api = FakeApi::start([Reply::new(200, &headers, "{}")], []);
    let mut command = bootstrap(&api, "echo");
    command.env("TEST_HOOKS", "after-response-ms").env("TEST_MS", "2200");
    let ended = end(&mut command, b"");
    let warning = "handler echo, with after_response, has run for ";
    assert_eq!(ended.stderr.matches(warning).count(), 2, "{}", ended.stderr);
    let late = "the caller has the response, and nothing ends the hook";
    assert_eq!(ended.stderr.matches(late).count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("WARN 1 minilambda::lifecycle::deadline"), "{}", ended.stderr);
}

#[test]
fn a_local_run_calls_it_after_the_response_or_error() {
    for (handler, event, code) in [("echo", "{}", 0), ("order", "\"no order\"", 1)] {
        let mut command = example("bootstrap-for-tests");
        let ended = end(command.arg(handler).env("TEST_HOOKS", "after-response"), event.as_bytes());
        assert_eq!(ended.code(), code, "{}", ended.stderr);
        let hook = ended.stderr.find("after local");
        let error = ended.stderr.find("\"errorType\":\"Function.InvalidEvent\"");
        assert!(hook.is_some(), "{}", ended.stderr);
        assert!(error.is_some() == (code == 1) && error < hook, "{}", ended.stderr);
        assert!(ended.stdout.ends_with("[after local]"), "{}", ended.stdout);
    }
}

#[cfg(feature = "shutdown")]
#[test]
fn sigterm_ends_the_process_while_it_runs() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    let mut command = bootstrap(&api, "echo");
    command.env("TEST_HOOKS", "after-response-shutdown").stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let begin = Instant::now();
    while api.posts().len() < 2 && begin.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(5)); // the registration and the response
    }
    thread::sleep(Duration::from_millis(100));
    let line = format!("kill -TERM {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{log}");
    assert!(log.contains("the hook begins") && log.contains("shutdown"), "{log}");
}
