//! The life of a function: what callers get, what is logged, and what is left behind.

use minilambda_local::{ErrorKind, Fault, Lambda};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

fn lambda() -> Lambda {
    Lambda::example("functions")
}

fn builder() -> minilambda_local::Builder {
    Lambda::builder(Lambda::path_of_example("functions"))
}

/// Whether a process exists and is no zombie.
fn is_alive(id: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    status
        .rsplit(')')
        .next()
        .is_some_and(|rest| !matches!(rest.trim().chars().next(), None | Some('Z')))
}

fn wait_for_end(id: u32) {
    let start = Instant::now();
    while is_alive(id) {
        assert!(start.elapsed() < Duration::from_secs(10), "process {id} is still there");
        thread::sleep(Duration::from_millis(5));
    }
}

// ---- responses and logs

#[test]
fn an_invocation_has_its_response_its_log_and_its_figures() {
    let lambda = lambda();
    let done = lambda.invoke("order", r#"{"id":"A-1","pieces":7}"#).unwrap();
    assert_eq!((done.text(), done.failure), ("\"7 pieces\"".to_owned(), None));
    let id = &done.request_id;
    let lines: Vec<_> = done.log.iter().map(String::as_str).collect();
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines[0].contains("the init hook"));
    assert_eq!(lines[1], format!("START RequestId: {id} Version: $LATEST"));
    assert!(lines[2].contains("order A-1\nof two lines") && lines[2].contains(id));
    assert_eq!(lines[3], format!("END RequestId: {id}"));
    assert!(lines[4].starts_with(&format!("REPORT RequestId: {id}\tDuration: ")));
    assert!(lines[4].contains("\tMemory Size: 128 MB\tMax Memory Used: "));
    assert!(lines[4].contains("\tInit Duration: "));
    assert!(done.report.init.is_some());
    assert!(done.report.max_memory_kb.is_some_and(|kb| (500..20_000).contains(&kb)));

    let warm = lambda.invoke("order", r#"{"id":"A-2","pieces":8}"#).unwrap();
    assert_eq!(warm.json::<String>().unwrap(), "8 pieces");
    assert_ne!(warm.request_id, done.request_id);
    assert_eq!(warm.log.len(), 4, "{:#?}", warm.log);
    assert_eq!(warm.report.init, None);
    assert!(!warm.log[3].contains("Init Duration"));
}

#[test]
fn a_program_stays_until_it_is_stopped_or_a_cold_start_is_asked_for() {
    let lambda = lambda();
    let count = |lambda: &Lambda| lambda.invoke("count", "null").unwrap().text();
    assert_eq!((count(&lambda), count(&lambda)), ("1".to_owned(), "2".to_owned()));
    let cold = lambda.invoke_cold("count", "null").unwrap();
    assert!(cold.report.init.is_some());
    assert_eq!((cold.text(), count(&lambda)), ("1".to_owned(), "2".to_owned()));
    lambda.stop();
    assert_eq!(count(&lambda), "1");
}

#[test]
fn the_environment_is_lambdas_and_the_tests_own() {
    let lambda = builder().memory_mb(256).env("TABLE", "orders").build();
    let done = lambda.invoke("environment", "null").unwrap();
    let variables: BTreeMap<String, String> = done.json().unwrap();
    for (name, value) in [
        ("_HANDLER", "environment"),
        ("AWS_LAMBDA_FUNCTION_NAME", "environment"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/environment"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_REGION", "eu-central-1"),
        ("TABLE", "orders"),
        ("MINILAMBDA_LOCAL", "true"),
        ("TZ", ":UTC"),
    ] {
        assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
    }
    // Nothing of the test's own environment.
    assert!(!variables.contains_key("CARGO_MANIFEST_DIR") && !variables.contains_key("HOME"));
}

#[test]
fn the_context_has_the_deadline_and_the_arn() {
    let lambda = builder().timeout(Duration::from_secs(20)).region("us-east-1").build();
    let done = lambda.invoke("context", "null").unwrap();
    let text = done.text();
    assert!(text.contains(&format!("\"request_id\":\"{}\"", done.request_id)), "{text}");
    assert!(text.contains("arn:aws:lambda:us-east-1:123456789012:function:context"), "{text}");
    let left = text.split("\"ms_left\":").nth(1).unwrap().split(',').next().unwrap();
    assert!((15_000..=20_000).contains(&left.parse().unwrap()), "{text}");
}

#[test]
fn a_stream_is_collected_and_its_failure_is_kept() {
    let lambda = lambda();
    let done = lambda.invoke("stream", "\"second\"").unwrap();
    assert!(done.is_streamed);
    assert_eq!((done.text(), done.failure), ("first \"second\"".to_owned(), None));
    let done = lambda.invoke("broken-stream", "1").unwrap();
    assert_eq!(done.text(), "first ");
    assert_eq!(done.error_type(), Some("Broken"));
}

#[test]
fn an_event_has_one_response() {
    let lambda = lambda();
    let done = lambda.invoke("respond-twice", "null").unwrap();
    assert_eq!((&*done.text(), done.failure), ("\"first\"", None));
    // The next event is not concerned.
    assert_eq!(lambda.invoke("respond-twice", "null").unwrap().text(), "\"first\"");
}

#[test]
fn what_lambda_does_not_accept_is_an_error() {
    let lambda = lambda();
    let kind = |handler: &str, event: &str| lambda.invoke(handler, event).unwrap_err().kind();
    assert_eq!(kind("ordre", "{}"), ErrorKind::NoSuchHandler);
    assert_eq!(kind("echo", "{"), ErrorKind::InvalidEvent);
    assert_eq!(kind("echo", &format!("\"{}\"", "x".repeat(6_291_456))), ErrorKind::EventTooLarge);
    assert_eq!(lambda.invoke("echo", "").unwrap().text(), "{}");
    let error = Lambda::new("no/such/program").invoke("a", "1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Start);
    assert!(error.to_string().contains("no/such/program"), "{error}");
    let error = lambda.invoke("ordre", "{}").unwrap_err().to_string();
    assert!(error.contains("ordre") && error.contains("order, "), "{error}");
}

#[test]
fn the_largest_event_and_response_pass_and_larger_responses_fail() {
    let lambda = builder().timeout(Duration::from_secs(60)).build();
    let event = format!("\"{}\"", "x".repeat(6_291_454));
    assert_eq!(lambda.invoke("echo", &event).unwrap().text(), event);
    let done = lambda.invoke("large", "6291555").unwrap();
    assert_eq!(done.error_type(), Some("Function.ResponseSizeTooLarge"));
    assert_eq!(lambda.invoke("large", "6291554").unwrap().failure, None);
}

// ---- ends

#[test]
fn a_timeout_kills_the_program_and_the_next_event_starts_another() {
    let lambda = builder().timeout(Duration::from_millis(300)).build();
    let start = Instant::now();
    let done = lambda.invoke("sleep", "60000").unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
    let failure = done.failure.as_ref().unwrap();
    let id = &done.request_id;
    assert_eq!(failure.kind, "Sandbox.Timedout");
    assert_eq!(
        failure.message,
        format!("RequestId: {id} Error: Task timed out after 0.30 seconds")
    );
    assert!(done.has_logged("asleep for 60000 ms"));
    assert!(
        done.has_logged(&format!("Z {id} Task timed out after 0.30 seconds")),
        "{:#?}",
        done.log
    );
    assert!(done.has_logged("\tStatus: timeout"));
    assert_eq!(done.report.billed_ms, 300 + init_ms(&done));
    let done = lambda.invoke("sleep", "1").unwrap();
    assert_eq!((done.text(), done.report.init.is_some()), ("1".to_owned(), true));
}

fn init_ms(done: &minilambda_local::Invocation) -> u64 {
    done.report.billed_ms - u64::try_from(done.report.duration.as_millis()).unwrap()
}

/// The caller has the response, and the log says how the program has ended.
#[test]
fn a_hook_after_the_response_that_takes_too_long_or_exits_is_in_the_log() {
    for (after, told, status) in [
        ("sleep", "Task timed out after 0.30 seconds", "timeout"),
        ("exit", "Error: Runtime exited with error: exit status 7", "error\tError Type: Runtime."),
    ] {
        let lambda = builder().timeout(Duration::from_millis(300)).env("AFTER", after).build();
        for _ in 0..2 {
            let done = lambda.invoke("echo", "17").unwrap();
            assert_eq!((done.text(), &done.failure), ("17".to_owned(), &None));
            let is_logged = done.has_logged(told) && done.has_logged(&format!("Status: {status}"));
            assert!(is_logged && done.report.init.is_some(), "{after}: {:#?}", done.log);
        }
    }
}

#[test]
fn an_exit_is_told_as_lambda_tells_it() {
    let lambda = lambda();
    for (code, told) in [
        ("1", "Runtime exited with error: exit status 1"),
        ("0", "Runtime exited without providing a reason"),
        ("6", "Runtime exited with error: signal: aborted"),
    ] {
        let done = lambda.invoke("exit", code).unwrap();
        let failure = done.failure.as_ref().unwrap();
        let message = format!("RequestId: {} Error: {told}", done.request_id);
        assert_eq!((&*failure.kind, &failure.message), ("Runtime.ExitError", &message));
        assert!(done.has_logged("exiting") && done.has_logged(&message), "{:#?}", done.log);
        assert!(done.has_logged("\tStatus: error\tError Type: Runtime.ExitError"));
    }
    assert_eq!(lambda.invoke("echo", "1").unwrap().text(), "1");
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_with_too_much_memory_is_killed() {
    let lambda = builder().memory_mb(64).timeout(Duration::from_secs(30)).build();
    assert_eq!(lambda.invoke("memory", "20").unwrap().failure, None);
    let done = lambda.invoke("memory", "100").unwrap();
    let failure = done.failure.as_ref().unwrap();
    assert_eq!(failure.kind, "Runtime.OutOfMemory");
    assert!(failure.message.ends_with("Runtime exited with error: signal: killed"));
    assert!(done.report.max_memory_kb.unwrap() > 64 * 1024, "{:?}", done.report);
    assert_eq!(lambda.invoke("memory", "20").unwrap().failure, None);
}

#[test]
fn an_initialisation_that_fails_is_told_with_its_log() {
    let done = builder().env("INIT", "error").build().invoke("echo", "1").unwrap();
    let failure = done.failure.as_ref().unwrap();
    assert_eq!((&*failure.kind, &*failure.message), ("NoTable", "the table is not there"));
    assert!(
        done.has_logged("\tPhase: init\tStatus: error\tError Type: NoTable"),
        "{:#?}",
        done.log
    );
    assert!(done.has_logged("the table is not there"));
    let done = builder().env("INIT", "exit").build().invoke("echo", "1").unwrap();
    assert_eq!(done.error_type(), Some("Runtime.ExitError"));
    assert!(done.text().contains("exit status 3"), "{}", done.text());
    let done = builder().env("INIT", "slow").build().invoke("echo", "1").unwrap();
    assert!(done.report.init.is_some_and(|init| init >= Duration::from_millis(300)));
    assert!(done.report.duration < Duration::from_millis(300), "{:?}", done.report);
}

// ---- several at once

#[test]
fn events_at_once_get_programs_of_their_own() {
    let lambda = builder().timeout(Duration::from_secs(30)).max_programs(4).build();
    let start = Instant::now();
    let done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| lambda.invoke("sleep", "1000").unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(start.elapsed() < Duration::from_millis(3500));
    assert!(done.iter().all(|done| done.failure.is_none() && done.report.init.is_some()));
    for done in &done {
        assert_eq!(done.log.iter().filter(|line| line.contains("asleep")).count(), 1);
    }
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..6).map(|_| scope.spawn(|| lambda.invoke("sleep", "500"))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let throttled = results.iter().filter_map(|result| result.as_ref().err());
    assert!(throttled.clone().count() > 0);
    assert!(throttled.into_iter().all(|error| error.kind() == ErrorKind::Throttled));
}

#[test]
fn a_managed_instance_gets_several_events_at_once() {
    let lambda = builder().events_per_program(4).timeout(Duration::from_secs(30)).build();
    lambda.invoke("sleep", "1").unwrap();
    let done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| lambda.invoke("sleep", "400").unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for done in &done {
        assert_eq!((done.text(), done.report.init), ("400".to_owned(), None));
        let lines: Vec<_> = done.log.iter().filter(|line| line.contains("asleep")).collect();
        assert!(matches!(&*lines, [line] if line.contains(&done.request_id)), "{:#?}", done.log);
    }
    let done = lambda.invoke("count", "null").unwrap();
    assert!(!done.text().is_empty());
}

// ---- freezing, and what is left

#[test]
#[cfg(target_os = "linux")]
fn a_program_is_frozen_between_its_events() {
    let state = |id: &str| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        stat.rsplit(')').next().unwrap().trim().chars().next().unwrap()
    };
    for (freeze, expected) in [(true, 'T'), (false, 'S')] {
        let lambda = builder().freeze(freeze).build();
        let child = lambda.invoke("child", "null").unwrap().text();
        let start = Instant::now();
        while state(&child) != expected {
            assert!(start.elapsed() < Duration::from_secs(5), "{child} is in {}", state(&child));
            thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(lambda.invoke("echo", "1").unwrap().text(), "1");
        drop(lambda);
        // What the program has started ends with it.
        wait_for_end(child.parse().unwrap());
    }
}

#[test]
fn nothing_is_left_after_a_panic() {
    let (sender, id) = std::sync::mpsc::channel();
    let result = thread::spawn(move || {
        let lambda = lambda();
        let child = lambda.invoke("child", "null").unwrap().text();
        sender.send(child).unwrap();
        panic!("on purpose");
    })
    .join();
    assert!(result.is_err());
    wait_for_end(id.recv().unwrap().parse().unwrap());
}

/// The test starts itself, to be killed.
#[test]
fn nothing_is_left_when_the_process_is_killed() {
    if std::env::var_os("TO_BE_KILLED").is_some() {
        let lambda = lambda();
        let child = lambda.invoke("child", "null").unwrap().text();
        println!("child {child}");
        thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nothing_is_left_when_the_process_is_killed", "--nocapture"])
        .env("TO_BE_KILLED", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(test.stdout.take().unwrap()));
    let child = lines
        .find_map(|line| line.unwrap().split("child ").nth(1).map(|id| id.parse().unwrap()))
        .unwrap();
    assert!(is_alive(child));
    thread::sleep(Duration::from_millis(100)); // it is frozen
    test.kill().unwrap();
    test.wait().unwrap();
    wait_for_end(child);
}

// ---- faults on demand

#[test]
fn faults_happen_at_the_chosen_event() {
    let delay = Duration::from_millis(300);
    let lambda = builder().fault(2, Fault::at_event().delay(delay)).build();
    assert!(lambda.invoke("echo", "1").unwrap().report.duration < delay);
    assert!(lambda.invoke("echo", "2").unwrap().report.duration >= delay);
    assert!(lambda.invoke("echo", "3").unwrap().report.duration < delay);
}

#[test]
fn a_truncated_event_is_reported_and_a_lost_connection_is_asked_for_again() {
    let lambda = lambda();
    let event = format!("\"{}\"", "x".repeat(1000));
    let done = lambda.invoke_with("echo", &event, Fault::at_event().truncate()).unwrap();
    assert_eq!(done.error_type(), Some("Runtime.TruncatedEvent"));
    assert_eq!(lambda.invoke("echo", "1").unwrap().text(), "1");
    for fault in [Fault::at_event().reset(), Fault::at_event().close()] {
        let done = lambda.invoke_with("echo", &event, fault).unwrap();
        assert_eq!((done.text(), done.failure), (event.clone(), None));
    }
    let done = lambda.invoke_with("echo", &event, Fault::at_event().status(500)).unwrap();
    assert_eq!(done.error_type(), Some("Runtime.ExitError"));
    assert!(done.has_logged("500"), "{:#?}", done.log);
}

#[test]
fn a_response_that_is_lost_or_refused_is_a_failure() {
    let lambda = lambda();
    for fault in [Fault::at_response().reset(), Fault::at_response().status(413)] {
        let done = lambda.invoke_with("echo", "1", fault).unwrap();
        assert_eq!(done.error_type(), Some("Runtime.ResponseLost"));
    }
    let done = lambda.invoke_with("echo", "1", Fault::at_response().status(500)).unwrap();
    assert_eq!(done.error_type(), Some("Runtime.ExitError"));
    let slow = Fault::at_response().delay(Duration::from_millis(300));
    let done = lambda.invoke_with("echo", "1", slow).unwrap();
    assert_eq!(done.text(), "1");
    assert!(done.report.duration >= Duration::from_millis(300));
}
