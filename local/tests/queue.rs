//! Asynchronous invocations: throttled ones stay in the queue, those of failing functions do not.

mod support;

use minilambda_local::{Builder, Lambda, Server};
use std::thread;
use std::time::{Duration, Instant};
use support::{Received, request};

const EVENT: &str = "X-Amz-Invocation-Type: Event";

fn builder() -> Builder {
    let delay = Duration::from_millis(20);
    Lambda::builder(Lambda::path_of_example("functions"))
        .timeout(Duration::from_secs(20))
        .retry_delays([delay, delay])
}

fn invoke(server: &Server, name: &str, headers: &str, event: &str) -> Received {
    let line = format!("POST /2015-03-31/functions/{name}/invocations\n{headers}");
    request(server.address(), &line, event.as_bytes())
}

/// Waits until this many runs of a handler are in the history.
fn wait_for_runs(server: &Server, count: usize) -> String {
    let start = Instant::now();
    loop {
        let state = request(server.address(), "GET /local/state", b"").text();
        if state.matches("START RequestId: ").count() >= count {
            return state;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{count} runs are not there");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_event_that_is_throttled_is_processed_when_there_is_a_program_for_it() {
    // One failure would be final.
    let lambda = builder().retry_delays([]).max_programs(1).build();
    let server = lambda.serve(0).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(invoke(&server, "sleep", "", "700").status, 200));
        thread::sleep(Duration::from_millis(200));
        for _ in 0..3 {
            assert_eq!(invoke(&server, "count", EVENT, "null").status, 202);
        }
        // A synchronous one is refused meanwhile.
        assert_eq!(invoke(&server, "count", "", "null").status, 429);
    });
    let state = wait_for_runs(&server, 4);
    assert!(!state.contains("discarded"));
    assert_eq!(invoke(&server, "count", "", "null").text(), "4");
}

#[test]
fn an_event_of_a_failing_function_is_tried_three_times() {
    let lambda = builder().build();
    let server = lambda.serve(0).unwrap();
    assert_eq!(invoke(&server, "fail", EVENT, "\"Again\"").status, 202);
    wait_for_runs(&server, 3);
    thread::sleep(Duration::from_millis(200));
    let state = request(server.address(), "GET /local/state", b"").text();
    assert_eq!(state.matches("START RequestId: ").count(), 3);
}

#[test]
fn many_events_wait_without_a_thread_for_each() {
    let lambda = builder().max_programs(2).build();
    let server = lambda.serve(0).unwrap();
    let threads = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap_or("0");
        line.trim().parse::<usize>().unwrap()
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| invoke(&server, "sleep", "", "1500"));
        }
        thread::sleep(Duration::from_millis(300));
        let before = threads();
        for _ in 0..200 {
            assert_eq!(invoke(&server, "count", EVENT, "null").status, 202);
        }
        // Other tests of this process run meanwhile.
        assert!(threads() < before + 60, "{} threads", threads());
    });
}

#[test]
fn no_event_is_processed_after_the_end() {
    let lambda = builder().retry_delays([Duration::from_millis(300)]).build();
    let server = lambda.serve(0).unwrap();
    assert_eq!(invoke(&server, "fail", EVENT, "\"Again\"").status, 202);
    wait_for_runs(&server, 1);
    drop(lambda);
    assert_eq!(invoke(&server, "fail", EVENT, "\"Again\"").status, 500);
    thread::sleep(Duration::from_millis(700));
    let state = request(server.address(), "GET /local/state", b"").text();
    assert_eq!(state.matches("START RequestId: ").count(), 1);
}
